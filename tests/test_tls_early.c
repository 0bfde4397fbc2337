/*
 * Early data of TLS 1.3 (RFC 8446 section 4.2.10), each session a real one of OpenSSL's two sides through the
 * whole analysis: taken, rejected, without its secret, with a secret that comes late, with little room to
 * wait.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/session_nmsp.h"
#include "analyzer/tls_crypto.h"
#include "tests/nmsptalk.h"
#include "tests/turns.h"

/* A session that may be resumed with early data. */
static SSL_SESSION *first_talk(struct turn *turn)
{
	begin(turn, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
	SSL_CTX_set_max_early_data(turn->setting.ctx[SERVER], 16384);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	SSL_SESSION *session = SSL_get1_session(turn->talk.ssl[CLIENT]);
	over(turn);
	return session;
}

/* The same early data in three records, and the handshake. `read`: the server takes it. */
static void begin_early(struct turn *turn, SSL_SESSION *session, struct span early, bool read)
{
	static uint8_t got[400];
	size_t n = 0;
	struct talk *talk = &turn->talk;
	next(turn);
	SSL_set_session(talk->ssl[CLIENT], session);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_write_early_data(talk->ssl[CLIENT], early.p, early.n, &n), 1);
		heap_add(&talk->text[CLIENT], early);
	}
	uint8_t chunk[4096];
	int sent = BIO_read(SSL_get_wbio(talk->ssl[CLIENT]), chunk, sizeof chunk);
	assert_true(sent > 0);
	talk->heard(talk->ctx, CLIENT, span_of(chunk, (size_t)sent));
	BIO_write(SSL_get_rbio(talk->ssl[SERVER]), chunk, sent);
	while (read &&
	       SSL_read_early_data(talk->ssl[SERVER], got, sizeof got, &n) == SSL_READ_EARLY_DATA_SUCCESS)
		continue;
	assert_true(shake_hands(talk));
	assert_int_equal(SSL_get_early_data_status(talk->ssl[CLIENT]),
	                 read ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_REJECTED);
}

static void talk_early(struct turn *turn, SSL_SESSION *session, bool read)
{
	static const uint8_t early[300] = {1, 2, 3};
	begin_early(turn, session, span_of(early, sizeof early), read);
	say_some(turn);
	over(turn);
}

static void early_data(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	is_whole("early data");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_END_OF_EARLY_DATA, 0, 1));
	assert_true(has_step(&wire, STEP_FINISHED, 0, 1) && has_step(&wire, STEP_FINISHED, 1, 1));
	assert_int_equal(wire_session(&wire, 2)->tls.early_opened, 4); /* with end_of_early_data */
	wire_free(&wire);
	SSL_SESSION_free(session);
	end(&turn);
}

/* The rest of the session is opened all the same. */
static void early_data_without_its_secret(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	char *line = strstr(taped.lines, "CLIENT_EARLY_TRAFFIC_SECRET");
	assert_non_null(line);
	line[0] = '#';
	for (int late = 0; late < 2; late++) {
		struct wire wire;
		if (late)
			play_late(LIMIT_WAITING, &wire);
		else
			taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
		const struct session_tls *tls = &wire_session(&wire, 2)->tls;
		struct heap *text = &taped.talk[1].text[CLIENT];
		assert_true(span_equal(wire_plain(2, CLIENT), span_of(&text->p[900], text->n - 900)));
		assert_true(tls->early_closed == 4 && tls->early_opened == 0);
		assert_int_equal(tls->refused[0] + tls->refused[1], 0);
		assert_non_null(
		    strstr(taped_detail(&taped, &wire), "the key log lacks CLIENT_EARLY_TRAFFIC_SECRET"));
		wire_free(&wire);
	}
	SSL_SESSION_free(session);
	end(&turn);
}

/* Little room to wait: what falls out is counted, and what is left is opened with its own numbers. */
static void early_data_that_falls_out(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	uint64_t fell = 0, opened = 0;
	for (size_t room = 400; room <= 8000; room += 400) {
		struct wire wire;
		play_late(room, &wire);
		const struct session_tls *tls = &wire_session(&wire, 2)->tls;
		struct heap *text = &taped.talk[1].text[CLIENT];
		struct span came = wire_plain(2, CLIENT);
		assert_int_equal(tls->refused[CLIENT], 0);
		assert_true(came.n <= text->n);
		assert_true(span_equal(came, span_of(&text->p[text->n - came.n], came.n)));
		fell += tls->passed[CLIENT];
		opened += tls->early_opened;
		wire_free(&wire);
	}
	assert_true(fell > 0 && opened > 0);
	SSL_SESSION_free(session);
	end(&turn);
}

/* ---- its secret comes late, and the others do not ---- */

/* When the secret of early data comes in the second talk. */
struct late {
	size_t others; /* the other secrets come in front of this piece */
	size_t pause;  /* two seconds pass in front of this one; none = they do not */
	size_t secret; /* the secret of early data comes in front of this one */
};

/* The line of early data goes to `line`, the others stay in the log. */
static void part_lines(char others[TAPED_LINES], char line[256])
{
	const char *at = strstr(taped.lines, "CLIENT_EARLY_TRAFFIC_SECRET");
	assert_non_null(at);
	size_t n = strcspn(at, "\n") + 1, before = (size_t)(at - taped.lines);
	assert_true(n < 256);
	snprintf(line, 256, "%.*s", (int)n, at);
	snprintf(others, TAPED_LINES, "%.*s%s", (int)before, taped.lines, at + n);
}

static void play_in_turn(const struct late *late, struct wire *wire)
{
	static char others[TAPED_LINES], line[256];
	const struct taped_talk *talk = &taped.talk[1];
	part_lines(others, line);
	wire_start(wire, span_of(NULL, 0));
	wire->model->keys_may_come = true;
	wire_open(wire);
	for (size_t k = 0; k <= talk->n_pieces; k++) {
		if (k == late->others)
			analyze_secrets(wire->analyze, span_of(others, strlen(others)));
		if (k == late->pause)
			wire->now += 2 * NS_PER_S;
		if (k == late->secret)
			analyze_secrets(wire->analyze, span_of(line, strlen(line)));
		if (k < talk->n_pieces)
			wire_say(wire, talk->pieces[k].dir,
			         span_of(&talk->bytes[talk->pieces[k].off], talk->pieces[k].n));
	}
	wire_close(wire);
	wire_end(wire);
}

static void check_opened(const struct late *late, const struct wire *wire)
{
	struct session_decryption decryption;
	const struct session *session = wire_session(wire, 1);
	const struct session_tls *tls = &session->tls;
	session_decryption(wire->model, session, &decryption);
	if (tls->refused[0] + tls->refused[1] + tls->passed[0] + tls->passed[1] > 0 ||
	    tls->early_opened != 4 || tls->early_closed != 0 || strstr(decryption.detail, "lacks") != NULL ||
	    !span_equal(wire_plain(1, SERVER),
	                span_of(taped.talk[1].text[SERVER].p, taped.talk[1].text[SERVER].n)))
		fail_msg("others in front of %zu, pause %zu, secret %zu: %s", late->others, late->pause,
		         late->secret, decryption.detail);
	assert_true(has_step_of(wire, 1, STEP_END_OF_EARLY_DATA, 0, 1));
}

/* Within the time for which the order is kept all is as if the secret had been there. */
static void early_data_whose_secret_is_late(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	const struct heap *text = &taped.talk[1].text[CLIENT];
	struct late late = {.pause = SIZE_MAX};
	size_t pieces = taped.talk[1].n_pieces;
	for (late.others = 0; late.others <= pieces; late.others++)
		for (late.secret = 0; late.secret <= pieces; late.secret++) {
			struct wire wire;
			play_in_turn(&late, &wire);
			check_opened(&late, &wire);
			assert_true(span_equal(wire_plain(1, CLIENT), span_of(text->p, text->n)));
			assert_int_equal(wire_session(&wire, 1)->nmsp->gaps[CLIENT], 0);
			wire_free(&wire);
		}
	SSL_SESSION_free(session);
	end(&turn);
}

/* Is `plain` the text with its first bytes, the early data, in another place? */
static bool is_moved(struct span plain, const struct heap *text)
{
	enum { EARLY = 900 };
	size_t at = 0;
	if (plain.n != text->n)
		return false;
	while (at < text->n - EARLY && plain.p[at] == text->p[EARLY + at])
		at++;
	for (; at + 1 > 0; at--) /* the text behind it may begin as the early data does */
		if (memcmp(&plain.p[at], text->p, EARLY) == 0 &&
		    memcmp(&plain.p[at + EARLY], &text->p[EARLY + at], text->n - EARLY - at) == 0)
			return true;
	return false;
}

/* Later than that it is read behind what followed it, between gaps. */
static void early_data_whose_secret_is_too_late(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	const struct heap *text = &taped.talk[1].text[CLIENT];
	size_t pieces = taped.talk[1].n_pieces, moved = 0;
	struct late late = {.others = 0};
	for (late.pause = 2; late.pause < pieces; late.pause++)
		for (late.secret = late.pause + 1; late.secret <= pieces; late.secret++) {
			struct wire wire;
			play_in_turn(&late, &wire);
			check_opened(&late, &wire);
			struct span plain = wire_plain(1, CLIENT);
			assert_true(is_moved(plain, text));
			bool whole = span_equal(plain, span_of(text->p, text->n));
			assert_int_equal(wire_session(&wire, 1)->nmsp->gaps[CLIENT] > 0, !whole);
			moved += !whole;
			wire_free(&wire);
		}
	assert_true(moved > pieces);
	SSL_SESSION_free(session);
	end(&turn);
}

/* Messages of NMSP that do not end where records do: none is broken by what is read behind it. */
static void messages_in_early_data(void **state)
{
	enum { MESSAGE = 100, MESSAGES = 6, RECORD = 150 };
	(void)state;
	static struct nmsptalk stream;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	stream.n = 0;
	for (size_t i = 0; i < MESSAGES; i++)
		nmsptalk_bulk(&stream, 16, MESSAGE);
	begin_early(&turn, session, span_of(stream.bytes, MESSAGE), true);
	for (size_t at = 0; at < stream.n; at += RECORD) {
		assert_int_equal(SSL_write(turn.talk.ssl[CLIENT], &stream.bytes[at], RECORD), RECORD);
		carry(&turn.talk, CLIENT);
	}
	over(&turn);
	struct late late = {.pause = 2};
	for (late.secret = 3; late.secret <= taped.talk[1].n_pieces; late.secret++) {
		struct wire wire;
		play_in_turn(&late, &wire);
		const struct session_nmsp *nmsp = wire_session(&wire, 1)->nmsp;
		if (nmsp->messages[CLIENT] != 3 + MESSAGES || nmsp->malformed + nmsp->lost[CLIENT] > 0)
			fail_msg("secret in front of piece %zu: %u messages", late.secret,
			         (unsigned)nmsp->messages[CLIENT]);
		wire_free(&wire);
	}
	SSL_SESSION_free(session);
	end(&turn);
}

/* The server wants another group, and the second hello comes in the clear behind the early data. */
static void early_data_that_is_rejected(void **state)
{
	(void)state;
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	SSL_CTX_set1_groups_list(turn.setting.ctx[SERVER], "P-384");
	SSL_CTX_set1_groups_list(turn.setting.ctx[CLIENT], "P-256:P-384");
	talk_early(&turn, session, false);
	is_whole("rejected early data");
	struct wire wire;
	taped_play(&taped, taped.lines, NULL, WIRE_SEGMENT, &wire);
	assert_true(has_step(&wire, STEP_CLIENT_HELLO, 0, 2) &&
	            has_step(&wire, STEP_HELLO_RETRY_REQUEST, 1, 1));
	wire_free(&wire);
	SSL_SESSION_free(session);
	end(&turn);
}

/* Without records number `first` to `last` of the early data, of which the fourth one is end_of_early_data. */
static void check_gap(unsigned first, unsigned last, bool late)
{
	const struct taped_talk *talk = &taped.talk[1];
	struct wire wire;
	struct lost lost = lost_record(talk, CLIENT, TLS_APPLICATION_DATA, TLS_APPLICATION_DATA, first);
	lost.to = lost_record(talk, CLIENT, TLS_APPLICATION_DATA, TLS_APPLICATION_DATA, last).to;
	play_without_when(&lost, late, &wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	struct span plain = wire_plain(1, CLIENT);
	unsigned n = last + 1 - first, messages = last < 3 ? n : n - 1;
	if (tls->early_opened != 4 - n || tls->early_closed > 0 || tls->behind_gap[CLIENT] > 0 ||
	    tls->refused[CLIENT] > 0 || plain.n + 300 * messages != talk->text[CLIENT].n ||
	    (last < 3 && tls->lost_to_gaps[CLIENT] != n))
		fail_msg("%u to %u lost%s: %u opened, %u lost, %s", first, last, late ? ", late keys" : "",
		         (unsigned)tls->early_opened, (unsigned)tls->lost_to_gaps[CLIENT],
		         taped_detail(&taped, &wire));
	wire_free(&wire);
}

/* Behind a gap the number of a record of early data is found, also where none came in front of it. */
static void early_data_with_a_gap(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	struct session_decryption decryption;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	for (unsigned first = 0; first < 4; first++)
		for (unsigned last = first; last < 4; last++)
			for (int late = 0; late < 2; late++)
				check_gap(first, last, late == 1);
	struct lost lost = lost_record(&taped.talk[1], SERVER, TLS_HANDSHAKE, 0, 0);
	play_without(&lost, &wire);
	session_decryption(wire.model, wire_session(&wire, 1), &decryption);
	if (decryption.data_opened != 3 || strstr(decryption.detail, "lacks") != NULL ||
	    strstr(decryption.detail, "; the server_hello is not in the capture") == NULL)
		fail_msg("%s", decryption.detail);
	wire_free(&wire);
	SSL_SESSION_free(session);
	end(&turn);
}

/* ---- no other secret than its own ---- */

/* The server's flight comes in front of the early data. */
static void play_answered_early(const char *lines, bool late, struct wire *wire)
{
	const struct taped_talk *talk = &taped.talk[1];
	const struct lost hello = lost_record(talk, CLIENT, TLS_HANDSHAKE, 0, 0);
	struct span first = taped_piece(talk, 0);
	size_t k = 1;
	wire_start(wire, late ? span_of(NULL, 0) : span_of(lines, strlen(lines)));
	wire->model->keys_may_come = late;
	wire_open(wire);
	assert_true(talk->pieces[0].dir == CLIENT && hello.to < first.n);
	wire_say(wire, CLIENT, span_cut(first, 0, hello.to));
	for (; talk->pieces[k].dir == SERVER; k++)
		wire_say(wire, SERVER, taped_piece(talk, k));
	wire_say(wire, CLIENT, span_cut(first, hello.to, SIZE_MAX));
	for (; k < talk->n_pieces; k++)
		wire_say(wire, talk->pieces[k].dir, taped_piece(talk, k));
	if (late)
		analyze_secrets(wire->analyze, span_of(lines, strlen(lines)));
	wire_close(wire);
	wire_end(wire);
}

/* Early data behind the server_hello is opened, and of the client's other records those whose secret is there.
 */
static void early_data_without_the_handshake(void **state)
{
	(void)state;
	static char others[TAPED_LINES], lines[TAPED_LINES], early[256];
	struct turn turn;
	SSL_SESSION *session = first_talk(&turn);
	talk_early(&turn, session, true);
	part_lines(others, early);
	const char *traffic = strstr(strstr(others, "CLIENT_TRAFFIC_SECRET_0") + 1, "CLIENT_TRAFFIC_SECRET_0");
	assert_non_null(traffic);
	const struct heap *text = &taped.talk[1].text[CLIENT];
	for (int i = 0; i < 6; i++) {
		bool late = i % 2 == 1, own = i < 4, more = i >= 2;
		struct wire wire;
		struct session_decryption decryption;
		snprintf(lines, sizeof lines, "%s%.*s\n", own ? early : "", more ? (int)strcspn(traffic, "\n") : 0,
		         traffic);
		play_answered_early(lines, late, &wire);
		const struct session *played = wire_session(&wire, 1);
		size_t from = own ? 0 : 900, to = more ? text->n : 900;
		session_decryption(wire.model, played, &decryption);
		if (!span_equal(wire_plain(1, CLIENT), span_of(&text->p[from], to - from)) ||
		    strstr(decryption.detail, own && more ? "6 application records opened, "
		                                          : "3 application records opened, ") == NULL ||
		    strstr(decryption.detail, "; the key log lacks ") == NULL ||
		    (strstr(decryption.detail, "CLIENT_EARLY_TRAFFIC_SECRET") == NULL) != own)
			fail_msg("%d: %s", i, decryption.detail);
		assert_int_equal(played->tls.refused[0] + played->tls.refused[1], 0);
		assert_int_equal(played->tls.early_opened, own ? 4 : 0);
		assert_true(!own || played->tls.early_closed == 0);
		assert_true(has_step_of(&wire, 1, STEP_END_OF_EARLY_DATA, 0, own));
		wire_free(&wire);
	}
	SSL_SESSION_free(session);
	end(&turn);
}

static int set_up(void **state)
{
	(void)state;
	peers_set_up();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peers_tear_down();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(early_data),
	    cmocka_unit_test(early_data_without_its_secret),
	    cmocka_unit_test(early_data_that_falls_out),
	    cmocka_unit_test(early_data_whose_secret_is_late),
	    cmocka_unit_test(early_data_with_a_gap),
	    cmocka_unit_test(early_data_whose_secret_is_too_late),
	    cmocka_unit_test(messages_in_early_data),
	    cmocka_unit_test(early_data_without_the_handshake),
	    cmocka_unit_test(early_data_that_is_rejected),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
