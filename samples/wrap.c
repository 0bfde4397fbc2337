/* Tags and tunnels; see wrap.h. Called by wire.c and the injector. Never looks into a frame. */
#include "samples/wrap.h"

#include "samples/headers.h"

enum {
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	TYPE_ERSPAN = 0x88be,
	TYPE_ERSPAN3 = 0x22eb,
	IP_IPIP = 4,
	IP_UDP = 17,
	IP_GRE = 47,
	GRE_SEQUENCE = 0x1000,
	SERVICE_VLAN = 100,
	VLAN = 30,
	SESSION = 7,
};

static void add_tag(struct bytes *out, uint16_t type, uint16_t vlan)
{
	bytes_big(out, type, 2);
	bytes_big(out, vlan, 2);
}

static void wrap_vlan(struct bytes *out, struct span frame, uint32_t number)
{
	(void)number;
	bytes_add(out, span_cut(frame, 0, HEADERS_MACS));
	add_tag(out, TYPE_VLAN, VLAN);
	bytes_add(out, span_cut(frame, HEADERS_MACS, frame.n));
}

static void wrap_qinq(struct bytes *out, struct span frame, uint32_t number)
{
	(void)number;
	bytes_add(out, span_cut(frame, 0, HEADERS_MACS));
	add_tag(out, TYPE_QINQ, SERVICE_VLAN);
	add_tag(out, TYPE_VLAN, VLAN);
	bytes_add(out, span_cut(frame, HEADERS_MACS, frame.n));
}

/* ---- tunnels from the switch that mirrors to the analyser's machine ---------------------------------- */

static void add_outer(struct bytes *out, uint8_t protocol, uint32_t number, size_t payload)
{
	static const uint8_t exporter_mac[6] = {0x00, 0x1b, 0x54, 0xc2, 0x10, 0x01};
	static const uint8_t collector_mac[6] = {0x00, 0x50, 0x56, 0x9c, 0x70, 0x02};
	static const uint8_t exporter[4] = {10, 10, 99, 1}, collector[4] = {10, 10, 99, 50};
	struct headers_ipv4 header = {.src = span_of(exporter, 4),
	                              .dst = span_of(collector, 4),
	                              .protocol = protocol,
	                              .ttl = HEADERS_TTL,
	                              .id = (uint16_t)number,
	                              .fragment = HEADERS_DONT_FRAGMENT};
	headers_ethernet(out, exporter_mac, collector_mac, HEADERS_TYPE_IPV4);
	headers_ipv4(out, &header, payload);
}

static void wrap_gre(struct bytes *out, struct span frame, uint32_t number)
{
	enum { HEADER = 4 };
	struct span type = span_cut(frame, HEADERS_MACS, 2),
	            packet = span_cut(frame, HEADERS_ETHERNET, frame.n);
	add_outer(out, IP_GRE, number, HEADER + packet.n);
	bytes_big(out, 0, 2);
	bytes_add(out, type);
	bytes_add(out, packet);
}

static void wrap_erspan1(struct bytes *out, struct span frame, uint32_t number)
{
	enum { HEADER = 4 };
	add_outer(out, IP_GRE, number, HEADER + frame.n);
	bytes_big(out, 0, 2);
	bytes_big(out, TYPE_ERSPAN, 2);
	bytes_add(out, frame);
}

static void wrap_erspan2(struct bytes *out, struct span frame, uint32_t number)
{
	enum { HEADER = 16, TYPE_II = 0x1000 };
	add_outer(out, IP_GRE, number, HEADER + frame.n);
	bytes_big(out, GRE_SEQUENCE, 2);
	bytes_big(out, TYPE_ERSPAN, 2);
	bytes_big(out, number, 4);
	bytes_big(out, TYPE_II | VLAN, 2);
	bytes_big(out, SESSION, 2);
	bytes_big(out, 0, 4); /* port index */
	bytes_add(out, frame);
}

static void wrap_erspan3(struct bytes *out, struct span frame, uint32_t number)
{
	enum { HEADER = 20, TYPE_III = 0x2000 };
	add_outer(out, IP_GRE, number, HEADER + frame.n);
	bytes_big(out, GRE_SEQUENCE, 2);
	bytes_big(out, TYPE_ERSPAN3, 2);
	bytes_big(out, number, 4);
	bytes_big(out, TYPE_III | VLAN, 2);
	bytes_big(out, SESSION, 2);
	bytes_big(out, 0, 8); /* timestamp, group, flags: an Ethernet frame without a platform header */
	bytes_add(out, frame);
}

static void wrap_ipip(struct bytes *out, struct span frame, uint32_t number)
{
	struct span packet = span_cut(frame, HEADERS_ETHERNET, frame.n);
	add_outer(out, IP_IPIP, number, packet.n);
	bytes_add(out, packet);
}

static void wrap_vxlan(struct bytes *out, struct span frame, uint32_t number)
{
	enum { UDP = 8, HEADER = 8, SOURCE = 49152, PORT = 4789, NETWORK_GIVEN = 0x08000000, NETWORK = 5030 };
	add_outer(out, IP_UDP, number, UDP + HEADER + frame.n);
	bytes_big(out, SOURCE, 2);
	bytes_big(out, PORT, 2);
	bytes_big(out, UDP + HEADER + frame.n, 2);
	bytes_big(out, 0, 2); /* no checksum, RFC 7348 section 5 */
	bytes_big(out, NETWORK_GIVEN, 4);
	bytes_big(out, NETWORK << 8, 4);
	bytes_add(out, frame);
}

static const struct {
	const char *name;
	void (*wrap)(struct bytes *out, struct span frame, uint32_t number);
} kinds[WRAP_KINDS] = {
    [WRAP_VLAN] = {"vlan", wrap_vlan},
    [WRAP_QINQ] = {"qinq", wrap_qinq},
    [WRAP_GRE] = {"gre", wrap_gre},
    [WRAP_ERSPAN1] = {"erspan1", wrap_erspan1},
    [WRAP_ERSPAN2] = {"erspan2", wrap_erspan2},
    [WRAP_ERSPAN3] = {"erspan3", wrap_erspan3},
    [WRAP_IPIP] = {"ipip", wrap_ipip},
    [WRAP_VXLAN] = {"vxlan", wrap_vxlan},
};

const char *wrap_name(enum wrap_kind kind)
{
	return kinds[kind].name;
}

enum wrap_kind wrap_of(const char *name)
{
	size_t kind = 0;
	while (kind < WRAP_KINDS && strcmp(kinds[kind].name, name) != 0)
		kind++;
	return (enum wrap_kind)kind;
}

void wrap_frame(enum wrap_kind kind, struct span frame, uint32_t number, struct bytes *out)
{
	kinds[kind].wrap(out, frame, number);
}
