/*
 * NMSP plaintext of one connection -> messages in the session: decides the framing, cuts, hands on.
 *
 * Sits behind tls_conn, or behind tcp where NMSP comes without TLS. design.md section 5: the profile that
 * the user gave, else assumed-1 if it tiles the first messages, else one that was learned (framing.h), else the
 * framing is unknown and only bytes are counted. Knows no TLS.
 */
#ifndef ANALYZER_MESSAGES_H
#define ANALYZER_MESSAGES_H

#include "analyzer/model.h"

#define MESSAGES_TO_DECIDE 8 /* whole messages of both directions that decide about the framing */

struct messages;

/* Both are borrowed and must outlive it. The session's nmsp appears with the first plaintext. */
struct messages *messages_new(struct model *model, struct session *session);
void messages_free(struct messages *messages); /* NULL is allowed */

/*
 * The sink of a direction: ordered plaintext in pieces of any size. A gap of 0 bytes says that nobody knows
 * how many are missing, as where a record could not be opened. Valid while `messages` lives.
 */
struct sink messages_sink(struct messages *messages, uint8_t dir);

#endif
