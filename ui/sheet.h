/*
 * A page of text that is looked at through a window: what the report's functions write, as lines on a grid.
 *
 * Called by the screens. Knows lines and tones, not what they mean.
 */
#ifndef UI_SHEET_H
#define UI_SHEET_H

#include "ui/grid.h"
#include "ui/page.h"

struct sheet {
	struct page page; /* to write to, between sheet_open and sheet_close */
	char *text;
	size_t n;
	size_t lines;  /* after sheet_close; blank ones at the start do not count */
	size_t widest; /* characters of the longest line, after sheet_close */
};

/* Free with sheet_free. */
void sheet_open(struct sheet *sheet, size_t width, const struct format *format, unsigned verbose);
void sheet_close(struct sheet *sheet);
void sheet_free(struct sheet *sheet);

/* Breaks lines that are longer, at so many columns: what is left of them goes on at the left edge. */
void sheet_fold(struct sheet *sheet, size_t columns);

/* Where the sheet lies on the grid, and which of its lines and columns come first there. */
struct window {
	size_t row, rows;
	size_t top, left;
};

void sheet_draw(const struct sheet *sheet, struct grid *grid, const struct window *window);

/* The next line from `from` on, or before it with `back`, that holds the text; `lines` when there is none. */
size_t sheet_find(const struct sheet *sheet, size_t from, bool back, const char *text);

#endif
