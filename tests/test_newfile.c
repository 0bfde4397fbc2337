/*
 * Files that are whole or not there: what has the name, what is left behind, and what is said when they
 * cannot be made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/newfile.h"
#include "tests/infolder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_newfile.XXXXXX", path[64];
static const struct sandbox_state nobody = {.user = "nobody"};

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const char *text)
{
	char read[64] = "";
	FILE *file = fopen(name, "r");
	assert_non_null(file);
	assert_int_equal(fread(read, 1, sizeof read - 1, file), strlen(text));
	assert_string_equal(read, text);
	fclose(file);
}

static struct newfile *begin(const char *text)
{
	struct err err;
	struct newfile *file = newfile_open(path, &nobody, &err);
	assert_non_null(file);
	fputs(text, newfile_stream(file));
	return file;
}

static void test_kept(void **state)
{
	(void)state;
	struct err err;
	struct newfile *file = begin("whole");
	fflush(newfile_stream(file));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(newfile_keep(file, false, &err), 0);
	assert_holds(path, "whole");
	assert_int_equal(infolder_count(folder), 1);
	unlink(path);
}

static void test_dropped(void **state)
{
	(void)state;
	newfile_drop(begin("half"));
	newfile_drop(NULL);
	assert_int_equal(infolder_count(folder), 0);
}

/* Also by a file that came while it was written. */
static void test_never_overwrites_unasked(void **state)
{
	(void)state;
	struct err err;
	struct newfile *file = begin("new");
	put(path, "old");
	assert_int_equal(newfile_keep(file, false, &err), -1);
	assert_non_null(strstr(err.text, "File exists"));
	assert_holds(path, "old");
	assert_int_equal(infolder_count(folder), 1);
	assert_int_equal(newfile_keep(begin("new"), true, &err), 0);
	assert_holds(path, "new");
	assert_int_equal(infolder_count(folder), 1);
	unlink(path);
}

static void test_what_is_there(void **state)
{
	(void)state;
	struct err err = {.text = ""};
	assert_int_equal(newfile_look(path, &err), NEWFILE_FREE);
	put(path, "");
	assert_int_equal(newfile_look(path, &err), NEWFILE_TAKEN);
	unlink(path);
	assert_string_equal(err.text, "");
	static const char *const folders[] = {"", "/tmp/", "/tmp", "."};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		assert_int_equal(newfile_look(folders[i], &err), NEWFILE_UNFIT);
		assert_non_null(strstr(err.text, "is a folder"));
	}
	assert_int_equal(newfile_look("/dev/null", &err), NEWFILE_UNFIT);
	assert_int_equal(symlink("/nowhere", path), 0); /* it would be replaced, not followed */
	assert_int_equal(newfile_look(path, &err), NEWFILE_UNFIT);
	assert_non_null(strstr(err.text, "no regular file"));
	unlink(path);
}

/* A folder that is none, and one that is not there. */
static void test_sentences(void **state)
{
	(void)state;
	struct err err;
	assert_null(newfile_open("/dev/null/x", &nobody, &err));
	assert_non_null(strstr(err.text, "cannot write in /dev/null: Not a directory"));
	assert_null(newfile_open("/no/such/x", &nobody, &err));
	assert_non_null(strstr(err.text, "cannot write in /no/such: No such file"));
	if (geteuid() == 0)
		return;
	assert_int_equal(chmod(folder, 0500), 0);
	assert_null(newfile_open(path, &nobody, &err));
	assert_non_null(strstr(err.text, "user nobody may not write in "));
	assert_non_null(strstr(err.text, "-Z USER"));
	assert_int_equal(chmod(folder, 0700), 0);
}

/* The device takes no byte: nothing has the name then. */
static void test_full(void **state)
{
	(void)state;
	struct err err;
	struct newfile *file = begin("");
	int full = open("/dev/full", O_WRONLY);
	assert_true(full >= 0);
	assert_true(dup2(full, fileno(newfile_stream(file))) >= 0);
	close(full);
	fputs("text", newfile_stream(file));
	assert_int_equal(newfile_keep(file, false, &err), -1);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(infolder_count(folder), 0);
}

/* What has the place cannot be replaced by a file; the name that was made for it is gone. */
static void test_place_is_lost(void **state)
{
	(void)state;
	struct err err;
	struct newfile *file = begin("text");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(newfile_keep(file, true, &err), -1);
	assert_int_equal(infolder_count(folder), 1);
	rmdir(path);
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/file", folder);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept),
	    cmocka_unit_test(test_dropped),
	    cmocka_unit_test(test_never_overwrites_unasked),
	    cmocka_unit_test(test_what_is_there),
	    cmocka_unit_test(test_sentences),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_place_is_lost),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
