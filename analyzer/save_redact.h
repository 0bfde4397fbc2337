/*
 * Packets for -w under --redact: addresses and names in them become tokens, checksums that were right stay right.
 *
 * Part of save. A packet with a piece of a handshake message waits until the message is whole, and all packets behind
 * it wait, too, so that they keep their order. Knows no session: what it is given belongs to one, so UDP is DTLS.
 */
#ifndef ANALYZER_SAVE_REDACT_H
#define ANALYZER_SAVE_REDACT_H

#include "analyzer/capfile.h"
#include "analyzer/redact.h"

struct save_redact;

/* `write` gets the packets one by one, in their order, borrowed. */
struct save_redact *save_redact_new(const struct redact *redact,
                                    void (*write)(void *ctx, const struct capfile_packet *packet), void *ctx);
void save_redact_free(struct save_redact *save); /* NULL is allowed; what waits is lost */

/* The next packet; it is copied. */
void save_redact_push(struct save_redact *save, const struct capfile_packet *packet);

/* Nothing more comes: what waits is written. */
void save_redact_end(struct save_redact *save);

#endif
