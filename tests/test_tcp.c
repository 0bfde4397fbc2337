/* analyzer/tcp: single cases, the edges of the gap window, and the caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/tcptalk.h"

/* A conversation that is open, with nothing said. */
static struct talk *opened(void)
{
	struct talk *talk = talk_new(1);
	talk_open(talk);
	talk_capture_all(talk);
	return talk;
}

/* Says n bytes and captures them. */
static void say(struct talk *talk, uint8_t dir, uint32_t n)
{
	struct shot shot = talk_say(talk, dir, n);
	assert_true(talk_capture(talk, &shot));
}

/* Says n bytes that are not captured. */
static struct shot lose(struct talk *talk, uint8_t dir, uint32_t n)
{
	return talk_say(talk, dir, n);
}

static uint64_t repeats(const struct talk *talk)
{
	return talk->session.tcp.retransmissions[0] + talk->session.tcp.retransmissions[1];
}

static bool is_new(const struct talk *talk, const struct shot *shot, uint32_t seq_step)
{
	struct packet packet = talk_packet(talk, shot);
	packet.tcp.seq += seq_step;
	bool answer = tcp_is_new(&talk->tcp, shot->dir, &packet, talk->now.time + shot->after);
	free((void *)(uintptr_t)packet.payload.p);
	return answer;
}

static void port_reuse(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot syn = talk_syn(talk, 0, TCP_SYN), syn_ack = talk_syn(talk, 1, TCP_SYN | TCP_ACK);
	assert_false(is_new(talk, &syn, 0));
	assert_true(is_new(talk, &syn, 1));
	assert_true(is_new(talk, &syn, UINT32_C(1) << 31));
	assert_false(is_new(talk, &syn_ack, 0));
	assert_false(is_new(talk, &syn_ack, 99));
	struct shot data = talk_say(talk, 0, 5);
	assert_false(is_new(talk, &data, 99));
	talk_capture(talk, &data);
	assert_false(is_new(talk, &syn, 0));
	struct shot rst = talk_say(talk, 1, 0);
	rst.flags |= TCP_RST;
	talk_capture(talk, &rst);
	assert_true(is_new(talk, &syn_ack, 99));
	assert_false(is_new(talk, &syn_ack, 0));
	talk_free(talk);
}

/* A SYN that the mirror delivers behind the first data belongs to them, and so does its repeat. */
static void late_syn(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	struct shot first = talk_say(talk, 0, 30), second = talk_say(talk, 0, 30);
	struct shot syn = talk_syn(talk, 0, TCP_SYN);
	talk_capture(talk, &second);
	assert_false(is_new(talk, &syn, 0));
	assert_true(is_new(talk, &syn, UINT32_C(1) << 24));
	talk_capture(talk, &syn);
	assert_false(is_new(talk, &syn, 0));
	assert_true(is_new(talk, &syn, 1));
	talk_capture(talk, &first);
	talk_end(talk);
	talk_whole(talk);
	talk_free(talk);
}

static void keep_alives(void **state)
{
	(void)state;
	struct talk *talk = opened();
	say(talk, 0, 100);
	say(talk, 1, 50);
	for (uint32_t n = 0; n < 2; n++) {
		struct shot probe = talk_say(talk, 0, 0);
		probe.off--;
		probe.n = n;
		probe.after = 15 * NS_PER_S;
		assert_true(talk_capture(talk, &probe));
		say(talk, 1, 0);
	}
	assert_int_equal(repeats(talk), 0);
	struct shot again = talk_say(talk, 1, 0);
	again.off -= 50;
	again.n = 50;
	assert_true(talk_capture(talk, &again));
	assert_int_equal(talk->session.tcp.retransmissions[1], 1);
	talk_end(talk);
	talk_whole(talk);
	talk_free(talk);
}

/* A mirror's copy is the same packet soon; anything else with the same bytes was sent again. */
static void copies(void **state)
{
	(void)state;
	static const struct {
		int64_t after;
		uint16_t id_step;
		bool copy;
	} rows[] = {{MS, 0, true}, {MS, 1, false}, {2 * MS, 0, true}, {2 * MS + 1, 0, false}, {0, 0, true}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct talk *talk = opened(); /* the handshake took 2 ms */
		struct shot data = talk_say(talk, 0, 30);
		assert_true(talk_capture(talk, &data));
		data.after = rows[i].after;
		data.ip_id = (uint16_t)(data.ip_id + rows[i].id_step);
		data.ttl--;
		assert_int_equal(talk_capture(talk, &data), !rows[i].copy);
		assert_int_equal(talk->session.tcp.duplicates, rows[i].copy);
		assert_int_equal(repeats(talk), !rows[i].copy);
		talk_free(talk);
	}
}

/* A packet that the snap length cut gives its gap at once, in order or not. */
static void cut_packets(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot one = talk_say(talk, 0, 100), two = talk_say(talk, 0, 200), three = talk_say(talk, 0, 10);
	one.cut = 60;
	two.cut = 200;
	assert_true(talk_capture(talk, &one));
	assert_int_equal(talk->heard[0].gap_bytes, 60);
	assert_int_equal(talk->heard[0].at, 100);
	assert_true(talk_capture(talk, &three));
	assert_int_equal(talk->heard[0].at, 100);
	assert_true(talk_capture(talk, &two));
	assert_int_equal(talk->heard[0].at, 310);
	assert_int_equal(talk->heard[0].gap_bytes, 260);
	assert_int_equal(talk->session.tcp.cut_packets, 2);
	assert_int_equal(talk->session.tcp.first_cut.packet, 4);
	assert_int_equal(talk->session.tcp.first_gap.packet, 4);
	talk_free(talk);
}

/* The edges of the gap window: 64 packets or one second behind the ACK. */
static void window_in_packets(void **state)
{
	(void)state;
	struct talk *talk = opened();
	lose(talk, 0, 100);
	say(talk, 0, 10);
	uint64_t behind = talk->now.packet;
	struct shot ack = talk_say(talk, 1, 0);
	ack.after = 1;
	talk_capture(talk, &ack);
	for (unsigned i = 1; i < GAP_PACKETS; i++)
		talk_capture(talk, &ack);
	assert_int_equal(talk->heard[0].gaps, 0);
	talk_capture(talk, &ack);
	assert_int_equal(talk->heard[0].gaps, 1);
	assert_int_equal(talk->heard[0].gap_bytes, 100);
	assert_int_equal(talk->heard[0].at, 110);
	assert_int_equal(talk->session.tcp.first_gap.packet, behind);
	talk_free(talk);
}

static void window_in_time(void **state)
{
	(void)state;
	struct talk *talk = opened();
	lose(talk, 0, 100);
	say(talk, 0, 10);
	talk_wait(talk, 10 * NS_PER_S);
	assert_int_equal(talk->heard[0].gaps, 0); /* not acknowledged: it may be sent again */
	say(talk, 1, 0);
	talk_wait(talk, NS_PER_S - 1);
	assert_int_equal(talk->heard[0].gaps, 0);
	talk_wait(talk, 1);
	assert_int_equal(talk->heard[0].gaps, 1);
	assert_int_equal(talk->heard[0].at, 110);
	talk_free(talk);
}

/* Lost bytes behind which nothing comes. */
static void lost_tail(void **state)
{
	(void)state;
	struct talk *talk = opened();
	say(talk, 1, 10);
	lose(talk, 1, 70);
	say(talk, 0, 20);
	assert_int_equal(talk->heard[0].at, 0); /* acknowledges what is not there yet */
	talk_wait(talk, NS_PER_S);
	assert_int_equal(talk->heard[1].gap_bytes, 70);
	assert_int_equal(talk->heard[0].at, 20);
	assert_int_equal(talk->heard[0].gaps, 0);
	talk_free(talk);
}

static void lost_fin(void **state)
{
	(void)state;
	struct talk *talk = opened();
	say(talk, 0, 10);
	talk->n = 0;
	talk_close(talk, 0);
	for (size_t i = 1; i < talk->n; i++)
		talk_capture(talk, &talk->shots[i]);
	talk_wait(talk, NS_PER_S);
	assert_int_equal(talk->heard[0].gaps + talk->heard[1].gaps, 0);
	assert_int_not_equal(talk->session.tcp.fin[1].packet, 0);
	assert_int_equal(talk->session.tcp.fin[0].packet, 0);
	talk_end(talk);
	assert_int_equal(talk->heard[0].gaps + talk->heard[1].gaps, 0);
	talk_free(talk);
}

/* What ended the connection first counts, however often it is said and whatever follows. */
static void endings(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot fin = talk_say(talk, 0, 10);
	fin.flags |= TCP_FIN;
	talk_capture(talk, &fin);
	uint64_t at = talk->now.packet;
	fin.ip_id++;
	fin.after = NS_PER_S;
	talk_capture(talk, &fin);
	talk_capture(talk, &fin);
	struct shot rst = talk_say(talk, 1, 0);
	rst.ack++;
	rst.flags |= TCP_RST;
	talk_capture(talk, &rst);
	assert_int_equal(talk->session.close, CLOSE_FIN);
	assert_int_equal(talk->session.closed_by, 0);
	assert_int_equal(talk->session.closed.packet, at);
	assert_int_equal(talk->session.tcp.fin[0].packet, at);
	assert_int_equal(talk->session.tcp.rst_dir, 1);
	assert_int_not_equal(talk->session.tcp.rst.packet, 0);
	say(talk, 0, 30);
	talk_wait(talk, 2 * NS_PER_S);
	assert_int_equal(talk->heard[0].ends, 1);
	say(talk, 1, 30);
	talk_end(talk);
	talk_free(talk);
}

static void refused(void **state)
{
	(void)state;
	for (unsigned reversed = 0; reversed < 2; reversed++) {
		struct talk *talk = talk_new(1);
		talk->isn[1] = UINT32_MAX; /* the RST's sequence number is 0 */
		struct shot syn = talk_syn(talk, 0, TCP_SYN), rst = talk_shot(talk, 1, TCP_RST | TCP_ACK);
		talk_capture(talk, reversed ? &rst : &syn);
		talk_capture(talk, reversed ? &syn : &rst);
		assert_int_equal(talk->session.close, reversed ? CLOSE_NONE : CLOSE_RST);
		talk_wait(talk, NS_PER_S);
		assert_int_equal(talk->session.close, CLOSE_RST);
		assert_int_equal(talk->session.closed_by, 1);
		assert_int_equal(talk->session.tcp.rst.packet, reversed ? 1 : 2);
		assert_int_equal(talk->session.tcp.syns, 1);
		talk_wait(talk, NS_PER_S);
		assert_int_equal(talk->heard[0].ends, 1);
		talk_free(talk);
	}
}

static void syn_retries(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	for (uint32_t i = 0; i < LIMIT_SYNS + 3; i++) {
		struct shot syn = talk_syn(talk, 0, TCP_SYN);
		syn.after = NS_PER_S << (i < 6 ? i : 6);
		assert_true(i == 0 || !is_new(talk, &syn, 0));
		assert_true(talk_capture(talk, &syn));
		assert_int_equal(talk->session.tcp.syn[i < LIMIT_SYNS ? i : 0].packet, i < LIMIT_SYNS ? i + 1 : 1);
	}
	assert_int_equal(talk->session.tcp.syns, LIMIT_SYNS + 3);
	talk_end(talk);
	talk_free(talk);
}

static void simultaneous_open(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct shot syn = talk_syn(talk, dir, TCP_SYN);
		assert_false(dir == 1 && is_new(talk, &syn, 0));
		talk_capture(talk, &syn);
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct shot syn_ack = talk_syn(talk, dir, TCP_SYN | TCP_ACK);
		talk_capture(talk, &syn_ack);
	}
	say(talk, 0, 40);
	say(talk, 1, 50);
	assert_int_equal(talk->held_all, 0);
	talk_end(talk);
	talk_whole(talk);
	talk_free(talk);
}

/* A direction of which only packets without bytes were seen, and no ACK of it, has a start all the same. */
static void empty_direction(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1);
	struct shot empty = talk_shot(talk, 1, TCP_PSH);
	talk_capture(talk, &empty);
	struct shot said[3];
	static const unsigned order[] = {0, 2, 1};
	for (unsigned i = 0; i < 3; i++) {
		said[i] = talk_say(talk, 0, 10);
		said[i].flags = TCP_PSH;
	}
	for (unsigned i = 0; i < 3; i++) {
		talk_capture(talk, &said[order[i]]);
		talk_wait(talk, NS_PER_S);
	}
	struct shot first = talk_say(talk, 1, 10), second = talk_say(talk, 1, 20);
	talk_capture(talk, &second);
	talk_capture(talk, &first);
	talk_end(talk);
	talk_whole(talk);
	talk_free(talk);
}

/* Two segments that each acknowledge the other: nobody can have sent them, yet nothing hangs. */
static void mutual_acks(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot one = talk_say(talk, 0, 10), two = talk_say(talk, 1, 20);
	one.ack = 20;
	two.ack = 10;
	talk_capture(talk, &one);
	talk_capture(talk, &two);
	assert_int_equal(talk->heard[0].at + talk->heard[1].at, 0);
	talk_wait(talk, NS_PER_S);
	assert_int_equal(talk->held_all, 0);
	talk_whole(talk);
	talk_free(talk);
}

/* An ACK of bytes that nobody sent: far ahead it is not believed; else it costs at most that gap. */
static void bogus_acks(void **state)
{
	(void)state;
	static const int64_t aheads[] = {INT64_C(1) << 27, INT64_C(1) << 30, -(INT64_C(1) << 30), -5};
	for (size_t i = 0; i < sizeof aheads / sizeof aheads[0]; i++) {
		struct talk *talk = opened();
		say(talk, 0, 100);
		struct shot ack = talk_say(talk, 1, 10);
		ack.ack += aheads[i];
		talk_capture(talk, &ack);
		talk_wait(talk, NS_PER_S);
		say(talk, 0, 100);
		say(talk, 1, 10);
		assert_int_equal(talk->held_all, 0);
		talk_end(talk);
		talk_whole(talk);
		talk_free(talk);
	}
}

/* A sequence number half the space away waits for what may lie before it, and at the end it is a gap. */
static void far_jump(void **state)
{
	(void)state;
	struct talk *talk = opened();
	struct shot far = talk_say(talk, 0, 0);
	far.off = (INT64_C(1) << 31) - 1;
	far.n = 9;
	talk_capture(talk, &far);
	for (unsigned i = 0; i < 200; i++) {
		say(talk, 0, 10);
		say(talk, 1, 10);
	}
	assert_int_equal(talk->heard[0].gaps, 0);
	assert_int_equal(talk->heard[0].at, 2000);
	talk_end(talk);
	assert_int_equal(talk->heard[0].gaps, 1);
	assert_int_equal(talk->heard[0].at, far.off + far.n);
	talk_free(talk);
}

/* The cap of held bytes turns the hole into a gap at once. */
static void held_limit(void **state)
{
	(void)state;
	for (unsigned foreign = 0; foreign < 2; foreign++) {
		struct talk *talk = opened();
		size_t others = foreign ? LIMIT_HELD_ALL - 100000 : 0;
		size_t most = foreign ? 100000 : LIMIT_HELD_FLOW;
		struct shot data = talk_say(talk, 0, 0);
		data.off = 500;
		data.n = 1400;
		while (talk->heard[0].gaps == 0) {
			struct packet packet = talk_packet(talk, &data);
			size_t all = others + talk->held_all;
			talk->now.packet++;
			assert_true(tcp_push(&talk->tcp, 0, &packet, &talk->now, &all));
			talk->held_all = all - others;
			free((void *)(uintptr_t)packet.payload.p);
			assert_true(talk->held_all <= most);
			data.off += data.n;
		}
		assert_true(data.off > (int64_t)most / 2);
		assert_int_equal(foreign ? talk->tcp.forced_for_all : talk->tcp.forced, 1);
		assert_int_equal(talk->heard[0].gap_bytes, 500);
		assert_int_equal(talk->heard[0].at, data.off);
		talk_end(talk);
		talk_free(talk);
	}
}

/* The same bytes sent again with another content: the first copy stays, and the conflict is counted once. */
static void conflicts(void **state)
{
	(void)state;
	for (unsigned held = 0; held < 2; held++) {
		struct talk *talk = opened();
		if (held)
			lose(talk, 0, 10);
		struct shot shot = talk_say(talk, 0, 30);
		talk_capture(talk, &shot);
		struct packet packet = talk_packet(talk, &shot);
		uint8_t other[30] = {0};
		free((void *)(uintptr_t)packet.payload.p);
		packet.payload = span_of(other, sizeof other);
		packet.ip_id++;
		talk->now.packet++;
		tcp_push(&talk->tcp, 0, &packet, &talk->now, &talk->held_all);
		assert_int_equal(talk->session.tcp.conflicts, 1);
		talk_end(talk);
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(port_reuse),
	    cmocka_unit_test(late_syn),
	    cmocka_unit_test(keep_alives),
	    cmocka_unit_test(copies),
	    cmocka_unit_test(cut_packets),
	    cmocka_unit_test(window_in_packets),
	    cmocka_unit_test(window_in_time),
	    cmocka_unit_test(lost_tail),
	    cmocka_unit_test(lost_fin),
	    cmocka_unit_test(endings),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(syn_retries),
	    cmocka_unit_test(simultaneous_open),
	    cmocka_unit_test(empty_direction),
	    cmocka_unit_test(mutual_acks),
	    cmocka_unit_test(bogus_acks),
	    cmocka_unit_test(far_jump),
	    cmocka_unit_test(held_limit),
	    cmocka_unit_test(conflicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
