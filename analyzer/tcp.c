/*
 * Causal order over the two streams of a connection, and its TCP facts. Called by analyze.c for every
 * packet of an NMSP connection; calls the two sinks. Allocates only for bytes that must wait.
 */
#include "analyzer/tcp.h"

#include "analyzer/tcp_facts.h"

#define ACK_JUMP      (UINT64_C(1) << 26) /* an ACK farther ahead is not believed */
#define ANCHOR_DRIFT  (UINT64_C(1) << 30) /* a direction known by ACKs alone is anchored anew before it wraps */
#define REUSE_NS      (30 * NS_PER_S) /* a SYN so long after the end is another connection, whatever its number */
#define SYN_REORDER   (1 << 20)  /* a SYN this far before the first data seen belongs to it */
#define GAP_NS        (GAP_SECONDS * NS_PER_S)

void tcp_init(struct tcp *tcp, struct session *session, const struct sink sink[2])
{
	*tcp = (struct tcp){.session = session, .sink = {sink[0], sink[1]}};
}

void tcp_free(struct tcp *tcp)
{
	stream_free(&tcp->side[0].stream);
	stream_free(&tcp->side[1].stream);
}

bool tcp_is_new(const struct tcp *tcp, uint8_t dir, const struct packet *packet, int64_t time)
{
	const struct tcp_side *side = &tcp->side[dir];
	if ((packet->tcp.flags & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return false;
	if (tcp->closing && origin_elapsed(tcp->closing_since.time, time) > REUSE_NS)
		return true;
	if (packet->tcp.flags & TCP_ACK)
		return tcp->closing && side->syn && packet->tcp.seq + 1 != side->first_seq;
	if (side->syn)
		return packet->tcp.seq + 1 != side->first_seq;
	if (side->based || !side->anchored)
		return side->based;
	int32_t before = (int32_t)(side->base - (packet->tcp.seq + 1));
	return before < -SYN_REORDER || before > SYN_REORDER;
}

static void take_syn(struct tcp *tcp, uint8_t dir, const struct packet *packet)
{
	struct tcp_side *side = &tcp->side[dir];
	tcp->session->midstream = false;
	if (side->syn || side->based)
		return;
	if (!side->anchored)
		tcp_side_anchor(side, packet->tcp.seq + 1);
	side->syn = true;
	side->first_seq = packet->tcp.seq + 1;
	tcp_side_base(side, tcp_side_unwrap(side, side->first_seq));
}

static void take_ack(struct tcp *tcp, uint8_t dir, uint32_t ack, const struct origin *origin)
{
	struct tcp_side *peer = &tcp->side[dir ^ 1];
	bool seen = tcp->session->tcp.last[dir ^ 1].packet != 0;
	if (!peer->anchored || (!seen && tcp_side_unwrap(peer, ack) > TCP_START + ANCHOR_DRIFT))
		tcp_side_anchor(peer, ack);
	uint64_t off = tcp_side_unwrap(peer, ack);
	if (off > tcp_side_position(peer) + ACK_JUMP)
		return;
	if (off < peer->first_acked)
		peer->first_acked = off;
	if (off <= peer->acked)
		return;
	if (peer->acked <= tcp_side_position(peer))
		peer->acked_since = (struct tcp_wait){tcp->packets, origin->time};
	peer->acked = off;
	if (off > tcp->session->tcp.repeat[dir ^ 1].off)
		tcp->session->tcp.repeat[dir ^ 1].times = 0;
}

/* ---- duplicates and retransmissions ---------------------------------------------------------------- */

/* What the TCP handshake took at least: of several SYNs the last one may have been answered; 0 when not
 * known. */
static int64_t round_trip(const struct session_tcp *facts)
{
	const struct origin *syn = NULL;
	for (uint32_t i = 0; i < facts->syns && i < LIMIT_SYNS; i++)
		if (facts->syn[i].packet < facts->syn_ack.packet)
			syn = &facts->syn[i];
	bool known = syn != NULL && facts->ack.packet != 0 && facts->syns <= LIMIT_SYNS;
	return known ? origin_elapsed(syn->time, facts->ack.time) : 0;
}

static bool is_duplicate(struct tcp *tcp, uint8_t dir, const struct packet *packet, const struct origin *origin)
{
	struct tcp_side *side = &tcp->side[dir];
	enum mirror_answer answer = mirror_look(&side->mirror, packet, origin, round_trip(&tcp->session->tcp));
	/* what is still held the stream compares */
	if (answer == MIRROR_CONFLICT && side->based && tcp_side_unwrap(side, packet->tcp.seq) < side->stream.next)
		tcp_facts_conflicts(&tcp->session->tcp, 1, origin);
	if (answer == MIRROR_LATE) {
		tcp->session->tcp.late_copies++;
		origin_keep_first(&tcp->session->tcp.first_late_copy, origin);
	}
	return answer == MIRROR_COPY;
}

/* ---- handing up ------------------------------------------------------------------------------------ */

/* The sender had received nothing: bytes that it has not read yet would be acknowledged all the same. */
static bool acknowledges_nothing(const struct tcp *tcp, uint8_t dir, const struct segment *segment)
{
	const struct tcp_side *peer = &tcp->side[dir ^ 1];
	return segment->ack != 0 && peer->syn && segment->ack <= tcp_side_unwrap(peer, peer->first_seq);
}

static void take_end(struct tcp *tcp, uint8_t dir, const struct segment *segment)
{
	struct session *session = tcp->session;
	struct tcp_side *side = &tcp->side[dir];
	if (!segment->fin && !segment->rst)
		return;
	if (segment->fin && !side->fin) {
		side->fin = true;
		session->tcp.fin[dir] = segment->origin;
	}
	if (segment->rst && session->tcp.rst.packet == 0) {
		session->tcp.rst = segment->origin;
		session->tcp.rst_dir = dir;
	}
	if ((segment->fin || segment->rst) && session->closed.packet == 0) {
		session->closed = segment->origin;
		session->close = segment->rst ? CLOSE_RST : CLOSE_FIN;
		session->closed_by = dir;
		session->tcp.closed_unread = acknowledges_nothing(tcp, dir, segment);
	}
	bool over = session->tcp.rst.packet != 0 || (tcp->side[0].fin && tcp->side[1].fin);
	if (over && !tcp->closing) {
		tcp->closing = true;
		tcp->closing_since = (struct tcp_wait){tcp->packets, segment->origin.time};
	}
}

/* What the segment acknowledges was handed up, or will never be. */
static bool ack_reached(const struct tcp *tcp, uint8_t dir, const struct segment *segment)
{
	const struct tcp_side *peer = &tcp->side[dir ^ 1];
	if (tcp->alone && tcp->session->tcp.last[dir ^ 1].packet == 0)
		return true;
	return segment->ack == 0 || (peer->based && segment->ack <= tcp_side_handed_up(peer));
}

static void settle(struct tcp *tcp, uint8_t dir)
{
	struct tcp_side *side = &tcp->side[dir];
	const struct held *first = side->stream.first;
	if (first == NULL)
		return;
	side->hole_since = (struct tcp_wait){first->arrival, first->segment.origin.time};
	for (const struct held *held = first->next; held != NULL; held = held->next)
		if (held->arrival < side->hole_since.packets)
			side->hole_since = (struct tcp_wait){held->arrival, held->segment.origin.time};
}

/* Hands up the first held segment of a side. */
static void release(struct tcp *tcp, uint8_t dir, size_t *held_all)
{
	struct tcp_side *side = &tcp->side[dir];
	struct segment head = side->stream.first->segment;
	size_t before = side->stream.held_bytes;
	stream_deliver_first(&side->stream, &tcp->sink[dir]);
	*held_all -= before - side->stream.held_bytes;
	head.bytes = span_of(NULL, 0);
	take_end(tcp, dir, &head);
}

static void release_ready(struct tcp *tcp, size_t *held_all)
{
	bool progress;
	do {
		progress = false;
		for (uint8_t dir = 0; dir < 2; dir++) {
			struct tcp_side *side = &tcp->side[dir];
			if (!tcp_side_ready(side) || !ack_reached(tcp, dir, &side->stream.first->segment))
				continue;
			release(tcp, dir, held_all);
			settle(tcp, dir);
			progress = true;
		}
	} while (progress);
}

/*
 * While bytes of a side flow nothing of it is missing, however far the ACKs are ahead of the mirror. A gap
 * proves nothing about the holes behind it, only that the end of the stream is not waited for since long.
 */
static void note_progress(struct tcp *tcp, const uint64_t before[2], bool forced, const struct origin *origin)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct tcp_side *side = &tcp->side[dir];
		if (side->stream.next != before[dir] && (!forced || side->stream.first == NULL))
			side->acked_since = (struct tcp_wait){tcp->packets, origin->time};
	}
}

/* ---- what waits, and giving up --------------------------------------------------------------------- */

enum blockage {
	BLOCK_NONE,
	BLOCK_START, /* joined mid-way: an earlier packet may still come */
	BLOCK_HOLE,  /* bytes are missing in front of a held segment */
	BLOCK_TAIL,  /* bytes were acknowledged that never came */
	BLOCK_ACK,   /* a segment waits for the bytes that it acknowledges */
};

/* Why a side is stuck and since when. */
static enum blockage blocked(const struct tcp *tcp, uint8_t dir, struct tcp_wait *since)
{
	const struct tcp_side *side = &tcp->side[dir];
	const struct held *first = side->stream.first;
	const struct tcp_side *peer = &tcp->side[dir ^ 1];
	*since = side->hole_since;
	if (first != NULL && !side->based)
		return BLOCK_START;
	if (!side->based && peer->stream.first != NULL && tcp->session->tcp.last[dir].packet != 0) {
		*since = peer->hole_since;
		return BLOCK_START;
	}
	if (!side->based && side->acked > side->first_acked && tcp->session->tcp.last[dir].packet != 0) {
		*since = side->acked_since; /* nothing but ACKs came of a direction that sent data */
		return BLOCK_START;
	}
	if (tcp_side_ready(side))
		return BLOCK_ACK;
	if (first != NULL) {
		if (side->acked > side->stream.next && side->acked_since.packets > since->packets)
			*since = side->acked_since;
		return BLOCK_HOLE;
	}
	*since = side->acked_since;
	return side->based && side->acked > tcp_side_handed_up(side) ? BLOCK_TAIL : BLOCK_NONE;
}

/* A hole may still be filled by a retransmission while its receiver has not acknowledged it. */
static bool may_force(const struct tcp *tcp, uint8_t dir, enum blockage why)
{
	const struct tcp_side *side = &tcp->side[dir];
	return why != BLOCK_HOLE || side->acked > side->stream.next || side->rst_waits || tcp->closing ||
	    tcp->session->tcp.last[dir ^ 1].packet == 0;
}

static void force_start(struct tcp_side *side, const struct tcp_side *peer)
{
	uint64_t start = side->stream.first != NULL ? side->stream.first->segment.off : side->first_acked;
	if (start == UINT64_MAX)
		start = TCP_START;
	if (peer->syn && side->first_acked < start && start - side->first_acked < ACK_JUMP)
		start = side->first_acked;
	tcp_side_base(side, start);
}

static void force(struct tcp *tcp, uint8_t dir, enum blockage why, const struct origin *now, size_t *held_all)
{
	struct tcp_side *side = &tcp->side[dir];
	struct stream *stream = &side->stream;
	uint64_t before[2] = {tcp->side[0].stream.next, tcp->side[1].stream.next};
	switch (why) {
	case BLOCK_NONE:
		return;
	case BLOCK_START:
		force_start(side, &tcp->side[dir ^ 1]);
		break;
	case BLOCK_HOLE:
		stream_gap(stream, stream->first->segment.off, &stream->first->segment.origin, &tcp->sink[dir]);
		break;
	case BLOCK_TAIL:
		if (side->acked == stream->next + 1)
			side->fin_lost = true;
		else
			stream_gap(stream, side->acked, now, &tcp->sink[dir]);
		break;
	case BLOCK_ACK:
		tcp->alone = tcp->session->tcp.last[dir ^ 1].packet == 0;
		release(tcp, dir, held_all);
		break;
	}
	settle(tcp, dir);
	release_ready(tcp, held_all);
	note_progress(tcp, before, true, now);
}

/*
 * The side to give up first: the one that waits longest, but a segment that waits for an acknowledged byte
 * only when the other side holds nothing that could be given up in its stead.
 */
static enum blockage choose(const struct tcp *tcp, bool at_end, uint8_t *dir, struct tcp_wait *since)
{
	enum blockage best = BLOCK_NONE;
	for (uint8_t d = 0; d < 2; d++) {
		struct tcp_wait wait;
		enum blockage why = blocked(tcp, d, &wait);
		if (why == BLOCK_NONE || (!at_end && !may_force(tcp, d, why)))
			continue;
		bool first = best == BLOCK_NONE || (best == BLOCK_ACK && why != BLOCK_ACK) ||
		    ((best == BLOCK_ACK) == (why == BLOCK_ACK) && wait.packets < since->packets);
		if (!first)
			continue;
		best = why;
		*dir = d;
		*since = wait;
	}
	return best;
}

static bool due(const struct tcp *tcp, const struct tcp_wait *since, const struct origin *now)
{
	return tcp->packets - since->packets >= GAP_PACKETS || origin_elapsed(since->time, now->time) >= GAP_NS;
}

/* Time alone can change something. It does not where a hole may still be filled, or a flood of holes would cost. */
static bool time_matters(const struct tcp *tcp)
{
	uint8_t dir = 0;
	struct tcp_wait since;
	return !tcp->ended && (tcp->closing || choose(tcp, false, &dir, &since) != BLOCK_NONE);
}

static void finish(struct tcp *tcp, const struct origin *now)
{
	tcp->ended = true;
	tcp->sink[0].end(tcp->sink[0].ctx, now);
	tcp->sink[1].end(tcp->sink[1].ctx, now);
}

static void publish(struct tcp *tcp)
{
	struct session_tcp *facts = &tcp->session->tcp;
	for (uint8_t dir = 0; dir < 2; dir++) {
		const struct stream *stream = &tcp->side[dir].stream;
		const struct origin *gap = &stream->first_gap;
		if (stream->gaps > 0 && (facts->first_gap.packet == 0 || gap->packet < facts->first_gap.packet))
			facts->first_gap = *gap;
		facts->gaps[dir] = stream->gaps;
		facts->delivered[dir] = stream->delivered;
		facts->lost_bytes[dir] = stream->lost;
	}
	tcp->waiting = time_matters(tcp);
}

void tcp_tick(struct tcp *tcp, const struct origin *now, size_t *held_all)
{
	uint8_t dir = 0;
	struct tcp_wait since;
	enum blockage why;
	if (tcp->ended)
		return;
	while ((why = choose(tcp, false, &dir, &since)) != BLOCK_NONE && due(tcp, &since, now))
		force(tcp, dir, why, now, held_all);
	if (tcp->closing && due(tcp, &tcp->closing_since, now))
		tcp_end(tcp, now, held_all);
	publish(tcp);
}

void tcp_end(struct tcp *tcp, const struct origin *now, size_t *held_all)
{
	uint8_t dir = 0;
	struct tcp_wait since;
	enum blockage why;
	if (tcp->ended)
		return;
	while ((why = choose(tcp, true, &dir, &since)) != BLOCK_NONE)
		force(tcp, dir, why, now, held_all);
	finish(tcp, now);
	publish(tcp);
}

/* ---- a packet -------------------------------------------------------------------------------------- */

static void count_repeat(struct tcp *tcp, uint8_t dir, const struct segment *segment)
{
	const struct tcp_side *side = &tcp->side[dir];
	bool keep_alive = segment_length(segment) <= 1 && segment->off + 1 == side->stream.next;
	if (keep_alive)
		return;
	tcp->session->tcp.retransmissions[dir]++;
	if (segment->off >= side->acked)
		tcp_facts_repeat(&tcp->session->tcp, dir, segment, tcp_side_sequence(side, segment->off));
}

static void hold(struct tcp *tcp, uint8_t dir, const struct segment *segment, size_t *held_all)
{
	struct tcp_side *side = &tcp->side[dir];
	bool empty = side->stream.first == NULL;
	size_t before = side->stream.held_bytes;
	uint64_t conflicts = side->stream.conflicts;
	if (!stream_hold(&side->stream, segment, tcp->packets))
		count_repeat(tcp, dir, segment);
	*held_all += side->stream.held_bytes - before;
	tcp_facts_conflicts(&tcp->session->tcp, side->stream.conflicts - conflicts, &segment->origin);
	side->rst_waits = side->rst_waits || segment->rst;
	if (empty)
		settle(tcp, dir);
}

static void obey_limits(struct tcp *tcp, const struct origin *now, size_t *held_all)
{
	uint8_t dir = 0;
	struct tcp_wait since;
	enum blockage why;
	for (;;) {
		bool own = tcp->side[0].stream.held_bytes + tcp->side[1].stream.held_bytes > LIMIT_HELD_FLOW;
		if (!own && *held_all <= LIMIT_HELD_ALL)
			return;
		if ((why = choose(tcp, true, &dir, &since)) == BLOCK_NONE)
			return;
		*(own ? &tcp->forced : &tcp->forced_for_all) += 1;
		force(tcp, dir, why, now, held_all);
	}
}

/* The segment of a packet, in offsets. */
static struct segment segment_of(const struct tcp *tcp, uint8_t dir, const struct packet *packet,
    const struct origin *origin)
{
	const struct tcp_side *side = &tcp->side[dir];
	bool acks = (packet->tcp.flags & TCP_ACK) != 0;
	return (struct segment){
	    .off = tcp_side_unwrap(side, packet->tcp.seq) + ((packet->tcp.flags & TCP_SYN) ? 1 : 0),
	    .ack = acks ? tcp_side_unwrap(&tcp->side[dir ^ 1], packet->tcp.ack) : 0,
	    .bytes = packet->payload, .cut = packet->cut,
	    .fin = (packet->tcp.flags & TCP_FIN) != 0, .rst = (packet->tcp.flags & TCP_RST) != 0,
	    .origin = *origin};
}

static void place(struct tcp *tcp, uint8_t dir, const struct segment *segment, size_t *held_all)
{
	struct tcp_side *side = &tcp->side[dir];
	struct stream *stream = &side->stream;
	if (side->based && segment_length(segment) > 0 &&
	    segment->off + segment_length(segment) <= stream->next && !segment->fin && !segment->rst) {
		count_repeat(tcp, dir, segment);
		return;
	}
	if (side->based && stream->first == NULL && segment->off <= stream->next &&
	    ack_reached(tcp, dir, segment)) {
		stream_deliver(stream, segment, &tcp->sink[dir]);
		take_end(tcp, dir, segment);
		if (tcp->side[dir ^ 1].stream.first != NULL)
			release_ready(tcp, held_all);
		return;
	}
	hold(tcp, dir, segment, held_all);
	release_ready(tcp, held_all);
}

bool tcp_push(struct tcp *tcp, uint8_t dir, const struct packet *packet, const struct origin *origin,
    size_t *held_all)
{
	uint8_t flags = packet->tcp.flags;
	bool carries = packet->payload.n + packet->cut > 0;
	if ((carries || (flags & (TCP_SYN | TCP_FIN))) && is_duplicate(tcp, dir, packet, origin)) {
		tcp->session->tcp.duplicates++;
		return false;
	}
	tcp->packets++;
	uint64_t before[2] = {tcp->side[0].stream.next, tcp->side[1].stream.next};
	if (flags & TCP_SYN)
		take_syn(tcp, dir, packet);
	if (flags & TCP_ACK)
		take_ack(tcp, dir, packet->tcp.ack, origin);
	tcp_facts_add(&tcp->session->tcp, dir, packet, origin);
	struct tcp_side *side = &tcp->side[dir];
	if ((flags & TCP_RST) && packet->tcp.seq == 0 && !side->anchored && tcp->side[dir ^ 1].syn) {
		tcp_side_anchor(side, 0); /* the SYN is refused, RFC 9293 section 3.10.7.1 */
		tcp_side_base(side, TCP_START);
	}
	if (!side->anchored)
		tcp_side_anchor(side, packet->tcp.seq);
	if (tcp->ended)
		return true; /* the sinks are gone: what still comes is counted and no more */
	if (carries || (flags & (TCP_FIN | TCP_RST))) {
		struct segment segment = segment_of(tcp, dir, packet, origin);
		place(tcp, dir, &segment, held_all);
	}
	note_progress(tcp, before, false, origin);
	if (tcp->waiting || tcp->closing || tcp->side[0].stream.first != NULL ||
	    tcp->side[1].stream.first != NULL || tcp->side[dir ^ 1].acked > tcp_side_handed_up(&tcp->side[dir ^ 1])) {
		release_ready(tcp, held_all); /* a SYN or an ACK may be what they waited for */
		obey_limits(tcp, origin, held_all);
		tcp_tick(tcp, origin, held_all);
	} else {
		tcp->session->tcp.delivered[dir] = side->stream.delivered;
		if (packet->cut > 0)
			publish(tcp);
	}
	return true;
}
