/*
 * Follows the TLS records and the handshake of a connection, and leaves the protected records to
 * tls_protected.c. Called through two sinks by tcp.c; writes facts into the session. Holds at most one
 * handshake message of each direction.
 */
#include "analyzer/tls_conn.h"

#include "analyzer/tls_events.h"
#include "analyzer/tls_late.h"
#include "analyzer/tls_protected.h"
#include "analyzer/tls_tally.h"
#include "analyzer/xmalloc.h"
#include "dissect/dtls.h"

#include <stdlib.h>

#define CCS_LENGTH   1
#define ALERT_LENGTH 2

static const struct frame_user record_user;

/* ---- records --------------------------------------------------------------------------------------- */

/*
 * In TLS 1.3 the type tells: a second hello in the clear may follow early data, RFC 8446 section 4.2.10. Behind what keys
 * have opened nothing is in the clear, and another type is damage of a record that counts.
 */
static bool is_protected(const struct tls_side *side, uint8_t type)
{
	const struct session_tls *tls = &side->conn->session->tls;
	const struct tls_keys *keys = side->conn->keys;
	if (tls->version == TLS_1_3 || (tls->early_data && !tls->server_hello))
		return type == TLS_APPLICATION_DATA || (keys != NULL && tls_keys_proven(keys, side->dir));
	return type == TLS_APPLICATION_DATA || tls->protected_on[side->dir];
}

static void take_change_cipher_spec(struct tls_side *side, const struct frame_message *message)
{
	struct session_tls *tls = &side->conn->session->tls;
	tls_events_step(side->conn->model, side->conn->session, side->dir, STEP_CHANGE_CIPHER_SPEC, message);
	if (tls->version == TLS_1_3)
		return; /* RFC 8446 appendix D.4: for middleboxes, without meaning */
	tls->protected_on[side->dir] = true;
	tls_protected_change(side, message);
}

void tls_conn_retry(struct tls_conn *conn)
{
	if (conn->keys != NULL)
		tls_late_retry(conn, false);
}

void tls_conn_flush(struct tls_conn *conn)
{
	if (conn->keys != NULL)
		tls_late_retry(conn, true);
}

bool tls_conn_waits(const struct tls_conn *conn)
{
	return conn->hold.oldest != NULL;
}

struct session *tls_conn_session(const struct tls_conn *conn)
{
	return conn->session;
}

/* The handshake frame gets what a whole record is that was kept because it may have been encrypted. */
static void take_plain_handshake(struct tls_side *side, const struct frame_message *message)
{
	struct span body = span_cut(message->bytes, TLS_RECORD_HEADER, SIZE_MAX);
	tls_handshake_data(&side->handshake, body, &message->last);
	if (message->damaged)
		tls_handshake_gap(&side->handshake, message->total - message->bytes.n, &message->last);
}

/* change_cipher_spec may have been missed; false: it has not. */
static bool take_unseen(struct tls_side *side, const struct frame_message *message)
{
	bool alert = side->record.type == TLS_ALERT && side->record.length != ALERT_LENGTH;
	if (!tls_side_may_be_protected(side) || !(alert || side->record.type == TLS_HANDSHAKE))
		return false;
	if (alert || tls_side_is_finished(side, message))
		tls_protected_record(side, message);
	else if (message->bytes.n > TLS_RECORD_HEADER)
		take_plain_handshake(side, message);
	return true;
}

static void take_record(struct tls_side *side, const struct frame_message *message)
{
	struct session_tls *tls = &side->conn->session->tls;
	tls->seen = true;
	if (side->ssl2) {
		side->ssl2 = false;
		struct step step = {.at = message->last, .kind = STEP_CLIENT_HELLO, .dir = side->dir};
		tls_handshake_is_client(tls, side->dir);
		model_add_step(side->conn->model, side->conn->session, &step);
		return;
	}
	tls_record_head(message->bytes, &side->record);
	side->record_version = side->record.version;
	tls->records[side->dir]++;
	if (side->record.type == TLS_APPLICATION_DATA)
		tls_tally_data(side->conn->session, side->dir, side->record.length, &message->last);
	if (side->record.type == TLS_CHANGE_CIPHER_SPEC)
		take_change_cipher_spec(side, message);
	else if (is_protected(side, side->record.type)) {
		tls_protected_record(side, message);
	} else if (take_unseen(side, message)) {
		return;
	} else if (side->record.type == TLS_ALERT && side->record.length != ALERT_LENGTH) {
		/* so long an alert is encrypted: change_cipher_spec was not seen */
		tls_events_closed(side->conn->model, side->conn->session, side->dir, TLS_ALERT, message);
	} else if (side->record.type == TLS_ALERT) {
		tls_events_alert(side->conn->model, side->conn->session, side->dir,
		    span_cut(message->bytes, TLS_RECORD_HEADER, SIZE_MAX), &message->last);
	}
}

/* What comes behind this record, the pieces of the next handshake record first, has the next place. */
static void record_message(void *ctx, const struct frame_message *message)
{
	struct tls_side *side = ctx;
	take_record(side, message);
	side->conn->session->tls.place++;
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
	if (side->conn->model->redact != NULL)
		redact_bytes(tls->not_tls_bytes, tls->not_tls_n);
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

static enum frame_mode mode_of(const struct tls_side *side, uint8_t type)
{
	if (type == TLS_CHANGE_CIPHER_SPEC || type == TLS_ALERT)
		return FRAME_WHOLE;
	if (!is_protected(side, type))
		return type != TLS_HANDSHAKE ? FRAME_SKIP : tls_side_may_be_protected(side) ? FRAME_WHOLE : FRAME_STREAM;
	return tls_protected_wanted(side) ? FRAME_WHOLE : FRAME_SKIP;
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
		*out = (struct frame_head){.head = TLS_RECORD_HEADER,
		    .total = (size_t)TLS_RECORD_HEADER + record.length, .mode = mode_of(side, record.type)};
	}
	side->started = side->started || cut == CUT_OK;
	return cut;
}

static void record_piece(void *ctx, struct span bytes, const struct origin *origin)
{
	struct tls_side *side = ctx;
	tls_handshake_data(&side->handshake, bytes, origin);
}

static void record_hole(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	tls_handshake_gap(&side->handshake, n, origin);
}

static void record_lost(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	side->conn->session->tls.resyncs++;
	if (side->gap.packet == 0)
		side->gap = *origin;
	if (side->conn->keys != NULL)
		tls_keys_lost(side->conn->keys);
	if (!side->given_up) /* else these bytes are the first plaintext */
		tls_protected_lost(side, n, origin);
}

static const struct frame_user record_user = {.trusts_start = true, .patient = true, .cut = record_cut, .message = record_message,
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
	side->handshake.frame.astray = true;
}

static void take_data(void *ctx, struct span bytes, const struct origin *origin)
{
	struct tls_side *side = ctx;
	join(side);
	bool fresh = !side->given_up;
	tls_work_earn(&side->conn->work, bytes.n);
	struct span before = span_of(side->head, side->head_n); /* what the judgement waited for */
	remember(side, bytes);
	if (fresh)
		frame_data(&side->records, &record_user, side, bytes, origin);
	if (!side->given_up)
		return;
	if (fresh)
		plain_data(&side->conn->plain, side->dir, before, origin);
	plain_data(&side->conn->plain, side->dir, bytes, origin);
}

static void take_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	struct tls_side *side = ctx;
	side->joined = side->joined || !side->started;
	side->gap = *origin;
	if (side->given_up)
		plain_gap(&side->conn->plain, side->dir, n, origin);
	else
		frame_gap(&side->records, &record_user, side, n, origin);
}

static void take_end(void *ctx, const struct origin *origin)
{
	struct tls_side *side = ctx;
	frame_break(&side->records, &record_user, side, origin);
	tls_handshake_break(&side->handshake, origin);
	frame_free(&side->records); /* the connection may go on to wait for a key */
	frame_free(&side->handshake.frame);
	side->conn->ended++;
	tls_late_end(side->conn, origin);
}

static void handshake_hello(void *ctx)
{
	struct tls_side *side = ctx;
	if (side->conn->keys != NULL)
		tls_keys_hello(side->conn->keys);
}

/* Some handshake messages change the keys of the records behind them. */
static void handshake_seen(void *ctx, uint8_t type, const struct frame_message *message)
{
	struct tls_side *side = ctx;
	struct session_tls *tls = &side->conn->session->tls;
	if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
		tls_protected_hello(side);
	if (type == TLS_CLIENT_HELLO && tls->client_hello)
		tls_hold_list(&side->conn->hold, tls->client_random);
	if (side->conn->keys == NULL)
		return;
	tls_keys_message(side->conn->keys, type, message);
	if (tls->version != TLS_1_3 || side->conn->aside)
		return;
	if (type == TLS_FINISHED)
		tls_keys_finished(side->conn->keys, side->dir);
	else if (type == TLS_END_OF_EARLY_DATA)
		tls_keys_end_early(side->conn->keys);
	else if (type == TLS_KEY_UPDATE)
		tls_keys_update(side->conn->keys, side->dir);
}

struct tls_conn *tls_conn_new(struct model *model, struct session *session)
{
	struct tls_conn *conn = xcalloc(1, sizeof *conn);
	if (model->keylog != NULL)
		conn->keys = tls_keys_new(model, session);
	conn->plain = (struct plain){.model = model, .session = session};
	conn->work = (struct tls_work){.own = LIMIT_GAP_WORK, .all = &model->gap_work};
	conn->model = model;
	conn->session = session;
	conn->head = session->tls.datagram ? DTLS_RECORD_HEADER : TLS_RECORD_HEADER;
	tls_late_init(conn);
	for (uint8_t dir = 0; dir < 2; dir++) {
		conn->side[dir].conn = conn;
		conn->side[dir].dir = dir;
		conn->side[dir].handshake = (struct tls_handshake){
		    .model = model, .session = session, .dir = dir,
		    .hello = handshake_hello, .seen = handshake_seen, .ctx = &conn->side[dir]};
	}
	return conn;
}

void tls_conn_free(struct tls_conn *conn)
{
	if (conn == NULL)
		return;
	plain_free(&conn->plain);
	tls_hold_free(&conn->hold);
	tls_keys_free(conn->keys);
	for (uint8_t dir = 0; dir < 2; dir++) {
		frame_free(&conn->side[dir].records);
		frame_free(&conn->side[dir].handshake.frame);
	}
	free(conn);
}

struct sink tls_conn_sink(struct tls_conn *conn, uint8_t dir)
{
	return (struct sink){.ctx = &conn->side[dir], .data = take_data, .gap = take_gap, .end = take_end};
}
