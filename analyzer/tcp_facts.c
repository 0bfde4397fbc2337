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

/* What tells a host from a device that speaks in its name: the hops that its packets crossed. */
static void add_ttl(struct session_tcp *facts, uint8_t dir, uint8_t ttl)
{
	if (facts->ttl[dir] == 0)
		facts->ttl[dir] = ttl;
	else
		facts->ttl_mixed[dir] = true;
}

static void add_largest(struct session_tcp *facts, uint8_t dir, uint32_t length, uint32_t seq,
    const struct origin *origin)
{
	facts->largest[dir] = length;
	facts->largest_seq[dir] = seq;
	facts->largest_at[dir] = *origin;
}

/* Only what was announced counts: a packet that opens the window again may be missing from the capture. */
static void add_window(struct session_tcp *facts, uint8_t dir, uint16_t window, const struct origin *origin)
{
	struct origin *since = &facts->zero_since[dir];
	struct tcp_zero_window *longest = &facts->zero_window[dir];
	if (window > 0) {
		*since = (struct origin){0};
		return;
	}
	keep_first(since, origin);
	if (longest->from.packet == 0 || origin_elapsed(since->time, origin->time) >
	    origin_elapsed(longest->from.time, longest->to.time))
		*longest = (struct tcp_zero_window){*since, *origin};
}

void tcp_facts_repeat(struct session_tcp *facts, uint8_t dir, const struct segment *segment, uint32_t seq)
{
	struct tcp_repeat *repeat = &facts->repeat[dir];
	if (repeat->times == 0 || repeat->off != segment->off)
		*repeat = (struct tcp_repeat){.first = segment->origin, .off = segment->off, .seq = seq};
	repeat->last = segment->origin;
	repeat->length = (uint32_t)segment_length(segment);
	repeat->times++;
}

void tcp_facts_conflicts(struct session_tcp *facts, uint64_t n, const struct origin *origin)
{
	facts->conflicts += n;
	if (n > 0)
		keep_first(&facts->first_conflict, origin);
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
	if (packet->tcp.mss != 0)
		facts->mss[dir] = packet->tcp.mss;
	if (packet->tcp.flags & TCP_RST) {
		if (facts->rst_ttl[dir] == 0)
			facts->rst_ttl[dir] = packet->ttl;
		return;
	}
	if (packet->ttl != facts->ttl[dir])
		add_ttl(facts, dir, packet->ttl);
	if (length > facts->largest[dir])
		add_largest(facts, dir, (uint32_t)length, packet->tcp.seq, origin);
	if (packet->tcp.window == 0 || facts->zero_since[dir].packet != 0)
		add_window(facts, dir, packet->tcp.window, origin);
}
