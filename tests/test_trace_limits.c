/*
 * The caps of what a trace makes the model keep: each is reached, counted, reported where it must be, and
 * what was kept before it stays right.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/tracerun.h"

#include "analyzer/findings/findings.h"

/* Text that grows line by line, each with the next sequence number. */
struct paste {
	char *text;
	size_t n;
	unsigned sequence;
};

static void start(struct paste *paste, size_t lines)
{
	*paste = (struct paste){.text = calloc(lines, 256), .sequence = 0x100};
	assert_non_null(paste->text);
}

__attribute__((format(printf, 3, 4))) static void add(struct paste *paste, unsigned pid, const char *format,
                                                      ...)
{
	paste->n += (size_t)sprintf(&paste->text[paste->n], "[03/02/26 09:15:00.100 UTC %x %u] ",
	                            paste->sequence++, pid);
	va_list list;
	va_start(list, format);
	paste->n += (size_t)vsprintf(&paste->text[paste->n], format, list);
	va_end(list);
	paste->text[paste->n++] = '\n';
}

static struct traced read_paste(struct paste *paste)
{
	struct traced traced = {.model = NULL};
	trace_more(&traced, paste->text, paste->n);
	free(paste->text);
	return traced;
}

static void check_reported(const struct traced *traced, enum limit limit, const char *words)
{
	struct findings *findings = calloc(1, sizeof *findings);
	findings_of_capture(traced->model, findings);
	assert_true(traced->model->capture.hits[limit] > 0);
	assert_true(traced->model->capture.first_hit[limit].line);
	assert_string_equal(findings->list[0].id, "limit-reached");
	has(findings->list[0].summary, words);
	free(findings);
}

static void events(void **state)
{
	(void)state;
	struct paste paste;
	start(&paste, 4 * LIMIT_TRACE_EVENTS);
	add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl b2c41e70");
	for (size_t i = 0; i < LIMIT_TRACE_EVENTS; i++)
		add(&paste, 1, "SSL state = 0x2111; where = 0x2002; ret = 0xffffffff");
	add(&paste, 1, "SSL state = 0x2182; where = 0x4008; ret = 0x22e");
	struct traced traced = read_paste(&paste);
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session->trace->n_events, LIMIT_TRACE_EVENTS);
	assert_int_equal(session->trace->events_dropped, 1);
	assert_int_equal(session_fatal_alert(session)->code,
	                 TLS_CERTIFICATE_UNKNOWN); /* facts are kept all the same */
	assert_false(session_whole(session, NULL));
	check_reported(&traced, HIT_TRACE_EVENTS, "events of a session in a trace (96) 1 time");
	model_free(traced.model);
}

static void messages(void **state)
{
	(void)state;
	struct paste paste;
	start(&paste, 3 * LIMIT_TRACE_MESSAGES);
	add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl b2c41e70");
	for (unsigned i = 0; i < LIMIT_TRACE_MESSAGES + 3; i++)
		add(&paste, 1, "received NMSP_APP_KIND%c%c_MSG", 'A' + i / 26, 'A' + i % 26);
	add(&paste, 1, "received NMSP_APP_KINDAA_MSG");
	struct traced traced = read_paste(&paste);
	const struct session_trace *trace = trace_nth(&traced, 1)->trace;
	assert_int_equal(trace->n_messages, LIMIT_TRACE_MESSAGES);
	assert_int_equal(trace->messages[0].count, 2);
	assert_int_equal(trace->other_messages, 3);
	check_reported(&traced, HIT_TRACE_MESSAGES, "message names of a session in a trace (32) 3 times");
	model_drop_session(traced.model, traced.model->first);
	assert_int_equal(traced.model->capture.evicted_messages, LIMIT_TRACE_MESSAGES + 4);
	model_free(traced.model);
}

/* Beyond what is sure all share the room: the last ones find none, until others leave. */
static void room_of_all(void **state)
{
	(void)state;
	enum {
		MORE = LIMIT_TRACE_SURE_EVENTS + 1,
		BYTES = LIMIT_TRACE_SURE_EVENTS * sizeof(struct trace_event)
	};
	enum {
		NAMES = LIMIT_TRACE_SURE_MESSAGES * sizeof(struct trace_message),
		FIT = LIMIT_TRACE_ALL / BYTES
	};
	struct paste paste;
	start(&paste, (FIT + 1) * (MORE + 2));
	for (unsigned i = 0; i <= FIT; i++) {
		add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl %x", 0xb0000000 + 0x10 * i);
		for (unsigned k = 0; k < MORE; k++)
			add(&paste, 1, "SSL state = 0x2111; where = 0x2002; ret = 0xffffffff");
		if (i == FIT)
			for (unsigned k = 0; k <= LIMIT_TRACE_SURE_MESSAGES; k++)
				add(&paste, 1, "received NMSP_APP_KIND%c_MSG", 'A' + k);
	}
	struct traced traced = read_paste(&paste);
	struct model *model = traced.model;
	const struct session_trace *last = trace_nth(&traced, FIT + 1)->trace;
	assert_int_equal(trace_nth(&traced, FIT)->trace->n_events, MORE);
	assert_int_equal(last->n_events, LIMIT_TRACE_SURE_EVENTS);
	assert_int_equal(last->events_dropped, 1);
	assert_int_equal(last->n_messages, LIMIT_TRACE_SURE_MESSAGES + 1);
	assert_int_equal(model->trace_bytes, FIT * BYTES + NAMES); /* what is left is enough for names */
	check_reported(&traced, HIT_TRACE_ALL, "bytes of events and message names of traces (8388608)");
	while (model->n_sessions > 0)
		model_drop_session(model, model->first);
	assert_int_equal(model->trace_bytes, 0);
	model_free(model);
}

/* The process that was named longest ago is no longer followed: its session stays as it is. */
static void processes(void **state)
{
	(void)state;
	struct paste paste;
	start(&paste, 2 * LIMIT_TRACE_PROCESSES);
	for (unsigned pid = 1; pid <= LIMIT_TRACE_PROCESSES + 1; pid++)
		add(&paste, pid, "sslConnectionInit: SSL_new() conn ssl b2c41e70");
	add(&paste, 2, "freeing Nmsp conn ssl b2c41e70, conn id 0");
	add(&paste, 1, "freeing Nmsp conn ssl b2c41e70, conn id 0");
	struct traced traced = read_paste(&paste);
	assert_int_equal(traced.model->n_sessions, LIMIT_TRACE_PROCESSES + 2);
	assert_true(trace_nth(&traced, 1)->closed.packet == 0);
	assert_true(trace_nth(&traced, 2)->closed.packet != 0);
	assert_true(trace_nth(&traced, LIMIT_TRACE_PROCESSES + 2)->midstream);
	check_reported(&traced, HIT_TRACE_PROCESSES, "processes of a trace at a time (64)");
	model_free(traced.model);
}

static void texts_and_names(void **state)
{
	(void)state;
	struct paste paste;
	char words[LIMIT_TRACE_TEXT + 40];
	memset(words, 'w', sizeof words);
	words[sizeof words - 1] = '\0';
	start(&paste, 8);
	add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl b2c41e70");
	add(&paste, 1, "SSL state = 0x2111; where = 0x2001; ret = 0x1");
	add(&paste, 1, "SSL_state_string=%s", words);
	struct traced traced = read_paste(&paste);
	const struct trace_event *event = &trace_nth(&traced, 1)->trace->events[0];
	assert_int_equal(strlen(event->text), LIMIT_TRACE_TEXT - 1);
	model_free(traced.model);
}

static void lines_not_understood(void **state)
{
	(void)state;
	struct paste paste;
	char words[LIMIT_TRACE_NOTE + 40];
	memset(words, 'w', sizeof words);
	words[sizeof words - 1] = '\0';
	start(&paste, 4 * LIMIT_TRACE_NOTES);
	for (size_t i = 0; i < LIMIT_TRACE_NOTES + 5; i++)
		add(&paste, 1, "%s", words);
	struct traced traced = read_paste(&paste);
	const struct trace_reading *reading = traced.model->capture.inputs[0].trace;
	assert_int_equal(reading->strange, LIMIT_TRACE_NOTES + 5);
	assert_int_equal(reading->n_notes, LIMIT_TRACE_NOTES);
	assert_int_equal(strlen(reading->notes[0].text), LIMIT_TRACE_NOTE - 1);
	model_free(traced.model);
}

static void ranges_of_lost_lines(void **state)
{
	(void)state;
	struct paste paste;
	start(&paste, 4 * LIMIT_TRACE_RANGES);
	for (size_t i = 0; i < LIMIT_TRACE_RANGES + 3; i++) {
		add(&paste, 1, "ret_type_string=unknown");
		add(&paste, 1, "ret_type_string=unknown");
		paste.sequence += 2;
	}
	struct traced traced = read_paste(&paste);
	const struct trace_reading *reading = traced.model->capture.inputs[0].trace;
	assert_int_equal(reading->n_ranges, LIMIT_TRACE_RANGES + 2);
	assert_int_equal(reading->lost, 2 * (LIMIT_TRACE_RANGES + 2));
	struct findings *findings = calloc(1, sizeof *findings);
	findings_of_capture(traced.model, findings);
	bool found = false;
	for (uint32_t i = 0; i < findings->n; i++) {
		if (strcmp(findings->list[i].id, "trace-lines-lost") != 0)
			continue;
		found = true;
		has(findings->list[i].summary,
		    "20 lines are missing from the trace: sequence numbers 102 to 103, 106 to 107");
		has(findings->list[i].summary, "and 6 more places");
		assert_true(findings->list[i].severity == SEVERITY_INFO &&
		            findings->list[i].evidence[0].line);
	}
	assert_true(found);
	free(findings);
	model_free(traced.model);
}

static void long_lines_are_reported(void **state)
{
	(void)state;
	char *text = malloc(2 * LIMIT_LINE);
	memset(text, 'x', 2 * LIMIT_LINE);
	struct traced traced = {.model = NULL};
	trace_more(&traced, text, 2 * LIMIT_LINE);
	free(text);
	assert_int_equal(traced.model->capture.hits[HIT_TRACE_LINE], 1);
	model_free(traced.model);
}

/* More connections than sessions are kept, all open, then all looked up once more: healthy ones leave first.
 */
static void sessions(void **state)
{
	(void)state;
	struct paste paste;
	start(&paste, 2 * LIMIT_SESSIONS + 100);
	add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl a0000000");
	add(&paste, 1, "SSL state = 0x2182; where = 0x4008; ret = 0x22e");
	add(&paste, 1, "freeing Nmsp conn ssl a0000000, conn id 0");
	for (unsigned i = 0; i < LIMIT_SESSIONS + 10; i++)
		add(&paste, 1, "sslConnectionInit: SSL_new() conn ssl %x", 0xb0000000 + 0x10 * i);
	add(&paste, 1, "freeing Nmsp conn ssl %x, conn id 0", 0xb0000000 + 0x10 * LIMIT_SESSIONS);
	struct traced traced = read_paste(&paste);
	assert_int_equal(traced.model->n_sessions, LIMIT_SESSIONS);
	assert_int_equal(traced.model->capture.evicted_sessions, 11);
	assert_int_equal(session_fatal_alert(trace_nth(&traced, 1))->code, TLS_CERTIFICATE_UNKNOWN);
	for (const struct session *s = traced.model->first; s != NULL; s = s->next)
		assert_null(s->conn);
	check_reported(&traced, HIT_SESSIONS, "sessions (20000)");
	model_free(traced.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events),
	    cmocka_unit_test(messages),
	    cmocka_unit_test(room_of_all),
	    cmocka_unit_test(processes),
	    cmocka_unit_test(texts_and_names),
	    cmocka_unit_test(lines_not_understood),
	    cmocka_unit_test(ranges_of_lost_lines),
	    cmocka_unit_test(long_lines_are_reported),
	    cmocka_unit_test(sessions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
