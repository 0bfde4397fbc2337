/* Pasted lines: what terminals, pagers and word processors leave in them, and hashes wrapped over lines. */
#include "dissect/authpaste.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define SHA1   "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256 "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"
#define BACK10 "\b\b\b\b\b\b\b\b\b\b"

/* The lines of a text, each behind its number and in front of its repairs, from a block of exactly its size.
 */
static void lines_of(const char *text, size_t n, char *out, size_t room)
{
	struct authpaste paste;
	struct authpaste_line *line = malloc(sizeof *line);
	uint8_t *copy = malloc(n > 0 ? n : 1);
	size_t used = 0;
	assert_true(line != NULL && copy != NULL);
	memcpy(copy, text, n);
	authpaste_start(&paste, span_of(copy, n));
	out[0] = 0;
	while (authpaste_next(&paste, line)) {
		assert_true(line->n <= sizeof line->text && line->lines > 0);
		used += (size_t)snprintf(&out[used], room - used, "%u:%.*s:%u\n", (unsigned)line->line,
		                         (int)(line->n < 200 ? line->n : 200), line->text, line->repairs);
		assert_true(used < room);
	}
	free(copy);
	free(line);
}

struct row {
	const char *text, *lines;
};

static void assert_rows(const struct row *rows, size_t n)
{
	char lines[4096];
	for (size_t i = 0; i < n; i++) {
		lines_of(rows[i].text, strlen(rows[i].text), lines, sizeof lines);
		if (strcmp(lines, rows[i].lines) != 0)
			fail_msg("%s\nis read as\n%s", rows[i].text, lines);
	}
}

static void terminals(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"", ""},
	    {"one\ntwo", "1:one:0\n2:two:0\n"},
	    {"one\r\ntwo\r\r\n", "1:one:0\n2:two:0\n"},
	    {"one\rtwo\r", "1:one:0\n2:two:0\n"},
	    {"\n\nx  \n", "1::0\n2::0\n3:x:0\n"},
	    {"a\tb\n", "1:a b:0\n"},
	    {"passwird\b\b\bord\n", "1:password:1\n"},
	    {"ab\x7f"
	     "c\n",
	     "1:ac:1\n"},
	    {"\b\bx\n", "1:x:1\n"},
	    {"old text\rnew\n", "1:new text:1\n"},
	    {"\x1b[1mbold\x1b[0m\n", "1:bold:1\n"},
	    {"\x1b]0;title\x07prompt\n", "1:prompt:1\n"},
	    {"\x1b(Bx\x1b\n", "1:x:1\n"},
	    {"--More--\r\x1b[Ktext\n", "1:text:1\n"},
	    {"--More--\x1b[8Dab\x1b[K\n", "1:ab:1\n"},
	    {"abc\x1b[2K\rx\n", "1:x:1\n"},
	    {"abc\x1b[99999999999999999999Dx\n", "1:xbc:1\n"},
	    {"bell\x07\n", "1:bell:1\n"},
	    {" --More-- " BACK10 "          " BACK10 "username\n", "1:username:1\n"},
	};
	assert_rows(rows, sizeof rows / sizeof *rows);
}

static void pagers(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {" --More--           username x\n", "1:username x:2\n"},
	    {"--more-- or (q)uit\n", "1::2\n"},
	    {"<--- More ---> text\n", "1:text:2\n"},
	    {"or (q)uit\n", "1:or (q)uit:0\n"},
	    {"text --More--\n", "1:text --More--:0\n"},
	};
	assert_rows(rows, sizeof rows / sizeof *rows);
}

static void word_processors(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"\xef\xbb\xbf"
	     "a\xc2\xa0"
	     "b\n",
	     "1:a b:4\n"},
	    {"00\xe2\x80\x91"
	     "50\xe2\x88\x92"
	     "56\n",
	     "1:00-50-56:4\n"},
	    {"a\xe2\x80\x8b\xc2\xad\xe2\x81\xa0"
	     "b\n",
	     "1:ab:4\n"},
	    {"\xe2\x80\x9cx\xe2\x80\x9d\n", "1:\"x\":4\n"},
	    {"\xe2\x94\x82 x \xe2\x94\x82\n", "1:| x |:4\n"},
	    {"MAC\xef\xbc\x9ax\n", "1:MAC:x:4\n"},
	    {"caf\xc3\xa9\n", "1:caf\xc3\xa9:0\n"},
	    {"\xe2\x80", "1:\xe2\x80:0\n"},
	};
	char lines[64];
	assert_rows(rows, sizeof rows / sizeof *rows);
	lines_of("\xff\xfe"
	         "a\0b\0\r\0\n\0c\0",
	         12, lines, sizeof lines); /* UTF-16 as Windows writes it */
	assert_string_equal(lines, "1:ab:1\n2:c:1\n");
}

static void wrapped_hashes(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"hash e0afbe2e2abeed5a2f9ffc75\nf059da6a1bf2bfa0\nend\n", "1:hash " SHA1 ":8\n3:end:0\n"},
	    {"hash 6ab919e20afc103d025aaf21\r\n0c2a9dda151af9403ef52e80\r\na35ae1ecb6d3c177",
	     "1:hash " SHA256 ":8\n"},
	    {"| SHA2 | 6ab919e20afc103d025aaf210c2a9dda |\n+------+\n|      | "
	     "151af9403ef52e80a35ae1ecb6d3c177 |\n",
	     "1:| SHA2 | " SHA256 ":8\n"},
	    {"MAC\n 6ab919e20afc103d025aaf210c2a9dda\n 151af9403ef52e80a35ae1ecb6d3c177\n",
	     "1:MAC:0\n2: " SHA256 ":8\n"},
	    {"x e0afbe2e2abeed5a2f9ffc75\n --More-- \n\nf059da6a1bf2bfa0\n", "1:x " SHA1 ":8\n"},
	    /* a hash of 40 digits and its rest, but not another hash */
	    {"x 6ab919e20afc103d025aaf210c2a9dda151af940\n3ef52e80a35ae1ecb6d3c177\n", "1:x " SHA256 ":8\n"},
	    {"x " SHA1 "\n" SHA1 "\n", "1:x " SHA1 ":0\n2:" SHA1 ":0\n"},
	    {"x " SHA1 "\n1\n", "1:x " SHA1 ":0\n2:1:0\n"},
	    /* a MAC address is no beginning of a hash, but behind a command one may be */
	    {"00:50:56:9c:34:89\ne0afbe2e2abeed5a2f9ffc75f059\n",
	     "1:00:50:56:9c:34:89:0\n2:e0afbe2e2abeed5a2f9ffc75f059:0\n"},
	    {"attribute type password e0afbe2e2abe\ned5a2f9ffc75f059da6a1bf2bfa0\n",
	     "1:attribute type password " SHA1 ":8\n"},
	    {"lbs-ssc 0050569c3489 e\n0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0\n",
	     "1:lbs-ssc 0050569c3489 " SHA1 ":8\n"},
	    /* damaged and wrapped */
	    {"x e0afbe2e2abeed5a2f9ffc75\nf059da6a1bf2bfa\n",
	     "1:x e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa:8\n"},
	    {"x eOafbe2e2abeed5a2f9ffc75\nfO59da6albf2bfa0\n",
	     "1:x eOafbe2e2abeed5a2f9ffc75fO59da6albf2bfa0:8\n"},
	    /* words that end in hex letters, other lines */
	    {"interface\n0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0\n",
	     "1:interface:0\n2:0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0:0\n"},
	    {"x e0afbe2e2abeed5a2f9ffc75\nf059da6a1bf2bfa0 y\n",
	     "1:x e0afbe2e2abeed5a2f9ffc75:0\n2:f059da6a1bf2bfa0 y:0\n"},
	    {"x e0afbe2e2abeed5a2f9ffc75\n\n\n\n\nf059da6a1bf2bfa0\n",
	     "1:x e0afbe2e2abeed5a2f9ffc75:0\n2::0\n3::0\n4::0\n5::0\n6:f059da6a1bf2bfa0:0\n"},
	    {"  30820330 30820218 A0030201\n  02020101 300D0609 2A864886\n  F70D0101\n  quit\n",
	     "1:  30820330 30820218 A0030201:0\n2:  02020101 300D0609 2A864886:0\n3:  F70D0101:0\n4:  "
	     "quit:0\n"},
	};
	assert_rows(rows, sizeof rows / sizeof *rows);
}

/* Hashes in groups, broken between two of them or inside of one, quoted too; what only looks like it. */
static void wrapped_groups(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {"MAC 6ab919e2 0afc103d 025aaf21 0c2a9dda\n 151af940 3ef52e80 a35ae1ec b6d3c177\nend\n",
	     "1:MAC " SHA256 ":8\n3:end:0\n"},
	    {"Hash: e0afbe2e 2abeed5a 2f9f\nfc75 f059da6a 1bf2bfa0\n", "1:Hash: " SHA1 ":8\n"},
	    {"Hash: e0af be2e 2abe ed5a 2f9f\nfc75 f059 da6a\n1bf2 bfa0\n", "1:Hash: " SHA1 ":8\n"},
	    {"| SHA1 | e0afbe2e 2abeed5a |\n+------+\n| | 2f9ffc75 f059da6a 1bf2bfa0 |\n",
	     "1:| SHA1 | " SHA1 ":8\n"},
	    {"> Hash: e0afbe2e 2abeed5a\n>\n> 2f9ffc75 f059da6a 1bf2bfa0\n", "1:> Hash: " SHA1 ":8\n"},
	    {"> Hash: e0afbe2e2abeed5a\n> 2f9ffc75f059da6a1bf2bfa0\n", "1:> Hash: " SHA1 ":8\n"},
	    /* one group too few, a column of numbers, bytes of something */
	    {"x 2abeed5a 2f9ffc75\nf059da6a 1bf2bfa0\n", "1:x 2abeed5a 2f9ffc75:0\n2:f059da6a 1bf2bfa0:0\n"},
	    {"x 10000000 20000000\n30000000 40000000 50000000\n",
	     "1:x 10000000 20000000:0\n2:30000000 40000000 50000000:0\n"},
	    {"e0afbe2e 2abeed5a\n2f9ffc75 f059da6a 1bf2bfa0\n",
	     "1:e0afbe2e 2abeed5a:0\n2:2f9ffc75 f059da6a 1bf2bfa0:0\n"},
	    {"x e0afbe2e 2abeed5a\nWLC>\n2f9ffc75 f059da6a 1bf2bfa0\n",
	     "1:x e0afbe2e 2abeed5a:0\n2:WLC>:0\n3:2f9ffc75 f059da6a 1bf2bfa0:0\n"},
	};
	assert_rows(rows, sizeof rows / sizeof *rows);
}

/* Wherever a terminal breaks the line, the hash is whole again. */
static void broken_at_every_digit(void **state)
{
	(void)state;
	static const char line[] = "config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " SHA256;
	char text[sizeof line + 1], lines[256], expected[256];
	size_t from = strlen(line) - strlen(SHA256);
	for (size_t at = from + 1; at < strlen(line); at++) {
		if (strlen(line) - at == 40 || strlen(line) - at == 12)
			continue; /* could be another hash; tested above */
		snprintf(text, sizeof text, "%.*s\n%s", (int)at, line, &line[at]);
		lines_of(text, strlen(text), lines, sizeof lines);
		snprintf(expected, sizeof expected, "1:%s:8\n", line);
		if (strcmp(lines, expected) != 0)
			fail_msg("%s\nis read as\n%s", text, lines);
	}
}

/* A line beyond LIMIT_LINE is cut; noise of every kind ends. */
static void long_and_odd_lines(void **state)
{
	(void)state;
	size_t n = 3 * (size_t)LIMIT_LINE;
	char *text = malloc(n);
	struct authpaste paste;
	struct authpaste_line line;
	assert_non_null(text);
	memset(text, 'a', n);
	authpaste_start(&paste, span_of(text, n));
	assert_true(authpaste_next(&paste, &line));
	assert_int_equal(line.n, LIMIT_LINE);
	assert_int_equal(line.repairs, AUTHPASTE_CUT);
	assert_false(authpaste_next(&paste, &line));
	uint64_t seed = 7;
	for (size_t i = 0; i < n; i++) {
		static const char odd[] = "0afO:-. |\n\r\b\x1b[K8D\xe2\x80\x8b";
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		text[i] = odd[(seed >> 33) % (sizeof odd - 1)];
	}
	for (size_t cut = 0; cut < 400; cut++) {
		uint8_t *copy = malloc(cut > 0 ? cut : 1);
		uint32_t last = 0;
		assert_non_null(copy);
		memcpy(copy, text, cut);
		authpaste_start(&paste, span_of(copy, cut));
		while (authpaste_next(&paste, &line)) {
			assert_true(line.line > last);
			last = line.line + line.lines - 1;
		}
		free(copy);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(terminals),          cmocka_unit_test(pagers),
	    cmocka_unit_test(word_processors),    cmocka_unit_test(wrapped_hashes),
	    cmocka_unit_test(wrapped_groups),     cmocka_unit_test(broken_at_every_digit),
	    cmocka_unit_test(long_and_odd_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
