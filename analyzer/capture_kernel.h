/*
 * The expression of the kernel's filter (pcap-filter(7)): whatever may hold NMSP passes, the rest never reaches the
 * program, which looks again at each packet when tags and tunnels are stripped.
 */
#ifndef ANALYZER_CAPTURE_KERNEL_H
#define ANALYZER_CAPTURE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum kernel_tags {
	KERNEL_TAGS,    /* up to two VLAN tags, looked behind */
	KERNEL_TAGGED,  /* every frame with a tag passes: cooked links, where libpcap cannot look behind one */
	KERNEL_NO_TAGS, /* links without Ethernet types */
};

#define KERNEL_EXPRESSION 4096

/* Writes it for up to LIMIT_PORTS ports. */
void kernel_expression(char text[KERNEL_EXPRESSION], enum kernel_tags tags, const uint16_t *ports,
                       uint32_t n_ports);

#endif
