/* Follows a key log by its path; see keylog_follow.h. Called by the loop of the program. */
#include "analyzer/keylog_follow.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (64 * 1024)
#define HEAD_BYTES 512 /* of the file's beginning are compared, to see that it was written anew */

struct keylog_follow {
	struct keylog *keylog;
	char *path;
	int fd; /* -1 = none */
	bool regular;
	uint64_t read; /* bytes of this file */
	size_t head_n; /* bytes of its beginning that `head` tells of */
	uint64_t head; /* hash of these: they hold secrets */
	int64_t grown; /* when something came last */
	size_t n;      /* bytes of a half line in the buffer */
	size_t told;   /* ... that the key log has had, without the line's end */
	bool too_long; /* the rest of this line is ignored */
	bool refused;  /* it is there, and may not be opened */
	uint8_t buffer[LIMIT_LINE + READ_BYTES];
};

/* ---- lines ------------------------------------------------------------------------------------------ */

/* A line that was told without its end is told again when there was more of it. */
static void tell(struct keylog_follow *follow, struct span line)
{
	size_t n = line.n;
	while (n > 0 && (line.p[n - 1] == '\n' || line.p[n - 1] == '\r'))
		n--;
	bool known = follow->too_long || (follow->told > 0 && follow->told == n);
	follow->too_long = false;
	follow->told = 0;
	if (!known)
		keylog_parse(follow->keylog, line);
}

/* What is behind the last line end waits in front of the buffer; too much of it is no line. */
static void keep_half(struct keylog_follow *follow, struct span half)
{
	if (half.n > LIMIT_LINE) {
		if (!follow->too_long)
			tell(follow, span_cut(half, 0, LIMIT_LINE));
		follow->too_long = true;
		half.n = 0;
	}
	if (half.n > 0)
		memmove(follow->buffer, half.p, half.n);
	follow->n = follow->too_long ? 0 : half.n;
}

/* `got` bytes came behind the half line in the buffer. */
static void take(struct keylog_follow *follow, size_t got)
{
	struct span all = span_of(follow->buffer, follow->n + got), line;
	struct rd r = rd_of(all);
	if (rd_whole_line(&r, &line))
		tell(follow, span_cut(all, 0, rd_at(&r)));
	size_t first = rd_at(&r), end = first;
	while (rd_whole_line(&r, &line))
		end = rd_at(&r);
	keylog_parse(follow->keylog, span_cut(all, first, end - first));
	keep_half(follow, span_cut(all, end, SIZE_MAX));
}

/* The last line of a file that does not grow. */
static void tell_half(struct keylog_follow *follow)
{
	size_t n = follow->n;
	while (n > 0 && follow->buffer[n - 1] == '\r')
		n--;
	if (n == 0 || follow->told == n)
		return;
	keylog_parse(follow->keylog, span_of(follow->buffer, n));
	follow->told = n;
}

/* ---- the file --------------------------------------------------------------------------------------- */

static ssize_t read_some(int fd, void *to, size_t n)
{
	ssize_t got;
	do {
		got = read(fd, to, n);
	} while (got < 0 && errno == EINTR);
	return got;
}

static int open_path(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void leave_file(struct keylog_follow *follow)
{
	tell_half(follow);
	if (follow->fd >= 0)
		close(follow->fd);
	follow->fd = -1;
	follow->n = follow->told = 0;
	follow->too_long = false;
}

/* Reads from the beginning of a file, which is owned from here on; -1 = it went away, the next look tells. */
static void enter_file(struct keylog_follow *follow, int fd)
{
	struct stat status;
	leave_file(follow);
	follow->fd = fd;
	follow->regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	follow->read = 0;
	follow->head_n = 0;
}

/*
 * The file begins as it did: it was not truncated and written anew beyond what was read. More of the
 * beginning is remembered once more was read.
 */
static bool begins_as_before(struct keylog_follow *follow, int fd)
{
	uint8_t head[HEAD_BYTES];
	size_t n = follow->read < HEAD_BYTES ? (size_t)follow->read : HEAD_BYTES;
	ssize_t got = read_some(fd, head, n);
	bool same = got >= 0 && (size_t)got == n && hash_bytes(head, follow->head_n) == follow->head;
	if (same && follow->head_n < n) {
		follow->head_n = n;
		follow->head = hash_bytes(head, n);
	}
	explicit_bzero(head, sizeof head);
	return same;
}

enum file { FILE_SAME, FILE_ANEW, FILE_OTHER };

/* `fd` is the path, opened anew: the file that is read, or that file truncated, or another one. */
static enum file compare(struct keylog_follow *follow, int fd)
{
	struct stat ours, theirs;
	if (follow->fd < 0 || fstat(follow->fd, &ours) != 0 || fstat(fd, &theirs) != 0 ||
	    ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino)
		return FILE_OTHER;
	if (!follow->regular || follow->read == 0)
		return FILE_SAME;
	bool grown = (uint64_t)theirs.st_size >= follow->read && begins_as_before(follow, fd);
	return grown ? FILE_SAME : FILE_ANEW;
}

static void remember_head(struct keylog_follow *follow, const uint8_t *bytes, size_t n)
{
	if (follow->read > 0)
		return;
	follow->head_n = n < HEAD_BYTES ? n : HEAD_BYTES;
	follow->head = hash_bytes(bytes, follow->head_n);
}

/* Reads up to the end of what is there. False when there is more than a call may take. */
static bool read_file(struct keylog_follow *follow, int64_t now)
{
	for (size_t left = LIMIT_FOLLOWED; left > 0;) {
		uint8_t *to = &follow->buffer[follow->n];
		size_t room = left < READ_BYTES ? left : READ_BYTES;
		ssize_t got = read_some(follow->fd, to, room);
		if (got <= 0)
			return true;
		remember_head(follow, to, (size_t)got);
		follow->read += (uint64_t)got;
		follow->grown = now;
		left -= (size_t)got;
		size_t filled = follow->n + (size_t)got;
		take(follow, (size_t)got);
		explicit_bzero(&follow->buffer[follow->n], filled - follow->n);
	}
	return false;
}

struct keylog_follow *keylog_follow_new(struct keylog *keylog, const char *path, int fd)
{
	struct keylog_follow *follow = xcalloc(1, sizeof *follow);
	follow->keylog = keylog;
	follow->path = xstrdup(path);
	follow->fd = -1;
	keylog_set_name(keylog, path);
	if (fd >= 0) {
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		enter_file(follow, fd);
	}
	return follow;
}

void keylog_follow_free(struct keylog_follow *follow)
{
	if (follow == NULL)
		return;
	if (follow->fd >= 0)
		close(follow->fd);
	free(follow->path);
	explicit_bzero(follow, sizeof *follow);
	free(follow);
}

/* Looks at the path, and reads. False when there is more to take. */
static bool look(struct keylog_follow *follow, int64_t now)
{
	int fd = open_path(follow->path);
	follow->refused = fd < 0 && follow->fd < 0 && (errno == EACCES || errno == EPERM);
	enum file file = fd >= 0 ? compare(follow, fd) : FILE_SAME;
	bool whole = follow->fd < 0 || file == FILE_ANEW || read_file(follow, now);
	if (file != FILE_SAME &&
	    (whole || !follow->regular)) { /* what was replaced has been read to its end */
		close(fd);                 /* its beginning may have been read */
		enter_file(follow, open_path(follow->path));
		return false;
	}
	if (fd >= 0)
		close(fd);
	return whole;
}

bool keylog_follow_refused(const struct keylog_follow *follow)
{
	return follow->refused;
}

bool keylog_follow_poll(struct keylog_follow *follow, int64_t now, bool *more)
{
	uint64_t generation = keylog_generation(follow->keylog);
	bool whole = look(follow, now);
	if (now - follow->grown >= KEYLOG_FOLLOW_SETTLED)
		tell_half(follow);
	if (more != NULL)
		*more = !whole;
	return keylog_generation(follow->keylog) != generation;
}
