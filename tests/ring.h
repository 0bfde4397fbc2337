/*
 * Files of -w for tests: made in a folder of their own, filled with packets of a few sessions, and read back.
 * Times of packets count from 1. A header, because only tests link cmocka.
 */
#ifndef TESTS_RING_H
#define TESTS_RING_H

#include "analyzer/input.h"
#include "analyzer/save.h"
#include "tests/opened.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_SESSIONS 5
#define RING_HEAD     48 /* bytes of a section without anything */
#define RING_LINK     147

struct ring {
	char dir[64];
	uint32_t files;
	struct save *save;
	struct keylog *keylog, *learned;
	struct save_keys keys[RING_SESSIONS];
	int64_t last; /* time of the newest packet */
};

/* What is in one of the files. */
struct ring_file {
	off_t size;
	uint64_t packets, secrets;
	uint64_t unopened; /* packets without a secret of their session in front */
	int64_t first, last, until;
	unsigned with_packets, with_secrets; /* 1 << number of the session */
};

/* "x", or "x0" to "x9". */
static inline const char *ring_name(const struct ring *ring, uint32_t i)
{
	static char name[128];
	if (ring->files == 1)
		snprintf(name, sizeof name, "%s/x", ring->dir);
	else
		snprintf(name, sizeof name, "%s/x%u", ring->dir, (unsigned)i);
	return name;
}

static inline void ring_open(struct ring *ring, uint64_t size, uint32_t files, bool with_secrets)
{
	struct err err;
	char path[80];
	*ring = (struct ring){.dir = "/tmp/nmspscope-test-XXXXXX", .files = files};
	assert_non_null(mkdtemp(ring->dir));
	ring->keylog = keylog_new();
	ring->learned = keylog_new();
	snprintf(path, sizeof path, "%s/x", ring->dir);
	struct save_plan plan = {.path = path, .size = size, .files = files, .with_secrets = with_secrets};
	ring->save = save_open(&plan, &err);
	assert_non_null(ring->save);
}

static inline void ring_remove(const struct ring *ring)
{
	DIR *dir = opendir(ring->dir);
	struct dirent *entry;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
	closedir(dir);
	assert_int_equal(rmdir(ring->dir), 0);
}

static inline void ring_close(struct ring *ring)
{
	struct err err;
	assert_int_equal(save_close(ring->save, &err), 0);
	keylog_free(ring->keylog);
	keylog_free(ring->learned);
	ring_remove(ring);
}

static inline void ring_flush(struct ring *ring)
{
	struct err err;
	assert_int_equal(save_flush(ring->save, &err), 0);
}

/* ---- packets and secrets ---- */

static inline struct save_session ring_session(struct ring *ring, uint32_t number, uint8_t random[TLS_RANDOM])
{
	memset(random, (int)number + 1, TLS_RANDOM);
	return (struct save_session){.keylog = ring->keylog,
	                             .learned = ring->learned,
	                             .client_random = random,
	                             .keys = &ring->keys[number]};
}

static inline void ring_push(struct ring *ring, uint32_t number, size_t n)
{
	uint8_t random[TLS_RANDOM], *bytes = malloc(n);
	assert_non_null(bytes);
	memset(bytes, (int)number, n);
	struct save_session session = ring_session(ring, number, random);
	struct capfile_packet packet = {
	    .time = ++ring->last, .linktype = RING_LINK, .wire = n, .data = span_of(bytes, n)};
	assert_true(save_packet(ring->save, &packet, &session));
	free(bytes);
}

/* Its secret becomes known. */
static inline void ring_log(struct ring *ring, uint32_t number)
{
	char line[256];
	int n = snprintf(line, sizeof line, "CLIENT_TRAFFIC_SECRET_0 ");
	for (unsigned i = 0; i < TLS_RANDOM; i++)
		n += snprintf(&line[n], sizeof line - (size_t)n, "%02x", (unsigned)number + 1);
	n += snprintf(&line[n], sizeof line - (size_t)n, " %064u\n", (unsigned)number);
	keylog_parse(ring->keylog, span_of(line, (size_t)n));
}

static inline void ring_late(struct ring *ring, uint32_t number)
{
	uint8_t random[TLS_RANDOM];
	struct save_session session = ring_session(ring, number, random);
	save_secrets(ring->save, &session);
}

/* ---- reading ---- */

static inline void ring_take_secrets(struct ring_file *out, struct span text)
{
	struct rd r = rd_of(text);
	while (rd_more(&r)) {
		struct span line = rd_line(&r);
		if (line.n == 0)
			continue;
		unsigned session = line.p[line.n - 1] - (unsigned)'0';
		assert_true(session < RING_SESSIONS);
		out->with_secrets |= 1u << session;
		out->secrets++;
	}
}

/* A capture that is not whole fails the test. */
static inline void ring_read(const struct ring *ring, uint32_t i, struct ring_file *out)
{
	struct err err;
	struct stat status;
	struct capfile_packet item;
	enum input_result result;
	*out = (struct ring_file){.first = INT64_MAX};
	assert_int_equal(stat(ring_name(ring, i), &status), 0);
	out->size = status.st_size;
	struct input *input = opened_input(ring_name(ring, i), &err);
	if (input == NULL)
		fail_msg("%s", err.text);
	while ((result = input_next(input, &item)) == INPUT_PACKET || result == INPUT_SECRETS) {
		if (result == INPUT_SECRETS) {
			ring_take_secrets(out, item.data);
			continue;
		}
		assert_int_equal(item.linktype, RING_LINK);
		out->packets++;
		out->first = item.time < out->first ? item.time : out->first;
		out->last = item.time;
		out->with_packets |= 1u << item.data.p[0];
		out->unopened += (out->with_secrets >> item.data.p[0] & 1) == 0;
	}
	assert_string_equal(input_problem(input), "");
	assert_int_equal(result, INPUT_END);
	out->until = input_until(input);
	input_close(input);
}

#endif
