/*
 * The learner of framings: drawn framings by fixed seeds, what ambiguity is said, that what it prints is a
 * profile. What must be refused is in test_learn_refused.c.
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
#include "tests/learnrun.h"
#include "tests/seeded.h"

#define SEEDS        200
#define GROUPS_LEAST 90 /* in a hundred */
#define SOME         30 /* of these */
#define RIGHT_LEAST  198
#define IDS_LEAST    95 /* in a hundred of those that have ids */

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
	    "wrong without a word: %u; header right for %u; elements right for %u, wrong for %u; groups "
	    "right for %u of %u\n",
	    (unsigned)judge.seeds, (unsigned)judge.right, (unsigned)judge.ids_right, (unsigned)judge.with_ids,
	    (unsigned)judge.ids_untold, (unsigned)judge.silent, (unsigned)judge.header_right,
	    (unsigned)judge.elements_right, (unsigned)judge.elements_wrong, (unsigned)judge.groups_right,
	    (unsigned)judge.with_groups);
	assert_int_equal(judge.seeds, SEEDS);
	assert_true(judge.right >= RIGHT_LEAST);
	assert_true(judge.with_ids > SEEDS / 2);
	assert_true(100 * judge.ids_right >= IDS_LEAST * judge.with_ids);
	assert_int_equal(judge.silent, 0);
	assert_int_equal(judge.elements_silent, 0);
	assert_true(100 * judge.groups_right >= GROUPS_LEAST * judge.with_groups);
	assert_int_equal(judge.groups_invented, 0);
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
		learnrun_add(&part[i / 6], of->dir, &f->stream[of->dir][of->at], of->n);
	}
	for (size_t i = 0; i < 4; i++) {
		inputs[i] = (struct learn_input){.hold = &part[i]};
		assert_false(learn(&inputs[i], 1, out));
		assert_true(out->why[0] != '\0');
	}
	assert_true(learn(inputs, 4, out));
	bool ids_right;
	assert_true(learnjudge_cut(f, &out->profile, LEARNJUDGE_BOTH, &ids_right));
	for (size_t i = 0; i < 4; i++)
		messages_hold_free(&part[i]);
	framings_free(f);
	free(out);
}

/* Two sessions and a half in the same framing, each with numbers of its own. */
static void test_sessions(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	uint32_t right = 0;
	for (uint64_t seed = 1; seed <= SOME; seed++) {
		struct framings *f[] = {framings_new(seed, 16), NULL, NULL};
		struct learn_input inputs[3] = {{.hold = &f[0]->hold}};
		bool ids_right, all = true;
		for (size_t i = 1; i < 3; i++) {
			f[i] = framings_again(f[0], seed * 1000 + i, i == 1 ? 16 : 8);
			inputs[i] = (struct learn_input){.hold = &f[i]->hold};
		}
		bool found = learn(inputs, 3, out);
		for (size_t i = 0; i < 3; i++) {
			all = all && learnjudge_cut(f[i], &out->profile, LEARNJUDGE_BOTH, &ids_right);
			framings_free(f[i]);
		}
		right += found && all;
		if (found && !all)
			fail_msg("seed %" PRIu64 ": boundaries or types are wrong", seed);
	}
	print_message("%u of %u framings learned from three sessions\n", (unsigned)right, SOME);
	assert_true(right >= 98 * SOME / 100);
	free(out);
}

/* One direction alone: no response is seen beside its request, so no id is told. */
static void test_one_side(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	uint32_t right[2] = {0, 0};
	for (uint64_t seed = 1; seed <= SOME; seed++) {
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		for (uint8_t dir = 0; dir < 2; dir++) {
			struct messages_hold hold = {.n = 0};
			bool ids_right;
			framings_take_side(f, dir, &hold);
			bool found = learnrun(&hold, out);
			if (found && !learnjudge_cut(f, &out->profile, (uint8_t)(1 << dir), &ids_right))
				fail_msg("seed %" PRIu64 ": boundaries or types are wrong", seed);
			assert_true(!found || out->profile.transaction.size == 0);
			right[dir] += found;
			messages_hold_free(&hold);
		}
		framings_free(f);
	}
	print_message("of %u framings learned from one side: %u the engine's, %u the controller's\n", SOME,
	              (unsigned)right[0], (unsigned)right[1]);
	assert_true(right[0] >= SOME / 2 && right[1] >= SOME / 2);
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
			learnrun_add(&hold, of->dir, &f->stream[of->dir][of->at + skipped], of->n - skipped);
			if (i == 20)
				messages_hold_add(&hold,
				                  &(struct messages_piece){.dir = 1, .is_gap = true, .n = 9},
				                  span_of(NULL, 0));
		}
		struct learn_input input = {.hold = &hold, .midstream = true};
		bool ids_right, found = learn(&input, 1, out);
		learned += found;
		if (found)
			assert_true(learnjudge_cut(f, &out->profile, LEARNJUDGE_BOTH, &ids_right));
		messages_hold_free(&hold);
		framings_free(f);
	}
	print_message("%u of 50 framings learned in the middle of sessions\n", (unsigned)learned);
	assert_true(learned >= 45);
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
		learnrun_add(hold, dirs[i], bytes, 12u + body);
	}
}

/* Two fields of published ids that fit equally well: nothing is learned, and both are named. */
static void test_two_types(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	put_messages(&hold, true);
	assert_false(learnrun(&hold, out));
	has(out->why, "two framings fit");
	has(out->why, "type u8 at 1");
	has(out->why, "type u8 at 5");
	messages_hold_free(&hold);
	free(out);
}

/* Drawn framings in which something fits as well that is not so: it is said. */
static void test_doubts(void **state)
{
	(void)state;
	static const struct doubt {
		uint64_t seed;
		bool learned;
		const char *words;
	} doubts[] = {
	    {4687, false, "two framings fit"}, /* a zero, read as a length, halves all messages */
	    {3165, true,
	     "not told: transaction id: responses repeat u32 big-endian at 15, or the other byte order"},
	    {4533, true,
	     "not told: transaction id: it may be wider, for beside u16 little-endian at 15 stands"},
	};
	struct learned *out = xmalloc(sizeof *out);
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
		struct framings *f = framings_new(doubts[i].seed, FRAMINGS_MESSAGES);
		bool found = learnrun(&f->hold, out);
		char *text = found ? learn_text(out) : xstrdup(out->why);
		assert_int_equal(found, doubts[i].learned);
		has(text, doubts[i].words);
		free(text);
		framings_free(f);
	}
	free(out);
}

/* ---- caps ---- */

/* What comes behind LIMIT_LEARN_PARTS gaps is not looked at. */
static void test_parts(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	struct messages_piece gap = {.dir = 0, .is_gap = true, .n = 9};
	for (uint32_t i = 0; i < LIMIT_LEARN_PARTS + 2; i++) {
		put_messages(&hold, false); /* 7 of 20 are the engine's */
		messages_hold_add(&hold, &gap, span_of(NULL, 0));
	}
	assert_true(learnrun(&hold, out));
	char expected[64];
	unsigned n = 7 * LIMIT_LEARN_PARTS + 13 * (LIMIT_LEARN_PARTS + 2);
	snprintf(expected, sizeof expected, "%u of %u messages", n, n);
	has(out->evidence.text[0], expected);
	messages_hold_free(&hold);
	free(out);
}

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
	assert_true(learnrun(&hold, out));
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
	    cmocka_unit_test(test_framings),  cmocka_unit_test(test_text),
	    cmocka_unit_test(test_together),  cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_one_side),  cmocka_unit_test(test_midstream),

	    cmocka_unit_test(test_two_types), cmocka_unit_test(test_doubts),
	    cmocka_unit_test(test_parts),     cmocka_unit_test(test_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
