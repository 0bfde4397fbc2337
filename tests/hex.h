/*
 * Bytes written as hex in a test, in a heap block of exactly their size: so ASan sees the first byte past
 * the end. Included by tests after cmocka.
 */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <stdlib.h>
#include <string.h>
#include "dissect/rd.h"

static inline uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Bytes of a hex text in a heap block of exactly their size; blanks only part the fields. */
static inline struct span hex_bytes(const char *hex)
{
	uint8_t *p = malloc(strlen(hex) / 2 + 1);
	size_t n = 0, digits = 0;
	assert_non_null(p);
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		p[n] = (uint8_t)((digits % 2 == 0 ? 0 : p[n] << 4) | hex_digit(*hex));
		n += digits++ % 2;
	}
	uint8_t *exact = malloc(n);
	assert_non_null(exact);
	memcpy(exact, p, n);
	free(p);
	return span_of(exact, n);
}

static inline void hex_free(struct span s)
{
	free((void *)(uintptr_t)s.p);
}

#endif
