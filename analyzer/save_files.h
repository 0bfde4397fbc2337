/*
 * The files of -w: made beforehand, kept open, and written one at a time in turn.
 *
 * Part of save. Takes whole blocks and never writes a part of one, so that what is on disk between two writes
 * ends with a whole block, also when the disk is full. Knows nothing of what stands in a block but its
 * length.
 */
#ifndef ANALYZER_SAVE_FILES_H
#define ANALYZER_SAVE_FILES_H

#include "analyzer/err.h"
#include "dissect/rd.h"

#include <sys/types.h>

struct save_files;

/*
 * Opens or makes `n` files, and leaves what is in them. One has the name `path`, several are numbered from 0
 * behind it, with as many digits as the last one needs; only a single one may be no regular file. A file for
 * secrets is readable by its owner only, an older one from save_files_protect on. NULL and a sentence with the
 * cure when they cannot be written. Free with save_files_free.
 */
struct save_files *save_files_open(const char *path, uint32_t n, bool with_secrets, struct err *err);

/* Older files for secrets, too. 0, or -1 and errno. */
int save_files_protect(const struct save_files *files);

/*
 * Those that were made here belong to another user from here on, where that one could have made them: who may start
 * this as root gets no file in a folder of root. 0, or -1 and errno.
 */
int save_files_give(const struct save_files *files, uid_t uid, gid_t gid);

/* Whether one of them is the file that `path` names, by whatever way; "-" is standard input. */
bool save_files_have(const struct save_files *files, const char *path);

/*
 * Puts a block of at most LIMIT_PACKET bytes and its frame behind what is in the current file, which is the
 * first one to begin with. This and what follows: 0, or -1 and errno. `files` is a struct save_files *.
 */
int save_files_put(void *files, const struct span *pieces, size_t n);

/* Empties all files. What was put before is how each of them begins, now and whenever it is its turn. */
int save_files_start(struct save_files *files);

/* What was put is on disk behind this call. */
int save_files_flush(struct save_files *files);

/* The next file is the current one, with nothing in it but its beginning. */
int save_files_next(struct save_files *files);

/* Bytes of the current file, those included that are not on disk yet. */
uint64_t save_files_size(const struct save_files *files);

/* What it would be behind blocks of these sizes. */
uint64_t save_files_size_with(const struct save_files *files, const size_t *blocks, size_t n);

/* The current one's, borrowed. */
const char *save_files_name(const struct save_files *files);

/* Closes them; what was not flushed is lost. Files that were made here and never started are removed, if allowed.
 * -1 and errno when a file did not take it all after all. */
int save_files_close(struct save_files *files);

/* Behind that: one that should have been removed and is still there, borrowed; NULL: none. */
const char *save_files_left(const struct save_files *files);
void save_files_free(struct save_files *files);

#endif
