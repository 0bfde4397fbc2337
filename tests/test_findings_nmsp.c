/* Findings about decrypted messages: each fires on its fault, cites it, and stays quiet without evidence. */
#include "tests/findings_talk.h"

/* None of ours. */
static void assert_quiet(const struct test *test)
{
	static const char *const ids[] = {"echo-silent", "echo-missed", "echo-none", "nmsp-malformed",
	                                  "framing-unknown"};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (find(test, ids[i]) != NULL)
			fail_msg("%s: %s", ids[i], find(test, ids[i])->summary);
}

static void test_healthy(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 2);
	echoes(&test, 10, true);
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

static void test_missed(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 2, false);
	echoes(&test, 5, true);
	end(&test);
	const struct finding *missed = find(&test, "echo-missed");
	assert_non_null(missed);
	assert_int_equal(missed->severity, SEVERITY_WARNING);
	assert_non_null(strstr(missed->summary, "2 ECHO_REQUESTs got no answer within 5.0 s, of 12"));
	assert_int_equal(missed->n_evidence, 2);
	assert_null(find(&test, "echo-silent"));
	stop(&test);
}

static void test_silent(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 4, false);
	end(&test);
	const struct finding *silent = find(&test, "echo-silent");
	assert_non_null(silent);
	assert_int_equal(silent->severity, SEVERITY_ERROR);
	assert_non_null(strstr(silent->summary, "60.0 s"));
	assert_non_null(strstr(silent->summary, "5 of 9 were answered before"));
	assert_int_equal(silent->n_evidence, 5); /* the last answer and four requests */
	stop(&test);
}

/* Two unanswered requests are not yet three intervals; one that was only just sent proves nothing. */
static void test_not_yet_silent(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 2, false);
	end(&test);
	assert_null(find(&test, "echo-silent"));
	stop(&test);
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 1, false);
	fixture_wait(&test.f, 300 * S);
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

/* An engine that leaves with requests unanswered for two intervals says that it gave the session up. */
static void test_engine_gives_up(void **state)
{
	(void)state;
	struct test test;
	for (int unanswered = 1; unanswered <= 2; unanswered++) {
		start(&test);
		echoes(&test, 5, true);
		echoes(&test, unanswered, false); /* each waits 15 s */
		fixture_wait(&test.f, (unanswered == 1 ? 1 : -14) * S);
		fixture_close(&test.f, CLOSE_FIN, FIXTURE_ENGINE);
		end(&test);
		const struct finding *silent = find(&test, "echo-silent");
		assert_non_null(silent);
		assert_non_null(strstr(silent->summary, "for 16.0 s (5 of"));
		assert_non_null(
		    strstr(silent->cause, "closed by the engine (FIN) 31.0 s after the last answered echo."));
		assert_null(find(&test, "echo-missed"));
		stop(&test);
	}
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 1, false);
	fixture_wait(&test.f, -2 * S);
	fixture_close(&test.f, CLOSE_FIN, FIXTURE_ENGINE); /* it may have been about to end */
	end(&test);
	assert_quiet(&test);
	stop(&test);
	start(&test);
	echoes(&test, 5, true);
	fixture_wait(&test.f, 60 * S);
	echoes(&test, 1, false);
	fixture_wait(&test.f, -11 * S);
	fixture_close(&test.f, CLOSE_FIN, FIXTURE_ENGINE); /* 4 s: the answer may be on its way */
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

/* The controller that closed the session was not silent. */
static void test_closed(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	echoes(&test, 5, true);
	echoes(&test, 4, false);
	fixture_close(&test.f, CLOSE_FIN, FIXTURE_CONTROLLER);
	end(&test);
	assert_null(find(&test, "echo-silent"));
	stop(&test);
}

static void test_gap_is_no_evidence(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	echoes(&test, 5, true);
	struct sink sink = messages_sink(test.messages, FIXTURE_CONTROLLER);
	sink.gap(sink.ctx, 0, &test.f.at);
	echoes(&test, 5, false);
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

/* Answers with ids of their own are answers. */
static void test_other_ids(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 8; i++) {
		say_bare(&test, FIXTURE_ENGINE, 1, i);
		say_bare(&test, FIXTURE_CONTROLLER, 2, 1000 + i);
		fixture_wait(&test.f, 15 * S);
	}
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

static void test_none(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	statistics(&test, 5);
	end(&test);
	assert_non_null(find(&test, "echo-none"));
	stop(&test);
	start(&test);
	statistics(&test, 3);
	end(&test);
	assert_quiet(&test);
	stop(&test);
}

static void test_malformed(void **state)
{
	(void)state;
	struct test test;
	struct nmsptalk *liar = xcalloc(1, sizeof *liar);
	start(&test);
	echoes(&test, 8, true);
	nmsptalk_head(liar, 16, NMSPTALK_HEADER + 4, 3);
	nmsptalk_put(liar, 0x00010009, 4);
	say(&test, FIXTURE_ENGINE, liar);
	end(&test);
	const struct finding *malformed = find(&test, "nmsp-malformed");
	assert_non_null(malformed);
	assert_non_null(strstr(malformed->summary, "1 NMSP message malformed in the framing assumed-1"));
	assert_non_null(strstr(malformed->summary, "of the engine (type 16)"));
	assert_int_equal(malformed->n_evidence, 1);
	stop(&test);
	free(liar);
}

static void test_unknown(void **state)
{
	(void)state;
	struct test test;
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	start(&test);
	for (uint32_t i = 0; i < 50; i++)
		nmsptalk_put(talk, i * 2654435761u, 4);
	say(&test, FIXTURE_ENGINE, talk);
	end(&test);
	const struct finding *unknown = find(&test, "framing-unknown");
	assert_non_null(unknown);
	assert_int_equal(unknown->severity, SEVERITY_INFO);
	assert_non_null(strstr(unknown->summary, "200 bytes of the engine"));
	stop(&test);
	free(talk);
}

/* A framing that was given and fits nothing: its faults are not those of the engine. */
static void test_given_fits_nothing(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	struct profile *little = xmalloc(sizeof *little);
	*little = *test.f.model->builtin;
	little->little_endian = true;
	test.f.model->profile = little;
	messages_free(test.messages);
	test.messages = messages_new(test.f.model, test.f.session);
	statistics(&test, 8);
	end(&test);
	const struct finding *unknown = find(&test, "framing-unknown");
	assert_non_null(unknown);
	assert_non_null(strstr(unknown->summary, "The framing assumed-1 fits nothing: in 96 bytes of the engine"));
	assert_null(find(&test, "echo-none"));
	stop(&test); /* the model frees the profile */
}

/* The finding about a message of the controller with this length in its header, among healthy echoes. */
static const struct finding *told_of_length(struct test *test, uint16_t length)
{
	struct nmsptalk *liar = xcalloc(1, sizeof *liar);
	echoes(test, 8, true);
	nmsptalk_head(liar, 21, length, 3);
	say(test, FIXTURE_CONTROLLER, liar);
	echoes(test, 8, true);
	end(test);
	free(liar);
	const struct finding *told = find(test, "nmsp-malformed");
	assert_non_null(told);
	return told;
}

/* A length that lies is told, with its bytes; the answers behind it are read. */
static void test_hidden_answers(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	const struct finding *told = told_of_length(&test, UINT16_MAX);
	assert_non_null(strstr(told->summary, "65535 bytes, and 12 bytes later"));
	assert_non_null(strstr(told->summary, "01 00 00 15 ff ff"));
	assert_null(find(&test, "echo-silent"));
	assert_null(find(&test, "echo-missed"));
	assert_int_equal(test.f.session->nmsp->echo.responses, 16);
	stop(&test);
}

/* A length that is not possible is told with its bytes too: no message is kept that would show them. */
static void test_impossible_length(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	const struct finding *told = told_of_length(&test, NMSPTALK_HEADER - 1);
	assert_non_null(strstr(told->summary, "not possible; it begins with 01 00 00 15 00 0b"));
	assert_non_null(strstr(told->cause, "The framing is assumed, not published"));
	assert_null(strstr(told->advice[0], "-vv"));
	stop(&test);
}

/* Of a framing that the user gave: no advice to give one. */
static void test_malformed_by_given(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	struct profile *given = xmalloc(sizeof *given);
	*given = *test.f.model->builtin;
	given->origin = PROFILE_USER;
	test.f.model->profile = given;
	messages_free(test.messages);
	test.messages = messages_new(test.f.model, test.f.session);
	const struct finding *told = told_of_length(&test, NMSPTALK_HEADER - 1);
	assert_non_null(strstr(told->cause, "The framing is that of -P, not published"));
	assert_null(strstr(told->advice[0], "give it with -P"));
	stop(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_healthy),
	    cmocka_unit_test(test_missed),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_not_yet_silent),
	    cmocka_unit_test(test_engine_gives_up),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_gap_is_no_evidence),
	    cmocka_unit_test(test_other_ids),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_given_fits_nothing),
	    cmocka_unit_test(test_hidden_answers),
	    cmocka_unit_test(test_impossible_length),
	    cmocka_unit_test(test_malformed_by_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
