/* The files of -w and their buffer; see save_files.h. Called by save.c only. */
#define _GNU_SOURCE /* O_PATH */

#include "analyzer/save_files.h"

#include "analyzer/capfile.h"
#include "analyzer/xmalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_TO_ALL  0666 /* the umask takes away from it */
#define OPEN_TO_ME   0600
#define PAGE         4096                                     /* of any kernel, or a part of it */
#define WRITE_BYTES  (16 * PAGE)                              /* so many are written at once */
#define BUFFER_BYTES (WRITE_BYTES + PAGE + LIMIT_PACKET + 64) /* and what made them so many */

struct file {
	char *name;
	int fd;
	bool made; /* was not there before */
	bool left; /* was made for nothing, and could not be removed */
	struct stat status;
};

struct save_files {
	struct file *list;
	uint32_t n, current;
	bool with_secrets, started;
	uint64_t head;    /* bytes with which each file begins */
	uint64_t written; /* of the current file; ends with a whole block */
	size_t used;      /* of the buffer: whole blocks */
	uint8_t buffer[BUFFER_BYTES];
};

/* ---- opening ---- */

/* As tcpdump numbers them: FILE0 to FILE9, FILE00 to FILE10. */
static char *make_name(const char *path, uint32_t n, uint32_t index)
{
	enum { DIGITS = 12 };
	size_t room = strlen(path) + DIGITS;
	char *name = xmalloc(room);
	int width = 0;
	for (uint32_t last = n - 1; last > 0; last /= 10)
		width++;
	if (width == 0)
		snprintf(name, room, "%s", path);
	else
		snprintf(name, room, "%s%0*u", path, width, (unsigned)index);
	return name;
}

static int refuse(const char *name, struct err *err)
{
	if (errno == EMFILE)
		return err_set(
		    err,
		    "cannot keep %s open beside the other files: give -W a lower number, or raise the "
		    "limit with ulimit -n",
		    name);
	return err_set(err, "cannot write %s: %s; give -w a file in a folder where you may write", name,
	               strerror(errno));
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Files that are written in turn are emptied in turn, which needs files of their own. */
static int check_one_of_many(const struct save_files *files, uint32_t index, struct err *err)
{
	const struct file *file = &files->list[index];
	if (!S_ISREG(file->status.st_mode))
		return err_set(err,
		               "%s is no regular file, and cannot be one of several that are used in turn",
		               file->name);
	for (uint32_t i = 0; i < index; i++)
		if (same(&files->list[i].status, &file->status))
			return err_set(err, "%s and %s are the same file; remove one of the names",
			               files->list[i].name, file->name);
	return 0;
}

static int open_one(struct save_files *files, uint32_t index, struct err *err)
{
	struct file *file = &files->list[index];
	mode_t mode = files->with_secrets ? OPEN_TO_ME : OPEN_TO_ALL;
	file->fd = open(file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	file->made = file->fd >= 0;
	if (file->fd < 0 && errno == EEXIST)
		file->fd = open(file->name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	if (file->fd < 0 || fstat(file->fd, &file->status) != 0)
		return refuse(file->name, err);
	return files->n > 1 ? check_one_of_many(files, index, err) : 0;
}

struct save_files *save_files_open(const char *path, uint32_t n, bool with_secrets, struct err *err)
{
	struct save_files *files = xcalloc(1, sizeof *files);
	files->list = xcalloc(n, sizeof files->list[0]);
	files->n = n;
	files->with_secrets = with_secrets;
	for (uint32_t i = 0; i < n; i++)
		files->list[i] = (struct file){.name = make_name(path, n, i), .fd = -1};
	for (uint32_t i = 0; i < n; i++) {
		if (open_one(files, i, err) == 0)
			continue;
		save_files_free(files);
		return NULL;
	}
	return files;
}

bool save_files_have(const struct save_files *files, const char *path)
{
	struct stat status;
	if ((strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &status) : stat(path, &status)) != 0)
		return false;
	for (uint32_t i = 0; i < files->n; i++)
		if (same(&files->list[i].status, &status))
			return true;
	return false;
}

/* ---- writing ---- */

static size_t whole_blocks(struct span bytes)
{
	size_t whole = 0;
	struct rd r = rd_of(bytes);
	while (rd_more(&r)) {
		(void)rd_u32le(&r);
		size_t n = rd_u32le(&r), head = rd_at(&r) - whole;
		(void)rd_span(&r, n - head);
		if (rd_ok(&r))
			whole += n;
	}
	return whole;
}

int save_files_flush(struct save_files *files)
{
	struct file *file = &files->list[files->current];
	struct span all = span_of(files->buffer, files->used);
	size_t done = 0;
	while (done < all.n) {
		struct span left = span_cut(all, done, all.n);
		ssize_t n = write(file->fd, left.p, left.n);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	int reason = done < all.n ? errno : 0;
	size_t whole = done < all.n ? whole_blocks(span_cut(all, 0, done)) : done;
	if (whole < done && S_ISREG(file->status.st_mode) &&
	    ftruncate(file->fd, (off_t)(files->written + whole)) != 0)
		reason = errno;
	files->written += whole;
	files->used = 0;
	errno = reason;
	return reason == 0 ? 0 : -1;
}

/* Whether a block leaves nothing, or enough for a filling, of `left` bytes. */
static bool goes_into(size_t n, size_t left)
{
	return n == left || n + CAPFILE_FILL_MIN <= left;
}

/*
 * What to fill in front of a block of n bytes at this place. A file grows by pages while it is being written,
 * so that who reads it at that moment sees it up to the end of any page: that has to be the end of a block.
 * Only a block that is longer than a page lies over it, but never so that the rest of its last page cannot be
 * filled.
 */
static size_t filling(uint64_t place, size_t n)
{
	size_t left = PAGE - place % PAGE;
	if (goes_into(n, left))
		return 0;
	if (goes_into(n, PAGE))
		return left;
	return PAGE - (place + n) % PAGE < CAPFILE_FILL_MIN ? CAPFILE_FILL_MIN : 0;
}

int save_files_put(void *to, const struct span *pieces, size_t n)
{
	struct save_files *files = to;
	size_t block = 0;
	for (size_t i = 0; i < n; i++)
		block += pieces[i].n;
	size_t fill = filling(save_files_size(files), block);
	assert(fill + block <= sizeof files->buffer - files->used);
	if (fill > 0)
		capfile_fill(&files->buffer[files->used], fill);
	files->used += fill;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].n > 0)
			memcpy(&files->buffer[files->used], pieces[i].p, pieces[i].n);
		files->used += pieces[i].n;
	}
	return files->used >= WRITE_BYTES ? save_files_flush(files) : 0;
}

int save_files_protect(const struct save_files *files)
{
	for (uint32_t i = 0; i < files->n && files->with_secrets; i++) {
		const struct file *file = &files->list[i];
		if (S_ISREG(file->status.st_mode) && fchmod(file->fd, OPEN_TO_ME) != 0)
			return -1;
	}
	return 0;
}

/* Who may make files there. */
static bool may_write(const struct stat *folder, uid_t uid, gid_t gid)
{
	if (folder->st_uid == uid)
		return (folder->st_mode & S_IWUSR) != 0;
	return (folder->st_mode & (folder->st_gid == gid ? S_IWGRP : S_IWOTH)) != 0;
}

/* It stands in a folder where that user could have made it, and nowhere else. */
static bool could_be_made(const struct file *file, uid_t uid, gid_t gid)
{
	struct stat folder, there;
	char *copy = xstrdup(file->name), *last = strrchr(file->name, '/');
	int fd = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	bool could = fd >= 0 && fstat(fd, &folder) == 0 && may_write(&folder, uid, gid) &&
	             fstatat(fd, last != NULL ? last + 1 : file->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	             same(&there, &file->status) && there.st_nlink == 1;
	if (fd >= 0)
		close(fd);
	return could;
}

int save_files_give(const struct save_files *files, uid_t uid, gid_t gid)
{
	for (uint32_t i = 0; i < files->n; i++) {
		const struct file *file = &files->list[i];
		if (file->made && could_be_made(file, uid, gid) && fchown(file->fd, uid, gid) != 0)
			return -1;
	}
	return 0;
}

/* The beginning stays, so that there is no moment at which the file is nothing. */
static int empty(const struct save_files *files, const struct file *file)
{
	if (!S_ISREG(file->status.st_mode))
		return 0;
	off_t head = (off_t)files->head;
	return ftruncate(file->fd, head) != 0 || lseek(file->fd, head, SEEK_SET) != head ? -1 : 0;
}

int save_files_start(struct save_files *files)
{
	size_t head = files->used;
	files->started = true;
	for (uint32_t i = 0; i < files->n; i++) {
		files->current = i;
		files->used = head;
		files->written = 0;
		if (empty(files, &files->list[i]) != 0 || save_files_flush(files) != 0)
			return -1;
	}
	files->current = 0;
	files->head = files->written;
	return 0;
}

int save_files_next(struct save_files *files)
{
	if (save_files_flush(files) != 0)
		return -1;
	files->current = (files->current + 1) % files->n;
	files->written = files->head;
	return empty(files, &files->list[files->current]);
}

uint64_t save_files_size(const struct save_files *files)
{
	return files->written + files->used;
}

uint64_t save_files_size_with(const struct save_files *files, const size_t *blocks, size_t n)
{
	uint64_t size = save_files_size(files);
	for (size_t i = 0; i < n; i++)
		size += filling(size, blocks[i]) + blocks[i];
	return size;
}

const char *save_files_name(const struct save_files *files)
{
	return files->list[files->current].name;
}

static void remove_if_same(struct file *file)
{
	struct stat status;
	if (stat(file->name, &status) != 0)
		file->left = errno == EACCES;
	else if (same(&status, &file->status))
		file->left = unlink(file->name) != 0;
}

int save_files_close(struct save_files *files)
{
	int reason = 0;
	for (uint32_t i = 0; i < files->n; i++) {
		if (files->list[i].fd >= 0 && close(files->list[i].fd) != 0)
			reason = errno;
		if (files->list[i].fd >= 0 && files->list[i].made && !files->started)
			remove_if_same(&files->list[i]);
		files->list[i].fd = -1;
	}
	errno = reason;
	return reason == 0 ? 0 : -1;
}

const char *save_files_left(const struct save_files *files)
{
	for (uint32_t i = 0; i < files->n; i++)
		if (files->list[i].left)
			return files->list[i].name;
	return NULL;
}

void save_files_free(struct save_files *files)
{
	(void)save_files_close(files);
	for (uint32_t i = 0; i < files->n; i++)
		free(files->list[i].name);
	explicit_bzero(files->buffer, sizeof files->buffer); /* secrets were in it */
	free(files->list);
	free(files);
}
