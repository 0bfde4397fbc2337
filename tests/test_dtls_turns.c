/*
 * What happens to datagrams of DTLS on their way, and in sessions beside a plain handshake: each a real
 * session of OpenSSL's two sides through the whole analysis. One bit flipped in each protected record; each
 * datagram behind the server_hello lost; renegotiation, with datagrams lost and in another order; and an RSA
 * key in place of a key log.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/dtls_tape.h"

static char key_path[64];

static void tell_some(struct turn *turn)
{
	for (size_t i = 0; i < 2; i++) {
		tell(turn, CLIENT, 10 + 400 * i);
		tell(turn, SERVER, 21 + 900 * i);
	}
}

static void finish(struct turn *turn)
{
	over(turn);
	find_texts();
}

static uint64_t both(const uint64_t counts[2])
{
	return counts[0] + counts[1];
}

/* ---- every kind of cipher -------------------------------------------------------------------------------
 */

static void tape_plain(struct turn *turn, const struct setting *setting)
{
	begin(turn, setting->version, setting->name);
	turn->setting.options = setting->options;
	turn->setting.mtu = setting->mtu;
	next(turn);
	assert_true(shake_hands(&turn->talk));
	tell_some(turn);
	finish(turn);
}

/* The first suite of each cipher and MAC, as far as certificates or pre-shared keys are there. */
static void for_every_kind(int version, void (*check)(const struct setting *))
{
	struct setting setting = {.version = version, .name = "ALL:COMPLEMENTOFALL:!aDSS:!SRP"};
	SSL_CTX *ctx = new_context(&setting, CLIENT);
	SSL *ssl = SSL_new(ctx);
	set_up_side(ssl, &setting, CLIENT);
	STACK_OF(SSL_CIPHER) *list = SSL_get1_supported_ciphers(ssl);
	unsigned kinds = 0;
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *own = sk_SSL_CIPHER_value(list, i), *other = own;
		for (int k = 0; k < i && other == own; k++) {
			const SSL_CIPHER *before = sk_SSL_CIPHER_value(list, k);
			if (SSL_CIPHER_get_cipher_nid(before) == SSL_CIPHER_get_cipher_nid(own) &&
			    SSL_CIPHER_get_digest_nid(before) == SSL_CIPHER_get_digest_nid(own))
				other = before;
		}
		if (other != own)
			continue;
		setting.name = SSL_CIPHER_get_name(own);
		setting.mtu = kinds++ % 2 == 0 ? MTU_LOWEST : 0;
		setting.options = 0;
		check(&setting);
		setting.options = SSL_OP_NO_ENCRYPT_THEN_MAC;
		if (!SSL_CIPHER_is_aead(own) && version == DTLS1_2_VERSION)
			check(&setting);
	}
	print_message("%u kinds of ciphers\n", kinds);
	assert_true(kinds >= 5);
	sk_SSL_CIPHER_free(list);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void flip_one(const struct setting *setting, size_t piece, const struct dtls_record *record, size_t at,
                     uint64_t whole)
{
	struct edit edit = unchanged;
	struct wire wire;
	edit.flipped = piece;
	edit.at = (size_t)(record->bytes.p - taped_piece(last_talk(), piece).p) + at;
	play_edited(&edit, false, &wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	const char *detail = taped_detail(&taped, &wire);
	if (both(tls->refused) != 1 || both(tls->opened) != whole - 1 || !came_out(0, piece, NOWHERE, 0) ||
	    !came_out(1, piece, NOWHERE, 0) || strstr(detail, "1 record was refused") == NULL)
		fail_msg("%s, byte %zu of datagram %zu: %u refused, %u of %u opened: %s", setting->name,
		         edit.at, piece, (unsigned)both(tls->refused), (unsigned)both(tls->opened),
		         (unsigned)whole, detail);
	wire_free(&wire);
}

static void flip_each(const struct setting *setting)
{
	struct turn turn;
	struct wire wire;
	tape_plain(&turn, setting);
	play_edited(&unchanged, false, &wire);
	uint64_t whole = both(wire_session(&wire, 1)->tls.opened);
	wire_free(&wire);
	unsigned kinds = 0;
	for (size_t i = 0; i < last_talk()->n_pieces; i++) {
		struct rd r = rd_of(taped_piece(last_talk(), i));
		struct dtls_record record;
		while (rd_more(&r) && dtls_next(&r, 0, &record) == DTLS_RECORD) {
			if (record.epoch == 0 || (kinds & 1u << record.type) != 0)
				continue;
			kinds |= 1u << record.type; /* the first of its kind */
			flip_one(setting, i, &record, DTLS_RECORD_HEADER, whole);
			flip_one(setting, i, &record, record.bytes.n / 2, whole);
			flip_one(setting, i, &record, record.bytes.n - 1, whole);
		}
	}
	assert_int_equal(kinds, 1u << TLS_HANDSHAKE | 1u << TLS_APPLICATION_DATA | 1u << TLS_ALERT);
	end(&turn);
}

static void flipped_bits(void **state)
{
	(void)state;
	for_every_kind(DTLS1_VERSION, flip_each);
	for_every_kind(DTLS1_2_VERSION, flip_each);
}

/* The first datagram behind the one that holds the server_hello. */
static size_t behind_server_hello(void)
{
	for (size_t i = 0; i < last_talk()->n_pieces; i++)
		if (last_talk()->pieces[i].dir == SERVER &&
		    record_of(i).bytes.p[DTLS_RECORD_HEADER] == TLS_SERVER_HELLO)
			return i + 1;
	fail();
	return 0;
}

static void lose_one(const char *what, size_t lost, bool late)
{
	struct edit edit = unchanged;
	struct wire wire;
	edit.lost = lost;
	play_edited(&edit, late, &wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	if (both(tls->refused) != 0 || !came_out(0, lost, NOWHERE, 0) || !came_out(1, lost, NOWHERE, 0))
		fail_msg("%s%s without datagram %zu of %zu: %u refused: %s", what, late ? ", late keys," : "",
		         lost, last_talk()->n_pieces, (unsigned)both(tls->refused),
		         taped_detail(&taped, &wire));
	wire_free(&wire);
}

static void lose_each(const struct setting *setting)
{
	struct turn turn;
	tape_plain(&turn, setting);
	for (size_t i = behind_server_hello(); i < last_talk()->n_pieces; i++)
		lose_one(setting->name, i, i % 2 == 0);
	end(&turn);
}

static void lost_datagrams(void **state)
{
	(void)state;
	for_every_kind(DTLS1_VERSION, lose_each);
	for_every_kind(DTLS1_2_VERSION, lose_each);
}

/* ---- renegotiation --------------------------------------------------------------------------------------
 */

static const struct {
	int version;
	const char *suite;
} rows[] = {{DTLS1_VERSION, "AES128-SHA"},
            {DTLS1_VERSION, "ECDHE-RSA-AES256-SHA"},
            {DTLS1_2_VERSION, "AES256-SHA256"},
            {DTLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"}};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The datagrams with which the next handshakes begin. */
static size_t marks[2];

/* The client begins, then the server asks for it. */
static void tape_renegotiation(struct turn *turn, size_t row)
{
	begin(turn, rows[row].version, rows[row].suite);
	SSL_CTX_set_options(turn->setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	tell_some(turn);
	for (int i = 0; i < 2; i++) {
		marks[i] = last_talk()->n_pieces;
		assert_int_equal(SSL_renegotiate(turn->talk.ssl[i]), 1);
		assert_true(shake_hands(&turn->talk));
		tell_some(turn);
	}
	finish(turn);
}

static void renegotiation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct turn turn;
		struct wire wire;
		tape_renegotiation(&turn, i);
		is_whole(rows[i].suite);
		play_edited(&unchanged, false, &wire);
		assert_true(has_step(&wire, STEP_CLIENT_HELLO, 0, 3) &&
		            has_step(&wire, STEP_SERVER_HELLO, 1, 3) &&
		            has_step(&wire, STEP_FINISHED, 0, 3) && has_step(&wire, STEP_FINISHED, 1, 3) &&
		            has_step(&wire, STEP_HELLO_REQUEST, 1, 1) &&
		            has_step(&wire, STEP_CHANGE_CIPHER_SPEC, 0, 3) &&
		            has_step(&wire, STEP_CHANGE_CIPHER_SPEC, 1, 3));
		wire_free(&wire);
		end(&turn);
	}
}

/* Without a hello nobody knows the keys that it agreed on: their records stay closed, and are not refused. */
static bool lacks_a_hello(size_t lost, bool late)
{
	struct edit edit = unchanged;
	struct wire wire;
	edit.lost = lost;
	play_edited(&edit, late, &wire);
	bool fewer = !has_step(&wire, STEP_CLIENT_HELLO, 0, 3) || !has_step(&wire, STEP_SERVER_HELLO, 1, 3);
	uint64_t refused = both(wire_session(&wire, 1)->tls.refused);
	if (refused != 0)
		fail_msg("%swithout datagram %zu of %zu: %u refused: %s", late ? "late keys, " : "", lost,
		         last_talk()->n_pieces, (unsigned)refused, taped_detail(&taped, &wire));
	wire_free(&wire);
	return fewer;
}

static void renegotiation_with_lost_datagrams(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row++) {
		struct turn turn;
		unsigned hellos = 0;
		tape_renegotiation(&turn, row);
		for (size_t i = behind_server_hello(); i < last_talk()->n_pieces; i++) {
			bool late = (i + row) % 2 == 0;
			hellos += lacks_a_hello(i, false);
			if (!lacks_a_hello(i, late))
				lose_one(rows[row].suite, i, late);
		}
		assert_int_equal(hellos, 4);
		end(&turn);
	}
}

/* The client begins both times, and nothing stands between the handshakes. */
static void tape_handshakes(struct turn *turn, size_t row)
{
	begin(turn, rows[row].version, rows[row].suite);
	SSL_CTX_set_options(turn->setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	next(turn);
	assert_true(shake_hands(&turn->talk));
	for (int i = 0; i < 2; i++) {
		marks[i] = last_talk()->n_pieces;
		assert_int_equal(SSL_renegotiate(turn->talk.ssl[CLIENT]), 1);
		assert_true(shake_hands(&turn->talk));
	}
	tell_some(turn);
	finish(turn);
}

/* The next handshake's client_hello is read in front of the first record that has the server's keys. */
static void handshakes_behind_a_lost_datagram(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row++) {
		struct turn turn;
		unsigned hellos = 0;
		tape_handshakes(&turn, row);
		assert_int_equal(last_talk()->pieces[marks[0] - 1].dir, SERVER);
		for (size_t i = marks[0] - 1; i < last_talk()->n_pieces; i++)
			for (int late = 0; late < 2; late++) {
				bool lacks = lacks_a_hello(i, late);
				hellos += lacks;
				if (!lacks)
					lose_one(rows[row].suite, i, late);
			}
		assert_int_equal(hellos, 2 * 4);
		end(&turn);
	}
}

static void move_one(size_t row, size_t from, size_t behind, int64_t pause, bool late)
{
	const struct edit edit = {
	    .lost = NOWHERE, .flipped = NOWHERE, .moved = from, .behind = behind, .pause = pause};
	struct wire wire;
	play_edited(&edit, late, &wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	size_t moved = pause > 0 ? from : NOWHERE; /* else it is still waited for */
	if (both(tls->refused) != 0 || !came_out(0, NOWHERE, moved, behind) ||
	    !came_out(1, NOWHERE, moved, behind) || !has_step(&wire, STEP_FINISHED, 0, 3) ||
	    !has_step(&wire, STEP_FINISHED, 1, 3) || !has_step(&wire, STEP_CLIENT_HELLO, 0, 3) ||
	    !has_step(&wire, STEP_SERVER_HELLO, 1, 3))
		fail_msg("%s%s: datagram %zu behind %zu of %zu%s: %u refused, %zu and %zu bytes: %s",
		         rows[row].suite, late ? ", late keys" : "", from, behind, last_talk()->n_pieces,
		         pause > 0 ? " and a pause" : "", (unsigned)both(tls->refused), wire_plain(1, 0).n,
		         wire_plain(1, 1).n, taped_detail(&taped, &wire));
	wire_free(&wire);
}

/* Data of the keys before, behind data of the next ones: waited for, and, behind a pause, opened all the
 * same. */
static void data_that_comes_behind_other_keys(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row++) {
		struct turn turn;
		tape_renegotiation(&turn, row);
		const size_t next_mark[] = {marks[1], last_talk()->n_pieces - 2};
		for (size_t i = 0; i < 2; i++)
			for (size_t k = 1; k <= 4; k++) {
				size_t from = marks[i] - k, behind = next_mark[i] - 3;
				assert_true(texts.of[from].n > 0);
				move_one(row, from, behind, 0, k % 2 == 0);
				move_one(row, from, behind, 3 * NS_PER_S, k % 2 == 0);
			}
		end(&turn);
	}
}

/* Each datagram of a renegotiation behind the one, two or three that come next, of whichever side. */
static void a_renegotiation_in_another_order(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row += ROWS - 1) {
		struct turn turn;
		tape_renegotiation(&turn, row);
		for (size_t i = marks[0]; i + 3 < last_talk()->n_pieces; i++)
			for (size_t far = 1; far <= 3; far++)
				move_one(row, i, i + far, 0, (i + far) % 2 == 0);
		end(&turn);
	}
}

static void handshakes_in_another_order(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row += ROWS - 1) {
		struct turn turn;
		tape_handshakes(&turn, row);
		for (size_t i = marks[0] - 2; i + 3 < last_talk()->n_pieces; i++)
			for (size_t far = 1; far <= 3; far++) {
				move_one(row, i, i + far, 0, false);
				move_one(row, i, i + far, 0, true);
			}
		end(&turn);
	}
}

/* The datagram as a host sends it again: its protected records have other numbers. */
static bool say_changes_again(size_t piece, uint8_t further, struct wire *wire)
{
	static uint8_t bytes[TAPED_BYTES];
	struct span own = taped_piece(last_talk(), piece);
	struct rd r = rd_of(own);
	struct dtls_record record;
	bool changes = false;
	memcpy(bytes, own.p, own.n);
	while (rd_more(&r) && dtls_next(&r, 0, &record) == DTLS_RECORD) {
		bytes[(size_t)(record.bytes.p - own.p) + DTLS_RECORD_HEADER - 3] += further; /* its number's last byte */
		changes = changes || (record.epoch > 0 && record.type == TLS_CHANGE_CIPHER_SPEC);
	}
	if (changes)
		wire_datagram(wire, last_talk()->pieces[piece].dir, span_of(bytes, own.n));
	return changes;
}

/* Right behind it and at the end, where nobody can read it. */
static void a_change_sent_again(void **state)
{
	(void)state;
	struct turn turn;
	struct wire wire;
	unsigned changes = 0;
	tape_renegotiation(&turn, ROWS - 1);
	wire_start(&wire, span_of(NULL, 0));
	wire.port++;
	for (size_t k = 0; k < last_talk()->n_pieces; k++) {
		say_piece(&unchanged, k, &wire);
		changes += say_changes_again(k, 20, &wire);
	}
	for (size_t k = 0; k < last_talk()->n_pieces; k++)
		say_changes_again(k, 40, &wire);
	wire_end(&wire);
	assert_int_equal(changes, 4);
	for (uint8_t dir = 0; dir < 2; dir++)
		assert_true(has_step_of(&wire, 1, STEP_CHANGE_CIPHER_SPEC, dir, 3));
	wire_free(&wire);
	end(&turn);
}

/* ---- asked for, and not answered ------------------------------------------------------------------------
 */

static void unanswered(void **state)
{
	(void)state;
	static const int versions[] = {DTLS1_VERSION, DTLS1_2_VERSION};
	check_unanswered(versions, 2, "ECDHE-RSA-AES128-SHA");
}

/* ---- an RSA key -----------------------------------------------------------------------------------------
 */

/* Whole, resumed and renegotiated in one capture: there is a client_key_exchange in each but the resumed one.
 */
static void with_an_rsa_key(void **state)
{
	(void)state;
	static const int versions[] = {DTLS1_VERSION, DTLS1_2_VERSION};
	for (size_t i = 0; i < 4; i++) {
		struct turn turn;
		struct wire wire;
		begin(&turn, versions[i / 2], "AES128-SHA");
		for (int side = 0; side < 2; side++)
			SSL_CTX_set_options(turn.setting.ctx[side], SSL_OP_ALLOW_CLIENT_RENEGOTIATION |
			                                                (i % 2 == 0 ? SSL_OP_NO_TICKET : 0));
		SSL_CTX_set_session_id_context(turn.setting.ctx[SERVER], (const unsigned char *)"x", 1);
		next(&turn);
		assert_true(shake_hands(&turn.talk));
		say_some(&turn);
		SSL_SESSION *session = SSL_get1_session(turn.talk.ssl[CLIENT]);
		over(&turn);
		next(&turn);
		SSL_set_session(turn.talk.ssl[CLIENT], session);
		assert_true(shake_hands(&turn.talk) && SSL_session_reused(turn.talk.ssl[CLIENT]));
		say_some(&turn);
		assert_int_equal(SSL_renegotiate(turn.talk.ssl[CLIENT]), 1);
		assert_true(shake_hands(&turn.talk));
		say_some(&turn);
		over(&turn);
		taped_play(&taped, "", key_path, WIRE_SEGMENT, &wire);
		check_whole("RSA key", &wire);
		assert_int_equal(wire_session(&wire, 1)->tls.secret_source, TLS_SECRET_RSA_KEY);
		assert_int_equal(wire_session(&wire, 2)->tls.secret_source, TLS_SECRET_RSA_KEY);
		wire_free(&wire);
		SSL_SESSION_free(session);
		end(&turn);
	}
}

static int set_up(void **state)
{
	(void)state;
	peers_set_up();
	taped_write_key(key_path, keys[0]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(key_path);
	peers_tear_down();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flipped_bits),
	    cmocka_unit_test(lost_datagrams),
	    cmocka_unit_test(renegotiation),
	    cmocka_unit_test(renegotiation_with_lost_datagrams),
	    cmocka_unit_test(data_that_comes_behind_other_keys),
	    cmocka_unit_test(a_renegotiation_in_another_order),
	    cmocka_unit_test(handshakes_behind_a_lost_datagram),
	    cmocka_unit_test(handshakes_in_another_order),
	    cmocka_unit_test(a_change_sent_again),
	    cmocka_unit_test(unanswered),
	    cmocka_unit_test(with_an_rsa_key),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
