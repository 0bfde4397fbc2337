/*
 * A cell of the matrices: a suite in a version, whole or resumed, with encrypt_then_mac and
 * extended_master_secret or without. Each is a real session between OpenSSL's client and server, goes as
 * packets through the whole analysis with each kind of secret that it has, and must come out as exactly the
 * bytes that were sent. Included after cmocka.
 */
#ifndef TESTS_MATRIX_H
#define TESTS_MATRIX_H

#include "dissect/tls_names.h"
#include "tests/taped.h"

enum resumption { FULL, BY_SESSION_ID, BY_TICKET, BY_PSK, RESUMPTIONS };
enum secret { LOGGED, RSA_LINE, PREMASTER_LINE, RSA_KEY_FILE, SECRETS };

static const char *const resumption_names[RESUMPTIONS] = {"full", "session id", "ticket", "PSK"};
static const char *const secret_names[SECRETS] = {"key log", "RSA line", "PMS_CLIENT_RANDOM line", "RSA key"};

struct cell {
	struct setting setting;
	const SSL_CIPHER *cipher;
	enum resumption resumption;
	bool both; /* the session that is resumed is a cell as well */
};

static struct taped taped;
static SSL_CTX *contexts[2];
static char key_path[64];
static unsigned cells[RESUMPTIONS], plays[SECRETS];

static inline const char *version_of(const struct setting *setting)
{
	if (is_dtls(setting))
		return setting->version == DTLS1_VERSION ? "DTLSv1.0" : "DTLSv1.2";
	return tls_version_name((uint16_t)setting->version);
}

static inline const char *name_of(const struct cell *cell)
{
	static char text[200];
	snprintf(text, sizeof text, "%s %s, %s, EtM %s, EMS %s", SSL_CIPHER_get_name(cell->cipher),
	         version_of(&cell->setting), resumption_names[cell->resumption],
	         cell->setting.options & SSL_OP_NO_ENCRYPT_THEN_MAC ? "off" : "on",
	         cell->setting.options & SSL_OP_NO_EXTENDED_MASTER_SECRET ? "off" : "on");
	return text;
}

/* ---- making a cell ---------------------------------------------------------------------------------- */

static inline void make_contexts(const struct setting *setting)
{
	for (int side = 0; side < 2 && contexts[side] == NULL; side++) {
		contexts[side] = new_context(setting, side);
		SSL_CTX_set_session_id_context(contexts[side], (const unsigned char *)"matrix", 6);
	}
}

/* One talk; *session is resumed where it is not NULL, and becomes the one that was made. */
static inline bool tape_talk(struct cell *cell, SSL_SESSION **session)
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
static inline bool tape(struct cell *cell)
{
	SSL_SESSION *session = NULL;
	make_contexts(&cell->setting);
	memcpy(cell->setting.ctx, contexts, sizeof contexts);
	bool done = tape_talk(cell, &session);
	if (done && cell->resumption != FULL)
		done = tape_talk(cell, &session);
	SSL_SESSION_free(session);
	return done;
}

/* ---- its secrets ------------------------------------------------------------------------------------ */

/* The lines of the key log that begin with this label, or all others. */
static inline void pick_lines(const char *label, bool with, char lines[TAPED_LINES])
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
static inline void put_premaster(const char *hex, int n, char lines[TAPED_LINES])
{
	const char *first = strstr(taped.lines, "CLIENT_RANDOM ");
	assert_non_null(first);
	snprintf(lines, TAPED_LINES, "PMS_%.*s %.*s\n", (int)strlen("CLIENT_RANDOM ") + 2 * TLS_RANDOM, first,
	         n, hex);
}

/* RFC 4279 section 2: as many zeros as the key has bytes, and the key. */
static inline void put_psk_premaster(char lines[TAPED_LINES])
{
	char hex[2 * (2 + PSK_BYTES + 2 + PSK_BYTES) + 1] = "";
	for (size_t i = 0; i < 2 + PSK_BYTES + 2 + PSK_BYTES; i++) {
		bool zero = i < 2 + PSK_BYTES, length = i == 1 || i == 2 + PSK_BYTES + 1;
		snprintf(&hex[2 * i], 3, "%02x", length ? PSK_BYTES : zero || i == 2 + PSK_BYTES ? 0 : 7);
	}
	put_premaster(hex, (int)strlen(hex), lines);
}

/* False when a session of this cell has no such secret. */
static inline bool lines_of(const struct cell *cell, enum secret secret, char lines[TAPED_LINES])
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

static inline void play(const struct cell *cell)
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
		plays[secret] += cell->both ? 2 : 1;
	}
}

/* False when OpenSSL does not make it. */
static inline bool try(struct cell *cell)
{
	bool done = tape(cell);
	if (done) {
		play(cell);
		cells[cell->resumption]++;
		cells[FULL] += cell->both;
	}
	taped_free(&taped);
	return done;
}

/* Why libssl shakes no hands here, NULL when it should. */
static inline const char *excuse(const SSL_CIPHER *cipher)
{
	if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_srp)
		return "wants a table of SRP verifiers";
	if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_dss)
		return "wants a DSA certificate";
	return NULL;
}

/* Up to TLS 1.2, where libssl makes all of them. */
static inline void must_try(struct cell *cell, bool etm, bool ems)
{
	static const uint64_t options[RESUMPTIONS] = {[BY_SESSION_ID] = SSL_OP_NO_TICKET};
	cell->setting.options = options[cell->resumption] | (etm ? 0 : SSL_OP_NO_ENCRYPT_THEN_MAC) |
	                        (ems ? 0 : SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (!try(cell))
		fail_msg("%s: is not made", name_of(cell));
}

static inline void tell_cells(void)
{
	print_message("%u cells: %u full, %u resumed by session id, %u by ticket, %u by PSK\n",
	              cells[FULL] + cells[BY_SESSION_ID] + cells[BY_TICKET] + cells[BY_PSK], cells[FULL],
	              cells[BY_SESSION_ID], cells[BY_TICKET], cells[BY_PSK]);
	for (int i = 0; i < SECRETS; i++)
		print_message("%u of them decrypted by %s\n", plays[i], secret_names[i]);
}

static inline int matrix_set_up(void **state)
{
	(void)state;
	peers_set_up();
	taped_write_key(key_path, keys[0]);
	return 0;
}

static inline int matrix_tear_down(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++)
		SSL_CTX_free(contexts[side]);
	unlink(key_path);
	peers_tear_down();
	return 0;
}

#endif
