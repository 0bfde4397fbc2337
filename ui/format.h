/*
 * A value -> text. People and JSON share the spelling of addresses, hashes and codes; JSON asks for the
 * machine's form of times. Called by the renderers; the answer is always escaped.
 */
#ifndef UI_FORMAT_H
#define UI_FORMAT_H

#include "ui/escape.h"
#include "ui/view.h"

struct format {
	enum escape_mode escape;
	bool utc; /* times in UTC, else in the local zone */
};

/* Adds the value for people. A null value gives "-". */
void format_add(struct buffer *out, const struct value *value, const struct format *how);

/* The same as a C string, to be freed with free(). */
char *format_value(const struct value *value, const struct format *how);

/* A duration in the unit that suits it: "12 us", "1.25 ms", "1.0 s", "3 min 20 s", "2 d 4 h". */
#define FORMAT_DURATION 32
const char *format_duration(int64_t ns, char text[FORMAT_DURATION]);

/* RFC 3339 in UTC with microseconds; `ns` is a part of a second. */
#define FORMAT_TIME 64
const char *format_rfc3339(int64_t seconds, int64_t ns, char text[FORMAT_TIME]);

/* Splits nanoseconds into seconds, rounded down, and the rest. */
int64_t format_split(int64_t ns, int64_t *rest);

#endif
