/* What the user chooses on the screens: filters, hits of a search, marks, the end of a list. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "tests/fixture.h"
#include "tests/screen_set.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* ---- filter ---- */

static void test_filter(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(9));
	type(&set, "fsession>2 session<7\n");
	assert_int_equal(set.ui.asks, ASK_NOTHING);
	ui_order(&set.ui);
	assert_int_equal(set.ui.n_order, 4);
	assert_int_equal(set.ui.session, 3);
	expect_picture(&set.ui, "9 sessions: 1 with errors, 0 with warnings, 4 listed by session>2 se");
	ui_key(&set.ui, 'e');
	assert_string_equal(set.ui.note, "no session has an error");
	type(&set, "f"); /* it is there to be changed */
	assert_string_equal(set.ui.prompts[ASK_FILTER].text, "session>2 session<7");
	type(&set, "\x15session=99\n");
	expect_picture(&set.ui, "The filter lists no session: f changes it.");
	type(&set, "2");
	expect_picture(&set.ui, "The filter lists no session: f changes it.");
	type(&set, "1f\x15\n");
	assert_string_equal(set.ui.note, "all sessions are listed");
	ui_order(&set.ui);
	assert_int_equal(set.ui.n_order, 9);
	type(&set, "f");
	ui_key(&set.ui, KEYS_UP);
	assert_string_equal(set.ui.prompts[ASK_FILTER].text, "session=99");
	tear_down(&set);
}

/* What is wrong stays to be put right, and the list is as before; Escape leaves the old filter. */
static void test_filter_wrong(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(9));
	type(&set, "fsession=3\n");
	type(&set, "f state=faild\n");
	assert_int_equal(set.ui.asks, ASK_FILTER);
	expect_picture(&set.ui, "Filter of sessions: session=3 state=faild\n"
	                        "                                    ^\n"
	                        "state is never \"faild\"; the nearest is failed");
	assert_int_equal(set.ui.n_order, 1);
	ui_key(&set.ui, KEYS_ESCAPE);
	expect_picture(&set.ui, "1 listed by session=3 ");
	tear_down(&set);
}

/* As with --filter; what is too long to be typed is there in its short form. */
static void test_filter_given(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(3));
	struct filter filter;
	struct filter_error err;
	char *text = calloc(PROMPT_TEXT + 64, 1);
	memset(text, ' ', PROMPT_TEXT + 32);
	memcpy(&text[PROMPT_TEXT + 32], "session=2", 9);
	assert_true(filter_parse(text, true, &filter, &err));
	ui_filter(&set.ui, &filter, text);
	free(text);
	expect_picture(&set.ui, "1 listed by session=2");
	type(&set, "f");
	assert_string_equal(set.ui.prompts[ASK_FILTER].text, "session=2");
	tear_down(&set);
}

/* Of many sessions some are asked at a time, where it takes long; one that changes is asked again. */
static void test_filter_of_many(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(250));
	type(&set, "fverdict!~nothing-such\n");
	size_t turns = 0;
	do
		ui_order(&set.ui);
	while (set.ui.unasked > 0 && ++turns < 100);
	assert_in_range(turns, 1, 5);
	assert_int_equal(set.ui.n_order, 250);
	type(&set, "f\x15state=failed\n");
	ui_order(&set.ui);
	assert_int_equal(set.ui.n_order, 1);
	set.view->digests[0].listed = false; /* the answer is kept ... */
	ui_order(&set.ui);
	assert_int_equal(set.ui.n_order, 0);
	set.view->digests[0].stale = true; /* ... until the session has changed */
	ui_order(&set.ui);
	assert_int_equal(set.ui.n_order, 1);
	tear_down(&set);
}

/* ---- search ---- */

/* Lists and documents are searched round their end, from the last hit on; Escape leaves what was searched
 * for. */
static void test_search(void **state)
{
	(void)state;
	struct set set = set_up(fixture_rich());
	expect_picture(&set.ui, "[1 Sessions]");
	type(&set, "n");
	assert_string_equal(set.ui.note, "nothing was searched for yet: / asks what");
	type(&set, "/active\n");
	assert_int_equal(set.ui.session, 2);
	assert_string_equal(set.ui.note, "");
	type(&set, "n");
	assert_string_equal(set.ui.note, "round the end: active");
	type(&set, "1k2G/gravest of nothing\n");
	assert_string_equal(set.ui.note, "not found: gravest of nothing");
	type(&set, "/summary");
	ui_key(&set.ui, KEYS_ESCAPE);
	type(&set, "n");
	assert_string_equal(set.ui.note, "not found: gravest of nothing");
	type(&set, "?/next hit\n");
	char *text = picture(&set.ui, 10, 80);
	assert_non_null(strstr(text, "to the next hit"));
	free(text);
	type(&set, "n");
	assert_string_equal(set.ui.note, "round the end: next hit");
	tear_down(&set);
}

/* A term of the filter language finds what it holds for; what is none is a text. */
static void test_search_by_filter(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(9));
	expect_picture(&set.ui, "[1 Sessions]");
	type(&set, "/session>6 session!=8\n");
	assert_int_equal(set.ui.session, 7);
	type(&set, "n");
	assert_int_equal(set.ui.session, 9);
	type(&set, "n");
	assert_int_equal(set.ui.session, 7);
	assert_string_equal(set.ui.note, "round the end: session>6 session!=8");
	type(&set, "/state=failed\n");
	assert_int_equal(set.ui.session, 1);
	type(&set, "/session=99\n");
	assert_string_equal(set.ui.note, "not found: session=99");
	tear_down(&set);
}

/* ---- marks ---- */

static void test_marks(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(9));
	type(&set, "=");
	assert_string_equal(set.ui.note, "mark two sessions with Space to compare them; 0 are marked");
	type(&set, " ");
	assert_int_equal(set.ui.session, 2); /* it goes one down */
	expect_picture(&set.ui, " +   1 ");
	expect_picture(&set.ui, "0 with warnings, 1 marked");
	type(&set, "G =");
	assert_string_equal(set.ui.note, ""); /* two are */
	expect_picture(&set.ui, "[= Compare]");
	ui_key(&set.ui, KEYS_ESCAPE);
	assert_int_equal(set.ui.screen, SCREEN_SESSIONS);
	type(&set, "<rfsession>1\n"); /* sorted and filtered they stay */
	assert_true(ui_marked(&set.ui, 1) && ui_marked(&set.ui, 9) && !ui_marked(&set.ui, 2));
	type(&set, "gG  "); /* off, and on again */
	assert_int_equal(set.ui.n_marks, 2);
	type(&set, "k =");
	assert_string_equal(set.ui.note, "mark two sessions with Space to compare them; 3 are marked");
	type(&set, "U");
	assert_int_equal(set.ui.n_marks, 0);
	assert_string_equal(set.ui.note, "3 marks taken away");
	tear_down(&set);
}

static void test_mark_of_one_that_goes(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(3));
	type(&set, "  =");
	model_drop_session(set.model, set.model->first);
	digests_hold(set.digests);
	expect_picture(&set.ui, "One of the two sessions is gone");
	assert_int_equal(set.ui.n_marks, 1);
	assert_int_equal(set.ui.marks[0].session, 2);
	tear_down(&set);
}

/* ---- follow ---- */

static void test_follow(void **state)
{
	(void)state;
	struct set set = set_up(fixture_many(5));
	set.ui.reading = (struct screen_reading){.goes_on = true, .live = true};
	set.ui.follows = 1u << SCREEN_SESSIONS;
	struct origin at = {.time = 5, .packet = 900};
	expect_picture(&set.ui, ">    5 ");
	model_add_session(set.model, &at);
	assert_true(digests_update(set.digests, 2, EVER));
	expect_picture(&set.ui, ">    6 ");
	type(&set, "2"); /* who looks at a session stays with it */
	model_add_session(set.model, &at);
	assert_true(digests_update(set.digests, 3, EVER));
	expect_picture(&set.ui, "Session 6");
	type(&set, "1kk"); /* who goes up stays there */
	expect_picture(&set.ui, ">    5 ");
	type(&set, "G"); /* at the end it goes on */
	model_add_session(set.model, &at);
	assert_true(digests_update(set.digests, 4, EVER));
	expect_picture(&set.ui, ">    8 ");
	type(&set, "A");
	assert_string_equal(set.ui.note, "stays where it is");
	tear_down(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_filter_wrong),
	    cmocka_unit_test(test_filter_given),
	    cmocka_unit_test(test_filter_of_many),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_search_by_filter),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_mark_of_one_that_goes),
	    cmocka_unit_test(test_follow),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
