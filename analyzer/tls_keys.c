/* Keys of one connection; see tls_keys.h. Called by tls_conn.c only. */
#include "analyzer/tls_keys.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

enum phase { PHASE_HANDSHAKE, PHASE_TRAFFIC };

/* Records that are tried with every secret before the log is believed to hold none that fits. */
#define RECORDS_TRIED 4

/* Why there are no keys: a secret may still come, the rest stays as it is. */
enum answer { FOUND, NO_HELLO, NO_SECRET, NO_SUITE };

struct direction {
	struct tls_opener *opener;
	struct tls_opener *next;  /* TLS 1.3: the application's keys while the handshake's refuse a record */
	struct tls_opener *other; /* for other secrets under the same label and random */
	enum phase phase;         /* TLS 1.3: which secret is wanted */
	bool keyed;
	bool proven;     /* the keys have opened a record */
	unsigned tried;  /* records that no other secret opened */
	uint64_t looked; /* generation of the key log at the last look in vain */
	enum answer answer;
};

struct tls_keys {
	const struct keylog *keylog;
	struct session_tls *facts;
	struct direction dir[2];
	uint8_t *plain;                 /* the caller's room, while a record is opened */
	const struct tls_suite *judged; /* the suite that was asked about last, */
	bool computable;                /* and the answer */
};

struct tls_keys *tls_keys_new(const struct keylog *keylog, struct session_tls *facts)
{
	struct tls_keys *keys = xcalloc(1, sizeof *keys);
	keys->keylog = keylog;
	keys->facts = facts;
	keys->dir[0].looked = keys->dir[1].looked = UINT64_MAX;
	return keys;
}

void tls_keys_free(struct tls_keys *keys)
{
	if (keys == NULL)
		return;
	for (uint8_t dir = 0; dir < 2; dir++) {
		tls_opener_free(keys->dir[dir].opener);
		tls_opener_free(keys->dir[dir].next);
		tls_opener_free(keys->dir[dir].other);
	}
	free(keys);
}

/* The key log's label of the secret that protects a direction in a phase. */
static enum keylog_label label_of(const struct tls_keys *keys, uint8_t dir, enum phase phase)
{
	bool client = dir == keys->facts->client_dir;
	if (keys->facts->version != TLS_1_3)
		return KEYLOG_MASTER;
	if (phase == PHASE_HANDSHAKE)
		return client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE;
	return client ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_SERVER_TRAFFIC;
}

static int key_opener(struct tls_keys *keys, uint8_t dir, struct tls_opener **opener,
                      const struct tls_suite *suite, const struct keylog_secret *secret)
{
	const struct session_tls *facts = keys->facts;
	if (*opener == NULL)
		*opener = tls_opener_new();
	if (facts->version == TLS_1_3)
		return tls_opener_key_13(*opener, suite, secret);
	return tls_opener_key_12(*opener, suite, facts->version, facts->encrypt_then_mac, secret,
	                         facts->client_random, facts->server_random, dir == facts->client_dir);
}

/* Asked for every record that waits. */
static bool computable(struct tls_keys *keys, const struct tls_suite *suite)
{
	if (keys->judged != suite)
		keys->computable = tls_suite_computable(suite);
	keys->judged = suite;
	return keys->computable;
}

bool tls_keys_hopeless(struct tls_keys *keys)
{
	const struct session_tls *facts = keys->facts;
	const struct tls_suite *suite = tls_suite_find(facts->cipher);
	return facts->server_hello && (suite == NULL || !tls_suite_fits(suite, facts->version) ||
	                               facts->compression != 0 || !computable(keys, suite));
}

/* Keys an opener with secret number `which` of those that the key log has. */
static enum answer find_keys(struct tls_keys *keys, uint8_t dir, enum phase phase, unsigned which,
                             struct tls_opener **opener)
{
	struct session_tls *facts = keys->facts;
	enum keylog_label label = label_of(keys, dir, phase);
	if (!facts->client_hello || !facts->server_hello)
		return NO_HELLO;
	if (tls_keys_hopeless(keys))
		return NO_SUITE;
	struct keylog_secret secret;
	if (!keylog_find(keys->keylog, label, facts->client_random, which, &secret))
		return NO_SECRET;
	int done = key_opener(keys, dir, opener, tls_suite_find(facts->cipher), &secret);
	keylog_wipe(&secret);
	if (done != 0)
		return NO_SUITE;
	facts->found_secrets |= 1u << label;
	return FOUND;
}

/* Keys an opener with the first secret of a fitting length. */
static enum answer find_first(struct tls_keys *keys, uint8_t dir, enum phase phase,
                              struct tls_opener **opener)
{
	enum answer answer = find_keys(keys, dir, phase, 0, opener);
	for (unsigned which = 1; answer == NO_SUITE && which < LIMIT_SECRETS_ALIKE; which++)
		if (find_keys(keys, dir, phase, which, opener) == FOUND)
			return FOUND;
	return answer;
}

bool tls_keys_ready(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	if (d->keyed)
		return true;
	uint64_t generation = keylog_generation(keys->keylog);
	if (d->looked == generation && d->answer == NO_SECRET)
		return false;
	d->answer = find_first(keys, dir, d->phase, &d->opener);
	if (d->answer != FOUND) {
		d->looked = generation;
		return false;
	}
	d->keyed = true;
	return true;
}

/* New keys are wanted from here on, with a sequence number of 0. */
static void rekey(struct direction *d)
{
	d->keyed = d->proven = false;
	d->looked = UINT64_MAX;
	d->tried = 0;
	if (d->opener != NULL)
		tls_opener_unkey(d->opener);
}

void tls_keys_change(struct tls_keys *keys, uint8_t dir)
{
	rekey(&keys->dir[dir]);
}

void tls_keys_finished(struct tls_keys *keys, uint8_t dir)
{
	rekey(&keys->dir[dir]);
	keys->dir[dir].phase = PHASE_TRAFFIC;
}

void tls_keys_update(struct tls_keys *keys, uint8_t dir)
{
	if (keys->dir[dir].keyed)
		tls_opener_update_13(keys->dir[dir].opener);
}

void tls_keys_skip(struct tls_keys *keys, uint8_t dir, struct tls_amount amount, const uint8_t *tail)
{
	struct tls_opener *opener = keys->dir[dir].opener;
	tls_opener_skip(opener, amount);
	if (tail != NULL)
		tls_opener_set_tail(opener, tail);
}

/* The record may be the first one behind a Finished message that could not be read. */
static bool open_with_next(struct tls_keys *keys, uint8_t dir, const struct tls_record *record,
                           struct span body, size_t *n, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	if (keys->facts->version != TLS_1_3 || d->phase != PHASE_HANDSHAKE)
		return false;
	if (d->next == NULL && find_first(keys, dir, PHASE_TRAFFIC, &d->next) != FOUND)
		return false;
	if (!tls_opener_keyed(d->next))
		return false;
	tls_opener_set_sequence(d->next, 0);
	if (tls_open(d->next, record, body, keys->plain, n, type) != TLS_OPENED)
		return false;
	struct tls_opener *handshake = d->opener;
	d->opener = d->next;
	d->next = handshake;
	d->phase = PHASE_TRAFFIC;
	return true;
}

/* A secret that opens the record behind what the keys at work had `done` is the right one from here on. */
static bool open_with_other(struct tls_keys *keys, uint8_t dir, enum phase phase, struct tls_amount done,
                            const struct tls_record *record, struct span body, size_t *n, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	for (unsigned which = 0; which < LIMIT_SECRETS_ALIKE; which++) {
		if (find_keys(keys, dir, phase, which, &d->other) != FOUND)
			continue;
		if (done.records > 0)
			tls_opener_skip(d->other, done);
		if (tls_open(d->other, record, body, keys->plain, n, type) != TLS_OPENED)
			continue;
		struct tls_opener *wrong = d->opener;
		d->opener = d->other;
		d->other = wrong;
		d->phase = phase;
		return true;
	}
	return false;
}

/* The key log has more than one secret that may have protected this direction. */
static bool has_others(const struct tls_keys *keys, uint8_t dir, enum phase phase)
{
	struct keylog_secret secret;
	bool found =
	    keylog_find(keys->keylog, label_of(keys, dir, phase), keys->facts->client_random, 1, &secret);
	keylog_wipe(&secret);
	return found;
}

/* `done` is what the keys at work had done when they tried the record. */
static bool open_otherwise(struct tls_keys *keys, uint8_t dir, struct tls_amount done,
                           const struct tls_record *record, struct span body, size_t *n, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	if (open_with_next(keys, dir, record, body, n, type))
		return true;
	if (d->proven || d->tried >= RECORDS_TRIED)
		return false;
	if (has_others(keys, dir, d->phase)) {
		d->tried++;
		return open_with_other(keys, dir, d->phase, done, record, body, n, type);
	}
	return false;
}

enum tls_open tls_keys_open(struct tls_keys *keys, uint8_t dir, const struct tls_record *record,
                            struct span body, uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	keys->plain = room;
	size_t n = 0;
	struct tls_amount done = tls_opener_done(d->opener);
	enum tls_open result = tls_open(d->opener, record, body, keys->plain, &n, type);
	if (result != TLS_OPENED && open_otherwise(keys, dir, done, record, body, &n, type))
		result = TLS_OPENED;
	d->proven = d->proven || result == TLS_OPENED;
	keys->plain = NULL;
	*plain = span_of(room, n);
	return result;
}

bool tls_keys_proven(const struct tls_keys *keys, uint8_t dir)
{
	return keys->dir[dir].proven;
}
