/*
 * IPv4, IPv6, TCP and ICMP headers: lengths that are 0, too long or lie, extension headers, fragments,
 * quotes.
 */
#include "dissect/limits.h"
#include "dissect/packet.h"
#include "tests/frames.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

enum { ETHERNET = 1, RAW = 101, IPV4 = 228, IPV6 = 229 };

#define PAYLOAD_HEX "48656c6c6f"

static void assert_text(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT];
	assert_string_equal(addr_text(addr, text), expected);
}

static const uint8_t zeros[20000];

static void options_are_read(void **state)
{
	(void)state;
	struct packet p;
	frames_start("");
	frames_tcp(TCP_SYN, "0402"
	                    "0101"
	                    "020405b4");
	frames_lead("4600 %04x 0000 0000 4006 0000 " FRAMES_IP4 "94040000", (unsigned)frames_length() + 24);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.tcp.mss, 1460);
	assert_int_equal(p.tcp.flags, TCP_SYN);
	assert_int_equal(p.payload.n, 0);
	/* the fixed part decides: cut options are cut, not malformed */
	frames_cut(RAW, PACKET_TCP, 24 + 20, 0);

	static const char *const odd[] = {"02000000", "02ff05b4", "02030501",
	                                  "000405b4", "01010102", "020505b400010101"};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		frames_start(PAYLOAD_HEX);
		frames_tcp(TCP_SYN, odd[i]);
		frames_ip4(6);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, PACKET_TCP);
		assert_int_equal(p.tcp.mss, 0);
		assert_int_equal(p.payload.n, 5);
	}
}

static void headers_that_lie_are_malformed(void **state)
{
	(void)state;
	static const struct {
		uint32_t linktype;
		const char *ip;
	} lies[] = {
	    {RAW, "4500 0013 0000 0000 4006 0000 " FRAMES_IP4},            /* shorter than its header */
	    {RAW, "4400 002d 0000 0000 4011 0000 " FRAMES_IP4},            /* header of 16 bytes */
	    {RAW, "4600 0014 0000 0000 4006 0000 " FRAMES_IP4 "01010101"}, /* shorter than its options */
	    {RAW, "5500 002d 0000 0000 4006 0000 " FRAMES_IP4},            /* version 5 */
	    {IPV4, "6500 002d 0000 0000 4006 0000 " FRAMES_IP4},           /* not version 4 */
	    {IPV6, "40000000 0019 0640 " FRAMES_IP6},                      /* not version 6 */
	};
	struct packet p;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		frames_start(PAYLOAD_HEX);
		frames_tcp(TCP_ACK, "");
		frames_lead("%s", lies[i].ip);
		assert_true(frames_decode(lies[i].linktype, &p));
		assert_int_equal(p.kind, PACKET_MALFORMED);
	}
	static const char *const offsets[] = {"40", "70", "f0"}; /* 16 bytes; more than there are */
	for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
		frames_start(PAYLOAD_HEX);
		frames_lead("c000 3ef1 01020304 05060708 %s10 1234 abcd 0000", offsets[i]);
		frames_ip4(6);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, PACKET_MALFORMED);
	}
}

static void inner_header_replaces_outer(void **state)
{
	(void)state;
	struct packet p;
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "");
	frames_ip6(6);
	frames_ip4(41);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.ip_id, 0);
	assert_int_equal(p.ip.n, 65);
	assert_text(&p.src, "2001:db8::1");

	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "");
	frames_ip4(6);
	frames_ip6(4);
	assert_true(frames_decode(RAW, &p));
	struct addr expected = {.version = 4, .bytes = {10, 0, 0, 1}};
	assert_memory_equal(&p.src, &expected, sizeof expected);
}

static void length_0_is_told(void **state)
{
	(void)state;
	struct packet p;
	frames_start_bytes(span_of(zeros, 20000));
	frames_tcp(TCP_ACK, "");
	frames_lead("4500 0000 7777 4000 4006 0000 " FRAMES_IP4);
	frames_ethernet(0x0800);
	assert_true(frames_decode(ETHERNET, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_true(p.no_length);
	assert_int_equal(p.payload.n, 20000);
	assert_int_equal(p.cut, 0);
	assert_true(packet_decode(ETHERNET, frames_span(), 0, &p));
	assert_int_equal(p.cut, 0);
	/* the frame's length on the wire says what the snaplen cut */
	assert_true(packet_decode(ETHERNET, span_cut(frames_span(), 0, 154), frames_length(), &p));
	assert_int_equal(p.payload.n, 100);
	assert_int_equal(p.cut, 19900);

	frames_start_bytes(span_of(zeros, 20000));
	frames_tcp(TCP_ACK, "");
	frames_lead("60000000 0000 06 39 " FRAMES_IP6);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_true(p.no_length);
	assert_int_equal(p.payload.n, 20000);
}

/* The word at this offset of the frame becomes its checksum. */
static bool unfinished(size_t tcp_at, uint16_t checksum)
{
	struct packet p;
	uint8_t bytes[256];
	struct span frame = frames_span();
	memcpy(bytes, frame.p, frame.n);
	bytes[tcp_at + 16] = (uint8_t)(checksum >> 8);
	bytes[tcp_at + 17] = (uint8_t)checksum;
	assert_true(packet_decode(RAW, span_of(bytes, frame.n), frame.n, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.tcp.length, 25);
	return packet_checksum_unfinished(&p);
}

static void unfinished_checksums_are_told(void **state)
{
	(void)state;
	enum {
		PSEUDO4 = 0x0a00 + 1 + 0x0a00 + 2 + 6,
		PSEUDO6 = 2 * (0x2001 + 0x0db8) + 1 + 2 + 6,
		LENGTH = 25
	};
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "");
	frames_ip4(6);
	assert_true(unfinished(20, PSEUDO4 + LENGTH));
	assert_true(
	    unfinished(20, PSEUDO4)); /* Windows leaves the length out, for a segment that is to be cut */
	assert_false(unfinished(20, (uint16_t) ~(PSEUDO4 + LENGTH)));
	assert_false(unfinished(20, PSEUDO4 + LENGTH + 1));
	assert_false(unfinished(20, 0));
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "");
	frames_ip6(6);
	assert_true(unfinished(40, PSEUDO6 + LENGTH));
	assert_true(unfinished(40, PSEUDO6));
	assert_false(unfinished(40, 0));
}

static void timestamps_are_read(void **state)
{
	(void)state;
	struct packet p;
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "0101080a8899aabb00000001");
	frames_ip4(6);
	assert_true(frames_decode(RAW, &p));
	assert_true(p.tcp.has_timestamp);
	assert_int_equal(p.tcp.timestamp, 0x8899aabb);
	assert_int_equal(p.tcp.length, 37);
	frames_cut(RAW, PACKET_TCP, 20 + 20, 5);
	assert_true(packet_decode(RAW, span_cut(frames_span(), 0, 20 + 20 + 11), frames_length(), &p));
	assert_false(p.tcp.has_timestamp);
	assert_int_equal(p.tcp.length, 37);

	static const char *const odd[] = {"0806000000010101", "010108098899aabb00000000", ""};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		frames_start(PAYLOAD_HEX);
		frames_tcp(TCP_ACK, odd[i]);
		frames_ip4(6);
		assert_true(frames_decode(RAW, &p));
		assert_false(p.tcp.has_timestamp);
	}
}

/* ---- IPv6 ----------------------------------------------------------------------------------------- */

static void ip6_headers_come_off(void **state)
{
	(void)state;
	struct packet p;
	frames_start(PAYLOAD_HEX);
	frames_tcp(TCP_ACK, "");
	frames_lead("06 04 0000 00000001 00000002 000000000000000000000000"); /* AH to TCP */
	frames_lead("33 00 0000 12345678");                                   /* atomic fragment to AH */
	frames_lead("2c 01 0104000000000104000000000000"); /* destination options to fragment */
	frames_lead("3c 00 0400 00000000");                /* routing to destination options */
	frames_lead("2b 00 0104 00000000");                /* hop by hop to routing */
	frames_ip6(0);
	assert_true(frames_decode(IPV6, &p));
	assert_int_equal(p.kind, PACKET_TCP);
	assert_text(&p.src, "2001:db8::1");
	assert_text(&p.dst, "2001:db8::2");
	assert_int_equal(p.ttl, 0x39);
	assert_int_equal(p.ip_id, 0);
	assert_int_equal(p.payload.n, 5);
	assert_false(p.no_length);
	frames_cut(RAW, PACKET_TCP, frames_length() - 5, 5);

	static const char *const families[] = {"0000001c", "0000001e", "18000000", "0000000a"};
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		frames_start(PAYLOAD_HEX);
		frames_tcp(TCP_ACK, "");
		frames_ip6(6);
		frames_lead("%s", families[i]);
		assert_true(frames_decode(0, &p));
		assert_int_equal(p.kind, PACKET_TCP);
	}
}

static void ip6_headers_are_capped(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= LIMIT_IP6_HEADERS + 2; n++) {
		struct packet p;
		frames_start(PAYLOAD_HEX);
		frames_tcp(TCP_ACK, "");
		frames_lead("06 00 0104 00000000");
		for (unsigned i = 1; i < n; i++)
			frames_lead("3c 00 0104 00000000");
		frames_ip6(60);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, n <= LIMIT_IP6_HEADERS ? PACKET_TCP : PACKET_MALFORMED);
	}
}

static void ip6_without_payload_has_its_length(void **state)
{
	(void)state;
	struct packet p;
	frames_start("");
	frames_ip6(59);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_OTHER);
	assert_false(p.no_length);
}

/* ---- fragments ------------------------------------------------------------------------------------ */

static void ip4_fragment_is_described(void **state)
{
	(void)state;
	struct packet p;
	frames_start("0102030405060708");
	frames_lead("4600 0020 abcd 2003 4006 0000 " FRAMES_IP4 "01010101");
	frames_pad(6);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_FRAGMENT);
	assert_int_equal(p.fragment.id, 0xabcd);
	assert_int_equal(p.fragment.offset, 24);
	assert_true(p.fragment.more);
	assert_int_equal(p.fragment.proto, 6);
	assert_int_equal(p.fragment.proto_at, 9);
	assert_int_equal(p.fragment.headers.n, 24);
	assert_int_equal(p.payload.n, 8);
	assert_int_equal(p.payload.p[0], 1);
	assert_int_equal(p.cut, 0);
	frames_cut(RAW, PACKET_FRAGMENT, 24, 0);
	assert_true(packet_decode(RAW, span_cut(frames_span(), 0, 27), frames_length(), &p));
	assert_int_equal(p.payload.n, 3);
	assert_int_equal(p.cut, 5);
}

static void ip6_fragment_is_described(void **state)
{
	(void)state;
	struct packet p;
	frames_start("0102030405060708");
	frames_lead("06 00 0011 12345678"); /* offset 16, more */
	frames_lead("2c 00 0104 00000000"); /* hop by hop to fragment */
	frames_ip6(0);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_FRAGMENT);
	assert_int_equal(p.fragment.id, 0x12345678);
	assert_int_equal(p.fragment.offset, 16);
	assert_true(p.fragment.more);
	assert_int_equal(p.fragment.proto, 6);
	assert_int_equal(p.fragment.proto_at, 40);
	assert_int_equal(p.fragment.headers.n, 48);
	assert_int_equal(p.payload.n, 8);
	frames_cut(RAW, PACKET_FRAGMENT, 56, 0);
}

/* ---- ICMP ----------------------------------------------------------------------------------------- */

#define QUOTED_IP4 "4500 05dc 7777 4000 3f06 0000 " FRAMES_IP4
#define QUOTED_TCP "c000 3ef1 01020304"

static void assert_error(const struct packet *p, unsigned type, unsigned code, unsigned mtu)
{
	assert_int_equal(p->kind, PACKET_ICMP_ERROR);
	assert_int_equal(p->icmp.type, type);
	assert_int_equal(p->icmp.code, code);
	assert_int_equal(p->icmp.mtu, mtu);
	assert_int_equal(p->icmp.src_port, 49152);
	assert_int_equal(p->icmp.dst_port, 16113);
	assert_int_equal(p->icmp.seq, 0x01020304);
}

static void icmp_errors_name_the_packet(void **state)
{
	(void)state;
	struct packet p;
	frames_start("03 04 0000 0000 05aa " QUOTED_IP4 QUOTED_TCP);
	frames_outer_ip4(1);
	assert_true(frames_decode(RAW, &p));
	assert_error(&p, 3, 4, 1450);
	assert_text(&p.src, "192.0.2.1");
	assert_text(&p.icmp.src, "10.0.0.1");
	assert_text(&p.icmp.dst, "10.0.0.2");
	frames_cut(RAW, PACKET_ICMP_ERROR, 20 + 8 + 20 + 4, 0);

	static const struct {
		const char *head;
		unsigned type, code;
	} others[] = {{"03 01 0000 0000 05aa ", 3, 1},
	              {"0b 00 0000 00000000 ", 11, 0},
	              {"0c 00 0000 00000000 ", 12, 0}};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		frames_start(QUOTED_TCP);
		frames_lead("%s" QUOTED_IP4, others[i].head);
		frames_outer_ip4(1);
		assert_true(frames_decode(RAW, &p));
		assert_error(&p, others[i].type, others[i].code, 0);
	}
}

static void icmp6_errors_name_the_packet(void **state)
{
	(void)state;
	struct packet p;
	for (unsigned type = 1; type <= 4; type++) {
		frames_start(QUOTED_TCP);
		frames_lead("06 00 0104 00000000");
		frames_lead("60000000 05b4 3c 39 " FRAMES_IP6);
		frames_lead("%02x 00 0000 00000500", type);
		frames_ip6(58);
		assert_true(frames_decode(RAW, &p));
		assert_error(&p, type, 0, type == 2 ? 1280 : 0);
		assert_text(&p.icmp.src, "2001:db8::1");
		assert_text(&p.icmp.dst, "2001:db8::2");
	}
	frames_cut(RAW, PACKET_ICMP_ERROR, frames_length() - 4, 0);
}

static void icmp_errors_are_about_udp_too(void **state)
{
	(void)state;
	struct packet p;
	frames_start("03 03 0000 00000000 4500 0030 7777 4000 3f11 0000 " FRAMES_IP4 "c000 3ef1 001c 0000");
	frames_outer_ip4(1);
	assert_true(frames_decode(RAW, &p));
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp.proto, IP_UDP);
	assert_int_equal(p.icmp.src_port, 49152);
	assert_int_equal(p.icmp.dst_port, 16113);
	assert_int_equal(p.icmp.seq, 0);
}

/* ---- UDP ------------------------------------------------------------------------------------------ */

static void datagrams_are_read(void **state)
{
	(void)state;
	struct packet p;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		frames_start(PAYLOAD_HEX);
		frames_udp(16113);
		if (ip6)
			frames_ip6(17);
		else
			frames_ip4(17);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, PACKET_UDP);
		assert_int_equal(p.udp.src_port, 0xd000);
		assert_int_equal(p.udp.dst_port, 16113);
		assert_int_equal(p.payload.n, 5);
		assert_int_equal(p.cut, 0);
		frames_cut(RAW, PACKET_UDP, (ip6 ? 40 : 20) + 8, 0);
	}
}

static void lengths_of_datagrams_bound_them(void **state)
{
	(void)state;
	static const struct {
		unsigned length;
		enum packet_kind kind;
		size_t payload;
	} lengths[] = {{0, PACKET_UDP, 5},  {7, PACKET_MALFORMED, 0}, {8, PACKET_UDP, 0},
	               {11, PACKET_UDP, 3}, {13, PACKET_UDP, 5},      {900, PACKET_UDP, 5}};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct packet p;
		frames_start(PAYLOAD_HEX);
		frames_lead("d000 3ef1 %04x 0000", lengths[i].length);
		frames_ip4(17);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, lengths[i].kind);
		if (p.kind == PACKET_UDP)
			assert_int_equal(p.payload.n, lengths[i].payload);
	}
}

static void other_icmp_is_other(void **state)
{
	(void)state;
	static const char *const others[] = {
	    "08 00 0000 0001 0001 " QUOTED_IP4 QUOTED_TCP,                              /* echo */
	    "05 00 0000 0a000001 " QUOTED_IP4 QUOTED_TCP,                               /* redirect */
	    "03 03 0000 00000000 4500 05dc 7777 0000 3f84 0000 " FRAMES_IP4 QUOTED_TCP, /* SCTP */
	    "03 03 0000 00000000 4500 05dc 7777 0001 3f06 0000 " FRAMES_IP4 QUOTED_TCP, /* later fragment */
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct packet p;
		frames_start(others[i]);
		frames_outer_ip4(1);
		assert_true(frames_decode(RAW, &p));
		assert_int_equal(p.kind, PACKET_OTHER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(icmp_errors_are_about_udp_too),
	    cmocka_unit_test(datagrams_are_read),
	    cmocka_unit_test(lengths_of_datagrams_bound_them),
	    cmocka_unit_test(options_are_read),
	    cmocka_unit_test(headers_that_lie_are_malformed),
	    cmocka_unit_test(inner_header_replaces_outer),
	    cmocka_unit_test(length_0_is_told),
	    cmocka_unit_test(unfinished_checksums_are_told),
	    cmocka_unit_test(timestamps_are_read),
	    cmocka_unit_test(ip6_headers_come_off),
	    cmocka_unit_test(ip6_headers_are_capped),
	    cmocka_unit_test(ip6_without_payload_has_its_length),
	    cmocka_unit_test(ip4_fragment_is_described),
	    cmocka_unit_test(ip6_fragment_is_described),
	    cmocka_unit_test(icmp_errors_name_the_packet),
	    cmocka_unit_test(icmp6_errors_name_the_packet),
	    cmocka_unit_test(other_icmp_is_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
