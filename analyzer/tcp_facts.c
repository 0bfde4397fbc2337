/*
 * Counts packets, bytes and cut packets of a session and keeps the times of its TCP handshake. Called by
 * tcp.c; knows no order of packets and no sequence number.
 */
#include "analyzer/tcp_facts.h"

static void keep_first(struct origin *first, const struct origin *origin)
{
	if (first->packet == 0)
		*first = *origin;
}

/* RFC 9293 section 3.5: SYN, SYN-ACK, ACK. */
static void add_handshake(struct session_tcp *facts, uint8_t dir, uint8_t flags, const struct origin *origin)
{
	if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		keep_first(&facts->syn_ack, origin);
	} else if (flags & TCP_SYN) {
		if (facts->syns < LIMIT_SYNS)
			facts->syn[facts->syns] = *origin;
		facts->syns++;
	} else if (dir == 0 && facts->syn_ack.packet != 0 && (flags & (TCP_RST | TCP_ACK)) == TCP_ACK) {
		keep_first(&facts->ack, origin);
	}
}

void tcp_facts_add(struct session_tcp *facts, uint8_t dir, const struct packet *packet,
    const struct origin *origin)
{
	size_t length = packet->payload.n + packet->cut;
	facts->packets[dir]++;
	facts->bytes[dir] += length;
	facts->last[dir] = *origin;
	if (length > 0) {
		facts->last_data[dir] = *origin;
		keep_first(&facts->first_data[dir], origin);
	}
	if (packet->cut > 0) {
		facts->cut_packets++;
		keep_first(&facts->first_cut, origin);
	}
	add_handshake(facts, dir, packet->tcp.flags, origin);
}
