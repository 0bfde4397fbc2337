/*
 * The state of one TLS connection, shared by tls_conn.c and dtls_conn.c, which cut the records, and
 * tls_protected.c, tls_opened.c and tls_late.c, which open the protected ones; tls_side.c knows what follows
 * from it. Nobody else includes this file.
 */
#ifndef ANALYZER_TLS_SIDE_H
#define ANALYZER_TLS_SIDE_H

#include "analyzer/plain.h"
#include "analyzer/tls_handshake.h"
#include "analyzer/tls_hold.h"
#include "analyzer/tls_keys.h"
#include "analyzer/tls_search.h"

struct tls_side {
	struct tls_conn *conn;
	uint8_t dir;
	bool started;    /* bytes came */
	bool joined;     /* not from the first byte of the connection */
	bool given_up;   /* no TLS */
	bool ssl2;       /* the current message is an SSLv2-style hello */
	bool chain_cut;  /* the record before was not there whole: TLS 1.0 takes its IV from it */
	bool unnumbered; /* TLS 1.3: a part of the handshake fell out, so where its keys end is to be looked for */
	bool again;      /* DTLS: the current record has the outside of one that came before, and is no step of its own */
	bool left;       /* TLS 1.3: the current record is one of the handshake, whose secret is not there, and is closed */
	bool missed;     /* application data fell out behind `done` */
	struct tls_amount done; /* records that were opened, refused or left out, since the connection began */
	struct origin fallen; /* the first that fell out behind `done`; packet 0 = none */
	struct origin gap;    /* the last one; packet 0 = none */
	bool unsure;          /* the number of the next record is to be looked for, */
	bool doubted;         /* ... for no other reason than that a record was refused, */
	uint8_t doubts;       /* ... and so many have been looked for since one was opened */
	bool numberless;      /* ... or is never known again: nobody knows which keys are at work, */
	bool keyless;         /* ... since a change_cipher_spec, also when what waited is opened late */
	uint64_t lost;        /* bytes whose records nobody knows, since the number of one was certain */
	uint64_t unopened;    /* records that came since and stayed closed */
	uint32_t swallowed;   /* bytes of the record before, when it was refused: its length may be wrong */
	uint32_t usual;       /* bytes of a protected record, header included: a moving mean; 0 = none came */
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
	bool half;             /* one direction could go on, and the other has come first and still waits, */
	bool early_waits;      /* ... or early data has come first, and its secret has not */
	int64_t half_since;
	bool aside;            /* what is read now is of a handshake that is past */
	bool hurried;          /* a secret of the handshake that is not there is not waited for */
	struct plain plain;
	struct tls_work work;  /* that may be done behind gaps */
	unsigned ended; /* directions that have ended */
	size_t head;    /* bytes of a record's header */
	/* DTLS: who puts the messages together that were in a protected record; NULL for TLS */
	void (*take_handshake)(void *ctx, uint8_t dir, struct span plain, const struct origin *at);
	bool (*blocked)(void *ctx, uint8_t dir); /* ... a message of this side waits for one of the other */
	void *ctx;
	struct tls_side side[2];
};

/* Whether a protected record of this side can be opened, or its number looked for. */
bool tls_side_is_ready(const struct tls_side *side);

/* The current record, in front of which so much came, is the first one of its keys, or says its own number. */
bool tls_side_is_first(const struct tls_side *side, struct tls_amount ahead);

/* The session's, where what is found out is written. */
struct session_tls *tls_side_facts(const struct tls_side *side);

/* A record is there from its first byte to its last. */
bool tls_side_is_whole(const struct frame_message *message);

/* So many records stayed closed: those of TLS 1.3 may have ended the keys that protected them. */
void tls_side_be_unsure(struct tls_side *side, uint64_t records);

/* The number of the next record is certain. */
void tls_side_be_sure(struct tls_side *side);

/*
 * Up to TLS 1.2: change_cipher_spec may be among the missing bytes in front of the next record, so a handshake
 * record may be protected.
 */
bool tls_side_may_be_protected(const struct tls_side *side);

/* The current handshake record is then no plaintext, and has the size of an encrypted Finished message. */
bool tls_side_is_finished(const struct tls_side *side, const struct frame_message *message);

/* The current record is protected: its size tells what is usual. */
void tls_side_weigh(struct tls_side *side);

#endif
