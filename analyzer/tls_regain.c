/* Looks for numbers and keys behind a gap; see tls_regain.h. Called by tls_protected.c only. */
#include "analyzer/tls_regain.h"

#include "analyzer/tls_keys_state.h"

/* A record whose number is looked for. */
struct regain {
	struct tls_gap *gap;
	const struct tls_record *record;
	struct span body;
	struct span plain;
	uint8_t *type;
};

struct tls_search tls_gap_search(const struct tls_gap *gap, const struct tls_suite *suite, uint16_t version)
{
	size_t least = TLS_RECORD_HEADER + tls_suite_overhead_min(suite, version);
	uint64_t most = gap->bytes > 0 ? gap->bytes / least + 1 : 0;
	return (struct tls_search){.guess = gap->usual > 0 ? (gap->bytes + gap->usual / 2) / gap->usual : 0,
	                           .most = most < LIMIT_GAP_TRIES ? most : LIMIT_GAP_TRIES,
	                           .bytes = gap->bytes,
	                           .behind = gap->behind,
	                           .work = gap->work};
}

static struct tls_search search_of(const struct tls_keys *keys, const struct tls_gap *gap)
{
	return tls_gap_search(gap, tls_suite_find(keys->facts->cipher), keys->facts->version);
}

/* Records that the missing bytes can hold. */
static uint64_t most_missing(const struct tls_keys *keys, const struct tls_gap *gap)
{
	return search_of(keys, gap).most;
}

static enum tls_found look(struct tls_keys *keys, struct tls_opener *opener, struct regain *regain,
                           uint64_t guess, uint64_t most)
{
	struct tls_gap *gap = regain->gap;
	struct tls_search search = search_of(keys, gap);
	search.guess = guess;
	search.most = most;
	uint64_t first = tls_opener_done(opener).records;
	enum tls_found found = tls_search(opener, &search, regain->record, regain->body, keys->plain,
	                                  &regain->plain, regain->type);
	if (found != TLS_FOUND_NOT)
		gap->missing = tls_opener_done(opener).records - 1 - first;
	return found;
}

static void swap(struct tls_opener **a, struct tls_opener **b)
{
	struct tls_opener *was = *a;
	*a = *b;
	*b = was;
}

/* Other keys began behind what is missing, or with it: how many records the old ones had protected is not
 * known. */
static void count_from_start(struct tls_gap *gap)
{
	uint64_t since = gap->missing + 1; /* with the one that ended the old keys */
	gap->began = true;
	gap->passed = gap->missing;
	gap->at_least = gap->bytes > 0;
	gap->missing = gap->at_least && since > gap->records ? since - gap->records : 0;
}

/* With the first numbers of other keys, that this opener has: it is the one at work when they fit. */
static enum tls_found look_from_start(struct tls_keys *keys, uint8_t dir, struct tls_opener **other,
                                      struct regain *regain)
{
	struct direction *d = &keys->dir[dir];
	uint64_t most = most_missing(keys, regain->gap) + regain->gap->records;
	tls_opener_set_sequence(*other, 0);
	enum tls_found found = look(keys, *other, regain, 0, most < LIMIT_GAP_TRIES ? most : LIMIT_GAP_TRIES);
	if (found == TLS_FOUND_NOT)
		return found;
	swap(&d->opener, other);
	d->phase = PHASE_TRAFFIC;
	d->keyed = true;
	count_from_start(regain->gap);
	return found;
}

/* The keys behind those of `before`, and behind so many KeyUpdates more. */
static enum tls_found look_behind_updates(struct tls_keys *keys, uint8_t dir, const struct tls_opener *before,
                                          struct regain *regain)
{
	struct direction *d = &keys->dir[dir];
	enum tls_found found = TLS_FOUND_NOT;
	if (d->other == NULL)
		d->other = tls_opener_new();
	int next = tls_opener_after_update_13(d->other, before);
	for (unsigned i = 0; i < LIMIT_GAP_UPDATES && next == 0 && found == TLS_FOUND_NOT; i++) {
		found = look_from_start(keys, dir, &d->other, regain);
		if (found == TLS_FOUND_NOT)
			next = tls_opener_update_13(d->other);
	}
	return found;
}

/* Keys of TLS 1.3 that follow the ones at work: the application's, and those behind KeyUpdates. */
static enum tls_found look_ahead(struct tls_keys *keys, uint8_t dir, struct regain *regain)
{
	struct direction *d = &keys->dir[dir];
	const struct tls_opener *application = d->opener;
	unsigned which;
	if (d->phase == PHASE_HANDSHAKE) {
		if (tls_keys_find_first(keys, dir, PHASE_TRAFFIC, &d->next, &which) != FOUND)
			return TLS_FOUND_NOT;
		enum tls_found found = look_from_start(keys, dir, &d->next, regain);
		if (found != TLS_FOUND_NOT)
			return found;
		application = d->next;
	}
	return look_behind_updates(keys, dir, application, regain);
}

/* Other secrets of the connection, behind what the keys at work had done, or of a new handshake from the
 * start. */
static enum tls_found look_elsewhere(struct tls_keys *keys, uint8_t dir, struct regain *regain)
{
	struct direction *d = &keys->dir[dir];
	/* change_cipher_spec may be among what is missing */
	bool agreed = keys->facts->version != TLS_1_3 && d->hellos[1] != keys->hellos[1] && d->proven;
	struct tls_amount done = agreed ? (struct tls_amount){0} : tls_opener_done(d->opener);
	uint64_t most = most_missing(keys, regain->gap);
	if (!agreed &&
	    (d->proven || d->tried++ >= RECORDS_TRIED || !tls_keys_have_others(keys, dir, d->phase)))
		return TLS_FOUND_NOT;
	for (unsigned which = 0; which < tls_keys_most_secrets(keys); which++) {
		if (tls_keys_find(keys, dir, d->phase, which, &d->other) != FOUND)
			continue;
		if (done.records > 0)
			tls_opener_skip(d->other, done);
		enum tls_found found = look(keys, d->other, regain, 0, most);
		if (found == TLS_FOUND_NOT)
			continue;
		swap(&d->opener, &d->other);
		tls_keys_work_with(keys, dir, which);
		if (agreed) {
			memcpy(d->hellos, keys->hellos, sizeof d->hellos);
			count_from_start(regain->gap);
		}
		return found;
	}
	return TLS_FOUND_NOT;
}

/* The record takes a number; its last block is the IV of the next one in TLS 1.0 CBC. */
static void pass(struct tls_opener *opener, struct span body)
{
	uint8_t tail[TLS_TAIL] = {0};
	size_t n = body.n < TLS_TAIL ? body.n : TLS_TAIL;
	if (n > 0)
		memcpy(&tail[TLS_TAIL - n], span_cut(body, body.n - n, n).p, n);
	tls_opener_skip(opener, (struct tls_amount){.records = 1, .bytes = body.n});
	tls_opener_set_tail(opener, tail);
}

enum tls_found tls_regain(struct tls_keys *keys, uint8_t dir, struct tls_gap *gap,
                          const struct tls_record *record, struct span body, uint8_t room[LIMIT_RECORD],
                          struct span *plain, uint8_t *type)
{
	struct direction *d = &keys->dir[dir];
	struct regain regain = {.gap = gap, .record = record, .body = body, .type = type};
	uint64_t guess = search_of(keys, gap).guess;
	keys->plain = room;
	bool keyed = d->keyed;
	enum tls_found found =
	    keyed ? look(keys, d->opener, &regain, guess, most_missing(keys, gap)) : TLS_FOUND_NOT;
	if (found == TLS_FOUND_NOT && keys->facts->version == TLS_1_3)
		found = look_ahead(keys, dir, &regain);
	if (found == TLS_FOUND_NOT && keyed)
		found = look_elsewhere(keys, dir, &regain);
	if (found == TLS_FOUND_NOT && keyed && !tls_keys_early(keys, dir))
		pass(d->opener, body);
	if (found == TLS_FOUND_OPENED && !d->proven && keys->facts->version != TLS_1_3)
		tls_secrets_proven(keys->secrets, d->which);
	d->proven = d->proven || found == TLS_FOUND_OPENED;
	keys->plain = NULL;
	*plain = regain.plain;
	return found;
}
