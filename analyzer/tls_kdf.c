/*
 * Key derivation of TLS by OpenSSL's EVP_KDF. A few times per session: what it fetches it lets go
 * again. Keeps nothing; the caller wipes what it got.
 */
#include "analyzer/tls_kdf.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>

#define LABEL_PREFIX "tls13 "
#define LABEL_MAX    18 /* with the prefix */

/* OpenSSL only reads the values of these parameters, but its constructors take pointers that may write. */
static OSSL_PARAM octets(const char *name, struct span value)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)value.p, value.n);
}

static OSSL_PARAM text(const char *name, const char *value)
{
	return OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)value, 0);
}

static int derive(const char *algorithm, const OSSL_PARAM *params, uint8_t *out, size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, algorithm, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done = ctx != NULL && EVP_KDF_derive(ctx, out, n, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done ? 0 : -1;
}

int tls_kdf_prf(const char *digest, struct span secret, const char *label, struct span seed, uint8_t *out,
                size_t n)
{
	const OSSL_PARAM params[] = {
	    text(OSSL_KDF_PARAM_DIGEST, digest),
	    octets(OSSL_KDF_PARAM_SECRET, secret),
	    octets(OSSL_KDF_PARAM_SEED, span_of(label, strlen(label))),
	    octets(OSSL_KDF_PARAM_SEED, seed),
	    OSSL_PARAM_construct_end(),
	};
	return derive(OSSL_KDF_NAME_TLS1_PRF, params, out, n);
}

int tls_kdf_expand_label(const char *digest, struct span secret, const char *label, uint8_t *out, size_t n)
{
	/* HkdfLabel: length, label behind its length, empty context */
	uint8_t info[2 + 1 + LABEL_MAX + 1] = {(uint8_t)(n >> 8), (uint8_t)n};
	size_t used = strlen(LABEL_PREFIX) + strlen(label);
	assert(used <= LABEL_MAX);
	info[2] = (uint8_t)used;
	snprintf((char *)&info[3], LABEL_MAX + 1, LABEL_PREFIX "%s", label);
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
	    text(OSSL_KDF_PARAM_DIGEST, digest), OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
	    octets(OSSL_KDF_PARAM_KEY, secret),  octets(OSSL_KDF_PARAM_INFO, span_of(info, 2 + 1 + used + 1)),
	    OSSL_PARAM_construct_end(),
	};
	return derive(OSSL_KDF_NAME_HKDF, params, out, n);
}
