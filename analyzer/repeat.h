/*
 * Tells the copies that a mirror delivers twice from retransmissions, and notes repeats with other bytes.
 *
 * A span port that mirrors two ports shows one packet twice: the same but for TTL, DSCP, ECN and IP checksum,
 * within 5 ms and below the round trip. Called by tcp.c for packets with payload, SYN or FIN; pure ACKs look
 * alike and are never asked about. Keeps the last few packets of one direction.
 */
#ifndef ANALYZER_REPEAT_H
#define ANALYZER_REPEAT_H

#include "dissect/packet.h"

#define REPEAT_RECENT 4 /* packets of a direction that a copy is looked for among */

/* What identifies a packet. */
struct repeat_packet {
	uint64_t digest; /* of the payload */
	int64_t time;
	uint32_t seq, ack, length, cut;
	uint16_t ip_id, window, checksum;
	uint8_t flags;
};

struct repeats {
	struct repeat_packet recent[REPEAT_RECENT];
	uint8_t at; /* the oldest of them */
};

enum repeat {
	REPEAT_NONE,
	REPEAT_COPY,     /* the mirror delivered this packet before */
	REPEAT_CONFLICT, /* the same place in the stream came before with other bytes */
};

/*
 * Compares with the last packets of the direction, and remembers this one unless it is a copy. A zeroed struct
 * is a direction's start. `time` and `round_trip` in nanoseconds; round_trip 0 when it is not known.
 */
enum repeat repeat_check(struct repeats *repeats, const struct packet *packet, int64_t time, int64_t round_trip);

#endif
