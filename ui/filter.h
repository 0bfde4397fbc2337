/*
 * The filter language of --filter and of the screen: terms of a field, an operator and a value, joined by a
 * space for "and" or by "|" for "or", turned by "!" or "not", in parentheses.
 *
 *     state=failed engine~10.1.          severity>=warning | auth!=match          !(type=ECHO_REQUEST)
 *
 * Text -> expression (filter.c, values in filter_value.c), and expression -> does it hold for a session or
 * for one NMSP message (filter_match.c, fields in filter_fields.c). An expression is one block without
 * pointers: copy it as you like. Called by options, view, jsonl and the screen. Parsing looks at no model, so
 * that it can go on with every key that is typed; matching changes nothing but the view that it is given.
 *
 * What holds: a text is equal, or contains (~), in any case of its letters; what is not known is the empty
 * text, and no number, time or rank at all. != and !~ are the opposite of = and ~. A field with several
 * values (finding; over a session also type, direction, id and length) holds when one of the values does, so
 * with != when none is equal.
 */
#ifndef UI_FILTER_H
#define UI_FILTER_H

#include "dissect/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct view;
struct view_digest;
struct nmsp_kept;

enum filter_operator {
	FILTER_EQUAL,
	FILTER_NOT_EQUAL,
	FILTER_HAS,     /* ~ */
	FILTER_HAS_NOT, /* !~ */
	FILTER_LESS,
	FILTER_AT_MOST,
	FILTER_MORE,
	FILTER_AT_LEAST,
	FILTER_OPERATORS
};

/* `from` to `to`: what counts as equal; a day is 24 hours of nanoseconds. Of texts both are 0. */
struct filter_term {
	int64_t from, to;
	uint16_t value; /* where its text begins in filter.values */
	uint8_t field;  /* row of filter_fields */
	uint8_t op;     /* enum filter_operator */
};

/* Of filter.code: a byte below LIMIT_FILTER_TERMS is a term, these join or turn what stands before them. */
enum filter_code { FILTER_AND = LIMIT_FILTER_TERMS, FILTER_OR, FILTER_NOT };

#define FILTER_CODE (4 * LIMIT_FILTER_TERMS)

/* A zeroed one is empty and holds for everything. Two that were parsed are equal when all bytes are. */
struct filter {
	struct filter_term terms[LIMIT_FILTER_TERMS];
	char values[LIMIT_FILTER_VALUES];
	uint8_t code[FILTER_CODE]; /* operands before their operator */
	uint32_t n_terms, n_values, n_code;
	uint32_t needs; /* enum filter_needs */
};

#define FILTER_PROBLEM 400

struct filter_error {
	uint32_t column;           /* from 1, in characters; 0: there is none */
	size_t at;                 /* the same in bytes, from 0 */
	char text[FILTER_PROBLEM]; /* a sentence without a full stop; may hold what was typed: escape it */
};

/*
 * Reads a text of any bytes. False with the place and the cure in `err`; then `out` is empty. A text of
 * blanks is the empty filter. Times without a Z are local, or UTC with `utc`, as the report shows them.
 */
bool filter_parse(const char *text, bool utc, struct filter *out, struct filter_error *err);

/* Nothing is asked. */
static inline bool filter_is_empty(const struct filter *filter)
{
	return filter->n_code == 0;
}

/* It asks for what --redact replaces: an address of a host, a MAC address, or the verdict, in which they stand. */
bool filter_asks_names(const struct filter *filter);

/* The expression in its shortest form, "" for the empty one; parsed again it is equal. Returns `text`. */
#define FILTER_TEXT 4096
const char *filter_print(const struct filter *filter, char text[FILTER_TEXT]);

/*
 * It holds for a session. The digest is trusted for finding and severity, so only the fields auth, observed,
 * mac and verdict cost more than a look (verdict: all rules of the session). What was open in the view is not
 * any more: give a view_bare where that matters.
 */
bool filter_session(const struct filter *filter, struct view *view, const struct view_digest *digest);

/*
 * It holds for a kept message of the session that is open in the view (view_session_open). Fields of sessions
 * are asked of that session.
 */
bool filter_message(const struct filter *filter, struct view *view, const struct nmsp_kept *message);

/* "!=" */
const char *filter_operator_name(enum filter_operator op);

/* Operators and fields, for -h. */
void filter_help(FILE *out);

/* The names of the fields in the order of the help, for completion; NULL at the end. */
const char *filter_field_name(size_t row);

#endif
