/*
 * The handshake messages of one direction: cut from the records' plaintext, and turned into steps, hello facts
 * and certificates of the session. RFC 5246 section 7.4, RFC 8446 section 4.
 *
 * Part of tls_conn, which owns it. Holds at most one message.
 */
#ifndef ANALYZER_TLS_HANDSHAKE_H
#define ANALYZER_TLS_HANDSHAKE_H

#include "analyzer/frame.h"
#include "analyzer/model.h"

struct tls_handshake {
	struct model *model;
	struct session *session;
	uint8_t dir;
	struct frame frame;
	void (*hello)(void *ctx); /* called in front of a client_hello or server_hello, which replaces facts of the session */
	void (*seen)(void *ctx, uint8_t type, const struct frame_message *message); /* called behind each message */
	void *ctx;
};

/* Plaintext of handshake records, in order; a gap of n bytes in it. */
void tls_handshake_data(struct tls_handshake *handshake, struct span bytes, const struct origin *origin);
/* A whole message of DTLS, or what is there of it, with a header of TLS; see dtls_hello_as_tls. */
void tls_handshake_message(struct tls_handshake *handshake, const struct frame_message *message);

void tls_handshake_gap(struct tls_handshake *handshake, uint64_t n, const struct origin *origin);

/* The stream ends, or its place is lost: an open message ends as damaged. */
void tls_handshake_break(struct tls_handshake *handshake, const struct origin *origin);

/* Whether `plain` is nothing but whole handshake messages, as a record holds that is not encrypted. */
bool tls_handshake_tiles(struct span plain);

/* Only the client sends what this direction sent, so the roles are known. */
void tls_handshake_is_client(struct session_tls *tls, uint8_t dir);

#endif
