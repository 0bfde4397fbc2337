/*
 * Keeps the bytes of one direction in order. Called by tcp.c; knows no packet, no clock and no other
 * direction.
 */
#include "analyzer/stream.h"

#include "analyzer/xmalloc.h"

#include <assert.h>
#include <stdlib.h>

#define HELD_COST 512 /* charged for a segment besides its bytes: lists are walked, so the cap keeps them short */

static uint64_t segment_end(const struct segment *segment)
{
	return segment->off + segment_length(segment);
}

static size_t held_cost(const struct segment *segment)
{
	return HELD_COST + segment->bytes.n;
}

void stream_free(struct stream *stream)
{
	while (stream->first != NULL) {
		struct held *held = stream->first;
		stream->first = held->next;
		free(held);
	}
	stream->held_bytes = 0;
}

void stream_deliver(struct stream *stream, const struct segment *segment, const struct sink *sink)
{
	if (segment_length(segment) == 0)
		return;
	assert(segment->off <= stream->next);
	uint64_t old = stream->next - segment->off;
	if (old < segment->bytes.n) {
		struct span fresh = span_cut(segment->bytes, (size_t)old, SIZE_MAX);
		stream->next += fresh.n;
		stream->delivered += fresh.n;
		sink->data(sink->ctx, fresh, &segment->origin);
	}
	if (segment->cut > 0 && segment_end(segment) > stream->next)
		stream_gap(stream, segment_end(segment), &segment->origin, sink);
}

void stream_gap(struct stream *stream, uint64_t off, const struct origin *origin, const struct sink *sink)
{
	assert(off > stream->next);
	uint64_t n = off - stream->next;
	stream->next = off;
	stream->lost += n;
	if (stream->gaps++ == 0)
		stream->first_gap = *origin;
	sink->gap(sink->ctx, n, origin);
}

/* Compares the bytes that two segments have in common. */
static bool same_bytes(const struct segment *a, const struct segment *b)
{
	uint64_t from = a->off > b->off ? a->off : b->off;
	uint64_t a_end = a->off + a->bytes.n, b_end = b->off + b->bytes.n;
	uint64_t to = a_end < b_end ? a_end : b_end;
	if (from >= to)
		return true;
	return span_equal(span_cut(a->bytes, (size_t)(from - a->off), (size_t)(to - from)),
	    span_cut(b->bytes, (size_t)(from - b->off), (size_t)(to - from)));
}

static void insert(struct held **place, const struct segment *segment, uint64_t arrival, struct stream *stream)
{
	struct held *held = xmalloc(sizeof *held + segment->bytes.n);
	held->segment = *segment;
	held->arrival = arrival;
	if (segment->bytes.n > 0) {
		uint8_t *copy = (uint8_t *)(held + 1);
		memcpy(copy, segment->bytes.p, segment->bytes.n);
		held->segment.bytes.p = copy;
	}
	held->next = *place;
	*place = held;
	stream->held_bytes += held_cost(segment);
}

/* The part of a segment from one offset to another; its end marks stay with its last byte. */
static struct segment part(const struct segment *whole, uint64_t from, uint64_t to)
{
	struct segment piece = *whole;
	uint64_t captured_end = whole->off + whole->bytes.n;
	uint64_t bytes_end = to < captured_end ? to : captured_end;
	piece.off = from;
	piece.bytes = from < bytes_end ?
	    span_cut(whole->bytes, (size_t)(from - whole->off), (size_t)(bytes_end - from)) : span_of(NULL, 0);
	piece.cut = (uint32_t)(to - from - piece.bytes.n);
	if (to < segment_end(whole)) {
		piece.fin = false;
		piece.rst = false;
	}
	return piece;
}

/* Every byte of `inner`, which has one, is a byte of `outer`. */
static bool holds_whole(const struct segment *outer, const struct segment *inner)
{
	return segment_length(inner) > 0 && outer->off <= inner->off && segment_end(inner) <= segment_end(outer);
}

/* An end mark of the same kind waits already at this offset. */
static bool marks_held(const struct held *from, const struct segment *segment, uint64_t end)
{
	for (; from != NULL && from->segment.off <= end; from = from->next)
		if (segment_end(&from->segment) == end && from->segment.fin == segment->fin &&
		    from->segment.rst == segment->rst)
			return true;
	return false;
}

bool stream_hold(struct stream *stream, const struct segment *segment, uint64_t arrival)
{
	uint64_t at = segment->off > stream->next ? segment->off : stream->next;
	uint64_t end = segment_end(segment);
	bool kept = false;
	struct held **place = &stream->first;
	while (*place != NULL && at < end) {
		struct segment *other = &(*place)->segment;
		if (segment_end(other) <= at) {
			place = &(*place)->next;
			continue;
		}
		if (!same_bytes(segment, other))
			stream->conflicts++;
		if (holds_whole(segment, other) && segment->ack < other->ack)
			other->ack = segment->ack;
		if (other->off > at) {
			struct segment piece = part(segment, at, other->off < end ? other->off : end);
			insert(place, &piece, arrival, stream);
			place = &(*place)->next;
			kept = true;
		}
		at = segment_end(other);
		place = &(*place)->next;
	}
	if (at >= end && !(segment->fin || segment->rst))
		return kept;
	if (at >= end && marks_held(stream->first, segment, end))
		return kept;
	struct segment rest = part(segment, at < end ? at : end, end);
	while (*place != NULL && (*place)->segment.off <= rest.off)
		place = &(*place)->next;
	insert(place, &rest, arrival, stream);
	return true;
}

const struct held *stream_ready(const struct stream *stream)
{
	const struct held *first = stream->first;
	return first != NULL && first->segment.off <= stream->next ? first : NULL;
}

void stream_deliver_first(struct stream *stream, const struct sink *sink)
{
	struct held *held = stream->first;
	stream->first = held->next;
	stream->held_bytes -= held_cost(&held->segment);
	stream_deliver(stream, &held->segment, sink);
	free(held);
}
