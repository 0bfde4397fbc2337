/* What a master secret is made of, beside the real sessions of test_tls_matrix.c: caps, and what breaks it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyzer/frame.h"
#include "analyzer/tls_secrets.h"
#include "dissect/limits.h"

enum { ROOM = LIMIT_ENCRYPTED_PREMASTER + 64, RSA_SUITE = 0x002f };

struct asked {
	struct model *model;
	struct session session;
	struct tls_secrets *secrets;
};

static const uint8_t client_random[TLS_RANDOM] = {1, 2, 3};

static void give(struct asked *asked, uint8_t type, struct span body, bool damaged)
{
	uint8_t *bytes = malloc(TLS_HANDSHAKE_HEADER + body.n);
	assert_non_null(bytes);
	bytes[0] = type;
	bytes[1] = (uint8_t)(body.n >> 16);
	bytes[2] = (uint8_t)(body.n >> 8);
	bytes[3] = (uint8_t)body.n;
	if (body.n > 0)
		memcpy(&bytes[TLS_HANDSHAKE_HEADER], body.p, body.n);
	const struct frame_message message = {.bytes = span_of(bytes, TLS_HANDSHAKE_HEADER + body.n),
	                                      .total = TLS_HANDSHAKE_HEADER + body.n,
	                                      .damaged = damaged};
	tls_secrets_message(asked->secrets, type, &message);
	free(bytes);
}

static void give_hello(struct asked *asked, bool of_client)
{
	uint8_t body[2 + TLS_RANDOM + 1 + 2 + 2 + 2] = {3, 3};
	size_t n = 2 + TLS_RANDOM + 1;
	if (of_client) {
		body[n + 1] = 2;
		body[n + 3] = RSA_SUITE;
		body[n + 4] = 1;
		n += 6;
	} else {
		body[n + 1] = RSA_SUITE;
		n += 3;
	}
	give(asked, of_client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO, span_of(body, n), false);
}

/* Both hellos are there, and the key log has the premaster secret of what begins with eight bytes of 0x5a. */
static struct asked *ask(bool extended)
{
	struct asked *asked = calloc(1, sizeof *asked);
	uint8_t id[TLS_RANDOM] = {0}, premaster[KEYLOG_MASTER_BYTES] = {3, 3, 9};
	assert_non_null(asked);
	memset(id, 0x5a, KEYLOG_RSA_ID);
	asked->model = model_new();
	asked->model->keylog = keylog_new();
	keylog_add(asked->model->keylog, KEYLOG_PREMASTER_RSA, id, span_of(premaster, sizeof premaster));
	struct session_tls *tls = &asked->session.tls;
	tls->client_hello = tls->server_hello = tls->has_client = true;
	tls->version = TLS_1_2;
	tls->cipher = RSA_SUITE;
	tls->extended_master_secret = extended;
	memcpy(tls->client_random, client_random, TLS_RANDOM);
	asked->secrets = tls_secrets_new(asked->model, &asked->session);
	give_hello(asked, true);
	give_hello(asked, false);
	return asked;
}

static void give_key_exchange(struct asked *asked, size_t n)
{
	uint8_t body[ROOM];
	memset(body, 0x5a, sizeof body);
	body[0] = (uint8_t)(n >> 8);
	body[1] = (uint8_t)n;
	give(asked, TLS_CLIENT_KEY_EXCHANGE, span_of(body, n + 2), false);
}

static bool finds(struct asked *asked, enum tls_secret_source source)
{
	bool found = false;
	for (unsigned which = 0; which < TLS_SECRETS_MOST; which++) {
		struct keylog_secret master;
		if (!tls_secrets_find(asked->secrets, which, &master))
			continue;
		assert_int_equal(master.n, KEYLOG_MASTER_BYTES);
		found = found || tls_secrets_source(which) == source;
		keylog_wipe(&master);
	}
	return found;
}

static void done(struct asked *asked)
{
	tls_secrets_free(asked->secrets);
	model_free(asked->model);
	free(asked);
}

static void the_longest_key_exchange(void **state)
{
	(void)state;
	static const struct {
		size_t n;
		bool found;
	} rows[] = {{0, false},  {KEYLOG_RSA_ID - 1, false},        {KEYLOG_RSA_ID, true},
	            {256, true}, {LIMIT_ENCRYPTED_PREMASTER, true}, {LIMIT_ENCRYPTED_PREMASTER + 1, false}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct asked *asked = ask(false);
		assert_false(finds(asked, TLS_SECRET_PREMASTER_RSA));
		give_key_exchange(asked, rows[i].n);
		assert_int_equal(finds(asked, TLS_SECRET_PREMASTER_RSA), rows[i].found);
		done(asked);
	}
}

/* RFC 7627: every message up to client_key_exchange must be there. */
static void a_session_hash(void **state)
{
	(void)state;
	for (int broken = 0; broken < 4; broken++) {
		struct asked *asked = ask(true);
		give(asked, TLS_CERTIFICATE, span_of("abc", 3), broken == 1);
		if (broken == 2)
			tls_secrets_lost(asked->secrets);
		if (broken == 3)
			give_hello(asked,
			           true); /* another handshake begins, and its server_hello is missing */
		give_key_exchange(asked, 256);
		assert_int_equal(finds(asked, TLS_SECRET_PREMASTER_RSA), broken == 0);
		assert_int_equal(asked->session.tls.session_hash_lost, broken != 0);
		done(asked);
	}
}

static bool none_fits(void *ctx, const struct keylog_secret *master)
{
	(void)master;
	++*(unsigned *)ctx;
	return false;
}

/* A ticket without a session id: resumed, unless a message comes that only a whole handshake has. */
static void what_resumes(void **state)
{
	(void)state;
	static const uint8_t whole[] = {TLS_SERVER_HELLO_DONE, TLS_CLIENT_KEY_EXCHANGE};
	for (size_t i = 0; i < 3; i++) {
		struct asked *asked = ask(false);
		const uint8_t master[KEYLOG_MASTER_BYTES] = {7}, short_one[20] = {7};
		unsigned tried = 0;
		assert_false(tls_secrets_unknown(asked->secrets)); /* nothing was offered */
		asked->session.tls.answered_ticket_or_id = true;
		keylog_add(asked->model->keylog, KEYLOG_MASTER, client_random, span_of(master, sizeof master));
		keylog_add(asked->model->keylog, KEYLOG_MASTER, client_random, span_of(short_one, sizeof short_one));
		assert_true(tls_secrets_untried(asked->secrets));
		if (i < 2) {
			give(asked, whole[i], span_of("", 0), false);
			assert_false(tls_secrets_unknown(asked->secrets));
		} else {
			assert_false(tls_secrets_guess(asked->secrets, none_fits, &tried));
			assert_int_equal(tried, 1); /* the other one has no master secret's length */
			assert_true(tls_secrets_unknown(asked->secrets));
			assert_false(tls_secrets_untried(asked->secrets));
		}
		done(asked);
	}
}

/* What was learned is kept for sessions that resume this one; the oldest leaves. */
static void what_was_learned(void **state)
{
	(void)state;
	struct asked *asked = ask(false);
	struct keylog_secret master;
	give_key_exchange(asked, 256);
	unsigned which = TLS_SECRET_PREMASTER_RSA * LIMIT_SECRETS_ALIKE;
	tls_secrets_proven(asked->secrets, which);
	assert_true(keylog_find(asked->model->learned, KEYLOG_MASTER, client_random, 0, &master));
	give(asked, TLS_NEW_SESSION_TICKET, span_of("\0\0\0\1\0\4tick", 10), false);
	assert_int_equal(keylog_counts(asked->model->learned).secrets, 2);
	for (uint32_t i = 0; i < LIMIT_FOLLOWED_SECRETS; i++) {
		uint8_t id[TLS_RANDOM] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 1};
		keylog_add(asked->model->learned, KEYLOG_SESSION_ID, id, span_of(id, sizeof id));
	}
	assert_int_equal(keylog_counts(asked->model->learned).secrets, LIMIT_FOLLOWED_SECRETS);
	assert_false(keylog_find(asked->model->learned, KEYLOG_MASTER, client_random, 0, &master));
	done(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_longest_key_exchange),
	    cmocka_unit_test(a_session_hash),
	    cmocka_unit_test(what_resumes),
    cmocka_unit_test(what_was_learned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
