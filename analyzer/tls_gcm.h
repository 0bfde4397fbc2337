/*
 * GCM of a block cipher that OpenSSL has without it: Camellia (RFC 6367), SM4 before OpenSSL 3.1 (RFC 8998).
 * NIST SP 800-38D with nonces of 12 and tags of 16 bytes. Called by tls_crypto.c and tls_open.c.
 */
#ifndef ANALYZER_TLS_GCM_H
#define ANALYZER_TLS_GCM_H

#include "dissect/rd.h"

struct tls_gcm;

/* `cipher` is OpenSSL's name of the cipher in ECB mode. NULL when this OpenSSL does not offer it. */
struct tls_gcm *tls_gcm_new(const char *cipher, struct span key);
void tls_gcm_free(struct tls_gcm *gcm); /* NULL is allowed; the key is wiped */

/* Decrypts `text` to `out`. False when the tag does not verify. */
bool tls_gcm_open(struct tls_gcm *gcm, struct span nonce, struct span covered, struct span text,
    struct span tag, uint8_t *out);

#endif
