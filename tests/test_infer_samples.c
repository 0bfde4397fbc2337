/*
 * Every sample that has keys, analysed without them and with them: what is inferred is what is then read, or
 * nothing is claimed; with keys nothing is inferred.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/keyrun.h"
#include "analyzer/infer.h"

#include <glob.h>

struct tally {
	const char *sample;
	unsigned sessions, echoes, names;
};

/* Messages of this name and direction that were read. */
static uint64_t read_messages(const struct session *with, const char *name, uint8_t dir)
{
	const struct session_nmsp *nmsp = with->nmsp;
	uint64_t n = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++) {
		const char *type = nmsp_type_name(nmsp->profile, nmsp->counts[i].type);
		if (nmsp->counts[i].dir == dir && type != NULL && strcmp(type, name) == 0)
			n += nmsp->counts[i].messages;
	}
	return n;
}

static void compare_names(const struct session *without, const struct session *with,
                          const struct infer_found *found, struct tally *tally)
{
	const struct infer *infer = without->infer;
	for (uint32_t i = 0; i < infer->n_classes; i++) {
		const struct infer_class *class = &infer->classes[i];
		const char *name = infer_probable(infer, class, found);
		if (name == NULL || class->records == 0)
			continue;
		assert_true(read_messages(with, name, class->dir) > 0);
		tally->names++;
	}
}

static bool near(uint64_t a, uint64_t b)
{
	return a <= b + 1 && b <= a + 1;
}

static void compare(const struct session *without, const struct session *with, struct tally *tally)
{
	struct infer_found found;
	bool opened = with->tls.opened_data[0] + with->tls.opened_data[1] > 0;
	assert_true(!opened || with->infer == NULL);
	if (!opened || with->nmsp == NULL || with->nmsp->profile == NULL || without->infer == NULL)
		return;
	infer_find(without->infer, &found);
	tally->sessions++;
	if (found.decided) {
		printf("%s: inferred %d/%d, read %d/%d\n", tally->sample, (int)found.list[0].requests,
		       (int)found.list[0].responses, (int)with->nmsp->echo.requests,
		       (int)with->nmsp->echo.responses);
		assert_true(near(found.list[0].requests, with->nmsp->echo.requests));
		assert_true(near(found.list[0].responses, with->nmsp->echo.responses));
		tally->echoes++;
	}
	compare_names(without, with, &found, tally);
}

static void compare_sample(const char *name, struct tally *tally)
{
	struct recording recording = {0};
	char keys[KEYRUN_KEYS];
	tally->sample = name;
	keyrun_load(name, &recording, keys);
	struct keyrun *without = keyrun_new(&recording, ""), *with = keyrun_new(&recording, keys);
	const struct session *b = with->model->first;
	for (const struct session *a = without->model->first; a != NULL; a = a->next, b = b->next) {
		assert_int_equal(a->id, b->id);
		compare(a, b, tally);
	}
	keyrun_free(without);
	keyrun_free(with);
	recording_free(&recording);
}

static void test_samples(void **state)
{
	(void)state;
	struct tally tally = {0};
	glob_t found;
	assert_int_equal(glob("samples/*.keys", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s", strrchr(found.gl_pathv[i], '/') + 1);
		*strstr(name, ".keys") = '\0';
		compare_sample(name, &tally);
	}
	globfree(&found);
	printf("%u sessions: echoes inferred in %u, %u sizes named, all as read\n", tally.sessions,
	       tally.echoes, tally.names);
	assert_true(tally.echoes >= 2 && tally.names >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
