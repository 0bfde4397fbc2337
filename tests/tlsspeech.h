/*
 * What both sides of a captured connection say in TLS, and a tls_conn that is told it. Included by tests of
 * TLS connections after cmocka.
 */
#ifndef TESTS_TLSSPEECH_H
#define TESTS_TLSSPEECH_H

#include <stdlib.h>
#include "analyzer/input.h"
#include "analyzer/tcp.h"
#include "analyzer/tls_conn.h"
#include "tests/hex.h"
#include "tests/opened.h"

#define CHUNKS 400
#define BYTES  (1 << 17)

/* What a connection's two sides said, in causal order, a chunk a packet. */
struct chunk {
	uint8_t dir;
	struct span bytes;
};
struct speech {
	struct chunk chunk[CHUNKS];
	size_t n;
	uint8_t store[BYTES];
	size_t used;
};

/* A connection that is being told the speech. */
struct run {
	struct model *model;
	struct session *session;
	struct tls_conn *conn;
	struct origin now;
};

static inline void speech_add(struct speech *speech, uint8_t dir, struct span bytes)
{
	assert_true(speech->n < CHUNKS && speech->used + bytes.n <= BYTES);
	memcpy(speech->store + speech->used, bytes.p, bytes.n);
	speech->chunk[speech->n++] = (struct chunk){dir, span_of(speech->store + speech->used, bytes.n)};
	speech->used += bytes.n;
}

struct ear {
	struct speech *speech;
	uint8_t dir;
};

static inline void hear(void *ctx, struct span bytes, const struct origin *origin)
{
	const struct ear *ear = ctx;
	(void)origin;
	speech_add(ear->speech, ear->dir, bytes);
}

static inline void hear_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	(void)ctx;
	(void)n;
	(void)origin;
	fail_msg("a gap in a sample");
}

static inline void hear_end(void *ctx, const struct origin *origin)
{
	(void)ctx;
	(void)origin;
}

/* The one connection of a sample. */
static inline struct speech *listen_to(const char *path)
{
	struct speech *speech = calloc(1, sizeof *speech);
	struct session *session = calloc(1, sizeof *session);
	struct err err;
	struct input *input = opened_input(path, &err);
	if (speech == NULL || session == NULL || input == NULL)
		fail_msg("%s cannot be read", path);
	struct ear ears[2] = {{speech, 0}, {speech, 1}};
	struct sink sinks[2];
	for (uint8_t dir = 0; dir < 2; dir++)
		sinks[dir] = (struct sink){.ctx = &ears[dir], .data = hear, .gap = hear_gap, .end = hear_end};
	struct tcp tcp;
	tcp_init(&tcp, session, sinks);
	size_t held = 0;
	struct origin now = {0};
	struct capfile_packet captured;
	struct packet packet;
	enum input_result result;
	while ((result = input_next(input, &captured)) == INPUT_PACKET || result == INPUT_SECRETS) {
		if (result == INPUT_SECRETS)
			continue;
		now.packet++;
		now.time = captured.time;
		assert_true(packet_decode(captured.linktype, captured.data, captured.wire, &packet));
		if (packet.kind == PACKET_TCP)
			tcp_push(&tcp, packet.tcp.dst_port == 16113 ? 0 : 1, &packet, &now, &held);
	}
	tcp_end(&tcp, &now, &held);
	tcp_free(&tcp);
	free(session);
	input_close(input);
	assert_true(speech->n > 4);
	return speech;
}

static inline void run_init(struct run *run)
{
	*run = (struct run){.model = model_new(), .now = {.time = 1, .packet = 1}};
	run->session = model_add_session(run->model, &run->now);
	run->session->tcp.syns = 1;
	run->conn = tls_conn_new(run->model, run->session);
}

/* In a heap block of their size. */
static inline void run_data(struct run *run, uint8_t dir, struct span bytes)
{
	if (bytes.n == 0)
		return;
	uint8_t *copy = malloc(bytes.n);
	assert_non_null(copy);
	memcpy(copy, bytes.p, bytes.n);
	run->now.packet++;
	struct sink sink = tls_conn_sink(run->conn, dir);
	sink.data(sink.ctx, span_of(copy, bytes.n), &run->now);
	free(copy);
}

static inline void run_gap(struct run *run, uint8_t dir, uint64_t n)
{
	struct sink sink = tls_conn_sink(run->conn, dir);
	run->now.packet++;
	sink.gap(sink.ctx, n, &run->now);
}

/* Pieces of at most `most` bytes. */
static inline void run_pieces(struct run *run, const struct chunk *chunk, size_t most)
{
	for (size_t at = 0; at < chunk->bytes.n; at += most)
		run_data(run, chunk->dir, span_cut(chunk->bytes, at, most));
}

static inline void run_end(struct run *run)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = tls_conn_sink(run->conn, dir);
		sink.end(sink.ctx, &run->now);
	}
	tls_conn_free(run->conn);
	run->conn = NULL;
}

static inline void run_free(struct run *run)
{
	tls_conn_free(run->conn);
	model_free(run->model);
}

static inline struct run run_whole(const struct speech *speech)
{
	struct run run;
	run_init(&run);
	for (size_t i = 0; i < speech->n; i++)
		run_data(&run, speech->chunk[i].dir, speech->chunk[i].bytes);
	run_end(&run);
	return run;
}

#endif
