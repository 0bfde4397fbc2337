/* What waits for a key that comes late; see tls_late.h. Called by tls_conn.c and tls_protected.c. */
#include "analyzer/tls_late.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/tls_opened.h"
#include "analyzer/tls_tally.h"
#include "dissect/dtls.h"

#include <stdlib.h>

/* A record left the queue before its key came. */
static void record_fell(void *owner, const struct tls_held *held)
{
	struct tls_conn *conn = owner;
	struct tls_side *side = &conn->side[held->dir];
	struct session_tls *tls = tls_side_facts(side);
	if (held->kind == TLS_HELD_CHANGE || held->kind == TLS_HELD_LOST)
		tls->keys_lost[held->dir] = side->numberless = true;
	if (held->kind == TLS_HELD_RECORD || held->kind == TLS_HELD_EARLY || held->kind == TLS_HELD_BEHIND)
		tls_tally_passed(tls, held->dir);
	if (held->kind == TLS_HELD_EARLY) {
		tls_keys_pass_early(conn->keys);
		plain_miss(&conn->plain, held->dir, &held->at);
	}
	if (held->kind != TLS_HELD_RECORD && held->kind != TLS_HELD_DAMAGED)
		return;
	if (side->fallen.packet == 0)
		side->fallen = held->at;
	if (held->type != TLS_APPLICATION_DATA)
		return;
	side->missed = side->missed || !held->handshake;
	side->unnumbered = side->unnumbered || held->handshake;
}

void tls_late_init(struct tls_conn *conn)
{
	tls_hold_init(&conn->hold, &conn->model->waiting, conn, record_fell);
}

/* ---- a key that came late --------------------------------------------------------------------------- */

static void read_head(const struct tls_conn *conn, struct span bytes, struct tls_record *out)
{
	struct dtls_record record;
	if (conn->head == TLS_RECORD_HEADER)
		tls_record_head(bytes, out);
	else if (dtls_record_head(bytes, &record))
		*out = dtls_as_record(&record);
}

static void open_early(struct tls_side *side, const struct tls_held *held)
{
	if (tls_opened_early(side, span_cut(tls_held_bytes(held), side->conn->head, SIZE_MAX), &held->at))
		model_forget_encrypted(side->conn->session);
}

/* Nobody knows its keys. */
static void leave_closed(struct tls_side *side, const struct tls_held *held)
{
	tls_opened_behind_gap(side, &held->at);
	if (held->type == TLS_APPLICATION_DATA)
		tls_tally_closed(tls_side_facts(side), side->dir, &held->at);
	side->done = tls_amount_add(side->done, held->body);
}

/* False when it is early data that may wait and does, and nothing has happened. */
static bool replay_one(struct tls_side *side, const struct tls_held *held, bool may_wait)
{
	switch ((enum tls_held_kind)held->kind) {
	case TLS_HELD_RECORD:
		tls_opened_catch_up(side, held->ahead, &held->before);
		if (side->keyless) {
			leave_closed(side, held);
			return true;
		}
		return tls_opened_record(side, tls_held_bytes(held), &held->at, true, may_wait) !=
		       TLS_OPENED_WAIT;
	case TLS_HELD_EARLY:
		if (may_wait && !tls_keys_early_known(side->conn->keys))
			return false;
		open_early(side, held);
		break;
	case TLS_HELD_BEHIND:
		tls_keys_set_early_number(side->conn->keys, held->number);
		open_early(side, held);
		break;
	case TLS_HELD_ASIDE:
		tls_opened_aside(side, tls_held_bytes(held), held->number, &held->at);
		break;
	case TLS_HELD_DAMAGED:
		tls_opened_catch_up(side, held->ahead, &held->before);
		tls_opened_leave_out(side, held->body, &held->at);
		break;
	case TLS_HELD_CHANGE:
		tls_opened_catch_up(side, held->ahead, &held->before);
		tls_opened_change(side, held->ahead);
		break;
	case TLS_HELD_LOST:
		tls_opened_lose(side, held->body, &held->at);
		break;
	}
	return true;
}

static void find_resumed_with(struct tls_side *side, const struct tls_held *held)
{
	struct tls_record current = side->record;
	if (held->kind != TLS_HELD_RECORD)
		return;
	read_head(side->conn, tls_held_bytes(held), &side->record);
	if (tls_side_is_first(side, held->ahead))
		tls_opened_find_resumed(side, tls_held_bytes(held));
	side->record = current;
}

/* The oldest record of each direction tells which secret is right where the session resumes one that is not known. */
static void find_resumed(struct tls_conn *conn)
{
	bool seen[2] = {conn->hold.held[0] == 0, conn->hold.held[1] == 0};
	const struct tls_held *held = conn->hold.oldest;
	for (; held != NULL && !(seen[0] && seen[1]) && tls_keys_resumed(conn->keys); held = held->newer) {
		if (!seen[held->dir])
			find_resumed_with(&conn->side[held->dir], held);
		seen[held->dir] = true;
	}
}

/* As the current record. */
static bool replay(struct tls_side *side, const struct tls_held *held, bool may_wait)
{
	struct tls_record current = side->record;
	uint64_t place = tls_side_facts(side)->place;
	tls_side_facts(side)->place = held->place;
	side->record.type = held->type;
	if (held->n > 0)
		read_head(side->conn, tls_held_bytes(held), &side->record);
	bool done = replay_one(side, held, may_wait);
	side->record = current;
	tls_side_facts(side)->place = place;
	return done;
}

/* ---- early data whose secret comes after what followed it ------------------------------------------- */

/* The direction goes on without this record. */
static void leave_behind(struct tls_side *side, struct tls_held *held)
{
	struct tls_keys *keys = side->conn->keys;
	tls_side_facts(side)->early_closed++;
	plain_miss(&side->conn->plain, side->dir, &held->at);
	if (held->kind == TLS_HELD_RECORD)
		tls_opened_pass_early(side, held->body);
	tls_hold_leave(&side->conn->hold, held, TLS_HELD_BEHIND, tls_keys_early_number(keys));
	tls_keys_pass_early(keys);
}

/* Between two gaps no message of the early data is joined with what was handed up before and comes behind. */
static bool open_behind(struct tls_conn *conn, bool at_once)
{
	struct session *session = conn->session;
	uint8_t dir = session->tls.client_dir;
	bool within = session->nmsp != NULL && session->nmsp->open[dir];
	struct tls_held *newer;
	struct origin last = session->last;
	if (conn->hold.behind == 0 || (within && !at_once) || !tls_keys_early_known(conn->keys))
		return false;
	plain_gap(&conn->plain, dir, 0, &last);
	for (struct tls_held *held = conn->hold.oldest; held != NULL; held = newer) {
		newer = held->newer;
		if (held->kind != TLS_HELD_BEHIND)
			continue;
		tls_tally_retry(&session->tls, dir, held->at.packet);
		tls_hold_take(&conn->hold, held);
		session->tls.early_closed--;
		replay(&conn->side[dir], held, false);
		last = held->at;
		free(held);
	}
	plain_gap(&conn->plain, dir, 0, &last);
	return true;
}

/* ---- a handshake whose secret comes after what followed it ------------------------------------------ */

/* Its messages stand between two breaks, and change no keys. */
static bool open_aside(struct tls_side *side)
{
	struct tls_conn *conn = side->conn;
	struct tls_held *newer;
	bool any = false;
	if (conn->hold.behind == 0 || !tls_keys_left_known(conn->keys, side->dir))
		return false;
	for (struct tls_held *held = conn->hold.oldest; held != NULL; held = newer) {
		newer = held->newer;
		if (held->kind != TLS_HELD_ASIDE || held->dir != side->dir)
			continue;
		if (!any) {
			tls_tally_retry(tls_side_facts(side), side->dir, held->at.packet);
			tls_handshake_break(&side->handshake, &held->at);
			side->handshake.frame.astray = held->number > 0;
		}
		any = true;
		tls_hold_take(&conn->hold, held);
		replay(side, held, false);
		free(held);
	}
	tls_handshake_break(&side->handshake, &conn->session->last);
	side->handshake.frame.astray = true;
	return any;
}

/* ---- what waits ------------------------------------------------------------------------------------- */

/* Nothing waits any more in this direction: what fell out stood in front of what waits in the other one. */
static void close_ranks(struct tls_side *side)
{
	struct tls_hold *hold = &side->conn->hold;
	uint8_t dir = side->dir;
	if (hold->held[dir] == 0 && side->done.records < hold->came[dir].records &&
	    tls_side_is_ready(side))
		tls_opened_catch_up(side, hold->came[dir], &hold->tail[dir]);
}

/* The oldest record of a direction that has its keys. False when it is early data, and the order is kept. */
static bool take_oldest(struct tls_side *side, struct tls_held *held, bool in_order)
{
	struct tls_conn *conn = side->conn;
	bool may_come = tls_late_may_come(conn);
	side->left = false;
	if (!replay(side, held, may_come)) {
		conn->early_waits = in_order;
		if (!in_order)
			leave_behind(side, held);
		return !in_order;
	}
	if (side->left && may_come) {
		tls_hold_leave(&conn->hold, held, TLS_HELD_ASIDE, held->ahead.records);
	} else {
		tls_hold_take(&conn->hold, held);
		free(held);
	}
	close_ranks(side);
	return true;
}

/* What a pass over the queue has done to each direction. */
struct pass {
	bool begun[2];   /* a record was tried */
	bool blocked[2]; /* the rest has no keys, */
	bool waits[2];   /* ... or waits for the other side: datagrams have changed places */
};

/* False when the pass is over. */
static bool replay_next(struct tls_conn *conn, struct tls_held *held, bool in_order, bool turns, struct pass *pass)
{
	uint8_t dir = held->dir;
	pass->blocked[dir] = pass->blocked[dir] || !tls_side_is_ready(&conn->side[dir]);
	if (pass->blocked[dir])
		return !in_order;
	pass->waits[dir] = pass->waits[dir] || (turns && conn->blocked != NULL && conn->blocked(conn->ctx, dir));
	if (pass->waits[dir])
		return true;
	if (!pass->begun[dir])
		tls_tally_retry(&conn->session->tls, dir, held->at.packet);
	pass->begun[dir] = true;
	return take_oldest(&conn->side[dir], held, in_order);
}

/* Whether anything was tried. */
static bool replay_once(struct tls_conn *conn, bool in_order, bool turns, bool *waits)
{
	struct pass pass = {0};
	struct tls_held *newer;
	conn->early_waits = false;
	for (struct tls_held *held = conn->hold.oldest; held != NULL; held = newer) {
		newer = held->newer;
		if (!tls_held_is_left(held) && !replay_next(conn, held, in_order, turns, &pass))
			break;
	}
	*waits = pass.waits[0] || pass.waits[1];
	return pass.begun[0] || pass.begun[1];
}

/*
 * Opens what can be. In order: nothing behind a record whose key is not there; else only nothing of its
 * direction. What waits for a message of the other side goes on behind it, or when it does not come. False when
 * nothing could.
 */
static bool replay_all(struct tls_conn *conn, bool in_order)
{
	bool any = false, begun, waits;
	do {
		begun = replay_once(conn, in_order, true, &waits);
		any = any || begun;
	} while (begun && waits);
	return (waits && replay_once(conn, in_order, false, &waits)) || any;
}

static bool can_go_on(const struct tls_conn *conn)
{
	for (uint8_t dir = 0; dir < 2; dir++)
		if (conn->hold.held[dir] > 0 && (tls_side_is_ready(&conn->side[dir]) ||
		                                 tls_keys_ready_without(conn->keys, dir)))
			return true;
	return false;
}

/* What was tried and is closed: the first of each direction, also of what waits on. */
static void note_closed(struct tls_conn *conn)
{
	for (const struct tls_held *held = conn->hold.oldest; held != NULL; held = held->newer)
		if (held->n > 0 && held->type == TLS_APPLICATION_DATA)
			tls_tally_closed(&conn->session->tls, held->dir, &held->at);
}

void tls_late_end(struct tls_conn *conn, const struct origin *at)
{
	if (conn->ended == 2 && conn->hold.held[0] + conn->hold.held[1] == 0)
		plain_end(&conn->plain, at);
}

bool tls_late_may_come(const struct tls_conn *conn)
{
	const struct session *session = conn->session;
	bool headless = session->midstream && !session->tls.client_hello;
	return conn->keys != NULL && conn->model->keys_may_come && !headless &&
	       !tls_keys_hopeless(conn->keys);
}

static bool open_waiting(struct tls_conn *conn, bool at_once)
{
	int64_t now = conn->session->last.time;
	bool in_order = !at_once && !(conn->half && origin_elapsed(conn->half_since, now) >= TLS_PATIENCE);
	if (in_order && conn->early_waits && !tls_keys_early_known(conn->keys))
		return false;
	conn->hurried = conn->hurried || !in_order;
	for (uint8_t dir = 0; dir < 2; dir++)
		close_ranks(&conn->side[dir]);
	bool tried = replay_all(conn, in_order);
	if (can_go_on(conn) && !conn->half)
		conn->half_since = now;
	conn->half = can_go_on(conn);
	return tried;
}

void tls_late_retry(struct tls_conn *conn, bool at_once)
{
	find_resumed(conn);
	bool tried = can_go_on(conn) && open_waiting(conn, at_once);
	tried = open_behind(conn, at_once) || tried;
	for (uint8_t dir = 0; dir < 2; dir++)
		tried = open_aside(&conn->side[dir]) || tried;
	if (!tried)
		return;
	note_closed(conn);
	model_sort_events(conn->session);
	tls_late_end(conn, &conn->session->last);
}
