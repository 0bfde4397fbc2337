/* Tens of thousands of connections wait for their keys: memory is bounded, and each secret finds its
 * connection. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/crowd.h"

enum { CONNECTIONS = 20000, HANDSHAKE = 12 };

struct test {
	struct crowd crowd;
	struct model *model;
	struct analyze *analyze;
};

static void set_up(struct test *test, const char *sample)
{
	assert_true(crowd_load(&test->crowd, sample));
	test->model = model_new();
	test->model->keylog = keylog_new();
	test->model->keys_may_come = true;
	model_add_input(test->model, "crowd");
	test->analyze = analyze_new(test->model);
}

static void tear_down(struct test *test)
{
	analyze_end(test->analyze);
	analyze_free(test->analyze);
	assert_int_equal(tls_holds_bytes(&test->model->waiting), 0);
	model_free(test->model);
	crowd_free(&test->crowd);
}

static size_t play_all(struct test *test, size_t from, size_t to)
{
	size_t most = 0;
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		crowd_play(&test->crowd, test->analyze, i, from, to);
		size_t bytes = tls_holds_bytes(&test->model->waiting);
		assert_true(bytes <= LIMIT_WAITING_ALL);
		most = bytes > most ? bytes : most;
	}
	return most;
}

/* Each of the secrets comes alone: its connection tries it at once, and no other is touched. */
static void a_secret_at_a_time(void **state)
{
	(void)state;
	struct test test;
	set_up(&test, "samples/accepted-tls12.pcapng");
	play_all(&test, 0, HANDSHAKE);
	assert_int_equal(test.model->n_sessions, CONNECTIONS);
	size_t before = tls_holds_bytes(&test.model->waiting);
	const struct session *session = test.model->first;
	for (uint32_t i = 0; i < CONNECTIONS; i++, session = session->next) {
		char line[256];
		size_t n = crowd_line(&test.crowd, i, line);
		assert_int_equal(session->tls.refused[0] + session->tls.refused[1], 0);
		analyze_secrets(test.analyze, span_of(line, n));
		assert_true(session->tls.refused[0] > 0 && session->tls.refused[1] > 0);
		assert_true(session->next == NULL || session->next->tls.refused[0] == 0);
		assert_true(tls_holds_bytes(&test.model->waiting) < before);
		before = tls_holds_bytes(&test.model->waiting);
	}
	assert_int_equal(before, 0);
	tear_down(&test);
}

/* All of them go on sending: the newest traffic waits, the handshakes as long as they leave room. */
static void all_go_on(void **state)
{
	(void)state;
	static const char *const samples[] = {"samples/accepted-tls12.pcapng",
	                                      "samples/accepted-tls13.pcapng"};
	for (size_t k = 0; k < 2; k++) {
		struct test test;
		set_up(&test, samples[k]);
		play_all(&test, 0, HANDSHAKE);
		assert_true(play_all(&test, HANDSHAKE, CROWD_PACKETS) > LIMIT_WAITING_ALL - (64 << 10));
		uint64_t passed = 0;
		for (const struct session *s = test.model->first; s != NULL; s = s->next)
			passed += s->tls.passed[0] + s->tls.passed[1];
		assert_true(passed > CONNECTIONS);
		const struct session_tls *last = &test.model->last->tls;
		assert_true(last->passed[0] + last->passed[1] <= 2); /* old ones, of its first turn */
		assert_true(test.model->first->tls.passed[0] > 2);
		tear_down(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_secret_at_a_time),
	    cmocka_unit_test(all_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
