/* What a report must and must not hold. For cmocka tests: include it behind <cmocka.h>. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <string.h>

static inline void has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static inline void has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" should not stand in:\n%s", part, text);
}

#endif
