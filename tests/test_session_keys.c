/*
 * Key logs that were joined, and key logs that come late: of different secrets for one random the one that fits
 * is found, and records that found no room to wait for their secret are counted, never called refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/keysample.h"

#include <inttypes.h>

/* Every line of the label is there twice: with a damaged secret, and behind it as it was. */
static void put_wrong_before(char keys[KEYRUN_KEYS], const char *label, unsigned times)
{
	char wrong[KEYRUN_KEYS], all[KEYRUN_KEYS] = "";
	snprintf(wrong, sizeof wrong, "%s", keys);
	for (unsigned i = 0; i < times; i++) {
		for (char *line = strstr(wrong, label); line != NULL; line = strstr(line + 1, label))
			strchr(line, '\n')[-1] = (char)(strchr(line, '\n')[-1] == '9' ? '0' : '9' - (int)i);
		if (strcmp(wrong, keys) != 0)
			strncat(all, wrong, sizeof all - strlen(all) - 1);
	}
	strncat(all, keys, sizeof all - strlen(all) - 1);
	snprintf(keys, KEYRUN_KEYS, "%s", all);
}

/* Joined logs: the lines of another run stand first, and the right ones behind them count. */
static void a_wrong_line_in_front_of_the_right_one(void **state)
{
	(void)state;
	static const char *const labels[] = {
	    "CLIENT_RANDOM",    "_SECRET",        "CLIENT_HANDSHAKE",
	    "SERVER_HANDSHAKE", "CLIENT_TRAFFIC", "SERVER_TRAFFIC"};
	for (size_t i = 0; i < SAMPLES; i++)
		for (size_t k = 0; k < sizeof labels / sizeof labels[0]; k++) {
			struct sample sample;
			load(&sample, i);
			put_wrong_before(sample.keys, labels[k], LIMIT_SECRETS_ALIKE - 1);
			struct keyrun *run = judged(&sample, DECRYPTION_DECRYPTED, " application records");
			assert_null(strchr(run->decryption.detail, ';'));
			assert_int_equal(run->decryption.data, run->decryption.data_opened);
			assert_int_equal(run->refused, 0);
			assert_null(keyrun_finding(run, "keys-missing"));
			assert_null(keyrun_finding(run, "keys-wrong"));
			done(&sample, run);
		}
}

static void only_wrong_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		load(&sample, i);
		const char *label = i == TLS13 ? "_SECRET" : "CLIENT_RANDOM";
		char *right = strdup(sample.keys);
		put_wrong_before(sample.keys, label, 2);
		sample.keys[strlen(sample.keys) - strlen(right)] = '\0';
		free(right);
		struct keyrun *run = judged(&sample, DECRYPTION_BAD_KEY, "2 different secrets for this");
		assert_non_null(strstr(keyrun_finding(run, "keys-wrong")->summary, "has 2 different secrets"));
		done(&sample, run);
	}
}

/* More different lines than are kept: the right one stands behind the cap. */
static void too_many_wrong_lines(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	put_wrong_before(sample.keys, "CLIENT_RANDOM", LIMIT_SECRETS_ALIKE);
	struct keyrun *run = judged(&sample, DECRYPTION_BAD_KEY, "at least 4 different secrets");
	assert_non_null(strstr(keyrun_finding(run, "keys-wrong")->summary, "at least 4 different secrets"));
	done(&sample, run);
}

/* The first protected record of each side is damaged, too: the next ones tell which secret is right. */
static void a_wrong_line_and_a_damaged_record(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	struct keyrun *run = keyrun_new(&sample.recording, "");
	uint64_t packet = run->session->tls.first_protected[0].packet;
	keyrun_free(run);
	struct recorded *p = &sample.recording.packets[packet - 1];
	p->bytes[p->n - 1] ^= 1;
	put_wrong_before(sample.keys, "CLIENT_RANDOM", 1);
	run = judged(&sample, DECRYPTION_DECRYPTED, "27 of 28 application records; 1 record was refused");
	assert_null(keyrun_finding(run, "keys-wrong"));
	done(&sample, run);
}

/* Secrets come when every packet was read, and the ciphertext had this many bytes of room to wait. */
static void check_room(size_t which, size_t each, size_t all)
{
	struct sample sample;
	struct session_decryption found;
	char says[96];
	load(&sample, which);
	struct model *model = model_new();
	model->keylog = keylog_new();
	model->keys_may_come = true;
	model->waiting.cap_each = each;
	model->waiting.cap = all;
	recording_analyze_late(&sample.recording, model, span_of(sample.keys, strlen(sample.keys)));
	session_decryption(model, model->first, &found);
	const struct session_tls *tls = &model->first->tls;
	uint64_t passed = tls->passed[0] + tls->passed[1], opened = tls->opened[0] + tls->opened[1];
	assert_true(tls->passed[0] > 0 && tls->passed[1] > 0);
	assert_int_equal(tls->behind_gap[0] + tls->behind_gap[1], 0);
	assert_int_equal(tls->refused[0] + tls->refused[1], 0);
	assert_true(opened > 0 || each == 0 || all < 2 * each);
	assert_int_equal(found.state, found.data_opened > 0 ? DECRYPTION_DECRYPTED : DECRYPTION_NO_KEY);
	assert_true(found.passed == passed && found.passed_of == passed + opened);
	snprintf(says, sizeof says,
	         "; %" PRIu64 " of %" PRIu64 " records had passed before the key came: at most", passed,
	         passed + opened);
	if (strstr(found.detail, says) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", found.detail, says);
	model_free(model);
	recording_free(&sample.recording);
}

static void no_room_to_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		for (size_t room = 0; room <= 4096; room += 512) {
			check_room(i, room, LIMIT_WAITING_ALL);
			check_room(i, LIMIT_WAITING, room);
		}
}

/* The key log of weeks drops the oldest secrets: what was opened with them is not said to lack them. */
static void the_secret_was_dropped_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		struct session_decryption found;
		char line[256];
		load(&sample, i);
		struct keyrun *run = judged(&sample, DECRYPTION_DECRYPTED, " application records");
		keylog_set_limit(run->model->keylog, 1);
		int n = snprintf(line, sizeof line, "CLIENT_RANDOM %064x %096x\n", 1, 1);
		keylog_parse(run->model->keylog, span_of(line, (size_t)n));
		session_decryption(run->model, run->session, &found);
		assert_string_equal(found.detail, run->decryption.detail);
		assert_int_equal(found.missing, 0);
		done(&sample, run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_wrong_line_in_front_of_the_right_one),
	    cmocka_unit_test(only_wrong_lines),
	    cmocka_unit_test(too_many_wrong_lines),
	    cmocka_unit_test(a_wrong_line_and_a_damaged_record),
	    cmocka_unit_test(no_room_to_wait),
	    cmocka_unit_test(the_secret_was_dropped_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
