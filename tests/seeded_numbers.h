/*
 * Numbers that look random and come again with the same seed. Included by property tests through seeded.h,
 * and by generators that are linked into more than tests.
 */
#ifndef TESTS_SEEDED_NUMBERS_H
#define TESTS_SEEDED_NUMBERS_H

#include <inttypes.h>
#include <stdbool.h>

struct seeded {
	uint64_t seed, state;
};

static inline struct seeded seeded_of(uint64_t seed)
{
	return (struct seeded){.seed = seed, .state = seed};
}

/* splitmix64, https://prng.di.unimi.it/splitmix64.c */
static inline uint64_t seeded_next(struct seeded *s)
{
	uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A number from 0 to n - 1; 0 when n is 0. */
static inline uint32_t seeded_below(struct seeded *s, uint64_t n)
{
	return n == 0 ? 0 : (uint32_t)(seeded_next(s) % n);
}

/* True once in n times. */
static inline bool seeded_one_in(struct seeded *s, uint64_t n)
{
	return seeded_below(s, n) == 0;
}

#endif
