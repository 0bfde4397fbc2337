/* What the tests of findings share: a session's findings as one line of ids, each checked for its form. */
#ifndef TESTS_FINDINGS_CHECK_H
#define TESTS_FINDINGS_CHECK_H

#include "tests/model_fixture.h"

#include "analyzer/findings/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define E FIXTURE_ENGINE
#define C FIXTURE_CONTROLLER

#define MATCHING_LIST FIXTURE_MAC " " FIXTURE_SHA256 "\n"
#define OTHER_HASH    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

struct test {
	struct fixture f;
	struct findings findings;
	char verdict[VERDICT_TEXT];
};

static inline int setup(void **state)
{
	struct test *test = calloc(1, sizeof *test);
	fixture_new(&test->f);
	*state = test;
	return 0;
}

static inline int teardown(void **state)
{
	struct test *test = *state;
	fixture_free(&test->f);
	free(test);
	return 0;
}

static inline void restart(struct test *test)
{
	fixture_free(&test->f);
	fixture_new(&test->f);
}

/* Every text is there and whole, a command stands behind its place, packets are cited in order and once. */
static inline void check_form(const struct finding *finding)
{
	assert_true(strlen(finding->summary) > 0 && strlen(finding->summary) < 300);
	assert_true(finding->cause[0] != '\0' && strlen(finding->cause) < sizeof finding->cause - 1);
	assert_true(finding->n_advice < FINDING_ADVICE);
	for (uint32_t i = 0; i < finding->n_advice; i++) {
		size_t command = finding->command[i];
		assert_true(command == 0 || strncmp(&finding->advice[i][command - 2], ": ", 2) == 0);
		assert_true(strlen(finding->advice[i]) > command);
	}
	if (finding->n_evidence == 0)
		fail_msg("%s cites no packet", finding->id);
	for (uint32_t i = 1; i < finding->n_evidence; i++)
		assert_true(finding->evidence[i - 1].packet < finding->evidence[i].packet);
}

/* The ids of the session's findings, in order, with spaces between; warnings and infos marked. */
static inline const char *ids(struct test *test)
{
	static char text[1024];
	findings_of_session(test->f.model, test->f.session, &test->findings);
	findings_verdict(test->f.model, test->f.session, &test->findings, test->verdict);
	text[0] = '\0';
	for (uint32_t i = 0; i < test->findings.n; i++) {
		const struct finding *finding = &test->findings.list[i];
		static const char *const marks[] = {
		    [SEVERITY_INFO] = "?", [SEVERITY_WARNING] = "!", [SEVERITY_ERROR] = ""};
		size_t used = strlen(text);
		snprintf(&text[used], sizeof text - used, "%s%s%s", i > 0 ? " " : "", finding->id,
		         marks[finding->severity]);
		check_form(finding);
	}
	return text;
}

/* The same of the findings of the capture, without marks. */
static inline const char *capture_ids(struct test *test)
{
	static char text[1024];
	findings_of_capture(test->f.model, &test->findings);
	text[0] = '\0';
	for (uint32_t i = 0; i < test->findings.n; i++) {
		size_t used = strlen(text);
		snprintf(&text[used], sizeof text - used, "%s%s", i > 0 ? " " : "",
		         test->findings.list[i].id);
	}
	return text;
}

static inline void contains_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in \"%s\"", part, text);
}

static inline void contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
