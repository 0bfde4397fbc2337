/*
 * Groups of elements and padding that the learner of framings finds, and those that the data does not prove.
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
#include "tests/learnrun.h"
#include "tests/seeded.h"

enum { HEADER = 8, MESSAGES = 30, GROUP = 9, INNER = 10, ROOM = 200 };

/* What the values of element GROUP are made of. */
enum inside {
	LISTS,       /* one to three elements */
	ONE_ELEMENT, /* in each */
	ONE_BROKEN,  /* lists but for one */
	ONE_VALUE,   /* the same list always */
	SEVEN,       /* lists, in so many messages */
	TWELVE,
	EMPTY, /* lists, of elements without a value mostly */
	NESTED /* lists, of which one element is INNER, a list again */
};

struct body {
	uint8_t bytes[ROOM];
	size_t n;
};

static void put(struct body *body, uint8_t type, const void *value, size_t n)
{
	body->bytes[body->n++] = type;
	body->bytes[body->n++] = (uint8_t)n;
	memcpy(&body->bytes[body->n], value, n);
	body->n += n;
}

static void put_random(struct seeded *s, struct body *body, uint8_t type, size_t n)
{
	uint8_t value[16];
	for (size_t i = 0; i < n; i++)
		value[i] = (uint8_t)(40 + seeded_below(s, 200));
	put(body, type, value, n);
}

static void put_group(struct seeded *s, struct body *body, enum inside inside, int message)
{
	struct body list = {.n = 0}, inner = {.n = 0};
	struct seeded fixed = seeded_of(1);
	uint32_t n = inside == ONE_ELEMENT ? 1 : 1 + (uint32_t)message % 3;
	if ((inside == SEVEN && message >= 7) || (inside == TWELVE && message >= 12))
		return;
	if (inside == ONE_VALUE) {
		s = &fixed;
		n = 2;
	}
	for (uint32_t i = 0; i < n; i++)
		put_random(s, &list, (uint8_t)(20 + i), 1 + seeded_below(s, 5));
	for (uint32_t i = 0; inside == EMPTY && i <= n; i++)
		put_random(s, &list, (uint8_t)(20 + seeded_below(s, 30)), 0);
	if (inside == NESTED) {
		put_random(s, &inner, 24, 2);
		put_random(s, &inner, 25, 1 + seeded_below(s, 4));
		put(&list, INNER, inner.bytes, inner.n);
	}
	list.n -= inside == ONE_BROKEN && message == 20;
	put(body, GROUP, list.bytes, list.n);
}

static void add_message(struct messages_hold *hold, int i, const struct body *body)
{
	static const uint8_t types[] = {7, 30, 31, 16, 17, 1, 2, 20, 21, 15, 22, 18, 67, 13, 14};
	static const uint8_t dirs[] = {0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1};
	uint8_t bytes[HEADER + ROOM] = {0xa0, types[i % 15], 0,    (uint8_t)(HEADER + body->n),
	                                0xa1, 0xa2,          0xa3, 0xa4};
	memcpy(&bytes[HEADER], body->bytes, body->n);
	learnrun_add(hold, dirs[i % 15], bytes, HEADER + body->n);
}

static struct learned *learn_groups(enum inside inside, bool others_end)
{
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	struct seeded s = seeded_of(7);
	for (int i = 0; i < MESSAGES; i++) {
		struct body body = {.n = 0};
		put_group(&s, &body, inside, i);
		for (uint8_t id = 3; others_end && id < 7; id++)
			put(&body, id, (uint8_t[]){(uint8_t)(1 + seeded_below(&s, 20)), 0}, 2);
		put_random(&s, &body, 1, 4);
		put_random(&s, &body, 2, 1 + seeded_below(&s, 9));
		add_message(&hold, i, &body);
	}
	assert_true(learnrun(&hold, out));
	assert_true(out->profile.has_elements);
	messages_hold_free(&hold);
	return out;
}

static void check_groups(enum inside inside, bool others_end, uint32_t first, uint32_t second)
{
	struct learned *out = learn_groups(inside, others_end);
	const struct profile *profile = &out->profile;
	const uint32_t ids[] = {first, second};
	uint32_t wanted = (first > 0) + (uint32_t)(second > 0);
	assert_int_equal(profile->n_elements, wanted);
	for (uint32_t i = 0; i < wanted; i++) {
		assert_int_equal(profile->elements[i].id, ids[i]);
		assert_int_equal(profile->elements[i].kind, FIELD_GROUP);
	}
	free(out);
}

static void test_groups(void **state)
{
	(void)state;
	struct learned *out = learn_groups(LISTS, false);
	char *text = learn_text(out);
	has(text,
	    "# evidence: element 9 is a group: elements fill 30 of 30 values exactly, up to 3 in one; in "
	    "values of others they do so from 0 of ");
	has(text, "element      9 GROUP_9 group\n");
	free(text);
	free(out);
	check_groups(LISTS, false, GROUP, 0);
	check_groups(NESTED, false, GROUP, INNER);
}

static void test_no_groups(void **state)
{
	(void)state;
	check_groups(ONE_ELEMENT, false, 0, 0);
	check_groups(ONE_BROKEN, false, 0, 0);
	check_groups(ONE_VALUE, false, 0, 0);
	check_groups(SEVEN, false, 0, 0);
	check_groups(EMPTY, false, 0, 0);
}

/* Where values of others end as lists do, so many prove nothing. */
static void test_chance(void **state)
{
	(void)state;
	check_groups(TWELVE, false, GROUP, 0);
	check_groups(TWELVE, true, 0, 0);
	check_groups(LISTS, true, GROUP, 0);
}

/* ---- padding ---- */

/* Values of 4 bytes, and in some messages one of 2, padded. */
static struct learned *learn_padded(int padded)
{
	struct learned *out = xmalloc(sizeof *out);
	struct messages_hold hold = {.n = 0};
	struct seeded s = seeded_of(9);
	for (int i = 0; i < MESSAGES; i++) {
		struct body body = {.n = 0};
		for (uint32_t left = 1 + seeded_below(&s, 4); left > 0; left--) {
			put_random(&s, &body, (uint8_t)left, 2);
			put_random(&s, &body, (uint8_t)(8 + left), 6);
		}
		if (i < padded) {
			put_random(&s, &body, 5, 3);
			memset(&body.bytes[body.n], 0, 3);
			body.n += 3;
		}
		add_message(&hold, i, &body);
	}
	assert_true(learnrun(&hold, out));
	messages_hold_free(&hold);
	return out;
}

static void test_padding(void **state)
{
	(void)state;
	struct learned *out = learn_padded(8);
	char *text = learn_text(out);
	assert_true(out->profile.has_elements && out->profile.element_pad);
	has(text, "8 of them padded to 4 bytes");
	free(text);
	free(out);
	out = learn_padded(7);
	assert_false(out->profile.has_elements);
	free(out);
	out = learn_padded(0);
	assert_true(out->profile.has_elements && !out->profile.element_pad);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_no_groups),
	    cmocka_unit_test(test_chance),
	    cmocka_unit_test(test_padding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
