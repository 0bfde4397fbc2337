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
		else {
			score.wrong++;
			if (getenv("TALK_SHOW"))
				printf("seed %d: %d/%d for %d/%d interval %.1f\n", (int)seed, (int)echo.requests, (int)echo.responses, (int)talk->requests, (int)talk->responses, (double)echo.interval/1e9);
		}
		infer_forget(&session);
		talk_free(talk);
	}
	printf("%-20s every %2.0f s, seeds %d to %d: %u within 1, %u without a claim, %u off\n", suite->name, every,
	       (int)first, (int)last, score.right, score.silent, score.wrong);
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

int main(int argc, char **argv)
{
	static const double every[] = {5, 15, 60};
	if (argc == 3) {
		for (size_t s = 0; s < TALK_SUITES; s++)
			for (size_t i = 0; i < 3; i++)
				score_echoes(&talk_suites[s], every[i], strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
		return 0;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_echoes_are_found)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
