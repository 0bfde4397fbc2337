/*
 * dissect/names and the TLS tables. The tables' file is included, not linked: their order, on which the
 * look-up by halving rests, cannot be seen from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "dissect/tls_names.c"

#define ROWS(table) (sizeof table / sizeof table[0])

static void the_first_row_counts(void **state)
{
	(void)state;
	static const struct name table[] = {{7, "seven"}, {3, "three"}, {7, "again"}};
	assert_string_equal(name_find(table, ROWS(table), 7), "seven");
	assert_string_equal(name_find(table, ROWS(table), 3), "three");
	assert_null(name_find(table, ROWS(table), 4));
	assert_null(name_find(table, 0, 7));
}

static void halving_finds_every_row_of_every_size(void **state)
{
	(void)state;
	static const struct name table[] = {
	    {0, "a"},         {2, "b"}, {4, "c"}, {6, "d"}, {8, "e"}, {10, "f"}, {UINT32_MAX - 1, "g"},
	    {UINT32_MAX, "h"}};
	for (size_t rows = 0; rows <= ROWS(table); rows++) {
		for (uint32_t v = 0; v < 14; v++)
			assert_ptr_equal(name_find_sorted(table, rows, v), name_find(table, rows, v));
		for (uint32_t v = UINT32_MAX; v > UINT32_MAX - 4; v--)
			assert_ptr_equal(name_find_sorted(table, rows, v), name_find(table, rows, v));
	}
}

static const struct {
	const char *name;
	const struct name *rows;
	size_t n;
	const char *characters;
} tables[] = {
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789_"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    {"versions", versions, ROWS(versions), LOWER UPPER "."},
    {"ciphers", ciphers, ROWS(ciphers), "0123456789_anon" UPPER},
    {"alerts", alerts, ROWS(alerts), LOWER},
    {"handshakes", handshakes, ROWS(handshakes), LOWER},
    {"groups", groups, ROWS(groups), LOWER UPPER},
    {"signatures", signatures, ROWS(signatures), LOWER "P"},
};

static void tables_ascend(void **state)
{
	(void)state;
	for (size_t t = 0; t < ROWS(tables); t++)
		for (size_t i = 1; i < tables[t].n; i++)
			if (tables[t].rows[i - 1].value >= tables[t].rows[i].value)
				fail_msg("%s: row of %s", tables[t].name, tables[t].rows[i].text);
}

static void names_are_single_words_and_differ(void **state)
{
	(void)state;
	for (size_t t = 0; t < ROWS(tables); t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const char *text = tables[t].rows[i].text;
			if (*text == '\0' || strspn(text, tables[t].characters) != strlen(text))
				fail_msg("%s: \"%s\"", tables[t].name, text);
			for (size_t k = 0; k < i; k++)
				if (strcmp(text, tables[t].rows[k].text) == 0)
					fail_msg("%s: %s stands twice", tables[t].name, text);
		}
	}
}

static void every_value_is_found_or_unknown(void **state)
{
	(void)state;
	for (uint32_t v = 0; v <= UINT16_MAX; v++) {
		uint16_t value = (uint16_t)v;
		assert_ptr_equal(tls_version_name(value), name_find(versions, ROWS(versions), v));
		assert_ptr_equal(tls_cipher_name(value), name_find(ciphers, ROWS(ciphers), v));
		assert_ptr_equal(tls_group_name(value), name_find(groups, ROWS(groups), v));
		assert_ptr_equal(tls_signature_name(value), name_find(signatures, ROWS(signatures), v));
	}
	for (uint32_t v = 0; v <= UINT8_MAX; v++) {
		assert_ptr_equal(tls_alert_name((uint8_t)v), name_find(alerts, ROWS(alerts), v));
		assert_ptr_equal(tls_handshake_name((uint8_t)v), name_find(handshakes, ROWS(handshakes), v));
	}
}

static void grease_has_no_name(void **state)
{
	(void)state;
	for (unsigned nibble = 0; nibble < 16; nibble++) {
		uint16_t value = (uint16_t)((nibble << 4 | 0xa) * 0x101);
		assert_null(tls_version_name(value));
		assert_null(tls_cipher_name(value));
		assert_null(tls_group_name(value));
		assert_null(tls_signature_name(value));
	}
}

static void names_that_the_diagnosis_speaks(void **state)
{
	(void)state;
	assert_string_equal(tls_version_name(TLS_1_2), "TLSv1.2");
	assert_string_equal(tls_version_name(TLS_SSL3), "SSLv3");
	assert_string_equal(tls_version_name(TLS_DTLS_1_2), "DTLSv1.2");
	assert_string_equal(tls_alert_name(TLS_CERTIFICATE_UNKNOWN), "certificate_unknown");
	assert_string_equal(tls_alert_name(TLS_NO_CERTIFICATE), "no_certificate");
	assert_string_equal(tls_alert_name(TLS_CERTIFICATE_REQUIRED), "certificate_required");
	assert_string_equal(tls_alert_name(TLS_PROTOCOL_VERSION), "protocol_version");
	assert_string_equal(tls_alert_name(21), "decryption_failed");
	assert_string_equal(tls_alert_name(60), "export_restriction");
	assert_string_equal(tls_handshake_name(TLS_SERVER_HELLO_DONE), "server_hello_done");
	assert_string_equal(tls_handshake_name(TLS_CERTIFICATE_VERIFY), "certificate_verify");
	assert_null(tls_handshake_name(99));
	assert_string_equal(tls_group_name(29), "x25519");
	assert_string_equal(tls_group_name(4588), "X25519MLKEM768");
	assert_string_equal(tls_signature_name(0x0401), "rsa_pkcs1_sha256");
	assert_string_equal(tls_signature_name(0x0301), "rsa_pkcs1_sha224");
}

/* A suite of each family, by the RFC that defines it; the numbers are not taken from our table. */
static void suites_of_each_family(void **state)
{
	(void)state;
	static const struct name known[] = {
	    {0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},               /* RFC 4346 */
	    {0x001e, "TLS_KRB5_WITH_DES_CBC_SHA"},                    /* RFC 2712 */
	    {0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},                 /* RFC 5246 */
	    {0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},            /* RFC 5932 */
	    {0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"},                    /* RFC 4162 */
	    {0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256"},              /* RFC 5487 */
	    {0x00c6, "TLS_SM4_GCM_SM3"},                              /* RFC 8998 */
	    {0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},            /* RFC 5746 */
	    {0x1301, "TLS_AES_128_GCM_SHA256"},                       /* RFC 8446 */
	    {0x5600, "TLS_FALLBACK_SCSV"},                            /* RFC 7507 */
	    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},        /* RFC 5289 */
	    {0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"},        /* RFC 5489 */
	    {0xc03c, "TLS_RSA_WITH_ARIA_128_CBC_SHA256"},             /* RFC 6209 */
	    {0xc09c, "TLS_RSA_WITH_AES_128_CCM"},                     /* RFC 6655 */
	    {0xc0b4, "TLS_SHA256_SHA256"},                            /* RFC 9150 */
	    {0xc100, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC"}, /* RFC 9189 */
	    {0xc106, "TLS_GOSTR341112_256_WITH_MAGMA_MGM_S"},         /* RFC 9367 */
	    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},  /* RFC 7905 */
	    {0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"},        /* RFC 8442 */
	};
	for (size_t i = 0; i < ROWS(known); i++)
		assert_string_equal(tls_cipher_name((uint16_t)known[i].value), known[i].text);
	assert_null(tls_cipher_name(0xd004));
}

static void letters_of_alerts_are_counted(void **state)
{
	(void)state;
	struct tls_alert_names names = tls_alert_names();
	assert_int_equal(names.n, ROWS(alerts));
	assert_int_equal(names.n, ROWS(alert_letters));
	for (size_t i = 0; i < names.n; i++) {
		const char *text = names.rows[i].text;
		size_t n = 0;
		for (size_t k = 0; text[k] != '\0'; k++)
			n += text[k] != '_';
		if (names.letters[i] != n)
			fail_msg("%s has %zu letters", text, n);
		assert_true(strlen(text) < 32); /* so many letters that three may be wrong: trace_openssl.c */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_row_counts),
	    cmocka_unit_test(halving_finds_every_row_of_every_size),
	    cmocka_unit_test(tables_ascend),
	    cmocka_unit_test(names_are_single_words_and_differ),
	    cmocka_unit_test(every_value_is_found_or_unknown),
	    cmocka_unit_test(grease_has_no_name),
	    cmocka_unit_test(letters_of_alerts_are_counted),
	    cmocka_unit_test(names_that_the_diagnosis_speaks),
	    cmocka_unit_test(suites_of_each_family),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
