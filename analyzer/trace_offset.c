/*
 * A window slides over the sorted votes; what counts is how many sessions of both sides stand in it, each
 * once. Called by trace_match.c. Keeps nothing.
 */
#include "analyzer/trace_offset.h"

#include "analyzer/origin.h"

#include <stdlib.h>

#define NEAR (TRACE_NEAR_SECONDS * NS_PER_S)
#define SAME (TRACE_SAME_MS * 1000 * NS_PER_US)

struct range {
	int64_t from, to; /* both included */
};

struct window {
	uint32_t pairs;
	int64_t from;
};

/* How often each session votes in the window. */
struct tally {
	uint32_t wire[LIMIT_TRACE_VOTERS], trace[LIMIT_TRACE_VOTERS];
	uint32_t wires, traces;
};

static int by_offset(const void *left, const void *right)
{
	const struct trace_vote *a = left, *b = right;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void enter(struct tally *tally, const struct trace_vote *vote)
{
	tally->wires += tally->wire[vote->wire]++ == 0;
	tally->traces += tally->trace[vote->trace]++ == 0;
}

static void leave(struct tally *tally, const struct trace_vote *vote)
{
	tally->wires -= --tally->wire[vote->wire] == 0;
	tally->traces -= --tally->trace[vote->trace] == 0;
}

static bool counts(const struct trace_vote *vote, struct range in, struct range out)
{
	bool same = vote->offset >= -SAME && vote->offset <= SAME;
	bool taken = vote->offset >= out.from && vote->offset <= out.to;
	return vote->offset >= in.from && vote->offset <= in.to && !taken && (same || !vote->against);
}

static struct window best(const struct trace_vote *votes, size_t n, int64_t width, struct range in,
                          struct range out)
{
	struct tally tally = {.wires = 0};
	struct window found = {.pairs = 0};
	size_t first = 0;
	for (size_t i = 0; i < n; i++) {
		if (!counts(&votes[i], in, out))
			continue;
		enter(&tally, &votes[i]);
		for (; origin_elapsed(votes[first].offset, votes[i].offset) > width; first++)
			if (counts(&votes[first], in, out))
				leave(&tally, &votes[first]);
		uint32_t pairs = tally.wires < tally.traces ? tally.wires : tally.traces;
		if (pairs > found.pairs)
			found = (struct window){.pairs = pairs, .from = votes[first].offset};
	}
	return found;
}

/* The best window, when no other one has more than half as many pairs. */
static bool clear_best(const struct trace_vote *votes, size_t n, int64_t width, struct range in,
                       struct window *out)
{
	const struct range nothing = {.from = 1, .to = 0};
	*out = best(votes, n, width, in, nothing);
	if (out->pairs == 0)
		return false;
	/* What is so near to it is the same answer. */
	struct range taken = {.from = origin_elapsed(width, out->from),
	                      .to = origin_elapsed(-2 * width, out->from)};
	return 2 * best(votes, n, width, in, taken).pairs <= out->pairs;
}

bool trace_offset_find(struct trace_vote *votes, size_t n, int64_t window, uint32_t least, int64_t *from)
{
	const struct range near = {.from = -NEAR, .to = NEAR};
	const struct range all = {.from = INT64_MIN, .to = INT64_MAX};
	struct window here, anywhere;
	qsort(votes, n, sizeof votes[0], by_offset);
	bool clear_here = clear_best(votes, n, window, near, &here);
	bool clear = clear_best(votes, n, window, all, &anywhere);
	if (clear_here && 2 * here.pairs >= anywhere.pairs) {
		*from = here.from;
		return true;
	}
	*from = anywhere.from;
	return clear && anywhere.pairs >= least;
}
