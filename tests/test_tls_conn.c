/* analyzer/tls_conn: the same handshake in any pieces, with bytes missing, and handshakes made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/seeded.h"
#include "tests/tlsspeech.h"

static bool same_step(const struct step *a, const struct step *b)
{
	return a->kind == b->kind && a->dir == b->dir && a->encrypted == b->encrypted;
}

static void check_same(const struct run *a, const struct run *b, const char *what)
{
	const struct session *x = a->session, *y = b->session;
	bool same = x->n_steps == y->n_steps && x->n_alerts == y->n_alerts && x->n_certs == y->n_certs;
	for (uint32_t i = 0; same && i < x->n_steps; i++)
		same = same_step(&x->steps[i], &y->steps[i]) && !y->steps[i].damaged &&
		    x->steps[i].certificates == y->steps[i].certificates;
	for (uint32_t i = 0; same && i < x->n_alerts; i++)
		same = x->alerts[i].dir == y->alerts[i].dir && x->alerts[i].encrypted == y->alerts[i].encrypted &&
		    x->alerts[i].level == y->alerts[i].level && x->alerts[i].code == y->alerts[i].code;
	for (uint32_t i = 0; same && i < x->n_certs; i++)
		same = x->certs[i].dir == y->certs[i].dir && memcmp(x->certs[i].cert->hash[CERT_DER_SHA256],
		    y->certs[i].cert->hash[CERT_DER_SHA256], 32) == 0;
	same = same && x->tls.version == y->tls.version && x->tls.cipher == y->tls.cipher &&
	    x->tls.has_client && x->tls.client_dir == y->tls.client_dir && y->tls.resyncs == 0 &&
	    y->tls.undecodable == 0 && memcmp(x->tls.client_random, y->tls.client_random, TLS_RANDOM) == 0 &&
	    memcmp(x->tls.server_random, y->tls.server_random, TLS_RANDOM) == 0;
	if (!same)
		fail_msg("another outcome: %s", what);
}

/* ---- pieces ---------------------------------------------------------------------------------------- */

static const struct sample {
	const char *path;
	uint32_t steps, certificates, alerts;
} samples[] = {
	{"samples/accepted-tls10.pcapng", 12, 3, 1},
	{"samples/accepted-tls11.pcapng", 14, 3, 1},
	{"samples/accepted-tls12.pcapng", 14, 3, 0},
	{"samples/accepted-tls13.pcapng", 6, 0, 0},
	{"samples/rejected-tls13.pcapng", 6, 0, 0},
	{"samples/rejected.pcapng", 11, 3, 1},
	{"samples/empty-certificate.pcapng", 10, 2, 1},
	{"samples/no-request.pcapng", 11, 2, 1},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static void samples_as_captured(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		struct run run = run_whole(speech);
		const struct session *x = run.session;
		assert_int_equal(x->n_steps, samples[s].steps);
		assert_int_equal(x->n_certs, samples[s].certificates);
		assert_int_equal(x->n_alerts, samples[s].alerts);
		assert_int_equal(x->tls.client_dir, 0);
		assert_int_equal(x->tls.undecodable + x->tls.resyncs + x->tls.too_long, 0);
		run_free(&run);
		free(speech);
	}
}

static void any_pieces(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		struct run whole = run_whole(speech);
		for (size_t most = 1; most < 300; most = most * 3 / 2 + 1) {
			struct run run;
			run_init(&run);
			for (size_t i = 0; i < speech->n; i++)
				run_pieces(&run, &speech->chunk[i], most);
			run_end(&run);
			check_same(&whole, &run, samples[s].path);
			run_free(&run);
		}
		run_free(&whole);
		free(speech);
	}
}

/* Every packet cut in two at every place. */
static void every_cut(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		struct run whole = run_whole(speech);
		for (size_t cut = 1; cut < 1460; cut += cut < 200 ? 1 : 11) {
			struct run run;
			run_init(&run);
			for (size_t i = 0; i < speech->n; i++) {
				run_data(&run, speech->chunk[i].dir, span_cut(speech->chunk[i].bytes, 0, cut));
				run_data(&run, speech->chunk[i].dir, span_cut(speech->chunk[i].bytes, cut, SIZE_MAX));
			}
			run_end(&run);
			check_same(&whole, &run, samples[s].path);
			run_free(&run);
		}
		run_free(&whole);
		free(speech);
	}
}

/* ---- records --------------------------------------------------------------------------------------- */

/* Packs handshake bytes that wait into records of at most `most` bytes. */
static void flush_records(struct speech *out, uint8_t dir, struct span waiting, size_t most)
{
	for (size_t at = 0; at < waiting.n; at += most) {
		struct span body = span_cut(waiting, at, most);
		uint8_t record[TLS_RECORD_HEADER + (1 << 14)] = {
		    TLS_HANDSHAKE, 3, 1, (uint8_t)(body.n >> 8), (uint8_t)body.n};
		memcpy(record + TLS_RECORD_HEADER, body.p, body.n);
		speech_add(out, dir, span_of(record, TLS_RECORD_HEADER + body.n));
	}
}

/* The same handshake, its messages in records of another size: joined and split. */
static void repack(const struct speech *in, struct speech *out, size_t most)
{
	bool secret[2] = {false, false};
	out->n = out->used = 0;
	for (size_t i = 0; i < in->n;) {
		uint8_t dir = in->chunk[i].dir, waiting[8192];
		size_t n = 0;
		struct span flight = in->chunk[i].bytes; /* chunks lie behind each other */
		for (i++; i < in->n && in->chunk[i].dir == dir; i++)
			flight.n += in->chunk[i].bytes.n;
		struct rd r = rd_of(flight);
		while (rd_more(&r)) {
			struct tls_record record;
			struct span rest = span_cut(flight, rd_at(&r), SIZE_MAX);
			assert_int_equal(tls_record_head(rest, &record), CUT_OK);
			struct span all = rd_span(&r, (size_t)TLS_RECORD_HEADER + record.length);
			assert_true(rd_ok(&r));
			if (record.type == TLS_HANDSHAKE && !secret[dir]) {
				assert_true(n + record.length <= sizeof waiting);
				memcpy(waiting + n, all.p + TLS_RECORD_HEADER, record.length);
				n += record.length;
				continue;
			}
			flush_records(out, dir, span_of(waiting, n), most);
			n = 0;
			secret[dir] = secret[dir] || record.type == TLS_CHANGE_CIPHER_SPEC;
			speech_add(out, dir, all);
		}
		flush_records(out, dir, span_of(waiting, n), most);
	}
}

static void other_records(void **state)
{
	(void)state;
	static const size_t sizes[] = {40, 97, 500, 1 << 14};
	struct speech *other = calloc(1, sizeof *other);
	assert_non_null(other);
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		struct run whole = run_whole(speech);
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			repack(speech, other, sizes[i]);
			struct run run = run_whole(other);
			check_same(&whole, &run, samples[s].path);
			run_free(&run);
		}
		run_free(&whole);
		free(speech);
	}
	free(other);
}

/* ---- gaps ------------------------------------------------------------------------------------------ */

/* Every step of `run` stands in `whole`, in the same order; those before packet `sure` all. */
static bool steps_are_true(const struct run *whole, const struct run *run, uint64_t sure)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		uint32_t w = 0;
		for (uint32_t i = 0; i < run->session->n_steps; i++) {
			const struct step *step = &run->session->steps[i];
			if (step->dir != dir)
				continue;
			while (w < whole->session->n_steps && !same_step(&whole->session->steps[w], step))
				w++;
			if (w++ == whole->session->n_steps)
				return false;
		}
	}
	for (uint32_t i = 0; i < whole->session->n_steps && whole->session->steps[i].at.packet < sure; i++)
		if (i >= run->session->n_steps ||
		    !same_step(&whole->session->steps[i], &run->session->steps[i]))
			return false;
	return true;
}

static bool alerts_are_true(const struct run *whole, const struct run *run)
{
	for (uint32_t i = 0; i < run->session->n_alerts; i++) {
		const struct alert_seen *a = &run->session->alerts[i];
		bool found = false;
		for (uint32_t k = 0; k < whole->session->n_alerts; k++) {
			const struct alert_seen *b = &whole->session->alerts[k];
			found = found || (a->dir == b->dir && a->encrypted == b->encrypted && a->level == b->level &&
			    a->code == b->code);
		}
		if (!found)
			return false;
	}
	return true;
}

/* The speech without n bytes of a direction from `off` on. The packet of the run that the gap starts in. */
static uint64_t run_with_gap(struct run *run, const struct speech *speech, uint8_t dir, size_t off, size_t n)
{
	size_t at = 0;
	uint64_t sure = UINT64_MAX;
	run_init(run);
	for (size_t i = 0; i < speech->n; i++) {
		const struct chunk *chunk = &speech->chunk[i];
		size_t end = at + chunk->bytes.n;
		if (chunk->dir != dir || end <= off || at >= off + n) {
			run_data(run, chunk->dir, chunk->bytes);
			at += chunk->dir == dir ? chunk->bytes.n : 0;
			continue;
		}
		if (at < off)
			run_data(run, dir, span_cut(chunk->bytes, 0, off - at));
		if (at <= off)
			sure = i + 2; /* packets of the whole run count from 2 */
		size_t from = at < off ? off : at, to = end < off + n ? end : off + n;
		run_gap(run, dir, to - from);
		run_data(run, dir, span_cut(chunk->bytes, to - at, SIZE_MAX));
		at = end;
	}
	run_end(run);
	return sure;
}

static void check_gaps(const struct speech *speech, const char *path)
{
	static const size_t lengths[] = {1, 30, 536, 1460, 4000};
	struct run whole = run_whole(speech);
	size_t said[2] = {0, 0};
	for (size_t i = 0; i < speech->n; i++)
		said[speech->chunk[i].dir] += speech->chunk[i].bytes.n;
	for (uint8_t dir = 0; dir < 2; dir++)
		for (size_t off = 0; off < said[dir]; off += 23)
			for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
				struct run run;
				uint64_t sure = run_with_gap(&run, speech, dir, off, lengths[l]);
				if (!steps_are_true(&whole, &run, sure) || !alerts_are_true(&whole, &run))
					fail_msg("%s: %zu bytes missing at %zu of direction %u", path, lengths[l],
					    off, dir);
				run_free(&run);
			}
	run_free(&whole);
}

static void any_gap(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		check_gaps(speech, samples[s].path);
		free(speech);
	}
}

/* Messages that lie in several records: a gap may end at a record in the middle of one. */
static void gap_in_small_records(void **state)
{
	(void)state;
	struct speech *small = calloc(1, sizeof *small);
	struct speech *speech = listen_to("samples/rejected.pcapng");
	assert_non_null(small);
	repack(speech, small, 97);
	check_gaps(small, "records of 97 bytes");
	free(small);
	free(speech);
}

/* The capture begins in the middle, at any byte of any packet: no step that was not sent. */
static void joined_midway(void **state)
{
	(void)state;
	for (size_t s = 0; s < SAMPLES; s++) {
		struct speech *speech = listen_to(samples[s].path);
		struct run whole = run_whole(speech);
		for (size_t first = 1; first < speech->n; first++)
			for (size_t off = 0; off < speech->chunk[first].bytes.n; off += 31) {
				struct run run;
				run_init(&run);
				run.session->tcp.syns = 0;
				run_data(&run, speech->chunk[first].dir,
				    span_cut(speech->chunk[first].bytes, off, SIZE_MAX));
				for (size_t i = first + 1; i < speech->n; i++)
					run_data(&run, speech->chunk[i].dir, speech->chunk[i].bytes);
				run_end(&run);
				if (!steps_are_true(&whole, &run, 0) || !alerts_are_true(&whole, &run))
					fail_msg("%s: from byte %zu of packet %zu on", samples[s].path, off, first);
				run_free(&run);
			}
		run_free(&whole);
		free(speech);
	}
}

/* ---- made by hand ---------------------------------------------------------------------------------- */

static void run_hex(struct run *run, uint8_t dir, const char *hex)
{
	struct span bytes = hex_bytes(hex);
	run_data(run, dir, bytes);
	hex_free(bytes);
}

/* An SSLv2-style hello, then TLS; whole and in single bytes. */
static void ssl2_hello(void **state)
{
	(void)state;
	for (size_t most = 1; most < 100; most += 98) {
		struct run run;
		run_init(&run);
		struct span hello = hex_bytes("802e 01 0301 0015 0000 0010 000001000002000003000004000005000006000007"
		    "000102030405060708090a0b0c0d0e0f");
		run_pieces(&run, &(struct chunk){0, hello}, most);
		hex_free(hello);
		run_hex(&run, 0, "15 0301 0002 0228");
		run_end(&run);
		const struct session *x = run.session;
		assert_true(x->tls.ssl2_hello && x->tls.seen && !x->tls.not_tls);
		assert_int_equal(x->tls.offered_version, TLS_1_0);
		assert_int_equal(x->n_steps, 1);
		assert_int_equal(x->steps[0].kind, STEP_CLIENT_HELLO);
		assert_int_equal(x->n_alerts, 1);
		assert_int_equal(x->alerts[0].code, TLS_HANDSHAKE_FAILURE);
		run_free(&run);
	}
}

static void not_tls(void **state)
{
	(void)state;
	static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	for (size_t most = 1; most < 100; most += 98) {
		struct run run;
		run_init(&run);
		run_pieces(&run, &(struct chunk){0, span_of(text, sizeof text - 1)}, most);
		run_hex(&run, 1, "15 0301 0002 0246");
		run_end(&run);
		const struct session_tls *tls = &run.session->tls;
		assert_true(tls->not_tls);
		assert_int_equal(tls->not_tls_dir, 0);
		assert_int_equal(tls->not_tls_n, NOT_TLS_BYTES);
		assert_memory_equal(tls->not_tls_bytes, text, tls->not_tls_n);
		assert_int_equal(run.session->n_steps, 0);
		assert_int_equal(run.session->n_alerts, 1);
		run_free(&run);
	}
}

/* Alerts by length and place: in the clear, of any other length, behind change_cipher_spec, malformed. */
static void alert_lengths(void **state)
{
	(void)state;
	static const struct {
		const char *hex;
		uint32_t alerts;
		bool encrypted;
	} rows[] = {
		{"15 0303 0002 022e", 1, false},
		{"15 0303 0002 0100", 1, false},
		{"15 0303 0002 092e", 0, false},
		{"15 0303 001a 0000000000000000000000000000000000000000000000000000", 1, true},
		{"14 0303 0001 01 15 0303 0002 022e", 1, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct run run;
		run_init(&run);
		run_hex(&run, 1, rows[i].hex);
		run_end(&run);
		assert_int_equal(run.session->n_alerts, rows[i].alerts);
		if (rows[i].alerts > 0)
			assert_int_equal(run.session->alerts[0].encrypted, rows[i].encrypted);
		assert_int_equal(run.session->close, i == 0 ? CLOSE_ALERT : CLOSE_NONE);
		run_free(&run);
	}
}

/* A type that nobody registered is skipped by its length, in one record with its neighbours. */
static void unknown_types(void **state)
{
	(void)state;
	struct run run;
	run_init(&run);
	run_hex(&run, 1, "16 0303 000f 00000000 c8 000003 010203 0e 000000");
	run_end(&run);
	assert_int_equal(run.session->n_steps, 2);
	assert_int_equal(run.session->steps[0].kind, STEP_HELLO_REQUEST);
	assert_int_equal(run.session->steps[1].kind, STEP_SERVER_HELLO_DONE);
	assert_int_equal(run.session->tls.undecodable, 0);
	run_free(&run);
}

/* A message of nearly 16 MiB is announced: counted once, not kept, and what follows it is read. */
static void huge_message(void **state)
{
	(void)state;
	struct run run;
	run_init(&run);
	run_hex(&run, 1, "16 0303 0004 0b fffff0");
	size_t left = 0xfffff0;
	uint8_t record[TLS_RECORD_HEADER + (1 << 14)] = {TLS_HANDSHAKE, 3, 3, 0x40, 0};
	for (; left >= 1 << 14; left -= 1 << 14)
		run_data(&run, 1, span_of(record, sizeof record));
	assert_int_equal(run.session->n_steps, 0);
	record[3] = (uint8_t)(left >> 8);
	record[4] = (uint8_t)left;
	run_data(&run, 1, span_of(record, TLS_RECORD_HEADER + left));
	run_hex(&run, 1, "16 0303 0004 0e 000000");
	run_end(&run);
	assert_int_equal(run.model->capture.hits[HIT_HANDSHAKE], 1);
	assert_int_equal(run.session->tls.too_long, 1);
	assert_int_equal(run.session->n_steps, 2);
	assert_int_equal(run.session->steps[0].kind, STEP_CERTIFICATE);
	assert_int_equal(run.session->steps[1].kind, STEP_SERVER_HELLO_DONE);
	assert_int_equal(run.session->n_certs, 0);
	run_free(&run);
}

/* Random bytes, from the start and joined mid-way, with gaps: no harm, and within the caps. */
static void noise(void **state)
{
	(void)state;
	static const uint8_t starts[] = {TLS_CHANGE_CIPHER_SPEC, TLS_ALERT, TLS_HANDSHAKE, TLS_APPLICATION_DATA};
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct seeded random = seeded_of(seed);
		struct run run;
		run_init(&run);
		run.session->tcp.syns = seed % 2;
		for (unsigned i = 0; i < 40; i++) {
			uint8_t bytes[200], dir = (uint8_t)seeded_below(&random, 2);
			size_t n = 1 + seeded_below(&random, sizeof bytes);
			for (size_t b = 0; b < n; b++)
				bytes[b] = (uint8_t)(seeded_one_in(&random, 2) ? 0 : seeded_below(&random, 256));
			if (n > 9 && !seeded_one_in(&random, 4))
				memcpy(bytes, (uint8_t[]){starts[seeded_below(&random, 4)], 3, 3, 0,
				    (uint8_t)seeded_below(&random, 60), (uint8_t)seeded_below(&random, 25), 0, 0,
				    (uint8_t)seeded_below(&random, 50)}, 9);
			if (seeded_one_in(&random, 8))
				run_gap(&run, dir, 1 + seeded_below(&random, 300));
			else
				run_data(&run, dir, span_of(bytes, n));
		}
		run_end(&run);
		seeded_check(&random, run.session->n_steps <= LIMIT_STEPS, "more steps than the cap");
		run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_as_captured),
		cmocka_unit_test(any_pieces),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(other_records),
		cmocka_unit_test(any_gap),
		cmocka_unit_test(gap_in_small_records),
		cmocka_unit_test(joined_midway),
		cmocka_unit_test(ssl2_hello),
		cmocka_unit_test(not_tls),
		cmocka_unit_test(alert_lengths),
		cmocka_unit_test(unknown_types),
		cmocka_unit_test(huge_message),
		cmocka_unit_test(noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
