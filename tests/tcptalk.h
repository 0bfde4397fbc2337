/*
 * A TCP conversation made by hand, pushed into analyzer/tcp packet by packet, and what comes out of it.
 * Included by the tests of tcp after cmocka. Places are offsets: 0 is the byte behind the SYN, -1 the SYN.
 */
#ifndef TESTS_TCPTALK_H
#define TESTS_TCPTALK_H

#include <stdlib.h>
#include <string.h>
#include "analyzer/tcp.h"
#include "tests/seeded.h"

#define TALK_BYTES (1 << 15) /* of a direction */
#define TALK_SHOTS 1200
#define MS         INT64_C(1000000)

/* A packet. */
struct shot {
	uint8_t dir, flags, ttl;
	int64_t off, ack;
	uint32_t n;   /* bytes of payload */
	uint32_t cut; /* of these, not captured */
	uint16_t ip_id;
	int64_t after; /* nanoseconds since the packet before it */
	uint64_t key;  /* place in the capture */
	bool lost;     /* sent, but not captured */
};

/* What came out of a direction. */
struct heard {
	struct talk *talk;
	uint8_t dir;
	int64_t at; /* next byte */
	uint64_t bytes, gap_bytes, gaps;
	unsigned ends;
};

struct talk {
	struct seeded random;
	struct session session;
	struct tcp tcp;
	size_t held_all;
	struct origin now;
	uint32_t isn[2];
	uint16_t ip_id;
	struct heard heard[2];
	struct shot shots[TALK_SHOTS];
	size_t n;
	int64_t sent[2], got[2]; /* bytes that a side sent, and that it received of the other */
	bool causal;             /* check that bytes come after those which they acknowledge */
	int64_t need[2][TALK_BYTES]; /* what the first packet with this byte acknowledged */
};

static inline uint8_t talk_byte(uint8_t dir, int64_t off)
{
	return (uint8_t)(off * 131 + off / 256 * 17 + dir * 89 + 1);
}

static inline void talk_data(void *ctx, struct span bytes, const struct origin *origin)
{
	struct heard *heard = ctx;
	struct talk *talk = heard->talk;
	(void)origin;
	seeded_check(&talk->random, heard->ends == 0, "bytes behind the end");
	for (size_t i = 0; i < bytes.n; i++)
		seeded_check(&talk->random, bytes.p[i] == talk_byte(heard->dir, heard->at + (int64_t)i),
		    "a wrong byte");
	if (talk->causal)
		for (size_t i = 0; i < bytes.n; i++)
			seeded_check(&talk->random, talk->need[heard->dir][heard->at + (int64_t)i] <=
			    talk->heard[heard->dir ^ 1].at, "bytes before those which they acknowledge");
	heard->at += (int64_t)bytes.n;
	heard->bytes += bytes.n;
}

static inline void talk_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	struct heard *heard = ctx;
	(void)origin;
	seeded_check(&heard->talk->random, n > 0 && heard->ends == 0, "an empty gap, or one behind the end");
	heard->at += (int64_t)n;
	heard->gap_bytes += n;
	heard->gaps++;
}

static inline void talk_over(void *ctx, const struct origin *origin)
{
	struct heard *heard = ctx;
	(void)origin;
	seeded_check(&heard->talk->random, ++heard->ends == 1, "a second end");
}

/* The last conversation that ended: its half megabyte is used again, since a block that large is a new mapping each time. */
static struct talk *talk_spare;

/* A new conversation in which nothing was said. Initial sequence numbers lie near the wrap. */
static inline struct talk *talk_new(uint64_t seed)
{
	struct talk *talk = talk_spare != NULL ? talk_spare : malloc(sizeof *talk);
	assert_non_null(talk);
	talk_spare = NULL;
	memset(talk, 0, sizeof *talk);
	talk->random = seeded_of(seed);
	talk->now.time = 1000 * NS_PER_S;
	struct sink sink[2];
	for (uint8_t dir = 0; dir < 2; dir++) {
		talk->isn[dir] = UINT32_C(0) - seeded_below(&talk->random, 8000);
		talk->heard[dir] = (struct heard){.talk = talk, .dir = dir};
		sink[dir] = (struct sink){
		    .ctx = &talk->heard[dir], .data = talk_data, .gap = talk_gap, .end = talk_over};
		for (size_t i = 0; i < TALK_BYTES; i++)
			talk->need[dir][i] = INT64_MAX;
	}
	tcp_init(&talk->tcp, &talk->session, sink);
	return talk;
}

static inline void talk_free(struct talk *talk)
{
	tcp_free(&talk->tcp);
	free(talk_spare);
	talk_spare = talk;
}

/* The packet of a shot; its payload lies in a heap block of its size and is the caller's. */
static inline struct packet talk_packet(const struct talk *talk, const struct shot *shot)
{
	uint32_t captured = shot->n - shot->cut;
	uint8_t *bytes = malloc(captured);
	assert_true(bytes != NULL || captured == 0);
	for (uint32_t i = 0; i < captured; i++)
		bytes[i] = talk_byte(shot->dir, shot->off + i);
	struct packet packet = {.kind = PACKET_TCP, .ttl = shot->ttl, .ip_id = shot->ip_id, .cut = shot->cut,
	    .payload = span_of(bytes, captured)};
	packet.tcp = (struct packet_tcp){.seq = talk->isn[shot->dir] + 1 + (uint32_t)shot->off,
	    .flags = shot->flags, .window = 1000};
	if (shot->flags & TCP_ACK)
		packet.tcp.ack = talk->isn[shot->dir ^ 1] + 1 + (uint32_t)shot->ack;
	return packet;
}

static inline void talk_check(struct talk *talk)
{
	const struct tcp *tcp = &talk->tcp;
	size_t held = 0;
	for (uint8_t dir = 0; dir < 2; dir++) {
		const struct stream *stream = &tcp->side[dir].stream;
		held += stream->held_bytes;
		seeded_check(&talk->random, stream->delivered == talk->heard[dir].bytes &&
		    stream->lost == talk->heard[dir].gap_bytes, "the stream's sums are wrong");
		seeded_check(&talk->random, talk->session.tcp.delivered[dir] == talk->heard[dir].bytes &&
		    talk->session.tcp.lost_bytes[dir] == talk->heard[dir].gap_bytes &&
		    talk->session.tcp.gaps[dir] == talk->heard[dir].gaps, "the session's sums are wrong");
	}
	seeded_check(&talk->random, held == talk->held_all, "the sum of held bytes is wrong");
}

/* Captures a packet. */
static inline bool talk_capture(struct talk *talk, const struct shot *shot)
{
	struct packet packet = talk_packet(talk, shot);
	talk->now.packet++;
	talk->now.time += shot->after;
	bool fresh = tcp_push(&talk->tcp, shot->dir, &packet, &talk->now, &talk->held_all);
	free((void *)(uintptr_t)packet.payload.p);
	talk_check(talk);
	return fresh;
}

/* Time passes without a packet of this connection. It changes nothing in one that does not wait. */
static inline void talk_wait(struct talk *talk, int64_t ns)
{
	bool waiting = talk->tcp.waiting;
	int64_t at = talk->heard[0].at + talk->heard[1].at;
	unsigned ends = talk->heard[0].ends;
	talk->now.time += ns;
	tcp_tick(&talk->tcp, &talk->now, &talk->held_all);
	talk_check(talk);
	seeded_check(&talk->random, waiting || (at == talk->heard[0].at + talk->heard[1].at &&
	    ends == talk->heard[0].ends), "waited without saying so");
}

static inline void talk_end(struct talk *talk)
{
	tcp_end(&talk->tcp, &talk->now, &talk->held_all);
	talk_check(talk);
	seeded_check(&talk->random, talk->held_all == 0, "held bytes after the end");
	seeded_check(&talk->random, talk->heard[0].ends == 1 && talk->heard[1].ends == 1, "no end");
}

/* Both sides came out whole. */
static inline void talk_whole(struct talk *talk)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		seeded_check(&talk->random, talk->heard[dir].gaps == 0, "a gap where nothing is missing");
		seeded_check(&talk->random, talk->heard[dir].at == talk->sent[dir], "bytes are missing at the end");
	}
}

/* ---- what the hosts send ------------------------------------------------------------------------- */

static inline struct shot talk_shot(struct talk *talk, uint8_t dir, uint8_t flags)
{
	return (struct shot){.dir = dir, .flags = flags, .ttl = 64, .off = talk->sent[dir], .ack = talk->got[dir],
	    .ip_id = ++talk->ip_id, .after = MS};
}

static inline struct shot *talk_add(struct talk *talk, const struct shot *shot)
{
	assert_true(talk->n < TALK_SHOTS);
	talk->shots[talk->n] = *shot;
	return &talk->shots[talk->n++];
}

/* The other side's bytes arrive, then n bytes are sent (0: a pure ACK). */
static inline struct shot talk_say(struct talk *talk, uint8_t dir, uint32_t n)
{
	talk->got[dir] = talk->sent[dir ^ 1];
	struct shot shot = talk_shot(talk, dir, TCP_ACK);
	shot.n = n;
	for (uint32_t i = 0; i < n; i++) {
		assert_true(shot.off + i < TALK_BYTES);
		if (talk->need[dir][shot.off + i] > shot.ack)
			talk->need[dir][shot.off + i] = shot.ack;
	}
	talk->sent[dir] += n;
	return shot;
}

static inline struct shot talk_syn(struct talk *talk, uint8_t dir, uint8_t flags)
{
	struct shot shot = talk_shot(talk, dir, flags);
	shot.off = -1;
	return shot;
}

static inline void talk_open(struct talk *talk)
{
	struct shot open[] = {talk_syn(talk, 0, TCP_SYN), talk_syn(talk, 1, TCP_SYN | TCP_ACK),
	    talk_shot(talk, 0, TCP_ACK)};
	for (size_t i = 0; i < 3; i++)
		talk_add(talk, &open[i]);
}

/* FIN of both sides, with their ACKs. */
static inline void talk_close(struct talk *talk, uint8_t first)
{
	struct shot fin = talk_say(talk, first, 0);
	fin.flags |= TCP_FIN;
	talk_add(talk, &fin);
	struct shot answer = talk_say(talk, first ^ 1, 0);
	answer.ack++;
	talk_add(talk, &answer);
	answer.flags |= TCP_FIN;
	answer.ip_id = ++talk->ip_id;
	talk_add(talk, &answer);
	struct shot last = talk_say(talk, first, 0);
	last.off++;
	last.ack++;
	talk_add(talk, &last);
}

/* Data of both sides and pure ACKs, in any order that hosts may send them; ACKs may lag behind. */
static inline void talk_chat(struct talk *talk, unsigned packets, uint32_t longest)
{
	for (unsigned i = 0; i < packets; i++) {
		uint8_t dir = (uint8_t)seeded_below(&talk->random, 2);
		int64_t old = talk->got[dir];
		uint32_t n = seeded_one_in(&talk->random, 3) ? 0 : 1 + seeded_below(&talk->random, longest);
		struct shot shot = talk_say(talk, dir, n);
		if (n > 0 && seeded_one_in(&talk->random, 3)) {
			talk->got[dir] = shot.ack = old;
			for (uint32_t b = 0; b < n; b++)
				talk->need[dir][shot.off + b] = old;
		}
		talk_add(talk, &shot);
	}
}

/* ---- what the capture makes of it ---------------------------------------------------------------- */

static inline int talk_by_key(const void *a, const void *b)
{
	const struct shot *x = a, *y = b;
	return x->key != y->key ? (x->key > y->key ? 1 : -1) : 0;
}

/* Moves packets from `from` on by less than `reach` places. */
static inline void talk_shuffle(struct talk *talk, size_t from, uint32_t reach)
{
	for (size_t i = 0; i < talk->n; i++) {
		uint64_t place = i < from ? i : i + seeded_below(&talk->random, reach);
		talk->shots[i].key = place * TALK_SHOTS + i;
	}
	qsort(talk->shots, talk->n, sizeof *talk->shots, talk_by_key);
}

static inline void talk_capture_all(struct talk *talk)
{
	for (size_t i = 0; i < talk->n; i++)
		if (!talk->shots[i].lost)
			talk_capture(talk, &talk->shots[i]);
}

#endif
