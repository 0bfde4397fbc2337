/*
 * Packets of chosen sessions, found again in what was read and in the spool: for all samples the same ones
 * that -w writes, and of each session alone its own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/pick.h"
#include "tests/frames.h"
#include "tests/recording.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#define LINK_RAW   101
#define PROTO_ICMP 1
#define PROTO_TCP  6
#define STEP       (NS_PER_S / 10)

static char path[] = "/tmp/test_pick.XXXXXX", other[] = "/tmp/test_pick.XXXXXX";

static struct capfile_packet packet_of(const struct recorded *recorded)
{
	return (struct capfile_packet){.time = recorded->time,
	                               .linktype = recorded->linktype,
	                               .wire = recorded->wire,
	                               .data = span_of(recorded->bytes, recorded->n)};
}

/* An analysis of a recording whose sessions are saved and spooled. */
struct reading {
	struct recording recording, saved;
	struct model *model;
	struct spool *spool;
};

static void read_all(struct reading *reading, const char *filter)
{
	struct err err;
	struct analyze *analyze;
	const struct spool_plan plan = {.heads = 1 << 20, .part = 1 << 20};
	reading->model = model_new();
	model_add_input(reading->model, "test");
	analyze = analyze_new(reading->model);
	struct save *save = save_open(&(struct save_plan){.path = path}, &err);
	reading->spool = spool_open(reading->model, &plan, &err);
	assert_non_null(save);
	assert_non_null(reading->spool);
	if (filter != NULL)
		assert_int_equal(analyze_set_filter(analyze, filter, &err), 0);
	save_start(save);
	analyze_set_save(analyze, save);
	analyze_set_spool(analyze, reading->spool);
	for (size_t i = 0; i < reading->recording.n; i++) {
		struct capfile_packet packet = packet_of(&reading->recording.packets[i]);
		analyze_packet(analyze, 0, &packet);
	}
	analyze_end(analyze);
	analyze_free(analyze);
	assert_int_equal(save_close(save, &err), 0);
	recording_read(&reading->saved, path);
}

static void reading_free(struct reading *reading)
{
	recording_free(&reading->recording);
	recording_free(&reading->saved);
	spool_close(reading->spool);
	model_free(reading->model);
}

/* What is picked of the recording, or of the spool. */
static void picked(const struct reading *reading, struct pick *pick, bool spooled, struct recording *out)
{
	struct capfile_writer writer;
	struct capfile_packet packet;
	uint64_t first, n = 0;
	FILE *file = fopen(other, "wb");
	assert_non_null(file);
	assert_int_equal(capfile_write_start(&writer, capfile_write_stream, file), 0);
	for (size_t i = 0; i < reading->recording.n && !spooled; i++) {
		packet = packet_of(&reading->recording.packets[i]);
		assert_int_equal(pick_packet(pick, i + 1, &packet, &writer), 0);
	}
	struct spool_reader *reader = spooled ? spool_read(reading->spool) : NULL;
	while (spooled && spool_next(reader, &packet, &first) == 1) {
		if (!pick_has(pick, first))
			continue;
		assert_int_equal(capfile_write_packet(&writer, &packet), 0);
		n++;
	}
	spool_read_end(reader);
	assert_int_equal(fclose(file), 0);
	recording_read(out, other);
	assert_int_equal(out->n, spooled ? n : pick_written(pick));
}

static void assert_same(const struct recording *a, const struct recording *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->packets[i].time, b->packets[i].time);
		assert_int_equal(a->packets[i].linktype, b->packets[i].linktype);
		assert_int_equal(a->packets[i].wire, b->packets[i].wire);
		assert_int_equal(a->packets[i].n, b->packets[i].n);
		assert_memory_equal(a->packets[i].bytes, b->packets[i].bytes, a->packets[i].n);
	}
}

/* Its packets read again are one session with the same facts. */
static void assert_one_session(const struct reading *reading, const struct session *session, bool spooled,
                               size_t *frames)
{
	struct recording alone;
	struct pick *pick = pick_new(NULL);
	pick_add(pick, session);
	picked(reading, pick, spooled, &alone);
	struct model *model = model_new();
	recording_analyze(&alone, model);
	assert_int_equal(model->n_sessions, 1);
	const struct session *again = model->first;
	for (int dir = 0; dir < 2; dir++) {
		assert_int_equal(again->tcp.packets[dir], session->tcp.packets[dir]);
		assert_int_equal(again->tcp.delivered[dir], session->tcp.delivered[dir]);
	}
	assert_int_equal(again->tcp.duplicates, session->tcp.duplicates);
	assert_int_equal(again->n_steps, session->n_steps);
	assert_int_equal(again->n_alerts, session->n_alerts);
	assert_int_equal(again->n_icmp, session->n_icmp);
	assert_int_equal(again->opened.time, session->opened.time);
	*frames += alone.n;
	model_free(model);
	pick_free(pick);
	recording_free(&alone);
}

static void test_samples(void **state)
{
	(void)state;
	glob_t samples;
	size_t sessions = 0;
	assert_int_equal(glob("samples/*.pcap*", 0, NULL, &samples), 0);
	for (size_t i = 0; i < samples.gl_pathc; i++) {
		struct reading reading;
		struct recording all, spooled;
		size_t frames = 0, from_spool = 0;
		struct pick *pick = pick_new(NULL);
		recording_read(&reading.recording, samples.gl_pathv[i]);
		read_all(&reading, NULL);
		for (const struct session *s = reading.model->first; s != NULL; s = s->next) {
			pick_add(pick, s);
			assert_one_session(&reading, s, false, &frames);
			assert_one_session(&reading, s, true, &from_spool);
			sessions++;
		}
		picked(&reading, pick, false, &all);
		picked(&reading, pick, true, &spooled);
		assert_same(&all, &reading.saved);
		assert_same(&spooled, &reading.saved);
		assert_int_equal(frames, all.n);
		assert_int_equal(from_spool, all.n);
		recording_free(&all);
		recording_free(&spooled);
		pick_free(pick);
		reading_free(&reading);
	}
	globfree(&samples);
	assert_true(sessions > 40);
}

/* ---- frames of our own --------------------------------------------------------------------------- */

static void add(struct recording *recording)
{
	struct span bytes = frames_span();
	uint8_t *copy = malloc(bytes.n);
	assert_non_null(copy);
	memcpy(copy, bytes.p, bytes.n);
	struct recorded packet = {.time = (int64_t)(recording->n + 1) * STEP,
	                          .linktype = LINK_RAW,
	                          .wire = bytes.n,
	                          .bytes = copy,
	                          .n = bytes.n};
	recording_insert(recording, recording->n, &packet);
	free(copy);
}

static void add_tcp(struct recording *recording, const char *ports, const char *sequence, unsigned flags)
{
	frames_start("");
	frames_lead("%s %s 00000000 50%02x 1234 abcd 0000", ports, sequence, flags);
	frames_ip4(PROTO_TCP);
	add(recording);
}

static void add_icmp(struct recording *recording)
{
	frames_start("01020304");
	frames_lead("c000 3ef1");
	frames_ip4(PROTO_TCP);
	frames_lead("0303 0000 00000000");
	frames_ip4(PROTO_ICMP);
	add(recording);
}

/* A SYN with 16 bytes behind it, in two fragments. */
static void add_fragment(struct recording *recording, bool first)
{
	if (first) {
		frames_start("00112233");
		frames_lead("c000 3ef1 01020304 05060708 5010 1234 abcd 0000");
	} else {
		frames_start("445566778899aabbccddeeff");
	}
	frames_lead("4500 %04x 0007 %s 4006 0000 0a000001 0a000002", (unsigned)frames_length() + 20,
	            first ? "2000" : "0003");
	add(recording);
}

/* Two connections of the same ends, one behind the other, another one, and what is none. */
static void build(struct recording *recording)
{
	*recording = (struct recording){.n = 0};
	add_icmp(recording);                                  /* 1: before the connection */
	add_fragment(recording, false);                       /* 2: waits for 5 */
	add_tcp(recording, "c000 3ef1", "01020300", TCP_SYN); /* 3 */
	add_tcp(recording, "c001 3ef1", "0a020300", TCP_SYN); /* 4: another one */
	add_fragment(recording, true);                        /* 5 */
	add_icmp(recording);                                  /* 6 */
	add_tcp(recording, "c000 01bb", "01020301", TCP_SYN); /* 7: no NMSP */
	add_tcp(recording, "c000 3ef1", "01020310", TCP_RST); /* 8 */
	add_tcp(recording, "c000 3ef1", "51020300", TCP_SYN); /* 9: the ends are used again */
	add_icmp(recording);                                  /* 10 */
	add_tcp(recording, "c001 3ef1", "0a020300", TCP_SYN); /* 11 */
}

static void assert_frames(const struct reading *reading, const struct session *session,
                          const int64_t *numbers, size_t n)
{
	for (int spooled = 0; spooled < 2; spooled++) {
		struct recording out;
		struct pick *pick = pick_new(NULL);
		pick_add(pick, session);
		picked(reading, pick, spooled, &out);
		assert_int_equal(out.n, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(out.packets[i].time, numbers[i] * STEP);
		pick_free(pick);
		recording_free(&out);
	}
}

static void test_ends_that_are_used_again(void **state)
{
	(void)state;
	static const int64_t first[] = {3, 2, 5, 6, 8}, second[] = {4, 11}, third[] = {9, 10};
	struct reading reading;
	build(&reading.recording);
	read_all(&reading, NULL);
	assert_int_equal(reading.model->n_sessions, 3);
	const struct session *session = reading.model->first;
	assert_frames(&reading, session, first, 5);
	assert_frames(&reading, session->next, second, 2);
	assert_frames(&reading, session->next->next, third, 2);
	reading_free(&reading);
}

static void test_filter(void **state)
{
	(void)state;
	struct err err;
	struct reading reading;
	struct recording out;
	build(&reading.recording);
	read_all(&reading, "not icmp and not port 49153");
	struct capture_filter *filter = capture_filter_new("not icmp and not port 49153", &err);
	struct pick *pick = pick_new(filter);
	for (const struct session *s = reading.model->first; s != NULL; s = s->next)
		pick_add(pick, s);
	picked(&reading, pick, false, &out);
	assert_int_equal(out.n, 5);
	assert_same(&out, &reading.saved);
	recording_free(&out);
	pick_free(pick);
	capture_filter_free(filter);
	reading_free(&reading);
}

/* Padding is no part of the fragments, but of the frames. */
static void test_fragments_that_wait_are_bounded(void **state)
{
	(void)state;
	enum { PAD = 70 * 1024, DATAGRAMS = LIMIT_SAVE_WAITING / PAD + 1 };
	struct reading reading = {.recording = {.n = 0}};
	struct recording out;
	for (unsigned id = 0; id <= DATAGRAMS; id++) {
		bool first = id < DATAGRAMS;
		frames_start(first ? "00112233" : "445566778899aabbccddeeff");
		if (first)
			frames_lead("c000 3ef1 01020304 05060708 5002 1234 abcd 0000");
		frames_lead("4500 %04x %04x %s 4006 0000 0a000001 0a000002", (unsigned)frames_length() + 20,
		            first ? id : 0, first ? "2000" : "0003");
		if (first)
			frames_pad(PAD);
		add(&reading.recording);
	}
	read_all(&reading, NULL);
	assert_int_equal(reading.model->n_sessions, 1);
	struct pick *pick = pick_new(NULL);
	pick_add(pick, reading.model->first);
	picked(&reading, pick, false, &out);
	assert_int_equal(out.n, 0);
	assert_int_equal(pick_lost(pick), 1);
	recording_free(&out);
	pick_free(pick);
	reading_free(&reading);
}

/* A trace shows no packet. */
static void test_nothing_to_pick(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct pick *pick = pick_new(NULL);
	struct session *session = model_add_session(model, &(struct origin){.packet = 7, .line = true});
	pick_add(pick, session);
	assert_int_equal(pick_last(pick), 0);
	assert_false(pick_has(pick, 7));
	pick_free(pick);
	pick_free(NULL);
	model_free(model);
}

int main(void)
{
	int fd = mkstemp(path), second = mkstemp(other);
	if (fd < 0 || second < 0)
		return 1;
	close(fd);
	close(second);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),         cmocka_unit_test(test_ends_that_are_used_again),
	    cmocka_unit_test(test_filter),          cmocka_unit_test(test_fragments_that_wait_are_bounded),
	    cmocka_unit_test(test_nothing_to_pick),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	unlink(other);
	return failed;
}
