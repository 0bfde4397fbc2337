/* What is recognised and named but opened with no key: SSL 3.0, and compressed records. From raw bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "analyzer/session.h"
#include "tests/tlsspeech.h"

#define QUARTER "0001020304050607"
#define RANDOM  QUARTER QUARTER QUARTER QUARTER
#define SECRET  RANDOM QUARTER QUARTER

static void say(struct run *run, uint8_t dir, const char *hex)
{
	struct span bytes = hex_bytes(hex);
	run_data(run, dir, bytes);
	hex_free(bytes);
}

/* A whole session of this version, as both hellos have it, with its secret in the key log. */
static void play(struct run *run, const char *client_hello, const char *server_hello, const char *version)
{
	static const struct {
		const char *type, *rest;
	} records[] = {{"14", "0001 01"}, {"16", "0028 " RANDOM QUARTER}, {"17", "0020 " RANDOM}};
	char record[400];
	run_init(run);
	snprintf(record, sizeof record, "CLIENT_RANDOM %s %s\n", RANDOM, SECRET);
	run->model->keylog = keylog_new();
	keylog_parse(run->model->keylog, span_of(record, strlen(record)));
	say(run, 0, client_hello);
	say(run, 1, server_hello);
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
		for (uint8_t dir = 0; dir < 2; dir++) {
			snprintf(record, sizeof record, "%s %s %s", records[i].type, version,
			         records[i].rest);
			say(run, dir, record);
		}
	run_end(run);
}

static void is_unsupported(const struct run *run, uint16_t version, const char *detail)
{
	struct session_decryption decryption;
	session_decryption(run->model, run->session, &decryption);
	assert_int_equal(run->session->tls.version, version);
	assert_int_equal(decryption.state, DECRYPTION_UNSUPPORTED_CIPHER);
	assert_non_null(strstr(decryption.detail, detail));
	assert_int_equal(run->session->tls.opened[0] + run->session->tls.opened[1], 0);
	assert_int_equal(run->session->tls.protected_records[0], 1);
}

static void ssl3(void **state)
{
	struct run run;
	(void)state;
	play(&run, "16 0300 002d 01 000029 0300" RANDOM "00 0002 000a 01 00",
	     "16 0300 002a 02 000026 0300" RANDOM "00 000a 00", "0300");
	is_unsupported(&run, TLS_SSL3, "SSLv3 protects records in a way that is not opened here");
	assert_int_equal(run.session->tls.offered_version, TLS_SSL3);
	run_free(&run);
}

static void compressed(void **state)
{
	struct run run;
	(void)state;
	play(&run, "16 0301 002e 01 00002a 0303" RANDOM "00 0002 002f 02 01 00",
	     "16 0303 002a 02 000026 0303" RANDOM "00 002f 01", "0303");
	is_unsupported(&run, TLS_1_2, "the records are compressed (method 1, DEFLATE)");
	run_free(&run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ssl3),
	    cmocka_unit_test(compressed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
