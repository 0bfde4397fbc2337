/*
 * Follows the TLS records and the handshake of a connection without keys. Called through two sinks by
 * tcp.c; writes facts into the session. Holds at most one handshake message of each direction.
 */
#include "analyzer/tls_conn.h"

#include "analyzer/frame.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define CCS_LENGTH   1
#define ALERT_LENGTH 2

struct tls_side {
	struct tls_conn *conn;
	uint8_t dir;
	bool started;    /* bytes came */
	bool joined;     /* not from the first byte of the connection */
	bool given_up;   /* no TLS */
	bool ssl2;       /* the current message is an SSLv2-style hello */
	uint16_t record_version;
	uint8_t head[NOT_TLS_BYTES]; /* the first bytes */
	uint8_t head_n;
	struct tls_record record; /* the current one */
	struct frame records, handshake;
};

struct tls_conn {
	struct model *model;
	struct session *session;
	struct tls_side side[2];
};

static const struct frame_user record_user, handshake_user;

/* ---- handshake messages ---------------------------------------------------------------------------- */

/* Handshake types -> steps. `sender`: who alone may send it, which tells the roles. */
enum sender { SENDER_EITHER, SENDER_CLIENT, SENDER_SERVER };
static const struct {
	uint8_t type;
	enum step_kind step;
	enum sender sender;
} handshake_types[] = {
    {TLS_HELLO_REQUEST, STEP_HELLO_REQUEST, SENDER_SERVER},
    {TLS_CLIENT_HELLO, STEP_CLIENT_HELLO, SENDER_CLIENT},
    {TLS_SERVER_HELLO, STEP_SERVER_HELLO, SENDER_SERVER},
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

static int handshake_row(uint8_t type)
{
	for (size_t i = 0; i < sizeof handshake_types / sizeof handshake_types[0]; i++)
		if (handshake_types[i].type == type)
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
	tls->offered_ticket_or_id = hello.session_id.n > 0 || hello.ticket_offered;
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
	tls->cipher = hello.cipher;
	tls->psk_chosen = hello.psk;
	tls->same_session_id = hello.session_id.n > 0 && tls->client_hello &&
	    span_equal(hello.session_id, span_of(tls->client_session_id, tls->client_session_id_n));
	memcpy(tls->server_random, hello.random.p, TLS_RANDOM);
	return STEP_SERVER_HELLO;
}

/* A message that is not understood proves nothing about the certificates in it. */
static void take_certificates(struct tls_side *side, struct span body, struct step *step)
{
	const struct origin *at = &step->at;
	struct tls_conn *conn = side->conn;
	struct span der[LIMIT_CHAIN];
	size_t n = 0;
	uint64_t refused = certs_refused(conn->model->certs);
	if (!tls_certificate(body, conn->session->tls.version, der, LIMIT_CHAIN, &n)) {
		conn->session->tls.undecodable++;
		step->damaged = true;
	}
	step->certificates = (uint32_t)n;
	for (size_t i = 0; i < n && i < LIMIT_CHAIN; i++) {
		struct cert_seen seen = {
		    .dir = side->dir, .at = *at, .cert = certs_take(conn->model->certs, der[i])};
		model_add_cert(conn->model, conn->session, &seen);
	}
	if (n > LIMIT_CHAIN)
		model_hit(conn->model, HIT_CHAIN, at);
	if (certs_refused(conn->model->certs) > refused)
		model_hit(conn->model, HIT_CERTIFICATES, at);
}

static void handshake_message(void *ctx, const struct frame_message *message)
{
	struct tls_side *side = ctx;
	struct session *session = side->conn->session;
	uint8_t type = 0;
	uint32_t length = 0;
	tls_handshake_head(message->bytes, &type, &length);
	int row = handshake_row(type);
	if (row < 0)
		return;
	struct step step = {.at = message->last, .kind = handshake_types[row].step, .dir = side->dir,
	    .damaged = message->damaged};
	learn_roles(&session->tls, handshake_types[row].sender, side->dir);
	struct span body = span_cut(message->bytes, TLS_HANDSHAKE_HEADER, SIZE_MAX);
	bool whole = message->bytes.n == message->total;
	if (type == TLS_CERTIFICATE)
		take_certificates(side, body, &step);
	else if (type == TLS_CLIENT_HELLO && whole)
		take_client_hello(&session->tls, body, side->dir);
	else if (type == TLS_SERVER_HELLO && whole)
		step.kind = take_server_hello(&session->tls, body);
	model_add_step(side->conn->model, session, &step);
}

static enum cut handshake_cut(void *ctx, struct span bytes, struct frame_head *out)
{
	struct tls_side *side = ctx;
	uint8_t type;
	uint32_t length;
	enum cut cut = tls_handshake_head(bytes, &type, &length);
	if (cut != CUT_OK)
		return cut;
	if (handshake_row(type) < 0 && side->handshake.astray)
		return CUT_BAD;
	*out = (struct frame_head){.head = TLS_HANDSHAKE_HEADER, .total = TLS_HANDSHAKE_HEADER + length,
	    .mode = length <= LIMIT_HANDSHAKE ? FRAME_WHOLE : FRAME_SKIP};
	if (out->mode == FRAME_SKIP && side->handshake.astray)
		return CUT_BAD;
	if (out->mode == FRAME_SKIP) {
		side->conn->session->tls.too_long++;
		model_hit(side->conn->model, HIT_HANDSHAKE, &side->conn->session->last);
	}
	return CUT_OK;
}

static void handshake_lost(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	(void)n;
	(void)origin;
	if (!side->handshake.astray)
		side->conn->session->tls.undecodable++;
}

static const struct frame_user handshake_user = {
    .trusts_start = false, .cut = handshake_cut, .message = handshake_message, .lost = handshake_lost};

/* ---- records --------------------------------------------------------------------------------------- */

static bool is_protected(const struct tls_side *side, uint8_t type)
{
	return type == TLS_APPLICATION_DATA || side->conn->session->tls.protected_on[side->dir];
}

static void add_step(struct tls_side *side, enum step_kind kind, const struct frame_message *message, bool encrypted)
{
	struct step step = {.at = message->last, .kind = kind, .dir = side->dir, .encrypted = encrypted,
	    .damaged = encrypted && message->damaged};
	model_add_step(side->conn->model, side->conn->session, &step);
}

static void take_change_cipher_spec(struct tls_side *side, const struct frame_message *message)
{
	struct session_tls *tls = &side->conn->session->tls;
	add_step(side, STEP_CHANGE_CIPHER_SPEC, message, false);
	if (tls->version == TLS_1_3)
		return; /* RFC 8446 appendix D.4: for middleboxes, without meaning */
	tls->protected_on[side->dir] = true;
	side->handshake.astray = false;
}

static void take_alert(struct tls_side *side, const struct frame_message *message)
{
	struct session *session = side->conn->session;
	struct alert_seen seen = {.at = message->last, .dir = side->dir};
	struct tls_alert alert;
	if (is_protected(side, TLS_ALERT) || side->record.length != ALERT_LENGTH) {
		seen.encrypted = true;
	} else {
		if (!tls_alert(span_cut(message->bytes, TLS_RECORD_HEADER, SIZE_MAX), &alert))
			return;
		seen.level = alert.level;
		seen.code = alert.description;
	}
	model_add_alert(side->conn->model, session, &seen);
	if (!seen.encrypted && seen.level == TLS_ALERT_FATAL && session->closed.packet == 0) {
		session->closed = seen.at;
		session->close = CLOSE_ALERT;
		session->closed_by = side->dir;
	}
}

/* The first handshake record behind change_cipher_spec is the Finished message. */
static void take_protected_handshake(struct tls_side *side, const struct frame_message *message)
{
	const struct session *session = side->conn->session;
	bool finished = false;
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (session->steps[i].dir == side->dir && session->steps[i].encrypted)
			finished = true;
	add_step(side, finished ? STEP_ENCRYPTED_HANDSHAKE : STEP_FINISHED, message, true);
}

static void take_application_data(struct tls_side *side, const struct frame_message *message)
{
	struct session_tls *tls = &side->conn->session->tls;
	uint8_t dir = side->dir;
	if (tls->protected_records[dir]++ == 0) {
		tls->first_protected[dir] = message->last;
		if (tls->version == TLS_1_3)
			add_step(side, STEP_ENCRYPTED_HANDSHAKE, message, true);
	}
	tls->protected_on[dir] = true;
	if (tls->protected_records[dir ^ 1] > 0)
		tls->protected_after_reply[dir]++;
	tls->last_protected[dir] = message->last;
	tls->last_protected_length[dir] = side->record.length;
}

static void record_message(void *ctx, const struct frame_message *message)
{
	struct tls_side *side = ctx;
	struct session_tls *tls = &side->conn->session->tls;
	tls->seen = true;
	if (side->ssl2) {
		side->ssl2 = false;
		struct step step = {.at = message->last, .kind = STEP_CLIENT_HELLO, .dir = side->dir};
		learn_roles(tls, SENDER_CLIENT, side->dir);
		model_add_step(side->conn->model, side->conn->session, &step);
		return;
	}
	tls_record_head(message->bytes, &side->record);
	side->record_version = side->record.version;
	tls->records[side->dir]++;
	switch (side->record.type) {
	case TLS_CHANGE_CIPHER_SPEC:
		take_change_cipher_spec(side, message);
		break;
	case TLS_ALERT:
		take_alert(side, message);
		break;
	case TLS_HANDSHAKE:
		if (is_protected(side, TLS_HANDSHAKE))
			take_protected_handshake(side, message);
		break;
	case TLS_APPLICATION_DATA:
		take_application_data(side, message);
		break;
	default:
		break;
	}
}

/*
 * The version in a record header is fixed once the ServerHello chose one; a ClientHello's record may say less
 * (RFC 8446 section 5.1).
 */
static bool version_fits(const struct tls_side *side, uint16_t version)
{
	uint16_t chosen = side->conn->session->tls.version;
	uint16_t other = side->conn->side[side->dir ^ 1].record_version;
	if (chosen != 0)
		return version == (chosen < TLS_1_2 ? chosen : TLS_1_2);
	return version >= side->record_version && (other == 0 || version >= other || side->record_version == 0);
}

/* In the middle of a stream only a header that fits what came before is believed. */
static bool plausible(const struct tls_side *side, const struct tls_record *record)
{
	if (!side->records.astray)
		return true;
	if (!version_fits(side, record->version))
		return false;
	switch (record->type) {
	case TLS_CHANGE_CIPHER_SPEC:
		return record->length == CCS_LENGTH;
	case TLS_ALERT:
		return record->length == ALERT_LENGTH || record->length > 2 * ALERT_LENGTH;
	default:
		return record->length > 0;
	}
}

/* The report shows how a direction begins that is no TLS. */
static void show_head(const struct tls_side *side)
{
	struct session_tls *tls = &side->conn->session->tls;
	memcpy(tls->not_tls_bytes, side->head, side->head_n);
	tls->not_tls_n = side->head_n;
}

static void remember(struct tls_side *side, struct span bytes)
{
	struct span more = span_cut(bytes, 0, sizeof side->head - side->head_n);
	if (more.n == 0)
		return;
	memcpy(side->head + side->head_n, more.p, more.n);
	side->head_n = (uint8_t)(side->head_n + more.n);
	const struct session_tls *tls = &side->conn->session->tls;
	if (tls->not_tls && tls->not_tls_dir == side->dir)
		show_head(side);
}

/* The very first bytes of a connection are no TLS record: an SSLv2-style hello, or no TLS at all. */
static enum cut first_bytes(struct tls_side *side, struct span bytes, struct frame_head *out)
{
	struct session_tls *tls = &side->conn->session->tls;
	size_t total = 0;
	uint16_t version = 0;
	enum cut cut = tls_ssl2_hello(bytes, &total, &version);
	if (cut == CUT_OK) {
		*out = (struct frame_head){.head = TLS_RECORD_HEADER, .total = total, .mode = FRAME_SKIP};
		tls->ssl2_hello = true;
		tls->offered_version = version;
		side->ssl2 = true;
	} else if (cut == CUT_BAD) {
		side->given_up = true;
		if (!tls->not_tls) {
			tls->not_tls = true;
			tls->not_tls_dir = side->dir;
			show_head(side);
			tls->not_tls_at = side->conn->session->tcp.first_data[side->dir];
		}
	}
	return cut;
}

static enum cut record_cut(void *ctx, struct span bytes, struct frame_head *out)
{
	struct tls_side *side = ctx;
	struct tls_record record;
	enum cut cut = tls_record_head(bytes, &record);
	if (cut == CUT_BAD && !side->started && !side->joined)
		cut = first_bytes(side, bytes, out);
	else if (cut == CUT_OK && !plausible(side, &record))
		cut = CUT_BAD;
	else if (cut == CUT_OK) {
		enum frame_mode mode = FRAME_SKIP;
		if (record.type == TLS_CHANGE_CIPHER_SPEC || record.type == TLS_ALERT)
			mode = FRAME_WHOLE;
		else if (record.type == TLS_HANDSHAKE && !is_protected(side, TLS_HANDSHAKE))
			mode = FRAME_STREAM;
		*out = (struct frame_head){
		    .head = TLS_RECORD_HEADER, .total = (size_t)TLS_RECORD_HEADER + record.length, .mode = mode};
	}
	side->started = side->started || cut == CUT_OK;
	return cut;
}

static void record_piece(void *ctx, struct span bytes, const struct origin *origin)
{
	struct tls_side *side = ctx;
	frame_data(&side->handshake, &handshake_user, side, bytes, origin);
}

static void record_hole(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	frame_gap(&side->handshake, &handshake_user, side, n, origin);
}

static void record_lost(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	(void)n;
	side->conn->session->tls.resyncs++;
	frame_break(&side->handshake, &handshake_user, side, origin);
	side->handshake.astray = true;
}

static const struct frame_user record_user = {.trusts_start = true, .cut = record_cut, .message = record_message,
    .piece = record_piece, .hole = record_hole, .lost = record_lost};

/* ---- the sink -------------------------------------------------------------------------------------- */

/* Without a SYN the first bytes may lie anywhere in a record. */
static void join(struct tls_side *side)
{
	const struct session_tcp *tcp = &side->conn->session->tcp;
	bool own_syn = side->dir == 0 ? tcp->syns > 0 : tcp->syn_ack.packet != 0;
	if (side->started || side->joined || own_syn)
		return;
	side->joined = true;
	if (tcp->syns > 0 || tcp->syn_ack.packet != 0)
		return; /* the other SYN tells that the connection is new, so the first record is likely whole */
	side->records.astray = true;
	side->handshake.astray = true;
}

static void take_data(void *ctx, struct span bytes, const struct origin *origin)
{
	struct tls_side *side = ctx;
	join(side);
	remember(side, bytes);
	if (!side->given_up)
		frame_data(&side->records, &record_user, side, bytes, origin);
}

static void take_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	side->joined = side->joined || !side->started;
	if (!side->given_up)
		frame_gap(&side->records, &record_user, side, n, origin);
}

static void take_end(void *ctx, const struct origin *origin)
{
	struct tls_side *side = ctx;
	frame_break(&side->records, &record_user, side, origin);
	frame_break(&side->handshake, &handshake_user, side, origin);
}

struct tls_conn *tls_conn_new(struct model *model, struct session *session)
{
	struct tls_conn *conn = xcalloc(1, sizeof *conn);
	conn->model = model;
	conn->session = session;
	for (uint8_t dir = 0; dir < 2; dir++) {
		conn->side[dir].conn = conn;
		conn->side[dir].dir = dir;
	}
	return conn;
}

void tls_conn_free(struct tls_conn *conn)
{
	if (conn == NULL)
		return;
	for (uint8_t dir = 0; dir < 2; dir++) {
		frame_free(&conn->side[dir].records);
		frame_free(&conn->side[dir].handshake);
	}
	free(conn);
}

struct sink tls_conn_sink(struct tls_conn *conn, uint8_t dir)
{
	return (struct sink){.ctx = &conn->side[dir], .data = take_data, .gap = take_gap, .end = take_end};
}
