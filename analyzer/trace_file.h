/*
 * One debug trace: a file or standard input -> logical lines in the order in which they were printed.
 *
 * Reads in slices, splits lines, joins wrapped ones, undoes neighbours that changed places and tells which
 * sequence numbers are missing. Owns the descriptor and the buffer. Called by trace_session.c and by whoever
 * opens traces; knows no session. Memory does not grow with the file.
 */
#ifndef ANALYZER_TRACE_FILE_H
#define ANALYZER_TRACE_FILE_H

#include "analyzer/source.h"
#include "analyzer/trace_order.h"
#include "dissect/trace.h"

struct trace_file;

/* A logical line. */
struct trace_item {
	struct trace_line line;
	struct span raw;        /* all of it, joined; at most LIMIT_LINE bytes */
	uint64_t number;        /* of its first line in the file, from 1 */
	bool joined;            /* of several lines */
	bool cut;               /* longer than LIMIT_LINE: the rest is ignored */
	struct trace_loss loss; /* in front of it */
};

/*
 * Takes the source over and reads its beginning. NULL and a sentence in `err` that names the path and the cure
 * when it cannot be read or holds 0 bytes. Free with trace_file_close.
 */
struct trace_file *trace_file_open(struct source *source, struct err *err);
void trace_file_close(struct trace_file *file); /* NULL is allowed */

/* Begins before the other by the first stamps, as printed: their times, then their sequence numbers. */
bool trace_file_earlier(const struct trace_file *file, const struct trace_file *other);

/*
 * The next logical line, good until the next call; blank ones are left out. NULL at the end, and when the file is
 * waited for.
 */
const struct trace_item *trace_file_next(struct trace_file *file);

/* From here on no call waits for a pipe: trace_file_next gives NULL when nothing has come. */
void trace_file_set_patient(struct trace_file *file);

/* The last NULL was not the end: the descriptor, for poll; else -1. */
int trace_file_awaits(const struct trace_file *file);

const char *trace_file_name(const struct trace_file *file);    /* the path as given */
const char *trace_file_problem(const struct trace_file *file); /* a sentence, "" when all is well */
uint64_t trace_file_lines(const struct trace_file *file);      /* read so far, blank ones included */
uint64_t trace_file_bytes(const struct trace_file *file);      /* read so far */
uint64_t trace_file_size(const struct trace_file *file);       /* of all; 0 where it is not known */

#endif
