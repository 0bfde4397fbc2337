/* What was told of each session, and what is told anew; see jsonl.h. */
#include "ui/jsonl.h"

#include "analyzer/hash.h"
#include "analyzer/memory.h"
#include "analyzer/xmalloc.h"
#include "ui/json.h"

#include <ctype.h>
#include <stdlib.h>

/* What a session was like when it was looked at last. */
struct told {
	uint32_t id;
	enum session_state state;
	enum auth_observed observed;
	enum auth_prediction predicted;
	uint64_t verdict; /* hash of its words */
	struct findings_set findings;
	uint32_t steps, alerts;
	uint64_t closed, last; /* packets */
	int64_t looked;        /* capture time */
	uint64_t summed;       /* the last packet at the last summary */
	bool looked_at;
	bool seen;             /* it was told of */
	bool error;            /* then: with an error */
};

struct jsonl {
	FILE *out;
	const struct model *model;
	struct jsonl_wishes wishes;
	struct view *view;
	struct told *told; /* in order of id, as the model's sessions */
	uint32_t n, room;
	struct findings_set capture;
	int64_t updated, summed; /* capture time; INT64_MIN before the first */
};

struct jsonl *jsonl_new(FILE *out, const struct model *model, const struct jsonl_wishes *wishes)
{
	struct jsonl *jsonl = xcalloc(1, sizeof *jsonl);
	jsonl->out = out;
	jsonl->model = model;
	jsonl->wishes = *wishes;
	jsonl->view = view_bare(model);
	jsonl->updated = jsonl->summed = INT64_MIN;
	return jsonl;
}

void jsonl_free(struct jsonl *jsonl)
{
	if (jsonl == NULL)
		return;
	view_free(jsonl->view);
	free(jsonl->told);
	free(jsonl);
}

/* ---- lines ---- */

static struct row row_of(const struct jsonl *jsonl, bool session)
{
	struct row row = view_root(jsonl->view);
	if (session)
		row.session = &jsonl->view->open;
	row.item = row.session;
	return row;
}

static void tell(const struct jsonl *jsonl, const char *event, unsigned lines, int64_t now)
{
	struct json_head head = {.time = now, .event = event};
	struct row row = row_of(jsonl, true);
	json_line(jsonl->out, &head, LINE_HEAD | lines, &row, NULL, NULL);
}

/* Findings that came, and those that hold no longer. */
static void tell_findings(const struct jsonl *jsonl, bool session, const struct findings *findings,
                          const struct findings_set *before, int64_t now)
{
	struct findings_set set = findings_set_of(findings);
	struct row row = row_of(jsonl, session);
	struct json_head head = {.time = now};
	for (size_t i = 0; findings_id(i) != NULL; i++) {
		if (findings_set_has(&set, i) == findings_set_has(before, i))
			continue;
		struct finding gone = {.id = findings_id(i)};
		head.event = findings_set_has(&set, i) ? "finding" : "resolved";
		for (uint32_t k = 0; k < findings->n && findings_set_has(&set, i); k++) {
			row.item = &findings->list[k];
			if (findings->list[k].id == findings_id(i))
				json_line(jsonl->out, &head, LINE_HEAD, &row, "finding", &view_findings);
		}
		row.item = &gone;
		if (!findings_set_has(&set, i))
			json_line(jsonl->out, &head, LINE_HEAD, &row, "finding", &view_finding_name);
	}
}

/* ---- one session ---- */

/* Of its words: a verdict that only counts further is no other verdict. */
static uint64_t hash_of(const char *text)
{
	char words[VERDICT_TEXT];
	size_t n = 0;
	for (; *text != '\0'; text++)
		if (isalpha((unsigned char)*text))
			words[n++] = *text;
	return hash_bytes(words, n);
}

static bool has_error(const struct findings *findings)
{
	return findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR;
}

/* The session is open in the view. */
static void tell_changes(struct jsonl *jsonl, struct told *told, int64_t now)
{
	const struct view_session *open = &jsonl->view->open;
	uint64_t verdict = hash_of(open->verdict);
	enum auth_prediction predicted = open->auth.decision.prediction;
	if (!told->seen)
		tell(jsonl, "session", LINE_STATE, now);
	else if (told->state != open->state)
		tell(jsonl, "state", LINE_STATE, now);
	if (!told->seen || told->observed != open->auth.observed || told->predicted != predicted)
		tell(jsonl, "decision", LINE_DECISION, now);
	tell_findings(jsonl, true, &open->findings, &told->findings, now);
	if (told->verdict != verdict || !told->seen)
		tell(jsonl, "verdict", LINE_VERDICT, now);
	told->seen = true;
	told->error = has_error(&open->findings);
	told->observed = open->auth.observed;
	told->predicted = predicted;
	told->verdict = verdict;
	told->findings = findings_set_of(&open->findings);
}

/* What makes it worth while to look at once. */
static bool moved(const struct told *told, const struct session *session, enum session_state state)
{
	return !told->looked_at || told->state != state || told->steps != session->n_steps ||
	       told->alerts != session->n_alerts || told->closed != session->closed.packet;
}

static bool is_calm(const struct told *told, const struct session *session, enum session_state state, int64_t now)
{
	bool due = origin_elapsed(told->looked, now) >= JSONL_CALM * NS_PER_S;
	bool goes_on = session->closed.packet == 0 || told->last != session->last.packet;
	return !moved(told, session, state) && !(due && goes_on);
}

/* The session that is open. */
static bool is_wanted(const struct jsonl *jsonl)
{
	const struct view_session *open = &jsonl->view->open;
	if (jsonl->wishes.filter == NULL)
		return true;
	struct view_digest digest = view_digest_of(open->session, &open->findings);
	return filter_session(jsonl->wishes.filter, jsonl->view, &digest);
}

static void look(struct jsonl *jsonl, struct told *told, const struct session *session, int64_t now, bool whole)
{
	enum session_state state = session_state(session, session_now(jsonl->model, session));
	if (!whole && is_calm(told, session, state, now))
		return;
	view_session_open(jsonl->view, session);
	if (told->seen || is_wanted(jsonl))
		tell_changes(jsonl, told, now);
	told->looked_at = true;
	told->state = jsonl->view->open.state;
	told->steps = session->n_steps;
	told->alerts = session->n_alerts;
	told->closed = session->closed.packet;
	told->last = session->last.packet;
	told->looked = now;
}

/* ---- all of them ---- */

static void tell_given_up(struct jsonl *jsonl, const struct told *told, int64_t now)
{
	struct json_head head = {.time = now, .event = "evicted"};
	struct json_number id[] = {{"id", told->id}, {NULL, 0}};
	if (told->seen)
		json_numbers(jsonl->out, &head, id);
}

/* Sessions that the model gave up leave, new ones come: both are in order of their numbers. */
static void follow_model(struct jsonl *jsonl, int64_t now)
{
	uint32_t n = jsonl->n, i = 0, kept = 0;
	if (jsonl->room < jsonl->model->n_sessions + n) {
		jsonl->room = 2 * jsonl->model->n_sessions + n;
		jsonl->told = xrealloc(jsonl->told, jsonl->room * sizeof *jsonl->told);
	}
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next) {
		for (; i < n && jsonl->told[i].id < s->id; i++)
			tell_given_up(jsonl, &jsonl->told[i], now);
		if (i < n)
			jsonl->told[kept++] = jsonl->told[i++];
		else
			jsonl->told[kept++] = (struct told){.id = s->id};
	}
	for (; i < n; i++)
		tell_given_up(jsonl, &jsonl->told[i], now);
	jsonl->n = kept;
}

static void look_at_all(struct jsonl *jsonl, int64_t now, bool whole)
{
	uint32_t i = 0;
	follow_model(jsonl, now);
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next, i++)
		if (jsonl->wishes.only == 0 || s->id == jsonl->wishes.only)
			look(jsonl, &jsonl->told[i], s, now, whole);
	findings_of_capture(jsonl->model, &jsonl->view->capture);
	tell_findings(jsonl, false, &jsonl->view->capture, &jsonl->capture, now);
	jsonl->capture = findings_set_of(&jsonl->view->capture);
}

/* ---- summaries ---- */

static void sum_sessions(struct jsonl *jsonl, int64_t now)
{
	uint32_t i = 0;
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next, i++) {
		struct told *told = &jsonl->told[i];
		if (!told->seen || told->summed == s->last.packet)
			continue;
		told->summed = s->last.packet;
		view_session_open(jsonl->view, s);
		tell(jsonl, "summary", LINE_SUMMARY, now);
	}
}

static void sum_capture(const struct jsonl *jsonl, int64_t now)
{
	struct row root = view_root(jsonl->view);
	struct json_head head = {.time = now, .event = "input"};
	for (size_t i = 0; i < view_rows(&view_capture_inputs, &root); i++) {
		struct row row = view_row(&view_capture_inputs, &root, i);
		json_line(jsonl->out, &head, 0, &row, "input", &view_capture_inputs);
	}
	head.event = "capture";
	json_line(jsonl->out, &head, 0, &root, "capture", &view_capture);
	head.event = "memory";
	struct json_number numbers[] = {{"bytes", memory_used()}, {"sessions", jsonl->model->n_sessions}, {NULL, 0}};
	json_numbers(jsonl->out, &head, numbers);
}

static void sum_up(struct jsonl *jsonl, int64_t now)
{
	jsonl->summed = now;
	sum_sessions(jsonl, now);
	sum_capture(jsonl, now);
}

/* ---- from outside ---- */

bool jsonl_due(const struct jsonl *jsonl, int64_t now)
{
	if (now == INT64_MIN)
		return false;
	return jsonl->updated == INT64_MIN || now < jsonl->updated ||
	       origin_elapsed(jsonl->updated, now) >= NS_PER_S;
}

void jsonl_update(struct jsonl *jsonl, int64_t now)
{
	if (jsonl->summed == INT64_MIN || now < jsonl->summed)
		jsonl->summed = now;
	jsonl->updated = now;
	look_at_all(jsonl, now, false);
	if (jsonl->wishes.interval > 0 && origin_elapsed(jsonl->summed, now) >= jsonl->wishes.interval)
		sum_up(jsonl, now);
	fflush(jsonl->out);
}

/* A trace without stamps has no time. */
static int64_t some_time(int64_t now)
{
	return now == INT64_MIN ? 0 : now;
}

bool jsonl_finish(struct jsonl *jsonl, int64_t now)
{
	look_at_all(jsonl, some_time(now), true);
	bool error = has_error(&jsonl->view->capture);
	for (uint32_t i = 0; i < jsonl->n; i++)
		error = error || jsonl->told[i].error;
	return error;
}

void jsonl_end(struct jsonl *jsonl, int64_t now, unsigned exit_status)
{
	uint64_t hidden = 0;
	for (uint32_t i = 0; i < jsonl->n && jsonl->wishes.filter != NULL; i++)
		hidden += jsonl->told[i].looked_at && !jsonl->told[i].seen;
	sum_up(jsonl, some_time(now));
	struct json_head head = {.time = some_time(now), .event = "end"};
	struct json_number numbers[] = {{"hidden", hidden}, {"exit_status", exit_status}, {NULL, 0}};
	json_numbers(jsonl->out, &head, numbers);
	fflush(jsonl->out);
}
