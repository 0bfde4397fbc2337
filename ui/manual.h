/*
 * The manual page nmspscope.1. Options, keys, fields of the filter and findings come from the tables that the
 * program itself uses; what else is to be said stands in manual_text.c.
 *
 * Called by manual_main.c when the program is built, and by nobody else.
 */
#ifndef UI_MANUAL_H
#define UI_MANUAL_H

#include <stdio.h>

/* The whole page, for man(1). */
void manual_write(FILE *out);

/* What no table holds, in the order of the page. A section without a text of its own is made by manual.c. */
enum manual_kind { MANUAL_SECTION, MANUAL_PARAGRAPH, MANUAL_ITEM, MANUAL_EXAMPLE, MANUAL_TABLE };

enum manual_table { MANUAL_OPTIONS, MANUAL_FILTER, MANUAL_KEYS, MANUAL_FINDINGS };

struct manual_row {
	enum manual_kind kind;
	const char *word;        /* title of a section, what an item is about; else NULL */
	const char *text;        /* `bold` */
	enum manual_table table; /* which one stands here */
};

extern const struct manual_row manual_rows[];
extern const size_t manual_n_rows;

#endif
