/*
 * Handshake messages -> steps, hellos and certificates of the session. Called by tls_conn.c with what the
 * records carry; knows no record and no key.
 */
#include "analyzer/tls_handshake.h"

#include "analyzer/clocks.h"
#include "analyzer/redact_tls.h"
#include "analyzer/xmalloc.h"
#include "dissect/tls_names.h"

#include <stdlib.h>
#include <string.h>

#define RENEGOTIATION_SIGNAL 0x00ff /* RFC 5746 section 3.3 */
#define FALLBACK_SIGNAL      0x5600 /* RFC 7507 section 2 */

/* Handshake types -> steps. `sender`: who alone may send it, which tells the roles. */
enum sender { SENDER_EITHER, SENDER_CLIENT, SENDER_SERVER };
static const struct {
	uint8_t type;
	enum step_kind step;
	enum sender sender;
} types[] = {
    {TLS_HELLO_REQUEST, STEP_HELLO_REQUEST, SENDER_SERVER},
    {TLS_CLIENT_HELLO, STEP_CLIENT_HELLO, SENDER_CLIENT},
    {TLS_SERVER_HELLO, STEP_SERVER_HELLO, SENDER_SERVER},
    {TLS_HELLO_VERIFY_REQUEST, STEP_HELLO_VERIFY_REQUEST, SENDER_SERVER},
    {TLS_NEW_SESSION_TICKET, STEP_NEW_SESSION_TICKET, SENDER_SERVER},
    {TLS_END_OF_EARLY_DATA, STEP_END_OF_EARLY_DATA, SENDER_CLIENT},
    {TLS_ENCRYPTED_EXTENSIONS, STEP_ENCRYPTED_EXTENSIONS, SENDER_SERVER},
    {TLS_CERTIFICATE, STEP_CERTIFICATE, SENDER_EITHER},
    {TLS_SERVER_KEY_EXCHANGE, STEP_SERVER_KEY_EXCHANGE, SENDER_SERVER},
    {TLS_CERTIFICATE_REQUEST, STEP_CERTIFICATE_REQUEST, SENDER_SERVER},
    {TLS_SERVER_HELLO_DONE, STEP_SERVER_HELLO_DONE, SENDER_SERVER},
    {TLS_CERTIFICATE_VERIFY, STEP_CERTIFICATE_VERIFY, SENDER_EITHER},
    {TLS_CLIENT_KEY_EXCHANGE, STEP_CLIENT_KEY_EXCHANGE, SENDER_CLIENT},
    {TLS_FINISHED, STEP_FINISHED, SENDER_EITHER},
    {TLS_CERTIFICATE_STATUS, STEP_CERTIFICATE_STATUS, SENDER_SERVER},
    {TLS_KEY_UPDATE, STEP_KEY_UPDATE, SENDER_EITHER},
};

static int row_of(bool datagram, uint8_t type)
{
	if (type == TLS_HELLO_VERIFY_REQUEST && !datagram)
		return -1;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return (int)i;
	return -1;
}

static void learn_roles(struct session_tls *tls, enum sender sender, uint8_t dir)
{
	if (tls->has_client || sender == SENDER_EITHER)
		return;
	tls->has_client = true;
	tls->client_dir = sender == SENDER_CLIENT ? dir : dir ^ 1;
}

void tls_handshake_is_client(struct session_tls *tls, uint8_t dir)
{
	learn_roles(tls, SENDER_CLIENT, dir);
}

/* The suites that say something: not the signals of RFC 5746 and RFC 7507, which choose nothing. */
static void take_offer(struct session_tls *tls, struct span ciphers)
{
	struct rd list = rd_of(ciphers);
	tls->n_offered = 0;
	while (rd_more(&list)) {
		uint16_t cipher = rd_u16(&list);
		if (tls_is_grease(cipher) || cipher == RENEGOTIATION_SIGNAL || cipher == FALLBACK_SIGNAL)
			continue;
		if (tls->n_offered < LIMIT_OFFERED)
			tls->offered[tls->n_offered] = cipher;
		tls->n_offered++;
	}
}

/* The newest counts, as it does for what the analysis needs of it. */
static void keep(struct session_tls *tls, enum tls_told_message message, struct tls_told *told)
{
	free(tls->told[message]);
	tls->told[message] = told;
}

static void take_client_hello(struct session_tls *tls, struct span body, uint8_t dir)
{
	struct tls_client_hello hello;
	if (!tls_client_hello(body, &hello))
		tls->undecodable++;
	if (hello.random.n != TLS_RANDOM)
		return;
	tls->client_hello = true;
	tls->has_client = true;
	tls->client_dir = dir;
	tls->offered_version = hello.max_version;
	take_offer(tls, hello.ciphers);
	keep(tls, TOLD_CLIENT_HELLO, tls_told_client(&hello));
	tls->early_data = hello.early_data;
	tls->offered_ticket_or_id = hello.session_id.n > 0 || hello.ticket.n > 0;
	tls->asks_anew = tls->server_hello && memcmp(tls->client_random, hello.random.p, TLS_RANDOM) != 0;
	memcpy(tls->client_random, hello.random.p, TLS_RANDOM);
	tls->client_session_id_n = (uint8_t)(hello.session_id.n <= TLS_SESSION_ID ? hello.session_id.n : 0);
	if (tls->client_session_id_n > 0)
		memcpy(tls->client_session_id, hello.session_id.p, tls->client_session_id_n);
}

static enum step_kind take_server_hello(struct session_tls *tls, struct span body)
{
	struct tls_server_hello hello;
	if (!tls_server_hello(body, &hello))
		tls->undecodable++;
	if (hello.random.n != TLS_RANDOM)
		return STEP_SERVER_HELLO;
	tls->version = hello.version;
	if (hello.hello_retry_request)
		return STEP_HELLO_RETRY_REQUEST;
	tls->server_hello = true;
	if (tls->asks_anew)
		tls->found_secrets = 0;
	tls->asks_anew = false;
	tls->answered_ticket_or_id = tls->offered_ticket_or_id;
	keep(tls, TOLD_SERVER_HELLO, tls_told_server(&hello));
	tls->cipher = hello.cipher;
	tls->compression = hello.compression;
	tls->psk_chosen = hello.psk;
	tls->encrypt_then_mac = hello.encrypt_then_mac;
	tls->extended_master_secret = hello.extended_master_secret;
	tls->same_session_id = hello.session_id.n > 0 && tls->client_hello &&
	    span_equal(hello.session_id, span_of(tls->client_session_id, tls->client_session_id_n));
	memcpy(tls->server_random, hello.random.p, TLS_RANDOM);
	return STEP_SERVER_HELLO;
}

static void take_encrypted_extensions(struct session_tls *tls, struct span body)
{
	struct tls_encrypted_extensions extensions;
	if (!tls_encrypted_extensions(body, &extensions))
		tls->undecodable++;
	else
		keep(tls, TOLD_ENCRYPTED_EXTENSIONS, tls_told_encrypted(&extensions));
}

/* Its shape is that of the version, which a missing ServerHello leaves open. */
static void take_request(struct session_tls *tls, struct span body)
{
	struct tls_certificate_request request;
	if (tls->version == 0)
		return;
	if (!tls_certificate_request(body, tls->version, &request))
		tls->undecodable++;
	else
		keep(tls, TOLD_CERTIFICATE_REQUEST, tls_told_request(&request));
}

/* A message that is not understood proves nothing about the certificates in it. */
static void take_certificates(struct tls_handshake *handshake, struct span body, struct step *step)
{
	const struct origin *at = &step->at;
	struct model *model = handshake->model;
	struct session *session = handshake->session;
	struct span der[LIMIT_CHAIN];
	size_t n = 0;
	uint64_t refused = certs_refused(model->certs);
	if (!tls_certificate(body, session->tls.version, der, LIMIT_CHAIN, &n)) {
		session->tls.undecodable++;
		step->damaged = true;
	}
	step->certificates = (uint32_t)n;
	for (size_t i = 0; i < n && i < LIMIT_CHAIN; i++) {
		struct cert_seen seen = {
		    .dir = handshake->dir, .at = *at, .cert = certs_take(model->certs, der[i])};
		model_add_cert(model, session, &seen);
	}
	if (n > LIMIT_CHAIN)
		model_hit(model, HIT_CHAIN, at);
	if (certs_refused(model->certs) > refused)
		model_hit(model, HIT_CERTIFICATES, at);
}

/* With TLS 1.3 the random is noise throughout (RFC 8446 section 4.1.2), and most of its clients send noise always. */
static void take_clock(struct tls_handshake *handshake, enum step_kind kind, const struct origin *at)
{
	const struct session *session = handshake->session;
	const struct session_tls *tls = &session->tls;
	bool client = kind == STEP_CLIENT_HELLO && tls->client_hello;
	bool server = kind == STEP_SERVER_HELLO && tls->server_hello;
	uint16_t version = client ? tls->offered_version : tls->version;
	if ((!client && !server) || version == 0 || version >= TLS_1_3)
		return;
	struct rd r = rd_of(span_of(client ? tls->client_random : tls->server_random, TLS_RANDOM));
	if (!clocks_add(handshake->model->clocks, &session->addr[handshake->dir], at, rd_u32(&r)))
		model_hit(handshake->model, HIT_CLOCK_HOSTS, at);
}

/* A side's own signature. Up to TLS 1.1 it names no scheme. */
static void take_signature(struct session_tls *tls, uint8_t type, struct span body, uint8_t dir)
{
	const char *cipher = tls_cipher_name(tls->cipher);
	uint16_t scheme = 0;
	bool signs = false;
	if (tls->version != TLS_1_2 && tls->version != TLS_1_3)
		return;
	if (type == TLS_CERTIFICATE_VERIFY)
		signs = tls_certificate_verify(body, &scheme);
	else if (cipher != NULL && strstr(cipher, "_ECDHE_") != NULL)
		signs = tls_server_signature(body, true, &scheme);
	else if (cipher != NULL && strstr(cipher, "_DHE_") != NULL)
		signs = tls_server_signature(body, false, &scheme);
	if (signs)
		tls->signature[dir] = scheme;
}

static void take_whole(struct tls_handshake *handshake, const struct frame_message *message)
{
	struct session *session = handshake->session;
	uint8_t type = 0;
	uint32_t length = 0;
	tls_handshake_head(message->bytes, &type, &length);
	int row = row_of(handshake->session->tls.datagram, type);
	if (row < 0) {
		handshake->seen(handshake->ctx, type, message);
		return;
	}
	struct step step = {.at = message->last, .kind = types[row].step, .dir = handshake->dir,
	    .damaged = message->damaged};
	learn_roles(&session->tls, types[row].sender, handshake->dir);
	struct span body = span_cut(message->bytes, TLS_HANDSHAKE_HEADER, SIZE_MAX);
	bool whole = message->bytes.n == message->total;
	if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
		handshake->hello(handshake->ctx);
	if (type == TLS_CERTIFICATE)
		take_certificates(handshake, body, &step);
	else if (type == TLS_CLIENT_HELLO && whole)
		take_client_hello(&session->tls, body, handshake->dir);
	else if (type == TLS_SERVER_HELLO && whole)
		step.kind = take_server_hello(&session->tls, body);
	else if (type == TLS_ENCRYPTED_EXTENSIONS && whole)
		take_encrypted_extensions(&session->tls, body);
	else if (type == TLS_CERTIFICATE_REQUEST && whole)
		take_request(&session->tls, body);
	else if ((type == TLS_SERVER_KEY_EXCHANGE || type == TLS_CERTIFICATE_VERIFY) && whole)
		take_signature(&session->tls, type, body, handshake->dir);
	if (whole)
		take_clock(handshake, step.kind, &step.at);
	model_add_step(handshake->model, session, &step);
	handshake->seen(handshake->ctx, type, message);
}

static void take_message(void *ctx, const struct frame_message *message)
{
	struct tls_handshake *handshake = ctx;
	const struct redact *redact = handshake->model->redact;
	if (redact == NULL) {
		take_whole(handshake, message);
		return;
	}
	struct frame_message changed = *message;
	uint8_t *bytes = xmalloc(message->bytes.n + 1);
	if (message->bytes.n > 0)
		memcpy(bytes, message->bytes.p, message->bytes.n);
	if (message->bytes.n == message->total)
		redact_tls_message(redact, bytes, message->bytes.n);
	else if (message->bytes.n > TLS_HANDSHAKE_HEADER)
		redact_bytes(&bytes[TLS_HANDSHAKE_HEADER], message->bytes.n - TLS_HANDSHAKE_HEADER);
	changed.bytes = span_of(bytes, message->bytes.n);
	take_whole(handshake, &changed);
	free(bytes);
}

static enum cut cut_message(void *ctx, struct span bytes, struct frame_head *out)
{
	struct tls_handshake *handshake = ctx;
	uint8_t type;
	uint32_t length;
	enum cut cut = tls_handshake_head(bytes, &type, &length);
	if (cut != CUT_OK)
		return cut;
	if (row_of(handshake->session->tls.datagram, type) < 0 && handshake->frame.astray)
		return CUT_BAD;
	*out = (struct frame_head){.head = TLS_HANDSHAKE_HEADER, .total = TLS_HANDSHAKE_HEADER + length,
	    .mode = length <= LIMIT_HANDSHAKE ? FRAME_WHOLE : FRAME_SKIP};
	if (out->mode == FRAME_SKIP && handshake->frame.astray)
		return CUT_BAD;
	if (out->mode == FRAME_SKIP) {
		handshake->session->tls.too_long++;
		model_hit(handshake->model, HIT_HANDSHAKE, &handshake->session->last);
	}
	return CUT_OK;
}

bool tls_handshake_tiles(struct span plain)
{
	struct rd r = rd_of(plain);
	while (rd_more(&r)) {
		int row = row_of(false, rd_u8(&r));
		(void)rd_vec(&r, 3);
		if (row < 0)
			return false;
	}
	return rd_done(&r) && plain.n > 0;
}

static void lost_place(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_handshake *handshake = ctx;
	(void)n;
	(void)origin;
	if (!handshake->frame.astray)
		handshake->session->tls.undecodable++;
}

static const struct frame_user user = {
    .trusts_start = false, .cut = cut_message, .message = take_message, .lost = lost_place};

void tls_handshake_data(struct tls_handshake *handshake, struct span bytes, const struct origin *origin)
{
	frame_data(&handshake->frame, &user, handshake, bytes, origin);
}

void tls_handshake_message(struct tls_handshake *handshake, const struct frame_message *message)
{
	take_message(handshake, message);
}

void tls_handshake_gap(struct tls_handshake *handshake, uint64_t n, const struct origin *origin)
{
	frame_gap(&handshake->frame, &user, handshake, n, origin);
}

void tls_handshake_break(struct tls_handshake *handshake, const struct origin *origin)
{
	frame_break(&handshake->frame, &user, handshake, origin);
}
