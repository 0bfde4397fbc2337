/*
 * What the samples show: one row a sample, one function that plays it.
 */
#ifndef SAMPLES_SCENARIOS_H
#define SAMPLES_SCENARIOS_H

#include "samples/lists.h"
#include "samples/session.h"

#define SCENARIOS_START INT64_C(1772442900000000000) /* 2026-03-02 09:15:00 UTC */

/* The certificates that all samples share. */
struct scenarios_cast {
	struct tlspeer_identity ca, controller, engine, expired, other, nobody;
};

/* Where a scenario plays: its frames, its hour, and the ephemeral port of its first connection. */
struct scenarios_stage {
	const struct scenarios_cast *cast;
	struct wire wire;
	struct bytes *keys; /* gets the key log, NULL when nobody wants it */
	int64_t start; /* nanoseconds since 1970-01-01 UTC */
	uint16_t port;
	uint64_t dropped; /* packets that the capture says it lost; 0: it says nothing */
	size_t torn;      /* bytes that the file lacks at its end */
};

enum scenarios_keys {
	SCENARIOS_NO_KEYS,
	SCENARIOS_KEYS_BESIDE, /* as a key log file */
	SCENARIOS_KEYS_INSIDE, /* as a decryption secrets block at the capture's end */
	SCENARIOS_RSA_KEY,     /* the controller's private key as a PEM file */
};

struct scenarios_row {
	const char *name; /* of the capture, its list and its key log */
	const char *text;
	void (*play)(struct scenarios_stage *stage);
	enum lists_kind list;
	enum scenarios_keys keys;
};

extern const struct scenarios_row scenarios_all[];
extern const size_t scenarios_count;

/* New keys and certificates, valid 2020 to 2040 but for the expired one. */
struct scenarios_cast scenarios_cast(void);
void scenarios_cast_free(struct scenarios_cast *cast);

/* An engine and a controller that speak TLS 1.2 and accept each other; the benchmarks start here too. */
struct session_plan scenarios_plan(const struct scenarios_stage *stage);

#endif
