/*
 * Which direction is the engine's, as the types of its messages say (design.md section 4).
 *
 * Owned by messages.c, which lets each message vote while the framing is decided.
 */
#ifndef ANALYZER_MESSAGES_VOTES_H
#define ANALYZER_MESSAGES_VOTES_H

#include "analyzer/lie.h"
#include "analyzer/model.h"

/* Messages that say: the engine sends in this direction. A zeroed struct has heard nothing. */
struct messages_votes {
	uint64_t engine[2];
};

/* `known` may be NULL; assumed ids and ids of both sides do not vote. */
void messages_votes_add(struct messages_votes *votes, const struct profile_message *known, uint8_t dir);

/* How a direction is read so far. */
struct lie_reading messages_votes_reading(const struct messages_votes *votes, const struct profile *profile,
                                          uint8_t dir);

/* Gives the session its controller when the votes agree and the user did not say. True when it did. */
bool messages_votes_tell(const struct messages_votes *votes, const struct model *model,
                         struct session *session);

#endif
