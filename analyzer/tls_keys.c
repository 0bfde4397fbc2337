/* Keys of one connection; see tls_keys.h. Called by tls_conn.c only. */
#include "analyzer/tls_keys.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

enum phase { PHASE_HANDSHAKE, PHASE_TRAFFIC };

struct direction {
	struct tls_opener *opener;
	enum phase phase; /* TLS 1.3: which secret is wanted */
	bool keyed;
	uint64_t skipped; /* records that passed before the keys came */
};

struct tls_keys {
	const struct keylog *keylog;
	const struct session_tls *facts;
	struct direction dir[2];
	uint64_t looked; /* generation of the key log at the last look in vain */
	enum tls_keys_reason reason;
	uint8_t *plain; /* room for one record */
};

struct tls_keys *tls_keys_new(const struct keylog *keylog, const struct session_tls *facts)
{
	struct tls_keys *keys = xcalloc(1, sizeof *keys);
	keys->keylog = keylog;
	keys->facts = facts;
	keys->looked = UINT64_MAX;
	return keys;
}

void tls_keys_free(struct tls_keys *keys)
{
	if (keys == NULL)
		return;
	tls_opener_free(keys->dir[0].opener);
	tls_opener_free(keys->dir[1].opener);
	free(keys->plain);
	free(keys);
}

/* The key log's label of the secret that protects a direction now. */
static enum keylog_label label_of(const struct tls_keys *keys, uint8_t dir)
{
	bool client = dir == keys->facts->client_dir;
	if (keys->facts->version != TLS_1_3)
		return KEYLOG_MASTER;
	if (keys->dir[dir].phase == PHASE_HANDSHAKE)
		return client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE;
	return client ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_SERVER_TRAFFIC;
}

static int key_opener(struct tls_keys *keys, uint8_t dir, const struct tls_suite *suite,
    const struct keylog_secret *secret)
{
	const struct session_tls *facts = keys->facts;
	struct direction *d = &keys->dir[dir];
	if (d->opener == NULL)
		d->opener = tls_opener_new();
	if (facts->version == TLS_1_3)
		return tls_opener_key_13(d->opener, suite, secret);
	return tls_opener_key_12(d->opener, suite, facts->version, facts->encrypt_then_mac, secret,
	    facts->client_random, facts->server_random, dir == facts->client_dir);
}

static enum tls_keys_reason find_keys(struct tls_keys *keys, uint8_t dir)
{
	const struct session_tls *facts = keys->facts;
	if (!facts->client_hello || !facts->server_hello)
		return TLS_KEYS_NO_HELLO;
	const struct tls_suite *suite = tls_suite_find(facts->cipher);
	if (suite == NULL || tls_suite_is_13(suite) != (facts->version == TLS_1_3))
		return TLS_KEYS_NO_SUITE;
	struct keylog_secret secret;
	if (!keylog_find(keys->keylog, label_of(keys, dir), facts->client_random, &secret))
		return TLS_KEYS_NO_SECRET;
	int done = key_opener(keys, dir, suite, &secret);
	keylog_wipe(&secret);
	return done == 0 ? TLS_KEYS_FOUND : TLS_KEYS_NO_SUITE;
}

bool tls_keys_ready(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	if (d->keyed)
		return true;
	uint64_t generation = keylog_generation(keys->keylog);
	if (keys->looked == generation && keys->reason == TLS_KEYS_NO_SECRET)
		return false;
	keys->reason = find_keys(keys, dir);
	if (keys->reason != TLS_KEYS_FOUND) {
		keys->looked = generation;
		return false;
	}
	d->keyed = true;
	if (d->skipped > 0)
		tls_opener_set_sequence(d->opener, d->skipped);
	return true;
}

/* New keys are wanted from here on, with a sequence number of 0. */
static void rekey(struct direction *d)
{
	d->keyed = false;
	d->skipped = 0;
	if (d->opener != NULL)
		tls_opener_unkey(d->opener);
}

void tls_keys_change(struct tls_keys *keys, uint8_t dir)
{
	rekey(&keys->dir[dir]);
	keys->looked = UINT64_MAX;
}

void tls_keys_finished(struct tls_keys *keys, uint8_t dir)
{
	rekey(&keys->dir[dir]);
	keys->dir[dir].phase = PHASE_TRAFFIC;
	keys->looked = UINT64_MAX;
}

void tls_keys_update(struct tls_keys *keys, uint8_t dir)
{
	if (keys->dir[dir].keyed)
		tls_opener_update_13(keys->dir[dir].opener);
}

void tls_keys_skip(struct tls_keys *keys, uint8_t dir, uint64_t n)
{
	struct direction *d = &keys->dir[dir];
	if (d->keyed)
		tls_opener_set_sequence(d->opener, tls_opener_sequence(d->opener) + n);
	else
		d->skipped += n;
}

enum tls_open tls_keys_open(struct tls_keys *keys, uint8_t dir, const struct tls_record *record, struct span body,
    struct span *plain, uint8_t *type)
{
	if (keys->plain == NULL)
		keys->plain = xmalloc(LIMIT_RECORD);
	size_t n = 0;
	enum tls_open result = tls_open(keys->dir[dir].opener, record, body, keys->plain, &n, type);
	*plain = span_of(keys->plain, n);
	return result;
}

enum tls_keys_reason tls_keys_reason(const struct tls_keys *keys)
{
	return keys->reason;
}
