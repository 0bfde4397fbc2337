/*
 * Every suite in every version that has it, through the whole analysis: a connection whose records the test
 * seals itself (tls_seal.h), also with ciphers that no libssl offers any more. Whole, with each record
 * flipped, with secrets that come late, and with records that passed before them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/tls_seal.h"
#include "tests/wiretalk.h"

enum { RECORDS = 6, SPOKEN = 64 * 1024, LINES = 1024 };

/* What both sides say, a chunk a record, and where protected records lie. */
struct chunk {
	uint8_t dir;
	size_t off, n; /* header included */
	bool sealed;
};

struct spoken {
	uint8_t bytes[SPOKEN];
	size_t n;
	struct chunk chunks[4 * RECORDS + 16];
	size_t n_chunks;
	uint8_t text[2][SPOKEN]; /* application data that each side sent */
	size_t text_n[2];
	char lines[LINES];
};

static void put_chunk(struct spoken *spoken, uint8_t dir, struct tls_record head, struct span body,
                      bool sealed)
{
	struct chunk *chunk = &spoken->chunks[spoken->n_chunks++];
	assert_true(spoken->n + TLS_RECORD_HEADER + body.n <= SPOKEN);
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
static void put_hello(struct spoken *spoken, const struct way *way, bool of_client)
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

static void put_sealed(struct spoken *spoken, struct sealer *sealer, uint8_t dir, uint8_t type,
                       struct span plain)
{
	struct tls_record head = head_of(&sealer->way, type);
	struct span body = seal(sealer, &head, plain, 0);
	put_chunk(spoken, dir, head, body, true);
	free((void *)(uintptr_t)body.p);
	if (type != TLS_APPLICATION_DATA)
		return;
	memcpy(&spoken->text[dir][spoken->text_n[dir]], plain.p, plain.n);
	spoken->text_n[dir] += plain.n;
}

static void put_line(struct spoken *spoken, const char *label, const uint8_t *secret, size_t n)
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

static void new_sealers(struct spoken *spoken, const struct way *way, struct sealer sealers[2],
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

static void put_finished(struct spoken *spoken, struct sealer sealers[2], bool change)
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

static struct spoken *speak(const struct way *way)
{
	static const size_t sizes[RECORDS] = {1, 0, 50, 333, 16, 900};
	struct spoken *spoken = calloc(1, sizeof *spoken);
	struct sealer sealers[2];
	uint8_t text[1000];
	assert_non_null(spoken);
	put_hello(spoken, way, true);
	put_hello(spoken, way, false);
	new_sealers(spoken, way, sealers, 0);
	put_finished(spoken, sealers, !way->shape.tls13);
	if (way->shape.tls13)
		new_sealers(spoken, way, sealers, 1);
	for (size_t i = 0; i < RECORDS; i++)
		for (uint8_t dir = 0; dir < 2; dir++) {
			for (size_t k = 0; k < sizes[i]; k++)
				text[k] = (uint8_t)(k * 7 + i * 31 + dir);
			put_sealed(spoken, &sealers[dir], dir, TLS_APPLICATION_DATA, span_of(text, sizes[i]));
		}
	return spoken;
}

static void say_all(struct wire *wire, const struct spoken *spoken, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		wire_say(wire, spoken->chunks[i].dir,
		         span_of(&spoken->bytes[spoken->chunks[i].off], spoken->chunks[i].n));
}

static const char *name_of(const struct way *way)
{
	static char text[128];
	snprintf(text, sizeof text, "%s %s%s", tls_version_name(way->version), tls_cipher_name(way->shape.id),
	         way->etm ? " encrypt-then-MAC" : "");
	return text;
}

static void is_whole(const struct way *way, const struct spoken *spoken, const struct wire *wire)
{
	const struct session_tls *tls = &wire_session(wire, 1)->tls;
	for (uint8_t dir = 0; dir < 2; dir++)
		if (!span_equal(wire_plain(1, dir), span_of(spoken->text[dir], spoken->text_n[dir])))
			fail_msg("%s: other bytes than were sent", name_of(way));
	assert_int_equal(tls->refused[0] + tls->refused[1], 0);
	assert_int_equal(tls->opened_data[0] + tls->opened_data[1], 2 * RECORDS);
}

static unsigned cells;

/* In segments of any size. */
static void whole(const struct way *way)
{
	struct spoken *spoken = speak(way);
	struct wire wire;
	wire_start(&wire, span_of(spoken->lines, strlen(spoken->lines)));
	wire.segment = 1 + cells % 977;
	wire_open(&wire);
	say_all(&wire, spoken, 0, spoken->n_chunks);
	wire_end(&wire);
	is_whole(way, spoken, &wire);
	wire_free(&wire);
	free(spoken);
	cells++;
}

static void every_suite(void **state)
{
	(void)state;
	for_every_way(whole);
	print_message("%u cells: suites and versions\n", cells);
	assert_true(cells > 700);
}

/* The secrets come behind everything. */
static void late(const struct way *way)
{
	struct spoken *spoken = speak(way);
	struct wire wire;
	wire_start(&wire, span_of(NULL, 0));
	wire.model->keys_may_come = true;
	wire_open(&wire);
	say_all(&wire, spoken, 0, spoken->n_chunks);
	analyze_secrets(wire.analyze, span_of(spoken->lines, strlen(spoken->lines)));
	wire_end(&wire);
	is_whole(way, spoken, &wire);
	wire_free(&wire);
	free(spoken);
}

static void late_secrets(void **state)
{
	(void)state;
	for_every_kind(late);
}

/* The secrets come behind records that did not wait for them: number and key stream go on behind these. */
static void passed(const struct way *way)
{
	if (way->shape.tls13)
		return; /* where its keys change, nobody knows then */
	struct spoken *spoken = speak(way);
	struct wire wire;
	size_t half = spoken->n_chunks - RECORDS;
	wire_start(&wire, span_of(NULL, 0));
	wire_open(&wire);
	say_all(&wire, spoken, 0, half);
	keylog_parse(wire.model->keylog, span_of(spoken->lines, strlen(spoken->lines)));
	say_all(&wire, spoken, half, spoken->n_chunks);
	wire_end(&wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	/* CBC of TLS 1.0 gives up a record of each side: the block in front of it passed, too */
	bool chained = way->version == TLS_1_0 && way->shape.mode == CBC;
	if (tls->opened_data[0] + tls->opened_data[1] != RECORDS - (chained ? 2 : 0) ||
	    tls->refused[0] + tls->refused[1] != 0)
		fail_msg("%s: %u opened, %u refused", name_of(way),
		         (unsigned)(tls->opened_data[0] + tls->opened_data[1]),
		         (unsigned)(tls->refused[0] + tls->refused[1]));
	wire_free(&wire);
	free(spoken);
}

static void records_that_passed(void **state)
{
	(void)state;
	for_every_kind(passed);
}

/* As in test_flipped_bits.c: two records only in CBC of TLS 1.0. */
static unsigned spoiled(const struct way *way, const struct spoken *spoken, size_t at, size_t off)
{
	const struct chunk *chunk = &spoken->chunks[at];
	bool last = true;
	for (size_t i = at + 1; i < spoken->n_chunks; i++)
		last = last && spoken->chunks[i].dir != chunk->dir;
	bool chained = way->version == TLS_1_0 && way->shape.mode == CBC && !last;
	return chained && (way->etm || off + way->shape.block >= chunk->n) ? 2 : 1;
}

static void flip_one(const struct way *way, struct spoken *spoken, size_t at, size_t off)
{
	const struct chunk *chunk = &spoken->chunks[at];
	struct wire wire;
	spoken->bytes[chunk->off + off] ^= 0x04;
	wire_start(&wire, span_of(spoken->lines, strlen(spoken->lines)));
	wire_open(&wire);
	say_all(&wire, spoken, 0, spoken->n_chunks);
	wire_end(&wire);
	spoken->bytes[chunk->off + off] ^= 0x04;
	const struct session *session = wire_session(&wire, 1);
	uint64_t refused = session->tls.refused[0] + session->tls.refused[1];
	uint64_t opened = session->tls.opened[0] + session->tls.opened[1], sealed = 2 * RECORDS + 2;
	unsigned expected = spoiled(way, spoken, at, off);
	struct session_decryption decryption;
	session_decryption(wire.model, session, &decryption);
	const char *note = expected == 2 ? "2 records were refused" : "1 record was refused";
	if (refused != expected || opened != sealed - expected || strstr(decryption.detail, note) == NULL)
		fail_msg("%s: byte %zu of record %zu: %u refused, %u opened: %s", name_of(way), off, at,
		         (unsigned)refused, (unsigned)opened, decryption.detail);
	for (uint8_t dir = 0; dir < 2; dir++) /* nothing of it is shown */
		assert_true(wire_plain(1, dir).n <= spoken->text_n[dir]);
	wire_free(&wire);
}

static void flip_each(const struct way *way)
{
	struct spoken *spoken = speak(way);
	for (size_t at = 0; at < spoken->n_chunks; at++) {
		size_t n = spoken->chunks[at].n;
		if (!spoken->chunks[at].sealed)
			continue;
		flip_one(way, spoken, at, TLS_RECORD_HEADER);
		flip_one(way, spoken, at, TLS_RECORD_HEADER + (n - TLS_RECORD_HEADER) / 2);
		flip_one(way, spoken, at, n - 1);
	}
	free(spoken);
}

static void flipped_bits(void **state)
{
	(void)state;
	for_every_kind(flip_each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_suite),
	    cmocka_unit_test(late_secrets),
	    cmocka_unit_test(records_that_passed),
	    cmocka_unit_test(flipped_bits),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
