/* What `s` asks, key by key, and what it shows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui/keys.h"
#include "ui/save_dialog.h"

#include <stdlib.h>
#include <string.h>

static struct save_dialog dialog;

static void ask(size_t chosen, size_t marked, size_t listed)
{
	dialog = (struct save_dialog){.n = {chosen, marked, listed}};
	snprintf(dialog.names[SAVE_CHOSEN], SAVE_NAME, "one");
	snprintf(dialog.names[SAVE_MARKED], SAVE_NAME, "some");
	snprintf(dialog.names[SAVE_LISTED], SAVE_NAME, "all");
	save_dialog_open(&dialog);
}

static enum save_answer press(const char *keys)
{
	enum save_answer answer = SAVE_GOES_ON;
	for (; *keys != '\0'; keys++)
		answer = save_dialog_key(&dialog, *keys);
	return answer;
}

/* The rows of a grid of three, without what is blank in front. */
static void assert_shows(const char *words)
{
	struct grid grid;
	char *text = NULL;
	size_t n = 0;
	grid_init(&grid, 3, 80, ESCAPE_ASCII);
	save_dialog_draw(&dialog, &grid);
	FILE *out = open_memstream(&text, &n);
	grid_dump(&grid, out);
	fclose(out);
	grid_free(&grid);
	if (strstr(text, words) == NULL)
		fail_msg("not shown: %s; but: %s", words, text);
	free(text);
}

static void test_kinds(void **state)
{
	(void)state;
	static const struct {
		const char *key, *path;
		enum save_what what;
	} rows[] = {{"p", "./one.pcapng", SAVE_PACKETS},
	            {"t", "./one.txt", SAVE_TEXT},
	            {"j", "./one.json", SAVE_JSON},
	            {"c", "./one.pem", SAVE_CERTIFICATES},
	            {"m", "./one.csv", SAVE_MESSAGES}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask(1, 0, 1);
		assert_shows("Save: p packets  t text report  j JSON  c certificates  m messages");
		assert_int_equal(press(rows[i].key), SAVE_GOES_ON);
		assert_int_equal(dialog.step, SAVE_ASKS_PATH);
		assert_int_equal(press("\n"), SAVE_ORDERED);
		assert_int_equal(dialog.what, rows[i].what);
		assert_int_equal(dialog.whose, SAVE_CHOSEN);
		assert_string_equal(dialog.prompt.text, rows[i].path);
		assert_false(dialog.replace);
	}
}

/* Where all answers are the same nothing is asked. */
static void test_whose(void **state)
{
	(void)state;
	ask(1, 0, 7);
	press("p");
	assert_shows("Save packets of: c the chosen session  a all that are listed (7)");
	press("m");
	assert_int_equal(dialog.step, SAVE_ASKS_WHOSE); /* none is marked */
	press("a");
	assert_shows("Save packets of 7 sessions to: ./all.pcapng");
	assert_int_equal(press("\n"), SAVE_ORDERED);
	assert_int_equal(dialog.whose, SAVE_LISTED);
	ask(1, 2, 7);
	press("j");
	assert_shows("m the marked ones (2)");
	press("m");
	assert_shows("Save JSON report of 2 sessions to: ./some.json");
	ask(1, 1, 1);
	press("j");
	assert_int_equal(dialog.step, SAVE_ASKS_WHOSE); /* the marked one may be another */
	press("c");
	assert_shows("Save JSON report of 1 session to: ./one.json");
	ask(0, 0, 3);
	press("tc");
	assert_int_equal(dialog.step, SAVE_ASKS_WHOSE);
}

static void test_ways_out(void **state)
{
	(void)state;
	ask(1, 0, 2);
	assert_int_equal(press("xyz1"), SAVE_GOES_ON);
	assert_int_equal(dialog.step, SAVE_ASKS_WHAT);
	assert_int_equal(press("\x1b"), SAVE_CANCELLED);
	ask(1, 0, 2);
	press("p");
	assert_int_equal(press("q"), SAVE_CANCELLED);
	ask(1, 0, 2);
	press("pc");
	assert_int_equal(press("q"), SAVE_GOES_ON); /* a letter of the path */
	assert_string_equal(dialog.prompt.text, "./one.pcapngq");
	assert_int_equal(press("\x1b"), SAVE_CANCELLED);
	save_dialog_close(&dialog);
	assert_int_equal(dialog.step, SAVE_CLOSED);
}

static void test_overwriting(void **state)
{
	(void)state;
	static const char *const no[] = {"n", "\n", "\x1b", " "};
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		ask(1, 0, 1);
		press("p\n");
		save_dialog_exists(&dialog);
		assert_shows("Overwrite? y/N  ./one.pcapng is there already");
		assert_int_equal(press(no[i]), SAVE_GOES_ON);
		assert_false(dialog.replace);
		assert_string_equal(dialog.prompt.text, "./one.pcapng");
	}
	save_dialog_exists(&dialog);
	assert_int_equal(press("y"), SAVE_ORDERED);
	assert_true(dialog.replace);
	save_dialog_refuse(&dialog, "no room"); /* another path is another file */
	assert_shows("no room");
	press("2");
	assert_int_equal(press("\n"), SAVE_ORDERED);
	assert_false(dialog.replace);
	assert_string_equal(dialog.prompt.text, "./one.pcapng2");
}

/* No size that a screen can have is too small for it. */
static void test_sizes(void **state)
{
	(void)state;
	for (size_t cols = 20; cols < 130; cols += 7)
		for (int step = 0; step < 4; step++) {
			struct grid grid;
			ask(1, 2, 7);
			press(step == 0 ? "" : step == 1 ? "p" : "pa");
			if (step == 3)
				save_dialog_exists(&dialog);
			grid_init(&grid, 5, cols, ESCAPE_UTF8);
			save_dialog_draw(&dialog, &grid);
			grid_free(&grid);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),       cmocka_unit_test(test_whose), cmocka_unit_test(test_ways_out),
	    cmocka_unit_test(test_overwriting), cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
