/*
 * Which session of a trace is which of the capture: clocks that differ, sessions that one side lacks, and
 * above all nothing that belongs to something else.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/trace_match.h"
#include "tests/trace_pair.h"

static struct real real_random(struct seeded *random, int64_t *at)
{
	*at += (int64_t)(3000 + seeded_below(random, 600 * 1000)) * MS;
	return (struct real){.at = *at,
	                     .outcome = (enum outcome)seeded_below(random, STALLED + 1),
	                     .controller = 9,
	                     .static_rsa = seeded_one_in(random, 3),
	                     .pause = NS_PER_S + (int64_t)seeded_below(random, 300) * MS};
}

static const struct trace_reading *reading(const struct bench *bench, uint32_t input)
{
	return bench->model->capture.inputs[input].trace;
}

/* ---- the tests ---- */

#define SESSIONS 9

static void any_offset(uint64_t seed)
{
	static const int64_t offsets[] = {0, 3 * HOUR, -26 * HOUR, -1500 * MS};
	struct seeded random = seeded_of(seed);
	struct bench bench = bench_new(&random);
	uint32_t input = add_trace(&bench), both = 0;
	struct session *wire[SESSIONS] = {0}, *trace[SESSIONS] = {0};
	struct real reals[SESSIONS];
	int64_t at = START, offset = offsets[seed % 4];
	for (uint32_t i = 0; i < SESSIONS; i++) {
		reals[i] = real_random(&random, &at);
		if (i % 3 == 0 || !seeded_one_in(&random, 3))
			wire[i] = on_wire(&bench, &reals[i]);
	}
	for (uint32_t i = 0; i < SESSIONS; i++)
		if (i % 3 == 0 || !seeded_one_in(&random, 3))
			trace[i] = in_trace(&bench, input, &reals[i], offset);
	trace_match(bench.model);
	for (uint32_t i = 0; i < SESSIONS; i++) {
		if (wire[i] == NULL)
			continue;
		both += trace[i] != NULL;
		seeded_check(&random, wire[i]->traced == trace[i], "a session has another partner");
	}
	const struct trace_reading *known = reading(&bench, input);
	seeded_check(&random, known->handshakes == both, "the number of pairs");
	seeded_check(&random, known->spread <= 10 * MS, "the spread");
	seeded_check(&random,
	             known->offset - known->spread <= offset + 19 * MS &&
	                 known->offset + known->spread >= offset,
	             "the offset");
	model_free(bench.model);
}

static void test_any_offset(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		any_offset(seed);
}

static void test_nothing_in_common(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct seeded random = seeded_of(seed);
		struct bench bench = bench_new(&random);
		uint32_t input = add_trace(&bench);
		int64_t at = START, other = START + 5 * HOUR;
		for (uint32_t i = 0; i < 2 + seed % 6; i++) {
			struct real real = real_random(&random, &at);
			on_wire(&bench, &real);
		}
		for (uint32_t i = 0; i < 2 + seed % 5; i++) {
			struct real real = real_random(&random, &other);
			in_trace(&bench, input, &real, 0);
		}
		trace_match(bench.model);
		seeded_check(&random, reading(&bench, input)->handshakes == 0, "a false match");
		model_free(bench.model);
	}
}

/* Alike in all but their time. */
static void test_two_alike(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real first = real_at(0, REJECTED), second = real_at(60, REJECTED);
	struct session *one = on_wire(&bench, &first), *two = on_wire(&bench, &second);
	struct session *one_traced = in_trace(&bench, input, &first, 3 * HOUR);
	struct session *two_traced = in_trace(&bench, input, &second, 3 * HOUR);
	trace_match(bench.model);
	assert_ptr_equal(one->traced, one_traced);
	assert_ptr_equal(two->traced, two_traced);
	assert_int_equal(reading(&bench, input)->offset, 3 * HOUR);
	model_free(bench.model);
}

/* It could be the one or the other, unless the clocks agree. */
static void one_of_two(int64_t offset, bool told)
{
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real first = real_at(0, REJECTED), second = real_at(60, REJECTED);
	struct session *one = on_wire(&bench, &first), *two = on_wire(&bench, &second);
	struct session *traced = in_trace(&bench, input, &second, offset);
	trace_match(bench.model);
	assert_null(one->traced);
	assert_ptr_equal(two->traced, told ? traced : NULL);
	model_free(bench.model);
}

static void test_one_of_two(void **state)
{
	(void)state;
	one_of_two(2 * HOUR, false);
	one_of_two(2 * NS_PER_S, true);
}

/* One session on each side. */
static bool lone(struct real wire, struct real trace, int64_t offset)
{
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct session *session = on_wire(&bench, &wire);
	in_trace(&bench, input, &trace, offset);
	trace_match(bench.model);
	bool joined = session->traced != NULL;
	assert_int_equal(reading(&bench, input)->handshakes, joined);
	assert_int_equal(bench.model->n_sessions, joined ? 1 : 2);
	model_free(bench.model);
	return joined;
}

static void test_lone(void **state)
{
	(void)state;
	struct real real = real_at(0, REJECTED), slower = real, rsa = real;
	assert_true(lone(real, real, 0));
	assert_true(lone(real, real, -26 * HOUR));
	slower.pause += 400 * MS;
	assert_false(lone(real, slower, 0));
	rsa.static_rsa = true;
	assert_false(lone(real, rsa, 0));
	assert_false(lone(rsa, real, 0));
	/* Outcomes that differ: the same session only where the clocks are the same. */
	assert_true(lone(real, real_at(0, EXPIRED), 50 * MS));
	assert_false(lone(real, real_at(0, EXPIRED), NS_PER_S));
	assert_false(lone(real, real_at(0, EXPIRED), HOUR));
	assert_true(lone(real_at(0, ACCEPTED), real, 50 * MS));
	assert_false(lone(real_at(0, ACCEPTED), real, HOUR));
	assert_true(lone(real_at(0, STALLED), real, NS_PER_S));
	assert_false(lone(real_at(0, STALLED), real_at(0, STALLED), HOUR));
	assert_true(lone(real_at(0, STALLED), real_at(0, STALLED), NS_PER_S));
}

/* A session of TLS 1.3 has none of the states that a trace prints. */
static void test_tls13(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real real = real_at(0, ACCEPTED);
	struct session *session = on_wire(&bench, &real);
	session->tls.version = TLS_1_3;
	in_trace(&bench, input, &real, 0);
	trace_match(bench.model);
	assert_null(session->traced);
	model_free(bench.model);
}

static void shift(struct session *session, uint8_t dir, int64_t ns)
{
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (session->steps[i].dir == dir)
			session->steps[i].at.time += ns;
}

/* Whether this session of the trace is still the one of the wire when it was changed. */
static bool joined_after(void (*change)(struct session *wire, struct session *traced), enum outcome outcome,
                         int64_t offset)
{
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real real = real_at(0, outcome);
	struct session *session = on_wire(&bench, &real);
	struct session *traced = in_trace(&bench, input, &real, offset);
	change(session, traced);
	trace_match(bench.model);
	bool joined = session->traced != NULL;
	model_free(bench.model);
	return joined;
}

static void late(struct session *wire, struct session *traced)
{
	(void)wire;
	shift(traced, ENGINE, 6 * NS_PER_S);
}

static void poll_time(struct session *wire, struct session *traced)
{
	(void)wire;
	shift(traced, ENGINE, 3 * NS_PER_S);
}

static void too_early(struct session *wire, struct session *traced)
{
	(void)wire;
	shift(traced, ENGINE, -2 * NS_PER_S);
}

static void other_role(struct session *wire, struct session *traced)
{
	(void)wire;
	traced->tls.client_dir = CONTROLLER;
}

/* The wire shows the acceptance, not its end; the trace says in words that it rejected. */
static void other_words(struct session *wire, struct session *traced)
{
	wire->n_steps--;
	traced->n_steps -= 2;
	traced->trace->not_validated = traced->last;
}

/* ... or that the handshake failed, and not why. */
static void only_failed(struct session *wire, struct session *traced)
{
	(void)wire;
	traced->n_steps -= 2;
	traced->trace->failed = traced->last;
}

static void test_changed(void **state)
{
	(void)state;
	assert_true(joined_after(poll_time, REJECTED, NS_PER_S));
	assert_false(joined_after(late, REJECTED, NS_PER_S));
	assert_false(joined_after(too_early, REJECTED, NS_PER_S));
	assert_false(joined_after(other_role, REJECTED, NS_PER_S));
	assert_true(joined_after(other_words, ACCEPTED, 0));
	assert_false(joined_after(other_words, ACCEPTED, NS_PER_S));
	assert_true(joined_after(only_failed, ACCEPTED, 0));
	assert_false(joined_after(only_failed, ACCEPTED, NS_PER_S));
}

/* Far clocks and little in common: not enough. */
static void test_little_in_common(void **state)
{
	(void)state;
	for (uint32_t messages = 1; messages <= 3; messages++) {
		struct bench bench = bench_new(NULL);
		uint32_t input = add_trace(&bench);
		struct real real = real_at(0, ACCEPTED);
		struct session *session = on_wire(&bench, &real);
		struct session *traced = in_trace(&bench, input, &real, HOUR);
		uint32_t kept = 0;
		for (uint32_t i = 0; i < traced->n_steps; i++)
			traced->steps[i].inferred = traced->steps[i].dir == CONTROLLER && kept++ >= messages;
		trace_match(bench.model);
		assert_int_equal(session->traced != NULL, messages == 3);
		model_free(bench.model);
	}
}

/* A disagreement is a pair where others tell the offset. */
static void test_disagreement_among_others(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	const int64_t at[] = {0, 70, 200};
	struct session *wire[3], *trace[3];
	for (size_t i = 0; i < 3; i++) {
		struct real real = real_at(at[i], i == 2 ? ACCEPTED : REJECTED);
		wire[i] = on_wire(&bench, &real);
	}
	for (size_t i = 0; i < 3; i++) {
		struct real real = real_at(at[i], REJECTED);
		trace[i] = in_trace(&bench, input, &real, HOUR);
	}
	trace_match(bench.model);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(wire[i]->traced, trace[i]);
	model_free(bench.model);
}

/* Another controller has a session at the same time: it is not in this trace. */
/* The capture ends before the answer, which the trace has. */
static void test_end_told_by_trace(void **state)
{
	(void)state;
	static const struct {
		enum outcome wire, trace;
		enum session_state expected;
	} rows[] = {
	    {STALLED, REJECTED, SESSION_FAILED},
	    {STALLED, STALLED, SESSION_HANDSHAKING},
	    {STALLED, ACCEPTED, SESSION_HANDSHAKING},
	    {ACCEPTED, REJECTED, SESSION_ACTIVE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bench bench = bench_new(NULL);
		uint32_t input = add_trace(&bench);
		struct real captured = real_at(0, rows[i].wire), printed = real_at(0, rows[i].trace);
		struct session *wire = on_wire(&bench, &captured);
		model_join(bench.model, wire, in_trace(&bench, input, &printed, 0));
		wire->tcp.ack = wire->opened;
		assert_int_equal(session_state(wire, wire->last.time), rows[i].expected);
		model_free(bench.model);
	}
}

static void test_other_controller(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	const int64_t at[] = {0, 70, 200};
	struct session *wire[3];
	for (size_t i = 0; i < 3; i++) {
		struct real real = real_at(at[i], REJECTED);
		real.controller = i == 1 ? 77 : 9;
		wire[i] = on_wire(&bench, &real);
		in_trace(&bench, input, &real, 0);
	}
	trace_match(bench.model);
	assert_non_null(wire[0]->traced);
	assert_null(wire[1]->traced);
	assert_non_null(wire[2]->traced);
	model_free(bench.model);
}

/* Two at once fit: neither is taken. */
static void test_at_once(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real real = real_at(0, REJECTED), later = real_at(90, REJECTED), twin = real;
	twin.at += 20 * MS;
	struct session *one = on_wire(&bench, &real), *two = on_wire(&bench, &twin);
	struct session *three = on_wire(&bench, &later);
	in_trace(&bench, input, &real, 0);
	in_trace(&bench, input, &later, 0);
	trace_match(bench.model);
	assert_null(one->traced);
	assert_null(two->traced);
	assert_non_null(three->traced);
	model_free(bench.model);
}

/* Each trace has its own clock; what is joined gives its number back. */
static void test_two_traces(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t first = add_trace(&bench), second = add_trace(&bench);
	const int64_t at[] = {0, 70, 200, 520};
	struct session *wire[4], *last = NULL;
	for (size_t i = 0; i < 4; i++) {
		struct real real = real_at(at[i], i % 2 == 0 ? REJECTED : ACCEPTED);
		wire[i] = on_wire(&bench, &real);
	}
	for (size_t i = 0; i < 4; i++) {
		struct real real = real_at(at[i], i % 2 == 0 ? REJECTED : ACCEPTED);
		in_trace(&bench, i < 2 ? first : second, &real, i < 2 ? HOUR : -HOUR);
	}
	struct real later = real_at(9000, REJECTED);
	last = in_trace(&bench, second, &later, 0);
	trace_match(bench.model);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(wire[i]->traced->opened.input, i < 2 ? first : second);
	assert_int_equal(reading(&bench, first)->offset, HOUR);
	assert_int_equal(reading(&bench, second)->offset, -HOUR);
	assert_int_equal(bench.model->n_sessions, 5);
	model_number_by_time(bench.model);
	assert_int_equal(last->id, 5);
	model_free(bench.model);
}

/* A trace without stamps has no times to compare; without a capture there is nothing to compare with. */
static void test_nothing_to_compare(void **state)
{
	(void)state;
	struct bench bench = bench_new(NULL);
	uint32_t input = add_trace(&bench);
	struct real real = real_at(0, REJECTED);
	trace_match(bench.model);
	struct session *traced = in_trace(&bench, input, &real, 0);
	trace_match(bench.model);
	assert_int_equal(bench.model->n_sessions, 1);
	traced->opened.time = ORIGIN_NO_TIME;
	for (uint32_t i = 0; i < traced->n_steps; i++)
		traced->steps[i].at.time = ORIGIN_NO_TIME;
	traced->alerts[0].at.time = ORIGIN_NO_TIME;
	on_wire(&bench, &real);
	trace_match(bench.model);
	assert_int_equal(bench.model->n_sessions, 2);
	model_free(bench.model);
}

/* Only the first LIMIT_TRACE_VOTERS of each side are asked for the offset; the pairs are all found. */
static void test_many(void **state)
{
	(void)state;
	struct seeded random = seeded_of(1);
	struct bench bench = bench_new(&random);
	uint32_t input = add_trace(&bench);
	enum { MANY = LIMIT_TRACE_VOTERS + 40 };
	static struct real reals[MANY];
	int64_t at = START;
	for (size_t i = 0; i < MANY; i++) {
		reals[i] = real_random(&random, &at);
		on_wire(&bench, &reals[i]);
	}
	for (size_t i = 0; i < MANY; i++)
		in_trace(&bench, input, &reals[i], -HOUR);
	trace_match(bench.model);
	assert_int_equal(reading(&bench, input)->handshakes, MANY);
	assert_int_equal(bench.model->capture.hits[HIT_TRACE_VOTERS], 2);
	model_free(bench.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_offset),
	    cmocka_unit_test(test_nothing_in_common),
	    cmocka_unit_test(test_two_alike),
	    cmocka_unit_test(test_one_of_two),
	    cmocka_unit_test(test_lone),
	    cmocka_unit_test(test_changed),
	    cmocka_unit_test(test_tls13),
	    cmocka_unit_test(test_little_in_common),
	    cmocka_unit_test(test_disagreement_among_others),
	    cmocka_unit_test(test_end_told_by_trace),
	    cmocka_unit_test(test_other_controller),
	    cmocka_unit_test(test_at_once),
	    cmocka_unit_test(test_two_traces),
	    cmocka_unit_test(test_nothing_to_compare),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
