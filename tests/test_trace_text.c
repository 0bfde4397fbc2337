/* dissect/trace_text: words as they fold, and how far two texts are apart. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "dissect/trace_text.h"
#include "tests/seeded.h"

#define ROUNDS  20000
#define LONGEST 12

static struct span text_of(const char *text)
{
	return span_of(text, strlen(text));
}

static void words_fold(void **state)
{
	(void)state;
	struct rd r = rd_of(text_of("  --SSL_d0 \xc3\xa9tat\xc3\x28 \xff\xc3"));
	struct trace_word word;
	assert_true(trace_text_word(&r, &word));
	assert_true(trace_text_is(&word, "SSL_do") == false && trace_text_is(&word, "ssldo"));
	assert_true(span_equal(word.printed, text_of("SSL_d0")));
	assert_true(trace_text_begins(&word, "ssl") && trace_text_holds(&word, "ldo"));
	assert_false(trace_text_holds(&word, "dos"));
	assert_true(trace_text_word(&r, &word));
	assert_string_equal(word.fold, "etat");
	assert_false(trace_text_word(&r, &word));
}

static void long_words_are_cut(void **state)
{
	(void)state;
	char text[3 * TRACE_TEXT_WORD];
	memset(text, 'x', sizeof text);
	struct rd r = rd_of(span_of(text, sizeof text));
	struct trace_word word;
	assert_true(trace_text_word(&r, &word));
	assert_int_equal(word.n, TRACE_TEXT_WORD);
	assert_int_equal(word.printed.n, sizeof text);
	assert_true(rd_done(&r));
}

/* As the textbook has it: every cell, no limit. */
static size_t plain_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), cell[LONGEST + 1][LONGEST + 1];
	for (size_t i = 0; i <= n; i++) {
		for (size_t k = 0; k <= m; k++) {
			size_t best = i == 0 ? k : i;
			if (i > 0 && k > 0) {
				best = cell[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
				best = cell[i - 1][k] + 1 < best ? cell[i - 1][k] + 1 : best;
				best = cell[i][k - 1] + 1 < best ? cell[i][k - 1] + 1 : best;
			}
			cell[i][k] = best;
		}
	}
	return cell[n][m];
}

/* Few letters, so that the two have much in common. */
static void any_text(struct seeded *s, char text[LONGEST + 1])
{
	size_t n = seeded_below(s, LONGEST + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = "abc"[seeded_below(s, 3)];
	text[n] = '\0';
}

static void distances_are_those_of_the_textbook(void **state)
{
	(void)state;
	struct seeded s = seeded_of(1);
	for (size_t round = 0; round < ROUNDS; round++) {
		char a[LONGEST + 1], b[LONGEST + 1], folds[TRACE_TEXT_LETTERS];
		any_text(&s, a);
		any_text(&s, b);
		struct span letters = span_of(folds, trace_text_letters(text_of(a), folds));
		size_t expected = plain_distance(a, b);
		for (size_t limit = 0; limit <= LONGEST; limit++)
			if (trace_text_distance(letters, b, limit) !=
			    (expected <= limit ? expected : limit + 1))
				fail_msg("%s, %s within %zu: not %zu", a, b, limit, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_fold),
	    cmocka_unit_test(long_words_are_cut),
	    cmocka_unit_test(distances_are_those_of_the_textbook),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
