/*
 * Frame -> innermost TCP segment, UDP datagram, ICMP error or IP fragment: link layers, tags, tunnels, and the tables that
 * lead from one header to the next by the number on the wire. A link type, a tag or a tunnel is one row and
 * one function.
 *
 * Called once for every packet of a capture. It allocates nothing, keeps nothing between packets, verifies no
 * checksum, and puts no fragments together (analyzer/fragment.c does).
 */
#include "dissect/packet.h"

#include "dissect/limits.h"
#include "dissect/packet_walk.h"

/* A number that names the next header; a row with an encap counts as a tag or a tunnel. */
struct branch {
	uint32_t value;
	enum encap encap;
	decoder *decode;
};

#define PLAIN       ENCAP_COUNT
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_ERSPAN = 0x88be,
};

static decoder decode_ethernet, decode_vlan, decode_gre, decode_erspan2, decode_erspan3, decode_udp,
    decode_vxlan;

static const struct branch ethertypes[] = {
    {ETHERTYPE_IP4, PLAIN, packet_ip4}, {ETHERTYPE_IP6, PLAIN, packet_ip6}, {ETHERTYPE_VLAN, ENCAP_VLAN, decode_vlan},
    {0x88a8, ENCAP_VLAN, decode_vlan},  {0x9100, ENCAP_VLAN, decode_vlan},  {0x9200, ENCAP_VLAN, decode_vlan},
};

static const struct branch ip_protocols[] = {
    {IP_TCP, PLAIN, packet_ip_tcp},     {IP_UDP, PLAIN, decode_udp}, {IP_ICMP, PLAIN, packet_ip_icmp4},
    {IP_ICMP6, PLAIN, packet_ip_icmp6}, {47, PLAIN, decode_gre}, {4, ENCAP_IPIP, packet_ip4},
    {41, ENCAP_IPIP, packet_ip6},
};

/* ERSPAN I and II have one type; the sequence number, in front of II only, tells them apart. */
#define GRE_NUMBERED 0x10000

static const struct branch gre_payloads[] = {
    {ETHERTYPE_IP4, ENCAP_GRE, packet_ip4},
    {ETHERTYPE_IP6, ENCAP_GRE, packet_ip6},
    {0x6558, ENCAP_GRE, decode_ethernet}, /* transparent Ethernet bridging, RFC 1701 */
    {ETHERTYPE_ERSPAN, ENCAP_ERSPAN1, decode_ethernet},
    {ETHERTYPE_ERSPAN | GRE_NUMBERED, ENCAP_ERSPAN2, decode_erspan2},
    {0x22eb, ENCAP_ERSPAN3, decode_erspan3},
};

static const struct branch udp_ports[] = {
    {4789, ENCAP_VXLAN, decode_vxlan}, /* RFC 7348 */
    {8472, ENCAP_VXLAN, decode_vxlan}, /* Linux before the port was assigned */
};

static void follow(struct walk *w, const struct branch *table, size_t rows, uint32_t value)
{
	struct packet *out = w->out;
	for (size_t i = 0; i < rows; i++) {
		if (table[i].value != value)
			continue;
		if (table[i].encap != PLAIN) {
			out->too_deep = out->layers == LIMIT_TUNNELS;
			if (out->too_deep)
				return;
			out->layers++;
			out->encaps |= 1u << table[i].encap;
		}
		w->next = table[i].decode;
		return;
	}
}

void packet_follow_protocol(struct walk *w, uint8_t proto)
{
	follow(w, ip_protocols, ROWS(ip_protocols), proto);
}

void packet_note(struct walk *w, struct rd r, enum packet_place kind, size_t n)
{
	struct packet_places *places = w->places;
	if (places == NULL || n == 0)
		return;
	struct span bytes = rd_span(&r, n);
	places->whole = places->whole && rd_ok(&r) && places->n < PACKET_PLACES;
	if (!places->whole)
		return;
	places->list[places->n].kind = kind;
	places->list[places->n].n = n;
	places->list[places->n++].at = span_offset(w->frame, bytes);
}

void packet_note_sum(struct walk *w, struct rd r, struct span covers, size_t addresses)
{
	struct packet_places *places = w->places;
	if (places == NULL)
		return;
	struct span bytes = rd_span(&r, 2);
	if (!rd_ok(&r) || covers.n == 0)
		return; /* cut: there is no checksum to keep right */
	places->whole = places->whole && places->n_sums < PACKET_SUMS;
	if (!places->whole)
		return;
	size_t from = span_offset(w->frame, covers);
	places->sums[places->n_sums].at = span_offset(w->frame, bytes);
	places->sums[places->n_sums].from = from;
	places->sums[places->n_sums].to = from + covers.n;
	places->sums[places->n_sums].addresses = w->addresses_at;
	places->sums[places->n_sums++].n_addresses = addresses;
}

static void run(struct walk *w, decoder *first)
{
	w->next = first;
	while (w->next != NULL) {
		decoder *decode = w->next;
		w->next = NULL;
		if (!decode(w)) {
			w->out->kind = PACKET_MALFORMED;
			return;
		}
	}
}

/* ---- link layers ---------------------------------------------------------------------------------- */

static bool decode_llc(struct walk *w)
{
	enum { SNAP = 0xaaaa03 };
	struct rd r = rd_of(w->rest);
	if (rd_u24(&r) != SNAP)
		return rd_ok(&r);
	rd_skip(&r, 3); /* OUI */
	uint16_t type = rd_u16(&r);
	w->rest = rd_rest(&r);
	follow(w, ethertypes, ROWS(ethertypes), type);
	return rd_ok(&r);
}

/*
 * Linux 6.10 and later name the protocol behind all VLAN tags in a cooked header, also where only the first tag was
 * taken out of the frame: then the tag's id and the same protocol stand in front of the IP header.
 */
static bool has_hidden_tag(const struct walk *w, uint32_t type)
{
	enum { COOKED = 1 << ENCAP_SLL | 1 << ENCAP_SLL2 };
	if ((w->out->encaps & COOKED) == 0)
		return false;
	struct rd r = rd_of(w->rest);
	uint8_t version = rd_u8(&r) >> 4;
	rd_skip(&r, 1);
	bool same = rd_u16(&r) == type;
	return rd_ok(&r) && same &&
	       ((type == ETHERTYPE_IP4 && version != 4) || (type == ETHERTYPE_IP6 && version != 6));
}

static void follow_ethertype(struct walk *w, uint16_t type)
{
	enum { LENGTH_MAX = 1500 }; /* up to here the type is the length of an IEEE 802.3 frame */
	if (type <= LENGTH_MAX)
		w->next = decode_llc;
	else
		follow(w, ethertypes, ROWS(ethertypes), has_hidden_tag(w, type) ? ETHERTYPE_VLAN : type);
}

/* Two MAC addresses are what the walk's bytes begin with. */
static void note_macs(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	for (int i = 0; i < 2; i++) {
		packet_note(w, r, PLACE_MAC, 6);
		rd_skip(&r, 6);
	}
}

static bool decode_ethernet(struct walk *w)
{
	if (w->places != NULL)
		note_macs(w);
	struct rd r = rd_of(w->rest), head = rd_head(&r, 14);
	if (!rd_ok(&r))
		return false;
	rd_skip(&head, 12);
	uint16_t type = rd_u16(&head);
	w->rest = rd_rest(&r);
	follow_ethertype(w, type);
	return true;
}

static bool decode_vlan(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	w->out->vlan_tags++;
	rd_skip(&r, 2); /* priority and VLAN id */
	uint16_t type = rd_u16(&r);
	w->rest = rd_rest(&r);
	follow_ethertype(w, type);
	return rd_ok(&r);
}

/* LINKTYPE_LINUX_SLL; the protocol of an 802.2 frame is 4, which follow_ethertype takes for a length. */
static bool decode_sll(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	w->out->encaps |= 1u << ENCAP_SLL;
	rd_skip(&r, 6);
	packet_note(w, r, PLACE_MAC, 6);
	rd_skip(&r, 8);
	uint16_t type = rd_u16(&r);
	w->rest = rd_rest(&r);
	follow_ethertype(w, type);
	return rd_ok(&r);
}

static bool decode_sll2(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	w->out->encaps |= 1u << ENCAP_SLL2;
	uint16_t type = rd_u16(&r);
	rd_skip(&r, 10);
	packet_note(w, r, PLACE_MAC, 6);
	rd_skip(&r, 8);
	w->rest = rd_rest(&r);
	follow_ethertype(w, type);
	return rd_ok(&r);
}

/* The address family is in the byte order of the capturing host, and families are small numbers. */
static bool decode_null(struct walk *w)
{
	struct rd r = rd_of(w->rest), twin = r;
	uint32_t big = rd_u32(&r), little = rd_u32le(&twin);
	uint32_t family = big < little ? big : little;
	w->rest = rd_rest(&r);
	switch (family) {
	case 2:  /* IPv4 everywhere */
	case 10: /* IPv6: Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		w->next = packet_ip;
	}
	return rd_ok(&r);
}

static const struct link {
	uint32_t linktype;
	const char *name;
	decoder *decode;
} links[] = {
    {1, "Ethernet", decode_ethernet},
    {113, "Linux cooked v1", decode_sll},
    {276, "Linux cooked v2", decode_sll2},
    {101, "raw IP", packet_ip},
    {12, "raw IP", packet_ip},
    {228, "raw IPv4", packet_ip4},
    {229, "raw IPv6", packet_ip6},
    {0, "BSD loopback", decode_null},
    {108, "OpenBSD loopback", decode_null},
};

static const struct link *link_find(uint32_t linktype)
{
	for (size_t i = 0; i < ROWS(links); i++)
		if (links[i].linktype == linktype)
			return &links[i];
	return NULL;
}

/* ---- tunnels -------------------------------------------------------------------------------------- */

/* RFC 2784, RFC 2890. Routing (RFC 1701) and version 1 (PPTP) are not followed. */
static bool decode_gre(struct walk *w)
{
	enum { CHECKSUM = 0x8000, ROUTING = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, VERSION = 0x0007 };
	struct rd r = rd_of(w->rest);
	uint16_t flags = rd_u16(&r);
	uint32_t type = rd_u16(&r);
	if ((flags & (ROUTING | VERSION)) != 0)
		return rd_ok(&r);
	if ((flags & CHECKSUM) != 0)
		rd_skip(&r, 4);
	if ((flags & KEY) != 0)
		rd_skip(&r, 4);
	if ((flags & SEQUENCE) != 0)
		rd_skip(&r, 4);
	if (type == ETHERTYPE_ERSPAN && (flags & SEQUENCE) != 0)
		type |= GRE_NUMBERED;
	w->rest = rd_rest(&r);
	if (rd_ok(&r))
		follow(w, gre_payloads, ROWS(gre_payloads), type);
	return rd_ok(&r);
}

/* draft-foschiano-erspan section 4.2 */
static bool decode_erspan2(struct walk *w)
{
	struct rd r = rd_of(w->rest);
	rd_skip(&r, 8);
	w->rest = rd_rest(&r);
	w->next = decode_ethernet;
	return rd_ok(&r);
}

/* draft-foschiano-erspan section 4.3 */
static bool decode_erspan3(struct walk *w)
{
	enum { FRAME_SHIFT = 10, FRAME_MASK = 0x1f, FRAME_ETHERNET = 0, FRAME_IP = 2, SUBHEADER = 1 };
	struct rd r = rd_of(w->rest);
	rd_skip(&r, 10);
	uint16_t flags = rd_u16(&r);
	if ((flags & SUBHEADER) != 0)
		rd_skip(&r, 8);
	w->rest = rd_rest(&r);
	unsigned frame = flags >> FRAME_SHIFT & FRAME_MASK;
	if (frame == FRAME_ETHERNET)
		w->next = decode_ethernet;
	else if (frame == FRAME_IP)
		w->next = packet_ip;
	return rd_ok(&r);
}

/* RFC 768. A length of 0, or beyond the IP packet's (offload), means "to its end". */
static bool decode_udp(struct walk *w)
{
	enum { HEADER = 8 };
	struct packet *out = w->out;
	struct rd r = rd_of(w->rest);
	struct packet_udp udp = {.src_port = rd_u16(&r)};
	udp.dst_port = rd_u16(&r);
	size_t length = rd_u16(&r);
	packet_note_sum(w, r, w->rest, w->addresses);
	rd_skip(&r, 2);
	w->rest = rd_rest(&r);
	if (!rd_ok(&r) || (length > 0 && length < HEADER))
		return false;
	follow(w, udp_ports, ROWS(udp_ports), udp.dst_port);
	if (w->next != NULL || out->too_deep)
		return true;
	if (length > 0 && length - HEADER < w->rest.n + w->missing) {
		size_t whole = length - HEADER;
		w->missing = whole > w->rest.n ? whole - w->rest.n : 0;
		w->rest = span_cut(w->rest, 0, whole);
	}
	out->kind = PACKET_UDP;
	out->udp = udp;
	out->payload = w->rest;
	out->cut = (uint32_t)w->missing;
	return true;
}

/* RFC 7348 section 5. Without the I flag it is something else on that port. */
static bool decode_vxlan(struct walk *w)
{
	enum { VALID_ID = 0x08 };
	struct rd r = rd_of(w->rest);
	uint8_t flags = rd_u8(&r);
	rd_skip(&r, 7);
	w->rest = rd_rest(&r);
	if ((flags & VALID_ID) != 0)
		w->next = decode_ethernet;
	return rd_ok(&r);
}

/* ---- public --------------------------------------------------------------------------------------- */

/* The kind is PACKET_OTHER, and there is nothing yet; what belongs to a kind comes with it. */
static void begin(struct packet *out)
{
	memset(out, 0, offsetof(struct packet, tcp));
}

static bool decode(uint32_t linktype, struct span frame, size_t wire, struct packet *out, struct packet_places *places)
{
	begin(out);
	const struct link *link = link_find(linktype);
	if (link == NULL)
		return false;
	if (wire > UINT32_MAX)
		wire = UINT32_MAX;
	struct walk w = {.out = out,
	                 .rest = frame,
	                 .missing = wire > frame.n ? wire - frame.n : 0,
	                 .frame = frame,
	                 .places = places};
	run(&w, link->decode);
	return true;
}

bool packet_decode(uint32_t linktype, struct span frame, size_t wire, struct packet *out)
{
	return decode(linktype, frame, wire, out, NULL);
}

bool packet_decode_places(uint32_t linktype, struct span frame, size_t wire, struct packet *out,
                          struct packet_places *places)
{
	places->n = places->n_sums = 0;
	places->whole = true;
	return decode(linktype, frame, wire, out, places);
}

void packet_decode_ip(struct span ip, struct packet *out)
{
	uint32_t encaps = out->encaps;
	uint8_t vlan_tags = out->vlan_tags, layers = out->layers;
	begin(out);
	out->encaps = encaps;
	out->vlan_tags = vlan_tags;
	out->layers = layers;
	struct walk w = {.out = out, .rest = ip, .missing = 0};
	run(&w, packet_ip);
}

const char *packet_linktype_name(uint32_t linktype)
{
	const struct link *link = link_find(linktype);
	return link == NULL ? NULL : link->name;
}

const char *packet_encap_name(enum encap encap)
{
	static const char *const names[ENCAP_COUNT] = {
	    [ENCAP_VLAN] = "vlan",       [ENCAP_GRE] = "gre",         [ENCAP_ERSPAN1] = "erspan1",
	    [ENCAP_ERSPAN2] = "erspan2", [ENCAP_ERSPAN3] = "erspan3", [ENCAP_IPIP] = "ipip",
	    [ENCAP_VXLAN] = "vxlan",     [ENCAP_SLL] = "sll",         [ENCAP_SLL2] = "sll2",
	};
	return names[encap];
}
