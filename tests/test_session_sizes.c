/* What the first record of a TLS 1.3 client's flight tells by its size, and what it must not tell. */
#include "tests/model_fixture.h"

#include "analyzer/session.h"
#include "analyzer/tls_told.h"
#include "analyzer/xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define E FIXTURE_ENGINE
#define C FIXTURE_CONTROLLER

enum { AES_128_GCM = 0x1301, AES_256_GCM = 0x1302, CCM_8 = 0x1305 };

/* A session whose engine's first encrypted record has so many bytes behind its header. */
static void flight_of(struct fixture *f, uint16_t cipher, uint16_t length)
{
	fixture_new(f);
	fixture_tls13(f);
	struct session_tls *tls = &f->session->tls;
	tls->server_hello = true;
	tls->cipher = cipher;
	tls->told[TOLD_CLIENT_HELLO] = xcalloc(1, sizeof(struct tls_told));
	tls->first_protected_length[E] = length;
}

static void told_by_size(void **state)
{
	static const struct {
		uint16_t cipher, length;
		enum client_flight flight;
	} cases[] = {
	    {AES_128_GCM, 36 + 17, CLIENT_FLIGHT_FINISHED},
	    {AES_256_GCM, 52 + 17, CLIENT_FLIGHT_FINISHED},
	    {AES_256_GCM, 36 + 17, CLIENT_FLIGHT_UNKNOWN},
	    {CCM_8, 36 + 9, CLIENT_FLIGHT_FINISHED},
	    {AES_128_GCM, 8 + 17, CLIENT_FLIGHT_EMPTY},
	    {AES_128_GCM, 8 + 36 + 17, CLIENT_FLIGHT_EMPTY},
	    {AES_256_GCM, 8 + 52 + 17, CLIENT_FLIGHT_EMPTY},
	    {CCM_8, 8 + 9, CLIENT_FLIGHT_EMPTY},
	    {AES_128_GCM, 2 + 17, CLIENT_FLIGHT_ALERT},
	    {CCM_8, 2 + 9, CLIENT_FLIGHT_ALERT},
	    {AES_128_GCM, 159 + 17, CLIENT_FLIGHT_UNKNOWN},
	    {AES_128_GCM, 160 + 17, CLIENT_FLIGHT_CERTIFICATE},
	    {AES_128_GCM, 16401, CLIENT_FLIGHT_CERTIFICATE},
	    {AES_128_GCM, 0, CLIENT_FLIGHT_UNKNOWN},
	    {AES_128_GCM, 17, CLIENT_FLIGHT_UNKNOWN},
	    {0x002f, 300, CLIENT_FLIGHT_UNKNOWN},
	    {0x13ff, 300, CLIENT_FLIGHT_UNKNOWN},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		flight_of(&f, cases[i].cipher, cases[i].length);
		assert_int_equal(session_client_flight(f.session), cases[i].flight);
		fixture_free(&f);
	}
}

/* Each of these takes the ground from the guess. */
static void not_told(void **state)
{
	struct fixture f;
	(void)state;
	flight_of(&f, AES_128_GCM, 300);
	struct session_tls *tls = &f.session->tls;
	tls->opened[E] = 1;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_UNKNOWN);
	tls->opened[E] = 0;
	tls->version = TLS_1_2;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_UNKNOWN);
	tls->version = TLS_1_3;
	tls->told[TOLD_CLIENT_HELLO]->flags = TOLD_EARLY_DATA;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_UNKNOWN);
	tls->told[TOLD_CLIENT_HELLO]->flags = 0;
	f.session->midstream = true;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_UNKNOWN);
	f.session->midstream = false;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_CERTIFICATE);
	tls->first_protected[E].packet = 0;
	assert_int_equal(session_client_flight(f.session), CLIENT_FLIGHT_UNKNOWN);
	fixture_free(&f);
}

/* No decision about a certificate that by its size was none. */
static void decides_on_certificates_only(void **state)
{
	static const struct {
		uint16_t length;
		enum auth_observed refused, went_on;
	} cases[] = {
	    {300 + 17, AUTH_OBSERVED_REJECTED, AUTH_OBSERVED_ACCEPTED},
	    {100 + 17, AUTH_OBSERVED_REJECTED, AUTH_OBSERVED_ACCEPTED},
	    {8 + 17, AUTH_OBSERVED_NONE, AUTH_OBSERVED_NONE},
	    {36 + 17, AUTH_OBSERVED_NONE, AUTH_OBSERVED_NONE},
	    {2 + 17, AUTH_OBSERVED_NONE, AUTH_OBSERVED_NONE},
	};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct fixture f;
		struct session_auth auth;
		bool refused = i % 2 == 0;
		flight_of(&f, AES_128_GCM, cases[i / 2].length);
		for (int records = 0; records < (refused ? 1 : 3); records++)
			fixture_data(&f, C, refused ? 19 : 250);
		if (refused)
			fixture_close(&f, CLOSE_FIN, C);
		else
			fixture_data(&f, E, 40);
		session_auth(f.model, f.session, &auth);
		assert_int_equal(auth.observed, refused ? cases[i / 2].refused : cases[i / 2].went_on);
		fixture_free(&f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(told_by_size),
	    cmocka_unit_test(not_told),
	    cmocka_unit_test(decides_on_certificates_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
