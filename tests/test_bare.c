/* Bare messages, LINKTYPE_USER0: sides by types, several messages in a packet, cut and strange ones, eviction. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/analyze.h"
#include "analyzer/session_nmsp.h"
#include "tests/nmsptalk.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>

struct test {
	struct model *model;
	struct analyze *analyze;
	int64_t time;
	enum capfile_direction direction;
};

static void start(struct test *test)
{
	*test = (struct test){.model = model_new(), .time = NS_PER_S};
	test->analyze = analyze_new(test->model);
	model_add_input(test->model, "a");
	model_add_input(test->model, "b");
}

static void stop(struct test *test)
{
	analyze_free(test->analyze);
	model_free(test->model);
}

static void packet(struct test *test, uint32_t input, const struct nmsptalk *talk, size_t wire)
{
	struct capfile_packet packet = {.time = test->time += NS_PER_S,
	                                .linktype = PACKET_BARE,
	                                .wire = wire > 0 ? wire : talk->n,
	                                .data = span_of(talk->bytes, talk->n),
	                                .direction = test->direction};
	analyze_packet(test->analyze, input, &packet);
}

static void bare(struct test *test, uint32_t input, uint16_t type, uint32_t id)
{
	static struct nmsptalk talk; /* as large as it is, a heap block would be a new mapping for each packet */
	talk.n = 0;
	nmsptalk_bare(&talk, type, id);
	packet(test, input, &talk, 0);
}

static void went(struct test *test, enum capfile_direction direction, uint16_t type, uint32_t id)
{
	test->direction = direction;
	bare(test, 0, type, id);
}

static void test_sides(void **state)
{
	(void)state;
	struct test test;
	struct nmsptalk *talk = calloc(1, sizeof *talk);
	start(&test);
	nmsptalk_bare(talk, 20, 1);
	nmsptalk_bare(talk, 21, 1);
	nmsptalk_bare(talk, 7, 2);
	packet(&test, 0, talk, 0);
	bare(&test, 0, 1, 3);
	bare(&test, 0, 2, 3);
	analyze_end(test.analyze);
	const struct session *session = test.model->first;
	assert_true(session->bare && session->next == NULL);
	const struct session_nmsp *nmsp = session->nmsp;
	assert_int_equal(nmsp->messages[0] + nmsp->messages[1], 5);
	assert_int_equal(nmsp->messages[session->controller], 2);
	assert_true(session_nmsp_tells_side(nmsp, 20) && !session_nmsp_tells_side(nmsp, 7) &&
	            !session_nmsp_tells_side(nmsp, 777));
	assert_int_equal(nmsp->echo.requests, 1);
	assert_int_equal(nmsp->echo.responses, 1);
	assert_int_equal(session_state(session, test.time), SESSION_ACTIVE);
	assert_int_equal(test.model->capture.nmsp_packets, 3);
	free(talk);
	stop(&test);
}

/* Nothing is missed, refused or broken where nobody knows what is not in the capture. */
static void test_claims_nothing(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 20; i++)
		bare(&test, 0, 1, i); /* no answer to any */
	bare(&test, 0, 31, 99);
	analyze_end(test.analyze);
	struct view *view = view_new(test.model, 0, NULL);
	view_session_open(view, test.model->first);
	assert_int_equal(view->open.findings.n, 0);
	assert_int_equal(view->open.auth.observed, AUTH_OBSERVED_NONE);
	assert_non_null(strstr(view->open.verdict, "21 NMSP messages without TCP and TLS"));
	for (size_t i = 0; i < CHECKLIST_ITEMS; i++)
		assert_int_equal(view->open.checklist.item[i].answer, CHECKLIST_UNKNOWN);
	view_free(view);
	stop(&test);
}

/* The rest of a cut message is not in the next packet. */
static void test_cut(void **state)
{
	(void)state;
	struct test test;
	struct nmsptalk *talk = calloc(1, sizeof *talk);
	start(&test);
	for (uint32_t i = 0; i < 8; i++)
		bare(&test, 0, 20, i);
	nmsptalk_number(talk, 16, 9, 16, 2, 1);
	talk->n -= 3;
	packet(&test, 0, talk, talk->n + 3);
	for (uint32_t i = 0; i < 8; i++)
		bare(&test, 0, 20, 20 + i);
	analyze_end(test.analyze);
	const struct session *session = test.model->first;
	assert_int_equal(session->tcp.cut_packets, 1);
	uint64_t statistics = 0;
	for (uint32_t i = 0; i < session->nmsp->n_counts; i++)
		statistics += session->nmsp->counts[i].type == 20 ? session->nmsp->counts[i].messages : 0;
	assert_int_equal(statistics, 16);
	free(talk);
	stop(&test);
}

static void test_strange_bytes(void **state)
{
	(void)state;
	struct test test;
	struct nmsptalk *talk = calloc(1, sizeof *talk);
	start(&test);
	for (size_t n = 0; n < 64; n++) {
		talk->n = n;
		for (size_t i = 0; i < n; i++)
			talk->bytes[i] = (uint8_t)(n * 37 + i * 101);
		packet(&test, 0, talk, 0);
	}
	analyze_end(test.analyze);
	struct view *view = view_new(test.model, 0, NULL);
	view_session_open(view, test.model->first);
	assert_non_null(strstr(view->open.verdict, "Bytes of no known framing"));
	assert_string_equal(view->open.findings.list[0].id, "framing-unknown");
	assert_non_null(strstr(view->open.findings.list[0].summary, "known: 2016 bytes were read"));
	view_free(view);
	free(talk);
	stop(&test);
}

/* A length that goes beyond its packet is told, also before the framing is found, without a side that nothing tells. */
static void test_too_long(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		uint32_t before;
		const char *told;
	} cases[] = {{21, 10, "the first, of the controller (type 21): its length goes beyond the end of its packet"},
	             {21, 2, "the first, of the controller (type 21): its length goes beyond the end of its packet"},
	             {77, 10, "the first (type 77): its length goes beyond the end of its packet"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct test test;
		struct nmsptalk *talk = calloc(1, sizeof *talk);
		start(&test);
		for (uint32_t id = 0; id < cases[i].before; id++)
			bare(&test, 0, 20, id);
		nmsptalk_number(talk, cases[i].type, 9, 16, 2, 1);
		talk->n -= 3;
		packet(&test, 0, talk, 0);
		for (uint32_t id = 20; id < 30; id++)
			bare(&test, 0, 20, id);
		analyze_end(test.analyze);
		struct view *view = view_new(test.model, 0, NULL);
		view_session_open(view, test.model->first);
		assert_int_equal(test.model->first->nmsp->malformed, 1);
		assert_string_equal(view->open.findings.list[0].id, "nmsp-malformed");
		assert_non_null(strstr(view->open.findings.list[0].summary, cases[i].told));
		view_free(view);
		free(talk);
		stop(&test);
	}
}

/* How many messages of a type the view lists with this direction; "" for none. */
static uint64_t listed(const struct test *test, uint32_t type, const char *direction)
{
	const struct session *session = test->model->first;
	uint64_t n = 0;
	for (uint32_t i = 0; i < session->nmsp->n_counts; i++) {
		const struct nmsp_count *count = &session->nmsp->counts[i];
		const char *told = !session_nmsp_knows_side(session, count->type) ? ""
		                   : count->dir == session->controller            ? "IN"
		                                                                  : "OUT";
		n += count->type == type && strcmp(told, direction) == 0 ? count->messages : 0;
	}
	return n;
}

static bool trusts(const struct test *test, const char *words)
{
	struct view *view = view_new(test->model, 0, NULL);
	bool found = false;
	view_session_open(view, test->model->first);
	for (size_t i = 0; i < view->open.n_trust; i++)
		found = found || strstr(view->open.trust[i], words) != NULL;
	view_free(view);
	return found;
}

/* At the controller what comes in is the engine's, at the engine what goes out: the types tell which it is. */
static void test_directions(void **state)
{
	(void)state;
	static const enum capfile_direction engine[] = {CAPFILE_INBOUND, CAPFILE_OUTBOUND};
	for (size_t at = 0; at < 2; at++) {
		struct test test;
		enum capfile_direction controller = engine[at ^ 1];
		start(&test);
		went(&test, engine[at], 7, 1);
		went(&test, controller, 7, 1);
		went(&test, controller, 7, 2);
		for (uint32_t i = 0; i < 10; i++) {
			went(&test, engine[at], 1, i);
			went(&test, controller, 2, i);
		}
		analyze_end(test.analyze);
		assert_int_equal(listed(&test, 7, "OUT"), 1);
		assert_int_equal(listed(&test, 7, "IN"), 2);
		assert_int_equal(listed(&test, 1, "OUT"), 10);
		assert_int_equal(listed(&test, 2, "IN"), 10);
		assert_true(trusts(&test, "epb_flags of pcapng), and the types"));
		stop(&test);
	}
}

/* Two directions, and nothing that says whose they are. */
static void test_directions_of_nobody(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 10; i++)
		went(&test, i % 2 == 0 ? CAPFILE_INBOUND : CAPFILE_OUTBOUND, 7, i);
	analyze_end(test.analyze);
	assert_int_equal(test.model->first->nmsp->messages[0], 5);
	assert_int_equal(listed(&test, 7, ""), 10);
	assert_true(trusts(&test, "no message tells which one is the engine's"));
	stop(&test);
}

/* From the first packet without a direction on only types tell. */
static void test_some_directions(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (uint32_t i = 0; i < 10; i++) {
		went(&test, CAPFILE_INBOUND, 1, i);
		went(&test, CAPFILE_OUTBOUND, 2, i);
	}
	went(&test, CAPFILE_OUTBOUND, 7, 1);
	went(&test, CAPFILE_NO_DIRECTION, 2, 11);
	went(&test, CAPFILE_NO_DIRECTION, 1, 12);
	analyze_end(test.analyze);
	assert_int_equal(listed(&test, 7, ""), 1);
	assert_int_equal(listed(&test, 1, "OUT"), 11);
	assert_int_equal(listed(&test, 2, "IN"), 11);
	assert_true(trusts(&test, "told by its type"));
	stop(&test);
}

static void test_a_session_for_each_input(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	bare(&test, 0, 1, 1);
	bare(&test, 1, 1, 1);
	bare(&test, 0, 2, 1);
	analyze_end(test.analyze);
	assert_int_equal(test.model->n_sessions, 2);
	assert_int_equal(test.model->first->opened.input, 0);
	assert_int_equal(test.model->last->opened.input, 1);
	stop(&test);
}

static size_t plenty(size_t bound)
{
	return 2 * bound + 1;
}

/* Given up for memory in the middle: a new one begins. */
static void test_given_up(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	test.model->memory = 1;
	analyze_set_memory(test.analyze, plenty);
	for (uint32_t i = 0; i < 40000; i++)
		bare(&test, i % 2, 1, i);
	analyze_end(test.analyze);
	assert_true(test.model->capture.evicted_sessions > 0);
	stop(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sides),         cmocka_unit_test(test_claims_nothing),
	    cmocka_unit_test(test_cut),           cmocka_unit_test(test_strange_bytes),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_directions),    cmocka_unit_test(test_directions_of_nobody),
	    cmocka_unit_test(test_some_directions),
	    cmocka_unit_test(test_a_session_for_each_input), cmocka_unit_test(test_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
