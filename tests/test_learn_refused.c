/*
 * What the learner of framings must refuse: noise, text, other protocols, too little of the right one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/expect.h"
#include "tests/framings.h"
#include "tests/learnrun.h"
#include "tests/seeded.h"

#define NOISES 12

static void refuse(const struct messages_hold *hold, uint64_t seed)
{
	struct learned *out = xmalloc(sizeof *out);
	if (learnrun(hold, out))
		fail_msg("seed %" PRIu64 ": learned %s", seed, learn_text(out));
	assert_true(out->why[0] != '\0');
	free(out);
}

/* Bytes below `limit`: small numbers look like lengths and types. */
static void refuse_noise(uint32_t limit)
{
	for (uint64_t seed = 1; seed <= NOISES; seed++) {
		struct seeded s = seeded_of(seed * 1000 + limit);
		struct messages_hold hold = {.n = 0};
		for (int records = 0; records < 60; records++) {
			uint8_t bytes[200];
			size_t n = 1 + seeded_below(&s, sizeof bytes);
			for (size_t i = 0; i < n; i++)
				bytes[i] = (uint8_t)seeded_below(&s, limit);
			learnrun_add(&hold, (uint8_t)seeded_below(&s, 2), bytes, n);
		}
		refuse(&hold, seed);
		messages_hold_free(&hold);
	}
}

static void test_noise(void **state)
{
	(void)state;
	refuse_noise(256);
	refuse_noise(68);
	refuse_noise(32);
	refuse_noise(3);
}

static const char *const english[] = {
    "The quick brown fox jumps over the lazy dog, and then it rests for a while in the shade of a tree. ",
    "A network engineer stands at a span port; is this session healthy, and if not, who rejected whom?\n",
    "It was the best of times, it was the worst of times.\r\n\r\nItem 1.\tNothing.\r\nItem 2.\tNothing "
    "more.\r\n",
    "No.",
    "He said: \"Count 1, 2, 3, 7, 13, 14, 15 and 16 -- then stop\"; so they did (all of them, at once).\n",
};

static const char *const http[2][3] = {
    {"GET /nmsp?page=1 HTTP/1.1\r\nHost: 10.0.0.1:16113\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
     "POST /api/config/v1/version/image HTTP/1.1\r\nHost: cmx\r\nContent-Length: 22\r\n\r\n{\"a\": 13, "
     "\"b\": \"C\\tCC\"}",
     "HEAD / HTTP/1.0\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 48\r\n\r\n<html><body><h1>It "
     "works!</h1></body></html>\r\n\r\n",
     "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/login\r\nSet-Cookie: id=7f1d; Path=/\r\n\r\n"},
};

/* ---- other protocols ---- */

struct speech {
	struct seeded *s;
	uint8_t dir;
	uint32_t turn;
	uint8_t bytes[1024];
	size_t n;
};

static void say(struct speech *to, const void *bytes, size_t n)
{
	assert_true(n <= sizeof to->bytes - to->n);
	memcpy(&to->bytes[to->n], bytes, n);
	to->n += n;
}

static void say_number(struct speech *to, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0;)
		say(to, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static void say_random(struct speech *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say_number(to, seeded_next(to->s), 1);
}

static void say_english(struct speech *to)
{
	const char *words = english[seeded_below(to->s, 5)];
	to->dir = (uint8_t)seeded_below(to->s, 2);
	say(to, words, strlen(words) - seeded_below(to->s, 3));
}

static void say_http(struct speech *to)
{
	const char *line = http[to->dir][seeded_below(to->s, 3)];
	say(to, line, strlen(line));
}

static void say_json(struct speech *to)
{
	char line[200];
	static const char *const names[] = {"rssi", "mac", "type", "length", "id"};
	int n =
	    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"%s\":{\"%s\":%u,\"ok\":true}}\n",
	             (unsigned)to->turn / 2, to->dir > 0 ? "result" : "params", names[seeded_below(to->s, 5)],
	             (unsigned)seeded_below(to->s, 70000));
	say(to, line, (size_t)n);
}

static void say_base64(struct speech *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (uint32_t n = 4 * (4 + seeded_below(to->s, 60)); n > 0; n--)
		say(to, n % 77 == 0 ? "\n" : &digits[seeded_below(to->s, 64)], 1);
}

/* Behind a length of 4 bytes: keys of fields and their values, a list inside. */
static void say_protobuf(struct speech *to)
{
	uint32_t text = seeded_below(to->s, 40);
	say_number(to, 8 + text, 4);
	say_number(to, 0x08, 1);
	say_number(to, 1 + seeded_below(to->s, 100), 1);
	say_number(to, 0x10, 1);
	say_number(to, 0x80 | seeded_below(to->s, 128), 1);
	say_number(to, 1 + seeded_below(to->s, 100), 1);
	say_number(to, 0x1a, 1);
	say_number(to, 1 + text, 1);
	say_random(to, 1 + text);
}

/* As LDAP: SEQUENCE, the id as INTEGER, an operation, OCTET STRINGs. */
static void say_asn1(struct speech *to)
{
	static const uint8_t operations[2][4] = {{0x60, 0x63, 0x42, 0x66}, {0x61, 0x64, 0x65, 0x67}};
	uint32_t n = seeded_below(to->s, 60);
	say_number(to, 0x30, 1);
	say_number(to, 7 + n, 1);
	say_number(to, 0x020100 | (1 + to->turn / 2 % 120), 3);
	say_number(to, operations[to->dir][seeded_below(to->s, 4)], 1);
	say_number(to, 2 + n, 1);
	say_number(to, 0x04, 1);
	say_number(to, n, 1);
	say_random(to, n);
}

/* Inside of the session's TLS one more: its content types 20 to 22 are ids of messages, too. */
static void say_tls(struct speech *to)
{
	static const uint8_t begins[] = {22, 22, 22, 20, 22, 21};
	uint8_t type = to->turn < 12 ? begins[to->turn / 2] : seeded_one_in(to->s, 20) ? 21 : 23;
	uint32_t n = type == 20 ? 1 : type == 21 ? 2 : 40 + seeded_below(to->s, 300);
	say_number(to, type, 1);
	say_number(to, 0x0303, 2);
	say_number(to, n, 2);
	say_random(to, n);
}

/* Frames with a length, a type and an id, but others. */
static void say_http2(struct speech *to)
{
	static const uint8_t types[] = {0, 0, 1, 3, 4, 6, 8, 9};
	uint8_t type = types[seeded_below(to->s, sizeof types)];
	uint32_t n = type == 8 || type == 3 ? 4 : seeded_below(to->s, 200);
	say_number(to, n, 3);
	say_number(to, type, 1);
	say_number(to, seeded_below(to->s, 6), 1);
	say_number(to, 1 + to->turn / 4 * 2, 4);
	say_random(to, n);
}

/* An id, a length, and functions of which some are ids of messages; a response repeats its request's. */
static void say_modbus(struct speech *to)
{
	static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16};
	struct seeded s = seeded_of(to->turn / 2);
	uint8_t function = functions[seeded_below(&s, sizeof functions)];
	uint32_t n = to->dir > 0 ? 1 + seeded_below(to->s, 40) : 4;
	say_number(to, to->turn / 2, 2);
	say_number(to, 0, 2);
	say_number(to, 2 + n, 2);
	say_number(to, 1, 1);
	say_number(to, function, 1);
	say_random(to, n);
}

static void say_zeros(struct speech *to)
{
	static const uint8_t zeros[200];
	say(to, zeros, 1 + seeded_below(to->s, sizeof zeros));
}

static const struct other {
	const char *name;
	void (*say)(struct speech *to);
} others[] = {
    {"English", say_english},   {"HTTP", say_http},   {"JSON", say_json}, {"base64", say_base64},
    {"protobuf", say_protobuf}, {"ASN.1", say_asn1},  {"TLS", say_tls},   {"HTTP/2", say_http2},
    {"Modbus", say_modbus},     {"zeros", say_zeros},
};

/* A record an utterance, or cut anywhere. */
static void speak(const struct other *other, uint64_t seed, struct messages_hold *hold)
{
	struct seeded s = seeded_of(seed);
	bool cut = seed % 2 == 0;
	for (uint32_t turn = 0; turn < 50; turn++) {
		struct speech to = {.s = &s, .dir = (uint8_t)(turn % 2), .turn = turn};
		other->say(&to);
		size_t n = cut ? seeded_below(&s, to.n) : 0;
		if (n > 0)
			learnrun_add(hold, to.dir, to.bytes, n);
		learnrun_add(hold, to.dir, &to.bytes[n], to.n - n);
	}
}

static void test_others(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		for (uint64_t seed = 1; seed <= NOISES; seed++) {
			struct messages_hold hold = {.n = 0};
			speak(&others[i], seed, &hold);
			if (learnrun(&hold, out))
				fail_msg("%s, seed %" PRIu64 ": learned %s", others[i].name, seed,
				         learn_text(out));
			assert_true(out->why[0] != '\0');
			messages_hold_free(&hold);
		}
	free(out);
}
/* Seven messages of any framing. */
static void test_few(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (uint64_t seed = 1; seed <= NOISES; seed++)
		for (size_t n = 4 + seed % 2; n < LEARN_LEAST; n += 2) {
			struct framings *f = framings_new(seed, n);
			refuse(&f->hold, seed);
			framings_free(f);
		}
	struct messages_hold none = {.n = 0};
	assert_false(learnrun(&none, out));
	assert_string_equal(out->why, "there is no plaintext");
	free(out);
}

/* Echoes alone: a mark of the direction has two values, too. Where they have no body, no length is seen. */
static void test_echoes(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (uint8_t with_body = 0; with_body < 2; with_body++) {
		struct messages_hold hold = {.n = 0};
		for (uint8_t i = 0; i < 40; i++) {
			uint8_t body = with_body * (i / 2 % 5),
			        echo[] = {
			            0, (uint8_t)(1 + i % 2), 0, (uint8_t)(8 + body), 0, 0, 0, i / 2, 9, 9, 9,
			            9};
			learnrun_add(&hold, i % 2, echo, 8u + body);
		}
		assert_false(learnrun(&hold, out));
		has(out->why, with_body > 0 ? "2 different message ids are too few"
		                            : "messages of one or two lengths are too alike");
		messages_hold_free(&hold);
	}
	free(out);
}

/* Behind messages that fit comes one that is longer than all of them: it is no proof that they do. */
static void test_long_tail(void **state)
{
	(void)state;
	static const uint8_t types[] = {7, 7, 30, 31, 16, 17, 1, 2, 20, 21, 22, 15, 18, 67};
	static const uint8_t dirs[] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1};
	static uint8_t tail[1000];
	struct learned *out = xmalloc(sizeof *out);
	for (size_t n = 60; n <= sizeof tail; n += sizeof tail - 60) {
		struct seeded s = seeded_of(1);
		struct messages_hold hold = {.n = 0};
		for (uint8_t i = 0; i < sizeof types; i++) {
			uint8_t bytes[8 + 30] = {0xa0, types[i], 0,    (uint8_t)(8 + i * 11 % 30),
			                         0xa4, 0xa5,     0xa6, 0xa7};
			for (size_t k = 8; k < sizeof bytes; k++)
				bytes[k] = (uint8_t)seeded_next(&s);
			learnrun_add(&hold, dirs[i], bytes, bytes[3]);
		}
		for (size_t k = 0; k < n; k++)
			tail[k] = k < 4 ? (uint8_t[]){0xa0, 15, 0x40, 0}[k] : (uint8_t)seeded_next(&s);
		learnrun_add(&hold, 1, tail, n);
		assert_int_equal(learnrun(&hold, out), n == 60);
		messages_hold_free(&hold);
	}
	free(out);
}

/* Seen from its middle, one side fits and the other one nowhere: it is not left out in silence. */
static void test_other_side(void **state)
{
	(void)state;
	struct learned *out = xmalloc(sizeof *out);
	for (uint64_t seed = 1; seed <= NOISES; seed++) {
		struct seeded s = seeded_of(seed);
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		struct messages_hold hold = {.n = 0};
		struct learn_input input = {.hold = &hold, .midstream = true};
		framings_take_side(f, 1, &hold);
		for (int records = 0; records < 20; records++) {
			uint8_t bytes[100];
			for (size_t i = 0; i < sizeof bytes; i++)
				bytes[i] = (uint8_t)(UINT8_MAX - seeded_below(&s, 100));
			learnrun_add(&hold, 0, bytes, sizeof bytes);
		}
		assert_false(learn(&input, 1, out));
		messages_hold_free(&hold);
		framings_free(f);
	}
	free(out);
}

/* More lengths fit than LIMIT_LEARN_STEPS lets it try: that is why. */
static void test_too_much(void **state)
{
	(void)state;
	static const uint8_t zeros[LIMIT_FRAMING_HOLD];
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	struct learn_input inputs[LIMIT_LEARN_INPUTS];
	for (uint8_t dir = 0; dir < 2; dir++)
		learnrun_add(&hold, dir, zeros, sizeof zeros / 2);
	for (size_t i = 0; i < LIMIT_LEARN_INPUTS; i++)
		inputs[i] = (struct learn_input){.hold = &hold};
	assert_false(learn(inputs, LIMIT_LEARN_INPUTS, out));
	has(out->why, "so many lengths cut the data that not all of them could be tried");
	messages_hold_free(&hold);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_noise),     cmocka_unit_test(test_others),
	    cmocka_unit_test(test_few),       cmocka_unit_test(test_echoes),
	    cmocka_unit_test(test_long_tail), cmocka_unit_test(test_other_side),
	    cmocka_unit_test(test_too_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
