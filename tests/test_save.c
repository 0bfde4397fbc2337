/*
 * -w: which packets are written and how, fragments, and where secrets stand. That the file gives the same
 * sessions again is tested on all samples by tests/round-trip; the file itself is in test_save_file.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/analyze.h"
#include "analyzer/input.h"
#include "analyzer/save_wait.h"
#include "tests/frames.h"
#include "tests/opened.h"
#include "tests/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINK_ETHERNET 1
#define LINK_RAW      101
#define START         (INT64_C(1700000000123456789))
#define ETHERTYPE_IP4 0x0800
#define PROTO_ICMP    1
#define PROTO_TCP     6

struct saving {
	char path[64];
	struct model *model;
	struct analyze *analyze;
	struct save *save;
	int64_t now;
	struct recording read; /* after saving_end */
};

static void make_path(char path[64])
{
	snprintf(path, 64, "/tmp/nmspscope-test-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static void saving_start(struct saving *saving, bool with_secrets)
{
	struct err err;
	*saving = (struct saving){.now = START};
	make_path(saving->path);
	saving->model = model_new();
	saving->model->keylog = keylog_new();
	model_add_input(saving->model, "test");
	saving->analyze = analyze_new(saving->model);
	saving->save =
	    save_open(&(struct save_plan){.path = saving->path, .with_secrets = with_secrets}, &err);
	assert_non_null(saving->save);
	save_start(saving->save);
	analyze_set_save(saving->analyze, saving->save);
}

/* What is in the frame builder, 1 ms later. */
static void push(struct saving *saving, uint32_t linktype, size_t wire)
{
	saving->now += 1000 * NS_PER_US + 1;
	struct span bytes = frames_span();
	struct capfile_packet packet = {.time = saving->now, .linktype = linktype, .wire = wire, .data = bytes};
	analyze_packet(saving->analyze, 0, &packet);
}

static void saving_end(struct saving *saving)
{
	struct err err;
	analyze_end(saving->analyze);
	analyze_free(saving->analyze);
	assert_int_equal(save_close(saving->save, &err), 0);
	recording_read(&saving->read, saving->path);
	unlink(saving->path);
}

static void saving_free(struct saving *saving)
{
	recording_free(&saving->read);
	model_free(saving->model);
}

static void assert_frame(const struct saving *saving, size_t i, int64_t time, uint32_t linktype, size_t wire)
{
	struct span bytes = frames_span();
	assert_true(i < saving->read.n);
	const struct recorded *packet = &saving->read.packets[i];
	assert_int_equal(packet->time, time);
	assert_int_equal(packet->linktype, linktype);
	assert_int_equal(packet->wire, wire);
	assert_true(span_equal(span_of(packet->bytes, packet->n), bytes));
}

/* ---- packets --------------------------------------------------------------------------------------- */

static void build_syn(uint32_t linktype)
{
	frames_start("");
	frames_tcp(TCP_SYN, "");
	frames_ip4(PROTO_TCP);
	if (linktype == LINK_ETHERNET)
		frames_ethernet(ETHERTYPE_IP4);
}

static void build_other_port(void)
{
	frames_start("");
	frames_lead("c000 01bb 01020304 05060708 5002 1234 abcd 0000");
	frames_ip4(PROTO_TCP);
}

static void test_link_types(void **state)
{
	(void)state;
	struct saving saving;
	saving_start(&saving, false);
	build_syn(LINK_ETHERNET);
	push(&saving, LINK_ETHERNET, 9000); /* cut by the snaplen, as far as the file says */
	build_syn(LINK_RAW);
	push(&saving, LINK_RAW, frames_length());
	push(&saving, 4711, frames_length()); /* a link that nobody knows */
	build_other_port();
	push(&saving, LINK_RAW, frames_length());
	build_syn(LINK_ETHERNET); /* the mirror's copy of the second one */
	push(&saving, LINK_ETHERNET, frames_length());
	saving_end(&saving);
	assert_int_equal(saving.model->capture.nmsp_packets, 3);
	assert_int_equal(saving.read.n, 3);
	int64_t step = 1000 * NS_PER_US + 1;
	build_syn(LINK_ETHERNET);
	assert_frame(&saving, 0, START + step, LINK_ETHERNET, 9000);
	assert_frame(&saving, 2, START + 5 * step, LINK_ETHERNET, frames_length());
	build_syn(LINK_RAW);
	assert_frame(&saving, 1, START + 2 * step, LINK_RAW, frames_length());
	saving_free(&saving);
}

static void test_filter(void **state)
{
	(void)state;
	struct saving saving;
	struct err err;
	saving_start(&saving, false);
	assert_int_equal(analyze_set_filter(saving.analyze, "not host 10.0.0.1", &err), 0);
	build_syn(LINK_RAW);
	push(&saving, LINK_RAW, frames_length());
	saving_end(&saving);
	assert_int_equal(saving.read.n, 0);
	saving_free(&saving);
}

/* An ICMP error about a connection, from port c000 or another one. */
static void build_icmp(const char *port)
{
	frames_start("01020304");
	frames_lead("%s 3ef1", port);
	frames_ip4(PROTO_TCP);
	frames_lead("0303 0000 00000000");
	frames_ip4(PROTO_ICMP);
}

static void test_icmp(void **state)
{
	(void)state;
	struct saving saving;
	saving_start(&saving, false);
	build_icmp("c000");
	push(&saving, LINK_RAW, frames_length()); /* before the connection */
	build_syn(LINK_RAW);
	push(&saving, LINK_RAW, frames_length());
	build_icmp("c001");
	push(&saving, LINK_RAW, frames_length());
	build_icmp("c000");
	push(&saving, LINK_RAW, frames_length());
	saving_end(&saving);
	assert_int_equal(saving.model->first->n_icmp, 1);
	assert_int_equal(saving.read.n, 2);
	assert_frame(&saving, 1, saving.now, LINK_RAW, frames_length());
	saving_free(&saving);
}

/* ---- fragments ------------------------------------------------------------------------------------- */

/* A fragment of a SYN with 16 bytes behind it: the first 24 bytes, or the rest. */
static void build_fragment(unsigned id, bool first, unsigned port, const char *src)
{
	if (first) {
		frames_start("00112233");
		frames_lead("c000 %04x 01020304 05060708 5002 1234 abcd 0000", port);
	} else {
		frames_start("445566778899aabbccddeeff");
	}
	frames_lead("4500 %04x %04x %s 4006 0000 %s 0a000002", (unsigned)frames_length() + 20, id,
	            first ? "2000" : "0003", src);
}

static void push_fragment(struct saving *saving, unsigned id, bool first, unsigned port)
{
	build_fragment(id, first, port, "0a000001");
	push(saving, LINK_RAW, frames_length());
}

static void test_fragments(void **state)
{
	(void)state;
	struct saving saving;
	saving_start(&saving, false);
	push_fragment(&saving, 1, false, 0); /* 1, the last one first */
	push_fragment(&saving, 2, true, 443);
	push_fragment(&saving, 3, true, 16113); /* stays alone */
	push_fragment(&saving, 1, false, 0);    /* the mirror's copy */
	push_fragment(&saving, 2, false, 0);    /* whole, and of another port */
	push_fragment(&saving, 1, true, 16113); /* 6 */
	push_fragment(&saving, 1, true, 16113); /* a copy of what is whole already */
	saving_end(&saving);
	assert_int_equal(saving.model->capture.nmsp_packets, 1);
	assert_int_equal(saving.read.n, 2);
	int64_t step = 1000 * NS_PER_US + 1;
	build_fragment(1, false, 0, "0a000001");
	assert_frame(&saving, 0, START + step, LINK_RAW, frames_length());
	build_fragment(1, true, 16113, "0a000001");
	assert_frame(&saving, 1, START + 6 * step, LINK_RAW, frames_length());
	assert_int_equal(saving.model->capture.hits[HIT_SAVE_WAITING], 0);
	saving_free(&saving);
}

/* A fragment inside a tunnel whose own packets are fragments: 16 bytes and the rest. */
static void push_outer(struct saving *saving, unsigned id, bool inner_first, bool first)
{
	enum { CUT = 16 };
	uint8_t copy[128];
	build_fragment(9, inner_first, 16113, "0a000001");
	struct span whole = frames_span();
	memcpy(copy, whole.p, whole.n);
	struct span part = span_cut(span_of(copy, whole.n), first ? 0 : CUT, first ? CUT : whole.n);
	frames_start_bytes(part);
	frames_lead("4500 %04x %04x %s 4004 0000 c0000201 c0000202", (unsigned)frames_length() + 20, id,
	            first ? "2000" : "0002");
	push(saving, LINK_RAW, frames_length());
}

static void test_fragments_of_fragments(void **state)
{
	(void)state;
	struct saving saving;
	saving_start(&saving, false);
	push_outer(&saving, 1, true, true);
	push_outer(&saving, 2, false, true);
	push_outer(&saving, 2, false, false);
	push_outer(&saving, 1, true, false);
	saving_end(&saving);
	assert_int_equal(saving.model->capture.nmsp_packets, 1);
	assert_int_equal(saving.read.n, 4);
	struct model *again = model_new();
	recording_analyze(&saving.read, again);
	assert_int_equal(again->capture.nmsp_packets, 1);
	assert_int_equal(again->first->opened.time, saving.now);
	model_free(again);
	saving_free(&saving);
}

/* Padding is no part of the fragments, but of the frames. */
static void test_waiting_is_bounded(void **state)
{
	(void)state;
	enum { PAD = 70 * 1024, DATAGRAMS = LIMIT_SAVE_WAITING / PAD + 1 };
	assert_true(DATAGRAMS < LIMIT_FRAGMENTED);
	struct saving saving;
	saving_start(&saving, false);
	for (unsigned id = 0; id < DATAGRAMS; id++) {
		build_fragment(id, true, 16113, "0a000001");
		frames_pad(PAD);
		push(&saving, LINK_RAW, frames_length());
	}
	assert_int_equal(saving.model->capture.hits[HIT_SAVE_WAITING], 0);
	push_fragment(&saving, 0, false, 0);
	assert_int_equal(saving.model->capture.nmsp_packets, 1);
	assert_int_equal(saving.model->capture.hits[HIT_SAVE_WAITING], 1);
	push_fragment(&saving, 1, false, 0);
	assert_int_equal(saving.model->capture.hits[HIT_SAVE_WAITING], 1);
	saving_end(&saving);
	assert_int_equal(saving.read.n, 2);
	saving_free(&saving);
}

static void test_wait_counts_its_bytes(void **state)
{
	(void)state;
	static uint8_t bytes[LIMIT_PACKET];
	enum { FIT = LIMIT_SAVE_WAITING / (LIMIT_PACKET + 64) };
	struct capfile_packet frame = {.wire = sizeof bytes, .data = span_of(bytes, sizeof bytes)};
	struct save_wait *wait = save_wait_new();
	for (uint32_t i = 0; i < FIT + 3; i++) {
		save_wait_fragment(wait, &frame, (struct fragments_place){.slot = i, .number = i + 1}, false);
		assert_true(save_wait_bytes(wait) <= LIMIT_SAVE_WAITING);
		assert_true(save_wait_bytes(wait) >= (i < FIT ? i + 1 : FIT) * sizeof bytes);
	}
	for (uint32_t i = 0; i < FIT + 3; i++) {
		save_wait_fragment(wait, &frame, (struct fragments_place){.slot = i, .number = i + 1}, true);
		assert_int_equal(save_wait_lost(wait), i < 3);
		assert_int_equal(save_wait_first(wait) == NULL, i < 3);
		save_wait_forget(wait);
	}
	assert_int_equal(save_wait_bytes(wait), 0);
	save_wait_free(wait);
}

/* ---- secrets --------------------------------------------------------------------------------------- */

/* Packets of a file in front of its first secrets. */
static uint64_t packets_before_secrets(const char *path)
{
	struct err err;
	struct capfile_packet item;
	uint64_t n = 0;
	struct input *input = opened_input(path, &err);
	assert_non_null(input);
	enum input_result result;
	while ((result = input_next(input, &item)) == INPUT_PACKET)
		n++;
	assert_int_equal(result, INPUT_SECRETS);
	input_close(input);
	return n;
}

/* Only so much ciphertext waits for a key (LIMIT_WAITING), so the key stands in front of the ClientHello. */
static void test_secrets_come_first(void **state)
{
	(void)state;
	static const char *const samples[] = {"accepted-tls10", "accepted-tls12", "accepted-tls13"};
	for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
		struct saving saving;
		struct recording original;
		struct err err;
		char path[128];
		saving_start(&saving, true);
		snprintf(path, sizeof path, "samples/%s.keys", samples[s]);
		assert_int_equal(opened_keylog(saving.model->keylog, path, &err), 0);
		snprintf(path, sizeof path, "samples/%s.pcapng", samples[s]);
		recording_read(&original, path);
		for (size_t i = 0; i < original.n; i++) {
			const struct recorded *r = &original.packets[i];
			struct capfile_packet packet = {
			    .time = r->time, .linktype = r->linktype, .wire = r->wire, .data = span_of(r->bytes, r->n)};
			analyze_packet(saving.analyze, 0, &packet);
		}
		analyze_end(saving.analyze);
		analyze_free(saving.analyze);
		assert_int_equal(save_close(saving.save, &err), 0);
		assert_int_equal(saving.model->first->steps[0].kind, STEP_CLIENT_HELLO);
		assert_int_equal(packets_before_secrets(saving.path), saving.model->first->steps[0].at.packet - 1);
		unlink(saving.path);
		model_free(saving.model);
		recording_free(&original);
	}
}

/* A ClientHello that waits for bytes of the other side until the end names its secrets, too. */
static void test_secrets_of_a_late_hello(void **state)
{
	(void)state;
	enum { HELLO = 3, HANDSHAKE = 9, ACK_LAST_BYTE = 14 + 20 + 11 };
	struct saving saving;
	struct recording original;
	struct err err;
	saving_start(&saving, true);
	assert_int_equal(opened_keylog(saving.model->keylog, "samples/accepted-tls12.keys", &err), 0);
	recording_read(&original, "samples/accepted-tls12.pcapng");
	original.packets[HELLO].bytes[ACK_LAST_BYTE]++;
	for (size_t i = 0; i < HANDSHAKE; i++) {
		const struct recorded *r = &original.packets[i];
		struct capfile_packet packet = {
		    .time = r->time, .linktype = r->linktype, .wire = r->wire, .data = span_of(r->bytes, r->n)};
		analyze_packet(saving.analyze, 0, &packet);
	}
	assert_false(saving.model->first->tls.client_hello);
	analyze_end(saving.analyze);
	analyze_free(saving.analyze);
	assert_int_equal(save_close(saving.save, &err), 0);
	assert_true(saving.model->first->tls.client_hello);
	assert_int_equal(packets_before_secrets(saving.path), HANDSHAKE);
	unlink(saving.path);
	model_free(saving.model);
	recording_free(&original);
}

/* ---- the same again -------------------------------------------------------------------------------- */

static void segment(struct saving *saving, bool answers, uint32_t seq, uint32_t ack, unsigned flags, int64_t at)
{
	frames_start(flags & TCP_PSH ? "00" : "");
	frames_lead("%s %08x %08x 50%02x 0100 0000 0000", answers ? "3ef1 c000" : "c000 3ef1", (unsigned)seq,
	            (unsigned)ack, flags);
	frames_lead("4500 %04x 0000 4000 4006 0000 %s", (unsigned)frames_length() + 20,
	            answers ? "0a000002 0a000001" : "0a000001 0a000002");
	saving->now = START + at;
	push(saving, LINK_RAW, frames_length());
}

/* A hole is not given up sooner because of packets that are not saved, whatever their clock says. */
static void test_other_traffic_tells_no_time(void **state)
{
	(void)state;
	struct saving saving;
	saving_start(&saving, false);
	segment(&saving, false, 99, 0, TCP_SYN, 0);
	segment(&saving, true, 499, 100, TCP_SYN | TCP_ACK, 0);
	segment(&saving, false, 101, 500, TCP_ACK | TCP_PSH, 0); /* byte 100 is missing */
	segment(&saving, true, 500, 102, TCP_ACK, 0);
	static const int64_t clock[] = {3 * GAP_SECONDS * NS_PER_S, -GAP_SECONDS * NS_PER_S, 90 * NS_PER_S};
	for (size_t i = 0; i < sizeof clock / sizeof clock[0]; i++) {
		saving.now = START + clock[i];
		build_other_port();
		push(&saving, LINK_RAW, frames_length());
	}
	segment(&saving, false, 100, 500, TCP_ACK | TCP_PSH, 4 * GAP_SECONDS * NS_PER_S);
	assert_int_equal(saving.model->capture.gaps, 0);
	saving_end(&saving);
	struct model *again = model_new();
	recording_analyze(&saving.read, again);
	assert_int_equal(again->capture.packets, 5);
	assert_int_equal(again->capture.gaps, 0);
	assert_int_equal(again->first->tcp.delivered[0], saving.model->first->tcp.delivered[0]);
	model_free(again);
	saving_free(&saving);
}

/* The last packet may be of another port: until then the sessions were silent. */
static void test_until(void **state)
{
	(void)state;
	struct saving saving;
	struct err err;
	struct capfile_packet packet;
	saving_start(&saving, false);
	build_syn(LINK_RAW);
	push(&saving, LINK_RAW, frames_length());
	saving.now += 3600 * NS_PER_S;
	build_other_port();
	push(&saving, LINK_RAW, frames_length());
	analyze_end(saving.analyze);
	analyze_free(saving.analyze);
	assert_int_equal(save_close(saving.save, &err), 0);
	struct input *input = opened_input(saving.path, &err);
	assert_non_null(input);
	assert_int_equal(input_until(input), INT64_MIN);
	assert_int_equal(input_next(input, &packet), INPUT_PACKET);
	assert_int_equal(input_next(input, &packet), INPUT_END);
	assert_int_equal(input_until(input), saving.now);
	input_close(input);
	unlink(saving.path);
	assert_int_equal(model_now(saving.model), saving.now);
	saving.model->capture.until = saving.now + 7;
	assert_int_equal(model_now(saving.model), saving.now + 7);
	model_free(saving.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_link_types),
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_fragments_of_fragments),
	    cmocka_unit_test(test_waiting_is_bounded),
	    cmocka_unit_test(test_wait_counts_its_bytes),
	    cmocka_unit_test(test_secrets_come_first),
	    cmocka_unit_test(test_secrets_of_a_late_hello),
	    cmocka_unit_test(test_other_traffic_tells_no_time),
	    cmocka_unit_test(test_until),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
