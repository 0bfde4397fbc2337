/* Echoes as text; see text_echo.h. Never decides what is an echo. */
#include "ui/text_echo.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdlib.h>

#define INDENT    2
#define LINE      400
#define IN_A_LINE 50 /* echoes of the time line */

static const struct echo *echo_of(const struct row *row)
{
	const struct session_nmsp *nmsp = row->session->session->nmsp;
	return nmsp != NULL && nmsp->echo.requests + nmsp->echo.responses > 0 ? &nmsp->echo : NULL;
}

static void heading(const struct page *page, const char *title)
{
	page_blank(page);
	page_line(page, 0, TONE_HEADING, title);
}

/* ", every 15.0 s, nine of ten within 2.0 ms of it" */
static size_t add_interval(char *text, size_t n, int64_t interval, int64_t jitter)
{
	char every[FORMAT_DURATION], off[FORMAT_DURATION];
	if (interval < 0)
		return n;
	return n + (size_t)snprintf(&text[n], LINE - n, "; every %s, nine of ten within %s of it",
	                            format_duration(interval, every), format_duration(jitter, off));
}

static size_t add_missed(const struct session *session, char *text, size_t n, bool whole, uint64_t missed,
                         uint64_t late)
{
	if (session->bare)
		return n + (size_t)snprintf(&text[n], LINE - n,
		                            "; bare messages do not tell whether any is missing, so not how many were missed");
	if (!whole)
		return n + (size_t)snprintf(
		               &text[n], LINE - n,
		               "; messages are missing here, so it is not known how many were missed");
	n += (size_t)snprintf(&text[n], LINE - n, ", %" PRIu64 " missed", missed);
	if (late > 0)
		n += (size_t)snprintf(&text[n], LINE - n, " (%" PRIu64 " answered late)", late);
	return n;
}

bool text_echo_head(const struct page *page, const struct row *row)
{
	const struct session *session = row->session->session;
	const struct echo *echo = echo_of(row);
	const struct infer_rhythm *rhythm =
	    row->session->inferred.decided ? &row->session->inferred.list[0] : NULL;
	char text[LINE];
	size_t n;
	if (echo == NULL && rhythm == NULL)
		return false;
	heading(page, echo != NULL ? "Echo" : "Echo (inferred from sizes and times: nothing was opened)");
	n = (size_t)snprintf(text, sizeof text, "%s%" PRIu64 " sent, %" PRIu64 " answered",
	                     echo == NULL && rhythm->at_least ? "at least " : "",
	                     echo != NULL ? echo->requests : rhythm->requests,
	                     echo != NULL ? echo->responses : rhythm->responses);
	if (echo != NULL) {
		int64_t until = session_nmsp_until(session, session_now(row->view->model, session));
		n = add_missed(session, text, n, session_nmsp_whole(session), echo_missed(echo, until), echo->late);
		add_interval(text, n, echo_interval(echo), echo_jitter(echo));
	} else {
		n = add_missed(session, text, n, session_infer_whole(session), rhythm->missed, rhythm->late);
		add_interval(text, n, rhythm->interval, rhythm->jitter);
	}
	page_wrap(page, INDENT, "", TONE_PLAIN, text);
	return true;
}

/* The last one may still get its answer. */
static char sign_of(const struct echo_moment *moment, bool waits)
{
	if (moment->rtt < 0)
		return waits ? '?' : 'x';
	return moment->rtt >= ECHO_PATIENCE ? '!' : '.';
}

void text_echo_line(const struct page *page, const struct row *row)
{
	const struct view_session *session = row->session;
	char text[LINE], signs[IN_A_LINE + 1];
	if (session->n_line == 0)
		return;
	snprintf(text, sizeof text, "The latest %u (. answered, ! after 5 s or more, x not, ? may yet be):",
	         (unsigned)session->n_line);
	page_line(page, INDENT, TONE_PLAIN, text);
	for (uint32_t i = 0; i < session->n_line;) {
		uint32_t n = 0;
		for (; n < IN_A_LINE && i < session->n_line; n++, i++)
			signs[n] = sign_of(&session->line[i], i + 1 == session->n_line);
		signs[n] = '\0';
		page_line(page, 2 * INDENT, TONE_PLAIN, signs);
	}
}

void text_echo_quiet(const struct page *page, const struct row *row)
{
	const struct session_quiet *quiet = &row->session->quiet;
	struct value since = view_time(&quiet->last);
	char text[LINE];
	if (!quiet->known || since.kind == VALUE_NULL)
		return;
	char *time = format_value(&since, &page->format);
	snprintf(text, sizeof text, "The %s went quiet first%s: its last echo is of %s, packet %" PRIu64 ".",
	         quiet->dir == row->session->session->controller ? "controller" : "engine",
	         quiet->inferred ? " (inferred)" : "", time, (uint64_t)quiet->last.packet);
	page_wrap(page, INDENT, "", TONE_WARNING, text);
	free(time);
}

static void show_rivals(const struct page *page, const struct row *row)
{
	if (view_rows(&view_inferred_rivals, row) == 0)
		return;
	page_blank(page);
	page_wrap(page, INDENT, "", TONE_PLAIN,
	          row->session->inferred.decided
	              ? "Also fits a poll: another pair of sizes that asks and answers in a rhythm."
	              : "Pairs of sizes ask and answer in a rhythm; which of them is the echo cannot be "
	                "told, and each also "
	                "fits a poll.");
	page_grid(page, INDENT, &view_inferred_rivals, row);
}

void text_echo_sizes(const struct page *page, const struct row *row)
{
	if (view_rows(&view_inferred_sizes, row) == 0)
		return;
	page_blank(page);
	page_line(page, INDENT, TONE_PLAIN, "Closed records by size (a record may hold several messages):");
	page_grid(page, INDENT, &view_inferred_sizes, row);
	show_rivals(page, row);
}
