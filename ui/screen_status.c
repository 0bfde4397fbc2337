/* The MSE's NMSP Status page of one session: what to do, summary, echoes, services, messages. */
#include "analyzer/session_nmsp.h"
#include "ui/screen.h"
#include "ui/text_parts.h"

#include <inttypes.h>

/* The latest requests; `until`: to where a missing answer can be told, INT64_MIN where it never can. */
struct line {
	const struct echo *echo;
	int64_t until;
	uint32_t least, most; /* of their round trips, us */
	uint32_t n, fates[3];
};

static enum echo_fate fate(const struct line *line, uint32_t back, uint32_t *us)
{
	bool told = line->until != INT64_MIN;
	enum echo_fate fate = echo_fate(line->echo, back, told ? line->until : 0, us);
	return fate == ECHO_MISSED && !told ? ECHO_WAITS : fate;
}

static void measure(struct line *line)
{
	line->least = UINT32_MAX;
	line->n = echo_line(line->echo);
	for (uint32_t back = 0; back < line->n; back++) {
		uint32_t us;
		enum echo_fate found = fate(line, back, &us);
		line->fates[found]++;
		if (found != ECHO_ANSWERED)
			continue;
		line->least = us < line->least ? us : line->least;
		line->most = us > line->most ? us : line->most;
	}
}

static void write_legend(const struct line *line, const struct page *page)
{
	char text[160], least[FORMAT_DURATION], most[FORMAT_DURATION];
	size_t n = (size_t)snprintf(text, sizeof text, "Latest %" PRIu32 " request%s", line->n,
	                            view_plural(line->n));
	if (line->fates[ECHO_ANSWERED] > 0)
		n += (size_t)snprintf(&text[n], sizeof text - n, ", round trips %s to %s",
		                      format_duration((int64_t)line->least * NS_PER_US, least),
		                      format_duration((int64_t)line->most * NS_PER_US, most));
	if (line->fates[ECHO_MISSED] > 0)
		n += (size_t)snprintf(&text[n], sizeof text - n, ", x no answer in time");
	if (line->fates[ECHO_WAITS] > 0)
		snprintf(&text[n], sizeof text - n, ", ? not known");
	page_wrap(page, 2, "", TONE_PLAIN, text);
}

/* From left to right: a round trip as its height between the least and the most, or what stands in its place.
 */
static void write_line(const struct ui *ui, struct line *line, const struct page *page)
{
	struct grid signs = {.mode = ui->mode};
	char text[ECHO_LINE * 4 + 1] = "";
	size_t n = 0;
	measure(line);
	write_legend(line, page);
	for (uint32_t back = line->n; back-- > 0;) {
		uint32_t us;
		enum echo_fate found = fate(line, back, &us);
		uint64_t range = line->most - line->least, height = GRID_LEVELS - 1;
		height = found != ECHO_ANSWERED || range == 0 ? 0 : (us - line->least) * height / range;
		n += (size_t)snprintf(&text[n], sizeof text - n, "%s",
		                      found == ECHO_MISSED  ? "x"
		                      : found == ECHO_WAITS ? "?"
		                                            : grid_level(&signs, (unsigned)height));
	}
	page_line(page, 2, TONE_PLAIN, text);
}

static void write_echoes(const struct ui *ui, const struct row *row, const struct page *page)
{
	const struct session *session = row->session->session;
	const struct session_nmsp *nmsp = session->nmsp;
	char text[160];
	if (nmsp == NULL || nmsp->echo.requests + nmsp->echo.responses == 0)
		return;
	const struct echo *echo = &nmsp->echo;
	text_parts_heading(page, "Echo");
	int n = snprintf(text, sizeof text, "%" PRIu64 " sent, %" PRIu64 " answered", echo->requests,
	                 echo->responses);
	bool whole = session_nmsp_whole(session);
	int64_t until = session_nmsp_until(session, session_now(row->view->model, session));
	if (whole)
		snprintf(&text[n], sizeof text - (size_t)n, ", %" PRIu64 " missed", echo_missed(echo, until));
	else
		snprintf(&text[n], sizeof text - (size_t)n,
		         "; messages are missing here, so it is not known how many were missed");
	page_wrap(page, 2, "", TONE_PLAIN, text);
	struct line line = {.echo = echo, .until = whole ? until : INT64_MIN};
	if (echo->asked > 0)
		write_line(ui, &line, page);
	for (uint32_t i = 0; i < ECHO_MISSED_KEPT && echo->missed[i].packet != 0; i++) {
		char time[UI_TIME];
		snprintf(text, sizeof text, "no answer to the request of %s, packet %" PRIu64,
		         ui_time(ui, echo->missed[i].time, time), echo->missed[i].packet);
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
	text_parts_heading(page, row.session->session->trace != NULL ? "Trace trust" : "Capture trust");
	text_parts_strings(page, "", &view_trust, &row);
	text_parts_findings(page, "Other findings", &row, SEVERITY_INFO, (enum severity)(gravest - 1));
}

const struct screen screen_status = {.of_session = true, .write = write};
