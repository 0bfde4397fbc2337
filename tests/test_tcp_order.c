/* analyzer/tcp: whatever order the mirror gives, both directions come out whole and in causal order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/tcptalk.h"

#define SEEDS 2000
#define REACH 20 /* packets by which the capture's order may be wrong */

static struct talk *chat(uint64_t seed, unsigned packets)
{
	struct talk *talk = talk_new(seed);
	talk_open(talk);
	talk_chat(talk, packets, 200);
	return talk;
}

static void check_closed(struct talk *talk, uint8_t closer, enum close_kind kind)
{
	const struct session *session = &talk->session;
	seeded_check(&talk->random, session->close == kind, "closed in another way");
	seeded_check(&talk->random, session->closed_by == closer, "closed by the other side");
	if (kind == CLOSE_FIN)
		seeded_check(&talk->random, session->tcp.fin[0].packet != 0 && session->tcp.fin[1].packet != 0,
		    "a FIN was overlooked");
}

static void reordered(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = chat(seed, seed % 2 == 0 ? 80 : (unsigned)seed % 16);
		uint8_t closer = (uint8_t)seeded_below(&talk->random, 2);
		bool reset = seeded_one_in(&talk->random, 3);
		if (reset) {
			struct shot rst = talk_say(talk, closer, 0);
			rst.flags |= TCP_RST;
			talk_add(talk, &rst);
		} else {
			talk_close(talk, closer);
		}
		talk->causal = true;
		talk_shuffle(talk, 0, REACH);
		talk_capture_all(talk);
		seeded_check(&talk->random, talk->held_all == 0, "something is held although all is there");
		talk_end(talk);
		talk_whole(talk);
		check_closed(talk, closer, reset ? CLOSE_RST : CLOSE_FIN);
		seeded_check(&talk->random, talk->session.tcp.retransmissions[0] +
		    talk->session.tcp.retransmissions[1] + talk->session.tcp.duplicates +
		    talk->session.tcp.conflicts == 0, "a repeat where there is none");
		talk_free(talk);
	}
}

/* Sends again the last segment, or any stretch of what was sent: parts of segments, several at once. */
static void add_repeats(struct talk *talk, unsigned one_in, bool exact)
{
	size_t n = talk->n;
	struct shot *old = calloc(n, sizeof *old);
	assert_non_null(old);
	memcpy(old, talk->shots, n * sizeof *old);
	int64_t sent[2] = {0, 0}, seen[2] = {0, 0};
	talk->n = 0;
	for (size_t i = 0; i < n; i++) {
		talk_add(talk, &old[i]);
		uint8_t dir = old[i].dir;
		if (old[i].ack > seen[dir])
			seen[dir] = old[i].ack;
		if (old[i].n > 0)
			sent[dir] = old[i].off + old[i].n;
		if (sent[dir] == 0 || !seeded_one_in(&talk->random, one_in))
			continue;
		struct shot again = old[i];
		again.flags = TCP_ACK;
		again.ip_id = ++talk->ip_id;
		if (exact && again.n == 0)
			continue;
		if (!exact) {
			again.n = 1 + seeded_below(&talk->random, sent[dir] < 300 ? (uint64_t)sent[dir] : 300);
			again.off = sent[dir] - again.n;
		}
		again.ack = seen[dir];
		talk_add(talk, &again);
	}
	free(old);
}

static void repeated_and_reordered(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = chat(seed, 80);
		talk_close(talk, 0);
		bool exact = seeded_one_in(&talk->random, 2);
		add_repeats(talk, 3, exact);
		talk->causal = exact;
		talk_shuffle(talk, 0, REACH);
		talk_capture_all(talk);
		seeded_check(&talk->random, !exact || talk->held_all == 0, "something is held although all is there");
		talk_end(talk);
		talk_whole(talk);
		check_closed(talk, 0, CLOSE_FIN);
		seeded_check(&talk->random, talk->session.tcp.conflicts == 0, "a conflict where there is none");
		talk_free(talk);
	}
}

/* One direction comes late by the same number of packets all the time: a mirror with two queues. */
static void one_direction_lags(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = chat(seed, 300);
		uint8_t late = (uint8_t)seeded_below(&talk->random, 2);
		uint64_t lag = 1 + seeded_below(&talk->random, REACH);
		for (size_t i = 0; i < talk->n; i++)
			talk->shots[i].key = (i + (talk->shots[i].dir == late ? lag : 0)) * TALK_SHOTS + i;
		qsort(talk->shots, talk->n, sizeof *talk->shots, talk_by_key);
		talk->causal = true;
		talk_capture_all(talk);
		talk_end(talk);
		talk_whole(talk);
		talk_free(talk);
	}
}

/* The mirror delivers every packet twice, the second time from behind a router. */
static void mirrored_twice(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS / 4; seed++) {
		struct talk *talk = chat(seed, 80);
		talk_close(talk, 1);
		talk_shuffle(talk, 0, seed % 2 == 0 ? REACH : 1);
		uint64_t copies = 0;
		for (size_t i = 0; i < talk->n; i++) {
			struct shot copy = talk->shots[i];
			seeded_check(&talk->random, talk_capture(talk, &copy), "the first copy was dropped");
			copy.ttl--;
			copy.after = MS / 20;
			bool counts = copy.n > 0 || (copy.flags & (TCP_SYN | TCP_FIN)) != 0;
			copies += counts;
			seeded_check(&talk->random, talk_capture(talk, &copy) == !counts, "a copy was not known");
		}
		talk_end(talk);
		talk_whole(talk);
		seeded_check(&talk->random, talk->session.tcp.duplicates == copies, "copies are miscounted");
		seeded_check(&talk->random, talk->session.tcp.retransmissions[0] +
		    talk->session.tcp.retransmissions[1] == 0, "a copy counts as retransmission");
		talk_free(talk);
	}
}

/* Segments never captured, but acknowledged: one gap each, of their size. */
static void lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = chat(seed, 200);
		for (uint8_t dir = 0; dir < 2; dir++) {
			struct shot ack = talk_say(talk, dir, 0);
			talk_add(talk, &ack);
		}
		uint64_t bytes[2] = {0, 0}, gaps[2] = {0, 0};
		bool before[2] = {false, false};
		for (size_t i = 0; i < talk->n; i++) {
			struct shot *shot = &talk->shots[i];
			if (shot->n == 0)
				continue;
			shot->lost = shot->n > 1 && !before[shot->dir] && seeded_one_in(&talk->random, 20);
			before[shot->dir] = shot->lost;
			bytes[shot->dir] += shot->lost ? shot->n : 0;
			gaps[shot->dir] += shot->lost;
		}
		talk->causal = true;
		talk_shuffle(talk, 0, REACH);
		talk_capture_all(talk);
		talk_end(talk);
		for (uint8_t dir = 0; dir < 2; dir++) {
			const struct heard *heard = &talk->heard[dir];
			seeded_check(&talk->random, heard->gaps == gaps[dir], "the number of gaps is wrong");
			seeded_check(&talk->random, heard->gap_bytes == bytes[dir], "the size of gaps is wrong");
			seeded_check(&talk->random, heard->at == talk->sent[dir], "delivered + lost != sent");
		}
		talk_free(talk);
	}
}

/* Lost on its way to the receiver: sent again, however late, and no gap. */
static void lost_and_sent_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS / 4; seed++) {
		struct talk *talk = chat(seed, 40);
		struct shot missing = talk_say(talk, 0, 1 + seeded_below(&talk->random, 300));
		unsigned behind = seeded_below(&talk->random, 150);
		int64_t received = missing.off;
		for (unsigned i = 0; i < behind; i++) {
			struct shot more = talk_say(talk, 0, 50);
			talk_add(talk, &more);
			struct shot ack = talk_say(talk, 1, 0);
			ack.ack = received;
			talk_add(talk, &ack);
		}
		missing.ip_id = ++talk->ip_id;
		missing.after = 3 * NS_PER_S;
		talk_add(talk, &missing);
		talk_capture_all(talk);
		seeded_check(&talk->random, talk->held_all == 0, "the retransmission did not fill the hole");
		talk_end(talk);
		talk_whole(talk);
		talk_free(talk);
	}
}

static void one_direction_only(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS / 2; seed++) {
		struct talk *talk = chat(seed, 300);
		uint8_t only = (uint8_t)seeded_below(&talk->random, 2);
		bool midway = seeded_one_in(&talk->random, 2);
		for (size_t i = 0; i < talk->n; i++)
			talk->shots[i].lost = talk->shots[i].dir != only || (midway && i < 3);
		talk_shuffle(talk, 0, REACH);
		unsigned captured = 0;
		for (size_t i = 0; i < talk->n; i++) {
			if (talk->shots[i].lost)
				continue;
			talk_capture(talk, &talk->shots[i]);
			seeded_check(&talk->random, ++captured < GAP_PACKETS + REACH + 1 ||
			    talk->heard[only].bytes > 0, "nothing came although the window passed");
		}
		talk_wait(talk, 2 * NS_PER_S);
		seeded_check(&talk->random, talk->held_all == 0, "something waits for a direction that is not there");
		talk_end(talk);
		seeded_check(&talk->random, talk->heard[only].at == talk->sent[only], "bytes are missing");
		seeded_check(&talk->random, talk->heard[only].gaps == 0, "a gap where nothing is missing");
		talk_free(talk);
	}
}

/* The capture begins in the middle, and its first packets are out of order. */
static void joined_midway(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = chat(seed, 40);
		size_t start = talk->n;
		int64_t from[2] = {talk->sent[0], talk->sent[1]};
		for (uint8_t dir = 0; dir < 2; dir++)
			talk->got[dir] = talk->sent[dir ^ 1];
		talk_chat(talk, 150, 200);
		talk_close(talk, 1);
		for (size_t i = 0; i < start; i++)
			talk->shots[i].lost = true;
		for (uint8_t dir = 0; dir < 2; dir++)
			talk->heard[dir].at = from[dir];
		talk->causal = true;
		talk_shuffle(talk, start, REACH);
		talk_capture_all(talk);
		talk_end(talk);
		talk_whole(talk);
		talk_free(talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reordered),
		cmocka_unit_test(repeated_and_reordered),
		cmocka_unit_test(one_direction_lags),
		cmocka_unit_test(mirrored_twice),
		cmocka_unit_test(lost),
		cmocka_unit_test(lost_and_sent_again),
		cmocka_unit_test(one_direction_only),
		cmocka_unit_test(joined_midway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
