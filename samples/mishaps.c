/* Changes to collected frames; see mishaps.h. Called by the scenarios. Makes no frame of its own. */
#include "samples/mishaps.h"

#include "analyzer/xmalloc.h"

enum { TTL_AT = 22, IP_CHECKSUM_AT = 24 }; /* behind an Ethernet header */

/* RFC 1624: one less in the upper half of a word is one more in the checksum's. */
static void cross_router(struct bytes *frame)
{
	struct rd r = rd_of(span_cut(bytes_span(frame), IP_CHECKSUM_AT, 2));
	uint32_t sum = rd_u16(&r) + 0x100u;
	frame->p[TTL_AT]--;
	bytes_set16(frame, IP_CHECKSUM_AT, (uint16_t)((sum & UINT16_MAX) + (sum >> 16)));
}

void mishaps_double(struct wire *wire, int64_t after)
{
	size_t n = wire->n;
	wire->room = 2 * n;
	wire->frames = xrealloc(wire->frames, wire->room * sizeof wire->frames[0]);
	for (size_t i = 0; i < n; i++) {
		const struct wire_frame *frame = &wire->frames[i];
		struct wire_frame *copy = &wire->frames[wire->n++];
		*copy = *frame;
		copy->time += after;
		copy->bytes = (struct bytes){.p = NULL};
		bytes_add(&copy->bytes, bytes_span(&frame->bytes));
		cross_router(&copy->bytes);
	}
}

void mishaps_set_back(struct wire *wire, size_t from, int64_t ns)
{
	wire->as_is = true;
	for (size_t i = from; i < wire->n; i++)
		wire->frames[i].time -= ns;
}

void mishaps_alter(struct wire *wire)
{
	struct bytes *last = &wire->frames[wire->n - 1].bytes;
	last->p[last->n - 1] ^= 1;
}
