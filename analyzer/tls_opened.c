/* Opens protected records and keeps their numbers; see tls_opened.h. Called by tls_protected.c and
 * tls_late.c. */
#include "analyzer/tls_opened.h"

#include "analyzer/infer.h"
#include "analyzer/tls_events.h"
#include "analyzer/tls_regain.h"
#include "analyzer/tls_suite.h"
#include "analyzer/tls_tally.h"

/* ---- what is missing -------------------------------------------------------------------------------- */

void tls_opened_behind_gap(struct tls_side *side, const struct origin *last)
{
	const struct origin *at = side->gap.packet != 0 ? &side->gap : last;
	if (side->keyless)
		tls_tally_keyless(tls_side_facts(side), side->dir);
	else
		tls_tally_behind_gap(tls_side_facts(side), side->dir, at);
}

void tls_opened_miss(struct tls_side *side, const struct origin *at)
{
	plain_gap(&side->conn->plain, side->dir, 0, at);
	if (side->record.type == TLS_APPLICATION_DATA && tls_side_facts(side)->version != TLS_1_3)
		return;
	tls_handshake_break(&side->handshake, at);
	side->handshake.frame.astray = true;
	if (side->conn->keys != NULL)
		tls_keys_lost(side->conn->keys);
}

void tls_opened_catch_up(struct tls_side *side, struct tls_amount next, const struct tls_tail *tail)
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
		tls_tally_closed(tls_side_facts(side), side->dir, &side->fallen);
		plain_miss(&conn->plain, side->dir, &side->fallen);
	}
	tls_handshake_break(&side->handshake, &side->fallen);
	side->fallen = (struct origin){0};
	side->missed = false;
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

/* Of TLS 1.3 it may have been a KeyUpdate. What no keys open would cost too much to try with all of them. */
static void doubt_keys(struct tls_side *side)
{
	if (side->doubts == LIMIT_GAP_DOUBTS)
		return;
	tls_side_be_unsure(side, 1);
	side->doubted = true;
}

static void refuse_record(struct tls_side *side, const struct origin *at)
{
	struct session_tls *tls = tls_side_facts(side);
	bool proven = tls_keys_proven(side->conn->keys, side->dir);
	if (side->chain_cut && tls->version == TLS_1_0)
		tls_opened_behind_gap(side, at);
	else
		tls_tally_refused(tls, side->dir, proven, at);
	if (proven)
		doubt_keys(side);
	tls_opened_miss(side, at);
}

/* What is missing in front of the current record. */
static struct tls_gap gap_of(struct tls_side *side)
{
	return (struct tls_gap){.bytes = side->lost,
	                        .records = side->unopened,
	                        .usual = side->usual,
	                        .behind = side->chain_cut,
	                        .work = &side->conn->work};
}

/* Behind a gap the first one that opens tells that all of it was early data: the keys behind it begin with 0. */
bool tls_opened_early(struct tls_side *side, struct span body, const struct origin *at)
{
	struct session_tls *tls = tls_side_facts(side);
	struct span plain;
	uint8_t room[LIMIT_RECORD], type = side->record.type;
	struct tls_gap gap = gap_of(side);
	bool opened = tls_keys_open_early(side->conn->keys, side->lost > 0 ? &gap : NULL, &side->record, body,
	                                  room, &plain, &type);
	*(opened ? &tls->early_opened : &tls->early_closed) += 1;
	if (!opened && side->lost > 0 && tls_keys_early_known(side->conn->keys))
		tls_opened_behind_gap(side, at);
	if (!opened)
		return false;
	if (side->lost > 0) {
		tls_tally_regained(tls, side->dir, gap.missing, false);
		tls_side_be_sure(side);
	}
	tls_tally_opened(tls, side->dir, type);
	infer_forget(side->conn->session);
	take_plaintext(side, type, plain, at);
	return true;
}

void tls_opened_aside(struct tls_side *side, struct span bytes, uint64_t number, const struct origin *at)
{
	struct tls_conn *conn = side->conn;
	struct session_tls *tls = tls_side_facts(side);
	struct span plain, body = span_cut(bytes, conn->head, SIZE_MAX);
	uint8_t room[LIMIT_RECORD], type = side->record.type;
	if (!tls_keys_open_left(conn->keys, side->dir, number, &side->record, body, room, &plain, &type)) {
		tls_handshake_break(&side->handshake, at);
		side->handshake.frame.astray = true;
		return;
	}
	tls_tally_came_back(tls, side->dir);
	model_forget_encrypted(conn->session);
	tls_tally_opened(tls, side->dir, type);
	conn->aside = true;
	take_plaintext(side, type, plain, at);
	conn->aside = false;
}

/*
 * Of the handshake, whose secret is not there, or beyond what can be found: nobody can tell. Its number is known unless
 * bytes are missing, or early data came in front of it.
 */
static void leave_closed(struct tls_side *side, const struct origin *at)
{
	struct session_tls *tls = tls_side_facts(side);
	side->left = side->lost == 0 && !(tls->early_data && side->dir == tls->client_dir);
	tls_tally_passed(tls, side->dir);
	tls->passed_handshake = true;
	tls_tally_closed(tls, side->dir, at);
	tls_handshake_break(&side->handshake, at);
	side->handshake.frame.astray = true;
}

/*
 * A length that is too large takes in the records behind it, and their numbers. A stream cipher's place behind them is
 * counted from where it stands, so there it would be wrong.
 */
static uint32_t may_hold_others(const struct tls_side *side, size_t bytes)
{
	const struct tls_suite *suite = tls_suite_find(tls_side_facts(side)->cipher);
	return suite == NULL || suite->cipher->mode == TLS_MODE_STREAM ? 0 : (uint32_t)bytes;
}

static void leave_unopened(struct tls_side *side)
{
	side->unopened++;
	if (!side->doubted || ++side->doubts < LIMIT_GAP_DOUBTS)
		return;
	side->unsure = side->doubted = false;
}

/* A record whose number is looked for. False when it stays closed. */
static bool regain(struct tls_side *side, struct span body, uint8_t room[LIMIT_RECORD], struct span *plain,
                   uint8_t *type, const struct origin *at)
{
	struct tls_conn *conn = side->conn;
	struct tls_gap gap = gap_of(side);
	enum tls_found found =
	    tls_regain(conn->keys, side->dir, &gap, &side->record, body, room, plain, type);
	if (found == TLS_FOUND_NOT && tls_keys_early(conn->keys, side->dir))
		return false;
	if (found == TLS_FOUND_NOT)
		leave_unopened(side);
	else
		tls_tally_regained(tls_side_facts(side), side->dir, gap.missing, gap.at_least);
	if (side->unnumbered && gap.began) {
		side->unnumbered = false;
		if (gap.passed > 0)
			plain_miss(&conn->plain, side->dir, at);
	}
	if (found == TLS_FOUND_OPENED)
		return true;
	if (!tls_keys_ready(conn->keys, side->dir)) {
		leave_closed(side, at);
		return false;
	}
	if (side->lost > 0 || side->chain_cut)
		tls_opened_behind_gap(side, at);
	else
		tls_tally_refused(tls_side_facts(side), side->dir, tls_keys_proven(conn->keys, side->dir),
		                  at);
	tls_opened_miss(side, at);
	if (found == TLS_FOUND_NUMBER)
		tls_side_be_sure(side);
	return false;
}

/* The record was opened with the keys of its direction. */
static void count_opened(struct tls_side *side, uint8_t type, bool waited)
{
	if (waited)
		model_forget_encrypted(side->conn->session);
	tls_side_be_sure(side);
	tls_side_facts(side)->protected_on[side->dir] = true; /* as far as it was not seen */
	tls_tally_opened(tls_side_facts(side), side->dir, type);
	infer_forget(side->conn->session);
}

/* The handshake's keys are not there: whether this is a record of the keys behind them is to be looked for. */
static bool begin_without(struct tls_side *side)
{
	struct tls_keys *keys = side->conn->keys;
	if (tls_keys_ready(keys, side->dir) || !tls_keys_ready_without(keys, side->dir))
		return false;
	tls_keys_leave_handshake(keys, side->dir);
	side->unnumbered = true;
	return true;
}

enum tls_opened tls_opened_record(struct tls_side *side, struct span bytes, const struct origin *at,
                                  bool waited, bool may_wait)
{
	struct tls_conn *conn = side->conn;
	struct span plain;
	uint8_t room[LIMIT_RECORD], type = side->record.type;
	struct span body = span_cut(bytes, conn->head, SIZE_MAX);
	bool unsure = side->unsure || begin_without(side);
	bool opened = unsure ? regain(side, body, room, &plain, &type, at)
	                     : tls_keys_open(conn->keys, side->dir, &side->record, body, room, &plain,
	                                     &type) == TLS_OPENED;
	bool early = !opened && tls_keys_early(conn->keys, side->dir);
	if (early && may_wait && !tls_keys_early_known(conn->keys))
		return TLS_OPENED_WAIT;
	if (opened)
		count_opened(side, type, waited);
	else if (!early && !unsure)
		refuse_record(side, at);
	side->chain_cut = false;
	side->swallowed = opened ? 0 : may_hold_others(side, bytes.n);
	side->done = tls_amount_add(side->done, body.n);
	if (opened)
		take_plaintext(side, type, plain, at);
	return opened || (early && tls_opened_early(side, body, at)) ? TLS_OPENED_DONE : TLS_OPENED_NOT;
}

void tls_opened_find_resumed(struct tls_side *side, struct span bytes)
{
	uint8_t room[LIMIT_RECORD];
	struct span body = span_cut(bytes, side->conn->head, SIZE_MAX);
	tls_keys_find_resumed(side->conn->keys, side->dir, &side->record, body, room);
}

void tls_opened_pass_early(struct tls_side *side, size_t body)
{
	side->chain_cut = false;
	side->done = tls_amount_add(side->done, body);
}

void tls_opened_leave_out(struct tls_side *side, size_t body, const struct origin *at)
{
	const struct tls_amount one = {.records = 1, .bytes = body};
	tls_keys_skip(side->conn->keys, side->dir, one, NULL);
	side->done = tls_amount_add(side->done, body);
	side->chain_cut = true;
	tls_side_be_unsure(side, 1);
	tls_opened_miss(side, at);
}

/* ---- places in the sequence of records ---- */

void tls_opened_change(struct tls_side *side, struct tls_amount next)
{
	struct tls_keys *keys = side->conn->keys;
	if (keys != NULL && !tls_keys_change(keys, side->dir))
		side->numberless = side->keyless = true;
	tls_side_be_sure(side);
	side->done = next;
	side->fallen = (struct origin){0};
	side->chain_cut = false;
	side->handshake.frame.astray = false;
}

void tls_opened_lose(struct tls_side *side, uint64_t bytes, const struct origin *at)
{
	plain_gap(&side->conn->plain, side->dir, 0, at);
	tls_handshake_break(&side->handshake, at);
	side->handshake.frame.astray = true;
	side->lost += bytes + side->swallowed;
	side->unopened += side->swallowed > 0 && !side->unsure; /* else it is counted */
	side->unsure = side->chain_cut = true;
	side->doubted = false;
	side->swallowed = 0;
	tls_side_facts(side)->keys_lost[side->dir] = true;
}
