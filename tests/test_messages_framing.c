/*
 * Which framing a session's plaintext has: what is evidence and what is not, profiles of the user, messages
 * that lie, places that are lost and found again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/nmsprun.h"

/* ---- the framing ---- */

static void test_unknown(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 2000; i++)
		nmsptalk_put(s, i * 2654435761u, 4);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, 100);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, s, 0, 64, 64);
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_true(nmsp->decided);
	assert_null(nmsp->profile);
	assert_int_equal(nmsp->messages[0] + nmsp->messages[1], 0);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->pieces[NMSPRUN_ENGINE], 80);
	assert_int_equal(nmsp->bytes[NMSPRUN_ENGINE], 8000);
	assert_int_equal(nmsp->bytes[NMSPRUN_CONTROLLER], 64);
	assert_null(nmsp->oldest);
	nmsprun_stop(&run);
	free(s);
}

/* Lengths that tile are not enough when no type is one that the profile knows. */
static void test_lengths_alone(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 20; i++)
		nmsptalk_bulk(s, (uint16_t)(5000 + i), 100);
	nmsprun_whole(&run, NMSPRUN_ENGINE, s);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	nmsprun_stop(&run);
	free(s);
}

static void test_given_profile(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {9, 0, 1, 0, 0xff, 9, 0, 0, 0, 10, 0, 2, 0, 1, 2};
	struct nmsprun run;
	nmsprun_start_with(&run, "name mine\norigin user\nbyte-order little\nheader 4\ntype 0 2\n"
	                         "length 2 2 body\nelements none\nmessage 9 HELLO engine\n");
	nmsprun_feed(&run, NMSPRUN_ENGINE, span_of(bytes, sizeof bytes));
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_string_equal(nmsp->profile->name, "mine");
	assert_int_equal(nmsprun_count(nmsp, 9, NMSPRUN_ENGINE), 2);
	assert_int_equal(nmsprun_count(nmsp, 10, NMSPRUN_ENGINE), 1);
	nmsprun_stop(&run);
}

/* The user's profile holds even where nothing fits it. */
/* One known type among many unknown ones is chance, and so is a piece that holds no whole header. */
static void test_weak_evidence(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < MESSAGES_TO_DECIDE; i++)
		nmsptalk_bulk(s, i == 3 ? 16 : (uint16_t)(5000 + i), 100);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	assert_false(run.session->nmsp->decided); /* more may show another framing */
	nmsprun_end(&run);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	assert_non_null(run.session->nmsp->unlearned);
	nmsprun_stop(&run);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, 5, 5);
	nmsprun_end(&run);
	assert_true(run.session->nmsp->decided);
	assert_null(run.session->nmsp->profile);
	nmsprun_stop(&run);
	free(s);
}

/* Behind a gap bytes that look like a header are no message when its elements do not fit ... */
static void test_false_start(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s), *gap = xcalloc(1, sizeof *gap);
	nmsprun_engine(s);
	nmsptalk_head(gap, 16, 2 * NMSPTALK_HEADER + 4, 0);
	nmsptalk_put(gap, 0x0002ffff, 4);
	nmsptalk_bare(gap, 1, 7);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	nmsprun_gap(&run, NMSPRUN_ENGINE, 0);
	nmsprun_stream(&run, NMSPRUN_ENGINE, gap, 0, gap->n, gap->n);
	nmsprun_end(&run);
	assert_int_equal(run.session->nmsp->messages[NMSPRUN_ENGINE], 11);
	assert_int_equal(run.session->nmsp->echo.requests, 4);
	assert_int_equal(run.session->nmsp->malformed, 0);
	nmsprun_stop(&run);
	free(s);
	free(gap);
}

/* ... and one that is taken for a message all the same is no evidence against the framing. */
static void test_doubtful_start(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_head(s, 16, NMSPTALK_HEADER + 8, 0);
	nmsptalk_put(s, 0, 4);
	nmsprun_start(&run);
	nmsprun_gap(&run, NMSPRUN_ENGINE, 0);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	s->n = 0;
	nmsptalk_bare(s, 1, 1);
	nmsptalk_bare(s, 1, 2);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	nmsprun_end(&run);
	assert_int_equal(run.session->nmsp->misfits, 0);
	assert_non_null(run.session->nmsp->profile);
	nmsprun_stop(&run);
	free(s);
}

static void test_given_profile_misfits(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0, 1, 0, 0, 0, 1, 0, 0};
	struct nmsprun run;
	nmsprun_start_with(&run, "name mine\norigin user\nbyte-order big\nheader 4\ntype 0 2\n"
	                         "length 2 2 total\nelements none\n");
	nmsprun_feed(&run, NMSPRUN_ENGINE, span_of(bytes, sizeof bytes));
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_non_null(nmsp->profile);
	assert_int_equal(nmsp->misfits, 1);
	assert_int_equal(nmsp->malformed, 1);
	assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], sizeof bytes);
	nmsprun_stop(&run);
}

/* Nothing shows before the decision, which comes with the eighth message or a full hold. */
static void test_decision_waits(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_start(&run);
	for (uint32_t i = 0; i < MESSAGES_TO_DECIDE; i++) {
		s->n = 0;
		nmsptalk_bare(s, 1 + (uint16_t)(i % 2), i / 2);
		assert_true(i == 0 || !run.session->nmsp->decided);
		nmsprun_stream(&run, (uint8_t)(i % 2), s, 0, s->n, s->n);
	}
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_true(nmsp->decided);
	assert_int_equal(nmsp->echo.responses, 4);
	assert_int_equal(nmsp->counts[0].last.time,
	                 NMSPRUN_START + 7 * 1000 * NS_PER_US); /* its own, not the decision's */
	nmsprun_stop(&run);
	free(s);
}

static void test_hold_is_bounded(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_bulk(s, 15, 60000);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, s, 0, LIMIT_FRAMING_HOLD - 2000, 1000);
	assert_false(run.session->nmsp->decided);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, s, LIMIT_FRAMING_HOLD - 2000, LIMIT_FRAMING_HOLD, 1000);
	assert_true(run.session->nmsp->decided);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, s, LIMIT_FRAMING_HOLD, s->n, 1000);
	assert_int_equal(nmsprun_count(run.session->nmsp, 15, NMSPRUN_CONTROLLER), 1);
	nmsprun_stop(&run);
	free(s);
}

static void test_roles(void **state)
{
	(void)state;
	for (int given = 0; given < 2; given++) {
		struct nmsprun run;
		struct nmsptalk *s = xcalloc(1, sizeof *s);
		nmsprun_start(&run);
		run.session->controller = NMSPRUN_ENGINE;
		run.model->controller.version = given ? 4 : 0;
		nmsprun_engine(s);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
		assert_int_equal(run.session->controller, given ? NMSPRUN_ENGINE : NMSPRUN_CONTROLLER);
		assert_int_equal(run.session->nmsp->roles_told, !given);
		nmsprun_stop(&run);
		free(s);
	}
}

/* ---- liars ---- */

static void test_bad_length(void **state)
{
	(void)state;
	for (size_t liar = 0; liar < 2; liar++) {
		struct nmsprun run;
		struct nmsptalk *s = xcalloc(1, sizeof *s);
		static const size_t lengths[] = {0, NMSPTALK_HEADER - 1};
		nmsprun_engine(s);
		nmsptalk_head(s, 16, lengths[liar], 3);
		nmsprun_engine(s);
		nmsprun_whole(&run, NMSPRUN_ENGINE, s);
		const struct session_nmsp *nmsp = run.session->nmsp;
		nmsprun_check_sums(nmsp);
		assert_int_equal(nmsp->malformed, 1);
		assert_int_equal(nmsp->n_notes, 1);
		assert_false(nmsp->notes[0].has_type);
		assert_int_equal(nmsp->notes[0].dir, NMSPRUN_ENGINE);
		assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 20);
		assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], NMSPTALK_HEADER);
		nmsprun_stop(&run);
		free(s);
	}
}

/* The first message lies: the framing is known all the same. */
static void test_first_lies(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_head(s, 16, 3, 3);
	nmsprun_engine(s);
	nmsprun_whole(&run, NMSPRUN_ENGINE, s);
	assert_non_null(run.session->nmsp->profile);
	assert_int_equal(run.session->nmsp->misfits, 1);
	assert_int_equal(run.session->nmsp->messages[NMSPRUN_ENGINE], 10);
	assert_int_equal(run.session->nmsp->malformed, 1);
	nmsprun_stop(&run);
	free(s);
}

static void test_bad_element(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	for (int i = 0; i < LIMIT_MALFORMED + 4; i++) {
		nmsptalk_head(s, 16, NMSPTALK_HEADER + 6, 3);
		nmsptalk_put(s, 16, 2);
		nmsptalk_put(s, 9, 2);
		nmsptalk_put(s, 0, 2);
	}
	nmsprun_engine(s);
	nmsprun_whole(&run, NMSPRUN_ENGINE, s);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_int_equal(nmsp->malformed, LIMIT_MALFORMED + 4);
	assert_int_equal(nmsp->n_notes, LIMIT_MALFORMED);
	assert_int_equal(nmsp->notes[0].type, 16);
	assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 20 + LIMIT_MALFORMED + 4);
	assert_int_equal(nmsp->lost[NMSPRUN_ENGINE], 0);
	nmsprun_stop(&run);
	free(s);
}

/* Nobody knows how many bytes are missing: what was open ends there, and the next message is found. */
static void test_unknown_gap(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	for (size_t at = 0; at <= s->n; at += 5) {
		struct nmsprun run;
		nmsprun_start(&run);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, at, s->n);
		nmsprun_gap(&run, NMSPRUN_ENGINE, 0);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
		nmsprun_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		nmsprun_check_sums(nmsp);
		assert_int_equal(nmsp->malformed, 0);
		assert_int_equal(nmsp->cut_off[NMSPRUN_ENGINE], 0);
		assert_in_range(nmsp->messages[NMSPRUN_ENGINE], 20, 30);
		nmsprun_stop(&run);
	}
	free(s);
}

static void test_midstream(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	nmsprun_engine(s);
	for (size_t from = 0; from < s->n / 2; from++) {
		struct nmsprun run;
		nmsprun_start(&run);
		run.session->midstream = true;
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, from, s->n / 2, s->n);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, s->n / 2, s->n, s->n);
		nmsprun_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		nmsprun_check_sums(nmsp);
		assert_non_null(nmsp->profile);
		assert_int_equal(nmsp->malformed, 0);
		assert_in_range(nmsp->messages[NMSPRUN_ENGINE], 10, 20);
		nmsprun_stop(&run);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_lengths_alone),
	    cmocka_unit_test(test_given_profile),
	    cmocka_unit_test(test_weak_evidence),
	    cmocka_unit_test(test_false_start),
	    cmocka_unit_test(test_doubtful_start),
	    cmocka_unit_test(test_given_profile_misfits),
	    cmocka_unit_test(test_decision_waits),
	    cmocka_unit_test(test_hold_is_bounded),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_bad_length),
	    cmocka_unit_test(test_first_lies),
	    cmocka_unit_test(test_bad_element),
	    cmocka_unit_test(test_unknown_gap),
	    cmocka_unit_test(test_midstream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
