/* The text report's sections. Knows which tables are shown in which order; never lays out a line itself. */
#include "ui/text.h"

#include "ui/text_parts.h"

#include <time.h>

#define MANY_SESSIONS 50 /* above this number only sessions with errors are shown in full */
#define LINE          400
#define INDENT        2

static enum tone session_tone(const struct row *row)
{
	const struct findings *findings = &row->session->findings;
	return findings->n == 0 ? TONE_GOOD : text_parts_tone(findings->list[0].severity);
}

/* Errors say what to do; without errors the warnings do. */
static void show_session(const struct page *page, const struct row *row)
{
	const struct findings *findings = &row->session->findings;
	bool failed = findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR;
	enum severity gravest = failed ? SEVERITY_ERROR : SEVERITY_WARNING;
	char title[LINE];
	page_blank(page);
	page_rule(page, '=');
	snprintf(title, sizeof title, "Session %u: %s", (unsigned)row->session->session->id,
	         session_state_name(row->session->state));
	page_line(page, 0, session_tone(row), title);
	page_wrap(page, 0, "", TONE_PLAIN, row->session->verdict);
	text_parts_findings(page, "What to do", row, gravest, SEVERITY_ERROR);
	text_parts_heading(page, "Summary");
	page_pairs(page, INDENT, &view_sessions, row);
	text_parts_timeline(page, row);
	text_parts_sizes(page, row);
	if (page->verbose > 0) {
		text_parts_offered(page, row);
		text_parts_chosen(page, row);
		text_parts_request(page, row);
	}
	text_parts_certificates(page, row, session_engine(row->session->session));
	text_parts_certificates(page, row, row->session->session->controller);
	text_parts_auth(page, row);
	text_parts_checklist(page, row);
	text_parts_echo(page, row);
	text_parts_messages(page, row);
	text_parts_heading(page, row->session->session->trace != NULL ? "Trace trust" : "Capture trust");
	text_parts_strings(page, "", &view_trust, row);
	text_parts_findings(page, "Other findings", row, SEVERITY_INFO, (enum severity)(gravest - 1));
}

/* ---- the head ---- */

/* The zone is the one that holds at the capture's own time. */
static void show_zone(const struct page *page, const struct capture *capture)
{
	char zone[32] = "UTC", text[LINE];
	int64_t rest, first = capture->first;
	for (uint32_t i = 0; i < capture->n_inputs && first == INT64_MIN; i++)
		if (capture->inputs[i].trace != NULL)
			first = capture->inputs[i].trace->first;
	time_t when = first == INT64_MIN ? 0 : (time_t)format_split(first, &rest);
	struct tm tm;
	if (!page->format.utc && localtime_r(&when, &tm) != NULL)
		strftime(zone, sizeof zone, "%Z (UTC%z)", &tm);
	snprintf(text, sizeof text, "nmspscope %s, times in %s", VIEW_VERSION, zone);
	page_line(page, 0, TONE_HEADING, text);
}

static void show_inputs(const struct page *page, const struct view *view, const struct row *root)
{
	page_blank(page);
	page_grid(page, 0, &view_capture_inputs, root);
	for (uint32_t i = 0; i < view->model->capture.n_inputs; i++)
		if (view->model->capture.inputs[i].error != NULL)
			page_wrap(page, INDENT, "Problem: ", TONE_WARNING,
			          view->model->capture.inputs[i].error);
}

static void show_problems(const struct page *page, const struct row *row, bool named)
{
	const char *name = authlist_file_name(row->item);
	size_t n = view_rows(&view_capture_list_problems, row);
	char text[LINE];
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(&view_capture_list_problems, row, i);
		struct value problem = view_capture_list_problems.columns[0].get(&item);
		snprintf(text, sizeof text, "%.160s%s%s", named ? name : "", named ? ": " : "", problem.text);
		page_wrap(page, INDENT, "Problem: ", TONE_PLAIN, text);
	}
}

static void show_lists(const struct page *page, const struct row *root)
{
	size_t n = view_rows(&view_capture_authlists, root);
	if (n == 0)
		return;
	page_blank(page);
	page_grid(page, 0, &view_capture_authlists, root);
	for (size_t i = 0; i < n; i++) {
		struct row list = view_row(&view_capture_authlists, root, i);
		show_problems(page, &list, n > 1);
	}
}

/* What could not be used of the traces; the lines themselves with -v. */
static void show_traces(const struct page *page, const struct row *root)
{
	size_t n = view_rows(&view_traces, root);
	if (n == 0)
		return;
	page_blank(page);
	page_grid(page, 0, &view_traces, root);
	for (size_t i = 0; i < n; i++) {
		struct row trace = view_row(&view_traces, root, i);
		text_parts_strings(page, "", &view_trace_remarks, &trace);
		if (page->verbose > 0 && view_rows(&view_trace_notes, &trace) > 0)
			page_grid(page, INDENT, &view_trace_notes, &trace);
	}
}

/* What the texts say without any capture. */
static void show_comparison(const struct page *page, const struct row *root)
{
	size_t n = view_rows(&view_comparison, root);
	for (size_t i = 0; i < n; i++) {
		struct row row = view_row(&view_comparison, root, i);
		text_parts_heading(page, i == 0 ? "Engine and controller by their own texts" : "Further comparison");
		page_pairs(page, INDENT, &view_comparison, &row);
	}
}

static void show_privileges(const struct page *page, const struct row *root)
{
	if (page->verbose == 0)
		return;
	text_parts_heading(page, "Privileges");
	page_pairs(page, INDENT, &view_privileges, root);
}

void text_head(const struct page *page, struct view *view)
{
	struct row root = view_root(view);
	show_zone(page, &view->model->capture);
	show_privileges(page, &root);
	if (view->model->capture.n_inputs > 0)
		show_inputs(page, view, &root);
	show_lists(page, &root);
	bool inputs = view->model->capture.n_inputs > 0;
	show_traces(page, &root);
	show_comparison(page, &root);
	if (view_rows(&view_traces, &root) < view_rows(&view_capture_inputs, &root)) {
		text_parts_heading(page, "Capture");
		page_pairs(page, INDENT, &view_capture, &root);
	}
	text_parts_findings(page, inputs ? "Findings about the capture" : "What to do", &root, SEVERITY_INFO,
	              SEVERITY_ERROR);
}

static bool is_error(const struct view_digest *digest)
{
	return digest->gravest != NULL && digest->severity == SEVERITY_ERROR;
}

/* "3 of 10 sessions, --filter state=failed" */
static void show_filter(const struct page *page, const struct view *view)
{
	size_t all = view->n_digests + view->n_hidden;
	char first[LINE];
	snprintf(first, sizeof first, "%zu of %zu session%s, --filter ", view->n_digests, all, view_plural(all));
	page_wrap(page, 0, first, TONE_PLAIN, view->filter);
}

static void show_overview(const struct page *page, struct view *view, bool only_errors)
{
	struct row root = view_root(view);
	if (view->n_digests < 2 && view->filter == NULL)
		return;
	text_parts_heading(page, "Sessions");
	if (view->filter != NULL)
		show_filter(page, view);
	if (view->n_digests < 2)
		return;
	page_grid(page, 0, &view_overview, &root);
	if (!only_errors)
		return;
	page_blank(page);
	page_wrap(page, 0, "", TONE_PLAIN,
	          "Only sessions with errors follow in full. --session N shows one session, -v all of them.");
}

bool text_only_errors(const struct page *page, const struct view *view)
{
	return view->n_digests > MANY_SESSIONS && page->verbose == 0;
}

void text_begin(const struct page *page, struct view *view)
{
	text_head(page, view);
	show_overview(page, view, text_only_errors(page, view));
}

void text_session(const struct page *page, struct view *view, size_t i, bool only_errors)
{
	struct row root = view_root(view);
	if (only_errors && !is_error(&view->digests[i]))
		return;
	struct row row = view_row(&view_sessions, &root, i);
	show_session(page, &row);
}

void text_report(const struct page *page, struct view *view)
{
	bool only_errors = text_only_errors(page, view);
	text_begin(page, view);
	for (size_t i = 0; i < view->n_digests; i++)
		text_session(page, view, i, only_errors);
}
