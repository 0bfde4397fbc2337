/* The parts of the text report; see text_parts.h. Never decides in which order they stand. */
#include "ui/text_parts.h"

#include "analyzer/session_nmsp.h"
#include "ui/text_echo.h"
#include "ui/text_messages.h"

#include <inttypes.h>

#define LINE   400
#define INDENT 2

enum tone text_parts_tone(enum severity severity)
{
	static const enum tone tones[] = {
	    [SEVERITY_INFO] = TONE_PLAIN, [SEVERITY_WARNING] = TONE_WARNING, [SEVERITY_ERROR] = TONE_ERROR};
	return tones[severity];
}

void text_parts_heading(const struct page *page, const char *title)
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

void text_parts_fix(const struct page *page, size_t indent, const struct auth_fix *fix)
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
			text_parts_fix(page, INDENT + 3, fix);
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
		    (size_t)snprintf(&text[n], sizeof text - n, "%s%" PRIu64, n == 0 ? "" : ", ", (uint64_t)at->packet);
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

void text_parts_finding(const struct page *page, const struct finding *finding, const struct row *row)
{
	const struct view_session *session = row->session;
	struct auth_fix fix;
	char head[LINE];
	snprintf(head, sizeof head, "%s %s", findings_severity_name(finding->severity), finding->id);
	page_line(page, INDENT, text_parts_tone(finding->severity), head);
	if (session == NULL || strcmp(finding->summary, session->verdict) != 0)
		page_wrap(page, INDENT + 3, "", TONE_PLAIN, finding->summary);
	if (finding->cause[0] != '\0')
		page_wrap(page, INDENT + 3, "Why: ", TONE_PLAIN, finding->cause);
	show_all_advice(page, finding, fix_of(row, finding, &fix));
	show_evidence(page, finding);
}

/* What cures comes before what it cures. */
void text_parts_findings(const struct page *page, const char *title, const struct row *row,
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
			text_parts_heading(page, title);
		titled = true;
		text_parts_finding(page, finding, row);
	}
}

void text_parts_strings(const struct page *page, const char *first, const struct table *table,
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

void text_parts_timeline(const struct page *page, const struct row *row)
{
	if (view_rows(&view_timeline, row) == 0)
		return;
	text_parts_heading(page, "What happened (-> from the engine, <- from the controller)");
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

void text_parts_certificates(const struct page *page, const struct row *row, uint8_t dir)
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
		text_parts_heading(page, text);
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

void text_parts_auth(const struct page *page, const struct row *row)
{
	const struct session_auth *auth = &row->session->auth;
	bool settled = auth->observed == AUTH_OBSERVED_ACCEPTED || auth->decision.prediction == AUTH_MATCH;
	text_parts_heading(page, "AuthList");
	page_pairs(page, INDENT, &view_auth, row);
	if (row->session->fix.lines == 0 || fix_is_advised(row->session))
		return;
	if (!settled || page->verbose > 0)
		text_parts_fix(page, INDENT, &row->session->fix);
}

/* "no       controller reachable", and why in a line of its own. */
void text_parts_checklist(const struct page *page, const struct row *row)
{
	char text[LINE];
	text_parts_heading(page, "The vendor's checklist");
	for (size_t i = 0; i < view_rows(&view_checklist, row); i++) {
		struct row item = view_row(&view_checklist, row, i);
		struct value answer = view_checklist.columns[1].get(&item);
		snprintf(text, sizeof text, "%-8s %s", answer.text, view_checklist.columns[0].get(&item).text);
		page_line(page, INDENT, strcmp(answer.text, "no") == 0 ? TONE_ERROR : TONE_PLAIN, text);
		page_wrap(page, INDENT + 9, "", TONE_PLAIN, view_checklist.columns[2].get(&item).text);
	}
}

void text_parts_echo(const struct page *page, const struct row *row)
{
	if (!text_echo_head(page, row))
		return;
	text_echo_line(page, row);
	text_echo_quiet(page, row);
}

void text_parts_messages(const struct page *page, const struct row *row)
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
		text_parts_heading(page, "NMSP messages that the trace names");
		page_grid(page, INDENT, &view_messages, row);
	}
	if (keys->data == 0)
		return;
	text_parts_heading(page, "NMSP messages");
	if (keys->state == DECRYPTION_NO_KEY)
		snprintf(text, sizeof text,
		         "%" PRIu64 " encrypted record%s: a TLS key log of this session would open %s.",
		         keys->data, view_plural(keys->data), keys->data == 1 ? "it" : "them");
	else
		snprintf(text, sizeof text,
		         "%" PRIu64 " encrypted record%s, no message: see Decryption in the summary.",
		         keys->data, view_plural(keys->data));
	page_wrap(page, INDENT, "", TONE_PLAIN, text);
	text_echo_sizes(page, row);
}
