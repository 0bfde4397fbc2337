/* Keys of one connection; see tls_keys.h. Called by tls_conn.c only. */
#include "analyzer/tls_keys_state.h"

#include "analyzer/xmalloc.h"
#include "dissect/dtls.h"

#include <stdlib.h>

struct tls_keys *tls_keys_new(struct model *model, struct session *session)
{
	struct tls_keys *keys = xcalloc(1, sizeof *keys);
	keys->model = model;
	keys->facts = &session->tls;
	keys->secrets = tls_secrets_new(model, session);
	keys->dir[0].looked = keys->dir[1].looked = UINT64_MAX;
	return keys;
}

static void forget_block(struct tls_keys *keys)
{
	if (keys->block != NULL)
		tls_key_block_wipe(keys->block);
	free(keys->block);
	keys->block = NULL;
}

void tls_keys_free(struct tls_keys *keys)
{
	if (keys == NULL)
		return;
	forget_block(keys);
	for (uint8_t dir = 0; dir < 2; dir++) {
		tls_opener_free(keys->dir[dir].opener);
		tls_opener_free(keys->dir[dir].next);
		tls_opener_free(keys->dir[dir].other);
		tls_opener_free(keys->dir[dir].previous);
		tls_opener_free(keys->dir[dir].ahead);
	}
	tls_opener_free(keys->early);
	tls_secrets_free(keys->secrets);
	free(keys);
}

void tls_keys_message(struct tls_keys *keys, uint8_t type, const struct frame_message *message)
{
	tls_secrets_message(keys->secrets, type, message);
	if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
		keys->hellos[type == TLS_SERVER_HELLO]++;
}

void tls_keys_lost(struct tls_keys *keys)
{
	tls_secrets_lost(keys->secrets);
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
	if (keys->block == NULL)
		keys->block = xcalloc(1, sizeof *keys->block);
	if (tls_key_block_make(keys->block, suite, facts->version, secret, facts->client_random,
	                       facts->server_random) != 0)
		return -1;
	return tls_opener_key_12(*opener, keys->block, facts->encrypt_then_mac, dir == facts->client_dir);
}

/* Asked for every record that waits. */
static bool computable(struct tls_keys *keys)
{
	const struct session_tls *facts = keys->facts;
	if (keys->judged == NULL || keys->judged_id != facts->cipher) {
		keys->judged = tls_suite_find(facts->cipher);
		keys->judged_id = facts->cipher;
		keys->computable = keys->judged != NULL && tls_suite_computable(keys->judged);
	}
	return keys->computable && tls_suite_fits(keys->judged, facts->version) && facts->compression == 0;
}

bool tls_keys_hopeless(struct tls_keys *keys)
{
	return keys->facts->server_hello && !computable(keys);
}

unsigned tls_keys_most_secrets(const struct tls_keys *keys)
{
	return keys->facts->version == TLS_1_3 ? LIMIT_SECRETS_ALIKE : TLS_SECRETS_MOST;
}

static bool find_secret(struct tls_keys *keys, uint8_t dir, enum phase phase, unsigned which,
                        struct keylog_secret *secret)
{
	if (keys->facts->version != TLS_1_3)
		return tls_secrets_find(keys->secrets, which, secret);
	return keylog_find(keys->model->keylog, label_of(keys, dir, phase), keys->facts->client_random, which,
	                   secret);
}

enum answer tls_keys_find(struct tls_keys *keys, uint8_t dir, enum phase phase, unsigned which,
                          struct tls_opener **opener)
{
	struct session_tls *facts = keys->facts;
	if (!facts->client_hello || !facts->server_hello)
		return NO_HELLO;
	if (tls_keys_hopeless(keys))
		return NO_SUITE;
	struct keylog_secret secret;
	bool found = find_secret(keys, dir, phase, which, &secret);
	int done = found ? key_opener(keys, dir, opener, tls_suite_find(facts->cipher), &secret) : -1;
	keylog_wipe(&secret);
	if (!found)
		return NO_SECRET;
	if (done != 0)
		return NO_SUITE;
	facts->found_secrets |= 1u << label_of(keys, dir, phase);
	return FOUND;
}

enum answer tls_keys_find_first(struct tls_keys *keys, uint8_t dir, enum phase phase,
                                struct tls_opener **opener, unsigned *which)
{
	enum answer answer = NO_SECRET;
	for (*which = 0; *which < tls_keys_most_secrets(keys); ++*which) {
		enum answer one = tls_keys_find(keys, dir, phase, *which, opener);
		if (one == FOUND || one == NO_HELLO)
			return one;
		if (one == NO_SUITE)
			answer = NO_SUITE;
	}
	return answer;
}

/* Rises with every secret that a look-up may find. */
static uint64_t generation_of(const struct tls_keys *keys)
{
	return keylog_generation(keys->model->keylog) + keylog_generation(keys->model->learned);
}

void tls_keys_work_with(struct tls_keys *keys, uint8_t dir, unsigned which)
{
	keys->dir[dir].which = which;
	keys->facts->secret_source = (uint8_t)tls_secrets_source(which);
}

bool tls_keys_ready(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	if (d->keyed)
		return true;
	if (d->left)
		return false;
	uint64_t generation = generation_of(keys);
	if (d->looked == generation && d->answer == NO_SECRET)
		return false;
	unsigned which;
	d->answer = tls_keys_find_first(keys, dir, d->phase, &d->opener, &which);
	if (d->answer != FOUND) {
		d->looked = generation;
		return false;
	}
	d->keyed = true;
	tls_keys_work_with(keys, dir, which);
	if (keys->dir[dir ^ 1].keyed)
		forget_block(keys);
	return true;
}

bool tls_keys_ready_beyond(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	unsigned which;
	if (keys->facts->version != TLS_1_3 || d->phase != PHASE_HANDSHAKE)
		return true;
	if (d->next != NULL && tls_opener_keyed(d->next))
		return true;
	return tls_keys_find_first(keys, dir, PHASE_TRAFFIC, &d->next, &which) == FOUND;
}

bool tls_keys_ready_without(struct tls_keys *keys, uint8_t dir)
{
	if (keys->facts->version != TLS_1_3 || keys->dir[dir].keyed || keys->dir[dir].phase != PHASE_HANDSHAKE)
		return false;
	return tls_keys_ready_beyond(keys, dir) || (tls_keys_early(keys, dir) && tls_keys_early_known(keys));
}

void tls_keys_leave_handshake(struct tls_keys *keys, uint8_t dir)
{
	keys->dir[dir].left = true;
}

bool tls_keys_left_known(const struct tls_keys *keys, uint8_t dir)
{
	struct keylog_secret secret;
	bool known = keys->dir[dir].left && keylog_find(keys->model->keylog, label_of(keys, dir, PHASE_HANDSHAKE),
	                                                keys->facts->client_random, 0, &secret);
	if (known)
		keylog_wipe(&secret);
	return known;
}

bool tls_keys_open_left(struct tls_keys *keys, uint8_t dir, uint64_t number, const struct tls_record *record,
                        struct span body, uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type)
{
	struct tls_opener **opener = &keys->dir[dir].other;
	bool opened = false;
	*plain = span_of(room, 0);
	for (unsigned which = 0; which < LIMIT_SECRETS_ALIKE && !opened; which++) {
		if (tls_keys_find(keys, dir, PHASE_HANDSHAKE, which, opener) != FOUND)
			continue;
		tls_opener_set_sequence(*opener, number);
		opened = tls_open(*opener, record, body, room, plain, type) == TLS_OPENED;
	}
	return opened;
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

/* RFC 6347 section 4.1: a datagram of the epoch before may come late. */
static void keep_previous(struct direction *d)
{
	struct tls_opener *older = d->previous;
	d->previous = d->proven ? d->opener : NULL;
	d->previous_epoch = d->epoch;
	if (d->proven)
		d->opener = older;
	else
		tls_opener_free(older);
}

bool tls_keys_of_previous(const struct tls_keys *keys, uint8_t dir, const struct tls_record *record)
{
	const struct direction *d = &keys->dir[dir];
	return d->previous != NULL && record->number >> DTLS_EPOCH_SHIFT == d->previous_epoch;
}

static bool same_hellos(const unsigned one[2], const unsigned other[2])
{
	return one[0] == other[0] && one[1] == other[1];
}

/* What the other side has opened records with is right for this one, too. */
static void be_proven(struct tls_keys *keys, uint8_t dir, unsigned which, uint16_t epoch)
{
	struct direction *d = &keys->dir[dir];
	d->keyed = d->proven = true;
	d->epoch = epoch;
	tls_keys_work_with(keys, dir, which);
}

static void make_ahead(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	const struct direction *other = &keys->dir[dir ^ 1];
	bool changed = same_hellos(d->hellos, keys->hellos);
	struct tls_opener **opener = changed ? &d->opener : &d->ahead;
	if (!other->proven || !same_hellos(other->hellos, keys->hellos) || (changed && d->proven) ||
	    tls_keys_find(keys, dir, d->phase, other->which, opener) != FOUND)
		return;
	if (changed) {
		be_proven(keys, dir, other->which, other->epoch);
		return;
	}
	d->ahead_which = other->which;
	d->ahead_epoch = other->epoch;
	memcpy(d->ahead_hellos, keys->hellos, sizeof d->ahead_hellos);
}

void tls_keys_hello(struct tls_keys *keys)
{
	for (uint8_t dir = 0; dir < 2 && keys->facts->datagram; dir++)
		make_ahead(keys, dir);
}

/* False when there are none. */
static bool take_ahead(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	struct tls_opener *ahead = d->ahead;
	if (ahead == NULL || !tls_opener_keyed(ahead))
		return false;
	d->ahead = d->opener;
	d->opener = ahead;
	memcpy(d->hellos, d->ahead_hellos, sizeof d->hellos);
	be_proven(keys, dir, d->ahead_which, d->ahead_epoch);
	return true;
}

bool tls_keys_change(struct tls_keys *keys, uint8_t dir)
{
	struct direction *d = &keys->dir[dir];
	const bool came[2] = {d->hellos[0] != keys->hellos[0], d->hellos[1] != keys->hellos[1]};
	bool agreed = came[0] && came[1], first = !d->proven;
	memcpy(d->hellos, keys->hellos, sizeof d->hellos);
	if (keys->facts->datagram)
		keep_previous(d);
	rekey(d);
	if (take_ahead(keys, dir))
		return true;
	if (first || agreed) /* the randoms of the next handshake may come in front of the next record */
		(void)tls_keys_ready(keys, dir);
	for (int i = 0; i < 2 && !first; i++)
		keys->facts->lacks_hello[i] = keys->facts->lacks_hello[i] || !came[i];
	return first || agreed;
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
	if (!keys->dir[dir].keyed)
		return;
	tls_opener_skip(opener, amount);
	if (tail != NULL)
		tls_opener_set_tail(opener, tail);
}

/* The record may be the first one behind a Finished message that could not be read. */
static bool open_with_next(struct tls_keys *keys, uint8_t dir, const struct tls_record *record,
                           struct span body, struct span *plain, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	if (keys->facts->version != TLS_1_3 || d->phase != PHASE_HANDSHAKE)
		return false;
	unsigned which;
	if (d->next == NULL && tls_keys_find_first(keys, dir, PHASE_TRAFFIC, &d->next, &which) != FOUND)
		return false;
	if (!tls_opener_keyed(d->next))
		return false;
	tls_opener_set_sequence(d->next, 0);
	if (tls_open(d->next, record, body, keys->plain, plain, type) != TLS_OPENED)
		return false;
	struct tls_opener *handshake = d->opener;
	d->opener = d->next;
	d->next = handshake;
	d->phase = PHASE_TRAFFIC;
	return true;
}

/* A secret that opens the record behind what the keys at work had `done` is the right one from here on. */
static bool open_with_other(struct tls_keys *keys, uint8_t dir, enum phase phase, struct tls_amount done,
                            const struct tls_record *record, struct span body, struct span *plain,
                            uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	for (unsigned which = 0; which < tls_keys_most_secrets(keys); which++) {
		if (tls_keys_find(keys, dir, phase, which, &d->other) != FOUND)
			continue;
		if (done.records > 0)
			tls_opener_skip(d->other, done);
		if (tls_open(d->other, record, body, keys->plain, plain, type) != TLS_OPENED)
			continue;
		struct tls_opener *wrong = d->opener;
		d->opener = d->other;
		d->other = wrong;
		d->phase = phase;
		tls_keys_work_with(keys, dir, which);
		return true;
	}
	return false;
}

bool tls_keys_have_others(struct tls_keys *keys, uint8_t dir, enum phase phase)
{
	struct keylog_secret secret;
	unsigned found = 0;
	for (unsigned which = 0; which < tls_keys_most_secrets(keys) && found < 2; which++)
		found += find_secret(keys, dir, phase, which, &secret);
	keylog_wipe(&secret);
	return found > 1;
}

/* `done` is what the keys at work had done when they tried the record. */
static bool open_otherwise(struct tls_keys *keys, uint8_t dir, struct tls_amount done,
                           const struct tls_record *record, struct span body, struct span *plain,
                           uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	if (open_with_next(keys, dir, record, body, plain, type))
		return true;
	if (d->proven || d->tried >= RECORDS_TRIED)
		return false;
	if (tls_keys_have_others(keys, dir, d->phase)) {
		d->tried++;
		return open_with_other(keys, dir, d->phase, done, record, body, plain, type);
	}
	return false;
}

enum tls_open tls_keys_open(struct tls_keys *keys, uint8_t dir, const struct tls_record *record,
                            struct span body, uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	if (tls_keys_of_previous(keys, dir, record))
		return tls_open(d->previous, record, body, room, plain, type);
	keys->plain = room;
	struct tls_amount done = tls_opener_done(d->opener);
	enum tls_open result = tls_open(d->opener, record, body, keys->plain, plain, type);
	if (result != TLS_OPENED && open_otherwise(keys, dir, done, record, body, plain, type))
		result = TLS_OPENED;
	if (result != TLS_OPENED && tls_keys_early(keys, dir))
		tls_opener_set_sequence(d->opener, done.records);
	if (result == TLS_OPENED && !d->proven && keys->facts->version != TLS_1_3)
		tls_secrets_proven(keys->secrets, d->which);
	d->proven = d->proven || result == TLS_OPENED;
	if (result == TLS_OPENED)
		d->epoch = (uint16_t)(record->number >> DTLS_EPOCH_SHIFT);
	keys->plain = NULL;
	return result;
}

bool tls_keys_proven(const struct tls_keys *keys, uint8_t dir)
{
	return keys->dir[dir].proven;
}
