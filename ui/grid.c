/* The grid; see grid.h. Texts are valid UTF-8 here, because they were escaped. */
#define _GNU_SOURCE /* wcwidth */
#include "ui/grid.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <wchar.h>

static const char *const glyphs[GLYPHS][2] = {
    [GLYPH_HORIZONTAL] = {"\u2500", "-"}, [GLYPH_VERTICAL] = {"\u2502", "|"}, [GLYPH_RIGHT] = {"\u25b6", ">"},
    [GLYPH_LEFT] = {"\u25c0", "<"},       [GLYPH_GAP] = {"\u250a", ":"},      [GLYPH_DONE] = {"\u25a0", "#"},
    [GLYPH_OPEN] = {"\u00b7", "."},       [GLYPH_FAILED] = {"\u2717", "x"},   [GLYPH_CUT] = {"\u2026", "~"},
};

static const char *const levels[GRID_LEVELS][2] = {
    {"\u2581", "_"}, {"\u2582", "."}, {"\u2583", "-"}, {"\u2584", "="},
    {"\u2585", "+"}, {"\u2586", "*"}, {"\u2587", "%"}, {"\u2588", "#"},
};

void grid_init(struct grid *grid, size_t rows, size_t cols, enum escape_mode mode)
{
	*grid = (struct grid){.rows = rows, .cols = cols, .mode = mode};
	grid->cells = xcalloc(rows * cols + 1, sizeof *grid->cells);
	for (size_t row = 0; row < rows; row++)
		grid_fill(grid, row, (struct pen){0});
}

void grid_free(struct grid *grid)
{
	free(grid->cells);
	grid->cells = NULL;
}

static struct cell *cell_at(struct grid *grid, size_t row, size_t col)
{
	return row < grid->rows && col < grid->cols ? &grid->cells[row * grid->cols + col] : NULL;
}

/* In place of a character that the locale does not know: nobody can say how many columns a terminal gives it.
 */
#define UNKNOWN "\ufffd"

/* One character of valid UTF-8: its bytes, and its columns, 1 for UNKNOWN that stands in its place. */
static size_t next_character(const char *text, size_t *columns, bool *known)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t n = 1;
	while (((unsigned char)text[n] & 0xc0) == 0x80 && n < 4)
		n++;
	wchar_t character = (unsigned char)text[0] & first_bits[n];
	for (size_t i = 1; i < n; i++)
		character = character << 6 | ((unsigned char)text[i] & 0x3f);
	int width = wcwidth(character);
	*known = width >= 0;
	*columns = width < 0 ? 1 : (size_t)width;
	return n;
}

static size_t escaped_width(const char *text)
{
	size_t width = 0, columns;
	bool known;
	for (size_t i = 0; text[i] != '\0'; width += columns)
		i += next_character(&text[i], &columns, &known);
	return width;
}

size_t grid_width(const struct grid *grid, const char *text)
{
	char *shown = escape_text(text, grid->mode);
	size_t width = escaped_width(shown);
	free(shown);
	return width;
}

/* What is written over half of a wide character leaves a blank in the place of the other half. */
static void part(struct grid *grid, size_t row, size_t col, bool half)
{
	struct cell *cell = cell_at(grid, row, col), *next = cell_at(grid, row, col + 1);
	if (!half && cell->text[0] == '\0' && col > 0)
		memcpy(cell[-1].text, " ", 2);
	if (next != NULL && next->text[0] == '\0')
		memcpy(next->text, " ", 2);
}

static void put(struct grid *grid, size_t row, size_t col, struct pen pen, const char *bytes, size_t n)
{
	struct cell *cell = cell_at(grid, row, col);
	if (cell == NULL)
		return;
	part(grid, row, col, n == 0);
	cell->pen = pen;
	memcpy(cell->text, bytes, n);
	cell->text[n] = '\0';
}

/* A character of no column joins the one before it, as long as there is room. */
static void join(struct grid *grid, size_t row, size_t col, const char *bytes, size_t n)
{
	struct cell *cell = cell_at(grid, row, col);
	if (cell != NULL && cell->text[0] == '\0' && col > 0)
		cell--; /* the second half of a wide one */
	size_t used = cell == NULL ? 0 : strlen(cell->text);
	if (cell == NULL || used + n >= GRID_CELL)
		return;
	memcpy(&cell->text[used], bytes, n);
	cell->text[used + n] = '\0';
}

size_t grid_text(struct grid *grid, size_t row, size_t col, size_t room, struct pen pen, const char *text)
{
	if (col >= grid->cols || room == 0)
		return 0;
	char *shown = escape_text(text, grid->mode);
	size_t left = grid->cols - col, at = 0, columns;
	room = room < left ? room : left;
	bool cut = escaped_width(shown) > room;
	for (size_t i = 0; shown[i] != '\0';) {
		bool known;
		size_t n = next_character(&shown[i], &columns, &known);
		if (at + columns + cut > room)
			break;
		if (!known)
			put(grid, row, col + at, pen, UNKNOWN, sizeof UNKNOWN - 1);
		else if (columns == 0 && at > 0)
			join(grid, row, col + at - 1, &shown[i], n);
		else if (columns > 0)
			put(grid, row, col + at, pen, &shown[i], n);
		if (columns == 2)
			put(grid, row, col + at + 1, pen, "", 0);
		at += columns;
		i += n;
	}
	free(shown);
	if (cut)
		grid_glyph(grid, row, col + at++, 1, pen, GLYPH_CUT);
	return at;
}

void grid_right(struct grid *grid, size_t row, size_t col, size_t room, struct pen pen, const char *text)
{
	size_t width = grid_width(grid, text);
	size_t before = width < room ? room - width : 0;
	grid_text(grid, row, col + before, room - before, pen, text);
}

void grid_glyph(struct grid *grid, size_t row, size_t col, size_t n, struct pen pen, enum glyph glyph)
{
	const char *text = glyphs[glyph][grid->mode == ESCAPE_ASCII];
	for (size_t i = 0; i < n; i++)
		put(grid, row, col + i, pen, text, strlen(text));
}

void grid_fill(struct grid *grid, size_t row, struct pen pen)
{
	for (size_t col = 0; col < grid->cols; col++)
		put(grid, row, col, pen, " ", 1);
}

void grid_look(struct grid *grid, size_t row, size_t col, size_t n, unsigned look)
{
	for (size_t i = col; i < col + n && i < grid->cols; i++)
		if (cell_at(grid, row, i) != NULL)
			cell_at(grid, row, i)->pen.look |= look;
}

void grid_cursor(struct grid *grid, size_t row, size_t col)
{
	grid->has_cursor = cell_at(grid, row, col) != NULL;
	grid->cursor_row = row;
	grid->cursor_col = col;
}

const char *grid_level(const struct grid *grid, unsigned level)
{
	return levels[level < GRID_LEVELS ? level : GRID_LEVELS - 1][grid->mode == ESCAPE_ASCII];
}

void grid_dump(const struct grid *grid, FILE *out)
{
	for (size_t row = 0; row < grid->rows; row++) {
		const struct cell *cells = &grid->cells[row * grid->cols];
		size_t end = grid->cols;
		while (end > 0 && strcmp(cells[end - 1].text, " ") == 0)
			end--;
		for (size_t col = 0; col < end; col++)
			fputs(cells[col].text, out);
		putc('\n', out);
	}
}
