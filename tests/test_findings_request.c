/* Findings about requests, subscriptions and slow echoes: each fires on its fault, and not just below it. */
#include "tests/findings_talk.h"

#define ENGINE     FIXTURE_ENGINE
#define CONTROLLER FIXTURE_CONTROLLER

enum { MASK = 1, STATUS = 4, ALL = 0x68EBE7, RSSI = 0x000003, LOCATION = 0x020003 };

static void capabilities(struct test *test, uint64_t mask)
{
	say_number(test, ENGINE, 7, ++test->id, MASK, 4, mask);
	say_number(test, CONTROLLER, 7, test->id, MASK, 4, mask);
}

static void subscribe(struct test *test, uint64_t mask, int status)
{
	say_number(test, ENGINE, 30, ++test->id, MASK, 4, mask);
	if (status >= 0)
		say_number(test, CONTROLLER, 31, test->id, STATUS, 2, (uint64_t)status);
}

static void assert_none(struct test *test)
{
	static const char *const mine[] = {"message-wrong-side", "response-unasked", "request-unanswered", "subscription-refused",
	                                   "subscription-missing", "service-not-capable", "echo-slow"};
	for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++) {
		if (find(test, mine[i]) != NULL)
			fail_msg("%s: %s", mine[i], find(test, mine[i])->summary);
	}
}

/* ---- requests ---- */

static void an_answer_in_time(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	capabilities(&test, ALL);
	subscribe(&test, RSSI, 0);
	statistics(&test, 3);
	echoes(&test, 6, true);
	end(&test);
	assert_none(&test);
	stop(&test);
}

static void no_answer(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 2);
	say_bare(&test, ENGINE, 20, ++test.id);
	fixture_wait(&test.f, 4 * S);
	end(&test);
	assert_none(&test); /* an answer may still come */
	fixture_wait(&test.f, 2 * S);
	test.f.model->capture.last = test.f.at.time;
	findings_of_session(test.f.model, test.f.session, test.findings);
	const struct finding *finding = find(&test, "request-unanswered");
	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_WARNING);
	assert_string_equal(finding->summary,
	                    "1 STATISTICS_REQUEST of the engine got no answer within 5.0 s.");
	assert_int_equal(finding->n_evidence, 1);
	stop(&test);
}

static void a_late_answer(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 2);
	say_bare(&test, ENGINE, 20, ++test.id);
	say_bare(&test, ENGINE, 20, ++test.id);
	fixture_wait(&test.f, 9 * S);
	say_bare(&test, CONTROLLER, 21, test.id);
	end(&test);
	assert_non_null(strstr(find(&test, "request-unanswered")->summary, "2 STATISTICS_REQUEST"));
	stop(&test);
}

/* As many answers as requests, with ids that do not fit: the framing is at fault, not the controller. */
static void ids_that_do_not_fit(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 4; i++) {
		say_bare(&test, ENGINE, 20, i);
		say_bare(&test, CONTROLLER, 21, 1000 + i);
		fixture_wait(&test.f, 15 * S);
	}
	end(&test);
	assert_none(&test);
	stop(&test);
}

/* ---- messages that should not be there ---- */

static void the_wrong_side(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 3);
	say_bare(&test, CONTROLLER, 16, ++test.id);
	say_bare(&test, ENGINE, 17, test.id);
	end(&test);
	const struct finding *finding = find(&test, "message-wrong-side");
	assert_non_null(finding);
	assert_string_equal(finding->summary,
	                    "2 messages from the side that does not send its type; the first, of the controller: "
	                    "INFORMATION_REQUEST, which begins with 01 00 00 10 00 0c 00 00 00 00 00 04.");
	assert_int_equal(finding->n_evidence, 2);
	assert_null(find(&test, "response-unasked"));
	stop(&test);
}

/* Most are astray: it is the roles that are not right. */
static void the_wrong_roles(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 4; i++) {
		say_bare(&test, CONTROLLER, 20, i);
		say_bare(&test, ENGINE, 21, i);
	}
	end(&test);
	assert_null(find(&test, "message-wrong-side"));
	stop(&test);
}

static void an_unasked_answer(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 2);
	say_bare(&test, CONTROLLER, 21, 77);
	end(&test);
	const struct finding *finding = find(&test, "response-unasked");
	assert_non_null(finding);
	assert_string_equal(finding->summary,
	                    "1 STATISTICS_RESPONSE of the controller answers nothing that was asked; the first begins "
	                    "with 01 00 00 15 00 0c 00 00 00 00 00 4d.");
	assert_int_equal(finding->n_evidence, 1);
	stop(&test);
}

/* The request may stand in front of what was captured. */
static void an_answer_to_what_was_not_seen(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	test.f.session->midstream = true;
	say_bare(&test, CONTROLLER, 21, 77);
	statistics(&test, 2);
	end(&test);
	assert_none(&test);
	stop(&test);
}

static void a_gap_proves_nothing(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	capabilities(&test, ALL);
	subscribe(&test, RSSI, 1);
	say_bare(&test, ENGINE, 20, ++test.id);
	fixture_gap(&test.f, CONTROLLER, 100);
	fixture_wait(&test.f, 100 * S);
	statistics(&test, 5);
	end(&test);
	assert_none(&test);
	stop(&test);
}

/* ---- subscriptions ---- */

static void refused(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	capabilities(&test, ALL);
	subscribe(&test, RSSI, 1);
	echoes(&test, 2, true);
	end(&test);
	const struct finding *finding = find(&test, "subscription-refused");
	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_ERROR);
	assert_non_null(strstr(finding->summary, "(RSSI MOBILE_STATION, RSSI TAG)"));
	assert_null(find(&test, "service-not-capable"));
	stop(&test);
}

static void refused_and_then_accepted(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	capabilities(&test, ALL);
	subscribe(&test, RSSI, 1);
	subscribe(&test, RSSI, 0);
	echoes(&test, 2, true);
	end(&test);
	assert_none(&test);
	stop(&test);
}

/* Location is not in the mask of a real controller, and is accepted all the same. */
static void not_capable(void **state)
{
	(void)state;
	for (int status = 0; status < 2; status++) {
		struct test test;
		start(&test);
		capabilities(&test, ALL);
		subscribe(&test, LOCATION, status);
		echoes(&test, 2, true);
		end(&test);
		const struct finding *finding = find(&test, "service-not-capable");
		assert_int_equal(finding != NULL, status);
		if (finding != NULL)
			assert_string_equal(finding->summary,
			                    "The engine asks for services that the controller did not "
			                    "say it has: LOCATION SUBSCRIPTION.");
		stop(&test);
	}
}

static void no_subscription(void **state)
{
	(void)state;
	for (int n = 4; n <= 5; n++) {
		struct test test;
		start(&test);
		capabilities(&test, ALL);
		echoes(&test, n, true);
		end(&test);
		assert_int_equal(find(&test, "subscription-missing") != NULL, n == 5);
		stop(&test);
	}
}

/* What has no published name may be a subscription, as AireOS counts them. */
static void an_unknown_message_may_be_one(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	capabilities(&test, ALL);
	say_bare(&test, ENGINE, 40, ++test.id);
	echoes(&test, 10, true);
	end(&test);
	assert_none(&test);
	stop(&test);
}

static void joined_behind_the_subscription(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	test.f.session->midstream = true;
	capabilities(&test, ALL);
	echoes(&test, 10, true);
	end(&test);
	assert_none(&test);
	stop(&test);
}

/* ---- echoes ---- */

static void slow_echoes(struct test *test, int n, int64_t ns)
{
	for (int i = 0; i < n; i++) {
		say_bare(test, ENGINE, 1, ++test->id);
		fixture_wait(&test->f, ns);
		say_bare(test, CONTROLLER, 2, test->id);
		fixture_wait(&test->f, 10 * S);
	}
}

static void slow(void **state)
{
	(void)state;
	static const struct {
		int n;
		int64_t ms;
		bool fires;
	} cases[] = {{5, 1200, true}, {4, 1200, false}, {20, 900, false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct test test;
		start(&test);
		slow_echoes(&test, cases[i].n, cases[i].ms * 1000 * NS_PER_US);
		end(&test);
		assert_int_equal(find(&test, "echo-slow") != NULL, cases[i].fires);
		assert_null(find(&test, "echo-missed"));
		stop(&test);
	}
}

/* One slow answer in 40 is above no percentile. */
static void one_slow_echo(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	slow_echoes(&test, 39, 2 * 1000 * NS_PER_US);
	slow_echoes(&test, 1, 3 * S);
	end(&test);
	assert_none(&test);
	stop(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_in_time),
	    cmocka_unit_test(no_answer),
	    cmocka_unit_test(a_late_answer),
	    cmocka_unit_test(ids_that_do_not_fit),
	    cmocka_unit_test(the_wrong_side),
	    cmocka_unit_test(the_wrong_roles),
	    cmocka_unit_test(an_unasked_answer),
	    cmocka_unit_test(an_answer_to_what_was_not_seen),
	    cmocka_unit_test(a_gap_proves_nothing),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(refused_and_then_accepted),
	    cmocka_unit_test(not_capable),
	    cmocka_unit_test(no_subscription),
	    cmocka_unit_test(an_unknown_message_may_be_one),
	    cmocka_unit_test(joined_behind_the_subscription),
	    cmocka_unit_test(slow),
	    cmocka_unit_test(one_slow_echo),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
