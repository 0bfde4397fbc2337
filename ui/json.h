/*
 * The JSON report: one recursive loop over the view. The only file with jansson.
 *
 * One row of a top-level list is built, written and freed at a time, so memory does not grow with the
 * number of sessions. Knows no session: a new column in the view appears here by itself.
 */
#ifndef UI_JSON_H
#define UI_JSON_H

#include "ui/view.h"

#include <stdio.h>

/* Seeds the hash tables from a file: once, while it can be opened. */
void json_prepare(void);

/* Writes the report (design.md section 8). The caller checks the stream for errors. */
void json_report(FILE *out, struct view *view);

#endif
