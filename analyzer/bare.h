/*
 * Captures of bare NMSP messages, LINKTYPE_USER0: each packet holds one or more of them, without TCP and TLS.
 *
 * The messages of one input are one session, that has no ends, no connection and no handshake. Where each packet says
 * whether it came or went (epb_flags of pcapng), these are the two directions, and the types of messages tell which one is
 * the engine's; else the side that sent a message is taken from its type, where its sender is published, and of others it
 * is not known. Called by the wiring.
 */
#ifndef ANALYZER_BARE_H
#define ANALYZER_BARE_H

#include "analyzer/capfile.h"
#include "analyzer/model.h"

struct bare;

struct bare *bare_new(struct model *model); /* borrowed */
void bare_free(struct bare *bare);          /* NULL is allowed */

/* The session of this input, NULL when it has none yet: the caller makes room in the model, and bare_packet makes it. */
const struct session *bare_session(const struct bare *bare, uint32_t input);

/* A packet of the input. */
void bare_packet(struct bare *bare, const struct capfile_packet *packet, const struct origin *at);

/* The session leaves the model: nothing more is put into it. */
void bare_drop(struct bare *bare, const struct session *session);

/* All inputs have ended. */
void bare_end(struct bare *bare, const struct origin *at);

#endif
