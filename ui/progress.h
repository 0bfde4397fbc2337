/* The progress line on a terminal's standard error while files are read. Writes nothing when it is off. */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include "analyzer/input.h"

struct progress {
	bool on;
	bool drawn;
	int64_t next; /* monotonic time of the next line, nanoseconds */
};

void progress_start(struct progress *progress, bool on);

/* After each slice of `input`. */
void progress_step(struct progress *progress, const struct input *input);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
