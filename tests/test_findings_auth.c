/* Findings about the AuthList and certificates: severity follows what the controller was seen to decide. */
#include "tests/findings_check.h"

/* ---- the AuthList ---------------------------------------------------------------------------------- */

static void reject(struct test *test, uint8_t code, const char *list)
{
	restart(test);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, code);
	if (list != NULL)
		fixture_list(&test->f, list);
}

/* The line that makes IOS-XE ask its lists is looked for where the entry is right. */
static void rejected_with_the_right_list(void **state)
{
	static const char right[] =
	    "username " FIXTURE_MAC " mac aaa attribute list n\naaa attribute list n\n "
	    "attribute type password " FIXTURE_SHA256 "\n";
	static const char authorized[] =
	    "aaa authorization credential-download wcm_loc_serv_cert local\nusername " FIXTURE_MAC
	    " mac aaa attribute list n\naaa attribute list n\n attribute type password " FIXTURE_SHA256 "\n";
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_UNKNOWN, right);
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "list has no line \"aaa authorization credential-download");
	contains(test->findings.list[0].advice[0], "show running-config | include credential-download");
	reject(test, TLS_CERTIFICATE_UNKNOWN, authorized);
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "it was changed since, or the reason is another.");
	contains_not(test->findings.list[0].cause, "credential-download");
	reject(test, TLS_CERTIFICATE_UNKNOWN, MATCHING_LIST);
	assert_string_equal(ids(test), "auth-rejected");
	contains_not(test->findings.list[0].cause, "credential-download");
}

static void rejections(void **state)
{
	static const struct {
		const char *list, *ids, *verdict;
	} cases[] = {
	    {NULL, "auth-rejected", "certificate_unknown(46)."},
	    {"", "auth-rejected",
	     "certificate_unknown(46); the given AuthList holds no entry to compare with."},
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
	    {"aaa authorization credential-download wcm_loc_serv_cert local\nusername " FIXTURE_MAC
	     " mac aaa attribute list n\naaa attribute list n\n attribute type password " OTHER_HASH "\n",
	     "auth-rejected auth-hash-mismatch", "has another key hash."},
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
		assert_true(test->findings.list[1].cure);
		bool given = strstr(cases[i].list, "credential-download") != NULL;
		assert_int_equal(test->findings.list[1].n_advice, given ? 6 : 7);
		uint32_t last = test->findings.list[1].n_advice - 1;
		contains(test->findings.list[1].advice[last], "synchronise");
		contains(test->findings.list[1].advice[last], "SNMP read-write on UDP 161");
		if (!given)
			assert_string_equal(test->findings.list[1].advice[3],
			                    "aaa authorization credential-download wcm_loc_serv_cert local");
		assert_string_equal(test->findings.list[1].advice[last - 1],
		                    "config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " FIXTURE_SHA256);
	}
}

/* A list was given and holds nothing: the truth about it, and never the advice to give one. */
static void lists_without_entries(void **state)
{
	static const struct {
		const char *list, *says;
	} cases[] = {
	    {"", "the key hash in it. No entry was found in list."},
	    {"%PDF-1.4 rubbish\n\n", "No entry was found in list."},
	    {FIXTURE_MAC "\n" FIXTURE_MAC "\n",
	     "No entry was found in list; line 1: MAC address " FIXTURE_MAC " has no hash beside it."},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		reject(test, TLS_CERTIFICATE_UNKNOWN, cases[i].list);
		assert_string_equal(ids(test), "auth-rejected");
		contains(test->findings.list[0].cause, cases[i].says);
		contains_not(test->findings.list[0].cause, "-a");
		contains_not(test->findings.list[0].cause, "configuration");
	}
	reject(test, TLS_CERTIFICATE_UNKNOWN, NULL);
	ids(test);
	contains(test->findings.list[0].cause, "Give the controller's AuthList with -a");
}

/* A controller's text that allows nobody is an answer, with the cure. */
static void lists_that_allow_nobody(void **state)
{
	static const struct {
		const char *list, *says;
	} cases[] = {
	    {"(Cisco Controller) >show auth-list\n\n(Cisco Controller) >",
	     "The controller's text list allows no engine. The engine was never added to this controller"},
	    {"WLC#show running-config | section aaa attribute list\nWLC#",
	     "text list allows no engine. The engine was"},
	    {"00:16:36:91:9a:27  MIC\n", "text list allows no engine. The engine was"},
	    {"hostname wlc\nusername " FIXTURE_MAC " mac aaa attribute list nmsp\n",
	     "The controller's text list allows no engine. Its entry is there and not whole: list, line 2: "
	     "username " FIXTURE_MAC ": aaa attribute list nmsp is not defined in this text."},
	    {"username 0050569c0000 mac aaa attribute list nmsp\n",
	     "allows no engine. The engine was never added to this controller, or it was replaced. Or its "
	     "entry is one "
	     "that could not be read: list, line 1: username 0050569c0000: aaa attribute list nmsp is not "
	     "defined"},
	    {"show auth-list\n00:50:56:9c:34:89  LBS-SSC\n",
	     "Its entry is there and not whole: list, line 2: MAC address " FIXTURE_MAC
	     " has no hash beside it."},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		reject(test, TLS_CERTIFICATE_UNKNOWN, cases[i].list);
		assert_string_equal(ids(test), "auth-rejected auth-mac-not-listed");
		contains(test->verdict, "no entry for that MAC.");
		contains(test->findings.list[1].cause, cases[i].says);
		assert_true(test->findings.list[1].cure);
		assert_int_equal(test->findings.list[1].n_advice, 7);
	}
}

/* Which of two controllers' texts is this controller's cannot be told: neither is believed in silence. */
static void lists_that_differ(void **state)
{
	static const char ios[] = "username " FIXTURE_MAC " mac aaa attribute list n\naaa attribute list n\n "
	                          "attribute type password " FIXTURE_SHA256 "\n";
	static const char empty[] = "show auth-list\n";
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_UNKNOWN, ios);
	authlist_parse(&test->f.model->authlist, "lab/wlc-2.txt", span_of(empty, strlen(empty)));
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->verdict, "although one of the given AuthLists has the matching entry.");
	contains(test->findings.list[0].cause, "The lists differ; list has it; wlc-2.txt does not have it. "
	                                       "Nothing tells which of the texts is this "
	                                       "controller's");
	assert_string_equal(test->findings.list[0].advice[0],
	                    "username " FIXTURE_MAC " mac aaa attribute list nmsp-" FIXTURE_MAC);
	reject(test, TLS_CERTIFICATE_UNKNOWN, ios);
	fixture_list(&test->f, ios); /* two that agree */
	ids(test);
	contains(test->verdict, "although the given AuthList has the matching entry.");
	contains_not(test->findings.list[0].cause, "differ");
}

/* The missing entry may be the one that could not be read. */
static void problems_of_the_list_are_suspects(void **state)
{
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_UNKNOWN,
	       "0050569c0000 " OTHER_HASH "\nusername " FIXTURE_MAC " mac aaa attribute list nmsp\n");
	assert_string_equal(ids(test), "auth-rejected auth-mac-not-listed");
	contains(test->findings.list[1].cause,
	         "Its entry is there and not whole: list, line 2: username " FIXTURE_MAC
	         ": aaa attribute list nmsp is not defined in this text.");
	reject(test, TLS_CERTIFICATE_UNKNOWN, "0050569c0000 " OTHER_HASH);
	assert_string_equal(ids(test), "auth-rejected auth-mac-not-listed");
	contains_not(test->findings.list[1].cause, "could not be read");
}

/* The entry holds the key's hash over other bytes than are usual. */
static void matches_of_other_bytes(void **state)
{
	static const char whole[] = "1111111111111111111111111111111111111111111111111111111111111111";
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_UNKNOWN, NULL);
	memset(test->f.certs[E].hash[CERT_DER_SHA256], 0x11, 32);
	test->f.certs[E].has_hash[CERT_DER_SHA256] = true;
	char line[128];
	snprintf(line, sizeof line, "%s %s", FIXTURE_MAC, whole);
	fixture_list(&test->f, line);
	assert_string_equal(ids(test), "auth-rejected auth-hash-kind");
	contains(
	    test->findings.list[1].cause,
	    "The entry holds the SHA-256 of the whole certificate; the controller compares the hash of the "
	    "SubjectPublicKeyInfo (inferred): likely no match. It was made of other bytes");
	contains(test->findings.list[1].advice[2], FIXTURE_SHA256);
	/* what rests on an inference is no error where nothing was rejected for it */
	fixture_free(&test->f);
	fixture_new(&test->f);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	memset(test->f.certs[E].hash[CERT_DER_SHA256], 0x11, 32);
	test->f.certs[E].has_hash[CERT_DER_SHA256] = true;
	fixture_list(&test->f, line);
	fixture_close(&test->f, CLOSE_FIN, C);
	assert_string_equal(ids(test), "tls-stalled auth-hash-kind!");
}

static void duplicates(void **state)
{
	static const struct {
		const char *list, *says; /* NULL: no finding */
	} cases[] = {
	    {MATCHING_LIST, NULL},
	    {FIXTURE_MAC " " FIXTURE_SHA1 "\n" FIXTURE_MAC " " FIXTURE_SHA256, NULL},
	    {FIXTURE_MAC " " FIXTURE_SHA256 "\n0050569c0000 " OTHER_HASH "\n0050569c0000 " OTHER_HASH, NULL},
	    {FIXTURE_MAC " " OTHER_HASH "\n\n" FIXTURE_MAC " " FIXTURE_SHA256,
	     "list has two entries for the engine (MAC 00:50:56:9c:34:89), lines 1 and 3, with different "
	     "hashes."},
	    {FIXTURE_MAC " " FIXTURE_SHA256 "\n" FIXTURE_MAC " " FIXTURE_SHA256, "with the same hash."},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restart(test);
		fixture_healthy(&test->f);
		fixture_list(&test->f, cases[i].list);
		assert_string_equal(ids(test), cases[i].says != NULL ? "auth-duplicate-entry? keys-missing?"
		                                                     : "keys-missing?");
		if (cases[i].says != NULL)
			contains(test->findings.list[0].summary, cases[i].says);
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

/* A hash of which half is missing is no sign of a new key. */
static void a_cut_hash_is_blamed_on_the_entry(void **state)
{
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_UNKNOWN,
	       "username 0050569c3489 mac aaa attribute list one\naaa attribute list one\n"
	       " attribute type password ffffffffffffffffffffffffffffffffffffffffffffffffff\n");
	assert_string_equal(ids(test), "auth-rejected auth-hash-mismatch");
	contains(test->findings.list[1].cause, "digits. The entry was typed or pasted wrongly");
	contains_not(test->findings.list[1].cause, "has got a new certificate");
}

/* Not every fault of the list is why the controller refused. */
static void alerts_that_name_another_reason(void **state)
{
	static const uint8_t codes[] = {TLS_UNSUPPORTED_CERTIFICATE, TLS_CERTIFICATE_REVOKED,
	                                TLS_CERTIFICATE_EXPIRED};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		reject(test, codes[i], FIXTURE_MAC " " OTHER_HASH);
		assert_string_equal(ids(test), "auth-rejected auth-hash-mismatch");
		contains_not(test->verdict, "another key hash");
	}
}

/* ---- certificate dates ----------------------------------------------------------------------------- */

static void expired_certificates(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	int64_t at = test->f.session->certs[1].at.time / NS_PER_S;
	test->f.certs[E].not_after = at;
	assert_string_equal(ids(test), "certificate-expires-soon! keys-missing?");
	test->f.certs[E].not_after = at - 61 * 24 * 3600;
	assert_string_equal(ids(test), "certificate-expired! keys-missing?");
	contains(test->findings.list[0].summary,
	         "The engine's certificate expired 61 days before this session (2015-10-13 09:46:40 UTC).");
	test->f.certs[E].not_after = INT64_MIN;
	assert_string_equal(ids(test), "certificate-expired! keys-missing?");
	test->f.certs[E].has_dates = false;
	assert_string_equal(ids(test), "keys-missing?");
}

static void certificates_of_rejected_engines(void **state)
{
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_EXPIRED, NULL);
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "compare the controller's clock");
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S - 10;
	test->f.certs[C].not_before = FIXTURE_START / NS_PER_S + 10;
	assert_string_equal(ids(test), "auth-rejected certificate-expired certificate-not-yet-valid!");
	contains(test->verdict, "certificate_expired(45): the certificate's dates do not hold.");
	contains(test->findings.list[2].summary,
	         "The controller's certificate becomes valid only 10.0 s after");
	test->f.certs[E].has_dates = false;
	ids(test);
	contains_not(test->verdict, "dates");
}

/* Dates that explain the alert: not the list is to blame, and the cure stands with the dates. */
static void dates_explain_the_alert(void **state)
{
	struct test *test = *state;
	reject(test, TLS_CERTIFICATE_EXPIRED, MATCHING_LIST);
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "compare the controller's clock");
	contains_not(test->findings.list[0].cause, "list");
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S - 10;
	assert_string_equal(ids(test), "auth-rejected certificate-expired");
	contains_not(test->findings.list[0].cause, "list");
	assert_int_equal(test->findings.list[0].n_advice, 0);
	assert_false(test->findings.list[0].cure);
	assert_true(test->findings.list[1].cure);
	assert_true(test->findings.list[1].n_advice > 0);
	test->f.session->alerts[0].code = TLS_CERTIFICATE_UNKNOWN;
	assert_string_equal(ids(test), "auth-rejected certificate-expired");
	contains(test->verdict, "although the given AuthList has the matching entry.");
	contains_not(test->findings.list[0].cause, "the reason is another");
}

/* Only an alert that can mean dates is theirs, and not the end that its owner or the path made. */
static void dates_beside_another_end(void **state)
{
	static const struct {
		uint8_t code;
		const char *ids;
	} cases[] = {{TLS_BAD_CERTIFICATE, "certificate-expired"},
	             {TLS_CERTIFICATE_EXPIRED, "certificate-expired"},
	             {TLS_CERTIFICATE_UNKNOWN, "certificate-expired"},
	             {TLS_UNKNOWN_CA, "tls-alert certificate-expired!"},
	             {TLS_HANDSHAKE_FAILURE, "tls-alert certificate-expired!"},
	             {TLS_INTERNAL_ERROR, "tls-alert certificate-expired!"}};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restart(test);
		fixture_connect(&test->f);
		fixture_handshake(&test->f, STEP_CERTIFICATE, E);
		test->f.certs[C].not_after = FIXTURE_START / NS_PER_S - 10;
		fixture_alert(&test->f, E, TLS_ALERT_FATAL, cases[i].code);
		assert_string_equal(ids(test), cases[i].ids);
		contains(test->verdict, "fatal");
		contains(test->verdict, "1.0 ms after the controller's server_hello_done");
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		restart(test);
		fixture_connect(&test->f);
		fixture_handshake(&test->f, STEP_CERTIFICATE, E);
		test->f.certs[C].not_after = FIXTURE_START / NS_PER_S - 10;
		fixture_close(&test->f, CLOSE_FIN, dir);
		assert_string_equal(ids(test), dir == C ? "tls-stalled certificate-expired!"
		                                        : "certificate-expired tls-stalled");
	}
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
    CASE(rejected_with_the_right_list),
    CASE(lists_without_entries),
    CASE(lists_that_allow_nobody),
    CASE(lists_that_differ),
    CASE(problems_of_the_list_are_suspects),
    CASE(matches_of_other_bytes),
    CASE(duplicates),
    CASE(list_faults_of_accepted_and_open_sessions_are_warnings),
    CASE(list_faults_are_no_error_when_the_engine_refused),
    CASE(a_cut_hash_is_blamed_on_the_entry),
    CASE(alerts_that_name_another_reason),
    CASE(expired_certificates),
    CASE(certificates_of_rejected_engines),
    CASE(dates_explain_the_alert),
    CASE(dates_beside_another_end),
    CASE(certificates_of_accepted_engines_that_failed_later),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
