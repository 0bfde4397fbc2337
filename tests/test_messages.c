/*
 * Plaintext of a session -> its NMSP messages: the framing, the counts, what is kept, malformed ones, gaps,
 * services. Streams are written by hand by the layout of assumed-1.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/nmsptalk.h"

#include <stdlib.h>

#define START      (INT64_C(1700000000) * NS_PER_S)
#define ENGINE     0
#define CONTROLLER 1
#define TAGS       0x8201 /* any three services */

/* ---- streams ---- */

/* What an engine says: 10 messages, 3 of them echoes. */
static void put_engine(struct nmsptalk *stream)
{
	nmsptalk_number(stream, 7, 1, 1, 4, 0x68EBE7);
	nmsptalk_number(stream, 30, 2, 1, 4, TAGS);
	for (uint32_t i = 0; i < 3; i++) {
		nmsptalk_number(stream, 16, 10 + i, 16, 2, i);
		nmsptalk_bare(stream, 1, 100 + i);
	}
	nmsptalk_number(stream, 40, 20, 10, 6, 0x0050569c3489);
	nmsptalk_bulk(stream, 20, 300);
}

/* ---- runs ---- */

struct run {
	struct model *model;
	struct session *session;
	struct messages *messages;
	struct origin now;
};

static void run_start(struct run *run)
{
	run->now = (struct origin){.time = START, .packet = 1};
	run->model = model_new();
	run->session = model_add_session(run->model, &run->now);
	run->session->controller = CONTROLLER;
	run->messages = messages_new(run->model, run->session);
}

static void run_stop(struct run *run)
{
	messages_free(run->messages);
	model_free(run->model);
}

/* A piece in a block of its own size, in a packet of its own, 1 ms later. */
static void feed(struct run *run, uint8_t dir, struct span bytes)
{
	struct sink sink = messages_sink(run->messages, dir);
	void *copy = bytes.n == 0 ? NULL : xmemdup(bytes.p, bytes.n);
	run->now.packet++;
	run->now.time += 1000 * NS_PER_US;
	sink.data(sink.ctx, span_of(copy, bytes.n), &run->now);
	free(copy);
}

static void feed_gap(struct run *run, uint8_t dir, uint64_t n)
{
	struct sink sink = messages_sink(run->messages, dir);
	run->now.packet++;
	sink.gap(sink.ctx, n, &run->now);
}

static void feed_stream(struct run *run, uint8_t dir, const struct nmsptalk *stream, size_t from, size_t to,
                        size_t step)
{
	struct span all = span_cut(span_of(stream->bytes, stream->n), 0, to);
	for (size_t at = from; at < to && at < stream->n; at += step)
		feed(run, dir, span_cut(all, at, step));
}

static void feed_end(struct run *run)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(run->messages, dir);
		sink.end(sink.ctx, &run->now);
	}
}

static const struct nmsp_count *find(const struct session_nmsp *nmsp, uint32_t type, uint8_t dir)
{
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		if (nmsp->counts[i].type == type && nmsp->counts[i].dir == dir)
			return &nmsp->counts[i];
	return NULL;
}

static uint64_t count(const struct session_nmsp *nmsp, uint32_t type, uint8_t dir)
{
	const struct nmsp_count *row = find(nmsp, type, dir);
	return row == NULL ? 0 : row->messages;
}

/* What always holds: the sums agree, and the list of kept messages is what it says. */
static void check_sums(const struct session_nmsp *nmsp)
{
	uint64_t sum = nmsp->other[0].messages + nmsp->other[1].messages, kept = 0;
	size_t bytes = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		sum += nmsp->counts[i].messages;
	for (const struct nmsp_kept *k = nmsp->oldest; k != NULL; k = k->next) {
		kept++;
		bytes += sizeof *k + k->n;
		assert_true(k->next != NULL || k == nmsp->newest);
	}
	assert_int_equal(sum, nmsp->messages[0] + nmsp->messages[1]);
	assert_int_equal(sum, nmsp->n_kept + nmsp->not_kept);
	assert_int_equal(kept, nmsp->n_kept);
	assert_int_equal(bytes, nmsp->kept_bytes);
	assert_true(bytes <= LIMIT_MESSAGES_BYTES);
}

static void check_engine(const struct session_nmsp *nmsp)
{
	check_sums(nmsp);
	assert_non_null(nmsp->profile);
	assert_string_equal(nmsp->profile->name, "assumed-1");
	assert_int_equal(nmsp->messages[ENGINE], 10);
	assert_int_equal(count(nmsp, 16, ENGINE), 3);
	assert_int_equal(count(nmsp, 1, ENGINE), 3);
	assert_int_equal(find(nmsp, 16, ENGINE)->bytes, 3 * 18);
	assert_int_equal(find(nmsp, 20, ENGINE)->bytes, 300);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->misfits, 0);
	assert_int_equal(nmsp->lost[ENGINE], 0);
	assert_int_equal(nmsp->echo.requests, 3);
}

/* ---- cutting ---- */

static void test_segmentation(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	for (size_t step = 1; step <= s->n; step++) {
		struct run run;
		run_start(&run);
		feed_stream(&run, ENGINE, s, 0, s->n, step);
		feed_end(&run);
		check_engine(run.session->nmsp);
		run_stop(&run);
	}
	free(s);
}

static void test_two_pieces(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	for (size_t at = 0; at <= s->n; at++) {
		struct run run;
		run_start(&run);
		feed_stream(&run, ENGINE, s, 0, at, s->n);
		feed(&run, ENGINE, span_of(NULL, 0)); /* OpenSSL's empty record */
		feed_stream(&run, ENGINE, s, at, s->n, s->n);
		feed_end(&run);
		check_engine(run.session->nmsp);
		run_stop(&run);
	}
	free(s);
}

/* The stream ends at every byte: whole messages count, the one that is cut off does not. */
static void test_cut_everywhere(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	uint64_t before = 0;
	for (size_t to = 0; to <= s->n; to++) {
		struct run run;
		run_start(&run);
		feed_stream(&run, ENGINE, s, 0, to, s->n);
		feed_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		if (nmsp == NULL) {
			assert_int_equal(to, 0);
		} else {
			uint64_t messages = nmsp->messages[ENGINE];
			check_sums(nmsp);
			assert_int_equal(nmsp->malformed, 0);
			assert_true(messages == before || messages == before + 1);
			assert_true(nmsp->cut_off[ENGINE] <= 1);
			assert_true(nmsp->newest == NULL || !nmsp->newest->damaged);
			before = messages;
		}
		run_stop(&run);
	}
	assert_int_equal(before, 10);
	free(s);
}

/* Java writes 1 byte and the rest; the place is found again after a gap all the same. */
static void test_split_after_gap(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_bulk(s, 20, 300);
	put_engine(s);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 300, 400, 100);
	feed_gap(&run, ENGINE, s->n - 400);
	for (unsigned i = 0; i < 6; i++) {
		struct nmsptalk *one = xcalloc(1, sizeof *one);
		nmsptalk_bare(one, 1, i);
		feed(&run, ENGINE, span_of(one->bytes, 1));
		feed(&run, ENGINE, span_of(one->bytes + 1, NMSPTALK_HEADER - 1));
		free(one);
	}
	feed_end(&run);
	check_sums(run.session->nmsp);
	assert_int_equal(run.session->nmsp->echo.requests, 2 + 6);
	run_stop(&run);
	free(s);
}

/* A hole of any place and size changes only the messages that it touches and, at most, the next one. */
static void test_gaps(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	size_t hole_from = s->n;
	put_engine(s);
	size_t hole_to = s->n;
	put_engine(s);
	for (size_t from = hole_from; from < hole_to; from += 3)
		for (size_t n = 1; from + n < hole_to; n += 7) {
			struct run run;
			run_start(&run);
			feed_stream(&run, ENGINE, s, 0, from, s->n);
			feed_gap(&run, ENGINE, n);
			feed_stream(&run, ENGINE, s, from + n, hole_to, s->n);
			feed_stream(&run, ENGINE, s, hole_to, s->n, s->n);
			feed_end(&run);
			const struct session_nmsp *nmsp = run.session->nmsp;
			check_sums(nmsp);
			assert_int_equal(nmsp->malformed, 0);
			assert_in_range(nmsp->messages[ENGINE], 20, 30);
			run_stop(&run);
		}
	free(s);
}

/* A message with a hole in its body was sent: it counts, and is kept as what is there of it. */
static void test_damaged(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	size_t bulk = s->n - 300;
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, bulk + 100, s->n);
	feed_gap(&run, ENGINE, 50);
	feed_stream(&run, ENGINE, s, bulk + 150, s->n, s->n);
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	check_engine(nmsp);
	assert_true(nmsp->newest->damaged);
	assert_int_equal(nmsp->newest->n, 100);
	assert_int_equal(nmsp->newest->length, 300);
	run_stop(&run);
	free(s);
}

/* ---- the framing ---- */

static void test_unknown(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 2000; i++)
		nmsptalk_put(s, i * 2654435761u, 4);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, 100);
	feed_stream(&run, CONTROLLER, s, 0, 64, 64);
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_true(nmsp->decided);
	assert_null(nmsp->profile);
	assert_int_equal(nmsp->messages[0] + nmsp->messages[1], 0);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->pieces[ENGINE], 80);
	assert_int_equal(nmsp->bytes[ENGINE], 8000);
	assert_int_equal(nmsp->bytes[CONTROLLER], 64);
	assert_null(nmsp->oldest);
	run_stop(&run);
	free(s);
}

/* Lengths that tile are not enough when no type is one that the profile knows. */
static void test_lengths_alone(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 20; i++)
		nmsptalk_bulk(s, (uint16_t)(5000 + i), 100);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	feed_end(&run);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	run_stop(&run);
	free(s);
}

/* A run by a profile of the user. */
static void run_start_with(struct run *run, const char *text)
{
	struct profile_error error;
	run_start(run);
	messages_free(run->messages);
	run->model->profile = xcalloc(1, sizeof *run->model->profile);
	assert_true(profile_parse(span_of(text, strlen(text)), run->model->profile, &error));
	run->messages = messages_new(run->model, run->session);
}

static void test_given_profile(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {9, 0, 1, 0, 0xff, 9, 0, 0, 0, 10, 0, 2, 0, 1, 2};
	struct run run;
	run_start_with(&run, "name mine\norigin user\nbyte-order little\nheader 4\ntype 0 2\n"
	                     "length 2 2 body\nelements none\nmessage 9 HELLO engine\n");
	feed(&run, ENGINE, span_of(bytes, sizeof bytes));
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_string_equal(nmsp->profile->name, "mine");
	assert_int_equal(count(nmsp, 9, ENGINE), 2);
	assert_int_equal(count(nmsp, 10, ENGINE), 1);
	run_stop(&run);
}

/* The user's profile holds even where nothing fits it. */
/* One known type among many unknown ones is chance, and so is a piece that holds no whole header. */
static void test_weak_evidence(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < MESSAGES_TO_DECIDE; i++)
		nmsptalk_bulk(s, i == 3 ? 16 : (uint16_t)(5000 + i), 100);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	run_stop(&run);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, 5, 5);
	feed_end(&run);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	run_stop(&run);
	free(s);
}

/* Behind a gap bytes that look like a header are no message when its elements do not fit ... */
static void test_false_start(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s), *gap = xcalloc(1, sizeof *gap);
	put_engine(s);
	nmsptalk_head(gap, 16, 2 * NMSPTALK_HEADER + 4, 0);
	nmsptalk_put(gap, 0x0002ffff, 4);
	nmsptalk_bare(gap, 1, 7);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	feed_gap(&run, ENGINE, 0);
	feed_stream(&run, ENGINE, gap, 0, gap->n, gap->n);
	feed_end(&run);
	assert_int_equal(run.session->nmsp->messages[ENGINE], 11);
	assert_int_equal(run.session->nmsp->echo.requests, 4);
	assert_int_equal(run.session->nmsp->malformed, 0);
	run_stop(&run);
	free(s);
	free(gap);
}

/* ... and one that is taken for a message all the same is no evidence against the framing. */
static void test_doubtful_start(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_head(s, 16, NMSPTALK_HEADER + 8, 0);
	nmsptalk_put(s, 0, 4);
	run_start(&run);
	feed_gap(&run, ENGINE, 0);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	s->n = 0;
	nmsptalk_bare(s, 1, 1);
	nmsptalk_bare(s, 1, 2);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	feed_end(&run);
	assert_int_equal(run.session->nmsp->misfits, 0);
	assert_non_null(run.session->nmsp->profile);
	run_stop(&run);
	free(s);
}

static void test_given_profile_misfits(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0, 1, 0, 0, 0, 1, 0, 0};
	struct run run;
	run_start_with(&run, "name mine\norigin user\nbyte-order big\nheader 4\ntype 0 2\n"
	                     "length 2 2 total\nelements none\n");
	feed(&run, ENGINE, span_of(bytes, sizeof bytes));
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_non_null(nmsp->profile);
	assert_int_equal(nmsp->misfits, 1);
	assert_int_equal(nmsp->malformed, 1);
	assert_int_equal(nmsp->lost[ENGINE], sizeof bytes);
	run_stop(&run);
}

/* Nothing shows before the decision, which comes with the eighth message or a full hold. */
static void test_decision_waits(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	run_start(&run);
	for (uint32_t i = 0; i < MESSAGES_TO_DECIDE; i++) {
		s->n = 0;
		nmsptalk_bare(s, 1 + (uint16_t)(i % 2), i / 2);
		assert_true(i == 0 || !run.session->nmsp->decided);
		feed_stream(&run, (uint8_t)(i % 2), s, 0, s->n, s->n);
	}
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_true(nmsp->decided);
	assert_int_equal(nmsp->echo.responses, 4);
	assert_int_equal(nmsp->counts[0].last.time,
	                 START + 7 * 1000 * NS_PER_US); /* its own, not the decision's */
	run_stop(&run);
	free(s);
}

static void test_hold_is_bounded(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_bulk(s, 15, 60000);
	run_start(&run);
	feed_stream(&run, CONTROLLER, s, 0, LIMIT_FRAMING_HOLD - 2000, 1000);
	assert_false(run.session->nmsp->decided);
	feed_stream(&run, CONTROLLER, s, LIMIT_FRAMING_HOLD - 2000, LIMIT_FRAMING_HOLD, 1000);
	assert_true(run.session->nmsp->decided);
	feed_stream(&run, CONTROLLER, s, LIMIT_FRAMING_HOLD, s->n, 1000);
	assert_int_equal(count(run.session->nmsp, 15, CONTROLLER), 1);
	run_stop(&run);
	free(s);
}

static void test_roles(void **state)
{
	(void)state;
	for (int given = 0; given < 2; given++) {
		struct run run;
		struct nmsptalk *s = xcalloc(1, sizeof *s);
		run_start(&run);
		run.session->controller = ENGINE;
		run.model->controller.version = given ? 4 : 0;
		put_engine(s);
		feed_stream(&run, ENGINE, s, 0, s->n, s->n);
		assert_int_equal(run.session->controller, given ? ENGINE : CONTROLLER);
		assert_int_equal(run.session->nmsp->roles_told, !given);
		run_stop(&run);
		free(s);
	}
}

/* ---- liars ---- */

static void test_bad_length(void **state)
{
	(void)state;
	for (size_t liar = 0; liar < 2; liar++) {
		struct run run;
		struct nmsptalk *s = xcalloc(1, sizeof *s);
		static const size_t lengths[] = {0, NMSPTALK_HEADER - 1};
		put_engine(s);
		nmsptalk_head(s, 16, lengths[liar], 3);
		put_engine(s);
		run_start(&run);
		feed_stream(&run, ENGINE, s, 0, s->n, s->n);
		feed_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		check_sums(nmsp);
		assert_int_equal(nmsp->malformed, 1);
		assert_int_equal(nmsp->n_notes, 1);
		assert_false(nmsp->notes[0].has_type);
		assert_int_equal(nmsp->notes[0].dir, ENGINE);
		assert_int_equal(nmsp->messages[ENGINE], 20);
		assert_int_equal(nmsp->lost[ENGINE], NMSPTALK_HEADER);
		run_stop(&run);
		free(s);
	}
}

/* The first message lies: the framing is known all the same. */
static void test_first_lies(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_head(s, 16, 3, 3);
	put_engine(s);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	feed_end(&run);
	assert_non_null(run.session->nmsp->profile);
	assert_int_equal(run.session->nmsp->misfits, 1);
	assert_int_equal(run.session->nmsp->messages[ENGINE], 10);
	assert_int_equal(run.session->nmsp->malformed, 1);
	run_stop(&run);
	free(s);
}

static void test_bad_element(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	for (int i = 0; i < LIMIT_MALFORMED + 4; i++) {
		nmsptalk_head(s, 16, NMSPTALK_HEADER + 6, 3);
		nmsptalk_put(s, 16, 2);
		nmsptalk_put(s, 9, 2);
		nmsptalk_put(s, 0, 2);
	}
	put_engine(s);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	check_sums(nmsp);
	assert_int_equal(nmsp->malformed, LIMIT_MALFORMED + 4);
	assert_int_equal(nmsp->n_notes, LIMIT_MALFORMED);
	assert_int_equal(nmsp->notes[0].type, 16);
	assert_int_equal(nmsp->messages[ENGINE], 20 + LIMIT_MALFORMED + 4);
	assert_int_equal(nmsp->lost[ENGINE], 0);
	run_stop(&run);
	free(s);
}

/* ---- caps ---- */

static void test_types(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	uint64_t before = 6; /* types of an engine */
	for (uint32_t i = 0; i < LIMIT_MESSAGE_TYPES; i++)
		nmsptalk_bare(s, (uint16_t)(1000 + i), i);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	const struct session_nmsp *nmsp = run.session->nmsp;
	check_sums(nmsp);
	assert_int_equal(nmsp->n_counts, LIMIT_MESSAGE_TYPES);
	assert_int_equal(nmsp->other[ENGINE].messages, before);
	assert_int_equal(nmsp->other[ENGINE].bytes, before * NMSPTALK_HEADER);
	assert_int_equal(run.model->capture.hits[HIT_MESSAGE_TYPES], before);
	run_stop(&run);
	free(s);
}

static void test_kept_of_a_session(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	for (int i = 0; i < 200; i++)
		nmsptalk_bulk(s, 20, 1000);
	nmsptalk_bare(s, 1, 77);
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, 1000);
	const struct session_nmsp *nmsp = run.session->nmsp;
	check_sums(nmsp);
	assert_true(nmsp->kept_bytes > LIMIT_MESSAGES_BYTES - 2000);
	assert_int_equal(nmsp->messages[ENGINE], 211);
	assert_int_equal(nmsp->newest->type, 1);
	assert_int_equal(nmsp->oldest->type, 20);
	run_stop(&run);
	free(s);
}

/* A message that is longer than what is kept of a session is counted by its header. */
static void test_long_message(void **state)
{
	(void)state;
	enum { LONG = LIMIT_MESSAGES_BYTES + 1000, SHORT = 4 };
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	run_start_with(&run, "name long\norigin user\nbyte-order big\nheader 4\ntype 0 1\n"
	                     "length 1 3 total\nelements none\n");
	for (int i = 0; i < 3; i++) {
		nmsptalk_put(s, 15, 1);
		nmsptalk_put(s, LONG, 3);
		s->n += LONG - SHORT;
		nmsptalk_put(s, 1, 1);
		nmsptalk_put(s, SHORT, 3);
	}
	feed_stream(&run, ENGINE, s, 0, s->n, 1400);
	feed_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	check_sums(nmsp);
	assert_int_equal(find(nmsp, 15, ENGINE)->bytes, 3 * LONG);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->echo.requests, 3);
	assert_int_equal(nmsp->n_kept, 6);
	assert_int_equal(nmsp->oldest->n, SHORT);
	assert_int_equal(nmsp->oldest->length, LONG);
	run_stop(&run);
	free(s);
}

static void test_kept_of_all(void **state)
{
	(void)state;
	enum { SESSIONS = LIMIT_MESSAGES_ALL / LIMIT_MESSAGES_BYTES + 20 };
	struct model *model = model_new();
	struct origin at = {.time = START, .packet = 1};
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	uint64_t messages = 0;
	put_engine(s);
	for (int i = 0; i < 80; i++)
		nmsptalk_bulk(s, 20, 1000);
	for (int i = 0; i < SESSIONS; i++) {
		struct messages *m = messages_new(model, model_add_session(model, &at));
		struct sink sink = messages_sink(m, ENGINE);
		sink.data(sink.ctx, span_of(s->bytes, s->n), &at);
		messages_free(m);
	}
	size_t bytes = 0;
	for (const struct session *one = model->first; one != NULL; one = one->next) {
		check_sums(one->nmsp);
		bytes += one->nmsp->kept_bytes;
		messages += one->nmsp->messages[ENGINE];
	}
	assert_int_equal(bytes, model->messages.bytes);
	assert_true(bytes <= LIMIT_MESSAGES_ALL && bytes > LIMIT_MESSAGES_ALL - 2000);
	assert_null(model->first->nmsp->oldest);
	/* sessions leave from anywhere in the list; their counts stay */
	while (model->first != NULL)
		model_drop_session(model, model->first->next != NULL ? model->first->next : model->first);
	assert_int_equal(model->messages.bytes, 0);
	assert_null(model->messages.oldest);
	assert_null(model->messages.newest);
	assert_int_equal(model->capture.evicted_messages, messages);
	model_free(model);
	free(s);
}

/* ---- services ---- */

static void test_services(void **state)
{
	(void)state;
	enum { STATUS = 4, REFUSED = 5 };
	struct run run;
	struct nmsptalk *engine = xcalloc(1, sizeof *engine), *controller = xcalloc(1, sizeof *controller);
	put_engine(engine);
	nmsptalk_number(engine, 30, 3, 1, 4, 0x20000);
	nmsptalk_number(controller, 7, 9, 1, 4, 0x33);
	nmsptalk_number(controller, 7, 9, 1, 4, 0x33);
	nmsptalk_number(controller, 31, 3, STATUS, 2, REFUSED);
	run_start(&run);
	feed_stream(&run, ENGINE, engine, 0, engine->n, engine->n);
	feed_stream(&run, CONTROLLER, controller, 0, controller->n, 5);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_int_equal(session_nmsp_capability(nmsp, CONTROLLER)->mask, 0x33);
	assert_int_equal(session_nmsp_capability(nmsp, ENGINE)->mask, 0x68EBE7);
	assert_int_equal(nmsp->n_capabilities, 2);
	assert_int_equal(count(nmsp, 7, ENGINE), 1);
	assert_int_equal(count(nmsp, 7, CONTROLLER), 2);
	assert_int_equal(nmsp->n_subscriptions, 2);
	assert_int_equal(nmsp->subscriptions[1].answer, NMSP_REFUSED);
	assert_null(session_nmsp_subscription(nmsp));
	controller->n = 0;
	nmsptalk_number(controller, 31, 2, STATUS, 2, 0);
	feed_stream(&run, CONTROLLER, controller, 0, controller->n, controller->n);
	assert_int_equal(session_nmsp_subscription(nmsp)->mask, TAGS);
	run_stop(&run);
	free(engine);
	free(controller);
}

static void test_masks_are_bounded(void **state)
{
	(void)state;
	struct run run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 3 * LIMIT_MASKS; i++) {
		nmsptalk_number(s, 7, i, 1, 4, i);
		nmsptalk_number(s, 30, i, 1, 4, i);
	}
	run_start(&run);
	feed_stream(&run, ENGINE, s, 0, s->n, s->n);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_int_equal(nmsp->n_capabilities, LIMIT_MASKS);
	assert_int_equal(nmsp->n_subscriptions, LIMIT_MASKS);
	assert_int_equal(session_nmsp_capability(nmsp, ENGINE)->mask, 3 * LIMIT_MASKS - 1);
	assert_int_equal(nmsp->subscriptions[0].mask, 2 * LIMIT_MASKS);
	run_stop(&run);
	free(s);
}

/* Nobody knows how many bytes are missing: what was open ends there, and the next message is found. */
static void test_unknown_gap(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	for (size_t at = 0; at <= s->n; at += 5) {
		struct run run;
		run_start(&run);
		feed_stream(&run, ENGINE, s, 0, s->n, s->n);
		feed_stream(&run, ENGINE, s, 0, at, s->n);
		feed_gap(&run, ENGINE, 0);
		feed_stream(&run, ENGINE, s, 0, s->n, s->n);
		feed_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		check_sums(nmsp);
		assert_int_equal(nmsp->malformed, 0);
		assert_int_equal(nmsp->cut_off[ENGINE], 0);
		assert_in_range(nmsp->messages[ENGINE], 20, 30);
		run_stop(&run);
	}
	free(s);
}

static void test_midstream(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	put_engine(s);
	put_engine(s);
	for (size_t from = 0; from < s->n / 2; from++) {
		struct run run;
		run_start(&run);
		run.session->midstream = true;
		feed_stream(&run, ENGINE, s, from, s->n / 2, s->n);
		feed_stream(&run, ENGINE, s, s->n / 2, s->n, s->n);
		feed_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		check_sums(nmsp);
		assert_non_null(nmsp->profile);
		assert_int_equal(nmsp->malformed, 0);
		assert_in_range(nmsp->messages[ENGINE], 10, 20);
		run_stop(&run);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_segmentation),   cmocka_unit_test(test_two_pieces),
	    cmocka_unit_test(test_cut_everywhere), cmocka_unit_test(test_split_after_gap),
	    cmocka_unit_test(test_gaps),           cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_unknown),        cmocka_unit_test(test_lengths_alone),
	    cmocka_unit_test(test_given_profile),  cmocka_unit_test(test_given_profile_misfits),
	    cmocka_unit_test(test_weak_evidence),  cmocka_unit_test(test_false_start),
	    cmocka_unit_test(test_doubtful_start),

	    cmocka_unit_test(test_decision_waits), cmocka_unit_test(test_hold_is_bounded),
	    cmocka_unit_test(test_roles),          cmocka_unit_test(test_bad_length),
	    cmocka_unit_test(test_first_lies),     cmocka_unit_test(test_bad_element),
	    cmocka_unit_test(test_types),          cmocka_unit_test(test_kept_of_a_session),
	    cmocka_unit_test(test_long_message),   cmocka_unit_test(test_kept_of_all),
	    cmocka_unit_test(test_services),       cmocka_unit_test(test_masks_are_bounded),
	    cmocka_unit_test(test_unknown_gap),    cmocka_unit_test(test_midstream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
