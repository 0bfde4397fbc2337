/*
 * The matrix of DTLS: every suite of libssl in DTLS 1.0 and 1.2, where these have it, with encrypt_then_mac
 * and extended_master_secret and without, whole handshakes and resumed ones (matrix.h), with cookies and
 * without, in datagrams of the smallest and of the usual size. A setting is resumed in one way, by session id
 * or by ticket, and the next one in the other: both ways of each would take twice the time. Prints the number
 * of cells, and what libssl cannot make and why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/matrix.h"

static void suite(struct cell *cell)
{
	bool has_etm = !SSL_CIPHER_is_aead(cell->cipher);
	cell->both = true;
	for (unsigned i = 0; i < (has_etm ? 4 : 2); i++) {
		cell->resumption = i % 2 == 0 ? BY_SESSION_ID : BY_TICKET;
		cell->setting.cookie = cells[FULL] / 2 % 2 == 0;
		cell->setting.mtu = cells[FULL] / 4 % 2 == 0 ? MTU_LOWEST : 0;
		must_try(cell, i < 2, i == 0 || i == 3);
	}
}

static bool holds(const STACK_OF(SSL_CIPHER) * list, const SSL_CIPHER *cipher)
{
	for (int i = 0; list != NULL && i < sk_SSL_CIPHER_num(list); i++)
		if (sk_SSL_CIPHER_value(list, i) == cipher)
			return true;
	return false;
}

/* What libssl has in some version, and what in this one. */
static void each_suite(SSL *ssl, const struct setting *setting)
{
	STACK_OF(SSL_CIPHER) *own = SSL_get1_supported_ciphers(ssl);
	const STACK_OF(SSL_CIPHER) *all = SSL_get_ciphers(ssl);
	unsigned absent = 0;
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
		struct cell cell = {.cipher = cipher, .setting = *setting};
		cell.setting.name = SSL_CIPHER_get_name(cipher);
		cell.setting.cipher = SSL_CIPHER_get_protocol_id(cipher);
		bool srp = SSL_CIPHER_get_kx_nid(cipher) == NID_kx_srp;
		if (!holds(own, cipher) && !srp)
			absent++;
		else if (excuse(cipher) != NULL)
			print_message("not made: %s in %s %s\n", cell.setting.name, version_of(setting),
			              excuse(cipher));
		else
			suite(&cell);
	}
	print_message("not made: %u suites of libssl that %s has not\n", absent, version_of(setting));
	sk_SSL_CIPHER_free(own);
}

static void every_cell(void **state)
{
	(void)state;
	struct setting setting = {.name = "ALL:COMPLEMENTOFALL"};
	static const int versions[] = {DTLS1_VERSION, DTLS1_2_VERSION};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		setting.version = versions[i];
		SSL_CTX *ctx = new_context(&setting, CLIENT);
		SSL *ssl = SSL_new(ctx);
		assert_non_null(ssl);
		set_up_side(ssl, &setting, CLIENT);
		each_suite(ssl, &setting);
		SSL_free(ssl);
		SSL_CTX_free(ctx);
	}
	tell_cells();
	assert_true(cells[FULL] >= 300 && plays[RSA_KEY_FILE] >= 150 && plays[PREMASTER_LINE] >= 150);
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
