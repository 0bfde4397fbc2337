/*
 * The records of one epoch and direction of a DTLS association, told apart by their numbers: each is taken
 * once, and one that came too early can be kept until those in front of it have come or are given up.
 * RFC 6347 section 4.1.2.6.
 *
 * Part of dtls_conn, which says when a hole is given up. Knows no content.
 */
#ifndef ANALYZER_DTLS_ORDER_H
#define ANALYZER_DTLS_ORDER_H

#include "analyzer/origin.h"
#include "dissect/rd.h"

#define DTLS_WINDOW                                                                                          \
	512          /* numbers in front of and behind the next one that are told apart; a power of two      \
	              */
#define DTLS_NEAR 64 /* a record far ahead is believed when another follows so near */

/* A record that is kept; its bytes lie behind it. */
struct dtls_kept {
	struct dtls_kept *next; /* by number */
	uint64_t sequence;
	uint64_t arrival; /* packets of the association until it came */
	uint64_t place;   /* of the caller */
	struct origin at;
	size_t n, cut;
};

struct dtls_order {
	bool started;
	uint64_t next; /* of all below it each has come or is given up, or is remembered as missing */
	uint64_t come[2 * DTLS_WINDOW / 64]; /* of the numbers around `next`, by their lower bits */
	bool has_stray;
	uint64_t stray; /* the last one that was too far ahead */
	struct dtls_kept *first;
	size_t bytes; /* kept */
};

enum dtls_answer {
	DTLS_IN_ORDER,  /* all in front of it have come */
	DTLS_AHEAD,     /* others are missing in front of it; kept if that was asked for */
	DTLS_LATE,      /* it had been given up, or is far from the others */
	DTLS_DUPLICATE, /* it has come before, or is too old to tell */
};

/* The numbers begin here; else with the first that comes. */
void dtls_order_start(struct dtls_order *order, uint64_t sequence);

/* What is copied of a record: its bytes, and what the caller wrote into a struct dtls_kept. */
enum dtls_keep {
	DTLS_KEEP_NOTHING, /* its place does not matter */
	DTLS_KEEP_AHEAD,   /* when others are missing in front of it */
	DTLS_KEEP_ALWAYS,  /* the caller cannot take it yet; the answer is DTLS_AHEAD then */
};

/* A record came. *lost: the records that are given up for it, by a jump that it confirms. */
enum dtls_answer dtls_order_take(struct dtls_order *order, const struct dtls_kept *kept, struct span bytes,
                                 enum dtls_keep keep, uint64_t *lost);

/* The next kept record whose turn has come, taken out: the caller frees it. NULL when there is none. */
struct dtls_kept *dtls_order_ready(struct dtls_order *order);

/* Gives up the hole in front of the first kept record; the number of records in it. */
uint64_t dtls_order_give_up(struct dtls_order *order);

struct span dtls_kept_bytes(const struct dtls_kept *kept);

void dtls_order_free(struct dtls_order *order);

#endif
