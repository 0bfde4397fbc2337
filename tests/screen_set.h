/*
 * A model with the screens that look at it, for tests of these: pictures as text, and keys. Included after
 * cmocka and tests/expect.h.
 */
#ifndef TESTS_SCREEN_SET_H
#define TESTS_SCREEN_SET_H

#include "ui/digests.h"
#include "ui/pause.h"
#include "ui/screen.h"

#include <stdlib.h>

#define EVER (INT64_C(1) << 60)

struct set {
	struct model *model;
	struct view *view;
	struct digests *digests;
	struct pause pause;
	struct ui ui;
};

static inline struct set set_up(struct model *model)
{
	struct set set = {.model = model, .view = view_bare(model), .pause = {.model = model}};
	set.digests = digests_new(set.view, 0);
	set.ui = (struct ui){.view = set.view, .mode = ESCAPE_UTF8, .utc = true};
	assert_true(digests_update(set.digests, 1, EVER));
	return set;
}

static inline void tear_down(struct set *set)
{
	set->ui.paused = false;
	pause_follow(&set->pause, &set->ui, set->digests);
	ui_free(&set->ui);
	digests_free(set->digests);
	view_free(set->view);
	model_free(set->model);
}

/* The picture as text, to be freed. */
static inline char *picture(struct ui *ui, size_t rows, size_t cols)
{
	struct grid grid;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	grid_init(&grid, rows, cols, ui->mode);
	ui_draw(ui, &grid);
	grid_dump(&grid, out);
	grid_free(&grid);
	fclose(out);
	return text;
}

static inline void expect_picture(struct ui *ui, const char *part)
{
	char *text = picture(ui, 24, 80);
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in\n%s", part, text);
	free(text);
}

/* Key by key. */
static inline void type(struct set *set, const char *text)
{
	for (; *text != '\0'; text++)
		ui_key(&set->ui, *text);
}

#endif
