/*
 * A grid of character cells: what a screen is before a terminal shows it.
 *
 * The screens fill it, term.c shows it, tests print it. Every text passes the escaping function on its way
 * in, so no cell holds a control character. Knows no terminal.
 */
#ifndef UI_GRID_H
#define UI_GRID_H

#include "ui/escape.h"
#include "ui/tone.h"

#include <stdbool.h>
#include <stdio.h>

#define GRID_CELL 12 /* bytes of a character with its combining ones, and a NUL */

enum look { LOOK_BOLD = 1 << 0, LOOK_REVERSE = 1 << 1, LOOK_DIM = 1 << 2 };

struct pen {
	enum tone tone;
	unsigned look; /* enum look */
};

struct cell {
	char text[GRID_CELL]; /* "" in the second half of a wide character */
	struct pen pen;
};

struct grid {
	size_t rows, cols;
	enum escape_mode mode; /* ESCAPE_ASCII: lines and signs are ASCII, too */
	struct cell *cells;
	bool has_cursor; /* the terminal's own, for a text that is typed */
	size_t cursor_row, cursor_col;
};

/* Lines, arrows and signs, each of one column. */
enum glyph {
	GLYPH_HORIZONTAL,
	GLYPH_VERTICAL,
	GLYPH_RIGHT, /* heads of arrows */
	GLYPH_LEFT,
	GLYPH_GAP,  /* a line that is interrupted */
	GLYPH_DONE, /* of a bar */
	GLYPH_OPEN,
	GLYPH_FAILED,
	GLYPH_CUT, /* where a text is longer than its room */
	GLYPHS
};

/* Blank. Free with grid_free. */
void grid_init(struct grid *grid, size_t rows, size_t cols, enum escape_mode mode);
void grid_free(struct grid *grid);

/* Columns that the text takes when it is shown. */
size_t grid_width(const struct grid *grid, const char *text);

/*
 * Puts the text there, in at most `room` columns; a longer one ends in GLYPH_CUT. What lies outside of the
 * grid is left out. Returns the columns taken.
 */
size_t grid_text(struct grid *grid, size_t row, size_t col, size_t room, struct pen pen, const char *text);

/* The same, with its end at the right side of the room. */
void grid_right(struct grid *grid, size_t row, size_t col, size_t room, struct pen pen, const char *text);

/* `n` times the same sign. */
void grid_glyph(struct grid *grid, size_t row, size_t col, size_t n, struct pen pen, enum glyph glyph);

/* Blanks of this pen over the whole row. */
void grid_fill(struct grid *grid, size_t row, struct pen pen);

/* Adds to the look of `n` cells. */
void grid_look(struct grid *grid, size_t row, size_t col, size_t n, unsigned look);

/* Shows the terminal's cursor there; outside of the grid, not at all. */
void grid_cursor(struct grid *grid, size_t row, size_t col);

/* A sign for one of GRID_LEVELS heights, the lowest is 0; a text of one column. */
#define GRID_LEVELS 8
const char *grid_level(const struct grid *grid, unsigned level);

/* The cells as lines of text, without the blanks at their ends. */
void grid_dump(const struct grid *grid, FILE *out);

#endif
