/*
 * A renegotiation of DTLS whose handshake messages come in fragments, and a key log that comes in front of any of its
 * datagrams, also between two fragments: nothing is given up, nothing is missing, and the sum of held bytes is right.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/analyze_parts.h"
#include "analyzer/tls_crypto.h"
#include "tests/dtls_tape.h"

static void tape_renegotiation(struct turn *turn)
{
	begin(turn, DTLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
	SSL_CTX_set_options(turn->setting.ctx[SERVER], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	turn->setting.mtu = 256;
	next(turn);
	assert_true(shake_hands(&turn->talk));
	tell(turn, CLIENT, 20);
	assert_int_equal(SSL_renegotiate(turn->talk.ssl[CLIENT]), 1);
	assert_true(shake_hands(&turn->talk));
	tell(turn, SERVER, 30);
	over(turn);
	find_texts();
}

static void check_in_front_of(size_t piece)
{
	struct span lines = span_of(taped.lines, strlen(taped.lines));
	struct wire wire;
	wire_start(&wire, span_of(NULL, 0));
	wire.model->keys_may_come = true;
	wire.port++;
	for (size_t k = 0; k < last_talk()->n_pieces; k++) {
		if (k == piece)
			analyze_secrets(wire.analyze, lines);
		say_piece(&unchanged, k, &wire);
	}
	const struct session_tcp *tcp = &wire_session(&wire, 1)->tcp;
	if (tcp->gaps[0] + tcp->gaps[1] > 0 || wire.analyze->flows.held_all > LIMIT_HELD_ALL)
		fail_msg("key log in front of datagram %zu of %zu: %u gaps, %zu bytes held in all", piece,
		         last_talk()->n_pieces, (unsigned)(tcp->gaps[0] + tcp->gaps[1]),
		         wire.analyze->flows.held_all);
	wire_end(&wire);
	assert_int_equal(wire.analyze->flows.held_all, 0);
	assert_true(came_out(CLIENT, NOWHERE, NOWHERE, NOWHERE) && came_out(SERVER, NOWHERE, NOWHERE, NOWHERE));
	wire_free(&wire);
}

static void key_log_between_fragments(void **state)
{
	(void)state;
	struct turn turn;
	tape_renegotiation(&turn);
	assert_true(last_talk()->n_pieces > 16); /* both flights of the server are in fragments */
	for (size_t piece = 0; piece < last_talk()->n_pieces; piece++)
		check_in_front_of(piece);
	end(&turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(key_log_between_fragments),
	};
	struct tls_providers *providers = tls_crypto_load();
	peers_set_up();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	peers_tear_down();
	tls_crypto_unload(providers);
	return failed;
}
