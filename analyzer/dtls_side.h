/*
 * The state of one DTLS association, shared by dtls_conn.c, which puts the records in order, dtls_record.c,
 * which takes them, and dtls_handshake.c, which puts the handshake together. Nobody else includes this file.
 */
#ifndef ANALYZER_DTLS_SIDE_H
#define ANALYZER_DTLS_SIDE_H

#include "analyzer/dtls_conn.h"
#include "analyzer/dtls_fragments.h"
#include "analyzer/dtls_order.h"
#include "analyzer/tls_side.h"

/*
 * The records in the clear, those of the latest epoch that is protected, those of the one behind it that came
 * in front of its change_cipher_spec, and those of the one in front of it that came late.
 */
enum dtls_part { DTLS_CLEAR, DTLS_SEALED, DTLS_NEXT, DTLS_PREVIOUS, DTLS_PARTS };

struct dtls_side {
	struct dtls_order order[DTLS_PARTS];
	uint16_t epoch;           /* of DTLS_SEALED; 0 = none came */
	bool turned;              /* the change_cipher_spec of this epoch was taken, or is given up */
	bool clear;               /* a record in the clear came */
	bool changed;             /* change_cipher_spec was taken, or is given up; */
	bool told[3]; /* change_cipher_spec is a step: the one in the clear, that of `epoch`, and of the one before */
	bool repeated;            /* a handshake fragment of this datagram came before */
	uint64_t place;           /* the highest one of a record that was taken */
	uint16_t finished_length; /* of the first protected handshake record, while nobody can read it */
	struct dtls_fragments fragments;
};

struct dtls_conn {
	struct tls_conn *tls;
	struct session *session;
	struct dtls_side side[2];
	uint64_t packets;
	bool alone;     /* the other side's flight was waited for and never came */
	bool hello_due; /* another handshake begins, and its client_hello is not handed up yet */
	bool
	    renegotiates; /* a client_hello came in a protected record, and the server's flight is not over */
	uint16_t hello_epoch; /* ... of this epoch */
	bool waiting, ended;
	size_t held; /* bytes, as far as they are in the sum of all connections */
	uint64_t forced;
	uint64_t arrived; /* records, in order of arrival: the place of the next one */
};

/* A record whose turn has come. `place`: where it stood among those that arrived. */
void dtls_record_take(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record, uint64_t place,
                      const struct origin *at);

/* The plaintext of a handshake record. `sealed`: it was protected, so another handshake may begin in it. */
void dtls_handshake_take(struct dtls_conn *conn, uint8_t dir, struct span plain, bool sealed,
                         const struct origin *at);

/* Hands up what is ready. False when nothing was. */
bool dtls_handshake_hand_up(struct dtls_conn *conn, uint8_t dir);

/* A message is complete and waits for the other side: for the flight that it answers, or for what is kept
 * there. */
bool dtls_handshake_blocked(const struct dtls_conn *conn, uint8_t dir);

/* A message that is missing is given up, and so is the rest of one. */
void dtls_handshake_give_up(struct dtls_conn *conn, uint8_t dir, const struct origin *at);

/* A gap of the session, which counts it. */
void dtls_conn_gap(struct dtls_conn *conn, uint8_t dir, const struct origin *at);

#endif
