/*
 * What an NMSP message holds of addresses and texts -> tokens, in place; part of --redact.
 *
 * The header, numbers, masks, times and the heads of elements stay. What the profile does not explain, opaque bodies
 * and elements of kind bytes too, becomes blank, and so does the body of a message that is not well formed: what is
 * not understood may hold anything.
 */
#ifndef ANALYZER_REDACT_NMSP_H
#define ANALYZER_REDACT_NMSP_H

#include "analyzer/redact.h"
#include "dissect/profile.h"

/* The message is well formed, of a type that the profile names, and all its fields are known. */
bool redact_nmsp_is_clear(const struct profile *profile, struct span message);

/* `n` bytes of a message, as many as are there of it. */
void redact_nmsp_message(const struct redact *redact, const struct profile *profile, uint8_t *message, size_t n);

/* A packet of bare messages: those that are clear, up to the first one that is not; from there on all is blank. */
void redact_nmsp_packet(const struct redact *redact, uint8_t *bytes, size_t n);

#endif
