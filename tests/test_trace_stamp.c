/*
 * The stamp of a trace line: clean, damaged, in part; and sequence numbers beside their neighbours.
 */
#include "dissect/trace.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tracelines.h"

static void clean_stamp(void **state)
{
	(void)state;
	uint8_t *keep;
	const char *text = AT "Peer not validated against the AuthList";
	struct trace_line line = decode_bytes(text, strlen(text), &keep);
	assert_true(line.has_time && line.has_sequence && line.has_pid);
	assert_true(line.time == TIME);
	assert_int_equal(line.sequence, 0x5f2);
	assert_int_equal(line.pid, 9822);
	assert_int_equal(line.repairs, 0);
	assert_span(line.zone, "UTC");
	assert_span(line.text, "Peer not validated against the AuthList");
	free(keep);
	assert_true(decode("[02/29/24 23:59:59.999 CEST ffffffff 1] x").time == INT64_C(1709251199999000000));
	assert_true(decode("[01/01/00 00:00:00.000 UTC 0 0] x").time == INT64_C(946684800000000000));
}

/* Each is the stamp of AT, damaged once. */
static void damaged_stamps(void **state)
{
	(void)state;
	static const char *const stamps[] = {
	    "[O3/02/26 09:15:00.120 UTC 5f2 9822] ",  "[03/0Z/26 09:l5:00.120 UTC 5f2 9822] ",
	    "[03/02/26 09:15:00.I2O UTC Sf2 9B22] ",  "[03/02/26-09:15:00.120 UTC 5f2 9822] ",
	    "[03/02/26 09:15:00.120-UTC 5f2 9822] ",  "[03/02/2609:15:00.120 UTC 5f2 9822] ",
	    "[03/02/26 09:15:00.120UTC 5f2 9822] ",   "[03/02/26 09:15:00.120 UTC5f2 9822] ",
	    "[ 03/02/26  09:15:00.120  UTC 5f2 9822 ] ", "[03/02/26 09:15: 00.120 UTC 5f2 9822] ",
	    "03/02/26 09:15:00.120 UTC 5f2 9822] ",   "[03/02/26 09:15:00.120 UTC 5f2 9822 ",
	    "[03/02/26 09:15:00,120 UTC 5f2 9822] ",  "[03/02/26 09;15:00.120 UTC 5f2 9822) ",
	    "[03-02-26 09:15:00.120 UTC 5fr2 9822] ", "[03/02/26 09:15:00.120 UTC 5f2 9822]",
	    "[03/02/26 09:15:00.120 UTC-5f2-9822] ",  "(3/2/26 9:15:0.120 UTC 5f2 9822] ",
	};
	for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
		char text[128];
		snprintf(text, sizeof text, "%sSSL state = 0x2111; where = 0x2001; ret = 0x1", stamps[i]);
		struct trace_line line = decode(text);
		if (line.kind != TRACE_STATE || line.time != TIME || line.sequence != 0x5f2 || line.pid != 9822 ||
		    line.state != 0x2111)
			fail_msg("%s: kind %d, time %lld, sequence %x, pid %u", text, (int)line.kind,
			         (long long)line.time, line.sequence, line.pid);
	}
	assert_int_equal(decode("[06/03/26 22:28:10.768 UTC ad4b 10241] ret_type_string=x").sequence, 0xad4b);
}

#define NBSP "\xc2\xa0"

/* As pages and mail programs make them. */
static void blanks_that_do_not_break(void **state)
{
	(void)state;
	static const char text[] =
	    "[03/02/26" NBSP "09:15:00.120" NBSP NBSP "UTC" NBSP "5f2" NBSP "9822]" NBSP "Allocated" NBSP
	    "new" NBSP "NMSP" NBSP "connection" NBSP "7";
	struct trace_line line = decode(text);
	assert_true(line.has_time && line.time == TIME && line.sequence == 0x5f2 && line.pid == 9822);
	assert_true(line.kind == TRACE_ALLOCATED && line.conn == 7);
	cut_everywhere(text);
}

/* A date that does not exist is no time; a lost beginning leaves sequence and process. */
static void partial_stamps(void **state)
{
	(void)state;
	static const char *const wrong[] = {
	    "[13/02/26 09:15:00.120 UTC 5f2 9822] x", "[03/32/26 09:15:00.120 UTC 5f2 9822] x",
	    "[03/02/26 24:15:00.120 UTC 5f2 9822] x", "[03/02/26 09:60:00.120 UTC 5f2 9822] x",
	    "[00/02/26 09:15:00.120 UTC 5f2 9822] x", "[02/29/26 09:15:00.120 UTC 5f2 9822] x",
	    "[03/00/26 09:15:00.120 UTC 5f2 9822] x", "[04/31/26 09:15:00.120 UTC 5f2 9822] x",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct trace_line line = decode(wrong[i]);
		assert_false(line.has_time);
		assert_int_equal(line.sequence, 0x5f2);
	}
	struct trace_line line = decode("00.120 UTC 5f2 9822] NMSP connection success");
	assert_true(!line.has_time && line.has_sequence && line.has_pid);
	assert_int_equal(line.sequence, 0x5f2);
	assert_int_equal(line.pid, 9822);
	assert_int_equal(line.kind, TRACE_CONNECTED);
	line = decode("[03/02/26 09:15:00.120 UTC] NMSP connection success");
	assert_true(line.time == TIME && !line.has_sequence && !line.has_pid);
	assert_int_equal(line.kind, TRACE_CONNECTED);
	assert_false(decode("NMSP connection success").has_time);
}

static void sequences(void **state)
{
	(void)state;
	assert_int_equal(trace_sequence_near(0xa4a, 0xad4b), 0xa4b);
	assert_int_equal(trace_sequence_near(0xa4a, 0xa4b), 0xa4b);
	assert_int_equal(trace_sequence_near(0xa4a, 0xa48), 0xa4b);
	assert_int_equal(trace_sequence_near(0xa4a, 0xa52), 0xa52);
	assert_int_equal(trace_sequence_near(0xa4a, 0xc00), 0xc00);
	assert_int_equal(trace_sequence_near(0xa4a, 0xa4c7), 0xa4c);
	assert_int_equal(trace_sequence_near(0xffffffff, 1), 1);
	assert_int_equal(trace_sequence_near(0x10, 0x10), 0x10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clean_stamp),
	    cmocka_unit_test(damaged_stamps),
	    cmocka_unit_test(blanks_that_do_not_break),
	    cmocka_unit_test(partial_stamps),
	    cmocka_unit_test(sequences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
