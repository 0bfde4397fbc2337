/* Every alert code, of both sides, behind every step: what must never be said, and what always is. */
#include "tests/findings_check.h"

#include "analyzer/clocks.h"
#include "analyzer/findings/rule.h"

/* The messages of TLS 1.2 with both certificates, in order; before the first one stands nothing. */
static const struct {
	enum step_kind kind;
	uint8_t dir;
} flow[] = {
    {STEP_CLIENT_HELLO, E},
    {STEP_SERVER_HELLO, C},
    {STEP_CERTIFICATE, C},
    {STEP_SERVER_KEY_EXCHANGE, C},
    {STEP_CERTIFICATE_REQUEST, C},
    {STEP_SERVER_HELLO_DONE, C},
    {STEP_CERTIFICATE, E},
    {STEP_CLIENT_KEY_EXCHANGE, E},
    {STEP_CERTIFICATE_VERIFY, E},
    {STEP_CHANGE_CIPHER_SPEC, E},
    {STEP_FINISHED, E},
    {STEP_CHANGE_CIPHER_SPEC, C},
    {STEP_FINISHED, C},
};

enum {
	STEPS = sizeof flow / sizeof flow[0],
	OWN_CERTIFICATE = 7,
	OWN_FINISHED = 11,
	SERVERS_CERTIFICATE = 3
};

/* A session that stopped behind `steps` messages with a fatal alert. */
static void play(struct test *test, size_t steps, uint8_t dir, uint8_t code)
{
	restart(test);
	fixture_connect(&test->f);
	for (size_t i = 0; i < steps; i++) {
		if (flow[i].kind == STEP_CERTIFICATE)
			fixture_certificate(&test->f, flow[i].dir, 1);
		else
			fixture_step(&test->f, flow[i].kind, flow[i].dir);
	}
	fixture_wait(&test->f, 12 * NS_PER_S);
	fixture_alert(&test->f, dir, TLS_ALERT_FATAL, code);
}

static bool about_certificate(uint8_t code)
{
	return (code >= TLS_BAD_CERTIFICATE && code <= TLS_CERTIFICATE_UNKNOWN) || code == TLS_UNKNOWN_CA ||
	       code == TLS_ACCESS_DENIED;
}

/* Words that blame a certificate, or the list of them. */
static bool blames(const struct finding *finding)
{
	static const char *const words[] = {"refuses the certificate",
	                                    "AuthList",
	                                    "it refuses the",
	                                    "key hash",
	                                    "self-signed",
	                                    "auth-list",
	                                    "expired, or",
	                                    "the list"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strstr(finding->cause, words[i]) != NULL || strstr(finding->summary, words[i]) != NULL)
			return true;
		for (uint32_t k = 0; k < finding->n_advice; k++) {
			if (strstr(finding->advice[k], words[i]) != NULL)
				return true;
		}
	}
	return false;
}

static const struct finding *citing(const struct test *test, uint64_t packet)
{
	const struct finding *found = NULL;
	for (uint32_t i = 0; i < test->findings.n; i++) {
		const struct finding *finding = &test->findings.list[i];
		for (uint32_t k = 0; k < finding->n_evidence && finding->severity == SEVERITY_ERROR; k++) {
			if (finding->evidence[k].packet == packet && found == NULL)
				found = finding;
		}
	}
	return found;
}

static void check(struct test *test, size_t steps, uint8_t dir, uint8_t code)
{
	char name[RULE_TEXT], step[RULE_TEXT];
	const struct alert_seen *alert = &test->f.session->alerts[0];
	ids(test); /* with the form of every finding */
	const struct finding *finding = citing(test, alert->at.packet);
	if (code == TLS_CLOSE_NOTIFY) {
		assert_true(finding == NULL || strcmp(finding->id, "tls-stalled") == 0);
		return;
	}
	if (finding == NULL)
		fail_msg("alert %u of dir %u behind %zu steps has no finding: %s", code, dir, steps,
		         ids(test));
	contains(finding->summary, rule_alert(code, name));
	snprintf(step, sizeof step, "%s", dir == C ? "ontroller" : "ngine");
	contains(finding->summary, step);
	bool shown = steps >= (dir == C ? OWN_CERTIFICATE : SERVERS_CERTIFICATE);
	if (!shown && blames(finding))
		fail_msg("alert %u of the %s behind %zu steps: %s", code, rule_side(test->f.session, dir),
		         steps, finding->cause);
	if (about_certificate(code) && shown && strcmp(finding->id, "tls-alert") == 0)
		contains(finding->summary, dir == C ? ": it refuses the engine's certificate."
		                                    : ": it refuses the controller's certificate.");
	if (about_certificate(code) && shown && strcmp(finding->id, "tls-alert") == 0)
		contains(finding->cause, dir == C ? "refuses the certificate of the engine"
		                                  : "refuses the certificate of the controller");
	if (strcmp(finding->id, "tls-alert") != 0)
		return;
	if (steps > 0) {
		char place[ALERT_PLACE];
		snprintf(place, sizeof place, "12.0 s after the %s's %s",
		         rule_side(test->f.session, flow[steps - 1].dir),
		         session_step_name(flow[steps - 1].kind));
		contains(finding->summary, place);
	} else {
		contains(finding->summary, "at a step that is not in the capture");
	}
	if (steps < 2)
		contains_not(finding->cause, "client certificate");
}

static void every_alert_at_every_step(void **state)
{
	struct test *test = *state;
	for (unsigned code = 0; code <= UINT8_MAX; code++) {
		for (size_t steps = 0; steps <= STEPS; steps++) {
			for (uint8_t dir = 0; dir < 2; dir++) {
				play(test, steps, dir, (uint8_t)code);
				check(test, steps, dir, (uint8_t)code);
			}
		}
	}
}

/* The same with a list that holds another hash: it is blamed only where the certificate was shown. */
static void a_list_explains_only_what_was_shown(void **state)
{
	struct test *test = *state;
	for (size_t steps = 1; steps <= OWN_CERTIFICATE; steps++) {
		play(test, steps, C, TLS_CERTIFICATE_UNKNOWN);
		fixture_list(&test->f, FIXTURE_MAC " " OTHER_HASH "\n");
		const char *found = ids(test);
		if (steps == OWN_CERTIFICATE)
			assert_string_equal(found, "auth-rejected auth-hash-mismatch");
		else
			assert_string_equal(found, "tls-alert");
	}
}

/* What the alert says goes first; the list is told as what stands beside it. facts.md section 8. */
static void a_list_stands_beside_what_the_alert_says(void **state)
{
	static const struct {
		uint8_t code;
		const char *id, *verdict, *cause;
	} rows[] = {
	    {TLS_HANDSHAKE_FAILURE, "tls-alert", "handshake_failure(40) 12.0 s after ",
	     "Likely the program itself refused (a veto behind TLS's own checks), since the given AuthList "
	     "does "
	     "not allow this certificate; else key or signature"},
	    {TLS_DECRYPT_ERROR, "tls-alert", "decrypt_error(51) 12.0 s after ",
	     "finished message does not verify"},
	    {TLS_PROTOCOL_VERSION, "tls-alert", "protocol_version(70) 12.0 s after ", "does not tell why"},
	    {TLS_INTERNAL_ERROR, "tls-alert", "internal_error(80) 12.0 s after ", "a reason of its own"},
	    {TLS_CERTIFICATE_REQUIRED, "tls-alert", "certificate_required(116) 12.0 s after ",
	     "The capture shows that one was sent"},
	    {255, "tls-alert", "(255) 12.0 s after ", "does not tell why"},
	    {TLS_BAD_CERTIFICATE, "auth-rejected",
	     "bad_certificate(42): it does not trust the certificate, or its "
	     "clock is before the certificate's time.",
	     "not trusted, or not yet valid"},
	    {TLS_UNSUPPORTED_CERTIFICATE, "auth-rejected", "made for another purpose.", "another purpose"},
	    {TLS_CERTIFICATE_REVOKED, "auth-rejected", "the certificate was revoked.", "took it back"},
	    {TLS_CERTIFICATE_EXPIRED, "auth-rejected", "by its own clock the certificate has expired.",
	     "compare the controller's clock"},
	    {TLS_UNKNOWN_CA, "auth-rejected", "does not trust the certificate's issuer.", "self-signed"},
	};
	struct test *test = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t steps = OWN_CERTIFICATE; steps <= OWN_FINISHED; steps++) {
			char expected[64];
			play(test, steps, C, rows[i].code);
			fixture_list(&test->f, FIXTURE_MAC " " OTHER_HASH "\n");
			snprintf(expected, sizeof expected, "%s auth-hash-mismatch", rows[i].id);
			assert_string_equal(ids(test), expected);
			contains(test->verdict, rows[i].verdict);
			contains(test->findings.list[0].cause, rows[i].cause);
			assert_string_equal(
			    test->findings.list[1].summary,
			    "The list would also reject it: the AuthList entry for the engine has "
			    "another key hash (MAC 00:50:56:9c:34:89, list line 1).");
			assert_false(test->findings.list[1].cure); /* for people too the alert stands first */
		}
	}
}

/* Whatever the code: only those that leave it to a list have the list's fault in front. */
static void no_list_is_blamed_for_another_alert(void **state)
{
	struct test *test = *state;
	for (unsigned code = 1; code <= UINT8_MAX; code++) {
		play(test, OWN_FINISHED, C, (uint8_t)code);
		fixture_list(&test->f, "0050569c0000 " OTHER_HASH "\n");
		ids(test);
		bool meant = code == TLS_CERTIFICATE_UNKNOWN || code == TLS_ACCESS_DENIED;
		assert_int_equal(strstr(test->verdict, "no entry for that MAC") != NULL, meant);
		assert_int_equal(test->findings.n, 2);
		assert_string_equal(test->findings.list[0].id,
		                    about_certificate((uint8_t)code) ? "auth-rejected" : "tls-alert");
		assert_string_equal(test->findings.list[1].id, "auth-mac-not-listed");
		assert_int_equal(strstr(test->findings.list[1].summary, "would also") == NULL, meant);
	}
}

/* certificate_required says that none came: the capture may know better. */
static void certificate_required(void **state)
{
	struct test *test = *state;
	play(test, OWN_FINISHED, C, TLS_CERTIFICATE_REQUIRED);
	ids(test);
	contains(test->findings.list[0].cause, "It demands a client certificate, and by its alert none came. "
	                                       "The capture shows that one was sent: "
	                                       "the controller did not take it for a certificate, or did not "
	                                       "get it whole. A client certificate was "
	                                       "asked for and sent.");
	play(test, OWN_CERTIFICATE - 1, C, TLS_CERTIFICATE_REQUIRED);
	ids(test);
	contains(test->findings.list[0].cause,
	         "by its alert none came. A client certificate was asked for, and had not");
}

static void certificate_unknown_without_a_list_says_what_to_check(void **state)
{
	struct test *test = *state;
	play(test, OWN_CERTIFICATE, C, TLS_CERTIFICATE_UNKNOWN);
	assert_string_equal(ids(test), "auth-rejected");
	contains(test->findings.list[0].cause, "Give the controller's AuthList with -a");
	contains(test->findings.list[0].advice[0], "show running-config | section aaa attribute list");
	play(test, SERVERS_CERTIFICATE, E, TLS_CERTIFICATE_UNKNOWN);
	assert_string_equal(ids(test), "tls-alert");
	for (uint32_t i = 0; i < test->findings.list[0].n_advice; i++)
		contains_not(test->findings.list[0].advice[i], "auth-list"); /* only the controller has one */
}

static void the_client_certificate_is_told(void **state)
{
	struct test *test = *state;
	play(test, 6, C, TLS_INTERNAL_ERROR);
	ids(test);
	contains(test->findings.list[0].cause,
	         "A client certificate was asked for, and had not come by then.");
	play(test, 8, C, TLS_INTERNAL_ERROR);
	ids(test);
	contains(test->findings.list[0].cause, "A client certificate was asked for and sent.");
	play(test, 4, C, TLS_INTERNAL_ERROR);
	ids(test);
	contains_not(test->findings.list[0].cause, "client certificate");
	/* TLS 1.3 hides both */
	restart(test);
	fixture_tls13(&test->f);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_INTERNAL_ERROR);
	ids(test);
	contains(test->findings.list[0].cause, "Whether a client certificate was sent cannot be seen.");
}

/* An alert about a date tells the dates and what the hellos say of the clocks. */
static void dates_come_with_clocks(void **state)
{
	struct test *test = *state;
	play(test, SERVERS_CERTIFICATE, E, TLS_BAD_CERTIFICATE);
	ids(test);
	contains(test->findings.list[0].cause,
	         "The certificate holds from 2015-12-13 09:30:00 UTC to 2016-03-22");
	contains_not(test->findings.list[0].cause, "hellos");
	for (int64_t i = 0; i < 3; i++) {
		struct origin at = origin_of(FIXTURE_START + i * 60 * NS_PER_S, 100 + (uint64_t)i, 0);
		uint32_t now = (uint32_t)(at.time / NS_PER_S);
		clocks_add(test->f.model->clocks, &test->f.session->addr[E], &at, now - 200000);
		clocks_add(test->f.model->clocks, &test->f.session->addr[C], &at, now);
	}
	ids(test);
	contains(test->findings.list[0].cause,
	         "By their hellos the controller's clock is 2 days 7 h ahead of the "
	         "engine's.");
}

/* With a hole where the server's words were, nothing is known of them. */
static void behind_a_gap(void **state)
{
	struct test *test = *state;
	play(test, 1, C, TLS_HANDSHAKE_FAILURE);
	test->f.session->tls.n_offered = 1;
	assert_string_equal(ids(test), "tls-no-shared-cipher");
	fixture_gap(&test->f, C, 2000);
	test->f.session->tcp.first_gap = test->f.session->steps[0].at;
	assert_string_equal(ids(test), "tls-alert capture-gaps!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(every_alert_at_every_step),
	    CASE(a_list_explains_only_what_was_shown),
	    CASE(a_list_stands_beside_what_the_alert_says),
	    CASE(no_list_is_blamed_for_another_alert),
	    CASE(certificate_required),
	    CASE(certificate_unknown_without_a_list_says_what_to_check),
	    CASE(the_client_certificate_is_told),
	    CASE(dates_come_with_clocks),
	    CASE(behind_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
