/*
 * A file that is either whole or not there: written beside its place under a name of its own, and moved there
 * when it is complete.
 *
 * Made while the program runs, inside of the sandbox: what is said when that is refused tells who may not
 * write and why. Knows nothing of what stands in it.
 */
#ifndef ANALYZER_NEWFILE_H
#define ANALYZER_NEWFILE_H

#include "analyzer/err.h"
#include "analyzer/sandbox.h"

#include <stdio.h>

struct newfile;

enum newfile_place {
	NEWFILE_FREE,  /* nothing has this name yet */
	NEWFILE_TAKEN, /* a regular file has */
	NEWFILE_UNFIT, /* a sentence says why no file can be made there */
};

/* What is at the path. */
enum newfile_place newfile_look(const char *path, struct err *err);

/*
 * Begins a file for this place. `user`: in force, for the sentence; an all-zero one is allowed. NULL and a
 * sentence with the cure when it cannot be made. End with newfile_keep or newfile_drop.
 */
struct newfile *newfile_open(const char *path, const struct sandbox_state *user, struct err *err);

/* Where to write to; errors of the stream are seen by newfile_keep. */
FILE *newfile_stream(struct newfile *file);

/*
 * It is complete: moves it to its place, over what stands there only with `replace`, and frees. -1 and a
 * sentence when it was not all written, or the place is taken: then it is removed.
 */
int newfile_keep(struct newfile *file, bool replace, struct err *err);

/* Removes it, and frees. NULL is allowed. */
void newfile_drop(struct newfile *file);

#endif
