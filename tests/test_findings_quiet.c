/*
 * What a capture does to packets must not make a rule speak of the hosts: the samples reordered, doubled,
 * with packets lost at the mirror, one-sided, joined mid-way. Findings about TCP must not appear; those about
 * the capture only where they are due.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "tests/recording.h"

#include <stdio.h>
#include <stdlib.h>

#define PORT  16113
#define SEEDS 20
#define MS    INT64_C(1000000)
#define IDS   512

static const char *const samples[] = {"accepted-tls10", "accepted-tls12", "accepted-tls13", "wrong-hash",
                                      "qinq",           "erspan",         "ipv6",           "no-request",
                                      "plaintext",      "stalled",        "unknown-framing"};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

/* One word an id, of all sessions and the capture: " tcp-reset keys-missing". */
static void add_ids(const struct findings *findings, char *text)
{
	for (uint32_t i = 0; i < findings->n; i++) {
		size_t used = strlen(text);
		snprintf(&text[used], IDS - used, " %s", findings->list[i].id);
	}
}

static void find(const struct recording *recording, char *text)
{
	struct findings *findings = malloc(sizeof *findings);
	struct model *model = model_new();
	recording_analyze(recording, model);
	text[0] = '\0';
	for (const struct session *session = model->first; session != NULL; session = session->next) {
		findings_of_session(model, session, findings);
		add_ids(findings, text);
	}
	findings_of_capture(model, findings);
	add_ids(findings, text);
	model_free(model);
	free(findings);
}

/* Every id about TCP or the capture in `got` is among `before` or `allowed`. What TLS loses other tests tell.
 */
static void check_ids(const char *what, const char *sample, uint64_t seed, const char *before,
                      const char *got, const char *allowed)
{
	char copy[IDS], *word = copy;
	snprintf(copy, sizeof copy, "%s", got);
	while ((word = strtok(word, " ")) != NULL) {
		bool judged = strncmp(word, "tcp-", 4) == 0 || strncmp(word, "capture-", 8) == 0;
		if (judged && strstr(before, word) == NULL && strstr(allowed, word) == NULL)
			fail_msg("%s of %s, seed %u: %s is new among%s", what, sample, (unsigned)seed, word,
			         got);
		word = NULL;
	}
}

static void nothing_new(const char *what, void (*change)(struct recording *, uint64_t *), const char *allowed)
{
	for (size_t s = 0; s < N_SAMPLES; s++) {
		char path[128], before[IDS], got[IDS];
		struct recording original, changed;
		snprintf(path, sizeof path, "samples/%s.pcapng", samples[s]);
		recording_read(&original, path);
		find(&original, before);
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			uint64_t random = seed;
			recording_copy(&changed, &original);
			change(&changed, &random);
			find(&changed, got);
			check_ids(what, samples[s], seed, before, got, allowed);
			recording_free(&changed);
		}
		recording_free(&original);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct recorded *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

static void reorder(struct recording *recording, uint64_t *random)
{
	for (size_t i = 0; i < recording->n; i++)
		recording->packets[i].time += (int64_t)recording_random(random, 4 * MS);
	qsort(recording->packets, recording->n, sizeof recording->packets[0], by_time);
}

/* Packets are written late by up to 1 s, as of several interfaces: the times run back a little. */
static void write_late(struct recording *recording, uint64_t *random)
{
	for (size_t i = 0; i + 1 < recording->n; i++) {
		struct recorded *here = &recording->packets[i], held = *here;
		if (recording_random(random, 3) != 0 || here[1].time - here->time > 300 * MS)
			continue;
		*here = here[1];
		here[1] = held;
	}
}

static void copy_at(struct recording *recording, size_t at, int64_t after)
{
	struct recorded copy = recording->packets[at];
	copy.time += after;
	recording_insert(recording, at + 1, &copy);
}

static void double_all(struct recording *recording, uint64_t *random)
{
	(void)random;
	for (size_t i = 0; i < recording->n; i += 2)
		copy_at(recording, i, MS / 50);
}

/* A mirror whose copies come too late to be told from what a host sends again. */
static void double_late(struct recording *recording, uint64_t *random)
{
	(void)random;
	for (size_t i = 0; i < recording->n; i += 2)
		copy_at(recording, i, 20 * MS);
	qsort(recording->packets, recording->n, sizeof recording->packets[0], by_time);
}

static void lose_some(struct recording *recording, uint64_t *random)
{
	for (size_t i = recording->n; i > 0; i--)
		if (recording_random(random, 10) == 0 && recording->n > 1)
			recording_remove(recording, i - 1);
}

static void lose_direction(struct recording *recording, uint64_t *random)
{
	int lost = (int)recording_random(random, 2);
	for (size_t i = recording->n; i > 0; i--) {
		int dir;
		recording_payload(&recording->packets[i - 1], PORT, &dir);
		if (dir == lost && recording->n > 1)
			recording_remove(recording, i - 1);
	}
}

static void lose_start(struct recording *recording, uint64_t *random)
{
	for (uint64_t n = recording_random(random, recording->n); n > 0; n--)
		recording_remove(recording, 0);
}

/* Plays the packets from `from` on with their times moved, into an input. */
static void play(struct analyze *analyze, const struct recording *recording, size_t from, size_t to,
                 uint32_t input, int64_t shift)
{
	for (size_t i = from; i < to; i++) {
		const struct recorded *recorded = &recording->packets[i];
		struct capfile_packet packet = {.time = recorded->time + shift,
		                                .linktype = recorded->linktype,
		                                .wire = recorded->wire,
		                                .data = span_of(recorded->bytes, recorded->n)};
		analyze_packet(analyze, input, &packet);
	}
}

/* The second half of a sample goes back to `step` before the last packet of the first half. */
static void jump(uint32_t input, int64_t step, const char *expected)
{
	struct recording recording;
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	struct findings *findings = malloc(sizeof *findings);
	char got[IDS] = "";
	recording_read(&recording, "samples/accepted-tls12.pcapng");
	size_t half = recording.n / 2;
	int64_t apart = recording.packets[half].time - recording.packets[half - 1].time;
	play(analyze, &recording, 0, half, 0, 0);
	play(analyze, &recording, half, recording.n, input, -apart - step);
	analyze_end(analyze);
	findings_of_capture(model, findings);
	add_ids(findings, got);
	assert_string_equal(got, expected);
	assert_int_equal(model->capture.backwards, got[0] != '\0');
	free(findings);
	analyze_free(analyze);
	model_free(model);
	recording_free(&recording);
}

static void test_clock(void **state)
{
	(void)state;
	jump(0, NS_PER_S, "");
	jump(0, NS_PER_S + 1, " capture-clock-jump");
	jump(1, 3600 * NS_PER_S, "");       /* inputs overlap */
	jump(0, -24 * 3600 * NS_PER_S, ""); /* a long silence */
}

#define LOSS "capture-gaps capture-one-sided capture-midstream keys-missing"

static void test_reorder(void **state)
{
	(void)state;
	nothing_new("reorder", reorder, "");
	nothing_new("late writing", write_late, "");
}

static void test_copies(void **state)
{
	(void)state;
	nothing_new("doubling", double_all, "capture-duplicates");
	nothing_new("late doubling", double_late, "capture-duplicates");
}

static void test_loss(void **state)
{
	(void)state;
	nothing_new("loss", lose_some, LOSS);
	nothing_new("one direction", lose_direction, LOSS);
	nothing_new("joining", lose_start, LOSS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reorder),
	    cmocka_unit_test(test_copies),
	    cmocka_unit_test(test_loss),
	    cmocka_unit_test(test_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
