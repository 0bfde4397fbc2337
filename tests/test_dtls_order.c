/*
 * Numbers of DTLS records, and handshake messages from fragments: each once, in order, whatever the order in
 * which they come; what is given up, and what lies.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/dtls_fragments.h"
#include "analyzer/dtls_order.h"
#include "dissect/limits.h"
#include "tests/recording.h"

#include <stdlib.h>

#define SEEDS 200

/* ---- records ----------------------------------------------------------------------------------------- */

static enum dtls_answer take(struct dtls_order *order, uint64_t sequence, uint64_t *lost)
{
	struct dtls_kept kept = {.sequence = sequence};
	uint64_t none;
	return dtls_order_take(order, &kept, span_of(&sequence, sizeof sequence), DTLS_KEEP_AHEAD,
	                       lost != NULL ? lost : &none);
}

/* Takes out what is ready; the last number, or `before` when there is none. Fails when one is out of order.
 */
static uint64_t drain(struct dtls_order *order, uint64_t before)
{
	struct dtls_kept *kept;
	while ((kept = dtls_order_ready(order)) != NULL) {
		assert_true(kept->sequence > before || before == UINT64_MAX);
		before = kept->sequence;
		assert_memory_equal(dtls_kept_bytes(kept).p, &before, sizeof before);
		free(kept);
	}
	return before;
}

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t was = *a;
	*a = *b;
	*b = was;
}

static void any_order_gives_each_once_in_order(void **state)
{
	(void)state;
	enum { N = 600, FAR = 60 };
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct dtls_order order = {.started = false};
		uint64_t numbers[N], random = seed, next = 0, repeated = 0;
		for (uint64_t i = 0; i < N; i++)
			numbers[i] = i;
		for (size_t i = 0; i < N; i++) /* within blocks */
			swap(&numbers[i], &numbers[i - i % FAR + recording_random(&random, i % FAR + 1)]);
		dtls_order_start(&order, 0);
		for (size_t i = 0; i < N; i++) {
			enum dtls_answer answer = take(&order, numbers[i], NULL);
			assert_true(answer == DTLS_IN_ORDER || answer == DTLS_AHEAD);
			if (answer == DTLS_IN_ORDER)
				assert_int_equal(numbers[i], next++);
			for (struct dtls_kept *kept; (kept = dtls_order_ready(&order)) != NULL; free(kept))
				assert_int_equal(kept->sequence, next++);
			repeated +=
			    take(&order, numbers[recording_random(&random, i + 1)], NULL) == DTLS_DUPLICATE;
		}
		assert_int_equal(next, N);
		assert_int_equal(repeated, N);
		assert_int_equal(order.bytes, 0);
		dtls_order_free(&order);
	}
}

static void a_hole_is_given_up_and_what_comes_late_is_taken_once(void **state)
{
	(void)state;
	struct dtls_order order = {.started = false};
	assert_int_equal(take(&order, 10, NULL), DTLS_IN_ORDER); /* numbers begin anywhere */
	assert_int_equal(take(&order, 14, NULL), DTLS_AHEAD);
	assert_int_equal(take(&order, 12, NULL), DTLS_AHEAD);
	assert_null(dtls_order_ready(&order));
	assert_int_equal(dtls_order_give_up(&order), 1); /* 11 */
	assert_int_equal(drain(&order, UINT64_MAX), 12);
	assert_int_equal(dtls_order_give_up(&order), 1); /* 13 */
	assert_int_equal(drain(&order, 12), 14);
	assert_int_equal(take(&order, 11, NULL), DTLS_LATE);
	assert_int_equal(take(&order, 11, NULL), DTLS_DUPLICATE);
	assert_int_equal(take(&order, 9, NULL), DTLS_LATE); /* in front of the first one */
	assert_int_equal(take(&order, 15, NULL), DTLS_IN_ORDER);
	assert_int_equal(dtls_order_give_up(&order), 0);
}

static void one_record_far_ahead_is_not_believed(void **state)
{
	(void)state;
	struct dtls_order order = {.started = false};
	uint64_t far = (UINT64_C(1) << 48) - 1, lost;
	take(&order, 0, NULL);
	assert_int_equal(take(&order, far, NULL), DTLS_LATE);
	assert_int_equal(take(&order, far, NULL), DTLS_DUPLICATE);
	assert_int_equal(take(&order, 1, NULL), DTLS_IN_ORDER);
	assert_int_equal(take(&order, 5000, NULL), DTLS_LATE);
	assert_int_equal(take(&order, 5001, &lost), DTLS_IN_ORDER);
	assert_int_equal(lost, 5001 - 2 - 1);
	assert_int_equal(take(&order, 5000, NULL), DTLS_DUPLICATE);
	assert_int_equal(take(&order, 1, NULL), DTLS_DUPLICATE); /* too old */
	assert_int_equal(take(&order, 5002, NULL), DTLS_IN_ORDER);
}

/* ---- fragments --------------------------------------------------------------------------------------- */

enum { MESSAGES = 6, LONGEST = 900 };

static size_t length_of(uint16_t sequence)
{
	return sequence == 3 ? 0 : 100 + (size_t)sequence * 150;
}

static void body_of(uint16_t sequence, uint8_t body[LONGEST])
{
	for (size_t i = 0; i < length_of(sequence); i++)
		body[i] = (uint8_t)(sequence * 37 + i);
}

static enum dtls_news give(struct dtls_fragments *fragments, uint16_t sequence, size_t offset, size_t n)
{
	uint8_t body[LONGEST];
	const struct dtls_seen seen = {.arrival = 1, .place = 1};
	body_of(sequence, body);
	struct dtls_fragment fragment = {.type = TLS_CERTIFICATE,
	                                 .length = (uint32_t)length_of(sequence),
	                                 .sequence = sequence,
	                                 .offset = (uint32_t)offset,
	                                 .n = (uint32_t)n,
	                                 .body = span_of(&body[offset], n)};
	return dtls_fragments_take(fragments, &fragment, &seen);
}

static void check_ready(struct dtls_fragments *fragments, uint16_t *next)
{
	struct dtls_message *message;
	while ((message = dtls_fragments_ready(fragments)) != NULL) {
		uint8_t body[LONGEST], got[LONGEST];
		assert_int_equal(message->sequence, *next);
		body_of(*next, body);
		assert_int_equal(dtls_message_body(message, got), length_of(*next));
		assert_memory_equal(got, body, length_of(*next));
		dtls_fragments_drop(fragments, message);
		++*next;
	}
}

static void pieces_in_any_order_give_each_message_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct dtls_fragments fragments = {.next = 0};
		uint64_t random = seed;
		uint16_t next = 0;
		for (unsigned turn = 0; turn < 3000 && next < MESSAGES; turn++) {
			uint16_t sequence = (uint16_t)recording_random(&random, MESSAGES);
			size_t length = length_of(sequence),
			       offset = recording_random(&random, length / 50 + 1) * 50;
			offset = offset < length ? offset : 0;
			size_t most = length - offset < 100 || turn % 2 > 0 ? length - offset : 100;
			size_t n = turn % 3 == 0 || most == 0 ? most : 1 + recording_random(&random, most);
			enum dtls_news news = give(&fragments, sequence, offset, n);
			assert_true(sequence >= next || news == DTLS_REPEATED);
			check_ready(&fragments, &next);
		}
		assert_int_equal(next, MESSAGES);
		assert_int_equal(fragments.bytes, 0);
		dtls_fragments_free(&fragments);
	}
}

static void what_is_given_up_may_come_late(void **state)
{
	(void)state;
	struct dtls_fragments fragments = {.next = 0};
	uint16_t next = 1;
	give(&fragments, 1, 0, length_of(1));
	give(&fragments, 2, 0, 10);
	assert_null(dtls_fragments_ready(&fragments));
	dtls_fragments_give_up(&fragments); /* 0 */
	check_ready(&fragments, &next);
	dtls_fragments_give_up(&fragments); /* the rest of 2 */
	struct dtls_message *message = dtls_fragments_ready(&fragments);
	uint8_t got[LONGEST];
	assert_int_equal(message->sequence, 2);
	assert_int_equal(dtls_message_body(message, got), 10);
	assert_int_equal(message->length, length_of(2));
	dtls_fragments_drop(&fragments, message);
	assert_int_equal(give(&fragments, 2, 0, 20), DTLS_REPEATED);
	assert_int_equal(give(&fragments, 0, 0, length_of(0)), DTLS_NEW);
	next = 0;
	check_ready(&fragments, &next);
	assert_int_equal(next, 1);
	assert_int_equal(give(&fragments, 0, 0, length_of(0)), DTLS_REPEATED);
	assert_int_equal(fragments.bytes, 0);
}

static void lies_are_refused_and_bounded(void **state)
{
	(void)state;
	struct dtls_fragments fragments = {.next = 0};
	const struct dtls_seen seen = {.arrival = 1, .place = 1};
	uint8_t bytes[64] = {0};
	struct dtls_fragment fragment = {.type = 1, .length = 100, .n = 10, .body = span_of(bytes, 10)};
	assert_int_equal(dtls_fragments_take(&fragments, &fragment, &seen), DTLS_NEW);
	fragment.length = 101;
	assert_int_equal(dtls_fragments_take(&fragments, &fragment, &seen), DTLS_REFUSED);
	fragment.length = 100;
	fragment.type = 2;
	assert_int_equal(dtls_fragments_take(&fragments, &fragment, &seen), DTLS_REFUSED);
	fragment.sequence = LIMIT_DTLS_AHEAD + 1;
	assert_int_equal(dtls_fragments_take(&fragments, &fragment, &seen), DTLS_REFUSED);
	fragment.sequence = LIMIT_DTLS_AHEAD;
	fragment.length = LIMIT_HANDSHAKE + 1; /* known by its head alone */
	size_t before = fragments.bytes;
	assert_int_equal(dtls_fragments_take(&fragments, &fragment, &seen), DTLS_NEW);
	assert_true(fragments.bytes - before < 200);
	dtls_fragments_free(&fragments);
	assert_int_equal(fragments.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_order_gives_each_once_in_order),
	    cmocka_unit_test(a_hole_is_given_up_and_what_comes_late_is_taken_once),
	    cmocka_unit_test(one_record_far_ahead_is_not_believed),
	    cmocka_unit_test(pieces_in_any_order_give_each_message_once),
	    cmocka_unit_test(what_is_given_up_may_come_late),
	    cmocka_unit_test(lies_are_refused_and_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
