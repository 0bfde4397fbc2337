/*
 * NMSP conversations in framings that are drawn by a seed: what the learner of framings is judged on.
 *
 * A seed gives byte order, header length, places and widths of type, length and transaction id (or none),
 * what the length counts, what fills the rest of the header (zeros, constants and counters, some of which
 * look like lengths, marks and noise), how bodies are made (elements, groups of them, or opaque), and how
 * messages lie in records: several in one, one in several, 1 and n-1 bytes. It knows nothing of the learner,
 * and is not made to suit it.
 */
#ifndef TESTS_FRAMINGS_H
#define TESTS_FRAMINGS_H

#include "analyzer/messages_hold.h"
#include "dissect/profile.h"
#include "tests/seeded_numbers.h"

#define FRAMINGS_MESSAGES 40
#define FRAMINGS_FILLERS  32
#define FRAMINGS_BODY     4096

enum framings_filling {
	FILL_ZERO,
	FILL_CONSTANT,
	FILL_LENGTH,
	FILL_COUNT,
	FILL_COUNT_SIDE,
	FILL_COUNT_LENGTH,
	FILL_MARK, /* of the direction */
	FILL_NOISE /* as a checksum looks */
};

struct framings_filler {
	struct profile_place place;
	enum framings_filling filling;
	uint32_t start;
};

struct framings_message {
	uint8_t dir; /* 0 = the engine's */
	uint32_t type, transaction;
	size_t at, n; /* in the stream of its direction */
};

struct framings {
	struct seeded s;
	struct seeded more;   /* for what few framings have */
	struct profile truth; /* its only row is that of the group, if elements are nested */
	struct framings_filler fillers[FRAMINGS_FILLERS];
	size_t n_fillers;
	bool bare_echoes, splits, joins;
	bool java[2]; /* records of this direction are 1 and n-1 bytes */
	bool random_ids, notifies_with_ids;
	struct framings_message messages[FRAMINGS_MESSAGES];
	size_t n_messages;
	uint8_t *stream[2];
	size_t n_stream[2];
	struct messages_hold hold; /* the conversation as records */
	uint32_t n_groups;         /* elements that have some inside */
};

/* Draws a framing and a conversation of `n` messages, at most FRAMINGS_MESSAGES. */
struct framings *framings_new(uint64_t seed, size_t n);

/* Another conversation in the same framing. */
struct framings *framings_again(const struct framings *of, uint64_t seed, size_t n);

/* The records of one direction, as where only one was captured. Adds them to *hold. */
void framings_take_side(const struct framings *of, uint8_t dir, struct messages_hold *hold);

void framings_free(struct framings *framings);

#endif
