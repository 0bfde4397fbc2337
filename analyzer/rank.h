/*
 * Who leaves first when there is no more room for a session (LIMIT_SESSIONS, --memory).
 *
 * Healthy closed sessions leave first, failed ones last; and a flood of sessions of one kind must not push
 * out the few that matter. So of a pair of hosts that fails again and again only the latest LIMIT_FAILURES
 * failed sessions are ones that leave last. All failed ones together are sure of a part of the room
 * (LIMIT_FAILED_PART), and leave before open sessions while they have more; of these the ones of hosts that
 * had no other session leave first. Connections without data, and handshakes that go on, leave before open
 * sessions, too, but each are sure of a part (LIMIT_YOUNG_PART): else the newest would push out each other
 * when the room is full of sessions that are worth more.
 *
 * Called by the model and the analysis. Sessions of a rank are in the order in which they came to it, so that
 * a flood of connections does not make each of them walk over all others.
 */
#ifndef ANALYZER_RANK_H
#define ANALYZER_RANK_H

#include "analyzer/model.h"

/* A new session takes its place, and one that leaves the list gives it up. */
void rank_join(struct model *model, struct session *session);
void rank_leave(struct model *model, struct session *session);

/* The session's facts have moved, or its pair has another one: finds its rank anew. */
void rank_update(struct model *model, struct session *session);

/*
 * The session to give up: of the rank that leaves first the one that came to it first; one that was heard
 * since goes behind the others instead. NULL when there is none.
 */
struct session *rank_victim(struct model *model);

#endif
