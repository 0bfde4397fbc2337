/*
 * One session on each side, and the alert on only one of them: because the capture lost it or ended, or lines
 * of the trace are missing. Joined by any clock when the steps fit, and never when their times differ.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/trace_match.h"
#include "tests/trace_pair.h"

#define SEEDS 300

struct both {
	struct bench bench;
	struct session *wire, *trace;
	struct session *silent; /* the one without the alert */
	int64_t decided;        /* when it should have it, by its own clock */
};

static const int64_t offsets[] = {0, 3 * HOUR, -26 * HOUR};

static struct both both_new(struct seeded *random, const struct real *real, bool captured, int64_t offset)
{
	struct real untold = *real;
	struct both both = {.bench = bench_new(random)};
	uint32_t input = add_trace(&both.bench);
	untold.outcome = UNTOLD;
	both.wire = on_wire(&both.bench, captured ? real : &untold);
	both.decided = both.bench.time;
	both.trace = in_trace(&both.bench, input, captured ? &untold : real, offset);
	both.decided = captured ? both.bench.time : both.decided;
	both.silent = captured ? both.trace : both.wire;
	return both;
}

static void close_silent(struct both *both, int64_t later)
{
	both->silent->closed = (struct origin){.time = both->decided + later,
	                                       .packet = 99,
	                                       .input = both->silent->opened.input,
	                                       .line = both->silent == both->trace};
	both->silent->close = CLOSE_FIN;
}

/* The capture or the trace goes on behind the decision. */
static void watch_on(struct both *both, int64_t ns)
{
	struct capture *capture = &both->bench.model->capture;
	capture->last = both->decided + ns;
	capture->inputs[both->trace->opened.input].last = (struct origin){
	    .time = both->decided + ns, .packet = 999, .input = both->trace->opened.input, .line = true};
}

static bool joins(struct both *both)
{
	trace_match(both->bench.model);
	bool joined = both->wire->traced == both->trace;
	assert_int_equal(both->bench.model->n_sessions, joined ? 1 : 2);
	assert_int_equal(both->bench.model->capture.inputs[1].trace->handshakes, joined);
	model_free(both->bench.model);
	return joined;
}

static struct real random_real(struct seeded *random)
{
	struct real real = real_at(seeded_below(random, 3600), seeded_one_in(random, 2) ? REJECTED : EXPIRED);
	real.static_rsa = seeded_one_in(random, 3);
	real.pause = NS_PER_S + (int64_t)seeded_below(random, 300) * MS;
	return real;
}

static void test_joined(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct seeded random = seeded_of(seed);
		struct real real = random_real(&random);
		bool captured = seeded_one_in(&random, 2);
		struct both both = both_new(&random, &real, captured, offsets[seed % 3]);
		if (seeded_one_in(&random, 2)) /* the print may wait */
			close_silent(&both, (int64_t)seeded_below(&random, captured ? 4900 : 40) * MS);
		seeded_check(&random, joins(&both), "not joined");
	}
}

/* The same shape, and decided at another time. */
static void test_another_pause(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct seeded random = seeded_of(seed);
		struct real real = random_real(&random);
		bool captured = seeded_one_in(&random, 2);
		int64_t other = (int64_t)(150 + seeded_below(&random, 600)) * MS;
		struct both both = both_new(&random, &real, captured, offsets[1 + seed % 2]);
		/* a controller may print the end of a connection late, never early */
		close_silent(&both, captured || seeded_one_in(&random, 2) ? -other : other);
		seeded_check(&random, !joins(&both), "a false match");
	}
}

static void shift(struct session *session, enum step_kind kind, uint8_t dir, int64_t ns)
{
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (session->steps[i].kind == kind && session->steps[i].dir == dir)
			session->steps[i].at.time += ns;
}

/* The same shape, and one of the steps at another time. */
static void test_another_step(void **state)
{
	(void)state;
	static const enum step_kind own[] = {STEP_SERVER_HELLO, STEP_CERTIFICATE, STEP_SERVER_HELLO_DONE};
	static const enum step_kind engines[] = {STEP_CERTIFICATE, STEP_CLIENT_KEY_EXCHANGE, STEP_FINISHED};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct seeded random = seeded_of(seed);
		struct real real = random_real(&random);
		struct both both =
		    both_new(&random, &real, seeded_one_in(&random, 2), offsets[1 + seed % 2]);
		bool wire = seeded_one_in(&random, 2);
		int64_t other = (int64_t)(45 + seeded_below(&random, 4000)) * MS;
		if (seeded_one_in(&random, 2))
			shift(wire ? both.wire : both.trace, own[seeded_below(&random, 3)], CONTROLLER, other);
		else /* behind the print, or far in front of it */
			shift(both.wire, engines[seeded_below(&random, 3)], ENGINE,
			      wire ? other + NS_PER_S : -6 * NS_PER_S - other);
		seeded_check(&random, !joins(&both), "a false match");
	}
}

/* Clocks apart, the connection open, and no alert though nothing is missing: another session. */
static void test_watched_on(void **state)
{
	(void)state;
	struct real real = real_at(0, REJECTED);
	for (int captured = 0; captured < 2; captured++) {
		for (int lost = 0; lost < 2; lost++) {
			struct both both = both_new(NULL, &real, captured, HOUR);
			watch_on(&both, 6 * NS_PER_S);
			if (lost && captured)
				both.trace->trace->lost = 1;
			else if (lost)
				both.wire->tcp.gaps[1] = 1;
			assert_int_equal(joins(&both), lost);
			both = both_new(NULL, &real, captured, HOUR);
			watch_on(&both, 4 * NS_PER_S);
			assert_true(joins(&both));
		}
	}
}

/* The first flight alone has one shape for all; an outcome that was told contradicts. */
static void test_too_little(void **state)
{
	(void)state;
	const enum outcome others[] = {STALLED, ACCEPTED, EXPIRED};
	for (size_t i = 0; i < 3; i++) {
		for (int swap = 0; swap < 2; swap++) {
			struct real rejected = real_at(0, REJECTED), other = real_at(0, others[i]);
			struct both both = {.bench = bench_new(NULL)};
			uint32_t input = add_trace(&both.bench);
			both.wire = on_wire(&both.bench, swap ? &other : &rejected);
			both.trace = in_trace(&both.bench, input, swap ? &rejected : &other, HOUR);
			assert_false(joins(&both));
		}
	}
}

/* An alert in a line without a stamp, and times at the end of what can be told. */
static void test_strange_times(void **state)
{
	(void)state;
	struct real real = real_at(0, REJECTED);
	struct both both = both_new(NULL, &real, false, HOUR);
	both.trace->alerts[0].at.time = ORIGIN_NO_TIME;
	assert_false(joins(&both));
	both = both_new(NULL, &real, true, HOUR);
	for (uint32_t i = 0; i < both.trace->n_steps; i++)
		both.trace->steps[i].at.time = INT64_MIN + 1;
	for (uint32_t i = 0; i < both.wire->n_steps; i++)
		both.wire->steps[i].at.time = INT64_MAX;
	joins(&both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_joined),       cmocka_unit_test(test_another_pause),
	    cmocka_unit_test(test_another_step), cmocka_unit_test(test_watched_on),
	    cmocka_unit_test(test_too_little),   cmocka_unit_test(test_strange_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
