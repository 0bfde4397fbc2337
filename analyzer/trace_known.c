/*
 * Hashes of lines, one behind the other until a line comes that may have been read before: then the latest
 * ones in a small table, and the older ones in buckets of one cache line each, latest first. A bucket is
 * looked at only when it holds lines of the same second, so a long trace in order costs no such look-up,
 * whatever its sequence numbers were misread for. Called by trace_session.c.
 */
#include "analyzer/trace_known.h"

#include "analyzer/hash.h"
#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS   8 /* 64 bytes */
#define BUCKETS (LIMIT_TRACE_KNOWN / SLOTS)
#define LATEST  2048
#define PLACES  (2 * LATEST)

/* The upper bits of a hash are the second of the line. */
#define SECOND_SHIFT 44
#define SECONDS      (UINT64_C(1) << (64 - SECOND_SHIFT)) /* 12 days, then from the start again */

/* 0 is free. */
struct sorted {
	uint64_t buckets[BUCKETS][SLOTS];
	uint8_t seconds[SECONDS / 8]; /* a bit each: the buckets hold lines of it */
	uint64_t latest[LATEST];      /* in order of reading */
	uint16_t places[PLACES];      /* of the latest, by hash: index and 1 */
	uint16_t n;                   /* of the latest */
};

struct trace_known {
	uint64_t *row; /* of at most LIMIT_TRACE_KNOWN hashes, then from its start again */
	size_t room;
	uint64_t n;            /* ever put into the row */
	struct sorted *sorted; /* NULL: no line came that may have been read before */
	uint32_t highest;      /* sequence number of all lines */
};

struct trace_known *trace_known_new(void)
{
	return xcalloc(1, sizeof(struct trace_known));
}

void trace_known_free(struct trace_known *known)
{
	free(known->row);
	free(known->sorted);
	free(known);
}

bool trace_known_identity(const struct trace_line *line)
{
	return line->has_time && (line->kind == TRACE_SYSLOG || (line->has_sequence && line->has_pid));
}

static uint64_t digest(const struct trace_line *line)
{
	struct {
		int64_t time;
		uint64_t text;
		uint32_t sequence, pid;
	} all = {line->time, hash_bytes(line->text.p, line->text.n), line->sequence, line->pid};
	uint64_t second = (uint64_t)(line->time / NS_PER_S) << SECOND_SHIFT;
	uint64_t hash = second | hash_bytes(&all, sizeof all) >> (64 - SECOND_SHIFT);
	return hash != 0 ? hash : 1;
}

/* ---- buckets ---- */

static void put(struct sorted *sorted, uint64_t hash)
{
	uint64_t *slots = sorted->buckets[hash % BUCKETS], second = hash >> SECOND_SHIFT;
	memmove(&slots[1], &slots[0], (SLOTS - 1) * sizeof slots[0]);
	slots[0] = hash;
	sorted->seconds[second / 8] |= (uint8_t)(1 << second % 8);
}

static bool in_buckets(const struct sorted *sorted, uint64_t hash)
{
	const uint64_t *slots = sorted->buckets[hash % BUCKETS], second = hash >> SECOND_SHIFT;
	if ((sorted->seconds[second / 8] >> second % 8 & 1) == 0)
		return false;
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i] == hash)
			return true;
	return false;
}

/* ---- the latest ---- */

/* Where the hash stands, or the free place for it. */
static uint16_t *place_of(struct sorted *sorted, uint64_t hash)
{
	size_t i = hash / BUCKETS % PLACES;
	while (sorted->places[i] != 0 && sorted->latest[sorted->places[i] - 1] != hash)
		i = (i + 1) % PLACES;
	return &sorted->places[i];
}

/* Buckets lie anywhere in memory: each is asked for well before its turn. */
static void put_away_latest(struct sorted *sorted)
{
	enum { AHEAD = 16 };
	for (size_t i = 0; i < sorted->n; i++) {
		if (i + AHEAD < sorted->n)
			__builtin_prefetch(sorted->buckets[sorted->latest[i + AHEAD] % BUCKETS], 1);
		put(sorted, sorted->latest[i]);
	}
	memset(sorted->places, 0, sizeof sorted->places);
	sorted->n = 0;
}

/* Was there; if not, it is from here on. */
static bool note(struct sorted *sorted, uint64_t hash)
{
	if (sorted->n == LATEST)
		put_away_latest(sorted);
	uint16_t *place = place_of(sorted, hash);
	if (*place != 0 || in_buckets(sorted, hash))
		return true;
	sorted->latest[sorted->n++] = hash;
	*place = sorted->n;
	return false;
}

/* ---- the row ---- */

static void sort(struct trace_known *known)
{
	uint64_t first = known->n > LIMIT_TRACE_KNOWN ? known->n - LIMIT_TRACE_KNOWN : 0;
	known->sorted = xcalloc(1, sizeof *known->sorted);
	for (uint64_t i = first; i < known->n; i++)
		put(known->sorted, known->row[i % LIMIT_TRACE_KNOWN]);
	free(known->row);
	known->row = NULL;
}

static void append(struct trace_known *known, uint64_t hash)
{
	enum { FIRST_ROOM = 1024 };
	if (known->n == known->room && known->room < LIMIT_TRACE_KNOWN) {
		known->room = known->room == 0 ? FIRST_ROOM : 2 * known->room;
		known->row = xrealloc(known->row, known->room * sizeof *known->row);
	}
	known->row[known->n++ % LIMIT_TRACE_KNOWN] = hash;
}

bool trace_known_again(struct trace_known *known, const struct trace_line *line)
{
	bool may_be = known->n > 0 && !(line->has_sequence && line->sequence > known->highest);
	uint64_t hash = digest(line);
	if (line->has_sequence && line->sequence > known->highest)
		known->highest = line->sequence;
	if (may_be && known->sorted == NULL)
		sort(known);
	if (known->sorted != NULL)
		return note(known->sorted, hash);
	append(known, hash);
	return false;
}
