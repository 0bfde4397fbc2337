/*
 * Sessions from the lines of openssl -state: how they end, whether a certificate was asked for, and which one
 * came.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/tracerun.h"

#include "analyzer/findings/rule.h"

#define STAMP(ms, number) "[03/02/26 09:15:00." ms " UTC " number " 9822] "

#define ACCEPTED                                                                                             \
	"SSL_accept:before SSL initialization\n"                                                             \
	"SSL_accept:SSLv3/TLS read client hello\n"                                                           \
	"SSL_accept:SSLv3/TLS write server hello\n"                                                          \
	"SSL_accept:SSLv3/TLS read finished\n"                                                               \
	"SSL_accept:SSLv3/TLS write finished\n"

#define CALLBACKS                                                                                            \
	STAMP("100", "a1") "SSL state = 0x6000; where = 0x10; ret = 0x1\n"                                   \
	STAMP("100", "a2") "SSL state = 0x2111; where = 0x2001; ret = 0x1\n"                                 \
	STAMP("100", "a3") "SSL state = 0x2130; where = 0x2001; ret = 0x1\n"                                 \
	STAMP("100", "a4") "SSL state = 0x3; where = 0x20; ret = 0x1\n"

/* Nothing else may tell the end, and it is no fault. */
static void close_notify_closes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool by_controller, closed;
		const char *end;
	} rows[] = {
	    {ACCEPTED "SSL3 alert read:warning:close notify\n", false, true,
	     "closed by the engine (close_notify)"},
	    {ACCEPTED "SSL3 alert write:warning:close notify\n", true, true,
	     "closed by the controller (close_notify)"},
	    {ACCEPTED "SSL3 alert read:warning:close notify\n"
	              "SSL3 alert write:warning:close notify\n", false, true,
	     "closed by the engine (close_notify)"},
	    {ACCEPTED "SSL3 alert read:warning:no renegotiation\n", false, false,
	     "still open when the trace ends"},
	    {CALLBACKS STAMP("100", "a5") "SSL state = 0x3; where = 0x4004; ret = 0x100\n", false, true,
	     "closed by the engine (close_notify)"},
	    {CALLBACKS STAMP("100", "a5") "SSL state = 0x3; where = 0x4008; ret = 0x100\n", true, true,
	     "closed by the controller (close_notify)"},
	};
	struct findings *findings = calloc(1, sizeof *findings);
	char end[RULE_TEXT];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct traced traced = trace_text(rows[i].text);
		const struct session *session = trace_nth(&traced, 1);
		assert_int_equal(traced.model->n_sessions, 1);
		assert_int_equal(session_state(session, session->last.time),
		                 rows[i].closed ? SESSION_CLOSED : SESSION_ACTIVE);
		if (rows[i].closed)
			assert_int_equal(session->closed_by == session->controller, rows[i].by_controller);
		assert_string_equal(rule_close(session, end), rows[i].end);
		assert_null(session_close_name(session->close));
		findings_of_session(traced.model, session, findings);
		for (size_t k = 0; k < findings->n; k++)
			assert_int_equal(findings->list[k].severity, SEVERITY_INFO);
		model_free(traced.model);
	}
	free(findings);
}

#define HELLOS_OF_TLS13                                                                                      \
	"SSL_accept:before SSL initialization\n"                                                             \
	"SSL_accept:SSLv3/TLS read client hello\n"                                                           \
	"SSL_accept:SSLv3/TLS write server hello\n"                                                          \
	"SSL_accept:SSLv3/TLS write change cipher spec\n"                                                    \
	"SSL_accept:TLSv1.3 write encrypted extensions\n"
#define REQUEST_OF_TLS13     "SSL_accept:SSLv3/TLS write certificate request\n"
#define CERTIFICATE_OF_TLS13                                                                                 \
	"SSL_accept:SSLv3/TLS write certificate\n"                                                           \
	"SSL_accept:TLSv1.3 write server certificate verify\n"
#define END_OF_TLS13                                                                                         \
	"SSL_accept:SSLv3/TLS write finished\n"                                                              \
	"SSL_accept:TLSv1.3 early data\n"                                                                    \
	"SSL_accept:SSLv3/TLS read finished\n"                                                               \
	"SSL_accept:SSLv3/TLS write session ticket\n"

/* Resumed sessions ask for nothing either, and one that stopped early may have. */
static void nothing_was_requested(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum client_certificate expected;
	} rows[] = {
	    {HELLOS_OF_TLS13 CERTIFICATE_OF_TLS13 END_OF_TLS13, CLIENT_CERTIFICATE_NOT_REQUESTED},
	    {HELLOS_OF_TLS13 REQUEST_OF_TLS13 CERTIFICATE_OF_TLS13 END_OF_TLS13, CLIENT_CERTIFICATE_NOT_VISIBLE},
	    {HELLOS_OF_TLS13 REQUEST_OF_TLS13 CERTIFICATE_OF_TLS13, CLIENT_CERTIFICATE_NONE},
	    {HELLOS_OF_TLS13 END_OF_TLS13, CLIENT_CERTIFICATE_NOT_VISIBLE},
	    {HELLOS_OF_TLS13, CLIENT_CERTIFICATE_NONE},
	};
	struct findings *findings = calloc(1, sizeof *findings);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct traced traced = trace_text(rows[i].text);
		bool warned = false;
		assert_int_equal(session_client_certificate(trace_nth(&traced, 1)), rows[i].expected);
		findings_of_session(traced.model, trace_nth(&traced, 1), findings);
		for (size_t k = 0; k < findings->n; k++)
			warned = warned || strcmp(findings->list[k].id, "tls-no-certificate-request") == 0;
		assert_int_equal(warned, rows[i].expected == CLIENT_CERTIFICATE_NOT_REQUESTED);
		model_free(traced.model);
	}
	free(findings);
}

/* No state tells of the message: it is placed before the alert that answers it. */
static void an_empty_certificate(void **state)
{
	(void)state;
	struct traced traced =
	    trace_text("SSL_accept:before SSL initialization\n"
	               "SSL_accept:SSLv3/TLS read client hello\n"
	               "SSL_accept:SSLv3/TLS write certificate request\n"
	               "SSL_accept:SSLv3/TLS write server done\n"
	               "SSL3 alert write:fatal:handshake failure\n"
	               "SSL_accept:error in error\n"
	               "808BE61E4F7F0000:error:0A0000C7:SSL routines:tls_process_client_certificate:"
	               "peer did not return a certificate:../ssl/statem/statem_srvr.c:3518:\n");
	const struct session *session = trace_nth(&traced, 1);
	const struct step *step = session_step(session, STEP_CERTIFICATE, session_engine(session));
	assert_int_equal(session_client_certificate(session), CLIENT_CERTIFICATE_EMPTY);
	assert_non_null(step);
	assert_true(step->inferred && step->certificates == 0 && step->state == 0);
	assert_int_equal(session->n_alerts, 1);
	assert_true(origin_order(&step->at, &session->alerts[0].at) <= 0);
	model_free(traced.model);
}

/* Who tries the controller out with s_client is in the engine's place: what it reads is the controller's. */
static void s_client_stands_for_the_engine(void **state)
{
	(void)state;
	struct traced traced = trace_text("SSL_connect:before SSL initialization\n"
	                                  "SSL_connect:SSLv3/TLS write client hello\n"
	                                  "SSL_connect:SSLv3/TLS read server hello\n"
	                                  "SSL_connect:SSLv3/TLS read server certificate\n"
	                                  "SSL_connect:SSLv3/TLS read server certificate request\n"
	                                  "SSL_connect:SSLv3/TLS write client certificate\n"
	                                  "SSL_connect:SSLv3/TLS write finished\n"
	                                  "SSL3 alert read:fatal:unknown CA\n"
	                                  "SSL_connect:error in error\n");
	const struct session *session = trace_nth(&traced, 1);
	const struct alert_seen *alert = session_fatal_alert(session);
	assert_int_equal(traced.model->n_sessions, 1);
	assert_int_equal(session_tls_client(session), session_engine(session));
	assert_int_equal(session->steps[0].dir, session_engine(session));
	assert_non_null(alert);
	assert_int_equal(alert->dir, session->controller);
	assert_int_equal(session->closed_by, session->controller);
	assert_string_equal(trace_observed(&traced, session), "rejected");
	model_free(traced.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(close_notify_closes),
	    cmocka_unit_test(nothing_was_requested),
	    cmocka_unit_test(an_empty_certificate),
	    cmocka_unit_test(s_client_stands_for_the_engine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
