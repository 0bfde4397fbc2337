/* The questions of `s`; see save_dialog.h. A new thing to save is one row here, and its work in save_job.c.
 */
#include "ui/save_dialog.h"

#include "ui/keys.h"
#include "ui/view.h"

#include <string.h>

static const struct {
	int key;
	const char *shown, *noun, *ending;
} whats[SAVE_WHATS] = {
    [SAVE_PACKETS] = {'p', "packets", "packets", ".pcapng"},
    [SAVE_TEXT] = {'t', "text report", "text report", ".txt"},
    [SAVE_JSON] = {'j', "JSON", "JSON report", ".json"},
    [SAVE_CERTIFICATES] = {'c', "certificates", "certificates", ".pem"},
    [SAVE_MESSAGES] = {'m', "messages", "messages", ".csv"},
};

static const struct {
	int key;
	const char *shown;
} whoses[SAVE_WHOSES] = {
    [SAVE_CHOSEN] = {'c', "the chosen session"},
    [SAVE_MARKED] = {'m', "the marked ones"},
    [SAVE_LISTED] = {'a', "all that are listed"},
};

const char *save_dialog_ending(enum save_what what)
{
	return whats[what].ending;
}

void save_dialog_open(struct save_dialog *dialog)
{
	dialog->step = SAVE_ASKS_WHAT;
	dialog->replace = false;
}

void save_dialog_close(struct save_dialog *dialog)
{
	dialog->step = SAVE_CLOSED;
}

/* ---- steps ---- */

static void ask_path(struct save_dialog *dialog, enum save_whose whose)
{
	char path[SAVE_NAME + 16];
	size_t n = dialog->n[whose];
	dialog->whose = whose;
	dialog->step = SAVE_ASKS_PATH;
	snprintf(path, sizeof path, "./%s%s", dialog->names[whose], whats[dialog->what].ending);
	snprintf(dialog->label, sizeof dialog->label,
	         "Save %s of %zu session%s to: ", whats[dialog->what].noun, n, view_plural(n));
	prompt_open(&dialog->prompt, dialog->label, path);
}

/* Asks only where there are different answers. */
static void ask_whose(struct save_dialog *dialog)
{
	bool differs = dialog->n[SAVE_MARKED] > 0 || dialog->n[SAVE_LISTED] != dialog->n[SAVE_CHOSEN];
	if (!differs)
		ask_path(dialog, SAVE_CHOSEN);
	else
		dialog->step = SAVE_ASKS_WHOSE;
}

static void take_what(struct save_dialog *dialog, int key)
{
	for (enum save_what i = 0; i < SAVE_WHATS; i++) {
		if (whats[i].key != key)
			continue;
		dialog->what = i;
		ask_whose(dialog);
	}
}

static void take_whose(struct save_dialog *dialog, int key)
{
	for (enum save_whose i = 0; i < SAVE_WHOSES; i++)
		if (dialog->n[i] > 0 && whoses[i].key == key)
			ask_path(dialog, i);
}

static enum save_answer take_path(struct save_dialog *dialog, int key)
{
	enum prompt_answer answer = prompt_key(&dialog->prompt, key);
	dialog->replace = false;
	return answer == PROMPT_CANCELLED  ? SAVE_CANCELLED
	       : answer == PROMPT_ACCEPTED ? SAVE_ORDERED
	                                   : SAVE_GOES_ON;
}

enum save_answer save_dialog_key(struct save_dialog *dialog, int key)
{
	if (dialog->step == SAVE_ASKS_PATH)
		return take_path(dialog, key);
	if (dialog->step == SAVE_ASKS_REPLACE) {
		dialog->step = SAVE_ASKS_PATH;
		dialog->replace = key == 'y' || key == 'Y';
		return dialog->replace ? SAVE_ORDERED : SAVE_GOES_ON;
	}
	if (key == KEYS_ESCAPE || key == 'q')
		return SAVE_CANCELLED;
	if (dialog->step == SAVE_ASKS_WHAT)
		take_what(dialog, key);
	else
		take_whose(dialog, key);
	return SAVE_GOES_ON;
}

void save_dialog_refuse(struct save_dialog *dialog, const char *problem)
{
	dialog->step = SAVE_ASKS_PATH;
	prompt_refuse(&dialog->prompt, problem, PROMPT_NOWHERE);
}

void save_dialog_exists(struct save_dialog *dialog)
{
	dialog->step = SAVE_ASKS_REPLACE;
}

/* ---- drawing ---- */

/* The key and what it stands for; the next column. */
static size_t draw_choice(struct grid *grid, size_t col, int key, const char *text)
{
	const char name[] = {(char)key, '\0'};
	size_t row = grid->rows - 1;
	col += grid_text(grid, row, col, grid->cols - col, (struct pen){.look = LOOK_BOLD}, name) + 1;
	if (col < grid->cols)
		col += grid_text(grid, row, col, grid->cols - col, (struct pen){.look = LOOK_REVERSE}, text);
	return col + 2 < grid->cols ? col + 2 : grid->cols;
}

static size_t draw_begin(struct grid *grid, const char *text)
{
	struct pen pen = {.look = LOOK_REVERSE};
	grid_fill(grid, grid->rows - 1, pen);
	return grid_text(grid, grid->rows - 1, 0, grid->cols, pen, text);
}

static void draw_whats(struct grid *grid)
{
	size_t col = draw_begin(grid, "Save: ");
	for (enum save_what i = 0; i < SAVE_WHATS; i++)
		col = draw_choice(grid, col, whats[i].key, whats[i].shown);
}

static void draw_whoses(const struct save_dialog *dialog, struct grid *grid)
{
	char text[64];
	snprintf(text, sizeof text, "Save %s of: ", whats[dialog->what].noun);
	size_t col = draw_begin(grid, text);
	for (enum save_whose i = 0; i < SAVE_WHOSES; i++) {
		if (dialog->n[i] == 0)
			continue;
		snprintf(text, sizeof text, "%s", whoses[i].shown);
		if (i != SAVE_CHOSEN)
			snprintf(text, sizeof text, "%s (%zu)", whoses[i].shown, dialog->n[i]);
		col = draw_choice(grid, col, whoses[i].key, text);
	}
}

static void draw_replace(const struct save_dialog *dialog, struct grid *grid)
{
	struct pen pen = {.look = LOOK_REVERSE};
	size_t row = grid->rows - 1, col = draw_begin(grid, "Overwrite? y/N ");
	size_t cursor = col;
	if (col + 1 < grid->cols)
		col += 1 + grid_text(grid, row, col + 1, grid->cols - col - 1, pen, dialog->prompt.text);
	if (col + 1 < grid->cols)
		grid_text(grid, row, col + 1, grid->cols - col - 1, pen, "is there already");
	grid_cursor(grid, row, cursor);
}

void save_dialog_draw(const struct save_dialog *dialog, struct grid *grid)
{
	switch (dialog->step) {
	case SAVE_CLOSED:
		break;
	case SAVE_ASKS_WHAT:
		draw_whats(grid);
		break;
	case SAVE_ASKS_WHOSE:
		draw_whoses(dialog, grid);
		break;
	case SAVE_ASKS_PATH:
		prompt_draw(&dialog->prompt, grid);
		break;
	case SAVE_ASKS_REPLACE:
		draw_replace(dialog, grid);
		break;
	}
}
