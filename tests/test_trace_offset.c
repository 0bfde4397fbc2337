/* The offset of two clocks from pairs of sessions: found where it is told, and nowhere else. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/origin.h"
#include "analyzer/trace_offset.h"
#include "tests/seeded.h"

#define MS     (1000 * NS_PER_US)
#define HOUR   (3600 * NS_PER_S)
#define WINDOW (100 * MS)
#define MOST   12

/* Half of the side that has fewer sessions, and not one alone. */
#define HALF(a, b) ((a)->n < 3 || (b)->n < 3 ? 2 : ((a)->n < (b)->n ? (a)->n + 1 : (b)->n + 1) / 2)

struct side {
	int64_t at[MOST];
	uint32_t n;
};

/* Every session of the one side could be any of the other. */
static bool find(const struct side *wire, const struct side *trace, bool against, uint32_t least,
                 int64_t *from)
{
	struct trace_vote votes[MOST * MOST];
	size_t n = 0;
	for (uint32_t i = 0; i < wire->n; i++)
		for (uint32_t k = 0; k < trace->n; k++)
			votes[n++] = (struct trace_vote){
			    .offset = trace->at[k] - wire->at[i], .wire = i, .trace = k, .against = against};
	return trace_offset_find(votes, n, WINDOW, least, from);
}

static bool is_found(const struct side *wire, const struct side *trace, int64_t offset)
{
	int64_t from;
	return find(wire, trace, false, HALF(wire, trace), &from) && from >= offset - WINDOW &&
	       from <= offset + WINDOW;
}

static bool not_found(const struct side *wire, const struct side *trace)
{
	int64_t from;
	return !find(wire, trace, false, HALF(wire, trace), &from);
}

/* Sessions at any times, of which each side lacks some, and a jitter of 20 ms. */
static void test_any_offset(void **state)
{
	(void)state;
	static const int64_t offsets[] = {0, 3 * HOUR, -26 * HOUR, 2 * MS};
	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct seeded random = seeded_of(seed);
		struct side wire = {.n = 0}, trace = {.n = 0};
		int64_t at = 0, offset = offsets[seed % 4];
		for (uint32_t i = 0; i < MOST; i++) {
			at += (int64_t)(1000 + seeded_below(&random, 600 * 1000)) * MS;
			bool both = i % 4 == 0;
			if (both || !seeded_one_in(&random, 4))
				wire.at[wire.n++] = at;
			if (both || !seeded_one_in(&random, 4))
				trace.at[trace.n++] = at + offset + (int64_t)seeded_below(&random, 20) * MS;
		}
		seeded_check(&random, is_found(&wire, &trace, offset), "another offset, or none");
	}
}

/* Clocks that are hours apart, and sessions that have nothing to do with each other. */
static void test_nothing_in_common(void **state)
{
	(void)state;
	uint32_t wrong = 0;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct seeded random = seeded_of(seed);
		struct side wire = {.n = 5}, trace = {.n = 5};
		for (uint32_t i = 0; i < 5; i++) {
			wire.at[i] = (int64_t)seeded_below(&random, HOUR / MS) * MS;
			trace.at[i] = 5 * HOUR + (int64_t)seeded_below(&random, HOUR / MS) * MS;
		}
		wrong += !not_found(&wire, &trace);
	}
	assert_in_range(wrong, 0, 1);
}

static void test_two_alike(void **state)
{
	(void)state;
	struct side wire = {{0, 600 * NS_PER_S}, 2}, trace = {{3 * HOUR, 3 * HOUR + 600 * NS_PER_S}, 2};
	assert_true(is_found(&wire, &trace, 3 * HOUR));
	trace.n = 1; /* it could be the first or the second */
	assert_true(not_found(&wire, &trace));
	trace.at[0] = 10 * MS; /* when the clocks agree it is the first */
	assert_true(is_found(&wire, &trace, 10 * MS));
}

/* The engine tries again each minute: shifted by one minute nearly as many fall together. */
static void test_every_minute(void **state)
{
	(void)state;
	struct side wire = {.n = 5}, trace = {.n = 5};
	for (int64_t i = 0; i < 5; i++) {
		wire.at[i] = i * 60 * NS_PER_S;
		trace.at[i] = 2 * HOUR + i * 60 * NS_PER_S;
	}
	assert_true(not_found(&wire, &trace));
	for (uint32_t i = 0; i < 5;
	     i++) /* the clocks agree, the trace begins later: fewer pairs, but right */
		trace.at[i] -= 2 * HOUR - 60 * NS_PER_S - 3 * MS;
	assert_true(is_found(&wire, &trace, 3 * MS));
}

static void test_one(void **state)
{
	(void)state;
	struct side wire = {{0}, 1}, trace = {{26 * HOUR}, 1};
	int64_t from;
	assert_true(not_found(&wire, &trace));
	assert_true(find(&wire, &trace, false, 1, &from));
	assert_int_equal(from, 26 * HOUR);
	assert_false(find(&wire, &trace, true, 1, &from));
	trace.at[0] = TRACE_SAME_MS * MS; /* a contradiction counts where the clocks are the same */
	assert_true(find(&wire, &trace, true, 2, &from));
	trace.at[0]++;
	assert_false(find(&wire, &trace, true, 2, &from));
}

static void test_extremes(void **state)
{
	(void)state;
	struct trace_vote votes[LIMIT_TRACE_VOTERS];
	int64_t from;
	assert_false(trace_offset_find(votes, 0, WINDOW, 1, &from));
	for (uint32_t i = 0; i < LIMIT_TRACE_VOTERS; i++)
		votes[i] =
		    (struct trace_vote){.offset = i % 2 == 0 ? INT64_MIN : INT64_MAX, .wire = i, .trace = i};
	assert_false(trace_offset_find(votes, LIMIT_TRACE_VOTERS, WINDOW, 1, &from));
	assert_true(trace_offset_find(votes, LIMIT_TRACE_VOTERS / 2, WINDOW, 1, &from));
	assert_true(from == INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_offset), cmocka_unit_test(test_nothing_in_common),
	    cmocka_unit_test(test_two_alike),  cmocka_unit_test(test_every_minute),
	    cmocka_unit_test(test_one),        cmocka_unit_test(test_extremes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
