/*
 * One direction of a TCP connection in order: 64-bit offsets, bytes that came early, holes.
 *
 * tcp.c decides when a segment may be handed up and when a hole is given up; the stream only keeps order.
 * Offset 0 is the first byte after the SYN, or the first byte of a direction joined mid-way. Invariant, also
 * tested: delivered + lost = next.
 */
#ifndef ANALYZER_STREAM_H
#define ANALYZER_STREAM_H

#include "analyzer/origin.h"

/* A piece of the stream: what one packet brought. */
struct segment {
	uint64_t off;  /* of its first byte */
	uint64_t ack;  /* offset in the other direction that it acknowledges; 0 when it acknowledges nothing */
	struct span bytes;
	uint32_t cut;  /* bytes behind `bytes` that were on the wire but not captured */
	bool fin, rst;
	struct origin origin;
};

/* A segment that waits; it owns its bytes, which lie behind it. */
struct held {
	struct held *next;
	struct segment segment;
	uint64_t arrival; /* packet count of the connection when it came */
};

struct stream {
	uint64_t next;      /* offset of the next byte to hand up */
	uint64_t delivered; /* bytes handed up */
	uint64_t lost;      /* bytes given up as gaps */
	uint64_t gaps;
	struct origin first_gap; /* valid with gaps */
	uint64_t conflicts; /* held bytes that came again with other content */
	struct held *first; /* ordered by offset, then by arrival */
	size_t held_bytes;  /* of all held segments, with their bookkeeping */
};

/* Length of a segment on the wire: captured and cut bytes. */
static inline uint64_t segment_length(const struct segment *segment)
{
	return segment->bytes.n + segment->cut;
}

void stream_free(struct stream *stream);

/*
 * Hands up what of the segment is new at `next`: its bytes, then its cut bytes as a gap at once. Its offset
 * must not lie behind a hole. Bytes before `next` came already and are skipped.
 */
void stream_deliver(struct stream *stream, const struct segment *segment, const struct sink *sink);

/*
 * Keeps a copy of the segment until its turn. Bytes of it that are held already are dropped (first copy
 * wins); where they differ `conflicts` rises. What it holds whole was sent when the lower of both ACKs was
 * known, a retransmission later. False when it brings nothing new.
 */
bool stream_hold(struct stream *stream, const struct segment *segment, uint64_t arrival);

/* The first held segment when it has no hole in front of it, else NULL. */
const struct held *stream_ready(const struct stream *stream);

/* Hands up the first held segment, which must be ready, and lets it go. */
void stream_deliver_first(struct stream *stream, const struct sink *sink);

/* Gives up the bytes from `next` to `off`. `origin` is that of the packet behind the gap, where there is one. */
void stream_gap(struct stream *stream, uint64_t off, const struct origin *origin, const struct sink *sink);

#endif
