/* When hellos are believed to tell a host's time, and when nothing is said. */
#include "analyzer/clocks.h"

#include "dissect/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define START (INT64_C(1450000000) * NS_PER_S)

static const struct addr host = {.version = 4, .bytes = {10, 1, 1, 5}};
static const struct addr other = {.version = 4, .bytes = {10, 1, 1, 9}};

static uint64_t packets;

/* A hello `second` seconds after the start, whose clock is `offset` seconds ahead. */
static bool hello(struct clocks *clocks, const struct addr *addr, int64_t second, int64_t offset)
{
	struct origin at = origin_of(START + second * NS_PER_S, ++packets, 0);
	return clocks_add(clocks, addr, &at, (uint32_t)(at.time / NS_PER_S + offset));
}

static int64_t offset_of(const struct clocks *clocks)
{
	struct clocks_reading reading;
	return clocks_read(clocks, &host, &reading) ? reading.offset : INT64_MIN;
}

static void three_that_agree(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	assert_int_equal(offset_of(clocks), INT64_MIN);
	hello(clocks, &host, 0, -250);
	hello(clocks, &host, 30, -250);
	assert_int_equal(offset_of(clocks), INT64_MIN);
	hello(clocks, &host, 60, -249);
	assert_int_equal(offset_of(clocks), -250);
	struct clocks_reading reading;
	assert_true(clocks_read(clocks, &host, &reading));
	assert_int_equal(reading.agree, 3);
	assert_int_equal(reading.of, 3);
	assert_true(reading.first.packet < reading.last.packet);
	clocks_free(clocks);
}

/* Within 2 s, not 3. */
static void how_far_apart(void **state)
{
	(void)state;
	for (int64_t width = 2; width <= 3; width++) {
		struct clocks *clocks = clocks_new();
		hello(clocks, &host, 0, 0);
		hello(clocks, &host, 30, 1);
		hello(clocks, &host, 60, width);
		assert_int_equal(offset_of(clocks), width == 2 ? 1 : INT64_MIN);
		clocks_free(clocks);
	}
}

/* 80 percent: 4 of 5, not 3 of 4. */
static void how_many(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	for (int64_t i = 0; i < 3; i++)
		hello(clocks, &host, 30 * i, 7);
	hello(clocks, &host, 100, 123456);
	assert_int_equal(offset_of(clocks), INT64_MIN);
	hello(clocks, &host, 130, 7);
	assert_int_equal(offset_of(clocks), 7);
	clocks_free(clocks);
}

/* A fixed number in place of the time agrees with itself only while the capture's clock stands still. */
static void a_fixed_number_is_no_clock(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	for (int64_t i = 0; i < 3; i++)
		hello(clocks, &host, i, -i);
	assert_int_equal(offset_of(clocks), INT64_MIN);
	for (int64_t i = 0; i < CLOCKS_HELLOS; i++)
		hello(clocks, &host, 30 * i, -30 * i);
	assert_int_equal(offset_of(clocks), INT64_MIN);
	clocks_free(clocks);
}

static void noise_is_no_clock(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	uint32_t x = 12345;
	for (int64_t i = 0; i < 1000; i++) {
		x = x * 1664525 + 1013904223;
		struct origin at = origin_of(START + i * NS_PER_S, ++packets, 0);
		clocks_add(clocks, &host, &at, x);
		assert_int_equal(offset_of(clocks), INT64_MIN);
	}
	clocks_free(clocks);
}

/* The latest hellos count: a clock that is set is believed after a while, never in between. */
static void a_clock_that_is_set(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	for (int64_t i = 0; i < 40; i++)
		hello(clocks, &host, 30 * i, i < 20 ? -250 : 0);
	assert_int_equal(offset_of(clocks), 0);
	clocks_free(clocks);
}

static void two_hosts_are_compared(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	int64_t ahead = 1;
	for (int64_t i = 0; i < 3; i++)
		hello(clocks, &host, 30 * i, -250);
	assert_false(clocks_compare(clocks, &host, &other, &ahead));
	for (int64_t i = 0; i < 3; i++)
		hello(clocks, &other, 30 * i, 5);
	assert_true(clocks_compare(clocks, &host, &other, &ahead));
	assert_int_equal(ahead, -255);
	assert_true(clocks_compare(clocks, &other, &host, &ahead));
	assert_int_equal(ahead, 255);
	clocks_free(clocks);
}

/* LIMIT_CLOCK_HOSTS: the host heard longest ago leaves, one heard again stays. */
static void the_table_is_bounded(void **state)
{
	(void)state;
	struct clocks *clocks = clocks_new();
	for (int64_t i = 0; i < 3; i++)
		hello(clocks, &host, 30 * i, 4);
	struct addr many = {.version = 4};
	for (uint32_t i = 0; i < LIMIT_CLOCK_HOSTS + 10; i++) {
		many.bytes[1] = (uint8_t)(i >> 16);
		many.bytes[2] = (uint8_t)(i >> 8);
		many.bytes[3] = (uint8_t)i;
		bool roomy = hello(clocks, &many, 100, 0);
		assert_int_equal(roomy, i + 1 < LIMIT_CLOCK_HOSTS);
		assert_true(hello(clocks, &host, 100 + i, 4));
	}
	assert_int_equal(offset_of(clocks), 4);
	clocks_free(clocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_that_agree),
	    cmocka_unit_test(how_far_apart),
	    cmocka_unit_test(how_many),
	    cmocka_unit_test(a_fixed_number_is_no_clock),
	    cmocka_unit_test(noise_is_no_clock),
	    cmocka_unit_test(a_clock_that_is_set),
	    cmocka_unit_test(two_hosts_are_compared),
	    cmocka_unit_test(the_table_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
