/*
 * OpenSSL's own client and server, talking through memory, with certificates, keys and settings of a test.
 * Included after cmocka by the tests that link libssl.
 */
#ifndef TESTS_TLS_PEERS_H
#define TESTS_TLS_PEERS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/keylog.h"

enum {
	CLIENT,
	SERVER,
	WIRE_MAX = 256 * 1024,
	TEXT_MAX = 64 * 1024,
	LOG_MAX = 4096,
	KINDS = 2,
	PSK_BYTES = 16,
	DATAGRAMS = 64,  /* of a side, until the other one reads them */
	MTU_LOWEST = 256 /* what OpenSSL takes */
};

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
	bool cookie;      /* DTLS: the server asks for one */
	size_t mtu;       /* DTLS: 0 = that of Ethernet */
	SSL_CTX *ctx[2];  /* of the two sides; NULL: made for this talk */
};

/* The datagrams that a side sent and the other one has not read. */
struct post {
	size_t n[DATAGRAMS];
	size_t first, count;
};

struct talk {
	const struct setting *setting;
	SSL *ssl[2];
	struct heap wire[2]; /* what each side sent */
	struct heap text[2]; /* what each side wrote */
	struct post post[2]; /* DTLS */
	struct keylog *keylog;
	struct heap log;                                       /* the same as text */
	void (*heard)(void *ctx, int from, struct span bytes); /* what passes between them; NULL: nobody */
	void *ctx;
};

static EVP_PKEY *keys[KINDS];
static X509 *certificates[KINDS];

static inline struct heap heap_new(size_t max)
{
	struct heap heap = {.p = malloc(max), .max = max};
	assert_non_null(heap.p);
	return heap;
}

static inline void heap_add(struct heap *heap, struct span bytes)
{
	assert_true(bytes.n <= heap->max - heap->n);
	if (bytes.n > 0)
		memcpy(&heap->p[heap->n], bytes.p, bytes.n);
	heap->n += bytes.n;
}

/* ---- the two sides ---------------------------------------------------------------------------------- */

static inline X509 *self_signed(EVP_PKEY *key)
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

static inline void peers_set_up(void)
{
	keys[0] = EVP_RSA_gen(1024); /* short, so that many sessions take little time */
	keys[1] = EVP_EC_gen("P-256");
	for (int i = 0; i < KINDS; i++)
		certificates[i] = self_signed(keys[i]);
}

static inline void peers_tear_down(void)
{
	for (int i = 0; i < KINDS; i++) {
		X509_free(certificates[i]);
		EVP_PKEY_free(keys[i]);
	}
}

static inline void take_line(const SSL *ssl, const char *line)
{
	struct talk *talk = SSL_get_app_data(ssl);
	keylog_parse(talk->keylog, span_of(line, strlen(line)));
	heap_add(&talk->log, span_of(line, strlen(line)));
	heap_add(&talk->log, span_of("\n", 1));
}

static inline unsigned client_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_max,
                                  unsigned char *psk, unsigned psk_max)
{
	(void)ssl;
	(void)hint;
	assert_true(psk_max >= PSK_BYTES);
	snprintf(identity, identity_max, "test");
	memset(psk, 7, PSK_BYTES);
	return PSK_BYTES;
}

static inline unsigned server_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned psk_max)
{
	(void)ssl;
	(void)identity;
	assert_true(psk_max >= PSK_BYTES);
	memset(psk, 7, PSK_BYTES);
	return PSK_BYTES;
}

static inline size_t pad(SSL *ssl, int type, size_t n, void *arg)
{
	(void)ssl;
	(void)type;
	(void)arg;
	return n % 200;
}

/* ---- DTLS ------------------------------------------------------------------------------------------- */

static inline bool is_dtls(const struct setting *setting)
{
	return setting->version >> 8 == DTLS1_VERSION_MAJOR;
}

static inline int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
	(void)ssl;
	*n = 16;
	memset(cookie, 0xc5, *n);
	return 1;
}

static inline int take_cookie(SSL *ssl, const unsigned char *cookie, unsigned n)
{
	(void)ssl;
	return n == 16 && cookie[0] == 0xc5;
}

/* Nothing is sent again because the machine is slow. */
static inline unsigned wait_long(SSL *ssl, unsigned before)
{
	(void)ssl;
	(void)before;
	return 60 * 1000 * 1000;
}

/* A memory BIO has no datagrams: what is written at once is one. */
static inline long count_datagram(BIO *bio, int what, const char *bytes, size_t n, int argi, long argl,
                                  int done, size_t *processed)
{
	struct post *post = (struct post *)(void *)BIO_get_callback_arg(bio);
	(void)bytes;
	(void)argi;
	(void)argl;
	(void)processed;
	if (what == (BIO_CB_WRITE | BIO_CB_RETURN) && done > 0) {
		assert_true(post->count < DATAGRAMS);
		post->n[(post->first + post->count++) % DATAGRAMS] = n;
	}
	return done;
}

static inline void use_dtls(struct talk *talk, int side)
{
	enum { ETHERNET = 1472 };
	SSL *ssl = talk->ssl[side];
	size_t mtu = talk->setting->mtu != 0 ? talk->setting->mtu : ETHERNET;
	SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	assert_true(SSL_set_mtu(ssl, (long)mtu) > 0);
	DTLS_set_timer_cb(ssl, wait_long);
	BIO_set_callback_arg(SSL_get_wbio(ssl), (char *)&talk->post[side]);
	BIO_set_callback_ex(SSL_get_wbio(ssl), count_datagram);
}

static inline const SSL_METHOD *method_of(const struct setting *setting, int side)
{
	if (is_dtls(setting))
		return side == CLIENT ? DTLS_client_method() : DTLS_server_method();
	return side == CLIENT ? TLS_client_method() : TLS_server_method();
}

/* ---- talks ------------------------------------------------------------------------------------------ */

/* What the settings of one version's talks have in common: making it costs more than a talk. */
static inline SSL_CTX *new_context(const struct setting *setting, int side)
{
	SSL_CTX *ctx = SSL_CTX_new(method_of(setting, side));
	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_dh_auto(ctx, 1);
	for (int i = 0; i < KINDS && side == SERVER; i++) {
		assert_int_equal(SSL_CTX_use_certificate(ctx, certificates[i]), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(ctx, keys[i]), 1);
	}
	if (side == CLIENT)
		SSL_CTX_set_keylog_callback(ctx, take_line);
	SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
	SSL_CTX_set_cookie_verify_cb(ctx, take_cookie);
	return ctx;
}

static inline void set_up_side(SSL *ssl, const struct setting *setting, int side)
{
	char list[128];
	bool old = setting->version != TLS1_3_VERSION;
	SSL_set_min_proto_version(ssl, setting->version);
	SSL_set_max_proto_version(ssl, setting->version);
	snprintf(list, sizeof list, "%s:@SECLEVEL=0", setting->name);
	assert_int_equal(old ? SSL_set_cipher_list(ssl, list) : SSL_set_ciphersuites(ssl, setting->name), 1);
	SSL_set_options(ssl, setting->options | (setting->cookie ? SSL_OP_COOKIE_EXCHANGE : 0));
	if (old && side == CLIENT)
		SSL_set_psk_client_callback(ssl, client_psk);
	if (old && side == SERVER)
		SSL_set_psk_server_callback(ssl, server_psk);
	if (setting->padding)
		SSL_set_record_padding_callback(ssl, pad);
}

static inline void start(struct talk *talk, const struct setting *setting)
{
	*talk = (struct talk){.setting = setting, .keylog = keylog_new(), .log = heap_new(LOG_MAX)};
	for (int side = 0; side < 2; side++) {
		SSL_CTX *ctx = setting->ctx[side] != NULL ? setting->ctx[side] : new_context(setting, side);
		talk->ssl[side] = SSL_new(ctx);
		assert_non_null(talk->ssl[side]);
		if (setting->ctx[side] == NULL)
			SSL_CTX_free(ctx);
		SSL_set_bio(talk->ssl[side], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_app_data(talk->ssl[side], talk);
		set_up_side(talk->ssl[side], setting, side);
		if (is_dtls(setting))
			use_dtls(talk, side);
		talk->wire[side] = heap_new(WIRE_MAX);
		talk->text[side] = heap_new(TEXT_MAX);
	}
	SSL_set_connect_state(talk->ssl[CLIENT]);
	SSL_set_accept_state(talk->ssl[SERVER]);
}

static inline void stop(struct talk *talk)
{
	for (int side = 0; side < 2; side++) {
		SSL_free(talk->ssl[side]);
		free(talk->wire[side].p);
		free(talk->text[side].p);
	}
	free(talk->log.p);
	keylog_free(talk->keylog);
}

/* Moves what a side wants to send to the other one, which reads it: all of it, or datagram by datagram. */
static inline void carry(struct talk *talk, int from)
{
	static uint8_t chunk[WIRE_MAX];
	struct post *post = &talk->post[from];
	do {
		size_t most = post->count > 0 ? post->n[post->first] : sizeof chunk;
		int n = BIO_read(SSL_get_wbio(talk->ssl[from]), chunk, (int)most);
		if (post->count > 0) {
			assert_int_equal(n, most);
			post->first = (post->first + 1) % DATAGRAMS;
			post->count--;
		}
		if (n > 0) {
			heap_add(&talk->wire[from], span_of(chunk, (size_t)n));
			if (talk->heard != NULL)
				talk->heard(talk->ctx, from, span_of(chunk, (size_t)n));
			assert_int_equal(BIO_write(SSL_get_rbio(talk->ssl[!from]), chunk, n), n);
		}
		while (SSL_read(talk->ssl[!from], chunk, sizeof chunk) > 0)
			continue;
	} while (post->count > 0);
	ERR_clear_error();
}

static inline void say(struct talk *talk, int from, size_t n)
{
	static uint8_t text[TEXT_MAX];
	for (size_t i = 0; i < n; i++)
		text[i] = (uint8_t)(i * 7 + n);
	if (SSL_write(talk->ssl[from], text, (int)n) != (int)n)
		fail_msg("%s: cannot write", talk->setting->name);
	heap_add(&talk->text[from], span_of(text, n));
	carry(talk, from);
}

static inline bool shake_hands(struct talk *talk)
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

#endif
