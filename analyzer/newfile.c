/* The name beside the place, the move, and the sentences; see newfile.h. */
#include "analyzer/newfile.h"

#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 8 /* names that are taken already */

struct newfile {
	FILE *out;
	char *path, *name; /* the place, and where it is while it is written */
};

enum newfile_place newfile_look(const char *path, struct err *err)
{
	struct stat status;
	size_t n = strlen(path);
	if (n == 0 || path[n - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode))) {
		err_set(err, "%.200s is a folder: add the name of a file", n == 0 ? "." : path);
		return NEWFILE_UNFIT;
	}
	if (lstat(path, &status) != 0)
		return NEWFILE_FREE;
	if (S_ISREG(status.st_mode))
		return NEWFILE_TAKEN;
	err_set(err, "%.200s is no regular file: take another name", path);
	return NEWFILE_UNFIT;
}

/* The folder may be written by its permissions, so the sandbox has refused; or the user may not. */
static void tell(const char *path, const struct sandbox_state *user, int reason, struct err *err)
{
	char *copy = xstrdup(path);
	const char *folder = dirname(copy);
	bool refused = reason == EACCES || reason == EPERM, here = strcmp(folder, ".") == 0;
	if (refused && access(folder, W_OK | X_OK) == 0)
		err_set(err,
		        "%.150s is outside of the current folder, and only there the program may still write",
		        folder);
	else if (refused)
		err_set(
		    err,
		    "user %.40s may not write in %.150s: start in another folder, or as root with -Z USER",
		    user->user[0] != '\0' ? user->user : "-", here ? "the current folder" : folder);
	else
		err_set(err, "cannot write in %.150s: %s", folder, strerror(reason));
	free(copy);
}

static char *name_beside(const char *path)
{
	uint64_t number = 0;
	char *copy = xstrdup(path), *name = NULL;
	if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
		number = (uint64_t)getpid();
	const char *folder = dirname(copy);
	size_t room = strlen(folder) + 48;
	name = xmalloc(room);
	snprintf(name, room, "%s/.nmspscope-%016" PRIx64, folder, number);
	free(copy);
	return name;
}

struct newfile *newfile_open(const char *path, const struct sandbox_state *user, struct err *err)
{
	struct newfile *file = xcalloc(1, sizeof *file);
	int fd = -1, reason = EEXIST;
	for (int i = 0; i < TRIES && fd < 0 && reason == EEXIST; i++) {
		free(file->name);
		file->name = name_beside(path);
		fd = open(file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		reason = errno;
	}
	file->path = xstrdup(path);
	file->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (file->out != NULL)
		return file;
	tell(path, user, reason, err);
	free(file->name);
	free(file->path);
	free(file);
	return NULL;
}

FILE *newfile_stream(struct newfile *file)
{
	return file->out;
}

/* Takes the name, so that nobody's file that came meanwhile is lost. */
static int reserve(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? -1 : close(fd);
}

/* 0, or the reason. */
static int finish(struct newfile *file, bool replace)
{
	bool failed = ferror(file->out) != 0;
	int reason = fflush(file->out) != 0 ? errno : failed ? EIO : 0;
	if (fclose(file->out) != 0 && reason == 0)
		reason = errno;
	file->out = NULL;
	if (reason == 0 && !replace && reserve(file->path) != 0)
		return errno;
	if (reason != 0 || rename(file->name, file->path) == 0)
		return reason;
	reason = errno;
	if (!replace)
		unlink(file->path);
	return reason;
}

int newfile_keep(struct newfile *file, bool replace, struct err *err)
{
	int reason = finish(file, replace);
	if (reason != 0)
		err_set(err, "%.150s was not written: %s", file->path, strerror(reason));
	else
		file->name[0] = '\0';
	newfile_drop(file);
	return reason == 0 ? 0 : -1;
}

void newfile_drop(struct newfile *file)
{
	if (file == NULL)
		return;
	if (file->out != NULL)
		fclose(file->out);
	if (file->name[0] != '\0')
		unlink(file->name);
	free(file->name);
	free(file->path);
	free(file);
}
