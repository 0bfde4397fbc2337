/*
 * Plaintext of a session -> its NMSP messages: cutting at every byte, counts, what is kept, services. Streams
 * are written by hand by the layout of assumed-1; the decision about the framing has a test of its own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/nmsprun.h"

/* ---- cutting ---- */

static void test_segmentation(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	for (size_t step = 1; step <= s->n; step++) {
		struct nmsprun run;
		nmsprun_start(&run);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, step);
		nmsprun_end(&run);
		nmsprun_check_engine(run.session->nmsp);
		nmsprun_stop(&run);
	}
	free(s);
}

static void test_two_pieces(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	for (size_t at = 0; at <= s->n; at++) {
		struct nmsprun run;
		nmsprun_start(&run);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, at, s->n);
		nmsprun_feed(&run, NMSPRUN_ENGINE, span_of(NULL, 0)); /* OpenSSL's empty record */
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, at, s->n, s->n);
		nmsprun_end(&run);
		nmsprun_check_engine(run.session->nmsp);
		nmsprun_stop(&run);
	}
	free(s);
}

/* The stream ends at every byte: whole messages count, the one that is cut off does not. */
static void test_cut_everywhere(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	uint64_t before = 0;
	for (size_t to = 0; to <= s->n; to++) {
		struct nmsprun run;
		nmsprun_start(&run);
		nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, to, s->n);
		nmsprun_end(&run);
		const struct session_nmsp *nmsp = run.session->nmsp;
		if (nmsp == NULL) {
			assert_int_equal(to, 0);
		} else {
			uint64_t messages = nmsp->messages[NMSPRUN_ENGINE];
			nmsprun_check_sums(nmsp);
			assert_int_equal(nmsp->malformed, 0);
			assert_true(messages == before || messages == before + 1);
			assert_true(nmsp->cut_off[NMSPRUN_ENGINE] <= 1);
			assert_true(nmsp->newest == NULL || !nmsp->newest->damaged);
			before = messages;
		}
		nmsprun_stop(&run);
	}
	assert_int_equal(before, 10);
	free(s);
}

/* Java writes 1 byte and the rest; the place is found again after a gap all the same. */
static void test_split_after_gap(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsptalk_bulk(s, 20, 300);
	nmsprun_engine(s);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 300, 400, 100);
	nmsprun_gap(&run, NMSPRUN_ENGINE, s->n - 400);
	for (unsigned i = 0; i < 6; i++) {
		struct nmsptalk *one = xcalloc(1, sizeof *one);
		nmsptalk_bare(one, 1, i);
		nmsprun_feed(&run, NMSPRUN_ENGINE, span_of(one->bytes, 1));
		nmsprun_feed(&run, NMSPRUN_ENGINE, span_of(one->bytes + 1, NMSPTALK_HEADER - 1));
		free(one);
	}
	nmsprun_end(&run);
	nmsprun_check_sums(run.session->nmsp);
	assert_int_equal(run.session->nmsp->echo.requests, 2 + 6);
	nmsprun_stop(&run);
	free(s);
}

/* A hole of any place and size changes only the messages that it touches and, at most, the next one. */
static void test_gaps(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	size_t hole_from = s->n;
	nmsprun_engine(s);
	size_t hole_to = s->n;
	nmsprun_engine(s);
	for (size_t from = hole_from; from < hole_to; from += 3)
		for (size_t n = 1; from + n < hole_to; n += 7) {
			struct nmsprun run;
			nmsprun_start(&run);
			nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, from, s->n);
			nmsprun_gap(&run, NMSPRUN_ENGINE, n);
			nmsprun_stream(&run, NMSPRUN_ENGINE, s, from + n, hole_to, s->n);
			nmsprun_stream(&run, NMSPRUN_ENGINE, s, hole_to, s->n, s->n);
			nmsprun_end(&run);
			const struct session_nmsp *nmsp = run.session->nmsp;
			nmsprun_check_sums(nmsp);
			assert_int_equal(nmsp->malformed, 0);
			assert_in_range(nmsp->messages[NMSPRUN_ENGINE], 20, 30);
			nmsprun_stop(&run);
		}
	free(s);
}

/* A message with a hole in its body was sent: it counts, and is kept as what is there of it. */
static void test_damaged(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	size_t bulk = s->n - 300;
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, bulk + 100, s->n);
	nmsprun_gap(&run, NMSPRUN_ENGINE, 50);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, bulk + 150, s->n, s->n);
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_engine(nmsp);
	assert_true(nmsp->newest->damaged);
	assert_int_equal(nmsp->newest->n, 100);
	assert_int_equal(nmsp->newest->length, 300);
	nmsprun_stop(&run);
	free(s);
}

/* ---- caps ---- */

static void test_types(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	uint64_t before = 6; /* types of an engine */
	for (uint32_t i = 0; i < LIMIT_MESSAGE_TYPES; i++)
		nmsptalk_bare(s, (uint16_t)(1000 + i), i);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_int_equal(nmsp->n_counts, LIMIT_MESSAGE_TYPES);
	assert_int_equal(nmsp->other[NMSPRUN_ENGINE].messages, before);
	assert_int_equal(nmsp->other[NMSPRUN_ENGINE].bytes, before * NMSPTALK_HEADER);
	assert_int_equal(run.model->capture.hits[HIT_MESSAGE_TYPES], before);
	nmsprun_stop(&run);
	free(s);
}

static void test_kept_of_a_session(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_engine(s);
	for (int i = 0; i < 200; i++)
		nmsptalk_bulk(s, 20, 1000);
	nmsptalk_bare(s, 1, 77);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, 1000);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_true(nmsp->kept_bytes > LIMIT_MESSAGES_BYTES - 2000);
	assert_int_equal(nmsp->messages[NMSPRUN_ENGINE], 211);
	assert_int_equal(nmsp->newest->type, 1);
	assert_int_equal(nmsp->oldest->type, 20);
	nmsprun_stop(&run);
	free(s);
}

/* A message that is longer than what is kept of a session is counted by its header. */
static void test_long_message(void **state)
{
	(void)state;
	enum { LONG = LIMIT_MESSAGES_BYTES + 1000, SHORT = 4 };
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	nmsprun_start_with(&run, "name long\norigin user\nbyte-order big\nheader 4\ntype 0 1\n"
	                         "length 1 3 total\nelements none\n");
	for (int i = 0; i < 3; i++) {
		nmsptalk_put(s, 15, 1);
		nmsptalk_put(s, LONG, 3);
		s->n += LONG - SHORT;
		nmsptalk_put(s, 1, 1);
		nmsptalk_put(s, SHORT, 3);
	}
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, 1400);
	nmsprun_end(&run);
	const struct session_nmsp *nmsp = run.session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_int_equal(nmsprun_find(nmsp, 15, NMSPRUN_ENGINE)->bytes, 3 * LONG);
	assert_int_equal(nmsp->malformed, 0);
	assert_int_equal(nmsp->echo.requests, 3);
	assert_int_equal(nmsp->n_kept, 6);
	assert_int_equal(nmsp->oldest->n, SHORT);
	assert_int_equal(nmsp->oldest->length, LONG);
	nmsprun_stop(&run);
	free(s);
}

static void test_kept_of_all(void **state)
{
	(void)state;
	enum { SESSIONS = LIMIT_MESSAGES_ALL / LIMIT_MESSAGES_BYTES + 20 };
	struct model *model = model_new();
	struct origin at = {.time = NMSPRUN_START, .packet = 1};
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	uint64_t messages = 0;
	nmsprun_engine(s);
	for (int i = 0; i < 80; i++)
		nmsptalk_bulk(s, 20, 1000);
	for (int i = 0; i < SESSIONS; i++) {
		struct messages *m = messages_new(model, model_add_session(model, &at));
		struct sink sink = messages_sink(m, NMSPRUN_ENGINE);
		sink.data(sink.ctx, span_of(s->bytes, s->n), &at);
		messages_free(m);
	}
	size_t bytes = 0;
	for (const struct session *one = model->first; one != NULL; one = one->next) {
		nmsprun_check_sums(one->nmsp);
		bytes += one->nmsp->kept_bytes;
		messages += one->nmsp->messages[NMSPRUN_ENGINE];
	}
	assert_int_equal(bytes, model->messages.bytes);
	assert_true(bytes <= LIMIT_MESSAGES_ALL && bytes > LIMIT_MESSAGES_ALL - 2000);
	assert_null(model->first->nmsp->oldest);
	/* sessions leave from anywhere in the list; their counts stay */
	while (model->first != NULL)
		model_drop_session(model, model->first->next != NULL ? model->first->next : model->first);
	assert_int_equal(model->messages.bytes, 0);
	assert_null(model->messages.oldest);
	assert_null(model->messages.newest);
	assert_int_equal(model->capture.evicted_messages, messages);
	model_free(model);
	free(s);
}

/* ---- services ---- */

static void test_services(void **state)
{
	(void)state;
	enum { STATUS = 4, REFUSED = 5 };
	struct nmsprun run;
	struct nmsptalk *engine = xcalloc(1, sizeof *engine), *controller = xcalloc(1, sizeof *controller);
	nmsprun_engine(engine);
	nmsptalk_number(engine, 30, 3, 1, 4, 0x20000);
	nmsptalk_number(controller, 7, 9, 1, 4, 0x33);
	nmsptalk_number(controller, 7, 9, 1, 4, 0x33);
	nmsptalk_number(controller, 31, 3, STATUS, 2, REFUSED);
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, engine, 0, engine->n, engine->n);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, controller, 0, controller->n, 5);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_int_equal(session_nmsp_capability(nmsp, NMSPRUN_CONTROLLER)->mask, 0x33);
	assert_int_equal(session_nmsp_capability(nmsp, NMSPRUN_ENGINE)->mask, 0x68EBE7);
	assert_int_equal(nmsp->n_capabilities, 2);
	assert_int_equal(nmsprun_count(nmsp, 7, NMSPRUN_ENGINE), 1);
	assert_int_equal(nmsprun_count(nmsp, 7, NMSPRUN_CONTROLLER), 2);
	assert_int_equal(nmsp->n_subscriptions, 2);
	assert_int_equal(nmsp->subscriptions[1].answer, NMSP_REFUSED);
	assert_null(session_nmsp_subscription(nmsp));
	controller->n = 0;
	nmsptalk_number(controller, 31, 2, STATUS, 2, 0);
	nmsprun_stream(&run, NMSPRUN_CONTROLLER, controller, 0, controller->n, controller->n);
	assert_int_equal(session_nmsp_subscription(nmsp)->mask, NMSPRUN_TAGS);
	nmsprun_stop(&run);
	free(engine);
	free(controller);
}

static void test_masks_are_bounded(void **state)
{
	(void)state;
	struct nmsprun run;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	for (uint32_t i = 0; i < 3 * LIMIT_MASKS; i++) {
		nmsptalk_number(s, 7, i, 1, 4, i);
		nmsptalk_number(s, 30, i, 1, 4, i);
	}
	nmsprun_start(&run);
	nmsprun_stream(&run, NMSPRUN_ENGINE, s, 0, s->n, s->n);
	const struct session_nmsp *nmsp = run.session->nmsp;
	assert_int_equal(nmsp->n_capabilities, LIMIT_MASKS);
	assert_int_equal(nmsp->n_subscriptions, LIMIT_MASKS);
	assert_int_equal(session_nmsp_capability(nmsp, NMSPRUN_ENGINE)->mask, 3 * LIMIT_MASKS - 1);
	assert_int_equal(nmsp->subscriptions[0].mask, 2 * LIMIT_MASKS);
	nmsprun_stop(&run);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_segmentation),   cmocka_unit_test(test_two_pieces),
	    cmocka_unit_test(test_cut_everywhere), cmocka_unit_test(test_split_after_gap),
	    cmocka_unit_test(test_gaps),           cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_types),          cmocka_unit_test(test_kept_of_a_session),
	    cmocka_unit_test(test_long_message),   cmocka_unit_test(test_kept_of_all),
	    cmocka_unit_test(test_services),       cmocka_unit_test(test_masks_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
