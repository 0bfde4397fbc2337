/* What a key does; see screen.h. The keys themselves are the table in keys.c. */
#define _GNU_SOURCE /* strcasestr */
#include "ui/screen_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define SIDEWAYS 8 /* columns that Left and Right move by */
#define WIDE     400

void screen_help(const struct ui *ui, const struct page *page)
{
	char text[200];
	snprintf(text, sizeof text, "Keys on the screen %s", keys_screen_name(ui->screen));
	page_line(page, 0, TONE_HEADING, text);
	for (size_t i = 0; i < keys_n_rows; i++) {
		if ((keys_rows[i].screens >> ui->screen & 1) == 0)
			continue;
		snprintf(text, sizeof text, "%-9s", keys_rows[i].shown);
		page_wrap(page, 2, text, TONE_PLAIN, keys_rows[i].help);
	}
	page_blank(page);
	page_wrap(page, 2, "", TONE_PLAIN, keys_signs);
}

/* A screen of a session, and there is none. */
static bool is_empty(const struct ui *ui)
{
	return !ui->help && screen_of(ui)->of_session && ui->n_order == 0;
}

static bool has_list(const struct ui *ui)
{
	return !ui->help && !is_empty(ui) && screen_of(ui)->count != NULL;
}

/* ---- moving ---- */

static void chosen_by_cursor(struct ui *ui)
{
	size_t cursor = ui->place[SCREEN_SESSIONS].cursor;
	if (ui->screen == SCREEN_SESSIONS && cursor < ui->n_order)
		ui->session = ui->view->digests[ui->order[cursor]].session->id;
}

void ui_choose(struct ui *ui, uint32_t session)
{
	if (ui->session != session) {
		static const enum screen_id of_session[] = {SCREEN_STATUS, SCREEN_HANDSHAKE, SCREEN_AUTH,
		                                            SCREEN_MESSAGES};
		for (size_t i = 0; i < sizeof of_session / sizeof of_session[0]; i++)
			ui->place[of_session[i]] = (struct place){0};
	}
	ui->session = session;
	for (size_t i = 0; i < ui->n_order; i++)
		if (ui->view->digests[ui->order[i]].session->id == session)
			ui->place[SCREEN_SESSIONS].cursor = i;
}

void ui_go(struct ui *ui, enum screen_id screen)
{
	if (screen == ui->screen)
		return;
	ui->before = ui->screen;
	ui->screen = screen;
}

static void move_to(struct ui *ui, size_t at)
{
	struct place *place = &ui->place[ui->screen];
	if (!has_list(ui)) {
		place->scroll = at;
		return;
	}
	size_t n = screen_of(ui)->count(ui);
	place->cursor = at < n ? at : n == 0 ? 0 : n - 1;
	place->scroll = 0;
	if (ui->screen == SCREEN_SESSIONS && ui->n_order > 0)
		ui_choose(ui, ui->view->digests[ui->order[place->cursor]].session->id);
}

static void move(struct ui *ui, bool down, size_t by)
{
	const struct place *place = &ui->place[ui->screen];
	size_t at = has_list(ui) ? place->cursor : place->scroll;
	move_to(ui, down ? at + by : at > by ? at - by : 0);
}

/* Beside a list the document has no cursor: Left and Right roll it. */
static void sideways(struct ui *ui, bool right)
{
	struct place *place = &ui->place[ui->screen];
	bool rolls = has_list(ui) && screen_of(ui)->write != NULL;
	size_t *at = rolls ? &place->scroll : &place->left, by = rolls ? 1 : SIDEWAYS;
	if (right && *at < WIDE)
		*at += by;
	else if (!right)
		*at = *at > by ? *at - by : 0;
}

/* ---- failures ---- */

static void to_failure(struct ui *ui, bool back)
{
	size_t n = ui->n_order, at = ui->place[SCREEN_SESSIONS].cursor;
	for (size_t i = 1; i <= n; i++) {
		size_t next = back ? (at + n - i) % n : (at + i) % n;
		const struct view_digest *digest = &ui->view->digests[ui->order[next]];
		if (digest->gravest == NULL || digest->severity != SEVERITY_ERROR)
			continue;
		bool round = back ? next >= at : next <= at;
		ui_choose(ui, digest->session->id);
		if (round)
			snprintf(ui->note, sizeof ui->note, "round the end of the list");
		return;
	}
	snprintf(ui->note, sizeof ui->note, "no session has an error");
}

/* ---- search ---- */

static bool line_holds(struct ui *ui, size_t index, const char *text)
{
	struct grid line;
	char *shown = NULL;
	size_t n = 0;
	grid_init(&line, 1, WIDE, ui->mode);
	screen_of(ui)->line(ui, &line, 0, index);
	FILE *out = open_memstream(&shown, &n);
	grid_dump(&line, out);
	fclose(out);
	grid_free(&line);
	bool found = strcasestr(shown, text) != NULL;
	free(shown);
	return found;
}

/* The next one from the cursor on, round the end; the list's length when there is none. */
static size_t find_line(struct ui *ui, bool back)
{
	size_t n = screen_of(ui)->count(ui), at = ui->place[ui->screen].cursor;
	for (size_t i = 1; i <= n; i++) {
		size_t next = back ? (at + n - i) % n : (at + i) % n;
		if (line_holds(ui, next, ui->search))
			return next;
	}
	return n;
}

static void search(struct ui *ui, bool back)
{
	struct sheet sheet = {0};
	bool list = has_list(ui);
	size_t found, end;
	if (ui->search[0] == '\0' || is_empty(ui))
		return;
	if (list) {
		found = find_line(ui, back);
		end = screen_of(ui)->count(ui);
	} else {
		size_t at = ui->place[ui->screen].scroll;
		screen_write(ui, &sheet, PAGE_WIDTH);
		found = sheet_find(&sheet, back ? at : at + 1, back, ui->search);
		end = sheet.lines;
		sheet_free(&sheet);
	}
	if (found < end)
		move_to(ui, found);
	else
		snprintf(ui->note, sizeof ui->note, "not found: %s", ui->search);
}

static void type(struct ui *ui, int key)
{
	size_t n = strlen(ui->search);
	if (key == KEYS_ESCAPE) {
		ui->asks = false;
		ui->search[0] = '\0';
	} else if (key == KEYS_ENTER) {
		ui->asks = false;
		search(ui, false);
	} else if (key == KEYS_BACKSPACE && n > 0) {
		ui->search[n - 1] = '\0';
	} else if (key >= 0x20 && key < 0x7f && n + 1 < sizeof ui->search) {
		ui->search[n] = (char)key;
		ui->search[n + 1] = '\0';
	}
}

/* ---- commands ---- */

static void back(struct ui *ui)
{
	if (ui->help)
		ui->help = false;
	else if (ui->screen == SCREEN_SESSIONS)
		ui->leave = true;
	else
		ui_go(ui, ui->before == ui->screen ? SCREEN_SESSIONS : ui->before);
	if (ui->screen == SCREEN_SESSIONS)
		ui->before = SCREEN_SESSIONS;
}

static void to_screen(struct ui *ui, enum screen_id screen)
{
	ui->help = false;
	ui_go(ui, screen);
	ui->before = SCREEN_SESSIONS;
}

/* Those that move; false for others. */
static bool act_move(struct ui *ui, enum command command)
{
	size_t page = ui->page > 1 ? ui->page - 1 : 1;
	switch (command) {
	case COMMAND_UP:
	case COMMAND_DOWN:
		move(ui, command == COMMAND_DOWN, 1);
		return true;
	case COMMAND_PAGE_UP:
	case COMMAND_PAGE_DOWN:
		move(ui, command == COMMAND_PAGE_DOWN, page);
		return true;
	case COMMAND_LEFT:
	case COMMAND_RIGHT:
		sideways(ui, command == COMMAND_RIGHT);
		return true;
	case COMMAND_TOP:
		move_to(ui, 0);
		return true;
	case COMMAND_BOTTOM:
		move_to(ui, SIZE_MAX / 2);
		return true;
	case COMMAND_NEXT_FAILURE:
	case COMMAND_PREVIOUS_FAILURE:
		to_failure(ui, command == COMMAND_PREVIOUS_FAILURE);
		return true;
	case COMMAND_NEXT_HIT:
	case COMMAND_PREVIOUS_HIT:
		search(ui, command == COMMAND_PREVIOUS_HIT);
		return true;
	default:
		return false;
	}
}

static void act_list(struct ui *ui, enum command command)
{
	switch (command) {
	case COMMAND_SORT_LEFT:
	case COMMAND_SORT_RIGHT:
		screen_sessions_sort(ui, command == COMMAND_SORT_RIGHT);
		break;
	case COMMAND_SORT_TURN:
		ui->turned = !ui->turned;
		break;
	case COMMAND_FOLLOW:
		ui->follow = !ui->follow;
		snprintf(ui->note, sizeof ui->note,
		         ui->follow ? "keeps to the end of the list" : "stays where it is");
		break;
	case COMMAND_OPEN:
		if (!ui->help && ui->n_order > 0)
			screen_of(ui)->open(ui);
		break;
	default:
		break;
	}
}

static void act(struct ui *ui, enum command command, int key)
{
	switch (command) {
	case COMMAND_BACK:
		back(ui);
		break;
	case COMMAND_LEAVE:
		ui->leave = true;
		break;
	case COMMAND_SCREEN:
		to_screen(ui, (enum screen_id)(key - '1'));
		break;
	case COMMAND_NEXT_SCREEN:
		to_screen(ui, (ui->screen + 1) % SCREENS);
		break;
	case COMMAND_SEARCH:
		ui->asks = true;
		ui->search[0] = '\0';
		break;
	case COMMAND_PAUSE:
		ui->paused = !ui->paused;
		break;
	case COMMAND_TIME:
		ui->relative = !ui->relative;
		break;
	case COMMAND_REDRAW:
		ui->redraw = true;
		break;
	case COMMAND_HELP:
		ui->help = !ui->help;
		ui->place[ui->screen].scroll = 0;
		break;
	default:
		if (!act_move(ui, command))
			act_list(ui, command);
	}
}

void ui_key(struct ui *ui, int key)
{
	ui->note[0] = '\0';
	ui_order(ui);
	if (ui->asks) {
		type(ui, key);
		return;
	}
	if (ui->session == 0)
		chosen_by_cursor(ui);
	const struct view_digest *chosen = ui_digest(ui);
	if (screen_of(ui)->of_session && chosen != NULL)
		view_session_open(ui->view, chosen->session);
	act(ui, keys_command(key, ui->screen), key);
}
