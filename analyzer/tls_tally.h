/*
 * What became of the protected records of one TLS connection, counted in the session's facts: opened, refused,
 * closed because bytes are missing.
 *
 * Part of tls_conn, which calls it for each record. Opens nothing; what follows from the counts is
 * session_decryption.c.
 */
#ifndef ANALYZER_TLS_TALLY_H
#define ANALYZER_TLS_TALLY_H

#include "analyzer/model.h"

/* A record of application data type came, whether it can be opened or not. */
void tls_tally_data(struct session *session, uint8_t dir, uint16_t length, const struct origin *at);

/* A record was opened; `type` is its inner content type. */
void tls_tally_opened(struct session_tls *tls, uint8_t dir, uint8_t type);

/* A tag or MAC does not verify. `proven`: the same keys have opened a record before. */
void tls_tally_refused(struct session_tls *tls, uint8_t dir, bool proven, const struct origin *at);

/* The number of a record behind a gap was found: so many are missing in front of it, or more. */
void tls_tally_regained(struct session_tls *tls, uint8_t dir, uint64_t missing, bool at_least);

/* A record passes unopened: its key is not there, and it is not kept until it comes, or not any more. */
void tls_tally_passed(struct session_tls *tls, uint8_t dir);

/* Its key came after all, and it was kept. */
void tls_tally_came_back(struct session_tls *tls, uint8_t dir);

/* A record of application data type stays closed, perhaps until its key comes. */
void tls_tally_closed(struct session_tls *tls, uint8_t dir, const struct origin *at);

/* Records of a direction that were closed, from a packet on, are tried once more. */
void tls_tally_retry(struct session_tls *tls, uint8_t dir, uint64_t from_packet);

/* A record stays closed because bytes are missing in it or before it. `at`: where the gap was seen. */
void tls_tally_behind_gap(struct session_tls *tls, uint8_t dir, const struct origin *at);

/* ... because a hello is missing that agreed on its keys. */
void tls_tally_keyless(struct session_tls *tls, uint8_t dir);

#endif
