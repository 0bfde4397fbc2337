/* The line that is typed: editing by characters and words, what it keeps, and how it is drawn. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "tests/seeded.h"
#include "ui/keys.h"
#include "ui/prompt.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONTROL(letter) ((letter)&0x1f)

static struct prompt prompt;

static int set_up(void **state)
{
	(void)state;
	prompt = (struct prompt){0};
	prompt_open(&prompt, "Filter: ", NULL);
	return 0;
}

static void type(const char *text)
{
	for (; *text != '\0'; text++)
		assert_int_equal(prompt_key(&prompt, *text), PROMPT_GOES_ON);
}

static void expect(const char *text, size_t cursor)
{
	assert_string_equal(prompt.text, text);
	assert_int_equal(prompt.cursor, cursor);
}

static void press(int key, const char *text, size_t cursor)
{
	assert_int_equal(prompt_key(&prompt, key), PROMPT_GOES_ON);
	expect(text, cursor);
}

static void test_editing(void **state)
{
	(void)state;
	type("abc");
	press(KEYS_LEFT, "abc", 2);
	press('x', "abxc", 3);
	press(KEYS_BACKSPACE, "abc", 2);
	press(KEYS_HOME, "abc", 0);
	press(KEYS_LEFT, "abc", 0);
	press(KEYS_BACKSPACE, "abc", 0);
	press(KEYS_RIGHT, "abc", 1);
	press(KEYS_END, "abc", 3);
	press(KEYS_RIGHT, "abc", 3);
	press(CONTROL('A'), "abc", 0);
	press(CONTROL('E'), "abc", 3);
	press(KEYS_PAGE_UP, "abc", 3);
	press(KEYS_F1, "abc", 3);
	press('\t', "abc", 3);
	press(0x9b, "abc", 3);
}

static void test_words(void **state)
{
	(void)state;
	type("state=failed  tls=x  ");
	press(CONTROL('W'), "state=failed  ", 14);
	press(KEYS_LEFT, "state=failed  ", 13);
	press(CONTROL('W'), " ", 0);
	press(CONTROL('W'), " ", 0);
	type("one two");
	press(KEYS_LEFT, "one two ", 6);
	press(CONTROL('U'), "o ", 0);
}

static void test_characters(void **state)
{
	(void)state;
	press(0xe9, "\u00e9", 2);
	press(0x6f22, "\u00e9\u6f22", 5);
	press(0x1f600, "\u00e9\u6f22\U0001f600", 9);
	press(0xd800, "\u00e9\u6f22\U0001f600", 9);
	press(KEYS_LEFT, "\u00e9\u6f22\U0001f600", 5);
	press(KEYS_BACKSPACE, "\u00e9\U0001f600", 2);
	press(KEYS_LEFT, "\u00e9\U0001f600", 0);
	press(KEYS_RIGHT, "\u00e9\U0001f600", 2);
}

static void test_answers(void **state)
{
	(void)state;
	type("one");
	assert_int_equal(prompt_key(&prompt, KEYS_ENTER), PROMPT_ACCEPTED);
	expect("one", 3);
	prompt_open(&prompt, "Filter: ", "start");
	expect("start", 5);
	assert_int_equal(prompt_key(&prompt, '\r'), PROMPT_ACCEPTED);
	assert_int_equal(prompt_key(&prompt, KEYS_ESCAPE), PROMPT_CANCELLED);
}

/* The arrow up brings back what was accepted last, the arrow down what was typed. */
static void test_recall(void **state)
{
	(void)state;
	press(KEYS_UP, "", 0);
	type("one");
	prompt_key(&prompt, KEYS_ENTER);
	prompt_open(&prompt, "Filter: ", NULL);
	press(KEYS_DOWN, "", 0);
	type("tw");
	press(KEYS_UP, "one", 3);
	press(KEYS_UP, "one", 3);
	press(KEYS_DOWN, "tw", 2);
	press(KEYS_UP, "one", 3);
	prompt_key(&prompt, KEYS_ESCAPE);
	prompt_open(&prompt, "Filter: ", NULL);
	type(" ");
	prompt_key(&prompt, KEYS_ENTER); /* blanks are not worth to be kept */
	press(KEYS_UP, "one", 3);
}

static void test_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROMPT_TEXT + 10; i++)
		prompt_key(&prompt, 'a');
	assert_int_equal(strlen(prompt.text), PROMPT_TEXT - 1);
	prompt_key(&prompt, KEYS_BACKSPACE);
	prompt_key(&prompt, 0xe9); /* two bytes, and room for one */
	assert_int_equal(strlen(prompt.text), PROMPT_TEXT - 2);
	char *long_text = malloc(PROMPT_TEXT + 9);
	memset(long_text, 'b', PROMPT_TEXT + 8);
	memcpy(&long_text[PROMPT_TEXT - 2], "\u00e9", 2);
	long_text[PROMPT_TEXT + 8] = '\0';
	prompt_open(&prompt, "Filter: ", long_text);
	assert_int_equal(strlen(prompt.text), PROMPT_TEXT - 2); /* no half of a character */
	free(long_text);
}

/* ---- drawing ---- */

static void expect_drawn(size_t rows, size_t cols, const char *expected, size_t row, size_t col)
{
	struct grid grid;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	grid_init(&grid, rows, cols, ESCAPE_ASCII);
	for (size_t i = 0; i < rows; i++)
		grid_text(&grid, i, 0, cols, (struct pen){0}, "..............................");
	prompt_draw(&prompt, &grid);
	grid_dump(&grid, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	assert_int_equal(grid.has_cursor, row < rows);
	if (row < rows) {
		assert_int_equal(grid.cursor_row, row);
		assert_int_equal(grid.cursor_col, col);
	}
	grid_free(&grid);
}

static void test_drawing(void **state)
{
	(void)state;
	expect_drawn(3, 20, "...................~\n...................~\nFilter:\n", 2, 8);
	type("0123456789a");
	expect_drawn(3, 20, "...................~\n...................~\nFilter: 0123456789a\n", 2, 19);
	type("b"); /* the cursor stays in sight */
	expect_drawn(3, 20, "...................~\n...................~\nFilter: ~23456789ab\n", 2, 19);
	prompt_key(&prompt, KEYS_HOME);
	expect_drawn(3, 20, "...................~\n...................~\nFilter: 0123456789ab\n", 2, 8);
	prompt_key(&prompt, '+'); /* its end is cut */
	expect_drawn(3, 20, "...................~\n...................~\nFilter: +0123456789~\n", 2, 9);
}

static void test_refused(void **state)
{
	(void)state;
	type("state=faild");
	prompt_refuse(&prompt, "no such state", 6);
	expect_drawn(5, 24,
	             ".......................~\n.......................~\n"
	             "Filter: state=faild\n              ^\nno such state\n",
	             2, 19);
	prompt_refuse(&prompt, "no such state", PROMPT_NOWHERE);
	expect_drawn(3, 24, ".......................~\nFilter: state=faild\nno such state\n", 1, 19);
	prompt_key(&prompt, KEYS_LEFT); /* what is wrong is told once */
	expect_drawn(3, 24, ".......................~\n.......................~\nFilter: state=faild\n", 2,
	             18);
}

/* A long sentence takes more rows, and is cut with a sign; the place that is wrong is in sight. */
static void test_refused_long(void **state)
{
	(void)state;
	type("01234567890123456789");
	prompt_refuse(&prompt, "one two three four five six seven", 1);
	expect_drawn(
	    5, 20,
	    "...................~\nFilter: 01234567890~\n         ^\none two three four\nfive six seven\n", 5,
	    0);
	expect_drawn(4, 20, "...................~\nFilter: 01234567890~\n         ^\none two three four ~\n",
	             4, 0);
}

/* Nothing that was typed is obeyed, and no size does harm. */
static void test_any_keys(void **state)
{
	(void)state;
	struct seeded seed = seeded_of((uint64_t)time(NULL));
	print_message("seed %" PRIu64 "\n", seed.seed);
	for (int i = 0; i < 4000; i++) {
		struct grid grid;
		int key = (int)seeded_below(&seed, seeded_one_in(&seed, 2) ? 0x120 : 0x110020);
		prompt_key(&prompt, seeded_one_in(&seed, 8) ? KEYS_LEFT : key);
		assert_true(prompt.cursor <= strlen(prompt.text));
		if (seeded_one_in(&seed, 5))
			prompt_refuse(&prompt, prompt.text, prompt.cursor / 2);
		if (i % 8 != 0)
			continue;
		grid_init(&grid, 5 + seeded_below(&seed, 4), 20 + seeded_below(&seed, 60),
		          seeded_one_in(&seed, 2) ? ESCAPE_ASCII : ESCAPE_UTF8);
		prompt_draw(&prompt, &grid);
		for (size_t c = 0; c < grid.rows * grid.cols; c++)
			seeded_check(&seed, strpbrk(grid.cells[c].text, "\033\r\n\x7f") == NULL,
			             "a control character");
		grid_free(&grid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_editing, set_up),      cmocka_unit_test_setup(test_words, set_up),
	    cmocka_unit_test_setup(test_characters, set_up),   cmocka_unit_test_setup(test_answers, set_up),
	    cmocka_unit_test_setup(test_recall, set_up),       cmocka_unit_test_setup(test_full, set_up),
	    cmocka_unit_test_setup(test_drawing, set_up),      cmocka_unit_test_setup(test_refused, set_up),
	    cmocka_unit_test_setup(test_refused_long, set_up), cmocka_unit_test_setup(test_any_keys, set_up),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
