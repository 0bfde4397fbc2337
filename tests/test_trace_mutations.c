/*
 * The published scenarios under damage, each kind alone, seeds 1 to 500: 5 % of the lines lost; 2 % of
 * neighbours swapped; look-alikes of OCR at 1 % of the characters. The outcome (accepted, rejected, unknown;
 * the alert) may change on at most 2 % of the seeds, and nothing crashes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/seeded.h"
#include "tests/tracerun.h"

#define SEEDS      500
#define MAY_CHANGE (SEEDS * 2 / 100)
#define LINES_MAX  512

struct text {
	char *bytes;
	char *lines[LINES_MAX];
	size_t n;
};

static struct text load(const char *path)
{
	size_t n = 0;
	struct text text = {.bytes = trace_slurp(path, &n)};
	assert_non_null(text.bytes);
	for (char *line = strtok(text.bytes, "\n"); line != NULL && text.n < LINES_MAX;
	     line = strtok(NULL, "\n"))
		text.lines[text.n++] = line;
	return text;
}

static void lose(struct text *text, struct seeded *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < text->n; i++)
		if (!seeded_one_in(s, 20))
			text->lines[kept++] = text->lines[i];
	text->n = kept;
}

static void swap(struct text *text, struct seeded *s)
{
	for (size_t i = 0; i + 1 < text->n; i++) {
		if (!seeded_one_in(s, 50))
			continue;
		char *line = text->lines[i];
		text->lines[i] = text->lines[i + 1];
		text->lines[i + 1] = line;
	}
}

/* The kinds that the real paste shows: letters and digits alike, a dash for a space. */
static void misread(struct text *text, struct seeded *s)
{
	static const char pairs[] = "lIIl0OO01ll1S55SB88B -";
	for (size_t i = 0; i < text->n; i++) {
		for (char *c = text->lines[i]; *c != '\0'; c++) {
			const char *pair = pairs;
			while (*pair != '\0' && *pair != *c)
				pair += 2;
			if (*pair != '\0' && seeded_one_in(s, 100))
				*c = pair[1];
		}
	}
}

/* "rejected 46 by the controller" */
static void outcome(const struct traced *traced, char *out, size_t room)
{
	if (traced->model->n_sessions != 1) {
		snprintf(out, room, "%u sessions", (unsigned)traced->model->n_sessions);
		return;
	}
	const struct session *session = trace_nth(traced, 1);
	const struct alert_seen *alert = session_fatal_alert(session);
	const char *by = alert != NULL && alert->dir != session->controller ? "engine" : "controller";
	snprintf(out, room, alert != NULL ? "%s %d by the %s" : "%s", trace_observed(traced, session),
	         alert != NULL ? alert->code : 0, by);
}

static void run(const struct text *text, char *out, size_t room)
{
	char *all = calloc(1, 1 << 16);
	size_t n = 0;
	for (size_t i = 0; i < text->n; i++)
		n += (size_t)sprintf(&all[n], "%s\n", text->lines[i]);
	struct traced traced = trace_text(n > 0 ? all : "\n");
	outcome(&traced, out, room);
	model_free(traced.model);
	free(all);
}

static void check(const char *path, const char *expected, void (*damage)(struct text *, struct seeded *),
                  const char *name)
{
	unsigned changed = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct seeded s = seeded_of(seed);
		struct text text = load(path);
		char got[64];
		damage(&text, &s);
		run(&text, got, sizeof got);
		if (strcmp(got, expected) != 0 && changed++ < MAY_CHANGE)
			print_message("%s, %s, seed %u: %s\n", path, name, (unsigned)seed, got);
		free(text.bytes);
	}
	print_message("%s, %s: %u of %u changed\n", path, name, changed, SEEDS);
	assert_true(changed <= MAY_CHANGE);
}

static void check_all(const char *path, const char *expected)
{
	check(path, expected, lose, "lines lost");
	check(path, expected, swap, "neighbours swapped");
	check(path, expected, misread, "characters misread");
}

static void failure(void **state)
{
	(void)state;
	check_all("samples/trace-failure.txt", "rejected 46 by the controller");
}

static void success(void **state)
{
	(void)state;
	check_all("samples/trace-success.txt", "accepted");
}

static void failure_in_ocr(void **state)
{
	(void)state;
	check_all("samples/trace-failure-ocr.txt", "rejected 46 by the controller");
}

static void success_in_ocr(void **state)
{
	(void)state;
	check_all("samples/trace-success-ocr.txt", "accepted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(failure),
	    cmocka_unit_test(success),
	    cmocka_unit_test(failure_in_ocr),
	    cmocka_unit_test(success_in_ocr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
