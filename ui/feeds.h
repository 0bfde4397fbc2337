/*
 * The inputs of a run: opened beforehand, started, put in order, read in turn, and noted in the model.
 *
 * Called by the loop and main. Never prints and never decides when to stop.
 */
#ifndef UI_FEEDS_H
#define UI_FEEDS_H

#include "analyzer/analyze.h"
#include "analyzer/input.h"

#include <poll.h>

struct feed {
	const char *name;    /* borrowed */
	struct input *input; /* NULL: it could not be opened */
	uint32_t index; /* in the model */
	bool started, ended, refused;
	struct err err;     /* why it was refused */
	struct origin last; /* its last packet; packet 0 = none */
};

struct feeds {
	struct model *model;     /* borrowed */
	struct analyze *analyze; /* borrowed */
	struct feed list[LIMIT_INPUTS];
	uint32_t n;
	uint64_t packets; /* handed to the analysis so far */
};

/* Opens a file; one that cannot be opened is a refused input. At most LIMIT_INPUTS. */
void feeds_add(struct feeds *feeds, const char *path);
void feeds_close(struct feeds *feeds);

/* Starts what can be started without waiting. True when nothing is left to be started. */
bool feeds_start(struct feeds *feeds);

/*
 * All are started: good ones in the order of their first packets come first, so that packet numbers and the list
 * of inputs have the same order; then the refused ones. Enters all in the model.
 */
void feeds_order(struct feeds *feeds);

enum feeds_result {
	FEEDS_MORE, /* there may be more at once */
	FEEDS_WAIT, /* only pipes are left, and they have nothing at the moment */
	FEEDS_END,
};

/*
 * Reads at most `most` packets into the analysis. *reading is the input that was read last, NULL when none was.
 */
enum feeds_result feeds_read(struct feeds *feeds, uint64_t most, const struct input **reading);

/* Descriptors to wait for, LIMIT_INPUTS at most. Returns their number. */
nfds_t feeds_poll(const struct feeds *feeds, struct pollfd fds[LIMIT_INPUTS]);

/* What is known of the inputs so far goes into the model. */
void feeds_note(struct feeds *feeds);

#endif
