/*
 * The keys of a session that resumes one which is not in the capture; see tls_keys.h. Its master secret stands in the
 * key log under the random of that one, so all of them are tried, and a record tells. RFC 5246 section 7.3, RFC 5077.
 */
#include "analyzer/tls_keys_state.h"

#include "analyzer/tls_suite.h"

/* Bytes of a tag or MAC that prove a secret, of thousands that were tried. */
#define PROOF_BYTES 12

/* The record that secrets are tried with. */
struct trial {
	struct tls_keys *keys;
	uint8_t dir;
	const struct tls_record *record;
	struct span body;
};

/* The first record of the keys is a Finished message: its head makes good for a tag of 8 bytes. RFC 6655. */
static bool proves(const struct tls_suite *suite, uint8_t type, struct span plain)
{
	static const uint8_t finished[TLS_HANDSHAKE_HEADER] = {TLS_FINISHED, 0, 0, 12};
	size_t bytes = suite->mac != NULL ? suite->mac->bytes : suite->cipher->tag_bytes;
	struct span head = span_cut(plain, 0, sizeof finished);
	return bytes >= PROOF_BYTES ||
	       (type == TLS_HANDSHAKE && span_equal(head, span_of(finished, sizeof finished)));
}

static bool opens(void *ctx, const struct keylog_secret *master)
{
	const struct trial *trial = ctx;
	struct tls_keys *keys = trial->keys;
	const struct session_tls *facts = keys->facts;
	const struct tls_suite *suite = tls_suite_find(facts->cipher);
	struct direction *d = &keys->dir[trial->dir];
	struct tls_key_block block = {0};
	struct span plain;
	uint8_t type;
	if (d->other == NULL)
		d->other = tls_opener_new();
	bool opened =
	    tls_key_block_make(&block, suite, facts->version, master, facts->client_random, facts->server_random) == 0 &&
	    tls_opener_key_12(d->other, &block, facts->encrypt_then_mac, trial->dir == facts->client_dir) == 0 &&
	    tls_open(d->other, trial->record, trial->body, keys->plain, &plain, &type) == TLS_OPENED;
	tls_key_block_wipe(&block);
	return opened && proves(suite, type, plain);
}

bool tls_keys_resumed(const struct tls_keys *keys)
{
	return tls_secrets_untried(keys->secrets);
}

bool tls_keys_resumes_unknown(const struct tls_keys *keys)
{
	return tls_secrets_unknown(keys->secrets);
}

void tls_keys_find_resumed(struct tls_keys *keys, uint8_t dir, const struct tls_record *record,
                           struct span body, uint8_t room[LIMIT_RECORD])
{
	struct trial trial = {.keys = keys, .dir = dir, .record = record, .body = body};
	if (!tls_secrets_untried(keys->secrets) || tls_keys_hopeless(keys))
		return;
	keys->plain = room;
	if (tls_secrets_guess(keys->secrets, opens, &trial))
		keys->dir[0].looked = keys->dir[1].looked = UINT64_MAX;
	keys->plain = NULL;
}
