/*
 * A series of frames, each behind a link type (2 bytes), a length (2 bytes) and a wire excess (1 byte),
 * through the decoder and the reassembly, as the wiring does it. Checks what packet.h promises.
 */
#include "analyzer/fragment.h"
#include "analyzer/origin.h"
#include "dissect/limits.h"
#include "dissect/packet.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned touch(struct span s)
{
	unsigned sum = 0;
	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	return sum;
}

static void check(const struct packet *packet)
{
	char text[ADDR_TEXT];
	assert(strlen(addr_text(&packet->src, text)) < ADDR_TEXT);
	assert(strlen(addr_text(&packet->dst, text)) < ADDR_TEXT);
	assert(packet->kind <= PACKET_ICMP_ERROR);
	assert(packet->layers <= LIMIT_TUNNELS && packet->vlan_tags <= packet->layers);
	assert(!packet->too_deep || packet->kind == PACKET_OTHER);
	assert(packet->encaps < 1u << ENCAP_COUNT);
	if (packet->kind != PACKET_OTHER && packet->kind != PACKET_MALFORMED)
		assert(packet->src.version == packet->dst.version && packet->ip.n > 0);
	if (packet->kind == PACKET_ICMP_ERROR)
		assert(strlen(addr_text(&packet->icmp.src, text)) < ADDR_TEXT);
	if (packet->kind == PACKET_FRAGMENT)
		assert(packet->fragment.proto_at < packet->fragment.headers.n &&
		       touch(packet->fragment.headers) <= UINT8_MAX * packet->fragment.headers.n);
	(void)(touch(packet->ip) + touch(packet->payload));
}

static void one_frame(struct fragments *fragments, uint32_t linktype, struct span frame, size_t excess)
{
	/* an exact heap block, so that ASan sees the first byte past the end */
	uint8_t *block = malloc(frame.n > 0 ? frame.n : 1);
	assert(block != NULL);
	if (frame.n > 0)
		memcpy(block, frame.p, frame.n);
	struct packet packet;
	bool known = packet_decode(linktype, span_of(block, frame.n), frame.n + excess, &packet);
	assert(known == (packet_linktype_name(linktype) != NULL));
	check(&packet);
	struct span whole;
	while (packet.kind == PACKET_FRAGMENT &&
	       fragments_push(fragments, &packet, (int64_t)excess * NS_PER_S, &whole)) {
		packet_decode_ip(whole, &packet);
		check(&packet);
	}
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fragments *fragments = fragments_new();
	struct rd r = rd_of(span_of(data, size));
	while (rd_more(&r)) {
		uint32_t linktype = rd_u16(&r);
		size_t n = rd_u16(&r), excess = rd_u8(&r);
		struct span frame = rd_span(&r, n < rd_left(&r) ? n : rd_left(&r));
		one_frame(fragments, linktype, frame, excess);
	}
	assert(fragments_evicted(fragments) <= fragments_lost(fragments));
	fragments_free(fragments);
	return 0;
}
