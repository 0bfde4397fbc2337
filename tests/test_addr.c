/*
 * The text of addresses, by examples and with the C library as the judge.
 */
#include "dissect/packet.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_text(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT];
	assert_string_equal(addr_text(addr, text), expected);
}

/* The rules of RFC 5952 one by one. */
static void addresses_read_as_usual(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "::",
	    "::1",
	    "1::",
	    "2001:db8::1",
	    "2001:db8:0:1:1:1:1:1",
	    "2001:0:0:1::1",
	    "2001:db8::1:0:0:1",
	    "::ffff:192.0.2.128",
	    "::ffff:0.0.0.0",
	    "fe80::20c:29ff:fe4f:1",
	    "1:2:3:4:5:6:7:8",
	    "1:0:2:0:3:0:4:0",
	    "0:2:3:4:5:6:7:8",
	    "1:2:3:4:5:6::",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "a::b:0:0:c",
	};
	struct addr addr = {.version = 6};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(inet_pton(AF_INET6, texts[i], addr.bytes), 1);
		assert_text(&addr, texts[i]);
	}
	addr = (struct addr){.version = 4, .bytes = {255, 0, 10, 199}};
	assert_text(&addr, "255.0.10.199");
	addr = (struct addr){.version = 0};
	assert_text(&addr, "-");
}

/* Every pattern of zero groups, against the C library (which writes ::a.b.c.d for the old compatible form).
 */
static void addresses_read_as_in_libc(void **state)
{
	(void)state;
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		struct addr addr = {.version = 6};
		for (unsigned i = 0; i < 16; i++)
			if ((pattern & 1u << i / 2) != 0)
				addr.bytes[i] = (uint8_t)(i * 37 % 256);
		if ((pattern & 0x3f) == 0 && (pattern & 0x40) != 0)
			continue;
		char expected[ADDR_TEXT];
		inet_ntop(AF_INET6, addr.bytes, expected, sizeof expected);
		assert_text(&addr, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_read_as_usual),
	    cmocka_unit_test(addresses_read_as_in_libc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
