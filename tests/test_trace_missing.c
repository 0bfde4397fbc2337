/*
 * What is told of a session where lines are missing: alerts by their strings or by what stands around them,
 * a rejection by words alone, a request by the certificate that answers it, errors of OpenSSL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/tracerun.h"

#define STAMP(ms, number) "[03/02/26 09:15:00." ms " UTC " number " 9822] "

/* The sample without its lines that hold one of the words. */
static struct traced without(const char *path, const char *const words[], size_t n_words)
{
	size_t n = 0;
	char *text = trace_slurp(path, &n), *kept = calloc(1, n + 1);
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		bool left_out = false;
		for (size_t i = 0; i < n_words; i++)
			left_out = left_out || strstr(line, words[i]) != NULL;
		if (!left_out)
			strcat(strcat(kept, line), "\n");
	}
	struct traced traced = trace_text(kept);
	free(text);
	free(kept);
	return traced;
}

static void an_alert_told_by_its_strings(void **state)
{
	(void)state;
	static const char *const words[] = {"0x4008"};
	struct traced traced = without("samples/trace-failure.txt", words, 1);
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session->n_alerts, 1);
	assert_int_equal(session->alerts[0].code, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(session->alerts[0].level, TLS_ALERT_FATAL);
	assert_int_equal(session->alerts[0].dir, session->controller);
	assert_string_equal(trace_observed(&traced, session), "rejected");
	assert_false(session_whole(session, NULL));
	model_free(traced.model);
}

/* Nothing but its strings: the error behind them, or the judgement before, says whose alert it was. */
static void an_alert_told_by_its_neighbours(void **state)
{
	(void)state;
	static const char *const missing[][3] = {{"0x2182", "not validated", "authlist authentication"},
	                                         {"0x2182", "handshake failed", "freeing"}};
	for (size_t i = 0; i < 2; i++) {
		struct traced traced = without("samples/trace-failure.txt", missing[i], 3);
		const struct session *session = trace_nth(&traced, 1);
		assert_int_equal(session->n_alerts, 1);
		assert_int_equal(session->alerts[0].dir, session->controller);
		assert_int_equal(session->alerts[0].code, TLS_CERTIFICATE_UNKNOWN);
		model_free(traced.model);
	}
}

static void a_rejection_told_by_its_words(void **state)
{
	(void)state;
	static const char *const words[] = {"0x2182", "fatal", "certificate unknown", "not validated"};
	struct traced traced = without("samples/trace-failure.txt", words, 4);
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session->n_alerts, 0);
	assert_string_equal(trace_observed(&traced, session), "rejected");
	assert_int_equal(session_handshake(session), HANDSHAKE_FAILED);
	model_free(traced.model);
}

static void a_request_is_inferred_from_the_certificate_alone(void **state)
{
	(void)state;
	static const char *const request[] = {"0x2160"};
	static const char *const both[] = {
	    "0x2160", "alidat", "authlist", "0x2182", "certificate unknown", "fatal", "handshake failed"};
	struct traced traced = without("samples/trace-failure.txt", request, 1);
	const struct session *session = trace_nth(&traced, 1);
	const struct step *step = session_step(session, STEP_CERTIFICATE_REQUEST, session->controller);
	assert_true(step != NULL && step->inferred);
	assert_true(origin_order(&step->at,
	                         &session_step(session, STEP_CERTIFICATE, session_engine(session))->at) < 0);
	model_free(traced.model);
	traced = without("samples/trace-failure.txt", both, 7); /* waiting alone proves no request */
	session = trace_nth(&traced, 1);
	assert_null(session_step(session, STEP_CERTIFICATE_REQUEST, session->controller));
	model_free(traced.model);
}

static void an_empty_certificate(void **state)
{
	(void)state;
	struct traced traced =
	    trace_text(STAMP("100", "a1") "sslConnectionInit: SSL_new() conn ssl b2c41e70\n" STAMP(
	        "100",
	        "a"
	        "2") "SSL state = 0x6000; where = 0x10; ret = 0x1\n" STAMP("100",
	                                                                   "a3") "SSL state = 0x2111; where "
	                                                                         "= 0x2001; ret = "
	                                                                         "0x1\n" STAMP(
	                                                                             "100",
	                                                                             "a4") "SSL "
	                                                                                   "state "
	                                                                                   "= "
	                                                                                   "0x2160;"
	                                                                                   " "
	                                                                                   "where "
	                                                                                   "= "
	                                                                                   "0x2001;"
	                                                                                   " ret = "
	                                                                                   "0x1"
	                                                                                   "\n" STAMP(
	                                                                                       "10"
	                                                                                       "0",
	                                                                                       "a5") "SSL "
	                                                                                             "stat"
	                                                                                             "e = "
	                                                                                             "0x21"
	                                                                                             "80; "
	                                                                                             "wher"
	                                                                                             "e = "
	                                                                                             "0x40"
	                                                                                             "08; "
	                                                                                             "ret "
	                                                                                             "= "
	                                                                                             "0x22"
	                                                                                             "8"
	                                                                                             "\n" STAMP(
	                                                                                                 "10"
	                                                                                                 "0",
	                                                                                                 "a6") "handshake failed for conn ssl b2c41e70, ssl_err 1 error = error:140890C7:SSL "
	                                                                                                       "routines:SSL3_GET_CLIENT_CERTIFICATE:peer did not return a certificate\n");
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session_client_certificate(session), CLIENT_CERTIFICATE_EMPTY);
	assert_string_equal(trace_observed(&traced, session), "none");
	assert_int_equal(session_fatal_alert(session)->code, TLS_HANDSHAKE_FAILURE);
	model_free(traced.model);
}

static void an_alert_that_was_read(void **state)
{
	(void)state;
	struct traced traced =
	    trace_text(STAMP("100", "a1") "sslConnectionInit: SSL_new() conn ssl b2c41e70\n" STAMP(
	        "100",
	        "a2") "SSL state = 0x2111; where = 0x2001; ret = 0x1\n" STAMP("100",
	                                                                      "a3") "handshake failed for "
	                                                                            "conn ssl b2c41e70, "
	                                                                            "ssl_err 1 error = "
	                                                                            "error:14094416:SSL "
	                                                                            "routines:SSL3_READ_"
	                                                                            "BYTES:sslv3 alert "
	                                                                            "certificate unknown\n");
	const struct session *session = trace_nth(&traced, 1);
	assert_int_equal(session->n_alerts, 1);
	assert_int_equal(session->alerts[0].code, TLS_CERTIFICATE_UNKNOWN);
	assert_int_equal(session->alerts[0].dir, session_engine(session));
	assert_string_equal(trace_observed(&traced, session), "none");
	model_free(traced.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alert_told_by_its_strings),
	    cmocka_unit_test(an_alert_told_by_its_neighbours),
	    cmocka_unit_test(a_rejection_told_by_its_words),
	    cmocka_unit_test(a_request_is_inferred_from_the_certificate_alone),
	    cmocka_unit_test(an_empty_certificate),
	    cmocka_unit_test(an_alert_that_was_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
