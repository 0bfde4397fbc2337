/* The text report's sections. Knows which tables are shown in which order; never lays out a line itself. */
#include "ui/text.h"

#include "analyzer/session_nmsp.h"
#include "ui/text_messages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define MANY_SESSIONS 50 /* above this number only sessions with errors are shown in full */
#define LINE          400
#define INDENT        2

static enum tone severity_tone(enum severity severity)
{
	static const enum tone tones[] = {
	    [SEVERITY_INFO] = TONE_PLAIN, [SEVERITY_WARNING] = TONE_WARNING, [SEVERITY_ERROR] = TONE_ERROR};
	return tones[severity];
}

static void heading(const struct page *page, const char *title)
{
	page_blank(page);
	page_line(page, 0, TONE_HEADING, title);
}

/* ---- findings ---- */

/* Commands stand on lines of their own and are never wrapped, so that they can be pasted. */
static void show_advice(const struct page *page, const struct finding *finding, uint32_t i)
{
	const char *advice = finding->advice[i];
	size_t command = finding->command[i];
	char part[LINE];
	if (command == 0) {
		page_wrap(page, INDENT + 3, "- ", TONE_PLAIN, advice);
		return;
	}
	snprintf(part, sizeof part, "%.*s", (int)command, advice);
	page_wrap(page, INDENT + 3, "- ", TONE_PLAIN, part);
	for (const char *next = &advice[command]; next != NULL;) {
		const char *end = strstr(next, "; ");
		size_t n = end == NULL ? strlen(next) : (size_t)(end - next);
		snprintf(part, sizeof part, "%.*s", (int)n, next);
		page_line(page, INDENT + 7, TONE_PLAIN, part);
		next = end == NULL ? NULL : end + 2;
	}
}

/* The advice is one of the lines to paste; these are shown as a whole, with their comments. */
static bool is_fix_line(const struct auth_fix *fix, const char *advice)
{
	for (uint32_t i = 0; i < fix->lines; i++)
		if (strcmp(fix->line[i] + strspn(fix->line[i], " "), advice + strspn(advice, " ")) == 0)
			return true;
	return false;
}

static void show_fix(const struct page *page, size_t indent, const struct auth_fix *fix)
{
	page_line(page, indent, TONE_PLAIN, "Lines that add this certificate to the controller's AuthList:");
	for (uint32_t i = 0; i < fix->lines; i++)
		page_line(page, indent + INDENT, TONE_PLAIN, fix->line[i]);
}

static void show_all_advice(const struct page *page, const struct finding *finding,
                            const struct auth_fix *fix)
{
	bool fix_shown = false;
	for (uint32_t i = 0; i < finding->n_advice; i++) {
		if (fix == NULL || !is_fix_line(fix, finding->advice[i])) {
			show_advice(page, finding, i);
			continue;
		}
		if (!fix_shown)
			show_fix(page, INDENT + 3, fix);
		fix_shown = true;
	}
}

/* The packets, or the lines of traces. */
static void show_places(const struct page *page, const struct finding *finding, bool line)
{
	char text[LINE], first[LINE];
	size_t n = 0, places = 0;
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		const struct origin *at = &finding->evidence[i];
		if (at->packet == 0 || at->line != line)
			continue;
		places++;
		n +=
		    (size_t)snprintf(&text[n], sizeof text - n, "%s%" PRIu64, n == 0 ? "" : ", ", at->packet);
	}
	if (places == 0)
		return;
	snprintf(first, sizeof first, "Seen in %s%s ", line ? "line" : "packet", view_plural(places));
	page_wrap(page, INDENT + 3, first, TONE_PLAIN, text);
}

static void show_evidence(const struct page *page, const struct finding *finding)
{
	show_places(page, finding, false);
	show_places(page, finding, true);
}

/* Lines to paste among the advice: the session's, or those of an engine that the lists were compared for. */
static const struct auth_fix *fix_of(const struct row *row, const struct finding *finding, struct auth_fix *room)
{
	const struct authlist *list = &row->view->model->authlist;
	if (row->session != NULL)
		return &row->session->fix;
	if (finding->engine == NULL)
		return NULL;
	struct authlist_key key = authlist_key_of_engine(list, finding->engine);
	authlist_fix(list, &key, room);
	return room;
}

static void show_finding(const struct page *page, const struct finding *finding, const struct row *row)
{
	const struct view_session *session = row->session;
	struct auth_fix fix;
	char head[LINE];
	snprintf(head, sizeof head, "%s %s", findings_severity_name(finding->severity), finding->id);
	page_line(page, INDENT, severity_tone(finding->severity), head);
	if (session == NULL || strcmp(finding->summary, session->verdict) != 0)
		page_wrap(page, INDENT + 3, "", TONE_PLAIN, finding->summary);
	if (finding->cause[0] != '\0')
		page_wrap(page, INDENT + 3, "Why: ", TONE_PLAIN, finding->cause);
	show_all_advice(page, finding, fix_of(row, finding, &fix));
	show_evidence(page, finding);
}

/*
 * The findings of these severities under a title; nothing when there are none. What cures comes before what
 * it cures.
 */
static void show_findings(const struct page *page, const char *title, const struct row *row,
                          enum severity lowest, enum severity highest)
{
	bool titled = false;
	size_t n = view_rows(&view_findings, row);
	for (size_t i = 0; i < 2 * n; i++) {
		struct row item = view_row(&view_findings, row, i % n);
		const struct finding *finding = item.item;
		if (finding->severity < lowest || finding->severity > highest || finding->cure != (i < n))
			continue;
		if (!titled)
			heading(page, title);
		titled = true;
		show_finding(page, finding, row);
	}
}

static void show_strings(const struct page *page, const char *first, const struct table *table,
                         const struct row *row)
{
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		struct value value = table->columns[0].get(&item);
		page_wrap(page, INDENT, first, TONE_PLAIN, value.text);
	}
}

/* ---- the parts of a session ---- */

static const struct table *timeline_of(const struct session *session)
{
	bool told = session->trace != NULL || session->traced != NULL;
	return told ? &view_timeline_trace : &view_timeline;
}

static void show_timeline(const struct page *page, const struct row *row)
{
	if (view_rows(&view_timeline, row) == 0)
		return;
	heading(page, "What happened (-> from the engine, <- from the controller)");
	page_grid(page, 0, timeline_of(row->session->session), row); /* needs every column of the page */
	uint64_t missing = row->session->session->steps_dropped + row->session->session->alerts_dropped;
	char text[LINE];
	if (missing == 0)
		return;
	snprintf(text, sizeof text, "Not kept beyond these: %" PRIu64 " step%s or alert%s.", missing,
	         view_plural(missing), view_plural(missing));
	page_wrap(page, INDENT, "", TONE_PLAIN, text);
}

/* The further certificates of a message are its chain: shown only with -v. */
static bool is_chain(const struct session *session, size_t i)
{
	return i > 0 && session->certs[i - 1].dir == session->certs[i].dir &&
	       session->certs[i - 1].at.packet == session->certs[i].at.packet;
}

static void show_certificates_of(const struct page *page, const struct row *row, uint8_t dir)
{
	const struct session *session = row->session->session;
	size_t n = view_rows(&view_certificates, row), hidden = 0;
	char text[LINE];
	for (size_t i = 0; i < n; i++) {
		if (session->certs[i].dir != dir)
			continue;
		if (is_chain(session, i) && page->verbose == 0) {
			hidden++;
			continue;
		}
		struct row item = view_row(&view_certificates, row, i);
		snprintf(text, sizeof text, "%s of the %s",
		         is_chain(session, i) ? "Chain certificate" : "Certificate",
		         dir == session->controller ? "controller" : "engine");
		heading(page, text);
		page_pairs(page, INDENT, &view_certificates, &item);
	}
	if (hidden == 0)
		return;
	snprintf(text, sizeof text, "%zu more of its chain: -v shows %s.", hidden,
	         hidden == 1 ? "it" : "them");
	page_line(page, INDENT, TONE_PLAIN, text);
}

/* A fix that stands in the advice of a finding already is not shown again. */
static bool fix_is_advised(const struct view_session *session)
{
	for (uint32_t i = 0; i < session->findings.n; i++)
		for (uint32_t j = 0; j < session->findings.list[i].n_advice; j++)
			if (is_fix_line(&session->fix, session->findings.list[i].advice[j]))
				return true;
	return false;
}

static void show_auth(const struct page *page, const struct row *row)
{
	const struct session_auth *auth = &row->session->auth;
	bool settled = auth->observed == AUTH_OBSERVED_ACCEPTED || auth->decision.prediction == AUTH_MATCH;
	heading(page, "AuthList");
	page_pairs(page, INDENT, &view_auth, row);
	if (row->session->fix.lines == 0 || fix_is_advised(row->session))
		return;
	if (!settled || page->verbose > 0)
		show_fix(page, INDENT, &row->session->fix);
}

/* "no       controller reachable", and why in a line of its own. */
static void show_checklist(const struct page *page, const struct row *row)
{
	char text[LINE];
	heading(page, "The vendor's checklist");
	for (size_t i = 0; i < view_rows(&view_checklist, row); i++) {
		struct row item = view_row(&view_checklist, row, i);
		struct value answer = view_checklist.columns[1].get(&item);
		snprintf(text, sizeof text, "%-8s %s", answer.text, view_checklist.columns[0].get(&item).text);
		page_line(page, INDENT, strcmp(answer.text, "no") == 0 ? TONE_ERROR : TONE_PLAIN, text);
		page_wrap(page, INDENT + 9, "", TONE_PLAIN, view_checklist.columns[2].get(&item).text);
	}
}

static void show_messages(const struct page *page, const struct row *row)
{
	const struct session *session = row->session->session;
	const struct session_decryption *keys = &row->session->decryption;
	char text[LINE];
	if (session->tls.not_tls && !session_plain_nmsp(session))
		return; /* it need not be NMSP at all */
	if (session->nmsp != NULL && session->nmsp->first.packet != 0) {
		text_messages(page, row);
		return;
	}
	if (view_rows(&view_messages, row) > 0) {
		heading(page, "NMSP messages that the trace names");
		page_grid(page, INDENT, &view_messages, row);
	}
	if (keys->data == 0)
		return;
	heading(page, "NMSP messages");
	if (keys->state == DECRYPTION_NO_KEY)
		snprintf(text, sizeof text,
		         "%" PRIu64 " encrypted record%s: a TLS key log of this session would open %s.",
		         keys->data, view_plural(keys->data), keys->data == 1 ? "it" : "them");
	else
		snprintf(text, sizeof text,
		         "%" PRIu64 " encrypted record%s, no message: see Decryption in the summary.",
		         keys->data, view_plural(keys->data));
	page_wrap(page, INDENT, "", TONE_PLAIN, text);
}

static enum tone session_tone(const struct row *row)
{
	const struct findings *findings = &row->session->findings;
	return findings->n == 0 ? TONE_GOOD : severity_tone(findings->list[0].severity);
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
	show_findings(page, "What to do", row, gravest, SEVERITY_ERROR);
	heading(page, "Summary");
	page_pairs(page, INDENT, &view_sessions, row);
	show_timeline(page, row);
	show_certificates_of(page, row, session_engine(row->session->session));
	show_certificates_of(page, row, row->session->session->controller);
	show_auth(page, row);
	show_checklist(page, row);
	show_messages(page, row);
	heading(page, row->session->session->trace != NULL ? "Trace trust" : "Capture trust");
	show_strings(page, "", &view_trust, row);
	show_findings(page, "Other findings", row, SEVERITY_INFO, (enum severity)(gravest - 1));
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
		show_strings(page, "", &view_trace_remarks, &trace);
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
		heading(page, i == 0 ? "Engine and controller by their own texts" : "Further comparison");
		page_pairs(page, INDENT, &view_comparison, &row);
	}
}

static void show_privileges(const struct page *page, const struct row *root)
{
	if (page->verbose == 0)
		return;
	heading(page, "Privileges");
	page_pairs(page, INDENT, &view_privileges, root);
}

static void show_head(const struct page *page, struct view *view)
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
		heading(page, "Capture");
		page_pairs(page, INDENT, &view_capture, &root);
	}
	show_findings(page, inputs ? "Findings about the capture" : "What to do", &root, SEVERITY_INFO,
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
	heading(page, "Sessions");
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

void text_report(const struct page *page, struct view *view)
{
	struct row root = view_root(view);
	bool only_errors = view->n_digests > MANY_SESSIONS && page->verbose == 0;
	show_head(page, view);
	show_overview(page, view, only_errors);
	size_t n = view_rows(&view_sessions, &root);
	for (size_t i = 0; i < n; i++) {
		if (only_errors && !is_error(&view->digests[i]))
			continue;
		struct row row = view_row(&view_sessions, &root, i);
		show_session(page, &row);
	}
}
