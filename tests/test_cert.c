/*
 * Certificates made here with OpenSSL, their facts and hashes computed a second way; the published key
 * hash; damage.
 */
#include "analyzer/cert.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/hex.h"

/* The "Key Data" of Cisco document 70341, and the "SSC Key Hash" printed beside it. */
static const char cisco_key[] =
    "30820122300d06092a864886f70d01010105000382010f003082010a0282010100c805cd7d406ea0cad8df69b366fd4c"
    "82fc0df039f2bff7ad425fa7face8f15f356a6b39b87625143b95a3449292e11038181eb058c782e56f0ad912d61a389"
    "f81fa6cecd1f400bb5cf7cef06ba4375dde0648ec4d63259774ce74e9e2fde190f463f9ec77b79ea65d8639bd63aa0e3"
    "7dd485db251e2e079cd31041b0734a55463fbacc1a61502dc54e75f26d28fc6b82315490881e3e3102d371407c9c865a"
    "9ef3311bd514795f7a9bac00d13ff85f97e1a693f9f6c5cb88053e8b7fae6d67ca364f6f76cf78bcbc1acc130d334aa6"
    "031fb2a3b5e572df2c831e7ef765b7e5fe64641fde2a6fe3233117568302b8b81bfae1a8eb076940280cbed149b2d50f"
    "f70203010001";
static const char cisco_hash[] = "9e4ddd8dfcdd8458ba7b273fc37284b31a384eb9";

/* What a certificate is made of; zero means: signed by its own key, its subject as issuer, SHA-256. */
struct recipe {
	EVP_PKEY *key;
	const char *subject, *issuer;
	EVP_PKEY *signer;
	const EVP_MD *md;
	const char *not_before, *not_after; /* raw time */
};

static EVP_PKEY *rsa; /* made once: the tests need a key, not a fresh one */

static X509_NAME *name_of(const char *common_name)
{
	X509_NAME *name = X509_NAME_new();
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Cisco", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0);
	return name;
}

static struct span exact(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return span_of(copy, n);
}

static struct span make_with(const struct recipe *recipe, void (*change)(X509 *))
{
	X509 *x509 = X509_new();
	X509_NAME *subject = name_of(recipe->subject);
	X509_NAME *issuer = name_of(recipe->issuer != NULL ? recipe->issuer : recipe->subject);
	uint8_t *der = NULL;
	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x1a2b3c);
	X509_set_subject_name(x509, subject);
	X509_set_issuer_name(x509, issuer);
	ASN1_TIME_set_string(X509_getm_notBefore(x509), "150102030405Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x509), "20500102030405Z");
	if (recipe->not_before != NULL)
		ASN1_STRING_set(X509_getm_notBefore(x509), recipe->not_before, -1);
	if (recipe->not_after != NULL)
		ASN1_STRING_set(X509_getm_notAfter(x509), recipe->not_after, -1);
	X509_set_pubkey(x509, recipe->key);
	if (change != NULL)
		change(x509);
	EVP_PKEY *signer = recipe->signer != NULL ? recipe->signer : recipe->key;
	bool own_digest = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
	const EVP_MD *md = recipe->md != NULL ? recipe->md : EVP_sha256();
	assert_true(X509_sign(x509, signer, own_digest ? NULL : md) > 0);
	int n = i2d_X509(x509, &der);
	assert_true(n > 0);
	struct span copy = exact(der, (size_t)n);
	OPENSSL_free(der);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	X509_free(x509);
	return copy;
}

static struct span make(const struct recipe *recipe)
{
	return make_with(recipe, NULL);
}

/* The facts of a certificate that the test does not need any more; the store is the caller's. */
static const struct cert *take(struct certs *certs, struct span der)
{
	const struct cert *cert = certs_take(certs, der);
	hex_free(der);
	return cert;
}

static void assert_digest(const struct cert *cert, enum cert_hash hash, const EVP_MD *md, struct span bytes)
{
	uint8_t expected[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	assert_int_equal(EVP_Digest(bytes.p, bytes.n, expected, &n, md, NULL), 1);
	assert_int_equal(n, cert_hash_bytes(hash));
	assert_true(cert->has_hash[hash]);
	assert_memory_equal(cert->hash[hash], expected, n);
}

static void published_key_hash(void **state)
{
	(void)state;
	struct span key = hex_bytes(cisco_key), expected = hex_bytes(cisco_hash);
	uint8_t digest[20];
	assert_int_equal(key.n, 294);
	cert_sha1(key, digest);
	assert_memory_equal(digest, expected.p, sizeof digest);

	struct certs *certs = certs_new();
	const uint8_t *at = key.p;
	EVP_PKEY *public = d2i_PUBKEY(NULL, &at, (long)key.n);
	struct recipe recipe = {.key = public, .subject = "C1130-00146a1b3744", .signer = rsa};
	const struct cert *cert = take(certs, make(&recipe));
	assert_memory_equal(cert->hash[CERT_SPKI_SHA1], expected.p, sizeof digest);
	assert_string_equal(cert->key, "RSA 2048");
	assert_true(cert->has_mac);
	assert_memory_equal(cert->mac, "\x00\x14\x6a\x1b\x37\x44", 6);
	certs_free(certs);
	EVP_PKEY_free(public);
	hex_free(key);
	hex_free(expected);
}

/* Where the document's bytes lie beside the project, they are the ones above. */
static void published_key_as_filed(void **state)
{
	(void)state;
	FILE *file = fopen("../shared/data/cisco-70341-key.hex", "r");
	if (file == NULL) {
		print_message("LEFT OUT: no published key here\n");
		return;
	}
	size_t n = 0;
	for (int c = fgetc(file); c != EOF; c = fgetc(file))
		if (c != '\n')
			assert_int_equal(c, cisco_key[n++]);
	fclose(file);
	assert_int_equal(n, sizeof cisco_key - 1);
}

static void hashes_as_openssl_encodes(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct recipe recipe = {.key = rsa, .subject = "cmx-00:50:56:9c:34:89"};
	struct span der = make(&recipe);
	const struct cert *cert = certs_take(certs, der);
	uint8_t *spki = NULL, *pkcs1 = NULL;
	int n_spki = i2d_PUBKEY(rsa, &spki), n_pkcs1 = i2d_PublicKey(rsa, &pkcs1);
	assert_true(cert->valid && n_spki > 0 && n_pkcs1 > 0);
	assert_digest(cert, CERT_SPKI_SHA1, EVP_sha1(), span_of(spki, (size_t)n_spki));
	assert_digest(cert, CERT_SPKI_SHA256, EVP_sha256(), span_of(spki, (size_t)n_spki));
	assert_digest(cert, CERT_PKCS1_SHA1, EVP_sha1(), span_of(pkcs1, (size_t)n_pkcs1));
	assert_digest(cert, CERT_PKCS1_SHA256, EVP_sha256(), span_of(pkcs1, (size_t)n_pkcs1));
	assert_digest(cert, CERT_DER_SHA1, EVP_sha1(), der);
	assert_digest(cert, CERT_DER_SHA256, EVP_sha256(), der);
	uint8_t digest[32];
	cert_sha256(der, digest);
	assert_memory_equal(digest, cert->hash[CERT_DER_SHA256], 32);
	OPENSSL_free(spki);
	OPENSSL_free(pkcs1);
	certs_free(certs);
	hex_free(der);
}

static void facts_are_read(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct recipe recipe = {.key = rsa, .subject = "engine\n\x1b[31m\xc3\xa9"};
	const struct cert *cert = take(certs, make(&recipe));
	assert_string_equal(cert->subject, "CN=engine\\0A\\1B[31m\\C3\\A9,O=Cisco");
	assert_string_equal(cert->issuer, cert->subject);
	assert_string_equal(cert->common_name, "engine\n\x1b[31m\xc3\xa9");
	assert_string_equal(cert->serial, "1a2b3c");
	assert_string_equal(cert->signature, "sha256WithRSAEncryption");
	assert_true(cert->has_dates);
	assert_int_equal(cert->not_before, 1420167845); /* 2015-01-02 03:04:05 */
	assert_int_equal(cert->not_after, 2524705445);  /* 2050-01-02 03:04:05 */
	assert_false(cert->has_mac);
	certs_free(certs);
}

static void odd_dates_are_marked(void **state)
{
	(void)state;
	static const char *const odd[] = {"", "x", "991332000000Z", "150102", "\xff\xff"};
	struct certs *certs = certs_new();
	for (size_t i = 0; i < 2 * (sizeof odd / sizeof *odd); i++) {
		struct recipe recipe = {.key = rsa, .subject = "engine"};
		*(i % 2 == 0 ? &recipe.not_before : &recipe.not_after) = odd[i / 2];
		const struct cert *cert = take(certs, make(&recipe));
		assert_true(cert->valid);
		assert_false(cert->has_dates);
		assert_true(cert->not_before == 0 && cert->not_after == 0);
	}
	certs_free(certs);
}

static void odd_serial(X509 *x509)
{
	uint8_t long_serial[200];
	memset(long_serial, 0x7f, sizeof long_serial);
	ASN1_STRING_set(X509_get_serialNumber(x509), long_serial, sizeof long_serial);
	X509_get_serialNumber(x509)->type = V_ASN1_NEG_INTEGER;
}

static void odd_name(X509 *x509)
{
	char text[1000];
	memset(text, 'x', sizeof text);
	text[3] = 0;
	X509_NAME *name = X509_NAME_new();
	X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING, (uint8_t *)text, sizeof text, -1,
	                           0);
	X509_set_subject_name(x509, name);
	X509_NAME_free(name);
}

static void long_values_are_cut(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct recipe recipe = {.key = rsa, .subject = "engine"};
	const struct cert *cert = take(certs, make_with(&recipe, odd_serial));
	assert_int_equal(strlen(cert->serial), 43);
	assert_memory_equal(cert->serial, "-7f7f", 5);
	cert = take(certs, make_with(&recipe, odd_name));
	assert_int_equal(strlen(cert->common_name), sizeof cert->common_name - 1);
	assert_memory_equal(cert->common_name, "xxx?xxx", 7);
	assert_int_equal(strlen(cert->subject), sizeof cert->subject - 1);
	assert_memory_equal(cert->subject, "CN=xxx\\00xxx", 12);
	certs_free(certs);
}

static EVP_PKEY *dsa_key(void)
{
	EVP_PKEY *parameters = NULL, *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
	EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024);
	assert_int_equal(EVP_PKEY_paramgen(ctx, &parameters), 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
	EVP_PKEY_keygen_init(ctx);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(parameters);
	return key;
}

static void keys_are_named(void **state)
{
	(void)state;
	struct {
		EVP_PKEY *key;
		const char *name, *signature;
		unsigned bits;
	} rows[] = {
	    {EVP_RSA_gen(1024), "RSA 1024", "sha256WithRSAEncryption", 1024},
	    {EVP_EC_gen("P-256"), "EC P-256", "ecdsa-with-SHA256", 256},
	    {EVP_EC_gen("secp384r1"), "EC P-384", "ecdsa-with-SHA256", 384},
	    {EVP_EC_gen("secp256k1"), "EC secp256k1", "ecdsa-with-SHA256", 256},
	    {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "Ed25519", "ED25519", 256},
	    {dsa_key(), "DSA 1024", "dsa_with_SHA256", 1024},
	};
	struct certs *certs = certs_new();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct recipe recipe = {.key = rows[i].key, .subject = "engine"};
		const struct cert *cert = take(certs, make(&recipe));
		assert_string_equal(cert->key, rows[i].name);
		assert_string_equal(cert->signature, rows[i].signature);
		assert_true(cert->self_signed);
		assert_true(cert->has_hash[CERT_SPKI_SHA256]);
		assert_int_equal(cert->has_hash[CERT_PKCS1_SHA1], i == 0);
		assert_int_equal(cert->has_hash[CERT_PKCS1_SHA256], i == 0);
		if (i != 4) /* Ed25519: 253 or 256, by OpenSSL's version */
			assert_int_equal(cert->key_bits, rows[i].bits);
		EVP_PKEY_free(rows[i].key);
	}
	certs_free(certs);
}

static void types_are_told(void **state)
{
	(void)state;
	EVP_PKEY *other = EVP_EC_gen("P-256"), *other_rsa = EVP_RSA_gen(1024);
	const struct {
		struct recipe recipe;
		bool self_signed;
		const char *type;
	} rows[] = {
	    {{.key = rsa, .subject = "engine"}, true, "ssc"},
	    {{.key = rsa, .subject = "engine", .md = EVP_sha1()}, true, "ssc"},
	    {{.key = rsa, .subject = "engine", .md = EVP_md5()}, true, "ssc"},
	    {{.key = rsa, .subject = "engine", .signer = other}, false, "lsc"},
	    {{.key = rsa, .subject = "engine", .signer = other_rsa}, false, "lsc"},
	    {{.key = rsa, .subject = "engine", .issuer = "Some CA", .signer = other}, false, "lsc"},
	    {{.key = rsa, .subject = "x", .issuer = "Cisco Manufacturing CA SHA2", .signer = other},
	     false,
	     "mic"},
	    {{.key = rsa, .subject = "x", .issuer = "ACT2 SUDI CA", .signer = other}, false, "mic"},
	    {{.key = rsa, .subject = "x", .issuer = "Airespace Inc", .signer = other}, false, "mic"},
	};
	struct certs *certs = certs_new();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct cert *cert = take(certs, make(&rows[i].recipe));
		assert_int_equal(cert->self_signed, rows[i].self_signed);
		assert_string_equal(cert_type_name(cert->type), rows[i].type);
	}
	certs_free(certs);
	EVP_PKEY_free(other);
	EVP_PKEY_free(other_rsa);
}

/* The two places where the signature algorithm stands, changed to one that is not known. */
static void unknown_signature(void **state)
{
	(void)state;
	static const uint8_t sha256_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
	struct certs *certs = certs_new();
	struct recipe recipe = {.key = rsa, .subject = "engine"};
	struct span der = make(&recipe);
	uint8_t *bytes = (uint8_t *)(uintptr_t)der.p;
	unsigned changed = 0;
	for (size_t i = 0; i + sizeof sha256_rsa <= der.n; i++)
		if (memcmp(&bytes[i], sha256_rsa, sizeof sha256_rsa) == 0) {
			bytes[i + sizeof sha256_rsa - 1] = 0x7f;
			changed++;
		}
	assert_int_equal(changed, 2);
	const struct cert *cert = take(certs, der);
	assert_string_equal(cert->signature, "1.2.840.113549.1.1.127");
	assert_true(cert->self_signed);
	certs_free(certs);
}

static void damage_is_refused(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct recipe recipe = {.key = rsa, .subject = "engine"};
	struct span der = make(&recipe);
	for (size_t n = 0; n < der.n; n++) {
		struct span cut = exact(der.p, n);
		const struct cert *cert = certs_take(certs, cut);
		assert_false(cert->valid);
		assert_digest(cert, CERT_DER_SHA1, EVP_sha1(), cut);
		assert_digest(cert, CERT_DER_SHA256, EVP_sha256(), cut);
		assert_false(cert->has_hash[CERT_SPKI_SHA256] || cert->has_hash[CERT_PKCS1_SHA1]);
		certs_give_back(certs, cert);
		hex_free(cut);
	}
	uint8_t *longer = malloc(der.n + 1);
	assert_non_null(longer);
	memcpy(longer, der.p, der.n);
	longer[der.n] = 0;
	assert_false(certs_take(certs, span_of(longer, der.n + 1))->valid);
	assert_true(certs_take(certs, span_of(longer, der.n))->valid);
	for (size_t i = 0; i < der.n; i++) { /* whatever it says, it says it without harm */
		longer[i] ^= 0x55;
		certs_give_back(certs, certs_take(certs, span_of(longer, der.n)));
		longer[i] ^= 0x55;
	}
	free(longer);
	certs_free(certs);
	hex_free(der);
}

static int make_key(void **state)
{
	(void)state;
	rsa = EVP_RSA_gen(2048);
	return rsa == NULL;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_key_hash),
	    cmocka_unit_test(published_key_as_filed),
	    cmocka_unit_test(hashes_as_openssl_encodes),
	    cmocka_unit_test(facts_are_read),
	    cmocka_unit_test(odd_dates_are_marked),
	    cmocka_unit_test(long_values_are_cut),
	    cmocka_unit_test(keys_are_named),
	    cmocka_unit_test(types_are_told),
	    cmocka_unit_test(unknown_signature),
	    cmocka_unit_test(damage_is_refused),
	};
	return cmocka_run_group_tests(tests, make_key, free_key);
}
