/*
 * One DTLS association: datagrams of both directions -> records and handshake messages, each once and in
 * order, for what TLS and DTLS have in common (tls_conn). RFC 4347, 6347.
 *
 * Sits between the connection table and tls_conn, as tcp.h does for TCP: tells copies that a mirror makes
 * from what a host sends again, gives up what does not come, and counts both in the session's transport
 * facts. A record of application data carries whole NMSP messages; one goes on in the next record only when
 * its length says so and no record is missing between the two. DTLS 1.3 and connection ids are recognised,
 * not read.
 */
#ifndef ANALYZER_DTLS_CONN_H
#define ANALYZER_DTLS_CONN_H

#include "analyzer/tls_conn.h"
#include "dissect/packet.h"

struct dtls_conn;

/* `tls` is borrowed and must be of a UDP session. */
struct dtls_conn *dtls_conn_new(struct tls_conn *tls);
void dtls_conn_free(struct dtls_conn *conn); /* frees what is held and calls nobody; NULL is allowed */

/* A datagram begins with a record of DTLS 1.0 to 1.2, so it may open an association. */
bool dtls_conn_begins(const struct packet *packet);

/* The datagram opens another association on the same addresses and ports: a first client_hello with another
 * random. */
bool dtls_conn_is_new(const struct dtls_conn *conn, const struct packet *packet);

/*
 * Takes a datagram. `held_all` is the sum of held bytes of all connections, kept up to date here. False when
 * all of its records have come before: a copy that the mirror or the network made.
 */
bool dtls_conn_push(struct dtls_conn *conn, uint8_t dir, const struct packet *packet,
                    const struct origin *origin, size_t *held_all);

/* Time goes on: gives up what is due. */
void dtls_conn_tick(struct dtls_conn *conn, const struct origin *now, size_t *held_all);

/* The end of the input or of the association. */
void dtls_conn_end(struct dtls_conn *conn, const struct origin *now, size_t *held_all);

/* All of these allow NULL. Something waits for time to pass; it has ended; held bytes that are in the sum. */
bool dtls_conn_waits(const struct dtls_conn *conn);
bool dtls_conn_ended(const struct dtls_conn *conn);
size_t dtls_conn_held(const struct dtls_conn *conn);

/* Times that something was given up because LIMIT_HELD_FLOW or LIMIT_HELD_ALL was reached, since the last
 * call. */
uint64_t dtls_conn_take_forced(struct dtls_conn *conn);

#endif
