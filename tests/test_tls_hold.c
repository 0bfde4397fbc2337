/*
 * The queues of records that wait for a key: order and copies, numbers, what falls out at which cap, and the
 * connections that wait for a client random.
 */
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
#define COST   (sizeof(struct tls_held) + RECORD)

/* A connection of these tests, and what fell out of its queue. */
struct waiter {
	struct tls_hold hold;
	uint64_t fallen[2];
	uint64_t handshake; /* of these */
	uint64_t last;      /* number of the latest */
};

static void fell(void *owner, const struct tls_held *held)
{
	struct waiter *waiter = owner;
	waiter->fallen[held->dir]++;
	waiter->handshake += held->handshake;
	waiter->last = held->ahead.records;
}

static void start(struct waiter *waiter, struct tls_holds *all)
{
	*waiter = (struct waiter){.last = UINT64_MAX};
	tls_hold_init(&waiter->hold, all, waiter, fell);
}

static void push(struct waiter *waiter, uint8_t dir, bool handshake, size_t n, uint64_t packet)
{
	uint8_t *bytes = malloc(n);
	assert_non_null(bytes);
	memset(bytes, (int)packet, n);
	struct frame_message message = {.bytes = span_of(bytes, n), .total = n, .last = origin_of(0, packet, 0)};
	tls_hold_push(&waiter->hold, TLS_HELD_RECORD, dir, handshake, packet, &message);
	free(bytes);
}

static void in_order_and_copied(void **state)
{
	(void)state;
	struct tls_holds all;
	struct waiter waiter;
	tls_holds_init(&all);
	start(&waiter, &all);
	for (uint64_t packet = 1; packet <= 4; packet++)
		push(&waiter, packet == 2, packet == 1, 100 * packet, packet);
	assert_int_equal(tls_holds_bytes(&all), waiter.hold.bytes);
	assert_true(waiter.hold.held[0] == 3 && waiter.hold.held[1] == 1);
	for (uint64_t packet = 1; packet <= 4; packet++) {
		struct tls_held *held = waiter.hold.oldest;
		struct span bytes = tls_held_bytes(held);
		assert_int_equal(held->dir, packet == 2);
		assert_true(held->at.packet == packet && held->place == packet);
		assert_int_equal(held->ahead.records, packet <= 2 ? 0 : packet - 2);
		assert_true(bytes.n == 100 * packet && bytes.p[0] == packet &&
		            bytes.p[bytes.n - 1] == packet);
		assert_true(held->before.known == (packet > 2));
		if (packet > 2)
			assert_int_equal(held->before.bytes[0], packet == 3 ? 1 : 3);
		tls_hold_take(&waiter.hold, held);
		free(held);
	}
	assert_true(tls_holds_bytes(&all) == 0 && waiter.hold.bytes == 0 && waiter.hold.newest == NULL);
	assert_int_equal(waiter.fallen[0] + waiter.fallen[1], 0);
}

/* What passes has a number, and what is behind a damaged record does not know its end. */
static void every_record_has_a_number(void **state)
{
	(void)state;
	struct tls_holds all;
	struct waiter waiter;
	uint8_t bytes[40] = {0};
	struct frame_message message = {.bytes = span_of(bytes, sizeof bytes), .total = sizeof bytes};
	tls_holds_init(&all);
	start(&waiter, &all);
	tls_hold_pass(&waiter.hold, 1, &message);
	tls_hold_push(&waiter.hold, TLS_HELD_CHANGE, 1, true, 0, &message);
	message.damaged = true;
	tls_hold_push(&waiter.hold, TLS_HELD_DAMAGED, 1, false, 0, &message);
	push(&waiter, 1, false, RECORD, 1);
	const struct tls_held *change = waiter.hold.oldest, *damaged = change->newer,
	                      *behind = damaged->newer;
	assert_true(change->ahead.records == 1 && damaged->ahead.records == 1 && behind->ahead.records == 2);
	assert_true(change->n == 0 && damaged->n == 0 && damaged->before.known && !behind->before.known);
	assert_int_equal(waiter.hold.came[1].records, 3);
	tls_hold_free(&waiter.hold);
	assert_int_equal(tls_holds_bytes(&all), 0);
}

/* The newest records of a connection wait, and those of its handshake. */
static void the_cap_of_a_connection(void **state)
{
	(void)state;
	enum { RECORDS = 2 * LIMIT_WAITING / RECORD, FIRST = 3 };
	struct tls_holds all;
	struct waiter waiter;
	tls_holds_init(&all);
	start(&waiter, &all);
	for (uint64_t i = 0; i < RECORDS; i++) {
		push(&waiter, i % 2, i < FIRST || i == RECORDS / 4, RECORD, i);
		assert_true(waiter.hold.bytes <= LIMIT_WAITING);
		assert_int_equal(
		    waiter.fallen[0] + waiter.fallen[1] + waiter.hold.held[0] + waiter.hold.held[1], i + 1);
	}
	assert_true(waiter.hold.bytes > LIMIT_WAITING - 2 * COST);
	assert_int_equal(waiter.handshake, 0);
	uint64_t packet = 0, kept = waiter.hold.held[0] + waiter.hold.held[1];
	for (const struct tls_held *held = waiter.hold.oldest; held != NULL; held = held->newer, packet++) {
		assert_int_equal(held->handshake, packet <= FIRST);
		assert_int_equal(held->at.packet, packet < FIRST    ? packet
		                                  : packet == FIRST ? RECORDS / 4
		                                                    : RECORDS - kept + packet);
		assert_int_equal(held->ahead.records, held->at.packet / 2);
	}
	tls_hold_free(&waiter.hold);
}

/* An endless handshake: its beginning is kept. */
static void a_handshake_beyond_the_cap(void **state)
{
	(void)state;
	struct tls_holds all;
	struct waiter waiter;
	tls_holds_init(&all);
	start(&waiter, &all);
	for (uint64_t i = 0; i < 2 * LIMIT_WAITING / RECORD; i++) {
		push(&waiter, 0, true, RECORD, i);
		assert_true(waiter.hold.bytes <= LIMIT_WAITING);
		assert_true(waiter.fallen[0] == 0 || waiter.last == i);
	}
	assert_true(waiter.fallen[0] > 0 && waiter.hold.oldest->ahead.records == 0);
	tls_hold_free(&waiter.hold);
}

enum { MANY = 3 * LIMIT_WAITING_ALL / LIMIT_WAITING };

static struct waiter *start_many(struct tls_holds *all, size_t n)
{
	struct waiter *waiters = calloc(n, sizeof *waiters);
	assert_non_null(waiters);
	tls_holds_init(all);
	for (size_t i = 0; i < n; i++)
		start(&waiters[i], all);
	return waiters;
}

static void free_many(struct tls_holds *all, struct waiter *waiters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tls_hold_free(&waiters[i].hold);
	assert_int_equal(tls_holds_bytes(all), 0);
	free(waiters);
}

/* The oldest of all falls out, whosever it is; the handshakes stay. */
static void the_cap_of_all(void **state)
{
	(void)state;
	struct tls_holds all;
	struct waiter *waiters = start_many(&all, MANY);
	for (size_t i = 0; i < MANY; i++) {
		push(&waiters[i], 0, true, RECORD, 1);
		for (size_t k = 0; k < LIMIT_WAITING / COST - 1; k++)
			push(&waiters[i], 1, false, RECORD, 1);
		assert_true(tls_holds_bytes(&all) <= LIMIT_WAITING_ALL);
	}
	assert_true(tls_holds_bytes(&all) > LIMIT_WAITING_ALL - 2 * COST);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(waiters[i].hold.held[0], 1);
		assert_true(i == 0 || waiters[i].hold.held[1] >= waiters[i - 1].hold.held[1]);
	}
	assert_int_equal(waiters[0].hold.held[1], 0);
	assert_int_equal(waiters[MANY - 1].fallen[1], 0);
	free_many(&all, waiters, MANY);
}

/* When handshakes take most of the room the oldest leave, each as a whole. */
static void too_many_handshakes(void **state)
{
	(void)state;
	enum { HANDSHAKES = 20000, FLIGHT = 3 };
	struct tls_holds all;
	struct waiter *waiters = start_many(&all, HANDSHAKES);
	for (size_t i = 0; i < HANDSHAKES; i++) {
		for (uint64_t k = 0; k < FLIGHT; k++)
			push(&waiters[i], 1, true, RECORD, k);
		push(&waiters[i], 0, false, RECORD, FLIGHT);
		assert_true(tls_holds_bytes(&all) <= LIMIT_WAITING_ALL);
	}
	for (size_t i = 0; i < HANDSHAKES; i++)
		assert_true(waiters[i].hold.held[1] == 0 || waiters[i].hold.held[1] == FLIGHT);
	assert_int_equal(waiters[0].hold.held[1], 0);
	assert_int_equal(waiters[HANDSHAKES - 1].hold.held[1], FLIGHT);
	assert_int_equal(waiters[HANDSHAKES - 1].hold.held[0], 1);
	free_many(&all, waiters, HANDSHAKES);
}

static void caps_that_are_set(void **state)
{
	(void)state;
	struct tls_holds all;
	struct waiter waiter;
	for (size_t room = 0; room < 4; room++) {
		tls_holds_init(&all);
		all.cap_each = room * COST;
		start(&waiter, &all);
		for (uint64_t i = 0; i < 9; i++)
			push(&waiter, 0, false, RECORD, i);
		assert_int_equal(waiter.hold.held[0], room);
		assert_int_equal(waiter.last, 9 - room - 1);
		tls_hold_free(&waiter.hold);
	}
	tls_holds_init(&all);
	all.cap = 0;
	start(&waiter, &all);
	push(&waiter, 0, true, RECORD, 0);
	push(&waiter, 0, false, RECORD, 1);
	assert_int_equal(waiter.fallen[0], 2);
	assert_int_equal(waiter.hold.came[0].records, 2);
}

/* Connections are found by their client random while they wait, however many have the same. */
static void found_by_client_random(void **state)
{
	(void)state;
	enum { ALIKE = 4 };
	struct tls_holds all;
	static const uint8_t same[TLS_RANDOM] = {1}, other[TLS_RANDOM] = {2};
	for (unsigned gone = 0; gone < 1u << ALIKE; gone++) {
		struct waiter *waiters = start_many(&all, ALIKE);
		unsigned found = 0;
		tls_hold_list(&waiters[0].hold, same); /* it does not wait yet */
		assert_null(tls_holds_find(&all, same));
		for (size_t i = 0; i < ALIKE; i++) {
			push(&waiters[i], 0, false, RECORD, 1);
			tls_hold_list(&waiters[i].hold, same);
			tls_hold_list(&waiters[i].hold, same);
		}
		assert_null(tls_holds_find(&all, other));
		for (size_t i = 0; i < ALIKE; i++)
			if ((gone & 1u << i) != 0 && i % 2 == 0)
				tls_hold_free(&waiters[i].hold);
			else if ((gone & 1u << i) != 0)
				tls_hold_list(&waiters[i].hold, other);
		for (const struct tls_hold *hold = tls_holds_find(&all, same); hold != NULL;
		     hold = hold->alike)
			for (size_t i = 0; i < ALIKE; i++)
				found |= hold->owner == &waiters[i] ? 1u << i : 0;
		assert_int_equal(found, ~gone & ((1u << ALIKE) - 1));
		free_many(&all, waiters, ALIKE);
		assert_null(tls_holds_find(&all, same));
		assert_null(tls_holds_find(&all, other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_order_and_copied),     cmocka_unit_test(every_record_has_a_number),
	    cmocka_unit_test(the_cap_of_a_connection), cmocka_unit_test(a_handshake_beyond_the_cap),
	    cmocka_unit_test(the_cap_of_all),          cmocka_unit_test(too_many_handshakes),
	    cmocka_unit_test(caps_that_are_set),       cmocka_unit_test(found_by_client_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
