/*
 * Packets that are saved with tokens: they keep their order, wait for a handshake message no longer than the
 * caps say, and what is given up is blank.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/redact_tls.h"
#include "analyzer/save_redact.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"
#include "dissect/tls.h"
#include "tests/frames.h"

#include <stdlib.h>
#include <string.h>

#define LINK_RAW   101
#define PROTO_ICMP 1
#define PROTO_TCP  6
#define PROTO_UDP  17
#define FLAG_SYN   0x02
#define FLAG_ACK   0x10
#define FLAG_RST   0x04

enum { NMSP_PORT = 16113, UDP_HEADER = 8, IP_HEADER = 20, HEADERS = 40, SEQ_AT = 24, PORT_AT = 20, SEQ = 0x01020304 };

struct run {
	struct redact redact;
	struct save_redact *save;
	size_t pushed, written;
	size_t n_last;
	uint8_t last[LIMIT_PACKET]; /* what was written last */
};

static const uint8_t counting[REDACT_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* They come in the order in which they were pushed: each has its number for a time. */
static void take(void *ctx, const struct capfile_packet *packet)
{
	struct run *run = ctx;
	assert_int_equal(packet->time, (int64_t)run->written);
	run->written++;
	run->n_last = packet->data.n;
	memcpy(run->last, packet->data.p, packet->data.n);
}

static struct run *run_start(void)
{
	struct run *run = xcalloc(1, sizeof *run);
	redact_start_with(&run->redact, counting);
	run->save = save_redact_new(&run->redact, take, run);
	return run;
}

static void run_end(struct run *run)
{
	save_redact_end(run->save);
	assert_int_equal(run->written, run->pushed);
	save_redact_free(run->save);
	free(run);
}

static void put_big(uint8_t *at, uint32_t value, size_t n)
{
	for (size_t i = n; i-- > 0; value >>= 8)
		at[i] = (uint8_t)value;
}

/* A segment whose first byte has this place behind the SYN. */
static void push(struct run *run, uint16_t port, unsigned flags, uint32_t at, struct span payload)
{
	frames_start_bytes(payload);
	frames_tcp(flags, "");
	frames_ip4(PROTO_TCP);
	struct span frame = frames_span();
	uint8_t *bytes = xmalloc(frame.n);
	memcpy(bytes, frame.p, frame.n);
	put_big(&bytes[SEQ_AT], flags & FLAG_SYN ? SEQ : SEQ + 1 + at, 4);
	put_big(&bytes[PORT_AT], port, 2);
	save_redact_push(run->save, &(struct capfile_packet){.time = (int64_t)run->pushed++,
	                                                     .linktype = LINK_RAW,
	                                                     .wire = frame.n,
	                                                     .data = span_of(bytes, frame.n)});
	free(bytes);
}

static const struct span nothing = {.p = counting, .n = 0};

/* The beginning of a handshake message of 60,000 bytes, in a record of 16,384 of which `n` are there. */
static struct span begun(uint8_t *bytes, size_t n)
{
	static const uint8_t heads[] = {TLS_HANDSHAKE, 3, 3, 0x40, 0, TLS_CERTIFICATE, 0, 0xea, 0x60};
	memset(bytes, 'n', n);
	memcpy(bytes, heads, sizeof heads);
	return span_of(bytes, n);
}

/* Everything behind the heads of record and message is blank. */
static void is_blank_from(const struct run *run, size_t at)
{
	assert_true(run->n_last > at);
	for (size_t i = at; i < run->n_last; i++)
		assert_int_equal(run->last[i], UINT8_MAX);
}

static void test_waiting_packets(void **state)
{
	(void)state;
	uint8_t bytes[20];
	struct run *run = run_start();
	push(run, 1, FLAG_SYN, 0, nothing);
	assert_int_equal(run->written, 1);
	push(run, 1, FLAG_ACK, 0, begun(bytes, sizeof bytes));
	for (size_t i = 1; i < LIMIT_REDACT_PACKETS; i++)
		push(run, 2, FLAG_RST, 0, nothing); /* of others, in order behind it */
	assert_int_equal(run->written, 1);
	push(run, 2, FLAG_RST, 0, nothing);
	assert_int_equal(run->written, run->pushed);
	run_end(run);
}

/* The message of which the rest does not come is blank, and its beginning is told apart from names. */
static void test_what_is_given_up_is_blank(void **state)
{
	(void)state;
	uint8_t bytes[200];
	struct run *run = run_start();
	push(run, 1, FLAG_SYN, 0, nothing);
	push(run, 1, FLAG_ACK, 0, begun(bytes, sizeof bytes));
	save_redact_end(run->save);
	assert_int_equal(run->written, 2);
	assert_memory_equal(&run->last[HEADERS], bytes, TLS_RECORD_HEADER + TLS_HANDSHAKE_HEADER);
	is_blank_from(run, HEADERS + TLS_RECORD_HEADER + TLS_HANDSHAKE_HEADER);
	run_end(run);
}

static void test_waiting_bytes(void **state)
{
	(void)state;
	enum { N = 60000 };
	uint8_t *bytes = xcalloc(1, N);
	struct run *run = run_start();
	push(run, 1, FLAG_SYN, 0, nothing);
	push(run, 1, FLAG_ACK, 0, begun(bytes, 20));
	size_t waiting = HEADERS + 20;
	while (waiting + HEADERS + N <= LIMIT_REDACT_BYTES) {
		push(run, 1, FLAG_ACK, 30, span_of(bytes, N)); /* behind a hole */
		waiting += HEADERS + N;
		assert_int_equal(run->written, 1);
	}
	assert_true(run->pushed < LIMIT_REDACT_PACKETS);
	push(run, 1, FLAG_ACK, 30, span_of(bytes, N));
	assert_true(run->written > 1);
	run_end(run);
	free(bytes);
}

/* Records of change_cipher_spec are shown; from one byte more on than the cap says, all is blank. */
static void test_bytes_of_a_stream(void **state)
{
	(void)state;
	enum { RECORD = TLS_RECORD_HEADER + 1, RECORDS = 200, N = RECORD * RECORDS };
	static const uint8_t ccs[RECORD] = {TLS_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
	uint8_t bytes[N];
	for (size_t i = 0; i < RECORDS; i++)
		memcpy(&bytes[i * RECORD], ccs, RECORD);
	struct run *run = run_start();
	push(run, 1, FLAG_SYN, 0, nothing);
	uint32_t at = 0;
	for (; at + N <= LIMIT_REDACT_STREAM; at += N) {
		push(run, 1, FLAG_ACK, at, span_of(bytes, N));
		assert_memory_equal(&run->last[HEADERS], bytes, N);
	}
	push(run, 1, FLAG_ACK, at, span_of(bytes, N));
	push(run, 1, FLAG_ACK, at + N, span_of(bytes, N));
	is_blank_from(run, HEADERS);
	run_end(run);
}

/* The direction heard longest ago leaves when there is one too many: what goes on in it was joined in the
 * middle. */
static void test_streams(void **state)
{
	(void)state;
	static const uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};
	for (unsigned more = 0; more < 2; more++) {
		struct run *run = run_start();
		uint8_t alert[] = {TLS_ALERT, 3, 3, 0, 2, 2, 46};
		push(run, 1, FLAG_SYN, 0, nothing);
		push(run, 1, FLAG_ACK, 0, span_of(alert, 3)); /* waits for the rest of its record */
		push(run, 1, FLAG_ACK, 3, span_of(&alert[3], 4));
		assert_int_equal(run->written, run->pushed);
		for (uint16_t i = 1; i < LIMIT_REDACT_STREAMS + more; i++)
			push(run, (uint16_t)(1 + i), FLAG_SYN, 0, nothing);
		push(run, 1, FLAG_ACK, 0,
		     span_of(alert, 3)); /* sent again: known, or the middle of anything */
		if (more == 0)
			assert_memory_equal(&run->last[HEADERS], alert, 3);
		else
			assert_memory_not_equal(&run->last[HEADERS], alert, 3);
		push(run, 2, FLAG_ACK, 0, span_of(hello, sizeof hello));
		is_blank_from(run, HEADERS);
		run_end(run);
	}
}

static void push_datagram(struct run *run, struct span payload)
{
	frames_start_bytes(payload);
	frames_udp(NMSP_PORT);
	frames_ip4(PROTO_UDP);
	struct span frame = frames_span();
	save_redact_push(run->save, &(struct capfile_packet){.time = (int64_t)run->pushed++,
	                                                     .linktype = LINK_RAW,
	                                                     .wire = frame.n,
	                                                     .data = frame});
}

/* A fragment of a client_hello that has 1,000 bytes: those from `from` on, all of them the same. */
static struct span hello_part(uint8_t *bytes, uint16_t from, uint16_t n, uint8_t value)
{
	uint8_t heads[] = {TLS_HANDSHAKE, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, (uint8_t)((n + 12) >> 8), (uint8_t)(n + 12),
	                   TLS_CLIENT_HELLO, 0, 1000 >> 8, 1000 & 0xff, 0, 0, 0, (uint8_t)(from >> 8), (uint8_t)from,
	                   0, (uint8_t)(n >> 8), (uint8_t)n};
	memcpy(bytes, heads, sizeof heads);
	memset(&bytes[sizeof heads], value, n);
	return span_of(bytes, sizeof heads + n);
}

static void test_datagrams_wait(void **state)
{
	(void)state;
	uint8_t bytes[1100];
	struct run *run = run_start();
	push_datagram(run, hello_part(bytes, 0, 500, 'n'));
	push(run, 1, FLAG_RST, 0, nothing); /* in order behind it */
	assert_int_equal(run->written, 0);
	push_datagram(run, hello_part(bytes, 500, 500, 'n'));
	assert_int_equal(run->written, 3);
	is_blank_from(run, IP_HEADER + UDP_HEADER + 25); /* the message is none */
	run_end(run);
}

/* With another association on the same ports what waits for the one before is blank. */
static void test_another_association(void **state)
{
	(void)state;
	uint8_t bytes[600];
	struct run *run = run_start();
	push_datagram(run, hello_part(bytes, 0, 500, 'n'));
	push_datagram(run, hello_part(bytes, 0, 500, 'n'));
	assert_int_equal(run->written, 0);
	push_datagram(run, hello_part(bytes, 0, 500, 'm'));
	assert_int_equal(run->written, 2);
	is_blank_from(run, IP_HEADER + UDP_HEADER + 25);
	run_end(run);
}

/* What an ICMP error quotes behind the ports is blank; the first fragment keeps its ports, the others nothing. */
static void test_around_datagrams(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *lead;
		size_t shown;
	} rows[] = {{"0303 0000 00000000 4500 0030 0001 4000 4011 0000 0a000002 0a000001 3ef1 c000 0014 0000 616263646566", NULL,
	             IP_HEADER + 8 + IP_HEADER + 4},
	            {"c000 3ef1 0020 0000 616263646566", "4500 0022 7777 2000 4011 0000 " FRAMES_IP4, IP_HEADER + 8},
	            {"616263646566 6768", "4500 001c 7777 2001 4011 0000 " FRAMES_IP4, IP_HEADER}};
	struct run *run = run_start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		frames_start(rows[i].bytes);
		if (rows[i].lead != NULL)
			frames_lead("%s", rows[i].lead);
		else
			frames_ip4(PROTO_ICMP);
		struct span frame = frames_span();
		save_redact_push(run->save, &(struct capfile_packet){.time = (int64_t)run->pushed++,
		                                                     .linktype = LINK_RAW,
		                                                     .wire = frame.n,
		                                                     .data = frame});
		assert_int_equal(run->written, run->pushed);
		is_blank_from(run, rows[i].shown);
		assert_int_not_equal(run->last[rows[i].shown - 1], UINT8_MAX);
	}
	run_end(run);
}

/* SEQUENCEs in each other, and a text in the innermost one. */
static size_t nested(uint8_t *der, size_t levels)
{
	static const uint8_t text[] = {0x0c, 2, 'a', 'b'};
	size_t n = sizeof text;
	for (size_t i = 0; i < levels; i++) {
		der[2 * i] = 0x30;
		der[2 * i + 1] = (uint8_t)(n + 2 * (levels - 1 - i));
	}
	memcpy(&der[2 * levels], text, n);
	return 2 * levels + n;
}

static void test_depth_of_der(void **state)
{
	(void)state;
	struct redact redact;
	uint8_t der[2 * LIMIT_DER_DEPTH + 8], before[sizeof der];
	redact_start_with(&redact, counting);
	for (size_t more = 0; more < 2; more++) {
		size_t n = nested(der, LIMIT_DER_DEPTH + more), at = n - 4;
		memcpy(before, der, n);
		redact_tls_der(&redact, der, n);
		assert_memory_equal(der, before, at);
		if (more == 0)
			assert_memory_equal(&der[at], before + at, 2); /* its head; the text is a token */
		assert_memory_not_equal(&der[at + 2], "ab", 2);
		if (more == 1)
			assert_memory_equal(&der[at], "\xff\xff\xff\xff", 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_waiting_packets), cmocka_unit_test(test_what_is_given_up_is_blank),
	    cmocka_unit_test(test_waiting_bytes),   cmocka_unit_test(test_bytes_of_a_stream),
	    cmocka_unit_test(test_streams),         cmocka_unit_test(test_depth_of_der),
	    cmocka_unit_test(test_datagrams_wait),  cmocka_unit_test(test_another_association),
	    cmocka_unit_test(test_around_datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
