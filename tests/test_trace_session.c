/*
 * Lines of a trace -> sessions: the published scenarios, connections and their ends, time. What is told where
 * lines are missing is in test_trace_missing.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/tracerun.h"

#include "analyzer/findings/findings.h"

#define STAMP(ms, number) "[03/02/26 09:15:00." ms " UTC " number " 9822] "

/* ---- the published scenarios ---- */

static void check_rejected(const struct traced *traced, const struct session *session)
{
	const struct alert_seen *alert = session_fatal_alert(session);
	assert_string_equal(trace_observed(traced, session), "rejected");
	assert_int_equal(session_handshake(session), HANDSHAKE_FAILED);
	assert_int_equal(session_state(session, session_now(traced->model, session)), SESSION_FAILED);
	assert_non_null(alert);
	assert_int_equal(alert->code, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(alert->level, TLS_ALERT_FATAL);
	assert_int_equal(alert->dir, session->controller);
	assert_int_equal(session_trace_event(session->trace, &alert->at)->state, 0x2182);
	assert_int_equal(session->trace->error, TRACE_ERROR_NOT_VERIFIED);
}

static void rejected_in_english(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-failure.txt");
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(traced.model->n_sessions, 1);
	check_rejected(&traced, session);
	assert_string_equal(trace_states(session), "2111 2130 2140 2160 2180");
	assert_string_equal(session_step_state(session, &session->steps[0]).name,
	                    "SSLv3 read client hello B");
	assert_true(session_whole(session, NULL));
	model_free(traced.model);
}

static void rejected_in_ocr(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-failure-ocr.txt");
	assert_int_equal(traced.model->n_sessions, 1);
	check_rejected(&traced, trace_nth(&traced, 1));
	model_free(traced.model);
}

static void check_accepted(const struct traced *traced, const struct session *session)
{
	assert_string_equal(trace_observed(traced, session), "accepted");
	assert_int_equal(session_handshake(session), HANDSHAKE_COMPLETE);
	assert_int_equal(session_state(session, session_now(traced->model, session)), SESSION_ACTIVE);
	/* a controller prints nothing of a healthy session: that is no silence */
	assert_int_equal(session_state(session, session->last.time + 3600 * NS_PER_S), SESSION_ACTIVE);
	assert_int_equal(session->n_alerts, 0);
	assert_true(session->trace->done.packet != 0 && session->trace->connected.packet != 0);
	assert_true(session->trace->n_messages == 6);
	assert_string_equal(session->trace->messages[4].name, "NMSP_APP_ECHO_REQ_MSG");
	assert_int_equal(session->trace->messages[4].count, 2);
}

static void accepted_in_english(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-success.txt");
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(traced.model->n_sessions, 1);
	check_accepted(&traced, session);
	assert_string_equal(trace_states(session), "2111 2130 2140 2160 2180 2190 21a0 21c0 21d0 21e0");
	assert_int_equal(session_client_certificate(session), CLIENT_CERTIFICATE_SENT);
	assert_int_equal(session_trace_static_rsa(session), TRACE_TOLD_YES);
	assert_int_equal(session_trace_ticket(session), TRACE_TOLD_NO);
	model_free(traced.model);
}

static void accepted_in_ocr(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-success-ocr.txt");
	assert_int_equal(traced.model->n_sessions, 1);
	check_accepted(&traced, trace_nth(&traced, 1));
	/* a line is missing: what is absent proves nothing */
	assert_int_equal(session_trace_static_rsa(trace_nth(&traced, 1)), TRACE_TOLD_NOTHING);
	model_free(traced.model);
}

static void a_real_paste(void **state)
{
	(void)state;
	size_t n = 0;
	char *text = trace_slurp("../shared/data/trace-failure-nl.txt", &n);
	if (text == NULL) {
		print_message("LEFT OUT: no published paste here\n");
		return;
	}
	struct traced traced = {.model = NULL};
	trace_more(&traced, text, n);
	free(text);
	assert_int_equal(traced.model->n_sessions, 1);
	check_rejected(&traced, trace_nth(&traced, 1));
	assert_int_equal(traced.model->capture.inputs[0].trace->lost, 0);
	model_free(traced.model);
}

/* ---- connections ---- */

static void two_processes_and_two_connections(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-interleaved.txt");
	assert_int_equal(traced.model->n_sessions, 3);
	check_rejected(&traced, trace_nth(&traced, 1));
	for (uint32_t i = 2; i <= 3; i++) {
		assert_string_equal(trace_observed(&traced, trace_nth(&traced, i)), "accepted");
		assert_string_equal(trace_states(trace_nth(&traced, i)),
		                    "2111 2130 2140 2160 2180 2190 21a0 21c0 21d0 21e0");
	}
	assert_int_equal(traced.model->capture.inputs[0].trace->lost, 0);
	model_free(traced.model);
}

static void a_pointer_is_used_again(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-reuse.txt");
	assert_int_equal(traced.model->n_sessions, 2);
	const struct session *first = trace_nth(&traced, 1), *second = trace_nth(&traced, 2);
	assert_true(first->trace->pointer == second->trace->pointer);
	check_rejected(&traced, first);
	assert_string_equal(trace_observed(&traced, second), "accepted");
	assert_true(second->closed.packet == 0);
	model_free(traced.model);
}

static void a_beginning_outside(void **state)
{
	(void)state;
	struct traced traced = trace_sample("samples/trace-midway.txt");
	assert_int_equal(traced.model->n_sessions, 2);
	const struct session *first = trace_nth(&traced, 1), *second = trace_nth(&traced, 2);
	assert_true(first->midstream);
	assert_false(second->midstream);
	assert_string_equal(trace_observed(&traced, first), "accepted");
	assert_true(first->steps[0].inferred && first->steps[0].kind == STEP_CERTIFICATE_REQUEST);
	assert_int_equal(session_handshake(second), HANDSHAKE_INCOMPLETE);
	model_free(traced.model);
}

/* The one named last is another: found by its pointer among many, and no neighbour of it is taken. */
static void many_open_connections(void **state)
{
	(void)state;
	enum { MANY = 300 };
	char *text = calloc(MANY + 1, 128);
	size_t n = 0;
	for (unsigned i = 0; i < MANY; i++)
		n +=
		    (size_t)sprintf(&text[n], STAMP("100", "%x") "sslConnectionInit: SSL_new() conn ssl %x\n",
		                    1 + i, 0xb0000000 + 16 * i);
	sprintf(&text[n], STAMP("200", "%x") "freeing Nmsp conn ssl %x, conn id 0\n", 1 + MANY,
	        0xb0000000 + 16 * 250);
	struct traced traced = trace_text(text);
	assert_int_equal(traced.model->n_sessions, MANY);
	assert_true(trace_nth(&traced, 251)->closed.packet == MANY + 1);
	free(text);
	model_free(traced.model);
}

static void a_pointer_with_a_misread_digit(void **state)
{
	(void)state;
	struct traced traced = trace_text(STAMP("100", "a1") "Allocated new NMSP connection 0\n" STAMP(
	    "100",
	    "a2") "sslConnectionInit: SSL_new() conn ssl b2c41e70\n" STAMP("200",
	                                                                   "a3") "Certificate validation "
	                                                                         "done for conn ssl "
	                                                                         "b2c4le7b, calling "
	                                                                         "authlist\n" STAMP(
	                                                                             "300", "a4") "fr"
	                                                                                          "ee"
	                                                                                          "in"
	                                                                                          "g "
	                                                                                          "Nm"
	                                                                                          "sp"
	                                                                                          " c"
	                                                                                          "on"
	                                                                                          "n "
	                                                                                          "ss"
	                                                                                          "l "
	                                                                                          "b2"
	                                                                                          "c4"
	                                                                                          "1e"
	                                                                                          "70"
	                                                                                          ", "
	                                                                                          "co"
	                                                                                          "nn"
	                                                                                          " i"
	                                                                                          "d "
	                                                                                          "0"
	                                                                                          "\n");
	assert_int_equal(traced.model->n_sessions, 1);
	assert_true(trace_nth(&traced, 1)->trace->freed.packet != 0);
	assert_true(trace_nth(&traced, 1)->trace->checked.packet != 0);
	model_free(traced.model);
}

static void syslog_gives_addresses(void **state)
{
	(void)state;
	struct traced traced =
	    trace_text("*Mar  2 2026 09:15:00.123: %NMSP_SYSLOG-5-NMSP_SSL_NOTICE: Chassis 1 R0/0: "
	               "nmspd: nmspd TLS notice [TLS local: 192.0.2.1 remote: 192.0.2.9] "
	               "closing CMX connection over TLS protocol\n");
	const struct session *session = trace_nth(&traced, 1);
	char text[ADDR_TEXT];
	assert_string_equal(addr_text(&session->addr[session->controller], text), "192.0.2.1");
	assert_string_equal(addr_text(&session->addr[session_engine(session)], text), "192.0.2.9");
	assert_true(session->midstream && session->closed.packet != 0);
	model_free(traced.model);
}

/* It says that a connection was closed, whoever its ends are; other notices say nothing. */
static void syslog_alone(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t sessions;
	} rows[] = {
	    {"%NMSP_SYSLOG-5-NMSP_SSL_NOTICE: nmspd TLS notice [TLS local: x remote: y] closing\n"
	     "%NMSP_SYSLOG-5-NMSP_SSL_NOTICE: nmspd TLS notice [TLS local: x remote: y] closing\n",
	     2},
	    {"%NMSP_SYSLOG-5-NMSP_SSL_NOTICE: nmspd TLS notice [TLS local: 192.0.2.1 remote: y] closing\n", 1},
	    {"%NMSP_SYSLOG-5-X: service started\n", 0},
	};
	struct findings *findings = calloc(1, sizeof *findings);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct traced traced = trace_text(rows[i].text);
		assert_int_equal(traced.model->n_sessions, rows[i].sessions);
		assert_int_equal(traced.understood, rows[i].sessions > 0);
		for (const struct session *s = traced.model->first; s != NULL; s = s->next) {
			assert_int_equal(session_state(s, s->last.time), SESSION_CLOSED);
			findings_of_session(traced.model, s, findings);
			assert_int_equal(findings->n, 1);
			has(findings->list[0].summary, "A line of the syslog is all");
			assert_null(strstr(findings->list[0].advice[0], "set trace"));
		}
		model_free(traced.model);
	}
	free(findings);
}

static void the_controller_as_client(void **state)
{
	(void)state;
	struct traced traced =
	    trace_text(STAMP("100", "a1") "sslConnectionInit: SSL_new() conn ssl b2c41e70\n" STAMP(
	        "100",
	        "a"
	        "2") "SSL state = 0x1110; where = 0x1001; ret = 0x1\n" STAMP("100",
	                                                                     "a3") "SSL state = 0x1120; "
	                                                                           "where = 0x1001; ret = "
	                                                                           "0x1\n" STAMP(
	                                                                               "100",
	                                                                               "a4") "SSL "
	                                                                                     "state"
	                                                                                     " = "
	                                                                                     "0x113"
	                                                                                     "0; "
	                                                                                     "where"
	                                                                                     " = "
	                                                                                     "0x100"
	                                                                                     "1; "
	                                                                                     "ret "
	                                                                                     "= "
	                                                                                     "0x1"
	                                                                                     "\n" STAMP(
	                                                                                         "1"
	                                                                                         "0"
	                                                                                         "0",
	                                                                                         "a"
	                                                                                         "5") "SSL "
	                                                                                              "stat"
	                                                                                              "e = "
	                                                                                              "0x11"
	                                                                                              "70; "
	                                                                                              "wher"
	                                                                                              "e = "
	                                                                                              "0x10"
	                                                                                              "01; "
	                                                                                              "ret "
	                                                                                              "= "
	                                                                                              "0x1"
	                                                                                              "\n");
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session->controller, 0);
	assert_int_equal(session_tls_client(session), session->controller);
	assert_int_equal(session->steps[0].dir, 0);
	assert_int_equal(session->steps[2].dir, session_engine(session));
	assert_string_equal(trace_states(session), "1110 1120 1130 1170");
	model_free(traced.model);
}

/* ---- time ---- */

static void zones(void **state)
{
	(void)state;
	static const struct {
		const char *zone;
		int64_t hours;
		const char *unknown;
	} cases[] = {{"UTC", 0, ""}, {"CEST", 2, ""}, {"PST", -8, ""}, {"CST", 0, "CST"}, {"XYZ", 0, "XYZ"}};
	struct traced utc = trace_text(STAMP("100", "a1") "Allocated new NMSP connection 0\n");
	int64_t base = trace_nth(&utc, 1)->opened.time;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char line[128];
		snprintf(line, sizeof line,
		         "[03/02/26 09:15:00.100 %s a1 9822] Allocated new NMSP connection 0\n",
		         cases[i].zone);
		struct traced traced = trace_text(line);
		assert_int_equal(trace_nth(&traced, 1)->opened.time, base - cases[i].hours * 3600 * NS_PER_S);
		assert_string_equal(traced.model->capture.inputs[0].trace->zone, cases[i].unknown);
		model_free(traced.model);
	}
	model_free(utc.model);
}

static void no_times(void **state)
{
	(void)state;
	struct traced traced = trace_text("SSL_accept:before SSL initialization\n"
	                                  "SSL_accept:SSLv3/TLS read client hello\n"
	                                  "SSL_accept:SSLv3/TLS write server hello\n"
	                                  "SSL_accept:before SSL initialization\n"
	                                  "SSL_accept:SSLv3/TLS read client hello\n");
	assert_int_equal(traced.model->n_sessions, 2); /* one a run of states */
	const struct session *session = trace_nth(&traced, 1);
	assert_true(session->opened.time == ORIGIN_NO_TIME);
	assert_int_equal(session_state(session, session_now(traced.model, session)), SESSION_HANDSHAKING);
	struct findings *findings = calloc(1, sizeof *findings);
	findings_of_session(traced.model, session, findings);
	assert_int_equal(findings->n, 0);
	free(findings);
	model_free(traced.model);
}

static void a_handshake_that_stops(void **state)
{
	(void)state;
	static const char begun[] =
	    STAMP("100", "a1") "sslConnectionInit: SSL_new() conn ssl b2c41e70\n"
	    STAMP("100", "a2") "SSL state = 0x6000; where = 0x10; ret = 0x1\n"
	    STAMP("100", "a3") "SSL state = 0x2111; where = 0x2001; ret = 0x1\n"
	    STAMP("100", "a4") "SSL state = 0x2160; where = 0x2001; ret = 0x1\n"
	    STAMP("100", "a5") "SSL state = 0x2180; where = 0x2002; ret = 0xffffffff\n";
	static const char *const later[] = {"[03/02/26 09:15:04.000 UTC a6 9822] something else\n",
	                                    "[03/02/26 09:15:09.000 UTC a6 9822] something else\n",
	                                    "[03/02/26 09:15:09.000 UTC b6 9822] something else\n"};
	static const bool stalled[] = {false, true, false}; /* too soon; so; lines are missing */
	struct findings *findings = calloc(1, sizeof *findings);
	for (size_t i = 0; i < 3; i++) {
		char text[1024];
		snprintf(text, sizeof text, "%s%s", begun, later[i]);
		struct traced traced = trace_text(text);
		findings_of_session(traced.model, trace_nth(&traced, 1), findings);
		assert_int_equal(findings->n, stalled[i]);
		if (stalled[i])
			has(findings->list[0].summary, "the controller waited");
		model_free(traced.model);
	}
	free(findings);
}

/* Only the last state is the end: 0x20 beside another is what is left of 0x2001. */
static void no_end_in_the_middle(void **state)
{
	(void)state;
	static const char middle[] = STAMP("100", "a2") "SSL state = 0x2111; where = 0x20; ret = 0x1\n";
	static const char end[] = STAMP("200", "b1") "SSL state = 0x3; where = 0x20; ret = 0x1\n";
	struct traced traced = trace_text(middle);
	assert_int_equal(session_handshake(trace_nth(&traced, 1)), HANDSHAKE_NOT_CAPTURED);
	trace_more(&traced, end, strlen(end));
	assert_int_equal(session_handshake(trace_nth(&traced, 2)), HANDSHAKE_COMPLETE);
	model_free(traced.model);
}

static void sessions_are_numbered_by_time(void **state)
{
	(void)state;
	static const char late[] = STAMP("500", "a1") "Allocated new NMSP connection 0\n";
	static const char early[] = STAMP("100", "a1") "Allocated new NMSP connection 7\n";
	static const char never[] = "SSL_accept:SSLv3/TLS read client hello\n";
	struct traced traced = trace_text(never);
	trace_more(&traced, late, strlen(late));
	trace_more(&traced, early, strlen(early));
	model_number_by_time(traced.model);
	assert_int_equal(trace_nth(&traced, 1)->trace->conn, 7);
	assert_int_equal(trace_nth(&traced, 1)->id, 1);
	assert_int_equal(trace_nth(&traced, 2)->opened.input, 1);
	assert_true(trace_nth(&traced, 3)->opened.time == ORIGIN_NO_TIME);
	assert_int_equal(trace_nth(&traced, 3)->id, 3);
	model_free(traced.model);
}

/* ---- no trace, and other programs' words ---- */

static void no_trace_at_all(void **state)
{
	(void)state;
	struct traced traced = trace_text("hello\nworld\n\n\x01\x02\xff\n");
	assert_false(traced.understood);
	has(traced.err.text, "no debug trace");
	model_free(traced.model);
	traced = trace_text("verify depth is 2, must return a certificate\nverify return:1\n");
	assert_false(traced.understood);
	assert_int_equal(traced.model->n_sessions, 0);
	model_free(traced.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rejected_in_english),
	    cmocka_unit_test(rejected_in_ocr),
	    cmocka_unit_test(accepted_in_english),
	    cmocka_unit_test(accepted_in_ocr),
	    cmocka_unit_test(a_real_paste),
	    cmocka_unit_test(two_processes_and_two_connections),
	    cmocka_unit_test(a_pointer_is_used_again),
	    cmocka_unit_test(a_beginning_outside),
	    cmocka_unit_test(many_open_connections),
	    cmocka_unit_test(a_pointer_with_a_misread_digit),
	    cmocka_unit_test(syslog_gives_addresses),
	    cmocka_unit_test(syslog_alone),
	    cmocka_unit_test(the_controller_as_client),
	    cmocka_unit_test(zones),
	    cmocka_unit_test(no_times),
	    cmocka_unit_test(a_handshake_that_stops),
	    cmocka_unit_test(no_end_in_the_middle),
	    cmocka_unit_test(sessions_are_numbered_by_time),
	    cmocka_unit_test(no_trace_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
