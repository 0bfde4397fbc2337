/*
 * Key derivation of TLS over OpenSSL's HMAC: its EVP_KDF copies contexts a hundred times for one key block, and
 * sessions are many. Called by tls_crypto.c and tls_secrets.c, a few times per session: what it fetches it lets go
 * again. Keeps nothing; the caller wipes what it got.
 */
#include "analyzer/tls_kdf.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>

#define LABEL_PREFIX "tls13 "
#define LABEL_MAX    18 /* with the prefix */
#define PARTS        3  /* of a text that is hashed, at most */

/* HMAC with this key, RFC 2104; NULL when this OpenSSL does not offer the digest. */
static EVP_MAC_CTX *new_hmac(const char *digest, struct span key)
{
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_init(ctx, key.p, key.n, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* Of the parts one behind the other: the bytes of the digest, 0 when it fails. */
static size_t hmac(EVP_MAC_CTX *ctx, const struct span parts[PARTS], uint8_t out[EVP_MAX_MD_SIZE])
{
	size_t n = 0;
	bool done = EVP_MAC_init(ctx, NULL, 0, NULL) == 1;
	for (size_t i = 0; i < PARTS && done; i++)
		done = EVP_MAC_update(ctx, parts[i].p, parts[i].n) == 1;
	return done && EVP_MAC_final(ctx, out, &n, EVP_MAX_MD_SIZE) == 1 ? n : 0;
}

/* Lays P_hash(secret, label + seed) over `out`, with XOR. RFC 5246 section 5. */
static bool lay_p_hash(const char *digest, struct span secret, struct span label, struct span seed, uint8_t *out,
                       size_t n)
{
	EVP_MAC_CTX *ctx = new_hmac(digest, secret);
	uint8_t a[EVP_MAX_MD_SIZE], block[EVP_MAX_MD_SIZE];
	const struct span first[PARTS] = {label, seed};
	size_t bytes = ctx != NULL ? hmac(ctx, first, a) : 0;
	for (size_t done = 0; bytes > 0 && done < n; done += bytes) {
		const struct span next[PARTS] = {span_of(a, bytes), label, seed};
		const struct span again[PARTS] = {span_of(a, bytes)};
		bytes = hmac(ctx, next, block);
		for (size_t i = 0; i < bytes && done + i < n; i++)
			out[done + i] ^= block[i];
		if (done + bytes < n)
			bytes = hmac(ctx, again, a);
	}
	OPENSSL_cleanse(a, sizeof a);
	OPENSSL_cleanse(block, sizeof block);
	EVP_MAC_CTX_free(ctx);
	return bytes > 0;
}

int tls_kdf_prf(const char *digest, struct span secret, const char *label, struct span seed, uint8_t *out,
                size_t n)
{
	struct span name = span_of(label, strlen(label));
	size_t half = (secret.n + 1) / 2; /* of an odd length both have the middle byte, RFC 2246 section 5 */
	bool done = false;
	memset(out, 0, n);
	if (strcmp(digest, TLS_KDF_MD5_SHA1) != 0)
		done = lay_p_hash(digest, secret, name, seed, out, n);
	else
		done = lay_p_hash("MD5", span_cut(secret, 0, half), name, seed, out, n) &&
		       lay_p_hash("SHA1", span_cut(secret, secret.n - half, half), name, seed, out, n);
	if (!done)
		OPENSSL_cleanse(out, n);
	return done ? 0 : -1;
}

/* The first block of HKDF-Expand (RFC 5869 section 2.3): no key and no secret of TLS 1.3 is longer. */
int tls_kdf_expand_label(const char *digest, struct span secret, const char *label, uint8_t *out, size_t n)
{
	/* HkdfLabel: length, label behind its length, empty context; and the number of the block */
	uint8_t info[2 + 1 + LABEL_MAX + 1 + 1] = {(uint8_t)(n >> 8), (uint8_t)n}, block[EVP_MAX_MD_SIZE];
	size_t used = strlen(LABEL_PREFIX) + strlen(label);
	assert(used <= LABEL_MAX);
	info[2] = (uint8_t)used;
	snprintf((char *)&info[3], LABEL_MAX + 1, LABEL_PREFIX "%s", label);
	info[3 + used + 1] = 1;
	const struct span text[PARTS] = {span_of(info, 3 + used + 1 + 1)};
	EVP_MAC_CTX *ctx = new_hmac(digest, secret);
	bool done = ctx != NULL && hmac(ctx, text, block) >= n;
	if (done)
		memcpy(out, block, n);
	OPENSSL_cleanse(block, sizeof block);
	EVP_MAC_CTX_free(ctx);
	return done ? 0 : -1;
}
