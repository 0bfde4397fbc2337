/*
 * Bytes of a capture are missing: all that is there whole is decrypted, but for the one record behind a gap
 * that CBC of TLS 1.0 gives up, and nothing wrong is. For each kind of cipher, through the whole analysis,
 * with keys that are there and keys that come late.
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
	bool late;      /* the keys come behind everything */
	size_t segment; /* the application data of a side comes in one go, in packets of this size; 0: a
	                   record each */
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

/* Where its header is not there whole, nobody knows of a record but by its number. */
static bool unheard(const struct chunk *chunk)
{
	return memchr(&loss.missing[chunk->off], true, TLS_RECORD_HEADER) != NULL;
}

static size_t missing_of(const struct chunk *chunk)
{
	size_t n = 0;
	for (size_t i = 0; i < chunk->n; i++)
		n += loss.missing[chunk->off + i];
	return n;
}

/* Runs of bytes that are there are said, the others take their sequence numbers. */
static void say_runs(struct wire *wire, uint8_t dir, struct span bytes, const bool *missing)
{
	for (size_t at = 0, end; at < bytes.n; at = end) {
		for (end = at; end < bytes.n && missing[end] == missing[at]; end++)
			continue;
		if (missing[at])
			wire->next[dir] += (uint32_t)(end - at);
		else
			wire_say(wire, dir, span_cut(bytes, at, end - at));
	}
}

/* The chunks of a side from `from` on in one piece. */
static void say_in_one(struct wire *wire, const struct spoken *spoken, uint8_t dir, size_t from)
{
	static uint8_t bytes[SPOKEN];
	static bool missing[SPOKEN];
	size_t n = 0;
	for (size_t i = from; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		if (chunk->dir != dir)
			continue;
		memcpy(&bytes[n], &spoken->bytes[chunk->off], chunk->n);
		memcpy(&missing[n], &loss.missing[chunk->off], chunk->n);
		n += chunk->n;
	}
	wire->segment = loss.segment;
	say_runs(wire, dir, span_of(bytes, n), missing);
}

static void say_rest(struct wire *wire, const struct spoken *spoken)
{
	for (size_t i = 0; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		if (loss.segment > 0 && chunk->text_n > 0) {
			say_in_one(wire, spoken, 0, i);
			say_in_one(wire, spoken, 1, i);
			return;
		}
		say_runs(wire, chunk->dir, span_of(&spoken->bytes[chunk->off], chunk->n),
		         &loss.missing[chunk->off]);
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

/*
 * What can be opened, and how many records are missing in front of one whose number is found: of those whose
 * header is there and not the rest, a header behind another gap may not be believed.
 */
struct expected {
	uint8_t text[SPOKEN];
	size_t n;
	uint64_t opened, missing, most_missing;
};

static void expect(const struct way *way, const struct spoken *spoken, uint8_t dir, struct expected *out)
{
	bool chained = way->version == TLS_1_0 && way->shape.mode == CBC, broken = false;
	uint64_t missing = 0, damaged = 0;
	out->n = 0;
	out->opened = out->missing = out->most_missing = 0;
	for (size_t i = 0; i < spoken->n_chunks; i++) {
		const struct chunk *chunk = &spoken->chunks[i];
		if (chunk->dir != dir || !chunk->sealed)
			continue;
		size_t gone = missing_of(chunk);
		missing += unheard(chunk);
		damaged += gone > 0;
		if (gone == 0 && !broken) {
			memcpy(&out->text[out->n], &spoken->text[dir][chunk->text_off], chunk->text_n);
			out->n += chunk->text_n;
			out->opened++;
		}
		if (gone == 0 && (!broken || way->etm)) { /* a MAC of the ciphertext needs no IV */
			out->missing = missing;
			out->most_missing = damaged;
		}
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
		bool fewer = tls->lost_to_gaps[dir] < expected.missing && !tls->lost_at_least[dir];
		if (fewer || tls->lost_to_gaps[dir] > expected.most_missing)
			fail_msg("%s, %s, direction %u: %u records lost to gaps, not %u to %u", name_of(way),
			         loss.what, dir, (unsigned)tls->lost_to_gaps[dir], (unsigned)expected.missing,
			         (unsigned)expected.most_missing);
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
		for (size_t away = 1; away <= 5 && i + away < spoken->n_chunks; away += 2) {
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
			for (size_t n = 2; n < 6; n += 2) {
				lose_none(n == 4);
				size_t lost = 0;
				for (size_t i = from; i < spoken->n_chunks && lost < n; i++)
					if (spoken->chunks[i].dir == dir) {
						lose_chunk(spoken, i);
						lost++;
					}
				snprintf(loss.what, sizeof loss.what, "%zu records of %u from %zu on lost",
				         lost, dir, from);
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
	struct spoken *spoken = speak_long(way, &random, 200);
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

/* Ranges of bytes in a stream that is cut without regard to records. */
static void ranges_each(const struct way *way)
{
	struct seeded random = seeded_of(++seed);
	struct spoken *spoken = speak_long(way, &random, 120);
	size_t start = HELLOS;
	while (spoken->chunks[start].text_n == 0)
		start++;
	size_t from = spoken->chunks[start].off;
	for (unsigned turn = 0; turn < 8; turn++) {
		static const size_t segments[] = {1400, 536, 97, 20};
		lose_none(turn % 3 == 2);
		loss.segment = segments[turn % 4];
		for (unsigned gaps = 1 + turn % 4; gaps > 0; gaps--) {
			size_t n = 1 + seeded_below(&random, seeded_one_in(&random, 3) ? 4000 : 300);
			size_t at = from + seeded_below(&random, spoken->n - from);
			lose(at, n < spoken->n - at ? n : spoken->n - at);
		}
		snprintf(loss.what, sizeof loss.what, "ranges, seed %u, turn %u", (unsigned)seed, turn);
		check(way, spoken);
	}
	free(spoken);
}

static void byte_ranges(void **state)
{
	(void)state;
	for_every_kind(ranges_each);
}

/* ---- KeyUpdate -------------------------------------------------------------------------------------- */

enum { UPDATED_RECORDS = 10, UPDATE_AT = 4 };

/* Records of the client, and so many KeyUpdates among them, each behind one. */
static struct spoken *speak_updated(const struct way *way, size_t updates)
{
	static const uint8_t update[TLS_HANDSHAKE_HEADER + 1] = {TLS_KEY_UPDATE, 0, 0, 1, 0};
	uint8_t secret[SECRET_MAX], next[SECRET_MAX], text[40];
	struct sealer sealers[2];
	struct spoken *spoken = speak_handshake(way, sealers);
	size_t n = (size_t)EVP_MD_get_size(way->shape.hash);
	memset(secret, 0x23, n); /* as new_sealers makes it */
	for (size_t i = 0; i < UPDATED_RECORDS; i++) {
		memset(text, (int)i + 1, sizeof text);
		put_sealed(spoken, &sealers[0], 0, TLS_APPLICATION_DATA, span_of(text, sizeof text));
		if (i == 0) /* the server answers: the handshake is over */
			put_sealed(spoken, &sealers[1], 1, TLS_APPLICATION_DATA, span_of(text, sizeof text));
		if (i + 1 < UPDATE_AT || i + 1 >= UPDATE_AT + updates)
			continue;
		put_sealed(spoken, &sealers[0], 0, TLS_HANDSHAKE, span_of(update, sizeof update));
		expand(way->shape.hash, span_of(secret, n), "traffic upd", next, n);
		memcpy(secret, next, n);
		seal_with_13(&sealers[0], span_of(secret, n));
	}
	return spoken;
}

/* Any row of records, with and without the KeyUpdate. */
static void rows_with_update(const struct way *way)
{
	if (!way->shape.tls13)
		return;
	struct spoken *spoken = speak_updated(way, 1);
	for (size_t from = HELLOS; from < spoken->n_chunks; from++)
		for (size_t to = from + 1; to <= spoken->n_chunks; to++) {
			lose_none((from + to) % 3 == 0);
			lose(spoken->chunks[from].off, spoken->chunks[to - 1].off + spoken->chunks[to - 1].n -
			                                   spoken->chunks[from].off);
			snprintf(loss.what, sizeof loss.what, "records %zu to %zu, KeyUpdate", from, to);
			check(way, spoken);
		}
	free(spoken);
}

static void key_updates(void **state)
{
	(void)state;
	for_every_kind(rows_with_update);
}

/* One gap hides all of the KeyUpdates: what follows is opened, or the judgement names the gap. */
static void several_updates(void **state)
{
	(void)state;
	struct way way = {.version = TLS_1_3};
	assert_true(shape_of(0x1301, &way.shape));
	for (size_t updates = 1; updates <= LIMIT_GAP_UPDATES + 1; updates++) {
		struct wire wire;
		struct session_decryption decryption;
		struct spoken *spoken = speak_updated(&way, updates);
		size_t first = spoken->n_chunks - (UPDATED_RECORDS - UPDATE_AT) - updates; /* KeyUpdate */
		lose_none(updates % 2 == 0);
		for (size_t i = first; i < first + 2 * updates - 1; i++)
			lose_chunk(spoken, i);
		play(&wire, spoken);
		session_decryption(wire.model, wire_session(&wire, 1), &decryption);
		bool found = updates <= LIMIT_GAP_UPDATES;
		size_t records = UPDATE_AT + (found ? UPDATED_RECORDS - UPDATE_AT - updates + 1 : 0);
		if (wire_plain(1, 0).n != 40 * records ||
		    (strstr(decryption.detail, "closed behind the gap at packet") == NULL) != found)
			fail_msg("%zu KeyUpdates: %zu bytes, %s", updates, wire_plain(1, 0).n, decryption.detail);
		wire_free(&wire);
		free(spoken);
	}
}

/* The first records found no room to wait for their keys, the KeyUpdate among them. */
static void update_that_fell_out(void **state)
{
	(void)state;
	struct way way = {.version = TLS_1_3};
	assert_true(shape_of(0x1301, &way.shape));
	struct spoken *spoken = speak_updated(&way, 1);
	size_t most = 0;
	for (size_t room = 700; room < 5000; room += 50) {
		struct wire wire;
		wire_start(&wire, span_of(NULL, 0));
		wire.model->keys_may_come = true;
		wire.model->waiting.cap_each = room;
		wire_open(&wire);
		say_all(&wire, spoken, 0, spoken->n_chunks);
		analyze_secrets(wire.analyze, span_of(spoken->lines, strlen(spoken->lines)));
		wire_end(&wire);
		const struct session_tls *tls = &wire_session(&wire, 1)->tls;
		struct span came = wire_plain(1, 0), text = span_of(spoken->text[0], spoken->text_n[0]);
		/* the first one counts to the handshake, and waits longer */
		struct span first = span_cut(came, 0, 40), rest = span_cut(came, 40, came.n);
		struct span end = span_cut(text, text.n - rest.n, rest.n);
		if (!span_equal(first, span_cut(text, 0, first.n)) || !span_equal(rest, end) ||
		    tls->refused[0] + tls->lost_to_gaps[0] > 0)
			fail_msg("room %zu: %zu bytes, %u refused", room, came.n, (unsigned)tls->refused[0]);
		if (tls->passed[0] > 0 && came.n > most)
			most = came.n;
		assert_true(tls->opened[0] + tls->passed[0] == UPDATED_RECORDS + 2);
		wire_free(&wire);
	}
	assert_true(most > 3 * 40);
	free(spoken);
}

/* ---- hellos ------------------------------------------------------------------------------------------ */

/* Without a hello nothing is opened; the other one's facts stay, and the judgement names what is missing. */
static void hellos_each(const struct way *way)
{
	static const char *const words[] = {
	    "the client_hello is not in the capture, by whose client random",
	    "the server_hello is not in the capture, which has the server random",
	    "the hellos are not in the capture"};
	struct spoken *spoken = speak(way);
	for (int late = 0; late < 2; late++)
		for (size_t which = 0; which < 3; which++) {
			struct wire wire;
			struct session_decryption decryption;
			lose_none(late == 1);
			for (size_t i = 0; i < HELLOS; i++)
				if (which == 2 || which == i)
					lose_chunk(spoken, i);
			play(&wire, spoken);
			const struct session *session = wire_session(&wire, 1);
			const struct session_tls *tls = &session->tls;
			session_decryption(wire.model, session, &decryption);
			if (decryption.state != DECRYPTION_NOT_CAPTURED ||
			    strncmp(decryption.detail, words[which], strlen(words[which])) != 0)
				fail_msg("%s without hello %zu: %s", name_of(way), which, decryption.detail);
			assert_true(tls->client_hello == (which == 1) && tls->server_hello == (which == 0));
			assert_int_equal(tls->opened[0] + tls->opened[1] + tls->refused[0] + tls->refused[1],
			                 0);
			assert_int_equal(tls->cipher, which == 0 ? way->shape.id : 0);
			assert_int_equal(tls->n_offered, which == 1 ? 1 : 0);
			assert_int_equal(wire_plain(1, 0).n + wire_plain(1, 1).n, 0);
			wire_free(&wire);
		}
	free(spoken);
}

static void lost_hellos(void **state)
{
	(void)state;
	for_every_kind(hellos_each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_records),       cmocka_unit_test(two_gaps),
	    cmocka_unit_test(several_records),      cmocka_unit_test(random_losses),
	    cmocka_unit_test(byte_ranges),          cmocka_unit_test(key_updates),
	    cmocka_unit_test(several_updates),      cmocka_unit_test(update_that_fell_out),
	    cmocka_unit_test(lost_hellos),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
