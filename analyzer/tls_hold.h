/*
 * Protected records that wait for a key which may still come: of each connection a queue of copies, in the
 * order in which they came, and all of these queues together.
 *
 * Part of tls_conn. Bounded: beyond the cap of a connection its oldest record falls out, beyond the cap of
 * all the oldest of all, so the newest traffic is served. Records of the handshake are kept: they fall out
 * only when no other waits in their connection, or when those of all connections take more than half of the
 * room; then a connection's records leave together, those of the one that has waited for longest first. Every
 * record of a direction has a number, so what fell out is counted, and the sequence number behind it is
 * known.
 *
 * Opens nothing and knows no key; finds the connections that wait for a client random.
 */
#ifndef ANALYZER_TLS_HOLD_H
#define ANALYZER_TLS_HOLD_H

#include "analyzer/frame.h"
#include "analyzer/hash.h"
#include "analyzer/tls_amount.h"

/*
 * Last bytes of a record: a cipher block, from which the next record of TLS 1.0 goes on (RFC 2246
 * section 6.2.3.2), and behind it a SHA-1 MAC, where that stands outside of the encryption (RFC 7366).
 */
#define TLS_HOLD_TAIL 36

/* What waits. Only the first two are records to be opened; the others keep their place among the records. */
enum tls_held_kind {
	TLS_HELD_RECORD,
	TLS_HELD_EARLY,   /* early data in front of the server_hello: has no number of the keys behind it */
	TLS_HELD_DAMAGED, /* a record that is not there whole */
	TLS_HELD_CHANGE,  /* change_cipher_spec: other keys from here on; has no number */
	TLS_HELD_LOST,    /* the place was lost: the number behind it is to be found; has none */
	TLS_HELD_BEHIND,  /* early data whose place is past (tls_hold_leave): no record waits for it */
	TLS_HELD_ASIDE,   /* the same of a handshake's record, which is closed so far */
};

struct tls_tail {
	bool known;
	uint8_t bytes[TLS_HOLD_TAIL]; /* of a shorter record the end, with zeros in front */
};

/* One of them; the bytes of a record lie behind it. */
struct tls_held {
	struct tls_hold *hold;
	struct tls_held *older, *newer;         /* of the same connection */
	struct tls_held *older_all, *newer_all; /* of all connections, and of the same keeping */
	struct tls_amount ahead; /* of its direction: what came before it, also what fell out */
	uint64_t place;   /* of the caller: where it stood in the connection */
	uint64_t number;  /* of the last two kinds: among the records of its keys */
	struct origin at; /* of what completed it */
	uint32_t n;       /* bytes of the record that are kept, header included */
	uint32_t body;    /* bytes of the record's body on the wire, or that were lost */
	uint8_t kind, dir;
	uint8_t type; /* content type of the record */
	bool handshake;
	struct tls_tail before; /* of the record in front of it in its direction */
};

/* The queue of a connection. */
struct tls_hold {
	struct tls_holds *all;
	void *owner;                                            /* for who looks a client random up */
	void (*fell)(void *owner, const struct tls_held *held); /* a record falls out of the queue */
	struct tls_held *oldest, *newest;
	struct tls_held *oldest_other; /* that is not of the handshake */
	size_t bytes;
	uint64_t held[2];        /* entries of each direction in the queue, but for those whose place is past: */
	uint64_t behind;         /* so many of these */
	struct tls_amount came[2]; /* of each direction: the records that have a number */
	struct tls_tail tail[2]; /* of the latest record of each direction */
	bool listed_any;         /* among those that any master secret may open */
	struct tls_hold *any_before, *any_next;
	bool listed;             /* under this client random */
	uint8_t client_random[TLS_RANDOM];
	struct tls_hold *alike, *alike_before; /* others with this random: one connection seen twice */
	UT_hash_handle hh;
};

struct tls_held_list {
	struct tls_held *oldest, *newest;
	size_t bytes;
};

/* The queues of all connections. */
struct tls_holds {
	struct tls_held_list handshake, other;
	size_t cap;      /* bytes of all */
	size_t cap_each; /* bytes of a connection */
	struct tls_hold *by_random;
	struct tls_hold *any; /* a list: those that any master secret may open */
};

/* LIMIT_WAITING and LIMIT_WAITING_ALL; whoever wants other caps sets them before anything waits. */
void tls_holds_init(struct tls_holds *all);

/* Bytes of all connections that wait. */
size_t tls_holds_bytes(const struct tls_holds *all);

/* The first connection that waits for this client random; others follow by `alike`. NULL when none does. */
struct tls_hold *tls_holds_find(const struct tls_holds *all, const uint8_t client_random[TLS_RANDOM]);

void tls_hold_init(struct tls_hold *hold, struct tls_holds *all, void *owner,
                   void (*fell)(void *owner, const struct tls_held *held));

/* Frees what waits, and tells nobody. */
void tls_hold_free(struct tls_hold *hold);

/* While something waits the connection is found under this client random. */
void tls_hold_list(struct tls_hold *hold, const uint8_t client_random[TLS_RANDOM]);

/* While something waits any master secret may open it, not only that of its client random: all->any has it. */
void tls_hold_list_any(struct tls_hold *hold);

/*
 * Gives the next record of a direction its number and keeps a copy of it, or of another kind an entry without
 * bytes. `handshake`: it is to be kept rather than others. Older ones, and at last this one, may fall out, so
 * what was pushed need not be there any more.
 */
void tls_hold_push(struct tls_hold *hold, enum tls_held_kind kind, uint8_t dir, bool handshake,
                   uint64_t place, const struct frame_message *message);

/* The place of a direction was lost, and these bytes with it. Several losses in a row are one entry. */
void tls_hold_lost(struct tls_hold *hold, uint8_t dir, uint64_t place, uint64_t bytes, const struct origin *at);

/* A record of a direction passes and is not kept: it has a number. */
void tls_hold_pass(struct tls_hold *hold, uint8_t dir, const struct frame_message *message);

/* Takes an entry out of the queue. The caller frees it. */
void tls_hold_take(struct tls_hold *hold, struct tls_held *held);

/*
 * A record stays in the queue as one of the last two kinds, and those behind it need not wait for it any more. `number`
 * is its number among the records of its keys.
 */
void tls_hold_leave(struct tls_hold *hold, struct tls_held *held, enum tls_held_kind kind, uint64_t number);

/* It is one of these. */
bool tls_held_is_left(const struct tls_held *held);

/* The copy of a record, header included. */
struct span tls_held_bytes(const struct tls_held *held);

#endif
