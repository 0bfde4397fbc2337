/*
 * One captured frame -> the innermost TCP segment, UDP datagram, ICMP error or IP fragment in it.
 *
 * Link layers and tunnels are rows of tables in packet.c; tags and tunnels are stripped in a loop, at most
 * LIMIT_TUNNELS deep. Nothing is allocated; every span borrows from the frame. A checksum never discards a
 * packet (offload makes them wrong at the sender), and an IP length of 0 (TSO) means "to the end of the
 * frame". Bytes behind the IP length (Ethernet padding) are dropped.
 */
#ifndef DISSECT_PACKET_H
#define DISSECT_PACKET_H

#include "dissect/limits.h"
#include "dissect/rd.h"

/* An IPv4 or IPv6 address. Unused bytes are 0, so that addresses compare with memcmp. */
struct addr {
	uint8_t version; /* 4, 6, or 0 for none */
	uint8_t bytes[16];
};

/* The same address; two that are none are equal, too. */
static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->version == b->version && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* IP protocol numbers that more than one place knows, iana.org/assignments/protocol-numbers. */
enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58 };

/* One bit for each kind of wrapping that was stripped: 1u << ENCAP_*. ERSPAN does not set GRE too. */
enum encap {
	ENCAP_VLAN,
	ENCAP_GRE,
	ENCAP_ERSPAN1,
	ENCAP_ERSPAN2,
	ENCAP_ERSPAN3,
	ENCAP_IPIP,
	ENCAP_VXLAN,
	ENCAP_SLL,
	ENCAP_SLL2,
	ENCAP_COUNT
};

enum packet_kind {
	PACKET_OTHER,      /* well formed as far as read, but nothing we follow (ARP, SCTP, ...) */
	PACKET_MALFORMED,  /* a header is cut or lies */
	PACKET_FRAGMENT,   /* an IP fragment: `fragment` and `payload` are set, ports are not */
	PACKET_TCP,        /* `tcp` and `payload` are set */
	PACKET_UDP,        /* `udp` and `payload` are set; the carrier of a tunnel is what it carries */
	PACKET_ICMP_ERROR, /* an ICMP or ICMPv6 error about a TCP or UDP packet: `icmp` is set, and `payload`: what it
	                      quotes behind the sequence number */
};

enum { /* bits of packet_tcp.flags, RFC 9293 section 3.1 */
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

struct packet_tcp {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t window;
	uint16_t checksum;
	uint16_t mss; /* of the option, 0 when absent */
	uint8_t flags;
	bool has_timestamp;
	uint32_t timestamp; /* TSval of the option, RFC 7323 section 3 */
	uint32_t length;    /* header and payload on the wire */
};

struct packet_udp {
	uint16_t src_port, dst_port;
};

struct packet_fragment {
	uint32_t id;
	uint32_t offset; /* bytes */
	bool more;
	uint8_t proto;       /* of the fragmented payload */
	uint32_t proto_at;   /* offset in `headers` of the byte that says what follows them */
	struct span headers; /* the IP header and IPv6 extension headers in front of the fragment header */
};

struct packet_icmp {
	uint8_t type, code; /* as on the wire; dst.version tells ICMP from ICMPv6 */
	uint32_t mtu;       /* of "fragmentation needed" and "packet too big", else 0 */
	struct addr src, dst; /* of the packet that is complained about */
	uint8_t proto; /* of it: IP_TCP or IP_UDP */
	uint16_t src_port, dst_port;
	uint32_t seq; /* its TCP sequence number, 0 for UDP */
};

struct packet {
	enum packet_kind kind;
	uint32_t encaps;   /* bit set of enum encap */
	uint8_t vlan_tags; /* number of 802.1Q / 802.1ad tags */
	uint8_t layers;    /* tags and tunnels stripped so far, capped by LIMIT_TUNNELS */
	bool too_deep;     /* LIMIT_TUNNELS was reached; kind is PACKET_OTHER */
	bool no_length;    /* the IP length is 0: TSO capture */
	struct addr src, dst;
	uint8_t ttl; /* hop limit for IPv6 */
	uint16_t ip_id; /* IPv4 only, else 0 */
	struct span ip; /* the innermost IP packet as captured, without padding */
	struct span payload; /* what was captured of the TCP, UDP or fragment payload */
	uint32_t cut;        /* payload bytes that were on the wire but not captured (snaplen) */
	union {              /* by kind; of other kinds it says nothing */
		struct packet_tcp tcp;
		struct packet_udp udp;
		struct packet_fragment fragment;
		struct packet_icmp icmp;
	};
};

/*
 * Decodes a frame of a link type (LINKTYPE_*, tcpdump.org/linktypes.html). `wire` is the frame's length on
 * the wire, at least frame.n (smaller values are raised). Fills all of `out`. False when the link type is
 * not known: see packet_linktype_name.
 */
bool packet_decode(uint32_t linktype, struct span frame, size_t wire, struct packet *out);

/*
 * Goes on with a whole IP packet that was put together from fragments: `out` keeps encaps, vlan_tags and
 * layers of the last fragment and gets the rest anew.
 */
void packet_decode_ip(struct span ip, struct packet *out);

/*
 * The checksum of a TCP packet is the plain sum over addresses, protocol and length, with or without the
 * latter: what a host leaves there when its network card is to do the rest (checksum offload). By chance it
 * is one in 30,000.
 */
bool packet_checksum_unfinished(const struct packet *packet);

/* That plain sum, with the length. */
uint16_t packet_checksum_plain(const struct packet *packet);

/* ---- where addresses stand ---- */

/* PLACE_BYTES: options in which addresses may stand. */
enum packet_place { PLACE_MAC, PLACE_IP4, PLACE_IP6, PLACE_BYTES };

/* Two MAC and two IP addresses of each layer, and options; what ICMP quotes. */
#define PACKET_PLACES (6 * (LIMIT_TUNNELS + 2))
#define PACKET_SUMS   (2 * (LIMIT_TUNNELS + 2))

/* Offsets in the frame. */
struct packet_places {
	struct {
		enum packet_place kind;
		size_t at, n;
	} list[PACKET_PLACES];
	size_t n;
	/* Internet checksums (RFC 1071), outer ones first. */
	struct {
		size_t at, from, to;           /* the field, and the bytes that it covers */
		size_t addresses, n_addresses; /* and what it covers of the addresses in front; 0 bytes = nothing */
	} sums[PACKET_SUMS];
	size_t n_sums;
	bool whole; /* all of them are listed */
};

/* packet_decode, which also lists the places. */
bool packet_decode_places(uint32_t linktype, struct span frame, size_t wire, struct packet *out,
                          struct packet_places *places);

/* LINKTYPE_USER0: bare NMSP messages, for which packet_decode knows no header. */
#define PACKET_BARE 147

/* Name of a link type that packet_decode knows, else NULL. */
const char *packet_linktype_name(uint32_t linktype);

/* "vlan", "gre", ...: the names of design.md section 8. */
const char *packet_encap_name(enum encap encap);

/* Writes the usual text form (RFC 5952 for IPv6); returns `text`. "-" for none. */
#define ADDR_TEXT 46
const char *addr_text(const struct addr *addr, char text[ADDR_TEXT]);

#endif
