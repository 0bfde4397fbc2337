/* What follows from inferred echoes for a session: its state, who went quiet first, echo-silent; and when it
 * does not. */
#include "tests/findings_check.h"

#include "analyzer/infer.h"
#include "analyzer/session.h"

#define CIPHER 0xc030 /* AES-GCM: 24 bytes more than the plaintext */

static void say(struct fixture *f, uint8_t dir, size_t bytes)
{
	struct origin at = fixture_packet(f, dir, bytes);
	infer_record(f->session, dir, bytes + 24, &at);
}

/* Echoes, the first `answered` of them with an answer; a notification in between. */
static void talk(struct fixture *f, int echoes, int answered, int64_t interval)
{
	f->session->tls.server_hello = f->session->tls.client_hello = true;
	f->session->tls.version = TLS_1_2;
	f->session->tls.cipher = CIPHER;
	for (int i = 0; i < echoes; i++) {
		fixture_wait(f, interval / 2);
		say(f, C, 90);
		fixture_wait(f, interval - interval / 2);
		say(f, E, 12);
		if (i < answered)
			say(f, C, 12);
	}
}

static void look(struct test *test)
{
	test->f.model->capture.last = test->f.at.time;
	findings_of_session(test->f.model, test->f.session, &test->findings);
}

static const struct finding *finding(const struct test *test, const char *id)
{
	for (uint32_t i = 0; i < test->findings.n; i++)
		if (strcmp(test->findings.list[i].id, id) == 0)
			return &test->findings.list[i];
	return NULL;
}

static struct session_quiet quiet_of(const struct test *test)
{
	struct session_quiet quiet;
	session_quiet(test->f.session, test->f.model->capture.last, &quiet);
	return quiet;
}

static void test_alive(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 20, 15 * NS_PER_S);
	look(test);
	assert_null(finding(test, "echo-silent"));
	assert_false(quiet_of(test).known);
	assert_int_equal(session_state(test->f.session, test->f.at.time), SESSION_ACTIVE);
}

static void test_controller_silent(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 15, 15 * NS_PER_S);
	look(test);
	const struct finding *silent = finding(test, "echo-silent");
	assert_non_null(silent);
	assert_non_null(strstr(silent->summary, "inferred"));
	assert_true(silent->n_evidence >= 4);
	struct session_quiet quiet = quiet_of(test);
	assert_true(quiet.known && quiet.inferred);
	assert_int_equal(quiet.dir, C);
}

/* Three intervals must have gone by, and more than one request. */
static void test_not_yet_silent(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 18, 15 * NS_PER_S);
	look(test);
	assert_null(finding(test, "echo-silent"));
	fixture_wait(&test->f, 60 * NS_PER_S);
	look(test);
	assert_non_null(finding(test, "echo-silent"));
}

static void test_gap_hides_it(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 15, 15 * NS_PER_S);
	fixture_gap(&test->f, C, 36);
	look(test);
	assert_null(finding(test, "echo-silent"));
	assert_false(quiet_of(test).known);
}

/* The controller says something at once, each time, only not the answer of before: it may be one of another
 * size. */
static void test_answers_of_another_size(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 15, 15, 15 * NS_PER_S);
	for (int i = 0; i < 10; i++) {
		fixture_wait(&test->f, 15 * NS_PER_S);
		say(&test->f, E, 12);
		say(&test->f, C, 104);
	}
	look(test);
	assert_null(finding(test, "echo-silent"));
	assert_false(quiet_of(test).known);
}

static void test_closed_by_the_controller(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 15, 15 * NS_PER_S);
	fixture_close(&test->f, CLOSE_FIN, C);
	look(test);
	assert_null(finding(test, "echo-silent"));
}

/* One request, 15 s behind the echo before, that is answered after so long; < 0: never. */
static void echo_once(struct test *test, int64_t answer)
{
	fixture_wait(&test->f, 15 * NS_PER_S);
	say(&test->f, E, 12);
	if (answer < 0)
		return;
	fixture_wait(&test->f, answer);
	say(&test->f, C, 12);
	fixture_wait(&test->f, -answer);
}

static void test_one_is_missed(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 10, 10, 15 * NS_PER_S);
	echo_once(test, -1);
	uint64_t packet = test->f.at.packet - 1;
	look(test);
	assert_null(finding(test, "echo-missed")); /* it may yet be answered, or be the end */
	echo_once(test, NS_PER_MS);
	look(test);
	const struct finding *missed = finding(test, "echo-missed");
	assert_non_null(missed);
	assert_string_equal(missed->summary,
	                    "1 echo request got no answer within 5.0 s (inferred from sizes and times), of 12 requests in "
	                    "all.");
	assert_int_equal(missed->severity, SEVERITY_WARNING);
	assert_int_equal(missed->n_evidence, 1);
	assert_int_equal(missed->evidence[0].packet, packet);
	for (int i = 0; i < 300; i++)
		echo_once(test, NS_PER_MS);
	look(test);
	missed = finding(test, "echo-missed");
	assert_true(missed != NULL && missed->evidence[0].packet == packet); /* long ago */
	findings_verdict(test->f.model, test->f.session, &test->findings, test->verdict);
	assert_non_null(strstr(test->verdict, "echoes missed, as inferred"));
	fixture_gap(&test->f, C, 36);
	look(test);
	assert_null(finding(test, "echo-missed"));
}

/* Answers after 6 s are missed, and no silence. */
static void test_late(void **state)
{
	struct test *test = *state;
	struct infer_rhythm echo;
	fixture_healthy(&test->f);
	talk(&test->f, 10, 10, 15 * NS_PER_S);
	for (int i = 0; i < 4; i++)
		echo_once(test, 6 * NS_PER_S);
	look(test);
	assert_null(finding(test, "echo-silent"));
	assert_false(quiet_of(test).known);
	assert_true(infer_echo(test->f.session->infer, &echo));
	assert_int_equal(echo.requests, 14);
	assert_int_equal(echo.responses, 14);
	assert_int_equal(echo.missed, 4);
	assert_int_equal(echo.late, 4);
	assert_in_range(echo.rtt_max, 6 * NS_PER_S, 6 * NS_PER_S + 10 * NS_PER_MS);
	echo_once(test, NS_PER_MS);
	look(test);
	assert_non_null(finding(test, "echo-missed"));
}

/* Another message of the same size in between is none. */
static void test_between_echoes(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 10, 10, 15 * NS_PER_S);
	for (int i = 1; i < 15; i++) {
		fixture_wait(&test->f, i * NS_PER_S);
		say(&test->f, E, 12);
		fixture_wait(&test->f, -i * NS_PER_S);
		echo_once(test, NS_PER_MS);
	}
	look(test);
	assert_null(finding(test, "echo-missed"));
}

/* Of which file a packet is would be a guess. */
static void test_two_files(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 10, 10, 15 * NS_PER_S);
	echo_once(test, -1);
	test->f.at.input++;
	echo_once(test, NS_PER_MS);
	look(test);
	assert_null(finding(test, "echo-missed"));
}

/* Without an echo that is known the session is silent after 45 s, else after three intervals. */
static void test_silent_after_three_intervals(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	talk(&test->f, 20, 20, 5 * NS_PER_S);
	int64_t last = test->f.session->last.time;
	assert_int_equal(session_state(test->f.session, last + 14 * NS_PER_S), SESSION_ACTIVE);
	assert_int_equal(session_state(test->f.session, last + 16 * NS_PER_S), SESSION_SILENT);
	test->f.model->capture.last = last + 16 * NS_PER_S;
	struct session_quiet quiet = quiet_of(test);
	assert_true(quiet.known && quiet.inferred);
	assert_int_equal(quiet.dir, E);
	infer_forget(test->f.session); /* a key came, say */
	assert_int_equal(session_state(test->f.session, last + 16 * NS_PER_S), SESSION_ACTIVE);
	assert_int_equal(session_state(test->f.session, last + 46 * NS_PER_S), SESSION_SILENT);
	assert_false(quiet_of(test).known);
}

/* From the first opened record on nothing is inferred. */
static void test_nothing_beside_what_is_read(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	test->f.session->tls.opened[E] = 1;
	talk(&test->f, 20, 20, 5 * NS_PER_S);
	assert_null(test->f.session->infer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_alive),
	    TEST(test_controller_silent),
	    TEST(test_not_yet_silent),
	    TEST(test_gap_hides_it),
	    TEST(test_answers_of_another_size),
	    TEST(test_closed_by_the_controller),
	    TEST(test_one_is_missed),
	    TEST(test_late),
	    TEST(test_between_echoes),
	    TEST(test_two_files),
	    TEST(test_silent_after_three_intervals),
	    TEST(test_nothing_beside_what_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
