/* The line that is typed; see prompt.h. */
#include "ui/prompt.h"

#include "ui/keys.h"
#include "ui/sheet.h"

#include <stdlib.h>
#include <string.h>

#define CONTROL(letter) ((letter)&0x1f)

/* A byte in the middle of a character of UTF-8. */
static bool is_inside(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Where the character before, or behind, the one at `at` begins. */
static size_t before(const char *text, size_t at)
{
	while (at > 0 && is_inside(text[--at]))
		continue;
	return at;
}

static size_t behind(const char *text, size_t at)
{
	if (text[at] == '\0')
		return at;
	do
		at++;
	while (is_inside(text[at]));
	return at;
}

/* ---- editing ---- */

static void set_text(struct prompt *prompt, const char *text)
{
	size_t n = strlen(text);
	if (n >= PROMPT_TEXT)
		n = before(text, PROMPT_TEXT);
	memmove(prompt->text, text, n);
	prompt->text[n] = '\0';
	prompt->cursor = n;
}

void prompt_open(struct prompt *prompt, const char *label, const char *text)
{
	prompt->label = label;
	prompt->recalled = false;
	prompt->problem[0] = '\0';
	set_text(prompt, text == NULL ? "" : text);
}

/* What stands between `from` and the cursor. */
static void erase(struct prompt *prompt, size_t from)
{
	char *rest = &prompt->text[prompt->cursor];
	memmove(&prompt->text[from], rest, strlen(rest) + 1);
	prompt->cursor = from;
}

static size_t word_start(const struct prompt *prompt)
{
	size_t at = prompt->cursor;
	while (at > 0 && prompt->text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

/* The bytes of a character, 0 for what is none. */
static size_t encode(int key, char bytes[4])
{
	bool plain = key >= 0x20 && key < 0x7f;
	if (plain)
		bytes[0] = (char)key;
	if (plain || key < 0xa0 || key > 0x10ffff || (key >= 0xd800 && key <= 0xdfff))
		return plain;
	size_t n = key < 0x800 ? 2 : key < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; key >>= 6)
		bytes[i] = (char)(0x80 | (key & 0x3f));
	bytes[0] = (char)(0xf00 >> n | key);
	return n;
}

static void insert(struct prompt *prompt, int key)
{
	char bytes[4], *at = &prompt->text[prompt->cursor];
	size_t n = encode(key, bytes), rest = strlen(at) + 1;
	if (prompt->cursor + rest + n > PROMPT_TEXT)
		return;
	memmove(&at[n], at, rest);
	memcpy(at, bytes, n);
	prompt->cursor += n;
}

static void recall(struct prompt *prompt, bool last)
{
	if (prompt->recalled == last || (last && prompt->last[0] == '\0'))
		return;
	if (last)
		memcpy(prompt->typed, prompt->text, PROMPT_TEXT);
	set_text(prompt, last ? prompt->last : prompt->typed);
	prompt->recalled = last;
}

static enum prompt_answer accept(struct prompt *prompt)
{
	if (prompt->text[strspn(prompt->text, " ")] != '\0')
		memcpy(prompt->last, prompt->text, PROMPT_TEXT);
	return PROMPT_ACCEPTED;
}

enum prompt_answer prompt_key(struct prompt *prompt, int key)
{
	prompt->problem[0] = '\0';
	switch (key) {
	case KEYS_ESCAPE:
		return PROMPT_CANCELLED;
	case KEYS_ENTER:
	case '\r':
		return accept(prompt);
	case KEYS_LEFT:
		prompt->cursor = before(prompt->text, prompt->cursor);
		break;
	case KEYS_RIGHT:
		prompt->cursor = behind(prompt->text, prompt->cursor);
		break;
	case KEYS_HOME:
	case CONTROL('A'):
		prompt->cursor = 0;
		break;
	case KEYS_END:
	case CONTROL('E'):
		prompt->cursor = strlen(prompt->text);
		break;
	case KEYS_UP:
	case KEYS_DOWN:
		recall(prompt, key == KEYS_UP);
		break;
	case KEYS_BACKSPACE:
		erase(prompt, before(prompt->text, prompt->cursor));
		break;
	case CONTROL('U'):
		erase(prompt, 0);
		break;
	case CONTROL('W'):
		erase(prompt, word_start(prompt));
		break;
	default:
		insert(prompt, key);
	}
	return PROMPT_GOES_ON;
}

void prompt_refuse(struct prompt *prompt, const char *problem, size_t at)
{
	snprintf(prompt->problem, sizeof prompt->problem, "%s", problem);
	while (at != PROMPT_NOWHERE && at > 0 && is_inside(prompt->text[at]))
		at--;
	prompt->at = at;
}

/* ---- drawing ---- */

/* Columns of the text between two of its bytes. */
static size_t columns(const struct grid *grid, const char *text, size_t from, size_t to)
{
	char *shown = escape_bytes(span_of(&text[from], to - from), grid->mode);
	size_t width = grid_width(grid, shown);
	free(shown);
	return width;
}

/* The first byte that is shown, so that the one at `at` is in the room. */
static size_t first_shown(const struct prompt *prompt, const struct grid *grid, size_t at, size_t room)
{
	size_t first = 0;
	while (first < at && columns(grid, prompt->text, first, at) >= room)
		first = behind(prompt->text, first);
	return first;
}

static void draw_text(const struct prompt *prompt, struct grid *grid, size_t row, size_t *caret)
{
	struct pen pen = {.look = LOOK_REVERSE};
	bool refused = prompt->problem[0] != '\0' && prompt->at != PROMPT_NOWHERE;
	grid_fill(grid, row, pen);
	size_t label =
	    grid_text(grid, row, 0, grid->cols / 2, (struct pen){.look = LOOK_BOLD}, prompt->label);
	size_t room = grid->cols - label, seen = refused ? prompt->at : prompt->cursor;
	size_t first = first_shown(prompt, grid, seen, room);
	grid_text(grid, row, label, room, pen, &prompt->text[first]);
	if (first > 0)
		grid_glyph(grid, row, label, 1, pen, GLYPH_CUT);
	*caret = label + columns(grid, prompt->text, first, seen);
	if (prompt->cursor >= first)
		grid_cursor(grid, row, label + columns(grid, prompt->text, first, prompt->cursor));
}

/* From `row` to the end of the grid; what has no room is cut with a sign. */
static void draw_problem(const struct sheet *sheet, struct grid *grid, size_t row)
{
	struct window window = {.row = row, .rows = grid->rows - row};
	for (size_t i = row; i < grid->rows; i++)
		grid_fill(grid, i, (struct pen){0});
	sheet_draw(sheet, grid, &window);
	if (sheet->lines > window.rows)
		grid_glyph(grid, grid->rows - 1, grid->cols - 1, 1, (struct pen){0}, GLYPH_CUT);
}

void prompt_draw(const struct prompt *prompt, struct grid *grid)
{
	const struct format format = {.escape = grid->mode};
	struct sheet sheet;
	size_t row = grid->rows - 1, caret, pointed = prompt->at != PROMPT_NOWHERE;
	if (prompt->problem[0] == '\0') {
		draw_text(prompt, grid, row, &caret);
		return;
	}
	sheet_open(&sheet, grid->cols, &format, 0);
	page_wrap(&sheet.page, 0, "", TONE_ERROR, prompt->problem);
	sheet_close(&sheet);
	size_t below = sheet.lines + pointed, most = grid->rows - 2; /* the first row is the head's */
	row -= below < most ? below : most;
	draw_text(prompt, grid, row, &caret);
	draw_problem(&sheet, grid, row + 1 + pointed);
	if (pointed) {
		grid_fill(grid, row + 1, (struct pen){0});
		grid_text(grid, row + 1, caret, 1, (struct pen){.tone = TONE_ERROR}, "^");
	}
	sheet_free(&sheet);
}
