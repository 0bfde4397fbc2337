/* A profile, the fields that it reads in a message, and what one of these must be. After cmocka and hex.h. */
#ifndef TESTS_NMSPREAD_H
#define TESTS_NMSPREAD_H

#include "dissect/nmsp.h"

static struct profile profile; /* too large for comfort on a stack under ASan */
static struct fields fields;

static inline void use(const char *text)
{
	struct profile_error error;
	if (!profile_parse(span_of(text, strlen(text)), &profile, &error))
		fail_msg("line %u: %s: %s", error.line, error.word, error.problem);
}

static inline void assert_field(uint32_t i, const char *name, enum field_kind kind, size_t off, size_t n,
                                uint64_t number)
{
	assert_true(i < fields.n);
	const struct field *field = &fields.list[i];
	assert_string_equal(field->name, name);
	assert_int_equal(field->kind, kind);
	assert_int_equal(field->off, off);
	assert_int_equal(field->bytes.n, n);
	assert_int_equal(field->number, number);
}

#endif
