/*
 * The two ways in which TLS makes keys from secrets. Called by tls_crypto.c, tls_key_block.c and tls_secrets.c;
 * knows neither suites nor records. Both answer -1 when this OpenSSL does not offer the hash or the function,
 * and then leave `out` as it was.
 */
#ifndef ANALYZER_TLS_KDF_H
#define ANALYZER_TLS_KDF_H

#include "dissect/rd.h"

#define TLS_KDF_MD5_SHA1 "MD5-SHA1" /* the digest of TLS 1.0 and 1.1: both hashes, RFC 2246 section 5 */

/* PRF(secret, label, seed), `n` bytes; `digest` is OpenSSL's name. RFC 2246 and RFC 5246 section 5. */
int tls_kdf_prf(const char *digest, struct span secret, const char *label, struct span seed, uint8_t *out,
    size_t n);

/* HKDF-Expand-Label(secret, label, "", n); `label` has at most 12 characters. RFC 8446 section 7.1. */
int tls_kdf_expand_label(const char *digest, struct span secret, const char *label, uint8_t *out, size_t n);

#endif
