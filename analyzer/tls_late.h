/*
 * Protected records that waited for a key which came late (tls_hold.h): they are opened in the order in which
 * they came, and everything is then as if the key had been there, but for what fell out.
 *
 * Part of tls_conn, which calls it when a key may have come; tls_protected.c decides what waits.
 */
#ifndef ANALYZER_TLS_LATE_H
#define ANALYZER_TLS_LATE_H

#include "analyzer/tls_side.h"

/* The connection's queue, empty. */
void tls_late_init(struct tls_conn *conn);

/* A key that comes later can open records of this connection. */
bool tls_late_may_come(const struct tls_conn *conn);

/*
 * Opens what waits and has its keys. When only one direction has, or early data has come first and its secret
 * is not there, the order of all is kept for TLS_PATIENCE of capture time, since the secrets of a session are
 * written within moments; `at_once`: not so, nothing more comes. Then a direction of TLS 1.3 goes on without
 * the secret of its handshake, whose records stay closed until it comes. Early data whose secret comes still later is
 * handed up by itself, between two gaps: behind what followed it, and not within a message.
 */
#define TLS_PATIENCE NS_PER_S
void tls_late_retry(struct tls_conn *conn, bool at_once);

/* Both directions have ended, and no record waits any more: so has the plaintext. */
void tls_late_end(struct tls_conn *conn, const struct origin *at);

#endif
