/*
 * The keys of a connection, shared by tls_keys.c, which knows which are live, tls_keys_early.c, which has those of
 * early data, tls_keys_resumed.c, which tries secrets for a resumed session, and tls_regain.c, which looks for keys and
 * their numbers behind a gap. Nobody else includes this file.
 */
#ifndef ANALYZER_TLS_KEYS_STATE_H
#define ANALYZER_TLS_KEYS_STATE_H

#include "analyzer/tls_key_block.h"
#include "analyzer/tls_keys.h"
#include "analyzer/tls_secrets.h"

/* Of TLS 1.3: which secret protects. */
enum phase { PHASE_HANDSHAKE, PHASE_TRAFFIC };

/* Why there are no keys: a secret may still come, the rest stays as it is. */
enum answer { FOUND, NO_HELLO, NO_SECRET, NO_SUITE };

struct direction {
	struct tls_opener *opener;
	struct tls_opener *next;  /* TLS 1.3: the application's keys while the handshake's refuse a record */
	struct tls_opener *other; /* for other secrets under the same label and random */
	struct tls_opener *previous; /* DTLS: those that were at work before; NULL: there are none */
	uint16_t epoch, previous_epoch; /* DTLS: of the last record that the keys at work opened, and these */
	struct tls_opener *ahead; /* DTLS: those of a handshake whose hellos are replaced, which the next change takes, */
	uint16_t ahead_epoch;     /* ... their epoch, */
	unsigned ahead_which, ahead_hellos[2]; /* ... and what they are made from */
	enum phase phase;         /* TLS 1.3: which secret is wanted */
	bool keyed;
	bool left;          /* TLS 1.3: the handshake's secret is not wanted any more */
	unsigned which;     /* number of the secret that the opener has */
	bool proven;        /* the keys have opened a record, or their secret has in the other direction */
	unsigned hellos[2]; /* of the connection when they were made */
	unsigned tried;     /* records that no other secret opened */
	uint64_t looked;    /* generation of the key log at the last look in vain */
	enum answer answer;
};

struct tls_keys {
	const struct model *model;
	struct session_tls *facts;
	struct tls_secrets *secrets; /* up to TLS 1.2 */
	struct tls_key_block *block; /* ... while only one direction has its keys; NULL = none */
	struct direction dir[2];
	unsigned hellos[2];             /* that came: client_hello, server_hello */
	struct tls_opener *early;       /* the client's early data */
	const struct tls_suite *early_suite; /* ... whose keys it has */
	uint64_t early_seen;            /* records that were taken for it */
	bool early_over;                /* its end was read */
	uint8_t *plain;                 /* the caller's room, while a record is opened */
	const struct tls_suite *judged; /* the suite that was asked about last; NULL = none that is known */
	uint16_t judged_id;
	bool computable; /* the answer */
};

/* Records that are tried with every secret before the log is believed to hold none that fits. */
#define RECORDS_TRIED 4

/* How many numbers a secret of this version may have. */
unsigned tls_keys_most_secrets(const struct tls_keys *keys);

/* Keys an opener with the secret that has this number, if there is one. */
enum answer tls_keys_find(struct tls_keys *keys, uint8_t dir, enum phase phase, unsigned which,
                          struct tls_opener **opener);

/* Keys an opener with the first secret of a fitting length, and says which one that is. */
enum answer tls_keys_find_first(struct tls_keys *keys, uint8_t dir, enum phase phase,
                                struct tls_opener **opener, unsigned *which);

/* There is more than one secret that may have protected this direction. */
bool tls_keys_have_others(struct tls_keys *keys, uint8_t dir, enum phase phase);

/* The keys at work are those of this secret. */
void tls_keys_work_with(struct tls_keys *keys, uint8_t dir, unsigned which);

#endif
