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
#include "tests/tls_spoken.h"

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
