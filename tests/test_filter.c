/* The filter language as text: the grammar, every field with its values, errors with their columns, round
 * trips. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/seeded.h"

#include "analyzer/model.h"
#include "ui/filter.h"
#include "ui/filter_fields.h"

#include <stdlib.h>

/* The printed form of a filter that must be right. */
static const char *print_of(const char *text)
{
	static char printed[FILTER_TEXT];
	struct filter filter, again;
	struct filter_error err;
	if (!filter_parse(text, true, &filter, &err))
		fail_msg("%s: column %u: %s", text, (unsigned)err.column, err.text);
	assert_int_equal(err.column, 0);
	filter_print(&filter, printed);
	if (!filter_parse(printed, true, &again, &err))
		fail_msg("%s, printed as %s: column %u: %s", text, printed, (unsigned)err.column, err.text);
	assert_memory_equal(&filter, &again, sizeof filter);
	return printed;
}

/* ---- the grammar ---- */

static void test_printed(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} cases[] = {
	    {"", ""},
	    {" \t\r\n ", ""},
	    {"state=failed", "state=failed"},
	    {" STATE  =  Failed ", "state=failed"},
	    {"session=1 session=2", "session=1 session=2"},
	    {"session=1|session=2", "session=1 | session=2"},
	    {"session=1 session=2 | session=3 session=4", "session=1 session=2 | session=3 session=4"},
	    {"session=1 (session=2 | session=3)", "session=1 (session=2 | session=3)"},
	    {"(session=1 | session=2)session=3", "(session=1 | session=2) session=3"},
	    {"session=1(session=2)", "session=1 session=2"},
	    {"((session=1)) ((session=2))", "session=1 session=2"},
	    {"session=1 (session=2 session=3)", "session=1 (session=2 session=3)"},
	    {"(session=1 session=2) session=3", "session=1 session=2 session=3"},
	    {"session=1 | (session=2 | session=3)", "session=1 | (session=2 | session=3)"},
	    {"!session=1", "!session=1"},
	    {"not session=1", "!session=1"},
	    {"not(session=1)", "!session=1"},
	    {"! ! session=1", "session=1"},
	    {"!not!session=1", "!session=1"},
	    {"!(!session=1)", "!(!session=1)"},
	    {"!(session=1 session=2)", "!(session=1 session=2)"},
	    {"!session=1 session=2", "!session=1 session=2"},
	    {"engine~10.1.|engine!~10.2", "engine~10.1. | engine!~10.2"},
	    {"packets<1 packets<=2 packets>3 packets>=4", "packets<1 packets<=2 packets>3 packets>=4"},
	    {"verdict~\"two words\"", "verdict~\"two words\""},
	    {"verdict~\"word\"", "verdict~word"},
	    {"verdict~\"\"", "verdict~\"\""},
	    {"verdict~\"=\"", "verdict~\"=\""},
	    {"verdict~\"a\\\"b\\\\c\\d\"", "verdict~a\"b\\c\\d"},
	    {"verdict~\"\\\" \\\\\"", "verdict~\"\\\" \\\\\""},
	    {"verdict~a\"b", "verdict~a\"b"},
	    {"verdict~\"x\"(session=1)", "verdict~x session=1"},
	    {"verdict~not not session=1", "verdict~not !session=1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(print_of(cases[i].text), cases[i].printed);
}

/* Values are printed in their usual form. */
static void test_values(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} cases[] = {
	    {"engine=10.1.1.5", "engine=10.1.1.5"},
	    {"engine=10.1.1.5:40000", "engine=10.1.1.5:40000"},
	    {"engine=10.1.1.5:0040", "engine=10.1.1.5:40"},
	    {"engine=2001:DB8:0:0:0:0:0:1", "engine=2001:db8::1"},
	    {"engine=[2001:db8::1]", "engine=2001:db8::1"},
	    {"engine=[2001:DB8::1]:16113", "engine=[2001:db8::1]:16113"},
	    {"engine=::ffff:0a01:105", "engine=::ffff:10.1.1.5"}, /* longer than it was */
	    {"engine=\"\"", "engine=\"\""},
	    {"engine~foo", "engine~foo"},
	    {"mac=00:50:56:9C:34:89", "mac=0050569c3489"},
	    {"mac=0050.569c.3489", "mac=0050569c3489"},
	    {"mac~00-50", "mac~0050"},
	    {"mac=\"\"", "mac=\"\""},
	    {"version>=tlsv1.2", "version>=TLSv1.2"},
	    {"severity=NONE", "severity=none"},
	    {"finding=auth-rejected", "finding=auth-rejected"},
	    {"auth=MATCH", "auth=match"},
	    {"direction=in", "direction=IN"},
	    {"bytes>10k", "bytes>10k"},
	    {"bytes>9223372036854775807", "bytes>9223372036854775807"},
	    {"age>5m", "age>5m"},
	    {"opened>=2026-03-02", "opened>=2026-03-02"},
	    {"opened=\"2026-03-02 09:15\"", "opened=\"2026-03-02 09:15\""},
	    {"opened=2026-03-02T09:15:00.000024Z", "opened=2026-03-02T09:15:00.000024Z"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(print_of(cases[i].text), cases[i].printed);
}

static void range(const char *text, bool utc, int64_t from, int64_t to)
{
	struct filter filter;
	struct filter_error err;
	if (!filter_parse(text, utc, &filter, &err))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(filter.n_terms, 1);
	assert_int_equal(filter.terms[0].from, from);
	assert_int_equal(filter.terms[0].to, to);
}

static void test_ranges(void **state)
{
	(void)state;
	const int64_t at = INT64_C(1772442900) * NS_PER_S; /* date -ud '2026-03-02 09:15' +%s */
	const int64_t day = INT64_C(86400) * NS_PER_S, midnight = at - (9 * 60 + 15) * 60 * NS_PER_S;
	range("bytes=7", true, 7, 7);
	range("bytes=7k", true, 7000, 7000);
	range("bytes=7K", true, 7000, 7000);
	range("bytes=7M", true, 7000000, 7000000);
	range("bytes=7G", true, INT64_C(7000000000), INT64_C(7000000000));
	range("age=7us", true, 7 * NS_PER_US, 7 * NS_PER_US);
	range("age=7ms", true, 7 * NS_PER_MS, 7 * NS_PER_MS);
	range("age=7s", true, 7 * NS_PER_S, 7 * NS_PER_S);
	range("age=7m", true, 420 * NS_PER_S, 420 * NS_PER_S);
	range("age=7h", true, 25200 * NS_PER_S, 25200 * NS_PER_S);
	range("age=7d", true, 7 * day, 7 * day);
	range("opened=2026-03-02", true, midnight, midnight + day - 1);
	range("opened=2026-03-02Z", false, midnight, midnight + day - 1);
	range("opened=2026-03-02T09:15", true, at, at + 60 * NS_PER_S - 1);
	range("opened=2026-03-02T09:15:00", true, at, at + NS_PER_S - 1);
	range("opened=2026-03-02T09:15:00.5", true, at + 500 * NS_PER_MS, at + 600 * NS_PER_MS - 1);
	range("opened=2026-03-02T09:15:00.000024", true, at + 24 * NS_PER_US, at + 25 * NS_PER_US - 1);
	range("opened=2026-03-02T09:15:00.123456789Z", true, at + 123456789, at + 123456789);
	range("severity=none", true, 0, 0);
	range("severity=error", true, 3, 3);
	setenv("TZ", "EST5", 1);
	range("opened=2026-03-02T04:15", false, at, at + 60 * NS_PER_S - 1);
	range("opened=2026-03-02T09:15Z", false, at, at + 60 * NS_PER_S - 1);
	setenv("TZ", "UTC", 1);
}

/* ---- errors ---- */

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t column;
		const char *part;
	} cases[] = {
	    {"stat=failed", 1, "no field \"stat\", the nearest is state; fields: session state controller"},
	    {"severty>=error", 1, "the nearest is severity"},
	    {"x=1", 1, "no field \"x\"; fields:"},
	    {"session=1 or session=2", 11, "\"or\" is written |"},
	    {"session=1 and session=2", 11, "\"and\" is written as a space"},
	    {"state", 6, "state wants an operator"},
	    {"state failed", 7, "state wants an operator"},
	    {"state=", 7, "a value is missing"},
	    {"state= | session=1", 8, "a value is missing"},
	    {"state==failed", 7, "not ="},
	    {"state=faild", 7, "state is never \"faild\"; the nearest is failed; it is one of connecting"},
	    {"finding=auth-reject", 9, "the nearest is auth-rejected"},
	    {"finding=capture-dropped", 9, "finding is never \"capture-dropped\""}, /* of no session */
	    {"version=TLSv1.4", 9, "it is one of SSLv2 SSLv3 TLSv1.0 TLSv1.1 DTLSv1.0 TLSv1.2"},
	    {"state<failed", 6, "state has no order"},
	    {"state  >= failed", 8, "state has no order"},
	    {"engine<10.1.1.1", 7, "engine has no order"},
	    {"mac<0050569c3489", 4, "mac has no order"},
	    {"cipher>x", 7, "cipher has no order"},
	    {"bytes~1", 6, "bytes is no text"},
	    {"age!~1s", 4, "age is no text"},
	    {"opened~1", 7, "opened is no text"},
	    {"bytes=1x", 7, "bytes wants a whole number"},
	    {"bytes=-1", 7, "bytes wants a whole number"},
	    {"bytes=9223372036854775808", 7, "bytes wants a whole number"},
	    {"bytes=9300000000G", 7, "bytes wants a whole number"},
	    {"age>5", 5, "age wants a time such as 10s or 5m"},
	    {"age>5w", 5, "age wants a time"},
	    {"opened>2026-02-30", 8, "opened wants a day"},
	    {"opened>2026-13-01", 8, "opened wants a day"},
	    {"opened>2026-03-02T24:00", 8, "opened wants a day"},
	    {"opened>2026-03-02T09", 8, "opened wants a day"},
	    {"opened>2026-03-02T09:15:00.", 8, "opened wants a day"},
	    {"opened>2026-03-02T09:15:00.1234567890", 8, "opened wants a day"},
	    {"opened>1969-12-31", 8, "opened wants a day"},
	    {"opened>2300-01-01", 8, "opened wants a day"},
	    {"opened>today", 8, "opened wants a day"},
	    {"engine=foo", 8, "engine wants an address"},
	    {"engine=10.1.1", 8, "engine wants an address"},
	    {"engine=10.1.1.5:", 8, "engine wants an address"},
	    {"engine=10.1.1.5:65536", 8, "engine wants an address"},
	    {"engine=[10.1.1.5]:1", 8, "engine wants an address"},
	    {"engine=[::1", 8, "engine wants an address"},
	    {"engine=[::1]x", 8, "engine wants an address"},
	    {"mac=0050569c348", 5, "12 hex digits"},
	    {"mac=0050569c34890", 5, "12 hex digits"},
	    {"mac~xyz", 5, "12 hex digits"},
	    {"session=1 | ", 13, "a term is missing"},
	    {"| session=1", 1, "a term is missing"},
	    {"session=1 || session=2", 12, "a term is missing"},
	    {"()", 2, "a term is missing"},
	    {"!", 2, "a term is missing"},
	    {"not", 4, "a term is missing"},
	    {"(session=1", 1, "the end of this parenthesis is missing"},
	    {"session=1)", 10, "this parenthesis ends nothing"},
	    {"verdict~\"x", 9, "the end of this quote is missing"},
	    {"verdict~\"x\\", 9, "the end of this quote is missing"},
	    {"verdict~\"x\"y", 12, "a space is missing behind the quote"},
	    {"verdict~\xc3\xa9 \xc3\xa9", 11, "a term is missing"}, /* columns are characters */
	    {"((((((((((((((((( session=1", 17, "more than 16 parentheses"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct filter filter;
		struct filter_error err;
		if (filter_parse(cases[i].text, true, &filter, &err))
			fail_msg("%s is taken", cases[i].text);
		if (err.column != cases[i].column)
			fail_msg("%s: column %u: %s", cases[i].text, (unsigned)err.column, err.text);
		has(err.text, cases[i].part);
		assert_true(filter_is_empty(&filter));
	}
}

static void repeat(char *text, const char *part, size_t times)
{
	for (size_t i = 0; i < times; i++)
		strcat(text, part);
}

static void test_limits(void **state)
{
	(void)state;
	char text[8192] = "";
	struct filter filter;
	struct filter_error err;
	repeat(text, "(", LIMIT_FILTER_DEPTH);
	strcat(text, "session=1");
	repeat(text, ")", LIMIT_FILTER_DEPTH);
	assert_true(filter_parse(text, true, &filter, &err));
	text[0] = '\0';
	repeat(text, "session=1 ", LIMIT_FILTER_TERMS);
	assert_true(filter_parse(text, true, &filter, &err));
	repeat(text, "session=1", 1);
	assert_false(filter_parse(text, true, &filter, &err));
	has(err.text, "more than 64 terms");
	assert_int_equal(err.column, 641);
	strcpy(text, "verdict~");
	repeat(text, "x", LIMIT_FILTER_VALUES - 1);
	assert_true(filter_parse(text, true, &filter, &err));
	repeat(text, "x", 1);
	assert_false(filter_parse(text, true, &filter, &err));
	has(err.text, "1024 bytes together");
	text[0] = '\0';
	repeat(text, "!(!(!(!(!(session=1))))) ", LIMIT_FILTER_TERMS);
	assert_false(filter_parse(text, true, &filter, &err));
	has(err.text, "too long");
	strcpy(text, "verdict~");
	repeat(text, "x", LIMIT_FILTER_VALUES - 14);
	repeat(text, " engine=::ffff:ff:1", 1); /* longer in its usual form, and there is no room */
	assert_false(filter_parse(text, true, &filter, &err));
	has(err.text, "an address that is shorter");
}

/* The longest printed form has room. */
static void test_longest(void **state)
{
	(void)state;
	char text[8192] = "", printed[FILTER_TEXT];
	struct filter filter, again;
	struct filter_error err;
	repeat(text, "!(!(controller!=\"\")) (", 15);
	repeat(text, "verdict!~\"\\\" \\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\" ",
	       LIMIT_FILTER_TERMS - 15);
	repeat(text, ")", 15);
	if (!filter_parse(text, true, &filter, &err))
		fail_msg("column %u: %s", (unsigned)err.column, err.text);
	assert_true(strlen(filter_print(&filter, printed)) < sizeof printed - 1);
	assert_true(filter_parse(printed, true, &again, &err));
	assert_memory_equal(&filter, &again, sizeof filter);
}

/* ---- properties ---- */

static const char *const pieces[] = {
    "session=1",
    "state=failed",
    "engine~10.",
    "severity>=warning",
    "verdict~\"a b\"",
    "opened<2026-01-01",
    "mac=",
    "\"",
    "\\",
    "(",
    ")",
    "|",
    "!",
    "not ",
    " ",
    "=",
    "<=",
    "~",
    "\xc3\xa9",
    "x",
    "10s",
    "auth!=match",
    "type",
    "[::1]:5",
};

/* Whatever is typed: an error has a place in the text, and what is taken reads back as itself. */
static void test_random(void **state)
{
	(void)state;
	unsigned taken = 0;
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		struct seeded s = seeded_of(seed);
		char text[512] = "", printed[FILTER_TEXT];
		struct filter filter, again;
		struct filter_error err;
		for (uint32_t n = seeded_below(&s, 12); n > 0; n--)
			strcat(text, pieces[seeded_below(&s, sizeof pieces / sizeof pieces[0])]);
		if (!filter_parse(text, true, &filter, &err)) {
			seeded_check(&s, err.column >= 1 && err.at <= strlen(text) && err.text[0] != '\0',
			             text);
			continue;
		}
		taken++;
		seeded_check(&s, filter_parse(filter_print(&filter, printed), true, &again, &err), printed);
		seeded_check(&s, memcmp(&filter, &again, sizeof filter) == 0, text);
	}
	assert_true(taken > 500);
}

/* Each field is a column that there is. */
static void test_fields(void **state)
{
	(void)state;
	assert_true(filter_n_fields <= UINT8_MAX);
	for (size_t i = 0; i < filter_n_fields; i++) {
		const struct filter_field *field = &filter_fields[i];
		assert_true((field->kind == FILTER_WORD || field->kind == FILTER_RANK) ==
		            (field->words != NULL));
		assert_ptr_equal(filter_field_find(field->name, strlen(field->name)), field);
		assert_string_equal(filter_nearest(field->name, strlen(field->name), filter_field_name),
		                    field->name);
	}
	assert_null(filter_field_name(filter_n_fields));
	assert_null(filter_nearest("", 0, filter_field_name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printed), cmocka_unit_test(test_values), cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_errors),  cmocka_unit_test(test_limits), cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_random),  cmocka_unit_test(test_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
