/* analyzer/frame: messages out of ordered bytes, in any pieces and with bytes missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "analyzer/frame.h"
#include "tests/seeded.h"

#define SEEDS    1500
#define MESSAGES 40
#define HEAD     6 /* mark, mode, 2 bytes length of the body, 2 bytes number of the message */
#define MARK     0xa5
#define BODY     60
#define ROOM     (MESSAGES * (HEAD + BODY))

struct sent {
	size_t at, total;
	bool touched; /* bytes of it are missing */
	bool seen;
};

/* A stream of messages, what is missing of it, and what came out. */
struct world {
	struct seeded random;
	struct frame frame;
	struct frame_user user;
	uint8_t bytes[ROOM];
	struct sent sent[MESSAGES];
	size_t n;         /* bytes of the stream */
	size_t at;        /* bytes pushed, gaps included */
	size_t accounted; /* bytes of messages, and lost ones */
	size_t piece_at;  /* place in the stream of the next piece of a body */
	unsigned losses, pieces;
	int last; /* number of the last message that came out */
	bool gapless;
};

static enum cut cut_head(void *ctx, struct span bytes, struct frame_head *out)
{
	struct rd r = rd_of(bytes);
	(void)ctx;
	if (rd_u8(&r) != MARK)
		return bytes.n == 0 ? CUT_MORE : CUT_BAD;
	uint8_t mode = rd_u8(&r);
	uint16_t length = rd_u16(&r);
	rd_skip(&r, 2);
	if (!rd_ok(&r))
		return CUT_MORE;
	if (mode > FRAME_SKIP || length > BODY)
		return CUT_BAD;
	*out = (struct frame_head){.head = HEAD, .total = (size_t)HEAD + length, .mode = (enum frame_mode)mode};
	return CUT_OK;
}

static void take_message(void *ctx, const struct frame_message *message)
{
	struct world *w = ctx;
	struct frame_head head;
	seeded_check(&w->random, cut_head(NULL, message->bytes, &head) == CUT_OK, "a message without its header");
	struct rd r = rd_of(message->bytes);
	rd_skip(&r, 4);
	int number = rd_u16(&r);
	seeded_check(&w->random, number > w->last && number < MESSAGES, "a message twice or out of order");
	struct sent *sent = &w->sent[number];
	w->last = number;
	sent->seen = true;
	seeded_check(&w->random, message->total == sent->total, "a wrong length");
	seeded_check(&w->random, message->damaged == sent->touched, "damaged is wrong");
	seeded_check(&w->random, message->first.packet <= message->last.packet, "it ended before it began");
	struct span truth = span_of(w->bytes + sent->at, sent->total);
	if (head.mode == FRAME_WHOLE && !message->damaged)
		seeded_check(&w->random, span_equal(message->bytes, truth), "a whole message has wrong bytes");
	else
		seeded_check(&w->random, span_equal(message->bytes, span_cut(truth, 0, message->bytes.n)),
		    "a message has wrong bytes");
	if (head.mode != FRAME_WHOLE)
		seeded_check(&w->random, message->bytes.n == HEAD, "more than the header");
	if (w->gapless && message->first.packet == message->last.packet && message->first.packet == w->at)
		seeded_check(&w->random, w->frame.kept == NULL || message->bytes.p != w->frame.kept,
		    "a message that came whole was copied");
	w->accounted += message->total;
}

static void take_piece(void *ctx, struct span bytes, const struct origin *origin)
{
	struct world *w = ctx;
	(void)origin;
	w->pieces++;
	seeded_check(&w->random, bytes.n > 0, "an empty piece");
	/* the stream lies whole in memory: a piece is found by its bytes, which differ from place to place */
	while (w->piece_at + bytes.n <= w->n &&
	    !span_equal(bytes, span_of(w->bytes + w->piece_at, bytes.n)))
		w->piece_at++;
	seeded_check(&w->random, w->piece_at + bytes.n <= w->n, "a piece that was not sent, or out of order");
	w->piece_at += bytes.n;
}

static void take_hole(void *ctx, uint64_t n, const struct origin *origin)
{
	struct world *w = ctx;
	(void)origin;
	seeded_check(&w->random, n > 0 && n <= BODY, "a hole larger than a message");
}

static void take_lost(void *ctx, uint64_t n, const struct origin *origin)
{
	struct world *w = ctx;
	(void)origin;
	w->losses++;
	w->accounted += (size_t)n;
}

/* Bodies hold no MARK, so that no header can be found in them. */
static void world_init(struct world *w, uint64_t seed, int mode)
{
	*w = (struct world){.random = seeded_of(seed), .last = -1, .gapless = true};
	w->user = (struct frame_user){.cut = cut_head, .message = take_message, .piece = take_piece,
	    .hole = take_hole, .lost = take_lost, .trusts_start = seeded_one_in(&w->random, 2)};
	for (int i = 0; i < MESSAGES; i++) {
		uint8_t body = (uint8_t)(seeded_one_in(&w->random, 5) ? 0 : seeded_below(&w->random, BODY + 1));
		uint8_t *p = w->bytes + w->n;
		p[0] = MARK;
		p[1] = (uint8_t)(mode < 0 ? (int)seeded_below(&w->random, 3) : mode);
		p[2] = 0;
		p[3] = body;
		p[4] = 0;
		p[5] = (uint8_t)i;
		for (size_t b = HEAD; b < (size_t)HEAD + body; b++)
			p[b] = (uint8_t)seeded_below(&w->random, MARK);
		w->sent[i] = (struct sent){.at = w->n, .total = (size_t)HEAD + body};
		w->n += (size_t)HEAD + body;
	}
}

/* The next n bytes of the stream arrive in one packet, in a heap block of their size. */
static void arrive(struct world *w, size_t n)
{
	if (n > w->n - w->at)
		n = w->n - w->at;
	uint8_t *copy = malloc(n);
	assert_true(copy != NULL || n == 0);
	memcpy(copy, w->bytes + w->at, n);
	struct origin origin = origin_of(0, w->at, 0);
	frame_data(&w->frame, &w->user, w, span_of(copy, n), &origin);
	w->at += n;
	free(copy);
}

/* The next n bytes are missing. */
static void miss(struct world *w, size_t n)
{
	if (n > w->n - w->at)
		n = w->n - w->at;
	if (n == 0)
		return;
	for (int i = 0; i < MESSAGES; i++)
		if (w->sent[i].at < w->at + n && w->at < w->sent[i].at + w->sent[i].total)
			w->sent[i].touched = true;
	w->gapless = false;
	struct origin origin = origin_of(0, w->at, 0);
	frame_gap(&w->frame, &w->user, w, n, &origin);
	w->at += n;
}

static void finish(struct world *w)
{
	struct origin origin = origin_of(0, w->at, 0);
	seeded_check(&w->random, frame_idle(&w->frame), "something is pending behind the last message");
	seeded_check(&w->random, w->accounted == w->n, "bytes are in no message and not lost either");
	frame_break(&w->frame, &w->user, w, &origin);
	seeded_check(&w->random, w->accounted == w->n, "the end of an idle stream loses bytes");
	frame_free(&w->frame);
}

/* All messages from this one on came out. */
static void check_seen(struct world *w, int from)
{
	for (int i = from; i < MESSAGES; i++)
		seeded_check(&w->random, w->sent[i].seen, "a message is missing");
}

static void any_pieces(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world w;
		world_init(&w, seed, -1);
		size_t longest = 1 + seeded_below(&w.random, 300);
		while (w.at < w.n)
			arrive(&w, seeded_below(&w.random, longest + 1));
		finish(&w);
		check_seen(&w, 0);
		seeded_check(&w.random, w.losses == 0, "lost bytes in a whole stream");
	}
}

/* Single bytes: headers come in pieces, and every message is put together. */
static void single_bytes(void **state)
{
	(void)state;
	for (int mode = FRAME_WHOLE; mode <= FRAME_SKIP; mode++) {
		struct world w;
		world_init(&w, 7, mode);
		while (w.at < w.n)
			arrive(&w, 1);
		finish(&w);
		check_seen(&w, 0);
		assert_true((w.pieces > 0) == (mode == FRAME_STREAM));
	}
}

/* Each message in a packet of its own, or all in one: nothing is ever kept. */
static void no_copies(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		struct world w;
		world_init(&w, 11, -1);
		for (int i = 0; i < MESSAGES; i++)
			arrive(&w, all ? w.n : w.sent[i].total);
		assert_null(w.frame.kept);
		finish(&w);
		check_seen(&w, 0);
	}
}

/* A gap in a body damages this message alone, wherever the bytes around it were split. */
static void gap_in_a_body(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world w;
		world_init(&w, seed, -1);
		int hit = (int)seeded_below(&w.random, MESSAGES);
		const struct sent *sent = &w.sent[hit];
		size_t body = sent->total - HEAD;
		size_t off = seeded_below(&w.random, body), n = 1 + seeded_below(&w.random, body - off);
		size_t start = sent->at + HEAD + off;
		while (w.at < start) {
			size_t left = start - w.at, step = 1 + seeded_below(&w.random, 90);
			arrive(&w, step < left ? step : left);
		}
		if (body > 0)
			miss(&w, n);
		while (w.at < w.n)
			arrive(&w, 1 + seeded_below(&w.random, 90));
		finish(&w);
		check_seen(&w, 0);
		seeded_check(&w.random, w.losses == 0, "the place was lost");
	}
}

/* Gaps anywhere: what comes out was sent, and the place is found again where three messages stand together. */
static void gaps_anywhere(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world w;
		world_init(&w, seed, -1);
		int tail = MESSAGES - 4;
		while (w.at < w.sent[tail].at) {
			size_t left = w.sent[tail].at - w.at, n = 1 + seeded_below(&w.random, 120);
			if (seeded_one_in(&w.random, 5))
				miss(&w, n < left ? n : left);
			else
				arrive(&w, n < left ? n : left);
		}
		arrive(&w, w.n);
		finish(&w);
		check_seen(&w, tail);
	}
}

/* A patient user gets each message that is there whole, wherever the gaps and the ends of packets are. */
static void patience(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world w;
		struct origin origin = {0};
		world_init(&w, seed, -1);
		w.user.patient = true;
		uint32_t most = seeded_one_in(&w.random, 3) ? 3 : 120;
		while (w.at < w.n) {
			if (seeded_one_in(&w.random, most == 3 ? 60 : 5))
				miss(&w, 1 + seeded_below(&w.random, 120));
			else
				arrive(&w, 1 + seeded_below(&w.random, most));
		}
		frame_break(&w.frame, &w.user, &w, &origin);
		seeded_check(&w.random, frame_idle(&w.frame), "something is pending behind the end");
		seeded_check(&w.random, w.accounted == w.n, "bytes are in no message and not lost either");
		for (int i = 0; i < MESSAGES; i++)
			seeded_check(&w.random, w.sent[i].touched || w.sent[i].seen, "a whole message is missing");
		frame_free(&w.frame);
	}
}

/* The end of the stream inside a message, at every place. */
static void every_end(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, 5, -1);
	size_t total = w.sent[8].at;
	for (size_t end = 0; end < total; end++) {
		world_init(&w, 5, -1);
		struct origin origin = {0};
		int open = 0;
		while (w.sent[open + 1].at <= end)
			open++;
		w.sent[open].touched = end >= w.sent[open].at + HEAD;
		bool touched = w.sent[open].touched;
		w.sent[open].touched = touched && end < w.sent[open].at + w.sent[open].total;
		arrive(&w, end);
		assert_int_equal(frame_idle(&w.frame), end == w.sent[open].at);
		frame_break(&w.frame, &w.user, &w, &origin);
		assert_true(frame_idle(&w.frame));
		assert_int_equal(w.sent[open].seen, touched);
		frame_free(&w.frame);
	}
}

static void count_message(void *ctx, const struct frame_message *message)
{
	struct world *w = ctx;
	w->accounted += message->total;
}

static enum cut count_cuts(void *ctx, struct span bytes, struct frame_head *out)
{
	struct world *w = ctx;
	w->pieces++;
	return cut_head(ctx, bytes, out);
}

/* In noise made to look like messages the place is looked for in a time that grows with its length only. */
static void noise(void **state)
{
	(void)state;
	struct world w;
	struct origin origin = {0};
	world_init(&w, 3, FRAME_SKIP);
	w.user.message = count_message;
	w.user.cut = count_cuts;
	size_t n = (1 << 14) * HEAD;
	uint8_t *bytes = calloc(n, 1);
	assert_non_null(bytes);
	frame_gap(&w.frame, &w.user, &w, 1, &origin);
	frame_data(&w.frame, &w.user, &w, span_of(bytes, n), &origin);
	assert_int_equal(w.accounted, n + 1);
	for (size_t at = 0; at + HEAD < n; at += HEAD)
		bytes[at] = MARK; /* a chain of empty messages, broken at its end */
	frame_data(&w.frame, &w.user, &w, span_of(bytes, n), &origin);
	assert_int_equal(w.accounted, 2 * n + 1);
	assert_true(w.pieces < 20 * n);
	frame_free(&w.frame);
	w.frame = (struct frame){0};
	w.user.patient = true;
	w.accounted = w.pieces = 0;
	frame_gap(&w.frame, &w.user, &w, 1, &origin);
	for (size_t at = 0; at < n; at++) /* such as wait for what comes behind them, byte by byte */
		bytes[at] = at % HEAD == 3 ? BODY : bytes[at];
	for (size_t at = 0; at < n; at++)
		frame_data(&w.frame, &w.user, &w, span_cut(span_of(bytes, n), at, 1), &origin);
	frame_break(&w.frame, &w.user, &w, &origin);
	assert_in_range(w.accounted, n + 1, n + 1 + BODY); /* the last one goes on behind the end */
	assert_true(w.pieces < 20 * n);
	frame_free(&w.frame);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pieces),
		cmocka_unit_test(single_bytes),
		cmocka_unit_test(no_copies),
		cmocka_unit_test(gap_in_a_body),
		cmocka_unit_test(gaps_anywhere),
		cmocka_unit_test(patience),
		cmocka_unit_test(every_end),
		cmocka_unit_test(noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
