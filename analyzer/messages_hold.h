/*
 * Plaintext of both directions that waits until the framing of its connection is decided.
 *
 * Owned by messages.c, which plays the pieces again afterwards. Knows no framing.
 */
#ifndef ANALYZER_MESSAGES_HOLD_H
#define ANALYZER_MESSAGES_HOLD_H

#include "analyzer/origin.h"

/* Bytes of a direction, or a hole in it. */
struct messages_piece {
	uint8_t dir;
	bool is_gap;
	uint64_t n;
	struct origin origin;
};

/* The plaintext so far, in the order in which it came. A zeroed struct is empty. */
struct messages_hold {
	struct messages_piece *pieces;
	size_t n_pieces, room_pieces;
	uint8_t *bytes;
	size_t n, room;
};

/* Copies the piece and its bytes; a gap has none. */
void messages_hold_add(struct messages_hold *hold, const struct messages_piece *piece, struct span bytes);

/* LIMIT_FRAMING_HOLD is reached. */
bool messages_hold_full(const struct messages_hold *hold);

/* Empties it. */
void messages_hold_free(struct messages_hold *hold);

#endif
