/* Profile files: what is said when one cannot be used. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/profile_file.h"
#include "dissect/limits.h"
#include "tests/opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_sample(void **state)
{
	(void)state;
	struct err err;
	struct profile *profile = opened_profile("samples/assumed-1.profile", &err);
	assert_non_null(profile);
	assert_int_equal(profile->header, 12);
	free(profile);
}

static void test_missing(void **state)
{
	(void)state;
	struct err err;
	assert_null(opened_profile("samples/no-such.profile", &err));
	assert_non_null(strstr(err.text, "samples/no-such.profile"));
}

/* A good profile behind more comment than the cap allows is refused, not cut. */
static void test_too_long(void **state)
{
	(void)state;
	char path[] = "/tmp/nmspscope-profile-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	for (size_t i = 0; i <= LIMIT_PROFILE_BYTES; i++)
		fputc('#', file);
	fclose(file);
	struct err err;
	assert_null(opened_profile(path, &err));
	assert_non_null(strstr(err.text, path));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
