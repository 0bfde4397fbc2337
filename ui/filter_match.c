/* Does an expression hold; see filter.h. Walks from a field to the values of its column, and compares each.
 */
#include "ui/filter_fields.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#define ENDPOINT (ADDR_TEXT + 10) /* "[2001:db8::1]:16113" */

_Static_assert(LIMIT_FILTER_TERMS <= 64, "what holds so far is kept in the bits of a word");

/* ---- texts ---- */

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);
	for (;; text++) {
		if (strncasecmp(text, part, n) == 0)
			return true;
		if (*text == '\0')
			return false;
	}
}

static bool text_holds(const char *text, const char *wanted, bool part)
{
	return part ? contains(text, wanted) : strcasecmp(text, wanted) == 0;
}

static bool host_holds(const struct value *value, const char *wanted, bool part)
{
	char address[ADDR_TEXT], whole[ENDPOINT];
	if (value->kind != VALUE_ENDPOINT)
		return text_holds("", wanted, part);
	addr_text(value->addr, address);
	snprintf(whole, sizeof whole, value->addr->version == 6 ? "[%s]:%u" : "%s:%u", address,
	         (unsigned)value->port);
	return text_holds(address, wanted, part) || text_holds(whole, wanted, part);
}

static bool mac_holds(const struct value *value, const char *wanted, bool part)
{
	char text[13] = "";
	for (size_t i = 0; i < sizeof value->mac && value->kind == VALUE_MAC; i++)
		snprintf(&text[2 * i], 3, "%02x", (unsigned)value->mac[i]);
	return text_holds(text, wanted, part);
}

/* What a text field has to show; a number without a name is its code. */
static const char *text_of(const struct value *value, char room[16])
{
	if (value->kind == VALUE_TEXT)
		return value->text;
	if (value->kind != VALUE_CODE)
		return "";
	snprintf(room, 16, "0x%04x", (unsigned)value->code);
	return room;
}

/* ---- numbers ---- */

static bool number_holds(enum filter_operator op, const struct filter_term *term, int64_t number)
{
	switch (op) {
	case FILTER_LESS:
		return number < term->from;
	case FILTER_AT_MOST:
		return number <= term->to;
	case FILTER_MORE:
		return number > term->to;
	case FILTER_AT_LEAST:
		return number >= term->from;
	default:
		return number >= term->from && number <= term->to;
	}
}

/* False where the value is not known. */
static bool number_of(const struct filter_field *field, const struct value *value, int64_t *number)
{
	switch (value->kind) {
	case VALUE_COUNT:
		*number = value->count > INT64_MAX ? INT64_MAX : (int64_t)value->count;
		return true;
	case VALUE_TIME:
	case VALUE_DURATION:
		*number = value->ns;
		return true;
	case VALUE_TEXT:
		for (size_t i = 0; field->kind == FILTER_RANK && field->words(i) != NULL; i++) {
			*number = (int64_t)i;
			if (strcasecmp(field->words(i), value->text) == 0)
				return true;
		}
		return false;
	default:
		return false;
	}
}

/* ---- one term ---- */

struct asked {
	const struct filter *filter;
	const struct filter_term *term;
	const struct filter_field *field;
	enum filter_operator op; /* of the positive kind */
};

static bool value_holds(const struct asked *asked, const struct value *value)
{
	const char *wanted = &asked->filter->values[asked->term->value];
	bool part = asked->op == FILTER_HAS;
	char room[16];
	int64_t number;
	switch (asked->field->kind) {
	case FILTER_HOST:
		return host_holds(value, wanted, part);
	case FILTER_MAC:
		return mac_holds(value, wanted, part);
	case FILTER_TEXT_ANY:
	case FILTER_WORD:
		return text_holds(text_of(value, room), wanted, part);
	default:
		if (part)
			return text_holds(text_of(value, room), wanted, true);
		return number_of(asked->field, value, &number) &&
		       number_holds(asked->op, asked->term, number);
	}
}

static const struct column *find_column(const struct table *table, const char *key, size_t n)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *of = table->columns[i].key;
		if (of != NULL && strncmp(of, key, n) == 0 && of[n] == '\0')
			return &table->columns[i];
	}
	return NULL;
}

/* One of the values at the end of the path does. As deep as the path of a field has keys. */
static bool any_holds(const struct asked *asked, const struct table *table, const char *path,
                      const struct row *row)
{
	size_t n = strcspn(path, "."), rows;
	const struct column *column = find_column(table, path, n);
	const char *rest = &path[n + (path[n] == '.')];
	struct value value;
	switch (column->shape) {
	case COLUMN_OBJECT:
		return any_holds(asked, column->table, rest, row);
	case COLUMN_VALUE:
		value = column->get(row);
		return value_holds(asked, &value);
	default:
		rows = view_rows(column->table, row);
	}
	for (size_t i = 0; i < rows; i++) {
		struct row item = view_row(column->table, row, i);
		if (column->shape == COLUMN_LIST && any_holds(asked, column->table, rest, &item))
			return true;
		if (column->shape == COLUMN_LIST)
			continue;
		value = column->table->columns[0].get(&item);
		if (value_holds(asked, &value))
			return true;
	}
	return false;
}

/* `message`: the row of a message, NULL where a whole session is asked. */
static bool term_holds(const struct filter *filter, const struct filter_term *term, const struct row *session,
                       const struct row *message)
{
	const struct filter_field *field = &filter_fields[term->field];
	bool turned = term->op == FILTER_NOT_EQUAL || term->op == FILTER_HAS_NOT;
	enum filter_operator op = (enum filter_operator)term->op;
	if (turned)
		op = op == FILTER_NOT_EQUAL ? FILTER_EQUAL : FILTER_HAS;
	struct asked asked = {filter, term, field, op};
	if (message != NULL && field->message != NULL)
		return any_holds(&asked, &view_message_list, field->message, message) != turned;
	return any_holds(&asked, field->table, field->path, session) != turned;
}

/* ---- the expression ---- */

static bool holds(const struct filter *filter, const struct row *session, const struct row *message)
{
	uint64_t stack = 1; /* the lowest bit is the top; what the empty filter answers */
	for (uint32_t i = 0; i < filter->n_code; i++) {
		uint64_t top = stack & 1;
		switch (filter->code[i]) {
		case FILTER_AND:
			stack = (stack >> 1 & ~UINT64_C(1)) | (stack >> 1 & top);
			break;
		case FILTER_OR:
			stack = stack >> 1 | top;
			break;
		case FILTER_NOT:
			stack ^= 1;
			break;
		default:
			stack = stack << 1 |
			        term_holds(filter, &filter->terms[filter->code[i]], session, message);
		}
	}
	return (stack & 1) != 0;
}

bool filter_session(const struct filter *filter, struct view *view, const struct view_digest *digest)
{
	struct view_session *open = &view->open;
	const struct session *session = digest->session;
	struct row row = {.view = view, .session = open, .item = digest};
	open->session = session;
	open->state = session_state(session, session_now(view->model, session));
	open->handshake = session_handshake(session);
	if ((filter->needs & FILTER_NEEDS_AUTH) != 0)
		session_auth(view->model, session, &open->auth);
	if ((filter->needs & FILTER_NEEDS_VERDICT) != 0) {
		findings_of_session(view->model, session, &open->findings);
		findings_verdict(view->model, session, &open->findings, open->verdict);
	}
	return holds(filter, &row, NULL);
}

bool filter_message(const struct filter *filter, struct view *view, const struct nmsp_kept *message)
{
	struct view_digest digest = view_digest_of(view->open.session, &view->open.findings);
	struct row session = {.view = view, .session = &view->open, .item = &digest};
	struct row row = {.view = view, .session = &view->open, .item = message};
	return holds(filter, &session, &row);
}
