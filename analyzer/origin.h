/*
 * Where bytes or an event come from, and the sink through which a layer pushes bytes to the next one.
 */
#ifndef ANALYZER_ORIGIN_H
#define ANALYZER_ORIGIN_H

#include "dissect/rd.h"

#include <stdint.h>

/* 16 bytes, since a session has some hundred of them. */
struct origin {
	int64_t time;         /* nanoseconds since 1970-01-01 UTC, by the input's clock; ORIGIN_NO_TIME */
	uint64_t packet : 47; /* from 1, in reading order over all inputs; 0 = nothing */
	uint64_t input : 16;  /* index of the input; there are at most LIMIT_INPUTS files and as many traces */
	uint64_t line : 1;    /* `packet` is the number of a line of a debug trace, from 1 in its input */
};

#define ORIGIN_PACKET_MOST ((UINT64_C(1) << 47) - 1)
#define ORIGIN_INPUT_MOST  UINT16_MAX

/* Of a packet; both numbers are small enough. */
static inline struct origin origin_of(int64_t time, uint64_t packet, uint32_t input)
{
	return (struct origin){.time = time, .packet = packet & ORIGIN_PACKET_MOST, .input = input & ORIGIN_INPUT_MOST};
}

#define ORIGIN_NO_TIME INT64_MIN /* a trace without stamps */

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/* Nanoseconds from one time to a later one; a file may hold any time, so the result is held in range. */
static inline int64_t origin_elapsed(int64_t from, int64_t to)
{
	int64_t elapsed;
	if (__builtin_sub_overflow(to, from, &elapsed))
		return from < 0 ? INT64_MAX : INT64_MIN;
	return elapsed;
}

/* A time so many nanoseconds later, held in range. */
static inline int64_t origin_after(int64_t time, int64_t ns)
{
	int64_t after;
	if (__builtin_add_overflow(time, ns, &after))
		return ns > 0 ? INT64_MAX : INT64_MIN;
	return after;
}

/* In order of reading: packets, then lines by input. 0: the same packet or line. */
static inline int origin_order(const struct origin *a, const struct origin *b)
{
	if (a->line != b->line)
		return a->line ? 1 : -1;
	if (a->line && a->input != b->input)
		return a->input < b->input ? -1 : 1;
	return a->packet < b->packet ? -1 : a->packet > b->packet;
}

/* Keeps the first of two in order of reading; packet 0 = nothing yet. */
static inline void origin_keep_first(struct origin *first, const struct origin *at)
{
	if (first->packet == 0 || origin_order(at, first) < 0)
		*first = *at;
}

/*
 * The receiving end of ordered bytes. `data` borrows its span for the call. `gap` says that `n` bytes are
 * missing here for good. `end` comes at most once, after everything else. The origin is that of the bytes,
 * for a gap that of the first packet behind it, or of what made it certain when there is none.
 */
struct sink {
	void *ctx;
	void (*data)(void *ctx, struct span bytes, const struct origin *origin);
	void (*gap)(void *ctx, uint64_t n, const struct origin *origin);
	void (*end)(void *ctx, const struct origin *origin);
};

#endif
