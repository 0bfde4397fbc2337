/*
 * Hashes of lines, one behind the other until a line comes that may have been read before: then in buckets of
 * one cache line each, latest first. So a long trace in order costs no look-up. Called by trace_session.c.
 */
#include "analyzer/trace_known.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

#define SLOTS   8 /* 64 bytes */
#define BUCKETS (LIMIT_TRACE_KNOWN / SLOTS)

struct trace_known {
	uint64_t *row; /* of at most LIMIT_TRACE_KNOWN hashes, then from its start again */
	size_t room;
	uint64_t n;                 /* ever put into the row */
	uint64_t (*buckets)[SLOTS]; /* 0 = free */
	uint32_t highest;           /* sequence number of all lines */
};

struct trace_known *trace_known_new(void)
{
	return xcalloc(1, sizeof(struct trace_known));
}

void trace_known_free(struct trace_known *known)
{
	free(known->row);
	free(known->buckets);
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
	uint64_t hash = hash_bytes(&all, sizeof all);
	return hash != 0 ? hash : 1;
}

static bool put(struct trace_known *known, uint64_t hash)
{
	uint64_t *slots = known->buckets[hash % BUCKETS];
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i] == hash)
			return true;
	for (size_t i = SLOTS - 1; i > 0; i--)
		slots[i] = slots[i - 1];
	slots[0] = hash;
	return false;
}

static void sort_into_buckets(struct trace_known *known)
{
	uint64_t first = known->n > LIMIT_TRACE_KNOWN ? known->n - LIMIT_TRACE_KNOWN : 0;
	known->buckets = xcalloc(BUCKETS, sizeof *known->buckets);
	for (uint64_t i = first; i < known->n; i++)
		put(known, known->row[i % LIMIT_TRACE_KNOWN]);
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
	if (may_be && known->buckets == NULL)
		sort_into_buckets(known);
	if (known->buckets != NULL)
		return put(known, hash);
	append(known, hash);
	return false;
}
