/*
 * Openers: keys of one direction, and where in its records they stand. Called by tls_keys; tls_open.c opens
 * the records.
 *
 * The contexts of OpenSSL are made once and keyed anew. Never guesses: which keys are live, and which
 * sequence number a record has, the caller knows.
 */
#include "analyzer/tls_crypto.h"

#include "analyzer/tls_kdf.h"
#include "analyzer/tls_key_block.h"
#include "analyzer/tls_opener.h"
#include "analyzer/xmalloc.h"

#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdlib.h>

#define STREAM_PIECE 4096

/* NULL: not there. */
struct tls_providers {
	OSSL_PROVIDER *normal, *legacy;
};

/* ---- OpenSSL's memory: it does not wipe all that held a secret, as the text of a private key ---------------- */

static void *crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 ? malloc(n) : NULL;
}

static void crypto_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	if (block != NULL)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

static void *crypto_realloc(void *block, size_t n, const char *file, int line)
{
	size_t room = block != NULL ? malloc_usable_size(block) : 0;
	if (n > 0 && n <= room)
		return block;
	void *grown = crypto_malloc(n, file, line);
	if (grown == NULL && n > 0)
		return NULL; /* and the block stays */
	if (grown != NULL && room > 0)
		memcpy(grown, block, room);
	crypto_free(block, file, line);
	return grown;
}

bool tls_crypto_wipe_freed(void)
{
	return CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1;
}

/* ---- providers -------------------------------------------------------------------------------------- */

/* Once a provider was asked for, the default one does not come by itself. */
struct tls_providers *tls_crypto_load(void)
{
	struct tls_providers *providers = xcalloc(1, sizeof *providers);
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	providers->normal = OSSL_PROVIDER_load(NULL, "default");
	providers->legacy = OSSL_PROVIDER_load(NULL, "legacy");
	return providers;
}

void tls_crypto_unload(struct tls_providers *providers)
{
	if (providers == NULL)
		return;
	OSSL_PROVIDER_unload(providers->legacy);
	OSSL_PROVIDER_unload(providers->normal);
	free(providers);
}

bool tls_crypto_has_legacy(void)
{
	return OSSL_PROVIDER_available(NULL, "legacy") == 1;
}

/* ---- keys ------------------------------------------------------------------------------------------- */

struct tls_opener *tls_opener_new(void)
{
	struct tls_opener *opener = xcalloc(1, sizeof *opener);
	opener->cipher = EVP_CIPHER_CTX_new();
	if (opener->cipher == NULL)
		abort();
	return opener;
}

void tls_opener_unkey(struct tls_opener *opener)
{
	EVP_CIPHER_CTX_reset(opener->cipher);
	tls_gcm_free(opener->gcm);
	EVP_MAC_CTX_free(opener->mac);
	opener->gcm = NULL;
	opener->mac = NULL;
	opener->suite = NULL;
	OPENSSL_cleanse(opener->iv, sizeof opener->iv);
	keylog_wipe(&opener->traffic);
}

void tls_opener_free(struct tls_opener *opener)
{
	if (opener == NULL)
		return;
	tls_opener_unkey(opener);
	EVP_CIPHER_CTX_free(opener->cipher);
	free(opener);
}

bool tls_opener_keyed(const struct tls_opener *opener)
{
	return opener->suite != NULL;
}

struct tls_amount tls_opener_done(const struct tls_opener *opener)
{
	return opener->done;
}

void tls_opener_set_sequence(struct tls_opener *opener, uint64_t sequence)
{
	opener->done.records = sequence;
	opener->iv_sure = false;
}

void tls_opener_pass_stream(struct tls_opener *opener, uint64_t bytes)
{
	uint8_t piece[STREAM_PIECE] = {0};
	int n;
	while (bytes > 0) {
		size_t now = bytes < sizeof piece ? (size_t)bytes : sizeof piece;
		EVP_DecryptUpdate(opener->cipher, piece, &n, piece, (int)now);
		bytes -= now;
	}
	OPENSSL_cleanse(piece, sizeof piece);
}

void tls_opener_skip(struct tls_opener *opener, struct tls_amount amount)
{
	if (amount.records > 0)
		opener->iv_sure = false;
	opener->done.records += amount.records;
	opener->done.bytes += amount.bytes;
	if (opener->suite->cipher->mode == TLS_MODE_STREAM)
		tls_opener_pass_stream(opener, amount.bytes);
}

void tls_opener_set_tail(struct tls_opener *opener, const uint8_t tail[TLS_TAIL])
{
	size_t mac = opener->encrypt_then_mac ? opener->suite->mac->bytes : 0;
	size_t block = opener->suite->cipher->block_bytes;
	if (block == 0 || opener->explicit_bytes > 0 || mac + block > TLS_TAIL)
		return; /* a suite with a longer MAC is none of TLS 1.0, whatever a hello says */
	memcpy(opener->iv, &tail[TLS_TAIL - mac - block], block);
	opener->iv_sure = true;
}

bool tls_suite_computable(const struct tls_suite *suite)
{
	if (suite->cipher->name == NULL)
		return true;
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, suite->cipher->name, NULL);
	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	return cipher != NULL;
}

static bool init_cipher(EVP_CIPHER_CTX *ctx, const struct tls_cipher *row)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, row->name, NULL);
	bool done = cipher != NULL && EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1;
	EVP_CIPHER_free(cipher);
	if (!done)
		return false;
	if (row->mode == TLS_MODE_CBC)
		return EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	if (row->mode == TLS_MODE_STREAM)
		return true;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, TLS_NONCE, NULL) != 1)
		return false;
	/* CCM mixes the tag's length into everything, so it must be known before the key is. */
	return row->mode != TLS_MODE_CCM ||
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)row->tag_bytes, NULL) == 1;
}

static EVP_MAC_CTX *new_mac(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	return ctx;
}

static bool key_mac(struct tls_opener *opener, const struct tls_hash *hash, struct span key)
{
	if (opener->mac == NULL)
		opener->mac = new_mac();
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash->name, 0),
	    OSSL_PARAM_construct_end(),
	};
	return opener->mac != NULL && EVP_MAC_init(opener->mac, key.p, key.n, params) == 1;
}

/* The cipher is only set up again when it is another one. */
static bool key_cipher(struct tls_opener *opener, const struct tls_cipher *cipher, bool same, struct span key)
{
	tls_gcm_free(opener->gcm);
	opener->gcm = NULL;
	if (!same)
		EVP_CIPHER_CTX_reset(opener->cipher);
	switch (cipher->mode) {
	case TLS_MODE_NULL:
		return true;
	case TLS_MODE_GCM_OF_BLOCKS:
		opener->gcm = tls_gcm_new(cipher->name, key);
		return opener->gcm != NULL;
	default:
		return (same || init_cipher(opener->cipher, cipher)) &&
		       EVP_DecryptInit_ex2(opener->cipher, NULL, key.p, NULL, NULL) == 1;
	}
}

/* The part of the nonces that no record of TLS 1.2 says. Above it the whole nonce is set for each record. */
static bool fix_iv(struct tls_opener *opener, const struct tls_suite *suite, struct span iv)
{
	if (suite->tls13 || suite->mac != NULL || opener->gcm != NULL)
		return true;
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, (void *)(uintptr_t)iv.p,
	                                      iv.n),
	    OSSL_PARAM_construct_end(),
	};
	return EVP_CIPHER_CTX_set_params(opener->cipher, params) == 1;
}

/* Gives the contexts their keys. */
static int load(struct tls_opener *opener, const struct tls_suite *suite, const struct tls_key_part *keys)
{
	if (!key_cipher(opener, suite->cipher, opener->suite == suite, keys->key) ||
	    !fix_iv(opener, suite, keys->iv) ||
	    (suite->mac != NULL && !key_mac(opener, suite->mac, keys->mac))) {
		tls_opener_unkey(opener);
		return -1;
	}
	opener->suite = suite;
	opener->done = (struct tls_amount){0};
	opener->iv_sure = true;
	if (keys->iv.n > 0)
		memcpy(opener->iv, keys->iv.p, keys->iv.n);
	return 0;
}

int tls_opener_key_12(struct tls_opener *opener, const struct tls_key_block *block, bool encrypt_then_mac,
                      bool from_client)
{
	struct tls_key_part part = tls_key_block_part(block, from_client);
	opener->explicit_bytes = tls_suite_explicit_bytes(block->suite, block->version);
	opener->encrypt_then_mac = encrypt_then_mac && block->suite->cipher->mode == TLS_MODE_CBC;
	return load(opener, block->suite, &part);
}

int tls_opener_key_13(struct tls_opener *opener, const struct tls_suite *suite,
                      const struct keylog_secret *secret)
{
	if (!suite->tls13 || secret->n != suite->hash->bytes)
		return -1;
	uint8_t key[TLS_KEY_MAX], iv[TLS_NONCE];
	struct span from = span_of(secret->bytes, secret->n);
	const struct tls_key_part keys = {.key = span_of(key, suite->cipher->key_bytes),
	                                  .iv = span_of(iv, sizeof iv)};
	int result = -1;
	if (tls_kdf_expand_label(suite->hash->name, from, "key", key, keys.key.n) == 0 &&
	    tls_kdf_expand_label(suite->hash->name, from, "iv", iv, sizeof iv) == 0)
		result = load(opener, suite, &keys);
	if (result == 0)
		opener->traffic = *secret;
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(iv, sizeof iv);
	return result;
}

int tls_opener_after_update_13(struct tls_opener *next, const struct tls_opener *opener)
{
	if (opener->suite == NULL || !opener->suite->tls13)
		return -1;
	struct keylog_secret secret = {.n = opener->traffic.n};
	int result =
	    tls_kdf_expand_label(opener->suite->hash->name, span_of(opener->traffic.bytes, opener->traffic.n),
	                         "traffic upd", secret.bytes, secret.n);
	if (result == 0)
		result = tls_opener_key_13(next, opener->suite, &secret);
	keylog_wipe(&secret);
	return result;
}

int tls_opener_update_13(struct tls_opener *opener)
{
	return tls_opener_after_update_13(opener, opener);
}
