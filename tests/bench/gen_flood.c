/*
 * gen_flood KIND N KEYS > CAPTURE: two sessions of a minute among a flood: the first begins before it, the
 * other in its midst, both end behind it. KIND is syn, half-open, failed, fragment or endless (N is then in bytes).
 * The sessions' key log is in KEYS before the first packet is written.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"
#include "tests/floods.h"

#include <stdlib.h>

enum { LINKTYPE_ETHERNET = 1, ECHOES = 4, SESSIONS = 2, FIRST_PORT = 41000, FIRST_HOST = 5, BEFORE = 3 };

#define SECOND_AFTER (20 * NS_PER_S) /* the other session begins */
#define FLOOD_LASTS  (70 * NS_PER_S) /* from the first one's third packet on */

struct mix {
	struct capfile_writer writer;
	struct wire sessions; /* in order of time */
	size_t written;       /* of its frames */
	int64_t start;        /* of the flood */
	double apart;         /* nanoseconds from a frame of the flood to the next */
	uint64_t frames;      /* of the flood */
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "gen_flood: %s\n", what);
	exit(2);
}

static void write_frame(struct mix *mix, struct span frame, int64_t time)
{
	struct capfile_packet packet = {
	    .time = time, .linktype = LINKTYPE_ETHERNET, .wire = frame.n, .data = frame};
	must(capfile_write_packet(&mix->writer, &packet) == 0, "standard output takes no more");
}

static void write_sessions(struct mix *mix, int64_t until)
{
	const struct wire *wire = &mix->sessions;
	for (; mix->written < wire->n && wire->frames[mix->written].time <= until; mix->written++)
		write_frame(mix, bytes_span(&wire->frames[mix->written].bytes),
		            wire->frames[mix->written].time);
}

static void write_flood(void *ctx, struct span frame)
{
	struct mix *mix = ctx;
	int64_t time = mix->start + (int64_t)((double)mix->frames++ * mix->apart);
	write_sessions(mix, time);
	write_frame(mix, frame, time);
}

static int by_time(const void *left, const void *right)
{
	const struct wire_frame *a = left, *b = right;
	return a->time < b->time ? -1 : a->time > b->time;
}

static void play(struct scenarios_stage *stage, uint8_t number)
{
	stage->start = SCENARIOS_START + number * SECOND_AFTER;
	stage->port = (uint16_t)(FIRST_PORT + number);
	struct session_plan plan = scenarios_plan(stage);
	plan.host[0].ip.bytes[3] = (uint8_t)(FIRST_HOST + number);
	struct session session = session_new(&stage->wire, &plan);
	must(session_handshake(&session), "a handshake failed");
	work_start(&session);
	work_echo(&session, ECHOES);
	session_wait(&session, FLOOD_LASTS);
	session_close(&session, 0);
	session_free(&session);
}

static bool flood(const struct floods *floods, const char *kind, uint64_t n)
{
	if (strcmp(kind, "syn") == 0)
		floods_syns(floods, n, false);
	else if (strcmp(kind, "half-open") == 0)
		floods_syns(floods, n, true);
	else if (strcmp(kind, "failed") == 0)
		floods_failures(floods, n);
	else if (strcmp(kind, "fragment") == 0)
		floods_fragments(floods, n);
	else if (strcmp(kind, "endless") == 0)
		floods_endless(floods, n);
	else
		return false;
	return true;
}

static void count_frame(void *count, struct span frame)
{
	(void)frame;
	++*(uint64_t *)count;
}

int main(int argc, char **argv)
{
	must(argc == 4, "usage: gen_flood KIND N KEYS > CAPTURE");
	uint64_t n = strtoull(argv[2], NULL, 10), frames = 0;
	struct floods counted = {.take = count_frame, .ctx = &frames};
	must(flood(&counted, argv[1], n) && frames > 0,
	     "KIND is syn, half-open, failed, fragment or endless, and N a number");
	struct bytes keys = {.p = NULL};
	struct scenarios_cast cast = scenarios_cast();
	struct scenarios_stage stage = {.cast = &cast, .keys = &keys};
	for (uint8_t i = 0; i < SESSIONS; i++)
		play(&stage, i);
	save_text(argv[3], bytes_span(&keys));
	struct mix mix = {.sessions = stage.wire, .apart = (double)FLOOD_LASTS / (double)frames};
	qsort(mix.sessions.frames, mix.sessions.n, sizeof mix.sessions.frames[0], by_time);
	mix.start = mix.sessions.frames[BEFORE].time;
	must(capfile_write_start(&mix.writer, capfile_write_stream, stdout) == 0,
	     "standard output takes nothing");
	struct floods floods = {.take = write_flood, .ctx = &mix};
	flood(&floods, argv[1], n);
	write_sessions(&mix, INT64_MAX);
	must(fflush(stdout) == 0, "standard output takes no more");
	wire_free(&mix.sessions);
	bytes_free(&keys);
	scenarios_cast_free(&cast);
	return 0;
}
