/*
 * The row of a cipher suite, for tls_crypto.c, which reads it, and its test. The functions that others need
 * stand in tls_crypto.h; they live in tls_suite.c beside the table.
 */
#ifndef ANALYZER_TLS_SUITE_H
#define ANALYZER_TLS_SUITE_H

#include "analyzer/tls_crypto.h"

#define TLS_BLOCK          16 /* bytes of the longest cipher block, and so of a CBC IV */
#define TLS_NONCE          12 /* bytes of an AEAD nonce, RFC 5116 section 5 */
#define TLS_SALT           4  /* its secret part in TLS 1.2 GCM and CCM, RFC 5288 section 3 ... */
#define TLS_EXPLICIT_NONCE 8  /* ... and the part that stands in the record */
#define TLS_KEY_MAX        32 /* bytes of the longest key of a row */
#define TLS_HASH_MAX       48 /* bytes of the longest hash of a row */
#define TLS_TAG_MAX        16

enum tls_mode {
	TLS_MODE_CBC,
	TLS_MODE_GCM,
	TLS_MODE_GCM_OF_BLOCKS, /* GCM of a cipher that OpenSSL has without it (tls_gcm.h) */
	TLS_MODE_CCM,
	TLS_MODE_CHACHA,
	TLS_MODE_STREAM, /* goes on from record to record */
	TLS_MODE_NULL,   /* nothing is encrypted: a MAC alone */
};

struct tls_hash {
	const char *name; /* OpenSSL's */
	size_t bytes;
};

struct tls_cipher {
	const char *name; /* OpenSSL's */
	enum tls_mode mode;
	size_t key_bytes;
	size_t tag_bytes;   /* 0 where the suite has a MAC */
	size_t block_bytes; /* of CBC, else 0 */
};

struct tls_suite {
	uint16_t id; /* IANA "TLS Cipher Suites" */
	const struct tls_cipher *cipher;
	const struct tls_hash *mac;  /* NULL where the cipher has its own tag */
	const struct tls_hash *hash; /* of the PRF in TLS 1.2 (RFC 5246 section 5), of HKDF in TLS 1.3 */
	bool tls13;
};

/* Bytes of a body in front of the ciphertext: the IV of TLS 1.1 and 1.2 CBC, the nonce of GCM and CCM. */
size_t tls_suite_explicit_bytes(const struct tls_suite *suite, uint16_t version);

#endif
