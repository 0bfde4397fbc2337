/* Two lists side by side: every text once and in order, equal ones in common rows, and as many of these as
 * can be. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/seeded.h"
#include "ui/alignment.h"

#include <string.h>
#include <time.h>

#define MOST 12

static char letters[8][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};

/* "a=a b: d:c" for rows of equal texts, and of others. */
static void expect(const char *left, const char *right, const char *expected)
{
	char *texts[2][MOST], *const *const lists[2] = {texts[0], texts[1]};
	const size_t n[2] = {strlen(left), strlen(right)};
	const char *const given[2] = {left, right};
	struct alignment_row rows[2 * MOST];
	char drawn[4 * 2 * MOST + 1];
	size_t at = 0;
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < n[side]; i++)
			texts[side][i] = letters[given[side][i] - 'a'];
	size_t n_rows = alignment_of(lists, n, rows);
	for (size_t i = 0; i < n_rows; i++) {
		drawn[at++] = rows[i].at[0] == ALIGNMENT_NONE ? '-' : left[rows[i].at[0]];
		drawn[at++] = rows[i].equal ? '=' : ':';
		drawn[at++] = rows[i].at[1] == ALIGNMENT_NONE ? '-' : right[rows[i].at[1]];
		drawn[at++] = ' ';
	}
	drawn[at > 0 ? at - 1 : 0] = '\0';
	assert_string_equal(drawn, expected);
}

static void test_rows(void **state)
{
	(void)state;
	expect("", "", "");
	expect("abc", "abc", "a=a b=b c=c");
	expect("abc", "", "a:- b:- c:-");
	expect("", "ab", "-:a -:b");
	expect("abc", "ac", "a=a b:- c=c");
	expect("ac", "abc", "a=a -:b c=c");
	expect("abd", "acd", "a=a b:c d=d"); /* what differs stands side by side */
	expect("abcd", "bd", "a:- b=b c:- d=d");
	expect("ab", "ba", "a:- b=b -:a");
	expect("aefb", "agb", "a=a e:g f:- b=b");
}

/* The longest common run, by trying all of the left list's parts. */
static unsigned longest(const size_t *left, size_t n, const size_t *right, size_t m)
{
	unsigned best = 0;
	for (unsigned part = 0; part < 1u << n; part++) {
		size_t at = 0;
		unsigned length = 0;
		bool fits = true;
		for (size_t i = 0; i < n && fits; i++) {
			if ((part >> i & 1) == 0)
				continue;
			while (at < m && right[at] != left[i])
				at++;
			fits = at++ < m;
			length++;
		}
		best = fits && length > best ? length : best;
	}
	return best;
}

static void test_any_lists(void **state)
{
	(void)state;
	struct seeded seed = seeded_of((uint64_t)time(NULL));
	print_message("seed %" PRIu64 "\n", seed.seed);
	for (int round = 0; round < 500; round++) {
		char *texts[2][8], *const *const lists[2] = {texts[0], texts[1]};
		size_t which[2][8], n[2] = {seeded_below(&seed, 9), seeded_below(&seed, 9)}, next[2] = {0, 0};
		struct alignment_row rows[16];
		unsigned equal = 0;
		for (size_t side = 0; side < 2; side++)
			for (size_t i = 0; i < n[side]; i++)
				texts[side][i] = letters[which[side][i] = seeded_below(&seed, 4)];
		size_t n_rows = alignment_of(lists, n, rows);
		seeded_check(&seed, n_rows <= n[0] + n[1], "too many rows");
		for (size_t i = 0; i < n_rows; i++) {
			equal += rows[i].equal;
			for (size_t side = 0; side < 2; side++)
				if (rows[i].at[side] != ALIGNMENT_NONE)
					seeded_check(&seed, rows[i].at[side] == next[side]++, "not in order");
			if (rows[i].equal)
				seeded_check(&seed, which[0][rows[i].at[0]] == which[1][rows[i].at[1]],
				             "not equal");
		}
		seeded_check(&seed, next[0] == n[0] && next[1] == n[1], "a text is missing");
		seeded_check(&seed, equal == longest(which[0], n[0], which[1], n[1]), "not the longest run");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_any_lists)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
