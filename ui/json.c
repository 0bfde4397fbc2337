/* The JSON renderer. Every string is escaped before it reaches jansson, which refuses invalid UTF-8. */
#include "ui/json.h"

#include "ui/format.h"

#include <jansson.h>
#include <stdlib.h>

#define STYLE (JSON_INDENT(2) | JSON_REAL_PRECISION(15))

static const struct format machine = {.escape = ESCAPE_UTF8, .utc = true};

static json_t *string_of(const struct value *value)
{
	char *text = format_value(value, &machine);
	json_t *string = json_string(text);
	free(text);
	return string;
}

static json_t *time_of(int64_t seconds, int64_t ns)
{
	char text[FORMAT_TIME];
	return json_string(format_rfc3339(seconds, ns, text));
}

/* Seconds rounded to a microsecond. */
static json_t *duration_of(int64_t ns)
{
	int64_t us = (ns + NS_PER_US / 2) / NS_PER_US;
	return json_real((double)us / 1e6);
}

static json_t *scalar(const struct value *value)
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
	return string_of(value);
}

static json_t *object(const struct table *table, const struct row *row);

static json_t *strings(const struct table *table, const struct row *row)
{
	json_t *array = json_array();
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		struct value value = table->columns[0].get(&item);
		json_array_append_new(array, scalar(&value));
	}
	return array;
}

static json_t *list(const struct table *table, const struct row *row)
{
	json_t *array = json_array();
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		json_array_append_new(array, object(table, &item));
	}
	return array;
}

static json_t *cell(const struct column *column, const struct row *row)
{
	switch (column->shape) {
	case COLUMN_OBJECT:
		return object(column->table, row);
	case COLUMN_LIST:
		return list(column->table, row);
	case COLUMN_STRINGS:
		return strings(column->table, row);
	case COLUMN_VALUE:
		break;
	}
	struct value value = column->get(row);
	return scalar(&value);
}

static json_t *object(const struct table *table, const struct row *row)
{
	json_t *out = json_object();
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		bool wanted = (!column->on_request || row->view->list_messages) &&
		              (!column->on_verbose || row->view->verbose);
		if (column->key != NULL && wanted)
			json_object_set_new(out, column->key, cell(column, row));
	}
	return out;
}

/* ---- lines ---- */

static json_t *line_of(const struct json_head *head)
{
	json_t *line = json_object();
	int64_t rest, seconds = format_split(head->time, &rest);
	json_object_set_new(line, "time", time_of(seconds, rest));
	json_object_set_new(line, "event", json_string(head->event));
	return line;
}

static void write_line(FILE *out, json_t *line)
{
	json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(15));
	putc('\n', out);
	json_decref(line);
}

void json_line(FILE *out, const struct json_head *head, unsigned lines, const struct row *row, const char *key,
               const struct table *table)
{
	json_t *line = line_of(head);
	for (size_t i = 0; i < view_sessions.n_columns && row->session != NULL; i++) {
		const struct column *column = &view_sessions.columns[i];
		if (column->key != NULL && (column->lines & lines) != 0)
			json_object_set_new(line, column->key, cell(column, row));
	}
	if (table != NULL)
		json_object_set_new(line, key, object(table, row));
	write_line(out, line);
}

void json_numbers(FILE *out, const struct json_head *head, const struct json_number *numbers)
{
	json_t *line = line_of(head);
	for (; numbers->key != NULL; numbers++)
		json_object_set_new(line, numbers->key, json_integer((json_int_t)numbers->value));
	write_line(out, line);
}

/* ---- the outer object, written piece by piece ---- */

struct piece {
	FILE *out;
	const char *indent;
};

/* jansson starts each line of a piece at the left: this moves it to its place. */
static int write_piece(const char *text, size_t n, void *ctx)
{
	const struct piece *piece = ctx;
	for (size_t i = 0; i < n; i++) {
		putc(text[i], piece->out);
		if (text[i] == '\n')
			fputs(piece->indent, piece->out);
	}
	return 0;
}

static void write_json(FILE *out, json_t *json, const char *indent)
{
	struct piece piece = {.out = out, .indent = indent};
	json_dump_callback(json, write_piece, &piece, STYLE);
	json_decref(json);
}

static void write_list(FILE *out, const struct table *table, const struct row *root)
{
	size_t n = view_rows(table, root);
	fputc('[', out);
	for (size_t i = 0; i < n; i++) {
		struct row row = view_row(table, root, i);
		fputs(i == 0 ? "\n    " : ",\n    ", out);
		write_json(out, object(table, &row), "    ");
	}
	fputs(n == 0 ? "]" : "\n  ]", out);
}

void json_prepare(void)
{
	json_object_seed(0);
}

void json_report(FILE *out, struct view *view)
{
	struct row root = view_root(view);
	for (size_t i = 0; i < view_report.n_columns; i++) {
		const struct column *column = &view_report.columns[i];
		fprintf(out, "%s\n  \"%s\": ", i == 0 ? "{" : ",", column->key);
		if (column->shape == COLUMN_LIST)
			write_list(out, column->table, &root);
		else
			write_json(out, cell(column, &root), "  ");
	}
	fputs("\n}\n", out);
}
