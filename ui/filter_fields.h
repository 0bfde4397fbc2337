/*
 * The fields of the filter language: one const table. Most are a column of the view's tables, so that filter
 * and report cannot differ; a new one is one row. Shared by the files of the filter and by nobody else.
 */
#ifndef UI_FILTER_FIELDS_H
#define UI_FILTER_FIELDS_H

#include "ui/filter.h"
#include "ui/view.h"

enum filter_kind {
	FILTER_TEXT_ANY, /* any text */
	FILTER_WORD,     /* one of `words` */
	FILTER_RANK,     /* one of `words`, which stand in their order */
	FILTER_HOST,     /* an address, or an address and a port */
	FILTER_MAC,      /* in any notation */
	FILTER_NUMBER,   /* also with k, M or G behind it */
	FILTER_DURATION, /* us, ms, s, m, h or d behind it */
	FILTER_TIME,     /* 2026-03-02, 2026-03-02T09:15, with seconds, with parts of one; Z: UTC */
};

/* What must be computed of a session before its getters can be asked. */
enum filter_needs { FILTER_NEEDS_AUTH = 1 << 0, FILTER_NEEDS_VERDICT = 1 << 1 };

struct filter_field {
	const char *name;
	const char *about; /* for people: of what it is */
	enum filter_kind kind;
	const char *(*words)(size_t i); /* NULL at the end; of FILTER_WORD and FILTER_RANK */
	const struct table *table;      /* where the path begins */
	const char *path;               /* keys of columns, joined by points */
	const char *message;            /* column of view_message_list; NULL: it is about the session */
	unsigned needs;
};

extern const struct filter_field filter_fields[];
extern const size_t filter_n_fields;

/* The field of this name in any case of its letters; NULL: there is none. */
const struct filter_field *filter_field_find(const char *name, size_t n);

/* The operator of a term can be asked of its field. False with a sentence in `problem`. */
bool filter_operator_fits(const struct filter_term *term, char problem[FILTER_PROBLEM]);

/*
 * Checks the value of a term, whose field and operator are set, and fills in its range. `text` may be
 * rewritten to its usual form, which is never longer than `room` and parses the same. False with a sentence
 * in `problem`.
 */
bool filter_value(struct filter_term *term, bool utc, char *text, size_t room, char problem[FILTER_PROBLEM]);

/* "nearest": the name that needs the fewest changes to become `word`; NULL when none is near. */
const char *filter_nearest(const char *word, size_t n, const char *(*names)(size_t i));

#endif
