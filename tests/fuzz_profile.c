/*
 * Fuzz target of dissect/profile: any text as a profile. One that is accepted prints and reads back the same,
 * byte for byte; one that is refused says where and why.
 */
#include "dissect/profile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_round_trip(const struct profile *profile)
{
	static struct profile again;
	static char first[PROFILE_TEXT], second[PROFILE_TEXT];
	struct profile_error error;
	size_t n = profile_print(profile, first, sizeof first);
	check(n > 0 && n == strlen(first));
	check(profile_parse(span_of(first, n), &again, &error));
	check(profile_print(&again, second, sizeof second) == n && memcmp(first, second, n) == 0);
	check(memcmp(profile, &again, sizeof again) == 0); /* both start as zeros, so padding is equal */
	check(profile_print(profile, second, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct profile profile;
	struct profile_error error;
	uint32_t lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (profile_parse(span_of(data, size), &profile, &error)) {
		check_round_trip(&profile);
		return 0;
	}
	check(error.problem != NULL && error.line <= lines);
	check(strlen(error.word) < sizeof error.word);
	check(error.line > 0 || error.word[0] == 0);
	return 0;
}
