/*
 * A connection whose records the test seals itself (tls_seal.h), a chunk a record: hellos, Finished messages,
 * and application data of both sides. Included after cmocka.
 */
#ifndef TESTS_TLS_SPOKEN_H
#define TESTS_TLS_SPOKEN_H

#include "tests/tls_seal.h"
#include "tests/wiretalk.h"

enum { RECORDS = 6, SPOKEN = 192 * 1024, CHUNKS = 1024, LINES = 1024 };

/* What both sides say, a chunk a record, and where protected records lie. */
struct chunk {
	uint8_t dir;
	size_t off, n; /* header included */
	bool sealed;
	size_t text_off, text_n; /* of its application data in the side's text */
};

struct spoken {
	uint8_t bytes[SPOKEN];
	size_t n;
	struct chunk chunks[CHUNKS];
	size_t n_chunks;
	uint8_t text[2][SPOKEN]; /* application data that each side sent */
	size_t text_n[2];
	char lines[LINES];
};

static inline void put_chunk(struct spoken *spoken, uint8_t dir, struct tls_record head, struct span body,
                             bool sealed)
{
	struct chunk *chunk = &spoken->chunks[spoken->n_chunks++];
	assert_true(spoken->n + TLS_RECORD_HEADER + body.n <= SPOKEN && spoken->n_chunks <= CHUNKS);
	*chunk =
	    (struct chunk){.dir = dir, .off = spoken->n, .n = TLS_RECORD_HEADER + body.n, .sealed = sealed};
	uint8_t *at = &spoken->bytes[spoken->n];
	at[0] = head.type;
	put(&at[1], head.version, 2);
	put(&at[3], body.n, 2);
	memcpy(&at[TLS_RECORD_HEADER], body.p, body.n);
	spoken->n += chunk->n;
}

/* A hello without session id; the server's has the suite alone, or what it chose. */
static inline void put_hello(struct spoken *spoken, const struct way *way, bool of_client)
{
	uint8_t text[128] = {of_client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO};
	uint16_t legacy = way->version == TLS_1_3 ? TLS_1_2 : way->version;
	size_t n = TLS_HANDSHAKE_HEADER, extensions;
	put(&text[n], legacy, 2);
	memcpy(&text[n + 2], of_client ? client_random : server_random, TLS_RANDOM);
	n += 2 + TLS_RANDOM + 1;
	if (of_client) {
		put(&text[n], 2, 2);
		n += 2;
	}
	put(&text[n], way->shape.id, 2);
	n += 2;
	if (of_client)
		text[n++] = 1;
	text[n++] = 0;
	extensions = n;
	n += 2;
	if (way->version == TLS_1_3) {
		put(&text[n], 0x002b, 2); /* supported_versions */
		put(&text[n + 2], of_client ? 3 : 2, 2);
		if (of_client)
			text[n + 4] = 2;
		put(&text[n + 4 + of_client], TLS_1_3, 2);
		n += 6 + of_client;
	} else if (way->etm) {
		put(&text[n], 0x0016, 2); /* encrypt_then_mac, empty */
		n += 4;
	}
	put(&text[extensions], n - extensions - 2, 2);
	put(&text[1], n - TLS_HANDSHAKE_HEADER, 3);
	put_chunk(spoken, !of_client, (struct tls_record){.type = TLS_HANDSHAKE, .version = legacy},
	          span_of(text, n), false);
}

static inline void put_sealed(struct spoken *spoken, struct sealer *sealer, uint8_t dir, uint8_t type,
                              struct span plain)
{
	struct tls_record head = head_of(&sealer->way, type);
	struct span body = seal(sealer, &head, plain, 0);
	put_chunk(spoken, dir, head, body, true);
	free((void *)(uintptr_t)body.p);
	if (type != TLS_APPLICATION_DATA)
		return;
	struct chunk *chunk = &spoken->chunks[spoken->n_chunks - 1];
	chunk->text_off = spoken->text_n[dir];
	chunk->text_n = plain.n;
	assert_true(spoken->text_n[dir] + plain.n <= SPOKEN);
	memcpy(&spoken->text[dir][spoken->text_n[dir]], plain.p, plain.n);
	spoken->text_n[dir] += plain.n;
}

static inline void put_line(struct spoken *spoken, const char *label, const uint8_t *secret, size_t n)
{
	size_t used = strlen(spoken->lines);
	used += (size_t)snprintf(&spoken->lines[used], LINES - used, "%s ", label);
	for (size_t i = 0; i < TLS_RANDOM; i++)
		used += (size_t)snprintf(&spoken->lines[used], LINES - used, "%02x", client_random[i]);
	spoken->lines[used++] = ' ';
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(&spoken->lines[used], LINES - used, "%02x", secret[i]);
	snprintf(&spoken->lines[used], LINES - used, "\n");
}

static inline void new_sealers(struct spoken *spoken, const struct way *way, struct sealer sealers[2],
                               unsigned phase)
{
	static const char *const labels[2][2] = {
	    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
	    {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}};
	for (unsigned dir = 0; dir < 2; dir++) {
		uint8_t secret[SECRET_MAX];
		size_t n = way->shape.tls13 ? (size_t)EVP_MD_get_size(way->shape.hash) : SECRET_MAX;
		memset(secret, (int)(0x21 + phase * 2 + (way->shape.tls13 ? dir : 0)), sizeof secret);
		sealers[dir] = (struct sealer){.way = *way};
		if (way->shape.tls13) {
			seal_with_13(&sealers[dir], span_of(secret, n));
			put_line(spoken, labels[phase][dir], secret, n);
			continue;
		}
		sealers[dir].mac = way->shape.mac != NULL ? (size_t)EVP_MD_get_size(way->shape.mac) : 0;
		seal_with_12(&sealers[dir], span_of(secret, n), dir == 0);
		if (dir == 0)
			put_line(spoken, "CLIENT_RANDOM", secret, n);
	}
}

static inline void put_finished(struct spoken *spoken, struct sealer sealers[2], bool change)
{
	static const uint8_t finished[TLS_HANDSHAKE_HEADER + 12] = {TLS_FINISHED, 0, 0, 12, 0xf1};
	for (uint8_t turn = 0; turn < 2; turn++) {
		uint8_t dir = change ? turn : turn ^ 1; /* in TLS 1.3 the server's comes first */
		struct tls_record head = head_of(&sealers[dir].way, TLS_CHANGE_CIPHER_SPEC);
		if (change)
			put_chunk(spoken, dir, head, span_of("\1", 1), false);
		put_sealed(spoken, &sealers[dir], dir, TLS_HANDSHAKE, span_of(finished, sizeof finished));
	}
}

/* Up to the application data, whose sealers are left behind. */
static inline struct spoken *speak_handshake(const struct way *way, struct sealer sealers[2])
{
	struct spoken *spoken = calloc(1, sizeof *spoken);
	assert_non_null(spoken);
	put_hello(spoken, way, true);
	put_hello(spoken, way, false);
	new_sealers(spoken, way, sealers, 0);
	put_finished(spoken, sealers, !way->shape.tls13);
	if (way->shape.tls13)
		new_sealers(spoken, way, sealers, 1);
	return spoken;
}

static inline struct spoken *speak(const struct way *way)
{
	static const size_t sizes[RECORDS] = {1, 0, 50, 333, 16, 900};
	struct sealer sealers[2];
	uint8_t text[1000];
	struct spoken *spoken = speak_handshake(way, sealers);
	for (size_t i = 0; i < RECORDS; i++)
		for (uint8_t dir = 0; dir < 2; dir++) {
			for (size_t k = 0; k < sizes[i]; k++)
				text[k] = (uint8_t)(k * 7 + i * 31 + dir);
			put_sealed(spoken, &sealers[dir], dir, TLS_APPLICATION_DATA, span_of(text, sizes[i]));
		}
	return spoken;
}

static inline void say_all(struct wire *wire, const struct spoken *spoken, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		wire_say(wire, spoken->chunks[i].dir,
		         span_of(&spoken->bytes[spoken->chunks[i].off], spoken->chunks[i].n));
}

static inline const char *name_of(const struct way *way)
{
	static char text[128];
	snprintf(text, sizeof text, "%s %s%s", tls_version_name(way->version), tls_cipher_name(way->shape.id),
	         way->etm ? " encrypt-then-MAC" : "");
	return text;
}

#endif
