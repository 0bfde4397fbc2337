/*
 * Counts packets, bytes and cut packets of a session and keeps the times of its TCP handshake. Called by
 * tcp.c; knows no order of packets and no sequence number.
 */
#include "analyzer/tcp_facts.h"

/* RFC 9293 section 3.5: SYN, SYN-ACK, ACK. */
static void add_handshake(struct session_tcp *facts, uint8_t dir, uint8_t flags, const struct origin *origin)
{
	if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		origin_keep_first(&facts->syn_ack, origin);
	} else if (flags & TCP_SYN) {
		if (facts->syns < LIMIT_SYNS)
			facts->syn[facts->syns] = *origin;
		facts->syns++;
	} else if (dir == 0 && facts->syn_ack.packet != 0 && (flags & (TCP_RST | TCP_ACK)) == TCP_ACK) {
		origin_keep_first(&facts->ack, origin);
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
	origin_keep_first(since, origin);
	if (longest->from.packet == 0 || origin_elapsed(since->time, origin->time) >
	    origin_elapsed(longest->from.time, longest->to.time))
		*longest = (struct tcp_zero_window){*since, *origin};
}

#define CHECKED 32 /* packets of a direction are looked at: where a capture was made does not change */

static void add_checksum(struct session_tcp *facts, uint8_t dir, const struct packet *packet,
                         const struct origin *origin)
{
	if (facts->checked[dir] >= CHECKED)
		return;
	facts->checked[dir]++;
	if (!packet_checksum_unfinished(packet))
		return;
	facts->unfinished[dir]++;
	origin_keep_first(&facts->first_unfinished[dir], origin);
}

/* ---- timestamps ------------------------------------------------------------------------------------- */

#define LEAP_NS     (60 * NS_PER_S) /* a smaller step of the capture's clock is not looked for */
#define TICK_NS     NS_PER_S        /* the slowest clock that is allowed, RFC 7323 section 5.4, */
#define FAST_TICK   (NS_PER_US / 2) /* and half of the fastest that hosts have */
#define TICKS_KNOWN 16              /* so many, over so long a time, tell how fast the clock is */
#define KNOWN_NS    NS_PER_S

/*
 * Nanoseconds that at most go by while the clock of the timestamps moves on by `passed`, for which the
 * capture's took `took`; -1 when it may have gone round, or is no clock.
 */
static int64_t host_time(const struct tcp_ticks *ticks, uint32_t passed, int64_t took)
{
	uint32_t known = ticks->last_value - ticks->first_value;
	int64_t over = origin_elapsed(ticks->first.time, ticks->last.time);
	bool measured = known >= TICKS_KNOWN && over >= KNOWN_NS;
	double tick = measured ? (double)over / (known - 1) : (double)TICK_NS;
	double round = (measured ? tick : (double)TICK_NS / 1000) * INT32_MAX;
	if (tick < (double)FAST_TICK || (double)took >= round)
		return -1;
	double host = tick * ((double)passed + 1);
	return host < (double)took ? (int64_t)host : took;
}

/* A SYN-ACK may come from a device that answers in the host's name, with its own timestamps. */
static void add_timestamp(struct session_tcp *facts, uint8_t dir, uint32_t value, const struct origin *origin)
{
	struct tcp_ticks *ticks = &facts->ticks[dir];
	uint32_t passed = value - ticks->last_value;
	int64_t took = origin_elapsed(ticks->last.time, origin->time);
	bool anew = ticks->last.packet == 0 || ticks->last.input != origin->input || took < 0;
	if (!anew && passed > INT32_MAX)
		return; /* sent before the last one */
	int64_t host = anew ? -1 : host_time(ticks, passed, took);
	if (host >= 0 && took - host > LEAP_NS && host < took / 2) {
		if (facts->leap[dir].to.packet == 0)
			facts->leap[dir] = (struct tcp_leap){ticks->last, *origin, host};
		anew = true;
	}
	if (anew) {
		ticks->first = *origin;
		ticks->first_value = value;
	}
	ticks->last = *origin;
	ticks->last_value = value;
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
		origin_keep_first(&facts->first_conflict, origin);
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
		origin_keep_first(&facts->first_data[dir], origin);
	}
	if (packet->cut > 0) {
		facts->cut_packets++;
		origin_keep_first(&facts->first_cut, origin);
	}
	add_handshake(facts, dir, packet->tcp.flags, origin);
	if (packet->tcp.mss != 0)
		facts->mss[dir] = packet->tcp.mss;
	if (packet->tcp.flags & TCP_RST) {
		if (facts->rst_ttl[dir] == 0)
			facts->rst_ttl[dir] = packet->ttl;
		return;
	}
	add_checksum(facts, dir, packet, origin);
	if (packet->tcp.has_timestamp && !(packet->tcp.flags & TCP_SYN))
		add_timestamp(facts, dir, packet->tcp.timestamp, origin);
	if (packet->ttl != facts->ttl[dir])
		add_ttl(facts, dir, packet->ttl);
	if (length > facts->largest[dir])
		add_largest(facts, dir, (uint32_t)length, packet->tcp.seq, origin);
	if (packet->tcp.window == 0 || facts->zero_since[dir].packet != 0)
		add_window(facts, dir, packet->tcp.window, origin);
}
