/*
 * Tests of the times of pcapng interfaces.
 */
#include "analyzer/capfile_clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static int64_t clock_ns(uint8_t tsresol, int64_t offset, uint64_t units)
{
	struct capfile_clock clock = {.offset = 0};
	capfile_clock_set(&clock, tsresol);
	capfile_clock_shift(&clock, offset);
	return capfile_clock_ns(&clock, units);
}

static void clock_resolutions(void **state)
{
	(void)state;
	assert_int_equal(clock_ns(0, 0, 17), INT64_C(17000000000));
	assert_int_equal(clock_ns(3, 0, 17), 17000000);
	assert_int_equal(clock_ns(6, 1, 17), 1000017000);
	assert_int_equal(clock_ns(9, -1, 17), -999999983);
	assert_int_equal(clock_ns(12, 0, 17999), 17);
	assert_int_equal(clock_ns(28, 0, UINT64_MAX), 1);
	assert_int_equal(clock_ns(127, 0, 123456789), 0);
	assert_int_equal(clock_ns(0x80, 0, 17), INT64_C(17000000000));
	assert_int_equal(clock_ns(0x80 | 1, 0, 3), 1500000000);
	assert_int_equal(clock_ns(0x80 | 10, 0, 1024 + 512), 1500000000);
	assert_int_equal(clock_ns(0x80 | 34, 0, UINT64_C(3) << 33), 1500000000);
	assert_int_equal(clock_ns(0x80 | 40, 0, UINT64_C(3) << 39), 1500000000);
	assert_int_equal(clock_ns(0x80 | 63, 0, UINT64_C(3) << 62), 1500000000);
	assert_int_equal(clock_ns(0x80 | 64, 0, UINT64_C(1) << 63), 500000000);
	assert_int_equal(clock_ns(0x80 | 65, 0, UINT64_C(1) << 63), 250000000);
	assert_int_equal(clock_ns(0x80 | 64, 0, UINT64_MAX), 999999999);
	assert_int_equal(clock_ns(0x80 | 127, 0, UINT64_MAX), 0);
}

static void clock_clamps(void **state)
{
	(void)state;
	assert_int_equal(clock_ns(0, 0, UINT64_MAX), INT64_MAX);
	assert_int_equal(clock_ns(6, 0, UINT64_MAX), INT64_MAX);
	assert_int_equal(clock_ns(9, 0, UINT64_MAX), INT64_MAX);
	assert_int_equal(clock_ns(0x80, 0, UINT64_MAX), INT64_MAX);
	assert_int_equal(clock_ns(9, INT64_MAX, 1), INT64_MAX);
	assert_int_equal(clock_ns(9, INT64_MIN, 0), INT64_MIN);
	for (unsigned tsresol = 0; tsresol < 256; tsresol++) {
		assert_int_equal(clock_ns((uint8_t)tsresol, 0, 0), 0);
		int64_t last = 0;
		for (uint64_t units = 1; units != 0; units <<= 1) {
			int64_t ns = clock_ns((uint8_t)tsresol, 0, units);
			assert_true(ns >= last);
			last = ns;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clock_resolutions),
	    cmocka_unit_test(clock_clamps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
