/* The JSON renderer. Every string is escaped before it reaches jansson, which refuses invalid UTF-8. */
#include "ui/json.h"

#include "analyzer/xmalloc.h"
#include "ui/format.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#define INDENT 2
#define STYLE  (JSON_INDENT(INDENT) | JSON_REAL_PRECISION(15))

static const struct format machine = {.escape = ESCAPE_UTF8, .utc = true};

/* What is escaped is valid UTF-8: jansson need not look at it again. */
static json_t *string_of(const struct value *value, struct buffer *text)
{
	buffer_clear(text);
	format_add(text, value, &machine);
	return json_stringn_nocheck(text->p, text->n);
}

static json_t *time_of(int64_t seconds, int64_t ns)
{
	char text[FORMAT_TIME];
	return json_string_nocheck(format_rfc3339(seconds, ns, text));
}

/* Seconds rounded to a microsecond. */
static json_t *duration_of(int64_t ns)
{
	int64_t us = (ns + NS_PER_US / 2) / NS_PER_US;
	return json_real((double)us / 1e6);
}

static json_t *scalar(const struct value *value, struct buffer *text)
{
	int64_t rest, seconds;
	switch (value->kind) {
	case VALUE_NULL:
		return json_null();
	case VALUE_COUNT:
		return json_integer((json_int_t)value->count);
	case VALUE_BOOL:
		return json_boolean(value->yes);
	case VALUE_TIME:
		seconds = format_split(value->ns, &rest);
		return time_of(seconds, rest);
	case VALUE_DATE:
		return time_of(value->seconds, 0);
	case VALUE_DURATION:
	case VALUE_OFFSET:
		return duration_of(value->ns);
	case VALUE_TEXT:
	case VALUE_MAC:
	case VALUE_ADDR:
	case VALUE_ENDPOINT:
	case VALUE_BYTES:
	case VALUE_CODE:
	case VALUE_STRING:
		break;
	}
	return string_of(value, text);
}

/* `text` is the room for a string here and below, kept from one to the next. */
static json_t *object(const struct table *table, const struct row *row, struct buffer *text);

static json_t *strings(const struct table *table, const struct row *row, struct buffer *text)
{
	json_t *array = json_array();
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		struct value value = table->columns[0].get(&item);
		json_array_append_new(array, scalar(&value, text));
	}
	return array;
}

static json_t *list(const struct table *table, const struct row *row, struct buffer *text)
{
	json_t *array = json_array();
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		json_array_append_new(array, object(table, &item, text));
	}
	return array;
}

static json_t *cell(const struct column *column, const struct row *row, struct buffer *text)
{
	switch (column->shape) {
	case COLUMN_OBJECT:
		return object(column->table, row, text);
	case COLUMN_LIST:
		return list(column->table, row, text);
	case COLUMN_STRINGS:
		return strings(column->table, row, text);
	case COLUMN_VALUE:
		break;
	}
	struct value value = column->get(row);
	return scalar(&value, text);
}

static json_t *object(const struct table *table, const struct row *row, struct buffer *text)
{
	json_t *out = json_object();
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		bool wanted = (!column->on_request || row->view->list_messages) &&
		              (!column->on_verbose || row->view->verbose) &&
		              !(column->not_in_lines && row->view->lines);
		if (column->key != NULL && wanted)
			json_object_set_new_nocheck(out, column->key, cell(column, row, text));
	}
	return out;
}

/* ---- lines ---- */

static json_t *line_of(const struct json_head *head)
{
	json_t *line = json_object();
	int64_t rest, seconds = format_split(head->time, &rest);
	json_t *time = head->time == ORIGIN_NO_TIME ? json_null() : time_of(seconds, rest);
	json_object_set_new(line, "time", time);
	json_object_set_new(line, "event", json_string(head->event));
	return line;
}

/* Into room on the stack where it is enough: jansson writes a stream token by token. */
static void write_line(FILE *out, json_t *line)
{
	enum { ROOM = 16384 };
	char text[ROOM];
	size_t n = json_dumpb(line, text, ROOM, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (n <= ROOM)
		fwrite(text, 1, n, out);
	else
		json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
	putc('\n', out);
	json_decref(line);
}

void json_line(FILE *out, const struct json_head *head, unsigned lines, const struct row *row,
               const char *key, const struct table *table)
{
	struct buffer text = {.p = NULL};
	json_t *line = line_of(head);
	for (size_t i = 0; i < view_sessions.n_columns && row->session != NULL; i++) {
		const struct column *column = &view_sessions.columns[i];
		if (column->key != NULL && (column->lines & lines) != 0)
			json_object_set_new_nocheck(line, column->key, cell(column, row, &text));
	}
	if (table != NULL)
		json_object_set_new_nocheck(line, key, object(table, row, &text));
	write_line(out, line);
	buffer_free(&text);
}

void json_numbers(FILE *out, const struct json_head *head, const struct json_number *numbers)
{
	json_t *line = line_of(head);
	for (; numbers->key != NULL; numbers++)
		json_object_set_new(line, numbers->key, json_integer((json_int_t)numbers->value));
	write_line(out, line);
}

/* ---- the outer object, written piece by piece ---- */

/* Where the report goes, and how far it is; `piece` and `text` are room, kept from one to the next. */
struct json_report {
	FILE *out;
	struct view *view;
	struct buffer piece, text;
	size_t column, row; /* of view_report; of the list that the column is */
};

static int take_piece(const char *text, size_t n, void *piece)
{
	buffer_add(piece, text, n);
	return 0;
}

/*
 * jansson begins the lines of a piece at the left. So the piece is dumped inside of as many lists as it is
 * deep in the report, which puts its lines in their place, and the lists around it are not written.
 */
static void write_json(struct json_report *report, json_t *json, size_t depth)
{
	size_t before = 0, behind = 0;
	for (size_t i = 1; i <= depth; i++) {
		json_t *around = json_array();
		json_array_append_new(around, json);
		json = around;
		before += 2 + i * INDENT; /* a bracket, the end of its line, and the indent of the next one */
		behind += 2 + (i - 1) * INDENT;
	}
	buffer_clear(&report->piece);
	json_dump_callback(json, take_piece, &report->piece, STYLE);
	json_decref(json);
	assert(report->piece.n > before + behind); /* what jansson refuses was escaped */
	fwrite(&report->piece.p[before], 1, report->piece.n - before - behind, report->out);
}

void json_prepare(void)
{
	json_object_seed(0);
}

struct json_report *json_report_begin(FILE *out, struct view *view)
{
	struct json_report *report = xcalloc(1, sizeof *report);
	report->out = out;
	report->view = view;
	return report;
}

size_t json_report_sessions(const struct json_report *report)
{
	size_t column = 0;
	while (view_report.columns[column].table != &view_sessions)
		column++;
	return report->column == column ? report->row : report->column < column ? 0 : report->view->n_digests;
}

/* The next row of a list, or its end. */
static void step_list(struct json_report *report, const struct table *table)
{
	struct row root = view_root(report->view);
	if (report->row == view_rows(table, &root)) {
		fputs(report->row == 0 ? "[]" : "\n  ]", report->out);
		report->row = 0;
		report->column++;
		return;
	}
	struct row row = view_row(table, &root, report->row);
	fputs(report->row == 0 ? "[\n    " : ",\n    ", report->out);
	write_json(report, object(table, &row, &report->text), 2);
	report->row++;
}

bool json_report_step(struct json_report *report)
{
	if (report->column == view_report.n_columns) {
		fputs("\n}\n", report->out);
		return false;
	}
	const struct column *column = &view_report.columns[report->column];
	if (report->row == 0)
		fprintf(report->out, "%s\n  \"%s\": ", report->column == 0 ? "{" : ",", column->key);
	if (column->shape == COLUMN_LIST) {
		step_list(report, column->table);
	} else {
		struct row root = view_root(report->view);
		write_json(report, cell(column, &root, &report->text), 1);
		report->column++;
	}
	return true;
}

void json_report_end(struct json_report *report)
{
	if (report == NULL)
		return;
	buffer_free(&report->piece);
	buffer_free(&report->text);
	free(report);
}

void json_report(FILE *out, struct view *view)
{
	struct json_report *report = json_report_begin(out, view);
	while (json_report_step(report))
		continue;
	json_report_end(report);
}
