/* What waits for a key that comes late; see tls_late.h. Called by tls_conn.c and tls_protected.c. */
#include "analyzer/tls_late.h"

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
	if (held->kind == TLS_HELD_RECORD || held->kind == TLS_HELD_EARLY)
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

static void replay(struct tls_side *side, const struct tls_held *held)
{
	struct tls_record current = side->record;
	uint64_t place = tls_side_facts(side)->place;
	tls_side_facts(side)->place = held->place;
	side->record.type = held->type;
	switch ((enum tls_held_kind)held->kind) {
	case TLS_HELD_RECORD:
		read_head(side->conn, tls_held_bytes(held), &side->record);
		tls_opened_catch_up(side, held->ahead, &held->before);
		tls_opened_record(side, tls_held_bytes(held), &held->at, true);
		break;
	case TLS_HELD_EARLY:
		read_head(side->conn, tls_held_bytes(held), &side->record);
		if (tls_opened_early(side, span_cut(tls_held_bytes(held), side->conn->head, SIZE_MAX),
		                     &held->at))
			model_forget_encrypted(side->conn->session);
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
	side->record = current;
	tls_side_facts(side)->place = place;
}

/* Nothing waits any more in this direction: what fell out stood in front of what waits in the other one. */
static void close_ranks(struct tls_side *side)
{
	struct tls_hold *hold = &side->conn->hold;
	uint8_t dir = side->dir;
	if (hold->held[dir] == 0 && side->done.records < hold->came[dir].records &&
	    tls_keys_ready(side->conn->keys, dir))
		tls_opened_catch_up(side, hold->came[dir], &hold->tail[dir]);
}

/*
 * Opens what can be. In order: nothing behind a record whose key is not there; else only nothing of its
 * direction. False when nothing could.
 */
static bool replay_all(struct tls_conn *conn, bool in_order)
{
	bool begun[2] = {false, false}, blocked[2] = {false, false};
	struct tls_held *newer;
	for (struct tls_held *held = conn->hold.oldest; held != NULL; held = newer) {
		uint8_t dir = held->dir;
		newer = held->newer;
		blocked[dir] = blocked[dir] || !tls_keys_ready(conn->keys, dir);
		if (blocked[dir] && in_order)
			break;
		if (blocked[dir])
			continue;
		if (!begun[dir])
			tls_tally_retry(&conn->session->tls, dir, held->at.packet);
		begun[dir] = true;
		tls_hold_take(&conn->hold, held);
		replay(&conn->side[dir], held);
		free(held);
		close_ranks(&conn->side[dir]);
	}
	return begun[0] || begun[1];
}

static bool can_go_on(const struct tls_conn *conn)
{
	for (uint8_t dir = 0; dir < 2; dir++)
		if (conn->hold.held[dir] > 0 && tls_keys_ready(conn->keys, dir))
			return true;
	return false;
}

/* What was tried and is closed: the first of each direction, also of what waits on. */
static void note_closed(struct tls_conn *conn)
{
	for (const struct tls_held *held = conn->hold.oldest; held != NULL; held = held->newer)
		if ((held->kind == TLS_HELD_RECORD || held->kind == TLS_HELD_EARLY) &&
		    held->type == TLS_APPLICATION_DATA)
			tls_tally_closed(&conn->session->tls, held->dir, &held->at);
}

void tls_late_end(struct tls_conn *conn, const struct origin *at)
{
	if (conn->ended == 2 && conn->hold.oldest == NULL)
		plain_end(&conn->plain, at);
}

void tls_late_retry(struct tls_conn *conn, bool at_once)
{
	int64_t now = conn->session->last.time;
	if (!can_go_on(conn))
		return;
	for (uint8_t dir = 0; dir < 2; dir++)
		close_ranks(&conn->side[dir]);
	bool in_order = !at_once && !(conn->half && origin_elapsed(conn->half_since, now) >= TLS_PATIENCE);
	if (replay_all(conn, in_order)) {
		note_closed(conn);
		model_sort_events(conn->session);
	}
	if (can_go_on(conn) && !conn->half)
		conn->half_since = now;
	conn->half = can_go_on(conn);
	tls_late_end(conn, &conn->session->last);
}
