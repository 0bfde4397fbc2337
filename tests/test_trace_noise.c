/*
 * What is no trace gives no session, however many lucky words and numbers stand in it: random bytes,
 * printable noise, English about controllers, and the logs of other programs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"
#include "tests/seeded.h"
#include "tests/tracerun.h"

#define NOISE 100000 /* bytes of a buffer */

static void assert_no_trace(const char *text, size_t n)
{
	struct traced traced = {.model = NULL};
	trace_more(&traced, text, n);
	if (traced.understood || traced.model->n_sessions > 0)
		fail_msg("taken for a trace: %.60s", text);
	has(traced.err.text, "trace.");
	has(traced.err.text, " is no debug trace: no line has a stamp like [");
	has(traced.err.text, "show trace messages nmsp");
	model_free(traced.model);
}

/* Letters of an alphabet; none: any byte. */
static void fill_letters(char *text, const char *alphabet, struct seeded *random)
{
	size_t letters = strlen(alphabet);
	for (size_t i = 0; i < NOISE; i++)
		text[i] = letters > 0 ? alphabet[seeded_below(random, (uint32_t)letters)]
		                      : (char)seeded_below(random, UINT8_MAX + 1);
}

static void noise(void **state)
{
	(void)state;
	static const char *const alphabets[] = {
	    "",
	    " !\"#$%&'()*+,-./"
	    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\n\t",
	    "0123456789abcdefx \n=;[]:/.SLtrewh",
	};
	char *text = calloc(1, NOISE);
	for (uint32_t seed = 1; seed <= 60; seed++) {
		struct seeded random = seeded_of(seed);
		fill_letters(text, alphabets[seed % (sizeof alphabets / sizeof *alphabets)], &random);
		assert_no_trace(text, NOISE);
	}
	free(text);
}

/* The words of traces in any order. */
static void words_of_traces(void **state)
{
	(void)state;
	static const char *const words[] = {
	    "SSL",
	    "state",
	    "where",
	    "ret",
	    "=",
	    "0x2111",
	    "conn",
	    "authlist",
	    "failed",
	    "new",
	    "NMSP",
	    "success",
	    "freeing",
	    "connection",
	    "valid",
	    "certificate",
	    "peer",
	    "not",
	    "error",
	    "calling",
	    "1",
	    "0x2001",
	    "allocated",
	    "ssl",
	    "\n",
	    "\n",
	    "handshake",
	    "[",
	    "]",
	    "string",
	    "doSSLRecvLoop",
	    "ret_desc_string=",
	    "NMSP_APP_CAPABILITY_MSG",
	    "WANT_READ",
	};
	char *text = calloc(1, NOISE + 64);
	for (uint32_t seed = 1; seed <= 30; seed++) {
		struct seeded random = seeded_of(seed);
		size_t n = 0;
		while (n < NOISE)
			n += (size_t)snprintf(&text[n], 64, "%s ",
			                      words[seeded_below(&random, sizeof words / sizeof *words)]);
		assert_no_trace(text, n);
	}
	free(text);
}

static void other_texts(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "A new NMSP connection 5 is allocated when the engine connects, and freed (conn 5) when it "
	    "closes.\n"
	    "If the handshake failed for connection 5, the certificate was not validated against the "
	    "AuthList.\n"
	    "I want to read it: authentication of conn ssl b3f8a8d0 against the authlist failed.\n"
	    "The controller then sends NMSP_APP_CAPABILITY_MSG, and state 0x2180 is where = 0x2002 ends.\n"
	    "\"SSL state = 0x2180\" is one line, \"ret_desc_string=certificate unknown\" another.\n",
	    "10.0.0.5 - - [02/Mar/2026:09:15:00 +0000] \"GET /auth/list?conn=1 HTTP/1.1\" 200 5120\n"
	    "10.0.0.6 - - [02/Mar/2026:09:15:01 +0000] \"POST /connection/new HTTP/1.1\" 403 12 \"failed\"\n",
	    "2026/03/02 09:15:00 [crit] 812#812: *3 SSL_do_handshake() failed (SSL: error:0A000086:SSL "
	    "routines::"
	    "certificate verify failed) while SSL handshaking, client: 10.0.0.5, server: 0.0.0.0:443\n",
	    "[3/2/26 9:15:00:120 UTC] 0000004a SSLHandshakeE E SSLC0008E: SSL connection failed, certificate "
	    "not "
	    "valid\n",
	    "Mar  2 09:15:00 host postfix/smtpd[99]: SSL_accept error from unknown[192.0.2.9]: lost "
	    "connection\n"
	    "Mar  2 09:15:01 host stunnel: LOG3[0]: SSL_accept: 1408F10B: error:1408F10B:SSL routines\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_no_trace(texts[i], strlen(texts[i]));
}

/* A trace that says nothing of NMSP is one all the same. */
static void another_trace(void **state)
{
	(void)state;
	struct traced traced = trace_text("[03/02/26 09:15:00.120 UTC 5f2 9822] rogue task woke up\n"
	                                  "[03/02/26 09:15:00.121 UTC 5f3 9822] rogue task sleeps\n");
	assert_true(traced.understood);
	assert_int_equal(traced.model->n_sessions, 0);
	model_free(traced.model);
}

/* Without a stamp these lines begin a session alone; cut of what makes them certain, none does. */
static void proofs(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t sessions;
	} rows[] = {
	    {"SSL state = 0x2111; where = 0x2001; ret = 0x1\n", 1},
	    {"SSL-staat = Ox2111; waarbij = 0x2002; reg = Oxfffffffff\n", 1},
	    {"SSL state = 0x2182; where = 0x4008; ret = 0x22e\n", 1},
	    {"SSL state = 0x2182; where = 0x4008; ret = 0x1\n", 0},
	    {"SSL state = 0x2111; where = 0x2001; ret = 0x2111\n", 0},
	    {"SSL state = 0x2111; where = 0x2001\n", 0},
	    {"SSL state = 0x2999; where = 0x2001; ret = 0x1\n", 0},
	    {"SSL state = 0x2111; where = 0x9001; ret = 0x1\n", 0},
	    {"sslConnectionInit: SSL_new() conn ssl b3f8a8d0\n", 1},
	    {"sslConnectionInit: SSL_new()\n", 0},
	    {"authlist authentication failed for conn ssl b3f8a8d0\n", 0},
	    {"[03/02/26 09:15:00.120 UTC 5f2 9822] authlist authentication failed for conn ssl b3f8a8d0\n",
	     1},
	    {"Received NMSP_APP_CAPABILITY_MSG\n", 0},
	    {"[03/02/26 09:15:00.120 UTC 5f2 9822] Received NMSP_APP_CAPABILITY_MSG\n", 1},
	    {"SSL_accept:SSLv3/TLS read client hello\n", 1},
	    {"SSL_accept:what is this\n", 0},
	    {"SSL3 alert read:fatal:unknown CA\n", 1},
	    {"SSL3 alert read:fatal:nothing of the kind\n", 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct traced traced = trace_text(rows[i].text);
		if (traced.model->n_sessions != rows[i].sessions ||
		    traced.understood != (rows[i].sessions > 0))
			fail_msg("%u sessions of %s", (unsigned)traced.model->n_sessions, rows[i].text);
		model_free(traced.model);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(noise),         cmocka_unit_test(words_of_traces), cmocka_unit_test(other_texts),
	    cmocka_unit_test(another_trace), cmocka_unit_test(proofs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
