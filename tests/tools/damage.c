/*
 * damage KIND SEED < FILE > FILE: what happens to files on bad disks and in bad hands. The same seed gives
 * the same damage. KIND is flip (single bits), zero (runs of zeros) or swap (runs that change places).
 * Called by tests/bad-input.
 */
#include "samples/bytes.h"

#include <stdio.h>
#include <stdlib.h>

#define WOUNDS 12
#define RUN    64 /* bytes at most */

/* splitmix64 */
static size_t random_below(uint64_t *state, size_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (size_t)((z ^ z >> 31) % below);
}

static void flip(struct bytes *file, uint64_t *seed)
{
	file->p[random_below(seed, file->n)] ^= (uint8_t)(1u << random_below(seed, 8));
}

static void zero(struct bytes *file, uint64_t *seed)
{
	size_t at = random_below(seed, file->n), n = 1 + random_below(seed, RUN);
	for (size_t i = at; i < file->n && i < at + n; i++)
		file->p[i] = 0;
}

static void swap(struct bytes *file, uint64_t *seed)
{
	size_t a = random_below(seed, file->n), b = random_below(seed, file->n);
	size_t n = 1 + random_below(seed, RUN);
	for (; n > 0 && a < file->n && b < file->n; n--, a++, b++) {
		uint8_t was = file->p[a];
		file->p[a] = file->p[b];
		file->p[b] = was;
	}
}

static void (*kind_of(const char *name))(struct bytes *file, uint64_t *seed)
{
	static const struct {
		const char *name;
		void (*hurt)(struct bytes *file, uint64_t *seed);
	} kinds[] = {{"flip", flip}, {"zero", zero}, {"swap", swap}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].hurt;
	return NULL;
}

int main(int argc, char **argv)
{
	struct bytes file = {.p = NULL};
	uint8_t slice[4096];
	size_t n;
	void (*hurt)(struct bytes *, uint64_t *) = argc == 3 ? kind_of(argv[1]) : NULL;
	if (hurt == NULL) {
		fputs("usage: damage flip|zero|swap SEED < FILE > FILE\n", stderr);
		return 2;
	}
	uint64_t seed = strtoull(argv[2], NULL, 10);
	while ((n = fread(slice, 1, sizeof slice, stdin)) > 0)
		bytes_add(&file, span_of(slice, n));
	for (int i = 0; file.n > 0 && i < WOUNDS; i++)
		hurt(&file, &seed);
	bool written = fwrite(file.p, 1, file.n, stdout) == file.n && fflush(stdout) == 0;
	bytes_free(&file);
	return written ? 0 : 2;
}
