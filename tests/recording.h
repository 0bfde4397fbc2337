/* A capture held in memory for tests: packets that can be reordered, dropped, doubled and split. */
#ifndef TESTS_RECORDING_H
#define TESTS_RECORDING_H

#include "analyzer/analyze.h"

struct recorded {
	int64_t time;
	uint32_t linktype;
	size_t wire;
	uint8_t *bytes; /* an exact heap block */
	size_t n;
};

struct recording {
	struct recorded *packets;
	size_t n;
};

/* All packets of a file. Fails the test when it cannot be read. */
void recording_read(struct recording *recording, const char *path);
void recording_free(struct recording *recording);
void recording_copy(struct recording *to, const struct recording *from);
void recording_remove(struct recording *recording, size_t at);
void recording_insert(struct recording *recording, size_t at, const struct recorded *packet);

/*
 * Splits the TCP payload of a packet (Ethernet, IPv4) in two packets at `at` bytes of payload. False when the
 * packet is not of that kind or its payload is not longer than `at`.
 */
bool recording_split(struct recording *recording, size_t index, size_t at);

/* Bytes of TCP payload of a packet (Ethernet, IPv4), 0 for others; *dir is 1 when it comes from `port`. */
size_t recording_payload(const struct recorded *packet, uint16_t port, int *dir);

/* Runs the analysis over it. */
void recording_analyze(const struct recording *recording, struct model *model);

/* The same, and these lines of a key log come behind the last packet. The model must have a key log. */
void recording_analyze_late(const struct recording *recording, struct model *model, struct span secrets);

/* A repeatable random number below `below`, by splitmix64. */
uint64_t recording_random(uint64_t *state, uint64_t below);

#endif
