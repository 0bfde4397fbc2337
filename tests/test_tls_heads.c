/* dissect/tls: what cuts a stream (records, handshake messages, SSLv2 hellos), and alerts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "dissect/tls.h"
#include "tests/hex.h"

static enum cut record_of(const char *hex, struct tls_record *out)
{
	struct span s = hex_bytes(hex);
	enum cut cut = tls_record_head(s, out);
	hex_free(s);
	return cut;
}

static void record_heads(void **state)
{
	(void)state;
	struct tls_record r = {0};
	assert_int_equal(record_of("16 0301 0200 01", &r), CUT_OK);
	assert_int_equal(r.type, TLS_HANDSHAKE);
	assert_int_equal(r.version, TLS_1_0);
	assert_int_equal(r.length, 512);
	assert_int_equal(record_of("14 0300 0000", &r), CUT_OK);
	assert_int_equal(record_of("18 0304 4800", &r), CUT_OK);
	assert_int_equal(r.length, (1 << 14) + 2048);
	assert_int_equal(record_of("18 0304 4801", &r), CUT_BAD);
	assert_int_equal(record_of("13 0301 0001", &r), CUT_BAD);
	assert_int_equal(record_of("19 0301 0001", &r), CUT_BAD);
	assert_int_equal(record_of("16 02ff 0001", &r), CUT_BAD);
	assert_int_equal(record_of("16 0305 0001", &r), CUT_BAD);
	assert_int_equal(record_of("", &r), CUT_MORE);
	assert_int_equal(record_of("16", &r), CUT_MORE);
	assert_int_equal(record_of("16 03", &r), CUT_MORE);
	assert_int_equal(record_of("16 0303", &r), CUT_MORE);
	assert_int_equal(record_of("16 0303 ff", &r), CUT_MORE);
	assert_int_equal(record_of("47", &r), CUT_BAD);
	assert_int_equal(record_of("16 4745", &r), CUT_BAD);
}

static void handshake_heads(void **state)
{
	(void)state;
	struct span s = hex_bytes("0b fffefd");
	uint8_t type = 0;
	uint32_t length = 0;
	assert_int_equal(tls_handshake_head(s, &type, &length), CUT_OK);
	assert_int_equal(type, TLS_CERTIFICATE);
	assert_int_equal(length, 0xfffefd);
	for (size_t n = 0; n < TLS_HANDSHAKE_HEADER; n++)
		assert_int_equal(tls_handshake_head(span_cut(s, 0, n), &type, &length), CUT_MORE);
	hex_free(s);
}

static void alerts(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		bool good;
	} rows[] = {{"022e", true},  {"0100", true}, {"01ff", true}, {"002e", false},
	            {"032e", false}, {"", false},    {"02", false},  {"022e00", false}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span s = hex_bytes(rows[i].hex);
		struct tls_alert a;
		if (tls_alert(s, &a) != rows[i].good)
			fail_msg("alert %s", rows[i].hex);
		hex_free(s);
	}
	struct span s = hex_bytes("022e");
	struct tls_alert a = {0, 0};
	assert_true(tls_alert(s, &a));
	assert_int_equal(a.level, TLS_ALERT_FATAL);
	assert_int_equal(a.description, TLS_CERTIFICATE_UNKNOWN);
	hex_free(s);
}

static void ssl2_hellos(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		enum cut cut;
	} rows[] = {
	    {"802e 01 0301 0015 0000 0010", CUT_OK},
	    {"803e 01 0301 0015 0010 0010 00", CUT_OK},
	    {"801c 01 0002 0003 0000 0010", CUT_OK},
	    {"002e 01 0301 0015 0000 0010", CUT_BAD},
	    {"802e 02 0301 0015 0000 0010", CUT_BAD},
	    {"802e 01 0305 0015 0000 0010", CUT_BAD},
	    {"802f 01 0301 0015 0000 0010", CUT_BAD},
	    {"802f 01 0301 0016 0000 0010", CUT_BAD},
	    {"802e 01 0301 0014 0001 0010", CUT_BAD},
	    {"802f 01 0301 0015 0001 0010", CUT_BAD},
	    {"802d 01 0301 0015 0000 000f", CUT_BAD},
	    {"803f 01 0301 0015 0000 0021", CUT_BAD},
	    {"8019 01 0301 0000 0000 0010", CUT_BAD},
	    {"1603", CUT_BAD},
	    {"802e02", CUT_BAD},
	    {"802e 01 4745", CUT_BAD},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span s = hex_bytes(rows[i].hex);
		size_t total;
		uint16_t version;
		if (tls_ssl2_hello(s, &total, &version) != rows[i].cut)
			fail_msg("SSLv2 hello %s", rows[i].hex);
		hex_free(s);
	}
	struct span s = hex_bytes(rows[0].hex);
	size_t total = 0;
	uint16_t version = 0;
	assert_int_equal(tls_ssl2_hello(s, &total, &version), CUT_OK);
	assert_int_equal(total, 48);
	assert_int_equal(version, TLS_1_0);
	for (size_t n = 0; n < s.n; n++)
		assert_int_equal(tls_ssl2_hello(span_cut(s, 0, n), &total, &version), CUT_MORE);
	hex_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(record_heads),
	    cmocka_unit_test(handshake_heads),
	    cmocka_unit_test(alerts),
	    cmocka_unit_test(ssl2_hellos),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
