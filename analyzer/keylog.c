/*
 * A hash table from (label, id, number) to secret; see keylog.h. keylog_text.c fills it from lines.
 *
 * Owns every secret of the program but those that an opener works with. Entries live in chunks, so a line
 * costs no allocation; whatever held a secret is wiped before it is freed. Knows no cipher and no session.
 */
#include "analyzer/keylog.h"

#include "analyzer/hash.h"
#include "analyzer/keylog_table.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <assert.h>
#include <stdlib.h>

#define STORED_BYTES 48  /* of a secret that an entry has room for */
#define CHUNK        256 /* entries */

/* A table that grows moves every entry each time, which takes longer than filling one of the right size. */
#undef HASH_INITIAL_NUM_BUCKETS
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS      (1u << keylog->log2_buckets)
#define HASH_INITIAL_NUM_BUCKETS_LOG2 (keylog->log2_buckets)
#define LEAST_LOG2                    5
#define MOST_LOG2                     20 /* it grows beyond */

struct entry {
	struct keylog_key key;
	uint16_t n;
	bool followed; /* the next one of its label and random has come */
	union {
		uint8_t stored[STORED_BYTES];
		uint8_t *apart; /* of a longer secret */
	} secret;
	UT_hash_handle hh;
};

struct chunk {
	struct chunk *older, *newer;
	struct entry entries[CHUNK];
};

/* Entries are numbered in the order in which they came; number i lies at i % CHUNK of its chunk. */
struct keylog {
	struct entry *all;
	struct chunk *newest, *oldest;
	uint64_t first, end; /* numbers of the entries that are kept: from first up to end - 1 */
	uint64_t limit;
	uint64_t apart;       /* entries that the secrets which stand apart would have filled */
	uint8_t log2_buckets; /* that the table begins with */
	struct keylog_counts counts;
	char *name; /* of the file that was read first */
};

/* ---- the table -------------------------------------------------------------------------------------- */

struct keylog *keylog_new(void)
{
	struct keylog *keylog = xcalloc(1, sizeof *keylog);
	keylog->log2_buckets = LEAST_LOG2;
	keylog->limit = LIMIT_SECRETS;
	return keylog;
}

static struct span secret_of(const struct entry *entry)
{
	return span_of(entry->n > STORED_BYTES ? entry->secret.apart : entry->secret.stored, entry->n);
}

/* What a secret takes beyond its entry, in entries. */
static uint64_t apart_cost(size_t n)
{
	return n > STORED_BYTES ? (n + KEYLOG_SECRET_COST - 1) / KEYLOG_SECRET_COST : 0;
}

static void wipe_entry(struct keylog *keylog, struct entry *entry)
{
	if (entry->n > STORED_BYTES) {
		explicit_bzero(entry->secret.apart, entry->n);
		free(entry->secret.apart);
		keylog->apart -= apart_cost(entry->n);
	}
	explicit_bzero(entry, sizeof *entry);
}

static void free_oldest_chunk(struct keylog *keylog)
{
	struct chunk *chunk = keylog->oldest;
	keylog->oldest = chunk->newer;
	if (keylog->oldest != NULL)
		keylog->oldest->older = NULL;
	else
		keylog->newest = NULL;
	explicit_bzero(chunk, sizeof *chunk);
	free(chunk);
}

static struct entry *oldest(struct keylog *keylog)
{
	return &keylog->oldest->entries[keylog->first % CHUNK];
}

void keylog_free(struct keylog *keylog)
{
	if (keylog == NULL)
		return;
	HASH_CLEAR(hh, keylog->all);
	for (; keylog->first < keylog->end; keylog->first++) {
		wipe_entry(keylog, oldest(keylog));
		if ((keylog->first + 1) % CHUNK == 0)
			free_oldest_chunk(keylog);
	}
	while (keylog->oldest != NULL)
		free_oldest_chunk(keylog);
	free(keylog->name);
	free(keylog);
}

static struct entry *new_entry(struct keylog *keylog)
{
	size_t used = (size_t)(keylog->end % CHUNK);
	if (used == 0) {
		struct chunk *chunk = xmalloc(sizeof *chunk);
		chunk->newer = NULL;
		chunk->older = keylog->newest;
		if (keylog->newest != NULL)
			keylog->newest->newer = chunk;
		else
			keylog->oldest = chunk;
		keylog->newest = chunk;
	}
	keylog->end++;
	return &keylog->newest->entries[used];
}

static struct entry *find(const struct keylog *keylog, const struct keylog_key *key)
{
	struct entry *entry;
	HASH_FIND(hh, keylog->all, key, sizeof *key, entry);
	return entry;
}

/* Number 0 of its label and random has left: the others move up. */
static void move_up(struct keylog *keylog, struct keylog_key key)
{
	struct entry *entry;
	for (key.which = 1; (entry = find(keylog, &key)) != NULL; key.which++) {
		HASH_DELETE(hh, keylog->all, entry);
		entry->key.which--;
		HASH_ADD(hh, keylog->all, key, sizeof entry->key, entry);
	}
}

/* Of the secrets alike it is number 0: they came in the order of their numbers. */
static void drop_oldest(struct keylog *keylog)
{
	struct entry *entry = oldest(keylog);
	struct keylog_key key = entry->key;
	bool followed = entry->followed;
	HASH_DELETE(hh, keylog->all, entry);
	wipe_entry(keylog, entry);
	keylog->first++;
	keylog->counts.dropped++;
	if (keylog->first % CHUNK == 0)
		free_oldest_chunk(keylog);
	if (followed)
		move_up(keylog, key);
}

static void make_room(struct keylog *keylog)
{
	while (keylog->first < keylog->end && keylog->end - keylog->first + keylog->apart > keylog->limit)
		drop_oldest(keylog);
}

void keylog_set_limit(struct keylog *keylog, uint64_t secrets)
{
	keylog->limit = secrets > 0 ? secrets : 1;
	make_room(keylog);
}

uint64_t keylog_limit(const struct keylog *keylog)
{
	return keylog->limit;
}

static void store(struct keylog *keylog, struct entry *entry, struct span secret)
{
	uint8_t *to = entry->secret.stored;
	entry->n = (uint16_t)secret.n;
	if (secret.n > STORED_BYTES)
		to = entry->secret.apart = xmalloc(secret.n);
	memcpy(to, secret.p, secret.n);
	keylog->apart += apart_cost(secret.n);
}

static unsigned hash_of(const struct keylog_key *key)
{
	unsigned hash = 0;
	HASH_VALUE(key, sizeof *key, hash);
	return hash;
}

static const UT_hash_bucket *bucket_of(const struct keylog *keylog, unsigned hash)
{
	unsigned i = 0;
	if (keylog->all == NULL)
		return NULL;
	const UT_hash_table *table = keylog->all->hh.tbl;
	HASH_TO_BKT(hash, table->num_buckets, i);
	return &table->buckets[i];
}

void keylog_foresee(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                    struct keylog_foreseen *out)
{
	out->key = (struct keylog_key){.label = (uint8_t)label};
	memcpy(out->key.id, id, sizeof out->key.id);
	out->hash = hash_of(&out->key);
	__builtin_prefetch(bucket_of(keylog, out->hash));
}

void keylog_foresee_entry(const struct keylog *keylog, const struct keylog_foreseen *foreseen)
{
	const UT_hash_bucket *bucket = bucket_of(keylog, foreseen->hash);
	if (bucket != NULL)
		__builtin_prefetch(bucket->hh_head);
}

/* Under the next free number. */
void keylog_add_foreseen(struct keylog *keylog, const struct keylog_foreseen *foreseen, struct span secret)
{
	struct keylog_key key = foreseen->key;
	unsigned hash = foreseen->hash;
	struct entry *entry, *before = NULL;
	assert(secret.n > 0 && secret.n <= LIMIT_PREMASTER);
	for (;;) {
		HASH_FIND_BYHASHVALUE(hh, keylog->all, &key, sizeof key, hash, entry);
		if (entry == NULL)
			break;
		if (span_equal(secret_of(entry), secret)) {
			keylog->counts.duplicates++;
			return;
		}
		if (++key.which == LIMIT_SECRETS_ALIKE) {
			keylog->counts.surplus++;
			return;
		}
		before = entry;
		hash = hash_of(&key);
	}
	entry = new_entry(keylog);
	entry->key = key;
	entry->followed = false;
	if (before != NULL)
		before->followed = true;
	store(keylog, entry, secret);
	HASH_ADD_BYHASHVALUE(hh, keylog->all, key, sizeof entry->key, hash, entry);
	make_room(keylog);
}

void keylog_add(struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                struct span secret)
{
	struct keylog_foreseen foreseen;
	keylog_foresee(keylog, label, id, &foreseen);
	keylog_add_foreseen(keylog, &foreseen, secret);
}

bool keylog_borrow(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                   unsigned which, struct span *out)
{
	if (which >= LIMIT_SECRETS_ALIKE)
		return false;
	struct keylog_key key = {.label = (uint8_t)label, .which = (uint8_t)which};
	memcpy(key.id, id, sizeof key.id);
	const struct entry *entry = find(keylog, &key);
	if (entry != NULL)
		*out = secret_of(entry);
	return entry != NULL;
}

bool keylog_find(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                 unsigned which, struct keylog_secret *out)
{
	struct span secret;
	if (!keylog_borrow(keylog, label, id, which, &secret) || secret.n > sizeof out->bytes)
		return false;
	out->n = (uint8_t)secret.n;
	memcpy(out->bytes, secret.p, secret.n);
	return true;
}

void keylog_wipe(struct keylog_secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

uint64_t keylog_generation(const struct keylog *keylog)
{
	return keylog->end;
}

void keylog_between(const struct keylog *keylog, uint64_t after, uint64_t until,
                    void (*seen)(void *ctx, enum keylog_label label, const uint8_t id[TLS_RANDOM]), void *ctx)
{
	const struct chunk *chunk = keylog->newest;
	uint64_t last = after > keylog->first ? after : keylog->first;
	for (uint64_t i = keylog->end; i > last; i--) {
		uint64_t start = i - 1 - (i - 1) % CHUNK;
		if (start >= until)
			i = start + 1; /* nothing in this chunk is wanted */
		const struct keylog_key *key = &chunk->entries[(i - 1) % CHUNK].key;
		if (i <= until)
			seen(ctx, key->label, key->id);
		if (i - 1 == start)
			chunk = chunk->older;
	}
}

bool keylog_search(const struct keylog *keylog, enum keylog_label label, uint64_t after,
                   bool (*fits)(void *ctx, struct span secret), void *ctx)
{
	const struct chunk *chunk = keylog->newest;
	uint64_t last = after > keylog->first ? after : keylog->first;
	for (uint64_t i = keylog->end; i > last; i--) {
		const struct entry *entry = &chunk->entries[(i - 1) % CHUNK];
		if (entry->key.label == label && fits(ctx, secret_of(entry)))
			return true;
		if ((i - 1) % CHUNK == 0)
			chunk = chunk->older;
	}
	return false;
}

void keylog_set_name(struct keylog *keylog, const char *path)
{
	if (keylog->name == NULL)
		keylog->name = xstrdup(path);
}

const char *keylog_name(const struct keylog *keylog)
{
	return keylog->name != NULL ? keylog->name : "in the capture";
}

struct keylog_counts keylog_counts(const struct keylog *keylog)
{
	struct keylog_counts counts = keylog->counts;
	counts.secrets = keylog->end - keylog->first;
	return counts;
}

void keylog_count_line(struct keylog *keylog)
{
	keylog->counts.lines++;
}

void keylog_count_rubbish(struct keylog *keylog)
{
	keylog->counts.rubbish++;
}

void keylog_expect(struct keylog *keylog, uint64_t secrets)
{
	secrets = secrets < keylog->limit ? secrets : keylog->limit;
	while (keylog->log2_buckets < MOST_LOG2 && UINT64_C(1) << keylog->log2_buckets < secrets)
		keylog->log2_buckets++;
}
