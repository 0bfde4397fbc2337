/*
 * --write-all: every packet that is read, in its order, also those that are analysed as nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/frames.h"
#include "tests/recording.h"

#include <stdlib.h>
#include <unistd.h>

#define LINK_RAW  101
#define PROTO_TCP 6

struct all {
	char path[64];
	struct model *model;
	struct analyze *analyze;
	struct save *save;
	struct recording given;
};

static void all_start(struct all *all)
{
	struct err err;
	*all = (struct all){.path = "/tmp/nmspscope-test-XXXXXX"};
	int fd = mkstemp(all->path);
	assert_true(fd >= 0);
	close(fd);
	all->model = model_new();
	model_add_input(all->model, "test");
	all->analyze = analyze_new(all->model);
	assert_int_equal(analyze_set_filter(all->analyze, "tcp port 16113", &err), 0);
	all->save = save_open(&(struct save_plan){.path = all->path, .all = true}, &err);
	assert_non_null(all->save);
	save_start(all->save);
	analyze_set_save(all->analyze, all->save);
}

/* What is in the frame builder. */
static void push(struct all *all, uint32_t linktype)
{
	struct span frame = frames_span();
	uint8_t bytes[256];
	assert_true(frame.n <= sizeof bytes);
	memcpy(bytes, frame.p, frame.n);
	struct recorded packet = {.time = (int64_t)all->given.n + 1,
	                          .linktype = linktype,
	                          .wire = frame.n + 7,
	                          .bytes = bytes,
	                          .n = frame.n};
	recording_insert(&all->given, all->given.n, &packet);
	struct capfile_packet item = {
	    .time = packet.time, .linktype = linktype, .wire = packet.wire, .data = span_of(bytes, frame.n)};
	analyze_packet(all->analyze, 0, &item);
}

static void all_end(struct all *all)
{
	struct err err;
	struct recording read;
	analyze_end(all->analyze);
	analyze_free(all->analyze);
	assert_int_equal(save_close(all->save, &err), 0);
	recording_read(&read, all->path);
	assert_int_equal(read.n, all->given.n);
	for (size_t i = 0; i < read.n; i++) {
		const struct recorded *a = &read.packets[i], *b = &all->given.packets[i];
		assert_int_equal(a->time, b->time);
		assert_int_equal(a->linktype, b->linktype);
		assert_int_equal(a->wire, b->wire);
		assert_true(span_equal(span_of(a->bytes, a->n), span_of(b->bytes, b->n)));
	}
	unlink(all->path);
	recording_free(&read);
	recording_free(&all->given);
	model_free(all->model);
}

static void build_tcp(unsigned port)
{
	frames_start("");
	frames_lead("c000 %04x 01020304 00000000 5002 1234 abcd 0000", port);
	frames_ip4(PROTO_TCP);
}

/* The first 24 bytes of a SYN with 16 bytes behind it, or the rest. */
static void build_fragment(bool first, unsigned port)
{
	frames_start(first ? "00112233" : "445566778899aabbccddeeff");
	if (first)
		frames_lead("c000 %04x 01020304 05060708 5002 1234 abcd 0000", port);
	frames_lead("4500 %04x 0001 %s 4006 0000 0a000001 0a000002", (unsigned)frames_length() + 20,
	            first ? "2000" : "0003");
}

static void test_all(void **state)
{
	(void)state;
	struct all all;
	all_start(&all);
	build_tcp(443);
	push(&all, LINK_RAW);
	push(&all, 4711); /* a link that nobody knows */
	build_fragment(false, 0);
	push(&all, LINK_RAW);
	build_tcp(16113);
	push(&all, LINK_RAW); /* does not wait for the fragment, nor the fragment for its packet */
	build_fragment(true, 16113);
	push(&all, LINK_RAW);
	build_fragment(true, 16113); /* stays alone */
	push(&all, LINK_RAW);
	frames_start("ff");
	push(&all, LINK_RAW);
	frames_start("");
	push(&all, LINK_RAW);
	assert_int_equal(all.model->capture.nmsp_packets, 2);
	all_end(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
