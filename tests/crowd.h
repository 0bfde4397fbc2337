/*
 * Thousands of connections from one: the beginning of a sample's TLS 1.2 session, with another engine address
 * and another client random for each. Their records open with no key, which the analysis cannot know before
 * it tries.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "analyzer/analyze.h"
#include "analyzer/input.h"
#include "analyzer/xmalloc.h"
#include "tests/opened.h"

#include <stdio.h>

#define CROWD_PACKETS 64
#define CROWD_IP      26          /* of the source address in a frame: Ethernet, IPv4 without options */
#define CROWD_RANDOM  (5 + 4 + 2) /* of the random in a ClientHello: record head, message head, version */

struct crowd {
	struct capfile_packet packets[CROWD_PACKETS];
	uint8_t *bytes[CROWD_PACKETS];
	size_t engine[CROWD_PACKETS]; /* where the engine's address stands */
	int64_t time;                 /* of the latest packet: one in a microsecond */
	size_t n, hello;              /* hello: the packet with the ClientHello */
	size_t random;                /* where its random stands */
};

/* The first packets of a sample; false when it has no ClientHello. */
static inline bool crowd_load(struct crowd *crowd, const char *path)
{
	struct err err;
	struct capfile_packet packet;
	struct input *input = opened_input(path, &err);
	*crowd = (struct crowd){.n = 0};
	if (input == NULL)
		return false;
	while (crowd->n < CROWD_PACKETS && input_next(input, &packet) == INPUT_PACKET) {
		crowd->bytes[crowd->n] = xmemdup(packet.data.p, packet.data.n);
		packet.data.p = crowd->bytes[crowd->n];
		size_t tcp = 14 + 20, payload = tcp + (size_t)(packet.data.p[tcp + 12] >> 4) * 4;
		if (crowd->random == 0 && packet.data.n > payload + 43 && packet.data.p[payload] == 22) {
			crowd->hello = crowd->n;
			crowd->random = payload + CROWD_RANDOM;
		}
		bool from_controller =
		    packet.data.p[tcp] << 8 == (16113 & 0xff00) && packet.data.p[tcp + 1] == (16113 & 0xff);
		crowd->engine[crowd->n] = from_controller ? CROWD_IP + 4 : CROWD_IP;
		crowd->packets[crowd->n++] = packet;
	}
	input_close(input);
	return crowd->random > 0;
}

static inline void crowd_free(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->n; i++)
		free(crowd->bytes[i]);
}

/* Packets `from` to `to` - 1 of connection i. */
static inline void crowd_play(struct crowd *crowd, struct analyze *analyze, uint32_t i, size_t from,
                              size_t to)
{
	for (size_t k = from; k < to && k < crowd->n; k++) {
		uint8_t *p = crowd->bytes[k];
		uint8_t *engine = &p[crowd->engine[k]];
		for (size_t b = 1; b < 4; b++)
			engine[b] = (uint8_t)(i >> 8 * (3 - b));
		if (k == crowd->hello)
			for (size_t b = 0; b < sizeof i; b++)
				p[crowd->random + b] = (uint8_t)(i >> 8 * b);
		crowd->packets[k].time = crowd->time += NS_PER_US;
		analyze_packet(analyze, 0, &crowd->packets[k]);
	}
}

/* The key log line of connection i, with a secret that is wrong. Returns its length. */
static inline size_t crowd_line(const struct crowd *crowd, uint32_t i, char line[256])
{
	uint8_t random[TLS_RANDOM];
	size_t n = (size_t)snprintf(line, 256, "CLIENT_RANDOM ");
	memcpy(random, &crowd->bytes[crowd->hello][crowd->random], sizeof random);
	for (size_t b = 0; b < sizeof i; b++)
		random[b] = (uint8_t)(i >> 8 * b);
	for (size_t b = 0; b < sizeof random; b++)
		n += (size_t)snprintf(&line[n], 256 - n, "%02x", random[b]);
	return n + (size_t)snprintf(&line[n], 256 - n, " %096x\n", i);
}

#endif
