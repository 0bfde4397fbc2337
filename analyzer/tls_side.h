/*
 * The state of one TLS connection, shared by tls_conn.c, which cuts the records, and tls_protected.c, which
 * opens the protected ones. Nobody else includes this file.
 */
#ifndef ANALYZER_TLS_SIDE_H
#define ANALYZER_TLS_SIDE_H

#include "analyzer/plain.h"
#include "analyzer/tls_handshake.h"
#include "analyzer/tls_hold.h"
#include "analyzer/tls_keys.h"

struct tls_side {
	struct tls_conn *conn;
	uint8_t dir;
	bool started;    /* bytes came */
	bool joined;     /* not from the first byte of the connection */
	bool given_up;   /* no TLS */
	bool ssl2;       /* the current message is an SSLv2-style hello */
	bool chain_cut;  /* the record before was not there whole: TLS 1.0 takes its IV from it */
	bool unnumbered; /* TLS 1.3: a part of the handshake fell out, so nobody knows where its keys end */
	bool missed;     /* application data fell out behind `done` */
	struct tls_amount done; /* records that were opened, refused or left out, since the connection began */
	struct origin fallen; /* the first that fell out behind `done`; packet 0 = none */
	struct origin gap;    /* the last one; packet 0 = none */
	uint16_t record_version;
	uint8_t head[NOT_TLS_BYTES]; /* the first bytes */
	uint8_t head_n;
	struct tls_record record; /* the current one */
	struct frame records;
	struct tls_handshake handshake;
};

struct tls_conn {
	struct model *model;
	struct session *session;
	struct tls_keys *keys; /* NULL without a key log */
	struct tls_hold hold;  /* records that came before their keys */
	bool half;             /* one direction could go on, and the other has come first and still waits */
	int64_t half_since;
	struct plain plain;
	unsigned ended; /* directions that have ended */
	struct tls_side side[2];
};

#endif
