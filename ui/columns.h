/*
 * A line of a page that has a sign, a name and two texts beside each other, each wrapped in its own room.
 * Called by the screen that compares sessions.
 */
#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include "ui/page.h"

struct columns_row {
	char sign;         /* in front; ' ' for none */
	const char *label; /* "" for none */
	const char *text[2];
};

/* Columns that each of the two texts has on this page. */
size_t columns_room(const struct page *page);

/* In as many lines as the longest of the texts needs, at this tone. */
void columns_write(const struct page *page, enum tone tone, const struct columns_row *row);

/*
 * Two rows of digits, with a caret below each that differs; nothing is marked where more than half of them
 * do: then nothing of it is alike. Returns how many differ, or -1 where the texts are of different lengths.
 */
int columns_write_digits(const struct page *page, enum tone tone, const struct columns_row *row);

#endif
