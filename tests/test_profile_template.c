/* --profile-template: what it prints is a profile that -P takes, and explains every word of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "dissect/profile_words.h"
#include "ui/profile_template.h"

#include <stdlib.h>

static char *printed(size_t *n)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, n);
	assert_non_null(out);
	profile_template_print(out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_it_is_a_profile(void **state)
{
	(void)state;
	size_t n;
	char *text = printed(&n);
	struct profile got, builtin;
	struct profile_error error;
	profile_builtin(&builtin);
	assert_true(profile_parse(span_of(text, n), &got, &error));
	assert_int_equal(got.origin, PROFILE_USER);
	assert_string_equal(got.name, "mine");
	memcpy(builtin.name, got.name, sizeof got.name);
	builtin.origin = got.origin;
	assert_memory_equal(&got, &builtin, sizeof got);
	free(text);
}

static void test_every_word_is_explained(void **state)
{
	(void)state;
	size_t n;
	char *text = printed(&n);
	for (int k = 0; k < KEYWORDS; k++) {
		char first[64];
		snprintf(first, sizeof first, "%.40s", profile_meanings[k]);
		const char *meaning = strstr(text, first);
		assert_non_null(meaning);
		while ((meaning = strchr(meaning, '\n')) != NULL && meaning[1] == '#')
			meaning++;
		assert_non_null(meaning); /* its line stands right behind the comment */
		assert_memory_equal(&meaning[1], profile_keywords[k], strlen(profile_keywords[k]));
	}
	const char *kinds = strstr(text, "# Kinds:");
	assert_non_null(kinds);
	for (int kind = 0; kind < FIELD_KINDS; kind++)
		assert_non_null(strstr(kinds, profile_kinds[kind]));
	free(text);
}

static void test_lines_are_short(void **state)
{
	(void)state;
	size_t n;
	char *text = printed(&n);
	struct rd r = rd_of(span_of(text, n));
	while (rd_more(&r))
		assert_true(rd_line(&r).n <= 110);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_is_a_profile),
	                                   cmocka_unit_test(test_every_word_is_explained),
	                                   cmocka_unit_test(test_lines_are_short)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
