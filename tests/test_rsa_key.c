/* Private keys in files: the forms that are read, what is refused and how, and what a key decrypts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/cert.h"
#include "analyzer/rsa_key.h"

enum { PREMASTER = 48, BITS = 1024 };

static EVP_PKEY *key, *other, *elliptic;
static char path[] = "/tmp/nmspscope-test-XXXXXX";

static char secret[] = "a pass phrase";

static FILE *rewrite(void)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void put_text(const char *text)
{
	FILE *file = rewrite();
	fputs(text, file);
	fclose(file);
}

static void put_pkcs8(const EVP_PKEY *from, const EVP_CIPHER *cipher)
{
	FILE *file = rewrite();
	assert_int_equal(PEM_write_PKCS8PrivateKey(file, from, cipher, cipher != NULL ? secret : NULL,
	                                           cipher != NULL ? (int)strlen(secret) : 0, NULL, NULL),
	                 1);
	fclose(file);
}

/* "BEGIN RSA PRIVATE KEY", also with "Proc-Type: 4,ENCRYPTED". */
static void put_pkcs1(const EVP_PKEY *from, const EVP_CIPHER *cipher)
{
	FILE *file = rewrite();
	BIO *bio = BIO_new_fp(file, BIO_NOCLOSE);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(
	                     bio, from, cipher, cipher != NULL ? (unsigned char *)secret : NULL,
	                     cipher != NULL ? (int)strlen(secret) : 0, NULL, NULL),
	                 1);
	BIO_free(bio);
	fclose(file);
}

static int read_it(struct rsa_keys *keys, struct err *err)
{
	struct source source;
	assert_int_equal(source_open(&source, path, err), 0);
	return rsa_keys_read(keys, &source, err);
}

static int read_passphrase(struct rsa_keys *keys, const char *text, struct err *err)
{
	struct source source;
	put_text(text);
	assert_int_equal(source_open(&source, path, err), 0);
	return rsa_keys_read_passphrase(keys, &source, err);
}

static size_t encrypt_for(EVP_PKEY *to, const uint8_t *plain, size_t n, uint8_t out[BITS / 8])
{
	size_t length = BITS / 8;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, to, NULL);
	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &length, plain, n), 1);
	EVP_PKEY_CTX_free(ctx);
	return length;
}

/* Key number `which` opens what was encrypted for `from`. */
static bool decrypts(const struct rsa_keys *keys, uint32_t which, EVP_PKEY *from)
{
	uint8_t plain[PREMASTER] = {3, 3, 7}, sealed[BITS / 8], got[PREMASTER] = {0};
	size_t n = encrypt_for(from, plain, sizeof plain, sealed);
	return rsa_keys_decrypt(keys, which, span_of(sealed, n), got, sizeof got) &&
	       memcmp(got, plain, sizeof plain) == 0;
}

static void is_read(const char *passphrase)
{
	struct rsa_keys *keys = rsa_keys_new();
	struct err err = {.text = ""};
	char *kept = NULL;
	if (passphrase != NULL) { /* the same path serves for both */
		FILE *file = fopen(path, "r");
		kept = calloc(1, 8192);
		assert_true(file != NULL && kept != NULL && fread(kept, 1, 8191, file) > 0);
		fclose(file);
		assert_int_equal(read_passphrase(keys, "another one\n", &err), 0);
		assert_int_equal(read_passphrase(keys, passphrase, &err), 0);
		put_text(kept);
		free(kept);
	}
	if (read_it(keys, &err) != 0)
		fail_msg("%s", err.text);
	uint8_t hash[RSA_KEY_HASH], *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	cert_sha256(span_of(der, (size_t)n), hash);
	OPENSSL_free(der);
	assert_int_equal(rsa_keys_count(keys), 1);
	assert_string_equal(rsa_keys_name(keys, 0), path);
	assert_memory_equal(rsa_keys_hash(keys, 0), hash, sizeof hash);
	assert_true(decrypts(keys, 0, key));
	assert_false(decrypts(keys, 0, other));
	rsa_keys_free(keys);
}

static void forms(void **state)
{
	(void)state;
	put_pkcs8(key, NULL);
	is_read(NULL);
	put_pkcs1(key, NULL);
	is_read(NULL);
	put_pkcs8(key, EVP_aes_256_cbc());
	is_read("a pass phrase\n");
	put_pkcs8(key, EVP_aes_256_cbc());
	is_read("a pass phrase\r\nand more\n");
	put_pkcs1(key, EVP_aes_128_cbc());
	is_read("a pass phrase");
}

static void is_refused(const char *says)
{
	struct rsa_keys *keys = rsa_keys_new();
	struct err err = {.text = ""};
	assert_int_equal(read_it(keys, &err), -1);
	if (strstr(err.text, says) == NULL || strstr(err.text, path) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", err.text, says);
	assert_int_equal(rsa_keys_count(keys), 0);
	rsa_keys_free(keys);
}

static void refused(void **state)
{
	(void)state;
	put_text("");
	is_refused("holds no private key");
	put_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	is_refused("holds no private key");
	put_pkcs8(elliptic, NULL);
	is_refused("holds no RSA key");
	put_pkcs8(key, EVP_aes_256_cbc());
	is_refused("is encrypted; give a file with its passphrase with --rsa-key-pass");
}

static void wrong_passphrases(void **state)
{
	(void)state;
	struct rsa_keys *keys = rsa_keys_new();
	struct err err = {.text = ""};
	assert_int_equal(read_passphrase(keys, "", &err), -1);
	assert_non_null(strstr(err.text, "holds no passphrase"));
	assert_int_equal(read_passphrase(keys, "\nsecond line\n", &err), -1);
	assert_int_equal(read_passphrase(keys, "wrong\n", &err), 0);
	put_pkcs1(key, EVP_aes_128_cbc());
	assert_int_equal(read_it(keys, &err), -1);
	assert_non_null(strstr(err.text, "no passphrase of --rsa-key-pass opens"));
	rsa_keys_free(keys);
}

static void several(void **state)
{
	(void)state;
	struct rsa_keys *keys = rsa_keys_new();
	struct err err = {.text = ""};
	put_pkcs8(key, NULL);
	assert_int_equal(read_it(keys, &err), 0);
	put_pkcs8(other, NULL);
	assert_int_equal(read_it(keys, &err), 0);
	assert_true(decrypts(keys, 0, key) && decrypts(keys, 1, other));
	assert_false(decrypts(keys, 1, key));
	rsa_keys_free(keys);
	assert_int_equal(rsa_keys_count(NULL), 0);
	rsa_keys_free(NULL);
}

/* What does not decrypt to so many bytes gives none. */
static void other_lengths(void **state)
{
	(void)state;
	struct rsa_keys *keys = rsa_keys_new();
	struct err err = {.text = ""};
	uint8_t plain[PREMASTER + 1] = {3, 3}, sealed[BITS / 8 + 1] = {0}, got[PREMASTER] = {0};
	put_pkcs8(key, NULL);
	assert_int_equal(read_it(keys, &err), 0);
	for (size_t n = 0; n <= sizeof plain; n += PREMASTER + 1) {
		size_t length = encrypt_for(key, plain, n, sealed);
		assert_false(rsa_keys_decrypt(keys, 0, span_of(sealed, length), got, sizeof got));
	}
	for (size_t n = 0; n <= sizeof sealed; n++)
		if (n != BITS / 8)
			assert_false(rsa_keys_decrypt(keys, 0, span_of(sealed, n), got, sizeof got));
	rsa_keys_free(keys);
}

static int set_up(void **state)
{
	(void)state;
	key = EVP_RSA_gen(BITS);
	other = EVP_RSA_gen(BITS);
	elliptic = EVP_EC_gen("P-256");
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(elliptic);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),   cmocka_unit_test(refused),       cmocka_unit_test(wrong_passphrases),
	    cmocka_unit_test(several), cmocka_unit_test(other_lengths),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
