/* Sessions for the learner of framings that a test puts together from pieces. After cmocka. */
#ifndef TESTS_LEARNRUN_H
#define TESTS_LEARNRUN_H

#include "analyzer/learn.h"
#include "analyzer/xmalloc.h"

static inline void learnrun_add(struct messages_hold *hold, uint8_t dir, const void *bytes, size_t n)
{
	struct messages_piece piece = {
	    .dir = dir, .n = n, .origin = origin_of(0, hold->n_pieces + 1, 0)};
	messages_hold_add(hold, &piece, span_of(bytes, n));
}

static inline bool learnrun(const struct messages_hold *hold, struct learned *out)
{
	struct learn_input input = {.hold = hold};
	return learn(&input, 1, out);
}

#endif
