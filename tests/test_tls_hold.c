/* The queue of records that wait for a key: order, copies, and both caps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_hold.h"
#include "dissect/limits.h"

#include <stdlib.h>
#include <string.h>

#define RECORD 1000

static struct frame_message record(uint8_t *bytes, size_t n, uint64_t packet)
{
	memset(bytes, (int)packet, n);
	return (struct frame_message){.bytes = span_of(bytes, n), .total = n, .last = {.packet = packet}};
}

static void test_order_and_copies(void **state)
{
	(void)state;
	struct tls_hold hold;
	size_t all = 0;
	uint8_t bytes[RECORD];
	tls_hold_init(&hold);
	assert_null(tls_hold_pop(&hold, &all));
	for (uint64_t packet = 1; packet <= 3; packet++) {
		struct frame_message message = record(bytes, 10 * packet, packet);
		assert_true(tls_hold_push(&hold, packet == 2, &message, &all));
	}
	assert_int_equal(all, hold.bytes);
	for (uint64_t packet = 1; packet <= 3; packet++) {
		struct tls_held *held = tls_hold_pop(&hold, &all);
		assert_int_equal(held->dir, packet == 2);
		assert_int_equal(held->message.last.packet, packet);
		assert_int_equal(held->message.bytes.n, 10 * packet);
		assert_int_equal(held->message.bytes.p[0], packet); /* its own copy */
		free(held);
	}
	assert_int_equal(all, 0);
	assert_int_equal(hold.bytes, 0);
}

/* Fills one queue after the other until no record fits any more; returns the bytes that were taken. */
static size_t fill(struct tls_hold *hold, size_t *all)
{
	uint8_t bytes[RECORD];
	struct frame_message message = record(bytes, RECORD, 1);
	while (tls_hold_push(hold, 0, &message, all))
		;
	message.bytes.n = 1;
	assert_true(hold->full);
	assert_false(tls_hold_push(hold, 0, &message, all)); /* nothing behind a hole */
	return hold->bytes;
}

static void test_caps(void **state)
{
	(void)state;
	enum { HOLDS = LIMIT_WAITING_ALL / LIMIT_WAITING + 2 };
	struct tls_hold hold[HOLDS];
	size_t all = 0;
	for (size_t i = 0; i < HOLDS; i++) {
		tls_hold_init(&hold[i]);
		size_t taken = fill(&hold[i], &all);
		assert_true(taken <= LIMIT_WAITING);
		assert_true(all <= LIMIT_WAITING_ALL);
		if (i == 0)
			assert_true(taken > LIMIT_WAITING - 2 * RECORD);
	}
	assert_true(all > LIMIT_WAITING_ALL - 2 * RECORD);
	for (size_t i = 0; i < HOLDS; i++)
		tls_hold_free(&hold[i], &all);
	assert_int_equal(all, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_and_copies),
	    cmocka_unit_test(test_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
