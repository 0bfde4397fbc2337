/*
 * One TLS connection: records and handshake messages of both directions -> handshake facts, steps, alerts
 * and certificates in the session. RFC 5246, RFC 8446.
 *
 * Sits between tcp (ordered bytes and gaps, by direction) and the model. Knows no packet header.
 */
#ifndef ANALYZER_TLS_CONN_H
#define ANALYZER_TLS_CONN_H

#include "analyzer/model.h"

struct tls_conn;

struct tls_conn *tls_conn_new(struct model *model, struct session *session);
void tls_conn_free(struct tls_conn *conn); /* NULL is allowed */

/* The sink of a direction: what tcp pushes into. Valid while the connection lives. */
struct sink tls_conn_sink(struct tls_conn *conn, uint8_t dir);

/* New secrets came: records that waited for them are opened. */
void tls_conn_retry(struct tls_conn *conn);

/* The same, and the last time: records of one direction do not wait for those of the other. */
void tls_conn_flush(struct tls_conn *conn);

/* Records wait for a key that may come behind the connection's end. */
bool tls_conn_waits(const struct tls_conn *conn);

struct session *tls_conn_session(const struct tls_conn *conn);

#endif
