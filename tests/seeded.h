/*
 * Seeded numbers and a check that names the seed. Included by property tests after cmocka: a failure is
 * replayed by running that seed alone.
 */
#ifndef TESTS_SEEDED_H
#define TESTS_SEEDED_H

#include "tests/seeded_numbers.h"

static inline void seeded_check(const struct seeded *s, bool good, const char *what)
{
	if (!good)
		fail_msg("seed %" PRIu64 ": %s", s->seed, what);
}

#endif
