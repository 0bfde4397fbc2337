/*
 * The caps of limits.h that belong to no single module's test: TLS messages, what is kept of a session, the
 * command line; test_limits_sessions.c has the number of sessions. The last test sees to it that every cap that
 * the code uses is named in a unit test; the test of each module has the others.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/keylog.h"
#include "analyzer/memory.h"
#include "analyzer/session.h"
#include "analyzer/tls_conn.h"
#include "dissect/dtls.h"
#include "ui/options.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define START    (INT64_C(1700000000) * NS_PER_S)

/* ---- one TLS connection ---- */

struct fed {
	struct model *model;
	struct session *session;
	struct tls_conn *conn;
	struct origin now;
};

static void feed_start(struct fed *fed)
{
	fed->now = (struct origin){.time = START, .packet = 1};
	fed->model = model_new();
	fed->session = model_add_session(fed->model, &fed->now);
	fed->session->tcp.syns = 1;
	fed->session->controller = 1;
	fed->conn = tls_conn_new(fed->model, fed->session);
}

static void feed_end(struct fed *fed)
{
	tls_conn_free(fed->conn);
	model_free(fed->model);
}

static void feed(struct fed *fed, const void *bytes, size_t n)
{
	struct sink sink = tls_conn_sink(fed->conn, 0);
	fed->now.packet++;
	sink.data(sink.ctx, span_of(bytes, n), &fed->now);
}

static void feed_record(struct fed *fed, uint8_t type, const uint8_t *body, size_t n)
{
	uint8_t head[TLS_RECORD_HEADER] = {type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n};
	feed(fed, head, sizeof head);
	feed(fed, body, n);
}

/* A handshake message of `n` zeros, in as many records as it takes. */
static void feed_message(struct fed *fed, uint8_t type, size_t n)
{
	enum { PIECE = 16000 };
	uint8_t head[TLS_HANDSHAKE_HEADER] = {type, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
	static const uint8_t zeros[PIECE];
	feed_record(fed, TLS_HANDSHAKE, head, sizeof head);
	for (; n > 0; n -= n < PIECE ? n : PIECE)
		feed_record(fed, TLS_HANDSHAKE, zeros, n < PIECE ? n : PIECE);
}

/* A certificate message with n certificates, all different from any other. */
static void feed_certificates(struct fed *fed, size_t n, uint8_t serial)
{
	enum { ENTRY = 5, LIST = 3 };
	uint8_t message[TLS_HANDSHAKE_HEADER + LIST + ENTRY * UINT8_MAX] = {TLS_CERTIFICATE};
	message[2] = (uint8_t)((LIST + ENTRY * n) >> 8);
	message[3] = (uint8_t)(LIST + ENTRY * n);
	message[5] = (uint8_t)((ENTRY * n) >> 8);
	message[6] = (uint8_t)(ENTRY * n);
	for (size_t i = 0; i < n; i++) {
		uint8_t *entry = &message[TLS_HANDSHAKE_HEADER + LIST + ENTRY * i];
		entry[2] = ENTRY - LIST;
		entry[3] = serial;
		entry[4] = (uint8_t)i;
	}
	feed_record(fed, TLS_HANDSHAKE, message, TLS_HANDSHAKE_HEADER + LIST + ENTRY * n);
}

static void test_record(void **state)
{
	(void)state;
	struct tls_record record;
	uint8_t head[TLS_RECORD_HEADER] = {TLS_HANDSHAKE, 3, 3};
	for (size_t more = 0; more < 2; more++) {
		size_t n = LIMIT_RECORD - DTLS_RECORD_HEADER + more; /* its header is the longer one */
		head[3] = (uint8_t)(n >> 8);
		head[4] = (uint8_t)n;
		assert_int_equal(tls_record_head(span_of(head, sizeof head), &record), more ? CUT_BAD : CUT_OK);
	}
}

static void test_handshake_message(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct fed fed;
		feed_start(&fed);
		feed_message(&fed, TLS_SERVER_KEY_EXCHANGE, LIMIT_HANDSHAKE + more);
		feed_message(&fed, TLS_SERVER_HELLO_DONE, 0);
		assert_int_equal(fed.session->n_steps, 2);
		assert_int_equal(fed.session->steps[0].kind, STEP_SERVER_KEY_EXCHANGE);
		assert_false(fed.session->steps[0].damaged);
		assert_int_equal(fed.session->steps[1].kind, STEP_SERVER_HELLO_DONE);
		assert_int_equal(fed.session->tls.too_long, more);
		assert_int_equal(fed.model->capture.hits[HIT_HANDSHAKE], more);
		feed_end(&fed);
	}
}

/* All suites are counted, the first LIMIT_OFFERED kept; signals and GREASE are none. */
static void test_offer(void **state)
{
	(void)state;
	enum { SUITES = LIMIT_OFFERED + 9, BEFORE = 2 + TLS_RANDOM + 1, OTHERS = 3 };
	uint8_t message[TLS_HANDSHAKE_HEADER + BEFORE + 2 + 2 * (SUITES + OTHERS) + 2] = {TLS_CLIENT_HELLO};
	static const uint16_t others[OTHERS] = {0x1a1a, 0x00ff, 0x5600};
	struct fed fed;
	feed_start(&fed);
	message[3] = sizeof message - TLS_HANDSHAKE_HEADER;
	message[4] = message[5] = 3;
	uint8_t *suites = &message[TLS_HANDSHAKE_HEADER + BEFORE];
	suites[1] = 2 * (SUITES + OTHERS);
	for (size_t i = 0; i < SUITES + OTHERS; i++) {
		uint16_t suite = i < OTHERS ? others[i] : (uint16_t)(0xc000 + i - OTHERS);
		suites[2 + 2 * i] = (uint8_t)(suite >> 8);
		suites[3 + 2 * i] = (uint8_t)suite;
	}
	message[sizeof message - 2] = 1; /* one compression method, none */
	feed_record(&fed, TLS_HANDSHAKE, message, sizeof message);
	assert_true(fed.session->tls.client_hello);
	assert_int_equal(fed.session->tls.n_offered, SUITES);
	assert_int_equal(fed.session->tls.offered[0], 0xc000);
	assert_int_equal(fed.session->tls.offered[LIMIT_OFFERED - 1], 0xc000 + LIMIT_OFFERED - 1);
	feed_end(&fed);
}

/* Certificates that could not be read are not said to be none. */
static void test_unread_certificates(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 10, LIMIT_HANDSHAKE + 1};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct fed fed;
		feed_start(&fed);
		feed_message(&fed, TLS_CERTIFICATE, lengths[i]);
		assert_int_equal(fed.session->n_steps, 1);
		assert_int_equal(session_client_certificate(fed.session), CLIENT_CERTIFICATE_NOT_VISIBLE);
		feed_end(&fed);
	}
}

static void test_chain(void **state)
{
	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		struct fed fed;
		feed_start(&fed);
		feed_certificates(&fed, LIMIT_CHAIN + more, 0);
		assert_int_equal(fed.session->n_certs, LIMIT_CHAIN);
		assert_int_equal(fed.session->steps[0].certificates, LIMIT_CHAIN + more);
		assert_int_equal(fed.model->capture.hits[HIT_CHAIN], more);
		feed_end(&fed);
	}
}

static void test_chains(void **state)
{
	(void)state;
	struct fed fed;
	feed_start(&fed);
	for (uint8_t i = 0; i < LIMIT_CHAINS / LIMIT_CHAIN; i++)
		feed_certificates(&fed, LIMIT_CHAIN, i);
	assert_int_equal(fed.session->n_certs, LIMIT_CHAINS);
	assert_int_equal(fed.model->capture.hits[HIT_CHAINS], 0);
	feed_certificates(&fed, 3, UINT8_MAX);
	assert_int_equal(fed.session->n_certs, LIMIT_CHAINS);
	assert_int_equal(fed.model->capture.hits[HIT_CHAINS], 3);
	assert_int_equal(fed.model->capture.hits[HIT_CHAIN], 0);
	feed_end(&fed);
}

static void test_certificates_of_all_sessions(void **state)
{
	(void)state;
	struct fed fed;
	feed_start(&fed);
	for (uint32_t i = 0; i < LIMIT_CERTIFICATES; i++)
		certs_take(fed.model->certs, span_of(&i, sizeof i));
	feed_certificates(&fed, 1, 0);
	assert_int_equal(fed.session->steps[0].certificates, 1);
	assert_int_equal(fed.model->capture.hits[HIT_CERTIFICATES], 1);
	feed_end(&fed);
}

static void test_steps_and_alerts(void **state)
{
	(void)state;
	static const uint8_t warning[2] = {TLS_ALERT_WARNING, TLS_NO_CERTIFICATE};
	struct fed fed;
	feed_start(&fed);
	for (unsigned i = 0; i < LIMIT_STEPS + 2; i++)
		feed_message(&fed, TLS_HELLO_REQUEST, 0);
	for (unsigned i = 0; i < LIMIT_ALERTS + 3; i++)
		feed_record(&fed, TLS_ALERT, warning, sizeof warning);
	assert_int_equal(fed.session->n_steps, LIMIT_STEPS);
	assert_int_equal(fed.session->steps_dropped, 2);
	assert_int_equal(fed.model->capture.hits[HIT_STEPS], 2);
	assert_int_equal(fed.session->n_alerts, LIMIT_ALERTS);
	assert_int_equal(fed.session->alerts_dropped, 3);
	assert_int_equal(fed.model->capture.hits[HIT_ALERTS], 3);
	feed_end(&fed);
}

static void test_icmp(void **state)
{
	(void)state;
	struct fed fed;
	feed_start(&fed);
	for (uint8_t i = 0; i < LIMIT_ICMP + 2; i++)
		model_add_icmp(fed.session, &(struct icmp_seen){.code = i});
	assert_int_equal(fed.session->n_icmp, LIMIT_ICMP);
	for (uint8_t i = 0; i < LIMIT_ICMP; i++)
		assert_int_equal(fed.session->icmp[i].code, i);
	feed_end(&fed);
}

/* ---- the command line ---- */

/* "nmspscope", then `n` times the words, then a file. */
static int parse_words(const char *option, const char *value, size_t n)
{
	char **argv = calloc(2 * n + 4, sizeof *argv);
	int argc = 0;
	struct options options;
	struct err err;
	assert_non_null(argv);
	argv[argc++] = strdup("nmspscope");
	for (size_t i = 0; i < n; i++) {
		argv[argc++] = strdup(option);
		argv[argc++] = strdup(value);
	}
	argv[argc++] = strdup("-rlast");
	int result = options_parse(&options, argc, argv, &err);
	options_free(&options);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	free(argv);
	return result;
}

static void test_command_line(void **state)
{
	(void)state;
	assert_int_equal(parse_words("-r", "x", LIMIT_INPUTS - 1), 0);
	assert_int_equal(parse_words("-r", "x", LIMIT_INPUTS), -1);
	assert_int_equal(parse_words("-a", "x", LIMIT_INPUTS), 0);
	assert_int_equal(parse_words("-a", "x", LIMIT_INPUTS + 1), -1);
	assert_int_equal(parse_words("--port", "1", LIMIT_PORTS), 0);
	assert_int_equal(parse_words("--port", "1", LIMIT_PORTS + 1), -1);
}

/* ---- every cap ---- */

/* Whether one of the files that match names the word. */
static bool named_in(const char *pattern, const char *word)
{
	glob_t files;
	bool found = false;
	if (glob(pattern, 0, NULL, &files) != 0)
		return false;
	for (size_t i = 0; i < files.gl_pathc && !found; i++) {
		char line[512];
		FILE *file = fopen(files.gl_pathv[i], "r");
		assert_non_null(file);
		while (fgets(line, sizeof line, file) != NULL) {
			const char *at = strstr(line, word);
			char behind = at == NULL ? '_' : at[strlen(word)];
			found = found || !(isalnum((unsigned char)behind) || behind == '_');
		}
		fclose(file);
	}
	globfree(&files);
	return found;
}

static bool is_used(const char *cap)
{
	static const char *const code[] = {"dissect/*.c", "analyzer/*.c", "analyzer/findings/*.c", "ui/*.c"};
	for (size_t i = 0; i < sizeof code / sizeof code[0]; i++)
		if (named_in(code[i], cap))
			return true;
	return false;
}

/* Of the sanitizers' allocator, which malloc's own figures do not know; absent in other builds. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes() :
	                                                         memory_used();
}

/* As many secrets as the log keeps and twice as many: none takes more than --memory reckons with. */
static void test_bytes_of_a_secret(void **state)
{
	(void)state;
	enum { SECRETS = 100000 };
	struct keylog *keylog = keylog_new();
	size_t before = allocated();
	keylog_set_limit(keylog, SECRETS);
	for (unsigned i = 0; i < 2 * SECRETS; i++) {
		char line[200];
		int n = snprintf(line, sizeof line, "CLIENT_RANDOM %064x %096x\n", i, i);
		keylog_parse(keylog, span_of(line, (size_t)n));
	}
	assert_int_equal(keylog_counts(keylog).secrets, SECRETS);
	assert_in_range(allocated() - before, SECRETS * 64, (size_t)SECRETS * KEYLOG_SECRET_COST);
	keylog_free(keylog);
}

static void test_every_cap_is_tested(void **state)
{
	(void)state;
	char line[512], cap[64];
	unsigned caps = 0, untested = 0;
	FILE *file = fopen("dissect/limits.h", "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "#define %63[A-Z0-9_] %*[^\n]", cap) != 1 || strcmp(cap, "DISSECT_LIMITS_H") == 0)
			continue;
		caps++;
		if (!is_used(cap) || named_in("tests/test_*.c", cap))
			continue;
		print_error("%s is used, and no unit test names it\n", cap);
		untested++;
	}
	fclose(file);
	assert_true(caps > 20);
	assert_int_equal(untested, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_handshake_message),
	    cmocka_unit_test(test_offer),
	    cmocka_unit_test(test_unread_certificates),
	    cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_certificates_of_all_sessions),
	    cmocka_unit_test(test_steps_and_alerts),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_command_line),
	    cmocka_unit_test(test_bytes_of_a_secret),
	    cmocka_unit_test(test_every_cap_is_tested),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
