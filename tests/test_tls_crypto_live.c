/*
 * Openers against OpenSSL itself: client and server talk through memory, their key log is read by keylog.c,
 * and every byte that was sent must come out of the records.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "analyzer/tls_key_block.h"
#include "tests/hex.h"
#include "tests/tls_peers.h"

/* The records of one side, while they are opened. */
struct reading {
	const struct talk *talk;
	int side;
	struct tls_opener *opener;
	struct heap text, handshake;
	size_t parsed; /* bytes of `handshake` that were looked at */
	bool traffic;  /* TLS 1.3: the application's keys are live */
	bool finished;
	unsigned updates;
};

static struct tls_opener *openers[2]; /* used again by every session */

static int set_up(void **state)
{
	(void)state;
	peers_set_up();
	openers[CLIENT] = tls_opener_new();
	openers[SERVER] = tls_opener_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peers_tear_down();
	tls_opener_free(openers[CLIENT]);
	tls_opener_free(openers[SERVER]);
	return 0;
}

static void converse(struct talk *talk)
{
	static const size_t sizes[] = {1, 18, 370, 20000};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		say(talk, CLIENT, sizes[i]);
		say(talk, SERVER, sizes[i] + 1);
		if (talk->setting->key_updates && i < 2) {
			int who = i == 0 ? CLIENT : SERVER;
			assert_int_equal(SSL_key_update(talk->ssl[who], SSL_KEY_UPDATE_REQUESTED), 1);
		}
	}
	for (int side = 0; side < 2; side++) {
		SSL_shutdown(talk->ssl[side]);
		carry(talk, side);
	}
}

/* ---- opening what was sent --------------------------------------------------------------------------- */

static void key_12(struct reading *reading)
{
	const struct talk *talk = reading->talk;
	uint8_t client_random[TLS_RANDOM], server_random[TLS_RANDOM];
	struct keylog_secret master;
	SSL_get_client_random(talk->ssl[CLIENT], client_random, sizeof client_random);
	SSL_get_server_random(talk->ssl[CLIENT], server_random, sizeof server_random);
	assert_true(keylog_find(talk->keylog, KEYLOG_MASTER, client_random, 0, &master));
	const struct tls_suite *suite = tls_suite_find(talk->setting->cipher);
	bool etm = (talk->setting->options & SSL_OP_NO_ENCRYPT_THEN_MAC) == 0;
	struct tls_key_block block = {.suite = NULL};
	assert_int_equal(tls_key_block_make(&block, suite, (uint16_t)talk->setting->version, &master, client_random,
	                                    server_random),
	                 0);
	assert_int_equal(tls_opener_key_12(reading->opener, &block, etm, reading->side == CLIENT), 0);
}

static void key_13(struct reading *reading, enum keylog_label of_client, enum keylog_label of_server)
{
	const struct talk *talk = reading->talk;
	uint8_t client_random[TLS_RANDOM];
	struct keylog_secret secret;
	SSL_get_client_random(talk->ssl[CLIENT], client_random, sizeof client_random);
	enum keylog_label label = reading->side == CLIENT ? of_client : of_server;
	assert_true(keylog_find(talk->keylog, label, client_random, 0, &secret));
	assert_int_equal(tls_opener_key_13(reading->opener, tls_suite_find(talk->setting->cipher), &secret),
	                 0);
}

static void take_handshake(struct reading *reading, struct span bytes)
{
	uint8_t type;
	uint32_t length;
	bool is_13 = reading->talk->setting->version == TLS1_3_VERSION;
	heap_add(&reading->handshake, bytes);
	struct rd r = rd_of(span_of(reading->handshake.p, reading->handshake.n));
	rd_skip(&r, reading->parsed);
	while (tls_handshake_head(span_cut(r.all, rd_at(&r), r.all.n), &type, &length) == CUT_OK) {
		rd_skip(&r, TLS_HANDSHAKE_HEADER + length);
		if (!rd_ok(&r))
			return;
		reading->parsed = rd_at(&r);
		reading->finished |= type == TLS_FINISHED;
		if (is_13 && type == TLS_FINISHED)
			key_13(reading, KEYLOG_CLIENT_TRAFFIC, KEYLOG_SERVER_TRAFFIC);
		if (is_13 && type == TLS_KEY_UPDATE) {
			assert_int_equal(tls_opener_update_13(reading->opener), 0);
			reading->updates++;
		}
	}
}

static void open_record(struct reading *reading, const struct tls_record *head, struct span body)
{
	uint8_t *out = malloc(body.n + 1), *exact = malloc(body.n + 1), type;
	struct span plain;
	assert_non_null(out);
	assert_non_null(exact);
	memcpy(exact, body.p, body.n);
	enum tls_open result = tls_open(reading->opener, head, span_of(exact, body.n), out, &plain, &type);
	if (result != TLS_OPENED)
		fail_msg("%s: a record of %zu bytes does not open", reading->talk->setting->name, body.n);
	if (type == TLS_HANDSHAKE)
		take_handshake(reading, plain);
	else if (type == TLS_APPLICATION_DATA)
		heap_add(&reading->text, plain);
	else
		assert_int_equal(type, TLS_ALERT);
	free(out);
	free(exact);
}

static void read_side(const struct talk *talk, int side, struct reading *reading)
{
	*reading = (struct reading){.talk = talk, .side = side, .opener = openers[side]};
	reading->text = heap_new(TEXT_MAX);
	reading->handshake = heap_new(TEXT_MAX);
	bool is_13 = talk->setting->version == TLS1_3_VERSION, protected = false;
	struct rd r = rd_of(span_of(talk->wire[side].p, talk->wire[side].n));
	while (rd_more(&r)) {
		struct tls_record head;
		assert_int_equal(tls_record_head(span_cut(r.all, rd_at(&r), r.all.n), &head), CUT_OK);
		rd_skip(&r, TLS_RECORD_HEADER);
		struct span body = rd_span(&r, head.length);
		if (is_13 && head.type == TLS_APPLICATION_DATA && !protected) {
			key_13(reading, KEYLOG_CLIENT_HANDSHAKE, KEYLOG_SERVER_HANDSHAKE);
			protected = true;
		}
		if (protected)
			open_record(reading, &head, body);
		if (!is_13 && head.type == TLS_CHANGE_CIPHER_SPEC) {
			key_12(reading);
			protected = true;
		}
	}
	assert_true(rd_done(&r));
}

/* False when OpenSSL does not shake hands in this setting. */
static bool try(const struct setting *setting)
{
	struct talk talk;
	start(&talk, setting);
	bool done = shake_hands(&talk);
	if (done)
		converse(&talk);
	for (int side = 0; side < 2 && done; side++) {
		struct reading reading;
		read_side(&talk, side, &reading);
		assert_true(reading.finished);
		assert_true(span_equal(span_of(reading.text.p, reading.text.n),
		                       span_of(talk.text[side].p, talk.text[side].n)));
		assert_int_equal(reading.updates, setting->key_updates ? 2 : 0);
		free(reading.text.p);
		free(reading.handshake.p);
	}
	stop(&talk);
	return done;
}

/* ---- cases ------------------------------------------------------------------------------------------ */

/* Calls `check` with every cipher of OpenSSL that has a row. */
static unsigned for_ciphers(unsigned (*check)(const SSL_CIPHER *))
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	unsigned sessions = 0;
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	                                               "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
	                                               "TLS_AES_128_CCM_8_SHA256"),
	                 1);
	const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
		sessions += check(sk_SSL_CIPHER_value(list, i));
	SSL_CTX_free(ctx);
	return sessions;
}

static unsigned talk_12(const SSL_CIPHER *cipher)
{
	static const uint64_t options[] = {0, SSL_OP_NO_ENCRYPT_THEN_MAC,
	                                   SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS,
	                                   SSL_OP_NO_EXTENDED_MASTER_SECRET};
	const char *since = SSL_CIPHER_get_version(cipher);
	struct setting setting = {.cipher = SSL_CIPHER_get_protocol_id(cipher),
	                          .name = SSL_CIPHER_get_name(cipher)};
	const struct tls_suite *suite = tls_suite_find(setting.cipher);
	unsigned sessions = 0;
	if (suite == NULL || tls_suite_is_13(suite))
		return 0;
	int first = strcmp(since, "TLSv1.2") == 0 ? TLS1_2_VERSION : TLS1_VERSION;
	for (setting.version = first; setting.version <= TLS1_2_VERSION; setting.version++)
		for (size_t i = 0; i < (SSL_CIPHER_is_aead(cipher) ? 1 : sizeof options / sizeof options[0]);
		     i++) {
			setting.options = options[i];
			sessions += try(&setting);
		}
	return sessions;
}

static void sessions_to_tls_12(void **state)
{
	(void)state;
	unsigned sessions = for_ciphers(talk_12);
	print_message("%u sessions\n", sessions);
	assert_true(sessions >= 400);
}

static unsigned talk_13(const SSL_CIPHER *cipher)
{
	struct setting setting = {.cipher = SSL_CIPHER_get_protocol_id(cipher),
	                          .name = SSL_CIPHER_get_name(cipher)};
	const struct tls_suite *suite = tls_suite_find(setting.cipher);
	setting.version = TLS1_3_VERSION;
	if (suite == NULL || !tls_suite_is_13(suite))
		return 0;
	for (int i = 0; i < 4; i++) {
		setting.padding = i % 2 == 1;
		setting.key_updates = i >= 2;
		assert_true(try(&setting));
	}
	return 4;
}

static void sessions_of_tls_13(void **state)
{
	(void)state;
	assert_int_equal(for_ciphers(talk_13), 5 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sessions_to_tls_12),
	    cmocka_unit_test(sessions_of_tls_13),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
