/*
 * The key block of a connection up to TLS 1.2: the keys of both directions, which come of one derivation. RFC 5246
 * section 6.3.
 *
 * Made and kept by tls_keys.c from the first direction's change_cipher_spec to the other's; tls_crypto.c keys openers
 * with it.
 */
#ifndef ANALYZER_TLS_KEY_BLOCK_H
#define ANALYZER_TLS_KEY_BLOCK_H

#include "analyzer/keylog.h"
#include "analyzer/tls_suite.h"

#define TLS_KEY_BLOCK_MAX (2 * (TLS_HASH_MAX + TLS_KEY_MAX + TLS_BLOCK))

/* What it was made from, and the block. All zeros: none is made. */
struct tls_key_block {
	const struct tls_suite *suite;
	uint16_t version;
	struct keylog_secret master;
	uint8_t seed[2 * TLS_RANDOM];
	uint8_t bytes[TLS_KEY_BLOCK_MAX];
};

/* Of one direction, borrowed from the block. */
struct tls_key_part {
	struct span mac, key, iv;
};

/*
 * The block of this master secret (48 bytes) and these randoms: nothing is done where it is that one already. -1 when
 * the suite and the version do not fit, or this OpenSSL does not offer the suite's hash; then there is none.
 */
int tls_key_block_make(struct tls_key_block *block, const struct tls_suite *suite, uint16_t version,
    const struct keylog_secret *master, const uint8_t client_random[TLS_RANDOM],
    const uint8_t server_random[TLS_RANDOM]);

/* The part of the client or of the server. */
struct tls_key_part tls_key_block_part(const struct tls_key_block *block, bool of_client);

void tls_key_block_wipe(struct tls_key_block *block);

#endif
