/* Lines of comma-separated values; see csv.h. */
#include "ui/csv.h"

#include "analyzer/session_nmsp.h"

#include <stdlib.h>
#include <string.h>

#define END "\r\n" /* RFC 4180 section 2 */

void csv_field(FILE *out, bool first, const char *text, bool captured)
{
	bool formula = captured && text[0] != '\0' && strchr("=+-@", text[0]) != NULL;
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;
	fputs(first ? "" : ",", out);
	fputs(quoted ? "\"" : "", out);
	fputs(formula ? "'" : "", out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	fputs(quoted ? "\"" : "", out);
}

static bool is_written(const struct column *column)
{
	return column->key != NULL && column->shape == COLUMN_VALUE;
}

void csv_head(FILE *out)
{
	fputs("session,controller,engine", out);
	for (size_t i = 0; i < view_message_list.n_columns; i++)
		if (is_written(&view_message_list.columns[i]))
			csv_field(out, false, view_message_list.columns[i].key, false);
	fputs(END, out);
}

/* Times are those of the JSON report, and what is not known is empty. */
static void put_value(FILE *out, const struct value *value, enum escape_mode mode)
{
	char time[FORMAT_TIME];
	int64_t rest;
	const struct format format = {.escape = mode, .utc = true};
	if (value->kind == VALUE_NULL) {
		csv_field(out, false, "", false);
	} else if (value->kind == VALUE_TIME) {
		int64_t seconds = format_split(value->ns, &rest);
		csv_field(out, false, format_rfc3339(seconds, rest, time), false);
	} else if (value->kind == VALUE_BOOL) {
		csv_field(out, false, value->yes ? "true" : "false", false);
	} else {
		char *text = format_value(value, &format);
		csv_field(out, false, text, true);
		free(text);
	}
}

static void put_address(FILE *out, const struct session *session, uint8_t dir)
{
	char text[ADDR_TEXT] = "";
	if (session->addr[dir].version != 0)
		addr_text(&session->addr[dir], text);
	csv_field(out, false, text, false);
}

uint64_t csv_messages(FILE *out, struct view *view, enum escape_mode mode)
{
	const struct session *session = view->open.session;
	struct row row = {.view = view, .session = &view->open, .item = &view->open};
	size_t n = view_rows(&view_message_list, &row);
	for (size_t i = 0; i < n; i++) {
		struct row message = view_row(&view_message_list, &row, i);
		fprintf(out, "%u", (unsigned)session->id);
		put_address(out, session, session->controller);
		put_address(out, session, session_engine(session));
		for (size_t k = 0; k < view_message_list.n_columns; k++) {
			const struct column *column = &view_message_list.columns[k];
			if (!is_written(column))
				continue;
			struct value value = column->get(&message);
			put_value(out, &value, mode);
		}
		fputs(END, out);
	}
	return n;
}
