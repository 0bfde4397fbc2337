/*
 * dissect/trace_words. Its file is included, not linked: the letters by which stems are left early are
 * written beside them, and cannot be seen from outside.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "dissect/trace_words.c"

static uint32_t cues_of_text(const char *text)
{
	return trace_words_all(span_of(text, strlen(text)));
}

/* Rows of both tables, one after the other. */
static const struct stems *row(size_t i)
{
	return i < LETTERS ? &starts[i] : &parts[i - LETTERS];
}

static void every_stem_is_found(void **state)
{
	(void)state;
	size_t found = 0;
	for (size_t i = 0; i < 2 * LETTERS; i++) {
		for (size_t k = 0; k < row(i)->n; k++, found++) {
			const struct stem *stem = &row(i)->stem[k];
			char text[64];
			snprintf(text, sizeof text, stem->place == INSIDE ? "xx%sxx" : "%s", stem->text);
			if ((cues_of_text(text) & stem->cues) != stem->cues)
				fail_msg("%s is not found", text);
			snprintf(text, sizeof text, "%sxx", stem->text);
			if (stem->place == BEGINS && (cues_of_text(text) & stem->cues) != stem->cues)
				fail_msg("%s is not found", text);
		}
	}
	assert_true(found > 100);
}

static void letters_of_a_row_are_those_of_its_stems(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * LETTERS; i++) {
		uint32_t seconds = 0;
		for (size_t k = 0; k < row(i)->n; k++) {
			const struct stem *stem = &row(i)->stem[k];
			assert_int_equal((unsigned char)stem_letter(stem->text[0]) % LETTERS, i % LETTERS);
			assert_true(strlen(stem->text) >= 2);
			seconds |= BIT(stem_letter(stem->text[1]));
		}
		assert_int_equal(row(i)->seconds, seconds);
	}
}

/* Digits that no letter looks like share the low bits of letters. */
static void other_words_have_no_meaning(void **state)
{
	(void)state;
	static const char *const words[] = {"",       "a",     "n",     "a11",    "3in",      "3uccess",
	                                    "4ermin", "6alid", "7ant",  "su",     "conno",    "xhandsh",
	                                    "ale",    "reca",  "newer", "slnsin", "authlis t"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (cues_of_text(words[i]) != 0)
			fail_msg("%s has a meaning", words[i]);
	assert_int_equal(cues_of_text("C0NN"), CUE_CONNECTION);
	assert_int_equal(cues_of_text("lnval1d"), INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_stem_is_found),
	    cmocka_unit_test(letters_of_a_row_are_those_of_its_stems),
	    cmocka_unit_test(other_words_have_no_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
