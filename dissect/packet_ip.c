/*
 * IPv4, IPv6 with its extension headers, and what is read behind them: TCP segments and the ICMP errors that
 * quote one. The walk of packet.c calls these decoders; they go back to its tables for tunnels.
 *
 * Lengths come from the IP header where it has one; nothing here looks at TCP payload, and no checksum makes
 * a packet malformed.
 */
#include "dissect/packet_walk.h"

#include "dissect/limits.h"

enum {
	IP_HOP_BY_HOP = 0,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_AH = 51,
	IP_NONE = 59,
	IP_DESTINATION = 60,

	IP4_PROTO_AT = 9,
	IP4_CHECKSUM_AT = 10,
	IP4_ADDR_AT = 12,
	IP6_PROTO_AT = 6,
	IP6_ADDR_AT = 8,
	IP4_ADDR = 4,
	IP4_HEADER = 20,
	IP6_HEADER = 40,
	TCP_HEADER = 20,
	TCP_CHECKSUM_AT = 16,
};

/* Ends the walk's bytes where the IP packet that they begin with ends. */
static void bound_ip(struct walk *w, size_t length)
{
	if (length <= w->rest.n) {
		w->rest = span_cut(w->rest, 0, length);
		w->missing = 0;
	} else {
		w->missing = length - w->rest.n;
	}
}

/* Source and destination, `n` bytes each, are what the reader reads next. */
static void note_addresses(struct walk *w, struct rd r, enum packet_place kind, size_t n)
{
	struct span both = span_cut(r.all, rd_at(&r), 2 * n);
	if (w->places == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		packet_note(w, r, kind, n);
		rd_skip(&r, n);
	}
	w->addresses = 2 * n;
	if (rd_ok(&r))
		w->addresses_at = span_offset(w->frame, both);
}

static inline void read_addr4(struct rd *r, struct addr *addr)
{
	struct span bytes = rd_span(r, IP4_ADDR);
	*addr = (struct addr){.version = 4};
	if (bytes.n > 0)
		memcpy(addr->bytes, bytes.p, IP4_ADDR);
}

static inline void read_addr6(struct rd *r, struct addr *addr)
{
	struct span bytes = rd_span(r, sizeof addr->bytes);
	*addr = (struct addr){.version = 6};
	if (bytes.n > 0)
		memcpy(addr->bytes, bytes.p, sizeof addr->bytes);
}

static void end_in_fragment(struct walk *w, struct packet_fragment fragment)
{
	w->out->kind = PACKET_FRAGMENT;
	w->out->fragment = fragment;
	w->out->payload = w->rest;
	w->out->cut = (uint32_t)w->missing;
}

bool packet_ip(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	uint8_t version = rd_u8(&r) >> 4;
	w->next = version == 4 ? packet_ip4 : packet_ip6;
	return rd_ok(&r);
}

/* A reader at this offset of the walk's bytes. */
static struct rd read_from(const struct walk *w, size_t off)
{
	struct rd r = rd_of(w->rest);
	rd_skip(&r, off);
	return r;
}

/* The walk's bytes begin with an IPv4 header that says that it is so long. */
static void note_ip4(struct walk *w, size_t header)
{
	struct rd checksum = read_from(w, IP4_CHECKSUM_AT), addresses = read_from(w, IP4_ADDR_AT);
	note_addresses(w, addresses, PLACE_IP4, IP4_ADDR);
	packet_note_sum(w, checksum, span_cut(w->rest, 0, header), 0);
}

/* RFC 791 section 3.1 */
bool packet_ip4(struct walk *w)
{
	enum { MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };
	struct packet *out = w->out;
	struct rd r = rd_of(w->rest), head = rd_head(&r, IP4_HEADER);
	uint8_t first = rd_u8(&head);
	size_t header = (size_t)(first & 0x0f) * 4;
	if (w->places != NULL)
		note_ip4(w, header);
	if (!rd_ok(&r) || first >> 4 != 4 || header < IP4_HEADER)
		return false;
	rd_skip(&head, 1);
	uint16_t length = rd_u16(&head);
	out->ip_id = rd_u16(&head);
	uint16_t place = rd_u16(&head);
	out->ttl = rd_u8(&head);
	uint8_t proto = rd_u8(&head);
	rd_skip(&head, 2);
	read_addr4(&head, &out->src);
	read_addr4(&head, &out->dst);

	if (length == 0)
		out->no_length = true;
	else
		bound_ip(w, length);
	out->ip = w->rest;
	r = rd_of(w->rest);
	struct span headers = rd_span(&r, header);
	if (header > IP4_HEADER) {
		struct rd options = rd_of(span_cut(headers, IP4_HEADER, headers.n));
		packet_note(w, options, PLACE_BYTES, rd_left(&options));
	}
	w->rest = rd_rest(&r);
	if ((place & (MORE_FRAGMENTS | OFFSET)) == 0)
		packet_follow_protocol(w, proto);
	else
		end_in_fragment(w, (struct packet_fragment){.id = out->ip_id,
		                                            .offset = (place & OFFSET) * 8u,
		                                            .more = (place & MORE_FRAGMENTS) != 0,
		                                            .proto = proto,
		                                            .proto_at = IP4_PROTO_AT,
		                                            .headers = headers});
	return rd_ok(&r);
}

/* One fragment header of IPv6, RFC 8200 section 4.5, behind its first two bytes. */
static void read_fragment_header(struct rd *r, struct packet_fragment *out)
{
	enum { MORE_FRAGMENTS = 1, OFFSET = 0xfff8 };
	uint16_t place = rd_u16(r);
	out->offset = place & OFFSET;
	out->more = (place & MORE_FRAGMENTS) != 0;
	out->id = rd_u32(r);
}

/*
 * Takes IPv6 extension headers (RFC 8200 section 4, AH: RFC 4302) off a reader that was made at the IPv6
 * header, up to another protocol, which is out->proto then, or up to and with the header of a fragment, which
 * fills `out`. The header of a fragment that is the whole packet is just taken off (RFC 6946).
 */
static bool ip6_extensions(struct walk *w, struct rd *r, uint8_t proto, struct packet_fragment *out)
{
	*out = (struct packet_fragment){.proto = proto, .proto_at = IP6_PROTO_AT};
	for (int i = 0; i <= LIMIT_IP6_HEADERS && rd_ok(r); i++) {
		size_t at = rd_at(r);
		struct rd header = *r;
		uint8_t next = rd_u8(&header), length = rd_u8(&header);
		switch (out->proto) {
		case IP_HOP_BY_HOP:
		case IP_ROUTING:
		case IP_DESTINATION:
			rd_skip(&header, 6);
			if (out->proto == IP_ROUTING)
				packet_note(w, header, PLACE_BYTES, (size_t)length * 8);
			rd_skip(&header, (size_t)length * 8);
			break;
		case IP_AH:
			rd_skip(&header, 6 + (size_t)length * 4);
			break;
		case IP_FRAGMENT:
			read_fragment_header(&header, out);
			if (out->more || out->offset > 0)
				out->headers = span_cut(r->all, 0, at);
			break;
		default:
			return true;
		}
		*r = header;
		out->proto = next;
		if (out->headers.n > 0)
			return rd_ok(r);
		out->proto_at = (uint32_t)at;
	}
	return false;
}

/* RFC 8200 section 3. A payload length of 0 is a jumbogram (RFC 2675) or segmentation offload. */
bool packet_ip6(struct walk *w)
{
	struct packet *out = w->out;
	struct rd r = rd_of(w->rest), head = rd_head(&r, IP6_HEADER);
	if (w->places != NULL) {
		struct rd addresses = read_from(w, IP6_ADDR_AT);
		note_addresses(w, addresses, PLACE_IP6, sizeof out->src.bytes);
	}
	uint8_t first = rd_u8(&head);
	if (!rd_ok(&r) || first >> 4 != 6)
		return false;
	rd_skip(&head, 3);
	uint16_t length = rd_u16(&head);
	uint8_t next = rd_u8(&head);
	out->ip_id = 0;
	out->ttl = rd_u8(&head);
	read_addr6(&head, &out->src);
	read_addr6(&head, &out->dst);

	if (length == 0 && next != IP_NONE)
		out->no_length = true;
	else
		bound_ip(w, (size_t)IP6_HEADER + length);
	out->ip = w->rest;
	r = rd_of(w->rest);
	rd_skip(&r, IP6_HEADER);
	struct packet_fragment fragment;
	if (!ip6_extensions(w, &r, next, &fragment))
		return false;
	w->rest = rd_rest(&r);
	if (fragment.headers.n > 0)
		end_in_fragment(w, fragment);
	else
		packet_follow_protocol(w, fragment.proto);
	return true;
}

/* RFC 9293 section 3.2. The maximum segment size means something in a SYN only. */
static void read_options(struct span options, struct packet_tcp *tcp)
{
	enum {
		END = 0,
		NOP = 1,
		MSS = 2,
		TIMESTAMPS = 8,
		HEADER = 2,
		MSS_LENGTH = 4,
		TIMESTAMPS_LENGTH = 10
	};
	struct rd r = rd_of(options);
	while (rd_more(&r)) {
		uint8_t kind = rd_u8(&r);
		if (kind == END)
			break;
		if (kind == NOP)
			continue;
		uint8_t length = rd_u8(&r);
		if (length < HEADER)
			break;
		struct rd value = rd_of(rd_span(&r, length - (size_t)HEADER));
		if (kind == MSS && length == MSS_LENGTH && (tcp->flags & TCP_SYN) != 0) {
			tcp->mss = rd_u16(&value);
		} else if (kind == TIMESTAMPS && length == TIMESTAMPS_LENGTH) {
			tcp->timestamp = rd_u32(&value);
			tcp->has_timestamp = rd_ok(&value);
		}
	}
}

/* RFC 9293 section 3.1. Options that the snaplen cut do not spoil the segment. */
bool packet_ip_tcp(struct walk *w)
{
	struct packet *out = w->out;
	struct packet_tcp *tcp = &out->tcp;
	struct rd r = rd_of(w->rest), head = rd_head(&r, TCP_HEADER);
	if (w->places != NULL) {
		struct rd checksum = read_from(w, TCP_CHECKSUM_AT);
		packet_note_sum(w, checksum, w->rest, w->addresses);
	}
	if (!rd_ok(&r))
		return false;
	*tcp = (struct packet_tcp){.length = (uint32_t)(w->rest.n + w->missing)};
	tcp->src_port = rd_u16(&head);
	tcp->dst_port = rd_u16(&head);
	tcp->seq = rd_u32(&head);
	tcp->ack = rd_u32(&head);
	size_t header = (size_t)(rd_u8(&head) >> 4) * 4;
	tcp->flags = rd_u8(&head);
	tcp->window = rd_u16(&head);
	tcp->checksum = rd_u16(&head);
	if (header < TCP_HEADER)
		return false;

	size_t options = header - TCP_HEADER;
	size_t captured = options < rd_left(&r) ? options : rd_left(&r);
	if (options - captured > w->missing)
		return false;
	read_options(rd_span(&r, captured), tcp);
	out->kind = PACKET_TCP;
	out->payload = rd_rest(&r);
	out->cut = (uint32_t)(w->missing - (options - captured));
	return true;
}

/* One's complement sum of 16-bit words, RFC 1071, folded. */
static uint16_t fold(uint32_t sum)
{
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
}

/* Of the addresses and the protocol. */
static uint32_t plain_sum(const struct packet *packet)
{
	uint32_t sum = IP_TCP;
	const struct addr *const addrs[] = {&packet->src, &packet->dst};
	for (size_t i = 0; i < sizeof addrs / sizeof addrs[0]; i++) {
		struct rd r =
		    rd_of(span_of(addrs[i]->bytes, sizeof addrs[i]->bytes)); /* unused bytes are 0 */
		while (rd_more(&r))
			sum += rd_u16(&r);
	}
	return sum;
}

uint16_t packet_checksum_plain(const struct packet *packet)
{
	return fold(plain_sum(packet) + packet->tcp.length);
}

bool packet_checksum_unfinished(const struct packet *packet)
{
	uint16_t checksum = packet->tcp.checksum;
	return checksum == packet_checksum_plain(packet) || checksum == fold(plain_sum(packet));
}

/* The IP header that an ICMP error quotes, with the addresses to `icmp`, what it carries to `inner`. */
static bool read_quoted_ip(struct walk *w, struct rd *r, struct packet_fragment *inner)
{
	enum { OFFSET = 0x1fff };
	struct packet_icmp *icmp = &w->out->icmp;
	uint8_t first = rd_u8(r);
	if (first >> 4 == 6) {
		rd_skip(r, 5);
		uint8_t next = rd_u8(r);
		rd_skip(r, 1);
		note_addresses(w, *r, PLACE_IP6, sizeof icmp->src.bytes);
		read_addr6(r, &icmp->src);
		read_addr6(r, &icmp->dst);
		return ip6_extensions(w, r, next, inner);
	}
	rd_skip(r, 5);
	inner->offset = rd_u16(r) & OFFSET;
	rd_skip(r, 1);
	inner->proto = rd_u8(r);
	struct rd checksum = *r;
	rd_skip(r, 2);
	note_addresses(w, *r, PLACE_IP4, IP4_ADDR);
	read_addr4(r, &icmp->src);
	read_addr4(r, &icmp->dst);
	size_t header = (size_t)(first & 0x0f) * 4;
	packet_note_sum(w, checksum, span_cut(r->all, 0, header), 0);
	if (header > rd_at(r))
		packet_note(w, *r, PLACE_BYTES, header - rd_at(r));
	if (first >> 4 != 4 || header < rd_at(r))
		return false;
	rd_skip(r, header - rd_at(r));
	return rd_ok(r);
}

/* The packet that an ICMP error is about: of interest when it is TCP or UDP, and has its ports (not a later
 * fragment). */
static bool read_quote(struct walk *w, struct span quote)
{
	struct packet *out = w->out;
	struct packet_fragment inner = {.offset = 0};
	struct rd r = rd_of(quote);
	if (!read_quoted_ip(w, &r, &inner))
		return false;
	bool tcp = inner.proto == IP_TCP;
	if ((!tcp && inner.proto != IP_UDP) || inner.offset != 0)
		return true;
	out->icmp.proto = inner.proto;
	out->icmp.src_port = rd_u16(&r);
	out->icmp.dst_port = rd_u16(&r);
	if (!rd_ok(&r))
		return false;
	out->icmp.seq = tcp ? rd_u32(&r) : 0;
	out->kind = PACKET_ICMP_ERROR;
	out->payload = rd_rest(&r);
	return true;
}

/* RFC 792; the MTU of "fragmentation needed": RFC 1191 section 4. */
bool packet_ip_icmp4(struct walk *w)
{
	enum { UNREACHABLE = 3, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12, FRAGMENTATION_NEEDED = 4 };
	struct packet_icmp *icmp = &w->out->icmp;
	struct rd r = rd_of(w->rest);
	*icmp = (struct packet_icmp){.type = rd_u8(&r)};
	icmp->code = rd_u8(&r);
	packet_note_sum(w, r, w->rest, 0);
	rd_skip(&r, 4);
	uint16_t mtu = rd_u16(&r);
	if (icmp->type == UNREACHABLE && icmp->code == FRAGMENTATION_NEEDED)
		icmp->mtu = mtu;
	if (!rd_ok(&r))
		return false;
	if (icmp->type != UNREACHABLE && icmp->type != TIME_EXCEEDED && icmp->type != PARAMETER_PROBLEM)
		return true;
	return read_quote(w, rd_rest(&r));
}

/* RFC 4443 section 3 */
bool packet_ip_icmp6(struct walk *w)
{
	enum { UNREACHABLE = 1, TOO_BIG = 2, PARAMETER_PROBLEM = 4 };
	struct packet_icmp *icmp = &w->out->icmp;
	struct rd r = rd_of(w->rest);
	*icmp = (struct packet_icmp){.type = rd_u8(&r)};
	icmp->code = rd_u8(&r);
	packet_note_sum(w, r, w->rest, w->addresses);
	rd_skip(&r, 2);
	uint32_t mtu = rd_u32(&r);
	if (icmp->type == TOO_BIG)
		icmp->mtu = mtu;
	if (!rd_ok(&r))
		return false;
	if (icmp->type < UNREACHABLE || icmp->type > PARAMETER_PROBLEM)
		return true;
	return read_quote(w, rd_rest(&r));
}
