/*
 * What a frame is wrapped in on its way to an analyser: tags of a trunk, tunnels of remote span ports. One
 * row a kind.
 */
#ifndef SAMPLES_WRAP_H
#define SAMPLES_WRAP_H

#include "samples/bytes.h"

enum wrap_kind {
	WRAP_VLAN,    /* 802.1Q */
	WRAP_QINQ,    /* 802.1ad and 802.1Q */
	WRAP_GRE,     /* IP in GRE over IPv4, RFC 2784 */
	WRAP_ERSPAN1, /* a frame in GRE over IPv4, draft-foschiano-erspan */
	WRAP_ERSPAN2,
	WRAP_ERSPAN3,
	WRAP_IPIP,  /* IPv4 in IPv4, RFC 2003 */
	WRAP_VXLAN, /* a frame in UDP over IPv4, RFC 7348 */
	WRAP_KINDS
};

/* Its name on command lines, "vlan", "qinq", ...; the kind of a name, WRAP_KINDS when there is none. */
const char *wrap_name(enum wrap_kind kind);
enum wrap_kind wrap_of(const char *name);

/* Appends the Ethernet frame, wrapped. `number` counts the frames of a capture. */
void wrap_frame(enum wrap_kind kind, struct span frame, uint32_t number, struct bytes *out);

#endif
