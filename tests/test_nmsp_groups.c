/*
 * Elements inside of elements: groups of a framing profile, with their padding, and how deep they go.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/hex.h"
#include "tests/nmspread.h"

#define HEAD(order, rest) "name p\norigin user\nbyte-order " order "\n" rest

/* What is inside of a group must tile it, its padding included, and stands one deeper. */
static void groups(void **state)
{
	(void)state;
	use(HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 1 1 value pad4\n"
	                "element 1 G group\nelement 2 N u8\n"));
	struct span good = hex_bytes("0001 0010 01 08 02 01 07 00 02 01 09 ff 0000 02 01 ab 00");
	assert_true(nmsp_fields(&profile, good, &fields));
	assert_int_equal(fields.n, 6);
	assert_field(2, "G", FIELD_GROUP, 6, 8, 0);
	assert_field(3, "N", FIELD_U8, 8, 1, 7);
	assert_field(4, "N", FIELD_U8, 12, 1, 9);
	assert_field(5, "N", FIELD_U8, 18, 1, 0xab);
	assert_int_equal(fields.list[2].depth, 1);
	assert_int_equal(fields.list[3].depth, 2);
	assert_int_equal(fields.list[5].depth, 1);
	hex_free(good);
	struct span bad = hex_bytes("0001 0008 01 03 02 01 07 000000");
	assert_false(nmsp_fields(&profile, bad, &fields));
	assert_true(fields.list[3].malformed && !fields.list[2].malformed);
	hex_free(bad);
}

/* Groups inside each other beyond the cap are bytes: nothing inside of them is judged. */
static void deep_groups(void **state)
{
	(void)state;
	use(HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 1 1 value\nelement 1 G group\n"));
	uint8_t bytes[4 + 2 * LIMIT_GROUPS + 3] = {0, 1, 0, 2 * LIMIT_GROUPS + 3};
	for (uint8_t i = 0; i < LIMIT_GROUPS; i++) {
		bytes[4 + 2 * i] = 1;
		bytes[5 + 2 * i] = (uint8_t)(2 * (LIMIT_GROUPS - 1 - i) + 3);
	}
	memset(&bytes[sizeof bytes - 3], 0xff, 3);
	assert_true(nmsp_fields(&profile, span_of(bytes, sizeof bytes), &fields));
	assert_int_equal(fields.n, 2 + LIMIT_GROUPS);
	assert_int_equal(fields.list[fields.n - 1].depth, LIMIT_GROUPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(groups),
	    cmocka_unit_test(deep_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
