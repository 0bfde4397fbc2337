/*
 * The bytes of a trace as UTF-8. What Windows saved as UTF-16, with its mark in front, is converted while it
 * is read; anything else passes as it is. Called by trace_file.c. Knows nothing of lines.
 */
#ifndef ANALYZER_TRACE_BYTES_H
#define ANALYZER_TRACE_BYTES_H

#include "analyzer/source.h"

#include <stdbool.h>

#define TRACE_BYTES_ROOM 4 /* of one character: a read into less gives nothing */

struct trace_bytes {
	int fd;
	bool begun;     /* the mark was looked for */
	bool wide, big; /* UTF-16, the higher byte first */
	uint8_t raw[8192];
	size_t n;      /* bytes in raw that are not converted yet */
	uint64_t read; /* of the file, so far */
};

/* As read(2): at least one byte, 0 at the end, -1 and errno. `room` is at least TRACE_BYTES_ROOM. */
ssize_t trace_bytes_read(struct trace_bytes *bytes, uint8_t *to, size_t room);

#endif
