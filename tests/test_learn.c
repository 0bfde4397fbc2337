/*
 * The learner of framings: drawn framings by fixed seeds, what must be refused, what ambiguity is said, that
 * what it prints is a profile.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "analyzer/xmalloc.h"
#include "tests/expect.h"
#include "tests/learnjudge.h"
#include "tests/seeded.h"

#define SEEDS       200
#define RIGHT_LEAST 198
#define IDS_LEAST   95 /* in a hundred of those that have ids */
#define NOISES      40

/* ---- what is learned ---- */

static void test_framings(void **state)
{
	(void)state;
	struct learnjudge judge = {.seeds = 0};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const char *what = learnjudge_seed(&judge, seed);
		if (what != NULL)
			print_message("seed %" PRIu64 ": %s\n", seed, what);
	}
	print_message(
	    "%u framings: boundaries and types right for %u; ids right for %u of %u, not told for %u; "
	    "wrong without a word: %u; header right for %u; elements right for %u, wrong for %u\n",
	    (unsigned)judge.seeds, (unsigned)judge.right, (unsigned)judge.ids_right, (unsigned)judge.with_ids,
	    (unsigned)judge.ids_untold, (unsigned)judge.silent, (unsigned)judge.header_right,
	    (unsigned)judge.elements_right, (unsigned)judge.elements_wrong);
	assert_int_equal(judge.seeds, SEEDS);
	assert_true(judge.right >= RIGHT_LEAST);
	assert_true(judge.with_ids > SEEDS / 2);
	assert_true(100 * judge.ids_right >= IDS_LEAST * judge.with_ids);
	assert_int_equal(judge.silent, 0);
	assert_int_equal(judge.elements_silent, 0);
}

/* The text is a profile: read again it is the one that was learned. */
static void test_text(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct profile *again = xmalloc(sizeof *again);
	struct profile_error error;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		struct learn_input input = {.hold = &f->hold};
		assert_true(learn(&input, 1, out));
		assert_int_equal(out->profile.origin, PROFILE_LEARNED);
		char *text = learn_text(out), *printed = xmalloc(PROFILE_TEXT);
		has(text, "# evidence: length u");
		has(text, "# evidence: type u");
		has(text, "of 40 published and sent by the right side");
		assert_true(profile_parse(span_of(text, strlen(text)), again, &error));
		assert_true(profile_print(again, printed, PROFILE_TEXT) > 0);
		has(text, printed);
		free(printed);
		free(text);
		framings_free(f);
	}
	free(out);
	free(again);
}

static void add(struct messages_hold *hold, uint8_t dir, const void *bytes, size_t n)
{
	struct messages_piece piece = {
	    .dir = dir, .n = n, .origin = {.time = 0, .packet = hold->n_pieces + 1}};
	messages_hold_add(hold, &piece, span_of(bytes, n));
}

static bool learn_from(const struct messages_hold *hold, struct learned *out)
{
	struct learn_input input = {.hold = hold};
	return learn(&input, 1, out);
}

/* Two sessions of 6 messages each say what neither says alone. */
static void test_together(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct framings *f = framings_new(3, FRAMINGS_MESSAGES);
	struct messages_hold part[4] = {{.n = 0}};
	struct learn_input inputs[4];
	for (size_t i = 0; i < 24; i++) {
		const struct framings_message *of = &f->messages[i];
		add(&part[i / 6], of->dir, &f->stream[of->dir][of->at], of->n);
	}
	for (size_t i = 0; i < 4; i++) {
		inputs[i] = (struct learn_input){.hold = &part[i]};
		assert_false(learn(&inputs[i], 1, out));
		assert_true(out->why[0] != '\0');
	}
	assert_true(learn(inputs, 4, out));
	bool ids_right;
	assert_true(learnjudge_cut(f, &out->profile, &ids_right));
	for (size_t i = 0; i < 4; i++)
		messages_hold_free(&part[i]);
	framings_free(f);
	free(out);
}

/* A session seen from its middle, and one with a hole: a record often starts a message. */
static void test_midstream(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	uint32_t learned = 0;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		struct messages_hold hold = {.n = 0};
		for (size_t i = 0; i < f->n_messages; i++) {
			const struct framings_message *of = &f->messages[i];
			size_t skipped = i < 2 ? of->n / 2 : 0;
			add(&hold, of->dir, &f->stream[of->dir][of->at + skipped], of->n - skipped);
			if (i == 20)
				messages_hold_add(&hold,
				                  &(struct messages_piece){.dir = 1, .is_gap = true, .n = 9},
				                  span_of(NULL, 0));
		}
		struct learn_input input = {.hold = &hold, .midstream = true};
		bool ids_right, found = learn(&input, 1, out);
		learned += found;
		if (found)
			assert_true(learnjudge_cut(f, &out->profile, &ids_right));
		messages_hold_free(&hold);
		framings_free(f);
	}
	print_message("%u of 50 framings learned in the middle of sessions\n", (unsigned)learned);
	assert_true(learned >= 45);
	free(out);
}

/* ---- what is refused ---- */

static void refuse(const struct messages_hold *hold, uint64_t seed)
{
	struct learned *out = xmalloc(sizeof *out);
	if (learn_from(hold, out))
		fail_msg("seed %" PRIu64 ": learned %s", seed, learn_text(out));
	assert_true(out->why[0] != '\0');
	free(out);
}

/* Bytes below `limit`: small numbers look like lengths and types. */
static void refuse_noise(uint32_t limit)
{
	for (uint64_t seed = 1; seed <= NOISES; seed++) {
		struct seeded s = seeded_of(seed * 1000 + limit);
		struct messages_hold hold = {.n = 0};
		for (int records = 0; records < 60; records++) {
			uint8_t bytes[200];
			size_t n = 1 + seeded_below(&s, sizeof bytes);
			for (size_t i = 0; i < n; i++)
				bytes[i] = (uint8_t)seeded_below(&s, limit);
			add(&hold, (uint8_t)seeded_below(&s, 2), bytes, n);
		}
		refuse(&hold, seed);
		messages_hold_free(&hold);
	}
}

static void test_noise(void **state)
{
	(void)state;
	refuse_noise(256);
	refuse_noise(68);
	refuse_noise(32);
	refuse_noise(3);
}

static void test_zeros(void **state)
{
	(void)state;
	static const uint8_t zeros[4000];
	struct messages_hold hold = {.n = 0};
	for (uint8_t dir = 0; dir < 2; dir++)
		add(&hold, dir, zeros, sizeof zeros);
	refuse(&hold, 0);
	messages_hold_free(&hold);
}

static const char *const english[] = {
    "The quick brown fox jumps over the lazy dog, and then it rests for a while in the shade of a tree. ",
    "A network engineer stands at a span port; is this session healthy, and if not, who rejected whom?\n",
    "It was the best of times, it was the worst of times.\r\n\r\nItem 1.\tNothing.\r\nItem 2.\tNothing "
    "more.\r\n",
    "No.",
    "He said: \"Count 1, 2, 3, 7, 13, 14, 15 and 16 -- then stop\"; so they did (all of them, at once).\n",
};

static const char *const http[2][3] = {
    {"GET /nmsp?page=1 HTTP/1.1\r\nHost: 10.0.0.1:16113\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
     "POST /api/config/v1/version/image HTTP/1.1\r\nHost: cmx\r\nContent-Length: 22\r\n\r\n{\"a\": 13, "
     "\"b\": \"C\\tCC\"}",
     "HEAD / HTTP/1.0\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 48\r\n\r\n<html><body><h1>It "
     "works!</h1></body></html>\r\n\r\n",
     "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/login\r\nSet-Cookie: id=7f1d; Path=/\r\n\r\n"},
};

static void test_text_and_http(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= NOISES; seed++) {
		struct seeded s = seeded_of(seed);
		struct messages_hold text = {.n = 0}, web = {.n = 0};
		for (int records = 0; records < 40; records++) {
			uint8_t dir = (uint8_t)(records % 2);
			const char *words = english[seeded_below(&s, 5)],
			           *line = http[dir][seeded_below(&s, 3)];
			add(&text, (uint8_t)seeded_below(&s, 2), words, strlen(words) - seeded_below(&s, 3));
			add(&web, dir, line, strlen(line));
		}
		refuse(&text, seed);
		refuse(&web, seed);
		messages_hold_free(&text);
		messages_hold_free(&web);
	}
}

/* Seven messages of any framing. */
static void test_few(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (uint64_t seed = 1; seed <= NOISES; seed++)
		for (size_t n = 4 + seed % 2; n < LEARN_LEAST; n += 2) {
			struct framings *f = framings_new(seed, n);
			refuse(&f->hold, seed);
			framings_free(f);
		}
	struct messages_hold none = {.n = 0};
	assert_false(learn_from(&none, out));
	assert_string_equal(out->why, "there is no plaintext");
	free(out);
}

/* Echoes alone: a mark of the direction has two values, too. */
static void test_echoes(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	for (uint8_t i = 0; i < 40; i++) {
		uint8_t echo[] = {0, (uint8_t)(1 + i % 2), 0, 8, 0, 0, 0, i / 2};
		add(&hold, i % 2, echo, sizeof echo);
	}
	assert_false(learn_from(&hold, out));
	has(out->why, "2 different message ids are too few");
	messages_hold_free(&hold);
	free(out);
}

/* ---- what is ambiguous ---- */

static void put_messages(struct messages_hold *hold, bool twins)
{
	static const uint8_t types[] = {7,  7,  30, 31, 16, 17, 1,  2,  20, 21,
	                                15, 22, 18, 67, 1,  2,  13, 14, 15, 15};
	static const uint8_t dirs[] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1};
	static const uint8_t others[] = {7,  7,  1,  2,  13, 14, 30, 31, 1,  2,
	                                 22, 15, 67, 18, 16, 17, 20, 21, 22, 15};
	for (size_t i = 0; i < sizeof types; i++) {
		uint8_t body = (uint8_t)(i * 7 % 23),
		        bytes[64] = {0xa0, types[i], 0xb0, (uint8_t)(12 + body)};
		bytes[5] = twins ? others[i] : 0xc0;
		bytes[4] = 0xd0;
		bytes[6] = 0xe0;
		bytes[8] = bytes[10] = (uint8_t)(i / 2 * 3 + (twins ? 0 : 100));
		bytes[10] = twins ? bytes[10] : (uint8_t)(7 * i / 2);
		bytes[7] = bytes[9] = bytes[11] = 0xf0;
		for (size_t k = 12; k < 12u + body; k++)
			bytes[k] = (uint8_t)(i * 91 + k * 57);
		add(hold, dirs[i], bytes, 12u + body);
	}
}

/* Two fields of published ids that fit equally well: nothing is learned, and both are named. */
static void test_two_types(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	put_messages(&hold, true);
	assert_false(learn_from(&hold, out));
	has(out->why, "two framings fit");
	has(out->why, "type u8 at 1");
	has(out->why, "type u8 at 5");
	messages_hold_free(&hold);
	free(out);
}

/* ---- caps ---- */

/* No more inputs and messages are looked at than the caps say; the rest need not even fit. */
static void test_caps(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct learn_input inputs[LIMIT_LEARN_INPUTS + 1];
	struct framings *f = framings_new(5, FRAMINGS_MESSAGES);
	for (size_t i = 0; i < LIMIT_LEARN_INPUTS + 1; i++)
		inputs[i] = (struct learn_input){.hold = &f->hold};
	assert_true(learn(inputs, LIMIT_LEARN_INPUTS + 1, out));
	has(out->evidence.text[0], "640 of 640 messages"); /* 16 inputs of 40 */
	framings_free(f);
	struct messages_hold hold = {.n = 0};
	for (uint32_t i = 0; i < 20; i++)
		put_messages(&hold, false);
	assert_true(learn_from(&hold, out));
	/* of 400 messages 140 are the engine's */
	char expected[64];
	snprintf(expected, sizeof expected, "%d of %d messages", 140 + LIMIT_LEARN_MESSAGES,
	         140 + LIMIT_LEARN_MESSAGES);
	has(out->evidence.text[0], expected);
	messages_hold_free(&hold);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_framings),      cmocka_unit_test(test_text),
	    cmocka_unit_test(test_together),      cmocka_unit_test(test_midstream),
	    cmocka_unit_test(test_noise),         cmocka_unit_test(test_zeros),
	    cmocka_unit_test(test_text_and_http), cmocka_unit_test(test_few),
	    cmocka_unit_test(test_echoes),        cmocka_unit_test(test_two_types),
	    cmocka_unit_test(test_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
