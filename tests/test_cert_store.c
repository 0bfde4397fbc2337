/*
 * The certificate store's cap, PEM among rubbish, MAC addresses in names.
 */
#include "analyzer/cert.h"

#include "dissect/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <openssl/pem.h>

#include "tests/hex.h"

static struct span exact(const void *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return span_of(copy, n);
}

static const struct cert *take_number(struct certs *certs, uint32_t number)
{
	return certs_take(certs, span_of(&number, sizeof number));
}

static void store_is_bounded(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	const struct cert *first = take_number(certs, 0);
	assert_ptr_equal(first, take_number(certs, 0));
	for (uint32_t i = 1; i < LIMIT_CERTIFICATES; i++)
		take_number(certs, i);
	const struct cert *none = take_number(certs, LIMIT_CERTIFICATES);
	assert_false(none->valid || none->has_hash[CERT_DER_SHA256]);
	assert_int_equal(certs_refused(certs), 1);
	certs_give_back(certs, none);
	certs_give_back(certs, NULL);

	certs_give_back(certs, first); /* one of its two references */
	assert_ptr_equal(take_number(certs, LIMIT_CERTIFICATES), none);
	const struct cert *second = take_number(certs, 1), *third = take_number(certs, 2);
	certs_give_back(certs, third);
	certs_give_back(certs, third); /* idle first */
	certs_give_back(certs, second);
	certs_give_back(certs, second); /* idle second */
	const struct cert *fresh = take_number(certs, LIMIT_CERTIFICATES);
	assert_ptr_not_equal(fresh, none); /* took the place of the third */
	assert_ptr_equal(take_number(certs, 1), second);
	assert_ptr_equal(take_number(certs, 2), none);
	assert_ptr_equal(take_number(certs, 0), first);
	assert_int_equal(certs_refused(certs), 3);
	certs_share(certs, second); /* it has two references now, and goes with the last */
	certs_share(certs, NULL);
	certs_share(certs, none);
	certs_give_back(certs, second);
	assert_ptr_equal(take_number(certs, 2), none);
	certs_give_back(certs, second);
	assert_ptr_not_equal(take_number(certs, 2), none);
	certs_free(certs);
}

struct found {
	size_t n, bytes[8];
	uint32_t line[8];
};

static void note_found(void *ctx, struct span der, uint32_t line)
{
	struct found *found = ctx;
	assert_true(found->n < 8);
	found->bytes[found->n] = der.n;
	found->line[found->n++] = line;
}

static void append_pem(BIO *out, const char *label, struct span der, const char *behind)
{
	uint8_t *both = malloc(der.n + strlen(behind) + 1);
	assert_non_null(both);
	memcpy(both, der.p, der.n);
	memcpy(&both[der.n], behind, strlen(behind));
	PEM_write_bio(out, label, "", both, (long)(der.n + strlen(behind)));
	free(both);
}

static void pem_among_rubbish(void **state)
{
	(void)state;
	struct span der = hex_bytes("308200050201050500"); /* no certificate: nobody parses it here */
	BIO *out = BIO_new(BIO_s_mem());
	BIO_puts(out, "subject=x\n-----BEGIN CERTIFICATE-----\nMIIB\n\n");               /* no end */
	append_pem(out, "CERTIFICATE", der, "");                                         /* line 5 */
	BIO_puts(out, "-----BEGIN CERTIFICATE-----\n@@@@\n-----END CERTIFICATE-----\n"); /* no base64 */
	append_pem(out, "EC PARAMETERS", der, "");
	append_pem(out, "X509 CERTIFICATE", der, "");
	BIO_puts(out, "\xff\xfe\n----\n-----BEGIN\n");
	append_pem(out, "TRUSTED CERTIFICATE", der, "trust settings");
	BIO_puts(out, "-----BEGIN CERTIFICATE-----");
	char *text = NULL;
	size_t n = (size_t)BIO_get_mem_data(out, &text);
	struct found found = {.n = 0};
	struct span copy = exact(text, n);
	assert_int_equal(certs_from_pem(copy, note_found, &found), 3);
	assert_int_equal(found.n, 3);
	for (size_t i = 0; i < found.n; i++)
		assert_int_equal(found.bytes[i], der.n);
	assert_int_equal(found.line[0], 5);
	assert_true(found.line[1] > found.line[0] && found.line[2] > found.line[1]);
	for (size_t cut = 0; cut < n; cut += 7) {
		struct span part = exact(copy.p, cut);
		found.n = 0;
		size_t answer = certs_from_pem(part, note_found, &found);
		assert_int_equal(answer, found.n);
		hex_free(part);
	}
	BIO_free(out);
	hex_free(copy);
	hex_free(der);
}

static void macs_in_names(void **state)
{
	(void)state;
	static const struct {
		const char *text, *mac; /* NULL: none */
	} rows[] = {
	    {"C1130-00146a1b3744", "00146a1b3744"},
	    {"00:50:56:9C:34:89", "0050569c3489"},
	    {"cmx 00-50-56-9c-34-89.lan", "0050569c3489"},
	    {"0050.569c.3489", "0050569c3489"},
	    {"0050569c3489", "0050569c3489"},
	    {"mse (0050569c3489)", "0050569c3489"},
	    {"0050569c34890", NULL},
	    {"a0050569c3489", NULL},
	    {"0050569c348", NULL},
	    {"00:50:56-9c:34:89", NULL},
	    {"00:50:56:9c:34:8", NULL},
	    {"00:50:56:9c:34:890", NULL},
	    {"10.10.20.21", NULL},
	    {"", NULL},
	    {"engine", NULL},
	    {"C1130-0014 0050.569c.3489", "0050569c3489"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t mac[6] = {0};
		struct span copy = exact(rows[i].text, strlen(rows[i].text) + 1);
		assert_int_equal(cert_mac((const char *)copy.p, mac), rows[i].mac != NULL);
		hex_free(copy);
		if (rows[i].mac == NULL)
			continue;
		struct span expected = hex_bytes(rows[i].mac);
		assert_memory_equal(mac, expected.p, 6);
		hex_free(expected);
	}
}

static void hashes_have_names(void **state)
{
	(void)state;
	assert_string_equal(cert_hash_name(CERT_SPKI_SHA256), "spki_sha256");
	assert_string_equal(cert_hash_name(CERT_DER_SHA1), "cert_sha1");
	for (enum cert_hash hash = 0; hash < CERT_HASHES; hash++) {
		bool sha1 = strstr(cert_hash_name(hash), "sha1") != NULL;
		assert_int_equal(cert_hash_bytes(hash), sha1 ? 20 : 32);
		assert_int_equal(strstr(cert_hash_label(hash), "SHA-1 ") != NULL, sha1);
	}
}

/* The bytes are there while there is room for them; the facts are there in any case. */
static void bytes_are_bounded(void **state)
{
	(void)state;
	enum { N = LIMIT_CERTIFICATES_BYTES / LIMIT_CERTIFICATE_BYTES };
	static uint8_t der[LIMIT_CERTIFICATE_BYTES + 1];
	static const struct cert *taken[N + 1];
	struct certs *certs = certs_new();
	for (uint32_t i = 0; i <= N; i++) {
		memcpy(der, &i, sizeof i);
		taken[i] = certs_take(certs, span_of(der, LIMIT_CERTIFICATE_BYTES));
		assert_true(taken[i]->has_hash[CERT_DER_SHA256]);
		assert_int_equal(certs_der(certs, taken[i]).n, i < N ? LIMIT_CERTIFICATE_BYTES : 0);
	}
	uint32_t last = N - 1;
	memcpy(der, &last, sizeof last);
	assert_true(span_equal(certs_der(certs, taken[last]), span_of(der, LIMIT_CERTIFICATE_BYTES)));
	certs_give_back(certs, taken[0]); /* makes room when it is needed */
	memset(der, 0xff, sizeof der);
	assert_int_equal(certs_der(certs, certs_take(certs, span_of(der, 100))).n, 100);
	assert_int_equal(certs_der(certs, certs_take(certs, span_of(der, sizeof der))).n, 0); /* too long */
	assert_int_equal(certs_der(certs, certs_take(certs, span_of(der, 0))).n, 0);
	certs_free(certs);
}

static void bytes_of_what_is_not_kept(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	for (uint32_t i = 0; i < LIMIT_CERTIFICATES; i++)
		take_number(certs, i);
	assert_int_equal(certs_der(certs, take_number(certs, LIMIT_CERTIFICATES)).n, 0);
	certs_free(certs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(store_is_bounded),
	    cmocka_unit_test(bytes_are_bounded),
	    cmocka_unit_test(bytes_of_what_is_not_kept),
	    cmocka_unit_test(pem_among_rubbish),
	    cmocka_unit_test(macs_in_names),
	    cmocka_unit_test(hashes_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
