/*
 * What happens in sessions beside a plain handshake, each a real one of OpenSSL's two sides through the whole
 * analysis: HelloRetryRequest, KeyUpdate, renegotiation, short records, empty ones; and what an
 * RSA key cannot open, said in words.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/turns.h"

static char key_path[64], other_path[64];

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

static void unanswered_renegotiation(void **state)
{
	(void)state;
	static const int versions[] = {TLS1_VERSION, TLS1_2_VERSION};
	check_unanswered(versions, 2, "ECDHE-RSA-AES128-SHA");
}

/* The next handshake begins in front of the server's next record, whose keys are those of the one before. */
static void renegotiation_behind_a_lost_finished(void **state)
{
	(void)state;
	static const struct {
		int version;
		const char *suite;
	} rows[] = {{TLS1_1_VERSION, "AES128-SHA"}, {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"}};
	for (size_t i = 0; i < 2; i++) {
		struct turn turn;
		struct wire wire;
		begin(&turn, rows[i].version, rows[i].suite);
		SSL_CTX_set_options(turn.setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
		next(&turn);
		assert_true(shake_hands(&turn.talk));
		say_some(&turn);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(SSL_renegotiate(turn.talk.ssl[CLIENT]), 1);
			assert_true(shake_hands(&turn.talk));
		}
		say_some(&turn);
		over(&turn);
		const struct lost lost =
		    lost_record(&taped.talk[0], SERVER, TLS_HANDSHAKE, TLS_CHANGE_CIPHER_SPEC, 2);
		play_without(&lost, &wire);
		const struct session_tls *tls = &wire_session(&wire, 1)->tls;
		if (!taped_is_whole(&taped) || tls->passed[0] + tls->passed[1] > 0)
			fail_msg("%s: %s", rows[i].suite, taped_detail(&taped, &wire));
		assert_int_equal(tls->lost_to_gaps[SERVER], 1);
		wire_free(&wire);
		end(&turn);
	}
}

/* Keys that it would have made are not missed. */
static void renegotiation_that_breaks_off(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	begin(&turn, TLS1_2_VERSION, "AES128-SHA");
	SSL_CTX_set_options(turn.setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	say_some(&turn);
	assert_int_equal(SSL_renegotiate(turn.talk.ssl[CLIENT]), 1);
	SSL_do_handshake(turn.talk.ssl[CLIENT]);
	carry(&turn.talk, CLIENT);
	SSL_do_handshake(turn.talk.ssl[SERVER]);
	carry(&turn.talk, SERVER);
	taped_stop(&taped, &turn.talk);
	stop(&turn.talk);
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_SERVER_HELLO, 1, 2) && taped_is_whole(&taped));
	assert_string_equal(taped_detail(&taped, &wire), "6 of 6 application records");
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

/* ---- TLS 1.3 without a secret of the handshake --------------------------------------------------------- */

static const char *const handshake_secrets[2] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                                 "SERVER_HANDSHAKE_TRAFFIC_SECRET"};

static void tape_key_update(struct turn *turn)
{
	begin(turn, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	next(turn);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	assert_int_equal(SSL_key_update(turn->talk.ssl[SERVER], SSL_KEY_UPDATE_REQUESTED), 1);
	say_some(turn);
	over(turn);
}

/* The lines of these sides go to `apart`, the others stay. */
static void part_secrets(unsigned sides, char others[TAPED_LINES], char apart[TAPED_LINES])
{
	others[0] = apart[0] = '\0';
	for (const char *line = taped.lines; *line != '\0'; line += strcspn(line, "\n") + 1) {
		bool is = false;
		for (int side = 0; side < 2; side++)
			is = is || ((sides >> side & 1) != 0 &&
			            strncmp(line, handshake_secrets[side], strlen(handshake_secrets[side])) == 0);
		char *to = is ? apart : others;
		size_t used = strlen(to);
		snprintf(&to[used], TAPED_LINES - used, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
}

static void check_without(unsigned sides, const struct wire *wire)
{
	const struct session_tls *tls = &wire_session(wire, 1)->tls;
	struct session_decryption decryption;
	session_decryption(wire->model, wire_session(wire, 1), &decryption);
	const char *lacks = strstr(decryption.detail, "; the key log lacks ");
	if (!taped_is_whole(&taped) || tls->refused[0] + tls->refused[1] + tls->behind_gap[0] +
	                                       tls->behind_gap[1] + tls->lost_to_gaps[0] + tls->lost_to_gaps[1] > 0 ||
	    lacks == NULL)
		fail_msg("without the secrets of %u: %s", sides, decryption.detail);
	assert_int_equal(decryption.data_opened, 12);
	for (uint8_t side = 0; side < 2; side++) {
		bool without = (sides >> side & 1) != 0;
		assert_int_equal(strstr(lacks, handshake_secrets[side]) != NULL, without);
		assert_int_equal(tls->passed[side] > 0, without);
		assert_true(has_step(wire, STEP_FINISHED, side, !without));
		assert_true(has_step(wire, STEP_KEY_UPDATE, side, 1));
	}
}

/* Its records stay closed, those of the application are opened; also when all secrets come behind them. */
static void no_secret_of_the_handshake(void **state)
{
	(void)state;
	static char others[TAPED_LINES], apart[TAPED_LINES];
	struct turn turn;
	struct wire wire;
	tape_key_update(&turn);
	for (unsigned sides = 1; sides <= 3; sides++) {
		part_secrets(sides, others, apart);
		taped_play(&taped, others, NULL, WIRE_SEGMENT, &wire);
		check_without(sides, &wire);
		wire_free(&wire);
		wire_start(&wire, span_of(NULL, 0));
		wire.model->keys_may_come = true;
		taped_say(&taped, &wire);
		analyze_secrets(wire.analyze, span_of(others, strlen(others)));
		wire_end(&wire);
		check_without(sides, &wire);
		wire_free(&wire);
	}
	end(&turn);
}

/* The other secrets come at once, and those of these sides in front of a piece, two seconds later or not. */
static void play_apart(unsigned sides, size_t at, bool pause, struct wire *wire)
{
	static char others[TAPED_LINES], apart[TAPED_LINES];
	const struct taped_talk *talk = &taped.talk[0];
	part_secrets(sides, others, apart);
	wire_start(wire, span_of(others, strlen(others)));
	wire->model->keys_may_come = true;
	wire_open(wire);
	for (size_t k = 0; k <= talk->n_pieces; k++) {
		if (pause)
			wire->now += 2 * NS_PER_S;
		if (k == at)
			analyze_secrets(wire->analyze, span_of(apart, strlen(apart)));
		if (k < talk->n_pieces)
			wire_say(wire, talk->pieces[k].dir, taped_piece(talk, k));
	}
	wire_close(wire);
	wire_end(wire);
}

/* Steps stand where their messages came, whenever they were read. */
static void in_order(const struct session *session)
{
	for (uint32_t i = 1; i < session->n_steps; i++)
		assert_true(session->steps[i - 1].place <= session->steps[i].place);
}

/* Soon enough or, when the application's records are open already, not: all is as if it had been there. */
static void the_secret_of_the_handshake_comes_late(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	tape_key_update(&turn);
	for (unsigned sides = 1; sides <= 3; sides++)
		for (size_t at = 0; at <= taped.talk[0].n_pieces; at++)
			for (int pause = 0; pause < 2; pause++) {
				play_apart(sides, at, pause, &wire);
				check_whole("late", &wire);
				assert_string_equal(taped_detail(&taped, &wire), "12 of 12 application records");
				for (uint8_t side = 0; side < 2; side++)
					assert_true(has_step(&wire, STEP_FINISHED, side, 1) &&
					            has_step(&wire, STEP_KEY_UPDATE, side, 1));
				assert_true(has_step(&wire, STEP_CERTIFICATE, SERVER, 1) &&
				            has_step(&wire, STEP_ENCRYPTED_HANDSHAKE, SERVER, 0));
				in_order(wire_session(&wire, 1));
				wire_free(&wire);
			}
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

/* Two talks, of which the second one resumes the first, which is not on the tape. */
static void talk_resumed(struct turn *turn, const char *suite)
{
	begin(turn, TLS1_2_VERSION, suite);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	SSL_SESSION *session = SSL_get1_session(turn->talk.ssl[CLIENT]);
	over(turn);
	taped_free(&taped);
	next(turn);
	SSL_set_session(turn->talk.ssl[CLIENT], session);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	over(turn);
	SSL_SESSION_free(session);
}

/* Without the session that is resumed there is no client_key_exchange to decrypt. */
static void a_resumed_session_alone(void **state)
{
	(void)state;
	struct turn turn;
	talk_resumed(&turn, "ECDHE-RSA-AES128-SHA");
	stays_closed(key_path, "an RSA key cannot help: the key exchange is ECDHE_RSA");
	end(&turn);
	talk_resumed(&turn, "AES128-SHA");
	stays_closed(key_path, "the session is resumed: an RSA key opens it only together with");
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
	    cmocka_unit_test(hello_retry_request),
	    cmocka_unit_test(key_updates),
	    cmocka_unit_test(renegotiation),
	    cmocka_unit_test(renegotiation_with_an_rsa_key),
	    cmocka_unit_test(unanswered_renegotiation),
	    cmocka_unit_test(renegotiation_behind_a_lost_finished),
	    cmocka_unit_test(renegotiation_that_breaks_off),
	    cmocka_unit_test(short_records),
	    cmocka_unit_test(empty_records),
	    cmocka_unit_test(no_secret_of_the_handshake),
	    cmocka_unit_test(the_secret_of_the_handshake_comes_late),
	    cmocka_unit_test(other_key_exchanges),
	    cmocka_unit_test(another_key),
	    cmocka_unit_test(a_resumed_session_alone),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
