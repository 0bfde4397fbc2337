/* Opening and reading, whatever it is that is read; see source.h. Called by main and by the readers. */
#include "analyzer/source.h"

#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int source_open(struct source *out, const char *path, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	*out = (struct source){.name = path};
	out->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
	if (out->fd >= 0)
		return 0;
	int reason = errno;
	err_set(err, "%.150s cannot be opened: %s; check the path and the permission", source_shown(path),
	        strerror(reason));
	errno = reason;
	return -1;
}

void source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

int source_take(struct source *source)
{
	int fd = source->fd;
	source->fd = -1;
	return fd;
}

const char *source_shown(const char *name)
{
	return strcmp(name, "-") == 0 ? "standard input" : name;
}

ssize_t source_read(int fd, uint8_t *to, size_t n)
{
	ssize_t got;
	do {
		got = read(fd, to, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t source_read_at(int fd, uint8_t *to, size_t n, off_t at)
{
	ssize_t got;
	do {
		got = pread(fd, to, n, at);
	} while (got < 0 && errno == EINTR);
	return got;
}

int source_slurp(struct source *source, size_t room, uint8_t **text, size_t *n, struct err *err)
{
	ssize_t got;
	*text = xmalloc(room);
	*n = 0;
	while ((got = source_read(source->fd, &(*text)[*n], room - *n)) > 0)
		*n += (size_t)got;
	int error = got < 0 ? errno : 0;
	source_close(source);
	if (error == 0)
		return 0;
	explicit_bzero(*text, *n);
	free(*text);
	return err_set(err, "%.150s cannot be read: %s", source_shown(source->name), strerror(error));
}
