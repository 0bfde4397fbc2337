/*
 * Traces that hold the same lines: the same one given twice, and pastes of one log that overlap. Every line
 * counts once, and a session that is open where the first paste ends goes on in the second.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/trace_known.h"
#include "dissect/limits.h"
#include "tests/expect.h"
#include "tests/tracerun.h"

static const char *const samples[] = {
    "samples/trace-failure.txt",     "samples/trace-success.txt",     "samples/trace-failure-ocr.txt",
    "samples/trace-success-ocr.txt", "samples/trace-interleaved.txt", "samples/trace-reuse.txt",
    "samples/trace-midway.txt",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the sessions say, without line numbers: states, decision, alerts, times. */
static void describe(const struct traced *traced, char *text, size_t room)
{
	size_t used = 0;
	for (const struct session *s = traced->model->first; s != NULL && used < room; s = s->next)
		used += (size_t)snprintf(
		    &text[used], room - used, "%s; %s; %u alerts, %u events, %d %lld %lld %lld\n",
		    trace_states(s), trace_observed(traced, s), (unsigned)s->n_alerts,
		    (unsigned)s->trace->n_events, s->midstream, (long long)s->opened.time,
		    (long long)s->last.time, (long long)s->closed.time);
}

static const struct trace_reading *reading(const struct traced *traced, uint32_t input)
{
	return traced->model->capture.inputs[input].trace;
}

static void the_same_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t n;
		char once[4096] = "", twice[4096] = "", *text = trace_slurp(samples[i], &n);
		struct traced traced = {.model = NULL};
		trace_next(&traced, text, n);
		describe(&traced, once, sizeof once);
		for (uint32_t more = 1; more <= 2; more++) {
			trace_next(&traced, text, n);
			assert_true(traced.understood);
			assert_int_equal(reading(&traced, more)->understood, 0);
			assert_true(reading(&traced, more)->repeated >= reading(&traced, 0)->understood);
			assert_int_equal(reading(&traced, more)->lost, 0);
		}
		assert_int_equal(reading(&traced, 0)->repeated, 0);
		trace_ends(&traced);
		describe(&traced, twice, sizeof twice);
		assert_string_equal(once, twice);
		model_free(traced.model);
		free(text);
	}
}

/* Where the line `n` of the text begins, or its end. */
static size_t line_at(const char *text, size_t n)
{
	const char *at = text;
	while (n-- > 0 && *at != '\0')
		at += strcspn(at, "\n") + (strchr(at, '\n') != NULL);
	return (size_t)(at - text);
}

static void check_overlap(const char *text, size_t n, size_t from, size_t to, bool one_file,
                          const char *whole)
{
	char cut[4096] = "";
	struct traced traced = {.model = NULL};
	size_t end = line_at(text, to), begin = line_at(text, from);
	if (one_file) {
		char *both = calloc(1, n + end - begin + 1);
		memcpy(both, text, end);
		memcpy(&both[end], &text[begin], n - begin);
		trace_next(&traced, both, end + n - begin);
		free(both);
	} else {
		trace_next(&traced, text, end);
		trace_next(&traced, &text[begin], n - begin);
	}
	trace_ends(&traced);
	describe(&traced, cut, sizeof cut);
	if (strcmp(cut, whole) != 0)
		fail_msg("lines 1 to %zu and %zu on:\n%sinstead of\n%s", to, from + 1, cut, whole);
	model_free(traced.model);
}

/* The second paste begins at any line of the first, and goes on behind its end. */
static void pastes_that_overlap(void **state)
{
	(void)state;
	static const char *const clean[] = {"samples/trace-failure.txt", "samples/trace-success.txt",
	                                    "samples/trace-interleaved.txt", "samples/trace-reuse.txt"};
	for (size_t i = 0; i < COUNT(clean); i++) {
		size_t n, lines = 0;
		char whole[4096] = "", *text = trace_slurp(clean[i], &n);
		struct traced traced = trace_text(text);
		describe(&traced, whole, sizeof whole);
		model_free(traced.model);
		for (size_t at = 0; at < n; at++)
			lines += text[at] == '\n';
		for (size_t from = 3; from + 8 < lines; from += 5)
			for (size_t to = from + 1; to < lines; to += 7)
				check_overlap(text, n, from, to, (from + to) % 2, whole);
		free(text);
	}
}

/* A log of its own, whatever its process and pointers are. */
static void logs_that_do_not_overlap(void **state)
{
	(void)state;
	struct traced traced = {.model = NULL};
	static const char *const texts[] = {
	    "[03/02/26 09:15:00.120 UTC 5f2 9822] sslConnectionInit: SSL_new() conn ssl b3f8a8d0\n"
	    "[03/02/26 09:15:00.120 UTC 5f3 9822] SSL state = 0x2111; where = 0x2001; ret = 0x1\n",
	    "[03/02/26 09:15:00.120 UTC 5f3 9823] SSL state = 0x2111; where = 0x2001; ret = 0x1\n",
	    "[03/02/26 09:15:00.120 UTC 5f3 9822] SSL state = 0x2130; where = 0x2001; ret = 0x1\n",
	    "[03/02/26 09:15:00.121 UTC 5f3 9822] SSL state = 0x2111; where = 0x2001; ret = 0x1\n",
	    "SSL_accept:SSLv3/TLS read client hello\n",
	    "SSL_accept:SSLv3/TLS read client hello\n", /* no stamp tells these two apart, or makes them one
	                                                 */
	};
	for (size_t i = 0; i < COUNT(texts); i++) {
		trace_next(&traced, texts[i], strlen(texts[i]));
		assert_int_equal(reading(&traced, (uint32_t)i)->repeated, 0);
		assert_int_equal(traced.model->n_sessions, i + 1);
	}
	trace_ends(&traced);
	model_free(traced.model);
}

/* Half a line in front of the second paste's first stamp does not part them. */
static void a_cut_first_line(void **state)
{
	(void)state;
	static const char first[] =
	    "[03/02/26 09:15:00.120 UTC 5f2 9822] sslConnectionInit: SSL_new() conn ssl b3f8a8d0\n"
	    "[03/02/26 09:15:00.120 UTC 5f3 9822] SSL state = 0x2111; where = 0x2001; ret = 0x1\n";
	static const char second[] =
	    "where = 0x2001; ret = 0x1\n"
	    "[03/02/26 09:15:00.120 UTC 5f3 9822] SSL state = 0x2111; where = 0x2001; ret = 0x1\n"
	    "[03/02/26 09:15:00.120 UTC 5f4 9822] SSL state = 0x2130; where = 0x2001; ret = 0x1\n";
	struct traced traced = {.model = NULL};
	trace_next(&traced, first, sizeof first - 1);
	trace_next(&traced, second, sizeof second - 1);
	trace_ends(&traced);
	assert_int_equal(traced.model->n_sessions, 1);
	assert_string_equal(trace_states(trace_nth(&traced, 1)), "2111 2130");
	assert_int_equal(reading(&traced, 1)->repeated, 1);
	model_free(traced.model);
}

/* One notice of a syslog, collected twice, is one connection. */
static void syslog_twice(void **state)
{
	(void)state;
	static const char text[] =
	    "Mar  2 09:15:00.123: %NMSP_SYSLOG-5-NMSP_SSL_NOTICE: nmspd TLS notice [TLS local: "
	    "192.0.2.1 remote: 192.0.2.5] closing CMX connection over TLS protocol\n";
	struct traced traced = {.model = NULL};
	trace_next(&traced, text, sizeof text - 1);
	trace_next(&traced, text, sizeof text - 1);
	trace_ends(&traced);
	assert_int_equal(traced.model->n_sessions, 1);
	model_free(traced.model);
}

static void number(struct trace_line *line, uint32_t i)
{
	line->sequence = i;
	line->time = i / 100 * NS_PER_S;
}

/* More lines than are remembered: the latest are, nothing is taken for another. */
static void many_lines(void **state)
{
	(void)state;
	enum { MANY = 3 * LIMIT_TRACE_KNOWN, LATEST = LIMIT_TRACE_KNOWN / 16 };
	struct trace_known *known = trace_known_new();
	struct trace_line line = {
	    .has_time = true, .has_sequence = true, .has_pid = true, .kind = TRACE_STATE};
	for (uint32_t i = 1; i <= MANY; i++) {
		number(&line, i);
		if (trace_known_again(known, &line))
			fail_msg("line %u is new", (unsigned)i);
	}
	for (uint32_t i = MANY - LATEST; i <= MANY; i++) {
		number(&line, i);
		if (!trace_known_again(known, &line))
			fail_msg("line %u was there", (unsigned)i);
	}
	number(&line, 1);
	assert_false(trace_known_again(known, &line));
	assert_true(trace_known_again(known, &line));
	trace_known_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_twice),
	    cmocka_unit_test(pastes_that_overlap),
	    cmocka_unit_test(logs_that_do_not_overlap),
	    cmocka_unit_test(a_cut_first_line),
	    cmocka_unit_test(syslog_twice),
	    cmocka_unit_test(many_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
