/*
 * The matrix: every suite of libssl in every version that has it, with encrypt_then_mac and
 * extended_master_secret and without, whole handshakes and resumed ones. Each cell is a real session between
 * OpenSSL's client and server, goes as packets through the whole analysis with each kind of secret that it
 * has, and must come out as exactly the bytes that were sent. Prints the number of cells, and what libssl
 * cannot make and why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/taped.h"
#include "tests/tls_shape.h"

enum resumption { FULL, BY_SESSION_ID, BY_TICKET, BY_PSK, RESUMPTIONS };
enum secret { LOGGED, RSA_LINE, PREMASTER_LINE, RSA_KEY_FILE, SECRETS };

static const char *const resumption_names[RESUMPTIONS] = {"full", "session id", "ticket", "PSK"};
static const char *const secret_names[SECRETS] = {"key log", "RSA line", "PMS_CLIENT_RANDOM line", "RSA key"};

struct cell {
	struct setting setting;
	const SSL_CIPHER *cipher;
	enum resumption resumption;
};

static struct taped taped;
static char key_path[64];
static unsigned cells[RESUMPTIONS], plays[SECRETS];

static const char *name_of(const struct cell *cell)
{
	static char text[200];
	snprintf(text, sizeof text, "%s %s, %s, EtM %s, EMS %s", SSL_CIPHER_get_name(cell->cipher),
	         tls_version_name((uint16_t)cell->setting.version), resumption_names[cell->resumption],
	         cell->setting.options & SSL_OP_NO_ENCRYPT_THEN_MAC ? "off" : "on",
	         cell->setting.options & SSL_OP_NO_EXTENDED_MASTER_SECRET ? "off" : "on");
	return text;
}

/* ---- making a cell ---------------------------------------------------------------------------------- */

static void make_contexts(struct cell *cell)
{
	for (int side = 0; side < 2; side++) {
		SSL_CTX *ctx = new_context(&cell->setting, side);
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"matrix", 6);
		cell->setting.ctx[side] = ctx;
	}
}

/* One talk; *session is resumed where it is not NULL, and becomes the one that was made. */
static bool tape_talk(struct cell *cell, SSL_SESSION **session)
{
	struct talk talk;
	start(&talk, &cell->setting);
	taped_start(&taped, &talk);
	if (*session != NULL)
		SSL_set_session(talk.ssl[CLIENT], *session);
	bool done = shake_hands(&talk);
	for (int i = 0; i < 2 && done; i++) {
		say(&talk, CLIENT, 5 + 300 * (size_t)i);
		say(&talk, SERVER, 1 + 700 * (size_t)i);
	}
	if (done && *session != NULL && SSL_session_reused(talk.ssl[CLIENT]) != 1)
		fail_msg("%s: is not resumed", name_of(cell));
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(talk.ssl[CLIENT]);
	for (int side = 0; side < 2 && done; side++) {
		SSL_shutdown(talk.ssl[side]);
		carry(&talk, side);
	}
	taped_stop(&taped, &talk);
	stop(&talk);
	return done;
}

/* False when OpenSSL does not shake hands in this setting. */
static bool tape(struct cell *cell)
{
	SSL_SESSION *session = NULL;
	make_contexts(cell);
	bool done = tape_talk(cell, &session);
	if (done && cell->resumption != FULL)
		done = tape_talk(cell, &session);
	SSL_SESSION_free(session);
	for (int side = 0; side < 2; side++) {
		SSL_CTX_free(cell->setting.ctx[side]);
		cell->setting.ctx[side] = NULL;
	}
	return done;
}

/* ---- its secrets ------------------------------------------------------------------------------------ */

/* The lines of the key log that begin with this label, or all others. */
static void pick_lines(const char *label, bool with, char lines[TAPED_LINES])
{
	size_t n = 0;
	for (const char *at = taped.lines, *end; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		if ((strncmp(at, label, strlen(label)) == 0) != with)
			continue;
		memcpy(&lines[n], at, (size_t)(end + 1 - at));
		n += (size_t)(end + 1 - at);
	}
	lines[n] = '\0';
}

/* A premaster secret in hex behind the client random of the first talk. */
static void put_premaster(const char *hex, int n, char lines[TAPED_LINES])
{
	const char *first = strstr(taped.lines, "CLIENT_RANDOM ");
	assert_non_null(first);
	snprintf(lines, TAPED_LINES, "PMS_%.*s %.*s\n", (int)strlen("CLIENT_RANDOM ") + 2 * TLS_RANDOM, first,
	         n, hex);
}

/* RFC 4279 section 2: as many zeros as the key has bytes, and the key. */
static void put_psk_premaster(char lines[TAPED_LINES])
{
	char hex[2 * (2 + PSK_BYTES + 2 + PSK_BYTES) + 1] = "";
	for (size_t i = 0; i < 2 + PSK_BYTES + 2 + PSK_BYTES; i++) {
		bool zero = i < 2 + PSK_BYTES, length = i == 1 || i == 2 + PSK_BYTES + 1;
		snprintf(&hex[2 * i], 3, "%02x", length ? PSK_BYTES : zero || i == 2 + PSK_BYTES ? 0 : 7);
	}
	put_premaster(hex, (int)strlen(hex), lines);
}

/* False when a session of this cell has no such secret. */
static bool lines_of(const struct cell *cell, enum secret secret, char lines[TAPED_LINES])
{
	int kx = SSL_CIPHER_get_kx_nid(cell->cipher);
	const char *rsa = strstr(taped.lines, "RSA ");
	lines[0] = '\0';
	switch (secret) {
	case LOGGED:
		pick_lines("RSA ", false, lines);
		return true;
	case RSA_LINE:
		pick_lines("RSA ", true, lines);
		return kx == NID_kx_rsa;
	case PREMASTER_LINE:
		if (kx == NID_kx_rsa)
			put_premaster(rsa + strlen("RSA ") + 17, 96, lines);
		else if (kx == NID_kx_psk)
			put_psk_premaster(lines);
		return kx == NID_kx_rsa || kx == NID_kx_psk;
	case RSA_KEY_FILE:
		return kx == NID_kx_rsa;
	case SECRETS:
		break;
	}
	return false;
}

static void play(const struct cell *cell)
{
	char lines[TAPED_LINES];
	for (enum secret secret = LOGGED; secret < SECRETS; secret++) {
		struct wire wire;
		if (!lines_of(cell, secret, lines))
			continue;
		taped_play(&taped, lines, secret == RSA_KEY_FILE ? key_path : NULL,
		           1 + (cells[FULL] * 37 + secret) % WIRE_SEGMENT, &wire);
		if (!taped_is_whole(&taped))
			fail_msg("%s, %s: other bytes than were sent: %s", name_of(cell),
			         secret_names[secret], taped_detail(&taped, &wire));
		wire_free(&wire);
		plays[secret]++;
	}
}

/* False when OpenSSL does not make it. */
static bool try(struct cell *cell)
{
	bool done = tape(cell);
	if (done) {
		play(cell);
		cells[cell->resumption]++;
	}
	taped_free(&taped);
	return done;
}

/* ---- all cells -------------------------------------------------------------------------------------- */

/* Why libssl shakes no hands here, NULL when it should. */
static const char *excuse(const SSL_CIPHER *cipher)
{
	if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_srp)
		return "wants a table of SRP verifiers";
	if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_dss)
		return "wants a DSA certificate";
	return NULL;
}

static void try_12(struct cell *cell, bool etm, bool ems)
{
	static const uint64_t options[RESUMPTIONS] = {[BY_SESSION_ID] = SSL_OP_NO_TICKET};
	for (cell->resumption = FULL; cell->resumption <= BY_TICKET; cell->resumption++) {
		cell->setting.options = options[cell->resumption] | (etm ? 0 : SSL_OP_NO_ENCRYPT_THEN_MAC) |
		                        (ems ? 0 : SSL_OP_NO_EXTENDED_MASTER_SECRET);
		if (!try(cell))
			fail_msg("%s: is not made", name_of(cell));
	}
}

static void suite_12(struct cell *cell)
{
	bool has_etm = !SSL_CIPHER_is_aead(cell->cipher);
	int first =
	    strcmp(SSL_CIPHER_get_version(cell->cipher), "TLSv1.2") == 0 ? TLS1_2_VERSION : TLS1_VERSION;
	for (cell->setting.version = first; cell->setting.version <= TLS1_2_VERSION; cell->setting.version++)
		for (int i = 0; i < 4; i++)
			if (i < 2 || has_etm)
				try_12(cell, i < 2, i % 2 == 0);
}

static void suite_13(struct cell *cell)
{
	cell->setting.version = TLS1_3_VERSION;
	for (int i = 0; i < 4; i++) {
		cell->resumption = i % 2 == 0 ? FULL : BY_PSK;
		cell->setting.padding = i >= 2;
		if (!try(cell))
			fail_msg("%s: is not made", name_of(cell));
	}
}

static void check_suite(const SSL_CIPHER *cipher)
{
	struct cell cell = {.cipher = cipher, .setting = {.cipher = SSL_CIPHER_get_protocol_id(cipher)}};
	const struct tls_suite *suite = tls_suite_find(cell.setting.cipher);
	cell.setting.name = SSL_CIPHER_get_name(cipher);
	if (suite == NULL)
		fail_msg("%s cannot be opened", cell.setting.name);
	if (excuse(cipher) != NULL)
		print_message("not made: %s %s\n", cell.setting.name, excuse(cipher));
	else if (tls_suite_is_13(suite))
		suite_13(&cell);
	else
		suite_12(&cell);
}

/* Rows that no suite of libssl stands for: test_tls_sealed.c makes their sessions by hand. */
static void tell_rest(const STACK_OF(SSL_CIPHER) * list)
{
	unsigned rest[SHAPE_PARTS] = {0};
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		bool there = tls_suite_find((uint16_t)id) == NULL;
		for (int i = 0; i < sk_SSL_CIPHER_num(list) && !there; i++)
			there = SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(list, i)) == id;
		for (size_t i = 0; i < SHAPE_PARTS && !there; i++)
			if (strstr(tls_cipher_name((uint16_t)id), shape_parts[i].part) != NULL) {
				rest[i]++;
				break;
			}
	}
	for (size_t i = 0; i < SHAPE_PARTS; i++)
		if (rest[i] > 0)
			print_message("not made: %u suites with %s: this libssl has none of them\n", rest[i],
			              shape_parts[i].part);
}

static void every_cell(void **state)
{
	(void)state;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
	assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	                                               "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
	                                               "TLS_AES_128_CCM_8_SHA256"),
	                 1);
	const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(list); i++)
		check_suite(sk_SSL_CIPHER_value(list, i));
	tell_rest(list);
	SSL_CTX_free(ctx);
	print_message("%u cells: %u full, %u resumed by session id, %u by ticket, %u by PSK\n",
	              cells[FULL] + cells[BY_SESSION_ID] + cells[BY_TICKET] + cells[BY_PSK], cells[FULL],
	              cells[BY_SESSION_ID], cells[BY_TICKET], cells[BY_PSK]);
	for (int i = 0; i < SECRETS; i++)
		print_message("%u of them decrypted by %s\n", plays[i], secret_names[i]);
	assert_true(cells[FULL] >= 700 && plays[RSA_KEY_FILE] >= 300 && plays[PREMASTER_LINE] >= 400);
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
	    cmocka_unit_test(every_cell),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);
	tls_crypto_unload(providers);
	return failed;
}
