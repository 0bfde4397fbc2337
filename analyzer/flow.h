/*
 * The connection table: addresses and ports -> the connection that is being followed.
 *
 * A flow lives as long as its session is in the model. The table also keeps the list of flows in which
 * something waits for time to pass.
 */
#ifndef ANALYZER_FLOW_H
#define ANALYZER_FLOW_H

#include "analyzer/dtls_conn.h"
#include "analyzer/hash.h"
#include "analyzer/save.h"
#include "analyzer/spool.h"
#include "analyzer/tcp.h"
#include "analyzer/tls_conn.h"

/* Both ends, the lower one first. Compared as bytes: built by flow_key only. */
struct flow_key {
	struct addr addr[2];
	uint16_t port[2];
	uint16_t proto; /* IP_TCP or IP_UDP */
};

struct flow {
	struct flow_key key;
	struct session *session;
	uint8_t low_dir; /* the direction in which the lower end sends */
	struct tcp tcp;
	struct dtls_conn *dtls; /* of a UDP session; its `tcp` is not used */
	struct tls_conn *tls; /* NULL when the connection has ended */
	struct save_keys saved; /* which of its secrets -w wrote */
	struct spool_head spooled; /* how much of its handshake the spool of the screen has */
	bool listed;          /* in the list of waiting flows */
	struct flow *wait_prev, *wait_next;
	UT_hash_handle hh;
};

struct flows {
	struct flow *table;
	struct flow *waiting;
	struct flow *next_due; /* of these: where the look at all of them goes on; NULL = it is over */
	struct flow *recent; /* the last one found: packets come in bursts */
	size_t held_all;     /* bytes held by all connections */
};

/* The key of a packet's ends; *low tells whether the source is the lower end. */
void flow_key(struct flow_key *key, uint16_t proto, const struct addr *src, uint16_t src_port, const struct addr *dst,
    uint16_t dst_port, bool *low);

/* The flow between a packet's ends, NULL when there is none; *low as of flow_key. */
struct flow *flow_find(struct flows *flows, uint16_t proto, const struct addr *src, uint16_t src_port,
    const struct addr *dst, uint16_t dst_port, bool *low);

/* A new flow in the table; the caller fills it in. The key must not be in the table. */
struct flow *flow_add(struct flows *flows, const struct flow_key *key);

/* Takes the flow out of the table and frees it and what it follows; its session stays. */
void flow_remove(struct flows *flows, struct flow *flow);

/* Keeps the flow in the list of waiting ones, or takes it out, as its connection asks. */
void flow_list(struct flows *flows, struct flow *flow);

#endif
