/*
 * DTLS datagrams with tokens: names in handshake messages however these are cut into fragments, records and datagrams,
 * in any order and twice; what cannot be told is blank, what is encrypted stays.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/redact_dtls.h"
#include "dissect/dtls.h"
#include "dissect/limits.h"
#include "tests/seeded_numbers.h"

#include <stdlib.h>
#include <string.h>

#define NAME "wlc-7.acme.example" /* of the server, in hello and certificate */

enum { MOST = 1024, DATAGRAMS = 256, SEALED = 1 };

static const uint8_t counting[REDACT_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

struct buffer {
	size_t n;
	uint8_t bytes[MOST];
};

struct test {
	struct redact redact;
	struct redact_dtls *dtls;
};

static struct test start(void)
{
	struct test test = {.redact = {.profile = NULL}};
	redact_start_with(&test.redact, counting);
	return test;
}

static void put(struct buffer *to, const void *bytes, size_t n)
{
	assert_true(to->n + n <= sizeof to->bytes);
	memcpy(&to->bytes[to->n], bytes, n);
	to->n += n;
}

static void put_number(struct buffer *to, uint64_t value, size_t width)
{
	for (size_t i = width; i-- > 0;)
		put(to, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static struct span span_of_buffer(const struct buffer *buffer)
{
	return span_of(buffer->bytes, buffer->n);
}

/* ---- what the peers say ---- */

static const uint8_t cookie[] = {'1', '0', '.', '2', '0', '.', '3', '0', '.', '4', '0'};

static struct buffer client_hello(uint8_t random)
{
	struct buffer body = {.n = 0};
	put_number(&body, TLS_DTLS_1_2, 2);
	for (size_t i = 0; i < TLS_RANDOM; i++)
		put_number(&body, random, 1);
	put_number(&body, 0, 1); /* session id */
	put_number(&body, sizeof cookie, 1);
	put(&body, cookie, sizeof cookie);
	put(&body, "\0\2\xc0\x30\1\0", 6); /* a cipher, no compression */
	put_number(&body, sizeof NAME - 1 + 9, 2);
	put_number(&body, 0, 2); /* server_name */
	put_number(&body, sizeof NAME - 1 + 5, 2);
	put_number(&body, sizeof NAME - 1 + 3, 2);
	put_number(&body, 0, 1);
	put_number(&body, sizeof NAME - 1, 2);
	put(&body, NAME, sizeof NAME - 1);
	return body;
}

static struct buffer hello_verify_request(void)
{
	struct buffer body = {.n = 0};
	put_number(&body, TLS_DTLS_1_0, 2);
	put_number(&body, sizeof cookie, 1);
	put(&body, cookie, sizeof cookie);
	return body;
}

static struct buffer server_hello(uint16_t cipher)
{
	struct buffer body = {.n = 0};
	put_number(&body, TLS_DTLS_1_2, 2);
	for (size_t i = 0; i < TLS_RANDOM; i++)
		put_number(&body, 9, 1);
	put_number(&body, 0, 1);
	put_number(&body, cipher, 2);
	put_number(&body, 0, 1);
	return body;
}

static struct buffer certificate(void)
{
	struct buffer body = {.n = 0};
	size_t text = sizeof NAME - 1;
	put_number(&body, text + 7, 3);
	put_number(&body, text + 4, 3);
	put_number(&body, 0x30, 1);
	put_number(&body, text + 2, 1);
	put_number(&body, 0x0c, 1); /* UTF8String */
	put_number(&body, text, 1);
	put(&body, NAME, text);
	return body;
}

static void begin_record(struct buffer *to, uint8_t type, uint16_t epoch, uint64_t number, size_t length)
{
	put_number(to, type, 1);
	put_number(to, TLS_DTLS_1_2, 2);
	put_number(to, epoch, 2);
	put_number(to, number, 6);
	put_number(to, length, 2);
}

static void put_record(struct buffer *to, uint8_t type, uint16_t epoch, const void *body, size_t n)
{
	begin_record(to, type, epoch, 0, n);
	put(to, body, n);
}

/* A record of its own. */
static void put_fragment(struct buffer *to, uint8_t type, uint16_t sequence, const struct buffer *body, size_t from,
                         size_t n)
{
	begin_record(to, TLS_HANDSHAKE, 0, from, DTLS_HANDSHAKE_HEADER + n);
	put_number(to, type, 1);
	put_number(to, body->n, 3);
	put_number(to, sequence, 2);
	put_number(to, from, 3);
	put_number(to, n, 3);
	put(to, &body->bytes[from], n);
}

static struct buffer message(uint8_t type, uint16_t sequence, const struct buffer *body)
{
	struct buffer datagram = {.n = 0};
	put_fragment(&datagram, type, sequence, body, 0, body->n);
	return datagram;
}

/* ---- reading it ---- */

static struct buffer shown(const struct redact_dtls *dtls, uint8_t dir, const struct buffer *datagram)
{
	struct buffer out = {.n = datagram->n};
	assert_true(redact_dtls_decided(dtls, dir, span_of_buffer(datagram), 0));
	redact_dtls_write(dtls, dir, span_of_buffer(datagram), 0, out.bytes);
	return out;
}

static void is_read(struct redact_dtls *dtls, uint8_t dir, const struct buffer *datagram)
{
	redact_dtls_read(dtls, dir, span_of_buffer(datagram), 0);
}

static bool holds(const struct buffer *buffer, const void *bytes, size_t n)
{
	for (size_t i = 0; i + n <= buffer->n; i++)
		if (memcmp(&buffer->bytes[i], bytes, n) == 0)
			return true;
	return false;
}

static void is_blank_from(const struct buffer *buffer, size_t from)
{
	assert_true(buffer->n > from);
	for (size_t i = from; i < buffer->n; i++)
		assert_int_equal(buffer->bytes[i], UINT8_MAX);
}

/* ---- tests ---- */

/* Random pieces, some twice, in a random order: the same message in the end. */
static uint32_t cut(struct seeded *numbers, struct buffer *datagrams, uint8_t type, const struct buffer *body)
{
	uint32_t n = 0;
	for (size_t from = 0; from < body->n;) {
		size_t most = body->n - from, takes = 1 + seeded_next(numbers) % (most < 40 ? most : 40);
		datagrams[n] = (struct buffer){.n = 0};
		put_fragment(&datagrams[n++], type, 2, body, from, takes);
		if (seeded_next(numbers) % 4 == 0) { /* it overlaps with the next one */
			datagrams[n] = (struct buffer){.n = 0};
			put_fragment(&datagrams[n++], type, 2, body, from, from + takes < body->n ? takes + 1 : takes);
		}
		from += takes;
	}
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = (uint32_t)(seeded_next(numbers) % i);
		struct buffer kept = datagrams[i - 1];
		datagrams[i - 1] = datagrams[other];
		datagrams[other] = kept;
	}
	return n;
}

static void put_together(const struct buffer *datagram, struct buffer *to)
{
	struct rd r = rd_of(span_of_buffer(datagram));
	struct dtls_record record;
	struct dtls_fragment fragment;
	assert_int_equal(dtls_next(&r, 0, &record), DTLS_RECORD);
	struct rd plain = rd_of(span_cut(record.bytes, DTLS_RECORD_HEADER, SIZE_MAX));
	assert_true(dtls_next_fragment(&plain, &fragment));
	memcpy(&to->bytes[fragment.offset], fragment.body.p, fragment.body.n);
}

static void test_any_fragments(void **state)
{
	(void)state;
	static struct buffer datagrams[DATAGRAMS];
	struct seeded numbers = seeded_of(3);
	struct buffer bodies[] = {client_hello(7), certificate()};
	static const uint8_t types[] = {TLS_CLIENT_HELLO, TLS_CERTIFICATE};
	struct test test = start();
	for (int round = 0; round < 400; round++) {
		const struct buffer *body = &bodies[round % 2];
		struct buffer whole = message(types[round % 2], 2, body);
		test.dtls = redact_dtls_new(&test.redact);
		is_read(test.dtls, 0, &whole);
		whole = shown(test.dtls, 0, &whole);
		redact_dtls_free(test.dtls);
		assert_false(holds(&whole, NAME, sizeof NAME - 1));
		struct buffer together = {.n = body->n};
		test.dtls = redact_dtls_new(&test.redact);
		uint32_t n = cut(&numbers, datagrams, types[round % 2], body);
		for (uint32_t i = 0; i < n; i++)
			is_read(test.dtls, 0, &datagrams[i]);
		for (uint32_t i = 0; i < n; i++) {
			struct buffer out = shown(test.dtls, 0, &datagrams[i]);
			put_together(&out, &together);
		}
		redact_dtls_free(test.dtls);
		assert_memory_equal(together.bytes, &whole.bytes[whole.n - body->n], body->n);
	}
}

static void test_cookie(void **state)
{
	(void)state;
	struct test test = start();
	struct buffer asks = hello_verify_request(), hello = client_hello(7);
	struct buffer datagram = message(TLS_HELLO_VERIFY_REQUEST, 0, &asks), answer = message(TLS_CLIENT_HELLO, 1, &hello);
	test.dtls = redact_dtls_new(&test.redact);
	is_read(test.dtls, 1, &datagram);
	is_read(test.dtls, 0, &answer);
	datagram = shown(test.dtls, 1, &datagram);
	answer = shown(test.dtls, 0, &answer);
	assert_false(holds(&datagram, cookie, sizeof cookie));
	assert_false(holds(&answer, cookie, sizeof cookie));
	assert_true(holds(&answer, &datagram.bytes[datagram.n - sizeof cookie], sizeof cookie));
	redact_dtls_free(test.dtls);
}

/* One byte is missing: it waits, and then nothing of it is shown, also when the byte comes after all. */
static void test_never_whole(void **state)
{
	(void)state;
	struct test test = start();
	struct buffer body = certificate(), first = {.n = 0}, last = {.n = 0};
	put_fragment(&first, TLS_CERTIFICATE, 2, &body, 0, body.n - 1);
	put_fragment(&last, TLS_CERTIFICATE, 2, &body, body.n - 1, 1);
	test.dtls = redact_dtls_new(&test.redact);
	is_read(test.dtls, 0, &first);
	assert_false(redact_dtls_decided(test.dtls, 0, span_of_buffer(&first), 0));
	redact_dtls_give_up(test.dtls, 0, span_of_buffer(&first), 0);
	struct buffer out = shown(test.dtls, 0, &first);
	assert_memory_equal(out.bytes, first.bytes, DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER);
	is_blank_from(&out, DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER);
	is_read(test.dtls, 0, &last);
	out = shown(test.dtls, 0, &last);
	is_blank_from(&out, DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER);
	redact_dtls_free(test.dtls);
}

/* A fragment that says something else than the message that was read says something else here, too, but not what. */
static void test_contradiction(void **state)
{
	(void)state;
	struct test test = start();
	struct buffer body = certificate(), other = body;
	memcpy(&other.bytes[other.n - 6], "secret", 6);
	struct buffer first = message(TLS_CERTIFICATE, 2, &body), second = message(TLS_CERTIFICATE, 2, &other);
	test.dtls = redact_dtls_new(&test.redact);
	is_read(test.dtls, 0, &first);
	is_read(test.dtls, 0, &second);
	first = shown(test.dtls, 0, &first);
	second = shown(test.dtls, 0, &second);
	assert_false(holds(&second, "secret", 6));
	assert_memory_not_equal(first.bytes, second.bytes, first.n);
	redact_dtls_free(test.dtls);
}

/* Not understood, or not encrypted. Its header stays. */
static void test_blank(void **state)
{
	(void)state;
	struct test test = start();
	static const char text[] = "..10.20.30.40";
	static const struct {
		uint8_t type;
		size_t shown;
	} rows[] = {{TLS_APPLICATION_DATA, 0}, {TLS_HEARTBEAT, 0}, {TLS_ALERT, 2}, {TLS_CHANGE_CIPHER_SPEC, 1},
	            {TLS_HANDSHAKE, 0}, {25 /* with a connection id */, 0}};
	test.dtls = redact_dtls_new(&test.redact);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buffer datagram = {.n = 0};
		put_record(&datagram, rows[i].type, 0, text, sizeof text - 1);
		is_read(test.dtls, 0, &datagram);
		struct buffer out = shown(test.dtls, 0, &datagram);
		is_blank_from(&out, DTLS_RECORD_HEADER + rows[i].shown);
		assert_memory_equal(out.bytes, datagram.bytes, 11 + rows[i].shown);
	}
	static const char *const none[] = {"10.20.30.40", "!", "wlc-7.acme.example"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct buffer datagram = {.n = 0};
		put(&datagram, none[i], strlen(none[i]));
		is_read(test.dtls, 0, &datagram);
		struct buffer out = shown(test.dtls, 0, &datagram);
		is_blank_from(&out, 0);
	}
	redact_dtls_free(test.dtls);
}

/* What is encrypted stays, unless the cipher suite of either side's hello encrypts nothing. */
static void test_sealed(void **state)
{
	(void)state;
	static const struct {
		uint16_t cipher;
		bool open;
	} rows[] = {{0xc030, false}, {0x0002 /* TLS_RSA_WITH_NULL_SHA */, true}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct test test = start();
		struct buffer hello = server_hello(rows[i].cipher), answer = message(TLS_SERVER_HELLO, 0, &hello);
		struct buffer datagram = {.n = 0};
		put_record(&datagram, TLS_APPLICATION_DATA, SEALED, "ciphertext", 10);
		put_record(&datagram, TLS_APPLICATION_DATA, SEALED, "ciphertext", 10);
		test.dtls = redact_dtls_new(&test.redact);
		is_read(test.dtls, 1, &answer);
		is_read(test.dtls, 0, &datagram);
		struct buffer out = shown(test.dtls, 0, &datagram);
		assert_int_equal(holds(&out, "ciphertext", 10), !rows[i].open);
		assert_memory_equal(&out.bytes[DTLS_RECORD_HEADER + 10], &datagram.bytes[DTLS_RECORD_HEADER + 10],
		                    DTLS_RECORD_HEADER);
		redact_dtls_free(test.dtls);
	}
}

static void test_another_association(void **state)
{
	(void)state;
	struct test test = start();
	struct buffer body = client_hello(7), other = client_hello(8);
	struct buffer hello = message(TLS_CLIENT_HELLO, 0, &body), another = message(TLS_CLIENT_HELLO, 0, &other);
	test.dtls = redact_dtls_new(&test.redact);
	assert_false(redact_dtls_is_new(test.dtls, span_of_buffer(&hello), 0));
	is_read(test.dtls, 0, &hello);
	assert_false(redact_dtls_is_new(test.dtls, span_of_buffer(&hello), 0));
	assert_true(redact_dtls_is_new(test.dtls, span_of_buffer(&another), 0));
	redact_dtls_free(test.dtls);
}

/* The beginning of a message that never becomes whole. */
static struct buffer beginning(uint16_t sequence, uint32_t length)
{
	struct buffer begun = {.n = 0};
	begin_record(&begun, TLS_HANDSHAKE, 0, 0, DTLS_HANDSHAKE_HEADER + 4);
	put_number(&begun, TLS_CERTIFICATE, 1);
	put_number(&begun, length, 3);
	put_number(&begun, sequence, 2);
	put_number(&begun, 0, 3);
	put_number(&begun, 4, 3);
	put(&begun, "name", 4);
	return begun;
}

static bool is_blank(struct test *test, uint16_t sequence)
{
	struct buffer body = certificate();
	struct buffer datagram = message(TLS_CERTIFICATE, sequence, &body);
	is_read(test->dtls, 0, &datagram);
	struct buffer out = shown(test->dtls, 0, &datagram);
	assert_false(holds(&out, NAME, sizeof NAME - 1));
	return out.bytes[out.n - 1] == UINT8_MAX;
}

/* More than a cap of an association: blank, and decided at once. */
static void test_messages_of_an_association(void **state)
{
	(void)state;
	struct test test = start();
	test.dtls = redact_dtls_new(&test.redact);
	for (uint16_t i = 0; i <= LIMIT_REDACT_MESSAGES; i++)
		assert_int_equal(is_blank(&test, i), i == LIMIT_REDACT_MESSAGES);
	redact_dtls_free(test.dtls);
}

static void test_bytes_of_an_association(void **state)
{
	(void)state;
	struct test test = start();
	uint16_t n = 0;
	test.dtls = redact_dtls_new(&test.redact);
	for (uint32_t length = LIMIT_HANDSHAKE; length >= 16; length /= 2)
		for (int twice = 0; twice < 2; twice++) { /* what has no room is left out, and smaller ones fill it */
			struct buffer begun = beginning(n++, length);
			redact_dtls_read(test.dtls, 0, span_of_buffer(&begun), 0);
			if (n == 1)
				assert_false(is_blank(&test, 100));
		}
	assert_in_range(n, 2, LIMIT_REDACT_MESSAGES / 2);
	assert_true(is_blank(&test, 101));
	struct buffer longer = beginning(0, LIMIT_HANDSHAKE + 1);
	redact_dtls_free(test.dtls);
	test.dtls = redact_dtls_new(&test.redact);
	is_read(test.dtls, 0, &longer);
	longer = shown(test.dtls, 0, &longer);
	is_blank_from(&longer, DTLS_RECORD_HEADER + DTLS_HANDSHAKE_HEADER);
	redact_dtls_free(test.dtls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_fragments),
	    cmocka_unit_test(test_cookie),
	    cmocka_unit_test(test_never_whole),
	    cmocka_unit_test(test_contradiction),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_sealed),
	    cmocka_unit_test(test_another_association),
	    cmocka_unit_test(test_messages_of_an_association),
	    cmocka_unit_test(test_bytes_of_an_association),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
