/*
 * Laying out text on a page, of 80 columns unless told: wrapped paragraphs, label-value pairs, grids.
 *
 * Knows column tables, not sessions. Everything that it writes went through the escaping function. Colours
 * are chosen here and nowhere else. Called by the text report.
 */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "ui/format.h"
#include "ui/tone.h"

#include <stdio.h>

#define PAGE_WIDTH 80
#define PAGE_MARK  1 /* no escaped text has such bytes */

struct page {
	FILE *out;
	struct format format;
	size_t width; /* columns; 0 = PAGE_WIDTH */
	bool colour;
	bool marked;  /* for a screen: a tone begins with the byte PAGE_MARK + tone, and ends with PAGE_MARK */
	unsigned verbose; /* number of -v */
};

/* An empty line. */
void page_blank(const struct page *page);

/* A line that is never wrapped, `indent` columns from the left: headings, and commands to be pasted. */
void page_line(const struct page *page, size_t indent, enum tone tone, const char *text);

/* A line of this character over the whole width. */
void page_rule(const struct page *page, char c);

/*
 * A paragraph, wrapped between words; a longer word stands alone and is never broken. The first line begins
 * with `first` at column `indent`, further lines are indented as far as its text.
 */
void page_wrap(const struct page *page, size_t indent, const char *first, enum tone tone, const char *text);

/*
 * Label and value of every labelled column, objects with a label unfolded, lists of strings joined by
 * commas; null values are left out.
 */
void page_pairs(const struct page *page, size_t indent, const struct table *table, const struct row *row);

/* The rows of a list under the labels of its columns. Memory does not grow with the rows. */
void page_grid(const struct page *page, size_t indent, const struct table *table, const struct row *parent);

#endif
