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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_half_a_character),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
