/* analyzer/trace_memo: whatever stands in the memo, a line is decoded as it is without one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "analyzer/trace_memo.h"
#include "tests/tracelines.h"
#include "tests/tracerun.h"

#define SAMPLES "trace-success", "trace-success-ocr", "trace-failure-ocr", "trace-interleaved"

static void assert_same_span(struct span a, struct span b)
{
	assert_int_equal(a.n, b.n);
	assert_true(a.n == 0 || a.p == b.p);
}

static void assert_same_flags(const struct trace_line *a, const struct trace_line *b)
{
	assert_int_equal(a->has_time, b->has_time);
	assert_int_equal(a->has_sequence, b->has_sequence);
	assert_int_equal(a->has_pid, b->has_pid);
	assert_int_equal(a->has_state, b->has_state);
	assert_int_equal(a->has_where, b->has_where);
	assert_int_equal(a->has_ret, b->has_ret);
	assert_int_equal(a->has_pointer, b->has_pointer);
	assert_int_equal(a->has_conn, b->has_conn);
	assert_int_equal(a->has_error, b->has_error);
	assert_int_equal(a->has_alert, b->has_alert);
	assert_int_equal(a->has_message, b->has_message);
	assert_int_equal(a->no_year, b->no_year);
	assert_int_equal(a->written, b->written);
	assert_int_equal(a->client_side, b->client_side);
}

static void assert_same(const struct trace_line *a, const struct trace_line *b)
{
	assert_same_flags(a, b);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->where, b->where);
	assert_int_equal(a->ret, b->ret);
	assert_int_equal(a->pointer, b->pointer);
	assert_int_equal(a->conn, b->conn);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->alert_level, b->alert_level);
	assert_int_equal(a->alert, b->alert);
	assert_int_equal(a->message, b->message);
	assert_int_equal(a->answer, b->answer);
	assert_int_equal(a->repairs, b->repairs);
	assert_same_span(a->zone, b->zone);
	assert_same_span(a->words, b->words);
	assert_same_span(a->text, b->text);
	assert_same_span(a->local, b->local);
	assert_same_span(a->remote, b->remote);
}

/* In a block of its own, which is gone when the next one is decoded. */
static void check(struct trace_memo *memo, const char *stamp, struct span text)
{
	size_t n = strlen(stamp);
	uint8_t *block = malloc(n + text.n + 1);
	struct trace_line known, plain;
	assert_non_null(block);
	memcpy(block, stamp, n);
	if (text.n > 0)
		memcpy(&block[n], text.p, text.n);
	struct span line = span_of(block, n + text.n);
	trace_memo_decode(memo, line, &known);
	trace_decode(line, &plain);
	assert_same(&known, &plain);
	free(block);
}

static void check_text(struct trace_memo *memo, const char *text)
{
	static const char *const stamps[] = {AT, "", "[O3/02/26 09:15:00.120 UTC 5f3 9822 ",
	                                     "[03/02/26 09:15:00.120 UTC 5f4 77] ", "5f5 9822] "};
	for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++)
		check(memo, stamps[i], span_of(text, strlen(text)));
}

static void samples_mean_the_same(void **state)
{
	static const char *const names[] = {SAMPLES, SAMPLES};
	struct trace_memo *memo = calloc(1, sizeof *memo);
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64];
		size_t n = 0;
		snprintf(path, sizeof path, "samples/%s.txt", names[i]);
		char *bytes = trace_slurp(path, &n);
		assert_non_null(bytes);
		for (struct rd lines = rd_of(span_of(bytes, n)); rd_more(&lines);) {
			struct span line = rd_line(&lines);
			struct trace_line decoded;
			check(memo, "", line);
			trace_decode(line, &decoded);
			check(memo, "[03/04/26 10:00:00.000 UTC 6a 12] ", decoded.text);
		}
		free(bytes);
	}
	free(memo);
}

static void stamps_are_those_of_the_line(void **state)
{
	struct trace_memo *memo = calloc(1, sizeof *memo);
	(void)state;
	check_text(memo, "ret_desc_string=fatal inconnu");
	check_text(memo, "SSL_state _string=SSLv3 lit bonjour client B");
	check_text(memo, "authlist authentication failed for conn ssl b3f8a8d0");
	check_text(memo, "got NMSP_APP_ECHO_REQ_MSG on conn 0");
	check_text(memo, "SSL3 alert write:fatal:certificate unknown");
	check_text(
	    memo,
	    "Mar  2 2026 09:15:00.5 UTC: %NMSP_SYSLOG-5-NMSP_SSL_NOTICE: Chassis 1 R0/0: nmspd: TLS notice "
	    "[TLS local: 192.0.2.1:16113 remote: 198.51.100.7:40000] closing");
	check_text(memo,
	           "%NMSP_SYSLOG-5-NMSP_SSL_NOTICE: [TLS local: 192.0.2.1:16113 remote: 198.51.100.7:40000]");
	free(memo);
}

/* More than there is room for, one byte apart. */
static void texts_are_compared_as_a_whole(void **state)
{
	struct trace_memo *memo = calloc(1, sizeof *memo);
	char text[TRACE_MEMO_ROOM + 64];
	(void)state;
	for (unsigned i = 0; i < 8 * TRACE_MEMO_TEXTS; i++) {
		snprintf(text, sizeof text, "doSSLRecvLoop: handshake not completed for conn %u", i);
		check(memo, AT, span_of(text, strlen(text)));
	}
	for (size_t n = TRACE_MEMO_ROOM - 2; n <= TRACE_MEMO_ROOM + 2; n++) {
		memset(text, '.', sizeof text);
		memcpy(text, "sslConnectionInit: SSL_new() conn ssl b2c41e70", 46);
		check(memo, AT, span_of(text, n));
		check(memo, AT, span_of(text, n));
	}
	for (size_t i = 0; i < TRACE_MEMO_TEXTS; i++)
		assert_in_range(memo->meanings[i].n, 0, TRACE_MEMO_ROOM);
	free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(samples_mean_the_same),
	    cmocka_unit_test(stamps_are_those_of_the_line),
	    cmocka_unit_test(texts_are_compared_as_a_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
