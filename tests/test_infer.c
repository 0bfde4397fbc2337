/* What sizes and times of closed records tell: generated sessions of 20 minutes, with and without echoes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/infertalk.h"

#include <stdio.h>

#define SEEDS 100

static void echo_session(struct talk *talk, double every)
{
	double size = (int)talk_between(talk, 8, 18);
	talk_begin(talk);
	talk_notify(talk, 2);
	talk_ask(talk, 45, talk_random(talk) < 0.5 ? 19 : 20, 34, 60);
	talk_poll(talk, every, size, size + (int)talk_between(talk, 0, 5), true);
	talk_order(talk, talk_random(talk) < 0.5 ? 0 : 0.005);
}

static bool near(uint64_t a, uint64_t b)
{
	return a <= b + 1 && b <= a + 1;
}

struct score {
	unsigned right, silent, wrong;
};

static struct score score_echoes(const struct talk_suite *suite, double every, uint64_t first, uint64_t last)
{
	struct score score = {0};
	for (uint64_t seed = first; seed <= last; seed++) {
		struct talk *talk = talk_new(seed, suite);
		struct session session;
		struct infer_rhythm echo;
		echo_session(talk, every);
		talk_session(talk, &session);
		talk_play(talk, &session, 1e9);
		if (!infer_echo(session.infer, &echo))
			score.silent++;
		else if (near(echo.requests, talk->requests) && near(echo.responses, talk->responses))
			score.right++;
		else
			score.wrong++;
		infer_forget(&session);
		talk_free(talk);
	}
	printf("%-20s every %2.0f s, seeds %d to %d: %u within 1, %u without a claim, %u off\n", suite->name,
	       every, (int)first, (int)last, score.right, score.silent, score.wrong);
	return score;
}

static void test_echoes_are_found(void **state)
{
	static const double every[] = {5, 15, 60};
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++)
		for (size_t i = 0; i < 3; i++)
			assert_true(score_echoes(&talk_suites[s], every[i], 1, SEEDS).right >= 95);
}

/* Questions in bursts, each answered. */
static void ask_in_bursts(struct talk *talk)
{
	for (double at = 5 + talk_wait(talk, 60); at < TALK_MINUTES * 60 - 20; at += talk_wait(talk, 60))
		for (int n = (int)talk_between(talk, 1, 8); n > 0; n--, at += talk_between(talk, 0.05, 1.5)) {
			talk_say(talk, at, 0, 20);
			talk_say(talk, at + talk_between(talk, 0.002, 0.02), 1, 34);
		}
}

/* Answered questions at waits between a fifth and nine fifths of the mean. */
static void ask_loosely(struct talk *talk, double mean)
{
	double request = (int)talk_between(talk, 8, 18), response = (int)talk_between(talk, 8, 18);
	for (double at = 4; at < TALK_MINUTES * 60; at += mean * talk_between(talk, 0.2, 1.8)) {
		talk_say(talk, at, 0, request);
		talk_say(talk, at + talk_between(talk, 0.002, 0.02), 1, response);
	}
}

/* One side says something by its own clock, and nobody answers. */
static void tick(struct talk *talk, uint8_t dir, double every, double bytes, double jitter)
{
	for (double at = 2 + every * talk_random(talk); at < TALK_MINUTES * 60;
	     at += every * talk_between(talk, 1 - jitter, 1 + jitter))
		talk_say(talk, at, dir, bytes);
}

/* The controller asks by a clock and the engine answers: the other way round. */
static void asked_back(struct talk *talk, double every)
{
	for (double at = 2 + every * talk_random(talk); at < TALK_MINUTES * 60;
	     at += every * talk_between(talk, 0.9, 1.1)) {
		talk_say(talk, at, 1, 24);
		talk_say(talk, at + talk_between(talk, 0.002, 0.02), 0, 12);
	}
}

/* No pair is periodic and answered; some are the one or the other. */
static void no_echo_session(struct talk *talk)
{
	static const double every[] = {5, 15, 60};
	double period = every[(int)talk_between(talk, 0, 3)];
	talk_begin(talk);
	if (talk_random(talk) < 0.9)
		talk_notify(talk, 2);
	if (talk_random(talk) < 0.6)
		talk_ask(talk, talk_between(talk, 4, 60), 12, 12, 13);
	if (talk_random(talk) < 0.3)
		talk_ask(talk, talk_between(talk, 4, 60), 19, 30, 60);
	if (talk_random(talk) < 0.3)
		ask_in_bursts(talk);
	if (talk_random(talk) < 0.4)
		ask_loosely(talk, talk_between(talk, 5, 60));
	if (talk_random(talk) < 0.4)
		tick(talk, 0, period, 14, talk_random(talk) < 0.5 ? 0.01 : 0.2);
	if (talk_random(talk) < 0.4) /* as often as the engine's own, by another clock */
		tick(talk, 1, period, 14, talk_between(talk, 0.02, 0.2));
	if (talk_random(talk) < 0.3)
		asked_back(talk, period);
	talk_order(talk, talk_random(talk) < 0.5 ? 0 : 0.005);
}

static unsigned count_claims(const struct talk_suite *suite, double until, uint64_t first, uint64_t last)
{
	unsigned claims = 0;
	for (uint64_t seed = first; seed <= last; seed++) {
		struct talk *talk = talk_new(seed, suite);
		struct session session;
		struct infer_found found;
		no_echo_session(talk);
		talk_session(talk, &session);
		talk_play(talk, &session, until);
		infer_find(session.infer, &found);
		if (found.n > 0) {
			printf("seed %d: claims %d/%d bytes every %.1f s\n", (int)seed,
			       (int)found.list[0].request->size.most, (int)found.list[0].response->size.most,
			       (double)found.list[0].interval / 1e9);
			claims++;
		}
		infer_forget(&session);
		talk_free(talk);
	}
	printf("%-20s without an echo, seeds %d to %d: %u claims\n", suite->name, (int)first, (int)last,
	       claims);
	return claims;
}

static void test_nothing_is_claimed_without_echoes(void **state)
{
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++)
		assert_int_equal(count_claims(&talk_suites[s], 1e9, 1, SEEDS), 0);
}

/* Also while it goes on, with few requests seen; and for seeds that gave a claim once. */
static void test_nothing_is_claimed_early(void **state)
{
	static const double until[] = {30, 60, 120, 240, 480};
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++)
		for (size_t i = 0; i < sizeof until / sizeof until[0]; i++)
			assert_int_equal(count_claims(&talk_suites[s], until[i], 1, SEEDS), 0);
	assert_int_equal(count_claims(&talk_suites[1], 1e9, 508, 508), 0);
	assert_int_equal(count_claims(&talk_suites[1], 1e9, 720, 720), 0);
}

/* A poll is answered by more than an echo is. */
static unsigned score_rivals(const struct talk_suite *suite, uint64_t first, uint64_t last)
{
	unsigned right = 0;
	for (uint64_t seed = first; seed <= last; seed++) {
		struct talk *talk = talk_new(seed, suite);
		struct session session;
		struct infer_found found;
		talk_begin(talk);
		talk_notify(talk, 2);
		talk_poll(talk, 15, 12, 12, true);
		talk_poll(talk, 30, 28, 40, false);
		talk_order(talk, 0.002);
		talk_session(talk, &session);
		talk_play(talk, &session, 1e9);
		infer_find(session.infer, &found);
		right += found.decided && found.n == 2 && near(found.list[0].requests, talk->requests) &&
		         found.list[1].interval > 20 * NS_PER_S;
		infer_forget(&session);
		talk_free(talk);
	}
	printf("%-20s echo and poll, seeds %d to %d: %u with both\n", suite->name, (int)first, (int)last,
	       right);
	return right;
}

static void test_a_rival_is_named(void **state)
{
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++)
		assert_true(score_rivals(&talk_suites[s], 1, SEEDS) >= 95);
}

/* The controller stops to answer echoes after so many seconds; its notifications go on. */
static void fall_silent(struct talk *talk, double at)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < talk->n; i++)
		if (!talk->records[i].response || talk->records[i].at < at)
			talk->records[n++] = talk->records[i];
	talk->n = n;
}

/* How often a silence is told at this time, among the sessions whose echo is found. */
static unsigned count_silent(const struct talk_suite *suite, double every, double falls, double until,
                             unsigned *found)
{
	unsigned silent = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct talk *talk = talk_new(seed, suite);
		struct session session;
		struct infer_rhythm echo;
		echo_session(talk, every);
		fall_silent(talk, falls);
		talk_session(talk, &session);
		talk_play(talk, &session, until);
		if (infer_echo(session.infer, &echo)) {
			++*found;
			silent += infer_silence(&echo, TALK_START + (int64_t)(until * TALK_S)) != NULL;
		}
		infer_forget(&session);
		talk_free(talk);
	}
	return silent;
}

static void test_silence_is_told(void **state)
{
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++) {
		unsigned found = 0, silent = count_silent(&talk_suites[s], 15, 900, 1000, &found);
		printf("%-20s silent since 100 s: %u of %u told\n", talk_suites[s].name, silent, found);
		assert_true(silent >= 95);
	}
}

/* An exact timer has no jitter, also where something else of the controller follows unanswered requests soon. */
static void test_jitter_is_that_of_all_echoes(void **state)
{
	(void)state;
	struct talk *talk = talk_new(1, &talk_suites[0]);
	struct session session;
	struct infer_rhythm echo;
	for (int i = 0; i < 40; i++) {
		talk_say(talk, 10 + 15 * i, 0, 12);
		if (i < 20)
			talk_say(talk, 10 + 15 * i + 0.003, 1, 16);
		else if (i % 3 == 0)
			talk_say(talk, 10 + 15 * i + 0.05, 1, 100);
	}
	talk_session(talk, &session);
	talk_play(talk, &session, 1e9);
	assert_true(infer_echo(session.infer, &echo));
	assert_int_equal(echo.requests, 40);
	assert_int_equal(echo.interval, 15 * TALK_S);
	assert_int_equal(echo.jitter, 0);
	infer_forget(&session);
	talk_free(talk);
}

/* While it is alive, one answer or two may be missing, and the end of the capture may be anywhere. */
static void test_no_silence_while_alive(void **state)
{
	static const double every[] = {5, 15, 60};
	(void)state;
	for (size_t s = 0; s < TALK_SUITES; s++)
		for (size_t i = 0; i < 3; i++)
			for (double until = 211.5; until < 1200; until += 347) {
				unsigned found = 0;
				assert_int_equal(count_silent(&talk_suites[s], every[i], 1e9, until, &found),
				                 0);
			}
}

int main(int argc, char **argv)
{
	static const double every[] = {5, 15, 60};
	if (argc == 3) {
		for (size_t s = 0; s < TALK_SUITES; s++)
			for (size_t i = 0; i < 3; i++)
				score_echoes(&talk_suites[s], every[i], strtoull(argv[1], NULL, 10),
				             strtoull(argv[2], NULL, 10));
		for (size_t s = 0; s < TALK_SUITES; s++)
			count_claims(&talk_suites[s], 1e9, strtoull(argv[1], NULL, 10),
			             strtoull(argv[2], NULL, 10));
		for (size_t s = 0; s < TALK_SUITES; s++)
			score_rivals(&talk_suites[s], strtoull(argv[1], NULL, 10),
			             strtoull(argv[2], NULL, 10));
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_echoes_are_found),
	    cmocka_unit_test(test_nothing_is_claimed_without_echoes),
	    cmocka_unit_test(test_a_rival_is_named),
	    cmocka_unit_test(test_silence_is_told),
	    cmocka_unit_test(test_jitter_is_that_of_all_echoes),
	    cmocka_unit_test(test_no_silence_while_alive),
	    cmocka_unit_test(test_nothing_is_claimed_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
