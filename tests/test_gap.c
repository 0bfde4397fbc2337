/*
 * Bytes of a capture are missing: all that is there whole is decrypted, but for the one record behind a gap that
 * CBC of TLS 1.0 gives up, and nothing wrong is. For each kind of cipher, through the whole analysis, with keys
 * that are there and keys that come late.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "tests/seeded.h"
#include "tests/tls_spoken.h"

enum { HELLOS = 2 };

/* What is missing: a flag for each byte that is spoken. */
struct loss {
	bool missing[SPOKEN];
	bool late; /* the keys come behind everything */
	char what[96];
};
static struct loss loss;

static void lose_none(bool late)
{
	memset(&loss, 0, sizeof loss);
	loss.late = late;
}

static void lose(size_t off, size_t n)
{
	memset(&loss.missing[off], true, n);
}

static void lose_chunk(const struct spoken *spoken, size_t at)
{
	lose(spoken->chunks[at].off, spoken->chunks[at].n);
}

static size_t missing_of(const struct chunk *chunk)
{
	size_t n = 0;
	for (size_t i = 0; i < chunk->n; i++)
		n += loss.missing[chunk->off + i];
	return n;
}

/* Runs of bytes that are there are said, the others take their sequence numbers. */
static void say_rest(struct wire *wire, const struct spoken *spoken)
{
	for (size_t i = 0; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		for (size_t at = 0, end; at < chunk->n; at = end) {
			bool missing = loss.missing[chunk->off + at];
			for (end = at; end < chunk->n && loss.missing[chunk->off + end] == missing; end++)
				continue;
			if (missing)
				wire->next[chunk->dir] += (uint32_t)(end - at);
			else
				wire_say(wire, chunk->dir, span_of(&spoken->bytes[chunk->off + at], end - at));
		}
	}
}

static void play(struct wire *wire, const struct spoken *spoken)
{
	struct span lines = span_of(spoken->lines, strlen(spoken->lines));
	wire_start(wire, loss.late ? span_of(NULL, 0) : lines);
	wire->model->keys_may_come = loss.late;
	wire_open(wire);
	say_rest(wire, spoken);
	if (loss.late)
		analyze_secrets(wire->analyze, lines);
	wire_end(wire);
}

/* What can be opened: `certain` of the bytes, and how many records are missing whole in front of an opened one. */
struct expected {
	uint8_t text[SPOKEN];
	size_t n;
	uint64_t opened, missing;
};

static void expect(const struct way *way, const struct spoken *spoken, uint8_t dir, struct expected *out)
{
	bool chained = way->version == TLS_1_0 && way->shape.mode == CBC, broken = false;
	uint64_t missing = 0;
	out->n = 0;
	out->opened = out->missing = 0;
	for (size_t i = 0; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		if (chunk->dir != dir || !chunk->sealed)
			continue;
		size_t gone = missing_of(chunk);
		missing += gone == chunk->n;
		if (gone == 0 && !broken) {
			memcpy(&out->text[out->n], &spoken->text[dir][chunk->text_off], chunk->text_n);
			out->n += chunk->text_n;
			out->opened++;
		}
		if (gone == 0 && (!broken || way->etm)) /* a MAC of the ciphertext tells the number without the IV */
			out->missing = missing;
		broken = chained && gone > 0;
	}
}

static void check(const struct way *way, const struct spoken *spoken)
{
	static struct expected expected;
	struct wire wire;
	play(&wire, spoken);
	const struct session *session = wire_session(&wire, 1);
	const struct session_tls *tls = &session->tls;
	struct session_decryption decryption;
	session_decryption(wire.model, session, &decryption);
	for (uint8_t dir = 0; dir < 2; dir++) {
		expect(way, spoken, dir, &expected);
		if (!span_equal(wire_plain(1, dir), span_of(expected.text, expected.n)) ||
		    tls->opened[dir] != expected.opened || tls->refused[dir] != 0)
			fail_msg("%s%s, %s, direction %u: %zu bytes of %zu, %u records of %u, %u refused: %s",
			         name_of(way), loss.late ? ", late keys" : "", loss.what, dir,
			         wire_plain(1, dir).n, expected.n, (unsigned)tls->opened[dir],
			         (unsigned)expected.opened, (unsigned)tls->refused[dir], decryption.detail);
		if (!loss.late && tls->lost_to_gaps[dir] != expected.missing)
			fail_msg("%s, %s, direction %u: %u records lost to gaps, not %u", name_of(way), loss.what,
			         dir, (unsigned)tls->lost_to_gaps[dir], (unsigned)expected.missing);
	}
	wire_free(&wire);
}

/* ---- single records --------------------------------------------------------------------------------- */

static void each_record(const struct way *way)
{
	struct spoken *spoken = speak(way);
	for (int late = 0; late < 2; late++)
		for (size_t i = HELLOS; i < spoken->n_chunks; i++) {
			lose_none(late == 1);
			lose_chunk(spoken, i);
			snprintf(loss.what, sizeof loss.what, "record %zu lost", i);
			check(way, spoken);
		}
	free(spoken);
}

static void single_records(void **state)
{
	(void)state;
	for_every_kind(each_record);
}

/* ---- more than one, and parts --------------------------------------------------------------------- */

/* Two records, next to each other in the capture and further apart. */
static void two_each(const struct way *way)
{
	struct spoken *spoken = speak(way);
	for (size_t i = HELLOS; i < spoken->n_chunks; i++)
		for (size_t away = 1; away <= 5 && i + away < spoken->n_chunks; away++) {
			lose_none(away == 3);
			lose_chunk(spoken, i);
			lose_chunk(spoken, i + away);
			snprintf(loss.what, sizeof loss.what, "records %zu and %zu lost", i, i + away);
			check(way, spoken);
		}
	free(spoken);
}

static void two_gaps(void **state)
{
	(void)state;
	for_every_kind(two_each);
}

/* So many records of a direction in a row. */
static void row_each(const struct way *way)
{
	struct spoken *spoken = speak(way);
	for (uint8_t dir = 0; dir < 2; dir++)
		for (size_t from = HELLOS + 4; from < spoken->n_chunks; from++)
			for (size_t n = 2; n < 6; n++) {
				lose_none(n == 4);
				size_t lost = 0;
				for (size_t i = from; i < spoken->n_chunks && lost < n; i++)
					if (spoken->chunks[i].dir == dir) {
						lose_chunk(spoken, i);
						lost++;
					}
				snprintf(loss.what, sizeof loss.what, "%zu records of %u from %zu on lost", lost,
				         dir, from);
				check(way, spoken);
			}
	free(spoken);
}

static void several_records(void **state)
{
	(void)state;
	for_every_kind(row_each);
}

/* ---- long talks ------------------------------------------------------------------------------------- */

static struct spoken *speak_long(const struct way *way, struct seeded *random, size_t records)
{
	struct sealer sealers[2];
	uint8_t text[600];
	struct spoken *spoken = speak_handshake(way, sealers);
	for (size_t i = 0; i < records; i++) {
		uint8_t dir = (uint8_t)seeded_below(random, 2);
		size_t n = seeded_one_in(random, 8) ? sizeof text : seeded_below(random, 120);
		for (size_t k = 0; k < n; k++)
			text[k] = (uint8_t)seeded_below(random, 256);
		put_sealed(spoken, &sealers[dir], dir, TLS_APPLICATION_DATA, span_of(text, n));
	}
	return spoken;
}

/* One segment in so many of each record is lost, whatever of a record lies in it. */
static void lose_at_random(const struct spoken *spoken, struct seeded *random, unsigned one_in)
{
	for (size_t i = HELLOS; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		if (seeded_one_in(random, one_in))
			lose_chunk(spoken, i);
		else if (chunk->sealed && seeded_one_in(random, 4 * one_in))
			lose(chunk->off + 5 + seeded_below(random, chunk->n - 5), 1);
	}
}

static uint64_t seed;

static void random_each(const struct way *way)
{
	struct seeded random = seeded_of(++seed);
	struct spoken *spoken = speak_long(way, &random, 300);
	for (unsigned turn = 0; turn < 3; turn++) {
		lose_none(turn == 2);
		lose_at_random(spoken, &random, turn == 1 ? 8 : 100);
		snprintf(loss.what, sizeof loss.what, "seed %u, turn %u", (unsigned)seed, turn);
		check(way, spoken);
	}
	free(spoken);
}

static void random_losses(void **state)
{
	(void)state;
	for_every_kind(random_each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_records),
	    cmocka_unit_test(two_gaps),
	    cmocka_unit_test(several_records),
	    cmocka_unit_test(random_losses),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
