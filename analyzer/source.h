/*
 * A file that will be read, opened beforehand: the program opens all that it reads first, drops its privileges,
 * and only then reads the first byte of any of them.
 *
 * Whoever reads a source takes it over and closes it. Knows nothing of what stands in it.
 */
#ifndef ANALYZER_SOURCE_H
#define ANALYZER_SOURCE_H

#include "analyzer/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source {
	const char *name; /* the path as given, borrowed; "-" is standard input */
	int fd;           /* -1: closed, or taken over */
};

/* -1, errno and a sentence that names the path and the cure when it cannot be opened. */
int source_open(struct source *out, const char *path, struct err *err);
void source_close(struct source *source); /* once more does no harm */

/* Takes the descriptor out: the caller closes it. */
int source_take(struct source *source);

/* As it is told to people: "standard input" for "-". */
const char *source_shown(const char *name);

/* As read(2), begun again after a signal. */
ssize_t source_read(int fd, uint8_t *to, size_t n);

/* As pread(2), the same. */
ssize_t source_read_at(int fd, uint8_t *to, size_t n, off_t at);

/*
 * Reads a text to its end, `room` bytes of it at most, and closes the source. The caller frees *text. -1 and a
 * sentence when it cannot be read: then there is nothing to free.
 */
int source_slurp(struct source *source, size_t room, uint8_t **text, size_t *n, struct err *err);

#endif
