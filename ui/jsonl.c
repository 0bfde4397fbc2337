/* What was told of each session, and what is told anew; see jsonl.h. */
#include "ui/jsonl.h"

#include "analyzer/hash.h"
#include "analyzer/memory.h"
#include "analyzer/xmalloc.h"
#include "ui/json.h"

#include <ctype.h>
#include <stdlib.h>

/* Findings that were told: which, and in what words. */
struct known {
	struct known_finding {
		const char *id; /* of the table of rules */
		uint64_t words;
	} * list;
	uint32_t n;
};

/* What a session was like when it was looked at last. */
struct told {
	uint32_t id;
	enum session_state state;
	uint64_t decision, verdict; /* hashes of what counts of them */
	struct known findings;
	uint32_t steps, alerts;
	uint64_t closed, last; /* packets */
	uint64_t opened;       /* records that were decrypted */
	int64_t looked;        /* by the clock of lines */
	uint64_t summed;       /* the last packet at the last summary */
	bool looked_at;
	bool seen;  /* it was told of */
	bool error; /* then: with an error */
	bool gone;  /* it was told that the session was given up */
};

struct jsonl {
	FILE *out;
	const struct model *model;
	struct jsonl_wishes wishes;
	struct view *view;
	struct told *told; /* in order of id, as the model's sessions */
	uint32_t n, room;
	struct known capture;
	int64_t now;    /* the clock of lines: never goes back; ORIGIN_NO_TIME before the first */
	int64_t summed; /* by this clock */
};

struct jsonl *jsonl_new(FILE *out, const struct model *model, const struct jsonl_wishes *wishes)
{
	struct jsonl *jsonl = xcalloc(1, sizeof *jsonl);
	jsonl->out = out;
	jsonl->model = model;
	jsonl->wishes = *wishes;
	jsonl->view = view_bare(model);
	jsonl->view->lines = true;
	jsonl->now = jsonl->summed = ORIGIN_NO_TIME;
	return jsonl;
}

void jsonl_free(struct jsonl *jsonl)
{
	if (jsonl == NULL)
		return;
	for (uint32_t i = 0; i < jsonl->n; i++)
		free(jsonl->told[i].findings.list);
	free(jsonl->capture.list);
	view_free(jsonl->view);
	free(jsonl->told);
	free(jsonl);
}

/* ---- words ---- */

/* A number, an amount, a time of day or a date; addresses are none. */
static bool is_number(const char *token, size_t n)
{
	size_t digits = 0, dots = 0, colons = 0;
	for (size_t i = 0; i < n; i++) {
		if (isalpha((unsigned char)token[i]))
			return false;
		digits += isdigit((unsigned char)token[i]) != 0;
		dots += token[i] == '.';
		colons += token[i] == ':';
	}
	return digits > 0 && dots < 3 && colons < 3;
}

/* What stands behind a duration (rule_duration) changes as it grows. */
static bool is_unit(const char *token, size_t n)
{
	static const char *const units[] = {"us", "ms", "s", "minutes", "hours", "days"};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strlen(units[i]) == n && memcmp(units[i], token, n) == 0)
			return true;
	return false;
}

/* Of a sentence without its numbers: one that only counts further is no other one. */
static uint64_t words_of(const char *text)
{
	char words[VERDICT_TEXT];
	size_t used = 0, n;
	bool behind_number = false;
	for (; *text != '\0'; text += n + (text[n] == ' ')) {
		n = strcspn(text, " ");
		size_t bare = n;
		while (bare > 0 && strchr(",.;:)", text[bare - 1]) != NULL)
			bare--;
		bool number = is_number(text, bare), unit = behind_number && is_unit(text, bare);
		behind_number = number;
		if (number || unit)
			continue;
		if (bare > 0 && text[bare - 1] == 's') /* one record, two records */
			bare--;
		memcpy(&words[used], text, bare);
		used += bare;
	}
	return hash_bytes(words, used);
}

static uint64_t words_of_finding(const struct finding *finding)
{
	return words_of(finding->summary) ^ (uint64_t)finding->severity;
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

static void tell(const struct jsonl *jsonl, const char *event, unsigned lines)
{
	struct json_head head = {.time = jsonl->now, .event = event};
	struct row row = row_of(jsonl, true);
	json_line(jsonl->out, &head, LINE_HEAD | lines, &row, NULL, NULL);
}

static void tell_numbers(const struct jsonl *jsonl, const char *event, const struct json_number *numbers)
{
	struct json_head head = {.time = jsonl->now, .event = event};
	json_numbers(jsonl->out, &head, numbers);
}

/* ---- findings ---- */

static bool holds(const struct findings *findings, const char *id)
{
	for (uint32_t i = 0; i < findings->n; i++)
		if (strcmp(findings->list[i].id, id) == 0)
			return true;
	return false;
}

/* Among the first n of those that were told. */
static bool is_known(const struct known *known, uint32_t n, const char *id, const uint64_t *words)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(known->list[i].id, id) == 0 && (words == NULL || known->list[i].words == *words))
			return true;
	return false;
}

static void know(struct known *known, const struct findings *findings)
{
	if (known->n < findings->n)
		known->list = xrealloc(known->list, findings->n * sizeof *known->list);
	known->n = findings->n;
	for (uint32_t i = 0; i < findings->n; i++)
		known->list[i] =
		    (struct known_finding){findings->list[i].id, words_of_finding(&findings->list[i])};
}

/* Findings that came or say something else, and those of which none holds any more. */
static void tell_findings(const struct jsonl *jsonl, bool session, const struct findings *findings,
                          struct known *known)
{
	struct row row = row_of(jsonl, session);
	struct json_head head = {.time = jsonl->now, .event = "finding"};
	for (uint32_t i = 0; i < findings->n; i++) {
		uint64_t words = words_of_finding(&findings->list[i]);
		row.item = &findings->list[i];
		if (!is_known(known, known->n, findings->list[i].id, &words))
			json_line(jsonl->out, &head, LINE_HEAD, &row, "finding", &view_findings);
	}
	head.event = "resolved";
	for (uint32_t i = 0; i < known->n; i++) {
		const struct finding gone = {.id = known->list[i].id};
		row.item = &gone;
		if (!holds(findings, gone.id) && !is_known(known, i, gone.id, NULL))
			json_line(jsonl->out, &head, LINE_HEAD, &row, "finding", &view_finding_name);
	}
	know(known, findings);
}

/* ---- one session ---- */

/* Of what the object "auth" is made of. */
static uint64_t decision_of(const struct session_auth *auth)
{
	struct {
		const void *cert, *stand_in, *entry;
		unsigned observed, inferred, predicted, matched;
	} key;
	memset(&key, 0, sizeof key); /* padding counts */
	key.cert = auth->cert;
	key.stand_in = auth->stand_in;
	key.entry = auth->decision.entry;
	key.observed = auth->observed;
	key.inferred = auth->inferred;
	key.predicted = auth->decision.prediction;
	key.matched = auth->decision.matched;
	return hash_bytes(&key, sizeof key);
}

/* What is said of a first SYN holds for a capture that ends with it. */
static bool only_begins(const struct view_session *open)
{
	return open->state == SESSION_CONNECTING && open->findings.n == 0;
}

static bool has_error(const struct findings *findings)
{
	return findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR;
}

/* The session is open in the view. */
static void tell_changes(const struct jsonl *jsonl, struct told *told, bool whole)
{
	const struct view_session *open = &jsonl->view->open;
	uint64_t verdict = words_of(open->verdict), decision = decision_of(&open->auth);
	if (!told->seen || told->state != open->state || told->decision != decision)
		view_session_open(jsonl->view, open->session); /* these lines hold more */
	if (!told->seen)
		tell(jsonl, "session", LINE_STATE);
	else if (told->state != open->state)
		tell(jsonl, "state", LINE_STATE);
	if (!told->seen || told->decision != decision)
		tell(jsonl, "decision", LINE_DECISION);
	tell_findings(jsonl, true, &open->findings, &told->findings);
	told->seen = true;
	told->error = has_error(&open->findings);
	told->decision = decision;
	if (told->verdict == verdict || (!whole && only_begins(open)))
		return;
	tell(jsonl, "verdict", LINE_VERDICT);
	told->verdict = verdict;
}

static uint64_t opened_records(const struct session *session)
{
	return session->tls.opened[0] + session->tls.opened[1];
}

/* What makes it worth while to look at once. */
static bool moved(const struct told *told, const struct session *session, enum session_state state)
{
	return !told->looked_at || told->state != state || told->steps != session->n_steps ||
	       told->alerts != session->n_alerts || told->closed != session->closed.packet;
}

/* Of a session that has ended only packets or a key that come late can change what is told. */
static bool is_calm(const struct jsonl *jsonl, const struct told *told, const struct session *session,
                    enum session_state state)
{
	bool due = origin_elapsed(told->looked, jsonl->now) >= JSONL_CALM * NS_PER_S;
	bool goes_on = session->closed.packet == 0 || told->last != session->last.packet ||
	               told->opened != opened_records(session);
	return !moved(told, session, state) && !(due && goes_on);
}

/* The session that is open; it still is then. */
static bool is_wanted(const struct jsonl *jsonl)
{
	const struct view_session *open = &jsonl->view->open;
	if (jsonl->wishes.filter == NULL)
		return true;
	const struct session *session = open->session;
	struct view_digest digest = view_digest_of(session, &open->findings);
	bool wanted = filter_session(jsonl->wishes.filter, jsonl->view, &digest);
	view_session_judge(jsonl->view, session); /* the filter may have used the room for other things */
	return wanted;
}

static void look(const struct jsonl *jsonl, struct told *told, const struct session *session, bool whole)
{
	view_session_judge(jsonl->view, session);
	if (told->seen || is_wanted(jsonl))
		tell_changes(jsonl, told, whole);
	told->looked_at = true;
	told->state = jsonl->view->open.state;
	told->steps = session->n_steps;
	told->alerts = session->n_alerts;
	told->closed = session->closed.packet;
	told->last = session->last.packet;
	told->opened = opened_records(session);
	told->looked = jsonl->now;
}

/* ---- all of them ---- */

static void look_if_moved(const struct jsonl *jsonl, struct told *told, const struct session *session)
{
	enum session_state state = session_state(session, session_now(jsonl->model, session));
	if (!is_calm(jsonl, told, session, state))
		look(jsonl, told, session, false);
}

static bool is_chosen(const struct jsonl *jsonl, const struct session *session)
{
	return jsonl->wishes.only == 0 || session->id == jsonl->wishes.only;
}

static void tell_gone(const struct jsonl *jsonl, struct told *told)
{
	struct json_number id[] = {{"id", told->id}, {NULL, 0}};
	if (told->seen && !told->gone)
		tell_numbers(jsonl, "evicted", id);
	told->gone = true;
}

static void give_up(const struct jsonl *jsonl, struct told *told)
{
	tell_gone(jsonl, told);
	free(told->findings.list);
}

/* Sessions that the model gave up leave, new ones come: both are in order of their numbers. */
static void follow_model(struct jsonl *jsonl)
{
	uint32_t n = jsonl->n, i = 0, kept = 0;
	if (jsonl->room < jsonl->model->n_sessions + n) {
		jsonl->room = 2 * jsonl->model->n_sessions + n;
		jsonl->told = xrealloc(jsonl->told, jsonl->room * sizeof *jsonl->told);
	}
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next) {
		for (; i < n && jsonl->told[i].id < s->id; i++)
			give_up(jsonl, &jsonl->told[i]);
		if (i < n)
			jsonl->told[kept++] = jsonl->told[i++];
		else
			jsonl->told[kept++] = (struct told){.id = s->id};
	}
	for (; i < n; i++)
		give_up(jsonl, &jsonl->told[i]);
	jsonl->n = kept;
}

static void look_at_all(struct jsonl *jsonl, bool whole)
{
	uint32_t i = 0;
	follow_model(jsonl);
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next, i++)
		if (is_chosen(jsonl, s) && whole)
			look(jsonl, &jsonl->told[i], s, true);
		else if (is_chosen(jsonl, s))
			look_if_moved(jsonl, &jsonl->told[i], s);
	findings_of_capture(jsonl->model, &jsonl->view->capture);
	tell_findings(jsonl, false, &jsonl->view->capture, &jsonl->capture);
}

/* NULL: it came after the last update. */
static struct told *find_told(const struct jsonl *jsonl, uint32_t id)
{
	uint32_t from = 0, to = jsonl->n;
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (jsonl->told[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < jsonl->n && jsonl->told[from].id == id ? &jsonl->told[from] : NULL;
}

void jsonl_leaving(void *ctx, const struct session *session)
{
	const struct jsonl *jsonl = ctx;
	struct told unknown = {.id = session->id}, *told = find_told(jsonl, session->id);
	if (!is_chosen(jsonl, session) || (told == NULL && session->rank == RANK_NO_DATA))
		return;
	if (told == NULL)
		told = &unknown;
	look(jsonl, told, session, false);
	if (told->seen)
		tell(jsonl, "summary", LINE_SUMMARY);
	tell_gone(jsonl, told);
	free(unknown.findings.list);
}

/* ---- summaries ---- */

/* Silence is news of a session that should talk; of one that has ended, or that nobody answered, it is none.
 */
static bool is_summed(const struct jsonl *jsonl, const struct told *told, const struct session *session)
{
	enum session_state state = session_state(session, session_now(jsonl->model, session));
	bool goes_on = state == SESSION_HANDSHAKING || state == SESSION_ACTIVE || state == SESSION_SILENT;
	return goes_on || told->summed != session->last.packet;
}

static void sum_sessions(struct jsonl *jsonl, bool whole)
{
	uint32_t i = 0;
	for (const struct session *s = jsonl->model->first; s != NULL; s = s->next, i++) {
		struct told *told = &jsonl->told[i];
		if (!told->seen || !(whole || is_summed(jsonl, told, s)))
			continue;
		told->summed = s->last.packet;
		view_session_judge(jsonl->view, s);
		tell(jsonl, "summary", LINE_SUMMARY);
	}
}

static void sum_capture(const struct jsonl *jsonl)
{
	struct row root = view_root(jsonl->view);
	struct json_head head = {.time = jsonl->now, .event = "input"};
	for (size_t i = 0; i < view_rows(&view_capture_inputs, &root); i++) {
		struct row row = view_row(&view_capture_inputs, &root, i);
		json_line(jsonl->out, &head, 0, &row, "input", &view_capture_inputs);
	}
	head.event = "capture";
	json_line(jsonl->out, &head, 0, &root, "capture", &view_capture);
	struct json_number numbers[] = {
	    {"bytes", memory_used()}, {"sessions", jsonl->model->n_sessions}, {NULL, 0}};
	tell_numbers(jsonl, "memory", numbers);
}

static void sum_up(struct jsonl *jsonl, bool whole)
{
	jsonl->summed = jsonl->now;
	sum_sessions(jsonl, whole);
	sum_capture(jsonl);
}

/* ---- from outside ---- */

int64_t jsonl_due(const struct jsonl *jsonl)
{
	return jsonl->now == ORIGIN_NO_TIME ? ORIGIN_NO_TIME + 1 : origin_after(jsonl->now, NS_PER_S);
}

void jsonl_update(struct jsonl *jsonl, int64_t now)
{
	if (jsonl->now < now)
		jsonl->now = now;
	if (jsonl->summed == ORIGIN_NO_TIME)
		jsonl->summed = jsonl->now;
	look_at_all(jsonl, false);
	if (jsonl->wishes.interval > 0 && origin_elapsed(jsonl->summed, jsonl->now) >= jsonl->wishes.interval)
		sum_up(jsonl, false);
	fflush(jsonl->out);
}

/* Of traces: that of their latest line. */
static int64_t latest_line(const struct capture *capture)
{
	int64_t latest = ORIGIN_NO_TIME;
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		if (capture->inputs[i].last.line && capture->inputs[i].last.time > latest)
			latest = capture->inputs[i].last.time;
	return latest;
}

bool jsonl_finish(struct jsonl *jsonl, int64_t now)
{
	if (now == ORIGIN_NO_TIME)
		now = latest_line(&jsonl->model->capture);
	if (jsonl->now < now)
		jsonl->now = now;
	look_at_all(jsonl, true);
	bool error = has_error(&jsonl->view->capture);
	for (uint32_t i = 0; i < jsonl->n; i++)
		error = error || jsonl->told[i].error;
	return error;
}

void jsonl_end(struct jsonl *jsonl, unsigned exit_status)
{
	uint64_t hidden = 0;
	for (uint32_t i = 0; i < jsonl->n && jsonl->wishes.filter != NULL; i++)
		hidden += jsonl->told[i].looked_at && !jsonl->told[i].seen;
	sum_up(jsonl, true);
	struct json_number numbers[] = {{"exit_status", exit_status}, {"hidden", hidden}, {NULL, 0}};
	tell_numbers(jsonl, "end", numbers);
	fflush(jsonl->out);
}
