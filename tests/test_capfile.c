/*
 * Tests of the reader of pcap files, and of what is no capture.
 */
#include "tests/capcheck.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void pcap_variants(void **state)
{
	(void)state;
	static const struct {
		uint32_t magic;
		int64_t unit;
	} kinds[] = {{0xa1b2c3d4, 1000}, {0xa1b23c4d, 1}};
	for (size_t i = 0; i < 4; i++) {
		struct capbuild f;
		capbuild_pcap(&f, i % 2 == 1, kinds[i / 2].magic, 1);
		capbuild_record(&f, 7, 20, 20, 1);
		capbuild_record(&f, 9, 0, 60, 0);
		capbuild_record(&f, 11, 13, 90, 50);
		struct capbuild_run run = capbuild_feed_all(&f);
		assert_int_equal(run.kind, CAPFILE_PCAP);
		assert_int_equal(run.n, 3);
		assert_int_equal(run.snaplen, 96);
		assert_int_equal(run.dropped, -1);
		assert_packet(&run, 0, CAPBUILD_SECOND * 1000000000 + 7 * kinds[i / 2].unit, 1, 20, 20, 1);
		assert_packet(&run, 1, CAPBUILD_SECOND * 1000000000 + 9 * kinds[i / 2].unit, 1, 0, 60, 0);
		assert_packet(&run, 2, CAPBUILD_SECOND * 1000000000 + 11 * kinds[i / 2].unit, 1, 13, 90, 50);
		check_slices(&f);
	}
}

static void pcap_modified(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct capbuild f;
		capbuild_pcap(&f, i == 1, 0xa1b2cd34, 113);
		for (uint8_t k = 0; k < 2; k++) {
			capbuild_put(&f, (uint64_t)CAPBUILD_SECOND, 4);
			capbuild_put(&f, k, 4);
			capbuild_put(&f, 5, 4);
			capbuild_put(&f, 6, 4);
			capbuild_put(&f, 0xdeadbeefdeadbeef, 8);
			capbuild_data(&f, (uint8_t)(10 * k), 5);
		}
		struct capbuild_run run = capbuild_feed_all(&f);
		assert_int_equal(run.n, 2);
		assert_packet(&run, 1, CAPBUILD_SECOND * 1000000000 + 1000, 113, 5, 6, 10);
		check_slices(&f);
	}
}

static void pcap_every_cut_is_told(void **state)
{
	(void)state;
	struct capbuild f;
	capbuild_pcap(&f, false, 0xa1b2c3d4, 1);
	capbuild_record(&f, 7, 20, 20, 1);
	assert_true(capbuild_feed(&f, 23, 23).cut);
	assert_int_equal(capbuild_feed(&f, 23, 23).kind, CAPFILE_UNKNOWN);
	assert_false(capbuild_feed(&f, 24, 24).cut);
	assert_int_equal(capbuild_feed(&f, 24, 24).kind, CAPFILE_PCAP);
	for (size_t n = 25; n < f.n; n++)
		assert_true(capbuild_feed(&f, n, n).cut);
}

static void pcap_lies(void **state)
{
	(void)state;
	struct capbuild f;
	capbuild_pcap(&f, false, 0xa1b2c3d4, 1);
	capbuild_record(&f, 7, 20, 20, 1);
	size_t record = f.n;
	capbuild_record(&f, 8, 20, 12, 1);
	struct capbuild_run run = capbuild_feed_all(&f);
	assert_packet(&run, 1, CAPBUILD_SECOND * 1000000000 + 8000, 1, 20, 20, 1); /* wire raised */
	capbuild_set32(&f, record + 8, LIMIT_PACKET + 1);
	assert_damage(&f, 1, "captured bytes");
	capbuild_set32(&f, record + 8, UINT32_MAX);
	assert_damage(&f, 1, "captured bytes");
	capbuild_set32(&f, record + 8, LIMIT_PACKET);
	run = capbuild_feed_all(&f);
	assert_false(run.bad);
	assert_true(run.cut);
	capbuild_set32(&f, record, UINT32_MAX);
	capbuild_set32(&f, record + 4, UINT32_MAX);
	capbuild_set32(&f, record + 8, 20);
	run = capbuild_feed_all(&f);
	assert_packet(&run, 1, (int64_t)UINT32_MAX * 1000000000 + (int64_t)UINT32_MAX * 1000, 1, 20, 20, 1);
}

static void pcap_fcs(void **state)
{
	(void)state;
	struct capbuild f;
	capbuild_pcap(&f, true, 0xa1b2c3d4, 0x24000000 | 1); /* P, two 16-bit words */
	capbuild_record(&f, 0, 20, 20, 1);
	capbuild_record(&f, 0, 18, 20, 1);
	capbuild_record(&f, 0, 10, 20, 1);
	capbuild_record(&f, 0, 3, 3, 1);
	struct capbuild_run run = capbuild_feed_all(&f);
	assert_packet(&run, 0, CAPBUILD_SECOND * 1000000000, 1, 16, 16, 1);
	assert_packet(&run, 1, CAPBUILD_SECOND * 1000000000, 1, 16, 16, 1);
	assert_packet(&run, 2, CAPBUILD_SECOND * 1000000000, 1, 10, 16, 1);
	assert_packet(&run, 3, CAPBUILD_SECOND * 1000000000, 1, 0, 0, 1);
	capbuild_pcap(&f, true, 0xa1b2c3d4, 0x20000000 | 1); /* a length, but P says that it means nothing */
	capbuild_record(&f, 0, 20, 20, 1);
	run = capbuild_feed_all(&f);
	assert_packet(&run, 0, CAPBUILD_SECOND * 1000000000, 1, 20, 20, 1);
}

static void not_a_capture(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_data(&f, 'a', 26);
	assert_damage(&f, 0, "neither pcap nor pcapng");
	assert_int_equal(capbuild_feed_all(&f).kind, CAPFILE_UNKNOWN);
	f.n = 3;
	assert_true(capbuild_feed_all(&f).cut);
	f.n = 0;
	assert_false(capbuild_feed(&f, 0, 1).cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pcap_variants),
	    cmocka_unit_test(pcap_modified),
	    cmocka_unit_test(pcap_every_cut_is_told),
	    cmocka_unit_test(pcap_lies),
	    cmocka_unit_test(pcap_fcs),
	    cmocka_unit_test(not_a_capture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
