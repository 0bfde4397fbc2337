/*
 * learn: the longest time in milliseconds that the learner of framings takes for a session: 40 messages in
 * drawn framings, and held plaintext that looks like lengths everywhere.
 */
#include "analyzer/learn.h"
#include "analyzer/xmalloc.h"
#include "tests/framings.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SEEDS = 200, PIECE = 64 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double time_of(const struct messages_hold *hold, struct learned *learned)
{
	struct learn_input input = {.hold = hold};
	double start = now();
	learn(&input, 1, learned);
	return now() - start;
}

/* Bytes from 0 to `limit` in small records, as much as is held of a session. */
static double time_of_noise(uint32_t limit, struct learned *learned)
{
	struct seeded s = seeded_of(limit);
	struct messages_hold hold = {.n = 0};
	while (!messages_hold_full(&hold)) {
		uint8_t bytes[PIECE];
		for (size_t i = 0; i < PIECE; i++)
			bytes[i] = (uint8_t)seeded_below(&s, limit + 1);
		struct messages_piece piece = {.dir = (uint8_t)seeded_below(&s, 2), .n = PIECE};
		messages_hold_add(&hold, &piece, span_of(bytes, PIECE));
	}
	double ms = time_of(&hold, learned);
	messages_hold_free(&hold);
	return ms;
}

int main(void)
{
	static const uint32_t limits[] = {0, 1, 2, 4, 8, 16, 31, 67, 255};
	struct learned *learned = xmalloc(sizeof *learned);
	double worst = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		double ms = time_of(&f->hold, learned);
		worst = ms > worst ? ms : worst;
		framings_free(f);
	}
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		double ms = time_of_noise(limits[i], learned);
		worst = ms > worst ? ms : worst;
	}
	printf("%.1f\n", worst);
	free(learned);
	return 0;
}
