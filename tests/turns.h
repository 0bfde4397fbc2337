/*
 * Sessions of OpenSSL's two sides that are taped (taped.h) and played through the whole analysis in several
 * ways: with the key log there, in segments of any size, and with the key log behind all packets. Included
 * after cmocka.
 */
#ifndef TESTS_TURNS_H
#define TESTS_TURNS_H

#include "tests/taped.h"

static struct taped taped;

struct turn {
	struct setting setting;
	struct talk talk;
};

static inline void begin(struct turn *turn, int version, const char *name)
{
	*turn = (struct turn){.setting = {.version = version, .name = name}};
	for (int side = 0; side < 2; side++)
		turn->setting.ctx[side] = new_context(&turn->setting, side);
}

/* The next talk, in front of its handshake. */
static inline void next(struct turn *turn)
{
	start(&turn->talk, &turn->setting);
	taped_start(&taped, &turn->talk);
}

static inline void over(struct turn *turn)
{
	for (int side = 0; side < 2; side++) {
		SSL_shutdown(turn->talk.ssl[side]);
		carry(&turn->talk, side);
	}
	taped_stop(&taped, &turn->talk);
	stop(&turn->talk);
}

static inline void end(struct turn *turn)
{
	for (int side = 0; side < 2; side++)
		SSL_CTX_free(turn->setting.ctx[side]);
	taped_free(&taped);
}

static inline void say_some(struct turn *turn)
{
	for (size_t i = 0; i < 3; i++) {
		say(&turn->talk, CLIENT, 10 + 400 * i);
		say(&turn->talk, SERVER, 20 + 900 * i);
	}
}

static inline void check_whole(const char *what, const struct wire *wire)
{
	const struct session_tls *tls = &wire_session(wire, (uint32_t)taped.n)->tls;
	if (!taped_is_whole(&taped) || tls->refused[0] + tls->refused[1] > 0)
		fail_msg("%s: %s", what, taped_detail(&taped, wire));
}

/* The key log comes behind all packets. `room`: bytes that may wait. */
static inline void play_late(size_t room, struct wire *wire)
{
	wire_start(wire, span_of(NULL, 0));
	wire->model->keys_may_come = true;
	wire->model->waiting.cap_each = room;
	taped_say(&taped, wire);
	analyze_secrets(wire->analyze, span_of(taped.lines, strlen(taped.lines)));
	wire_end(wire);
}

/* With the whole key log, in segments of several sizes, and late. */
static inline void is_whole(const char *what)
{
	static const size_t segments[] = {1, 7, 100, WIRE_SEGMENT};
	struct wire wire;
	for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++) {
		taped_play(&taped, taped.lines, NULL, segments[i], &wire);
		check_whole(what, &wire);
		wire_free(&wire);
	}
	play_late(LIMIT_WAITING, &wire);
	check_whole(what, &wire);
	wire_free(&wire);
}

/* ---- a record that the capture lacks ---- */

/* Where a record of a direction stands in its stream, the first one of this type behind so many of `behind`. */
struct lost {
	uint8_t dir;
	size_t from, to;
};

static inline struct lost lost_record(const struct taped_talk *talk, uint8_t dir, uint8_t type, uint8_t behind,
                                    unsigned times)
{
	static uint8_t stream[TAPED_BYTES];
	size_t n = 0;
	struct lost lost = {.dir = dir};
	for (size_t k = 0; k < talk->n_pieces; k++)
		if (talk->pieces[k].dir == dir) {
			memcpy(&stream[n], taped_piece(talk, k).p, talk->pieces[k].n);
			n += talk->pieces[k].n;
		}
	while (lost.from + 5 <= n) {
		uint8_t is = stream[lost.from];
		lost.to = lost.from + 5 + (size_t)(stream[lost.from + 3] << 8 | stream[lost.from + 4]);
		if (times == 0 && is == type)
			return lost;
		times -= times > 0 && is == behind;
		lost.from = lost.to;
	}
	fail_msg("no such record");
	return lost;
}

static inline size_t up_to(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* The last talk with the whole key log, there or late, without this record. End with wire_free. */
static inline void play_without_when(const struct lost *lost, bool late, struct wire *wire)
{
	const struct taped_talk *talk = &taped.talk[taped.n - 1];
	size_t at = 0;
	wire_start(wire, span_of(taped.lines, late ? 0 : strlen(taped.lines)));
	wire->model->keys_may_come = late;
	wire_open(wire);
	for (size_t k = 0; k < talk->n_pieces; k++) {
		struct span piece = taped_piece(talk, k);
		uint8_t dir = talk->pieces[k].dir;
		size_t from = dir != lost->dir ? piece.n : up_to(piece.n, lost->from > at ? lost->from - at : 0);
		size_t to = dir != lost->dir ? piece.n : up_to(piece.n, lost->to > at ? lost->to - at : 0);
		wire_say(wire, dir, span_cut(piece, 0, from));
		wire->next[dir] += (uint32_t)(to - from);
		wire_say(wire, dir, span_cut(piece, to, SIZE_MAX));
		at += dir == lost->dir ? piece.n : 0;
	}
	wire_close(wire);
	if (late)
		analyze_secrets(wire->analyze, span_of(taped.lines, strlen(taped.lines)));
	wire_end(wire);
}

static inline void play_without(const struct lost *lost, struct wire *wire)
{
	play_without_when(lost, false, wire);
}

static inline bool has_step_of(const struct wire *wire, uint32_t id, enum step_kind kind, uint8_t dir,
                               unsigned times)
{
	const struct session *session = wire_session(wire, id);
	unsigned n = 0;
	for (uint32_t i = 0; i < session->n_steps; i++)
		n += session->steps[i].kind == kind && session->steps[i].dir == dir;
	return n == times;
}

/* Of the last session. */
static inline bool has_step(const struct wire *wire, enum step_kind kind, uint8_t dir, unsigned times)
{
	return has_step_of(wire, (uint32_t)taped.n, kind, dir, times);
}

/* ---- a renegotiation that nobody answers ---- */

/* The server asks, or the client begins and the other side does not hear it; then the server goes on. */
static inline void ask_in_vain(struct turn *turn, int from)
{
	uint8_t chunk[4096];
	assert_int_equal(SSL_renegotiate(turn->talk.ssl[from]), 1);
	SSL_do_handshake(turn->talk.ssl[from]);
	int n = BIO_read(SSL_get_wbio(turn->talk.ssl[from]), chunk, sizeof chunk);
	assert_true(n > 0);
	turn->talk.heard(turn->talk.ctx, from, span_of(chunk, (size_t)n));
	turn->talk.post[from] = (struct post){.count = 0};
	for (size_t i = 1; i < 4; i++)
		say(&turn->talk, SERVER, 100 * i);
}

/* The session is what it was: opened, whole, and resumed or not. */
static inline void check_answered(const char *what, bool resumed)
{
	for (int late = 0; late < 2; late++) {
		struct wire wire;
		struct session_decryption decryption;
		if (late)
			play_late(LIMIT_WAITING, &wire);
		else
			taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
		check_whole(what, &wire);
		const struct session *session = wire_session(&wire, (uint32_t)taped.n);
		session_decryption(wire.model, session, &decryption);
		if (decryption.state != DECRYPTION_DECRYPTED || decryption.missing != 0 ||
		    strstr(decryption.detail, "lacks") != NULL || session_resumed(session) != resumed ||
		    session_handshake(session) != HANDSHAKE_COMPLETE)
			fail_msg("%s%s: resumed %d instead of %d, %s", what, late ? ", late keys" : "",
			         session_resumed(session), resumed, decryption.detail);
		wire_free(&wire);
	}
}

static inline void check_unanswered(const int *versions, size_t n, const char *suite)
{
	for (size_t i = 0; i < 4 * n; i++) {
		struct turn turn;
		begin(&turn, versions[i / 4], suite);
		SSL_CTX_set_options(turn.setting.ctx[SERVER], SSL_OP_NO_TICKET);
		SSL_CTX_set_session_id_context(turn.setting.ctx[SERVER], (const unsigned char *)"x", 1);
		next(&turn);
		assert_true(shake_hands(&turn.talk));
		SSL_SESSION *session = i % 2 == 1 ? SSL_get1_session(turn.talk.ssl[CLIENT]) : NULL;
		if (session != NULL) {
			over(&turn);
			next(&turn);
			SSL_set_session(turn.talk.ssl[CLIENT], session);
			assert_true(shake_hands(&turn.talk));
		}
		say_some(&turn);
		ask_in_vain(&turn, i % 4 < 2 ? CLIENT : SERVER);
		taped_stop(&taped, &turn.talk);
		stop(&turn.talk);
		check_answered(i % 4 < 2 ? "client_hello" : "hello_request", session != NULL);
		SSL_SESSION_free(session);
		end(&turn);
	}
}

#endif
