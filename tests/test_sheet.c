/* A page of text seen through a window. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/sheet.h"

#include <locale.h>

/* A wide character at the left edge of what is seen is cut, and no column is lost. */
static void test_half_a_character(void **state)
{
	(void)state;
	struct sheet sheet;
	struct grid grid;
	const struct format format = {.escape = ESCAPE_UTF8};
	sheet_open(&sheet, 80, &format, 0);
	page_line(&sheet.page, 0, TONE_PLAIN, "\u6f22\u5b57a");
	sheet_close(&sheet);
	assert_int_equal(sheet.widest, 3);
	grid_init(&grid, 1, 4, ESCAPE_UTF8);
	sheet_draw(&sheet, &grid, &(struct window){.rows = 1, .left = 1});
	assert_string_equal(grid.cells[0].text, " ");
	assert_string_equal(grid.cells[1].text, "\u5b57");
	assert_string_equal(grid.cells[3].text, "a");
	grid_free(&grid);
	sheet_free(&sheet);
}

/* What is longer goes on at the left edge, in its tone; no character is lost or cut in two. */
static void test_fold(void **state)
{
	(void)state;
	struct sheet sheet;
	struct grid grid;
	const struct format format = {.escape = ESCAPE_UTF8};
	sheet_open(&sheet, 80, &format, 0);
	page_line(&sheet.page, 1, TONE_ERROR, "abc\u6f22defg");
	page_line(&sheet.page, 0, TONE_PLAIN, "wxyz");
	sheet_close(&sheet);
	sheet_fold(&sheet, 4);
	assert_int_equal(sheet.lines, 4);
	assert_int_equal(sheet.widest, 4);
	grid_init(&grid, 4, 4, ESCAPE_UTF8);
	sheet_draw(&sheet, &grid, &(struct window){.rows = 4});
	assert_string_equal(grid.cells[3].text, "c");
	assert_string_equal(grid.cells[4].text, "\u6f22");
	assert_string_equal(grid.cells[7].text, "e");
	assert_int_equal(grid.cells[7].pen.tone, TONE_ERROR);
	assert_string_equal(grid.cells[8].text, "f");
	assert_string_equal(grid.cells[9].text, "g");
	assert_string_equal(grid.cells[15].text, "z");
	assert_int_equal(grid.cells[15].pen.tone, TONE_PLAIN);
	grid_free(&grid);
	sheet_free(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_half_a_character),
	    cmocka_unit_test(test_fold),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
