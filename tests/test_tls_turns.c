/*
 * What happens in sessions beside a plain handshake, each a real one of OpenSSL's two sides through the whole
 * analysis: early data, HelloRetryRequest, KeyUpdate, renegotiation, short records, empty ones; and what an
 * RSA key cannot open, said in words.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/taped.h"

static struct taped taped;
static char key_path[64], other_path[64];

struct turn {
	struct setting setting;
	struct talk talk;
};

static void begin(struct turn *turn, int version, const char *name)
{
	*turn = (struct turn){.setting = {.version = version, .name = name}};
	for (int side = 0; side < 2; side++)
		turn->setting.ctx[side] = new_context(&turn->setting, side);
}

/* The next talk, in front of its handshake. */
static void next(struct turn *turn)
{
	start(&turn->talk, &turn->setting);
	taped_start(&taped, &turn->talk);
}

static void over(struct turn *turn)
{
	for (int side = 0; side < 2; side++) {
		SSL_shutdown(turn->talk.ssl[side]);
		carry(&turn->talk, side);
	}
	taped_stop(&taped, &turn->talk);
	stop(&turn->talk);
}

static void end(struct turn *turn)
{
	for (int side = 0; side < 2; side++)
		SSL_CTX_free(turn->setting.ctx[side]);
	taped_free(&taped);
}

static void say_some(struct turn *turn)
{
	for (size_t i = 0; i < 3; i++) {
		say(&turn->talk, CLIENT, 10 + 400 * i);
		say(&turn->talk, SERVER, 20 + 900 * i);
	}
}

static void check_whole(const char *what, const struct wire *wire)
{
	const struct session_tls *tls = &wire_session(wire, (uint32_t)taped.n)->tls;
	if (!taped_is_whole(&taped) || tls->refused[0] + tls->refused[1] > 0)
		fail_msg("%s: %s", what, taped_detail(&taped, wire));
}

/* The key log comes behind all packets. `room`: bytes that may wait. */
static void play_late(size_t room, struct wire *wire)
{
	wire_start(wire, span_of(NULL, 0));
	wire->model->keys_may_come = true;
	wire->model->waiting.cap_each = room;
	taped_say(&taped, wire);
	analyze_secrets(wire->analyze, span_of(taped.lines, strlen(taped.lines)));
	wire_end(wire);
}

/* With the whole key log, in segments of several sizes, and late. */
static void is_whole(const char *what)
{
	static const size_t segments[] = {1, 7, 100, WIRE_SEGMENT};
	struct wire wire;
	for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++) {
		taped_play(&taped, taped.lines, NULL, segments[i], &wire);
		check_whole(what, &wire);
		wire_free(&wire);
	}
	play_late(LIMIT_WAITING, &wire);
	check_whole(what, &wire);
	wire_free(&wire);
}

static bool has_step(const struct wire *wire, enum step_kind kind, uint8_t dir, unsigned times)
{
	const struct session *session = wire_session(wire, (uint32_t)taped.n);
	unsigned n = 0;
	for (uint32_t i = 0; i < session->n_steps; i++)
		n += session->steps[i].kind == kind && session->steps[i].dir == dir;
	return n == times;
}

/* ---- early data ------------------------------------------------------------------------------------- */

/* A session that may be resumed with early data. */
static SSL_SESSION *first_talk(struct turn *turn)
{
	begin(turn, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
	SSL_CTX_set_max_early_data(turn->setting.ctx[SERVER], 16384);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	SSL_SESSION *session = SSL_get1_session(turn->talk.ssl[CLIENT]);
	over(turn);
	return session;
}

/* `read`: the server takes the early data. */
static void talk_early(struct turn *turn, SSL_SESSION *session, bool read)
{
	static uint8_t early[300] = {1, 2, 3}, got[400];
	size_t n = 0;
	struct talk *talk = &turn->talk;
	next(turn);
	SSL_set_session(talk->ssl[CLIENT], session);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_write_early_data(talk->ssl[CLIENT], early, sizeof early, &n), 1);
		heap_add(&talk->text[CLIENT], span_of(early, sizeof early));
	}
	uint8_t chunk[4096];
	int sent = BIO_read(SSL_get_wbio(talk->ssl[CLIENT]), chunk, sizeof chunk);
	assert_true(sent > 0);
	talk->heard(talk->ctx, CLIENT, span_of(chunk, (size_t)sent));
	BIO_write(SSL_get_rbio(talk->ssl[SERVER]), chunk, sent);
	while (read &&
	       SSL_read_early_data(talk->ssl[SERVER], got, sizeof got, &n) == SSL_READ_EARLY_DATA_SUCCESS)
		continue;
	assert_true(shake_hands(talk));
	assert_int_equal(SSL_get_early_data_status(talk->ssl[CLIENT]),
	                 read ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_REJECTED);
	say_some(turn);
	over(turn);
}

static void early_data(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	is_whole("early data");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_END_OF_EARLY_DATA, 0, 1));
	assert_true(has_step(&wire, STEP_FINISHED, 0, 1) && has_step(&wire, STEP_FINISHED, 1, 1));
	assert_int_equal(wire_session(&wire, 2)->tls.early_opened, 4); /* with end_of_early_data */
	wire_free(&wire);
	SSL_SESSION_free(session);
	end(&turn);
}

/* The rest of the session is opened all the same. */
static void early_data_without_its_secret(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	char *line = strstr(taped.lines, "CLIENT_EARLY_TRAFFIC_SECRET");
	assert_non_null(line);
	line[0] = '#';
	for (int late = 0; late < 2; late++) {
		struct wire wire;
		if (late)
			play_late(LIMIT_WAITING, &wire);
		else
			taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
		const struct session_tls *tls = &wire_session(&wire, 2)->tls;
		struct heap *text = &taped.talk[1].text[CLIENT];
		assert_true(span_equal(wire_plain(2, CLIENT), span_of(&text->p[900], text->n - 900)));
		assert_true(tls->early_closed == 4 && tls->early_opened == 0);
		assert_int_equal(tls->refused[0] + tls->refused[1], 0);
		assert_non_null(
		    strstr(taped_detail(&taped, &wire), "the key log lacks CLIENT_EARLY_TRAFFIC_SECRET"));
		wire_free(&wire);
	}
	SSL_SESSION_free(session);
	end(&turn);
}

/* Little room to wait: what falls out is counted, and what is left is opened with its own numbers. */
static void early_data_that_falls_out(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	uint64_t fell = 0, opened = 0;
	for (size_t room = 400; room <= 8000; room += 400) {
		struct wire wire;
		play_late(room, &wire);
		const struct session_tls *tls = &wire_session(&wire, 2)->tls;
		struct heap *text = &taped.talk[1].text[CLIENT];
		struct span came = wire_plain(2, CLIENT);
		assert_int_equal(tls->refused[CLIENT], 0);
		assert_true(came.n <= text->n);
		assert_true(span_equal(came, span_of(&text->p[text->n - came.n], came.n)));
		fell += tls->passed[CLIENT];
		opened += tls->early_opened;
		wire_free(&wire);
	}
	assert_true(fell > 0 && opened > 0);
	SSL_SESSION_free(session);
	end(&turn);
}

/* The server wants another group, and the second hello comes in the clear behind the early data. */
static void early_data_that_is_rejected(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	SSL_CTX_set1_groups_list(turn.setting.ctx[SERVER], "P-384");
	SSL_CTX_set1_groups_list(turn.setting.ctx[CLIENT], "P-256:P-384");
	talk_early(&turn, session, false);
	is_whole("rejected early data");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_CLIENT_HELLO, 0, 2) &&
	            has_step(&wire, STEP_HELLO_RETRY_REQUEST, 1, 1));
	wire_free(&wire);
	SSL_SESSION_free(session);
	end(&turn);
}

/* ---- handshakes that take another turn ---------------------------------------------------------------- */

static void hello_retry_request(void **state)
{
	(void)state;
	struct turn turn;
	begin(&turn, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	SSL_CTX_set1_groups_list(turn.setting.ctx[SERVER], "P-384");
	SSL_CTX_set1_groups_list(turn.setting.ctx[CLIENT], "X25519:P-384");
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	say_some(&turn);
	over(&turn);
	is_whole("HelloRetryRequest");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_HELLO_RETRY_REQUEST, 1, 1) &&
	            has_step(&wire, STEP_SERVER_HELLO, 1, 1));
	wire_free(&wire);
	end(&turn);
}

static void key_updates(void **state)
{
	(void)state;
	struct turn turn;
	begin(&turn, TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256");
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	for (int i = 0; i < 4; i++) {
		say_some(&turn);
		assert_int_equal(SSL_key_update(turn.talk.ssl[i % 2], i < 2 ? SSL_KEY_UPDATE_REQUESTED
		                                                            : SSL_KEY_UPDATE_NOT_REQUESTED),
		                 1);
	}
	say_some(&turn);
	over(&turn);
	is_whole("KeyUpdate");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_KEY_UPDATE, 0, 3) && has_step(&wire, STEP_KEY_UPDATE, 1, 3));
	wire_free(&wire);
	end(&turn);
}

static void tape_renegotiation(struct turn *turn, int version, const char *suite)
{
	begin(turn, version, suite);
	SSL_CTX_set_options(turn->setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	for (int i = 0; i < 2; i++) { /* the client begins, then the server asks for it */
		assert_int_equal(SSL_renegotiate(turn->talk.ssl[i]), 1);
		assert_true(shake_hands(&turn->talk));
		say_some(turn);
	}
	over(turn);
}

static void renegotiation(void **state)
{
	(void)state;
	static const struct {
		int version;
		const char *suite;
	} rows[] = {{TLS1_VERSION, "AES128-SHA"},
	            {TLS1_1_VERSION, "ECDHE-RSA-AES256-SHA"},
	            {TLS1_2_VERSION, "AES256-SHA256"},
	            {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"},
	            {TLS1_2_VERSION, "NULL-SHA256"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct turn turn;
		struct wire wire;
		tape_renegotiation(&turn, rows[i].version, rows[i].suite);
		is_whole(rows[i].suite);
		taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
		assert_true(has_step(&wire, STEP_CLIENT_HELLO, 0, 3) &&
		            has_step(&wire, STEP_FINISHED, 0, 3) && has_step(&wire, STEP_FINISHED, 1, 3) &&
		            has_step(&wire, STEP_HELLO_REQUEST, 1, 1));
		wire_free(&wire);
		end(&turn);
	}
}

/* Every handshake has its own client_key_exchange and session hash. */
static void renegotiation_with_an_rsa_key(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	tape_renegotiation(&turn, TLS1_2_VERSION, "AES256-SHA256");
	taped_play(&taped, "", key_path, WIRE_SEGMENT, &wire);
	if (!taped_is_whole(&taped))
		fail_msg("%s", taped_detail(&taped, &wire));
	wire_free(&wire);
	end(&turn);
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void short_records(void **state)
{
	(void)state;
	static const int versions[] = {TLS1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct turn turn;
		begin(&turn, versions[i],
		      versions[i] == TLS1_3_VERSION ? "TLS_AES_128_GCM_SHA256" : "ECDHE-RSA-AES128-SHA");
		SSL_CTX_set_tlsext_max_fragment_length(turn.setting.ctx[CLIENT],
		                                       TLSEXT_max_fragment_length_512);
		next(&turn);
		assert_true(shake_hands(&turn.talk));
		say(&turn.talk, CLIENT, 5000);
		say(&turn.talk, SERVER, 9000);
		over(&turn);
		is_whole("max_fragment_length");
		struct wire wire;
		taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
		assert_true(wire_session(&wire, 1)->tls.opened_data[1] >= 9000 / 512);
		wire_free(&wire);
		end(&turn);
	}
}

/* OpenSSL sends one in front of each record of TLS 1.0 CBC. */
static void empty_records(void **state)
{
	(void)state;
	struct turn turn;
	begin(&turn, TLS1_VERSION, "AES128-SHA");
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	say_some(&turn);
	over(&turn);
	is_whole("empty records");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_int_equal(wire_session(&wire, 1)->tls.opened_data[0], 6);
	wire_free(&wire);
	end(&turn);
}

/* ---- what an RSA key does not open -------------------------------------------------------------------- */

static void tape_session(struct turn *turn, int version, const char *suite)
{
	begin(turn, version, suite);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	over(turn);
}

static void stays_closed(const char *key, const char *says)
{
	struct wire wire;
	taped_play(&taped, "", key, WIRE_SEGMENT, &wire);
	const struct session *session = wire_session(&wire, 1);
	struct session_decryption decryption;
	session_decryption(wire.model, session, &decryption);
	if (decryption.state != DECRYPTION_NO_KEY || strstr(decryption.detail, says) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", decryption.detail, says);
	assert_int_equal(wire_plain(1, 0).n + wire_plain(1, 1).n, 0);
	wire_free(&wire);
}

static void other_key_exchanges(void **state)
{
	(void)state;
	static const struct {
		int version;
		const char *suite, *says;
	} rows[] = {
	    {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "cannot help: the key exchange is ECDHE_RSA"},
	    {TLS1_VERSION, "DHE-RSA-AES128-SHA", "cannot help: the key exchange is DHE_RSA"},
	    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "cannot help: TLS 1.3"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct turn turn;
		tape_session(&turn, rows[i].version, rows[i].suite);
		stays_closed(key_path, rows[i].says);
		end(&turn);
	}
}

static void another_key(void **state)
{
	(void)state;
	struct turn turn;
	tape_session(&turn, TLS1_2_VERSION, "AES128-SHA");
	stays_closed(other_path, "the certificate has another RSA key (SHA-256 ");
	stays_closed(other_path, other_path); /* which one was given */
	end(&turn);
}

/* Without the session that is resumed there is no client_key_exchange to decrypt. */
static void a_resumed_session_alone(void **state)
{
	(void)state;
	struct turn turn;
	begin(&turn, TLS1_2_VERSION, "AES128-SHA");
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	SSL_SESSION *session = SSL_get1_session(turn.talk.ssl[CLIENT]);
	over(&turn);
	taped_free(&taped);
	next(&turn);
	SSL_set_session(turn.talk.ssl[CLIENT], session);
	assert_true(shake_hands(&turn.talk));
	say_some(&turn);
	over(&turn);
	stays_closed(key_path, "the session is resumed: an RSA key opens it only together with");
	SSL_SESSION_free(session);
	end(&turn);
}

static int set_up(void **state)
{
	(void)state;
	peers_set_up();
	taped_write_key(key_path, keys[0]);
	EVP_PKEY *other = EVP_RSA_gen(1024);
	taped_write_key(other_path, other);
	EVP_PKEY_free(other);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(key_path);
	unlink(other_path);
	peers_tear_down();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(early_data),
	    cmocka_unit_test(early_data_without_its_secret),
	    cmocka_unit_test(early_data_that_falls_out),
	    cmocka_unit_test(early_data_that_is_rejected),
	    cmocka_unit_test(hello_retry_request),
	    cmocka_unit_test(key_updates),
	    cmocka_unit_test(renegotiation),
	    cmocka_unit_test(renegotiation_with_an_rsa_key),
	    cmocka_unit_test(short_records),
	    cmocka_unit_test(empty_records),
	    cmocka_unit_test(other_key_exchanges),
	    cmocka_unit_test(another_key),
	    cmocka_unit_test(a_resumed_session_alone),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
