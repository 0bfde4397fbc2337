/* The longest common subsequence; see alignment.h. */
#include "ui/alignment.h"

#include "analyzer/xmalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* lengths[i * (n[1] + 1) + k]: of the longest run in what follows from i and k on. */
static uint32_t *measure(char *const *const lists[2], const size_t n[2])
{
	size_t width = n[1] + 1;
	uint32_t *lengths = xcalloc((n[0] + 1) * width, sizeof *lengths);
	for (size_t i = n[0]; i-- > 0;)
		for (size_t k = n[1]; k-- > 0;) {
			uint32_t down = lengths[(i + 1) * width + k], right = lengths[i * width + k + 1];
			lengths[i * width + k] = strcmp(lists[0][i], lists[1][k]) == 0
			                             ? lengths[(i + 1) * width + k + 1] + 1
			                         : down > right ? down
			                                        : right;
		}
	return lengths;
}

size_t alignment_of(char *const *const lists[2], const size_t n[2], struct alignment_row *rows)
{
	uint32_t *lengths = measure(lists, n);
	size_t width = n[1] + 1, at[2] = {0, 0}, n_rows = 0, waiting[2] = {0, 0};
	while (at[0] < n[0] || at[1] < n[1]) {
		bool both = at[0] < n[0] && at[1] < n[1];
		if (both && strcmp(lists[0][at[0]], lists[1][at[1]]) == 0) {
			rows[n_rows++] = (struct alignment_row){{at[0]++, at[1]++}, true};
			waiting[0] = waiting[1] = n_rows;
			continue;
		}
		bool left = at[1] == n[1] || (both && lengths[(at[0] + 1) * width + at[1]] >=
		                                          lengths[at[0] * width + at[1] + 1]);
		size_t side = left ? 0 : 1, row = waiting[side]++;
		if (row == n_rows)
			rows[n_rows++] = (struct alignment_row){{ALIGNMENT_NONE, ALIGNMENT_NONE}, false};
		rows[row].at[side] = at[side]++;
	}
	free(lengths);
	return n_rows;
}
