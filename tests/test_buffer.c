/* The growing text: what is added stands there in order, whatever room it had. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/buffer.h"

#include <stdlib.h>

static void test_grows(void **state)
{
	enum { ROUNDS = 1000 };
	(void)state;
	struct buffer buffer = {.p = NULL};
	for (int i = 0; i < ROUNDS; i++) {
		buffer_add_text(&buffer, "ab");
		buffer_fill(&buffer, 'c', 3);
	}
	assert_int_equal(buffer.n, ROUNDS * 5);
	for (size_t i = 0; i < ROUNDS; i++)
		assert_memory_equal(&buffer.p[5 * i], "abccc", 5);
	buffer_free(&buffer);
	assert_null(buffer.p);
}

static void test_clear_keeps_memory(void **state)
{
	(void)state;
	struct buffer buffer = {.p = NULL};
	buffer_add_text(&buffer, "first");
	const char *memory = buffer.p;
	buffer_clear(&buffer);
	buffer_add_text(&buffer, "2");
	assert_ptr_equal(buffer.p, memory);
	char *text = buffer_take(&buffer);
	assert_string_equal(text, "2");
	assert_null(buffer.p);
	free(text);
}

static void test_take_nothing(void **state)
{
	(void)state;
	struct buffer buffer = {.p = NULL};
	char *text = buffer_take(&buffer);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grows),
	    cmocka_unit_test(test_clear_keeps_memory),
	    cmocka_unit_test(test_take_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
