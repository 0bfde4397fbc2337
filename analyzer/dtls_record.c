/*
 * What a DTLS record means once its turn has come: alerts and change_cipher_spec in the clear, the end of an
 * association, and for all others who takes them. Called by dtls_conn.c; leaves handshake messages to
 * dtls_handshake.c and protected records to tls_protected.c.
 */
#include "analyzer/dtls_side.h"

#include "analyzer/session.h"
#include "analyzer/tls_events.h"
#include "analyzer/tls_protected.h"
#include "analyzer/tls_tally.h"

/* Without a FIN an alert is the end: close_notify, or one that is not read and that nothing follows. */
static void watch_close(struct dtls_conn *conn, uint8_t dir, uint8_t type, const struct origin *at)
{
	struct session *session = conn->session;
	bool own = session->close == CLOSE_NOTIFY && session->closed_by == dir;
	if (type == TLS_APPLICATION_DATA && own) {
		session->close = CLOSE_NONE;
		session->closed = (struct origin){0};
	}
	if (type != TLS_ALERT || session->closed.packet != 0 || session->n_alerts == 0)
		return;
	const struct alert_seen *alert = &session->alerts[session->n_alerts - 1];
	if (alert->at.packet != at->packet || (!alert->encrypted && alert->code != TLS_CLOSE_NOTIFY))
		return;
	session->closed = *at;
	session->close = CLOSE_NOTIFY;
	session->closed_by = dir;
}

/* One step for each epoch: with its flight it is sent again, as a record of another number. */
static void note_change(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                        const struct frame_message *message)
{
	struct dtls_side *side = &conn->side[dir];
	bool *told = &side->told[record->epoch == 0 ? 0 : record->epoch == side->epoch ? 1 : 2];
	if (!*told)
		tls_events_step(conn->tls->model, conn->session, dir, STEP_CHANGE_CIPHER_SPEC, message);
	*told = true;
}

static void take_clear(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                       const struct frame_message *message)
{
	struct dtls_side *side = &conn->side[dir];
	struct span body = span_cut(record->bytes, DTLS_RECORD_HEADER, SIZE_MAX);
	switch (record->type) {
	case TLS_HANDSHAKE:
		dtls_handshake_take(conn, dir, body, false, &message->last);
		break;
	case TLS_ALERT:
		tls_events_alert(conn->tls->model, conn->session, dir, body, &message->last);
		break;
	case TLS_CHANGE_CIPHER_SPEC:
		note_change(conn, dir, record, message);
		side->changed = true;
		conn->session->tls.protected_on[dir] = true;
		break;
	default: /* nobody takes application data in the clear */
		break;
	}
}

/* Nobody can read whether a Finished is sent again, and its length is that of hardly another message. */
static bool is_finished_again(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record)
{
	struct dtls_side *side = &conn->side[dir];
	struct tls_keys *keys = conn->tls->keys;
	if (record->type != TLS_HANDSHAKE || (keys != NULL && tls_keys_ready(keys, dir)))
		return false;
	if (side->finished_length == record->length || record->epoch != side->epoch)
		return true;
	if (side->finished_length == 0)
		side->finished_length = record->length;
	return false;
}

/* Data comes behind the whole handshake, but for another one: what is missing of it does not come any more.
 */
static void end_handshake(struct dtls_conn *conn, uint8_t dir, const struct frame_message *message)
{
	if (dtls_handshake_blocked(conn, dir) || conn->renegotiates)
		return;
	dtls_handshake_give_up(conn, dir, &message->last);
	while (dtls_handshake_hand_up(conn, dir))
		;
}

static void take_sealed(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                        const struct frame_message *message)
{
	struct session_tls *tls = &conn->session->tls;
	struct dtls_side *side = &conn->side[dir];
	tls->protected_on[dir] = true;
	conn->tls->side[dir].again = is_finished_again(conn, dir, record);
	side->repeated = side->repeated || conn->tls->side[dir].again;
	if (record->type == TLS_CHANGE_CIPHER_SPEC)
		note_change(conn, dir, record, message);
	if (record->type == TLS_CHANGE_CIPHER_SPEC && record->epoch == side->epoch) {
		side->turned = true;
		if (dir != tls->client_dir && record->epoch >= conn->hello_epoch)
			conn->renegotiates = false;
	}
	if (record->type == TLS_APPLICATION_DATA) {
		end_handshake(conn, dir, message);
		tls_tally_data(conn->session, dir, record->length, &message->last);
	}
	tls_protected_record(&conn->tls->side[dir], message);
}

void dtls_record_take(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record, uint64_t place,
                      const struct origin *at)
{
	struct dtls_side *side = &conn->side[dir];
	struct session_tls *tls = &conn->session->tls;
	struct tls_side *common = &conn->tls->side[dir];
	struct frame_message message = {.bytes = record->bytes,
	                                .total = DTLS_RECORD_HEADER + (size_t)record->length,
	                                .first = *at,
	                                .last = *at};
	message.damaged = message.bytes.n < message.total;
	side->place = place > side->place ? place : side->place;
	if (record->epoch > 0 || record->type != TLS_HANDSHAKE)
		place = side->place; /* behind what has a lower number, and may have come later */
	tls->seen = true;
	tls->records[dir]++;
	tls->place = place;
	common->record = dtls_as_record(record);
	if (record->epoch == 0)
		take_clear(conn, dir, record, &message);
	else
		take_sealed(conn, dir, record, &message);
	watch_close(conn, dir, record->type, at);
}
