/* Sessions of two hosts that fail one behind the other: when it is told, with which numbers, and when not. */
#include "tests/findings_check.h"

#include "analyzer/findings/rule.h"
#include "analyzer/pairs.h"

/* A further session of the fixture's hosts, or of other ones, joined to its pair. */
static struct session *open_session(struct test *test, uint8_t engine)
{
	struct fixture *f = &test->f;
	const struct session *first = f->model->first;
	struct session *session = f->session;
	if (f->model->n_sessions > 1 || session->pair != NULL) {
		session = model_add_session(f->model, &f->at);
		session->addr[0] = first->addr[0];
		session->addr[1] = first->addr[1];
		session->port[1] = first->port[1];
		session->controller = C;
		session->certs = calloc(2, sizeof *session->certs);
	}
	session->addr[0].bytes[3] = engine;
	session->opened = session->last = f->at;
	f->session = session;
	assert_true(pairs_join(f->model->pairs, session));
	return session;
}

/* The certificates are the fixture's, not of the store. */
static void give_back(struct test *test)
{
	for (struct session *s = test->f.model->first; s != NULL; s = s->next)
		s->n_certs = 0;
	test->f.session = test->f.model->first;
}

static int end_test(void **state)
{
	give_back(*state);
	return teardown(state);
}

static void begin_again(struct test *test)
{
	give_back(test);
	restart(test);
}

static void good(struct test *test)
{
	open_session(test, 5);
	fixture_healthy(&test->f);
	fixture_alert(&test->f, E, TLS_ALERT_WARNING, TLS_CLOSE_NOTIFY);
	fixture_close(&test->f, CLOSE_FIN, E);
}

static void reject(struct test *test, uint8_t engine, uint8_t code)
{
	open_session(test, engine);
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, code);
	fixture_close(&test->f, CLOSE_FIN, C);
}

static void rejected(struct test *test, uint8_t code)
{
	reject(test, 5, code);
}

static void rejected_from(struct test *test, uint8_t engine)
{
	reject(test, engine, TLS_CERTIFICATE_UNKNOWN);
}

static void pause_for(struct test *test, int64_t seconds)
{
	fixture_wait(&test->f, seconds * NS_PER_S);
}

static const struct finding *flapping(struct test *test)
{
	capture_ids(test);
	for (uint32_t i = 0; i < test->findings.n; i++) {
		if (strcmp(test->findings.list[i].id, "session-flapping") == 0)
			return &test->findings.list[i];
	}
	return NULL;
}

static void three_in_a_row(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < 3; i++) {
		assert_null(flapping(test));
		rejected(test, TLS_CERTIFICATE_UNKNOWN);
		pause_for(test, 30);
	}
	const struct finding *finding = flapping(test);
	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_ERROR);
	contains(finding->summary,
	         "3 sessions between the engine 10.1.1.5 and the controller 10.1.1.9 failed one "
	         "behind the other in 60.0 s, one every 30.0 s; all the same way: fatal "
	         "certificate_unknown(46) of the controller.");
	contains(finding->cause, "No good session of the two came before");
	check_form(finding);
}

static void too_far_apart(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < 6; i++) {
		rejected(test, TLS_CERTIFICATE_UNKNOWN);
		pause_for(test, i % 2 == 0 ? 30 : 301);
	}
	assert_null(flapping(test));
}

static void a_good_one_between_them(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < 3; i++) {
		rejected(test, TLS_CERTIFICATE_UNKNOWN);
		rejected(test, TLS_CERTIFICATE_UNKNOWN);
		good(test);
	}
	assert_null(flapping(test));
}

static void healthy_reconnects(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < 20; i++) {
		good(test);
		pause_for(test, 5);
	}
	assert_null(flapping(test));
}

static void what_changed_since_the_last_good_one(void **state)
{
	struct test *test = *state;
	good(test);
	for (int i = 0; i < 4; i++) {
		rejected(test, i == 2 ? TLS_BAD_CERTIFICATE : TLS_CERTIFICATE_UNKNOWN);
		test->f.session->tls.version = TLS_1_0;
	}
	good(test);
	const struct finding *finding = flapping(test);
	assert_non_null(finding);
	contains(finding->summary, "3 of them the same way");
	contains(finding->summary, "A later one succeeded");
	contains(finding->cause,
	         "Last good: session 1 of 2015-12-13 09:46:40 UTC. First bad: session 2. Changed "
	         "between the two: version TLSv1.2 -> TLSv1.0.");
	begin_again(test);
	good(test);
	for (int i = 0; i < 3; i++)
		rejected(test, TLS_CERTIFICATE_UNKNOWN);
	contains(flapping(test)->cause, "Nothing that both handshakes show has changed");
}

/* RST without a goodbye inside ten minutes is a session that was torn down; a later one is not. */
static void sessions_that_are_torn_down(void **state)
{
	struct test *test = *state;
	for (int life = 0; life < 2; life++) {
		begin_again(test);
		for (int i = 0; i < 3; i++) {
			open_session(test, 5);
			fixture_healthy(&test->f);
			pause_for(test, life == 0 ? 20 : 600);
			fixture_close(&test->f, CLOSE_RST, C);
		}
		assert_int_equal(flapping(test) != NULL, life == 0);
		if (life == 0)
			contains(flapping(test)->summary,
			         "closed by the controller (RST) after the handshake.");
	}
}

/* Port checks, refused connections, the middle of sessions and one-sided ones are no attempts. */
static void what_says_nothing(void **state)
{
	struct test *test = *state;
	for (int i = 0; i < 5; i++) {
		open_session(test, 5);
		fixture_connect(&test->f);
		fixture_close(&test->f, i % 2 == 0 ? CLOSE_FIN : CLOSE_RST, E);
		open_session(test, 5);
		fixture_syn(&test->f);
		fixture_close(&test->f, CLOSE_RST, C);
		open_session(test, 5);
		test->f.session->midstream = true;
		fixture_data(&test->f, E, 40);
		fixture_close(&test->f, CLOSE_RST, C);
	}
	assert_null(flapping(test));
}

/* Six failures, of three engines: two each. With RULE_PAIRS pairs told one by one, the rest is a number. */
static void other_hosts_are_another_pair(void **state)
{
	struct test *test = *state;
	for (uint8_t i = 0; i < 6; i++)
		rejected_from(test, 5 + i % 3);
	assert_null(flapping(test));
	for (uint8_t round = 0; round < 3; round++)
		for (uint8_t i = 0; i < RULE_PAIRS + 2; i++)
			rejected_from(test, 50 + i);
	capture_ids(test);
	uint32_t told = 0;
	for (uint32_t i = 0; i < test->findings.n; i++)
		told += strcmp(test->findings.list[i].id, "session-flapping") == 0;
	assert_int_equal(told, RULE_PAIRS);
	contains(flapping(test)->cause, "2 more pairs of hosts fail like this.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(three_in_a_row, setup, end_test),
	    cmocka_unit_test_setup_teardown(too_far_apart, setup, end_test),
	    cmocka_unit_test_setup_teardown(a_good_one_between_them, setup, end_test),
	    cmocka_unit_test_setup_teardown(healthy_reconnects, setup, end_test),
	    cmocka_unit_test_setup_teardown(what_changed_since_the_last_good_one, setup, end_test),
	    cmocka_unit_test_setup_teardown(sessions_that_are_torn_down, setup, end_test),
	    cmocka_unit_test_setup_teardown(what_says_nothing, setup, end_test),
	    cmocka_unit_test_setup_teardown(other_hosts_are_another_pair, setup, end_test),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
