/*
 * Connections that are analysed as they are spoken: bytes of both sides in, packets of TCP or UDP through the
 * whole analysis, decrypted application bytes out. Included after cmocka by tests that are linked with
 * --wrap=plain_data, the place where tls_conn hands plaintext on.
 */
#ifndef TESTS_WIRETALK_H
#define TESTS_WIRETALK_H

#include <stdlib.h>

#include "analyzer/analyze.h"
#include "analyzer/plain.h"
#include "analyzer/session.h"
#include "analyzer/xmalloc.h"

enum {
	WIRE_SESSIONS = 4,
	WIRE_HEARD = 64 * 1024,
	WIRE_SEGMENT = 1400,
	WIRE_RAW = 101, /* LINKTYPE_RAW: packets begin with the IP header */
	WIRE_IP = 20,
	WIRE_TCP = 20,
	WIRE_UDP = 8
};

/* What was decrypted, by session and direction. */
struct wire_heard {
	uint8_t bytes[WIRE_HEARD];
	size_t n;
};
static struct wire_heard wire_heard[WIRE_SESSIONS][2];

struct wire {
	struct model *model;
	struct analyze *analyze;
	uint32_t input;
	int64_t now;
	uint32_t next[2]; /* sequence numbers of the connection that is open */
	uint16_t port;    /* of its client, dir 0 */
	size_t segment;   /* bytes of a packet at most */
};

void __real_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at);
void __wrap_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at);

void __wrap_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at)
{
	assert_true(plain->session->id <= WIRE_SESSIONS);
	struct wire_heard *heard = &wire_heard[plain->session->id - 1][dir];
	assert_true(bytes.n <= sizeof heard->bytes - heard->n);
	if (bytes.n > 0)
		memcpy(&heard->bytes[heard->n], bytes.p, bytes.n);
	heard->n += bytes.n;
	__real_plain_data(plain, dir, bytes, at);
}

static inline struct span wire_plain(uint32_t session, uint8_t dir)
{
	return span_of(wire_heard[session - 1][dir].bytes, wire_heard[session - 1][dir].n);
}

/* `secrets` are lines of a key log. */
static inline void wire_start(struct wire *wire, struct span secrets)
{
	*wire = (struct wire){.model = model_new(),
	                      .now = INT64_C(1700000000) * NS_PER_S,
	                      .port = 50000,
	                      .segment = WIRE_SEGMENT};
	wire->model->profile =
	    xmalloc(sizeof *wire->model->profile); /* nobody learns a framing from what is said */
	profile_builtin(wire->model->profile);
	wire->model->keylog = keylog_new();
	keylog_parse(wire->model->keylog, secrets);
	wire->analyze = analyze_new(wire->model);
	wire->input = model_add_input(wire->model, "test");
	for (size_t i = 0; i < WIRE_SESSIONS; i++)
		wire_heard[i][0].n = wire_heard[i][1].n = 0;
}

static inline void wire_put(uint8_t *to, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

/* What a packet says behind its IP header, as it arrives now. */
static inline void wire_arrive(struct wire *wire, uint8_t dir, uint8_t protocol, struct span transport)
{
	static const uint8_t host[2][4] = {{10, 0, 0, 2}, {10, 0, 0, 1}};
	size_t n = WIRE_IP + transport.n;
	uint8_t *bytes = calloc(1, n);
	assert_non_null(bytes);
	bytes[0] = 0x45;
	wire_put(&bytes[2], n, 2);
	bytes[8] = 64;
	bytes[9] = protocol;
	memcpy(&bytes[12], host[dir], 4);
	memcpy(&bytes[16], host[dir ^ 1], 4);
	memcpy(&bytes[WIRE_IP], transport.p, transport.n);
	const struct capfile_packet packet = {
	    .time = wire->now, .linktype = WIRE_RAW, .wire = n, .data = span_of(bytes, n)};
	analyze_packet(wire->analyze, wire->input, &packet);
	free(bytes);
	wire->now += NS_PER_S / 1000;
}

static inline void wire_put_ports(const struct wire *wire, uint8_t dir, uint8_t *to)
{
	const uint16_t port[2] = {wire->port, 16113};
	wire_put(to, port[dir], 2);
	wire_put(&to[2], port[dir ^ 1], 2);
}

static inline void wire_packet(struct wire *wire, uint8_t dir, uint8_t flags, struct span payload)
{
	size_t n = WIRE_TCP + payload.n;
	uint8_t *bytes = calloc(1, n);
	assert_non_null(bytes);
	wire_put_ports(wire, dir, bytes);
	wire_put(&bytes[4], wire->next[dir], 4);
	wire_put(&bytes[8], wire->next[dir ^ 1], 4);
	bytes[12] = WIRE_TCP / 4 << 4;
	bytes[13] = flags;
	wire_put(&bytes[14], 60000, 2);
	if (payload.n > 0)
		memcpy(&bytes[WIRE_TCP], payload.p, payload.n);
	wire_arrive(wire, dir, 6, span_of(bytes, n));
	free(bytes);
	wire->next[dir] += (uint32_t)payload.n + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

static inline void wire_datagram(struct wire *wire, uint8_t dir, struct span payload)
{
	size_t n = WIRE_UDP + payload.n;
	uint8_t *bytes = calloc(1, n);
	assert_non_null(bytes);
	wire_put_ports(wire, dir, bytes);
	wire_put(&bytes[4], n, 2);
	if (payload.n > 0)
		memcpy(&bytes[WIRE_UDP], payload.p, payload.n);
	wire_arrive(wire, dir, 17, span_of(bytes, n));
	free(bytes);
}

/* A new connection. */
static inline void wire_open(struct wire *wire)
{
	wire->port++;
	wire->next[0] = wire->next[1] = 1000;
	wire_packet(wire, 0, TCP_SYN, span_of(NULL, 0));
	wire_packet(wire, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
	wire_packet(wire, 0, TCP_ACK, span_of(NULL, 0));
}

static inline void wire_say(struct wire *wire, uint8_t dir, struct span bytes)
{
	for (size_t at = 0; at < bytes.n; at += wire->segment)
		wire_packet(wire, dir, TCP_ACK, span_cut(bytes, at, wire->segment));
}

static inline void wire_close(struct wire *wire)
{
	wire_packet(wire, 0, TCP_FIN | TCP_ACK, span_of(NULL, 0));
	wire_packet(wire, 1, TCP_FIN | TCP_ACK, span_of(NULL, 0));
	wire_packet(wire, 0, TCP_ACK, span_of(NULL, 0));
}

/* The session with this number, when all has been analysed. */
static inline struct session *wire_session(const struct wire *wire, uint32_t id)
{
	struct session *session = wire->model->first;
	while (session != NULL && session->id != id)
		session = session->next;
	assert_non_null(session);
	return session;
}

static inline void wire_end(struct wire *wire)
{
	analyze_end(wire->analyze);
}

static inline void wire_free(struct wire *wire)
{
	analyze_free(wire->analyze);
	model_free(wire->model);
}

#endif
