/* The verdict where no finding says it better, and the words that all findings share. */
#include "tests/findings_check.h"

#include "analyzer/findings/rule.h"

static const char *verdict(struct test *test)
{
	ids(test);
	return test->verdict;
}

/* ---- before the first byte ------------------------------------------------------------------------- */

static void one_syn(void **state)
{
	struct test *test = *state;
	fixture_syn(&test->f);
	assert_string_equal(verdict(test), "One SYN of the engine, no answer: this capture ends with it.");
	fixture_wait(&test->f, 3 * NS_PER_S - 1000 * NS_PER_US - 1);
	contains(verdict(test), "which ends 3.0 s later.");
	fixture_wait(&test->f, 1);
	assert_string_equal(
	    verdict(test),
	    "One SYN of the engine, no answer in this capture, which goes on for 3.0 s: a host "
	    "repeats its SYN, so it gave up at once or the capture lost packets.");
	fixture_packet(&test->f, C, 0);
	assert_string_equal(verdict(test), "Connecting: 1 SYN so far, the TCP handshake is not complete.");
	fixture_syn(&test->f);
	assert_string_equal(verdict(test), "Connecting: 2 SYNs so far, the TCP handshake is not complete.");
}

static void connections_without_a_byte(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	assert_string_equal(verdict(test), "TCP connection without a byte so far, still open.");
	test->f.at.time = test->f.session->tcp.ack.time + 500 * NS_PER_US;
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(
	    verdict(test),
	    "Connected and closed by the engine (FIN) after 500 us without a byte: a port check?");
	restart(test);
	fixture_connect(&test->f);
	fixture_close(&test->f, CLOSE_FIN, C);
	assert_string_equal(verdict(test),
	                    "Connected and closed by the controller (FIN) after 1.0 ms without a byte.");
	restart(test);
	fixture_connect(&test->f);
	fixture_packet(&test->f, E, 3);
	assert_string_equal(verdict(test), "TCP connection with no handshake message so far, still open.");
	fixture_close(&test->f, CLOSE_RST, C);
	assert_string_equal(verdict(test),
	                    "Failed before the handshake was complete: closed by the controller (RST).");
	restart(test);
	test->f.session->midstream = true;
	fixture_packet(&test->f, E, 0);
	fixture_packet(&test->f, C, 0);
	assert_string_equal(verdict(test),
	                    "The capture joined mid-way and holds no handshake message, still open.");
}

/* ---- a handshake that completed -------------------------------------------------------------------- */

static void without_records_only_the_end(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_KINDS, 0);
	assert_string_equal(verdict(test),
	                    "Healthy: TLSv1.2 handshake completed in 12.0 ms, the controller "
	                    "accepted the engine's certificate (MAC 00:50:56:9c:34:89), still open.");
	fixture_data(&test->f, E, 40);
	contains(verdict(test), ", 1 encrypted record until 2015-12-13 09:46:40 UTC, still open.");
	fixture_wait(&test->f, 100 * NS_PER_S);
	contains(verdict(test), "Silent: TLSv1.2 handshake completed");
	contains(test->verdict, "silent for 100.0 s since.");
}

static void anybody_may_connect(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE_REQUEST, C);
	fixture_step(&test->f, STEP_SERVER_HELLO_DONE, C);
	fixture_step(&test->f, STEP_CLIENT_KEY_EXCHANGE, E);
	fixture_step(&test->f, STEP_FINISHED, E);
	fixture_step(&test->f, STEP_FINISHED, C);
	assert_string_equal(verdict(test),
	                    "Connected, but the controller asked for no certificate: anybody may connect. "
	                    "TLSv1.2 handshake completed in 7.0 ms, still open.");
	restart(test);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CERTIFICATE, E);
	fixture_certificate(&test->f, E, 0);
	fixture_step(&test->f, STEP_FINISHED, E);
	fixture_step(&test->f, STEP_FINISHED, C);
	contains(verdict(test), "Connected, but the engine sent no certificate and the controller went on. "
	                        "TLSv1.2 handshake");
}

static void what_is_unknown_is_said_with_its_reason(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->tls.version = 0;
	fixture_gap(&test->f, C, 100);
	contains(verdict(test),
	         "Healthy: TLS handshake completed (version and duration unknown: parts of it are "
	         "missing from the capture), the controller");
	test->f.session->tls.version = TLS_1_2;
	contains(verdict(test), "TLSv1.2 handshake completed in 12.0 ms, ");
	test->f.session->steps[0].kind = STEP_HELLO_REQUEST;
	contains(verdict(test),
	         "TLSv1.2 handshake completed (how long it took is unknown: parts of it are missing "
	         "from the capture), the controller");
	test->f.session->tcp.gaps[C] = 0;
	contains(verdict(test), "TLSv1.2 handshake completed, the controller");
}

/* Captured in another order than sent: no duration, and none of "less than nothing". */
static void hello_captured_behind_the_end(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->steps[0].at.time += NS_PER_S;
	contains(verdict(test), "TLSv1.2 handshake completed, the controller");
	fixture_gap(&test->f, E, 100);
	contains(verdict(test), "TLSv1.2 handshake completed, the controller");
	restart(test);
	fixture_tls13(&test->f);
	fixture_data(&test->f, C, 250);
	contains(verdict(test), "TLSv1.3 handshake completed in 9.0 ms, the decision");
	fixture_gap(&test->f, E, 100);
	contains(verdict(test), "TLSv1.3 handshake completed (how long it took is unknown: parts");
}

static void inferred_says_what_hides_the_proof(void **state)
{
	struct test *test = *state;
	fixture_packet(&test->f, E, 0);
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	fixture_certificate(&test->f, E, 1);
	fixture_step(&test->f, STEP_FINISHED, E);
	fixture_data(&test->f, E, 40);
	contains(verdict(test),
	         "TLS handshake completed (version and duration unknown: only the engine's packets "
	         "are in the capture), the controller accepted the engine's certificate (MAC "
	         "00:50:56:9c:34:89) (inferred: its packets are missing), 1 encrypted record");
	restart(test);
	fixture_tls13(&test->f);
	for (int i = 0; i < 4; i++) {
		fixture_data(&test->f, C, 250);
		fixture_data(&test->f, E, 250);
	}
	contains(verdict(test),
	         "the controller accepted the engine (inferred: TLS 1.3 encrypts the proof), ");
}

static void not_captured(void **state)
{
	struct test *test = *state;
	test->f.session->midstream = true;
	fixture_data(&test->f, E, 40);
	fixture_data(&test->f, C, 40);
	assert_string_equal(
	    verdict(test),
	    "Handshake not captured: the capture joined mid-way, so who accepted whom cannot be "
	    "told; 2 encrypted records until 2015-12-13 09:46:40 UTC, still open.");
	restart(test);
	fixture_packet(&test->f, E, 0);
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	fixture_certificate(&test->f, E, 1);
	fixture_close(&test->f, CLOSE_FIN, E);
	assert_string_equal(verdict(test),
	                    "Handshake not seen whole: only the engine's packets are in the capture, so who "
	                    "accepted whom cannot be told; closed by the engine (FIN).");
}

/* ---- words ----------------------------------------------------------------------------------------- */

static void durations(void **state)
{
	(void)state;
	static const struct {
		int64_t ns;
		const char *text;
	} known[] = {
	    {INT64_MIN, "less than 1 us"},
	    {999, "less than 1 us"},
	    {1000, "1 us"},
	    {50 * NS_PER_US, "50 us"},
	    {999999, "999 us"},
	    {1000000, "1.0 ms"},
	    {NS_PER_S, "1.0 s"},
	    {120 * NS_PER_S, "2.0 minutes"},
	    {2 * 3600 * NS_PER_S, "2.0 hours"},
	    {48 * 3600 * NS_PER_S, "2 days"},
	    {INT64_MAX, "106751 days"},
	};
	char text[RULE_TEXT];
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_string_equal(rule_duration(known[i].ns, text), known[i].text);
}

static void counts(void **state)
{
	(void)state;
	char text[RULE_TEXT];
	assert_string_equal(rule_count(0, "byte", text), "0 bytes");
	assert_string_equal(rule_count(1, "byte", text), "1 byte");
	assert_string_equal(rule_count(2, "byte", text), "2 bytes");
}

static void evidence_is_ascending_and_each_once(void **state)
{
	(void)state;
	static const uint64_t cited[] = {8, 0, 5, 8, 12, 5, 1, 9, 10, 11, 13, 2};
	static const uint64_t kept[] = {1, 5, 8, 9, 10, 11, 12, 13};
	struct finding finding = {0};
	for (size_t i = 0; i < sizeof cited / sizeof cited[0]; i++)
		rule_evidence(&finding, &(struct origin){.packet = cited[i] & ORIGIN_PACKET_MOST});
	assert_int_equal(finding.n_evidence, FINDING_EVIDENCE);
	for (size_t i = 0; i < FINDING_EVIDENCE; i++)
		assert_int_equal(finding.evidence[i].packet, kept[i]);
}

static void commands_know_where_they_begin(void **state)
{
	struct test *test = *state;
	struct finding finding = {0};
	rule_advice(&finding, "read this: it is %s", "no command");
	rule_command(&finding, "engine (CMX)", "cmxctl %s", "status");
	rule_path_mtu(test->f.session, &finding);
	test->f.session->addr[C].version = 6;
	rule_path_mtu(test->f.session, &finding);
	assert_int_equal(finding.command[0], 0);
	assert_string_equal(finding.advice[1], "engine (CMX): cmxctl status");
	assert_string_equal(&finding.advice[1][finding.command[1]], "cmxctl status");
	assert_string_equal(&finding.advice[2][finding.command[2]], "ping -M do -s 1472 10.1.1.9");
	contains(finding.advice[3], "ping -M do -s 1452 a01:109::");
	while (finding.n_advice < FINDING_ADVICE)
		rule_advice(&finding, "more");
	rule_command(&finding, "too", "many");
	assert_int_equal(finding.n_advice, FINDING_ADVICE);
}

/* No warning about a session's health leaves it healthy: each has its words. */
static void no_warning_is_healthy(void **state)
{
	static const char *const families[] = {"echo-",    "request-", "subscription-",
	                                       "service-", "nmsp-",    "tcp-"};
	static const char errors[] = "tcp-unanswered tcp-refused tcp-no-tls echo-silent subscription-refused";
	struct test *test = *state;
	unsigned warnings = 0;
	fixture_healthy(&test->f);
	for (size_t row = 0; findings_id(row) != NULL; row++) {
		struct finding *finding = &test->findings.list[0];
		bool ails = false;
		for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
			ails = ails || strncmp(findings_id(row), families[i], strlen(families[i])) == 0;
		if (!ails || strstr(errors, findings_id(row)) != NULL ||
		    strcmp(findings_id(row), "tcp-reset") == 0)
			continue;
		*finding = (struct finding){.id = findings_id(row), .severity = SEVERITY_WARNING};
		test->findings.n = 1;
		findings_verdict(test->f.model, test->f.session, &test->findings, test->verdict);
		contains(test->verdict, "Works, with trouble (");
		warnings++;
	}
	assert_int_equal(warnings, 10);
}

static const struct CMUnitTest tests[] = {
    CASE(no_warning_is_healthy),
    CASE(one_syn),
    CASE(connections_without_a_byte),
    CASE(without_records_only_the_end),
    CASE(anybody_may_connect),
    CASE(what_is_unknown_is_said_with_its_reason),
    CASE(hello_captured_behind_the_end),
    CASE(inferred_says_what_hides_the_proof),
    CASE(not_captured),
    CASE(durations),
    CASE(counts),
    CASE(evidence_is_ascending_and_each_once),
    CASE(commands_know_where_they_begin),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
