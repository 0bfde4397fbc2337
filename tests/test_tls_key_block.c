/* A block that was made before is made anew for everything that it follows from, and for nothing else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "analyzer/tls_key_block.h"

struct inputs {
	uint16_t cipher, version;
	struct keylog_secret master;
	uint8_t client_random[TLS_RANDOM], server_random[TLS_RANDOM];
};

static const struct inputs first = {.cipher = 0x003c,
                                    .version = TLS_1_2,
                                    .master = {.n = KEYLOG_MASTER_BYTES, .bytes = {1, 2, 3}},
                                    .client_random = {4, 5, 6},
                                    .server_random = {7, 8, 9}};

static int make(struct tls_key_block *block, const struct inputs *from)
{
	return tls_key_block_make(block, tls_suite_find(from->cipher), from->version, &from->master,
	                          from->client_random, from->server_random);
}

/* The block that holds the first one's keys gives what a fresh one gives. */
static void assert_made_anew(const struct inputs *changed)
{
	struct tls_key_block kept = {.suite = NULL}, fresh = {.suite = NULL};
	assert_int_equal(make(&kept, &first), 0);
	uint8_t before[TLS_KEY_BLOCK_MAX];
	memcpy(before, kept.bytes, sizeof before);
	assert_int_equal(make(&kept, changed), 0);
	assert_int_equal(make(&fresh, changed), 0);
	assert_memory_equal(kept.bytes, fresh.bytes, sizeof kept.bytes);
	assert_memory_not_equal(kept.bytes, before, sizeof before);
	assert_ptr_equal(kept.suite, tls_suite_find(changed->cipher));
	assert_int_equal(kept.version, changed->version);
}

static void each_input_counts(void **state)
{
	(void)state;
	struct inputs changed = first;
	changed.cipher = 0x003d;
	assert_made_anew(&changed);
	changed = first;
	changed.version = TLS_1_1;
	assert_made_anew(&changed);
	changed = first;
	changed.master.bytes[KEYLOG_MASTER_BYTES - 1] = 1;
	assert_made_anew(&changed);
	changed = first;
	changed.client_random[TLS_RANDOM - 1] = 1;
	assert_made_anew(&changed);
	changed = first;
	changed.server_random[TLS_RANDOM - 1] = 1;
	assert_made_anew(&changed);
}

/* Of a version alone the length may change: TLS 1.0 has an IV in the block. */
static void the_version_says_what_is_in_it(void **state)
{
	(void)state;
	struct inputs old = first;
	struct tls_key_block block = {.suite = NULL};
	old.version = TLS_1_0;
	assert_int_equal(make(&block, &old), 0);
	assert_int_equal(tls_key_block_part(&block, true).iv.n, 16);
	old.version = TLS_1_1;
	assert_int_equal(make(&block, &old), 0);
	assert_int_equal(tls_key_block_part(&block, true).iv.n, 0);
}

static void the_same_is_kept(void **state)
{
	(void)state;
	struct tls_key_block block = {.suite = NULL};
	assert_int_equal(make(&block, &first), 0);
	block.bytes[0] ^= 1; /* a mark that a derivation would take away */
	uint8_t marked = block.bytes[0];
	assert_int_equal(make(&block, &first), 0);
	assert_int_equal(block.bytes[0], marked);
}

static void what_fails_leaves_none(void **state)
{
	(void)state;
	static const uint8_t nothing[sizeof(struct tls_key_block)];
	struct tls_key_block block = {.suite = NULL};
	struct inputs misfit = first;
	assert_int_equal(make(&block, &first), 0);
	misfit.master.n = KEYLOG_MASTER_BYTES - 1;
	assert_int_equal(make(&block, &misfit), -1);
	assert_memory_equal(&block, nothing, sizeof block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_input_counts),
	    cmocka_unit_test(the_version_says_what_is_in_it),
	    cmocka_unit_test(the_same_is_kept),
	    cmocka_unit_test(what_fails_leaves_none),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
