/* Echo pairs: counts, round trips, what is missed, intervals and silences. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/echo.h"

#define MS (1000 * NS_PER_US)
#define S  NS_PER_S

static struct origin when(int64_t ns)
{
	static uint64_t packet;
	return origin_of(1700000000 * S + ns, ++packet, 0);
}

static int64_t now(int64_t ns)
{
	return 1700000000 * S + ns;
}

static void ask(struct echo *echo, int64_t ns, uint32_t id)
{
	struct origin at = when(ns);
	echo_request(echo, &at, (struct echo_id){.known = true, .id = id});
}

static void answer(struct echo *echo, int64_t ns, uint32_t id)
{
	struct origin at = when(ns);
	echo_response(echo, &at, (struct echo_id){.known = true, .id = id});
}

static void test_nothing(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	assert_int_equal(echo_missed(&echo, INT64_MAX), 0);
	assert_int_equal(echo_interval(&echo), -1);
	assert_int_equal(echo_longest_silence(&echo), -1);
	assert_false(echo_rtt(&echo, &rtt));
	assert_null(echo_unanswered(&echo));
	echo_free(&echo);
}

static void test_healthy(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	for (uint32_t i = 0; i < 100; i++) {
		ask(&echo, i * 15 * S, i);
		answer(&echo, i * 15 * S + (i + 1) * MS, i);
	}
	assert_int_equal(echo.requests, 100);
	assert_int_equal(echo.responses, 100);
	assert_int_equal(echo.strays, 0);
	assert_int_equal(echo_missed(&echo, now(10000 * S)), 0);
	assert_int_equal(echo_interval(&echo), 15 * S);
	assert_int_equal(echo_longest_silence(&echo), 15 * S + MS);
	assert_true(echo_rtt(&echo, &rtt));
	assert_int_equal(rtt.min, 1 * MS);
	assert_int_equal(rtt.max, 100 * MS);
	assert_int_equal(rtt.avg, 50500 * NS_PER_US);
	assert_int_equal(rtt.p95, 95 * MS);
	assert_null(echo_unanswered(&echo));
	echo_free(&echo);
}

/* Only the last 1,024 round trips make the percentile; the rest of the figures cover all. */
static void test_latest_samples(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	for (uint32_t i = 0; i < 3 * ECHO_ROUND_TRIPS; i++) {
		int64_t slow = i < 2 * ECHO_ROUND_TRIPS ? 2 * S : 2 * MS;
		ask(&echo, i * 10 * S, i);
		answer(&echo, i * 10 * S + slow, i);
	}
	assert_true(echo_rtt(&echo, &rtt));
	assert_int_equal(rtt.p95, 2 * MS);
	assert_int_equal(rtt.max, 2 * S);
	assert_int_equal(rtt.avg, (2 * 2 * S + 2 * MS) / 3);
	assert_int_equal(echo.round_trips.room, ECHO_ROUND_TRIPS);
	assert_int_equal(echo.spacings.room, ECHO_SPACINGS);
	echo_free(&echo);
}

static void test_missed(void **state)
{
	(void)state;
	struct echo echo = {0};
	ask(&echo, 0, 1);
	ask(&echo, 15 * S, 2);
	answer(&echo, 15 * S + MS, 2);
	ask(&echo, 30 * S, 3);
	assert_int_equal(echo_missed(&echo, now(1 * S)), 0);
	assert_int_equal(echo_missed(&echo, now(5 * S - 1)), 0);
	assert_int_equal(echo_missed(&echo, now(5 * S)), 1);
	/* the last one that waits is not counted, however long it waits */
	assert_int_equal(echo_missed(&echo, now(1000 * S)), 1);
	assert_int_equal(echo_unanswered(&echo)->id.id, 3);
	ask(&echo, 45 * S, 4);
	assert_int_equal(echo_missed(&echo, now(1000 * S)), 2);
	assert_int_equal(echo_unanswered(&echo)->id.id, 3);
	/* a later request was answered: the ones before it are missed for good */
	answer(&echo, 45 * S + MS, 4);
	assert_int_equal(echo_missed(&echo, now(1000 * S)), 2);
	assert_null(echo_unanswered(&echo));
	echo_free(&echo);
}

static void test_late_answer(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	ask(&echo, 0, 1);
	answer(&echo, 7 * S, 1);
	assert_int_equal(echo_missed(&echo, now(8 * S)), 1);
	assert_int_not_equal(echo.missed[0].packet, 0);
	assert_true(echo_rtt(&echo, &rtt));
	assert_int_equal(rtt.max, 7 * S);
	assert_int_equal(rtt.p95, 7 * S);
	assert_int_equal(echo_longest_silence(&echo), 7 * S);
	echo_free(&echo);
}

/* The silence goes on while requests come and no response does. */
static void test_silence_at_the_end(void **state)
{
	(void)state;
	struct echo echo = {0};
	ask(&echo, 0, 1);
	answer(&echo, 1 * S, 1);
	ask(&echo, 15 * S, 2);
	ask(&echo, 30 * S, 3);
	assert_int_equal(echo_longest_silence(&echo), 29 * S);
	echo_free(&echo);
}

/* A clock that ran backwards gives no round trip. */
static void test_backwards(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	ask(&echo, 2 * S, 1);
	answer(&echo, 1 * S, 1);
	assert_false(echo_rtt(&echo, &rtt));
	assert_int_equal(echo.n_pending, 0);
	echo_free(&echo);
}

static void test_stray(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	answer(&echo, 0, 9);
	ask(&echo, S, 10);
	answer(&echo, 2 * S, 11);
	assert_int_equal(echo.strays, 2);
	assert_int_equal(echo.responses, 2);
	assert_false(echo_rtt(&echo, &rtt));
	echo_free(&echo);
}

static void test_repeat(void **state)
{
	(void)state;
	struct echo echo = {0};
	ask(&echo, 0, 1);
	ask(&echo, 3 * S, 1);
	answer(&echo, 4 * S, 1);
	assert_int_equal(echo.requests, 2);
	assert_int_equal(echo.n_pending, 0);
	assert_int_equal(echo_missed(&echo, now(100 * S)), 0);
	assert_int_equal(echo_interval(&echo), -1);
	echo_free(&echo);
}

/* One id for all requests: each that was not answered is still missed. */
static void test_same_id(void **state)
{
	(void)state;
	struct echo echo = {0};
	for (int i = 0; i < 5; i++)
		ask(&echo, i * 15 * S, 0);
	assert_int_equal(echo_missed(&echo, now(60 * S)), 4);
	answer(&echo, 60 * S + MS, 0);
	assert_int_equal(echo_missed(&echo, now(100 * S)), 4);
	assert_int_equal(echo.strays, 0);
	echo_free(&echo);
}

static void test_by_order(void **state)
{
	(void)state;
	struct echo echo = {0};
	struct echo_rtt rtt;
	struct echo_id none = {.known = false};
	struct origin at[] = {when(0), when(MS), when(10 * MS), when(31 * MS)};
	echo_request(&echo, &at[0], none);
	echo_request(&echo, &at[1], none);
	echo_response(&echo, &at[2], none);
	echo_response(&echo, &at[3], none);
	assert_true(echo_rtt(&echo, &rtt));
	assert_int_equal(rtt.min, 10 * MS);
	assert_int_equal(rtt.max, 30 * MS);
	echo_free(&echo);
}

static void test_pending_cap(void **state)
{
	(void)state;
	struct echo echo = {0};
	for (uint32_t i = 0; i < LIMIT_ECHO_PENDING + 3; i++)
		ask(&echo, i * MS, i);
	assert_int_equal(echo.n_pending, LIMIT_ECHO_PENDING);
	assert_int_equal(echo.settled_missed, 3);
	assert_int_equal(echo.pending[0].id.id, 3);
	assert_int_equal(echo_missed(&echo, now(100 * S)), LIMIT_ECHO_PENDING + 2);
	echo_free(&echo);
}

/* Any time may stand in a file: nothing overflows, and a clock that runs backwards gives no sample. */
static void test_wild_times(void **state)
{
	(void)state;
	static const int64_t times[] = {INT64_MIN, INT64_MAX, 0, INT64_MAX, INT64_MIN, -1, 1};
	struct echo echo = {0};
	struct echo_rtt rtt;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		for (size_t k = 0; k < sizeof times / sizeof times[0]; k++) {
			struct origin asked = {.time = times[i], .packet = 1},
			              told = {.time = times[k], .packet = 2};
			echo_request(&echo, &asked, (struct echo_id){.known = true, .id = (uint32_t)i});
			echo_response(&echo, &told, (struct echo_id){.known = true, .id = (uint32_t)k});
			(void)echo_missed(&echo, times[k]);
		}
	assert_true(echo_rtt(&echo, &rtt));
	assert_true(rtt.min >= 0 && rtt.min <= rtt.avg && rtt.avg <= rtt.max && rtt.p95 <= rtt.max);
	assert_true(echo_interval(&echo) >= 0);
	echo_free(&echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_healthy),
	    cmocka_unit_test(test_latest_samples),
	    cmocka_unit_test(test_missed),
	    cmocka_unit_test(test_late_answer),
	    cmocka_unit_test(test_stray),
	    cmocka_unit_test(test_repeat),
	    cmocka_unit_test(test_same_id),
	    cmocka_unit_test(test_by_order),
	    cmocka_unit_test(test_pending_cap),
	    cmocka_unit_test(test_silence_at_the_end),
	    cmocka_unit_test(test_backwards),
	    cmocka_unit_test(test_wild_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
