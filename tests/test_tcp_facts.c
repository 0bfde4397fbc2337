/* What analyzer/tcp notes of TTLs, windows, sizes and repeats, and what it must not take for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "analyzer/tcp_facts.h"
#include "tests/tcptalk.h"

#define IP_ID 4000

static struct talk *opened(void)
{
	struct talk *talk = talk_new(1);
	talk_open(talk);
	talk_capture_all(talk);
	return talk;
}

static const struct session_tcp *facts_of(const struct talk *talk)
{
	return &talk->session.tcp;
}

/* Captures a shot with this window and TTL. */
static void capture(struct talk *talk, const struct shot *shot, uint16_t window, uint8_t ttl)
{
	struct packet packet = talk_packet(talk, shot);
	packet.tcp.window = window;
	packet.ttl = ttl;
	talk->now.packet++;
	talk->now.time += shot->after;
	tcp_push(&talk->tcp, shot->dir, &packet, &talk->now, &talk->held_all);
	free((void *)(uintptr_t)packet.payload.p);
}

static void ack_after(struct talk *talk, uint8_t dir, int64_t after, uint16_t window, uint8_t ttl)
{
	struct shot shot = talk_say(talk, dir, 0);
	shot.after = after;
	capture(talk, &shot, window, ttl);
}

/* ---- TTL ------------------------------------------------------------------------------------------- */

static void ttl_of_hosts_and_resets(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	ack_after(talk, 0, MS, 100, 60);
	ack_after(talk, 0, MS, 100, 60);
	ack_after(talk, 1, MS, 100, 120);
	assert_int_equal(facts_of(talk)->ttl[0], 60);
	assert_int_equal(facts_of(talk)->ttl[1], 120);
	assert_false(facts_of(talk)->ttl_mixed[0] || facts_of(talk)->ttl_mixed[1]);
	struct shot rst = talk_shot(talk, 0, TCP_RST | TCP_ACK);
	capture(talk, &rst, 0, 255);
	capture(talk, &rst, 0, 254);
	assert_int_equal(facts_of(talk)->rst_ttl[0], 255);
	assert_int_equal(facts_of(talk)->rst_ttl[1], 0);
	assert_false(facts_of(talk)->ttl_mixed[0]);
	assert_int_equal(facts_of(talk)->zero_window[0].from.packet, 0); /* a RST announces nothing */
	ack_after(talk, 1, MS, 100, 119);
	assert_true(facts_of(talk)->ttl_mixed[1]);
	talk_free(talk);
}

/* ---- window ---------------------------------------------------------------------------------------- */

static void closed_window(void **state)
{
	(void)state;
	struct talk *talk = opened();
	const struct tcp_zero_window *zero = facts_of(talk)->zero_window;
	ack_after(talk, 0, MS, 0, 64);
	uint64_t from = talk->now.packet;
	ack_after(talk, 1, MS, 1000, 64);
	ack_after(talk, 0, 5 * MS, 0, 64);
	assert_int_equal(zero[0].from.packet, from);
	assert_int_equal(zero[0].to.time - zero[0].from.time, 6 * MS);
	assert_int_equal(zero[1].from.packet, 0);
	ack_after(talk, 0, 900 * MS, 1, 64); /* how long it was closed nobody saw */
	assert_int_equal(zero[0].to.time - zero[0].from.time, 6 * MS);
	ack_after(talk, 0, 900 * MS, 0, 64); /* a new row */
	ack_after(talk, 0, 3 * MS, 0, 64);
	assert_int_equal(zero[0].from.packet, from);
	ack_after(talk, 0, 4 * MS, 0, 64);
	assert_int_equal(zero[0].to.time - zero[0].from.time, 7 * MS);
	talk_free(talk);
}

/* ---- sizes and repeats ----------------------------------------------------------------------------- */

static void largest_segment(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot data = talk_say(talk, 0, 30);
	talk_capture(talk, &data);
	data = talk_say(talk, 0, 900);
	data.cut = 100;
	talk_capture(talk, &data);
	uint64_t packet = talk->now.packet;
	data = talk_say(talk, 0, 900);
	talk_capture(talk, &data);
	assert_int_equal(facts_of(talk)->largest[0], 900);
	assert_int_equal(facts_of(talk)->largest_seq[0], talk->isn[0] + 1 + 30);
	assert_int_equal(facts_of(talk)->largest_at[0].packet, packet);
	talk_end(talk);
	talk_free(talk);
}

/* Sends a shot again, as a host does. */
static void again(struct talk *talk, struct shot *shot)
{
	shot->after = 300 * MS;
	shot->ip_id = (uint16_t)(shot->ip_id + IP_ID);
	assert_true(talk_capture(talk, shot));
}

static void stuck_segment(void **state)
{
	(void)state;
	struct talk *talk = opened();
	const struct tcp_repeat *repeat = &facts_of(talk)->repeat[0];
	struct shot large = talk_say(talk, 0, 900);
	talk_capture(talk, &large);
	struct shot tail = talk_say(talk, 0, 30);
	talk_capture(talk, &tail);
	struct shot ack = talk_shot(talk, 1, TCP_ACK);
	talk_capture(talk, &ack);
	again(talk, &tail); /* a loss probe, RFC 8985 section 7 */
	assert_int_equal(repeat->times, 1);
	for (uint32_t i = 1; i <= 4; i++) {
		again(talk, &large);
		assert_int_equal(repeat->times, i);
		assert_int_equal(repeat->last.packet, talk->now.packet);
	}
	assert_int_equal(repeat->seq, talk->isn[0] + 1);
	assert_int_equal(repeat->seq, facts_of(talk)->largest_seq[0]);
	assert_int_equal(repeat->length, 900);
	assert_int_equal(facts_of(talk)->retransmissions[0], 5);
	ack.ack = 930;
	talk_capture(talk, &ack);
	assert_int_equal(repeat->times, 0);
	again(talk, &large); /* the ACK came too late */
	assert_int_equal(repeat->times, 0);
	talk_end(talk);
	talk_free(talk);
}

static void copies_are_no_repeats(void **state)
{
	(void)state;
	struct talk *talk = opened(); /* the handshake took 2 ms */
	struct shot data = talk_say(talk, 0, 30);
	talk_capture(talk, &data);
	data.after = MS;
	assert_false(talk_capture(talk, &data));
	assert_int_equal(facts_of(talk)->retransmissions[0] + facts_of(talk)->repeat[0].times, 0);
	data.after = 40 * MS; /* of a slow mirror */
	assert_true(talk_capture(talk, &data));
	assert_int_equal(facts_of(talk)->retransmissions[0], 1);
	assert_int_equal(facts_of(talk)->late_copies, 1);
	again(talk, &data);
	assert_int_equal(facts_of(talk)->retransmissions[0], 2);
	assert_int_equal(facts_of(talk)->late_copies, 1);
	data.ip_id = 0; /* IPv6 has none, so nothing tells the two apart */
	assert_true(talk_capture(talk, &data));
	assert_true(talk_capture(talk, &data));
	assert_int_equal(facts_of(talk)->retransmissions[0], 4);
	assert_int_equal(facts_of(talk)->late_copies, 1);
	struct shot bare = talk_say(talk, 1, 0);
	bare.after = 0;
	assert_true(talk_capture(talk, &bare)); /* bare ACKs are never copies */
	assert_true(talk_capture(talk, &bare));
	assert_int_equal(facts_of(talk)->duplicates, 1);
	talk_end(talk);
	talk_free(talk);
}

/* The SYN comes twice: the round trip is at least that of the second one, unless it came too late to be
 * asked. */
static void copies_behind_two_syns(void **state)
{
	(void)state;
	for (int behind = 0; behind < 2; behind++) {
		struct talk *talk = talk_new(1);
		talk_open(talk);
		struct shot again = talk->shots[0];
		again.ip_id++; /* sent again, no copy */
		again.after = MS / 2;
		for (size_t i = 0; i < talk->n; i++) {
			if (i == (behind ? 3 : 1))
				talk_capture(talk, &again);
			talk_capture(talk, &talk->shots[i]);
		}
		if (behind)
			talk_capture(talk, &again);
		assert_int_equal(talk->session.tcp.syns, 2);
		struct shot data = talk_say(talk, 0, 30);
		talk_capture(talk, &data);
		data.after = 2 * MS + 1;
		assert_true(talk_capture(talk, &data));
		assert_int_equal(talk->session.tcp.late_copies, 1);
		talk_free(talk);
	}
}

static void keep_alives_and_probes_are_no_repeats(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot data = talk_say(talk, 0, 30);
	talk_capture(talk, &data);
	struct shot probe = talk_say(talk, 0, 0);
	probe.off--;
	probe.n = 1;
	for (int i = 0; i < 20; i++)
		again(talk, &probe);
	assert_int_equal(facts_of(talk)->retransmissions[0] + facts_of(talk)->repeat[0].times, 0);
	talk_end(talk);
	talk_free(talk);
}

/* ---- checksums and timestamps ---------------------------------------------------------------------- */

#define PSEUDO 6 /* the sum without addresses and length: what tcp_facts takes for not finished */

static void unfinished_checksums(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	struct session_tcp facts = {.syns = 0};
	struct shot shot = talk_shot(talk, 0, TCP_ACK), rst = talk_shot(talk, 0, TCP_RST);
	struct packet packet = talk_packet(talk, &shot), reset = talk_packet(talk, &rst);
	for (uint64_t i = 1; i <= 4; i++) {
		packet.tcp.checksum = i < 3 ? PSEUDO : 0xbeef;
		tcp_facts_add(&facts, 0, &packet, &(struct origin){.packet = i & ORIGIN_PACKET_MOST});
	}
	reset.tcp.checksum = 0xbeef; /* a kernel finishes those of RSTs itself */
	tcp_facts_add(&facts, 0, &reset, &(struct origin){.packet = 5});
	assert_int_equal(facts.checked[0], 4);
	assert_int_equal(facts.unfinished[0], 2);
	assert_int_equal(facts.first_unfinished[0].packet, 1);
	assert_int_equal(facts.checked[1], 0);
	for (uint64_t i = 0; i < 100; i++)
		tcp_facts_add(&facts, 0, &packet, &(struct origin){.packet = (6 + i) & ORIGIN_PACKET_MOST});
	assert_int_equal(facts.checked[0], 32);
	free((void *)(uintptr_t)packet.payload.p);
	free((void *)(uintptr_t)reset.payload.p);
	talk_free(talk);
}

/* A side whose clock ticks every `tick`, beside the capture's. */
struct ticking {
	struct session_tcp facts;
	struct packet packet;
	struct origin at;
	int64_t host, tick; /* nanoseconds */
};

/* The next packet: so long after the one before by the host, and by the capture. */
static void tick(struct ticking *t, int64_t host, int64_t capture)
{
	t->host += host;
	t->at.time += capture;
	t->at.packet++;
	t->packet.tcp.timestamp = (uint32_t)(t->host / t->tick);
	tcp_facts_add(&t->facts, 0, &t->packet, &t->at);
}

/* Ten packets at a quarter of a second, from where the timestamps are about to go round. */
static struct ticking ticking(int64_t ns)
{
	struct ticking t = {.tick = ns, .host = (INT64_C(1) << 32) * ns - NS_PER_S};
	t.packet.tcp = (struct packet_tcp){.flags = TCP_ACK, .has_timestamp = true, .window = 1};
	for (int i = 0; i < 10; i++)
		tick(&t, 250 * MS, 250 * MS);
	return t;
}

static bool leapt(const struct ticking *t)
{
	return t->facts.leap[0].to.packet != 0;
}

#define HOUR (3600 * NS_PER_S)

static void leaps_beside_the_hosts_clock(void **state)
{
	(void)state;
	static const int64_t clocks[] = {NS_PER_US, MS, 10 * MS, 100 * MS};
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		struct ticking t = ticking(clocks[i]);
		tick(&t, 15 * NS_PER_S, 15 * NS_PER_S);
		tick(&t, 15 * NS_PER_S, 15 * NS_PER_S + 50 * NS_PER_S); /* too small to be looked for */
		assert_false(leapt(&t));
		t = ticking(clocks[i]);
		tick(&t, 15 * NS_PER_S, 15 * NS_PER_S + 600 * NS_PER_S);
		assert_true(leapt(&t));
		assert_int_equal(t.facts.leap[0].from.packet, 10);
		assert_int_equal(t.facts.leap[0].to.packet, 11);
		assert_in_range(t.facts.leap[0].host, 15 * NS_PER_S, 17 * NS_PER_S);
		tick(&t, NS_PER_S, 2 * HOUR); /* the first one is kept */
		assert_int_equal(t.facts.leap[0].to.packet, 11);
	}
}

/* However long nothing is said, and whatever a clock does that is no steady one. */
static void silence_is_no_leap(void **state)
{
	(void)state;
	static const int64_t clocks[] = {NS_PER_US, MS, 10 * MS, 500 * MS, NS_PER_S};
	static const int64_t silences[] = {70 * NS_PER_S, HOUR,           72 * 60 * NS_PER_S,
	                                   30 * HOUR,     24 * 26 * HOUR, 24 * 50 * HOUR};
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		for (size_t k = 0; k < sizeof silences / sizeof silences[0]; k++) {
			struct ticking t = ticking(clocks[i]);
			tick(&t, silences[k], silences[k]);
			tick(&t, NS_PER_S, NS_PER_S);
			tick(&t, silences[k], silences[k]);
			assert_false(leapt(&t));
		}
	}
	struct ticking t = ticking(200); /* no host has 5 MHz: values that a device makes up */
	tick(&t, 0, 300 * NS_PER_S);
	assert_false(leapt(&t));
	t = (struct ticking){.tick = MS, .packet = t.packet};
	for (int i = 0; i < 10; i++)
		tick(&t, 10 * MS, MS / 10); /* stamped all at once: no measure of the host's clock */
	tick(&t, 90 * NS_PER_S, 90 * NS_PER_S);
	assert_false(leapt(&t));
}

static void what_tells_no_leap(void **state)
{
	(void)state;
	struct ticking t = ticking(MS);
	t.packet.tcp.has_timestamp = false;
	tick(&t, NS_PER_S, HOUR);
	assert_false(leapt(&t));
	t = ticking(MS);
	t.at.input++; /* with a clock of its own */
	tick(&t, NS_PER_S, HOUR);
	assert_false(leapt(&t));
	t = ticking(MS);
	tick(&t, -NS_PER_S, HOUR); /* sent before the others */
	assert_false(leapt(&t));
	t = ticking(MS);
	tick(&t, NS_PER_S, -HOUR); /* the capture's clock is set right: from now on it counts */
	tick(&t, NS_PER_S, NS_PER_S);
	tick(&t, HOUR, HOUR);
	assert_false(leapt(&t));
	tick(&t, NS_PER_S, HOUR);
	assert_true(leapt(&t));
	t = ticking(MS);
	t.packet.tcp.flags = TCP_SYN | TCP_ACK; /* of a device that answers for the host */
	tick(&t, NS_PER_S, HOUR);
	assert_false(leapt(&t));
}

/* What closes the connection acknowledges all that its sender got by then, in any order of capture. */
static void closed_unread(void **state)
{
	(void)state;
	static const struct {
		uint8_t goodbye;
		bool got, late, unread;
	} cases[] = {
	    {TCP_FIN, false, false, true}, {TCP_FIN, false, true, true},  {TCP_RST, false, false, true},
	    {TCP_FIN, true, false, false}, {TCP_RST, true, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct talk *talk = opened();
		struct shot close = talk_say(talk, 1, 0), data = talk_say(talk, 0, 50);
		close.flags |= cases[i].goodbye;
		close.ack = cases[i].got ? 50 : 0;
		bool data_first = cases[i].got || cases[i].late;
		talk_capture(talk, data_first ? &data : &close);
		talk_capture(talk, data_first ? &close : &data);
		talk_wait(talk, 2 * NS_PER_S);
		assert_int_equal(talk->session.closed_by, 1);
		assert_int_equal(talk->session.tcp.closed_unread, cases[i].unread);
		talk_end(talk);
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ttl_of_hosts_and_resets),
	    cmocka_unit_test(closed_window),
	    cmocka_unit_test(closed_unread),
	    cmocka_unit_test(largest_segment),
	    cmocka_unit_test(stuck_segment),
	    cmocka_unit_test(copies_are_no_repeats),
	    cmocka_unit_test(copies_behind_two_syns),
	    cmocka_unit_test(keep_alives_and_probes_are_no_repeats),
	    cmocka_unit_test(unfinished_checksums),
	    cmocka_unit_test(leaps_beside_the_hosts_clock),
	    cmocka_unit_test(silence_is_no_leap),
	    cmocka_unit_test(what_tells_no_leap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
