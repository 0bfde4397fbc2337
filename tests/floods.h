/*
 * Floods, frame by frame: what strangers send to the controller of the lab and of the samples. Used by
 * tests/tools/inject.c and tests/bench/gen_flood.c.
 */
#ifndef TESTS_FLOODS_H
#define TESTS_FLOODS_H

#include "samples/headers.h"
#include "samples/wire.h"

enum { FLOODS_PORT = 16113, FLOODS_TCP = 6 };

/* Who gets the frames; each is borrowed for the call. */
struct floods {
	void (*take)(void *ctx, struct span frame);
	void *ctx;
};

static const struct wire_host floods_controller = {.mac = {0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x01},
                                                   .ip = {.version = 4, .bytes = {10, 10, 30, 10}},
                                                   .port = FLOODS_PORT};

enum { FLOODS_PORTS = 60000 };

/* The nth stranger: another port each, another address each FLOODS_PORTS. */
static inline struct wire_host floods_stranger(uint64_t n)
{
	enum { FIRST_PORT = 1024 };
	uint64_t address = n / FLOODS_PORTS;
	return (struct wire_host){.mac = {0x00, 0x50, 0x56, 0x9c, 0x99, 0x99},
	                          .ip = {.version = 4,
	                                 .bytes = {10, (uint8_t)(64 + address / 65536),
	                                           (uint8_t)(address / 256), (uint8_t)address}},
	                          .port = (uint16_t)(FIRST_PORT + n % FLOODS_PORTS)};
}

static inline struct wire_conversation floods_meet(struct wire *wire, uint64_t n)
{
	struct wire_host hosts[2] = {floods_stranger(n), floods_controller};
	return wire_conversation(wire, hosts, 0);
}

/* Hands on what a conversation has said and forgets it. */
static inline void floods_said(const struct floods *floods, struct wire *wire)
{
	for (size_t i = 0; i < wire->n; i++)
		floods->take(floods->ctx, bytes_span(&wire->frames[i].bytes));
	wire_free(wire);
}

/* `n` SYNs; `answered`: each by the controller, and half open from then on. */
static inline void floods_syns(const struct floods *floods, uint64_t n, bool answered)
{
	for (uint64_t i = 0; i < n; i++) {
		struct wire wire = {.frames = NULL};
		struct wire_conversation talk = floods_meet(&wire, i);
		wire_segment(&talk, 0, TCP_SYN, span_of(NULL, 0));
		if (answered)
			wire_segment(&talk, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
		floods_said(floods, &wire);
	}
}

/* `n` connections, each from an address of its own, whose first bytes are a fatal alert and a reset. */
static inline void floods_failures(const struct floods *floods, uint64_t n)
{
	static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40}; /* RFC 5246 section 7.2: handshake_failure */
	for (uint64_t i = 0; i < n; i++) {
		struct wire wire = {.frames = NULL};
		struct wire_conversation talk = floods_meet(&wire, i * FLOODS_PORTS);
		wire_open(&talk);
		wire_send(&talk, 0, span_of(alert, sizeof alert));
		wire_segment(&talk, 0, TCP_RST, span_of(NULL, 0));
		floods_said(floods, &wire);
	}
}

/* The first of two or more fragments each; the others never come. */
static inline void floods_fragments(const struct floods *floods, uint64_t n)
{
	enum { PAYLOAD = 512 };
	struct bytes out = {.p = NULL};
	for (uint64_t i = 0; i < n; i++) {
		struct wire_host from = floods_stranger(i);
		struct headers_ipv4 header = {.src = span_of(from.ip.bytes, 4),
		                              .dst = span_of(floods_controller.ip.bytes, 4),
		                              .protocol = FLOODS_TCP,
		                              .ttl = HEADERS_TTL,
		                              .id = (uint16_t)i,
		                              .fragment = HEADERS_MORE_FRAGMENTS};
		bytes_clear(&out);
		headers_ethernet(&out, from.mac, floods_controller.mac, HEADERS_TYPE_IPV4);
		headers_ipv4(&out, &header, PAYLOAD);
		bytes_big(&out, from.port, 2);
		bytes_big(&out, FLOODS_PORT, 2);
		bytes_zeros(&out, PAYLOAD - 4);
		floods->take(floods->ctx, bytes_span(&out));
	}
	bytes_free(&out);
}

/* `n` bytes in records of a client hello as long as its length field allows; another begins where it ends. */
static inline void floods_endless(const struct floods *floods, uint64_t n)
{
	enum {
		RECORD = 16384,
		HEAD = 4,
		LENGTH = 0xffffff,
		CLIENT_HELLO = 1,
		HANDSHAKE = 22,
		TLS12 = 0x0303
	};
	struct wire wire = {.frames = NULL};
	struct wire_conversation talk = floods_meet(&wire, 0);
	struct bytes record = {.p = NULL};
	wire_open(&talk);
	size_t left = 0; /* of the message */
	for (uint64_t sent = 0; sent < n; sent += RECORD) {
		bytes_clear(&record);
		bytes_big(&record, HANDSHAKE, 1);
		bytes_big(&record, TLS12, 2);
		size_t head = left == 0 ? HEAD : 0;
		if (left == 0)
			left = LENGTH;
		size_t body = left < RECORD - head ? left : RECORD - head;
		bytes_big(&record, head + body, 2);
		if (head > 0)
			bytes_big(&record, CLIENT_HELLO << 24 | LENGTH, HEAD);
		bytes_zeros(&record, body);
		left -= body;
		wire_send(&talk, 0, bytes_span(&record));
		floods_said(floods, &wire);
	}
	bytes_free(&record);
	floods_said(floods, &wire);
}

#endif
