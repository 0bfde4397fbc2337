/* Findings about the capture as a whole: nothing of NMSP in it, inputs that end early, caps that were
 * reached. */
#include "tests/findings_check.h"

#include "analyzer/xmalloc.h"

static void drop_the_session(struct test *test)
{
	test->f.session->certs = NULL;
	model_drop_session(test->f.model, test->f.session);
	test->f.session = NULL;
	test->f.model->capture.evicted_sessions = 0;
}

static void capture_without_nmsp(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	capture->packets = 7;
	assert_string_equal(capture_ids(test), "");
	drop_the_session(test);
	assert_string_equal(capture_ids(test), "capture-no-nmsp");
	capture->tcp_other = 5;
	capture->busiest_port = 443;
	capture->filtered = 1;
	capture->n_unknown_links = 1;
	capture->unknown_links[0].linktype = 4711;
	capture->unknown_links[0].packets = 1;
	capture_ids(test);
	assert_string_equal(test->findings.list[0].summary,
	                    "No NMSP session in 7 packets: no TCP and no DTLS on port 16113.");
	assert_string_equal(
	    test->findings.list[0].cause,
	    "On other TCP ports: 5 packets, the first on port 443. The capture filter left out "
	    "1 packet. Of link type 4711, which is not read: 1 packet.");
	contains(test->findings.list[0].advice[0], "--port 443");
	assert_int_equal(test->findings.list[0].command[0], 0);
	capture->packets = 0;
	assert_string_equal(capture_ids(test), "");
	model_add_input(test->f.model, "a.pcap");
	assert_string_equal(capture_ids(test), "capture-no-nmsp");
	assert_string_equal(test->findings.list[0].summary, "The capture holds no packet.");
	assert_int_equal(test->findings.list[0].n_advice, 0);
	capture->inputs[0].live = true;
	assert_string_equal(capture_ids(test), "capture-no-nmsp");
	assert_string_equal(test->findings.list[0].summary,
	                    "Nothing came that may be NMSP: no TCP and no DTLS on port 16113, also not in a tunnel.");
	assert_int_equal(test->findings.list[0].n_advice, 3);
	test->f.session = model_add_session(test->f.model, &test->f.at);
}

static void damage(struct capture_input *input, const char *error)
{
	input->truncated = true;
	input->error = xstrdup(error);
}

static void truncated_inputs_cite_their_last_packet(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	model_add_input(test->f.model, "a.pcap");
	model_add_input(test->f.model, "b.pcap");
	assert_string_equal(capture_ids(test), "");
	damage(&capture->inputs[0], "it is cut");
	assert_string_equal(capture_ids(test), "capture-truncated");
	assert_string_equal(test->findings.list[0].summary, "a.pcap ends early: it is cut.");
	assert_int_equal(test->findings.list[0].n_evidence, 0);
	damage(&capture->inputs[1], "it is cut too");
	capture->inputs[1].last = (struct origin){.time = FIXTURE_START, .packet = 1, .input = 1};
	assert_string_equal(capture_ids(test), "capture-truncated capture-truncated");
	assert_string_equal(test->findings.list[1].summary, "b.pcap ends early: it is cut too.");
	assert_int_equal(test->findings.list[1].n_evidence, 1);
	assert_int_equal(test->findings.list[1].evidence[0].input, 1);
}

static void limits_stand_before_many_truncated_inputs(void **state)
{
	struct test *test = *state;
	struct capture *capture = &test->f.model->capture;
	for (int i = 0; i < 100; i++) {
		uint32_t index = model_add_input(test->f.model, "b.pcap");
		damage(&capture->inputs[index], "it is cut");
	}
	capture->evicted_sessions = 2;
	model_hit(test->f.model, HIT_STEPS, &test->f.at);
	model_hit(test->f.model, HIT_SESSIONS, &test->f.at);
	model_hit(test->f.model, HIT_SESSIONS, &test->f.at);
	capture_ids(test);
	assert_int_equal(test->findings.n, LIMIT_FINDINGS);
	assert_string_equal(test->findings.list[0].id, "limit-reached");
	contains(test->findings.list[0].summary,
	         "handshake steps of a session (96) 1 time, sessions (20000) 2 times.");
	contains(test->findings.list[0].cause, "Given up: 2 sessions, healthy closed ones first.");
	assert_int_equal(test->findings.list[0].n_advice, 1);
	contains(test->findings.list[0].advice[0], "analyse less at a time");
}

static void the_store_of_certificates_is_full(void **state)
{
	struct test *test = *state;
	static uint8_t der[LIMIT_CERTIFICATES + 2][2];
	const struct cert *taken[LIMIT_CERTIFICATES + 2];
	for (size_t i = 0; i < LIMIT_CERTIFICATES + 2; i++) {
		assert_string_equal(i <= LIMIT_CERTIFICATES ? "" : "limit-reached", capture_ids(test));
		der[i][0] = (uint8_t)(i >> 8);
		der[i][1] = (uint8_t)(i & 0xff);
		taken[i] = certs_take(test->f.model->certs, span_of(der[i], sizeof der[i]));
	}
	assert_string_equal(capture_ids(test), "limit-reached");
	contains(test->findings.list[0].summary, "different certificates (4096) 2 times.");
	for (size_t i = 0; i < LIMIT_CERTIFICATES + 2; i++)
		certs_give_back(test->f.model->certs, taken[i]);
}

/* A text of `n` times the same line. */
static void list_of(struct test *test, const char *line, size_t n)
{
	size_t length = strlen(line);
	char *text = xmalloc(n * length);
	for (size_t i = 0; i < n; i++)
		memcpy(&text[i * length], line, length);
	authlist_parse(&test->f.model->authlist, "list", span_of(text, n * length));
	free(text);
}

static void lists_that_are_cut(void **state)
{
	struct test *test = *state;
	char line[LIMIT_LINE + 2];
	memset(line, ' ', sizeof line);
	line[LIMIT_LINE] = '\n';
	line[LIMIT_LINE + 1] = '\0';
	list_of(test, line, 2);
	list_of(test, FIXTURE_MAC "\n", LIMIT_LIST_PROBLEMS - 1);
	assert_string_equal(capture_ids(test), "limit-reached"); /* and the note that no entry was found */
	contains(test->findings.list[0].summary, ": problem notes of an AuthList file (256) 1 time.");
	assert_int_equal(test->findings.list[0].n_advice, 1);
	contains(test->findings.list[0].advice[0], "cut the AuthList down");
	line[LIMIT_LINE] = ' ';
	line[LIMIT_LINE + 1] = '\n';
	authlist_parse(&test->f.model->authlist, "list", span_of(line, sizeof line));
	capture_ids(test);
	contains(test->findings.list[0].summary,
	         "bytes of a line of the AuthList (4096) 1 time, problem notes");
	list_of(test, FIXTURE_MAC " " FIXTURE_SHA1 "\n", LIMIT_LIST_ENTRIES + 3);
	capture_ids(test);
	contains(test->findings.list[0].summary,
	         ": entries of the AuthList (65536) 3 times, bytes of a line");
	list_of(test, "        ", LIMIT_LIST_BYTES / 8 + 1);
	capture_ids(test);
	contains(test->findings.list[0].summary, "bytes of an AuthList file (8388608) 1 time, ");
}

static void the_key_log_is_full(void **state)
{
	struct test *test = *state;
	test->f.model->keylog = keylog_new(); /* freed with the model */
	char line[256], zeros[97];
	memset(zeros, '0', sizeof zeros - 1);
	zeros[sizeof zeros - 1] = '\0';
	for (unsigned i = 0; i < LIMIT_SECRETS + 1; i++) {
		int n = snprintf(line, sizeof line, "CLIENT_RANDOM %064x %s\n", i, zeros);
		keylog_parse(test->f.model->keylog, span_of(line, (size_t)n));
	}
	assert_string_equal(capture_ids(test), "limit-reached");
	contains(test->findings.list[0].summary, ": secrets of the key logs (2000000) 1 time.");
	assert_int_equal(test->findings.list[0].n_advice, 1);
	contains(test->findings.list[0].advice[0], "cut the key log down");
}

static const struct CMUnitTest tests[] = {
    CASE(capture_without_nmsp),
    CASE(truncated_inputs_cite_their_last_packet),
    CASE(limits_stand_before_many_truncated_inputs),
    CASE(the_store_of_certificates_is_full),
    CASE(lists_that_are_cut),
    CASE(the_key_log_is_full),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
