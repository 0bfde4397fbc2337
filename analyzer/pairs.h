/*
 * Who talked to whom: the sessions of the same two hosts, with what is left of those that were evicted.
 *
 * The analysis joins a session when it is opened, the model takes it out again; rules look for sessions that
 * fail one behind the other. Sums of a pair stay exact whatever is evicted (design.md section 4).
 */
#ifndef ANALYZER_PAIRS_H
#define ANALYZER_PAIRS_H

#include "analyzer/session.h"

/* How an attempt to have a session ended, as far as it speaks about the two hosts. */
enum pairs_outcome {
	PAIRS_NOTHING, /* no TLS, not whole in the capture, or not over yet: says nothing */
	PAIRS_GOOD,    /* the handshake was completed, and nothing tore the session down */
	PAIRS_FAILED,  /* the handshake failed */
	PAIRS_DROPPED, /* it was completed, and within PAIRS_SHORT_LIFE torn down: RST, or nobody answered
	                  echoes */
};

#define PAIRS_SHORT_LIFE (600 * NS_PER_S)

enum pairs_outcome pairs_outcome(const struct session *session);

/* What is compared between handshakes, and outlives the session. */
struct pairs_handshake {
	uint32_t session;         /* its number; 0 = none */
	struct origin at;         /* the session's first packet */
	uint16_t version, cipher; /* 0 = not seen */
	bool has_key;
	uint8_t key[32]; /* SHA-256 of the SubjectPublicKeyInfo in the engine's certificate */
	enum client_certificate client_certificate;
	int64_t wait; /* from the ClientHello to the ServerHello, nanoseconds; -1 = not seen */
};

void pairs_handshake(const struct session *session, struct pairs_handshake *out);

struct pair {
	struct addr addr[2];          /* the lower one first */
	struct session *first, *last; /* in the model, by pair_next, in order of id */
	struct session *failures[LIMIT_FAILURES]; /* the latest failed ones, rank.h, in the order in which they did */
	uint32_t n_failures;
	struct {
		uint64_t sessions, packets, good, failed, dropped;
		struct pairs_handshake last_good; /* the latest one */
	} evicted;
	struct pair *next; /* in order of appearance */
};

struct pairs;

struct pairs *pairs_new(void);
void pairs_free(struct pairs *pairs); /* NULL is allowed; the sessions are gone already */

/*
 * The session, its addresses set, joins its pair behind the others. At LIMIT_PAIRS the pair that has been
 * without a session for longest is forgotten, its sums go into pairs_forgotten, and the answer is false.
 */
bool pairs_join(struct pairs *pairs, struct session *session);

/* The session leaves the model: its sums fold into its pair. */
void pairs_drop(struct pairs *pairs, struct session *session);

const struct pair *pairs_first(const struct pairs *pairs);

/* Sessions evicted of pairs that were forgotten. */
uint64_t pairs_forgotten(const struct pairs *pairs);

#endif
