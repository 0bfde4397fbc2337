/*
 * Writing a file a little at a time: what stands in the folder meanwhile and behind it, and what is told.
 * That the packets are the right ones is tested in test_pick.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/infolder.h"
#include "tests/recording.h"
#include "ui/save_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/test_save_job.XXXXXX", path[64], copy[64];

struct test {
	struct model *model;
	struct analyze *analyze;
	struct feeds feeds;
	struct sandbox_state privileges;
	struct save_source source;
	const struct session *sessions[16];
	size_t n;
};

static void copy_file(const char *from, const char *to, size_t most)
{
	static char bytes[1 << 20];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	assert_true(in != NULL && out != NULL);
	size_t n = fread(bytes, 1, most < sizeof bytes ? most : sizeof bytes, in);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	fclose(out);
}

/* Two files, of which the first can be changed. */
static void start_with(struct test *test, const char *second, const struct redact *redact)
{
	const struct input *reading;
	*test = (struct test){.model = model_new()};
	test->model->redact = redact;
	test->analyze = analyze_new(test->model);
	test->feeds = (struct feeds){.model = test->model, .analyze = test->analyze};
	copy_file("samples/wrong-hash.pcapng", copy, SIZE_MAX);
	feeds_add(&test->feeds, copy);
	feeds_add(&test->feeds, second);
	assert_true(feeds_start(&test->feeds));
	feeds_order(&test->feeds);
	while (feeds_read(&test->feeds, UINT64_MAX, &reading) == FEEDS_MORE)
		continue;
	analyze_end(test->analyze);
	for (const struct session *s = test->model->first; s != NULL; s = s->next)
		test->sessions[test->n++] = s;
	assert_int_equal(test->n, 2);
	test->source = (struct save_source){.model = test->model,
	                                    .feeds = &test->feeds,
	                                    .privileges = &test->privileges,
	                                    .format = {.utc = true}};
}

static void start(struct test *test)
{
	start_with(test, "samples/accepted-tls12.pcapng", NULL);
}

static void end(struct test *test)
{
	feeds_close(&test->feeds);
	analyze_free(test->analyze);
	model_free(test->model);
	unlink(copy);
}

static struct save_job *begin(struct test *test, enum save_what what, size_t first, size_t n)
{
	struct err err;
	struct save_order order = {.what = what, .path = path, .sessions = &test->sessions[first], .n = n};
	struct save_job *job = save_job_begin(&test->source, &order, &err);
	if (job == NULL)
		fail_msg("%s", err.text);
	return job;
}

static enum save_state run(struct save_job *job)
{
	enum save_state state;
	while ((state = save_job_step(job, NS_PER_MS)) == SAVE_WORKS)
		assert_in_range(save_job_percent(job), 0, 100);
	return state;
}

static void assert_result(const struct save_job *job, bool lacks, const char *words)
{
	bool told;
	const char *result = save_job_result(job, &told);
	if (strstr(result, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", result, words);
	assert_int_equal(told, lacks);
}

static void test_whole(void **state)
{
	(void)state;
	struct test test;
	struct recording recording;
	start(&test);
	struct save_job *job = begin(&test, SAVE_PACKETS, 0, 2);
	assert_int_equal(save_job_step(job, 0), SAVE_WORKS);
	assert_int_equal(access(path, F_OK), -1); /* not before it is whole */
	assert_int_equal(run(job), SAVE_DONE);
	assert_result(job, false, "saved 66 packets of 2 sessions to /tmp/");
	save_job_free(job);
	recording_read(&recording, path);
	assert_int_equal(recording.n, 66);
	recording_free(&recording);
	assert_int_equal(infolder_count(folder), 2);
	unlink(path);
	end(&test);
}

/* Under --redact DTLS is saved, too. */
static void test_redacted_dtls(void **state)
{
	(void)state;
	static const uint8_t key[REDACT_KEY] = {7};
	struct redact redact = {.profile = NULL};
	struct test test;
	struct recording recording;
	redact_start_with(&redact, key);
	start_with(&test, "samples/dtls12.pcapng", &redact);
	struct save_job *job = begin(&test, SAVE_PACKETS, 0, 2);
	assert_int_equal(run(job), SAVE_DONE);
	assert_result(job, false, "saved 49 packets of 2 sessions to /tmp/");
	save_job_free(job);
	recording_read(&recording, path);
	assert_int_equal(recording.n, 49);
	recording_free(&recording);
	unlink(path);
	end(&test);
}

/* The ones of a later file have their numbers all the same. */
static void test_later_file(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	struct save_job *job = begin(&test, SAVE_PACKETS, 1, 1);
	assert_int_equal(run(job), SAVE_DONE);
	assert_result(job, false, "saved 53 packets of 1 session to ");
	save_job_free(job);
	unlink(path);
	end(&test);
}

static void test_stopped(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	for (enum save_what what = 0; what < SAVE_MESSAGES; what++) {
		struct save_job *job = begin(&test, what, 0, 2);
		assert_int_equal(save_job_step(job, 0), SAVE_WORKS);
		assert_int_equal(infolder_count(folder), 2);
		save_job_free(job);
		assert_int_equal(infolder_count(folder), 1);
	}
	save_job_free(NULL);
	end(&test);
}

static void test_file_has_changed(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	copy_file("samples/wrong-hash.pcapng", copy, 2000);
	struct save_job *job = begin(&test, SAVE_PACKETS, 0, 2);
	assert_int_equal(run(job), SAVE_DONE);
	assert_result(job, true, "packets are missing: a file is shorter than it was");
	save_job_free(job);
	copy_file("samples/README.md", copy, SIZE_MAX);
	unlink(path);
	job = begin(&test, SAVE_PACKETS, 0, 2);
	assert_int_equal(run(job), SAVE_DONE);
	assert_result(job, true, "saved 53 packets of 2 sessions");
	save_job_free(job);
	unlink(path);
	end(&test);
}

/* Sessions get other numbers: packets are found by theirs, reports are not. */
static void test_disturbed(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	struct save_job *job = begin(&test, SAVE_JSON, 0, 2);
	save_job_disturb(job);
	save_job_disturb(NULL);
	assert_int_equal(run(job), SAVE_FAILED);
	assert_result(job, false, "have changed meanwhile");
	save_job_free(job);
	assert_int_equal(infolder_count(folder), 1);
	job = begin(&test, SAVE_PACKETS, 0, 2);
	save_job_disturb(job);
	assert_int_equal(run(job), SAVE_DONE);
	save_job_free(job);
	unlink(path);
	end(&test);
}

/* What came meanwhile under this name stays. */
static void test_name_is_taken(void **state)
{
	(void)state;
	struct test test;
	start(&test);
	struct save_job *job = begin(&test, SAVE_TEXT, 0, 2);
	copy_file("samples/README.md", path, SIZE_MAX);
	assert_int_equal(run(job), SAVE_FAILED);
	assert_result(job, false, "was not written: File exists");
	save_job_free(job);
	assert_int_equal(infolder_count(folder), 2);
	unlink(path);
	end(&test);
}

static void test_interface_without_spool(void **state)
{
	(void)state;
	struct err err;
	struct test test;
	start(&test);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	int before = dup(STDIN_FILENO);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	feeds_add(&test.feeds, "-");
	assert_true(dup2(before, STDIN_FILENO) >= 0);
	struct save_order order = {.what = SAVE_PACKETS, .path = path, .sessions = test.sessions, .n = 2};
	assert_null(save_job_begin(&test.source, &order, &err));
	assert_non_null(strstr(err.text, "cannot be read again"));
	assert_int_equal(infolder_count(folder), 1);
	close(before);
	close(ends[0]);
	close(ends[1]);
	end(&test);
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/saved", folder);
	snprintf(copy, sizeof copy, "%s/read.pcapng", folder);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_redacted_dtls),
	    cmocka_unit_test(test_later_file),
	    cmocka_unit_test(test_stopped),
	    cmocka_unit_test(test_file_has_changed),
	    cmocka_unit_test(test_disturbed),
	    cmocka_unit_test(test_name_is_taken),
	    cmocka_unit_test(test_interface_without_spool),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
