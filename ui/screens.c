/* The screens on a terminal; see screens.h. */
#include "ui/screens.h"

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

struct screens {
	struct term *term;
	struct view *view;
	struct digests *digests;
	struct pause pause;
	struct ui ui;
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

void screens_forget(struct screens *screens)
{
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

/* ---- a turn ---- */

bool screens_due(const struct screens *screens)
{
	return feeds_clock() - screens->worked >= FRAME;
}

bool screens_busy(const struct screens *screens)
{
	return (screens->busy && !screens->ui.paused) || screens->ui.unasked > 0;
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
		pause_follow(&screens->pause, &screens->ui, screens->digests);
	}
	return n > 0;
}

/* Time has gone by, and there may be something new: while the screen is held still, how much came. */
static bool work(struct screens *screens, bool goes_on)
{
	bool ended = screens->went_on && !goes_on, due = screens_due(screens);
	screens->went_on = goes_on;
	if (!ended && !(goes_on && due) && !screens_busy(screens))
		return false;
	follow_model(screens, WORK);
	if (screens->ui.unasked > 0)
		ui_order(&screens->ui);
	if (!due && !ended && screens_busy(screens))
		return false;
	screens->worked = feeds_clock();
	return true;
}

bool screens_turn(struct screens *screens, const struct screen_reading *reading)
{
	struct ui *ui = &screens->ui;
	bool changed = follow_terminal(screens), pressed = take_keys(screens);
	ui->reading = *reading;
	ui->reading.packets = screens->pause.model->capture.packets;
	if (ui->leave || term_is_gone(screens->term))
		return false;
	bool worked = work(screens, reading->goes_on);
	if (!pressed && !changed && !worked && screens->drawn)
		return true;
	if (!worked)
		follow_model(screens, 0);
	draw(screens, changed || ui->redraw);
	ui->redraw = false;
	return true;
}
