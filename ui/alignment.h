/*
 * Two lists of texts side by side: the longest run of equal texts in their order stands in common rows, what
 * is only in one of the lists stands between them. Called by the screen that compares sessions; knows nothing
 * of them.
 */
#ifndef UI_ALIGNMENT_H
#define UI_ALIGNMENT_H

#include <stdbool.h>
#include <stddef.h>

#define ALIGNMENT_NONE ((size_t)-1)

/* Indices in the two lists, ALIGNMENT_NONE where a list has nothing in this row. */
struct alignment_row {
	size_t at[2];
	bool equal;
};

/*
 * Fills in `rows`, which has room for n[0] + n[1] of them, and returns how many there are. Time and memory
 * grow with n[0] * n[1].
 */
size_t alignment_of(char *const *const lists[2], const size_t n[2], struct alignment_row *rows);

#endif
