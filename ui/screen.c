/*
 * What all screens share: head, banner, list and document in the room that is left, footer, help. See
 * screen.h; keys are in screen_keys.c.
 */
#include "ui/screen.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "ui/screen_parts.h"
#include "ui/text_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define TIGHT     9  /* rows of a grid below which what is shown goes before what is said about it */
#define LABELLED  3  /* rows of a list from which on its columns have labels in any case, */
#define DIVIDED   5  /* and from which on it has a document below */
#define HELP_KEPT 8  /* columns that other keys leave for the one of the help in the footer */
#define HEAD_LEFT 40 /* columns that the counts at the left keep where there are others at the right */

const struct screen *screen_of(const struct ui *ui)
{
	static const struct screen *const screens[SCREENS] = {
	    [SCREEN_SESSIONS] = &screen_sessions,   [SCREEN_STATUS] = &screen_status,
	    [SCREEN_HANDSHAKE] = &screen_handshake, [SCREEN_AUTH] = &screen_auth,
	    [SCREEN_MESSAGES] = &screen_messages,   [SCREEN_FINDINGS] = &screen_findings,
	    [SCREEN_CAPTURE] = &screen_capture,     [SCREEN_COMPARE] = &screen_compare,
	};
	return screens[ui->screen];
}

void ui_free(struct ui *ui)
{
	free(ui->order);
	free(ui->messages);
	free(ui->marks);
	view_free(ui->aside);
	ui->order = ui->messages = NULL;
	ui->marks = NULL;
	ui->aside = NULL;
}

bool screen_open(struct ui *ui)
{
	const struct view_digest *chosen = ui_digest(ui);
	ui->view->open.session = NULL; /* what follows from it is of the picture before */
	if (!screen_of(ui)->of_session || ui->help || chosen == NULL)
		return false;
	view_session_open(ui->view, chosen->session);
	if (ui->screen == SCREEN_MESSAGES)
		screen_filter_messages(ui);
	return true;
}

struct format ui_format(const struct ui *ui)
{
	return (struct format){.escape = ui->mode, .utc = ui->utc};
}

struct row ui_row(struct ui *ui)
{
	return (struct row){.view = ui->view, .session = &ui->view->open, .item = &ui->view->open};
}

const struct view_digest *ui_digest(const struct ui *ui)
{
	for (size_t i = 0; i < ui->n_order; i++)
		if (ui->view->digests[ui->order[i]].session->id == ui->session)
			return &ui->view->digests[ui->order[i]];
	return NULL;
}

const char *ui_exact_time(const struct ui *ui, int64_t ns, char text[UI_TIME])
{
	int64_t first = ui->view->model->capture.first, rest;
	if (ui->relative && first != INT64_MIN) {
		snprintf(text, UI_TIME, "%+.6f", (double)origin_elapsed(first, ns) / (double)NS_PER_S);
		return text;
	}
	time_t seconds = (time_t)format_split(ns, &rest);
	struct tm tm;
	if ((ui->utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)) == NULL)
		tm = (struct tm){.tm_mday = 1};
	size_t n = strftime(text, UI_TIME, "%H:%M:%S", &tm);
	snprintf(&text[n], UI_TIME - n, ".%06" PRId64, rest / NS_PER_US);
	return text;
}

const char *ui_time(const struct ui *ui, int64_t ns, char text[UI_TIME])
{
	ui_exact_time(ui, ns, text);
	if (strchr(text, ':') != NULL)
		text[strcspn(text, ".")] = '\0';
	return text;
}

/* ---- head ---- */

/* " 1 Sessions[2 Status]3 Handshake ..." */
static void draw_tabs(const struct ui *ui, struct grid *grid)
{
	size_t col = 0;
	bool narrow = grid->cols < 76 || ui->screen >= SCREENS_WITH_DIGIT;
	grid_fill(grid, 0, (struct pen){.look = LOOK_REVERSE});
	for (enum screen_id i = 0; i <= ui->screen || i < SCREENS_WITH_DIGIT; i++) {
		bool here = i == ui->screen, behind = i > 0 && i - 1 == ui->screen;
		char text[32];
		if (narrow && !here)
			continue;
		snprintf(text, sizeof text, "%s%c %s",
		         here     ? "["
		         : behind ? "]"
		                  : " ",
		         i < SCREENS_WITH_DIGIT ? (char)('1' + i) : '=', keys_screen_name(i));
		struct pen pen = {.look = here ? LOOK_BOLD : LOOK_REVERSE};
		col += grid_text(grid, 0, col, grid->cols, pen, text);
	}
	if (narrow || ui->screen + 1 == SCREENS_WITH_DIGIT)
		grid_text(grid, 0, col, 1, (struct pen){.look = LOOK_REVERSE}, "]");
}

const char *screen_nothing(const struct ui *ui)
{
	if (ui->view->n_digests > 0 && ui->unasked == 0)
		return "The filter lists no session: f changes it.";
	return ui->reading.goes_on ? "No NMSP session was seen yet." : "No NMSP session was seen.";
}

/* On the screen of messages, where the filter hides some. */
static void count_messages(const struct ui *ui, char *text, size_t room)
{
	const struct session_nmsp *nmsp = ui->view->open.session->nmsp;
	snprintf(text, room, "%" PRIu64 " messages, %zu listed by", nmsp == NULL ? 0 : nmsp->n_kept,
	         ui->n_messages);
}

/* How many sessions are in which state that needs a look. */
static void count_sessions(const struct ui *ui, char *text, size_t room)
{
	uint32_t errors = 0, warnings = 0, waiting = 0;
	const struct view *view = ui->view;
	for (size_t i = 0; i < view->n_digests; i++) {
		const struct view_digest *digest = &view->digests[i];
		waiting += !digest->known;
		errors += digest->gravest != NULL && digest->severity == SEVERITY_ERROR;
		warnings += digest->gravest != NULL && digest->severity == SEVERITY_WARNING;
	}
	size_t n =
	    (size_t)snprintf(text, room, "%zu session%s: %u with errors, %u with warnings", view->n_digests,
	                     view_plural(view->n_digests), (unsigned)errors, (unsigned)warnings);
	if (waiting > 0 && n < room)
		n += (size_t)snprintf(&text[n], room - n, ", %u not judged yet", (unsigned)waiting);
	if (ui->unasked > 0 && n < room)
		n += (size_t)snprintf(&text[n], room - n, ", %zu not asked yet", ui->unasked);
	if (ui->n_marks > 0 && n < room)
		n += (size_t)snprintf(&text[n], room - n, ", %zu marked", ui->n_marks);
	if (filter_is_empty(&ui->filter) || n >= room)
		return;
	snprintf(&text[n], room - n, ", %zu listed by", ui->n_order);
}

/* " PAUSED, 120 since" */
static void say_paused(const struct ui *ui, char *text, size_t room)
{
	uint64_t then = ui->view->model->capture.packets, now = ui->reading.packets;
	int n = snprintf(text, room, " PAUSED");
	if (now > then)
		snprintf(&text[n], room - (size_t)n, ", %" PRIu64 " since", now - then);
}

static void draw_reading(const struct ui *ui, struct grid *grid)
{
	char text[200], right[80];
	const struct capture *capture = &ui->view->model->capture;
	bool messages = ui->screen == SCREEN_MESSAGES && ui->view->open.session != NULL &&
	                !filter_is_empty(&ui->message_filter);
	if (messages)
		count_messages(ui, text, sizeof text);
	else
		count_sessions(ui, text, sizeof text);
	const struct screen_reading *reading = &ui->reading;
	int n = snprintf(right, sizeof right, " %" PRIu64 " packets", capture->packets);
	if (ui->paused)
		say_paused(ui, &right[n], sizeof right - (size_t)n);
	else if (reading->live && reading->goes_on)
		snprintf(&right[n], sizeof right - (size_t)n, " LIVE");
	else if (reading->goes_on && reading->percent >= 0)
		snprintf(&right[n], sizeof right - (size_t)n, " reading %d %%", reading->percent);
	else if (reading->goes_on)
		snprintf(&right[n], sizeof right - (size_t)n, " reading");
	size_t width = strlen(right),
	       room = width + HEAD_LEFT <= grid->cols ? grid->cols - width : grid->cols;
	size_t col = grid_text(grid, 1, 0, room, (struct pen){0}, text);
	const char *filter = messages ? ui->message_filter_text : ui->filter_text;
	if (filter[0] != '\0' && col + 2 < room)
		grid_text(grid, 1, col + 1, room - col - 2, (struct pen){.look = LOOK_DIM}, filter);
	if (room < grid->cols)
		grid_text(grid, 1, room, width, (struct pen){.look = LOOK_BOLD}, right);
}

static bool tells_of_trust(const char *id, enum severity severity)
{
	return severity >= SEVERITY_WARNING && strncmp(id, "capture-", 8) == 0;
}

/* The first finding of the list that speaks against the capture, NULL when none does; adds to *n for each. */
static const struct finding *find_trust(const struct findings *findings, unsigned *n)
{
	const struct finding *first = NULL;
	for (uint32_t i = 0; i < findings->n; i++) {
		if (!tells_of_trust(findings->list[i].id, findings->list[i].severity))
			continue;
		first = first == NULL ? &findings->list[i] : first;
		(*n)++;
	}
	return first;
}

/* "capture-one-sided in 3 of 7 sessions": the first id that stands in any; false when none does. */
static bool say_trust(const struct view *view, char *text, size_t room)
{
	const char *id = NULL;
	size_t n = 0;
	for (size_t i = 0; i < view->n_digests; i++)
		for (size_t k = 0; k < view->digests[i].n_findings && k < VIEW_DIGEST_FINDINGS; k++) {
			const char *other = view->digests[i].found[k].id;
			if (!tells_of_trust(other, view->digests[i].found[k].severity))
				continue;
			id = id == NULL ? other : id;
			n += other == id;
		}
	if (id != NULL)
		snprintf(text, room, "! The capture is not whole: %s in %zu of %zu session%s (6 shows more)",
		         id, n, view->n_digests, view_plural(view->n_digests));
	return id != NULL;
}

/* Nothing comes from an interface while it is down, and nobody would notice: that is said first. */
static bool say_outage(const struct ui *ui, char *text, size_t room)
{
	const struct capture *capture = &ui->view->model->capture;
	for (uint32_t i = 0; i < capture->n_inputs && ui->reading.goes_on; i++) {
		const struct capture_input *input = &capture->inputs[i];
		if (input->outage == NULL)
			continue;
		snprintf(text, room, "! Interface %s %s: nothing is captured there until that changes",
		         input->name, input->outage);
		return true;
	}
	return false;
}

/* What speaks against the capture, or against its part of the session; false when nothing does. */
static bool say_doubt(const struct ui *ui, bool of_session, char *text, size_t room)
{
	unsigned n = 0;
	const struct finding *first = find_trust(&ui->view->capture, &n);
	const struct finding *own = of_session ? find_trust(&ui->view->open.findings, &n) : NULL;
	first = first == NULL ? own : first;
	if (n == 1 && ui->reading.goes_on && strcmp(first->id, "capture-no-nmsp") == 0)
		return false; /* there may be some yet */
	if (n > 1)
		snprintf(text, room, "! (6 shows %u more) %s", n - 1, first->summary);
	else if (n == 1)
		snprintf(text, room, "! %s", first->summary);
	return n > 0 || (!of_session && say_trust(ui->view, text, room));
}

/* Why what is shown may not be all. Returns the rows taken. */
static size_t draw_banner(const struct ui *ui, struct grid *grid, size_t row, bool of_session)
{
	char text[400];
	struct pen pen = {.tone = TONE_WARNING, .look = LOOK_REVERSE};
	if (!say_outage(ui, text, sizeof text) && !say_doubt(ui, of_session, text, sizeof text))
		return 0;
	grid_fill(grid, row, pen);
	grid_text(grid, row, 0, grid->cols, pen, text);
	return 1;
}

/* " (auth-hash-mismatch, auth-rejected)": the errors, what cures first; "" without one. */
static void name_errors(const struct findings *findings, char *text, size_t room)
{
	size_t n = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < 2 * findings->n; i++) {
		const struct finding *finding = &findings->list[i % findings->n];
		if (finding->severity == SEVERITY_ERROR && finding->cure == (i < findings->n) && n < room)
			n += (size_t)snprintf(&text[n], room - n, "%s%s", n == 0 ? " (" : ", ", finding->id);
	}
	if (n > 0 && n < room)
		snprintf(&text[n], room - n, ")");
}

/*
 * "Session 3 failed (auth-hash-mismatch): The controller rejected ...". A narrow screen cuts the sentence,
 * not the cause. Many verdicts begin with the state.
 */
static size_t draw_session(const struct ui *ui, struct grid *grid, size_t row)
{
	const struct view_session *open = &ui->view->open;
	const char *state = session_state_name(open->state);
	bool begins = strncasecmp(open->verdict, state, strlen(state)) == 0;
	char text[VERDICT_TEXT + 200], errors[120];
	enum tone tone = open->findings.n == 0 ? TONE_GOOD : text_parts_tone(open->findings.list[0].severity);
	name_errors(&open->findings, errors, sizeof errors);
	snprintf(text, sizeof text, "Session %u%s%s%s: %s", (unsigned)open->session->id, begins ? "" : " ",
	         begins ? "" : state, errors, open->verdict);
	grid_text(grid, row, 0, grid->cols, (struct pen){.tone = tone, .look = LOOK_BOLD}, text);
	return 1;
}

/* ---- footer ---- */

/* The names of keys that fit; returns the column behind them. */
static size_t draw_keys(const struct ui *ui, struct grid *grid, size_t col, bool last)
{
	struct pen key = {.look = LOOK_BOLD}, name = {.look = LOOK_REVERSE};
	for (size_t i = 0, row = grid->rows - 1; i < keys_n_rows; i++) {
		const struct command_row *command = &keys_rows[i];
		bool help = command->command == COMMAND_HELP;
		if (command->brief == NULL || (command->screens >> ui->screen & 1) == 0 ||
		    (help || keys_gives_way(command->command, ui->screen)) != last)
			continue;
		size_t width = strlen(command->shown) + strlen(command->brief) + 1;
		if (col + width + (help ? 0 : HELP_KEPT) > grid->cols)
			continue;
		col += grid_text(grid, row, col, grid->cols, key, command->shown) + 1;
		col += grid_text(grid, row, col, grid->cols, name, command->brief) + 2;
	}
	return col;
}

static void draw_footer(const struct ui *ui, struct grid *grid)
{
	if (screen_save_draw(ui, grid))
		return;
	size_t row = grid->rows - 1;
	struct pen plain = {.look = LOOK_REVERSE};
	grid_fill(grid, row, plain);
	if (ui->note[0] != '\0')
		grid_text(grid, row, 0, grid->cols, plain, ui->note);
	else
		draw_keys(ui, grid, draw_keys(ui, grid, 0, false), true);
}

/* ---- body ---- */

/* Keeps the cursor in the list, and the window around the cursor. */
static void fit_list(struct place *place, size_t n, size_t rows)
{
	if (place->cursor >= n)
		place->cursor = n == 0 ? 0 : n - 1;
	if (place->cursor < place->top)
		place->top = place->cursor;
	if (rows > 0 && place->cursor >= place->top + rows)
		place->top = place->cursor - rows + 1;
	if (place->top + rows > n)
		place->top = n > rows ? n - rows : 0;
}

static void draw_list(struct ui *ui, struct grid *grid, size_t row, size_t rows)
{
	const struct screen *screen = screen_of(ui);
	struct place *place = &ui->place[ui->screen];
	size_t n = screen->count(ui);
	size_t labels = screen->labels != NULL && n > 0 && (rows >= LABELLED || n < rows);
	rows -= labels;
	if (ui->screen == SCREEN_MESSAGES && (ui->follows >> SCREEN_MESSAGES & 1) != 0)
		place->cursor = n; /* the list's end */
	fit_list(place, n, rows);
	ui->page = rows;
	if (screen->labels != NULL)
		screen->labels(ui, grid, row, place->top, rows); /* it measures the columns, too */
	if (!labels)
		grid_fill(grid, row, (struct pen){0});
	for (size_t i = 0; i < rows && place->top + i < n; i++) {
		size_t at = row + labels + i;
		screen->line(ui, grid, at, place->top + i);
		if (place->top + i != place->cursor)
			continue;
		grid_text(grid, at, 0, 1, (struct pen){0}, ">");
		grid_look(grid, at, 0, grid->cols, LOOK_REVERSE);
	}
}

void screen_write(struct ui *ui, struct sheet *sheet, size_t width)
{
	struct format format = ui_format(ui);
	sheet_open(sheet, width, &format, 0);
	if (ui->help)
		screen_help(ui, &sheet->page);
	else
		screen_of(ui)->write(ui, &sheet->page);
	sheet_close(sheet);
}

static void draw_document(struct ui *ui, struct grid *grid, size_t row, size_t rows)
{
	struct place *place = screen_place(ui);
	struct sheet sheet;
	ui->width = grid->cols;
	screen_write(ui, &sheet, grid->cols);
	if (screen_has_list(ui)) /* Left and Right do not go sideways there */
		sheet_fold(&sheet, grid->cols);
	bool more = sheet.lines > rows && rows > LABELLED;
	rows -= more; /* its last row says how many there are */
	size_t last = sheet.lines > rows ? sheet.lines - rows : 0;
	if (place->scroll > last)
		place->scroll = last;
	struct window window = {.row = row, .rows = rows, .top = place->scroll, .left = place->left};
	sheet_draw(&sheet, grid, &window);
	if (more) {
		char text[100];
		bool beside = screen_has_list(ui); /* Up and Down are its keys */
		bool cut = !beside && sheet.widest > place->left + grid->cols;
		snprintf(text, sizeof text, "%slines %zu to %zu of %zu%s",
		         cut ? "Right shows the rest of long lines; " : "", place->scroll + 1,
		         place->scroll + rows, sheet.lines, beside ? ", Left and Right roll" : "");
		grid_right(grid, row + rows, 0, grid->cols, (struct pen){.look = LOOK_DIM}, text);
	}
	ui->page = rows;
	sheet_free(&sheet);
}

/* The list takes what it needs, up to its share. */
static void draw_both(struct ui *ui, struct grid *grid, size_t row, size_t rows)
{
	size_t n = screen_of(ui)->count(ui) + (screen_of(ui)->labels != NULL);
	size_t share = rows * screen_of(ui)->share / 100, list = n < share ? n : share;
	if (list > 0)
		draw_list(ui, grid, row, list);
	size_t page = ui->page;
	grid_glyph(grid, row + list, 0, grid->cols, (struct pen){0}, GLYPH_HORIZONTAL);
	bool room = rows > list + 1, drawn = false;
	if (room && screen_of(ui)->draw != NULL)
		drawn = screen_of(ui)->draw(ui, grid, row + list + 1, rows - list - 1);
	if (room && !drawn)
		draw_document(ui, grid, row + list + 1, rows - list - 1);
	ui->page = page;
}

static void draw_body(struct ui *ui, struct grid *grid, size_t row, size_t rows)
{
	const struct screen *screen = screen_of(ui);
	ui->page = rows;
	bool tight = rows < DIVIDED;
	if (ui->help || screen->count == NULL || (tight && screen->count(ui) == 0))
		draw_document(ui, grid, row, rows);
	else if (tight)
		draw_list(ui, grid, row, rows);
	else
		draw_both(ui, grid, row, rows);
}

static void say(struct grid *grid, size_t row, const char *text)
{
	grid_text(grid, row, 0, grid->cols, (struct pen){0}, text);
}

void ui_draw(struct ui *ui, struct grid *grid)
{
	char text[64];
	if (grid->rows < SCREEN_ROWS || grid->cols < SCREEN_COLS) {
		snprintf(text, sizeof text, "too small: %dx%d", SCREEN_COLS, SCREEN_ROWS);
		say(grid, 0, text);
		return;
	}
	ui_order(ui);
	bool of_session = screen_of(ui)->of_session && !ui->help, opened = screen_open(ui);
	if (ui->screen == SCREEN_HANDSHAKE && opened)
		screen_handshake_begin(ui);
	bool tight = grid->rows < TIGHT;
	draw_tabs(ui, grid);
	draw_reading(ui, grid);
	size_t row = tight ? 1 : 2;
	row += draw_banner(ui, grid, row, opened);
	row = tight ? 2 : row;
	if (of_session && !opened) {
		say(grid, row, screen_nothing(ui));
	} else {
		row += of_session && !tight ? draw_session(ui, grid, row) : 0;
		if (row + 1 < grid->rows)
			draw_body(ui, grid, row, grid->rows - row - 1);
	}
	if (ui->asks != ASK_NOTHING)
		prompt_draw(&ui->prompts[ui->asks], grid);
	else
		draw_footer(ui, grid);
}
