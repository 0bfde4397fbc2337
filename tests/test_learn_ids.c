/*
 * How wide a transaction id is that stands beside a constant: the learner of framings takes the constant for
 * no part of it, and says so where the data does not show it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/learnrun.h"
#include "tests/seeded.h"

enum { HEADER = 8, ID = 6, EXCHANGES = 14, LONG = 300 };

static const struct talk {
	const char *what;
	uint8_t first, step; /* of requests; step 0: random */
	uint8_t unasked;     /* the first one of messages that nobody asks for; 0: all have 0 */
	bool doubt;
} talks[] = {
    {"two counters", 0x40, 1, 0x90, true},    {"a counter and zeros", 0x40, 1, 0, false},
    {"random numbers", 0x40, 0, 0x90, false}, {"a counter that begins anew", 0xf8, 1, 0x90, false},
    {"both count from 1", 1, 1, 1, false},    {"one counts from 1", 1, 1, 0x90, true},
};

static void add_message(struct messages_hold *hold, uint8_t dir, uint8_t type, uint8_t id)
{
	static struct seeded s = {.seed = 3, .state = 3};
	uint8_t bytes[HEADER + LONG];
	size_t n = HEADER + (hold->n_pieces == 5 ? LONG : seeded_below(&s, 40));
	const uint8_t header[HEADER] = {0xa0, 0, type, (uint8_t)(n >> 8), (uint8_t)n, 0x3d, id, 0xa7};
	memcpy(bytes, header, HEADER);
	for (size_t i = HEADER; i < n; i++)
		bytes[i] = (uint8_t)seeded_next(&s);
	learnrun_add(hold, dir, bytes, n);
}

static void speak(const struct talk *talk, struct messages_hold *hold)
{
	static const uint8_t requests[] = {30, 16, 1, 20, 13}, unasked[] = {15, 22, 18, 67, 7};
	struct seeded s = seeded_of(5);
	for (uint8_t i = 0; i < EXCHANGES; i++) {
		uint8_t id =
		    talk->step > 0 ? (uint8_t)(talk->first + i * talk->step) : (uint8_t)seeded_next(&s);
		add_message(hold, 0, requests[i % 5], id);
		add_message(hold, 1, requests[i % 5] + 1, id);
		add_message(hold, 1, unasked[i % 5], talk->unasked > 0 ? (uint8_t)(talk->unasked + i) : 0);
	}
}

static void test_beside(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (size_t i = 0; i < sizeof talks / sizeof talks[0]; i++) {
		struct messages_hold hold = {.n = 0};
		speak(&talks[i], &hold);
		assert_true(learnrun(&hold, out));
		assert_int_equal(out->profile.transaction.off, ID);
		assert_int_equal(out->profile.transaction.size, 1);
		char *text = learn_text(out);
		bool doubt = strstr(text, "# not told: transaction id: it may be wider") != NULL;
		if (doubt != talks[i].doubt)
			fail_msg("%s:\n%s", talks[i].what, text);
		free(text);
		messages_hold_free(&hold);
	}
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_beside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
