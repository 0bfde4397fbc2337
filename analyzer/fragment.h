/*
 * IP fragments -> whole IP packets (RFC 791 section 3.2, RFC 8200 section 4.5).
 *
 * Bounded by LIMIT_FRAGMENT*; the oldest incomplete packet is dropped first. First copy wins where
 * fragments overlap in IPv4; an IPv6 packet with overlapping fragments is dropped (RFC 5722).
 */
#ifndef ANALYZER_FRAGMENT_H
#define ANALYZER_FRAGMENT_H

#include "dissect/packet.h"

struct fragments;

struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/*
 * Takes a packet of kind PACKET_FRAGMENT. True when it completes its IP packet: *whole is then that packet
 * (IP header, payload; lengths corrected, no fragment header), valid until the next call. A fragment that
 * the snaplen cut never completes anything.
 */
bool fragments_push(struct fragments *fragments, const struct packet *packet, int64_t time, struct span *whole);

/* An IP packet that is put together: its slot, below LIMIT_FRAGMENTED, and a number that is never used again. */
struct fragments_place {
	uint32_t slot;
	uint64_t number; /* 0: none */
};

/* Where the fragment of the last call was put, also when it completed its packet; none when it was dropped. */
struct fragments_place fragments_place(const struct fragments *fragments);

/* IP packets that were given up so far: too old, too many, overlapping, cut. */
uint64_t fragments_lost(const struct fragments *fragments);

/* Of these, the ones that left because a cap was reached. */
uint64_t fragments_evicted(const struct fragments *fragments);

#endif
