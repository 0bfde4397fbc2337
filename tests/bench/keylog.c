/*
 * keylog FILE [LIMIT]: seconds for one read of a key log of a million lines, the best of three, which it
 * writes to FILE first when that is not there; with a LIMIT the older secrets make room. Fails when a secret
 * is missing.
 */
#include "analyzer/keylog.h"
#include "tests/opened.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { TURNS = 3, LINES = 1000000 };

static void put_hex(FILE *file, uint64_t *state, size_t n)
{
	for (size_t i = 0; i < n; i += sizeof *state) {
		*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		fprintf(file, "%016" PRIx64, *state);
	}
}

static int generate(const char *path)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return -1;
	uint64_t state = 1;
	for (int i = 0; i < LINES; i++) {
		fputs("CLIENT_RANDOM ", file);
		put_hex(file, &state, TLS_RANDOM);
		fputc(' ', file);
		put_hex(file, &state, KEYLOG_MASTER_BYTES);
		fputc('\n', file);
	}
	return fclose(file);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds; a negative number when a secret is missing. */
static double turn(const char *path, uint64_t limit)
{
	struct keylog *keylog = keylog_new();
	keylog_set_limit(keylog, limit);
	struct err err;
	double start = now();
	int result = opened_keylog(keylog, path, &err);
	double seconds = now() - start;
	bool whole =
	    result == 0 && keylog_counts(keylog).secrets == limit && keylog_generation(keylog) == LINES;
	keylog_free(keylog);
	return whole ? seconds : -1;
}

int main(int argc, char **argv)
{
	struct stat status;
	uint64_t limit = argc > 2 ? strtoull(argv[2], NULL, 10) : LINES;
	if (argc < 2 || (stat(argv[1], &status) != 0 && generate(argv[1]) != 0)) {
		fputs("usage: keylog FILE [LIMIT]; FILE can be written\n", stderr);
		return 2;
	}
	double best = turn(argv[1], limit);
	for (int i = 1; i < TURNS && best >= 0; i++) {
		double seconds = turn(argv[1], limit);
		best = seconds < best ? seconds : best;
	}
	if (best < 0) {
		fprintf(stderr, "%s: not every line gave a secret\n", argv[1]);
		return 2;
	}
	printf("%.3f\n", best);
	return 0;
}
