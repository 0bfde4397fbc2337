/* What is kept of hellos and requests: whole items up to each cap, all of them counted. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/cert_name.h"
#include "analyzer/tls_told.h"
#include "dissect/limits.h"
#include "tests/hex.h"
#include "tests/tls_messages.h"

#include <stdlib.h>
#include <string.h>

static void assert_item(const struct tls_told *told, enum tls_told_list list, size_t i, const char *text)
{
	struct span item = tls_told_item(told, list, i);
	assert_int_equal(item.n, strlen(text));
	if (item.n > 0)
		assert_memory_equal(item.p, text, item.n);
}

static void assert_number(const struct tls_told *told, enum tls_told_list list, size_t i, uint16_t number)
{
	struct rd r = rd_of(tls_told_item(told, list, i));
	assert_int_equal(rd_big(&r, rd_left(&r)), number);
}

static void test_client(void **state)
{
	(void)state;
	struct span body = hex_bytes(hello_13);
	struct tls_client_hello hello;
	assert_true(tls_client_hello(body, &hello));
	struct tls_told *told = tls_told_client(&hello);
	hex_free(body); /* nothing is borrowed from it */
	assert_item(told, TOLD_SERVER_NAME, 0, "wlc.example");
	assert_int_equal(tls_told_n(told, TOLD_SERVER_NAME), 1);
	assert_int_equal(tls_told_n(told, TOLD_ALPN), 2);
	assert_item(told, TOLD_ALPN, 0, "nmsp");
	assert_item(told, TOLD_ALPN, 1, "h2");
	assert_item(told, TOLD_ALPN, 2, "");
	assert_int_equal(tls_told_n(told, TOLD_VERSIONS), 4);
	assert_number(told, TOLD_VERSIONS, 0, TLS_1_3);
	assert_int_equal(tls_told_n(told, TOLD_GROUPS), 2);
	assert_int_equal(tls_told_n(told, TOLD_SIGNATURES), 23);
	assert_int_equal(tls_told_n(told, TOLD_EXTENSIONS), 11);
	assert_int_equal(told->items[TOLD_EXTENSIONS], 11);
	assert_number(told, TOLD_EXTENSIONS, 5, 22);
	assert_int_equal(told->flags, TOLD_SESSION_ID | TOLD_EXTENDED_MASTER_SECRET | TOLD_ENCRYPT_THEN_MAC);
	assert_int_equal(tls_told_n(told, TOLD_AUTHORITIES), 0);
	free(told);
}

static void test_request(void **state)
{
	(void)state;
	struct span body = hex_bytes(request_12);
	struct tls_certificate_request request;
	char name[64], cut[6];
	assert_true(tls_certificate_request(body, TLS_1_2, &request));
	struct tls_told *told = tls_told_request(&request);
	hex_free(body);
	assert_int_equal(tls_told_n(told, TOLD_TYPES), 3);
	assert_number(told, TOLD_TYPES, 2, 64);
	assert_int_equal(tls_told_n(told, TOLD_SIGNATURES), 23);
	assert_int_equal(told->items[TOLD_AUTHORITIES], 1);
	struct span der = tls_told_item(told, TOLD_AUTHORITIES, 0);
	assert_true(cert_name(der, name, sizeof name));
	assert_string_equal(name, "CN=00:50:56:9c:34:89");
	assert_true(cert_name(der, cut, sizeof cut));
	assert_string_equal(cut, "CN=00");
	for (size_t n = 0; n < der.n; n++) {
		assert_false(cert_name(span_cut(der, 0, n), name, sizeof name));
		assert_string_equal(name, "");
	}
	free(told);
}

static void test_nothing(void **state)
{
	(void)state;
	struct tls_encrypted_extensions none = {.extensions = span_of(NULL, 0)};
	struct tls_told *told = tls_told_encrypted(&none);
	for (enum tls_told_list list = 0; list < TOLD_LISTS; list++) {
		assert_int_equal(tls_told_n(told, list), 0);
		assert_int_equal(tls_told_n(NULL, list), 0);
		assert_int_equal(tls_told_item(told, list, 0).n, 0);
		assert_int_equal(tls_told_item(NULL, list, 3).n, 0);
	}
	free(told);
}

/* GREASE is no value, and does not count. */
static void test_grease(void **state)
{
	(void)state;
	struct span groups = hex_bytes("0a0a 001d fafa 0017");
	struct tls_client_hello hello = {.groups = groups};
	struct tls_told *told = tls_told_client(&hello);
	assert_int_equal(told->items[TOLD_GROUPS], 2);
	assert_number(told, TOLD_GROUPS, 1, 0x0017);
	free(told);
	hex_free(groups);
}

/* More of everything than is kept: whole items from the first on, and none behind one that was left out. */
static void test_caps(void **state)
{
	(void)state;
	enum { NAMES = 20 };
	static uint8_t pairs[4 * LIMIT_TOLD], types[2 * LIMIT_TOLD], names[NAMES * 202],
	    host[2 * LIMIT_TOLD_NAME];
	static uint8_t alpn[] = {200, [201] = 54, [256] = 1, [258] = 1, [259] = 0};
	for (size_t i = 0; i < sizeof pairs; i++)
		pairs[i] = i % 2 == 0 ? 1 : (uint8_t)i;
	for (size_t i = 0; i < NAMES; i++)
		names[i * 202 + 1] = 200;
	struct tls_certificate_request request = {.types = span_of(types, sizeof types),
	                                          .signature_algorithms = span_of(pairs, sizeof pairs),
	                                          .authorities = span_of(names, sizeof names)};
	struct tls_told *told = tls_told_request(&request);
	assert_int_equal(told->items[TOLD_TYPES], 2 * LIMIT_TOLD);
	assert_int_equal(tls_told_n(told, TOLD_TYPES), LIMIT_TOLD);
	assert_int_equal(told->items[TOLD_SIGNATURES], 2 * LIMIT_TOLD);
	assert_int_equal(tls_told_n(told, TOLD_SIGNATURES), LIMIT_TOLD);
	assert_int_equal(told->items[TOLD_AUTHORITIES], NAMES);
	assert_int_equal(tls_told_n(told, TOLD_AUTHORITIES), LIMIT_TOLD_NAMES / 202);
	free(told);

	struct tls_client_hello hello = {.sni = span_of(host, sizeof host),
	                                 .alpn = span_of(alpn, sizeof alpn)};
	told = tls_told_client(&hello);
	assert_int_equal(tls_told_list(told, TOLD_SERVER_NAME).n, LIMIT_TOLD_NAME);
	assert_int_equal(told->items[TOLD_SERVER_NAME], 1);
	assert_int_equal(told->items[TOLD_ALPN], 4);
	assert_int_equal(tls_told_n(told, TOLD_ALPN), 1);
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_client), cmocka_unit_test(test_request), cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_grease), cmocka_unit_test(test_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
