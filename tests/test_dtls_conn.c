/*
 * DTLS associations through the whole analysis, as properties over the samples: what reorder, copies and
 * replays must not change, and what a lost, a cut or a flipped datagram may.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dissect/dtls.h"
#include "tests/dtlsrun.h"
#include "tests/summary.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 40 };

static const char *const samples[] = {"dtls12", "dtls10", "dtls-fragments", "dtls-rejected"};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* ---- what a run gives ---------------------------------------------------------------------------------- */

static void add_messages(char *summary, const struct session *s, uint8_t dir)
{
	for (uint32_t type = 0; s->nmsp != NULL && type < 256; type++)
		for (uint32_t i = 0; i < s->nmsp->n_counts; i++)
			if (s->nmsp->counts[i].dir == dir && s->nmsp->counts[i].type == type)
				add(summary, " %u:%llu/%llu", type,
				    (unsigned long long)s->nmsp->counts[i].messages,
				    (unsigned long long)s->nmsp->counts[i].bytes);
}

static void run(const struct recording *recording, const char *name, bool keys, char *summary)
{
	struct model *model = dtlsrun_analyzed(recording, name, keys);
	summarize(model, summary, add_messages);
	model_free(model);
}

/* ---- properties ---------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct recorded *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

/* Moves datagrams of both directions by `most`, up to 20 places. */
static void shuffle_by(struct recording *recording, uint64_t *seed, int64_t most)
{
	int64_t times[512];
	assert_true(recording->n <= 512);
	for (size_t i = 0; i < recording->n; i++)
		times[i] = recording->packets[i].time;
	for (size_t i = 0; i < recording->n; i++) {
		size_t far = i + 20 < recording->n ? i + 20 : recording->n - 1;
		int64_t room = times[far] - times[i];
		recording->packets[i].time +=
		    (int64_t)recording_random(seed, (uint64_t)(room < most ? room : most) + 1);
	}
	qsort(recording->packets, recording->n, sizeof recording->packets[0], by_time);
}

/* As a mirror of both ports of a switch does. */
static void shuffle(struct recording *recording, uint64_t *seed)
{
	shuffle_by(recording, seed, 2 * NS_PER_MS);
}

static void shuffle_far(struct recording *recording, uint64_t *seed)
{
	shuffle_by(recording, seed, 400 * NS_PER_MS);
}

/* Copies of the mirror at once, of the network or of somebody who replays some datagrams later. */
static void repeat(struct recording *recording, uint64_t *seed)
{
	for (size_t i = 0; i < recording->n; i++) {
		uint64_t dice = recording_random(seed, 6);
		size_t at = i + 1 + (dice == 1 ? recording_random(seed, 12) : 0);
		if (dice > 1)
			continue;
		at = at < recording->n ? at : recording->n;
		struct recorded copy = recording->packets[i];
		copy.time = recording->packets[at - 1].time;
		recording_insert(recording, at, &copy);
		i++;
	}
}

static void both(struct recording *recording, uint64_t *seed)
{
	repeat(recording, seed);
	shuffle(recording, seed);
}

/* Cuts the lines of the verdict off: it tells of answers in front of their questions. */
static void without_verdict(char *summary)
{
	char *line = strstr(summary, "\ncomplete");
	if (line != NULL)
		line[strlen("\ncomplete")] = '\0';
}

static void same_after(void (*change)(struct recording *, uint64_t *), bool verdict, const char *what)
{
	char *expected = malloc(SUMMARY), *got = malloc(SUMMARY);
	for (size_t s = 0; s < 2 * N_SAMPLES; s++) {
		const char *name = samples[s / 2];
		struct recording original, changed;
		dtlsrun_load(name, &original);
		run(&original, name, s % 2 == 0, expected);
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			uint64_t state = seed;
			recording_copy(&changed, &original);
			change(&changed, &state);
			run(&changed, name, s % 2 == 0, got);
			if (!verdict) {
				without_verdict(expected);
				without_verdict(got);
			}
			if (strcmp(expected, got) != 0)
				fail_msg("%s%s, %s, seed %llu:\nexpected%s\n\ngot%s\n", name,
				         s % 2 == 0 ? " with keys" : "", what, (unsigned long long)seed,
				         expected, got);
			recording_free(&changed);
		}
		recording_free(&original);
	}
	free(expected);
	free(got);
}

static void any_order_gives_the_same(void **state)
{
	(void)state;
	same_after(shuffle, true, "reordered");
	same_after(shuffle_far, false, "reordered far");
}

static void copies_and_replays_change_nothing(void **state)
{
	(void)state;
	same_after(repeat, true, "repeated");
	same_after(both, true, "repeated and reordered");
}

static void a_lost_datagram_takes_only_what_it_carried(void **state)
{
	(void)state;
	struct recording original, less;
	dtlsrun_load("dtls12", &original);
	struct model *full = dtlsrun_analyzed(&original, "dtls12", true);
	uint64_t all = dtlsrun_messages(full->first);
	assert_true(all > 20);
	for (size_t i = 0; i < original.n; i++) {
		recording_copy(&less, &original);
		recording_remove(&less, i);
		struct model *model = dtlsrun_analyzed(&less, "dtls12", true);
		const struct session *s = model->first;
		uint64_t left = dtlsrun_messages(s);
		bool hello = i == 2 || i == 3; /* with the cookie; the server's */
		uint64_t expected = dtlsrun_is_data(&original.packets[i]) ? all - 1 : all;
		if (left != expected && !hello)
			fail_msg("without packet %zu: %llu messages", i + 1, (unsigned long long)left);
		assert_null(s->next);
		assert_int_equal(s->nmsp != NULL ? s->nmsp->malformed : 0, 0);
		uint64_t refused = s->tls.refused[0] + s->tls.refused[1];
		assert_int_equal(refused, 0);
		model_free(model);
		recording_free(&less);
	}
	model_free(full);
	recording_free(&original);
}

static uint64_t opened(const struct session *session)
{
	return session->tls.opened[0] + session->tls.opened[1];
}

static void check_flip(const struct recording *recording, const char *name, const struct session *was,
                       size_t i, const struct dtls_record *record, size_t byte)
{
	struct recording changed;
	struct session_decryption decryption;
	recording_copy(&changed, recording);
	changed.packets[i].bytes[(size_t)(record->bytes.p - recording->packets[i].bytes) + byte] ^= 4;
	struct model *model = dtlsrun_analyzed(&changed, name, true);
	const struct session *is = model->first;
	bool data = record->type == TLS_APPLICATION_DATA;
	session_decryption(model, is, &decryption);
	if (is->next != NULL || is->tls.refused[0] + is->tls.refused[1] != 1 ||
	    opened(is) != opened(was) - 1 || dtlsrun_messages(is) != dtlsrun_messages(was) - data ||
	    strstr(decryption.detail, "1 record was refused") == NULL)
		fail_msg("%s, packet %zu, type %u, byte %zu: %s", name, i + 1, record->type, byte,
		         decryption.detail);
	model_free(model);
	recording_free(&changed);
}

/* Every protected record: handshake, application data, alert; its first, middle and last byte. */
static void one_flipped_bit_refuses_one_record(void **state)
{
	(void)state;
	static const char *const names[] = {"dtls12", "dtls10"};
	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		struct recording recording;
		unsigned kinds = 0;
		dtlsrun_load(names[k], &recording);
		struct model *full = dtlsrun_analyzed(&recording, names[k], true);
		for (size_t i = 0; i < recording.n; i++) {
			const struct recorded *packet = &recording.packets[i];
			struct rd r =
			    rd_of(span_cut(span_of(packet->bytes, packet->n), DTLSRUN_PAYLOAD, SIZE_MAX));
			struct dtls_record record;
			while (rd_more(&r) && dtls_next(&r, 0, &record) == DTLS_RECORD) {
				if (record.epoch == 0)
					continue;
				kinds |= 1u << record.type;
				check_flip(&recording, names[k], full->first, i, &record, DTLS_RECORD_HEADER);
				check_flip(&recording, names[k], full->first, i, &record, record.bytes.n / 2);
				check_flip(&recording, names[k], full->first, i, &record, record.bytes.n - 1);
			}
		}
		assert_int_equal(kinds, 1u << TLS_HANDSHAKE | 1u << TLS_APPLICATION_DATA | 1u << TLS_ALERT);
		model_free(full);
		recording_free(&recording);
	}
}

static void every_cut_of_every_datagram_is_no_harm(void **state)
{
	(void)state;
	struct recording original, changed;
	dtlsrun_load("dtls-fragments", &original);
	for (size_t i = 0; i < original.n; i += 3) {
		for (size_t n = 0; n < original.packets[i].n; n += 7) {
			recording_copy(&changed, &original);
			struct recorded *packet = &changed.packets[i];
			uint8_t *exact = malloc(n > 0 ? n : 1);
			memcpy(exact, packet->bytes, n);
			free(packet->bytes);
			packet->bytes = exact;
			packet->n = n;
			struct model *model = dtlsrun_analyzed(&changed, "dtls-fragments", true);
			assert_non_null(model->first);
			assert_null(model->first->next);
			model_free(model);
			recording_free(&changed);
		}
	}
	recording_free(&original);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_order_gives_the_same),
	    cmocka_unit_test(copies_and_replays_change_nothing),
	    cmocka_unit_test(a_lost_datagram_takes_only_what_it_carried),
	    cmocka_unit_test(one_flipped_bit_refuses_one_record),
	    cmocka_unit_test(every_cut_of_every_datagram_is_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
