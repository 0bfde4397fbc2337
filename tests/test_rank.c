/* Who leaves first when there is no more room for a session: kinds of sessions, and floods of one kind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/pairs.h"
#include "analyzer/rank.h"
#include "analyzer/session.h"
#include "tests/model_fixture.h"

enum fate { FAILED, NO_DATA, BEGUN, OPEN, CLOSED };

static struct origin now = {.time = FIXTURE_START, .packet = 1};

static void be(struct model *model, struct session *session, enum fate fate)
{
	session->tls.seen = fate != FAILED && fate != NO_DATA;
	session->tcp.first_data[0].packet = fate != NO_DATA;
	session->tls.protected_records[0] = fate == OPEN || fate == CLOSED ? 5 : 0;
	if (fate == CLOSED)
		session->closed = now;
	rank_update(model, session);
}

/* A session of a host with the controller, in the order in which the analysis does it. */
static struct session *come(struct model *model, uint32_t host, enum fate fate)
{
	now.packet++;
	struct session *session = model_add_session(model, &now);
	for (int i = 0; i < 2; i++)
		session->addr[i].version = 4;
	for (int k = 0; k < 4; k++)
		session->addr[0].bytes[k] = (uint8_t)(host >> (24 - 8 * k));
	pairs_join(model->pairs, session);
	if (session->pair_prev != NULL)
		rank_update(model, session->pair_prev);
	be(model, session, fate);
	return session;
}

static void leave(struct model *model, const struct session *expected)
{
	assert_ptr_equal(rank_victim(model), expected);
	model_drop_session(model, rank_victim(model));
}

/* Keeps as many sessions as are there: one comes, one leaves. */
static void flood(struct model *model, uint32_t n, uint32_t first_host, uint32_t hosts, enum fate fate)
{
	for (uint32_t i = 0; i < n; i++) {
		model_drop_session(model, rank_victim(model));
		come(model, first_host + i % hosts, fate);
	}
}

static bool is_there(const struct model *model, const struct session *session)
{
	for (const struct session *s = model->first; s != NULL; s = s->next)
		if (s == session)
			return true;
	return false;
}

/* Of equals the one that came first. */
static void test_kinds(void **state)
{
	(void)state;
	enum { OTHERS = 5 };
	static const enum fate fates[] = {FAILED, OPEN, CLOSED, BEGUN, NO_DATA, CLOSED, BEGUN, NO_DATA, OPEN};
	static const size_t order[] = {2, 5, 4, 7, 3, 6, 1, 8};
	enum { N = sizeof fates / sizeof fates[0] };
	struct model *model = model_new();
	struct session *sessions[N];
	assert_null(rank_victim(model));
	for (size_t i = 0; i < N; i++)
		sessions[i] = come(model, (uint32_t)i, fates[i]);
	for (uint32_t i = 0; i < OTHERS; i++)
		come(model, N + i, OPEN);
	be(model, sessions[0], FAILED); /* nothing moved */
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		leave(model, sessions[order[i]]);
	model_free(model);
}

/* Of one rank the idle ones leave: each packet is good for one turn. */
static void test_who_was_heard_stays(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct session *sessions[3];
	for (uint32_t i = 0; i < 3; i++)
		sessions[i] = come(model, i, OPEN);
	uint64_t packet = now.packet;
	sessions[0]->last.packet = (packet + 1) & ORIGIN_PACKET_MOST;
	sessions[1]->last.packet = (packet + 2) & ORIGIN_PACKET_MOST;
	leave(model, sessions[2]);
	sessions[0]->last.packet = (packet + 3) & ORIGIN_PACKET_MOST;
	leave(model, sessions[1]);
	leave(model, sessions[0]);
	assert_null(rank_victim(model));
	model_free(model);
}

static void test_rank_follows_the_session(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct session *first = come(model, 1, OPEN), *second = come(model, 2, OPEN);
	for (uint32_t host = 3; host < 9; host++)
		come(model, host, OPEN);
	assert_ptr_equal(rank_victim(model), first);
	be(model, second, CLOSED);
	assert_ptr_equal(rank_victim(model), second);
	struct alert_seen fatal = {.level = TLS_ALERT_FATAL, .code = TLS_HANDSHAKE_FAILURE};
	model_add_alert(model, second, &fatal);
	rank_update(model, second);
	assert_ptr_equal(rank_victim(model), first);
	model_free(model);
}

/* What is looked for at night: an open session, a handshake, an engine that failed before. */
struct night {
	struct model *model;
	struct session *open, *begun, *once, *again[2];
};

static struct night night_of(enum fate crowd, uint32_t n)
{
	struct night night = {.model = model_new()};
	night.open = come(night.model, 1, OPEN);
	night.begun = come(night.model, 2, BEGUN);
	night.once = come(night.model, 3, FAILED);
	for (size_t i = 0; i < 2; i++)
		night.again[i] = come(night.model, 4, FAILED);
	for (uint32_t i = 0; i < n; i++)
		come(night.model, 1000 + i, crowd);
	return night;
}

static void all_are_there(const struct night *night)
{
	assert_true(is_there(night->model, night->open));
	assert_true(is_there(night->model, night->begun));
	assert_true(is_there(night->model, night->again[0]));
	assert_true(is_there(night->model, night->again[1]));
}

/* Two hosts that fail again and again push out each other's and their own, and keep their latest ones. */
static void test_flood_of_two_hosts(void **state)
{
	(void)state;
	struct night night = night_of(CLOSED, 100);
	struct session *last[2] = {NULL};
	flood(night.model, 1000, 5, 2, FAILED);
	all_are_there(&night);
	assert_true(is_there(night.model, night.once));
	for (int i = 0; i < 2; i++)
		last[i] = i == 0 ? night.model->last->prev : night.model->last;
	flood(night.model, 1000, 7, 1, FAILED);
	all_are_there(&night);
	assert_true(is_there(night.model, night.once));
	for (int i = 0; i < 2; i++) {
		const struct session *session = last[i];
		for (int k = 0; k < LIMIT_FAILURES; k++, session = session->pair_prev)
			assert_true(is_there(night.model, session));
	}
	model_free(night.model);
}

/* Hosts that fail once each push out each other, first those that never had another session. */
static void test_flood_of_strangers(void **state)
{
	(void)state;
	struct night night = night_of(CLOSED, 100);
	flood(night.model, 5000, 100000, 5000, FAILED);
	all_are_there(&night);
	assert_false(is_there(night.model, night.once)); /* a stranger, too */
	assert_int_equal(night.model->ranks[RANK_CLOSED].n, 0);
	come(night.model, 104999, FAILED); /* one of them comes again */
	assert_int_equal(night.model->ranks[RANK_FAILED].n, 4);
	flood(night.model, 1000, 200000, 1000, FAILED);
	assert_int_equal(night.model->ranks[RANK_FAILED].n, 4);
	model_free(night.model);
}

/* Failed ones are sure of their part: of sessions that look open no number pushes them out. */
static void test_flood_of_open_ones(void **state)
{
	(void)state;
	struct night night = night_of(FAILED, 200);
	for (uint32_t i = 0; i < 195; i++) /* the handshake leaves before open ones */
		come(night.model, 1000 + 200 + i, OPEN);
	uint32_t n = night.model->n_sessions;
	flood(night.model, 5000, 100000, 5000, OPEN);
	assert_int_equal(night.model->n_sessions, n);
	uint32_t failed = night.model->ranks[RANK_FAILED].n + night.model->ranks[RANK_FAILED_ONCE].n;
	assert_int_equal(failed, n / LIMIT_FAILED_PART);
	assert_true(is_there(night.model, night.again[0]));
	assert_true(is_there(night.model, night.again[1]));
	model_free(night.model);
}

/* What begins in a full room is served: a connection and a handshake stay while others come and fail. */
static void test_newcomers(void **state)
{
	(void)state;
	static const enum fate crowds[] = {FAILED, OPEN};
	for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++) {
		struct night night = night_of(crowds[i], 20 * LIMIT_YOUNG_PART);
		struct session *news[2];
		model_drop_session(night.model, rank_victim(night.model));
		news[0] = come(night.model, 10, NO_DATA);
		model_drop_session(night.model, rank_victim(night.model));
		news[1] = come(night.model, 11, BEGUN);
		for (uint32_t k = 0; k < 100; k++) {
			model_drop_session(night.model, rank_victim(night.model));
			struct session *other = come(night.model, 100000 + k, NO_DATA);
			be(night.model, other, BEGUN);
			be(night.model, other, crowds[i]);
		}
		assert_true(is_there(night.model, news[0]));
		assert_true(is_there(night.model, news[1]));
		model_free(night.model);
	}
}

/* A failed session that turns out to go on is none of the pair's failures any more. */
static void test_failure_taken_back(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct session *first = come(model, 1, FAILED);
	for (uint32_t i = 1; i < LIMIT_FAILURES; i++)
		come(model, 1, FAILED);
	be(model, first, OPEN);
	assert_int_equal(first->pair->n_failures, LIMIT_FAILURES - 1);
	come(model, 1, FAILED);
	assert_int_equal(model->ranks[RANK_REPEATED].n, 0);
	struct session *second = first->pair_next;
	come(model, 1, FAILED);
	assert_int_equal(second->rank, RANK_REPEATED);
	leave(model, second);
	assert_int_equal(first->pair->n_failures, LIMIT_FAILURES);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_who_was_heard_stays),
	    cmocka_unit_test(test_rank_follows_the_session),
	    cmocka_unit_test(test_flood_of_two_hosts),
	    cmocka_unit_test(test_flood_of_strangers),
	    cmocka_unit_test(test_flood_of_open_ones),
	    cmocka_unit_test(test_newcomers),
	    cmocka_unit_test(test_failure_taken_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
