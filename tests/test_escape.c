/* The escaping function: nothing that a terminal obeys gets through, and no byte is lost. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/escape.h"

#include <stdio.h>
#include <stdlib.h>

struct known {
	const char *in;
	const char *utf8, *ascii;
};

static const struct known knowns[] = {
    {"plain ~ text", "plain ~ text", "plain ~ text"},
    {"\x1b[2J", "\\x1b[2J", "\\x1b[2J"},
    {"\t\r\n\x7f", "\\x09\\x0d\\x0a\\x7f", "\\x09\\x0d\\x0a\\x7f"},
    {"\xc3\xa9", "\xc3\xa9", "\\u{e9}"},
    {"\xc2\x9b"
     "31m",
     "\\u{9b}31m", "\\u{9b}31m"},
    {"\xe2\x80\xae", "\\u{202e}", "\\u{202e}"},
    {"\xe2\x81\xa6", "\\u{2066}", "\\u{2066}"},
    {"\xff\xfe", "\\xff\\xfe", "\\xff\\xfe"},
    {"\xc0\x80", "\\xc0\\x80", "\\xc0\\x80"},                             /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},               /* surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
    {"\xe2\x82", "\\xe2\\x82", "\\xe2\\x82"},                             /* cut */
    {"\xe2\x82"
     "A",
     "\\xe2\\x82A", "\\xe2\\x82A"},
    {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80", "\\u{20ac}\\u{1f600}"},
    {"", "", ""},
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof knowns / sizeof knowns[0]; i++) {
		char *utf8 = escape_text(knowns[i].in, ESCAPE_UTF8);
		char *ascii = escape_text(knowns[i].in, ESCAPE_ASCII);
		assert_string_equal(utf8, knowns[i].utf8);
		assert_string_equal(ascii, knowns[i].ascii);
		free(utf8);
		free(ascii);
	}
}

static void test_nul_inside(void **state)
{
	(void)state;
	char *text = escape_bytes(span_of("a\0b", 3), ESCAPE_UTF8);
	assert_string_equal(text, "a\\x00b");
	free(text);
}

/* Any bytes, in an exact-size block: the answer is printable, and escaping it again changes nothing. */
static void test_random(void **state)
{
	(void)state;
	unsigned seed = 7;
	srand(seed);
	print_message("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % 24;
		uint8_t *bytes = malloc(n + (n == 0));
		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(rand() % 3 ? rand() : 0xe0 | (rand() & 0x1f));
		for (int mode = ESCAPE_UTF8; mode <= ESCAPE_ASCII; mode++) {
			char *once = escape_bytes(span_of(bytes, n), (enum escape_mode)mode);
			char *twice = escape_text(once, (enum escape_mode)mode);
			assert_string_equal(once, twice);
			for (const char *c = once; *c != '\0'; c++) {
				assert_false((unsigned char)*c < 0x20 || *c == 0x7f);
				assert_false(mode == ESCAPE_ASCII && (unsigned char)*c > 0x7e);
			}
			free(once);
			free(twice);
		}
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_nul_inside),
	    cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
