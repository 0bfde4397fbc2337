/*
 * Handshake messages of one direction of a DTLS association: put together from fragments that come in any
 * order, overlap, and come again, and handed up once each in the order of their numbers. RFC 6347
 * section 4.2.
 *
 * Part of dtls_conn, which bounds what is kept and says when a message is given up. Knows no record.
 */
#ifndef ANALYZER_DTLS_FRAGMENTS_H
#define ANALYZER_DTLS_FRAGMENTS_H

#include "analyzer/origin.h"
#include "dissect/dtls.h"

struct dtls_piece;

/* A message that is not handed up yet, or as it is handed up. */
struct dtls_message {
	struct dtls_message *next; /* by number */
	uint16_t sequence;
	uint8_t type;
	uint32_t length, have; /* bytes of the body, and those that came */
	uint64_t place;        /* of the caller, when it was complete */
	uint64_t arrival;      /* the same: packets of the association */
	struct origin first, last;
	bool given_up;             /* the rest does not come */
	struct dtls_piece *pieces; /* by offset, without overlaps */
};

struct dtls_fragments {
	uint16_t next;  /* number of the message that is to be handed up next */
	uint64_t given; /* of the 64 in front of it, by the lower bits of their numbers: given up unseen */
	uint64_t given_place; /* the place in front of which the last of these was given up */
	struct dtls_message *first;
	size_t bytes; /* kept */
};

enum dtls_news {
	DTLS_NEW,
	DTLS_REPEATED, /* nothing but what came before */
	DTLS_REFUSED,  /* contradicts what came before, or is too far ahead */
};

/* When and where a fragment came. */
struct dtls_seen {
	struct origin at;
	uint64_t place, arrival;
};

enum dtls_news dtls_fragments_take(struct dtls_fragments *fragments, const struct dtls_fragment *fragment,
                                   const struct dtls_seen *seen);

/* The numbers of this direction begin again. */
void dtls_fragments_restart(struct dtls_fragments *fragments, uint16_t sequence);

/* The message whose turn it is and that is complete, or one that comes late; NULL when there is none. */
struct dtls_message *dtls_fragments_ready(const struct dtls_fragments *fragments);

/* What waits, complete or not: the first one; NULL for none. */
static inline const struct dtls_message *dtls_fragments_waiting(const struct dtls_fragments *fragments)
{
	return fragments->first;
}

/* Gives up the messages in front of the first one that waits; if there are none, the rest of that one: it is
 * ready then. */
void dtls_fragments_give_up(struct dtls_fragments *fragments);

/* The place of the message among the others: not behind those that have higher numbers. */
uint64_t dtls_fragments_place(const struct dtls_fragments *fragments, const struct dtls_message *message);

/* Copies the body up to its first missing byte to `to`, which has room for `have`; returns the bytes. */
size_t dtls_message_body(const struct dtls_message *message, uint8_t *to);

/* Takes out the message that is ready and frees it. */
void dtls_fragments_drop(struct dtls_fragments *fragments, struct dtls_message *message);

void dtls_fragments_free(struct dtls_fragments *fragments);

#endif
