/* The page: a grid's columns are as wide as the widest cell of any row, however many rows there are. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/page.h"

#include <stdlib.h>

#define ROWS 200 /* more than a page keeps */

static size_t rows(const struct row *parent)
{
	(void)parent;
	return ROWS;
}

static struct value number(const struct row *row)
{
	return view_count(row->index);
}

static struct value name(const struct row *row)
{
	static const char *const names[] = {"a", NULL, "\xc3\xa9", "long name"};
	return view_text(names[row->index == ROWS - 2 ? 3 : row->index % 3]);
}

static struct value last(const struct row *row)
{
	return row->index % 2 == 0 ? view_text("even") : view_null();
}

static const struct column columns[] = {
    {.label = "No", .get = number}, {.label = "Name", .get = name}, {.label = "Last", .get = last}};

static const struct table table = {TABLE_OF(columns), .count = rows};

static void test_long_grid(void **state)
{
	static const char *const even[] = {"a          even", "-          even", "\xc3\xa9          even"};
	static const char *const odd[] = {"a", "", "\xc3\xa9"};
	(void)state;
	char *text = NULL;
	size_t n = 0;
	struct page page = {.out = open_memstream(&text, &n), .format = {.escape = ESCAPE_UTF8}};
	const struct row root = {.view = NULL};
	page_grid(&page, 1, &table, &root);
	fclose(page.out);
	const char *line = text;
	for (size_t i = 0; i <= ROWS; i++) {
		char expected[80];
		const char *rest = (i - 1) % 2 == 0 ? even[(i - 1) % 3] : odd[(i - 1) % 3];
		if (i == 0)
			snprintf(expected, sizeof expected, "  No  Name       Last\n");
		else if (i == ROWS - 1)
			snprintf(expected, sizeof expected, " %3zu  long name  even\n", i - 1);
		else
			snprintf(expected, sizeof expected, " %3zu%s%s\n", i - 1, *rest == '\0' ? "" : "  ", rest);
		size_t length = strlen(expected);
		assert_true(strlen(line) >= length);
		assert_memory_equal(line, expected, length);
		line += length;
	}
	assert_string_equal(line, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_grid)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
