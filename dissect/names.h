/* Value -> name tables. A table is const data, sorted or not; short ones are searched in order. */
#ifndef DISSECT_NAMES_H
#define DISSECT_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct name {
	uint32_t value;
	const char *text;
};

/* The text of the first row with this value, or NULL. */
const char *name_find(const struct name *table, size_t rows, uint32_t value);

/* The same in a table sorted by value, by halving. */
const char *name_find_sorted(const struct name *table, size_t rows, uint32_t value);

#endif
