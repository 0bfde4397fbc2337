#include "dissect/names.h"

const char *name_find(const struct name *table, size_t rows, uint32_t value)
{
	for (size_t i = 0; i < rows; i++)
		if (table[i].value == value)
			return table[i].text;
	return NULL;
}

const char *name_find_sorted(const struct name *table, size_t rows, uint32_t value)
{
	size_t low = 0, high = rows;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (table[mid].value == value)
			return table[mid].text;
		if (table[mid].value < value)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
