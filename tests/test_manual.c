/* The manual page: every row of the tables is in it, and no text can become a request of roff. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "ui/filter_fields.h"
#include "ui/keys.h"
#include "ui/manual.h"
#include "ui/options.h"
#include "ui/roff.h"

#include <stdlib.h>
#include <string.h>

/* What a reader sees: escapes resolved, fonts left out. In place. */
static void unescape(char *text)
{
	static const struct {
		const char *escape;
		char c;
	} escapes[] = {{"\\(rs", '\\'}, {"\\-", '-'},   {"\\(aq", '\''}, {"\\(dq", '"'}, {"\\(ha", '^'},
	               {"\\(ga", '`'},  {"\\(ti", '~'}, {"\\&", 0},      {"\\fB", 0},    {"\\fR", 0}};
	char *to = text;
	while (*text != '\0') {
		size_t i = 0, n = sizeof escapes / sizeof escapes[0];
		while (i < n && strncmp(text, escapes[i].escape, strlen(escapes[i].escape)) != 0)
			i++;
		if (i == n) {
			assert_int_not_equal(*text, '\\');
			*to++ = *text++;
			continue;
		}
		text += strlen(escapes[i].escape);
		if (escapes[i].c != 0)
			*to++ = escapes[i].c;
	}
	*to = '\0';
}

/* Free with free. */
static char *page(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	manual_write(out);
	fclose(out);
	return text;
}

static char *page_as_read(void)
{
	char *text = page();
	unescape(text);
	return text;
}

/* ".TP\nWORD\nTEXT\n", line breaks in the text being spaces. */
static void assert_item(const char *shown, const char *word, const char *text)
{
	char item[1200];
	size_t n = (size_t)snprintf(item, sizeof item, "\n.TP\n%s\n", word);
	for (const char *c = text; *c != '\0'; c++)
		item[n++] = *c == '\n' ? ' ' : *c;
	item[n] = '\0';
	if (strstr(shown, item) == NULL)
		fail_msg("the page lacks: %s", item);
}

static void test_options(void **state)
{
	(void)state;
	char *shown = page_as_read(), word[96], letter[16];
	const struct option_row *row;
	size_t i = 0;
	for (; (row = options_row(i)) != NULL; i++) {
		snprintf(letter, sizeof letter, "-%c, ", row->letter < OPTIONS_LONG_ONLY ? row->letter : '?');
		snprintf(word, sizeof word, "%s--%s %s", row->letter < OPTIONS_LONG_ONLY ? letter : "",
		         row->name, row->argument != NULL ? row->argument : "");
		assert_item(shown, word, row->help);
	}
	assert_true(i > 20);
	free(shown);
}

static void test_keys(void **state)
{
	(void)state;
	char *shown = page_as_read();
	for (size_t i = 0; i < keys_n_rows; i++)
		assert_item(shown, keys_rows[i].shown, keys_rows[i].help);
	for (enum screen_id i = 0; i < SCREENS_WITH_DIGIT; i++) {
		char word[40];
		snprintf(word, sizeof word, "%d %s", (int)i + 1, keys_screen_name(i));
		assert_item(shown, word, "");
	}
	free(shown);
}

static void test_fields(void **state)
{
	(void)state;
	char *shown = page_as_read();
	for (size_t i = 0; i < filter_n_fields; i++) {
		assert_non_null(filter_fields[i].about);
		assert_item(shown, filter_fields[i].name, filter_fields[i].about);
	}
	assert_item(shown, "severity",
	            "of the gravest finding: in this order: none, info, warning, error "
	            "(= != ~ !~ < <= > >=)");
	assert_item(shown, "direction", "direction of an NMSP message: one of: IN, OUT (= != ~ !~)");
	free(shown);
}

/* Each id stands once, under the heading of its severity. */
static void test_findings(void **state)
{
	(void)state;
	char *shown = page_as_read(), tag[64];
	const char *errors = strstr(shown, ".SS \"Errors\""), *warnings = strstr(shown, ".SS \"Warnings\""),
	           *information = strstr(shown, ".SS \"Information\"");
	assert_true(errors != NULL && warnings > errors && information > warnings);
	for (size_t i = 0; findings_id(i) != NULL; i++) {
		const char *id = findings_id(i);
		if (findings_meaning(id) == NULL)
			fail_msg("%s has no sentence in findings/meaning.c", id);
		assert_item(shown, id, findings_meaning(id));
		snprintf(tag, sizeof tag, "\n.TP\n%s\n", id);
		const char *at = strstr(errors, tag);
		assert_null(strstr(at + 1, tag));
		enum severity severity = at > information ? SEVERITY_INFO
		                         : at > warnings  ? SEVERITY_WARNING
		                                          : SEVERITY_ERROR;
		assert_int_equal(severity, findings_gravest(i));
	}
	free(shown);
}

/* All of it is ASCII, and what begins with a dot is a macro that the page uses. */
static void test_lines(void **state)
{
	(void)state;
	static const char *const macros[] = {".TH ", ".SH ",  ".SS ", ".PP", ".TP",
	                                     ".nh",  ".ad l", ".in",  ".nf", ".fi"};
	char *text = page();
	for (const char *c = text; *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		size_t i = 0, n = sizeof macros / sizeof macros[0];
		assert_int_not_equal(line[0], '\'');
		if (line[0] != '.')
			continue;
		while (i < n && strncmp(line, macros[i], strlen(macros[i])) != 0)
			i++;
		if (i == n)
			fail_msg("a request that no page needs: %s", line);
	}
	free(text);
}

static void test_escapes(void **state)
{
	(void)state;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	roff_text(out, ".so /etc/passwd");
	roff_text(out, "'x' \\fB a-b ~^ \"q\"\n.next `bold` end");
	roff_example(out, ".one\n'two\nthree `four`\n.five");
	roff_item(out, ".word", ".text");
	roff_section(out, "A \"B\"");
	fclose(out);
	assert_string_equal(text,
	                    "\\&.so /etc/passwd\n"
	                    "\\(aqx\\(aq \\(rsfB a\\-b \\(ti\\(ha \\(dqq\\(dq .next \\fBbold\\fR end\n"
	                    ".PP\n.in +4n\n.nf\n\\&.one\n\\(aqtwo\nthree \\(gafour\\(ga\n\\&.five\n.fi\n.in\n"
	                    ".TP\n\\&.word\n\\&.text\n"
	                    ".SH \"A \\(dqB\\(dq\"\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),  cmocka_unit_test(test_keys),  cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_findings), cmocka_unit_test(test_lines), cmocka_unit_test(test_escapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
