/*
 * The seed and the hash function behind every table of hash.h.
 *
 * Holds the program's one variable that is not const: traffic chooses the keys of every table, so the seed
 * must be secret, and uthash's macros have no room to hand one down. It is set once and never changes.
 */
#include "analyzer/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <sys/random.h>

uint64_t hash_seed(void)
{
	static uint64_t seed; /* 0 = not drawn yet */
	while (seed == 0)
		if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
			abort();
	return seed;
}

uint64_t hash_bytes(const void *p, size_t n)
{
	return XXH3_64bits_withSeed(p, n, hash_seed());
}
