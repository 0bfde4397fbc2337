/*
 * A sample of each TLS version with its key log, and what must be said of its decryption. For the tests of
 * session_decryption and of the keys that it rests on.
 */
#ifndef TESTS_KEYSAMPLE_H
#define TESTS_KEYSAMPLE_H

#include "tests/keyrun.h"

static const char *const samples[] = {"accepted-tls10", "accepted-tls12", "accepted-tls13"};
#define SAMPLES (sizeof samples / sizeof samples[0])
#define TLS10   0
#define TLS12   1
#define TLS13   2

struct sample {
	struct recording recording;
	char keys[KEYRUN_KEYS];
};

static inline void load(struct sample *sample, size_t which)
{
	keyrun_load(samples[which], &sample->recording, sample->keys);
	keyrun_without(sample->keys, "RSA "); /* a line says what another one says, too: they are not damaged together */
}

static inline void says(const struct keyrun *run, enum decryption state, const char *part)
{
	if (run->decryption.state != state || strstr(run->decryption.detail, part) == NULL)
		fail_msg("\"%s: %s\" instead of %s with \"%s\"",
		         session_decryption_name(run->decryption.state), run->decryption.detail,
		         session_decryption_name(state), part);
}

/* Analyses with these keys, and frees all but the answer. */
static inline struct keyrun *judged(struct sample *sample, enum decryption state, const char *part)
{
	struct keyrun *run = keyrun_new(&sample->recording, sample->keys);
	says(run, state, part);
	return run;
}

static inline void done(struct sample *sample, struct keyrun *run)
{
	keyrun_free(run);
	recording_free(&sample->recording);
}

#endif
