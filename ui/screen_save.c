/* The key `s` on the screens: which sessions there are to be saved, and under which name. */
#include "analyzer/xmalloc.h"
#include "ui/screen_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- names ---- */

/* "-20231114-221320", nothing where the time is not known. */
static void add_date(const struct ui *ui, int64_t ns, char name[SAVE_NAME])
{
	int64_t rest;
	struct tm tm;
	size_t n = strlen(name);
	if (ns == INT64_MIN || ns == ORIGIN_NO_TIME)
		return;
	time_t seconds = (time_t)format_split(ns, &rest);
	if ((ui->utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)) != NULL)
		strftime(&name[n], SAVE_NAME - n, "-%Y%m%d-%H%M%S", &tm);
}

/* The engine's address, as far as a file's name may have it. */
static void name_session(const struct ui *ui, const struct session *session, char name[SAVE_NAME])
{
	const struct addr *engine = &session->addr[session_engine(session)];
	char text[ADDR_TEXT];
	if (engine->version == 0)
		snprintf(name, SAVE_NAME, "session-%u", (unsigned)session->id);
	else
		snprintf(name, SAVE_NAME, "%s", addr_text(engine, text));
	for (char *at = name; (at = strchr(at, ':')) != NULL; at++)
		*at = '-';
	add_date(ui, session->opened.time, name);
}

static void name_many(const struct ui *ui, char name[SAVE_NAME])
{
	snprintf(name, SAVE_NAME, "nmspscope");
	add_date(ui, ui->view->model->capture.first, name);
}

void screen_save_open(struct ui *ui)
{
	struct save_dialog *dialog = &ui->save;
	const struct view_digest *chosen = ui_digest(ui);
	if (ui->saving[0] != '\0') {
		snprintf(ui->note, sizeof ui->note, "a file is being written: Esc stops that");
		return;
	}
	if (ui->n_order == 0) {
		snprintf(ui->note, sizeof ui->note, "there is no session to be saved");
		return;
	}
	dialog->n[SAVE_CHOSEN] = chosen != NULL;
	dialog->n[SAVE_MARKED] = ui->n_marks;
	dialog->n[SAVE_LISTED] = ui->n_order;
	if (chosen != NULL)
		name_session(ui, chosen->session, dialog->names[SAVE_CHOSEN]);
	name_many(ui, dialog->names[SAVE_MARKED]);
	name_many(ui, dialog->names[SAVE_LISTED]);
	save_dialog_open(dialog);
}

/* ---- keys ---- */

bool screen_save_key(struct ui *ui, int key)
{
	bool asks = ui->save.step != SAVE_CLOSED, stops = ui->saving[0] != '\0' && key == KEYS_ESCAPE;
	if (!asks && !stops)
		return false;
	if (!asks) {
		ui->stop_saving = true;
		return true;
	}
	enum save_answer answer = save_dialog_key(&ui->save, key);
	if (answer == SAVE_CANCELLED)
		save_dialog_close(&ui->save);
	ui->save_ordered = answer == SAVE_ORDERED;
	return true;
}

bool screen_save_draw(const struct ui *ui, struct grid *grid)
{
	if (ui->save.step != SAVE_CLOSED) {
		save_dialog_draw(&ui->save, grid);
		return true;
	}
	if (ui->saving[0] == '\0')
		return false;
	grid_fill(grid, grid->rows - 1, (struct pen){.look = LOOK_REVERSE});
	grid_text(grid, grid->rows - 1, 0, grid->cols, (struct pen){.look = LOOK_REVERSE}, ui->saving);
	return true;
}

/* ---- sessions ---- */

static int by_id(const void *a, const void *b)
{
	const struct session *const *x = a, *const *y = b;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* Marked sessions are saved also where the filter does not list them. */
static bool is_saved(const struct ui *ui, const struct view_digest *digest)
{
	if (ui->save.whose == SAVE_CHOSEN)
		return digest->session->id == ui->session;
	return ui_marked(ui, digest->session->id);
}

const struct session **ui_saved_sessions(struct ui *ui, size_t *n)
{
	const struct view *view = ui->view;
	const struct session **list = xcalloc(view->n_digests + 1, sizeof *list);
	*n = 0;
	if (ui->save.whose == SAVE_LISTED)
		for (size_t i = 0; i < ui->n_order; i++)
			list[(*n)++] = view->digests[ui->order[i]].session;
	else
		for (size_t i = 0; i < view->n_digests; i++)
			if (is_saved(ui, &view->digests[i]))
				list[(*n)++] = view->digests[i].session;
	qsort(list, *n, sizeof list[0], by_id);
	return list;
}
