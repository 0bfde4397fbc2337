/* PEM files -> RSA keys, and what they decrypt; see rsa_key.h. Called by run.c and tls_secrets.c. */
#include "analyzer/rsa_key.h"

#include "analyzer/cert.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define FILE_MAX       (256 * 1024)
#define PASSPHRASE_MAX 1024
#define DECRYPTED_MAX  2048 /* bytes of a modulus of 16,384 bits, the longest of OpenSSL */

struct rsa_key {
	EVP_PKEY *key;
	char *name;
	uint8_t hash[RSA_KEY_HASH];
};

struct passphrase {
	char text[PASSPHRASE_MAX];
	size_t n;
};

struct rsa_keys {
	struct rsa_key list[LIMIT_INPUTS];
	uint32_t n;
	struct passphrase passphrases[LIMIT_INPUTS];
	uint32_t n_passphrases;
};

struct rsa_keys *rsa_keys_new(void)
{
	return xcalloc(1, sizeof(struct rsa_keys));
}

void rsa_keys_free(struct rsa_keys *keys)
{
	if (keys == NULL)
		return;
	for (uint32_t i = 0; i < keys->n; i++) {
		EVP_PKEY_free(keys->list[i].key);
		free(keys->list[i].name);
	}
	OPENSSL_cleanse(keys, sizeof *keys);
	free(keys);
}

static void free_text(uint8_t *text, size_t n)
{
	OPENSSL_cleanse(text, n);
	free(text);
}

int rsa_keys_read_passphrase(struct rsa_keys *keys, struct source *source, struct err *err)
{
	uint8_t *text;
	size_t n;
	if (source_slurp(source, FILE_MAX, &text, &n, err) != 0)
		return -1;
	struct rd lines = rd_of(span_of(text, n));
	struct span line = rd_line(&lines);
	bool fits = line.n > 0 && line.n <= PASSPHRASE_MAX && keys->n_passphrases < LIMIT_INPUTS;
	if (fits) {
		struct passphrase *passphrase = &keys->passphrases[keys->n_passphrases++];
		memcpy(passphrase->text, line.p, line.n);
		passphrase->n = line.n;
	}
	free_text(text, n);
	if (!fits)
		return err_set(err,
		               "%.150s holds no passphrase: its first line is to have 1 to %d characters",
		               source->name, PASSPHRASE_MAX);
	return 0;
}

/* What OpenSSL asks for when a key is encrypted. */
struct asked {
	const struct passphrase *passphrase; /* NULL: there is none */
	bool asked;
};

static int answer(char *buffer, int size, int writes, void *ctx)
{
	struct asked *asked = ctx;
	(void)writes;
	asked->asked = true;
	if (asked->passphrase == NULL || asked->passphrase->n > (size_t)size)
		return -1;
	memcpy(buffer, asked->passphrase->text, asked->passphrase->n);
	return (int)asked->passphrase->n;
}

static EVP_PKEY *decode(struct span text, const struct passphrase *passphrase, bool *encrypted)
{
	struct asked asked = {.passphrase = passphrase};
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, answer, &asked) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	*encrypted = asked.asked;
	return key;
}

static EVP_PKEY *decode_with_any(const struct rsa_keys *keys, struct span text, bool *encrypted)
{
	EVP_PKEY *key = decode(text, NULL, encrypted);
	bool again;
	for (uint32_t i = 0; key == NULL && *encrypted && i < keys->n_passphrases; i++)
		key = decode(text, &keys->passphrases[i], &again);
	return key;
}

static bool hash_key(EVP_PKEY *key, uint8_t hash[RSA_KEY_HASH])
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	if (n > 0)
		cert_sha256(span_of(der, (size_t)n), hash);
	OPENSSL_free(der);
	return n > 0;
}

static int refuse(const struct rsa_keys *keys, const char *name, bool encrypted, const EVP_PKEY *key,
                  struct err *err)
{
	if (key != NULL)
		return err_set(err, "%.150s holds no RSA key: only one of RSA decrypts sessions", name);
	if (encrypted && keys->n_passphrases == 0)
		return err_set(
		    err, "the key %.150s is encrypted; give a file with its passphrase with --rsa-key-pass",
		    name);
	if (encrypted)
		return err_set(err, "no passphrase of --rsa-key-pass opens the key %.150s", name);
	return err_set(err, "%.150s holds no private key that can be read; give PEM, PKCS#1 or PKCS#8", name);
}

int rsa_keys_read(struct rsa_keys *keys, struct source *source, struct err *err)
{
	uint8_t *text;
	size_t n;
	bool encrypted = false;
	if (source_slurp(source, FILE_MAX, &text, &n, err) != 0)
		return -1;
	EVP_PKEY *key = decode_with_any(keys, span_of(text, n), &encrypted);
	free_text(text, n);
	struct rsa_key *to = &keys->list[keys->n < LIMIT_INPUTS ? keys->n : 0];
	if (key == NULL || keys->n == LIMIT_INPUTS || EVP_PKEY_is_a(key, "RSA") != 1 ||
	    !hash_key(key, to->hash)) {
		int result = refuse(keys, source->name, encrypted, key, err);
		EVP_PKEY_free(key);
		return result;
	}
	to->key = key;
	to->name = xstrdup(source->name);
	keys->n++;
	return 0;
}

uint32_t rsa_keys_count(const struct rsa_keys *keys)
{
	return keys != NULL ? keys->n : 0;
}

const char *rsa_keys_name(const struct rsa_keys *keys, uint32_t which)
{
	return keys->list[which].name;
}

const uint8_t *rsa_keys_hash(const struct rsa_keys *keys, uint32_t which)
{
	return keys->list[which].hash;
}

bool rsa_keys_decrypt(const struct rsa_keys *keys, uint32_t which, struct span encrypted, uint8_t *out,
                      size_t n)
{
	uint8_t all[DECRYPTED_MAX];
	size_t got = sizeof all;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, keys->list[which].key, NULL);
	bool done = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	            EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	            EVP_PKEY_decrypt(ctx, all, &got, encrypted.p, encrypted.n) == 1 && got == n;
	if (done)
		memcpy(out, all, n);
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_cleanse(all, sizeof all);
	ERR_clear_error();
	return done;
}
