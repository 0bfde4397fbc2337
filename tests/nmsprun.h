/*
 * Plaintext of one session run through analyzer/messages, for its tests: an engine's stream, pieces in blocks
 * of their own size, gaps, and what holds of the result whatever came.
 */
#ifndef TESTS_NMSPRUN_H
#define TESTS_NMSPRUN_H

#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/nmsptalk.h"

#include <stdlib.h>

#define NMSPRUN_START      (INT64_C(1700000000) * NS_PER_S)
#define NMSPRUN_ENGINE     0
#define NMSPRUN_CONTROLLER 1
#define NMSPRUN_TAGS       0x8201 /* any three services */

/* ---- streams ---- */

/* What an engine says: 10 messages, 3 of them echoes. */
static inline void nmsprun_engine(struct nmsptalk *stream)
{
	nmsptalk_number(stream, 7, 1, 1, 4, 0x68EBE7);
	nmsptalk_number(stream, 30, 2, 1, 4, NMSPRUN_TAGS);
	for (uint32_t i = 0; i < 3; i++) {
		nmsptalk_number(stream, 16, 10 + i, 16, 2, i);
		nmsptalk_bare(stream, 1, 100 + i);
	}
	nmsptalk_number(stream, 40, 20, 10, 6, 0x0050569c3489);
	nmsptalk_bulk(stream, 20, 300);
}

/* ---- runs ---- */

struct nmsprun {
	struct model *model;
	struct session *session;
	struct messages *messages;
	struct origin now;
};

static inline void nmsprun_start(struct nmsprun *run)
{
	run->now = (struct origin){.time = NMSPRUN_START, .packet = 1};
	run->model = model_new();
	run->session = model_add_session(run->model, &run->now);
	run->session->controller = NMSPRUN_CONTROLLER;
	run->messages = messages_new(run->model, run->session);
}

static inline void nmsprun_stop(struct nmsprun *run)
{
	messages_free(run->messages);
	model_free(run->model);
}

/* A piece in a block of its own size, in a packet of its own, 1 ms later. */
static inline void nmsprun_feed(struct nmsprun *run, uint8_t dir, struct span bytes)
{
	struct sink sink = messages_sink(run->messages, dir);
	void *copy = bytes.n == 0 ? NULL : xmemdup(bytes.p, bytes.n);
	run->now.packet++;
	run->now.time += 1000 * NS_PER_US;
	sink.data(sink.ctx, span_of(copy, bytes.n), &run->now);
	free(copy);
}

static inline void nmsprun_gap(struct nmsprun *run, uint8_t dir, uint64_t n)
{
	struct sink sink = messages_sink(run->messages, dir);
	run->now.packet++;
	sink.gap(sink.ctx, n, &run->now);
}

static inline void nmsprun_stream(struct nmsprun *run, uint8_t dir, const struct nmsptalk *stream,
                                  size_t from, size_t to, size_t step)
{
	struct span all = span_cut(span_of(stream->bytes, stream->n), 0, to);
	for (size_t at = from; at < to && at < stream->n; at += step)
		nmsprun_feed(run, dir, span_cut(all, at, step));
}

static inline void nmsprun_end(struct nmsprun *run)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(run->messages, dir);
		sink.end(sink.ctx, &run->now);
	}
}

/* A session of which one side says all at once, and no more. */
static inline void nmsprun_whole(struct nmsprun *run, uint8_t dir, const struct nmsptalk *talk)
{
	nmsprun_start(run);
	nmsprun_stream(run, dir, talk, 0, talk->n, talk->n);
	nmsprun_end(run);
}

static inline const struct nmsp_count *nmsprun_find(const struct session_nmsp *nmsp, uint32_t type,
                                                    uint8_t dir)
{
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		if (nmsp->counts[i].type == type && nmsp->counts[i].dir == dir)
			return &nmsp->counts[i];
	return NULL;
}

static inline uint64_t nmsprun_count(const struct session_nmsp *nmsp, uint32_t type, uint8_t dir)
{
	const struct nmsp_count *row = nmsprun_find(nmsp, type, dir);
	return row == NULL ? 0 : row->messages;
}

/* What always holds: the sums agree, and the list of kept messages is what it says. */
static inline void nmsprun_check_sums(const struct session_nmsp *nmsp)
{
	uint64_t sum = nmsp->other[0].messages + nmsp->other[1].messages, kept = 0;
	size_t bytes = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		sum += nmsp->counts[i].messages;
	for (const struct nmsp_kept *k = nmsp->oldest; k != NULL; k = k->next) {
		kept++;
		bytes += sizeof *k + k->n;
		assert_true(k->next != NULL || k == nmsp->newest);
	}
	assert_int_equal(sum, nmsp->messages[0] + nmsp->messages[1]);
	assert_int_equal(sum, nmsp->n_kept + nmsp->not_kept);
	assert_int_equal(kept, nmsp->n_kept);
	assert_int_equal(bytes, nmsp->kept_bytes);
	assert_true(bytes <= LIMIT_MESSAGES_BYTES);
}

static inline void nmsprun_check_engine(const struct session_nmsp *nmsp)
{
	nmsprun_check_sums(nmsp);
	assert_non_null(nmsp->profile);
	assert_string_equal(nmsp->profile->name, "assumed-1");
	assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 10);
	assert_int_equal(nmsprun_count(nmsp, 16, NMSPRUN_ENGINE), 3);
	assert_int_equal(nmsprun_count(nmsp, 1, NMSPRUN_ENGINE), 3);
	assert_int_equal(nmsprun_find(nmsp, 16, NMSPRUN_ENGINE)->bytes, 3 * 18);
	assert_int_equal(nmsprun_find(nmsp, 20, NMSPRUN_ENGINE)->bytes, 300);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->misfits, 0);
	assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], 0);
	assert_int_equal(nmsp->echo.requests, 3);
}

/* A run by a profile of the user. */
static inline void nmsprun_start_with(struct nmsprun *run, const char *text)
{
	struct profile_error error;
	nmsprun_start(run);
	messages_free(run->messages);
	run->model->profile = xcalloc(1, sizeof *run->model->profile);
	assert_true(profile_parse(span_of(text, strlen(text)), run->model->profile, &error));
	run->messages = messages_new(run->model, run->session);
}

#endif
