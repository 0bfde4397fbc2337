/*
 * NMSP messages of a healthy session, said one by one, for the tests of findings about them. Each message is
 * a packet of its own; the findings are computed when the streams end.
 */
#ifndef TESTS_FINDINGS_TALK_H
#define TESTS_FINDINGS_TALK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/model_fixture.h"
#include "tests/nmsptalk.h"

#include <stdlib.h>

#define S NS_PER_S

struct test {
	struct fixture f;
	struct messages *messages;
	struct findings *findings;
	uint32_t id;
};

static inline void start(struct test *test)
{
	*test = (struct test){.findings = xcalloc(1, sizeof *test->findings)};
	fixture_new(&test->f);
	fixture_healthy(&test->f);
	test->messages = messages_new(test->f.model, test->f.session);
}

static inline void stop(struct test *test)
{
	messages_free(test->messages);
	fixture_free(&test->f);
	free(test->findings);
}

static inline void say(struct test *test, uint8_t dir, const struct nmsptalk *talk)
{
	struct sink sink = messages_sink(test->messages, dir);
	struct origin at = fixture_packet(&test->f, dir, talk->n);
	sink.data(sink.ctx, span_of(talk->bytes, talk->n), &at);
}

static inline void say_bare(struct test *test, uint8_t dir, uint16_t type, uint32_t id)
{
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	nmsptalk_bare(talk, type, id);
	say(test, dir, talk);
	free(talk);
}

static inline void say_number(struct test *test, uint8_t dir, uint16_t type, uint32_t id, uint16_t element,
                              unsigned size, uint64_t value)
{
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	nmsptalk_number(talk, type, id, element, size, value);
	say(test, dir, talk);
	free(talk);
}

/* `n` requests 15 s apart, answered or not. */
static inline void echoes(struct test *test, int n, bool answered)
{
	for (int i = 0; i < n; i++) {
		say_bare(test, FIXTURE_ENGINE, 1, ++test->id);
		if (answered)
			say_bare(test, FIXTURE_CONTROLLER, 2, test->id);
		fixture_wait(&test->f, 15 * S);
	}
}

static inline void statistics(struct test *test, int n)
{
	for (int i = 0; i < n; i++) {
		say_bare(test, FIXTURE_ENGINE, 20, ++test->id);
		say_bare(test, FIXTURE_CONTROLLER, 21, test->id);
		fixture_wait(&test->f, 15 * S);
	}
}

/* The streams end with the session's last packet; the capture goes on until then. */
static inline void end(struct test *test)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(test->messages, dir);
		sink.end(sink.ctx, &test->f.at);
	}
	test->f.model->capture.last = test->f.at.time;
	findings_of_session(test->f.model, test->f.session, test->findings);
}

static inline const struct finding *find(const struct test *test, const char *id)
{
	for (uint32_t i = 0; i < test->findings->n; i++)
		if (strcmp(test->findings->list[i].id, id) == 0)
			return &test->findings->list[i];
	return NULL;
}

#endif
