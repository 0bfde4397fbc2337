/*
 * Sessions of OpenSSL's two sides from which one record behind the server_hello is missing: full and resumed
 * handshakes, client certificates, renegotiation, KeyUpdate. All that follows is decrypted, with keys that
 * are there and keys that come late; of TLS 1.0 CBC without one record more.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/taped.h"

enum { RECORDS_MAX = 256 };
#define THERE SIZE_MAX /* the key log, from the start on */

static struct taped taped;

/* A record of the talk that is played last. */
struct part {
	uint8_t dir, type, hello; /* hello: handshake type when it is a plain one */
	size_t off, n;
	bool sealed, last; /* protected; the last one that its keys protect */
};

struct parts {
	struct part list[RECORDS_MAX];
	size_t n;
	bool chained; /* CBC of TLS 1.0 */
};
static struct parts parts;

/* The next one of the same direction, NULL behind the last one. */
static const struct part *part_behind(size_t at)
{
	for (size_t i = at + 1; i < parts.n; i++)
		if (parts.list[i].dir == parts.list[at].dir)
			return &parts.list[i];
	return NULL;
}

static void find_parts(int version, bool chained)
{
	const struct taped_talk *talk = &taped.talk[taped.n - 1];
	bool secret[2] = {false, false};
	parts = (struct parts){.chained = chained};
	for (size_t i = 0; i < talk->n_pieces; i++)
		for (size_t at = 0; at < talk->pieces[i].n;) {
			struct tls_record head;
			struct span rest =
			    span_of(&talk->bytes[talk->pieces[i].off + at], talk->pieces[i].n - at);
			uint8_t dir = talk->pieces[i].dir;
			assert_int_equal(tls_record_head(rest, &head), CUT_OK);
			assert_true(parts.n < RECORDS_MAX);
			struct part *part = &parts.list[parts.n++];
			*part = (struct part){.dir = dir,
			                      .type = head.type,
			                      .off = talk->pieces[i].off + at,
			                      .n = TLS_RECORD_HEADER + (size_t)head.length};
			bool change = head.type == TLS_CHANGE_CIPHER_SPEC;
			part->sealed = head.type == TLS_APPLICATION_DATA || (secret[dir] && !change);
			if (!part->sealed && head.type == TLS_HANDSHAKE)
				part->hello = rest.p[TLS_RECORD_HEADER];
			secret[dir] = secret[dir] || (change && version != TLS1_3_VERSION);
			at += part->n;
		}
	for (size_t i = 0; i < parts.n; i++) {
		const struct part *next = part_behind(i);
		parts.list[i].last = parts.list[i].sealed && (next == NULL || next->type == TLS_CHANGE_CIPHER_SPEC);
	}
}

/* Without the part with this number; SIZE_MAX: all. The key log is there, or comes in front of part `late`. */
static void play(struct wire *wire, size_t missing, size_t late)
{
	struct span lines = span_of(taped.lines, strlen(taped.lines));
	wire_start(wire, late != THERE ? span_of(NULL, 0) : lines);
	wire->model->keys_may_come = late != THERE;
	for (size_t i = 0; i + 1 < taped.n; i++) {
		const struct taped_talk *talk = &taped.talk[i];
		wire_open(wire);
		for (size_t k = 0; k < talk->n_pieces; k++)
			wire_say(wire, talk->pieces[k].dir,
			         span_of(&talk->bytes[talk->pieces[k].off], talk->pieces[k].n));
		wire_close(wire);
	}
	wire_open(wire);
	for (size_t i = 0; i < parts.n; i++) {
		const struct part *part = &parts.list[i];
		if (i == late)
			analyze_secrets(wire->analyze, lines);
		if (i == missing)
			wire->next[part->dir] += (uint32_t)part->n;
		else
			wire_say(wire, part->dir,
			         span_of(&taped.talk[taped.n - 1].bytes[part->off], part->n));
	}
	wire_close(wire);
	if (late == parts.n)
		analyze_secrets(wire->analyze, lines);
	wire_end(wire);
}

/* What came out is what was written, but for at most one piece. */
static bool lacks_one_piece(struct span came, struct span text)
{
	size_t front = 0, back = 0;
	while (front < came.n && front < text.n && came.p[front] == text.p[front])
		front++;
	while (back + front < came.n && came.p[came.n - 1 - back] == text.p[text.n - 1 - back])
		back++;
	return came.n <= text.n && front + back == came.n;
}

static void check_part(const char *what, size_t missing, size_t late, const uint64_t whole[2])
{
	const struct part *part = &parts.list[missing];
	struct wire wire;
	play(&wire, missing, late);
	const struct session *session = wire_session(&wire, (uint32_t)taped.n);
	const struct session_tls *tls = &session->tls;
	for (uint8_t dir = 0; dir < 2; dir++) {
		const struct heap *text = &taped.talk[taped.n - 1].text[dir];
		uint64_t gone = dir != part->dir || !part->sealed ? 0 : parts.chained && !part->last ? 2 : 1;
		struct span came = wire_plain((uint32_t)taped.n, dir);
		bool all = gone == 0 || part->type != TLS_APPLICATION_DATA;
		if (tls->opened[dir] != whole[dir] - gone || tls->refused[dir] > 0 ||
		    !lacks_one_piece(came, span_of(text->p, text->n)) ||
		    (all && !parts.chained && tls->version != TLS_1_3 && came.n != text->n))
			fail_msg("%s, key log in front of %zu, without record %zu of %zu (direction %u, type %u): direction %u "
			         "opened %u of %u, "
			         "%u refused, %zu bytes of %zu: %s",
			         what, late, missing, parts.n, part->dir, part->type,
			         dir, (unsigned)tls->opened[dir], (unsigned)whole[dir],
			         (unsigned)tls->refused[dir], came.n, text->n, taped_detail(&taped, &wire));
	}
	wire_free(&wire);
}

static bool is_hello(const struct part *part)
{
	return part->hello == TLS_CLIENT_HELLO || part->hello == TLS_SERVER_HELLO;
}

/* Of TLS 1.0 CBC without the record in front of a protected one, too. */
static bool loses_hello(size_t missing)
{
	const struct part *part = &parts.list[missing], *next = part_behind(missing);
	return is_hello(part) || (parts.chained && part->sealed && next != NULL && is_hello(next));
}

/* How much is opened of all. */
static void check_all(const char *what, uint64_t whole[2])
{
	struct wire wire;
	play(&wire, SIZE_MAX, THERE);
	if (!taped_is_whole(&taped))
		fail_msg("%s: %s", what, taped_detail(&taped, &wire));
	memcpy(whole, wire_session(&wire, (uint32_t)taped.n)->tls.opened, 2 * sizeof whole[0]);
	wire_free(&wire);
}

static void check_each(const char *what)
{
	uint64_t whole[2];
	check_all(what, whole);
	bool begun = false;
	for (size_t i = 0; i < parts.n; i++) {
		if (begun && !loses_hello(i))
			for (int late = 0; late < 2; late++)
				check_part(what, i, late == 1 ? parts.n : THERE, whole);
		begun = begun || parts.list[i].hello == TLS_SERVER_HELLO;
	}
}

/* ---- talks ------------------------------------------------------------------------------------------ */

struct turn {
	struct setting setting;
	struct talk talk;
};

static void begin(struct turn *turn, int version, const char *name)
{
	*turn = (struct turn){.setting = {.version = version, .name = name}};
	for (int side = 0; side < 2; side++)
		turn->setting.ctx[side] = new_context(&turn->setting, side);
}

static void next(struct turn *turn, SSL_SESSION *resumed)
{
	start(&turn->talk, &turn->setting);
	taped_start(&taped, &turn->talk);
	if (resumed != NULL)
		SSL_set_session(turn->talk.ssl[CLIENT], resumed);
	assert_true(shake_hands(&turn->talk));
}

static void say_some(struct turn *turn)
{
	for (size_t i = 0; i < 2; i++) {
		say(&turn->talk, CLIENT, 10 + 400 * i);
		say(&turn->talk, SERVER, 20 + 900 * i);
	}
}

static void over(struct turn *turn)
{
	taped_stop(&taped, &turn->talk);
	stop(&turn->talk);
}

static void end(struct turn *turn)
{
	for (int side = 0; side < 2; side++)
		SSL_CTX_free(turn->setting.ctx[side]);
	taped_free(&taped);
}

static const struct {
	int version;
	const char *suite;
	bool chained;
} rows[] = {
    {TLS1_VERSION, "AES128-SHA", true},
    {TLS1_VERSION, "ECDHE-RSA-AES256-SHA", true},
    {TLS1_1_VERSION, "DHE-RSA-AES128-SHA", false},
    {TLS1_2_VERSION, "AES256-SHA256", false},
    {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", false},
    {TLS1_2_VERSION, "AES128-CCM8", false},
    {TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", false},
    {TLS1_2_VERSION, "ECDHE-RSA-CAMELLIA128-SHA256", false},
    {TLS1_2_VERSION, "NULL-SHA256", false},
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", false},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", false},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void full(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (int etm = 0; etm < 2; etm++) {
			struct turn turn;
			begin(&turn, rows[i].version, rows[i].suite);
			for (int side = 0; side < 2 && etm == 0; side++)
				SSL_CTX_set_options(turn.setting.ctx[side], SSL_OP_NO_ENCRYPT_THEN_MAC);
			next(&turn, NULL);
			say_some(&turn);
			over(&turn);
			find_parts(rows[i].version, rows[i].chained);
			check_each(rows[i].suite);
			end(&turn);
		}
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static void with_certificates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i += 3) {
		struct turn turn;
		if (strcmp(rows[i].suite, "NULL-SHA256") == 0)
			continue;
		begin(&turn, rows[i].version, rows[i].suite);
		SSL_CTX_set_verify(turn.setting.ctx[SERVER], SSL_VERIFY_PEER, accept_any);
		SSL_CTX_use_certificate(turn.setting.ctx[CLIENT], certificates[0]);
		SSL_CTX_use_PrivateKey(turn.setting.ctx[CLIENT], keys[0]);
		next(&turn, NULL);
		say_some(&turn);
		over(&turn);
		find_parts(rows[i].version, rows[i].chained);
		check_each("client certificate");
		end(&turn);
	}
}

/* By ticket, and up to TLS 1.2 by session id. */
static void resumed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (int ticket = 0; ticket < 2; ticket++) {
			struct turn turn;
			begin(&turn, rows[i].version, rows[i].suite);
			if (ticket == 0 && rows[i].version == TLS1_3_VERSION) {
				end(&turn);
				continue;
			}
			if (ticket == 0)
				SSL_CTX_set_options(turn.setting.ctx[SERVER], SSL_OP_NO_TICKET);
			SSL_CTX_set_session_id_context(turn.setting.ctx[SERVER], (const unsigned char *)"x",
			                               1);
			next(&turn, NULL);
			say_some(&turn);
			SSL_SESSION *session = SSL_get1_session(turn.talk.ssl[CLIENT]);
			SSL_shutdown(turn.talk.ssl[CLIENT]);
			SSL_shutdown(turn.talk.ssl[SERVER]);
			over(&turn);
			next(&turn, session);
			assert_true(SSL_session_reused(turn.talk.ssl[SERVER]));
			say_some(&turn);
			over(&turn);
			SSL_SESSION_free(session);
			find_parts(rows[i].version, rows[i].chained);
			check_each("resumed");
			end(&turn);
		}
}

/* Without a hello of its own a handshake has no keys that anybody knows. */
static void leave_out_hellos(void)
{
	unsigned handshake[2] = {0, 0};
	for (size_t i = 0; i < parts.n; i++) {
		struct part *part = &parts.list[i];
		if (part->sealed && part->type == TLS_HANDSHAKE && ++handshake[part->dir] == 2)
			part->hello = part->dir == 0 ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO;
	}
}

/* The client begins it; behind the Finished message each side's first handshake record is its hello. */
static void tape_renegotiation(struct turn *turn, size_t row)
{
	begin(turn, rows[row].version, rows[row].suite);
	SSL_CTX_set_options(turn->setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	next(turn, NULL);
	say_some(turn);
	assert_int_equal(SSL_renegotiate(turn->talk.ssl[CLIENT]), 1);
	assert_true(shake_hands(&turn->talk));
	say_some(turn);
	over(turn);
	find_parts(rows[row].version, rows[row].chained);
	leave_out_hellos();
}

/* What stays closed for want of a hello is told so, and no damage that is not there. */
static void check_lost_hellos(const char *what)
{
	unsigned hellos = 0;
	for (size_t i = 0; i < parts.n; i++) {
		struct wire wire;
		char says[80];
		if (!parts.list[i].sealed || parts.list[i].hello == 0)
			continue;
		hellos++;
		snprintf(says, sizeof says, "closed, with keys of a renegotiation whose %s_hello is missing",
		         parts.list[i].hello == TLS_CLIENT_HELLO ? "client" : "server");
		play(&wire, i, THERE);
		const char *detail = taped_detail(&taped, &wire);
		if (strstr(detail, says) == NULL || strstr(detail, "damage") != NULL)
			fail_msg("%s without record %zu: %s", what, i, detail);
		wire_free(&wire);
	}
	assert_int_equal(hellos, 2);
}

static void renegotiation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct turn turn;
		if (rows[i].version == TLS1_3_VERSION)
			continue;
		tape_renegotiation(&turn, i);
		check_each("renegotiation");
		check_lost_hellos(rows[i].suite);
		end(&turn);
	}
}

/* A Finished message is lost, and the key log comes at any time: between it and the renegotiation, and within that. */
static void renegotiation_behind_a_lost_finished(void **state)
{
	(void)state;
	static const size_t chosen[] = {0, 4};
	for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
		struct turn turn;
		uint64_t whole[2];
		unsigned lost = 0;
		tape_renegotiation(&turn, chosen[i]);
		check_all(rows[chosen[i]].suite, whole);
		for (size_t part = 0; part < parts.n; part++) {
			if (!parts.list[part].sealed || parts.list[part].type != TLS_HANDSHAKE || loses_hello(part))
				continue;
			for (size_t late = 0; late <= parts.n; late++)
				check_part(rows[chosen[i]].suite, part, late, whole);
			lost++;
		}
		assert_true(lost >= 4); /* two of each side, and more of the renegotiation */
		end(&turn);
	}
}

/* One bit of a byte of a part: this record is refused, and all others are opened. */
static void check_flip(const char *what, size_t part, size_t byte, uint64_t whole)
{
	struct wire wire;
	uint8_t *flipped = &taped.talk[taped.n - 1].bytes[parts.list[part].off + byte];
	*flipped ^= 1;
	play(&wire, SIZE_MAX, THERE);
	*flipped ^= 1;
	const struct session_tls *tls = &wire_session(&wire, (uint32_t)taped.n)->tls;
	if (tls->refused[0] + tls->refused[1] != 1 || tls->opened[0] + tls->opened[1] + 1 != whole)
		fail_msg("%s, byte %zu of record %zu: %s", what, byte, part, taped_detail(&taped, &wire));
	wire_free(&wire);
}

/* Also where it changed the keys; of the application's also in its type, which then is that of a handshake. */
static void check_flips(const char *what)
{
	uint64_t whole[2];
	bool begun = false;
	check_all(what, whole);
	for (size_t i = 0; i < parts.n; i++) {
		begun = begun || parts.list[i].hello == TLS_SERVER_HELLO;
		if (!begun || parts.list[i].type != TLS_APPLICATION_DATA)
			continue;
		check_flip(what, i, parts.list[i].n - 1, whole[0] + whole[1]);
		if (i >= parts.n / 2)
			check_flip(what, i, 0, whole[0] + whole[1]);
	}
	assert_true(begun);
}

static void key_updates(void **state)
{
	(void)state;
	struct turn turn;
	begin(&turn, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
	next(&turn, NULL);
	for (int i = 0; i < 3; i++) {
		say_some(&turn);
		SSL_key_update(turn.talk.ssl[i % 2],
		               i < 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
	}
	say_some(&turn);
	over(&turn);
	find_parts(TLS1_3_VERSION, false);
	check_each("KeyUpdate");
	check_flips("KeyUpdate");
	end(&turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(full),
	    cmocka_unit_test(with_certificates),
	    cmocka_unit_test(resumed),
	    cmocka_unit_test(renegotiation_behind_a_lost_finished),
	    cmocka_unit_test(renegotiation),
	    cmocka_unit_test(key_updates),
	};
	struct tls_providers *providers = tls_crypto_load();
	peers_set_up();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	peers_tear_down();
	tls_crypto_unload(providers);
	return failed;
}
