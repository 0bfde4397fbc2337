/* Two texts beside each other: wrapping, widths, digits with carets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/columns.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct page page;
static char *text;
static size_t n;

static void start(size_t width)
{
	page = (struct page){.width = width, .format = {.escape = ESCAPE_UTF8}};
	page.out = open_memstream(&text, &n);
}

static void expect(const char *expected)
{
	fclose(page.out);
	assert_string_equal(text, expected);
	free(text);
}

static void write(char sign, const char *label, const char *left, const char *right)
{
	const struct columns_row row = {sign, label, {left, right}};
	columns_write(&page, TONE_PLAIN, &row);
}

static void test_wrapping(void **state)
{
	(void)state;
	start(36);
	assert_int_equal(columns_room(&page), 10);
	write('!', "Name", "one", "two");
	write(' ', "Client certificate", "one two three", "0123456789abc");
	write(' ', "", "", "right");
	expect("! Name        one         two\n"
	       "  Client      one two     0123456789\n"
	       "  certificate three       abc\n"
	       "                          right\n");
}

static void test_widths(void **state)
{
	(void)state;
	start(36);
	write(' ', "", "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57", "e\u0301|"); /* two columns each, none */
	write(' ', "", "a\033[2J", "b");
	expect("              \u6f22\u5b57\u6f22\u5b57\u6f22  e\u0301|\n"
	       "              \u5b57\n"
	       "              a\\x1b[2J    b\n");
	start(20);
	assert_int_equal(columns_room(&page), 8); /* beyond the page: it can be shifted */
	expect("");
}

/* Also what takes no column is not lost. */
static void test_combining(void **state)
{
	(void)state;
	char marks[2 * 3000 + 2] = "e";
	size_t found = 0;
	for (size_t i = 0; i < 3000; i++)
		memcpy(&marks[1 + 2 * i], "\u0301", 2);
	marks[sizeof marks - 1] = '\0';
	start(400);
	write(' ', "", marks, marks);
	fclose(page.out);
	for (const char *at = text; (at = strstr(at, "\u0301")) != NULL; at += 2)
		found++;
	assert_int_equal(found, 2 * 3000);
	free(text);
}

static void test_digits(void **state)
{
	(void)state;
	struct columns_row row = {'!', "Hash", {"0123456789abcdef01", "0123x56789abcdef0y"}};
	start(50);
	assert_int_equal(columns_write_digits(&page, TONE_PLAIN, &row), 2);
	expect("! Hash        0123456789abcdef   0123x56789abcdef\n"
	       "                  ^                  ^\n"
	       "              01                 0y\n"
	       "               ^                  ^\n");
	start(50);
	row.text[1] = "z123456789abcdef"; /* of another kind */
	assert_int_equal(columns_write_digits(&page, TONE_PLAIN, &row), -1);
	row = (struct columns_row){'!', "Hash", {"abcd", "axyz"}}; /* nothing alike: no carets */
	assert_int_equal(columns_write_digits(&page, TONE_PLAIN, &row), 3);
	row.text[1] = "abcd";
	assert_int_equal(columns_write_digits(&page, TONE_PLAIN, &row), 0);
	expect("! Hash        0123456789abcdef0  z123456789abcdef\n"
	       "              1\n"
	       "! Hash        abcd               axyz\n"
	       "! Hash        abcd               abcd\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_wrapping), cmocka_unit_test(test_widths),
	                                   cmocka_unit_test(test_digits), cmocka_unit_test(test_combining)};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
