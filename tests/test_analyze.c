/*
 * The whole pipeline as properties over the samples: what reorder, repetition, segmentation and mirror
 * duplicates must not change, and what a lost packet may change.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/session_nmsp.h"
#include "tests/opened.h"
#include "tests/recording.h"
#include "tests/summary.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS 60
#define PORT  16113

/* Each with its allow list when there is one. */
static const char *const samples[] = {"accepted-tls10", "accepted-tls11", "accepted-tls12", "accepted-tls13",
    "rejected-tls13", "wrong-hash", "unlisted-mac", "empty-certificate", "no-request", "expired", "refused", "ipv6",
    "qinq", "erspan", "stalled", "not-tls", "no-tls", "plaintext"};
#define N_SAMPLES (sizeof samples / sizeof samples[0])

static void add_records(char *summary, const struct session *s, uint8_t dir)
{
	add(summary, " records %llu", (unsigned long long)s->tls.records[dir]);
}

static void run(const struct recording *recording, const char *name, char *summary)
{
	struct model *model = model_new();
	char list[128];
	struct err err;
	snprintf(list, sizeof list, "samples/%s.list", name);
	FILE *file = fopen(list, "r");
	if (file != NULL) {
		fclose(file);
		assert_int_equal(opened_authlist(&model->authlist, list, &err), 0);
	}
	recording_analyze(recording, model);
	summarize(model, summary, add_records);
	model_free(model);
}

static void load(const char *name, struct recording *recording)
{
	char path[128];
	snprintf(path, sizeof path, "samples/%s.pcapng", name);
	recording_read(recording, path);
	assert_true(recording->n > 0);
}

static int by_time(const void *a, const void *b)
{
	const struct recorded *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

/* Moves packets by up to 0.4 s and 20 places. */
static void shuffle(struct recording *recording, uint64_t *seed)
{
	int64_t *times = malloc(recording->n * sizeof *times);
	for (size_t i = 0; i < recording->n; i++)
		times[i] = recording->packets[i].time;
	for (size_t i = 0; i < recording->n; i++) {
		size_t far = i + 20 < recording->n ? i + 20 : recording->n - 1;
		int64_t room = times[far] - times[i];
		if (room > 400 * 1000 * 1000)
			room = 400 * 1000 * 1000;
		recording->packets[i].time += (int64_t)recording_random(seed, (uint64_t)room + 1);
	}
	qsort(recording->packets, recording->n, sizeof recording->packets[0], by_time);
	free(times);
}

static void resegment(struct recording *recording, uint64_t *seed)
{
	for (size_t i = 0; i < recording->n; i++)
		if (recording_random(seed, 3) == 0)
			recording_split(recording, i, 1 + recording_random(seed, 600));
}

/* Copies of the mirror come at once; retransmissions come some packets later. */
static void repeat(struct recording *recording, uint64_t *seed)
{
	for (size_t i = 0; i < recording->n; i++) {
		uint64_t dice = recording_random(seed, 6);
		if (dice > 1)
			continue;
		struct recorded copy = recording->packets[i];
		size_t at = i + 1;
		if (dice == 1)
			for (size_t far = 0; far < 8 && at < recording->n; far++)
				at++;
		copy.time = dice == 1 && at < recording->n ? recording->packets[at - 1].time : copy.time + 1000;
		int dir;
		if (recording_payload(&copy, PORT, &dir) > 0)
			recording_insert(recording, at, &copy);
		i++;
	}
}

static void same_after(void (*change)(struct recording *, uint64_t *), const char *what)
{
	char *expected = malloc(SUMMARY), *got = malloc(SUMMARY);
	for (size_t s = 0; s < N_SAMPLES; s++) {
		struct recording original, changed;
		load(samples[s], &original);
		run(&original, samples[s], expected);
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			uint64_t state = seed;
			recording_copy(&changed, &original);
			change(&changed, &state);
			run(&changed, samples[s], got);
			if (strcmp(expected, got) != 0) {
				print_error("%s, %s, seed %llu:\nexpected%s\n\ngot%s\n", samples[s], what,
				    (unsigned long long)seed, expected, got);
				fail();
			}
			recording_free(&changed);
		}
		recording_free(&original);
	}
	free(expected);
	free(got);
}

static void test_reorder(void **state)
{
	(void)state;
	same_after(shuffle, "reordered");
}

static void test_segmentation(void **state)
{
	(void)state;
	same_after(resegment, "cut into other segments");
}

static void test_repetition(void **state)
{
	(void)state;
	same_after(repeat, "packets repeated");
}

static void everything(struct recording *recording, uint64_t *seed)
{
	resegment(recording, seed);
	shuffle(recording, seed);
}

static void test_everything(void **state)
{
	(void)state;
	same_after(everything, "cut and reordered");
}

/* The first session's steps of one side, as text. */
static void side_steps(const struct session *s, uint8_t dir, char *text, size_t size)
{
	text[0] = '\0';
	for (uint32_t i = 0; i < s->n_steps; i++) {
		size_t used = strlen(text);
		if (s->steps[i].dir == dir)
			snprintf(text + used, size - used, " %s", session_step_name(s->steps[i].kind));
	}
}

/* Every step that is left must be one of the full run, in its order: nothing is invented. */
static bool is_subsequence(const struct session *part, const struct session *full, uint8_t dir)
{
	uint32_t at = 0;
	for (uint32_t i = 0; i < part->n_steps; i++) {
		if (part->steps[i].dir != dir)
			continue;
		while (at < full->n_steps && (full->steps[at].dir != dir || full->steps[at].kind != part->steps[i].kind))
			at++;
		if (at++ >= full->n_steps)
			return false;
	}
	return true;
}

static void check_loss(const struct recording *original, const struct model *full, size_t lost, const char *name)
{
	struct recording less;
	struct model *model = model_new();
	recording_copy(&less, original);
	recording_remove(&less, lost);
	recording_analyze(&less, model);
	const struct session *a = full->first, *b = model->first;
	char all[2048], some[2048];
	for (uint8_t dir = 0; dir < 2; dir++) {
		side_steps(a, dir, all, sizeof all);
		side_steps(b, dir, some, sizeof some);
		if (!is_subsequence(b, a, dir))
			fail_msg("%s without packet %zu, side %u:\n%s\n%s", name, lost + 1, dir, all, some);
		if (a->tcp.delivered[dir] != b->tcp.delivered[dir] + b->tcp.lost_bytes[dir])
			fail_msg("%s without packet %zu, side %u: %llu bytes, but %llu delivered and %llu lost", name,
			    lost + 1, dir, (unsigned long long)a->tcp.delivered[dir],
			    (unsigned long long)b->tcp.delivered[dir], (unsigned long long)b->tcp.lost_bytes[dir]);
	}
	model_free(model);
	recording_free(&less);
}

static void test_loss(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "accepted-tls10", "accepted-tls12", "accepted-tls13", "rejected-tls13", "wrong-hash"};
	for (size_t s = 0; s < sizeof names / sizeof names[0]; s++) {
		struct recording original;
		load(names[s], &original);
		struct model *full = model_new();
		recording_analyze(&original, full);
		for (size_t i = 0; i + 6 < original.n; i++)
			check_loss(&original, full, i, names[s]);
		model_free(full);
		recording_free(&original);
	}
}

static enum handshake_state handshake_without(const struct recording *original, size_t i, size_t k,
    const char *keys)
{
	struct recording less;
	struct err err;
	struct model *model = model_new();
	model->keylog = keylog_new();
	if (keys != NULL)
		assert_int_equal(opened_keylog(model->keylog, keys, &err), 0);
	recording_copy(&less, original);
	recording_remove(&less, i);
	if (k < i)
		recording_remove(&less, k);
	recording_analyze(&less, model);
	enum handshake_state handshake = session_handshake(model->first);
	model_free(model);
	recording_free(&less);
	return handshake;
}

/* Whatever two packets are missing of a rejected session of TLS 1.3, it is not taken for a healthy one. */
static void test_loss_of_a_hidden_rejection(void **state)
{
	(void)state;
	static const char *const keys[] = {NULL, "samples/rejected-tls13.keys"};
	struct recording original;
	load("rejected-tls13", &original);
	for (size_t i = 0; i < original.n; i++)
		for (size_t k = 0; k <= i; k++)
			for (size_t s = 0; s < 2; s++)
				if (handshake_without(&original, i, k, keys[s]) == HANDSHAKE_COMPLETE)
					fail_msg("complete without packets %zu and %zu, keys %zu", k + 1, i + 1, s);
	recording_free(&original);
}

/*
 * A sample of which only some packets are left: the n-th letter tells whether the n-th packet stays (x), the
 * last letter tells it of all that follow.
 */
static struct model *keep(const char *name, const char *packets)
{
	struct recording recording;
	load(name, &recording);
	for (size_t i = recording.n; i > 0; i--)
		if (packets[i - 1 < strlen(packets) ? i - 1 : strlen(packets) - 1] != 'x')
			recording_remove(&recording, i - 1);
	struct model *model = model_new();
	recording_analyze(&recording, model);
	recording_free(&recording);
	assert_non_null(model->first);
	return model;
}

/* A ClientHello's record says an older version than the records behind it: they are found again all the same. */
static void test_loss_behind_client_hello(void **state)
{
	(void)state;
	struct model *whole = keep("accepted-tls12", "x"), *model = keep("accepted-tls12", "xxxxxxx.x");
	uint64_t in_packet = 5; /* certificate, key exchange, verify, change_cipher_spec, finished */
	assert_int_equal(model->first->tls.records[0], whole->first->tls.records[0] - in_packet);
	assert_int_equal(model->first->tls.protected_records[0], whole->first->tls.protected_records[0]);
	model_free(model);
	model_free(whole);
}

/* The responder's first bytes are judged only when its own SYN shows that they are the first. */
static void test_no_claim_without_syn(void **state)
{
	(void)state;
	struct model *model = keep("accepted-tls12", "x....xx.x..x.xx.x.x.x");
	assert_false(model->first->tls.not_tls);
	model_free(model);
}

/* Bytes that were acknowledged and never came are missing, also before the first byte of a direction. */
static void test_acknowledged_only(void **state)
{
	(void)state;
	struct model *model = keep("wrong-hash", "x.xx..xx...xx");
	const struct session_tcp *tcp = &model->first->tcp;
	assert_true(tcp->lost_bytes[1] > 1000);
	assert_int_equal(tcp->gaps[1] > 0, 1);
	model_free(model);
}

/* Where it is seen that there is no TLS, the plaintext begins and lacks nothing, in one piece or in two. */
static void test_plaintext_is_whole(void **state)
{
	(void)state;
	enum { FIRST_DATA = 3 };
	for (int split = 0; split < 2; split++) {
		struct recording recording;
		recording_read(&recording, "samples/plaintext.pcapng");
		if (split)
			assert_true(recording_split(&recording, FIRST_DATA, 1));
		struct model *model = model_new();
		recording_analyze(&recording, model);
		const struct session_nmsp *nmsp = model->first->nmsp;
		assert_int_equal(nmsp->gaps[0] + nmsp->gaps[1], 0);
		assert_int_equal(nmsp->messages[0] + nmsp->messages[1], 28);
		assert_true(session_nmsp_whole(model->first));
		model_free(model);
		recording_free(&recording);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reorder),
	    cmocka_unit_test(test_segmentation),
	    cmocka_unit_test(test_repetition),
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_loss),
	    cmocka_unit_test(test_loss_of_a_hidden_rejection),
	    cmocka_unit_test(test_loss_behind_client_hello),
	    cmocka_unit_test(test_no_claim_without_syn),
	    cmocka_unit_test(test_acknowledged_only),
	    cmocka_unit_test(test_plaintext_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
