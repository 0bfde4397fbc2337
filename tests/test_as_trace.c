/* The handshake of a session as the controller's trace: the callbacks of each case, and the lines around. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "dissect/trace.h"
#include "tests/expect.h"
#include "tests/model_fixture.h"
#include "ui/as_trace.h"

#include <stdlib.h>

#define REJECTION TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN

/* The published beginning, facts.md section 7, with a key exchange and server_hello_done. */
#define BEGINNING                                                                                            \
	"6000/10/1 6000/2001/1 2111/2002/ffffffff 2111/2001/1 2130/2001/1 2140/2001/1 2150/2001/1 "          \
	"2160/2001/1 2170/2001/1 2100/2001/1 2180/2002/ffffffff "
#define ENGINES_FLIGHT "2180/2001/1 2190/2001/1 21a0/2001/1 21c0/2001/1 "

/* Every line is one that the reader of traces knows without a repair. */
static void assert_understood(const char *text)
{
	struct trace_line line;
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
		trace_decode(span_of(at, strcspn(at, "\n")), &line);
		if (line.kind <= TRACE_OTHER || line.repairs > 0 || !line.has_time || !line.has_sequence)
			fail_msg("not understood: %.200s", at);
	}
}

static char *print(struct fixture *fixture, uint32_t *sequence)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_int_equal(as_trace_session(out, fixture->model, fixture->session, sequence), AS_TRACE_PRINTED);
	fclose(out);
	assert_understood(text);
	return text;
}

static char *printed(struct fixture *fixture)
{
	uint32_t sequence = 1;
	return print(fixture, &sequence);
}

/* "2111/2001/1 " of each callback. */
static void assert_states(const char *text, const char *expected)
{
	char states[1024] = "";
	size_t used = 0;
	unsigned state, where, ret;
	for (const char *at = text; (at = strstr(at, "SSL state = ")) != NULL; at++) {
		assert_int_equal(
		    sscanf(at, "SSL state = 0x%x; where = 0x%x; ret = 0x%x", &state, &where, &ret), 3);
		used += (size_t)snprintf(&states[used], sizeof states - used, "%x/%x/%x ", state, where, ret);
	}
	assert_string_equal(states, expected);
}

static void in_order(const char *text, const char *const parts[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(text, parts[i]);
		if (at == NULL)
			fail_msg("\"%s\" is missing or too early in:\n%s", parts[i], text);
		text = at;
	}
}

static void test_accepted(void **state)
{
	struct fixture *fixture = *state;
	static const char *const parts[] = {
	    "[12/13/15 09:46:40.002 UTC 1 1] Allocated new NMSP connection 1\n",
	    " UTC 2 1] sslConnectionInit: SSL_new() conn ssl b0000001\n",
	    "SSL_do_handshake for conn ssl b0000001, conn state: INIT, SSL state: HANDSHAKING\n",
	    "[12/13/15 09:46:40.002 UTC 7 1] SSL_state_string=before/accept initialization\n",
	    "SSL_do_handshake returned WANT_READ for conn ssl b0000001\n",
	    "sslConnectionInit() success with conn state: INIT, SSL state: HANDSHAKING\n",
	    "doSSLRecvLoop: handshake not completed for conn 1\n",
	    "[12/13/15 09:46:40.003 UTC 14 1] SSL state = 0x2111; where = 0x2001; ret = 0x1\n",
	    "ret_type_string=unknown\n",
	    "ret_desc_string=unknown\n",
	    "SSL_state_string=SSLv3 read client hello B\n",
	    "Certificate validation done for conn ssl b0000001, calling authlist\n",
	    "authlist authentication successful for conn ssl b0000001\n",
	    "SSL state = 0x2180; where = 0x2001",
	    "SSL_do_handshake() success for conn ssl b0000001\n",
	    "NMSP connection success\n",
	};
	fixture_healthy(fixture);
	char *text = printed(fixture);
	assert_states(text, BEGINNING ENGINES_FLIGHT "21d0/2001/1 21e0/2001/1 2100/2001/1 3/20/1 3/2002/1 ");
	in_order(text, parts, sizeof parts / sizeof parts[0]);
	has_not(text, "freeing");
	free(text);
}

static void test_rejected(void **state)
{
	struct fixture *fixture = *state;
	static const char *const parts[] = {
	    "calling authlist\n",
	    "SSL state = 0x2180; where = 0x2001",
	    "authlist authentication failed for conn ssl b0000001\n",
	    "Peer not validated against the AuthList\n",
	    "SSL state = 0x2182; where = 0x4008; ret = 0x22e\n",
	    "ret_type_string=fatal\n",
	    "ret_desc_string=certificate unknown\n",
	    "SSL_state_string=SSLv3 read client certificate C\n",
	    "handshake failed for conn ssl b0000001, ssl_err 1 error = error:140890B2:SSL routines:"
	    "SSL3_GET_CLIENT_CERTIFICATE:no certificate returned\n",
	    "freeing Nmsp conn ssl b0000001, conn id 1\n",
	};
	fixture_connect(fixture);
	fixture_handshake(fixture, STEP_CHANGE_CIPHER_SPEC, FIXTURE_CONTROLLER);
	fixture_alert(fixture, FIXTURE_CONTROLLER, REJECTION);
	char *text = printed(fixture);
	assert_states(text, BEGINNING ENGINES_FLIGHT "2182/4008/22e 2182/2002/ffffffff ");
	in_order(text, parts, sizeof parts / sizeof parts[0]);
	has_not(text, "NMSP connection success");
	free(text);
}

/* An expired certificate is refused before the list is asked. */
static void test_expired(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_CLIENT_KEY_EXCHANGE, FIXTURE_ENGINE);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_FATAL, TLS_CERTIFICATE_EXPIRED);
	char *text = printed(fixture);
	assert_states(text, BEGINNING "2180/2001/1 2182/4008/22d 2182/2002/ffffffff ");
	has(text, "ret_desc_string=certificate expired\n");
	has(text, "error:140890B2:");
	has_not(text, "authlist");
	has_not(text, "AuthList");
	free(text);
}

static void test_empty_certificate(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_CERTIFICATE, FIXTURE_ENGINE);
	fixture_certificate(fixture, FIXTURE_ENGINE, 0);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	char *text = printed(fixture);
	assert_states(text, BEGINNING "2180/2001/1 2181/4008/228 2181/2002/ffffffff ");
	has(text, "ssl_err 1 error = error:140890C7:");
	has_not(text, "authlist");
	free(text);
}

/* The engine refuses the controller's certificate: read where the controller waits. */
static void test_engine_refuses(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_CERTIFICATE, FIXTURE_ENGINE);
	fixture_alert(fixture, FIXTURE_ENGINE, TLS_ALERT_FATAL, TLS_UNKNOWN_CA);
	char *text = printed(fixture);
	assert_states(text, BEGINNING "2180/4004/230 2180/2002/ffffffff ");
	has(text, "ret_desc_string=unknown ca\n");
	has(text, "handshake failed for conn ssl b0000001, ssl_err 1\n");
	free(text);
}

static void test_hello_refused(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, STEP_CLIENT_HELLO, FIXTURE_ENGINE);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	char *text = printed(fixture);
	assert_states(text, "6000/10/1 6000/2001/1 2111/2002/ffffffff 2111/2001/1 2112/4008/228 "
	                    "2112/2002/ffffffff ");
	has(text, "ssl_err 1\n");
	free(text);
}

/* A warning ends nothing; close_notify comes when the handshake is over; an encrypted alert is not known. */
static void test_warnings(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, STEP_CLIENT_HELLO, FIXTURE_ENGINE);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_WARNING, 112);
	fixture_step(fixture, STEP_SERVER_HELLO, FIXTURE_CONTROLLER);
	fixture_step(fixture, STEP_CHANGE_CIPHER_SPEC, FIXTURE_CONTROLLER);
	fixture_step(fixture, STEP_FINISHED, FIXTURE_CONTROLLER);
	fixture_step(fixture, STEP_FINISHED, FIXTURE_ENGINE);
	fixture_alert(fixture, FIXTURE_ENGINE, TLS_ALERT_WARNING, TLS_CLOSE_NOTIFY);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_FATAL, TLS_DECRYPT_ERROR);
	fixture_alert(fixture, FIXTURE_CONTROLLER, TLS_ALERT_WARNING, TLS_CLOSE_NOTIFY);
	fixture->session->alerts[3].encrypted = true;
	char *text = printed(fixture);
	assert_states(text, "6000/10/1 6000/2001/1 2111/2002/ffffffff 2111/2001/1 2112/4008/170 2130/2001/1 "
	                    "21d0/2001/1 21e0/2001/1 2100/2001/1 21c0/2002/ffffffff 21c0/2001/1 3/20/1 "
	                    "3/2002/1 3/4004/100 3/4008/233 ");
	has_not(text, "handshake failed");
	free(text);
}

static void test_stalled(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_CERTIFICATE, FIXTURE_ENGINE);
	fixture_wait(fixture, 20 * NS_PER_S);
	fixture_close(fixture, CLOSE_FIN, FIXTURE_CONTROLLER);
	char *text = printed(fixture);
	assert_states(text, BEGINNING);
	has_not(text, "handshake failed");
	has(text, "[12/13/15 09:47:00.006 UTC 35 1] freeing Nmsp conn ssl b0000001, conn id 1\n");
	free(text);
}

/* Nobody asked for a certificate: the controller waits for the key exchange. */
static void test_no_request(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_CERTIFICATE_REQUEST, FIXTURE_CONTROLLER);
	fixture_step(fixture, STEP_SERVER_HELLO_DONE, FIXTURE_CONTROLLER);
	char *text = printed(fixture);
	has(text, "SSL state = 0x2190; where = 0x2002; ret = 0xffffffff\n");
	free(text);
}

/* The end of the handshake was lost, and data proves it. */
static void test_lost_end(void **state)
{
	struct fixture *fixture = *state;
	fixture_handshake(fixture, STEP_FINISHED, FIXTURE_CONTROLLER);
	fixture_gap(fixture, FIXTURE_CONTROLLER, 100);
	fixture_data(fixture, FIXTURE_CONTROLLER, 40);
	char *text = printed(fixture);
	assert_states(text, BEGINNING ENGINES_FLIGHT "21d0/2001/1 3/20/1 3/2002/1 ");
	free(text);
}

static void test_controller_is_client(void **state)
{
	struct fixture *fixture = *state;
	fixture->session->controller = FIXTURE_ENGINE; /* the sender of the hello */
	fixture_healthy(fixture);
	char *text = printed(fixture);
	assert_states(text, "5000/10/1 5000/1001/1 1110/1001/1 1120/1002/ffffffff 1120/1001/1 1130/1001/1 "
	                    "1140/1001/1 1150/1001/1 1160/1001/1 1170/1001/1 1180/1001/1 1190/1001/1 "
	                    "11a0/1001/1 11b0/1001/1 1100/1001/1 11d0/1002/ffffffff 11d0/1001/1 3/20/1 "
	                    "3/1002/1 ");
	has_not(text, "authlist"); /* a server's certificate is no answer to a request */
	free(text);
}

static void test_client_rejects(void **state)
{
	struct fixture *fixture = *state;
	fixture->session->controller = FIXTURE_ENGINE;
	fixture_handshake(fixture, STEP_SERVER_KEY_EXCHANGE, FIXTURE_CONTROLLER);
	fixture_alert(fixture, FIXTURE_ENGINE, REJECTION);
	char *text = printed(fixture);
	assert_states(text, "5000/10/1 5000/1001/1 1110/1001/1 1120/1002/ffffffff 1120/1001/1 1130/1001/1 "
	                    "1131/4008/22e 1131/1002/ffffffff ");
	has(text, "Peer not validated against the AuthList\n");
	has(text, "ssl_err 1\n");
	free(text);
}

/* A second session goes on in the sequence; times before 1970 are times too. */
static void test_sequence_and_times(void **state)
{
	struct fixture *fixture = *state;
	uint32_t sequence = 0xffe;
	fixture->at.time = -1;
	fixture_step(fixture, STEP_CLIENT_HELLO, FIXTURE_ENGINE);
	fixture->session->opened.time = INT64_MIN;
	char *text = print(fixture, &sequence);
	has(text, "[09/21/77 00:12:43.145 UTC ffe 1] Allocated");
	has(text, " UTC 1000 1] ");
	has(text, "[12/31/69 23:59:59.999 UTC 1011 1] SSL state = 0x2111");
	assert_int_equal(sequence, 0x1015);
	free(text);
}

static void test_not_printed(void **state)
{
	struct fixture *fixture = *state;
	char *text = NULL;
	size_t n = 0;
	uint32_t sequence = 7;
	FILE *out = open_memstream(&text, &n);
	fixture_connect(fixture);
	assert_int_equal(as_trace_session(out, fixture->model, fixture->session, &sequence),
	                 AS_TRACE_NO_STEPS);
	fixture_step(fixture, STEP_CLIENT_HELLO, FIXTURE_ENGINE);
	fixture->session->tls.version = TLS_1_3;
	assert_int_equal(as_trace_session(out, fixture->model, fixture->session, &sequence), AS_TRACE_TLS13);
	fclose(out);
	assert_int_equal(n, 0);
	assert_int_equal(sequence, 7);
	free(text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_accepted),
	    CASE(test_rejected),
	    CASE(test_expired),
	    CASE(test_empty_certificate),
	    CASE(test_engine_refuses),
	    CASE(test_hello_refused),
	    CASE(test_warnings),
	    CASE(test_stalled),
	    CASE(test_no_request),
	    CASE(test_lost_end),
	    CASE(test_controller_is_client),
	    CASE(test_client_rejects),
	    CASE(test_sequence_and_times),
	    CASE(test_not_printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
