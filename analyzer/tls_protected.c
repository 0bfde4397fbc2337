/* Opens protected records or lets them wait; see tls_protected.h. Called by tls_conn.c only. */
#include "analyzer/tls_protected.h"

#include "analyzer/infer.h"
#include "analyzer/tls_events.h"
#include "analyzer/tls_regain.h"
#include "analyzer/tls_tally.h"
#include "dissect/dtls.h"

#include <stdlib.h>

static struct session_tls *facts_of(const struct tls_side *side)
{
	return &side->conn->session->tls;
}

/* ---- what is missing -------------------------------------------------------------------------------- */

static void note_behind_gap(struct tls_side *side, const struct origin *last)
{
	const struct origin *at = side->gap.packet != 0 ? &side->gap : last;
	tls_tally_behind_gap(facts_of(side), side->dir, at);
}

/* What the current record held is missing from what is made of the plaintext. */
static void miss_plaintext(struct tls_side *side, const struct origin *at)
{
	plain_gap(&side->conn->plain, side->dir, 0, at);
	if (side->record.type == TLS_APPLICATION_DATA && facts_of(side)->version != TLS_1_3)
		return;
	tls_handshake_break(&side->handshake, at);
	side->handshake.frame.astray = true;
	if (side->conn->keys != NULL)
		tls_keys_lost(side->conn->keys);
}

/*
 * The keys go on behind the records that fell out in front of place `next`. Whole records are missing, so a
 * handshake message begins with the next one.
 */
static void catch_up(struct tls_side *side, struct tls_amount next, const struct tls_tail *tail)
{
	struct tls_conn *conn = side->conn;
	if (side->done.records == next.records)
		return;
	struct tls_amount amount = tls_amount_since(next, side->done);
	tls_keys_skip(conn->keys, side->dir, amount, tail->known ? tail->bytes : NULL);
	side->chain_cut = !tail->known;
	tls_side_be_unsure(side, amount.records);
	side->done = next;
	if (side->fallen.packet == 0)
		return;
	if (side->missed) {
		tls_tally_closed(facts_of(side), side->dir, &side->fallen);
		plain_miss(&conn->plain, side->dir, &side->fallen);
	}
	tls_handshake_break(&side->handshake, &side->fallen);
	side->fallen = (struct origin){0};
	side->missed = false;
}

/* A record left the queue before its key came. */
static void record_fell(void *owner, const struct tls_held *held)
{
	struct tls_conn *conn = owner;
	struct tls_side *side = &conn->side[held->dir];
	struct session_tls *tls = facts_of(side);
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

/* ---- a record whose key is there -------------------------------------------------------------------- */

/* What a record held is handed to who understands it. */
static void take_plaintext(struct tls_side *side, uint8_t type, struct span plain, const struct origin *at)
{
	struct tls_conn *conn = side->conn;
	if (type == TLS_HANDSHAKE && conn->take_handshake != NULL)
		conn->take_handshake(conn->ctx, side->dir, plain, at);
	else if (type == TLS_HANDSHAKE)
		tls_handshake_data(&side->handshake, plain, at);
	else if (type == TLS_ALERT)
		tls_events_alert(conn->model, conn->session, side->dir, plain, at);
	else if (type == TLS_APPLICATION_DATA)
		plain_data(&conn->plain, side->dir, plain, at);
}

static void refuse_record(struct tls_side *side, const struct origin *at)
{
	struct session_tls *tls = facts_of(side);
	if (side->chain_cut && tls->version == TLS_1_0)
		note_behind_gap(side, at);
	else
		tls_tally_refused(tls, side->dir, tls_keys_proven(side->conn->keys, side->dir), at);
	miss_plaintext(side, at);
}

/* A record that the keys of the handshake do not open, or that came before them. False when it stays closed.
 */
static bool open_early(struct tls_side *side, struct span body, const struct origin *at)
{
	struct session_tls *tls = facts_of(side);
	struct span plain;
	uint8_t room[LIMIT_RECORD], type = side->record.type;
	bool opened = tls_keys_open_early(side->conn->keys, &side->record, body, room, &plain, &type);
	*(opened ? &tls->early_opened : &tls->early_closed) += 1;
	if (!opened)
		return false;
	tls_tally_opened(tls, side->dir, type);
	infer_forget(side->conn->session);
	take_plaintext(side, type, plain, at);
	return true;
}

/* A record whose number is looked for. False when it stays closed. */
static bool regain(struct tls_side *side, struct span body, uint8_t room[LIMIT_RECORD], struct span *plain,
                   uint8_t *type, const struct origin *at)
{
	struct tls_conn *conn = side->conn;
	struct tls_gap gap = {.bytes = side->lost,
	                      .records = side->unopened,
	                      .usual = side->usual,
	                      .behind = side->chain_cut,
	                      .work = &conn->work};
	enum tls_found found =
	    tls_regain(conn->keys, side->dir, &gap, &side->record, body, room, plain, type);
	if (found == TLS_FOUND_NOT && tls_keys_early(conn->keys, side->dir))
		return false;
	if (found == TLS_FOUND_NOT)
		side->unopened++;
	else
		tls_tally_regained(facts_of(side), side->dir, gap.missing, gap.at_least);
	if (found == TLS_FOUND_OPENED)
		return true;
	if (side->lost > 0 || side->chain_cut)
		note_behind_gap(side, at);
	else
		tls_tally_refused(facts_of(side), side->dir, tls_keys_proven(conn->keys, side->dir), at);
	miss_plaintext(side, at);
	if (found == TLS_FOUND_NUMBER)
		tls_side_be_sure(side);
	return false;
}

/* `waited`: the record has left its traces as a closed one. False when it stays closed. */
static bool open_record(struct tls_side *side, struct span bytes, const struct origin *at, bool waited)
{
	struct tls_conn *conn = side->conn;
	struct span plain;
	uint8_t room[LIMIT_RECORD], type = side->record.type;
	struct span body = span_cut(bytes, conn->head, SIZE_MAX);
	bool unsure = side->unsure;
	bool opened = unsure ? regain(side, body, room, &plain, &type, at)
	                     : tls_keys_open(conn->keys, side->dir, &side->record, body, room, &plain,
	                                     &type) == TLS_OPENED;
	bool early = !opened && tls_keys_early(conn->keys, side->dir);
	if (opened && waited)
		model_forget_encrypted(conn->session);
	if (opened) {
		tls_side_be_sure(side);
		facts_of(side)->protected_on[side->dir] = true; /* as far as it was not seen */
		tls_tally_opened(facts_of(side), side->dir, type);
		infer_forget(conn->session);
	} else if (!early && !unsure) {
		refuse_record(side, at);
	}
	side->chain_cut = false;
	side->done = tls_amount_add(side->done, body.n);
	if (opened)
		take_plaintext(side, type, plain, at);
	return opened || (early && open_early(side, body, at));
}

/* A record that is not there whole takes its number and its place in the key stream. */
static void leave_out(struct tls_side *side, size_t body, const struct origin *at)
{
	const struct tls_amount one = {.records = 1, .bytes = body};
	tls_keys_skip(side->conn->keys, side->dir, one, NULL);
	side->done = tls_amount_add(side->done, body);
	side->chain_cut = true;
	tls_side_be_unsure(side, 1);
	miss_plaintext(side, at);
}

/* ---- a record whose key is not there ---------------------------------------------------------------- */

/* A key that comes later can open records of this connection. */
static bool may_wait(const struct tls_conn *conn)
{
	const struct session *session = conn->session;
	bool headless = session->midstream && !session->tls.client_hello;
	return conn->keys != NULL && conn->model->keys_may_come && !headless &&
	       !tls_keys_hopeless(conn->keys);
}

/*
 * Up to TLS 1.2 the type tells. In TLS 1.3 the server's flight ends in front of the client's first record
 * behind it, and the client's in front of what the server answers; what they send right behind their own
 * flight counts to it. Alerts tell how it ended, and are few.
 */
static bool is_of_handshake(const struct tls_side *side)
{
	const struct session_tls *tls = facts_of(side);
	if (side->record.type != TLS_APPLICATION_DATA)
		return true;
	return tls->version == TLS_1_3 && tls->has_client && tls->protected_after_reply[side->dir ^ 1] == 0;
}

static void pass_record(struct tls_side *side, const struct frame_message *message)
{
	tls_hold_pass(&side->conn->hold, side->dir, message);
	if (message->damaged)
		note_behind_gap(side, &message->last);
	else
		tls_tally_passed(facts_of(side), side->dir);
	miss_plaintext(side, &message->last);
}

static void wait_or_pass(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	if (!may_wait(conn) || (!tls_side_is_whole(message) && !message->damaged)) {
		pass_record(side, message);
		return;
	}
	if (message->damaged)
		note_behind_gap(side, &message->last);
	tls_hold_push(&conn->hold, message->damaged ? TLS_HELD_DAMAGED : TLS_HELD_RECORD, side->dir,
	              is_of_handshake(side), facts_of(side)->place, message);
	if (conn->session->tls.client_hello)
		tls_hold_list(&conn->hold, conn->session->tls.client_random);
}

/* Early data in front of the server_hello; behind one that waits all of it does. False when it stays closed.
 */
static bool take_early(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	bool open = conn->hold.held[side->dir] == 0 && tls_keys_early_known(conn->keys);
	if (open || !may_wait(conn))
		return open_early(side, span_cut(message->bytes, conn->head, SIZE_MAX), &message->last);
	tls_hold_push(&conn->hold, TLS_HELD_EARLY, side->dir, false, facts_of(side)->place, message);
	tls_hold_list(&conn->hold, conn->session->tls.client_random);
	return false;
}

/* Opens the record when its keys are there and nothing waits in front of it. False when it stays closed. */
static bool take_record(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	struct session_tls *tls = facts_of(side);
	struct tls_hold *hold = &conn->hold;
	if (conn->keys == NULL)
		return false;
	if (!tls->server_hello && tls_keys_early(conn->keys, side->dir) && tls_side_is_whole(message))
		return take_early(side, message);
	if (side->numberless) {
		note_behind_gap(side, &message->last);
		return false;
	}
	if (side->unnumbered) {
		tls_tally_passed(tls, side->dir);
		plain_miss(&conn->plain, side->dir, &message->last);
		return false;
	}
	if (hold->held[side->dir] > 0)
		tls_protected_retry(conn, false);
	if (hold->held[side->dir] > 0 || !tls_keys_ready(conn->keys, side->dir)) {
		wait_or_pass(side, message);
		return false;
	}
	catch_up(side, hold->came[side->dir], &hold->tail[side->dir]);
	tls_hold_pass(hold, side->dir, message);
	if (tls_side_is_whole(message))
		return open_record(side, message->bytes, &message->last, false);
	if (message->damaged)
		note_behind_gap(side, &message->last);
	else
		tls_tally_passed(tls, side->dir);
	leave_out(side, side->record.length, &message->last);
	return false;
}

/* ---- called by tls_conn ----------------------------------------------------------------------------- */

void tls_protected_init(struct tls_conn *conn)
{
	tls_hold_init(&conn->hold, &conn->model->waiting, conn, record_fell);
}

bool tls_protected_wanted(const struct tls_side *side)
{
	struct tls_keys *keys = side->conn->keys;
	if (keys == NULL || side->numberless || side->unnumbered)
		return false;
	return tls_keys_ready(keys, side->dir) || tls_keys_early(keys, side->dir) || may_wait(side->conn);
}

void tls_protected_record(struct tls_side *side, const struct frame_message *message)
{
	struct tls_conn *conn = side->conn;
	tls_side_weigh(side);
	if (take_record(side, message))
		return;
	if (side->record.type == TLS_APPLICATION_DATA)
		tls_tally_closed(facts_of(side), side->dir, &message->last);
	if (side->again)
		return;
	if (!is_of_handshake(side))
		infer_record(conn->session, side->dir, side->record.length, &message->last);
	tls_events_closed(conn->model, conn->session, side->dir, side->record.type, message);
}

/* The sequence numbers begin again. When the hellos of the new keys are lost nobody knows these. */
static void change_keys(struct tls_side *side, struct tls_amount next)
{
	struct tls_keys *keys = side->conn->keys;
	if (keys != NULL && !tls_keys_change(keys, side->dir))
		side->numberless = true;
	tls_side_be_sure(side);
	side->done = next;
	side->fallen = (struct origin){0};
	side->chain_cut = false;
	side->handshake.frame.astray = false;
}

void tls_protected_change(struct tls_side *side, const struct frame_message *message)
{
	struct tls_hold *hold = &side->conn->hold;
	if (hold->held[side->dir] > 0)
		tls_hold_push(hold, TLS_HELD_CHANGE, side->dir, true, facts_of(side)->place, message);
	else
		change_keys(side, hold->came[side->dir]);
}

static void lose_place(struct tls_side *side, uint64_t bytes, const struct origin *at)
{
	plain_gap(&side->conn->plain, side->dir, 0, at);
	tls_handshake_break(&side->handshake, at);
	side->handshake.frame.astray = true;
	side->unsure = side->chain_cut = true;
	side->lost += bytes;
	facts_of(side)->keys_lost[side->dir] = true;
}

void tls_protected_lost(struct tls_side *side, uint64_t bytes, const struct origin *at)
{
	struct tls_hold *hold = &side->conn->hold;
	if (hold->held[side->dir] > 0)
		tls_hold_lost(hold, side->dir, facts_of(side)->place, bytes, at);
	else
		lose_place(side, bytes, at);
}

void tls_protected_hello(struct tls_side *side)
{
	side->numberless = false;
	if (!facts_of(side)->protected_on[side->dir])
		tls_side_be_sure(side);
	facts_of(side)->keys_lost[side->dir] = false;
}

void tls_protected_end(struct tls_conn *conn, const struct origin *at)
{
	if (conn->ended == 2 && conn->hold.oldest == NULL)
		plain_end(&conn->plain, at);
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
	uint64_t place = facts_of(side)->place;
	facts_of(side)->place = held->place;
	side->record.type = held->type;
	switch ((enum tls_held_kind)held->kind) {
	case TLS_HELD_RECORD:
		read_head(side->conn, tls_held_bytes(held), &side->record);
		catch_up(side, held->ahead, &held->before);
		open_record(side, tls_held_bytes(held), &held->at, true);
		break;
	case TLS_HELD_EARLY:
		read_head(side->conn, tls_held_bytes(held), &side->record);
		if (open_early(side, span_cut(tls_held_bytes(held), side->conn->head, SIZE_MAX), &held->at))
			model_forget_encrypted(side->conn->session);
		break;
	case TLS_HELD_DAMAGED:
		catch_up(side, held->ahead, &held->before);
		leave_out(side, held->body, &held->at);
		break;
	case TLS_HELD_CHANGE:
		catch_up(side, held->ahead, &held->before);
		change_keys(side, held->ahead);
		break;
	case TLS_HELD_LOST:
		lose_place(side, held->body, &held->at);
		break;
	}
	side->record = current;
	facts_of(side)->place = place;
}

/* Nothing waits any more in this direction: what fell out stood in front of what waits in the other one. */
static void close_ranks(struct tls_side *side)
{
	struct tls_hold *hold = &side->conn->hold;
	uint8_t dir = side->dir;
	if (hold->held[dir] == 0 && side->done.records < hold->came[dir].records &&
	    tls_keys_ready(side->conn->keys, dir))
		catch_up(side, hold->came[dir], &hold->tail[dir]);
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

void tls_protected_retry(struct tls_conn *conn, bool at_once)
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
	tls_protected_end(conn, &conn->session->last);
}
