/* What follows from a session's facts: state, handshake, certificates, the observed and predicted decision.
 */
#include "tests/model_fixture.h"

#include "analyzer/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#define E FIXTURE_ENGINE
#define C FIXTURE_CONTROLLER

static struct session_auth auth_of(const struct fixture *f)
{
	struct session_auth auth;
	session_auth(f->model, f->session, &auth);
	return auth;
}

static void without_request(struct fixture *f)
{
	fixture_connect(f);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	fixture_step(f, STEP_SERVER_HELLO, C);
	fixture_certificate(f, C, 1);
	fixture_step(f, STEP_SERVER_HELLO_DONE, C);
}

/* ---- the decision ---------------------------------------------------------------------------------- */

static void alert_codes_that_reject(void **state)
{
	static const uint8_t rejecting[] = {42, 43, 44, 45, 46, 48, 49};
	struct fixture *f = *state;
	for (unsigned code = 0; code < 256; code++) {
		bool rejects = memchr(rejecting, (int)code, sizeof rejecting) != NULL;
		fixture_free(f);
		fixture_new(f);
		fixture_connect(f);
		fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, C);
		fixture_alert(f, C, TLS_ALERT_FATAL, (uint8_t)code);
		struct session_auth auth = auth_of(f);
		assert_int_equal(auth.observed, rejects ? AUTH_OBSERVED_REJECTED : AUTH_OBSERVED_NONE);
		assert_int_equal(auth.n_evidence, rejects ? 3 : 0);
		assert_false(auth.inferred);
	}
}

static void steps_at_which_an_alert_rejects(void **state)
{
	static const struct {
		enum step_kind kind;
		uint8_t dir;
		enum auth_observed observed;
	} cases[] = {
	    {STEP_CLIENT_HELLO, E, AUTH_OBSERVED_NONE},
	    {STEP_SERVER_HELLO, C, AUTH_OBSERVED_NONE},
	    {STEP_SERVER_HELLO_DONE, C, AUTH_OBSERVED_NONE},
	    {STEP_CERTIFICATE, E, AUTH_OBSERVED_NONE},
	    {STEP_CLIENT_KEY_EXCHANGE, E, AUTH_OBSERVED_REJECTED},
	    {STEP_CERTIFICATE_VERIFY, E, AUTH_OBSERVED_REJECTED},
	    {STEP_FINISHED, E, AUTH_OBSERVED_REJECTED},
	    {STEP_CHANGE_CIPHER_SPEC, C, AUTH_OBSERVED_REJECTED},
	    {STEP_KINDS, 0, AUTH_OBSERVED_ACCEPTED},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fixture_free(f);
		fixture_new(f);
		fixture_connect(f);
		fixture_handshake(f, cases[i].kind, cases[i].dir);
		fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
		assert_int_equal(auth_of(f).observed, cases[i].observed);
	}
}

static void warnings_and_the_engines_alerts_reject_nothing(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, C);
	fixture_alert(f, C, TLS_ALERT_WARNING, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	fixture_alert(f, E, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

static void empty_certificates_are_never_accepted_or_rejected(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CERTIFICATE, E);
	fixture_certificate(f, E, 0);
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, C);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	f->session->n_steps--;
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_BAD_CERTIFICATE);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

static void acceptance_is_proved_by_three_packets(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, C);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, C);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_ACCEPTED);
	fixture_step(f, STEP_FINISHED, C);
	struct session_auth auth = auth_of(f);
	assert_false(auth.inferred);
	assert_int_equal(auth.n_evidence, 3);
	assert_int_equal(auth.evidence[0].packet,
	                 session_step(f->session, STEP_CERTIFICATE_REQUEST, C)->at.packet);
	assert_int_equal(auth.evidence[1].packet, session_step(f->session, STEP_CERTIFICATE, E)->at.packet);
	assert_int_equal(auth.evidence[2].packet, session_step(f->session, STEP_FINISHED, C)->at.packet);
}

/* The proof is shown by packet, also where the capture has the packets in another order. */
static void proof_is_ascending(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_KINDS, 0);
	for (uint32_t i = 0; i < f->session->n_steps; i++)
		f->session->steps[i].at.packet = 100 - i;
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.n_evidence, 3);
	assert_true(auth.evidence[0].packet < auth.evidence[1].packet);
	assert_true(auth.evidence[1].packet < auth.evidence[2].packet);
	for (uint32_t i = 0; i < f->session->n_steps; i++)
		f->session->steps[i].at.packet = 7;
	assert_int_equal(auth_of(f).n_evidence, 1);
}

/* The file with a damaged line tells most. */
static void lists_without_entries(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	assert_string_equal(auth_of(f).decision.detail, "");
	authlist_parse(&f->model->authlist, "a/empty", span_of("", 0));
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NO_LIST);
	assert_string_equal(auth_of(f).decision.detail, "no entry was found in empty");
	fixture_list(f, FIXTURE_MAC "\n");
	authlist_parse(&f->model->authlist, "none", span_of("", 0));
	assert_string_equal(auth_of(f).decision.detail,
	                    "no entry was found in list; line 1: MAC address " FIXTURE_MAC
	                    " has no hash beside it");
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
	f->model->authlist.n_lists = 0; /* as if the engine had said it */
	f->model->authlist.files[0].entries = f->model->authlist.files[1].entries = 1;
	f->model->authlist.files[2].entries = 1;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NO_LIST);
	assert_string_equal(auth_of(f).decision.detail,
	                    "the given texts are the engine's own, which allow nobody");
}

static void only_the_engines_direction(void **state)
{
	struct fixture *f = *state;
	fixture_packet(f, E, 0);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	fixture_certificate(f, E, 1);
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_step(f, STEP_FINISHED, E);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_INCOMPLETE);
	fixture_data(f, E, 40);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.observed, AUTH_OBSERVED_ACCEPTED);
	assert_true(auth.inferred);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
}

static void predictions(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NO_LIST);
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA256 "\n");
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
	f->certs[E].hash[CERT_SPKI_SHA256][0] ^= 0xff;
	f->certs[E].hash[CERT_SPKI_SHA256][9] ^= 0xff;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_HASH_MISMATCH);
	f->session->n_certs = 0;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NOT_VISIBLE);
}

static void predictions_without_a_certificate(void **state)
{
	struct fixture *f = *state;
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA256 "\n");
	without_request(f);
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NO_CERTIFICATE);
	f->session->midstream = true;
	f->session->tls.protected_on[E] = true;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NOT_VISIBLE);
}

static void fix_lines(void **state)
{
	struct fixture *f = *state;
	struct session_auth auth = {.cert = &f->certs[E]};
	struct auth_fix fix;
	session_auth_fix(f->model, &auth, &fix);
	assert_int_equal(fix.lines, 8);
	assert_string_equal(fix.line[1], "username " FIXTURE_MAC " mac aaa attribute list nmsp-" FIXTURE_MAC);
	assert_string_equal(fix.line[2], "aaa attribute list nmsp-" FIXTURE_MAC);
	assert_string_equal(fix.line[3], " attribute type password " FIXTURE_SHA256);
	assert_string_equal(fix.line[4], "aaa authorization credential-download wcm_loc_serv_cert local");
	assert_string_equal(fix.line[6], "config auth-list add lbs-ssc 00:50:56:9c:34:89 " FIXTURE_SHA1);
	assert_string_equal(fix.line[7],
	                    "config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " FIXTURE_SHA256);
	/* said as a comment where every IOS-XE text has the line, and only there */
	fixture_list(f, "aaa authorization credential-download wcm_loc_serv_cert local\n");
	fixture_list(f, "config auth-list add lbs-ssc " FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	session_auth_fix(f->model, &auth, &fix);
	assert_int_equal(fix.lines, 8);
	assert_string_equal(
	    fix.line[4],
	    "! aaa authorization credential-download wcm_loc_serv_cert local is in list already");
	fixture_list(f, "aaa attribute list other\n");
	session_auth_fix(f->model, &auth, &fix);
	assert_string_equal(fix.line[4], "aaa authorization credential-download wcm_loc_serv_cert local");
	f->certs[E].has_mac = false;
	session_auth_fix(f->model, &auth, &fix);
	assert_int_equal(fix.lines, 0);
	auth.cert = NULL;
	session_auth_fix(f->model, &auth, &fix);
	assert_int_equal(fix.lines, 0);
}

/* An engine's own text stands in for a certificate that is not visible, and for nothing else. */
static void engine_texts_stand_in(void **state)
{
	static const char own[] = "MAC Address: " FIXTURE_MAC "\nSHA1 Key Hash: " FIXTURE_SHA1
	                          "\nSHA2 Key Hash: " FIXTURE_SHA256 "\n";
	struct fixture *f = *state;
	struct auth_fix fix;
	fixture_tls13(f);
	fixture_list(f, own);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.decision.prediction, AUTH_NO_LIST);
	assert_null(auth.stand_in);
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA256 "\n");
	auth = auth_of(f);
	assert_int_equal(auth.decision.prediction, AUTH_MATCH);
	assert_non_null(auth.stand_in);
	assert_string_equal(auth.decision.detail,
	                    "by the engine's own text list, for a certificate that is not visible");
	session_auth_fix(f->model, &auth, &fix);
	assert_int_equal(fix.lines, 8);
	fixture_list(f, own); /* the same engine again is still the only one */
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
	fixture_list(f, "MAC Address: 0050569c0000\nSHA1 Key Hash: " FIXTURE_SHA1 "\n");
	auth = auth_of(f);
	assert_int_equal(auth.decision.prediction, AUTH_NOT_VISIBLE);
	assert_null(auth.stand_in);
}

static void engine_texts_do_not_replace_a_certificate(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	fixture_list(f,
	             "MAC Address: " FIXTURE_MAC "\nSHA1 Key Hash: 9e4ddd8dfcdd8458ba7b273fc37284b31a384eb9\n"
	             "SHA2 Key Hash: " FIXTURE_SHA256 "\n");
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.decision.prediction, AUTH_MATCH);
	assert_null(auth.stand_in);
	fixture_free(f);
	fixture_new(f);
	without_request(f);
	fixture_list(f, "MAC Address: " FIXTURE_MAC "\nSHA1 Key Hash: " FIXTURE_SHA1 "\n");
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NO_CERTIFICATE);
}

/* CMX's table says which digest this controller is sent. */
static void table_of_controllers_names_the_digest(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	f->session->addr[C] = (struct addr){.version = 4, .bytes = {10, 10, 30, 10}};
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
	fixture_list(
	    f, "| 10.10.30.11 | WLC | 8.0 | No | ACTIVE |\n| 10.10.30.10 | WLC | 17.3 | Yes | ACTIVE |\n");
	assert_int_equal(auth_of(f).decision.prediction, AUTH_HASH_KIND);
	f->session->addr[C].bytes[3] = 11;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
	f->session->addr[C].bytes[3] = 12;
	assert_int_equal(auth_of(f).decision.prediction, AUTH_MATCH);
}

static void resumed_sessions_show_no_decision(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	f->session->tls.answered_ticket_or_id = true;
	fixture_step(f, STEP_SERVER_HELLO, C);
	assert_false(session_resumed(f->session));
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, C);
	fixture_step(f, STEP_FINISHED, C);
	assert_true(session_resumed(f->session));
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_step(f, STEP_FINISHED, E);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA1 "\n");
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	assert_int_equal(auth_of(f).decision.prediction, AUTH_NOT_VISIBLE);
}

/* ---- TLS 1.3 --------------------------------------------------------------------------------------- */

static void tls13_completes_when_the_server_goes_on(void **state)
{
	struct fixture *f = *state;
	fixture_tls13(f);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_INCOMPLETE);
	fixture_data(f, C, 250);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
}

static void tls13_alert_of_the_controller(void **state)
{
	struct fixture *f = *state;
	fixture_tls13(f);
	fixture_data(f, C, 19);
	assert_true(session_hidden_alert(f->session, C));
	assert_false(session_hidden_alert(f->session, E));
	assert_int_equal(session_handshake(f->session), HANDSHAKE_FAILED);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	fixture_close(f, CLOSE_FIN, C);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.observed, AUTH_OBSERVED_REJECTED);
	assert_true(auth.inferred);
	f->session->closed.time += 2 * NS_PER_S;
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

static void tls13_close_notify_after_the_engine_left(void **state)
{
	struct fixture *f = *state;
	fixture_tls13(f);
	fixture_data(f, E, 19);
	fixture_close(f, CLOSE_FIN, E);
	fixture_data(f, C, 19);
	assert_false(session_hidden_alert(f->session, C));
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

static void tls13_acceptance_needs_more_than_tickets(void **state)
{
	struct fixture *f = *state;
	fixture_tls13(f);
	fixture_data(f, C, 250);
	fixture_data(f, C, 250);
	fixture_data(f, E, 40);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	fixture_data(f, C, 40);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.observed, AUTH_OBSERVED_ACCEPTED);
	assert_true(auth.inferred);
	f->session->tls.psk_chosen = true;
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

/* ---- TLS 1.3 with keys ----------------------------------------------------------------------------- */

/* The controller's finished comes before the engine's certificate: it accepts nothing. */
static void tls13_with_keys_accepts_with_its_ticket(void **state)
{
	struct fixture *f = *state;
	fixture_tls13_opened(f);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_SENT);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
	fixture_step(f, STEP_NEW_SESSION_TICKET, C);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.observed, AUTH_OBSERVED_ACCEPTED);
	assert_false(auth.inferred);
	assert_int_equal(auth.evidence[2].packet, f->session->steps[f->session->n_steps - 1].at.packet);
}

static void tls13_with_keys_rejects_with_its_alert(void **state)
{
	struct fixture *f = *state;
	fixture_tls13_opened(f);
	f->session->tls.protected_after_reply[C] = 1;
	f->session->tls.last_protected_length[C] = 19;
	assert_false(session_hidden_alert(f->session, C));
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_FAILED);
	struct session_auth auth = auth_of(f);
	assert_int_equal(auth.observed, AUTH_OBSERVED_REJECTED);
	assert_false(auth.inferred);
	assert_int_equal(auth.n_evidence, 3);
	f->session->tls.protected_after_reply[C] = 2;
	fixture_step(f, STEP_NEW_SESSION_TICKET, C);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_ACCEPTED);
}

static void tls13_with_keys_asked_for_no_certificate(void **state)
{
	struct fixture *f = *state;
	fixture_tls13_opened(f);
	f->session->steps[3].kind = STEP_KEY_UPDATE; /* no request, and no certificate of the engine */
	f->session->steps[7].kind = f->session->steps[8].kind = STEP_KEY_UPDATE;
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_REQUESTED);
	for (int i = 0; i < 9; i++) {
		fixture_data(f, E, 40);
		fixture_data(f, C, 40);
	}
	assert_int_equal(auth_of(f).observed, AUTH_OBSERVED_NONE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
    CASE(alert_codes_that_reject),
    CASE(steps_at_which_an_alert_rejects),
    CASE(warnings_and_the_engines_alerts_reject_nothing),
    CASE(empty_certificates_are_never_accepted_or_rejected),
    CASE(acceptance_is_proved_by_three_packets),
    CASE(proof_is_ascending),
    CASE(lists_without_entries),
    CASE(only_the_engines_direction),
    CASE(predictions),
    CASE(predictions_without_a_certificate),
    CASE(fix_lines),
    CASE(engine_texts_stand_in),
    CASE(engine_texts_do_not_replace_a_certificate),
    CASE(table_of_controllers_names_the_digest),
    CASE(resumed_sessions_show_no_decision),
    CASE(tls13_completes_when_the_server_goes_on),
    CASE(tls13_alert_of_the_controller),
    CASE(tls13_close_notify_after_the_engine_left),
    CASE(tls13_acceptance_needs_more_than_tickets),
    CASE(tls13_with_keys_accepts_with_its_ticket),
    CASE(tls13_with_keys_rejects_with_its_alert),
    CASE(tls13_with_keys_asked_for_no_certificate),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
