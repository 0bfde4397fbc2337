/*
 * The inputs of a run, files, pipes and interfaces: opened beforehand, started, put in order, read in turn, and
 * noted in the model.
 *
 * Called by the loop and run.c. Never prints and never decides when to stop.
 */
#ifndef UI_FEEDS_H
#define UI_FEEDS_H

#include "analyzer/analyze.h"
#include "analyzer/capture_live.h"
#include "analyzer/input.h"

#include <poll.h>

struct feed {
	const char *name;    /* borrowed */
	struct input *input; /* NULL: it is an interface, or could not be opened */
	struct live *live;   /* NULL: it is a file or pipe, or could not be opened */
	uint32_t index; /* in the model */
	bool started, ended, refused;
	struct err err;     /* why it was refused */
	uint64_t first;     /* number of its first packet; 0 = none */
	struct origin last; /* its last packet; packet 0 = none */
	int64_t heard;      /* monotonic time, ns, at which that one was read */
	bool waited;        /* it had nothing at some time */
	int64_t left;       /* by the same clock: when it ended */
	bool coming;        /* of several interfaces: its next packet is there, */
	int64_t coming_at;  /* ... and has this time */
	int64_t empty_at;   /* else: the time of the clock when it had none */
};

struct feeds {
	struct model *model;     /* borrowed */
	struct analyze *analyze; /* borrowed */
	struct feed list[LIMIT_INPUTS];
	uint32_t n;
	uint64_t packets; /* handed to the analysis so far */
	bool waited;      /* a pipe or interface had nothing at some time: capture time goes on with ours */
	int64_t until;    /* a packet of this time or later is the last of its slice; INT64_MAX = none is */
};

/* Opens a file; one that cannot be opened is a refused input. At most LIMIT_INPUTS. */
void feeds_add(struct feeds *feeds, const char *path);

/* Opens an interface. -1 and a sentence when it cannot be captured from. At most LIMIT_INPUTS. */
int feeds_add_live(struct feeds *feeds, const char *name, const struct live_wishes *wishes, struct err *err);
void feeds_close(struct feeds *feeds);

/* Interfaces or pipes are among them: they bring packets as time goes on. */
bool feeds_go_on(const struct feeds *feeds);

/* Starts what can be started without waiting. True when nothing is left to be started. */
bool feeds_start(struct feeds *feeds);

/*
 * All are started: good ones in the order of their first packets come first, so that packet numbers and the list
 * of inputs have the same order; then the refused ones. Enters all in the model.
 */
void feeds_order(struct feeds *feeds);

enum feeds_result {
	FEEDS_MORE, /* there may be more at once */
	FEEDS_WAIT, /* only pipes and interfaces are left, and they have nothing at the moment */
	FEEDS_END,
};

/*
 * Reads at most `most` packets into the analysis, and none behind one of the time feeds->until; those of several
 * interfaces in the order of their times (each hands over blocks of them, a moment late). *reading is the file
 * or pipe that was read last, NULL when none was.
 */
enum feeds_result feeds_read(struct feeds *feeds, uint64_t most, const struct input **reading);

/*
 * The time of the capture: that of the last packet, and what went by since then where pipes and interfaces are
 * waited for, less than it may take a packet to come here. INT64_MIN before the first packet.
 */
int64_t feeds_now(const struct feeds *feeds);

/* Descriptors to wait for, LIMIT_INPUTS at most. Returns their number. */
nfds_t feeds_poll(const struct feeds *feeds, struct pollfd fds[LIMIT_INPUTS]);

/* What is known of the inputs so far goes into the model. */
void feeds_note(struct feeds *feeds);

/* Monotonic time, ns. */
int64_t feeds_clock(void);

#endif
