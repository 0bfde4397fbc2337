/*
 * One side of a TCP connection: its stream, and its sequence numbers as offsets that never wrap. RFC 9293
 * section 3.4.
 *
 * tcp.c owns the two sides of a connection; nobody else reads them.
 */
#ifndef ANALYZER_TCP_SIDE_H
#define ANALYZER_TCP_SIDE_H

#include "analyzer/mirror.h"
#include "analyzer/stream.h"

/* Since when something waits. */
struct tcp_wait {
	uint64_t packets; /* packet count of the connection */
	int64_t time;
};

struct tcp_side {
	struct stream stream;
	bool anchored; /* sequence numbers can be told apart: `base` is set */
	bool based;    /* the place of the first byte is certain enough to hand bytes up */
	bool syn, fin;
	bool rst_waits; /* a RST is held: nothing in front of it will be sent again */
	bool fin_lost;  /* one byte is acknowledged and nothing follows: a FIN that was not captured */
	uint32_t base;  /* sequence number at offset TCP_START */
	uint32_t first_seq; /* of the byte behind the SYN; valid with `syn` */
	uint64_t acked; /* offset up to which the other side acknowledged */
	uint64_t first_acked;
	struct tcp_wait acked_since; /* when `acked` first passed the stream's end */
	struct tcp_wait hole_since;  /* when the first byte behind the current hole came */
	struct mirror mirror;
};

/* Offset of the first sequence number seen: room below it for bytes that come late. */
#define TCP_START (UINT64_C(1) << 32)

/* Where the stream stands; before its first byte is known, where its first packet stood. */
static inline uint64_t tcp_side_position(const struct tcp_side *side)
{
	return side->based ? side->stream.next : TCP_START;
}

/* The sequence number of an offset. */
static inline uint32_t tcp_side_sequence(const struct tcp_side *side, uint64_t off)
{
	return side->base + (uint32_t)(off - TCP_START);
}

/* The offset of a sequence number: the one nearest to where the stream stands. The side must be anchored. */
static inline uint64_t tcp_side_unwrap(const struct tcp_side *side, uint32_t seq)
{
	uint64_t here = tcp_side_position(side);
	return here + (uint64_t)(int64_t)(int32_t)(seq - tcp_side_sequence(side, here));
}

/* Offsets count from this sequence number on, which is at TCP_START. */
void tcp_side_anchor(struct tcp_side *side, uint32_t seq);

/* The first byte's place is known: `off` is it. */
void tcp_side_base(struct tcp_side *side, uint64_t off);

/* Offset up to which everything was handed up, the FIN included. */
static inline uint64_t tcp_side_handed_up(const struct tcp_side *side)
{
	return tcp_side_position(side) + (side->fin || side->fin_lost ? 1 : 0);
}

/* No byte is missing in front of the first held segment. A RST behind a FIN stands one further. */
bool tcp_side_ready(const struct tcp_side *side);

#endif
