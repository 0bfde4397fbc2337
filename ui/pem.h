/*
 * The certificates of sessions as text: RFC 7468, with lines in front of each that say whose it is. Only what
 * was sent on the wire, which is public; never a key.
 */
#ifndef UI_PEM_H
#define UI_PEM_H

#include "analyzer/model.h"

#include <stdio.h>

/* What was written so far. Zeroed to begin with; free with pem_free. */
struct pem {
	struct {
		uint8_t hash[32]; /* SHA-256 of the DER */
	} * list;
	uint32_t n, room;
	uint32_t missing; /* certificates whose bytes are not kept */
};

/* The certificates of the session in the order in which they were seen; one that is there already is only
 * named. */
void pem_session(struct pem *pem, FILE *out, const struct certs *certs, const struct session *session);
void pem_free(struct pem *pem);

/* One certificate, between its BEGIN and END. */
void pem_write(FILE *out, struct span der);

#endif
