/* Lines of -o jsonl: what is told once, what is told again, and what is not. The model is changed by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/rank.h"
#include "analyzer/xmalloc.h"
#include "tests/fixture.h"
#include "ui/jsonl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct run {
	struct model *model;
	struct jsonl *jsonl;
	FILE *out;
	char *text;
	size_t n, read;
	json_t *lines; /* of the last call */
	int64_t now;
};

static void start(struct run *run, struct model *model, struct jsonl_wishes wishes)
{
	*run = (struct run){.model = model, .now = model_now(model)};
	run->out = open_memstream(&run->text, &run->n);
	assert_non_null(run->out);
	run->jsonl = jsonl_new(run->out, model, &wishes);
}

static void stop(struct run *run)
{
	jsonl_free(run->jsonl);
	fclose(run->out);
	free(run->text);
	json_decref(run->lines);
	model_free(run->model);
}

/* Every line that came is an object with a time and an event. */
static void take_lines(struct run *run)
{
	json_decref(run->lines);
	run->lines = json_array();
	while (run->read < run->n) {
		char *line = &run->text[run->read], *end = strchr(line, '\n');
		assert_non_null(end);
		json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
		assert_true(json_is_object(object));
		assert_non_null(json_object_get(object, "time"));
		assert_true(json_is_string(json_object_get(object, "event")));
		json_array_append_new(run->lines, object);
		run->read += (size_t)(end - line) + 1;
	}
}

static void update(struct run *run, int64_t seconds)
{
	run->now += seconds * NS_PER_S;
	jsonl_update(run->jsonl, run->now);
	take_lines(run);
}

static void end(struct run *run, int64_t now, unsigned status)
{
	jsonl_finish(run->jsonl, now);
	jsonl_end(run->jsonl, status);
	take_lines(run);
}

static const char *text(json_t *line, const char *key)
{
	return json_string_value(json_object_get(line, key));
}

/* The lines of an event about a session, 0: about none, and of a finding, NULL: any. */
static size_t count(const struct run *run, const char *event, json_int_t id, const char *finding)
{
	size_t n = 0, i;
	json_t *line;
	json_array_foreach(run->lines, i, line)
	{
		const char *found = text(json_object_get(line, "finding"), "id");
		n += strcmp(text(line, "event"), event) == 0 &&
		     json_integer_value(json_object_get(line, "id")) == id &&
		     (finding == NULL || (found != NULL && strcmp(found, finding) == 0));
	}
	return n;
}

static json_t *find(const struct run *run, const char *event, json_int_t id)
{
	size_t i;
	json_t *line;
	json_array_foreach(run->lines, i,
	                   line) if (strcmp(text(line, "event"), event) == 0 &&
	                             json_integer_value(json_object_get(line, "id")) == id) return line;
	fail_msg("no line %s of session %d", event, (int)id);
	return NULL;
}

static void quiet(const struct run *run)
{
	if (json_array_size(run->lines) > 0)
		fail_msg("%s", &run->text[run->read - strlen(strrchr(run->text, '{'))]);
}

/* ---- what is told ---- */

static void test_first_look(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	update(&run, 0);
	for (json_int_t id = 1; id <= 2; id++) {
		assert_int_equal(count(&run, "session", id, NULL), 1);
		assert_int_equal(count(&run, "decision", id, NULL), 1);
		assert_int_equal(count(&run, "verdict", id, NULL), 1);
	}
	assert_string_equal(text(find(&run, "session", 1), "state"), "failed");
	assert_string_equal(text(find(&run, "session", 2), "state"), "active");
	assert_int_equal(json_array_size(json_object_get(find(&run, "session", 1), "encapsulation")), 2);
	assert_string_equal(text(json_object_get(find(&run, "decision", 1), "auth"), "observed"), "rejected");
	/* The id stands in three rows of the tables of rules. */
	assert_int_equal(count(&run, "finding", 1, "auth-hash-mismatch"), 1);
	assert_int_equal(count(&run, "finding", 0, "capture-duplicates"), 1);
	assert_int_equal(count(&run, "summary", 1, NULL), 0);
	update(&run, 1);
	quiet(&run);
	update(&run, JSONL_CALM);
	quiet(&run);
	stop(&run);
}

static void test_state(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	struct session *session = run.model->last;
	update(&run, 0);
	run.model->capture.last = run.now + 60 * NS_PER_S;
	update(&run, 1);
	assert_string_equal(text(find(&run, "state", 2), "state"), "silent");
	assert_int_equal(count(&run, "verdict", 2, NULL), 1);
	session->closed = session->last;
	session->close = CLOSE_FIN;
	update(&run, 1);
	assert_string_equal(text(find(&run, "state", 2), "state"), "closed");
	assert_string_equal(text(find(&run, "state", 2), "close"), "fin");
	assert_int_equal(count(&run, "state", 1, NULL), 0);
	stop(&run);
}

/* Told once however far it counts, and told again when it says something else. */
static void test_verdict(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	struct session *session = run.model->last;
	update(&run, 0);
	for (uint64_t i = 0; i < 4; i++) {
		session->tls.protected_records[0] = i == 0 ? 1 : 1000 * i;
		session->tls.protected_records[1] = 0;
		session->last.packet++;
		session->last.time = run.model->capture.last = run.now;
		update(&run, JSONL_CALM);
		quiet(&run);
	}
	/* Silent for seconds, minutes, hours: one verdict. */
	run.model->capture.last = run.now + 50 * NS_PER_S;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "verdict", 2, NULL), 1);
	run.model->capture.last = run.now + 10000 * NS_PER_S;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "verdict", 2, NULL), 0);
	session->tcp.rst = session->closed = session->last;
	session->close = CLOSE_RST;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "verdict", 2, NULL), 1);
	stop(&run);
}

/* A first SYN has no verdict yet: only at the end is it all that there is. */
static void test_connecting(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_many(3), (struct jsonl_wishes){.interval = 0});
	update(&run, 0);
	assert_string_equal(text(find(&run, "session", 3), "state"), "connecting");
	assert_int_equal(count(&run, "verdict", 3, NULL), 0);
	end(&run, run.now, 1);
	assert_int_equal(count(&run, "verdict", 3, NULL), 1);
	stop(&run);
}

static void test_decision(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	struct session *session = run.model->first;
	update(&run, 0);
	/* The proof is gone: nobody knows any more who was asked. */
	session->n_alerts = 0;
	session->closed.packet = 0;
	update(&run, 1);
	assert_string_not_equal(text(json_object_get(find(&run, "decision", 1), "auth"), "observed"),
	                        "rejected");
	stop(&run);
}

static void test_findings(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	struct session *session = run.model->last;
	update(&run, 0);
	assert_int_equal(count(&run, "finding", 2, "capture-gaps"), 0);
	session->tcp.gaps[1] = 1;
	session->tcp.lost_bytes[1] = 10;
	session->tcp.first_gap = session->last;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "finding", 2, "capture-gaps"), 1);
	json_t *line = json_object_get(find(&run, "finding", 2), "finding");
	assert_true(json_is_array(json_object_get(line, "advice")) &&
	            json_is_array(json_object_get(line, "evidence")));
	session->tcp.gaps[1] = 7;
	session->tcp.lost_bytes[1] = 7000;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "finding", 2, NULL), 0);
	session->tcp.gaps[1] = 0;
	session->tcp.lost_bytes[1] = 0;
	session->tcp.first_gap.packet = 0;
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "resolved", 2, "capture-gaps"), 1);
	assert_int_equal(count(&run, "finding", 2, NULL), 0);
	stop(&run);
}

/* A second interface is lost a day after the first one: another finding with the same id. */
static void test_same_id(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	update(&run, 0);
	struct capture_input *inputs = run.model->capture.inputs;
	inputs[1].truncated = true;
	update(&run, 1);
	assert_int_equal(count(&run, "finding", 0, "capture-truncated"), 1);
	inputs[0].truncated = true;
	inputs[0].error = xstrdup("the interface was removed");
	update(&run, 86400);
	assert_int_equal(count(&run, "finding", 0, "capture-truncated"), 1);
	inputs[1].truncated = false;
	update(&run, 1);
	assert_int_equal(count(&run, "resolved", 0, NULL), 0);
	inputs[0].truncated = false;
	update(&run, 1);
	assert_int_equal(count(&run, "resolved", 0, "capture-truncated"), 1);
	stop(&run);
}

/* A key comes when the session is over: what it opens is told. */
static void test_late_key(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	struct session *session = run.model->last;
	session->closed = session->last;
	session->close = CLOSE_FIN;
	update(&run, 0);
	assert_int_equal(count(&run, "finding", 2, "keys-missing"), 1);
	for (int dir = 0; dir < 2; dir++) {
		session->tls.opened[dir] = session->tls.protected_records[dir];
		session->tls.opened_data[dir] = session->tls.opened[dir];
		session->tls.first_closed[dir].packet = 0;
	}
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "resolved", 2, "keys-missing"), 1);
	stop(&run);
}

/* ---- sessions that come and go ---- */

static void test_evicted(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_many(5), (struct jsonl_wishes){.interval = 0});
	model_drop_session(run.model, run.model->first->next); /* before anything was told */
	update(&run, 0);
	assert_int_equal(count(&run, "session", 2, NULL), 0);
	assert_int_equal(count(&run, "evicted", 2, NULL), 0);
	model_drop_session(run.model, run.model->first);
	model_drop_session(run.model, run.model->last);
	update(&run, 1);
	assert_int_equal(count(&run, "evicted", 1, NULL), 1);
	assert_int_equal(count(&run, "evicted", 5, NULL), 1);
	assert_int_equal(count(&run, "evicted", 3, NULL), 0);
	update(&run, 1);
	quiet(&run);
	end(&run, run.now, 0);
	assert_int_equal(count(&run, "summary", 3, NULL), 1);
	assert_int_equal(count(&run, "summary", 5, NULL), 0);
	stop(&run);
}

/* The model says when a session leaves: its last lines come, also of one that was never looked at. */
static void test_leaving(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_many(6), (struct jsonl_wishes){.interval = 0});
	update(&run, 0);
	run.model->leaving.tell = jsonl_leaving;
	run.model->leaving.ctx = run.jsonl;
	run.model->first->tcp.packets[0] += 1000;
	uint64_t packets = run.model->first->tcp.packets[0] + run.model->first->tcp.packets[1];
	model_drop_session(run.model, run.model->first);
	struct origin at = {.time = run.now, .packet = 10000};
	struct session *fresh = model_add_session(run.model, &at), *mute = model_add_session(run.model, &at);
	fresh->tls.seen = true;
	fresh->tcp.first_data[0] = at;
	fresh->closed = at;
	rank_update(run.model, fresh);
	model_drop_session(run.model, mute);
	model_drop_session(run.model, fresh);
	update(&run, 1);
	assert_int_equal(count(&run, "session", 1, NULL), 0);
	assert_int_equal(count(&run, "summary", 1, NULL), 1);
	json_t *tcp = json_object_get(find(&run, "summary", 1), "tcp");
	assert_int_equal(json_integer_value(json_object_get(tcp, "packets")), packets);
	assert_int_equal(count(&run, "evicted", 1, NULL), 1);
	static const char *const events[] = {"session", "decision", "verdict", "summary", "evicted"};
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		assert_int_equal(count(&run, events[i], 7, NULL), 1);
		assert_int_equal(count(&run, events[i], 8, NULL), 0);
	}
	update(&run, JSONL_CALM);
	assert_int_equal(count(&run, "evicted", 1, NULL) + count(&run, "evicted", 7, NULL), 0);
	stop(&run);
}

static void test_only(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = NS_PER_S, .only = 2});
	update(&run, 0);
	assert_int_equal(count(&run, "session", 1, NULL), 0);
	assert_int_equal(count(&run, "session", 2, NULL), 1);
	update(&run, 1);
	assert_int_equal(count(&run, "summary", 1, NULL), 0);
	assert_int_equal(count(&run, "summary", 2, NULL), 1);
	model_drop_session(run.model, run.model->first);
	update(&run, 1);
	assert_int_equal(count(&run, "evicted", 1, NULL), 0);
	stop(&run);
}

/* With -t and -r the numbers are given at the end: what is told has them. */
static void test_numbers_by_time(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	run.model->last->opened.time -= 3600 * NS_PER_S;
	model_number_by_time(run.model);
	end(&run, run.now, 1);
	assert_string_equal(text(json_object_get(find(&run, "session", 1), "engine"), "ip"), "2001:db8::1");
	assert_string_equal(text(json_object_get(find(&run, "summary", 2), "engine"), "ip"), "10.0.0.5");
	assert_int_equal(count(&run, "evicted", 1, NULL) + count(&run, "evicted", 2, NULL), 0);
	stop(&run);
}

/* ---- summaries and the end ---- */

static void test_interval(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 60 * NS_PER_S});
	update(&run, 0);
	update(&run, 59);
	assert_int_equal(count(&run, "summary", 2, NULL), 0);
	update(&run, 1);
	json_t *line = find(&run, "summary", 2);
	assert_true(json_is_object(json_object_get(line, "echo")) &&
	            json_is_array(json_object_get(line, "messages")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "tcp"), "packets")), 20);
	assert_int_equal(count(&run, "summary", 1, NULL), 1);
	assert_int_equal(count(&run, "input", 0, NULL), 2);
	assert_int_equal(count(&run, "capture", 0, NULL), 1);
	json_t *memory = find(&run, "memory", 0);
	assert_int_equal(json_integer_value(json_object_get(memory, "sessions")), 2);
	/* Nothing came: the session that goes on is summed up all the same, the one that has failed is not.
	 */
	update(&run, 60);
	assert_int_equal(count(&run, "summary", 2, NULL), 1);
	assert_int_equal(count(&run, "summary", 1, NULL), 0);
	run.model->first->last.packet++;
	update(&run, 60);
	assert_int_equal(count(&run, "summary", 1, NULL), 1);
	stop(&run);
}

static void test_end(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	update(&run, 0);
	update(&run, 3600);
	assert_int_equal(count(&run, "summary", 2, NULL), 0);
	end(&run, run.now, 1);
	assert_int_equal(count(&run, "summary", 1, NULL), 1);
	assert_int_equal(count(&run, "summary", 2, NULL), 1);
	json_t *last = json_array_get(run.lines, json_array_size(run.lines) - 1);
	assert_string_equal(text(last, "event"), "end");
	assert_int_equal(json_integer_value(json_object_get(last, "exit_status")), 1);
	stop(&run);
}

/* ---- time ---- */

static void test_time(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_rich(), (struct jsonl_wishes){.interval = 0});
	assert_true(jsonl_due(run.jsonl) > ORIGIN_NO_TIME);
	assert_true(jsonl_due(run.jsonl) <= run.now);
	update(&run, 0);
	assert_int_equal(jsonl_due(run.jsonl), run.now + NS_PER_S);
	/* Its clock is set back: lines keep the time that they had. */
	char *before = xstrdup(text(find(&run, "session", 1), "time"));
	run.model->last->closed = run.model->last->last;
	update(&run, -10);
	assert_int_equal(jsonl_due(run.jsonl), run.now + 11 * NS_PER_S);
	assert_string_equal(text(find(&run, "state", 2), "time"), before);
	end(&run, run.now, 0);
	assert_string_equal(text(find(&run, "end", 0), "time"), before);
	free(before);
	stop(&run);
}

/* A trace without stamps has no time; that of another is its last line's. */
static void test_time_of_traces(void **state)
{
	struct run run;
	(void)state;
	start(&run, fixture_empty(), (struct jsonl_wishes){.interval = 0});
	end(&run, ORIGIN_NO_TIME, 0);
	assert_true(json_is_null(json_object_get(find(&run, "end", 0), "time")));
	run.model->capture.inputs[0].last =
	    (struct origin){.time = 1800000000 * NS_PER_S, .packet = 9, .line = true};
	end(&run, ORIGIN_NO_TIME, 0);
	assert_string_equal(text(find(&run, "end", 0), "time"), "2027-01-15T08:00:00.000000Z");
	stop(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_look), cmocka_unit_test(test_state),
	    cmocka_unit_test(test_verdict),    cmocka_unit_test(test_connecting),
	    cmocka_unit_test(test_decision),   cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_same_id),    cmocka_unit_test(test_late_key),
	    cmocka_unit_test(test_evicted),    cmocka_unit_test(test_leaving),
	    cmocka_unit_test(test_only),       cmocka_unit_test(test_numbers_by_time),
	    cmocka_unit_test(test_interval),   cmocka_unit_test(test_end),
	    cmocka_unit_test(test_time),       cmocka_unit_test(test_time_of_traces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
