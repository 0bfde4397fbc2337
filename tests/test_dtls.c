/* DTLS records, fragments and hellos: what is read, what is refused, and every cut of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dissect/dtls.h"

#include <stdlib.h>

static const uint8_t record_bytes[] = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 7, 0, 3, 'a', 'b', 'c'};

static struct span exact(const void *bytes, size_t n)
{
	uint8_t *block = malloc(n > 0 ? n : 1);
	assert_non_null(block);
	memcpy(block, bytes, n);
	return span_of(block, n);
}

static void give_back(struct span block)
{
	free((void *)(uintptr_t)block.p);
}

static void records_are_read(void **state)
{
	(void)state;
	uint8_t two[2 * sizeof record_bytes];
	memcpy(two, record_bytes, sizeof record_bytes);
	memcpy(&two[sizeof record_bytes], record_bytes, sizeof record_bytes);
	struct rd r = rd_of(span_of(two, sizeof two));
	struct dtls_record record;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dtls_next(&r, 0, &record), DTLS_RECORD);
		assert_int_equal(record.type, 22);
		assert_int_equal(record.version, TLS_DTLS_1_2);
		assert_int_equal(record.epoch, 1);
		assert_int_equal(record.number, UINT64_C(1) << DTLS_EPOCH_SHIFT | 7);
		assert_int_equal(record.length, 3);
		assert_int_equal(record.bytes.n, sizeof record_bytes);
	}
	assert_int_equal(dtls_next(&r, 0, &record), DTLS_NONE);
}

static void cut_records_are_none_unless_the_capture_cut_them(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof record_bytes; n++) {
		struct span block = exact(record_bytes, n);
		struct rd r = rd_of(block), snapped = r;
		struct dtls_record record;
		assert_int_equal(dtls_next(&r, 0, &record), DTLS_NONE);
		bool head = n >= DTLS_RECORD_HEADER;
		assert_int_equal(dtls_next(&snapped, sizeof record_bytes - n, &record),
		                 head ? DTLS_RECORD : DTLS_NONE);
		assert_true(!head || record.bytes.n == n);
		give_back(block);
	}
}

static void other_records_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t byte;
		enum dtls_kind kind;
	} changes[] = {
	    {0, 25, DTLS_CID},    {0, 0x2f, DTLS_UNIFIED}, {0, 19, DTLS_NONE},
	    {0, 26, DTLS_NONE},   {0, 0x40, DTLS_NONE},    {1, 3, DTLS_NONE},
	    {2, 0xfc, DTLS_NONE}, {2, 0xff, DTLS_RECORD},  {11, 0x49, DTLS_NONE},
	};
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		uint8_t bytes[sizeof record_bytes];
		memcpy(bytes, record_bytes, sizeof bytes);
		bytes[changes[i].at] = changes[i].byte;
		struct rd r = rd_of(span_of(bytes, sizeof bytes));
		struct dtls_record record;
		assert_int_equal(dtls_next(&r, 0, &record), changes[i].kind);
		if (changes[i].kind == DTLS_CID || changes[i].kind == DTLS_UNIFIED)
			assert_false(rd_more(&r));
	}
}

static void fragments_are_read(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {11, 0, 1, 0, 0, 5, 0, 0, 0x10, 0, 0, 2, 'x', 'y', 14, 0};
	struct rd r = rd_of(span_of(bytes, sizeof bytes));
	struct dtls_fragment fragment;
	assert_true(dtls_next_fragment(&r, &fragment));
	assert_int_equal(fragment.type, 11);
	assert_int_equal(fragment.length, 256);
	assert_int_equal(fragment.sequence, 5);
	assert_int_equal(fragment.offset, 16);
	assert_int_equal(fragment.n, 2);
	assert_memory_equal(fragment.body.p, "xy", 2);
	assert_false(dtls_next_fragment(&r, &fragment)); /* a cut header */

	uint8_t lies[sizeof bytes];
	memcpy(lies, bytes, sizeof lies);
	lies[9] = 1; /* longer than the message */
	r = rd_of(span_of(lies, sizeof lies));
	assert_false(dtls_next_fragment(&r, &fragment));
	memcpy(lies, bytes, sizeof lies);
	lies[7] = 2; /* begins behind its end */
	r = rd_of(span_of(lies, sizeof lies));
	assert_false(dtls_next_fragment(&r, &fragment));
}

/* version, random, session id, cookie, suites, compressions, supported_versions */
static size_t client_hello(uint8_t *to)
{
	static const uint8_t behind[] = {2,    0xaa, 0xbb, 3,    0xc0, 0xc1, 0xc2, 0,  4,  0x13,
	                                 0x01, 0xc0, 0x30, 1,    0,    0,    13,   0,  43, 0,
	                                 5,    4,    0xfe, 0xfc, 0xfe, 0xfd, 0,    23, 0,  0};
	to[0] = 0xfe;
	to[1] = 0xfd;
	memset(&to[2], 0x77, TLS_RANDOM);
	memcpy(&to[2 + TLS_RANDOM], behind, sizeof behind);
	return 2 + TLS_RANDOM + sizeof behind;
}

static void hellos_become_those_of_tls(void **state)
{
	(void)state;
	uint8_t body[128], tls[128];
	size_t n = client_hello(body);
	size_t written = dtls_hello_as_tls(TLS_CLIENT_HELLO, span_of(body, n), tls);
	assert_int_equal(written, n - 4);
	struct tls_client_hello hello;
	assert_true(tls_client_hello(span_of(tls, written), &hello));
	assert_int_equal(hello.legacy_version, TLS_1_2);
	assert_int_equal(hello.max_version, TLS_1_3);
	assert_int_equal(hello.session_id.n, 2);
	assert_int_equal(hello.ciphers.n, 4);
	assert_true(hello.extended_master_secret);
}

static void hellos_that_are_cut_or_lie_are_no_harm(void **state)
{
	(void)state;
	uint8_t body[128];
	size_t n = client_hello(body);
	for (size_t at = 0; at < n; at++)
		for (unsigned value = 0; value < 256; value += 51)
			for (uint8_t type = TLS_CLIENT_HELLO; type <= TLS_SERVER_HELLO; type++) {
				struct span block = exact(body, at + 1), out = exact(body, at + 1);
				((uint8_t *)(uintptr_t)block.p)[at] = (uint8_t)value;
				assert_true(dtls_hello_as_tls(type, block, (uint8_t *)(uintptr_t)out.p) <=
				            at + 1);
				give_back(block);
				give_back(out);
			}
}

static void versions_go_both_ways(void **state)
{
	(void)state;
	unsigned known = 0;
	for (uint32_t v = 0; v <= UINT16_MAX; v++) {
		uint16_t tls = dtls_as_tls((uint16_t)v);
		known += tls != 0;
		assert_true(tls == 0 || dtls_of_tls(tls) == v);
	}
	assert_int_equal(known, 3);
	assert_int_equal(dtls_of_tls(TLS_1_0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_are_read),
	    cmocka_unit_test(cut_records_are_none_unless_the_capture_cut_them),
	    cmocka_unit_test(other_records_are_told_apart),
	    cmocka_unit_test(fragments_are_read),
	    cmocka_unit_test(hellos_become_those_of_tls),
	    cmocka_unit_test(hellos_that_are_cut_or_lie_are_no_harm),
	    cmocka_unit_test(versions_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
