/* Many lines of a key log at once: the table ends up as if they had come one by one, whatever its limit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/keylog.h"

#include <stdio.h>
#include <string.h>

enum { LINES = 300, RANDOMS = 7, SECRETS = 6, LINE = 200, BAD = 11 };

/* Line i: few randoms and secrets, so that many are alike or the same; one in BAD is no secret. */
static size_t print_line(unsigned i, char line[LINE])
{
	unsigned random = i * i % RANDOMS, secret = i / 3 % SECRETS;
	size_t n = (size_t)snprintf(line, LINE, "CLIENT_RANDOM %064x %095x", random, secret);
	line[n++] = i % BAD == 0 ? 'x' : '0';
	line[n++] = '\n';
	return n;
}

static void same_counts(const struct keylog *one, const struct keylog *other)
{
	struct keylog_counts a = keylog_counts(one), b = keylog_counts(other);
	assert_memory_equal(&a, &b, sizeof a);
	assert_int_equal(keylog_generation(one), keylog_generation(other));
	assert_true(a.duplicates > 0 && a.rubbish > 0 && a.secrets > 0);
}

static void same_secrets(const struct keylog *one, const struct keylog *other)
{
	for (uint8_t random = 0; random < RANDOMS; random++) {
		uint8_t id[TLS_RANDOM] = {[TLS_RANDOM - 1] = random};
		for (unsigned which = 0; which < SECRETS; which++) {
			struct span a = {NULL, 0}, b = {NULL, 0};
			assert_int_equal(keylog_borrow(one, KEYLOG_MASTER, id, which, &a),
			                 keylog_borrow(other, KEYLOG_MASTER, id, which, &b));
			assert_true(span_equal(a, b));
		}
	}
}

static void check_limit(uint64_t limit)
{
	struct keylog *lines = keylog_new(), *whole = keylog_new();
	keylog_set_limit(lines, limit);
	keylog_set_limit(whole, limit);
	static char text[LINES * LINE];
	size_t n = 0;
	for (unsigned i = 0; i < LINES; i++) {
		size_t more = print_line(i, &text[n]);
		keylog_parse(lines, span_of(&text[n], more));
		n += more;
	}
	keylog_parse(whole, span_of(text, n));
	same_counts(lines, whole);
	same_secrets(lines, whole);
	keylog_free(lines);
	keylog_free(whole);
}

static void as_one_by_one(void **state)
{
	(void)state;
	for (uint64_t limit = 1; limit <= 2 * RANDOMS * SECRETS; limit++)
		check_limit(limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_one_by_one)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
