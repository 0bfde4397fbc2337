/*
 * dissect/tls: real messages of an OpenSSL client and server, each cut at every byte and with each length
 * field wrong by one; then the corners that no honest peer sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dissect/tls.h"
#include "tests/hex.h"
#include "tests/tls_messages.h"

#define CHAIN 4

static bool decode(const struct message *m, struct span body)
{
	struct tls_client_hello client;
	struct tls_server_hello server;
	struct tls_certificate_request request;
	struct span der[CHAIN];
	size_t n;
	switch (m->type) {
	case TLS_CLIENT_HELLO:
		return tls_client_hello(body, &client);
	case TLS_SERVER_HELLO:
		return tls_server_hello(body, &server);
	case TLS_CERTIFICATE_REQUEST:
		return tls_certificate_request(body, m->version, &request);
	default:
		return tls_certificate(body, m->version, der, CHAIN, &n);
	}
}

static void each_message(void (*test)(const struct message *m, struct span whole))
{
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct span whole = hex_bytes(messages[i].hex);
		test(&messages[i], whole);
		hex_free(whole);
	}
}

static void check_whole(const struct message *m, struct span whole)
{
	if (!decode(m, whole))
		fail_msg("%s is refused", m->name);
}

static void check_cuts(const struct message *m, struct span whole)
{
	for (size_t n = 0; n < whole.n; n++) {
		uint8_t *part = malloc(n);
		memcpy(part, whole.p, n);
		bool good = decode(m, span_of(part, n));
		if (good != (n > 0 && n == m->without_extensions))
			fail_msg("%s cut to %zu bytes: %d", m->name, n, good);
		free(part);
	}
}

static void check_trailing(const struct message *m, struct span whole)
{
	uint8_t *longer = calloc(1, whole.n + 1);
	memcpy(longer, whole.p, whole.n);
	if (decode(m, span_of(longer, whole.n + 1)))
		fail_msg("%s with a byte behind it is accepted", m->name);
	free(longer);
}

/* Adds `by` to a big-endian number. */
static void add(uint8_t *p, size_t width, int by)
{
	unsigned v = 0;
	for (size_t i = 0; i < width; i++)
		v = v << 8 | p[i];
	v += (unsigned)by;
	for (size_t i = width; i > 0; i--, v >>= 8)
		p[i - 1] = (uint8_t)v;
}

static void check_lengths(const struct message *m, struct span whole)
{
	uint8_t *p = malloc(whole.n);
	for (size_t i = 0; m->lengths[i].width > 0; i++) {
		for (int by = -1; by <= 1; by += 2) {
			memcpy(p, whole.p, whole.n);
			add(p + m->lengths[i].at, m->lengths[i].width, by);
			if (decode(m, span_of(p, whole.n)))
				fail_msg("%s: length at %zu wrong by %d", m->name, m->lengths[i].at, by);
		}
	}
	free(p);
}

static void real_messages_are_well_formed(void **state)
{
	(void)state;
	each_message(check_whole);
}

static void cut_messages_are_refused(void **state)
{
	(void)state;
	each_message(check_cuts);
}

static void trailing_bytes_are_refused(void **state)
{
	(void)state;
	each_message(check_trailing);
}

static void wrong_lengths_are_refused(void **state)
{
	(void)state;
	each_message(check_lengths);
}

static void assert_bytes(struct span s, const char *hex)
{
	struct span want = hex_bytes(hex);
	assert_true(span_equal(s, want));
	hex_free(want);
}

static bool client_of(const char *hex, struct tls_client_hello *h)
{
	struct span body = hex_bytes(hex);
	bool good = tls_client_hello(body, h);
	hex_free(body); /* the spans dangle now: a test may look at their sizes only */
	return good;
}

static bool server_of(const char *hex, struct tls_server_hello *h)
{
	struct span body = hex_bytes(hex);
	bool good = tls_server_hello(body, h);
	hex_free(body);
	return good;
}

static void client_hello_of_tls13(void **state)
{
	(void)state;
	struct tls_client_hello h;
	struct span body = hex_bytes(hello_13);
	assert_true(tls_client_hello(body, &h));
	assert_int_equal(h.legacy_version, TLS_1_2);
	assert_int_equal(h.max_version, TLS_1_3);
	assert_ptr_equal(h.random.p, body.p + 2);
	assert_int_equal(h.random.n, TLS_RANDOM);
	assert_int_equal(h.session_id.n, 32);
	assert_int_equal(h.ciphers.n, 174);
	assert_bytes(span_cut(h.ciphers, 0, 4), "1302 1303");
	assert_bytes(h.compressions, "00");
	assert_int_equal(h.extensions.n, 177);
	assert_bytes(h.sni, "776c632e6578616d706c65");
	assert_bytes(h.alpn, "04 6e6d7370 02 6832");
	assert_bytes(h.groups, "001d 0017");
	assert_int_equal(h.signature_algorithms.n, 46);
	assert_bytes(h.supported_versions, "0304 0303 0302 0301");
	assert_true(h.extended_master_secret && h.encrypt_then_mac && h.session_ticket);
	assert_false(h.ticket.n > 0 || h.psk || h.early_data);
	hex_free(body);
}

static void client_hello_of_tls10(void **state)
{
	(void)state;
	struct tls_client_hello h;
	assert_true(client_of(hello_10, &h));
	assert_int_equal(h.max_version, TLS_1_0);
	assert_int_equal(h.session_id.n, 0);
	assert_int_equal(h.sni.n + h.alpn.n + h.signature_algorithms.n + h.supported_versions.n, 0);
	assert_int_equal(h.groups.n, 10);
}

#define RANDOM     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CLIENT     "0303" RANDOM "00 0002c02f 0100"
#define SERVER     "0303" RANDOM "00 c02f 00"
#define VERSION_13 "002b 0003 02 0304"

static void a_hello_may_have_no_extensions(void **state)
{
	(void)state;
	struct tls_client_hello h;
	struct tls_server_hello s;
	assert_true(client_of("0300" RANDOM "00 0002000a 0100", &h));
	assert_int_equal(h.max_version, TLS_SSL3);
	assert_true(client_of(CLIENT "0000", &h));
	assert_int_equal(h.max_version, TLS_1_2);
	assert_true(server_of(SERVER, &s));
	assert_int_equal(s.version, TLS_1_2);
	assert_int_equal(s.extensions.n, 0);
}

static void flags_of_a_client_hello(void **state)
{
	(void)state;
	struct tls_client_hello h;
	assert_true(client_of(CLIENT "0004 0016 0000", &h));
	assert_true(h.encrypt_then_mac && !h.extended_master_secret && !h.session_ticket && !h.psk &&
	            !h.early_data);
	assert_true(client_of(CLIENT "0004 0017 0000", &h));
	assert_true(h.extended_master_secret && !h.encrypt_then_mac && !h.session_ticket);
	assert_true(client_of(CLIENT "0006 0023 0002 abcd", &h));
	assert_true(h.session_ticket && h.ticket.n > 0);
	assert_true(client_of(CLIENT "0009 0029 0001 00 002a 0000", &h));
	assert_true(h.psk && h.early_data);
}

static void grease_is_no_version(void **state)
{
	(void)state;
	struct tls_client_hello h;
	assert_true(client_of(CLIENT "000b 002b 0007 06 fafa 0303 0a0a", &h));
	assert_int_equal(h.max_version, TLS_1_2);
	assert_int_equal(h.supported_versions.n, 6);
	assert_true(client_of(CLIENT "0007 002b 0003 02 1a1a", &h));
	assert_int_equal(h.max_version, 0);
	/* 0x1a2a has the nibbles of GREASE but is none */
	assert_true(client_of(CLIENT "0007 002b 0003 02 1a2a", &h));
	assert_int_equal(h.max_version, 0x1a2a);
}

static void of_a_doubled_extension_the_first_counts(void **state)
{
	(void)state;
	struct tls_client_hello h;
	struct tls_server_hello s;
	assert_true(client_of(CLIENT "0010" VERSION_13 "002b 0005 04 0303 0302", &h));
	assert_int_equal(h.max_version, TLS_1_3);
	assert_int_equal(h.supported_versions.n, 2);
	assert_true(client_of(CLIENT "0009 0023 0000 0023 0001 ff", &h));
	assert_true(h.session_ticket && h.ticket.n == 0);
	assert_true(server_of(SERVER "000c 002b 0002 0304 002b 0002 0303", &s));
	assert_int_equal(s.version, TLS_1_3);
}

static void malformed_lists_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "0303" RANDOM "00 0000 0100",                 /* no cipher */
	    "0303" RANDOM "00 0003c02f00 0100",           /* half a cipher */
	    "0303" RANDOM "00 0002c02f 00",               /* no compression */
	    "0303" RANDOM "21" RANDOM "00 0002c02f 0100", /* session id of 33 bytes */
	    CLIENT "0006 000a 0002 0000",                 /* no group */
	    CLIENT "0007 002b 0003 02 0304 00",           /* a byte behind the extensions */
	    CLIENT "0008 002b 0004 02 0304 00",           /* a byte behind the list */
	    CLIENT "0005 002b 0001 00",                   /* no version */
	    CLIENT "0008 002b 0004 03 0304 03",           /* half a version */
	    CLIENT "0003 0017 00",                        /* half a length */
	    CLIENT "00",                                  /* half a list length */
	};
	struct tls_client_hello h;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (client_of(bad[i], &h))
			fail_msg("bad[%zu] is accepted", i);
}

static void a_broken_hello_proves_no_version(void **state)
{
	(void)state;
	struct tls_client_hello h;
	struct tls_server_hello s;
	assert_false(client_of(CLIENT "0008 0017 0000 0016 0001", &h));
	assert_int_equal(h.max_version, 0);
	assert_int_equal(h.ciphers.n, 2);
	assert_false(client_of(CLIENT "000b" VERSION_13 "0017 0001", &h));
	assert_int_equal(h.max_version, TLS_1_3);
	assert_false(server_of(SERVER "0008 0017 0000 0016 0001", &s));
	assert_int_equal(s.version, 0);
	assert_int_equal(s.cipher, 0xc02f);
	assert_false(server_of(SERVER "000a 002b 0002 0304 0017 0001", &s));
	assert_int_equal(s.version, TLS_1_3);
	assert_false(client_of("0303" RANDOM "21" RANDOM "00 0002c02f 0100", &h));
	assert_int_equal(h.session_id.n, 0);
}

static void the_first_host_name_counts(void **state)
{
	(void)state;
	struct tls_client_hello h;
	struct span body = hex_bytes(CLIENT "0013 0000 000f 000d 07 0001 7a 00 0001 61 00 0002 6262");
	assert_true(tls_client_hello(body, &h));
	assert_bytes(h.sni, "61");
	hex_free(body);
	assert_false(client_of(CLIENT "0009 0000 0005 0003 00 0001", &h));
}

static void server_hello_values(void **state)
{
	(void)state;
	struct tls_server_hello s;
	assert_true(server_of(server_10, &s));
	assert_int_equal(s.version, TLS_1_0);
	assert_int_equal(s.cipher, 0xc014);
	assert_true(s.session_ticket && s.encrypt_then_mac && s.extended_master_secret);
	assert_false(s.psk || s.hello_retry_request);
	assert_true(server_of(server_12, &s));
	assert_int_equal(s.version, TLS_1_2);
	assert_int_equal(s.cipher, 0xc030);
	assert_false(s.encrypt_then_mac);
	assert_true(server_of(server_13, &s));
	assert_int_equal(s.legacy_version, TLS_1_2);
	assert_int_equal(s.version, TLS_1_3);
	assert_int_equal(s.cipher, 0x1302);
	assert_int_equal(s.session_id.n, 32);
	assert_false(s.hello_retry_request);
	assert_true(server_of(retry_13, &s));
	assert_true(s.hello_retry_request);
	assert_int_equal(s.version, TLS_1_3);
	assert_true(server_of("0303" RANDOM "00 c02f 01 0006 0029 0002 0000", &s));
	assert_true(s.psk);
	assert_int_equal(s.compression, 1);
}

static void encrypted_extensions_values(void **state)
{
	(void)state;
	/* server_name (empty), ALPN "nmsp", supported_groups */
	const char *const hex = "0019 0000 0000 0010 0007 0005 04 6e6d7370 000a 0006 0004 001d 0017";
	struct tls_encrypted_extensions e;
	struct span body = hex_bytes(hex);
	uint16_t types[] = {0, 16, 10}, type;
	assert_true(tls_encrypted_extensions(body, &e));
	assert_bytes(e.alpn, "04 6e6d7370");
	struct rd r = rd_of(e.extensions);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		assert_true(tls_next_extension(&r, &type));
		assert_int_equal(type, types[i]);
	}
	assert_false(tls_next_extension(&r, &type));
	for (size_t n = 0; n < body.n; n++)
		assert_false(tls_encrypted_extensions(span_cut(body, 0, n), &e));
	hex_free(body);
	body = hex_bytes("0000");
	assert_true(tls_encrypted_extensions(body, &e));
	assert_int_equal(e.extensions.n, 0);
	hex_free(body);
	body = hex_bytes("0000 00");
	assert_false(tls_encrypted_extensions(body, &e));
	hex_free(body);
	struct tls_server_hello s;
	body = hex_bytes(SERVER "000b 0010 0007 0005 04 6e6d7370");
	assert_true(tls_server_hello(body, &s));
	assert_bytes(s.alpn, "04 6e6d7370");
	hex_free(body);
}

static void certificate_request_values(void **state)
{
	(void)state;
	const char *const name = "001e 301c311a301806035504030c1130303a35303a35363a39633a33343a3839";
	struct tls_certificate_request q;
	struct span body = hex_bytes(request_10);
	assert_true(tls_certificate_request(body, TLS_1_0, &q));
	assert_bytes(q.types, "0102 40");
	assert_int_equal(q.signature_algorithms.n, 0);
	assert_bytes(q.authorities, name);
	assert_false(tls_certificate_request(body, TLS_1_2, &q));
	hex_free(body);

	body = hex_bytes(request_12);
	assert_true(tls_certificate_request(body, TLS_DTLS_1_2, &q));
	assert_true(tls_certificate_request(body, TLS_1_2, &q));
	assert_int_equal(q.signature_algorithms.n, 46);
	assert_bytes(q.authorities, name);
	assert_false(tls_certificate_request(body, TLS_DTLS_1_0, &q));
	hex_free(body);

	body = hex_bytes(request_13);
	assert_true(tls_certificate_request(body, TLS_1_3, &q));
	assert_int_equal(q.types.n, 0);
	assert_int_equal(q.signature_algorithms.n, 36);
	assert_bytes(q.authorities, name);
	hex_free(body);
}

static void certificate_chains(void **state)
{
	(void)state;
	struct span der[2] = {{NULL, 0}, {NULL, 0}};
	size_t n = 9;
	struct span body = hex_bytes("00000f 000001 aa 000002 bbbb 000003 cccccc");
	assert_true(tls_certificate(body, TLS_1_2, der, 2, &n));
	assert_int_equal(n, 3);
	assert_bytes(der[0], "aa");
	assert_bytes(der[1], "bbbb");
	assert_false(tls_certificate(body, TLS_1_3, der, 2, &n));
	hex_free(body);

	body = hex_bytes("02 0102 000011 000001 aa 0004 0005 0000 000002 bbbb 0000");
	assert_true(tls_certificate(body, TLS_1_3, der, 1, &n));
	assert_int_equal(n, 2);
	assert_bytes(der[0], "aa");
	hex_free(body);
}

static void empty_chains_and_broken_chains(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint16_t version;
		bool good;
		size_t n;
	} rows[] = {
	    {"000000", TLS_1_0, true, 0},
	    {"000000", TLS_1_2, true, 0},
	    {"00 000000", TLS_1_3, true, 0},
	    {"00 000000", TLS_1_2, false, 0},
	    {"000003 000000", TLS_1_2, false, 0}, /* an entry without a byte */
	    {"000007 000001 aa 000000", TLS_1_2, false, 1},
	    {"000008 000001 aa 000002 bb", TLS_1_2, false, 1},      /* the second is cut */
	    {"00 000004 000001 aa", TLS_1_3, false, 1},             /* no extensions */
	    {"00 000009 000001 aa 0003 000500", TLS_1_3, false, 1}, /* half an extension */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span der[CHAIN], body = hex_bytes(rows[i].hex);
		size_t n = 9;
		bool good = tls_certificate(body, rows[i].version, der, CHAIN, &n);
		if (good != rows[i].good || n != rows[i].n)
			fail_msg("row %zu: %d with %zu certificates", i, good, n);
		hex_free(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(real_messages_are_well_formed),
	    cmocka_unit_test(cut_messages_are_refused),
	    cmocka_unit_test(trailing_bytes_are_refused),
	    cmocka_unit_test(wrong_lengths_are_refused),
	    cmocka_unit_test(client_hello_of_tls13),
	    cmocka_unit_test(client_hello_of_tls10),
	    cmocka_unit_test(a_hello_may_have_no_extensions),
	    cmocka_unit_test(flags_of_a_client_hello),
	    cmocka_unit_test(grease_is_no_version),
	    cmocka_unit_test(of_a_doubled_extension_the_first_counts),
	    cmocka_unit_test(malformed_lists_are_refused),
	    cmocka_unit_test(a_broken_hello_proves_no_version),
	    cmocka_unit_test(the_first_host_name_counts),
	    cmocka_unit_test(server_hello_values),
	    cmocka_unit_test(encrypted_extensions_values),
	    cmocka_unit_test(certificate_request_values),
	    cmocka_unit_test(certificate_chains),
	    cmocka_unit_test(empty_chains_and_broken_chains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
