/*
 * The protected records of a TLS connection: opened, kept until their key comes, or passed, and what follows
 * from each for the facts of the session and for the plaintext.
 *
 * Part of tls_conn, which cuts the records and calls it for each that is protected. What waits is opened in
 * the order in which it came; everything is then as if the key had been there, but for what fell out
 * (tls_hold.h).
 */
#ifndef ANALYZER_TLS_PROTECTED_H
#define ANALYZER_TLS_PROTECTED_H

#include "analyzer/tls_side.h"

void tls_protected_init(struct tls_conn *conn);

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

/*
 * Opens what waits and has its keys. When only one direction has, the order of both is kept for TLS_PATIENCE
 * of capture time, since the secrets of a session are written within moments; `at_once`: not so, nothing more
 * comes.
 */
#define TLS_PATIENCE NS_PER_S
void tls_protected_retry(struct tls_conn *conn, bool at_once);

/* Both directions have ended, and no record waits any more: so has the plaintext. */
void tls_protected_end(struct tls_conn *conn, const struct origin *at);

#endif
