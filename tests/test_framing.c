/*
 * Learned framings of a run: which sessions get one, what was held before is cut again, what comes first, caps.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "analyzer/framing.h"
#include "tests/expect.h"
#include "tests/framings.h"
#include "tests/nmsprun.h"
#include "tests/seeded.h"

#define SEED  1 /* a framing with ids and elements; any would do */
#define OTHER 4

/* A session of a model that has several. */
struct talk {
	struct session *session;
	struct messages *messages;
	struct origin now;
};

static struct talk begin(struct model *model)
{
	struct talk talk = {.now = {.time = NMSPRUN_START, .packet = 1}};
	talk.session = model_add_session(model, &talk.now);
	talk.session->controller = NMSPRUN_CONTROLLER;
	talk.messages = messages_new(model, talk.session);
	return talk;
}

static void say(struct talk *talk, uint8_t dir, struct span bytes)
{
	struct sink sink = messages_sink(talk->messages, dir);
	talk->now.packet++;
	talk->now.time += NS_PER_MS;
	sink.data(sink.ctx, bytes, &talk->now);
}

/* Messages of a drawn conversation, a record each. */
static void say_some(struct talk *talk, const struct framings *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct framings_message *of = &f->messages[i];
		say(talk, of->dir, span_of(&f->stream[of->dir][of->at], of->n));
	}
}

static void end(struct talk *talk)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(talk->messages, dir);
		sink.end(sink.ctx, &talk->now);
	}
	messages_free(talk->messages);
	talk->messages = NULL;
}

static uint64_t messages_of(const struct talk *talk)
{
	return talk->session->nmsp->messages[0] + talk->session->nmsp->messages[1];
}

static void check_learned(const struct talk *talk, const char *name, uint64_t messages)
{
	const struct session_nmsp *nmsp = talk->session->nmsp;
	nmsprun_check_sums(nmsp);
	assert_non_null(nmsp->learned);
	assert_ptr_equal(nmsp->profile, &nmsp->learned->profile);
	assert_string_equal(nmsp->profile->name, name);
	assert_int_equal(nmsp->profile->origin, PROFILE_LEARNED);
	assert_int_equal(messages_of(talk), messages);
	assert_int_equal(nmsp->lost[0] + nmsp->lost[1] + nmsp->malformed, 0);
	assert_null(nmsp->unlearned);
	assert_false(nmsp->waiting.waits);
}

/* Learned while the session goes on: not one message is missing, and a short session has it, too. */
static void test_one_and_next(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct framings *f = framings_new(SEED, FRAMINGS_MESSAGES);
	struct talk first = begin(model), next = begin(model);
	say_some(&first, f, 0, 32);
	assert_true(first.session->nmsp->decided);
	say_some(&first, f, 32, 40);
	end(&first);
	check_learned(&first, "learned-1", 40);
	assert_int_equal(nmsprun_count(first.session->nmsp, 30, NMSPRUN_ENGINE) > 0, 1);
	say_some(&next, f, 0, 3);
	end(&next);
	check_learned(&next, "learned-1", 3);
	assert_int_equal(model->framing->n_learned, 1);
	framings_free(f);
	model_free(model);
}

/* Sessions that ended before, and one that went on without a framing. */
static void test_before(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct framings *f = framings_new(SEED, FRAMINGS_MESSAGES);
	struct talk ended = begin(model), open = begin(model), long_one = begin(model);
	say_some(&ended, f, 2, 4);
	end(&ended);
	assert_true(ended.session->nmsp->decided && ended.session->nmsp->waiting.waits);
	assert_null(ended.session->nmsp->profile);
	assert_non_null(ended.session->nmsp->unlearned);
	uint64_t held = 0;
	while (open.session->nmsp == NULL || !open.session->nmsp->decided) {
		say_some(&open, f, 2, 3); /* the same request again and again tells nothing */
		held++;
	}
	say_some(&open, f, 2, 4);
	assert_int_equal(messages_of(&open), 0);
	say_some(&long_one, f, 0, 40);
	end(&long_one);
	check_learned(&long_one, "learned-1", 40);
	check_learned(&ended, "learned-1", 2);
	say_some(&open, f, 5, 9);
	end(&open);
	const struct session_nmsp *nmsp = open.session->nmsp;
	assert_string_equal(nmsp->profile->name, "learned-1");
	assert_int_equal(messages_of(&open), held + 4);
	assert_true(nmsp->gaps[0] == 1 && nmsp->gaps[1] == 1);
	assert_int_equal(nmsp->lost[0], f->messages[2].n);
	assert_int_equal(nmsp->lost[1], f->messages[3].n);
	framings_free(f);
	model_free(model);
}

/* Short sessions together say what none says alone. */
static void test_many_short(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct framings *f = framings_new(SEED, FRAMINGS_MESSAGES);
	struct talk talk[10];
	for (size_t i = 0; i < 10; i++) {
		talk[i] = begin(model);
		say_some(&talk[i], f, 4 * i, 4 * i + 4);
		end(&talk[i]);
	}
	assert_int_equal(model->framing->n_learned, 1);
	for (size_t i = 0; i < 10; i++)
		check_learned(&talk[i], "learned-1", 4);
	framings_free(f);
	model_free(model);
}

/* assumed-1 comes first, unless the learner is asked for; the user's profile before all. */
static void test_order(void **state)
{
	(void)state;
	struct nmsptalk *s = xcalloc(1, sizeof *s);
	struct framings *f = framings_new(SEED, FRAMINGS_MESSAGES);
	for (int how = 0; how < 3; how++) {
		struct model *model = model_new();
		struct talk talk = begin(model), assumed;
		say_some(&talk, f, 0, 40);
		end(&talk);
		model->learns = how == 1;
		if (how == 2) {
			model->profile = xmalloc(sizeof *model->profile);
			profile_builtin(model->profile);
			strcpy(model->profile->name, "mine");
		}
		assumed = begin(model);
		for (uint16_t i = 0; i < 3; i++) {
			static const uint16_t of_engine[] = {1, 7, 13, 16, 20, 30};
			for (size_t k = 0; k < 6; k++) {
				s->n = 0;
				nmsptalk_number(s, of_engine[k], 100u * i + (uint32_t)k, 16, 2, k);
				if (i == 1)
					nmsptalk_bulk(s, 16, 40 + 7 * k);
				say(&assumed, NMSPRUN_ENGINE, span_of(s->bytes, s->n));
			}
		}
		end(&assumed);
		static const char *const names[] = {"assumed-1", "learned-2", "mine"};
		assert_non_null(assumed.session->nmsp->profile);
		assert_string_equal(assumed.session->nmsp->profile->name, names[how]);
		assert_int_equal(messages_of(&assumed), 24);
		assert_int_equal(assumed.session->nmsp->learned != NULL, how == 1);
		model_free(model);
	}
	framings_free(f);
	free(s);
}

/* ---- caps ---- */

static void test_learned_cap(void **state)
{
	(void)state;
	struct model *model = model_new();
	for (uint64_t seed = 1; seed <= LIMIT_LEARNED_PROFILES + 2; seed++) {
		struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
		struct talk talk = begin(model);
		say_some(&talk, f, 0, 40);
		end(&talk);
		assert_int_equal(talk.session->nmsp->profile != NULL, seed <= LIMIT_LEARNED_PROFILES);
		framings_free(f);
	}
	assert_int_equal(model->framing->n_learned, LIMIT_LEARNED_PROFILES);
	model_free(model);
}

static void test_waiting_cap(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct seeded s = seeded_of(1);
	struct talk talk[LIMIT_FRAMING_WAITING / LIMIT_FRAMING_HOLD + 20];
	size_t n = sizeof talk / sizeof talk[0];
	uint8_t noise[LIMIT_FRAMING_HOLD];
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)seeded_next(&s);
	for (size_t i = 0; i < n; i++) {
		talk[i] = begin(model);
		say(&talk[i], 0, span_of(noise, sizeof noise));
		end(&talk[i]);
		assert_true(model->framing->waiting_bytes <= LIMIT_FRAMING_WAITING);
	}
	assert_false(talk[0].session->nmsp->waiting.waits);
	assert_true(talk[n - 1].session->nmsp->waiting.waits);
	assert_true(model->framing->n_waiting < n);
	while (model->first != NULL)
		model_drop_session(model, model->first);
	assert_int_equal(model->framing->n_waiting, 0);
	assert_int_equal(model->framing->waiting_bytes, 0);
	model_free(model);
}

static void test_tries_cap(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct framings *f = framings_new(OTHER, FRAMINGS_MESSAGES);
	for (int i = 0; i < LIMIT_LEARN_TRIES + 5; i++) {
		struct talk talk = begin(model);
		say(&talk, 0, span_of("none", 4));
		end(&talk);
		model_drop_session(model, talk.session);
	}
	assert_int_equal(model->framing->tries, LIMIT_LEARN_TRIES);
	struct talk late = begin(model);
	say_some(&late, f, 0, 40);
	end(&late);
	assert_null(late.session->nmsp->profile);
	framings_free(f);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_and_next), cmocka_unit_test(test_before),
	    cmocka_unit_test(test_many_short),   cmocka_unit_test(test_order),
	    cmocka_unit_test(test_learned_cap),  cmocka_unit_test(test_waiting_cap),
	    cmocka_unit_test(test_tries_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
