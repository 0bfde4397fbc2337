/*
 * Which side of a connection is the controller, and which one sends in direction 0, as far as the first packet
 * tells. Called by analyze_flow.c for a new connection.
 */
#ifndef ANALYZER_ROLES_H
#define ANALYZER_ROLES_H

#include "analyzer/model.h"
#include "dissect/packet.h"

/* Who is the controller: --controller, else the side on the NMSP port, else the receiver of the SYN. */
void roles_assign(const struct model *model, struct session *session);

/* The sender of the SYN, else the side that is not on the NMSP port, is direction 0. */
bool roles_source_is_first(const struct model *model, const struct packet *packet);

#endif
