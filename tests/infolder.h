/* A folder of a test's own, and what stands in it. After cmocka. */
#ifndef TESTS_INFOLDER_H
#define TESTS_INFOLDER_H

#include <dirent.h>
#include <string.h>

/* Files in the folder, whatever their names. */
static inline unsigned infolder_count(const char *folder)
{
	unsigned n = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	closedir(dir);
	return n;
}

#endif
