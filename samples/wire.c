/*
 * TCP segments -> Ethernet frames, and conversations of them; see wire.h. Called by the sample scenarios
 * and the benchmark generators. Knows nothing of TLS or NMSP, never looks at a payload.
 */
#include "samples/wire.h"

#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "samples/headers.h"

#include <stdlib.h>

enum {
	LINKTYPE_ETHERNET = 1,
	UDP_HEADER = 8,
	UDP_CHECKSUM = 6,
	TCP_HEADER = 20,
	TCP_OPTIONS = 12,    /* of a SYN, */
	TCP_TIMESTAMPS = 12, /* and of each segment */
	TCP_CHECKSUM = 16,
	TCP_WINDOW = 502,
	TCP_WINDOW_SYN = 64240,
};

/* The mirror port sits beside the controller, so the engine's answers come later. */
static const int64_t turn_ns[2] = {1850 * NS_PER_US, 420 * NS_PER_US};
#define NEXT_NS (24 * NS_PER_US)

/* ---- headers ---------------------------------------------------------------------------------------- */

static struct span addr_span(const struct addr *addr)
{
	return span_of(addr->bytes, addr->version == 4 ? 4 : 16);
}

static void add_ipv4(struct bytes *out, struct span src, struct span dst, uint8_t protocol, uint16_t id,
                     uint8_t ttl, size_t payload)
{
	struct headers_ipv4 header = {.src = src,
	                              .dst = dst,
	                              .protocol = protocol,
	                              .ttl = ttl,
	                              .id = id,
	                              .fragment = HEADERS_DONT_FRAGMENT};
	headers_ipv4(out, &header, payload);
}

static void add_ipv6(struct bytes *out, struct span src, struct span dst, uint8_t protocol, uint8_t ttl,
                     size_t payload)
{
	bytes_big(out, 0x60000000, 4);
	bytes_big(out, payload, 2);
	bytes_big(out, protocol, 1);
	bytes_big(out, ttl, 1);
	bytes_add(out, src);
	bytes_add(out, dst);
}

static void add_syn_options(struct bytes *out, size_t mss)
{
	bytes_big(out, 0x0204, 2); /* maximum segment size */
	bytes_big(out, mss, 2);
	bytes_big(out, 0x0402, 2); /* SACK permitted */
	bytes_big(out, 0x0101, 2);
	bytes_big(out, 0x01030307, 4); /* window scale 7 */
}

/* Each host counts from another time on. */
static uint32_t ticks(const struct wire_conversation *talk, int dir)
{
	static const int64_t since[2] = {77 * NS_PER_S, 123 * NS_PER_S};
	enum { MS = 1000 };
	return (uint32_t)((talk->now + since[dir]) / (MS * NS_PER_US));
}

static void add_timestamps(struct bytes *out, const struct wire_conversation *talk, int dir, uint8_t flags)
{
	bytes_big(out, 0x0101080a, 4);
	bytes_big(out, ticks(talk, dir), 4);
	bytes_big(out, flags & TCP_ACK ? ticks(talk, !dir) : 0, 4);
}

static size_t tcp_header(const struct wire_conversation *talk, uint8_t flags)
{
	return (size_t)TCP_HEADER + (flags & TCP_SYN ? TCP_OPTIONS : 0) +
	       (talk->timestamps ? TCP_TIMESTAMPS : 0);
}

static void add_tcp(struct bytes *out, const struct wire_conversation *talk, int dir, uint8_t flags,
                    struct span payload)
{
	const struct wire_host *src = &talk->host[dir], *dst = &talk->host[!dir];
	size_t start = out->n;
	bytes_big(out, src->port, 2);
	bytes_big(out, dst->port, 2);
	bytes_big(out, talk->seq[dir], 4);
	bytes_big(out, flags & TCP_ACK ? talk->seq[!dir] : 0, 4);
	bytes_big(out, tcp_header(talk, flags) / 4 << 4, 1);
	bytes_big(out, flags, 1);
	bytes_big(out, flags & TCP_SYN ? TCP_WINDOW_SYN : talk->window[dir], 2);
	bytes_big(out, 0, 4);
	if (flags & TCP_SYN)
		add_syn_options(out, talk->mss);
	if (talk->timestamps)
		add_timestamps(out, talk, dir, flags);
	bytes_add(out, payload);
	struct span segment = span_cut(bytes_span(out), start, out->n - start);
	uint32_t sum = headers_sum(headers_sum(0, addr_span(&src->ip)), addr_span(&dst->ip));
	sum += IP_TCP + (uint32_t)segment.n;
	uint16_t checksum =
	    talk->unfinished[dir] ? (uint16_t)~headers_fold(sum) : headers_fold(headers_sum(sum, segment));
	bytes_set16(out, start + TCP_CHECKSUM, checksum);
}

/* ---- conversations ---------------------------------------------------------------------------------- */

static struct wire_frame *new_frame(struct wire *wire)
{
	if (wire->n == wire->room) {
		wire->room = wire->room == 0 ? 64 : 2 * wire->room;
		wire->frames = xrealloc(wire->frames, wire->room * sizeof wire->frames[0]);
	}
	wire->frames[wire->n] = (struct wire_frame){.time = 0};
	return &wire->frames[wire->n++];
}

struct wire_conversation wire_conversation(struct wire *wire, const struct wire_host host[2], int64_t start)
{
	return (struct wire_conversation){
	    .wire = wire,
	    .host = {host[0], host[1]},
	    .now = start,
	    .mss = WIRE_MSS,
	    .seq = {0x3a5c0000u + host[0].port, 0x91e40000u + host[0].port},
	    .ip_id = {host[0].port, 0x4c00},
	    .window = {TCP_WINDOW, TCP_WINDOW},
	    .ttl = {HEADERS_TTL, HEADERS_TTL},
	};
}

/* Time moves on to the next frame; its IP header stands in it. */
static struct wire_frame *begin_frame(struct wire_conversation *talk, int dir, uint8_t protocol, size_t transport)
{
	const struct wire_host *src = &talk->host[dir], *dst = &talk->host[!dir];
	bool ipv4 = src->ip.version == 4;
	talk->now += dir == talk->last_dir ? NEXT_NS : turn_ns[dir];
	talk->last_dir = dir;
	struct wire_frame *frame = new_frame(talk->wire);
	struct bytes *out = &frame->bytes;
	headers_ethernet(out, src->mac, dst->mac, ipv4 ? HEADERS_TYPE_IPV4 : HEADERS_TYPE_IPV6);
	if (ipv4)
		add_ipv4(out, addr_span(&src->ip), addr_span(&dst->ip), protocol, talk->ip_id[dir]++,
		         talk->ttl[dir], transport);
	else
		add_ipv6(out, addr_span(&src->ip), addr_span(&dst->ip), protocol, talk->ttl[dir], transport);
	return frame;
}

static void end_frame(const struct wire_conversation *talk, struct wire_frame *frame, int dir, size_t payload)
{
	headers_pad(&frame->bytes, 0);
	frame->time = talk->now + talk->ahead;
	frame->dir = dir;
	frame->payload = payload;
	frame->captured = frame->bytes.n;
}

void wire_segment(struct wire_conversation *talk, int dir, uint8_t flags, struct span payload)
{
	struct wire_frame *frame = begin_frame(talk, dir, IP_TCP, tcp_header(talk, flags) + payload.n);
	add_tcp(&frame->bytes, talk, dir, flags, payload);
	end_frame(talk, frame, dir, payload.n);
	talk->seq[dir] += (uint32_t)payload.n + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
	talk->unacked[dir] += payload.n > 0;
	if (flags & TCP_ACK)
		talk->unacked[!dir] = 0;
}

void wire_datagram(struct wire_conversation *talk, int dir, struct span payload)
{
	const struct wire_host *src = &talk->host[dir], *dst = &talk->host[!dir];
	struct wire_frame *frame = begin_frame(talk, dir, IP_UDP, UDP_HEADER + payload.n);
	struct bytes *out = &frame->bytes;
	size_t start = out->n;
	bytes_big(out, src->port, 2);
	bytes_big(out, dst->port, 2);
	bytes_big(out, UDP_HEADER + payload.n, 2);
	bytes_big(out, 0, 2);
	bytes_add(out, payload);
	struct span datagram = span_cut(bytes_span(out), start, out->n - start);
	uint32_t sum = headers_sum(headers_sum(0, addr_span(&src->ip)), addr_span(&dst->ip));
	uint16_t checksum = headers_fold(headers_sum(sum + IP_UDP + (uint32_t)datagram.n, datagram));
	bytes_set16(out, start + UDP_CHECKSUM, checksum);
	end_frame(talk, frame, dir, payload.n);
}

static void empty_segment(struct wire_conversation *talk, int dir, uint8_t flags)
{
	wire_segment(talk, dir, flags, span_of(NULL, 0));
}

void wire_open(struct wire_conversation *talk)
{
	empty_segment(talk, 0, TCP_SYN);
	empty_segment(talk, 1, TCP_SYN | TCP_ACK);
	empty_segment(talk, 0, TCP_ACK);
}

void wire_send(struct wire_conversation *talk, int dir, struct span bytes)
{
	size_t room = talk->timestamps ? talk->mss - TCP_TIMESTAMPS : talk->mss; /* RFC 6691 */
	for (size_t off = 0; off < bytes.n; off += room) {
		bool last = bytes.n - off <= room;
		wire_segment(talk, dir, last ? TCP_ACK | TCP_PSH : TCP_ACK, span_cut(bytes, off, room));
		if (talk->unacked[dir] == 2)
			wire_ack(talk, !dir);
	}
}

void wire_ack(struct wire_conversation *talk, int dir)
{
	if (talk->unacked[!dir] > 0)
		empty_segment(talk, dir, TCP_ACK);
}

void wire_rewind(struct wire_conversation *talk, int dir, uint32_t n)
{
	talk->seq[dir] -= n;
}

void wire_resend(struct wire_conversation *talk, int dir)
{
	const struct wire *wire = talk->wire;
	size_t at = wire->n;
	while (at > 0 && (wire->frames[at - 1].dir != dir || wire->frames[at - 1].payload == 0))
		at--;
	if (at == 0)
		return;
	const struct wire_frame *frame = &wire->frames[at - 1];
	struct span payload = span_cut(bytes_span(&frame->bytes), frame->bytes.n - frame->payload, frame->payload);
	wire_rewind(talk, dir, (uint32_t)payload.n);
	wire_segment(talk, dir, TCP_ACK | TCP_PSH, payload);
}

void wire_keepalive(struct wire_conversation *talk, int dir)
{
	wire_rewind(talk, dir, 1);
	empty_segment(talk, dir, TCP_ACK);
	talk->seq[dir] += 1;
	empty_segment(talk, !dir, TCP_ACK);
}

void wire_close(struct wire_conversation *talk, int dir)
{
	empty_segment(talk, dir, TCP_FIN | TCP_ACK);
	empty_segment(talk, !dir, TCP_FIN | TCP_ACK);
	empty_segment(talk, dir, TCP_ACK);
}

/* RFC 792: the quote is the IP header and the first 8 bytes behind it. */
void wire_icmp(struct wire_conversation *talk, int dir, const struct addr *from, uint8_t type, uint8_t code,
               uint16_t mtu)
{
	enum { QUOTE = HEADERS_IPV4 + 8, ICMP_HEADER = 8, ICMP_CHECKSUM = 2, ROUTER_TTL = 254 };
	size_t at = talk->wire->n - 1;
	while (talk->wire->frames[at].dir != dir)
		at--;
	struct bytes out = {.p = NULL};
	const struct wire_host *src = &talk->host[dir];
	headers_ethernet(&out, talk->host[!dir].mac, src->mac, HEADERS_TYPE_IPV4);
	add_ipv4(&out, addr_span(from), addr_span(&src->ip), IP_ICMP, talk->ip_id[dir], ROUTER_TTL,
	         ICMP_HEADER + QUOTE);
	size_t start = out.n;
	bytes_big(&out, type, 1);
	bytes_big(&out, code, 1);
	bytes_big(&out, mtu, 6); /* checksum, unused, MTU */
	bytes_add(&out, span_cut(bytes_span(&talk->wire->frames[at].bytes), HEADERS_ETHERNET, QUOTE));
	bytes_set16(&out, start + ICMP_CHECKSUM, headers_fold(headers_sum(0, span_cut(bytes_span(&out), start, out.n))));
	headers_pad(&out, 0);
	talk->now += NEXT_NS;
	struct wire_frame *frame = new_frame(talk->wire);
	frame->time = talk->now;
	frame->dir = !dir;
	frame->captured = out.n;
	frame->bytes = out;
}

/* ---- what happens to frames on the way to the capture ----------------------------------------------- */

void wire_lose(struct wire *wire, size_t at)
{
	bytes_free(&wire->frames[at].bytes);
	wire->n--;
	for (size_t i = at; i < wire->n; i++)
		wire->frames[i] = wire->frames[i + 1];
}

void wire_lose_before(struct wire *wire, size_t at)
{
	for (; at > 0; at--)
		wire_lose(wire, 0);
}

void wire_lose_dir(struct wire *wire, int dir)
{
	for (size_t i = wire->n; i > 0; i--)
		if (wire->frames[i - 1].dir == dir)
			wire_lose(wire, i - 1);
}

static void swap_frames(struct wire_frame *a, struct wire_frame *b)
{
	struct wire_frame was = *a;
	*a = *b;
	*b = was;
	b->time = a->time;
	a->time = was.time;
}

void wire_move(struct wire *wire, size_t from, size_t to)
{
	for (; from < to; from++)
		swap_frames(&wire->frames[from], &wire->frames[from + 1]);
	for (; from > to; from--)
		swap_frames(&wire->frames[from], &wire->frames[from - 1]);
}

void wire_snap(struct wire *wire, size_t snaplen)
{
	for (size_t i = 0; i < wire->n; i++)
		if (wire->frames[i].captured > snaplen)
			wire->frames[i].captured = snaplen;
}

size_t wire_find(const struct wire *wire, int dir, size_t nth)
{
	for (size_t i = 0; i < wire->n; i++) {
		if (wire->frames[i].dir != dir || wire->frames[i].payload == 0)
			continue;
		if (nth-- == 0)
			return i;
	}
	fputs("samples: a scenario names a segment that was never sent\n", stderr);
	exit(2);
}

void wire_wrap(struct wire *wire, enum wrap_kind kind)
{
	for (size_t i = 0; i < wire->n; i++) {
		struct wire_frame *frame = &wire->frames[i];
		struct bytes out = {.p = NULL};
		wrap_frame(kind, bytes_span(&frame->bytes), (uint32_t)i, &out);
		bytes_free(&frame->bytes);
		frame->bytes = out;
		frame->captured = out.n;
	}
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const struct wire_frame *a = *(struct wire_frame *const *)left,
	                        *b = *(struct wire_frame *const *)right;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a < b ? -1 : a > b;
}

void wire_add(struct wire *wire, int64_t time, struct span bytes)
{
	struct wire_frame *frame = new_frame(wire);
	frame->time = time;
	bytes_add(&frame->bytes, bytes);
	frame->captured = bytes.n;
}

int wire_write(struct wire *wire, struct capfile_writer *writer)
{
	struct wire_frame **order = xcalloc(wire->n, sizeof *order);
	for (size_t i = 0; i < wire->n; i++)
		order[i] = &wire->frames[i];
	if (!wire->as_is)
		qsort(order, wire->n, sizeof *order, by_time);
	int result = 0;
	for (size_t i = 0; i < wire->n && result == 0; i++) {
		const struct wire_frame *frame = order[i];
		struct capfile_packet packet = {
		    .time = frame->time,
		    .linktype = wire->linktype != 0 ? wire->linktype : LINKTYPE_ETHERNET,
		    .wire = frame->bytes.n,
		    .data = span_cut(bytes_span(&frame->bytes), 0, frame->captured),
		    .direction = frame->direction,
		};
		result = capfile_write_packet(writer, &packet);
	}
	free(order);
	for (size_t i = 0; i < wire->n; i++)
		bytes_free(&wire->frames[i].bytes);
	wire->n = 0;
	return result;
}

void wire_free(struct wire *wire)
{
	for (size_t i = 0; i < wire->n; i++)
		bytes_free(&wire->frames[i].bytes);
	free(wire->frames);
	*wire = (struct wire){.frames = NULL};
}
