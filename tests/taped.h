/*
 * Talks of tls_peers.h, taped as they pass and played through the whole analysis (wiretalk.h) with one set of
 * secrets after the other. Included after cmocka.
 */
#ifndef TESTS_TAPED_H
#define TESTS_TAPED_H

#include "analyzer/rsa_key.h"
#include "tests/opened.h"
#include "tests/tls_peers.h"
#include "tests/wiretalk.h"

#include <openssl/pem.h>
#include <unistd.h>

enum { TAPED_PIECES = 256, TAPED_TALKS = 2, TAPED_BYTES = 96 * 1024, TAPED_LINES = 2 * LOG_MAX };

/* What passed in a talk, and what its sides wrote. */
struct taped_talk {
	struct {
		uint8_t dir;
		size_t off, n;
	} pieces[TAPED_PIECES];
	size_t n_pieces;
	bool datagrams; /* each piece is one */
	uint8_t bytes[TAPED_BYTES];
	size_t n;
	struct heap text[2];
};

struct taped {
	struct taped_talk talk[TAPED_TALKS];
	size_t n;
	char lines[TAPED_LINES]; /* the key log of all of them */
};

static inline void taped_hear(void *ctx, int from, struct span bytes)
{
	struct taped_talk *talk = ctx;
	assert_true(talk->n_pieces < TAPED_PIECES && bytes.n <= TAPED_BYTES - talk->n);
	talk->pieces[talk->n_pieces].dir = (uint8_t)from;
	talk->pieces[talk->n_pieces].off = talk->n;
	talk->pieces[talk->n_pieces++].n = bytes.n;
	memcpy(&talk->bytes[talk->n], bytes.p, bytes.n);
	talk->n += bytes.n;
}

/* Begins to tape the next talk; in front of its handshake. */
static inline void taped_start(struct taped *taped, struct talk *talk)
{
	assert_true(taped->n < TAPED_TALKS);
	struct taped_talk *to = &taped->talk[taped->n++];
	to->n = to->n_pieces = 0;
	to->datagrams = is_dtls(talk->setting);
	talk->heard = taped_hear;
	talk->ctx = to;
}

/* The talk is over: its texts are taken over, its log is added to the lines. */
static inline void taped_stop(struct taped *taped, struct talk *talk)
{
	struct taped_talk *to = &taped->talk[taped->n - 1];
	size_t used = strlen(taped->lines);
	assert_true(used + talk->log.n < TAPED_LINES);
	memcpy(&taped->lines[used], talk->log.p, talk->log.n);
	taped->lines[used + talk->log.n] = '\0';
	for (int side = 0; side < 2; side++) {
		to->text[side] = talk->text[side];
		talk->text[side].p = NULL;
	}
}

static inline void taped_free(struct taped *taped)
{
	for (size_t i = 0; i < taped->n; i++)
		for (int side = 0; side < 2; side++)
			free(taped->talk[i].text[side].p);
	taped->n = 0;
	taped->lines[0] = '\0';
}

/* The RSA key of the peers as a file that options name. */
static inline void taped_write_key(char path[64], const EVP_PKEY *key)
{
	snprintf(path, 64, "/tmp/nmspscope-key-XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
}

static inline struct span taped_piece(const struct taped_talk *talk, size_t at)
{
	return span_of(&talk->bytes[talk->pieces[at].off], talk->pieces[at].n);
}

static inline void taped_say_datagrams(const struct taped_talk *talk, struct wire *wire)
{
	wire->port++;
	for (size_t k = 0; k < talk->n_pieces; k++)
		wire_datagram(wire, talk->pieces[k].dir, taped_piece(talk, k));
}

static inline void taped_say_stream(const struct taped_talk *talk, struct wire *wire)
{
	wire_open(wire);
	for (size_t k = 0; k < talk->n_pieces; k++)
		wire_say(wire, talk->pieces[k].dir, taped_piece(talk, k));
	wire_close(wire);
}

/* All talks, on a wire that was started. */
static inline void taped_say(const struct taped *taped, struct wire *wire)
{
	for (size_t i = 0; i < taped->n; i++)
		(taped->talk[i].datagrams ? taped_say_datagrams : taped_say_stream)(&taped->talk[i], wire);
}

/* Plays all talks. `key` is the path of an RSA key; NULL: none. End with wire_free. */
static inline void taped_play(const struct taped *taped, const char *lines, const char *key, size_t segment,
                              struct wire *wire)
{
	struct source source;
	struct err err;
	wire_start(wire, span_of(lines, strlen(lines)));
	wire->segment = segment;
	if (key != NULL) {
		wire->model->rsa_keys = rsa_keys_new();
		assert_int_equal(source_open(&source, key, &err), 0);
		assert_int_equal(rsa_keys_read(wire->model->rsa_keys, &source, &err), 0);
	}
	taped_say(taped, wire);
	wire_end(wire);
}

/* Every byte that was written came out, and nothing else. */
static inline bool taped_is_whole(const struct taped *taped)
{
	for (size_t i = 0; i < taped->n; i++)
		for (uint8_t side = 0; side < 2; side++) {
			const struct heap *text = &taped->talk[i].text[side];
			if (!span_equal(wire_plain((uint32_t)i + 1, side), span_of(text->p, text->n)))
				return false;
		}
	return true;
}

/* What the last session that was played says of its decryption. */
static inline const char *taped_detail(const struct taped *taped, const struct wire *wire)
{
	static struct session_decryption decryption;
	session_decryption(wire->model, wire_session(wire, (uint32_t)taped->n), &decryption);
	return decryption.detail;
}

#endif
