/*
 * The message list of sessions as comma-separated values: RFC 4180, a line with the names of the columns
 * first.
 *
 * The columns are those of view_message_list that -o json has, behind the session and its ends. What was
 * captured is escaped, so no field holds a line end. A field that begins with = + - or @, which a spreadsheet
 * would take for a formula, has an apostrophe in front, as spreadsheets have it for text.
 */
#ifndef UI_CSV_H
#define UI_CSV_H

#include "ui/format.h"

#include <stdio.h>

void csv_head(FILE *out);

/* The kept messages of the session that is open in the view. Returns their number. */
uint64_t csv_messages(FILE *out, struct view *view, enum escape_mode mode);

/* One field, with a comma in front unless it is the first of its line. `captured`: it may be a formula. */
void csv_field(FILE *out, bool first, const char *text, bool captured);

#endif
