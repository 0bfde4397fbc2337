/*
 * The secret and the hash function behind every table of hash.h.
 *
 * Holds the program's one variable that is not const: traffic chooses the keys of every table, so the secret
 * must be random, and uthash's macros have no room to hand one down. It is drawn once and never changes.
 */
#include "analyzer/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdbool.h>
#include <sys/random.h>

static struct {
	uint8_t bytes[XXH3_SECRET_DEFAULT_SIZE];
	bool drawn;
} secret;

static void draw_secret(void)
{
	if (getrandom(secret.bytes, sizeof secret.bytes, 0) != (ssize_t)sizeof secret.bytes)
		abort();
	secret.drawn = true;
}

/* Of a seed XXH3 would make such a secret at each call. */
uint64_t hash_bytes(const void *p, size_t n)
{
	if (!secret.drawn)
		draw_secret();
	return XXH3_64bits_withSecret(p, n, secret.bytes, sizeof secret.bytes);
}
