/*
 * Tests of the reader of pcapng files.
 */
#include "tests/capcheck.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* Two sections of different byte order, all block types, unknown ones between. */
static void everything(struct capbuild *f, bool big)
{
	*f = (struct capbuild){.n = 0};
	capbuild_section(f, big);
	capbuild_secrets(f, 0x544c534b, "CLIENT_RANDOM 01 02\n");
	capbuild_interface(f, 1, 12, -1, 0);
	capbuild_interface(f, 113, 0, 9, 10);
	capbuild_interface(f, 1, 96, -1, 0);
	capbuild_enhanced(f, 0, (uint64_t)CAPBUILD_SECOND * 1000000 + 3, 10, 40, 1);
	capbuild_enhanced(f, 1, (uint64_t)CAPBUILD_SECOND * 1000000000 + 4, 9, 9, 2);
	capbuild_block(f, 3); /* simple packet */
	capbuild_put(f, 64, 4);
	capbuild_data(f, 3, 12);
	capbuild_block_end(f);
	capbuild_statistics(f, 0, 5, 2);
	capbuild_statistics(f, 0, 6, 2);
	capbuild_statistics(f, 1, 1, 0);
	capbuild_section(f, !big);
	capbuild_interface(f, 101, 0, -1, 0);
	capbuild_block(f, 0x80000bad);
	capbuild_block_end(f);
	capbuild_secrets(f, 0x544c534b, "");
	capbuild_secrets(f, 0x57474b4c, "LOCAL_STATIC_PRIVATE_KEY = x\n"); /* WireGuard */
	capbuild_block(f, 2); /* packet */
	capbuild_put(f, 0, 2);
	capbuild_put(f, 7, 2);
	capbuild_put(f, 0, 4);
	capbuild_put(f, 5, 4);
	capbuild_put(f, 6, 4);
	capbuild_put(f, 6, 4);
	capbuild_data(f, 4, 6);
	capbuild_block_end(f);
	capbuild_statistics(f, 0, 100, 0);
	capbuild_secrets(f, 0x544c534b, "#3\n");
}

static void pcapng_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct capbuild f;
		everything(&f, i == 1);
		struct capbuild_run run = capbuild_feed_all(&f);
		assert_int_equal(run.kind, CAPFILE_PCAPNG);
		assert_int_equal(run.n, 4);
		assert_packet(&run, 0, CAPBUILD_SECOND * 1000000000 + 3000, 1, 10, 40, 1);
		assert_packet(&run, 1, (CAPBUILD_SECOND + 10) * 1000000000 + 4, 113, 9, 9, 2);
		assert_packet(&run, 2, (CAPBUILD_SECOND + 10) * 1000000000 + 4, 1, 12, 64, 3);
		assert_packet(&run, 3, 5000, 101, 6, 6, 4);
		assert_int_equal(run.dropped, 6 + 2 + 1 + 100);
		assert_int_equal(run.snaplen, 12);
		assert_string_equal(run.secrets, "CLIENT_RANDOM 01 02\n#3\n");
		assert_int_equal(run.skipped_secrets, 0);
		check_slices(&f);
	}
}

static void pcapng_cut_in_skipped_block(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, false);
	capbuild_block(&f, 10);
	capbuild_data(&f, 1, 16);
	capbuild_block_end(&f);
	for (size_t n = f.block + 1; n < f.n; n++)
		assert_true(capbuild_feed(&f, n, 3).cut);
	assert_false(capbuild_feed_all(&f).cut);
	capbuild_set32(&f, f.block + 4, 0xfffffffc); /* any length is skipped, nothing is held */
	struct capbuild_run run = capbuild_feed_all(&f);
	assert_false(run.bad);
	assert_true(run.cut);
}

static void pcapng_secrets_lies(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct capbuild f = {.n = 0};
		capbuild_section(&f, big == 1);
		capbuild_interface(&f, 1, 0, -1, 0);
		capbuild_enhanced(&f, 0, 1, 4, 4, 1);
		capbuild_secrets(&f, 0x544c534b, "abcdef");
		assert_string_equal(capbuild_feed_all(&f).secrets, "abcdef");
		size_t n = f.block + 12;
		capbuild_set32(&f, n, 8); /* the padding too */
		assert_int_equal(capbuild_feed_all(&f).n_secrets, 8);
		static const uint32_t lies[] = {9, UINT32_MAX - 3, UINT32_MAX};
		for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
			capbuild_set32(&f, n, lies[i]);
			assert_damage(&f, 1, "secrets");
		}
		capbuild_set32(&f, n - 4, 0x57474b4c);
		assert_false(capbuild_feed_all(&f).bad);
	}
}

/* The largest block that is held, and one that is skipped and counted; the packet behind it is there. */
static void pcapng_largest_secrets(void **state)
{
	(void)state;
	static uint8_t bytes[CAPFILE_NEED_MAX + 200];
	for (uint32_t length = CAPFILE_NEED_MAX; length <= CAPFILE_NEED_MAX + 4; length += 4) {
		struct capbuild f = {.n = 0};
		capbuild_section(&f, false);
		capbuild_interface(&f, 1, 0, -1, 0);
		size_t begin = f.n;
		capbuild_secrets(&f, 0x544c534b, "");
		capbuild_set32(&f, begin + 4, length);
		capbuild_set32(&f, begin + 12, length - 20);
		memset(bytes, 'x', sizeof bytes);
		memcpy(bytes, f.p, begin + 16);
		memcpy(&bytes[begin + length - 4], &f.p[begin + 4], 4);
		f.n = 0;
		capbuild_enhanced(&f, 0, 1, 4, 4, 1);
		memcpy(&bytes[begin + length], f.p, f.n);
		struct capfile *reader = capfile_new();
		struct capfile_packet packet;
		struct span left = span_of(bytes, begin + length + f.n);
		bool held = length == CAPFILE_NEED_MAX;
		if (held) {
			assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_SECRETS);
			assert_int_equal(packet.data.n, length - 20);
		}
		assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_PACKET);
		assert_int_equal(packet.data.n, 4);
		assert_int_equal(capfile_skipped_secrets(reader), held ? 0 : 1);
		capfile_free(reader);
	}
}

/* epb_flags among other options; a list that is malformed says nothing, and the packet stays. */
static void pcapng_directions(void **state)
{
	(void)state;
	static const struct {
		uint32_t flags;
		uint16_t code, width;
		enum capfile_direction direction;
	} rows[] = {{0, 2, 4, CAPFILE_NO_DIRECTION},  {1, 2, 4, CAPFILE_INBOUND},      {2, 2, 4, CAPFILE_OUTBOUND},
	            {3, 2, 4, CAPFILE_NO_DIRECTION},  {0xff0001e6, 2, 4, CAPFILE_OUTBOUND}, {1, 3, 4, CAPFILE_NO_DIRECTION},
	            {1, 2, 1, CAPFILE_NO_DIRECTION}, {1, 2, 60, CAPFILE_NO_DIRECTION}};
	for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		struct capbuild f = {.n = 0};
		capbuild_section(&f, i % 2 == 0);
		capbuild_interface(&f, 147, 0, -1, 0);
		capbuild_block(&f, 6);
		for (size_t word = 0; word < 5; word++)
			capbuild_put(&f, word < 3 ? 0 : 5, 4);
		capbuild_data(&f, 1, 5);
		capbuild_put(&f, 0, 3);
		capbuild_option(&f, 1, 0x6162, 2);
		capbuild_put(&f, rows[i / 2].code, 2);
		capbuild_put(&f, rows[i / 2].width, 2);
		capbuild_put(&f, rows[i / 2].flags, 4);
		capbuild_put(&f, 0, 4);
		capbuild_block_end(&f);
		struct capfile *reader = capfile_new();
		struct span left = span_of(f.p, f.n);
		struct capfile_packet packet;
		assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_PACKET);
		assert_int_equal(packet.data.n, 5);
		assert_int_equal(packet.direction, rows[i / 2].direction);
		capfile_free(reader);
	}
}

static void pcapng_block_lengths(void **state)
{
	(void)state;
	static const uint32_t types[] = {1, 2, 3, 5, 6, 10, 0x0a0d0d0a};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct capbuild f = {.n = 0};
		capbuild_section(&f, true);
		capbuild_interface(&f, 1, 0, -1, 0);
		capbuild_enhanced(&f, 0, 1, 4, 4, 1);
		capbuild_block(&f, types[i]);
		capbuild_put(&f, 0x1a2b3c4d, 4);
		capbuild_data(&f, 0, 40);
		capbuild_block_end(&f);
		uint32_t length = (uint32_t)(f.n - f.block);
		for (uint32_t lie = 0; lie < 12; lie++) {
			capbuild_set32(&f, f.block + 4, lie);
			assert_damage(&f, 1, "a block claims");
		}
		capbuild_set32(&f, f.block + 4, length + 1);
		assert_damage(&f, 1, "a block claims");
		capbuild_set32(&f, f.block + 4, length - 4);
		assert_damage(&f, 1, "lengths of a block differ");
		capbuild_set32(&f, f.block + 4, length);
		capbuild_set32(&f, f.n - 4, length + 4);
		assert_damage(&f, 1, "lengths of a block differ");
		if (types[i] == 10)
			continue;
		capbuild_set32(&f, f.block + 4, CAPFILE_NEED_MAX + 4);
		assert_damage(&f, 1, "claims");
		capbuild_set32(&f, f.block + 4, UINT32_MAX - 3);
		assert_damage(&f, 1, "claims");
	}
}

static void pcapng_too_short_blocks(void **state)
{
	(void)state;
	static const struct {
		uint32_t type;
		size_t body; /* the shortest that is well formed */
	} blocks[] = {{1, 8}, {2, 20}, {3, 4}, {5, 12}, {6, 20}, {10, 4}, {0x0a0d0d0a, 16}};
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		for (size_t n = 0; n <= blocks[i].body; n += 4) {
			struct capbuild f = {.n = 0};
			capbuild_section(&f, false);
			capbuild_interface(&f, 1, 0, -1, 0);
			capbuild_block(&f, blocks[i].type);
			if (blocks[i].type == 0x0a0d0d0a && n >= 8) {
				capbuild_put(&f, 0x1a2b3c4d, 4);
				capbuild_put(&f, 1, 4);
			}
			while (f.n < f.block + 8 + n)
				capbuild_put(&f, 0, 4);
			capbuild_block_end(&f);
			struct capbuild_run run = capbuild_feed_all(&f);
			assert_int_equal(run.bad, n < blocks[i].body);
		}
	}
}

static void pcapng_packet_lies(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, false);
	capbuild_interface(&f, 1, 0, -1, 0);
	capbuild_enhanced(&f, 0, 1, 8, 8, 1);
	size_t captured = f.block + 20;
	capbuild_set32(&f, captured, 9);
	assert_damage(&f, 0, "does not fit");
	capbuild_set32(&f, captured, UINT32_MAX);
	assert_damage(&f, 0, "does not fit");
	capbuild_set32(&f, captured, 8);
	capbuild_set32(&f, captured + 4, 3);
	assert_int_equal(capbuild_feed_all(&f).packets[0].wire, 8);
	capbuild_set32(&f, f.block + 8, 1);
	assert_damage(&f, 0, "interface 1");
	capbuild_set32(&f, f.block + 8, UINT32_MAX);
	assert_damage(&f, 0, "interface 4294967295");

	f.n = 0;
	capbuild_section(&f, false);
	capbuild_block(&f, 3);
	capbuild_put(&f, 4, 4);
	capbuild_data(&f, 1, 4);
	capbuild_block_end(&f);
	assert_damage(&f, 0, "interface");

	f.n = 0;
	capbuild_section(&f, false);
	capbuild_interface(&f, 1, 0, -1, 0);
	capbuild_block(&f, 3);
	capbuild_put(&f, 5, 4);
	capbuild_data(&f, 1, 4);
	capbuild_block_end(&f);
	assert_damage(&f, 0, "does not fit");
}

static void pcapng_largest_packet(void **state)
{
	(void)state;
	static uint8_t bytes[CAPFILE_NEED_MAX];
	for (uint32_t captured = LIMIT_PACKET; captured <= LIMIT_PACKET + 4; captured += 4) {
		struct capbuild head = {.n = 0};
		capbuild_section(&head, false);
		capbuild_interface(&head, 1, 0, -1, 0);
		size_t begin = head.n;
		capbuild_enhanced(&head, 0, 1, 0, 0, 0);
		uint32_t length = captured + 32;
		capbuild_set32(&head, begin + 4, length);
		capbuild_set32(&head, begin + 20, captured);
		memcpy(bytes, head.p, head.n);
		memcpy(&bytes[begin + length - 4], &head.p[begin + 4], 4);
		struct capfile *reader = capfile_new();
		struct capfile_packet packet;
		struct span span = span_of(bytes, begin + length);
		enum capfile_result result = capfile_next(reader, &span, &packet);
		assert_int_equal(result, captured == LIMIT_PACKET ? CAPFILE_PACKET : CAPFILE_BAD);
		capfile_free(reader);
	}
}

static void pcapng_option_lies(void **state)
{
	(void)state;
	static const uint16_t codes[] = {2, 9, 13, 14};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		for (uint16_t n = 0; n < 40; n++) {
			struct capbuild f = {.n = 0};
			capbuild_section(&f, true);
			capbuild_interface_start(&f, 1, 0);
			capbuild_put(&f, codes[i], 2);
			capbuild_put(&f, n, 2);
			capbuild_put(&f, 0, 8);
			capbuild_put(&f, 0, 4);
			capbuild_block_end(&f);
			static const uint16_t least[] = {0, 1, 1, 8};
			struct capbuild_run run = capbuild_feed_all(&f);
			assert_int_equal(run.bad, n < least[i] || n > 12);
		}
	}
	struct capbuild f = {.n = 0};
	capbuild_section(&f, true);
	capbuild_interface(&f, 1, 0, -1, 0);
	capbuild_block(&f, 5);
	capbuild_put(&f, 0, 4);
	capbuild_put(&f, 0, 8);
	capbuild_option(&f, 5, 1, 4);
	capbuild_block_end(&f);
	assert_damage(&f, 0, "option 5");
}

static void pcapng_statistics(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, true);
	capbuild_interface(&f, 1, 0, -1, 0);
	assert_int_equal(capbuild_feed_all(&f).dropped, -1);
	capbuild_statistics(&f, 1, 5, 5); /* an interface that is not there */
	assert_int_equal(capbuild_feed_all(&f).dropped, -1);
	capbuild_statistics(&f, 0, 0, 0);
	assert_int_equal(capbuild_feed_all(&f).dropped, 0);
	capbuild_statistics(&f, 0, UINT64_MAX, UINT64_MAX);
	assert_int_equal(capbuild_feed_all(&f).dropped, INT64_MAX);
}

/* A section of this application, one packet, and statistics with isb_endtime. */
static int64_t until_of(bool big, const char *application, uint16_t width)
{
	struct capbuild f = {.big = big};
	capbuild_block(&f, 0x0a0d0d0a);
	capbuild_put(&f, 0x1a2b3c4d, 4);
	capbuild_put(&f, 1, 4);
	if (big)
		capbuild_set32(&f, f.n - 4, 0x00010000);
	capbuild_put(&f, UINT64_MAX, 8);
	capbuild_put(&f, 4, 2);
	capbuild_put(&f, strlen(application), 2);
	for (size_t i = 0; i < (strlen(application) + 3) / 4 * 4; i++)
		capbuild_put(&f, i < strlen(application) ? (uint8_t)application[i] : 0, 1);
	capbuild_put(&f, 0, 4);
	capbuild_block_end(&f);
	capbuild_interface(&f, 1, 0, 9, 0);
	capbuild_enhanced(&f, 0, 1000, 4, 4, 1);
	capbuild_block(&f, 5);
	capbuild_put(&f, 0, 4);
	capbuild_put(&f, 0, 8);
	capbuild_put(&f, 3, 2);
	capbuild_put(&f, width, 2);
	for (uint16_t i = 0; i < width; i += 4)
		capbuild_put(&f, i == 0 ? 2 : 3, 4); /* the upper half first, in either byte order */
	capbuild_put(&f, 0, 4);
	capbuild_block_end(&f);
	struct capfile *reader = capfile_new();
	struct span left = span_of(f.p, f.n);
	struct capfile_packet packet;
	assert_int_equal(capfile_next(reader, &left, &packet), CAPFILE_PACKET);
	assert_int_equal(capfile_until(reader), INT64_MIN);
	enum capfile_result result = capfile_next(reader, &left, &packet);
	int64_t until = capfile_until(reader);
	assert_int_equal(result, width < 8 && until == INT64_MIN && strcmp(application, CAPFILE_APPLICATION) == 0
	                             ? CAPFILE_BAD
	                             : CAPFILE_MORE);
	capfile_free(reader);
	return until;
}

/* Only our own writer is believed: others copy the time of a whole file into a part of it. */
static void pcapng_until(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		assert_int_equal(until_of(big, CAPFILE_APPLICATION, 8), (INT64_C(2) << 32) + 3);
		assert_int_equal(until_of(big, CAPFILE_APPLICATION, 4), INT64_MIN);
		assert_int_equal(until_of(big, "Dumpcap", 8), INT64_MIN);
		assert_int_equal(until_of(big, "Dumpcap", 4), INT64_MIN);
		assert_int_equal(until_of(big, "nmspscope and others", 8), INT64_MIN);
		assert_int_equal(until_of(big, "", 8), INT64_MIN);
	}
}

static void pcapng_too_many_interfaces(void **state)
{
	(void)state;
	struct capfile *reader = capfile_new();
	struct capfile_packet packet;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, false);
	struct span span = span_of(f.p, f.n);
	assert_int_equal(capfile_next(reader, &span, &packet), CAPFILE_MORE);
	f.n = 0;
	capbuild_interface(&f, 1, 0, -1, 0);
	for (size_t i = 0; i <= LIMIT_INTERFACES; i++) {
		span = span_of(f.p, f.n);
		enum capfile_result result = capfile_next(reader, &span, &packet);
		assert_int_equal(result, i < LIMIT_INTERFACES ? CAPFILE_MORE : CAPFILE_BAD);
	}
	assert_int_equal(capfile_next(reader, &span, &packet), CAPFILE_BAD);
	capfile_free(reader);
	capfile_free(NULL);
}

static void pcapng_section_lies(void **state)
{
	(void)state;
	struct capbuild f = {.n = 0};
	capbuild_section(&f, false);
	f.p[12] = 2; /* major version */
	assert_damage(&f, 0, "version 2");
	f.p[12] = 1;
	f.p[8] ^= 1;
	assert_damage(&f, 0, "byte order");
	assert_int_equal(capbuild_feed_all(&f).kind, CAPFILE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pcapng_variants),
	    cmocka_unit_test(pcapng_cut_in_skipped_block),
	    cmocka_unit_test(pcapng_secrets_lies),
	    cmocka_unit_test(pcapng_largest_secrets),
	    cmocka_unit_test(pcapng_directions),
	    cmocka_unit_test(pcapng_block_lengths),
	    cmocka_unit_test(pcapng_too_short_blocks),
	    cmocka_unit_test(pcapng_packet_lies),
	    cmocka_unit_test(pcapng_largest_packet),
	    cmocka_unit_test(pcapng_option_lies),
	    cmocka_unit_test(pcapng_statistics),
	    cmocka_unit_test(pcapng_until),
	    cmocka_unit_test(pcapng_too_many_interfaces),
	    cmocka_unit_test(pcapng_section_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
