/*
 * Puts IP fragments together, in a fixed array of slots searched in order: fragments are rare. Called by the
 * wiring for packets of kind PACKET_FRAGMENT; the fragments inside a tunnel that was itself put together come
 * back here.
 *
 * A slot outlives its packet for a while, so that the copies which a span port makes of every fragment
 * neither start a packet nor count as a lost one. Never looks at the payload.
 */
#include "analyzer/fragment.h"

#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

enum {
	LENGTH_MAX = 65535, /* of an IPv4 packet, of an IPv6 payload */
	UNIT = 8,           /* every fragment but the last is a multiple of it */
	IP4_LENGTH_AT = 2,
	IP4_FRAGMENT_AT = 6,
	IP6_LENGTH_AT = 4,
	IP6_HEADER = 40,
};

#define TOTAL_UNKNOWN SIZE_MAX

enum state {
	FREE,
	HOLDING, /* pieces are missing */
	OVER,    /* complete or given up: what still comes of it is dropped */
};

/* Copied bytes. */
struct block {
	uint8_t *bytes;
	size_t n;
};

struct piece {
	size_t offset; /* in the payload of the whole packet */
	struct block payload;
};

struct slot {
	enum state state;
	struct addr src, dst;
	uint32_t id;
	uint8_t proto;   /* of the fragment at offset 0, or of the first to come; names an IPv4 packet too */
	int64_t until;   /* the slot becomes free then */
	uint64_t number; /* rises from packet to packet: the oldest leaves first */

	struct block headers;                       /* of the fragment at offset 0 */
	uint32_t proto_at;                          /* in these */
	size_t total;                               /* payload bytes, unknown before the last fragment came */
	size_t end;                                 /* of the piece that reaches farthest */
	struct piece pieces[LIMIT_FRAGMENT_PIECES]; /* in order of arrival */
	size_t piece_count;
};

struct fragments {
	struct slot slots[LIMIT_FRAGMENTED];
	size_t held; /* bytes in all slots */
	uint64_t number;
	uint64_t lost, evicted;
	struct fragments_place place; /* of the last fragment */
	uint8_t *whole; /* what was given out last */
};

struct fragments *fragments_new(void)
{
	return xcalloc(1, sizeof(struct fragments));
}

static struct block keep(struct fragments *fragments, struct span bytes)
{
	fragments->held += bytes.n;
	return (struct block){.bytes = xmemdup(bytes.p, bytes.n), .n = bytes.n};
}

static void drop(struct fragments *fragments, struct block *block)
{
	fragments->held -= block->n;
	free(block->bytes);
	*block = (struct block){.bytes = NULL};
}

static void empty(struct fragments *fragments, struct slot *slot, enum state state)
{
	for (size_t i = 0; i < slot->piece_count; i++)
		drop(fragments, &slot->pieces[i].payload);
	slot->piece_count = 0;
	drop(fragments, &slot->headers);
	slot->state = state;
}

void fragments_free(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++)
		empty(fragments, &fragments->slots[i], FREE);
	free(fragments->whole);
	free(fragments);
}

static void give_up(struct fragments *fragments, struct slot *slot, bool cap_reached)
{
	fragments->lost++;
	if (cap_reached)
		fragments->evicted++;
	empty(fragments, slot, OVER);
}

/* ---- slots ---------------------------------------------------------------------------------------- */

/* Captured times are anything, so the sum may not fit. */
static int64_t later(int64_t time, int64_t seconds)
{
	int64_t span = seconds * NS_PER_S;
	return time > INT64_MAX - span ? INT64_MAX : time + span;
}

static void expire(struct fragments *fragments, int64_t now)
{
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++) {
		struct slot *slot = &fragments->slots[i];
		if (slot->state == FREE || now < slot->until)
			continue;
		if (slot->state == HOLDING)
			give_up(fragments, slot, false);
		slot->state = FREE;
	}
}

static struct slot *find(struct fragments *fragments, const struct packet *packet)
{
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++) {
		struct slot *slot = &fragments->slots[i];
		if (slot->state != FREE && slot->id == packet->fragment.id &&
		    (slot->proto == packet->fragment.proto || packet->src.version == 6) &&
		    memcmp(&slot->src, &packet->src, sizeof slot->src) == 0 &&
		    memcmp(&slot->dst, &packet->dst, sizeof slot->dst) == 0)
			return slot;
	}
	return NULL;
}

static struct slot *oldest(struct fragments *fragments, enum state state)
{
	struct slot *found = NULL;
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++) {
		struct slot *slot = &fragments->slots[i];
		if (slot->state == state && (found == NULL || slot->number < found->number))
			found = slot;
	}
	return found;
}

static struct slot *take(struct fragments *fragments, const struct packet *packet, int64_t time)
{
	struct slot *slot = oldest(fragments, FREE);
	if (slot == NULL)
		slot = oldest(fragments, OVER);
	if (slot == NULL) {
		slot = oldest(fragments, HOLDING);
		give_up(fragments, slot, true);
	}
	*slot = (struct slot){.state = HOLDING,
	                      .src = packet->src,
	                      .dst = packet->dst,
	                      .id = packet->fragment.id,
	                      .proto = packet->fragment.proto,
	                      .until = later(time, LIMIT_FRAGMENT_SECONDS),
	                      .number = ++fragments->number,
	                      .total = TOTAL_UNKNOWN};
	return slot;
}

/* ---- pieces --------------------------------------------------------------------------------------- */

enum fit { FIT_NEW, FIT_COPY, FIT_NOT, FIT_FULL };

/* Lengths and ends that contradict each other never come from a sender that is in its right mind. */
static bool consistent(const struct slot *slot, const struct packet *packet)
{
	size_t n = packet->payload.n, end = packet->fragment.offset + n;
	if (packet->cut > 0 || n == 0 || end > LENGTH_MAX || end > slot->total)
		return false;
	if (packet->fragment.more)
		return n % UNIT == 0;
	return end >= slot->end;
}

/* IPv6 allows only exact copies to overlap (RFC 8200 section 4.5); in IPv4 assemble() sorts it out. */
static enum fit fit(const struct slot *slot, const struct packet *packet)
{
	if (!consistent(slot, packet))
		return FIT_NOT;
	size_t start = packet->fragment.offset, end = start + packet->payload.n;
	bool strict = packet->src.version == 6;
	for (size_t i = 0; i < slot->piece_count; i++) {
		const struct piece *piece = &slot->pieces[i];
		struct span payload = span_of(piece->payload.bytes, piece->payload.n);
		if (piece->offset == start && payload.n == packet->payload.n)
			return !strict || span_equal(payload, packet->payload) ? FIT_COPY : FIT_NOT;
		if (strict && start < piece->offset + payload.n && piece->offset < end)
			return FIT_NOT;
	}
	return slot->piece_count < LIMIT_FRAGMENT_PIECES ? FIT_NEW : FIT_FULL;
}

static void add(struct fragments *fragments, struct slot *slot, const struct packet *packet)
{
	const struct packet_fragment *fragment = &packet->fragment;
	size_t end = fragment->offset + packet->payload.n;
	slot->pieces[slot->piece_count++] =
	    (struct piece){.offset = fragment->offset, .payload = keep(fragments, packet->payload)};
	if (end > slot->end)
		slot->end = end;
	if (!fragment->more)
		slot->total = end;
	if (fragment->offset == 0 && slot->headers.n == 0) {
		slot->headers = keep(fragments, fragment->headers);
		slot->proto = fragment->proto;
		slot->proto_at = fragment->proto_at;
	}
}

/* No byte from the start to the end is missing. */
static bool complete(const struct slot *slot)
{
	size_t reached = 0;
	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < slot->piece_count; i++) {
			const struct piece *piece = &slot->pieces[i];
			size_t end = piece->offset + piece->payload.n;
			if (piece->offset <= reached && reached < end) {
				reached = end;
				moved = true;
			}
		}
	}
	return reached == slot->total;
}

static void put_u16(uint8_t *bytes, size_t at, size_t value)
{
	bytes[at] = (uint8_t)(value >> 8);
	bytes[at + 1] = (uint8_t)value;
}

/* False when the packet is longer than its length field can say. */
static bool assemble(struct fragments *fragments, const struct slot *slot, struct span *whole)
{
	bool ip6 = slot->src.version == 6;
	size_t n = slot->headers.n + slot->total, length = ip6 ? n - IP6_HEADER : n;
	if (length > LENGTH_MAX)
		return false;
	uint8_t *bytes = xmalloc(n);
	/* from the last to the first, so that the first copy of an overlap stays */
	for (size_t i = slot->piece_count; i > 0; i--) {
		const struct piece *piece = &slot->pieces[i - 1];
		memcpy(&bytes[slot->headers.n + piece->offset], piece->payload.bytes, piece->payload.n);
	}
	memcpy(bytes, slot->headers.bytes, slot->headers.n);
	bytes[slot->proto_at] = slot->proto;
	put_u16(bytes, ip6 ? IP6_LENGTH_AT : IP4_LENGTH_AT, length);
	if (!ip6)
		put_u16(bytes, IP4_FRAGMENT_AT, 0);
	free(fragments->whole);
	fragments->whole = bytes;
	*whole = span_of(bytes, n);
	return true;
}

static struct fragments_place place_of(const struct fragments *fragments, const struct slot *slot)
{
	return (struct fragments_place){.slot = (uint32_t)(slot - fragments->slots), .number = slot->number};
}

/* ---- public --------------------------------------------------------------------------------------- */

bool fragments_push(struct fragments *fragments, const struct packet *packet, int64_t time,
                    struct span *whole)
{
	fragments->place = (struct fragments_place){.number = 0};
	expire(fragments, time);
	struct slot *slot = find(fragments, packet);
	if (slot == NULL)
		slot = take(fragments, packet, time);
	if (slot->state == OVER)
		return false;

	enum fit how = fit(slot, packet);
	if (how == FIT_COPY)
		return false;
	if (how != FIT_NEW) {
		give_up(fragments, slot, how == FIT_FULL);
		return false;
	}
	add(fragments, slot, packet);
	fragments->place = place_of(fragments, slot);
	while (fragments->held > LIMIT_FRAGMENT_BYTES)
		give_up(fragments, oldest(fragments, HOLDING), true);
	if (slot->state != HOLDING || !complete(slot))
		return false;

	if (!assemble(fragments, slot, whole)) {
		give_up(fragments, slot, false);
		return false;
	}
	empty(fragments, slot, OVER);
	slot->until = later(time, GAP_SECONDS);
	return true;
}

struct fragments_place fragments_place(const struct fragments *fragments)
{
	return fragments->place;
}

uint64_t fragments_lost(const struct fragments *fragments)
{
	return fragments->lost;
}

uint64_t fragments_evicted(const struct fragments *fragments)
{
	return fragments->evicted;
}
