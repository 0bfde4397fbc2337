/* The screen that is held still: whatever the capture goes on with, every screen shows what it showed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "analyzer/memory.h"
#include "analyzer/messages.h"
#include "analyzer/still.h"
#include "analyzer/xmalloc.h"
#include "tests/model_fixture.h"
#include "tests/nmsptalk.h"
#include "ui/pause.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define EVER (INT64_C(1) << 60)
#define ROWS 40
#define COLS 120

struct set {
	struct fixture f;
	struct messages *messages;
	struct view *view;
	struct digests *digests;
	struct pause pause;
	struct ui ui;
};

static void say(struct set *set, uint8_t dir, uint16_t type, uint32_t transaction)
{
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	struct sink sink = messages_sink(set->messages, dir);
	nmsptalk_bare(talk, type, transaction);
	struct origin at = fixture_packet(&set->f, dir, talk->n);
	sink.data(sink.ctx, span_of(talk->bytes, talk->n), &at);
	free(talk);
}

static int set_up(void **state)
{
	struct set *set = xcalloc(1, sizeof *set);
	fixture_new(&set->f);
	fixture_healthy(&set->f);
	set->messages = messages_new(set->f.model, set->f.session);
	for (uint32_t i = 0; i < 4; i++) {
		say(set, FIXTURE_ENGINE, 1, i);
		say(set, FIXTURE_CONTROLLER, 2, i);
	}
	uint32_t input = model_add_input(set->f.model, "some.pcap");
	set->f.model->capture.inputs[input].kind = xstrdup("pcap");
	set->f.model->capture.packets = 40;
	set->view = view_bare(set->f.model);
	set->digests = digests_new(set->view, 0);
	set->pause.model = set->f.model;
	set->ui = (struct ui){.view = set->view, .mode = ESCAPE_UTF8, .utc = true};
	set->ui.reading = (struct screen_reading){.packets = 40, .percent = -1};
	assert_true(digests_update(set->digests, 1, EVER));
	*state = set;
	return 0;
}

static int tear_down(void **state)
{
	struct set *set = *state;
	set->ui.paused = false;
	pause_follow(&set->pause, &set->ui, set->digests);
	ui_free(&set->ui);
	digests_free(set->digests);
	view_free(set->view);
	messages_free(set->messages);
	fixture_free(&set->f);
	free(set);
	return 0;
}

static void press(struct set *set, int key)
{
	ui_key(&set->ui, key);
	pause_follow(&set->pause, &set->ui, set->digests);
}

/* To be freed; the head, which tells of the pause, is skipped with `body`. */
static char *picture(struct ui *ui, bool body)
{
	struct grid grid;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	grid_init(&grid, ROWS, COLS, ui->mode);
	ui_draw(ui, &grid);
	grid_dump(&grid, out);
	grid_free(&grid);
	fclose(out);
	for (int line = 0; line < 2 && body; line++)
		memmove(text, strchr(text, '\n') + 1, strlen(strchr(text, '\n')));
	return text;
}

static void expect_head(struct set *set, const char *part)
{
	char *text = picture(&set->ui, false);
	has(text, part);
	free(text);
}

/* The capture goes on: messages, an alert, another session, other counts. */
static void go_on(struct set *set)
{
	struct model *model = set->f.model;
	for (uint32_t i = 10; i < 30; i++)
		say(set, FIXTURE_ENGINE, 1, i);
	fixture_alert(&set->f, FIXTURE_CONTROLLER, 2, 46);
	fixture_close(&set->f, CLOSE_RST, FIXTURE_CONTROLLER);
	model_add_session(model, &set->f.at);
	model->capture.packets = 100;
	model->capture.inputs[0].packets = 100;
	free(model->capture.inputs[0].kind);
	model->capture.inputs[0].kind = xstrdup("live");
	set->ui.reading.packets = 100;
}

static void test_nothing_moves(void **state)
{
	struct set *set = *state;
	char *before[SCREENS_WITH_DIGIT];
	for (int i = 0; i < SCREENS_WITH_DIGIT; i++) {
		press(set, '1' + i);
		before[i] = picture(&set->ui, true);
	}
	press(set, 'p');
	assert_true(set->ui.paused);
	go_on(set);
	for (int i = 0; i < SCREENS_WITH_DIGIT; i++) {
		press(set, '1' + i);
		char *now = picture(&set->ui, true);
		assert_string_equal(now, before[i]);
		free(now);
		free(before[i]);
	}
	expect_head(set, "40 packets PAUSED, 60 since");
	press(set, '1');
	press(set, 'p');
	assert_true(digests_update(set->digests, EVER / 2, EVER));
	expect_head(set, "2 sessions");
	expect_head(set, "100 packets");
}

/* A session that the analysis gives up meanwhile stays until the pause ends, with its mark. */
static void test_session_gone(void **state)
{
	struct set *set = *state;
	go_on(set);
	assert_true(digests_update(set->digests, 2, EVER));
	press(set, 'g');
	press(set, ' ');
	press(set, ' ');
	assert_int_equal(set->ui.n_marks, 2);
	press(set, 'p');
	messages_free(set->messages);
	set->messages = NULL;
	set->f.session->certs = NULL; /* they are the fixture's */
	set->f.session->n_certs = 0;
	model_drop_session(set->f.model, set->f.session);
	set->f.session = set->f.model->first;
	press(set, '=');
	expect_head(set, "[= Compare]");
	expect_head(set, "Verdict");
	press(set, KEYS_ESCAPE);
	expect_head(set, "2 sessions");
	expect_head(set, "2 marked");
	press(set, 'p');
	assert_true(digests_update(set->digests, 3, EVER));
	expect_head(set, "1 session:");
	expect_head(set, "1 marked");
	assert_int_equal(set->ui.session, 2);
}

/* The reading ends meanwhile, and sessions get other numbers. */
static void test_renumbered(void **state)
{
	struct set *set = *state;
	press(set, ' ');
	press(set, 'p');
	set->f.session->id = 7;
	pause_forget(&set->pause, &set->ui, set->digests);
	expect_head(set, "1 marked");
	press(set, 'p');
	assert_int_equal(set->view->n_digests, 0);
	assert_true(digests_update(set->digests, 2, EVER));
	expect_head(set, "1 session:");
	assert_int_equal(set->ui.n_marks, 0);
	assert_int_equal(set->ui.session, 7);
	press(set, ' ');
	set->f.session->id = 8;
	pause_forget(&set->pause, &set->ui, set->digests);
	assert_int_equal(set->ui.marks[0].session, 8); /* without a pause the mark goes along */
	assert_int_equal(set->ui.session, 8);
}

static void test_no_memory(void **state)
{
	struct set *set = *state;
	size_t size = still_size(set->f.model);
	assert_true(size > sizeof(struct session));
	set->f.model->memory = memory_used() + size / 2;
	press(set, 'p');
	assert_false(set->ui.paused);
	has(set->ui.note, "--memory");
	assert_ptr_equal(set->view->model, set->f.model);
	set->f.model->memory = SIZE_MAX;
	press(set, 'p');
	assert_true(set->ui.paused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_nothing_moves, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_session_gone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_renumbered, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
