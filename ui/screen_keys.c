/* What a key does; see screen.h. The keys themselves are the table in keys.c. */
#include "ui/screen_parts.h"

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

struct place *screen_place(struct ui *ui)
{
	return ui->help ? &ui->help_place : &ui->place[ui->screen];
}

bool screen_is_empty(const struct ui *ui)
{
	return !ui->help && screen_of(ui)->of_session && ui->n_order == 0;
}

bool screen_has_list(const struct ui *ui)
{
	return !ui->help && !screen_is_empty(ui) && screen_of(ui)->count != NULL;
}

/* ---- moving ---- */

#define FOLLOWERS (1u << SCREEN_SESSIONS | 1u << SCREEN_MESSAGES)

static bool follows(const struct ui *ui)
{
	return (ui->follows >> ui->screen & 1) != 0;
}

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
	for (size_t i = 0; i < ui->n_order; i++) {
		if (ui->view->digests[ui->order[i]].session->id != session)
			continue;
		ui->place[SCREEN_SESSIONS].cursor = i;
		ui->chosen = ui->view->digests[ui->order[i]].session;
	}
}

void ui_go(struct ui *ui, enum screen_id screen)
{
	if (screen == ui->screen)
		return;
	ui->before = ui->screen;
	ui->screen = screen;
}

/* As in a terminal: who goes up from the end of a list stays there, who goes to the end of a live one
 * follows. */
static void follow_from(struct ui *ui, size_t n)
{
	unsigned bit = 1u << ui->screen;
	if (ui->place[ui->screen].cursor + 1 < n)
		ui->follows &= ~bit;
	else if (ui->reading.live && ui->reading.goes_on && (FOLLOWERS & bit) != 0)
		ui->follows |= bit;
}

void screen_move_to(struct ui *ui, size_t at)
{
	struct place *place = screen_place(ui);
	if (!screen_has_list(ui)) {
		place->scroll = at;
		place->hit = at;
		return;
	}
	size_t n = screen_of(ui)->count(ui);
	place->cursor = at < n ? at : n == 0 ? 0 : n - 1;
	place->scroll = 0;
	follow_from(ui, n);
	if (ui->screen == SCREEN_SESSIONS && ui->n_order > 0)
		ui_choose(ui, ui->view->digests[ui->order[place->cursor]].session->id);
}

static void move(struct ui *ui, bool down, size_t by)
{
	const struct place *place = screen_place(ui);
	size_t at = screen_has_list(ui) ? place->cursor : place->scroll;
	screen_move_to(ui, down ? at + by : at > by ? at - by : 0);
}

/* Beside a list the document has no cursor: Left and Right roll it. */
static void sideways(struct ui *ui, bool right)
{
	struct place *place = screen_place(ui);
	bool rolls = screen_has_list(ui) && screen_of(ui)->write != NULL;
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
		ui->follows &= ~(1u << SCREEN_SESSIONS);
		ui_choose(ui, digest->session->id);
		if (round)
			snprintf(ui->note, sizeof ui->note, "round the end of the list");
		return;
	}
	snprintf(ui->note, sizeof ui->note, "no session has an error");
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
		screen_move_to(ui, 0);
		return true;
	case COMMAND_BOTTOM:
		screen_move_to(ui, SIZE_MAX / 2);
		return true;
	case COMMAND_NEXT_FAILURE:
	case COMMAND_PREVIOUS_FAILURE:
		if (!ui->help)
			to_failure(ui, command == COMMAND_PREVIOUS_FAILURE);
		return true;
	case COMMAND_NEXT_HIT:
	case COMMAND_PREVIOUS_HIT:
		screen_search(ui, command == COMMAND_PREVIOUS_HIT);
		return true;
	default:
		return false;
	}
}

static void compare(struct ui *ui)
{
	if (ui->n_marks == 2)
		ui_go(ui, SCREEN_COMPARE);
	else
		snprintf(ui->note, sizeof ui->note,
		         "mark two sessions with Space to compare them; %zu %s marked", ui->n_marks,
		         ui->n_marks == 1 ? "is" : "are");
}

/* Those of a list; the help hides it. */
static void act_list(struct ui *ui, enum command command)
{
	if (ui->help)
		return;
	switch (command) {
	case COMMAND_SORT_LEFT:
	case COMMAND_SORT_RIGHT:
		screen_sessions_sort(ui, command == COMMAND_SORT_RIGHT);
		break;
	case COMMAND_SORT_TURN:
		ui->turned = !ui->turned;
		break;
	case COMMAND_MARK:
		screen_mark(ui);
		move(ui, true, 1);
		break;
	case COMMAND_UNMARK:
		screen_unmark(ui);
		break;
	case COMMAND_COMPARE:
		compare(ui);
		break;
	case COMMAND_FOLLOW:
		ui->follows ^= 1u << ui->screen;
		snprintf(ui->note, sizeof ui->note,
		         follows(ui) ? "keeps to the end of the list" : "stays where it is");
		break;
	case COMMAND_OPEN:
		if (ui->n_order > 0)
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
		to_screen(ui, ui->screen < SCREENS_WITH_DIGIT ? (ui->screen + 1) % SCREENS_WITH_DIGIT
		                                              : SCREEN_SESSIONS);
		break;
	case COMMAND_SEARCH:
		screen_ask(ui, ASK_SEARCH);
		break;
	case COMMAND_FILTER:
		if (!ui->help)
			screen_ask(ui, ui->screen == SCREEN_MESSAGES ? ASK_MESSAGES : ASK_FILTER);
		break;
	case COMMAND_SAVE:
		screen_save_open(ui);
		break;
	case COMMAND_PAUSE:
		ui->paused = !ui->paused;
		break;
	case COMMAND_TIME:
		ui->relative = !ui->relative;
		snprintf(ui->note, sizeof ui->note, "times %s",
		         ui->relative ? "since the capture began" : "of the day");
		break;
	case COMMAND_REDRAW:
		ui->redraw = true;
		break;
	case COMMAND_HELP:
		ui->help = !ui->help;
		ui->help_place = (struct place){0};
		break;
	default:
		if (!act_move(ui, command))
			act_list(ui, command);
	}
}

/* A key that does something on other screens is not left without a word. */
static void say_elsewhere(struct ui *ui, int key)
{
	unsigned screens;
	const char *shown = keys_elsewhere(key, &screens);
	if (shown == NULL)
		return;
	size_t n = (size_t)snprintf(ui->note, sizeof ui->note, "%s is for the screen", shown);
	for (enum screen_id i = 0; i < SCREENS && n < sizeof ui->note; i++)
		if ((screens >> i & 1) != 0)
			n += (size_t)snprintf(&ui->note[n], sizeof ui->note - n, " %s", keys_screen_name(i));
}

void ui_key(struct ui *ui, int key)
{
	ui->note[0] = '\0';
	ui_order(ui);
	if (screen_save_key(ui, key))
		return;
	if (ui->session == 0)
		chosen_by_cursor(ui);
	screen_open(ui);
	if (ui->asks != ASK_NOTHING) {
		screen_answer(ui, key);
		return;
	}
	enum command command = keys_command(key, ui->screen);
	if (command == COMMAND_NONE)
		say_elsewhere(ui, key);
	act(ui, command, key);
}
