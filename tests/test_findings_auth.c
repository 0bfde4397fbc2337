/* Findings about the AuthList and certificates: severity follows what the controller was seen to decide. */
#include "tests/findings_check.h"

/* ---- the AuthList ---------------------------------------------------------------------------------- */

static void reject(struct test *test, uint8_t code, const char *list)
{
	restart(test);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, code);
	fixture_list(&test->f, list);
}

static void rejections(void **state)
{
	static const struct {
		const char *list, *ids, *verdict;
	} cases[] = {
	    {"", "auth-rejected", "certificate_unknown(46)."},
	    {MATCHING_LIST, "auth-rejected", "although the given AuthList has the matching entry."},
	    {FIXTURE_MAC " " OTHER_HASH, "auth-rejected auth-hash-mismatch",
	     "Rejected by the controller: it asked the engine for a certificate, got one (MAC "
	     "00:50:56:9c:34:89), and "
	     "answered fatal certificate_unknown(46): the AuthList entry for that MAC has another key hash."},
	    {"0050569c0000 " OTHER_HASH, "auth-rejected auth-mac-not-listed", "no entry for that MAC."},
	    {"0050569c0000 " FIXTURE_SHA256, "auth-rejected auth-hash-other-mac", "under another MAC."},
	    {"username " FIXTURE_MAC
	     " mac aaa attribute list n\naaa attribute list n\n attribute type password " FIXTURE_SHA1 "\n",
	     "auth-rejected auth-hash-kind", "a hash of the wrong kind."},
	    {FIXTURE_MAC " O202020202020202020202020202020202020202020202020202020202020202\n",
	     "auth-rejected auth-damaged-entry", "the AuthList entry for it is damaged."},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		reject(test, TLS_CERTIFICATE_UNKNOWN, cases[i].list);
		assert_string_equal(ids(test), cases[i].ids);
		contains(test->verdict, cases[i].verdict);
		if (test->findings.n < 2)
			continue;
		if (strcmp(test->findings.list[1].id, "auth-mac-not-listed") != 0)
			contains(test->findings.list[1].summary, ", list line ");
		assert_int_equal(test->findings.list[1].n_advice, 5);
		assert_string_equal(test->findings.list[1].advice[4],
		                    "config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " FIXTURE_SHA256);
	}
}

static void list_faults_of_accepted_and_open_sessions_are_warnings(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	fixture_list(&test->f, FIXTURE_MAC " " OTHER_HASH);
	assert_string_equal(ids(test), "auth-hash-mismatch! auth-accepted-unlisted! keys-missing?");
	contains(test->verdict, "Healthy");
	restart(test);
	fixture_list(&test->f, FIXTURE_MAC " " OTHER_HASH);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	assert_string_equal(ids(test), "auth-hash-mismatch!");
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(ids(test), "auth-hash-mismatch tls-stalled");
}

static void list_faults_are_no_error_when_the_engine_refused(void **state)
{
	struct test *test = *state;
	fixture_list(&test->f, FIXTURE_MAC " " OTHER_HASH);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	fixture_alert(&test->f, E, TLS_ALERT_FATAL, TLS_DECRYPT_ERROR);
	assert_string_equal(ids(test), "tls-alert auth-hash-mismatch!");
}

/* ---- certificate dates ----------------------------------------------------------------------------- */

static void expired_certificates(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	int64_t at = test->f.session->certs[1].at.time / NS_PER_S;
	test->f.certs[E].not_after = at;
	assert_string_equal(ids(test), "keys-missing?");
	test->f.certs[E].not_after = at - 61 * 24 * 3600;
	assert_string_equal(ids(test), "certificate-expired! keys-missing?");
	contains(test->findings.list[0].summary,
	         "The engine's certificate expired 61 days before this session (2015-10-13 09:46:40 UTC).");
	test->f.certs[E].not_after = INT64_MIN;
	assert_string_equal(ids(test), "certificate-expired! keys-missing?");
	test->f.certs[E].valid = false;
	assert_string_equal(ids(test), "keys-missing?");
}

static void certificates_of_rejected_engines(void **state)
{
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_EXPIRED, "");
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "compare the controller's clock");
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S - 10;
	test->f.certs[C].not_before = FIXTURE_START / NS_PER_S + 10;
	assert_string_equal(ids(test), "auth-rejected certificate-expired certificate-not-yet-valid!");
	contains(test->verdict, "certificate_expired(45): the certificate's dates do not hold.");
	contains(test->findings.list[2].summary,
	         "The controller's certificate becomes valid only 10.0 s after");
}

static void certificates_of_accepted_engines_that_failed_later(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_FINISHED, C);
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S - 10;
	fixture_close(&test->f, CLOSE_RST, E);
	assert_string_equal(ids(test), "tls-stalled certificate-expired!");
}

static const struct CMUnitTest tests[] = {
    CASE(rejections),
    CASE(list_faults_of_accepted_and_open_sessions_are_warnings),
    CASE(list_faults_are_no_error_when_the_engine_refused),
    CASE(expired_certificates),
    CASE(certificates_of_rejected_engines),
    CASE(certificates_of_accepted_engines_that_failed_later),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
