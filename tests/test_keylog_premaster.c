/* Premaster secrets in key logs: their labels, their lengths, and what long ones cost. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/keylog.h"
#include "dissect/limits.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const uint8_t random_of[TLS_RANDOM] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                              16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* Label, id and a secret of n bytes, all of them `byte`. */
static void parse(struct keylog *keylog, const char *front, size_t n, unsigned byte)
{
	size_t used = strlen(front), room = used + 2 * n + 2;
	char *line = malloc(room);
	assert_non_null(line);
	memcpy(line, front, used);
	for (size_t i = 0; i < n; i++)
		snprintf(&line[used + 2 * i], 3, "%02x", byte);
	line[used + 2 * n] = '\n';
	keylog_parse(keylog, span_of(line, used + 2 * n + 1));
	free(line);
}

static bool has(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                unsigned which, size_t n, unsigned byte)
{
	struct span secret;
	if (!keylog_borrow(keylog, label, id, which, &secret) || secret.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (secret.p[i] != byte)
			return false;
	return true;
}

static void of_any_length(void **state)
{
	(void)state;
	static const size_t lengths[] = {1, 32, 48, 49, 66, 256, LIMIT_PREMASTER};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct keylog *keylog = keylog_new();
		struct keylog_secret copy;
		parse(keylog, "PMS_CLIENT_RANDOM " RANDOM " ", lengths[i], 0xa7);
		parse(keylog, "pms_client_random " RANDOM " ", lengths[i], 0xa7);
		parse(keylog, "PMS_CLIENT_RANDOM " RANDOM " ", lengths[i], 0xb8);
		assert_true(has(keylog, KEYLOG_PREMASTER, random_of, 0, lengths[i], 0xa7));
		assert_true(has(keylog, KEYLOG_PREMASTER, random_of, 1, lengths[i], 0xb8));
		assert_false(keylog_find(keylog, KEYLOG_MASTER, random_of, 0, &copy));
		assert_int_equal(keylog_find(keylog, KEYLOG_PREMASTER, random_of, 0, &copy),
		                 lengths[i] <= KEYLOG_SECRET);
		struct keylog_counts counts = keylog_counts(keylog);
		assert_true(counts.secrets == 2 && counts.duplicates == 1 && counts.rubbish == 0);
		keylog_free(keylog);
	}
}

static void of_rsa(void **state)
{
	(void)state;
	const uint8_t id[TLS_RANDOM] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
	struct keylog *keylog = keylog_new();
	parse(keylog, "RSA 0011223344556677 ", 48, 3);
	assert_true(has(keylog, KEYLOG_PREMASTER_RSA, id, 0, 48, 3));
	assert_false(has(keylog, KEYLOG_PREMASTER_RSA, random_of, 0, 48, 3));
	keylog_free(keylog);
}

static void rubbish(void **state)
{
	(void)state;
	static const struct {
		const char *front;
		size_t n;
	} rows[] = {
	    {"RSA 0011223344556677 ", 47},         {"RSA 0011223344556677 ", 0},
	    {"RSA 00112233445566 ", 48},           {"RSA " RANDOM " ", 48},
	    {"RSA 001122334455667x ", 48},         {"PMS_CLIENT_RANDOM " RANDOM " ", 0},
	    {"PMS_CLIENT_RANDOM 00 ", 48},         {"PMS_CLIENT_RANDOM " RANDOM " ", LIMIT_PREMASTER + 1},
	    {"PMS_CLIENT_RANDOM " RANDOM " 0", 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct keylog *keylog = keylog_new();
		parse(keylog, rows[i].front, rows[i].n, 1);
		struct keylog_counts counts = keylog_counts(keylog);
		if (counts.secrets != 0 || counts.rubbish != 1)
			fail_msg("row %zu is taken", i);
		keylog_free(keylog);
	}
}

/* A long secret takes the room of several, so a full log stays in its memory. */
static void long_ones_take_room(void **state)
{
	(void)state;
	enum { LIMIT = 20, BYTES = 1000, COST = 1 + (BYTES + KEYLOG_SECRET_COST - 1) / KEYLOG_SECRET_COST };
	struct keylog *keylog = keylog_new();
	keylog_set_limit(keylog, LIMIT);
	for (unsigned i = 0; i < 50; i++) {
		uint8_t id[TLS_RANDOM] = {(uint8_t)i}, secret[BYTES];
		memset(secret, (int)i, sizeof secret);
		keylog_add(keylog, KEYLOG_PREMASTER, id, span_of(secret, sizeof secret));
		assert_true(has(keylog, KEYLOG_PREMASTER, id, 0, BYTES, i));
		uint64_t kept = keylog_counts(keylog).secrets;
		assert_int_equal(kept, i < LIMIT / COST ? i + 1 : LIMIT / COST);
	}
	keylog_set_limit(keylog, 1); /* none fits */
	assert_int_equal(keylog_counts(keylog).secrets, 0);
	parse(keylog, "CLIENT_RANDOM " RANDOM " ", 48, 9);
	assert_true(has(keylog, KEYLOG_MASTER, random_of, 0, 48, 9));
	keylog_free(keylog);
}

/* Only what protects records, or a master secret, stands in a saved file. */
static void no_line_of_a_long_one(void **state)
{
	(void)state;
	char line[KEYLOG_LINE];
	struct keylog *keylog = keylog_new();
	parse(keylog, "PMS_CLIENT_RANDOM " RANDOM " ", LIMIT_PREMASTER, 1);
	assert_int_equal(keylog_line(keylog, KEYLOG_PREMASTER, random_of, 0, line), 0);
	keylog_free(keylog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_any_length),
	    cmocka_unit_test(of_rsa),
	    cmocka_unit_test(rubbish),
	    cmocka_unit_test(long_ones_take_room),
	    cmocka_unit_test(no_line_of_a_long_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
