/*
 * The walk through the headers of one frame: what its decoders in packet.c (link layers, tunnels) and
 * packet_ip.c (IP, TCP, ICMP) share. Not for other files; they call packet.h.
 *
 * Each decoder takes its header off the front of the walk and names the decoder of the next one. It returns
 * false when the header is cut or lies.
 */
#ifndef DISSECT_PACKET_WALK_H
#define DISSECT_PACKET_WALK_H

#include "dissect/packet.h"

struct walk;
typedef bool decoder(struct walk *w);

struct walk {
	struct packet *out;
	struct span rest; /* captured bytes behind the headers read so far */
	size_t missing;   /* bytes on the wire behind them */
	decoder *next;    /* NULL ends the walk */
	struct span frame;             /* all of it, */
	size_t addresses_at, addresses; /* with places: the addresses of the last IP header, and their bytes */
	struct packet_places *places; /* for which its places are wanted; NULL: they are not */
};

/* The next n bytes of the reader, which are of the walk's frame, are an address. */
void packet_note(struct walk *w, struct rd r, enum packet_place kind, size_t n);

/*
 * The next two bytes of the reader are a checksum over `covers`, which is of the walk's frame, and, with `addresses`,
 * over so many bytes of the addresses of the last IP header.
 */
void packet_note_sum(struct walk *w, struct rd r, struct span covers, size_t addresses);

/* The decoders of packet_ip.c: IP of the version that its first bits say, IPv4, IPv6. */
decoder packet_ip, packet_ip4, packet_ip6;

/* What an IP header leads to: a TCP segment, an ICMP message. */
decoder packet_ip_tcp, packet_ip_icmp4, packet_ip_icmp6;

/* Goes on with the row of packet.c for an IP protocol number, if there is one. */
void packet_follow_protocol(struct walk *w, uint8_t proto);

#endif
