/*
 * Plaintext of one connection on its way to the NMSP messages, whether TLS was opened or never spoken.
 *
 * Part of tls_conn. The messages are made with the first byte, so a connection without plaintext costs nothing.
 */
#ifndef ANALYZER_PLAIN_H
#define ANALYZER_PLAIN_H

#include "analyzer/messages.h"

struct plain {
	struct model *model; /* both borrowed */
	struct session *session;
	bool missed[2]; /* plaintext is missing in front of the first that came */
	struct origin missed_at[2];
	struct messages *messages; /* NULL until plaintext came, and again behind the end */
};

/* The next bytes of a direction; none is no matter. */
void plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at);

/* n bytes of a direction are missing here, 0 = nobody knows how many. */
void plain_gap(struct plain *plain, uint8_t dir, uint64_t n, const struct origin *at);

/* Plaintext of a direction is missing here for certain, perhaps in front of all other; nobody knows how much. */
void plain_miss(struct plain *plain, uint8_t dir, const struct origin *at);

/* Both directions have ended. */
void plain_end(struct plain *plain, const struct origin *at);

/* Frees what is pending and tells nobody. */
void plain_free(struct plain *plain);

#endif
