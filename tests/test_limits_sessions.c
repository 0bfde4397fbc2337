/* How many sessions are kept, in which memory, and when a hole is given up. Who leaves first: test_rank.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/analyze.h"
#include "analyzer/findings/findings.h"
#include "analyzer/memory.h"
#include "analyzer/rank.h"
#include "analyzer/session.h"
#include "tests/frames.h"

#include <stdio.h>
#include <stdlib.h>

#define LINK_RAW 101
#define START    (INT64_C(1700000000) * NS_PER_S)

/* ---- sessions ---- */

/* A segment of engine number n; the controller answers with `from_controller`. */
static void push(struct analyze *analyze, uint32_t n, bool from_controller, uint32_t seq, uint32_t ack,
    unsigned flags, int64_t time)
{
	char host[16];
	snprintf(host, sizeof host, "0a%06x", (unsigned)n);
	frames_start(flags & TCP_PSH ? "00" : "");
	frames_lead("%s %08x %08x 50%02x 0100 0000 0000", from_controller ? "3ef1 c000" : "c000 3ef1",
	    (unsigned)seq, (unsigned)ack, flags);
	frames_lead("4500 %04x 0000 4000 4006 0000 %s %s", (unsigned)frames_length() + 20,
	    from_controller ? "c0000201" : host, from_controller ? host : "c0000201");
	struct capfile_packet packet = {.time = time, .linktype = LINK_RAW, .wire = frames_length(), .data = frames_span()};
	analyze_packet(analyze, 0, &packet);
}

static void test_sessions(void **state)
{
	(void)state;
	enum { BEYOND = 7 };
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	model_add_input(model, "test");
	for (uint32_t i = 0; i < LIMIT_SESSIONS + BEYOND; i++) {
		push(analyze, i, false, 0, 0, TCP_SYN, START + i);
		assert_int_equal(model->n_sessions, i < LIMIT_SESSIONS ? i + 1 : LIMIT_SESSIONS);
	}
	assert_int_equal(model->capture.hits[HIT_SESSIONS], BEYOND);
	assert_int_equal(model->capture.first_hit[HIT_SESSIONS].packet, LIMIT_SESSIONS + 1);
	assert_int_equal(model->capture.evicted_sessions, BEYOND);
	assert_int_equal(model->capture.evicted_packets, BEYOND);
	assert_int_equal(model->capture.nmsp_packets, LIMIT_SESSIONS + BEYOND);
	assert_int_equal(model->first->id, BEYOND + 1); /* all alike: the oldest left */
	analyze_end(analyze);
	analyze_free(analyze);
	model_free(model);
}

static const struct model *weighed;

static size_t weigh(size_t bound)
{
	(void)bound;
	return (size_t)weighed->n_sessions << 20;
}

/* Memory that is full is the sessions' to give back, and the newest is served. */
static void test_memory(void **state)
{
	(void)state;
	enum { ROOM = 300, PUSHED = 3000 };
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	model_add_input(model, "test");
	weighed = model;
	model->memory = (size_t)(ROOM / 3 * 4) << 20;
	analyze_set_memory(analyze, weigh);
	uint32_t most = 0;
	for (uint32_t i = 0; i < PUSHED; i++) {
		push(analyze, i, false, 0, 0, TCP_SYN, START + i);
		most = model->n_sessions > most ? model->n_sessions : most;
		assert_int_equal(model->last->id, i + 1);
	}
	assert_in_range(most, ROOM, ROOM + 257);
	assert_int_equal(model->capture.evicted_sessions + model->n_sessions, PUSHED);
	assert_int_equal(model->capture.hits[HIT_MEMORY], model->capture.evicted_sessions);
	struct findings findings;
	findings_of_capture(model, &findings);
	bool told = false;
	for (size_t i = 0; i < findings.n; i++)
		told = told || strstr(findings.list[i].summary, "MiB of memory, --memory (400)") != NULL;
	assert_true(told);
	analyze_end(analyze);
	analyze_free(analyze);
	model_free(model);
}

/* What was never in memory is not looked for; a bound that was passed once is. */
static void test_memory_asked(void **state)
{
	(void)state;
	assert_true(memory_used_beyond(SIZE_MAX) == SIZE_MAX);
	size_t before = memory_used();
	void *block = malloc(1 << 20);
	assert_non_null(block);
	size_t more = memory_used_beyond(1024);
	assert_true(more == memory_used()); /* not the bound; 0 where the allocator does not say */
	assert_true(more == 0 || more >= before + (1 << 20));
	free(block);
}

static void be_open(struct model *model, struct session *session, bool open)
{
	session->tls.seen = true;
	session->tcp.first_data[0].packet = 1;
	session->tls.protected_records[0] = open ? 5 : 0;
	rank_update(model, session);
}

/* Strangers whose SYN is answered and who say nothing more push out no session. */
static void test_half_open_flood(void **state)
{
	(void)state;
	enum { BEYOND = 500, REFUSED = 250 };
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	model_add_input(model, "test");
	struct session *open = model_add_session(model, &(struct origin){.time = START, .packet = 1});
	struct session *begun = model_add_session(model, &(struct origin){.time = START, .packet = 1});
	be_open(model, open, true);
	be_open(model, begun, false);
	for (uint32_t i = 0; i < LIMIT_SESSIONS + BEYOND; i++) {
		push(analyze, i, false, 0, 0, TCP_SYN, START + i);
		push(analyze, i, true, 0, 1, i < REFUSED ? TCP_RST | TCP_ACK : TCP_SYN | TCP_ACK, START + i);
	}
	assert_ptr_equal(model->first, open);
	assert_ptr_equal(open->next, begun);
	assert_int_equal(model->n_sessions, LIMIT_SESSIONS);
	assert_int_equal(model->capture.evicted_sessions, BEYOND + 2);
	assert_int_equal(model->capture.evicted_packets, 2 * (BEYOND + 2));
	analyze_end(analyze);
	analyze_free(analyze);
	model_free(model);
}

/* ---- holes ---- */

/* Another connection tells the time. */
static uint64_t gaps_after(int64_t wait)
{
	struct model *model = model_new();
	struct analyze *analyze = analyze_new(model);
	model_add_input(model, "test");
	push(analyze, 1, false, 99, 0, TCP_SYN, START);
	push(analyze, 1, true, 499, 100, TCP_SYN | TCP_ACK, START);
	push(analyze, 1, false, 101, 500, TCP_ACK | TCP_PSH, START); /* byte 100 is missing */
	push(analyze, 1, true, 500, 102, TCP_ACK, START);
	push(analyze, 2, false, 0, 0, TCP_SYN, START + wait);
	uint64_t gaps = model->capture.gaps;
	analyze_free(analyze);
	model_free(model);
	return gaps;
}

static void test_gap_seconds(void **state)
{
	(void)state;
	assert_int_equal(gaps_after(GAP_SECONDS * NS_PER_S - 1), 0);
	assert_int_equal(gaps_after(GAP_SECONDS * NS_PER_S), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_memory_asked),
	    cmocka_unit_test(test_half_open_flood),
	    cmocka_unit_test(test_gap_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
