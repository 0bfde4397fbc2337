/* The scheme of a handshake's signatures, each message cut at every byte in a block of its own size. */
#include "dissect/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum kind { VERIFY, ELLIPTIC, FINITE };

static bool decode(enum kind kind, struct span body, uint16_t *scheme)
{
	if (kind == VERIFY)
		return tls_certificate_verify(body, scheme);
	return tls_server_signature(body, kind == ELLIPTIC, scheme);
}

static const struct {
	enum kind kind;
	uint16_t scheme;
	const uint8_t bytes[20];
	size_t n;
} messages[] = {
    {VERIFY, 0x0804, {8, 4, 0, 3, 1, 2, 3}, 7},
    {ELLIPTIC, 0x0201, {3, 0, 29, 2, 9, 9, 2, 1, 0, 2, 7, 7}, 12},
    {FINITE, 0x0401, {0, 1, 5, 0, 1, 2, 0, 2, 6, 6, 4, 1, 0, 1, 7}, 15},
};

static void whole_and_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		for (size_t n = 0; n <= messages[i].n; n++) {
			uint16_t scheme = 0;
			uint8_t *copy = malloc(n > 0 ? n : 1);
			memcpy(copy, messages[i].bytes, n);
			assert_int_equal(decode(messages[i].kind, span_of(copy, n), &scheme),
			                 n == messages[i].n);
			if (n == messages[i].n)
				assert_int_equal(scheme, messages[i].scheme);
			free(copy);
		}
		uint16_t scheme;
		assert_false(
		    decode(messages[i].kind, span_of(messages[i].bytes, messages[i].n + 1), &scheme));
	}
}

static void explicit_curves_are_refused(void **state)
{
	(void)state;
	static const uint8_t body[] = {1, 0, 29, 2, 9, 9, 2, 1, 0, 2, 7, 7};
	uint16_t scheme;
	assert_false(tls_server_signature(span_of(body, sizeof body), true, &scheme));
}

static void grease(void **state)
{
	(void)state;
	assert_true(tls_is_grease(0x0a0a) && tls_is_grease(0x5a5a) && tls_is_grease(0xfafa));
	assert_false(tls_is_grease(0x0a1a) || tls_is_grease(0x002f) || tls_is_grease(0x0a0b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_and_cut),
	    cmocka_unit_test(explicit_curves_are_refused),
	    cmocka_unit_test(grease),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
