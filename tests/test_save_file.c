/*
 * The file of -w: the secrets in it, who may read it, what it must not overwrite, and errors of writing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/input.h"
#include "analyzer/save.h"
#include "tests/opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_path(char path[64])
{
	snprintf(path, 64, "/tmp/nmspscope-test-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

/* ---- secrets --------------------------------------------------------------------------------------- */

#define RANDOM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define RANDOM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define SECRET_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define SECRET_2 "2222222222222222222222222222222222222222222222222222222222222222"

static void log_line(struct keylog *keylog, const char *line)
{
	keylog_parse(keylog, span_of(line, strlen(line)));
}

/* All secrets of a file. */
static void read_secrets(const char *path, char *text, size_t room)
{
	struct err err;
	struct capfile_packet item;
	enum input_result result;
	size_t n = 0;
	struct input *input = opened_input(path, &err);
	assert_non_null(input);
	while ((result = input_next(input, &item)) == INPUT_SECRETS || result == INPUT_PACKET) {
		if (result == INPUT_PACKET)
			continue;
		assert_true(n + item.data.n < room);
		memcpy(&text[n], item.data.p, item.data.n);
		n += item.data.n;
	}
	text[n] = '\0';
	assert_int_equal(result, INPUT_END);
	input_close(input);
}

/* Asks three times while the key log grows; the answer is what stands in the file. */
static void save_some(bool with_secrets, char *text, size_t room)
{
	uint8_t a[TLS_RANDOM];
	char path[64];
	struct err err;
	struct save_keys keys = {.lines = 0};
	struct keylog *keylog = keylog_new();
	struct keylog *learned = keylog_new();
	struct save_session session = {.keylog = keylog, .learned = learned, .client_random = a, .keys = &keys};
	struct capfile_packet packet = {.linktype = 1, .wire = 60, .data = span_of("packet", 6)};
	memset(a, 0xaa, sizeof a);
	make_path(path);
	struct save *save = save_open(&(struct save_plan){.path = path, .with_secrets = with_secrets}, &err);
	assert_non_null(save);
	save_protect(save);
	save_start(save);
	assert_true(save_packet(save, &packet, &session));
	log_line(keylog, "client_traffic_secret_0 " RANDOM_A " " SECRET_1);
	log_line(keylog, "CLIENT_TRAFFIC_SECRET_0 " RANDOM_B " " SECRET_2);
	save_secrets(save, &session);
	save_secrets(save, &session);
	log_line(keylog, "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_A " " SECRET_2);
	save_secrets(save, &session);
	assert_int_equal(save_close(save, &err), 0);
	read_secrets(path, text, room);
	unlink(path);
	keylog_free(keylog);
	keylog_free(learned);
}

static void test_secrets_of_a_session(void **state)
{
	(void)state;
	char text[2048];
	save_some(true, text, sizeof text);
	assert_string_equal(text, "CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_1 "\n"
	                          "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_A " " SECRET_2 "\n");
	save_some(false, text, sizeof text);
	assert_string_equal(text, "");
}

/* ---- the file -------------------------------------------------------------------------------------- */

static unsigned mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777u;
}

static unsigned mode_after(const char *path, bool with_secrets)
{
	struct err err;
	struct save *save = save_open(&(struct save_plan){.path = path, .with_secrets = with_secrets}, &err);
	assert_non_null(save);
	save_protect(save);
	save_start(save);
	assert_int_equal(save_close(save, &err), 0);
	return mode_of(path);
}

static void test_who_may_read_it(void **state)
{
	(void)state;
	char path[64];
	mode_t mask = umask(022);
	make_path(path);
	for (unsigned i = 0; i < 2; i++) {
		unlink(path);
		assert_int_equal(mode_after(path, i == 1), i == 1 ? 0600 : 0644);
	}
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(mode_after(path, false), 0666);
	assert_int_equal(mode_after(path, true), 0600);
	umask(mask);
	unlink(path);
}

static void test_same_file(void **state)
{
	(void)state;
	struct err err;
	char path[64], other[80];
	make_path(path);
	snprintf(other, sizeof other, "%s-link", path);
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(link(path, other), 0);
	struct save *save = save_open(&(struct save_plan){.path = path, .with_secrets = true}, &err);
	assert_non_null(save);
	assert_true(save_is(save, path));
	assert_true(save_is(save, other));
	assert_false(save_is(save, "README.md"));
	assert_false(save_is(save, "/nowhere"));
	assert_int_equal(save_close(save, &err), 0);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 5);
	unlink(path);
	unlink(other);
}

/* Nothing could be read: the file is gone if it is ours, and as it was if it is not. */
static void test_never_begun(void **state)
{
	(void)state;
	char path[64];
	struct err err;
	struct stat status;
	make_path(path);
	assert_int_equal(save_close(save_open(&(struct save_plan){.path = path}, &err), &err), 0);
	assert_int_equal(access(path, F_OK), 0); /* make_path has made it */
	unlink(path);
	assert_int_equal(save_close(save_open(&(struct save_plan){.path = path}, &err), &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	struct save *save = save_open(&(struct save_plan){.path = path}, &err);
	save_start(save);
	assert_int_equal(save_close(save, &err), 0);
	assert_int_equal(stat(path, &status), 0);
	save = save_open(&(struct save_plan){.path = "/dev/null"}, &err);
	assert_int_equal(save_close(save, &err), 0);
	assert_int_equal(access("/dev/null", F_OK), 0);
	unlink(path);
}

static void test_errors(void **state)
{
	(void)state;
	struct err err;
	assert_null(save_open(&(struct save_plan){.path = "/nowhere/x.pcapng"}, &err));
	assert_non_null(strstr(err.text, "/nowhere/x.pcapng: No such file"));
	if (access("/dev/full", W_OK) != 0) {
		print_message("LEFT OUT: there is no /dev/full\n");
		return;
	}
	struct save *save =
	    save_open(&(struct save_plan){.path = "/dev/full", .with_secrets = true, .all = true}, &err);
	assert_non_null(save);
	save_protect(save);
	save_start(save);
	struct capfile_packet packet = {.linktype = 1, .wire = 60, .data = span_of("packet", 6)};
	for (unsigned i = 0; i < 3000; i++)
		save_other(save, &packet);
	save_end(save, 1);
	assert_int_equal(save_close(save, &err), -1);
	assert_non_null(strstr(err.text, "/dev/full is not complete: No space left"));
	assert_int_equal(save_close(NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets_of_a_session),
	    cmocka_unit_test(test_who_may_read_it),
	    cmocka_unit_test(test_same_file),
	    cmocka_unit_test(test_never_begun),
	    cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
