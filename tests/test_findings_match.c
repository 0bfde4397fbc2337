/* Findings about trace and capture together: the clocks, and what only one of them saw. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "analyzer/trace_match.h"
#include "tests/expect.h"
#include "tests/trace_pair.h"

struct test {
	struct bench bench;
	struct session *wire, *traced;
	uint32_t input;
	struct findings findings;
};

/* One session in both, the trace's clock 50 ms ahead; both went on for a minute. */
static void pair(struct test *test, enum outcome wire, enum outcome trace)
{
	struct real real = {START, wire, 9, false, NS_PER_S};
	test->bench = bench_new(NULL);
	test->input = add_trace(&test->bench);
	test->wire = on_wire(&test->bench, &real);
	test->bench.model->capture.last = test->wire->last.time + 60 * NS_PER_S;
	real.outcome = trace;
	test->traced = in_trace(&test->bench, test->input, &real, 50 * MS);
	test->bench.model->capture.inputs[test->input].last =
	    (struct origin){test->traced->last.time + 60 * NS_PER_S, 999, test->input & ORIGIN_INPUT_MOST, true};
	trace_match(test->bench.model);
	assert_ptr_equal(test->wire->traced, test->traced);
}

static const struct finding *find(struct test *test, const char *id)
{
	for (uint32_t i = 0; i < test->findings.n; i++)
		if (strcmp(test->findings.list[i].id, id) == 0)
			return &test->findings.list[i];
	return NULL;
}

/* Has the finding with these words, or does not have it: NULL. Evidence is of both sides. */
static void disagrees(struct test *test, const char *summary, const char *cause)
{
	findings_of_session(test->bench.model, test->wire, &test->findings);
	const struct finding *finding = find(test, "trace-wire-disagree");
	if ((finding != NULL) != (summary != NULL))
		fail_msg("%s", finding != NULL ? finding->summary : "no trace-wire-disagree");
	if (finding != NULL) {
		assert_int_equal(finding->severity, SEVERITY_WARNING);
		has(finding->summary, summary);
		has(finding->cause, cause);
		assert_true(finding->n_evidence > 0);
	}
	model_free(test->bench.model);
}

static void test_agree(void **state)
{
	struct test *test = *state;
	static const enum outcome outcomes[] = {ACCEPTED, REJECTED, EXPIRED, STALLED};
	for (size_t i = 0; i < 4; i++) {
		pair(test, outcomes[i], outcomes[i]);
		disagrees(test, NULL, NULL);
	}
}

static void test_alert_not_captured(void **state)
{
	struct test *test = *state;
	pair(test, STALLED, REJECTED);
	disagrees(test,
	          "The controller's trace says that it wrote the fatal alert certificate_unknown(46); the "
	          "capture holds none. There the connection is still open.",
	          "another hop");
	pair(test, STALLED, REJECTED);
	test->wire->tcp.gaps[1] = 1;
	test->wire->tcp.first_gap = test->wire->last;
	disagrees(test, "the capture holds none", "Packets are missing from the capture");
	pair(test, STALLED, REJECTED); /* it ended before the alert */
	test->bench.model->capture.last = test->wire->last.time;
	disagrees(test, NULL, NULL);
	pair(test, STALLED, REJECTED); /* it holds one that cannot be read */
	struct alert_seen alert = {.at = test->wire->last, .dir = CONTROLLER, .encrypted = true};
	model_add_alert(test->bench.model, test->wire, &alert);
	disagrees(test, NULL, NULL);
}

static void test_alert_not_printed(void **state)
{
	struct test *test = *state;
	pair(test, REJECTED, STALLED);
	disagrees(test,
	          "The capture holds the fatal alert certificate_unknown(46) from the controller; the "
	          "controller's trace does not say that it wrote one.",
	          "in the controller's place");
	pair(test, REJECTED, STALLED); /* the trace ended before the alert */
	test->bench.model->capture.inputs[test->input].last.time = test->traced->last.time;
	disagrees(test, NULL, NULL);
	pair(test, REJECTED, STALLED); /* lines are missing */
	test->traced->trace->lost = 1;
	disagrees(test, NULL, NULL);
}

static void test_other_alert(void **state)
{
	struct test *test = *state;
	pair(test, EXPIRED, REJECTED);
	disagrees(test,
	          "The capture holds the fatal alert certificate_expired(45) from the controller, the "
	          "controller's trace the fatal alert certificate_unknown(46) from the controller.",
	          "may end the one connection and open another");
}

static void test_other_decision(void **state)
{
	struct test *test = *state;
	pair(test, ACCEPTED, REJECTED);
	disagrees(test, "was accepted, by the controller's trace it was rejected",
	          "Another hop (firewall, proxy) may end");
	pair(test, REJECTED, ACCEPTED);
	disagrees(test, "was rejected, by the controller's trace it was accepted",
	          "or trace and capture are of two connections");
}

/* The trace tells what the capture does not show. */
static void test_decision_of_the_trace(void **state)
{
	struct test *test = *state;
	struct session_auth auth;
	pair(test, STALLED, REJECTED);
	session_auth(test->bench.model, test->wire, &auth);
	assert_int_equal(auth.observed, AUTH_OBSERVED_REJECTED);
	assert_false(auth.inferred);
	assert_true(auth.n_evidence > 0 && auth.evidence[0].line);
	model_free(test->bench.model);
}

/* The wire's step has the state that was printed, and none where none was; alone it has the implied one. */
static void test_printed_state(void **state)
{
	struct test *test = *state;
	pair(test, REJECTED, REJECTED);
	assert_int_equal(session_step_state(test->wire, &test->wire->steps[0]).number, 0);
	assert_int_equal(session_implied_state(test->wire, &test->wire->steps[0]).number, 0x2111);
	test->traced->steps[0].state = 0x2210;
	assert_int_equal(session_step_state(test->wire, &test->wire->steps[0]).number, 0x2210);
	assert_int_equal(session_implied_state(test->wire, &test->wire->steps[0]).number, 0x2111);
	test->wire->traced = NULL;
	assert_int_equal(session_step_state(test->wire, &test->wire->steps[0]).number, 0x2111);
	test->wire->traced = test->traced; /* to be freed */
	model_free(test->bench.model);
}

static void skew(struct test *test, int64_t offset, int64_t spread, const char *summary)
{
	pair(test, REJECTED, REJECTED);
	struct trace_reading *reading = test->bench.model->capture.inputs[test->input].trace;
	reading->offset = offset;
	reading->spread = spread;
	findings_of_capture(test->bench.model, &test->findings);
	const struct finding *finding = find(test, "time-skew");
	if ((finding != NULL) != (summary != NULL))
		fail_msg("%s", finding != NULL ? finding->summary : "no time-skew");
	if (finding != NULL) {
		assert_string_equal(finding->summary, summary);
		assert_int_equal(finding->n_evidence, 2);
		assert_true(!finding->evidence[0].line && finding->evidence[1].line);
	}
	model_free(test->bench.model);
}

static void test_skew(void **state)
{
	struct test *test = *state;
	skew(test, 0, 0, NULL);
	skew(test, NS_PER_S, 0, NULL);
	skew(test, -NS_PER_S, 0, NULL);
	skew(test, 1500 * MS, 1600 * MS, NULL);
	skew(test, 1500 * MS, 0,
	     "The controller's clock is 1.5 s ahead of the capture's, +- 1.0 ms over 1 handshake.");
	skew(test, -2 * HOUR - 3100 * MS, 12 * MS,
	     "The controller's clock is 2 h 0 min 3.1 s behind the capture's, +- 12.0 ms over 1 handshake.");
	skew(
	    test, 26 * HOUR + 61 * NS_PER_S, 0,
	    "The controller's clock is 26 h 1 min 1.0 s ahead of the capture's, +- 1.0 ms over 1 handshake.");
	skew(test, -90 * NS_PER_S - 960 * MS, 0,
	     "The controller's clock is 1 min 31.0 s behind the capture's, +- 1.0 ms over 1 handshake.");
}

/* A session on each side, an hour apart and rejected for another reason. */
static void unmatched(struct test *test, uint16_t version, int64_t first, const char *why)
{
	struct real real = {START, REJECTED, 9, false, NS_PER_S};
	test->bench = bench_new(NULL);
	test->input = add_trace(&test->bench);
	test->wire = on_wire(&test->bench, &real);
	test->wire->tls.version = version;
	real.outcome = EXPIRED;
	test->traced = in_trace(&test->bench, test->input, &real, HOUR);
	test->bench.model->capture.inputs[test->input].trace->first = first;
	trace_match(test->bench.model);
	findings_of_capture(test->bench.model, &test->findings);
	const struct finding *finding = find(test, "trace-unmatched");
	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_INFO);
	has(finding->summary, "No session of the trace could be matched with one of the capture: ");
	has(finding->summary, why);
	assert_int_equal(finding->n_evidence, 2);
	assert_true(!finding->evidence[0].line && finding->evidence[1].line);
	model_free(test->bench.model);
}

static void test_unmatched(void **state)
{
	struct test *test = *state;
	struct real real = real_at(0, REJECTED);
	unmatched(test, TLS_1_2, START, "no two handshakes agree");
	unmatched(test, TLS_1_3, START, "TLS 1.3");
	unmatched(test, TLS_1_2, ORIGIN_NO_TIME, "no stamps");
	pair(test, REJECTED, REJECTED); /* one that is joined, one that is not */
	real.at += 9 * HOUR;
	in_trace(&test->bench, test->input, &real, 0);
	findings_of_capture(test->bench.model, &test->findings);
	assert_null(find(test, "trace-unmatched"));
	model_free(test->bench.model);
	for (int captured = 0; captured < 2; captured++) { /* sessions on one side only */
		test->bench = bench_new(NULL);
		test->input = add_trace(&test->bench);
		if (captured)
			on_wire(&test->bench, &real);
		else
			in_trace(&test->bench, test->input, &real, 0);
		findings_of_capture(test->bench.model, &test->findings);
		assert_null(find(test, "trace-unmatched"));
		model_free(test->bench.model);
	}
}

/* Beside two sessions that are in both, 20 s later one with this outcome: who has it, and what is said of
 * that. */
static void apart(struct test *test, uint8_t controller, bool captured, int64_t at, const char *summary)
{
	struct real reals[] = {real_at(0, REJECTED), real_at(97, ACCEPTED)};
	struct real other = real_at(at, EXPIRED);
	test->bench = bench_new(NULL);
	test->input = add_trace(&test->bench);
	struct trace_reading *reading = test->bench.model->capture.inputs[test->input].trace;
	other.controller = controller;
	reading->first = reals[0].at + HOUR;
	for (size_t i = 0; i < 2; i++) {
		on_wire(&test->bench, &reals[i]);
		in_trace(&test->bench, test->input, &reals[i], HOUR);
	}
	test->bench.model->capture.inputs[test->input].last = test->bench.session->last;
	if (captured)
		on_wire(&test->bench, &other);
	else
		in_trace(&test->bench, test->input, &other, HOUR);
	trace_match(test->bench.model);
	assert_int_equal(reading->handshakes, 2);
	findings_of_capture(test->bench.model, &test->findings);
	const struct finding *finding = find(test, "trace-unmatched");
	if ((finding != NULL) != (summary != NULL))
		fail_msg("%s", finding != NULL ? finding->summary : "no trace-unmatched");
	if (finding != NULL) {
		assert_string_equal(finding->summary, summary);
		assert_int_equal(finding->n_evidence, 1);
		assert_int_equal(finding->evidence[0].line, !captured);
	}
	model_free(test->bench.model);
}

static void test_apart(void **state)
{
	struct test *test = *state;
	apart(test, 9, true, 20,
	      "1 session of the capture is not in the trace, though both watched at that time; 2 in both.");
	apart(test, 9, false, 20,
	      "1 session of the trace is not in the capture, though both watched at that time; 2 in both.");
	apart(test, 8, true, 20, NULL); /* of another controller */
	apart(test, 9, true, -9, NULL);
	apart(test, 9, true, 109, NULL);
	apart(test, 9, false, -9, NULL);
	apart(test, 9, false, 109, NULL);
}

int main(void)
{
	static struct test test;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_prestate(test_agree, &test),
	    cmocka_unit_test_prestate(test_alert_not_captured, &test),
	    cmocka_unit_test_prestate(test_alert_not_printed, &test),
	    cmocka_unit_test_prestate(test_other_alert, &test),
	    cmocka_unit_test_prestate(test_other_decision, &test),
	    cmocka_unit_test_prestate(test_decision_of_the_trace, &test),
	    cmocka_unit_test_prestate(test_printed_state, &test),
	    cmocka_unit_test_prestate(test_skew, &test),
	    cmocka_unit_test_prestate(test_unmatched, &test),
	    cmocka_unit_test_prestate(test_apart, &test),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
