/*
 * Openers against OpenSSL itself: client and server talk through memory, their key log is read by keylog.c,
 * and every byte that was sent must come out of the records. The only test that links libssl.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "analyzer/tls_crypto.h"
#include "tests/hex.h"

enum { CLIENT, SERVER, WIRE_MAX = 256 * 1024, TEXT_MAX = 64 * 1024, KINDS = 2, PSK_BYTES = 16 };

/* Bytes that only grow. */
struct heap {
	uint8_t *p;
	size_t n, max;
};

/* How the two sides are set up. */
struct setting {
	int version;
	uint16_t cipher;
	const char *name; /* OpenSSL's */
	uint64_t options;
	bool padding;     /* TLS 1.3: records are padded */
	bool key_updates; /* TLS 1.3: both sides update their keys, twice */
};

struct talk {
	const struct setting *setting;
	SSL *ssl[2];
	struct heap wire[2]; /* what each side sent */
	struct heap text[2]; /* what each side wrote */
	struct keylog *keylog;
};

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

static EVP_PKEY *keys[KINDS];
static X509 *certificates[KINDS];
static struct tls_opener *openers[2]; /* used again by every session */

static struct heap heap_new(size_t max)
{
	struct heap heap = {.p = malloc(max), .max = max};
	assert_non_null(heap.p);
	return heap;
}

static void heap_add(struct heap *heap, struct span bytes)
{
	assert_true(bytes.n <= heap->max - heap->n);
	if (bytes.n > 0)
		memcpy(&heap->p[heap->n], bytes.p, bytes.n);
	heap->n += bytes.n;
}

/* ---- the two sides ---------------------------------------------------------------------------------- */

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	assert_non_null(certificate);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

static int set_up(void **state)
{
	(void)state;
	keys[0] = EVP_RSA_gen(2048);
	keys[1] = EVP_EC_gen("P-256");
	for (int i = 0; i < KINDS; i++)
		certificates[i] = self_signed(keys[i]);
	openers[CLIENT] = tls_opener_new();
	openers[SERVER] = tls_opener_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < KINDS; i++) {
		X509_free(certificates[i]);
		EVP_PKEY_free(keys[i]);
	}
	tls_opener_free(openers[CLIENT]);
	tls_opener_free(openers[SERVER]);
	return 0;
}

static void take_line(const SSL *ssl, const char *line)
{
	struct talk *talk = SSL_get_app_data(ssl);
	keylog_parse(talk->keylog, span_of(line, strlen(line)));
}

static unsigned client_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_max,
                           unsigned char *psk, unsigned psk_max)
{
	(void)ssl;
	(void)hint;
	assert_true(psk_max >= PSK_BYTES);
	snprintf(identity, identity_max, "test");
	memset(psk, 7, PSK_BYTES);
	return PSK_BYTES;
}

static unsigned server_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned psk_max)
{
	(void)ssl;
	(void)identity;
	assert_true(psk_max >= PSK_BYTES);
	memset(psk, 7, PSK_BYTES);
	return PSK_BYTES;
}

static size_t pad(SSL *ssl, int type, size_t n, void *arg)
{
	(void)ssl;
	(void)type;
	(void)arg;
	return n % 200;
}

static SSL_CTX *new_context(const struct setting *setting, int side)
{
	SSL_CTX *ctx = SSL_CTX_new(side == CLIENT ? TLS_client_method() : TLS_server_method());
	char list[128];
	assert_non_null(ctx);
	SSL_CTX_set_min_proto_version(ctx, setting->version);
	SSL_CTX_set_max_proto_version(ctx, setting->version);
	snprintf(list, sizeof list, "%s:@SECLEVEL=0", setting->name);
	if (setting->version == TLS1_3_VERSION)
		assert_int_equal(SSL_CTX_set_ciphersuites(ctx, setting->name), 1);
	else
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, list), 1);
	SSL_CTX_set_options(ctx, setting->options);
	SSL_CTX_set_dh_auto(ctx, 1);
	for (int i = 0; i < KINDS && side == SERVER; i++) {
		assert_int_equal(SSL_CTX_use_certificate(ctx, certificates[i]), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(ctx, keys[i]), 1);
	}
	if (setting->version != TLS1_3_VERSION && side == CLIENT)
		SSL_CTX_set_psk_client_callback(ctx, client_psk);
	if (setting->version != TLS1_3_VERSION && side == SERVER)
		SSL_CTX_set_psk_server_callback(ctx, server_psk);
	if (side == CLIENT)
		SSL_CTX_set_keylog_callback(ctx, take_line);
	if (setting->padding)
		SSL_CTX_set_record_padding_callback(ctx, pad);
	return ctx;
}

static void start(struct talk *talk, const struct setting *setting)
{
	*talk = (struct talk){.setting = setting, .keylog = keylog_new()};
	for (int side = 0; side < 2; side++) {
		SSL_CTX *ctx = new_context(setting, side);
		talk->ssl[side] = SSL_new(ctx);
		assert_non_null(talk->ssl[side]);
		SSL_CTX_free(ctx);
		SSL_set_bio(talk->ssl[side], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_app_data(talk->ssl[side], talk);
		talk->wire[side] = heap_new(WIRE_MAX);
		talk->text[side] = heap_new(TEXT_MAX);
	}
	SSL_set_connect_state(talk->ssl[CLIENT]);
	SSL_set_accept_state(talk->ssl[SERVER]);
}

static void stop(struct talk *talk)
{
	for (int side = 0; side < 2; side++) {
		SSL_free(talk->ssl[side]);
		free(talk->wire[side].p);
		free(talk->text[side].p);
	}
	keylog_free(talk->keylog);
}

/* Moves what a side wants to send to the other one, which reads it. */
static void carry(struct talk *talk, int from)
{
	static uint8_t chunk[WIRE_MAX];
	int n = BIO_read(SSL_get_wbio(talk->ssl[from]), chunk, sizeof chunk);
	if (n > 0) {
		heap_add(&talk->wire[from], span_of(chunk, (size_t)n));
		assert_int_equal(BIO_write(SSL_get_rbio(talk->ssl[!from]), chunk, n), n);
	}
	while (SSL_read(talk->ssl[!from], chunk, sizeof chunk) > 0)
		continue;
	ERR_clear_error();
}

static void say(struct talk *talk, int from, size_t n)
{
	static uint8_t text[TEXT_MAX];
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)(i * 7 + n);
	if (SSL_write(talk->ssl[from], text, (int)n) != (int)n)
		fail_msg("%s: cannot write", talk->setting->name);
	heap_add(&talk->text[from], span_of(text, n));
	carry(talk, from);
}

static bool shake_hands(struct talk *talk)
{
	for (int turn = 0; turn < 6; turn++) {
		SSL_do_handshake(talk->ssl[CLIENT]);
		carry(talk, CLIENT);
		SSL_do_handshake(talk->ssl[SERVER]);
		carry(talk, SERVER);
	}
	ERR_clear_error();
	return SSL_is_init_finished(talk->ssl[CLIENT]) && SSL_is_init_finished(talk->ssl[SERVER]);
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
	assert_int_equal(tls_opener_key_12(reading->opener, suite, (uint16_t)talk->setting->version, etm,
	                                   &master, client_random, server_random, reading->side == CLIENT),
	                 0);
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
	size_t n;
	assert_non_null(out);
	assert_non_null(exact);
	memcpy(exact, body.p, body.n);
	enum tls_open result = tls_open(reading->opener, head, span_of(exact, body.n), out, &n, &type);
	if (result != TLS_OPENED)
		fail_msg("%s: a record of %zu bytes does not open", reading->talk->setting->name, body.n);
	if (type == TLS_HANDSHAKE)
		take_handshake(reading, span_of(out, n));
	else if (type == TLS_APPLICATION_DATA)
		heap_add(&reading->text, span_of(out, n));
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
