/*
 * Values, rows, and the state behind the tables: which sessions are shown, and what follows from the one
 * that is open. Called by the renderers and main; never formats anything.
 */
#include "ui/view.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

struct value view_null(void)
{
	return (struct value){.kind = VALUE_NULL};
}

struct value view_text(const char *text)
{
	if (text == NULL || text[0] == '\0')
		return view_null();
	return (struct value){.kind = VALUE_TEXT, .text = text};
}

struct value view_count(uint64_t count)
{
	return (struct value){.kind = VALUE_COUNT, .count = count};
}

struct value view_bool(bool yes)
{
	return (struct value){.kind = VALUE_BOOL, .yes = yes};
}

struct value view_input(const struct model *model, uint32_t input)
{
	if (input >= model->capture.n_inputs)
		return view_null();
	const char *name = model->capture.inputs[input].name;
	return view_text(strcmp(name, "-") == 0 ? "standard input" : name);
}

struct value view_mac(const uint8_t mac[6])
{
	struct value value = {.kind = VALUE_MAC};
	memcpy(value.mac, mac, sizeof value.mac);
	return value;
}

struct value view_time(const struct origin *at)
{
	if (at->packet == 0 || at->time == ORIGIN_NO_TIME)
		return view_null();
	return (struct value){.kind = VALUE_TIME, .ns = at->time};
}

struct value view_packet(const struct origin *at)
{
	return at->packet == 0 || at->line ? view_null() : view_count(at->packet);
}

struct value view_line(const struct origin *at)
{
	return at->packet == 0 || !at->line ? view_null() : view_count(at->packet);
}

struct value view_side(const struct session *session, uint8_t dir)
{
	return view_text(dir == session->controller ? "controller" : "engine");
}

const char *view_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

size_t view_rows(const struct table *table, const struct row *parent)
{
	return table->count(parent);
}

struct row view_row(const struct table *table, const struct row *parent, size_t i)
{
	struct row row = *parent;
	row.index = i;
	if (table->open != NULL)
		table->open(parent, &row);
	return row;
}

struct view_digest view_digest_of(const struct session *session, const struct findings *findings)
{
	struct view_digest digest = {.session = session, .findings = findings_set_of(findings)};
	const struct finding *leading = findings_leading(findings);
	if (leading != NULL) {
		digest.gravest = leading->id;
		digest.severity = leading->severity;
	}
	return digest;
}

/* Takes the session in, or counts it as hidden. */
static void digest(struct view *view, const struct session *session, const struct filter *filter)
{
	struct view_digest *out = &view->digests[view->n_digests];
	findings_of_session(view->model, session, &view->open.findings);
	*out = view_digest_of(session, &view->open.findings);
	if (filter == NULL || filter_session(filter, view, out))
		view->n_digests++;
	else
		view->n_hidden++;
}

struct view *view_bare(const struct model *model)
{
	struct view *view = xcalloc(1, sizeof *view);
	view->model = model;
	return view;
}

struct view *view_new(const struct model *model, uint32_t only, const struct filter *filter)
{
	char printed[FILTER_TEXT];
	struct view *view = view_bare(model);
	view->digests = xcalloc((size_t)model->n_sessions + 1, sizeof *view->digests);
	for (const struct session *s = model->first; s != NULL; s = s->next)
		if (only == 0 || s->id == only)
			digest(view, s, filter);
	if (filter != NULL && !filter_is_empty(filter))
		view->filter = xstrdup(filter_print(filter, printed));
	findings_of_capture(model, &view->capture);
	return view;
}

void view_free(struct view *view)
{
	if (view == NULL)
		return;
	free(view->digests);
	free(view->filter);
	free(view);
}

struct row view_root(struct view *view)
{
	return (struct row){.view = view};
}

bool view_has_error(const struct view *view)
{
	if (view->capture.n > 0 && view->capture.list[0].severity == SEVERITY_ERROR)
		return true;
	for (size_t i = 0; i < view->n_digests; i++)
		if (view->digests[i].gravest != NULL && view->digests[i].severity == SEVERITY_ERROR)
			return true;
	return false;
}

void view_session_judge(struct view *view, const struct session *session)
{
	struct view_session *out = &view->open;
	out->session = session;
	out->state = session_state(session, session_now(view->model, session));
	out->handshake = session_handshake(session);
	session_auth(view->model, session, &out->auth);
	findings_of_session(view->model, session, &out->findings);
	findings_verdict(view->model, session, &out->findings, out->verdict);
	session_community_id(session, out->community_id);
	view_echo_open(out, session_now(view->model, session));
}

void view_session_open(struct view *view, const struct session *session)
{
	struct view_session *out = &view->open;
	view_session_judge(view, session);
	session_auth_fix(view->model, &out->auth, &out->fix);
	checklist(view->model, session, &out->auth, &out->checklist);
	session_decryption(view->model, session, &out->decryption);
	out->clock = session->traced == NULL
	                 ? 0
	                 : view->model->capture.inputs[session->traced->opened.input].trace->offset;
	view_timeline_build(out);
	view_trust_build(out);
}
