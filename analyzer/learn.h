/*
 * A framing profile learned from plaintext: design.md section 5. No wire format of NMSP is published, so the
 * header is found by what must hold of it: lengths tile the data exactly, types are published ids sent by the
 * right side (facts.md section 2), responses repeat their request's transaction id. That a record often
 * starts a message is evidence, never a rule.
 *
 * Called by messages.c with the plaintext that it holds. Pure but for memory. Where two answers would cut the
 * data differently, or give other types, it says so and learns nothing; where two would give other ids, it
 * learns the rest and says so. An id beside a constant that may be a part of it is learned without that, and
 * this is said: responses answer the same requests either way. Elements whose values are elements themselves
 * are written as groups when many different values show it.
 */
#ifndef ANALYZER_LEARN_H
#define ANALYZER_LEARN_H

#include "analyzer/messages_hold.h"
#include "dissect/profile.h"

#define LEARN_LEAST 8 /* whole messages; fewer prove nothing */
#define LEARN_LINE  240
#define LEARN_LINES 16

/* Plaintext of one session. */
struct learn_input {
	const struct messages_hold *hold; /* borrowed */
	bool midstream;                   /* it need not begin with a message */
};

struct learn_lines {
	char text[LEARN_LINES][LEARN_LINE];
	uint32_t n;
};

/* Sentences and profile lines; what does not fit LEARN_LINES is left out. */
struct learned {
	bool found;
	struct profile profile; /* valid when found */
	char why[LEARN_LINE];   /* when not: why not */
	struct learn_lines evidence;
	struct learn_lines unsure; /* what could not be told, and was left out of the profile */
	struct learn_lines same;   /* lines that would read the data in the same way */
};

/*
 * Learns from all of the plaintext together; at most LIMIT_LEARN_INPUTS inputs are read. True when a profile
 * was found. Fills all of *out.
 */
bool learn(const struct learn_input *inputs, size_t n, struct learned *out);

/* The profile with evidence and alternatives as comments: profile_parse reads it. Returns a text to be freed.
 */
char *learn_text(const struct learned *learned);

#endif
