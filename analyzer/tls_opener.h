/*
 * What is inside of an opener, shared by tls_crypto.c, which gives it keys, tls_open.c, which opens
 * records with them, and tls_search.c, which tries numbers. Nobody else includes this file.
 */
#ifndef ANALYZER_TLS_OPENER_H
#define ANALYZER_TLS_OPENER_H

#include "analyzer/tls_gcm.h"
#include "analyzer/tls_suite.h"

#include <openssl/evp.h>

struct tls_opener {
	EVP_CIPHER_CTX *cipher;        /* not set up for TLS_MODE_GCM_OF_BLOCKS and TLS_MODE_NULL */
	struct tls_gcm *gcm;           /* NULL but for TLS_MODE_GCM_OF_BLOCKS */
	EVP_MAC_CTX *mac;              /* NULL where the cipher has its own tag */
	const struct tls_suite *suite; /* NULL: not keyed */
	size_t explicit_bytes;         /* of a body, in front of the ciphertext */
	bool encrypt_then_mac;         /* CBC */
	bool iv_sure;                  /* TLS 1.0 CBC: `iv` is what the sender used */
	struct tls_amount done;        /* with these keys; its records are the sequence number */
	uint8_t iv[TLS_BLOCK]; /* salt, nonce, or in TLS 1.0 CBC the last block of the record before */
	struct keylog_secret traffic; /* TLS 1.3 */
};

/* Passes so many bytes of the key stream of a stream cipher. */
void tls_opener_pass_stream(struct tls_opener *opener, uint64_t bytes);

#endif
