/* The grid: widths, clipping, and that nothing gets in that a terminal would obey. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "ui/grid.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct pen plain = {0};

/* The dump of the grid, which is freed. */
static char *dump(struct grid *grid)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	grid_dump(grid, out);
	fclose(out);
	grid_free(grid);
	return text;
}

static void expect_dump(struct grid *grid, const char *expected)
{
	char *text = dump(grid);
	assert_string_equal(text, expected);
	free(text);
}

static void test_clipping(void **state)
{
	(void)state;
	struct grid grid;
	grid_init(&grid, 3, 8, ESCAPE_ASCII);
	assert_int_equal(grid_text(&grid, 0, 0, 100, plain, "longer than it"), 8);
	assert_int_equal(grid_text(&grid, 1, 2, 4, plain, "four"), 4);
	assert_int_equal(grid_text(&grid, 1, 8, 4, plain, "out"), 0);
	assert_int_equal(grid_text(&grid, 9, 0, 4, plain, "out"), 3);
	grid_right(&grid, 2, 1, 6, plain, "42");
	expect_dump(&grid, "longer ~\n  four\n     42\n");
}

static void test_widths(void **state)
{
	(void)state;
	struct grid grid;
	grid_init(&grid, 3, 6, ESCAPE_UTF8);
	assert_int_equal(grid_width(&grid, "\u6f22\u5b57"), 4);
	grid_text(&grid, 0, 0, 5, plain, "\u6f22\u5b57");
	grid_text(&grid, 1, 0, 3, plain, "\u6f22\u5b57");   /* the second one has no room */
	grid_text(&grid, 2, 0, 2, plain, "e\u0301\u0301x"); /* combining marks take no column */
	assert_string_equal(grid.cells[1].text, "");
	expect_dump(&grid, "\u6f22\u5b57\n\u6f22\u2026\ne\u0301\u0301x\n");
}

/* Every row stays as wide as the grid, whatever characters are in it. */
static void test_odd_characters(void **state)
{
	(void)state;
	struct grid grid;
	grid_init(&grid, 3, 6, ESCAPE_UTF8);
	grid_text(&grid, 0, 0, 6, plain, "a\u0fe4b");      /* not assigned: no column is known */
	grid_text(&grid, 1, 0, 6, plain, "\u0301");        /* joins nothing */
	grid_text(&grid, 2, 0, 6, plain, "\u6f22\u0301x"); /* joins a wide one, not its second half */
	assert_string_equal(grid.cells[1].text, "\ufffd");
	assert_string_equal(grid.cells[6].text, " ");
	assert_string_equal(grid.cells[12].text, "\u6f22\u0301");
	assert_string_equal(grid.cells[13].text, "");
	expect_dump(&grid, "a\ufffdb\n\n\u6f22\u0301x\n");
	grid_init(&grid, 2, 6, ESCAPE_UTF8);
	for (size_t row = 0; row < 2; row++) {
		grid_text(&grid, row, 0, 6, plain, "\u6f22\u5b57\u6f22");
		grid_text(&grid, row, 2 + row, 1, plain, "x"); /* over one half of the second */
	}
	expect_dump(&grid, "\u6f22x \u6f22\n\u6f22 x\u6f22\n");
}

static void test_nothing_obeyed(void **state)
{
	(void)state;
	for (enum escape_mode mode = ESCAPE_UTF8; mode <= ESCAPE_ASCII; mode++) {
		struct grid grid;
		grid_init(&grid, 1, 60, mode);
		grid_text(&grid, 0, 0, 60, plain, "a\033[2J\r\n\x9b\xff\u202e\u00e9");
		char *text = dump(&grid);
		assert_null(strpbrk(text, "\033\r\x9b\xff"));
		assert_string_equal(&text[strlen(text) - 1], "\n");
		assert_non_null(strstr(text, mode == ESCAPE_ASCII ? "\\u{e9}" : "\u00e9"));
		free(text);
	}
}

static void test_glyphs(void **state)
{
	(void)state;
	struct grid grid;
	grid_init(&grid, GLYPHS + 1, 3, ESCAPE_ASCII);
	for (enum glyph glyph = 0; glyph < GLYPHS; glyph++)
		grid_glyph(&grid, glyph, 1, 9, plain, glyph);
	for (unsigned level = 0; level < 3; level++)
		grid_text(&grid, GLYPHS, level, 1, plain, grid_level(&grid, level * 4));
	grid_look(&grid, 0, 2, 9, LOOK_REVERSE);
	assert_int_equal(grid.cells[1].pen.look, 0);
	assert_int_equal(grid.cells[2].pen.look, LOOK_REVERSE);
	expect_dump(&grid, " --\n ||\n >>\n <<\n ::\n ##\n ..\n xx\n ~~\n_+#\n");
}

static void test_no_room(void **state)
{
	(void)state;
	struct grid grid;
	grid_init(&grid, 0, 0, ESCAPE_UTF8);
	grid_text(&grid, 0, 0, 5, plain, "x");
	grid_glyph(&grid, 0, 0, 3, plain, GLYPH_RIGHT);
	grid_look(&grid, 0, 0, 3, LOOK_BOLD);
	expect_dump(&grid, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clipping),       cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_odd_characters), cmocka_unit_test(test_nothing_obeyed),
	    cmocka_unit_test(test_glyphs),         cmocka_unit_test(test_no_room),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
