/* The words of the kernel's filter; see capture_kernel.h. Called by capture_live.c. */
#include "analyzer/capture_kernel.h"

#include "dissect/limits.h"

#include <stdio.h>
#include <string.h>

#define CORE (512 + LIMIT_PORTS * 24)

/*
 * What is no TCP or UDP of our ports and may lead to it: fragments, extension headers of IPv6, ICMP errors, IP in IP, GRE
 * (with ERSPAN) and VXLAN on both of its ports.
 */
static const char others[] =
    "ip[6:2] & 0x3fff != 0 or "
    "(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60)) or "
    "(icmp and (icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12)) or (icmp6 and ip6[40] < 5) or "
    "proto 4 or proto 41 or proto 47 or udp dst port 4789 or udp dst port 8472";

static void write_core(char text[CORE], const uint16_t *ports, uint32_t n_ports)
{
	size_t used = 0;
	for (uint32_t i = 0; i < n_ports; i++)
		used += (size_t)snprintf(&text[used], CORE - used, "port %u or ", (unsigned)ports[i]);
	snprintf(&text[used], CORE - used, "%s", others);
}

void kernel_expression(char text[KERNEL_EXPRESSION], enum kernel_tags tags, const uint16_t *ports, uint32_t n_ports)
{
	char core[CORE];
	write_core(core, ports, n_ports);
	switch (tags) {
	case KERNEL_TAGS: /* each `vlan` shifts what stands behind it */
		snprintf(text, KERNEL_EXPRESSION, "%s or (vlan and (%s or (vlan and (%s))))", core, core, core);
		break;
	case KERNEL_TAGGED: /* also where the header names what stands behind the tag */
		snprintf(text, KERNEL_EXPRESSION,
		         "%s or ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100 or "
		         "(ip and ip[0] & 0xf0 != 0x40) or (ip6 and ip6[0] & 0xf0 != 0x60)",
		         core);
		break;
	case KERNEL_NO_TAGS:
		snprintf(text, KERNEL_EXPRESSION, "%s", core);
		break;
	}
}
