/*
 * The protected records of a TLS connection as they come: opened, kept until their key comes (tls_late.h), or
 * passed, and what follows from each for the facts of the session.
 *
 * Part of tls_conn, which cuts the records and calls it for each that is protected.
 */
#ifndef ANALYZER_TLS_PROTECTED_H
#define ANALYZER_TLS_PROTECTED_H

#include "analyzer/tls_side.h"

/* The bytes of the next protected record of this side are of use. */
bool tls_protected_wanted(const struct tls_side *side);

/* The side's current record, which is protected. */
void tls_protected_record(struct tls_side *side, const struct frame_message *message);

/* change_cipher_spec up to TLS 1.2. */
void tls_protected_change(struct tls_side *side, const struct frame_message *message);

/* So many bytes of the side are missing or belong to no record: the number of the next one is not certain. */
void tls_protected_lost(struct tls_side *side, uint64_t bytes, const struct origin *at);

/* A hello came: what is missing in front of it came before any of its keys. */
void tls_protected_hello(struct tls_side *side);

#endif
