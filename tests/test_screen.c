/* Screens and keys: that no key and no size does harm, what digests keep, and what the lists of keys promise.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "tests/fixture.h"
#include "tests/screen_set.h"
#include "tests/seeded.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- keys ---- */

static void test_a_key_does_one_thing(void **state)
{
	(void)state;
	for (enum screen_id screen = 0; screen < SCREENS; screen++)
		for (size_t i = 0; i < keys_n_rows; i++)
			for (size_t k = 0; k < KEYS_OF_COMMAND && keys_rows[i].keys[k] != KEYS_NONE; k++)
				if ((keys_rows[i].screens >> screen & 1) != 0)
					assert_int_equal(keys_command(keys_rows[i].keys[k], screen),
					                 keys_rows[i].command);
	assert_int_equal(keys_command('Z', SCREEN_STATUS), COMMAND_NONE);
	assert_int_equal(keys_command('<', SCREEN_STATUS), COMMAND_NONE);
}

static void test_help_has_every_key(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	ui_key(&set.ui, '?');
	char *text = picture(&set.ui, 100, 80);
	for (size_t i = 0; i < keys_n_rows; i++)
		if ((keys_rows[i].screens >> SCREEN_SESSIONS & 1) != 0 &&
		    strstr(text, keys_rows[i].shown) == NULL)
			fail_msg("the help lacks %s", keys_rows[i].shown);
	free(text);
	ui_key(&set.ui, KEYS_ESCAPE);
	assert_false(set.ui.help || set.ui.leave);
	ui_key(&set.ui, 'q');
	assert_true(set.ui.leave);
	tear_down(&set);
}

static void test_footers(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	for (int key = '1'; key < '1' + SCREENS_WITH_DIGIT; key++) {
		ui_key(&set.ui, key);
		expect_picture(&set.ui, "Esc q back");
		expect_picture(&set.ui, "? help");
	}
	tear_down(&set);
}

/* ---- any key, any size ---- */

static void test_random_keys(void **state)
{
	(void)state;
	static const size_t sizes[][2] = {{1, 1},  {5, 20},    {4, 19}, {24, 80},
	                                  {6, 21}, {120, 400}, {0, 0},  {2, 300}};
	struct model *(*const models[])(void) = {fixture_empty, fixture_bare, fixture_rich};
	struct seeded seed = seeded_of((uint64_t)time(NULL));
	print_message("seed %" PRIu64 "\n", seed.seed);
	for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
		struct set set = set_up(models[m]());
		for (int i = 0; i < 1500; i++) {
			const struct command_row *row = &keys_rows[seeded_below(&seed, keys_n_rows)];
			int key = seeded_one_in(&seed, 4) ? (int)seeded_below(&seed, 0x110)
			                                  : row->keys[seeded_below(&seed, 2)];
			ui_key(&set.ui, key);
			pause_follow(&set.pause, &set.ui, set.digests);
			const size_t *size = sizes[seeded_below(&seed, sizeof sizes / sizeof sizes[0])];
			set.ui.mode = seeded_one_in(&seed, 2) ? ESCAPE_ASCII : ESCAPE_UTF8;
			char *text = picture(&set.ui, size[0], size[1]);
			for (const char *c = text; *c != '\0'; c++)
				assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
			free(text);
		}
		tear_down(&set);
	}
}

static void test_too_small(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	static const size_t sizes[][2] = {{4, 80}, {24, 19}};
	for (size_t i = 0; i < 2; i++) {
		char *text = picture(&set.ui, sizes[i][0], sizes[i][1]);
		assert_non_null(strstr(text, "too small: 20x5"));
		free(text);
	}
	char *text = picture(&set.ui, 5, 20);
	assert_null(strstr(text, "too small"));
	free(text);
	tear_down(&set);
}

static void test_hostile_names(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	ui_key(&set.ui, '7');
	char *text = picture(&set.ui, 60, 200);
	assert_non_null(strstr(text, "evil\\x1b[2J"));
	assert_null(strpbrk(text, "\033\x9b"));
	free(text);
	tear_down(&set);
}

/* At the smallest size each screen still shows a line of its own, and the prompt. */
static void test_smallest(void **state)
{
	(void)state;
	static const char *const shown[SCREENS_WITH_DIGIT] = {
	    ">    1 failed", "controller: it asked", "\n>  ", "AuthList\n", "No NMSP message",
	    "\n> error",     "\nnmspscope 0.1.0"};
	struct set set = set_up(fixture_rich());
	for (int i = 0; i < SCREENS_WITH_DIGIT; i++) {
		ui_key(&set.ui, '1' + i);
		char *text = picture(&set.ui, 5, 20);
		has(text, shown[i]);
		free(text);
	}
	ui_key(&set.ui, '/');
	ui_key(&set.ui, 'x');
	char *text = picture(&set.ui, 5, 20);
	has(text, "Search: x");
	free(text);
	tear_down(&set);
}

/* Before anything else that speaks against the capture, and only while it goes on. */
static void test_interface_down(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	set.model->capture.inputs[0].outage = "is down";
	set.ui.reading = (struct screen_reading){.goes_on = true, .live = true, .percent = -1};
	for (int key = '1'; key < '1' + SCREENS_WITH_DIGIT; key++) {
		ui_key(&set.ui, key);
		char *text = picture(&set.ui, 24, 200);
		assert_non_null(strstr(text, "\n! Interface "));
		assert_non_null(strstr(text, " is down: nothing is captured there until that changes\n"));
		free(text);
	}
	set.ui.reading.goes_on = false;
	char *text = picture(&set.ui, 24, 200);
	assert_null(strstr(text, "! Interface "));
	free(text);
	tear_down(&set);
}

/* ---- moving ---- */

static void test_failures(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(30)); /* the first one failed */
	char *text = picture(&set.ui, 24, 80);
	free(text);
	ui_key(&set.ui, 'G');
	assert_int_equal(set.ui.session, 30);
	ui_key(&set.ui, 'e');
	assert_int_equal(set.ui.session, 1);
	assert_string_equal(set.ui.note, "round the end of the list");
	ui_key(&set.ui, KEYS_ENTER);
	expect_picture(&set.ui, "[2 Status]");
	ui_key(&set.ui, KEYS_ESCAPE);
	assert_int_equal(set.ui.screen, SCREEN_SESSIONS);
	tear_down(&set);
}

static void test_sorting(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(12));
	ui_key(&set.ui, '<'); /* by the gravest finding */
	ui_order(&set.ui);
	assert_int_equal(set.view->digests[set.ui.order[0]].session->id, 1);
	ui_key(&set.ui, 'r');
	ui_order(&set.ui);
	assert_int_equal(set.view->digests[set.ui.order[11]].session->id, 1);
	assert_int_equal(set.ui.session, 1); /* the cursor stays with its session */
	assert_int_equal(set.ui.place[SCREEN_SESSIONS].cursor, 11);
	tear_down(&set);
}

/* ---- digests ---- */

static void expect_as_new(struct set *set)
{
	struct view *fresh = view_new(set->model, 0, NULL);
	assert_int_equal(set->view->n_digests, fresh->n_digests);
	for (size_t i = 0; i < fresh->n_digests; i++) {
		assert_ptr_equal(set->view->digests[i].session, fresh->digests[i].session);
		assert_ptr_equal(set->view->digests[i].gravest, fresh->digests[i].gravest);
	}
	view_free(fresh);
}

static struct session *session_of(const struct model *model, uint32_t id)
{
	struct session *s = model->first;
	while (s->id != id)
		s = s->next;
	return s;
}

static void test_digests(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(20));
	expect_as_new(&set);
	model_drop_session(set.model, session_of(set.model, 20));
	model_drop_session(set.model, session_of(set.model, 3));
	digests_hold(set.digests);
	expect_as_new(&set);
	struct origin at = {.time = 5, .packet = 900};
	const struct session *added = model_add_session(set.model, &at);
	digests_hold(set.digests);
	assert_int_equal(set.view->n_digests, 18);
	assert_true(digests_update(set.digests, 2, EVER));
	assert_int_equal(set.view->n_digests, 19);
	assert_ptr_equal(set.view->digests[18].session, added);
	expect_as_new(&set);
	tear_down(&set);
}

/* A session that has changed is judged anew, one that has not is left alone. */
static void test_digests_change(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(4));
	struct session *first = session_of(set.model, 1), *second = session_of(set.model, 2);
	const struct alert_seen alert = {.at = {.packet = 98, .time = first->last.time}, .level = 1};
	for (size_t i = 0; i < set.view->n_digests; i++)
		set.view->digests[i].gravest = "old";
	model_add_alert(set.model, first, &alert);
	assert_true(digests_update(set.digests, 2, EVER));
	assert_string_not_equal(set.view->digests[0].gravest, "old");
	assert_string_equal(set.view->digests[1].gravest, "old");
	second->closed = (struct origin){.packet = 99, .time = second->last.time};
	assert_true(digests_update(set.digests, 3, EVER));
	assert_ptr_equal(set.view->digests[1].gravest, NULL);
	assert_string_equal(set.view->digests[2].gravest, "old");
	digests_forget(set.digests);
	assert_true(digests_update(set.digests, 4, EVER));
	expect_as_new(&set);
	tear_down(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_key_does_one_thing),
	    cmocka_unit_test(test_help_has_every_key),
	    cmocka_unit_test(test_footers),
	    cmocka_unit_test(test_random_keys),
	    cmocka_unit_test(test_too_small),
	    cmocka_unit_test(test_hostile_names),
	    cmocka_unit_test(test_smallest),
	    cmocka_unit_test(test_interface_down),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_sorting),
	    cmocka_unit_test(test_digests),
	    cmocka_unit_test(test_digests_change),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
