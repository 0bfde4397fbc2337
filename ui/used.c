/* The files of the options, compared as files; see used.h. */
#include "ui/used.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_one_of(const struct stat *file, const char *const *paths, uint32_t n)
{
	struct stat other;
	for (uint32_t i = 0; i < n; i++) {
		bool standard = strcmp(paths[i], "-") == 0;
		if ((standard ? fstat(STDIN_FILENO, &other) : stat(paths[i], &other)) == 0 &&
		    other.st_dev == file->st_dev && other.st_ino == file->st_ino)
			return true;
	}
	return false;
}

bool used_by_run(const void *of, const char *path)
{
	const struct run *run = of;
	const struct options *options = run->options;
	struct stat file;
	if (stat(path, &file) != 0)
		return false;
	return (run->save != NULL && save_is(run->save, path)) ||
	       is_one_of(&file, options->read, options->n_read) ||
	       is_one_of(&file, options->trace, options->n_trace) ||
	       is_one_of(&file, options->keylog, options->n_keylog) ||
	       is_one_of(&file, options->authlist, options->n_authlist) ||
	       is_one_of(&file, &options->write, options->write != NULL) ||
	       is_one_of(&file, &options->profile, options->profile != NULL);
}
