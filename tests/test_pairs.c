/* Sessions of the same two hosts: order, sums that stay exact, the cap. */
#include "analyzer/pairs.h"

#include "tests/model_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct origin now = {.time = FIXTURE_START, .packet = 1};

static struct session *join(struct model *model, uint32_t a, uint32_t b, bool *roomy)
{
	now.packet++;
	struct session *session = model_add_session(model, &now);
	uint32_t hosts[2] = {a, b};
	for (int i = 0; i < 2; i++) {
		session->addr[i].version = 4;
		for (int k = 0; k < 4; k++)
			session->addr[i].bytes[k] = (uint8_t)(hosts[i] >> (24 - 8 * k));
	}
	session->tcp.packets[0] = 7;
	bool answer = pairs_join(model->pairs, session);
	if (roomy != NULL)
		*roomy = answer;
	return session;
}

static size_t count(const struct pairs *pairs)
{
	size_t n = 0;
	for (const struct pair *pair = pairs_first(pairs); pair != NULL; pair = pair->next)
		n++;
	return n;
}

static void both_directions_are_one_pair(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct session *a = join(model, 1, 2, NULL), *b = join(model, 2, 1, NULL),
	               *c = join(model, 1, 3, NULL);
	assert_ptr_equal(a->pair, b->pair);
	assert_ptr_not_equal(a->pair, c->pair);
	assert_ptr_equal(pairs_first(model->pairs), a->pair);
	assert_ptr_equal(a->pair->next, c->pair);
	assert_ptr_equal(a->pair->first, a);
	assert_ptr_equal(a->pair_next, b);
	assert_ptr_equal(a->pair->last, b);
	model_drop_session(model, a);
	assert_ptr_equal(b->pair->first, b);
	assert_null(b->pair_prev);
	assert_int_equal(b->pair->evicted.sessions, 1);
	assert_int_equal(b->pair->evicted.packets, 7);
	model_free(model);
}

/* A session that was evicted still is the last good one. */
static void the_last_good_one_outlives_its_session(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	f->session->tls.cipher = 0xc030;
	pairs_join(f->model->pairs, f->session);
	struct pair *pair = f->session->pair;
	uint32_t id = f->session->id;
	pairs_drop(f->model->pairs, f->session);
	assert_int_equal(pair->evicted.good, 1);
	assert_int_equal(pair->evicted.last_good.session, id);
	assert_int_equal(pair->evicted.last_good.version, TLS_1_2);
	assert_int_equal(pair->evicted.last_good.cipher, 0xc030);
	assert_true(pair->evicted.last_good.has_key);
	assert_int_equal(pair->evicted.last_good.key[0], 2);
	assert_int_equal(pair->evicted.last_good.client_certificate, CLIENT_CERTIFICATE_SENT);
	f->session->pair = NULL;
}

/* LIMIT_PAIRS: the one without a session for longest is forgotten; one with a session never is. */
static void the_cap(void **state)
{
	(void)state;
	struct model *model = model_new();
	bool roomy;
	const struct pair *kept = join(model, 0x0a000001, 1, NULL)->pair;
	for (uint32_t i = 1; i < LIMIT_PAIRS; i++) {
		struct session *session = join(model, 0x0b000000 + i, 1, &roomy);
		assert_true(roomy);
		model_drop_session(model, session);
	}
	assert_int_equal(count(model->pairs), LIMIT_PAIRS);
	join(model, 0x0c000000, 1, &roomy);
	assert_false(roomy);
	assert_int_equal(count(model->pairs), LIMIT_PAIRS);
	assert_int_equal(pairs_forgotten(model->pairs), 1);
	assert_ptr_equal(pairs_first(model->pairs), kept);
	join(model, 0x0b000002, 1, &roomy); /* the next in turn is used again, so another one will go */
	assert_true(roomy);
	join(model, 0x0c000001, 1, &roomy);
	assert_false(roomy);
	uint64_t sum = pairs_forgotten(model->pairs);
	for (const struct pair *pair = pairs_first(model->pairs); pair != NULL; pair = pair->next)
		sum += pair->evicted.sessions;
	assert_int_equal(sum, model->capture.evicted_sessions);
	model_free(model);
}

/* Any order of opening and evicting: nothing is lost, nothing counted twice. */
static void sums_stay_exact(void **state)
{
	(void)state;
	struct model *model = model_new();
	uint32_t x = 1;
	for (int i = 0; i < 3000; i++) {
		x = x * 1664525 + 1013904223;
		join(model, x >> 28, 100, NULL);
		for (x = x * 1664525 + 1013904223; (x >> 30) == 0 && model->n_sessions > 0; x *= 5)
			model_drop_session(model, x & 1 ? model->first : model->last);
	}
	uint64_t evicted = 0, living = 0;
	for (const struct pair *pair = pairs_first(model->pairs); pair != NULL; pair = pair->next) {
		evicted += pair->evicted.sessions;
		uint32_t before = 0;
		for (const struct session *s = pair->first; s != NULL; s = s->pair_next, living++) {
			assert_true(s->id > before);
			before = s->id;
		}
	}
	assert_int_equal(evicted, model->capture.evicted_sessions);
	assert_int_equal(living, model->n_sessions);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_directions_are_one_pair),
	    cmocka_unit_test_setup_teardown(the_last_good_one_outlives_its_session, fixture_setup,
	                                    fixture_teardown),
	    cmocka_unit_test(the_cap),
	    cmocka_unit_test(sums_stay_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
