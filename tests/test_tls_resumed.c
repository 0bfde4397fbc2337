/*
 * Sessions up to TLS 1.2 that resume one which is not in the capture: its line of the key log has the same master
 * secret under another random, and is found by trying. What is tried is bounded, and never believed without proof.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "dissect/limits.h"
#include "tests/turns.h"

static char first_lines[TAPED_LINES]; /* of the session that is resumed */

/* Two talks, of which only the one that resumes the other is on the tape; its own lines are not in the log. */
static void tape_resumed(struct turn *turn, int version, const char *suite, bool by_ticket)
{
	begin(turn, version, suite);
	turn->setting.options = by_ticket ? 0 : SSL_OP_NO_TICKET;
	SSL_CTX_set_session_id_context(turn->setting.ctx[SERVER], (const unsigned char *)"x", 1);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	SSL_SESSION *session = SSL_get1_session(turn->talk.ssl[CLIENT]);
	over(turn);
	memcpy(first_lines, taped.lines, sizeof first_lines);
	taped_free(&taped);
	next(turn);
	SSL_set_session(turn->talk.ssl[CLIENT], session);
	assert_true(shake_hands(&turn->talk));
	assert_int_equal(SSL_session_reused(turn->talk.ssl[CLIENT]), 1);
	say_some(turn);
	over(turn);
	SSL_SESSION_free(session);
	memcpy(taped.lines, first_lines, sizeof first_lines);
}

/* So many master secrets of nobody, in front of the lines of the tape or behind them. */
static void add_others(struct keylog *keylog, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		uint8_t id[TLS_RANDOM] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		uint8_t master[KEYLOG_MASTER_BYTES] = {1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		keylog_add(keylog, KEYLOG_MASTER, id, span_of(master, sizeof master));
	}
}

static void play_among(unsigned before, unsigned behind, struct wire *wire)
{
	wire_start(wire, span_of(NULL, 0));
	add_others(wire->model->keylog, 0, before);
	keylog_parse(wire->model->keylog, span_of(taped.lines, strlen(taped.lines)));
	add_others(wire->model->keylog, before, behind);
	taped_say(&taped, wire);
	wire_end(wire);
}

static const char *say_what(int version, const char *suite, bool by_ticket)
{
	static char text[128];
	snprintf(text, sizeof text, "%04x %s by %s", (unsigned)version, suite, by_ticket ? "ticket" : "session id");
	return text;
}

/* Each kind of protection in each version that has it. */
static const struct {
	int version;
	const char *suite;
} rows[] = {
    {TLS1_VERSION, "AES128-SHA"},
    {TLS1_1_VERSION, "CAMELLIA128-SHA"},
    {TLS1_2_VERSION, "NULL-SHA256"},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384"},
    {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"},
    {TLS1_2_VERSION, "AES128-CCM8"},
    {TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305"},
    {DTLS1_VERSION, "AES128-SHA"},
    {DTLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void by_the_line_of_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ROWS; i++) {
		struct turn turn;
		struct wire wire;
		bool by_ticket = i % 2 == 1;
		int version = rows[i / 2].version;
		const char *suite = rows[i / 2].suite;
		tape_resumed(&turn, version, suite, by_ticket);
		is_whole(say_what(version, suite, by_ticket));
		play_among(20, 20, &wire);
		check_whole(say_what(version, suite, by_ticket), &wire);
		const struct session_tls *tls = &wire_session(&wire, 1)->tls;
		assert_int_equal(tls->resumed_tries, 21);
		assert_int_equal(tls->passed[0] + tls->passed[1], 0);
		wire_free(&wire);
		end(&turn);
	}
}

/* The Finished message of one side is lost: that of the other proves the secret. */
static void one_finished_is_enough(void **state)
{
	(void)state;
	struct turn turn;
	tape_resumed(&turn, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", true);
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct wire wire;
		struct lost lost = lost_record(&taped.talk[0], dir, TLS_HANDSHAKE, TLS_CHANGE_CIPHER_SPEC, 1);
		play_without(&lost, &wire);
		if (!taped_is_whole(&taped))
			fail_msg("%u: %s", dir, taped_detail(&taped, &wire));
		wire_free(&wire);
	}
	end(&turn);
}

/* Behind its packets, in several pieces; each secret is tried once. */
static void the_line_comes_late(void **state)
{
	(void)state;
	static const int versions[] = {TLS1_VERSION, TLS1_2_VERSION, DTLS1_2_VERSION};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct turn turn;
		struct wire wire;
		tape_resumed(&turn, versions[i], "AES128-SHA", i > 0);
		wire_start(&wire, span_of(NULL, 0));
		wire.model->keys_may_come = true;
		add_others(wire.model->keylog, 0, 10);
		taped_say(&taped, &wire);
		const struct session_tls *tls = &wire_session(&wire, 1)->tls;
		assert_int_equal(tls->opened[0] + tls->opened[1], 0);
		for (unsigned k = 1; k < 4; k++) {
			assert_int_equal(tls->resumed_tries, 10 * k);
			add_others(wire.model->keylog, 10 * k, 10);
			analyze_keys(wire.analyze, UINT64_MAX);
		}
		analyze_secrets(wire.analyze, span_of(taped.lines, strlen(taped.lines)));
		wire_end(&wire);
		check_whole("late", &wire);
		assert_int_equal(tls->resumed_tries, 41);
		wire_free(&wire);
		end(&turn);
	}
}

/* None fits: nothing is claimed, and what was tried is told. */
static void without_the_line(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	tape_resumed(&turn, TLS1_2_VERSION, "AES128-CCM8", false);
	taped.lines[0] = '\0';
	play_among(50, 0, &wire);
	const struct session *session = wire_session(&wire, 1);
	assert_int_equal(wire_plain(1, 0).n + wire_plain(1, 1).n, 0);
	assert_int_equal(session->tls.refused[0] + session->tls.refused[1], 0);
	assert_non_null(strstr(taped_detail(&taped, &wire),
	                       "the session has the secret of the one that it resumes: 50 of the key log were "
	                       "tried, and none fits"));
	assert_null(strstr(taped_detail(&taped, &wire), "others were not"));
	wire_free(&wire);
	end(&turn);
}

/* The newest are tried, as many as the limits allow. */
static void limits(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	tape_resumed(&turn, TLS1_2_VERSION, "NULL-SHA256", true);
	play_among(10, LIMIT_RESUMED_TRIES - 1, &wire);
	check_whole("the last one", &wire);
	wire_free(&wire);
	play_among(10, LIMIT_RESUMED_TRIES, &wire);
	assert_int_equal(wire_session(&wire, 1)->tls.opened[0], 0);
	assert_int_equal(wire_session(&wire, 1)->tls.resumed_tries, LIMIT_RESUMED_TRIES);
	assert_non_null(strstr(taped_detail(&taped, &wire), "others were not: at most 4096 are for a session, and "
	                                                    "131072 for all"));
	wire_free(&wire);
	for (unsigned left = 0; left < 2; left++) { /* of the tries of all */
		wire_start(&wire, span_of(taped.lines, strlen(taped.lines)));
		wire.model->resumed_tries = LIMIT_RESUMED_TRIES_ALL - 1 + left;
		wire.model->capture.bytes = 0;
		taped_say(&taped, &wire);
		wire_end(&wire);
		assert_true(wire.model->capture.bytes < 2 * RESUMED_TRY_EARNED);
		assert_int_equal(taped_is_whole(&taped), left == 0);
		assert_int_equal(strstr(taped_detail(&taped, &wire), "others were not") != NULL, left == 1);
		wire_free(&wire);
	}
	end(&turn);
}

/* A whole handshake has a secret of its own, whatever was offered. */
static void a_whole_handshake_is_not_tried(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	tape_resumed(&turn, TLS1_2_VERSION, "AES128-SHA", true);
	end(&turn);
	begin(&turn, TLS1_2_VERSION, "AES128-SHA");
	next(&turn);
	assert_true(shake_hands(&turn.talk));
	SSL_SESSION *session = SSL_get1_session(turn.talk.ssl[CLIENT]);
	over(&turn);
	taped_free(&taped);
	end(&turn);
	begin(&turn, TLS1_2_VERSION, "AES128-SHA"); /* another server, which cannot read the ticket */
	next(&turn);
	SSL_set_session(turn.talk.ssl[CLIENT], session);
	assert_true(shake_hands(&turn.talk));
	assert_int_equal(SSL_session_reused(turn.talk.ssl[CLIENT]), 0);
	say_some(&turn);
	over(&turn);
	SSL_SESSION_free(session);
	taped.lines[0] = '\0';
	play_among(50, 0, &wire);
	assert_int_equal(wire_session(&wire, 1)->tls.resumed_tries, 0);
	assert_null(strstr(taped_detail(&taped, &wire), "resumed"));
	wire_free(&wire);
	end(&turn);
}

/* Looks for the secret that begins with this number, or for none (0xffff). */
struct wanted {
	unsigned number, seen, last;
};

static bool is_wanted(void *ctx, struct span secret)
{
	struct wanted *wanted = ctx;
	unsigned number = (unsigned)secret.p[0] << 8 | secret.p[1];
	assert_true(wanted->seen++ == 0 || number < wanted->last); /* the newest first */
	wanted->last = number;
	return number == wanted->number;
}

static void a_secret_is_searched(void **state)
{
	(void)state;
	struct keylog *keylog = keylog_new();
	keylog_set_limit(keylog, 600);
	assert_false(keylog_search(keylog, KEYLOG_MASTER, 0, is_wanted, NULL));
	for (unsigned i = 0; i < 1500; i++) {
		uint8_t text[KEYLOG_MASTER_BYTES] = {(uint8_t)(i >> 8), (uint8_t)i};
		keylog_add(keylog, i % 3 == 0 ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_MASTER, text,
		           span_of(text, sizeof text));
	}
	struct wanted wanted = {.number = 0xffff};
	assert_false(keylog_search(keylog, KEYLOG_MASTER, 0, is_wanted, &wanted));
	assert_int_equal(wanted.seen, 400);
	wanted = (struct wanted){.number = 0xffff};
	assert_false(keylog_search(keylog, KEYLOG_MASTER, 1440, is_wanted, &wanted));
	assert_int_equal(wanted.seen, 40);
	wanted = (struct wanted){.number = 1400};
	assert_true(keylog_search(keylog, KEYLOG_MASTER, 0, is_wanted, &wanted));
	assert_int_equal(wanted.last, 1400);
	keylog_free(keylog);
}

static int set_up(void **state)
{
	(void)state;
	peers_set_up();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peers_tear_down();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_the_line_of_the_first), cmocka_unit_test(one_finished_is_enough),
	    cmocka_unit_test(the_line_comes_late),      cmocka_unit_test(without_the_line),
	    cmocka_unit_test(limits),                   cmocka_unit_test(a_whole_handshake_is_not_tried),
	    cmocka_unit_test(a_secret_is_searched),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
