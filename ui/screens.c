/* The screens on a terminal; see screens.h. */
#include "ui/screens.h"

#include "analyzer/newfile.h"
#include "analyzer/xmalloc.h"
#include "ui/digests.h"
#include "ui/feeds.h"
#include "ui/pause.h"
#include "ui/signals.h"
#include "ui/term.h"

#include <stdlib.h>

#define FRAME      (100 * NS_PER_MS) /* between two pictures without a key */
#define WORK       (15 * NS_PER_MS)  /* for what follows from sessions, a picture */
#define COMPLAINTS 20                /* that are kept; later ones are counted */
#define KEYS       64                /* taken at a turn */
#define SAVING     (10 * NS_PER_MS)  /* for the file of `s`, a turn */

struct screens {
	struct term *term;
	struct view *view;
	struct digests *digests;
	struct pause pause;
	struct ui ui;
	struct screens_saving saving;
	struct save_job *job;        /* NULL: no file is being written */
	const struct filter *filter; /* as it was at the start */
	int64_t worked;              /* monotonic, ns: the last picture that no key asked for */
	bool drawn;                  /* there is a picture */
	bool busy;                   /* sessions wait to be looked at */
	bool went_on;                /* inputs did at the last turn */
	char *complaints[COMPLAINTS];
	unsigned n_complaints;
};

struct screens *screens_open(const struct model *model, const struct screens_wishes *wishes, struct err *err)
{
	struct term *term = term_open(err);
	if (term == NULL)
		return NULL;
	struct screens *screens = xcalloc(1, sizeof *screens);
	screens->term = term;
	screens->view = view_bare(model);
	screens->pause.model = model;
	screens->digests = digests_new(screens->view, wishes->only);
	screens->ui = (struct ui){.view = screens->view, .mode = wishes->mode, .utc = wishes->utc};
	if (wishes->live)
		screens->ui.follows = 1u << SCREEN_SESSIONS | 1u << SCREEN_MESSAGES;
	screens->filter = wishes->filter;
	ui_filter(&screens->ui, wishes->filter, wishes->filter_text == NULL ? "" : wishes->filter_text);
	return screens;
}

void screens_close(struct screens *screens)
{
	if (screens == NULL)
		return;
	save_job_free(screens->job);
	term_close(screens->term);
	for (unsigned i = 0; i < screens->n_complaints && i < COMPLAINTS; i++) {
		char *shown = escape_text(screens->complaints[i], screens->ui.mode);
		fprintf(stderr, "nmspscope: %s\n", shown);
		free(shown);
		free(screens->complaints[i]);
	}
	if (screens->n_complaints > COMPLAINTS)
		fprintf(stderr, "nmspscope: and %u more of such lines\n", screens->n_complaints - COMPLAINTS);
	screens->ui.paused = false;
	pause_follow(&screens->pause, &screens->ui, screens->digests);
	digests_free(screens->digests);
	view_free(screens->view);
	ui_free(&screens->ui);
	free(screens);
}

void screens_privileges(struct screens *screens, const struct sandbox_state *privileges)
{
	screens->view->privileges = privileges;
}

void screens_allow_saving(struct screens *screens, const struct screens_saving *saving)
{
	screens->saving = *saving;
}

bool screens_saves(const struct screens *screens)
{
	return screens->job != NULL;
}

bool screens_complain(struct screens *screens, const char *text)
{
	if (!screens->drawn)
		return false;
	if (screens->n_complaints < COMPLAINTS)
		screens->complaints[screens->n_complaints] = xstrdup(text);
	screens->n_complaints++;
	snprintf(screens->ui.note, sizeof screens->ui.note, "%s", text);
	return true;
}

void screens_forget(struct screens *screens, bool joins)
{
	if (joins)
		save_job_disturb(screens->job);
	pause_forget(&screens->pause, &screens->ui, screens->digests);
	screens->busy = true;
}

bool screens_have_error(struct screens *screens)
{
	struct view *view = screens->view;
	screens->ui.paused = false;
	pause_follow(&screens->pause, &screens->ui, screens->digests);
	digests_update(screens->digests, feeds_clock(), INT64_MAX);
	size_t shown = 0;
	for (size_t i = 0; i < view->n_digests; i++)
		if (filter_session(screens->filter, screens->ui.aside, &view->digests[i]))
			view->digests[shown++] = view->digests[i];
	view->n_digests = shown;
	return view_has_error(view);
}

/* ---- saving ---- */

static void begin_saving(struct screens *screens, struct save_dialog *dialog)
{
	struct err err;
	struct save_order order = {.what = dialog->what, .path = dialog->prompt.text, .replace = dialog->replace};
	struct save_source source = screens->saving.source;
	const struct session **sessions = ui_saved_sessions(&screens->ui, &order.n);
	order.sessions = sessions;
	source.model = screens->view->model;
	if (screens->pause.still != NULL)
		source.capture = &screens->view->capture;
	if (order.n == 0)
		err_set(&err, "the session made room for others: Esc, and choose another one");
	else
		screens->job = save_job_begin(&source, &order, &err);
	free(sessions);
	if (screens->job != NULL)
		save_dialog_close(dialog);
	else
		save_dialog_refuse(dialog, err.text);
}

/* The dialog has come to its end: the path may need another word. */
static void take_order(struct screens *screens)
{
	struct save_dialog *dialog = &screens->ui.save;
	const struct screens_saving *saving = &screens->saving;
	struct err err;
	enum newfile_place place = newfile_look(dialog->prompt.text, &err);
	screens->ui.save_ordered = false;
	if (place == NEWFILE_UNFIT)
		save_dialog_refuse(dialog, err.text);
	else if (place == NEWFILE_TAKEN && saving->is_used(saving->of, dialog->prompt.text))
		save_dialog_refuse(dialog, "this file is read or written now: take another name");
	else if (place == NEWFILE_TAKEN && !dialog->replace)
		save_dialog_exists(dialog);
	else
		begin_saving(screens, dialog);
}

static void end_saving(struct screens *screens, const char *note)
{
	snprintf(screens->ui.note, sizeof screens->ui.note, "%s", note);
	screens->ui.saving[0] = '\0';
	save_job_free(screens->job);
	screens->job = NULL;
}

/* What is missing in a file is also said when the screen is gone. */
static void finish_saving(struct screens *screens, enum save_state state)
{
	bool lacks;
	const char *result = save_job_result(screens->job, &lacks);
	if (lacks || state == SAVE_FAILED)
		screens_complain(screens, result);
	end_saving(screens, result);
}

/* True when there is something new to be seen of it. */
static bool save(struct screens *screens)
{
	struct ui *ui = &screens->ui;
	if (screens->job == NULL)
		return false;
	if (ui->stop_saving) {
		end_saving(screens, "nothing was saved");
		ui->stop_saving = false;
		return true;
	}
	char before[sizeof ui->saving];
	enum save_state state = save_job_step(screens->job, SAVING);
	memcpy(before, ui->saving, sizeof before);
	snprintf(ui->saving, sizeof ui->saving, "saving: %d %%   Esc stops it", save_job_percent(screens->job));
	if (state != SAVE_WORKS)
		finish_saving(screens, state);
	return strcmp(before, ui->saving) != 0;
}

/* ---- a turn ---- */

bool screens_due(const struct screens *screens)
{
	return feeds_clock() - screens->worked >= FRAME;
}

/* Sessions wait to be looked at. */
static bool is_busy(const struct screens *screens)
{
	return (screens->busy && !screens->ui.paused) || screens->ui.unasked > 0;
}

bool screens_busy(const struct screens *screens)
{
	return is_busy(screens) || screens->job != NULL;
}

int screens_fd(const struct screens *screens)
{
	return term_fd(screens->term);
}

static void draw(struct screens *screens, bool whole)
{
	struct grid grid;
	size_t rows, cols;
	term_size(screens->term, &rows, &cols);
	grid_init(&grid, rows, cols, screens->ui.mode);
	ui_draw(&screens->ui, &grid);
	term_draw(screens->term, &grid, whole);
	grid_free(&grid);
	screens->drawn = true;
}

/* True when something of the terminal has changed. */
static bool follow_terminal(struct screens *screens)
{
	bool stops = signals_stop(), resized = signals_size();
	if (stops)
		term_suspend(screens->term);
	else if (resized)
		term_fit(screens->term);
	return stops || resized;
}

/* Before a key is understood and before a picture, the list must have no session that is gone. */
static void follow_model(struct screens *screens, int64_t budget)
{
	if (screens->ui.paused)
		return;
	if (!digests_update(screens->digests, feeds_clock(), budget))
		screens->busy = true;
	else if (budget > 0)
		screens->busy = false;
}

/* True when a key came. */
static bool take_keys(struct screens *screens)
{
	int n = 0, key;
	while (n < KEYS && (key = term_key(screens->term)) != KEYS_NONE) {
		if (n++ == 0)
			follow_model(screens, 0);
		ui_key(&screens->ui, key);
		if (screens->ui.save_ordered)
			take_order(screens); /* the next key is not the dialog's any more */
		if (!screens->ui.paused && screens->pause.still != NULL)
			save_job_disturb(screens->job); /* it may look at the copy */
		pause_follow(&screens->pause, &screens->ui, screens->digests);
	}
	return n > 0;
}

/* Time has gone by, and there may be something new: while the screen is held still, how much came. */
static bool work(struct screens *screens, bool goes_on)
{
	bool ended = screens->went_on && !goes_on, due = screens_due(screens);
	screens->went_on = goes_on;
	if (!ended && !(goes_on && due) && !is_busy(screens))
		return false;
	follow_model(screens, WORK);
	if (screens->ui.unasked > 0)
		ui_order(&screens->ui);
	if (!due && !ended && is_busy(screens))
		return false;
	screens->worked = feeds_clock();
	return true;
}

bool screens_turn(struct screens *screens, const struct screen_reading *reading)
{
	struct ui *ui = &screens->ui;
	bool changed = follow_terminal(screens), pressed = take_keys(screens);
	bool saved = save(screens);
	ui->reading = *reading;
	ui->reading.packets = screens->pause.model->capture.packets;
	if (ui->leave || term_is_gone(screens->term))
		return false;
	bool worked = work(screens, reading->goes_on);
	if (!pressed && !changed && !worked && !saved && screens->drawn)
		return true;
	if (!worked)
		follow_model(screens, 0);
	draw(screens, changed || ui->redraw);
	ui->redraw = false;
	return true;
}
