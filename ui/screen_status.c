/* The MSE's NMSP Status page of one session: what to do, summary, echoes, services, messages. */
#include "analyzer/session_nmsp.h"
#include "ui/screen.h"
#include "ui/text_echo.h"
#include "ui/text_messages.h"
#include "ui/text_parts.h"

#include <inttypes.h>

#define SERVICES_AT_START 3 /* what each side can do, and a subscription; more of them are a change */
#define ECHOES 60 /* latest round trips that are drawn */

/* The ring's samples, `back` from the latest. */
static uint32_t sample(const struct echo_samples *samples, uint64_t back)
{
	return samples->list[(samples->n - 1 - back) % samples->room];
}

/* The latest round trips as heights between the least and the most of these. */
static void write_line(const struct ui *ui, const struct echo_samples *samples, const struct page *page)
{
	struct grid signs = {.mode = ui->mode};
	char text[ECHOES * 4 + 1], first[64], least_text[FORMAT_DURATION], most_text[FORMAT_DURATION];
	uint64_t kept = samples->n < samples->room ? samples->n : samples->room;
	uint64_t shown = kept < ECHOES ? kept : ECHOES;
	uint32_t least = UINT32_MAX, most = 0;
	size_t n = 0;
	for (uint64_t i = 0; i < shown; i++) {
		uint32_t us = sample(samples, i);
		least = us < least ? us : least;
		most = us > most ? us : most;
	}
	for (uint64_t i = shown; i-- > 0;) {
		uint64_t height = most == least ? 0
		                                : (uint64_t)(sample(samples, i) - least) * (GRID_LEVELS - 1) /
		                                      (most - least);
		n += (size_t)snprintf(&text[n], sizeof text - n, "%s", grid_level(&signs, (unsigned)height));
	}
	snprintf(first, sizeof first, "Latest %" PRIu64 " round trip%s, %s to %s: ", shown,
	         view_plural(shown), format_duration((int64_t)least * NS_PER_US, least_text),
	         format_duration((int64_t)most * NS_PER_US, most_text));
	page_line(page, 2, TONE_PLAIN, first);
	page_line(page, 2, TONE_PLAIN, text);
}

static void write_echoes(const struct ui *ui, const struct row *row, const struct page *page)
{
	const struct session_nmsp *nmsp = row->session->session->nmsp;
	char text[160];
	if (!text_echo_head(page, row))
		return;
	text_echo_line(page, row);
	text_echo_quiet(page, row);
	if (nmsp == NULL)
		return;
	const struct echo *echo = &nmsp->echo;
	if (echo->round_trips.n > 0)
		write_line(ui, &echo->round_trips, page);
	for (uint32_t i = 0; i < ECHO_MISSED_KEPT && echo->missed[i].packet != 0; i++) {
		char time[UI_TIME];
		snprintf(text, sizeof text, "no answer to the request of %s, packet %" PRIu64,
		         ui_time(ui, echo->missed[i].time, time), (uint64_t)echo->missed[i].packet);
		page_line(page, 2, TONE_WARNING, text);
	}
}

static void write(struct ui *ui, const struct page *page)
{
	struct row row = ui_row(ui);
	const struct findings *findings = &row.session->findings;
	bool failed = findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR;
	enum severity gravest = failed ? SEVERITY_ERROR : SEVERITY_WARNING;
	page_wrap(page, 0, "", TONE_PLAIN, row.session->verdict);
	text_parts_findings(page, "What to do", &row, gravest, SEVERITY_ERROR);
	text_parts_heading(page, "Summary");
	page_pairs(page, 2, &view_sessions, &row);
	write_echoes(ui, &row, page);
	text_parts_messages(page, &row);
	if (view_rows(&view_service_changes, &row) > SERVICES_AT_START)
		text_messages_services(page, &row);
	text_parts_heading(page, row.session->session->trace != NULL ? "Trace trust" : "Capture trust");
	text_parts_strings(page, "", &view_trust, &row);
	text_parts_findings(page, "Other findings", &row, SEVERITY_INFO, (enum severity)(gravest - 1));
}

const struct screen screen_status = {.of_session = true, .write = write};
