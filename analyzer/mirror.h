/*
 * Copies that a mirror makes of one direction's packets: a span port of two VLANs or of both sides of a
 * router delivers the same packet twice.
 *
 * Called by tcp.c for every packet that carries something. Tells copies from what a host sends again;
 * counts nothing.
 */
#ifndef ANALYZER_MIRROR_H
#define ANALYZER_MIRROR_H

#include "analyzer/origin.h"
#include "dissect/packet.h"

#define MIRROR_RECENT 4 /* packets that a copy is looked for among */

/* What identifies a packet. */
struct mirror_packet {
	uint64_t digest; /* of the payload */
	int64_t time;
	uint32_t seq, ack, length, cut;
	uint16_t ip_id, window, checksum;
	uint8_t flags;
};

/* The last packets of a direction. Zeroed: none. */
struct mirror {
	struct mirror_packet recent[MIRROR_RECENT];
	uint8_t next; /* place of the oldest */
};

enum mirror_answer {
	MIRROR_NEW,
	MIRROR_COPY,
	MIRROR_LATE, /* new as far as can be told, and the same packet down to its IP id, so hardly a host's */
	MIRROR_CONFLICT, /* new, and its bytes differ from those that came at the same place */
};

/*
 * Looks for the packet among the last ones, and remembers it unless it is a copy. `round_trip` in
 * nanoseconds, 0 or less when it is not known: no host sends anything again sooner.
 */
enum mirror_answer mirror_look(struct mirror *mirror, const struct packet *packet, const struct origin *origin,
    int64_t round_trip);

#endif
