/*
 * Keeps plaintext for a later decision; see messages_hold.h. Called by messages.c while the framing is not
 * decided. Never looks at the bytes.
 */
#include "analyzer/messages_hold.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

static void *grow(void *array, size_t need, size_t *room, size_t size)
{
	if (need <= *room)
		return array;
	*room = need > 2 * *room ? need : 2 * *room;
	return xrealloc(array, *room * size);
}

void messages_hold_add(struct messages_hold *hold, const struct messages_piece *piece, struct span bytes)
{
	hold->pieces = grow(hold->pieces, hold->n_pieces + 1, &hold->room_pieces, sizeof *piece);
	hold->pieces[hold->n_pieces++] = *piece;
	hold->bytes = grow(hold->bytes, hold->n + bytes.n, &hold->room, 1);
	if (bytes.n > 0)
		memcpy(&hold->bytes[hold->n], bytes.p, bytes.n);
	hold->n += bytes.n;
}

bool messages_hold_full(const struct messages_hold *hold)
{
	return hold->n + hold->n_pieces * sizeof hold->pieces[0] >= LIMIT_FRAMING_HOLD;
}

void messages_hold_free(struct messages_hold *hold)
{
	free(hold->pieces);
	free(hold->bytes);
	*hold = (struct messages_hold){0};
}
