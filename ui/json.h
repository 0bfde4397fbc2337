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

/* What stands in front of a line's columns. */
struct json_head {
	int64_t time; /* ns since 1970; ORIGIN_NO_TIME gives null */
	const char *event;
};

/*
 * Writes one line of -o jsonl: the head, the columns of the session in row->session that `lines` names (NULL: a
 * line about no session), and as object `key` the columns of `table` (NULL: nothing more). The caller flushes.
 */
void json_line(FILE *out, const struct json_head *head, unsigned lines, const struct row *row, const char *key,
               const struct table *table);

/* The same with whole numbers behind the head, `key` NULL at the end. */
struct json_number {
	const char *key;
	uint64_t value;
};
void json_numbers(FILE *out, const struct json_head *head, const struct json_number *numbers);

/* Writes the report (design.md section 8). The caller checks the stream for errors. */
void json_report(FILE *out, struct view *view);

/*
 * The same in steps of a row each, for whoever has other things to do between them. A step returns false when the
 * report is complete. Of the sessions, the view may lose those meanwhile that are not written yet: json_report_sessions
 * tells how many are. json_report_end frees; NULL is allowed.
 */
struct json_report;
struct json_report *json_report_begin(FILE *out, struct view *view);
bool json_report_step(struct json_report *report);
size_t json_report_sessions(const struct json_report *report);
void json_report_end(struct json_report *report);

#endif
