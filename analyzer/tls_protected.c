/* Opens protected records or lets them wait; see tls_protected.h. Called by tls_conn.c and dtls_conn.c only.
 */
#include "analyzer/tls_protected.h"

#include "analyzer/infer.h"
#include "analyzer/tls_events.h"
#include "analyzer/tls_late.h"
#include "analyzer/tls_opened.h"
#include "analyzer/tls_tally.h"

/* ---- a record whose key is not there ---------------------------------------------------------------- */

/*
 * Up to TLS 1.2 the type tells. In TLS 1.3 the server's flight ends in front of the client's first record
 * behind it, and the client's in front of what the server answers; what they send right behind their own
 * flight counts to it. Alerts tell how it ended, and are few.
 */
static bool is_of_handshake(const struct tls_side *side)
{
	const struct session_tls *tls = tls_side_facts(side);
	if (side->record.type != TLS_APPLICATION_DATA)
		return true;
	return tls->version == TLS_1_3 && tls->has_client && tls->protected_after_reply[side->dir ^ 1] == 0;
}

static void pass_record(struct tls_side *side, const struct frame_message *message)
{
	tls_hold_pass(&side->conn->hold, side->dir, message);
	if (message->damaged)
		tls_opened_behind_gap(side, &message->last);
	else
		tls_tally_passed(tls_side_facts(side), side->dir);
	tls_opened_miss(side, &message->last);
}

static void wait_or_pass(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	if (!tls_late_may_come(conn) || (!tls_side_is_whole(message) && !message->damaged)) {
		pass_record(side, message);
		return;
	}
	if (message->damaged)
		tls_opened_behind_gap(side, &message->last);
	tls_hold_push(&conn->hold, message->damaged ? TLS_HELD_DAMAGED : TLS_HELD_RECORD, side->dir,
	              is_of_handshake(side), tls_side_facts(side)->place, message);
	if (conn->session->tls.client_hello)
		tls_hold_list(&conn->hold, conn->session->tls.client_random);
	if (tls_keys_resumes_unknown(conn->keys))
		tls_hold_list_any(&conn->hold);
}

/* Early data in front of the server_hello; behind one that waits all of it does. False when it stays closed.
 */
static bool take_early(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	bool open = conn->hold.held[side->dir] == 0 && tls_keys_early_known(conn->keys);
	if (open || !tls_late_may_come(conn))
		return tls_opened_early(side, span_cut(message->bytes, conn->head, SIZE_MAX), &message->last);
	tls_hold_push(&conn->hold, TLS_HELD_EARLY, side->dir, false, tls_side_facts(side)->place, message);
	tls_hold_list(&conn->hold, conn->session->tls.client_random);
	return false;
}

/* A whole record that has its keys. False when it stays closed. */
static bool open_now(struct tls_side *side, const struct frame_message *message)
{
	bool may_wait = tls_late_may_come(side->conn);
	enum tls_opened opened = tls_opened_record(side, message->bytes, &message->last, false, may_wait);
	if (opened == TLS_OPENED_WAIT)
		wait_or_pass(side, message);
	else
		tls_hold_pass(&side->conn->hold, side->dir, message);
	return opened == TLS_OPENED_DONE;
}

/* When it has its keys, or they are found by trying: the session may resume one that is not known. */
static bool is_ready(struct tls_side *side, const struct frame_message *message)
{
	bool ready = tls_side_is_ready(side);
	if (ready || !tls_side_is_whole(message) || !tls_keys_resumed(side->conn->keys) ||
	    !tls_side_is_first(side, side->conn->hold.came[side->dir]))
		return ready;
	tls_opened_find_resumed(side, message->bytes);
	return tls_side_is_ready(side);
}

/* Opens the record when its keys are there and nothing waits in front of it. False when it stays closed. */
static bool take_record(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	struct session_tls *tls = tls_side_facts(side);
	struct tls_hold *hold = &conn->hold;
	if (conn->keys == NULL)
		return false;
	if (hold->held[side->dir] == 0 && tls_side_is_whole(message) &&
	    tls_keys_of_previous(conn->keys, side->dir, &side->record)) {
		tls_hold_pass(hold, side->dir, message);
		return tls_opened_record(side, message->bytes, &message->last, false, false) == TLS_OPENED_DONE;
	}
	if (!tls->server_hello && tls_keys_early(conn->keys, side->dir) && tls_side_is_whole(message))
		return take_early(side, message);
	if (side->numberless) {
		tls_opened_behind_gap(side, &message->last);
		return false;
	}
	if (hold->held[side->dir] + hold->behind > 0)
		tls_late_retry(conn, false);
	if (hold->held[side->dir] > 0 || !is_ready(side, message)) {
		wait_or_pass(side, message);
		return false;
	}
	tls_opened_catch_up(side, hold->came[side->dir], &hold->tail[side->dir]);
	if (tls_side_is_whole(message))
		return open_now(side, message);
	tls_hold_pass(hold, side->dir, message);
	if (message->damaged)
		tls_opened_behind_gap(side, &message->last);
	else
		tls_tally_passed(tls, side->dir);
	tls_opened_leave_out(side, side->record.length, &message->last);
	return false;
}

/* ---- called by tls_conn ----------------------------------------------------------------------------- */

bool tls_protected_wanted(const struct tls_side *side)
{
	struct tls_keys *keys = side->conn->keys;
	if (keys == NULL || side->numberless)
		return false;
	if (tls_late_may_come(side->conn))
		return true;
	side->conn->hurried = true;
	return tls_side_is_ready(side) || tls_keys_early(keys, side->dir) || tls_keys_resumed(keys);
}

void tls_protected_record(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	tls_side_weigh(side);
	if (take_record(side, message))
		return;
	if (side->record.type == TLS_APPLICATION_DATA)
		tls_tally_closed(tls_side_facts(side), side->dir, &message->last);
	if (side->again)
		return;
	if (!is_of_handshake(side))
		infer_record(conn->session, side->dir, side->record.length, &message->last);
	tls_events_closed(conn->model, conn->session, side->dir, side->record.type, message);
}

void tls_protected_change(struct tls_side *side, const struct frame_message *message)
{
	struct tls_hold *hold = &side->conn->hold;
	if (hold->held[side->dir] > 0)
		tls_hold_push(hold, TLS_HELD_CHANGE, side->dir, true, tls_side_facts(side)->place, message);
	else
		tls_opened_change(side, hold->came[side->dir]);
}

void tls_protected_lost(struct tls_side *side, uint64_t bytes, const struct origin *at)
{
	struct tls_hold *hold = &side->conn->hold;
	if (hold->held[side->dir] > 0)
		tls_hold_lost(hold, side->dir, tls_side_facts(side)->place, bytes, at);
	else
		tls_opened_lose(side, bytes, at);
}

void tls_protected_hello(struct tls_side *side)
{
	side->numberless = side->keyless = false;
	if (!tls_side_facts(side)->protected_on[side->dir])
		tls_side_be_sure(side);
	tls_side_facts(side)->keys_lost[side->dir] = false;
}
