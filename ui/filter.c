/* The grammar of the filter language, and its printed form; see filter.h. */
#include "ui/filter.h"

#include "ui/filter_fields.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *text;
	enum filter_operator op;
} operators[] = {
    /* the longer ones first: <= is no < */
    {"!=", FILTER_NOT_EQUAL}, {"!~", FILTER_HAS_NOT}, {"<=", FILTER_AT_MOST}, {">=", FILTER_AT_LEAST},
    {"=", FILTER_EQUAL},      {"~", FILTER_HAS},      {"<", FILTER_LESS},     {">", FILTER_MORE},
};

#define BLANKS       " \t\r\n"
#define VALUE_ENDS   BLANKS "|()"
#define NO_VALUE     "=~<>!\""
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

struct parser {
	const char *text;
	size_t at;
	bool utc;
	unsigned depth;
	struct filter *out;
	struct filter_error *err;
};

const char *filter_operator_name(enum filter_operator op)
{
	size_t i = 0;
	while (operators[i].op != op)
		i++;
	return operators[i].text;
}

/* ---- errors ---- */

__attribute__((format(printf, 3, 4))) static bool fail(const struct parser *p, size_t at, const char *format,
                                                       ...)
{
	va_list args;
	p->err->at = at;
	p->err->column = 1;
	for (size_t i = 0; i < at; i++)
		p->err->column +=
		    ((unsigned char)p->text[i] & 0xc0) != 0x80; /* a character of UTF-8 begins */
	va_start(args, format);
	vsnprintf(p->err->text, sizeof p->err->text, format, args);
	va_end(args);
	return false;
}

static bool fail_name(const struct parser *p, size_t at, size_t n)
{
	char all[256];
	size_t used = 0;
	const char *name = &p->text[at], *nearest = filter_nearest(name, n, filter_field_name);
	if (n == 2 && strncmp(name, "or", n) == 0)
		return fail(p, at, "\"or\" is written |");
	if (n == 3 && strncmp(name, "and", n) == 0)
		return fail(p, at, "\"and\" is written as a space");
	for (size_t i = 0; filter_field_name(i) != NULL && used < sizeof all; i++)
		used += (size_t)snprintf(&all[used], sizeof all - used, " %s", filter_field_name(i));
	return fail(p, at, "there is no field \"%.*s\"%s%s; fields:%s", (int)(n < 40 ? n : 40), name,
	            nearest != NULL ? ", the nearest is " : "", nearest != NULL ? nearest : "", all);
}

/* ---- terms ---- */

static void skip(struct parser *p)
{
	p->at += strspn(&p->text[p->at], BLANKS);
}

static bool emit(struct parser *p, size_t at, unsigned code)
{
	if (p->out->n_code == FILTER_CODE)
		return fail(p, at, "the filter is too long");
	p->out->code[p->out->n_code++] = (uint8_t)code;
	return true;
}

static bool parse_operator(struct parser *p, struct filter_term *term)
{
	char problem[FILTER_PROBLEM];
	skip(p);
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
		size_t n = strlen(operators[i].text);
		if (strncmp(&p->text[p->at], operators[i].text, n) != 0)
			continue;
		term->op = (uint8_t)operators[i].op;
		if (!filter_operator_fits(term, problem))
			return fail(p, p->at, "%s", problem);
		p->at += n;
		return true;
	}
	return fail(p, p->at,
	            "%s wants an operator behind it: = != ~ !~ < <= > >=", filter_fields[term->field].name);
}

static bool keep(struct parser *p, size_t at, char c)
{
	if (p->out->n_values == sizeof p->out->values)
		return fail(p, at, "the values of the filter are too long: %d bytes together at most",
		            LIMIT_FILTER_VALUES);
	p->out->values[p->out->n_values++] = c;
	return true;
}

/* Behind the opening quote; a backslash stands in front of a quote or of itself. */
static bool read_quoted(struct parser *p)
{
	size_t start = p->at++;
	for (; p->text[p->at] != '"'; p->at++) {
		if (p->text[p->at] == '\\' && (p->text[p->at + 1] == '"' || p->text[p->at + 1] == '\\'))
			p->at++;
		if (p->text[p->at] == '\0')
			return fail(p, start, "the end of this quote is missing");
		if (!keep(p, start, p->text[p->at]))
			return false;
	}
	p->at++;
	return strchr(VALUE_ENDS, p->text[p->at]) != NULL ||
	       fail(p, p->at, "a space is missing behind the quote");
}

static bool read_value(struct parser *p)
{
	skip(p);
	size_t n = strcspn(&p->text[p->at], VALUE_ENDS), start = p->at;
	if (p->text[p->at] == '"')
		return read_quoted(p);
	if (n == 0)
		return fail(p, start,
		            "a value is missing here; one with blanks or parentheses stands in quotes");
	if (strchr(NO_VALUE, p->text[start]) != NULL)
		return fail(p, start, "a value is wanted here, not %c; one that begins so stands in quotes",
		            p->text[start]);
	for (; p->at < start + n; p->at++)
		if (!keep(p, start, p->text[p->at]))
			return false;
	return true;
}

/* Its usual form may be shorter or longer. */
static bool check_value(struct parser *p, struct filter_term *term, size_t at)
{
	struct filter *out = p->out;
	char problem[FILTER_PROBLEM], *text = &out->values[term->value];
	size_t before = strlen(text);
	if (!filter_value(term, p->utc, text, sizeof out->values - term->value, problem))
		return fail(p, at, "%s", problem);
	size_t n = strlen(text);
	if (n < before)
		memset(&text[n], 0, before - n);
	out->n_values = (uint32_t)(term->value + n + 1);
	return true;
}

static bool parse_term(struct parser *p)
{
	struct filter *out = p->out;
	size_t start = p->at, n = strspn(&p->text[start], NAME_LETTERS);
	const struct filter_field *field = filter_field_find(&p->text[start], n);
	if (n == 0)
		return fail(p, start, "a term is missing here, such as state=failed");
	if (field == NULL)
		return fail_name(p, start, n);
	if (out->n_terms == LIMIT_FILTER_TERMS)
		return fail(p, start, "the filter has more than %d terms", LIMIT_FILTER_TERMS);
	struct filter_term *term = &out->terms[out->n_terms];
	term->field = (uint8_t)(field - filter_fields);
	p->at += n;
	if (!parse_operator(p, term))
		return false;
	skip(p);
	size_t at = p->at;
	term->value = (uint16_t)out->n_values;
	if (!read_value(p) || !keep(p, at, '\0') || !check_value(p, term, at))
		return false;
	out->needs |= field->needs;
	return emit(p, start, out->n_terms++);
}

/* ---- what joins them ---- */

static bool parse_any(struct parser *p);

/* The word alone, or in front of a parenthesis. */
static bool at_not(const struct parser *p)
{
	const char *at = &p->text[p->at];
	return strncmp(at, "not", 3) == 0 && (strchr(BLANKS "(!", at[3]) != NULL);
}

/* How many stand here, as odd or even. */
static bool parse_nots(struct parser *p)
{
	bool turned = false;
	for (skip(p); p->text[p->at] == '!' || at_not(p); skip(p)) {
		p->at += p->text[p->at] == '!' ? 1 : 3;
		turned = !turned;
	}
	return turned;
}

static bool parse_group(struct parser *p)
{
	size_t start = p->at++;
	if (p->depth == LIMIT_FILTER_DEPTH)
		return fail(p, start, "more than %d parentheses inside each other", LIMIT_FILTER_DEPTH);
	p->depth++;
	if (!parse_any(p))
		return false;
	p->depth--;
	if (p->text[p->at] != ')')
		return fail(p, start, "the end of this parenthesis is missing");
	p->at++;
	return true;
}

static bool parse_one(struct parser *p)
{
	bool turned = parse_nots(p);
	size_t start = p->at;
	if (!(p->text[p->at] == '(' ? parse_group(p) : parse_term(p)))
		return false;
	skip(p);
	return !turned || emit(p, start, FILTER_NOT);
}

static bool parse_all(struct parser *p)
{
	if (!parse_one(p))
		return false;
	while (strchr("|)", p->text[p->at]) == NULL)
		if (!parse_one(p) || !emit(p, p->at, FILTER_AND))
			return false;
	return true;
}

/* No deeper than LIMIT_FILTER_DEPTH. */
static bool parse_any(struct parser *p)
{
	if (!parse_all(p))
		return false;
	while (p->text[p->at] == '|') {
		p->at++;
		if (!parse_all(p) || !emit(p, p->at, FILTER_OR))
			return false;
	}
	return true;
}

bool filter_parse(const char *text, bool utc, struct filter *out, struct filter_error *err)
{
	struct parser p = {.text = text, .utc = utc, .out = out, .err = err};
	memset(out, 0, sizeof *out); /* padding too: equal ones are equal in all bytes */
	*err = (struct filter_error){0};
	skip(&p);
	if (text[p.at] == '\0')
		return true;
	if (parse_any(&p) && (text[p.at] == '\0' || fail(&p, p.at, "this parenthesis ends nothing")))
		return true;
	memset(out, 0, sizeof *out);
	return false;
}

/* ---- the printed form ---- */

struct printer {
	const struct filter *filter;
	char *text;
	size_t n;
};

static void put(struct printer *p, const char *text)
{
	for (; *text != '\0' && p->n + 1 < FILTER_TEXT; text++)
		p->text[p->n++] = *text;
	p->text[p->n] = '\0';
}

static void put_value(struct printer *p, const char *value)
{
	char letter[] = "x", escaped[] = "\\x";
	if (value[0] != '\0' && value[strcspn(value, VALUE_ENDS)] == '\0' &&
	    strchr(NO_VALUE, value[0]) == NULL) {
		put(p, value);
		return;
	}
	put(p, "\"");
	for (; *value != '\0'; value++) {
		letter[0] = escaped[1] = *value;
		put(p, *value == '"' || *value == '\\' ? escaped : letter);
	}
	put(p, "\"");
}

static void put_term(struct printer *p, const struct filter_term *term)
{
	put(p, filter_fields[term->field].name);
	put(p, filter_operator_name((enum filter_operator)term->op));
	put_value(p, &p->filter->values[term->value]);
}

/* Where the operand that ends at `end` begins. */
static uint32_t start_of(const struct filter *filter, uint32_t end)
{
	uint32_t wanted = 1;
	for (;; end--) {
		uint8_t code = filter->code[end];
		wanted = code == FILTER_NOT ? wanted : code < FILTER_AND ? wanted - 1 : wanted + 1;
		if (wanted == 0)
			return end;
	}
}

static void put_code(struct printer *p, uint32_t end);

/* In parentheses where it would be read in another way. */
static void put_operand(struct printer *p, uint32_t end, bool group)
{
	put(p, group ? "(" : "");
	put_code(p, end);
	put(p, group ? ")" : "");
}

/* The expression that ends at `end`. Each call takes a byte of the code: it is no deeper than that is long.
 */
static void put_code(struct printer *p, uint32_t end)
{
	const uint8_t *code = p->filter->code;
	if (code[end] < FILTER_AND) {
		put_term(p, &p->filter->terms[code[end]]);
		return;
	}
	if (code[end] == FILTER_NOT) {
		put(p, "!");
		put_operand(p, end - 1, code[end - 1] >= FILTER_AND);
		return;
	}
	bool both = code[end] == FILTER_AND;
	uint32_t right = end - 1, left = start_of(p->filter, right) - 1;
	put_operand(p, left, both && code[left] == FILTER_OR);
	put(p, both ? " " : " | ");
	put_operand(p, right, code[right] == code[end] || (both && code[right] == FILTER_OR));
}

const char *filter_print(const struct filter *filter, char text[FILTER_TEXT])
{
	struct printer p = {.filter = filter, .text = text};
	text[0] = '\0';
	if (filter->n_code > 0)
		put_code(&p, filter->n_code - 1);
	return text;
}
