/*
 * The matrix: every suite of libssl in every version that has it, with encrypt_then_mac and
 * extended_master_secret and without, whole handshakes and resumed ones (matrix.h). Prints the number of
 * cells, and what libssl cannot make and why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/matrix.h"
#include "tests/tls_shape.h"

static void try_12(struct cell *cell, bool etm, bool ems)
{
	for (cell->resumption = FULL; cell->resumption <= BY_TICKET; cell->resumption++)
		must_try(cell, etm, ems);
}

static void suite_12(struct cell *cell)
{
	bool has_etm = !SSL_CIPHER_is_aead(cell->cipher);
	int first =
	    strcmp(SSL_CIPHER_get_version(cell->cipher), "TLSv1.2") == 0 ? TLS1_2_VERSION : TLS1_VERSION;
	for (cell->setting.version = first; cell->setting.version <= TLS1_2_VERSION; cell->setting.version++)
		for (int i = 0; i < 4; i++)
			if (i < 2 || has_etm)
				try_12(cell, i < 2, i % 2 == 0);
}

static void suite_13(struct cell *cell)
{
	cell->setting.version = TLS1_3_VERSION;
	for (int i = 0; i < 4; i++) {
		cell->resumption = i % 2 == 0 ? FULL : BY_PSK;
		cell->setting.padding = i >= 2;
		if (!try(cell))
			fail_msg("%s: is not made", name_of(cell));
	}
}

static void check_suite(const SSL_CIPHER *cipher)
{
	struct cell cell = {.cipher = cipher, .setting = {.cipher = SSL_CIPHER_get_protocol_id(cipher)}};
	const struct tls_suite *suite = tls_suite_find(cell.setting.cipher);
	cell.setting.name = SSL_CIPHER_get_name(cipher);
	if (suite == NULL)
		fail_msg("%s cannot be opened", cell.setting.name);
	if (excuse(cipher) != NULL)
		print_message("not made: %s %s\n", cell.setting.name, excuse(cipher));
	else if (tls_suite_is_13(suite))
		suite_13(&cell);
	else
		suite_12(&cell);
}

/* Rows that no suite of libssl stands for: test_tls_sealed.c makes their sessions by hand. */
static void tell_rest(const STACK_OF(SSL_CIPHER) * list)
{
	unsigned rest[SHAPE_PARTS] = {0};
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		bool there = tls_suite_find((uint16_t)id) == NULL;
		for (int i = 0; i < sk_SSL_CIPHER_num(list) && !there; i++)
			there = SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i)) == id;
		for (size_t i = 0; i < SHAPE_PARTS && !there; i++)
			if (strstr(tls_cipher_name((uint16_t)id), shape_parts[i].part) != NULL) {
				rest[i]++;
				break;
			}
	}
	for (size_t i = 0; i < SHAPE_PARTS; i++)
		if (rest[i] > 0)
			print_message("not made: %u suites with %s: this libssl has none of them\n", rest[i],
			              shape_parts[i].part);
}

static void every_cell(void **state)
{
	(void)state;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	                                               "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
	                                               "TLS_AES_128_CCM_8_SHA256"),
	                 1);
	const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
		check_suite(sk_SSL_CIPHER_value(list, i));
	tell_rest(list);
	SSL_CTX_free(ctx);
	tell_cells();
	assert_true(cells[FULL] >= 700 && plays[RSA_KEY_FILE] >= 300 && plays[PREMASTER_LINE] >= 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cell),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, matrix_set_up, matrix_tear_down);
	tls_crypto_unload(providers);
	return failed;
}
