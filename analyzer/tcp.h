/*
 * One TCP connection: both directions in the order in which the hosts saw them.
 *
 * Puts segments of both streams in causal order (a segment waits for the bytes that it acknowledges), tells
 * mirror duplicates from retransmissions, gives holes up by the rules of design.md section 4, and writes
 * what it counts into the session's TCP facts. Never looks into the bytes. RFC 9293.
 */
#ifndef ANALYZER_TCP_H
#define ANALYZER_TCP_H

#include "analyzer/model.h"
#include "analyzer/tcp_side.h"

struct tcp {
	struct session *session;
	struct tcp_side side[2];
	struct sink sink[2];
	uint64_t packets;
	bool waiting; /* something is to be given up or about to end: tcp_tick must be called */
	bool alone;   /* the other direction was waited for and never came */
	bool closing; /* RST, or FIN of both sides, was handed up */
	struct tcp_wait closing_since;
	bool ended;
	/* holes given up because LIMIT_HELD_FLOW, LIMIT_HELD_ALL was reached; the caller takes them back to 0 */
	uint64_t forced, forced_for_all;
};

void tcp_init(struct tcp *tcp, struct session *session, const struct sink sink[2]);

/* Frees what is held and calls nobody. */
void tcp_free(struct tcp *tcp);

/* The packet, seen at `time`, opens another connection on the same addresses and ports. */
bool tcp_is_new(const struct tcp *tcp, uint8_t dir, const struct packet *packet, int64_t time);

/*
 * Takes a packet of the connection, hands up what became ready. `held_all` is the sum of held bytes of all
 * connections, kept up to date here. Returns false when the packet is a mirror duplicate.
 */
bool tcp_push(struct tcp *tcp, uint8_t dir, const struct packet *packet, const struct origin *origin,
    size_t *held_all);

/* Time goes on: gives up holes that are due. `now` is the origin of the packet that tells the time. */
void tcp_tick(struct tcp *tcp, const struct origin *now, size_t *held_all);

/* The end of the input: every hole becomes a gap, both sinks end. */
void tcp_end(struct tcp *tcp, const struct origin *now, size_t *held_all);

#endif
