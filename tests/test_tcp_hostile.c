/* analyzer/tcp: packets that make no sense, with any flags, numbers and times, do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/tcptalk.h"

#define SEEDS 8000

static void any_data(void *ctx, struct span bytes, const struct origin *origin)
{
	(void)bytes;
	(void)origin;
	seeded_check(ctx, bytes.n > 0, "an empty piece");
}

static void any_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	(void)origin;
	seeded_check(ctx, n > 0, "an empty gap");
}

static void any_end(void *ctx, const struct origin *origin)
{
	(void)ctx;
	(void)origin;
}

/* A packet of any flags and numbers below `spread`; most of them carry on a conversation. */
static struct packet random_packet(struct seeded *random, uint64_t spread)
{
	static const uint8_t payload[64];
	struct packet packet = {.kind = PACKET_TCP, .ip_id = (uint16_t)seeded_below(random, 3)};
	packet.tcp = (struct packet_tcp){.seq = seeded_below(random, spread), .ack = seeded_below(random, spread),
	    .flags = (uint8_t)seeded_below(random, 64)};
	packet.payload = span_of(payload, seeded_one_in(random, 2) ? seeded_below(random, sizeof payload) : 0);
	packet.cut = seeded_one_in(random, 8) ? seeded_below(random, spread) : 0;
	if (!seeded_one_in(random, 4))
		packet.tcp.flags &= (uint8_t)~(TCP_SYN | TCP_RST | TCP_FIN);
	return packet;
}

static void nonsense(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = talk_new(seed);
		struct tcp *tcp = &talk->tcp;
		struct seeded *random = &talk->random;
		struct sink sink = {.ctx = random, .data = any_data, .gap = any_gap, .end = any_end};
		tcp_init(tcp, &talk->session, (struct sink[]){sink, sink});
		uint64_t spread = UINT64_C(2) << seeded_below(random, 32);
		bool wild = seeded_one_in(random, 3);
		for (unsigned i = 0; i < 150; i++) {
			uint8_t dir = (uint8_t)seeded_below(random, 2);
			struct packet packet = random_packet(random, spread);
			talk->now.packet++;
			talk->now.time = wild && seeded_one_in(random, 9) ? (int64_t)seeded_next(random) :
			    origin_elapsed(-(int64_t)seeded_below(random, 50 * (uint64_t)MS), talk->now.time);
			(void)tcp_is_new(tcp, dir, &packet, INT64_MAX);
			tcp_push(tcp, dir, &packet, &talk->now, &talk->held_all);
			seeded_check(random, tcp->side[0].stream.held_bytes +
			    tcp->side[1].stream.held_bytes == talk->held_all, "the sum of held bytes is wrong");
		}
		tcp_end(tcp, &talk->now, &talk->held_all);
		seeded_check(random, talk->held_all == 0, "held bytes after the end");
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
