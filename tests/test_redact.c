/* Tokens: stable, of the same length, never the value itself, one to one; and where they stand in messages. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/redact_nmsp.h"
#include "analyzer/redact_tls.h"
#include "tests/seeded_numbers.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t counting[REDACT_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static struct redact start(void)
{
	struct redact redact = {.profile = NULL};
	redact_start_with(&redact, counting);
	return redact;
}

/* The vectors of SipHash's authors: keys and inputs that count from 0. */
static void test_hash(void **state)
{
	(void)state;
	struct redact redact = start();
	uint8_t bytes[16];
	for (uint8_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	assert_true(redact_hash(&redact, bytes, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(redact_hash(&redact, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(redact_hash(&redact, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

static void text_of(uint8_t version, const uint8_t *bytes, size_t n, char text[ADDR_TEXT])
{
	struct addr addr = {.version = version};
	memcpy(addr.bytes, bytes, n);
	addr_text(&addr, text);
}

static void test_addresses_keep_their_length(void **state)
{
	(void)state;
	struct redact redact = start();
	struct seeded numbers = seeded_of(7);
	for (int i = 0; i < 5000; i++) {
		uint8_t old[16], bytes[16];
		char before[ADDR_TEXT], behind[ADDR_TEXT];
		bool six = i % 2 == 1;
		size_t n = six ? 16 : 4;
		for (size_t k = 0; k < n; k++)
			old[k] = (uint8_t)(seeded_next(&numbers) & (i % 3 == 0 ? 0x0f : 0xff));
		memcpy(bytes, old, n);
		if (six)
			redact_ip6(&redact, bytes);
		else
			redact_ip4(&redact, bytes);
		text_of(six ? 6 : 4, old, n, before);
		text_of(six ? 6 : 4, bytes, n, behind);
		assert_int_equal(strlen(before), strlen(behind));
		if (strcmp(before, "0.0.0.0") != 0)
			assert_string_not_equal(before, behind);
	}
}

static void test_one_to_one(void **state)
{
	(void)state;
	struct redact redact = start();
	static bool taken[1 << 16];
	memset(taken, 0, sizeof taken);
	for (uint32_t i = 0; i < 1 << 16; i++) {
		uint8_t ip[4] = {10, 20, (uint8_t)(i >> 8), (uint8_t)i};
		redact_ip4(&redact, ip);
		assert_false(taken[ip[2] << 8 | ip[3]]); /* the network has one token */
		taken[ip[2] << 8 | ip[3]] = true;
	}
}

static void test_some_stay(void **state)
{
	(void)state;
	struct redact redact = start();
	uint8_t none[6] = {0}, all[6] = {255, 255, 255, 255, 255, 255}, group[6] = {1, 0, 0x5e, 1, 2, 3};
	uint8_t link[16] = {0xfe, 0x80, [15] = 1};
	redact_mac(&redact, none);
	redact_mac(&redact, all);
	redact_mac(&redact, group);
	redact_ip6(&redact, link);
	assert_memory_equal(none, ((uint8_t[6]){0}), 6);
	assert_memory_equal(all, ((uint8_t[6]){255, 255, 255, 255, 255, 255}), 6);
	assert_int_equal(group[0] & 3, 1);
	assert_memory_equal(link, ((uint8_t[8]){0xfe, 0x80}), 8);
	assert_true(link[15] != 1 && link[15] < 16);
}

static char *redacted(const struct redact *redact, const char *text)
{
	char *copy = strdup(text);
	redact_text(redact, (uint8_t *)copy, strlen(copy));
	return copy;
}

static void test_text(void **state)
{
	(void)state;
	struct redact redact = start();
	static const char text[] = "wlc-7.Site.example \xc3\xa9";
	char *token = redacted(&redact, text), *again = redacted(&redact, text);
	assert_string_equal(token, again);
	for (size_t i = 0; i < sizeof text - 1; i++) {
		bool kept = strchr("-. ", text[i]) != NULL;
		assert_true((token[i] == text[i]) == kept);
	}
	assert_int_equal(strlen(token), strlen(text));
	assert_string_equal(&token[sizeof text - 3], "xx");
	free(token);
	free(again);
}

/* In every notation, in the middle of other text: the same token as in bytes. */
static void test_addresses_in_text(void **state)
{
	(void)state;
	struct redact redact = start();
	uint8_t mac[6] = {0x00, 0x50, 0x56, 0x9c, 0x34, 0x89}, ip[4] = {10, 20, 3, 255};
	char wanted[64];
	redact_mac(&redact, mac);
	redact_ip4(&redact, ip);
	static const struct {
		const char *text, *form;
	} rows[] = {{"X-0050569c3489", "%02x%02x%02x%02x%02x%02x"}, {"X 00:50:56:9C:34:89", "%02X:%02X:%02X:%02X:%02X:%02X"},
	            {"X=00-50-56-9c-34-89.", "%02x-%02x-%02x-%02x-%02x-%02x"}, {"0050.569c.3489", "%02x%02x.%02x%02x.%02x%02x"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *token = redacted(&redact, rows[i].text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(wanted, sizeof wanted, rows[i].form, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
#pragma GCC diagnostic pop
		assert_non_null(strstr(token, wanted));
		assert_int_equal(strlen(token), strlen(rows[i].text));
		free(token);
	}
	char *token = redacted(&redact, "at 10.20.3.255, 1.2.3 and 0050569c34891");
	snprintf(wanted, sizeof wanted, "%u.%u.%u.%u,", ip[0], ip[1], ip[2], ip[3]);
	assert_non_null(strstr(token, wanted));
	free(token);
	token = redacted(&redact, "My ACT2 SUDI CA");
	assert_non_null(strstr(token, "ACT2 SUDI"));
	assert_null(strstr(token, "My"));
	free(token);
}

/* Cut or lying messages: no byte behind what is cut is read, none in front of it is left. */
static void test_hostile_messages(void **state)
{
	(void)state;
	struct redact redact = start();
	struct seeded numbers = seeded_of(11);
	static const uint8_t types[] = {1, 11, 13, 22};
	for (int i = 0; i < 4000; i++) {
		size_t n = seeded_next(&numbers) % 120;
		uint8_t *exact = malloc(n > 0 ? n : 1);
		for (size_t k = 0; k < n; k++)
			exact[k] = (uint8_t)seeded_next(&numbers);
		if (n >= 4) {
			exact[0] = types[i % 4];
			exact[1] = exact[2] = 0;
			exact[3] = (uint8_t)(n - 4);
		}
		redact_tls_message(&redact, exact, n);
		redact_tls_der(&redact, exact, n);
		free(exact);
	}
}

static void test_certificate_that_is_none(void **state)
{
	(void)state;
	struct redact redact = start();
	uint8_t message[] = {11, 0, 0, 8, 0, 0, 9, 's', 'e', 'c', 'r', 't'};
	redact_tls_message(&redact, message, sizeof message);
	assert_memory_equal(message, ((uint8_t[]){11, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255}), sizeof message);
}

static void test_nmsp(void **state)
{
	(void)state;
	struct redact redact = start();
	struct profile *profile = calloc(1, sizeof *profile);
	profile_builtin(profile);
	uint8_t message[] = {1, 0, 0, 17, 0, 41, 0, 0, 0, 0, 0, 1,  0, 10, 0, 6, 0, 0x50, 0x56, 0x9c, 0x34, 0x89,
	                     0, 3, 0, 3, 'a', 'b', 'c', 0, 5, 0, 2, 1, 2, 0, 99, 0, 2, 7, 7};
	uint8_t mac[6] = {0, 0x50, 0x56, 0x9c, 0x34, 0x89}, before[sizeof message];
	memcpy(before, message, sizeof message);
	assert_true(redact_nmsp_is_clear(profile, span_of(message, sizeof message)));
	redact_nmsp_message(&redact, profile, message, sizeof message);
	redact_mac(&redact, mac);
	assert_memory_equal(message, before, 16);          /* header, and the head of the element */
	assert_memory_equal(&message[16], mac, sizeof mac);
	assert_memory_not_equal(&message[26], "abc", 3);
	assert_memory_equal(&message[29], &before[29], 10); /* a number, and the next head */
	assert_memory_equal(&message[39], "\xff\xff", 2);   /* nobody knows what it is */
	assert_true(redact_nmsp_is_clear(profile, span_of(message, sizeof message)));

	memcpy(message, before, sizeof message);
	message[15] = 200; /* lies */
	redact_nmsp_message(&redact, profile, message, sizeof message);
	assert_memory_equal(message, before, 12);
	for (size_t i = 12; i < sizeof message; i++)
		assert_int_equal(message[i], 255);
	free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_addresses_keep_their_length),
	    cmocka_unit_test(test_one_to_one),
	    cmocka_unit_test(test_some_stay),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_addresses_in_text),
	    cmocka_unit_test(test_hostile_messages),
	    cmocka_unit_test(test_certificate_that_is_none),
	    cmocka_unit_test(test_nmsp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
