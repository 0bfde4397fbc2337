/*
 * What a single packet adds to the TCP facts of its session: counts, first and last times, the handshake.
 *
 * Called by tcp.c for every packet that is no mirror copy. What takes more than one packet to tell
 * (retransmissions, gaps, the end) tcp.c tells and reports here.
 */
#ifndef ANALYZER_TCP_FACTS_H
#define ANALYZER_TCP_FACTS_H

#include "analyzer/model.h"
#include "analyzer/stream.h"

void tcp_facts_add(struct session_tcp *facts, uint8_t dir, const struct packet *packet,
    const struct origin *origin);

/* A segment that was sent again, its first byte not acknowledged; `seq` is that byte's sequence number. */
void tcp_facts_repeat(struct session_tcp *facts, uint8_t dir, const struct segment *segment, uint32_t seq);

/* Repeats, also none, whose bytes differ from the first copy. */
void tcp_facts_conflicts(struct session_tcp *facts, uint64_t n, const struct origin *origin);

#endif
