/* See tls_key_block.h. */
#include "analyzer/tls_key_block.h"

#include "analyzer/tls_crypto.h"
#include "analyzer/tls_kdf.h"

/* Bytes of one direction's IV: none where all of it is explicit. */
static size_t fixed_iv_bytes(const struct tls_suite *suite, uint16_t version)
{
	switch (suite->cipher->mode) {
	case TLS_MODE_CBC:
		return version == TLS_1_0 ? suite->cipher->block_bytes : 0;
	case TLS_MODE_CHACHA:
		return TLS_NONCE;
	case TLS_MODE_STREAM:
	case TLS_MODE_NULL:
		return 0;
	default:
		return TLS_SALT;
	}
}

static size_t mac_bytes(const struct tls_suite *suite)
{
	return suite->mac != NULL ? suite->mac->bytes : 0;
}

/* The block is a function of these alone, so it cannot be another one's. */
static bool is_of(const struct tls_key_block *block, const struct tls_suite *suite, uint16_t version,
                  const struct keylog_secret *master, const uint8_t seed[2 * TLS_RANDOM])
{
	return block->suite == suite && block->version == version &&
	       memcmp(block->seed, seed, sizeof block->seed) == 0 &&
	       span_equal(span_of(block->master.bytes, block->master.n), span_of(master->bytes, master->n));
}

int tls_key_block_make(struct tls_key_block *block, const struct tls_suite *suite, uint16_t version,
                       const struct keylog_secret *master, const uint8_t client_random[TLS_RANDOM],
                       const uint8_t server_random[TLS_RANDOM])
{
	uint8_t seed[2 * TLS_RANDOM];
	memcpy(seed, server_random, TLS_RANDOM);
	memcpy(&seed[TLS_RANDOM], client_random, TLS_RANDOM);
	if (is_of(block, suite, version, master, seed))
		return 0;
	tls_key_block_wipe(block);
	if (suite->tls13 || !tls_suite_fits(suite, version) || master->n != KEYLOG_MASTER_BYTES)
		return -1;
	size_t n = 2 * (mac_bytes(suite) + suite->cipher->key_bytes + fixed_iv_bytes(suite, version));
	const char *digest = version == TLS_1_2 ? suite->hash->name : TLS_KDF_MD5_SHA1;
	if (tls_kdf_prf(digest, span_of(master->bytes, master->n), "key expansion", span_of(seed, sizeof seed),
	                block->bytes, n) != 0)
		return -1;
	block->suite = suite;
	block->version = version;
	block->master = *master;
	memcpy(block->seed, seed, sizeof seed);
	return 0;
}

/* The next two values of a key block are the client's and the server's. */
static struct span own_of_two(struct rd *r, size_t n, bool of_client)
{
	struct span client = rd_span(r, n), server = rd_span(r, n);
	return of_client ? client : server;
}

struct tls_key_part tls_key_block_part(const struct tls_key_block *block, bool of_client)
{
	struct rd r = rd_of(span_of(block->bytes, sizeof block->bytes));
	struct tls_key_part part;
	part.mac = own_of_two(&r, mac_bytes(block->suite), of_client);
	part.key = own_of_two(&r, block->suite->cipher->key_bytes, of_client);
	part.iv = own_of_two(&r, fixed_iv_bytes(block->suite, block->version), of_client);
	return part;
}

void tls_key_block_wipe(struct tls_key_block *block)
{
	explicit_bzero(block, sizeof *block);
}
