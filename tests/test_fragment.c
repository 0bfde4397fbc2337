/*
 * Fragments of one IP packet in any order, twice, overlapping, cut, too many. Each is decoded from a frame
 * and pushed from a heap block that is freed at once, so that nothing borrowed may be kept.
 */
#include "analyzer/fragment.h"
#include "analyzer/origin.h"
#include "dissect/limits.h"
#include "tests/frames.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { RAW = 101, DATA = 66 * 1024 };

static uint8_t data[DATA], other_data[DATA];
static struct fragments *fragments;
static struct span whole;
static int64_t now;

struct part {
	unsigned version, id;
	size_t offset, n;
	bool more;
	const uint8_t *from; /* NULL: data */
	size_t cut;          /* bytes that the snaplen took */
	unsigned proto;      /* 0: TCP */
};

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < DATA; i++) {
		data[i] = (uint8_t)(i * 7 + i / 256);
		other_data[i] = (uint8_t)~data[i];
	}
	fragments = fragments_new();
	now = INT64_C(1700000000) * NS_PER_S;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fragments_free(fragments);
	return 0;
}

static bool push(struct part part)
{
	frames_start_bytes(span_of(part.from != NULL ? part.from + part.offset : data + part.offset, part.n));
	unsigned place = (unsigned)part.offset, proto = part.proto != 0 ? part.proto : 6;
	if (part.version == 4) {
		frames_lead("4600 %04x %04x %04x 40%02x 0000 " FRAMES_IP4 "01010101", (unsigned)part.n + 24,
		            part.id, place / 8 | (part.more ? 0x2000u : 0), proto);
	} else {
		frames_lead("%02x 00 %04x %08x", proto, place | (part.more ? 1u : 0), part.id);
		frames_lead("2c 00 0104 00000000");
		frames_ip6(0);
	}
	size_t n = frames_length() - part.cut;
	uint8_t *block = malloc(n);
	assert_non_null(block);
	memcpy(block, frames_span().p, n);
	struct packet packet;
	assert_true(packet_decode(RAW, span_of(block, n), frames_length(), &packet));
	assert_int_equal(packet.kind, PACKET_FRAGMENT);
	bool complete = fragments_push(fragments, &packet, now, &whole);
	free(block);
	return complete;
}

static void assert_counts(unsigned lost, unsigned evicted)
{
	assert_int_equal(fragments_lost(fragments), lost);
	assert_int_equal(fragments_evicted(fragments), evicted);
}

/* `whole` decodes as an IP packet that carries the first n bytes of data. */
static void assert_whole(unsigned version, size_t n)
{
	size_t headers = version == 4 ? 24 : 48;
	assert_int_equal(whole.n, headers + n);
	assert_memory_equal(whole.p + headers, data, n);
	struct packet packet = {.layers = 0};
	packet_decode_ip(whole, &packet);
	assert_int_not_equal(packet.kind, PACKET_FRAGMENT);
	assert_int_equal(packet.src.version, version);
	assert_int_equal(packet.ip.n, whole.n);
}

static void in_any_order(void **state)
{
	(void)state;
	static const size_t at[] = {0, 800, 1600, 2400, 2600};
	unsigned id = 1;
	for (unsigned version = 4; version <= 6; version += 2) {
		for (unsigned order = 0; order < 256; order++) {
			unsigned pick[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
			if ((1u << pick[0] | 1u << pick[1] | 1u << pick[2] | 1u << pick[3]) != 15)
				continue;
			id++;
			for (unsigned i = 0; i < 4; i++) {
				unsigned k = pick[i];
				assert_int_equal(push((struct part){.version = version,
				                                    .id = id,
				                                    .offset = at[k],
				                                    .n = at[k + 1] - at[k],
				                                    .more = k < 3}),
				                 i == 3);
			}
			assert_whole(version, 2600);
		}
	}
	assert_counts(0, 0);
}

static void a_tcp_segment_comes_out(void **state)
{
	(void)state;
	static uint8_t segment[104];
	frames_start_bytes(span_of(data, sizeof segment - 20));
	frames_tcp(TCP_ACK, "");
	memcpy(segment, frames_span().p, sizeof segment);
	for (unsigned version = 4; version <= 6; version += 2) {
		assert_false(push((struct part){version, 9, 16, 88, false, segment, 0, 0}));
		assert_true(push((struct part){version, 9, 0, 16, true, segment, 0, 0}));
		struct packet packet = {.layers = 2};
		packet_decode_ip(whole, &packet);
		assert_int_equal(packet.kind, PACKET_TCP);
		assert_int_equal(packet.layers, 2);
		assert_int_equal(packet.tcp.dst_port, 16113);
		assert_int_equal(packet.payload.n, 84);
		assert_memory_equal(packet.payload.p, data, 84);
		assert_int_equal(packet.cut, 0);
		assert_false(packet.no_length);
	}
}

static void packets_do_not_mix(void **state)
{
	(void)state;
	for (unsigned id = 0; id < 8; id++)
		assert_false(push((struct part){.version = 4, .id = id, .n = 8u * (id + 1), .more = true}));
	for (unsigned id = 0; id < 8; id++) {
		assert_true(push((struct part){.version = 4, .id = id, .offset = 8u * (id + 1), .n = 3}));
		assert_whole(4, 8u * (id + 1) + 3);
	}
}

static void a_protocol_has_its_own_ids_in_ip4(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 4, .id = 1, .n = 8, .more = true}));
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 8, .n = 8, .proto = 17}));
	assert_true(push((struct part){.version = 4, .id = 1, .offset = 8, .n = 16}));
	assert_whole(4, 24);
	assert_true(push((struct part){.version = 4, .id = 1, .n = 8, .more = true, .proto = 17}));
	assert_whole(4, 16);
	assert_int_equal(whole.p[9], 17);
}

/* RFC 8200 section 4.5: the other fragments may say something else. */
static void the_first_fragment_names_the_protocol_in_ip6(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 6, .id = 1, .offset = 8, .n = 8, .proto = 17}));
	assert_true(push((struct part){.version = 6, .id = 1, .n = 8, .more = true, .proto = 58}));
	assert_whole(6, 16);
	assert_int_equal(whole.p[40], 58);
}

/* A span port that mirrors both ends of a link delivers each fragment twice. */
static void copies_are_dropped(void **state)
{
	(void)state;
	for (unsigned version = 4; version <= 6; version += 2) {
		struct part first = {.version = version, .id = 1, .n = 80, .more = true};
		struct part last = {.version = version, .id = 1, .offset = 80, .n = 20};
		assert_false(push(first));
		assert_false(push(first));
		assert_true(push(last));
		assert_whole(version, 100);
		assert_false(push(last));
		assert_false(push(first));
		now += 31 * NS_PER_S;
		assert_false(push((struct part){.version = version, .id = 2, .n = 8, .more = true}));
		assert_true(push((struct part){.version = version, .id = 2, .offset = 8, .n = 8}));
	}
	assert_counts(0, 0);
}

static void an_id_comes_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		assert_false(push((struct part){.version = 4, .id = 1, .n = 80, .more = true}));
		assert_true(push((struct part){.version = 4, .id = 1, .offset = 80, .n = 20}));
		now += 2 * NS_PER_S;
	}
	assert_counts(0, 0);
}

static void first_copy_wins_in_ip4(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 16, .n = 16, .more = true}));
	assert_false(push((struct part){.version = 4, .id = 1, .n = 24, .more = true}));
	/* the middle is there twice already; only the last 8 bytes are news */
	static uint8_t mixed[DATA];
	memcpy(mixed, other_data, 32);
	memcpy(mixed + 32, data + 32, 8);
	assert_true(push((struct part){4, 1, 8, 32, false, mixed, 0, 0}));
	assert_whole(4, 40);
	assert_false(push((struct part){.version = 4, .id = 2, .n = 16, .more = true}));
	assert_false(push((struct part){4, 2, 0, 24, true, mixed, 0, 0}));
	assert_false(push((struct part){.version = 4, .id = 2, .offset = 24, .n = 8, .more = true}));
	assert_counts(0, 0);
}

static void overlap_is_fatal_in_ip6(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 6, .id = 1, .n = 24, .more = true}));
	assert_false(push((struct part){.version = 6, .id = 1, .offset = 16, .n = 16}));
	assert_counts(1, 0);
	/* and all else that comes of it */
	assert_false(push((struct part){.version = 6, .id = 1, .n = 24, .more = true}));
	assert_false(push((struct part){.version = 6, .id = 1, .offset = 24, .n = 8}));
	assert_counts(1, 0);
	/* a copy with other bytes is an overlap */
	assert_false(push((struct part){.version = 6, .id = 2, .n = 24, .more = true}));
	assert_false(push((struct part){6, 2, 0, 24, true, other_data, 0, 0}));
	assert_counts(2, 0);
}

static void a_cut_fragment_completes_nothing(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 4, .id = 1, .n = 80, .more = true}));
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 80, .n = 20, .cut = 1}));
	assert_counts(1, 0);
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 80, .n = 20}));
	assert_counts(1, 0);
}

static void contradictions_are_given_up(void **state)
{
	(void)state;
	static const struct part pairs[][2] = {
	    {{.n = 12, .more = true}, {.offset = 8, .n = 8}},               /* not a multiple of 8 */
	    {{.offset = 16, .n = 8}, {.offset = 32, .n = 8}},               /* two ends */
	    {{.offset = 16, .n = 8}, {.offset = 24, .n = 8, .more = true}}, /* behind the end */
	    {{.offset = 32, .n = 8, .more = true}, {.offset = 16, .n = 8}}, /* end before data */
	    {{.n = 8, .more = true}, {.offset = 65528, .n = 16}},           /* ping of death */
	    {{.n = 8, .more = true}, {.offset = 8, .n = 0}},                /* nothing */
	};
	unsigned lost = 0;
	for (unsigned version = 4; version <= 6; version += 2) {
		for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
			for (size_t k = 0; k < 2; k++) {
				struct part part = pairs[i][k];
				part.version = version;
				part.id = 100 + (unsigned)i;
				assert_false(push(part));
			}
			assert_counts(++lost, 0);
		}
	}
}

static void a_packet_longer_than_its_field_is_given_up(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 65520; at += 1248) {
		size_t n = at + 1248 < 65520 ? 1248 : 65520 - at;
		assert_false(push((struct part){.version = 4, .id = 1, .offset = at, .n = n, .more = true}));
	}
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 65520, .n = 15}));
	assert_counts(1, 0);
}

static void the_largest_packet_is_put_together(void **state)
{
	(void)state;
	enum { LARGEST = 65535 - 24, STEP = 1480 };
	for (unsigned at = 0; at < LARGEST; at += STEP) {
		size_t n = at + STEP < LARGEST ? STEP : LARGEST - at;
		assert_int_equal(
		    push((struct part){
		        .version = 4, .id = 1, .offset = at, .n = n, .more = at + STEP < LARGEST}),
		    at + STEP >= LARGEST);
	}
	assert_whole(4, LARGEST);
}

static void old_ones_expire(void **state)
{
	(void)state;
	assert_false(push((struct part){.version = 4, .id = 1, .n = 80, .more = true}));
	now += LIMIT_FRAGMENT_SECONDS * NS_PER_S;
	assert_false(push((struct part){.version = 4, .id = 1, .offset = 80, .n = 20}));
	assert_counts(1, 0);
	now = INT64_MAX - 5;
	assert_false(push((struct part){.version = 4, .id = 2, .n = 80, .more = true}));
	now = INT64_MIN;
	assert_true(push((struct part){.version = 4, .id = 2, .offset = 80, .n = 20}));
}

static void the_oldest_leaves_first(void **state)
{
	(void)state;
	enum { TOO_MANY = 5, LAST = LIMIT_FRAGMENTED + TOO_MANY };
	for (unsigned id = 1; id <= LAST; id++)
		assert_false(push((struct part){.version = 4, .id = id, .n = 80, .more = true}));
	assert_counts(TOO_MANY, TOO_MANY);
	for (unsigned id = LAST; id > TOO_MANY; id--)
		assert_true(push((struct part){.version = 4, .id = id, .offset = 80, .n = 20}));
	/* packets that are done make room without a loss */
	assert_false(push((struct part){.version = 4, .id = 500, .n = 80, .more = true}));
	assert_counts(TOO_MANY, TOO_MANY);
}

static void bytes_are_bounded(void **state)
{
	(void)state;
	enum { PIECE = 32 * 1024, FIT = LIMIT_FRAGMENT_BYTES / (PIECE + 24) };
	for (unsigned id = 0; id < FIT; id++)
		assert_false(push((struct part){.version = 4, .id = id, .n = PIECE, .more = true}));
	assert_counts(0, 0);
	assert_false(push((struct part){.version = 4, .id = FIT, .n = PIECE, .more = true}));
	assert_counts(1, 1);
	assert_false(push((struct part){.version = 4, .id = 0, .offset = PIECE, .n = 8}));
	assert_true(push((struct part){.version = 4, .id = 1, .offset = PIECE, .n = 8}));
	assert_counts(1, 1);
}

static void pieces_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= LIMIT_FRAGMENT_PIECES; i++)
		assert_false(
		    push((struct part){.version = 4, .id = 1, .offset = 16u * i, .n = 8, .more = true}));
	assert_counts(1, 1);
	for (unsigned i = 1; i < LIMIT_FRAGMENT_PIECES; i++)
		assert_false(
		    push((struct part){.version = 6, .id = 1, .offset = 8u * i, .n = 8, .more = true}));
	assert_false(push((struct part){.version = 6, .id = 1, .n = 8, .more = true}));
	assert_counts(1, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(in_any_order),
	    TEST(a_tcp_segment_comes_out),
	    TEST(packets_do_not_mix),
	    TEST(a_protocol_has_its_own_ids_in_ip4),
	    TEST(the_first_fragment_names_the_protocol_in_ip6),
	    TEST(copies_are_dropped),
	    TEST(an_id_comes_again),
	    TEST(first_copy_wins_in_ip4),
	    TEST(overlap_is_fatal_in_ip6),
	    TEST(a_cut_fragment_completes_nothing),
	    TEST(contradictions_are_given_up),
	    TEST(a_packet_longer_than_its_field_is_given_up),
	    TEST(the_largest_packet_is_put_together),
	    TEST(old_ones_expire),
	    TEST(the_oldest_leaves_first),
	    TEST(bytes_are_bounded),
	    TEST(pieces_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
