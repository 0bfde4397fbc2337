/*
 * How far the controller's clock is from the capture's: pairs of sessions that could be one -> the offset
 * that most of them agree on, or none. Pure; called by trace_match. A wrong answer is worse than none, so an
 * offset counts only when nothing else comes close.
 */
#ifndef ANALYZER_TRACE_OFFSET_H
#define ANALYZER_TRACE_OFFSET_H

#include "dissect/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One session of the wire and one of a trace whose handshakes look alike. */
struct trace_vote {
	int64_t offset;       /* ns: the controller's clock minus the capture's */
	uint32_t wire, trace; /* which sessions: less than LIMIT_TRACE_VOTERS */
	bool against;         /* the outcomes differ: it counts only where the clocks are the same */
};

/* Clocks that differ by no more than this many seconds are taken to be set right: such an offset goes first.
 */
#define TRACE_NEAR_SECONDS 5

/* Clocks that differ by no more than this many milliseconds are the same. */
#define TRACE_SAME_MS 100

/*
 * Sorts the votes. True with the least of the offsets that belong together; they lie within `window` ns.
 * Where the clocks do not agree, at least so many pairs must fall together.
 */
bool trace_offset_find(struct trace_vote *votes, size_t n, int64_t window, uint32_t least, int64_t *from);

#endif
