/*
 * Handshake messages of a DTLS association -> those of TLS, in order. Called by dtls_conn.c with fragments;
 * hands whole messages to tls_handshake.c. Decides when a message's turn has come: behind those with lower
 * numbers, and behind the flight that it answers.
 */
#include "analyzer/dtls_side.h"

#include "analyzer/session.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

/* Its first fragment has another random than the latest one of its kind. */
static bool is_new_hello(const struct dtls_conn *conn, const struct dtls_fragment *fragment)
{
	const struct session_tls *tls = &conn->session->tls;
	bool client = fragment->type == TLS_CLIENT_HELLO;
	struct span random = span_cut(fragment->body, sizeof(uint16_t), TLS_RANDOM);
	return (client || fragment->type == TLS_SERVER_HELLO) && fragment->offset == 0 &&
	       random.n == TLS_RANDOM &&
	       !span_equal(random, span_of(client ? tls->client_random : tls->server_random, TLS_RANDOM));
}

/* A renegotiation counts the messages of both sides from 0 again, RFC 6347 section 4.2.2. */
static void watch_restart(struct dtls_conn *conn, uint8_t dir, const struct dtls_fragment *fragment)
{
	struct dtls_fragments *own = &conn->side[dir].fragments;
	bool first = fragment->sequence < own->next && fragment->sequence <= 1;
	bool asks = fragment->type == TLS_HELLO_REQUEST && !conn->renegotiates;
	bool client = fragment->type == TLS_CLIENT_HELLO;
	if (first && ((asks && !conn->hello_due) || is_new_hello(conn, fragment))) {
		dtls_fragments_restart(own, fragment->sequence);
		conn->alone = conn->alone && !client;
		conn->hello_due = conn->hello_due || client || !conn->renegotiates;
		conn->renegotiates = conn->renegotiates || client;
		if (client)
			conn->hello_epoch = (uint16_t)(conn->tls->side[dir].record.number >> DTLS_EPOCH_SHIFT);
	}
	conn->hello_due = conn->hello_due || asks;
}

void dtls_handshake_take(struct dtls_conn *conn, uint8_t dir, struct span plain, bool sealed,
                         const struct origin *at)
{
	struct dtls_side *side = &conn->side[dir];
	struct session_tls *tls = &conn->session->tls;
	struct dtls_seen seen = {.at = *at, .place = tls->place, .arrival = conn->packets};
	struct dtls_fragment fragment;
	struct rd r = rd_of(plain);
	while (rd_more(&r)) {
		if (!dtls_next_fragment(&r, &fragment)) {
			tls->undecodable++;
			return;
		}
		if (sealed)
			watch_restart(conn, dir, &fragment);
		enum dtls_news news = dtls_fragments_take(&side->fragments, &fragment, &seen);
		if (news == DTLS_REPEATED)
			side->repeated = true;
		else if (news == DTLS_REFUSED)
			tls->undecodable++;
	}
}

/* ---- handing up ---------------------------------------------------------------------------------------- */

static bool is_hello(uint8_t type)
{
	return type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO;
}

static void put_head(uint8_t type, size_t length, uint8_t to[TLS_HANDSHAKE_HEADER])
{
	to[0] = type;
	to[1] = (uint8_t)(length >> 16);
	to[2] = (uint8_t)(length >> 8);
	to[3] = (uint8_t)length;
}

/* The message at its place among those that came before it and have higher numbers. */
static void tell(struct dtls_conn *conn, uint8_t dir, const struct dtls_message *from,
                 struct frame_message *message)
{
	struct session_tls *tls = &conn->session->tls;
	struct dtls_fragments *fragments = &conn->side[dir].fragments;
	uint64_t place = tls->place, own = dtls_fragments_place(fragments, from);
	if (fragments->given != 0 && own <= fragments->given_place)
		fragments->given_place = own - 1; /* what comes late stands in front of it */
	message->first = from->first;
	message->last = from->last;
	tls->place = own < place ? own : place;
	tls_handshake_message(&conn->tls->side[dir].handshake, message);
	if (tls->place < place)
		model_sort_events(conn->session);
	tls->place = place;
}

static void hand_up_whole(struct dtls_conn *conn, uint8_t dir, const struct dtls_message *from)
{
	size_t room = (size_t)DTLS_HANDSHAKE_HEADER + from->have;
	uint8_t *wire = xmalloc(room), *tls = xmalloc(room);
	dtls_put_head(from->type, from->length, from->sequence, wire);
	size_t n = dtls_message_body(from, &wire[DTLS_HANDSHAKE_HEADER]);
	struct span body = span_of(&wire[DTLS_HANDSHAKE_HEADER], n);
	bool whole = n == from->length;
	size_t length = from->length;
	if (is_hello(from->type)) {
		n = dtls_hello_as_tls(from->type, body, &tls[TLS_HANDSHAKE_HEADER]);
		length = whole ? n : length;
	} else if (n > 0) {
		memcpy(&tls[TLS_HANDSHAKE_HEADER], body.p, n);
	}
	put_head(from->type, length, tls);
	struct frame_message message = {.bytes = span_of(tls, TLS_HANDSHAKE_HEADER + n),
	                                .total = TLS_HANDSHAKE_HEADER + length,
	                                .damaged = !whole,
	                                .wire = span_of(wire, DTLS_HANDSHAKE_HEADER + body.n)};
	tell(conn, dir, from, &message);
	free(wire);
	free(tls);
}

static void hand_up_head(struct dtls_conn *conn, uint8_t dir, const struct dtls_message *from)
{
	uint8_t head[TLS_HANDSHAKE_HEADER];
	put_head(from->type, from->length, head);
	struct frame_message message = {.bytes = span_of(head, sizeof head),
	                                .total = TLS_HANDSHAKE_HEADER + from->length};
	conn->session->tls.too_long++;
	model_hit(conn->tls->model, HIT_HANDSHAKE, &from->last);
	tell(conn, dir, from, &message);
}

/* ---- turns --------------------------------------------------------------------------------------------- */

/* The flight that the client answers is over: server_hello_done, or change_cipher_spec when it resumes. */
static bool server_is_done(const struct dtls_conn *conn)
{
	uint8_t server = conn->session->tls.client_dir ^ 1;
	if (conn->renegotiates)
		return false;
	return conn->side[server].changed ||
	       session_step(conn->session, STEP_SERVER_HELLO_DONE, server) != NULL;
}

/* A span port may deliver an answer before the question: what it means depends on that. */
static bool has_turn(const struct dtls_conn *conn, uint8_t dir, const struct dtls_message *message)
{
	const struct session_tls *tls = &conn->session->tls;
	if (conn->alone || message->type == TLS_CLIENT_HELLO || message->type == TLS_HELLO_REQUEST)
		return true;
	if (message->type == TLS_SERVER_HELLO && conn->hello_due)
		return false;
	if (!tls->client_hello)
		return false;
	return dir != tls->client_dir || server_is_done(conn);
}

bool dtls_handshake_blocked(const struct dtls_conn *conn, uint8_t dir)
{
	const struct dtls_message *message = dtls_fragments_ready(&conn->side[dir].fragments);
	return message != NULL && !has_turn(conn, dir, message);
}

bool dtls_handshake_hand_up(struct dtls_conn *conn, uint8_t dir)
{
	struct dtls_fragments *fragments = &conn->side[dir].fragments;
	struct dtls_message *message = dtls_fragments_ready(fragments);
	if (message == NULL || !has_turn(conn, dir, message))
		return false;
	if (message->type == TLS_CLIENT_HELLO && message->have == message->length)
		conn->session->midstream = false;
	if (message->type == TLS_CLIENT_HELLO)
		conn->hello_due = false;
	if (message->type == TLS_SERVER_HELLO_DONE)
		conn->renegotiates = false;
	if (message->length > LIMIT_HANDSHAKE)
		hand_up_head(conn, dir, message);
	else
		hand_up_whole(conn, dir, message);
	dtls_fragments_drop(fragments, message);
	return true;
}

void dtls_handshake_give_up(struct dtls_conn *conn, uint8_t dir, const struct origin *at)
{
	if (dtls_fragments_waiting(&conn->side[dir].fragments) == NULL)
		return;
	dtls_conn_gap(conn, dir, at);
	dtls_fragments_give_up(&conn->side[dir].fragments);
}
