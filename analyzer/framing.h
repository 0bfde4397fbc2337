/*
 * The framings that a run has learned, and the sessions that wait for one: they hold the plaintext that came
 * before, and their number and bytes are bounded.
 *
 * Part of the model. Written by messages_decide.c; --learn prints what is in it. Cuts nothing itself.
 */
#ifndef ANALYZER_FRAMING_H
#define ANALYZER_FRAMING_H

#include "analyzer/learn.h"
#include "analyzer/model.h"
#include "analyzer/session_nmsp.h"

struct framing {
	struct learned *learned[LIMIT_LEARNED_PROFILES]; /* in the order in which they were learned */
	uint32_t n_learned;
	uint32_t tries; /* how often the learner was asked */
	char *why;      /* why it could not tell, the last time; NULL = it never failed */
	struct session_nmsp *oldest, *newest; /* that wait, by session_nmsp.waiting */
	uint32_t n_waiting;
	size_t waiting_bytes;
};

struct framing *framing_new(void);
void framing_free(struct framing *framing); /* no session waits any more. NULL is allowed */

struct framing_question {
	struct session_nmsp *nmsp;        /* is told why, when it cannot be learned */
	const struct messages_hold *hold; /* borrowed */
	bool midstream;
	bool last; /* no more will be held: those that wait are asked, too */
};

/* Learns from what is held of a session, or of all that wait together. True when a profile was learned. */
bool framing_learn(struct model *model, const struct framing_question *question);

/* The session waits; takes over the bytes of the hold. At LIMIT_FRAMING_WAITING the one that waits longest
 * leaves. */
void framing_wait(struct model *model, struct session_nmsp *nmsp, struct messages_hold *hold);

/* It waits no longer; its bytes, to be freed. Empty when it did not wait. */
struct messages_hold framing_release(struct model *model, struct session_nmsp *nmsp);

#endif
