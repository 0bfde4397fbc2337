/*
 * Link layers, tags and tunnels: the same TCP segment in every wrapping, whole and cut at every byte.
 */
#include "dissect/limits.h"
#include "dissect/packet.h"
#include "tests/frames.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { ETHERNET = 1, RAW = 101 };

#define PAYLOAD_HEX "48656c6c6f"
#define PAYLOAD     "Hello"
#define BIT(encap)  (1u << (encap))

static void assert_text(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT];
	assert_string_equal(addr_text(addr, text), expected);
}

/* The segment that hello() made. */
static void assert_hello(const struct packet *p)
{
	assert_int_equal(p->kind, PACKET_TCP);
	assert_text(&p->src, "10.0.0.1");
	assert_text(&p->dst, "10.0.0.2");
	assert_int_equal(p->ttl, 64);
	assert_int_equal(p->ip_id, 0x7777);
	assert_int_equal(p->ip.n, 45);
	assert_int_equal(p->tcp.src_port, 49152);
	assert_int_equal(p->tcp.dst_port, 16113);
	assert_int_equal(p->tcp.seq, 0x01020304);
	assert_int_equal(p->tcp.ack, 0x05060708);
	assert_int_equal(p->tcp.window, 0x1234);
	assert_int_equal(p->tcp.checksum, 0xabcd);
	assert_int_equal(p->tcp.mss, 0);
	assert_int_equal(p->tcp.flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->payload.n, strlen(PAYLOAD));
	assert_memory_equal(p->payload.p, PAYLOAD, strlen(PAYLOAD));
	assert_int_equal(p->cut, 0);
	assert_false(p->no_length);
	assert_false(p->too_deep);
}

static void hello(void)
{
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_PSH | TCP_ACK, "");
	frames_ip4(6);
}

static void in_ethernet(void)
{
	frames_ethernet(0x0800);
}

static void in_padded_ethernet(void)
{
	frames_pad(9);
	frames_ethernet(0x0800);
}

static void in_vlan(void)
{
	frames_tag(0x0800);
	frames_ethernet(0x8100);
}

static void in_qinq(void)
{
	frames_tag(0x0800);
	frames_tag(0x8100);
	frames_ethernet(0x88a8);
}

static void in_old_tags(void)
{
	frames_tag(0x0800);
	frames_tag(0x9200);
	frames_ethernet(0x9100);
}

static void in_snap(void)
{
	frames_lead("aaaa03 000000 0800");
	frames_ethernet((unsigned)frames_length());
}

static void in_tagged_snap(void)
{
	frames_lead("aaaa03 0000f8 0800");
	frames_tag((unsigned)frames_length());
	frames_ethernet(0x8100);
}

static void in_sll(void)
{
	frames_lead("0000 0001 0006 0200000000010000 0800");
}

static void in_sll_vlan(void)
{
	frames_tag(0x0800);
	frames_lead("0000 0001 0006 0200000000010000 8100");
}

static void in_sll2(void)
{
	frames_lead("0800 0000 00000002 0001 00 06 0200000000010000");
}

static void in_sll2_vlan(void)
{
	frames_tag(0x0800);
	frames_lead("8100 0000 00000002 0001 00 06 0200000000010000");
}

/* As Linux 6.18 delivers a frame with two tags: the outer one is taken out, the header names IPv4. */
static void in_sll_hidden_tag(void)
{
	frames_tag(0x0800);
	frames_lead("0000 0001 0006 0200000000010000 8100 0064 0800");
}

static void in_sll2_hidden_tag(void)
{
	frames_tag(0x0800);
	frames_lead("0800 0000 00000002 0001 00 06 0200000000010000");
}

static void in_nothing(void)
{
}

static void in_null_little(void)
{
	frames_lead("02000000");
}

static void in_null_big(void)
{
	frames_lead("00000002");
}

static void in_gre(void)
{
	frames_lead("0000 0800");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_gre_options(void)
{
	frames_lead("b000 0800 00000000 00000001 00000002");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_gre_ethernet(void)
{
	in_vlan();
	frames_lead("2000 6558 00000001");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_gre_ip6(void)
{
	frames_lead("0000 0800");
	frames_ip6(47);
	frames_ethernet(0x86dd);
}

static void in_erspan1(void)
{
	in_ethernet();
	frames_lead("0000 88be");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_erspan2(void)
{
	in_vlan();
	frames_lead("1000 88be 00000007 1064 0001 00000000");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_erspan3(void)
{
	in_ethernet();
	frames_lead("1000 22eb 00000007 2064 0001 00000000 0000 8000");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_erspan3_subheader(void)
{
	in_ethernet();
	frames_lead("1000 22eb 00000007 2064 0001 00000000 0000 83f7 0102030405060708");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_erspan3_ip(void)
{
	frames_lead("1000 22eb 00000007 2064 0001 00000000 0000 0800");
	frames_outer_ip4(47);
	in_ethernet();
}

static void in_ipip(void)
{
	frames_outer_ip4(4);
	in_ethernet();
}

static void in_ipip6(void)
{
	frames_ip6(4);
	frames_ethernet(0x86dd);
}

static void in_vxlan(void)
{
	in_ethernet();
	frames_lead("08000000 00006400");
	frames_udp(4789);
	frames_outer_ip4(17);
	in_ethernet();
}

static void in_vxlan_in_gre(void)
{
	in_ethernet();
	frames_lead("08000000 00006400");
	frames_udp(8472);
	frames_outer_ip4(17);
	frames_lead("0000 0800");
	frames_outer_ip4(47);
	in_vlan();
}

static const struct wrapping {
	const char *name;
	uint32_t linktype;
	void (*wrap)(void);
	unsigned encaps, layers, vlan_tags;
} wrappings[] = {
    {"Ethernet", 1, in_ethernet, 0, 0, 0},
    {"Ethernet with padding", 1, in_padded_ethernet, 0, 0, 0},
    {"VLAN", 1, in_vlan, BIT(ENCAP_VLAN), 1, 1},
    {"QinQ", 1, in_qinq, BIT(ENCAP_VLAN), 2, 2},
    {"0x9100, 0x9200", 1, in_old_tags, BIT(ENCAP_VLAN), 2, 2},
    {"SNAP", 1, in_snap, 0, 0, 0},
    {"SNAP in VLAN", 1, in_tagged_snap, BIT(ENCAP_VLAN), 1, 1},
    {"SLL", 113, in_sll, BIT(ENCAP_SLL), 0, 0},
    {"SLL with VLAN", 113, in_sll_vlan, BIT(ENCAP_SLL) | BIT(ENCAP_VLAN), 1, 1},
    {"SLL with a tag that its header hides", 113, in_sll_hidden_tag, BIT(ENCAP_SLL) | BIT(ENCAP_VLAN), 2, 2},
    {"SLL2 with a tag that its header hides", 276, in_sll2_hidden_tag, BIT(ENCAP_SLL2) | BIT(ENCAP_VLAN), 1, 1},
    {"SLL2", 276, in_sll2, BIT(ENCAP_SLL2), 0, 0},
    {"SLL2 with VLAN", 276, in_sll2_vlan, BIT(ENCAP_SLL2) | BIT(ENCAP_VLAN), 1, 1},
    {"raw 12", 12, in_nothing, 0, 0, 0},
    {"raw 101", 101, in_nothing, 0, 0, 0},
    {"raw 228", 228, in_nothing, 0, 0, 0},
    {"null, little-endian", 0, in_null_little, 0, 0, 0},
    {"null, big-endian", 0, in_null_big, 0, 0, 0},
    {"loop", 108, in_null_big, 0, 0, 0},
    {"GRE", 1, in_gre, BIT(ENCAP_GRE), 1, 0},
    {"GRE with options", 1, in_gre_options, BIT(ENCAP_GRE), 1, 0},
    {"GRE with Ethernet", 1, in_gre_ethernet, BIT(ENCAP_GRE) | BIT(ENCAP_VLAN), 2, 1},
    {"GRE over IPv6", 1, in_gre_ip6, BIT(ENCAP_GRE), 1, 0},
    {"ERSPAN I", 1, in_erspan1, BIT(ENCAP_ERSPAN1), 1, 0},
    {"ERSPAN II", 1, in_erspan2, BIT(ENCAP_ERSPAN2) | BIT(ENCAP_VLAN), 2, 1},
    {"ERSPAN III", 1, in_erspan3, BIT(ENCAP_ERSPAN3), 1, 0},
    {"ERSPAN III with subheader", 1, in_erspan3_subheader, BIT(ENCAP_ERSPAN3), 1, 0},
    {"ERSPAN III with IP", 1, in_erspan3_ip, BIT(ENCAP_ERSPAN3), 1, 0},
    {"IP in IP", 1, in_ipip, BIT(ENCAP_IPIP), 1, 0},
    {"IPv4 in IPv6", 1, in_ipip6, BIT(ENCAP_IPIP), 1, 0},
    {"VXLAN", 1, in_vxlan, BIT(ENCAP_VXLAN), 1, 0},
    {"VXLAN in GRE in VLAN", 1, in_vxlan_in_gre, BIT(ENCAP_VLAN) | BIT(ENCAP_GRE) | BIT(ENCAP_VXLAN), 3, 1},
};

enum { WRAPPINGS = sizeof wrappings / sizeof wrappings[0] };

static void every_wrapping_comes_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPINGS; i++) {
		const struct wrapping *w = &wrappings[i];
		print_message("%s\n", w->name);
		hello();
		w->wrap();
		struct packet p;
		assert_true(frames_decode(w->linktype, &p));
		assert_hello(&p);
		assert_int_equal(p.encaps, w->encaps);
		assert_int_equal(p.layers, w->layers);
		assert_int_equal(p.vlan_tags, w->vlan_tags);
	}
}

static void every_wrapping_may_be_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPINGS; i++) {
		size_t padding = wrappings[i].wrap == in_padded_ethernet ? 9 : 0;
		hello();
		wrappings[i].wrap();
		frames_cut(wrappings[i].linktype, PACKET_TCP, frames_length() - strlen(PAYLOAD) - padding,
		           strlen(PAYLOAD));
	}
}

static void tunnels_stop_at_the_cap(void **state)
{
	(void)state;
	struct packet p;
	for (unsigned tags = 1; tags <= LIMIT_TUNNELS + 20; tags++) {
		hello();
		frames_tag(0x0800);
		for (unsigned i = 1; i < tags; i++)
			frames_tag(0x8100);
		frames_ethernet(0x8100);
		assert_true(frames_decode(ETHERNET, &p));
		assert_int_equal(p.kind, tags <= LIMIT_TUNNELS ? PACKET_TCP : PACKET_OTHER);
		assert_int_equal(p.too_deep, tags > LIMIT_TUNNELS);
		assert_int_equal(p.layers, tags < LIMIT_TUNNELS ? tags : LIMIT_TUNNELS);
	}
	hello();
	for (unsigned i = 0; i <= LIMIT_TUNNELS; i++)
		frames_outer_ip4(4);
	assert_true(frames_decode(RAW, &p));
	assert_true(p.too_deep);
	assert_int_equal(p.encaps, BIT(ENCAP_IPIP));
}

static void names_are_known(void **state)
{
	(void)state;
	static const uint32_t known[] = {0, 1, 12, 101, 108, 113, 228, 229, 276};
	static const char *const encaps[] = {"vlan", "gre",   "erspan1", "erspan2", "erspan3",
	                                     "ipip", "vxlan", "sll",     "sll2"};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_non_null(packet_linktype_name(known[i]));
	assert_null(packet_linktype_name(105));
	hello();
	struct packet p;
	assert_false(frames_decode(105, &p));
	for (int i = 0; i < ENCAP_COUNT; i++)
		assert_string_equal(packet_encap_name((enum encap)i), encaps[i]);
}

static void wire_length_is_raised(void **state)
{
	(void)state;
	struct packet p;
	hello();
	assert_true(packet_decode(RAW, frames_span(), 0, &p));
	assert_hello(&p);
	/* padding that was not captured is not missing payload */
	assert_true(packet_decode(RAW, frames_span(), frames_length() + 100, &p));
	assert_hello(&p);
}

static void a_whole_packet_goes_on(void **state)
{
	(void)state;
	struct packet p;
	hello();
	in_erspan1();
	assert_true(frames_decode(ETHERNET, &p));
	assert_int_equal(p.layers, 1);
	struct packet last = p;
	last.kind = PACKET_FRAGMENT;
	last.too_deep = last.no_length = true;
	last.vlan_tags = 3;
	hello();
	frames_outer_ip4(4);
	packet_decode_ip(frames_span(), &last);
	assert_hello(&last);
	assert_int_equal(last.layers, 2);
	assert_int_equal(last.vlan_tags, 3);
	assert_int_equal(last.encaps, BIT(ENCAP_ERSPAN1) | BIT(ENCAP_IPIP));
}

static void the_rest_is_other(void **state)
{
	(void)state;
	struct packet p;
	frames_start("0001 0800 0604 0001");
	frames_ethernet(0x0806); /* ARP */
	assert_true(frames_decode(ETHERNET, &p));
	assert_int_equal(p.kind, PACKET_OTHER);

	frames_start("424203 0000 00 00 00");
	frames_ethernet(8); /* spanning tree */
	assert_true(frames_decode(ETHERNET, &p));
	assert_int_equal(p.kind, PACKET_OTHER);

	static const char *const gre[] = {"3081 880b 00000000 00000000", "4000 0800 00000000 00000000",
	                                  "0000 8847"};
	for (size_t i = 0; i < sizeof gre / sizeof gre[0]; i++) {
		hello();
		frames_lead("%s", gre[i]);
		frames_outer_ip4(47);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, PACKET_OTHER);
	}

	hello();
	in_ethernet();
	frames_lead("00000000 00006400"); /* VXLAN without the I flag */
	frames_udp(4789);
	frames_outer_ip4(17);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_OTHER);

	hello();
	frames_lead("1000 22eb 00000007 2064 0001 00000000 0000 0400"); /* ERSPAN III, unknown frame type */
	frames_outer_ip4(47);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_wrapping_comes_off), cmocka_unit_test(every_wrapping_may_be_cut),
	    cmocka_unit_test(tunnels_stop_at_the_cap),  cmocka_unit_test(names_are_known),
	    cmocka_unit_test(wire_length_is_raised),    cmocka_unit_test(a_whole_packet_goes_on),
	    cmocka_unit_test(the_rest_is_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
