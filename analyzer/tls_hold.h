/*
 * Protected records that wait for a key which may still come: a bounded queue of copies, in the order in which
 * they came.
 *
 * Part of tls_conn. Bounded for a connection (LIMIT_WAITING) and for all together (LIMIT_WAITING_ALL, counted
 * by the caller's `all`): what does not fit is refused, because the first records hold the handshake.
 */
#ifndef ANALYZER_TLS_HOLD_H
#define ANALYZER_TLS_HOLD_H

#include "analyzer/frame.h"

/* A copy of a record; its bytes lie behind it. */
struct tls_held {
	struct tls_held *next;
	uint8_t dir;
	struct frame_message message;
};

struct tls_hold {
	struct tls_held *first, **last;
	size_t bytes;
	bool full; /* a record was refused: none is taken behind it */
};

void tls_hold_init(struct tls_hold *hold);
void tls_hold_free(struct tls_hold *hold, size_t *all);

/* Keeps a copy of a record. False when there is no room. */
bool tls_hold_push(struct tls_hold *hold, uint8_t dir, const struct frame_message *message, size_t *all);

/* Takes the oldest record out; NULL when there is none. The caller frees it. */
struct tls_held *tls_hold_pop(struct tls_hold *hold, size_t *all);

#endif
