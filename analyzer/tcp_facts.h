/*
 * What a single packet adds to the TCP facts of its session: counts, first and last times, the handshake.
 *
 * Called by tcp.c for every packet that is no mirror copy. What takes more than one packet to tell
 * (retransmissions, gaps, the end) is tcp.c's.
 */
#ifndef ANALYZER_TCP_FACTS_H
#define ANALYZER_TCP_FACTS_H

#include "analyzer/model.h"

void tcp_facts_add(struct session_tcp *facts, uint8_t dir, const struct packet *packet,
    const struct origin *origin);

#endif
