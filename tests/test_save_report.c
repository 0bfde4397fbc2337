/*
 * What `s` writes from the model: fields of comma-separated values, certificates as text, and reports of
 * sessions that leave the model while they are written.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/xmalloc.h"
#include "tests/recording.h"
#include "ui/csv.h"
#include "ui/pem.h"
#include "ui/save_report.h"

#include <stdlib.h>
#include <string.h>

/* ---- fields ---- */

static void assert_field(const char *text, bool captured, const char *expected)
{
	char *written = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&written, &n);
	csv_field(out, true, text, captured);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
}

static void test_fields(void **state)
{
	(void)state;
	assert_field("", true, "");
	assert_field("plain", true, "plain");
	assert_field("a,b", true, "\"a,b\"");
	assert_field("say \"no\"", true, "\"say \"\"no\"\"\"");
	assert_field("=1+1", true, "'=1+1");
	assert_field("+1", true, "'+1");
	assert_field("-1", true, "'-1");
	assert_field("@SUM(A1,A2)", true, "\"'@SUM(A1,A2)\"");
	assert_field("1=1", true, "1=1");
	assert_field("-5", false, "-5"); /* a number of ours */
	assert_field("two\nlines", true, "\"two\nlines\"");
}

/* ---- certificates ---- */

/* Any length comes back as it was; no line is longer than 64 characters. */
static void compare(void *ctx, struct span der, uint32_t line)
{
	(void)line;
	assert_true(span_equal(der, *(const struct span *)ctx));
}

static void test_pem(void **state)
{
	(void)state;
	uint8_t bytes[200];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t i = 1; i <= sizeof bytes; i++) {
		struct span der = span_of(bytes, i);
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		pem_write(out, der);
		fclose(out);
		assert_int_equal(certs_from_pem(span_of(text, n), compare, &der), 1);
		for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 64);
		free(text);
	}
}

/* ---- reports ---- */

struct test {
	struct model *model;
	const struct session **sessions;
	size_t n;
	struct save_source source;
	struct save_report *report;
	char *text;
	size_t length;
	FILE *out;
};

/* Sessions of samples, as many as there are. */
static void start(struct test *test, enum save_what what)
{
	static const char *const samples[] = {"samples/wrong-hash.pcapng", "samples/stalled.pcapng",
	                                      "samples/accepted-tls12.pcapng", "samples/plaintext.pcapng"};
	struct err err;
	*test = (struct test){.model = model_new()};
	model_add_input(test->model, "test");
	struct analyze *analyze = analyze_new(test->model);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct recording recording;
		recording_read(&recording, samples[i]);
		for (size_t k = 0; k < recording.n; k++) {
			const struct recorded *packet = &recording.packets[k];
			struct capfile_packet frame = {.time = packet->time,
			                               .linktype = packet->linktype,
			                               .wire = packet->wire,
			                               .data = span_of(packet->bytes, packet->n)};
			analyze_packet(analyze, 0, &frame);
		}
		recording_free(&recording);
	}
	analyze_end(analyze);
	analyze_free(analyze);
	test->sessions = xcalloc(test->model->n_sessions, sizeof *test->sessions);
	for (const struct session *s = test->model->first; s != NULL; s = s->next)
		test->sessions[test->n++] = s;
	assert_int_equal(test->n, 4);
	test->source = (struct save_source){.model = test->model, .format = {.utc = true}};
	struct save_order order = {.what = what, .sessions = test->sessions, .n = test->n};
	test->report = save_report_begin(&test->source, &order, &err);
	assert_non_null(test->report);
	test->out = open_memstream(&test->text, &test->length);
	save_report_open(test->report, test->out);
}

static void end(struct test *test)
{
	free(test->text);
	save_report_free(test->report);
	free(test->sessions);
	model_free(test->model);
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;
	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

static void drop(struct test *test, uint32_t id)
{
	struct session *session = test->model->first;
	while (session->id != id)
		session = session->next;
	model_drop_session(test->model, session);
}

/* Steps to the end; before step `when` session `gone` leaves, 0: none does. Returns the number of steps. */
static unsigned run(struct test *test, unsigned when, uint32_t gone)
{
	unsigned steps = 0;
	bool more = true;
	while (more) {
		if (++steps == when && gone != 0)
			drop(test, gone);
		more = save_report_step(test->report);
	}
	fclose(test->out);
	assert_int_equal(save_report_percent(test->report), 100);
	return steps;
}

static const char *const words[SAVE_WHATS] = {[SAVE_TEXT] = "\nSession ",
                                              [SAVE_JSON] = "\"community_id\"",
                                              [SAVE_CERTIFICATES] = "BEGIN CERTIFICATE",
                                              [SAVE_MESSAGES] = "\r\n"};

/* Whenever and whichever session leaves, the report is one of the others, or has it, too. */
static void leave(enum save_what what)
{
	struct test test;
	start(&test, what);
	unsigned steps = run(&test, 0, 0), all = count(test.text, words[what]);
	char lack[200];
	save_report_lack(test.report, lack);
	assert_null(strstr(lack, "made room for others"));
	assert_true(all > 0);
	end(&test);
	for (unsigned when = 1; when <= steps; when++)
		for (uint32_t gone = 1; gone <= 4; gone++) {
			start(&test, what);
			run(&test, when, gone);
			unsigned n = count(test.text, words[what]);
			save_report_lack(test.report, lack);
			bool left = strstr(lack, "1 session made room for others") != NULL;
			assert_true(left ? n <= all : n == all);
			if (what == SAVE_JSON) {
				assert_int_equal(n, left ? 3 : 4);
				assert_int_equal(count(test.text, "\n}\n"), 1);
			}
			end(&test);
		}
}

static void test_text(void **state)
{
	(void)state;
	leave(SAVE_TEXT);
}

static void test_json(void **state)
{
	(void)state;
	leave(SAVE_JSON);
}

static void test_certificates(void **state)
{
	(void)state;
	leave(SAVE_CERTIFICATES);
}

static void test_messages(void **state)
{
	(void)state;
	leave(SAVE_MESSAGES);
}

static void test_nothing_to_write(void **state)
{
	(void)state;
	struct err err;
	struct test test;
	start(&test, SAVE_TEXT);
	struct save_order order = {.what = SAVE_MESSAGES, .sessions = test.sessions, .n = 3};
	assert_null(save_report_begin(&test.source, &order, &err)); /* no keys */
	assert_non_null(strstr(err.text, "no NMSP message"));
	order = (struct save_order){.what = SAVE_CERTIFICATES, .sessions = &test.sessions[3], .n = 1};
	assert_null(save_report_begin(&test.source, &order, &err)); /* no TLS */
	assert_non_null(strstr(err.text, "no certificate"));
	fclose(test.out);
	end(&test);
}

/* The others are told of. */
static void test_some_of_many(void **state)
{
	(void)state;
	struct err err;
	struct test test;
	start(&test, SAVE_TEXT);
	save_report_free(test.report);
	struct save_order order = {.what = SAVE_TEXT, .sessions = &test.sessions[1], .n = 1};
	test.report = save_report_begin(&test.source, &order, &err);
	save_report_open(test.report, test.out);
	run(&test, 0, 0);
	assert_non_null(strstr(test.text, "1 of 4 sessions, chosen on the screen."));
	assert_null(strstr(test.text, "Session 1"));
	end(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_pem),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_nothing_to_write),
	    cmocka_unit_test(test_some_of_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
