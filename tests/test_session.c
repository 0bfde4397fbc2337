/* What follows from a session's facts: state, handshake, certificates, the observed and predicted decision.
 */
#include "tests/model_fixture.h"

#include "analyzer/session.h"
#include "analyzer/session_nmsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#define E FIXTURE_ENGINE
#define C FIXTURE_CONTROLLER

static enum session_state state_of(const struct fixture *f)
{
	return session_state(f->session, f->model->capture.last);
}

/* ---- state and handshake --------------------------------------------------------------------------- */

static void healthy_session_is_complete_and_active(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	assert_int_equal(state_of(f), SESSION_ACTIVE);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_SENT);
	assert_int_equal(session_connect_time(f->session), 2 * 1000 * NS_PER_US);
	fixture_wait(f, 45 * NS_PER_S);
	assert_int_equal(state_of(f), SESSION_SILENT);
	fixture_close(f, CLOSE_FIN, E);
	assert_int_equal(state_of(f), SESSION_CLOSED);
}

static void silence_begins_at_45_seconds(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	int64_t last = f->session->last.time;
	assert_int_equal(session_state(f->session, last + 45 * NS_PER_S - 1), SESSION_ACTIVE);
	assert_int_equal(session_state(f->session, last + 45 * NS_PER_S), SESSION_SILENT);
	f->session->last.time = INT64_MIN;
	assert_int_equal(session_state(f->session, INT64_MAX), SESSION_SILENT);
}

/* Where the engine asks in another rhythm, three times that is silence. */
static void silence_goes_by_the_echo_interval(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	int64_t last = f->session->last.time;
	struct echo *echo = &session_nmsp_of(f->session)->echo;
	const struct origin one = {.time = last - 120 * NS_PER_S, .packet = 1};
	const struct origin two = {.time = last - 60 * NS_PER_S, .packet = 2};
	echo_request(echo, &one, (struct echo_id){0});
	assert_int_equal(session_state(f->session, last + 45 * NS_PER_S), SESSION_SILENT);
	echo_request(echo, &two, (struct echo_id){0});
	assert_int_equal(session_state(f->session, last + 180 * NS_PER_S - 1), SESSION_ACTIVE);
	assert_int_equal(session_state(f->session, last + 180 * NS_PER_S), SESSION_SILENT);
}

static void every_unfinished_handshake_is_incomplete_then_failed(void **state)
{
	struct fixture *f = *state;
	fixture_handshake(f, STEP_KINDS, 0);
	uint32_t all = f->session->n_steps;
	fixture_free(f);
	for (uint32_t n = 1; n < all; n++) {
		fixture_new(f);
		fixture_connect(f);
		fixture_handshake(f, STEP_KINDS, 0);
		f->session->n_steps = n;
		assert_int_equal(session_handshake(f->session), HANDSHAKE_INCOMPLETE);
		assert_int_equal(state_of(f), SESSION_HANDSHAKING);
		fixture_close(f, CLOSE_RST, E);
		assert_int_equal(session_handshake(f->session), HANDSHAKE_FAILED);
		assert_int_equal(state_of(f), SESSION_FAILED);
		fixture_free(f);
	}
	fixture_new(f);
}

static void a_connection_in_its_first_packets(void **state)
{
	struct fixture *f = *state;
	fixture_syn(f);
	assert_int_equal(state_of(f), SESSION_CONNECTING);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_NONE);
	fixture_wait(f, 60 * NS_PER_S);
	assert_int_equal(state_of(f), SESSION_CONNECTING);
	assert_int_equal(session_connect_time(f->session), -1);
	fixture_close(f, CLOSE_RST, C);
	assert_int_equal(state_of(f), SESSION_FAILED);
}

static void icmp_prohibited_refuses_and_host_unreachable_does_not(void **state)
{
	struct fixture *f = *state;
	fixture_syn(f);
	struct icmp_seen icmp = {.at = f->at, .version = 4, .type = 3, .code = 1};
	model_add_icmp(f->session, &icmp);
	assert_null(session_icmp_refusal(f->session));
	assert_int_equal(state_of(f), SESSION_CONNECTING);
	icmp.code = 13;
	model_add_icmp(f->session, &icmp);
	assert_non_null(session_icmp_refusal(f->session));
	assert_int_equal(state_of(f), SESSION_FAILED);
	f->session->tcp.syn_ack = f->at;
	assert_null(session_icmp_refusal(f->session));
}

static void joined_midway(void **state)
{
	struct fixture *f = *state;
	f->session->midstream = true;
	fixture_data(f, E, 40);
	fixture_data(f, C, 40);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_NOT_CAPTURED);
	assert_int_equal(state_of(f), SESSION_ACTIVE);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	fixture_close(f, CLOSE_FIN, C);
	assert_int_equal(state_of(f), SESSION_CLOSED);
}

static void a_gap_hides_the_end_of_the_handshake(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, C);
	fixture_gap(f, C, 100);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_INCOMPLETE);
	fixture_data(f, E, 40);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
	f->session->tls.first_protected[E].packet = 0;
	fixture_close(f, CLOSE_FIN, E);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_NOT_CAPTURED);
	assert_int_equal(state_of(f), SESSION_CLOSED);
}

static void application_data_without_gap_completes_nothing(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, C);
	fixture_data(f, E, 40);
	assert_int_equal(session_handshake(f->session), HANDSHAKE_INCOMPLETE);
}

static void close_notify_is_no_failure(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	fixture_alert(f, E, TLS_ALERT_FATAL, TLS_CLOSE_NOTIFY);
	assert_null(session_fatal_alert(f->session));
	assert_int_equal(session_handshake(f->session), HANDSHAKE_COMPLETE);
}

static void one_sided_needs_more_than_syns(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 5; i++)
		fixture_syn(f);
	assert_false(session_one_sided(f->session));
	fixture_packet(f, E, 0);
	assert_false(session_one_sided(f->session));
	fixture_packet(f, E, 10);
	assert_true(session_one_sided(f->session));
	fixture_packet(f, C, 0);
	assert_false(session_one_sided(f->session));
}

/* ---- certificates ---------------------------------------------------------------------------------- */

static void without_request(struct fixture *f)
{
	fixture_connect(f);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	fixture_step(f, STEP_SERVER_HELLO, C);
	fixture_certificate(f, C, 1);
	fixture_step(f, STEP_SERVER_HELLO_DONE, C);
}

static void not_requested_needs_a_whole_flight(void **state)
{
	struct fixture *f = *state;
	without_request(f);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_REQUESTED);
	f->session->n_steps--;
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NONE);
	f->session->n_steps++;
	fixture_gap(f, C, 100);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NONE);
	fixture_step(f, STEP_CLIENT_KEY_EXCHANGE, E);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_REQUESTED);
	fixture_gap(f, E, 100);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->tcp.first_gap.time += 3600 * NS_PER_S;
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_REQUESTED);
}

static void empty_and_damaged_certificates(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CERTIFICATE, E);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NONE);
	fixture_certificate(f, E, 0);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_EMPTY);
	f->session->steps[f->session->n_steps - 1].damaged = true;
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	fixture_step(f, STEP_CERTIFICATE_VERIFY, E);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_SENT);
}

/* "none" is said only where the session provably never got that far. */
static void no_certificate_is_said_only_of_a_whole_side(void **state)
{
	struct fixture *f = *state;
	const struct session *s = f->session;
	fixture_connect(f);
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NONE);
	fixture_handshake(f, STEP_CERTIFICATE, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NONE);
	fixture_gap(f, C, 1153);
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NONE);
	fixture_gap(f, E, 1153);
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->tcp.gaps[E] = 0;
	f->session->tls.undecodable = 1;
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->tls.undecodable = 0;
	f->session->tcp.last[E] = (struct origin){0};
	f->session->tcp.packets[E] = 0;
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->midstream = true;
	f->session->tcp.last[E] = s->opened;
	assert_int_equal(session_client_certificate(s), CLIENT_CERTIFICATE_NOT_VISIBLE);
}

static void the_controller_went_past_the_certificate(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_CERTIFICATE, E);
	fixture_step(f, STEP_CHANGE_CIPHER_SPEC, C);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->tls.protected_on[C] = false;
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NONE);
	fixture_step(f, STEP_FINISHED, C);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
	f->session->n_steps--;
	fixture_data(f, C, 40);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
}

/* TLS 1.3: the controller's flight is encrypted before the engine has said anything. */
static void tls13_certificate_is_never_none_behind_the_engines_flight(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	f->session->tls.version = TLS_1_3;
	fixture_step(f, STEP_CLIENT_HELLO, E);
	fixture_step(f, STEP_SERVER_HELLO, C);
	fixture_data(f, C, 900);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NONE);
	fixture_data(f, E, 900);
	assert_int_equal(session_client_certificate(f->session), CLIENT_CERTIFICATE_NOT_VISIBLE);
}

/* ---- names ----------------------------------------------------------------------------------------- */

static void community_id_of_the_specification(void **state)
{
	(void)state;
	char text[COMMUNITY_ID];
	struct session session = {.addr = {{4, {128, 232, 110, 120}}, {4, {66, 35, 250, 204}}},
	                          .port = {34855, 80}};
	session_community_id(&session, text);
	assert_string_equal(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	struct session back = {.addr = {session.addr[1], session.addr[0]}, .port = {80, 34855}};
	session_community_id(&back, text);
	assert_string_equal(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	struct session same = {.addr = {session.addr[0], session.addr[0]}, .port = {5, 6}};
	struct session swapped = {.addr = {session.addr[0], session.addr[0]}, .port = {6, 5}};
	char other[COMMUNITY_ID];
	session_community_id(&same, text);
	session_community_id(&swapped, other);
	assert_string_equal(text, other);
}

static void step_states(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_handshake(f, STEP_KINDS, 0);
	static const uint16_t expected[] = {0x2111, 0x2130, 0x2140, 0x2150, 0x2160, 0x2170, 0x2180,
	                                    0x2190, 0x21a0, 0,      0x21c0, 0x21d0, 0x21e0};
	for (uint32_t i = 0; i < f->session->n_steps; i++)
		assert_int_equal(session_step_state(f->session, &f->session->steps[i]).number, expected[i]);
	assert_string_equal(session_step_state(f->session, &f->session->steps[6]).name,
	                    "SSLv3 read client certificate A");
	f->session->tls.version = TLS_1_3;
	assert_int_equal(session_step_state(f->session, &f->session->steps[0]).number, 0);
	f->session->tls.version = TLS_1_2;
	f->session->controller = E;
	assert_null(session_step_state(f->session, &f->session->steps[0]).name);
}

static void every_value_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < STEP_KINDS; i++)
		assert_non_null(session_step_name((enum step_kind)i));
	for (int i = SESSION_CONNECTING; i <= SESSION_SILENT; i++)
		assert_non_null(session_state_name((enum session_state)i));
	for (int i = HANDSHAKE_NONE; i <= HANDSHAKE_COMPLETE; i++)
		assert_non_null(session_handshake_name((enum handshake_state)i));
	for (int i = CLIENT_CERTIFICATE_NONE; i <= CLIENT_CERTIFICATE_SENT; i++)
		assert_non_null(session_client_certificate_name((enum client_certificate)i));
	for (int i = AUTH_OBSERVED_NONE; i <= AUTH_OBSERVED_REJECTED; i++)
		assert_non_null(session_observed_name((enum auth_observed)i));
	assert_null(session_close_name(CLOSE_NONE));
	assert_string_equal(session_close_name(CLOSE_ALERT), "alert");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static const struct CMUnitTest tests[] = {
    CASE(healthy_session_is_complete_and_active),
    CASE(silence_begins_at_45_seconds),
    CASE(silence_goes_by_the_echo_interval),
    CASE(every_unfinished_handshake_is_incomplete_then_failed),
    CASE(a_connection_in_its_first_packets),
    CASE(icmp_prohibited_refuses_and_host_unreachable_does_not),
    CASE(joined_midway),
    CASE(a_gap_hides_the_end_of_the_handshake),
    CASE(application_data_without_gap_completes_nothing),
    CASE(close_notify_is_no_failure),
    CASE(one_sided_needs_more_than_syns),
    CASE(not_requested_needs_a_whole_flight),
    CASE(empty_and_damaged_certificates),
    CASE(no_certificate_is_said_only_of_a_whole_side),
    CASE(the_controller_went_past_the_certificate),
    CASE(tls13_certificate_is_never_none_behind_the_engines_flight),
    CASE(community_id_of_the_specification),
    CASE(step_states),
    CASE(every_value_has_a_name),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
