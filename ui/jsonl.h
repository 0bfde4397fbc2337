/*
 * -o jsonl: a JSON line for each change of a session's state, verdict, decision and findings, and of the findings of
 * the capture; once an interval a summary of the capture and of each session: of one that goes on also when it was
 * silent, of one that has ended only when there were packets.
 *
 * Called by the loop between slices, and by the model for each session that it gives up. A line's columns are those
 * of the view's tables. What was told last is kept here, a few bytes a session, and is gone with the session. Never
 * changes the model.
 */
#ifndef UI_JSONL_H
#define UI_JSONL_H

#include "ui/view.h"

#include <stdio.h>

struct jsonl;

struct jsonl_wishes {
	int64_t interval; /* ns of capture time between summaries; 0 = none */
	uint32_t only;    /* the one session to tell of, 0 = all */
	const struct filter *filter; /* borrowed: a session is told of from when it holds on, whatever becomes of it */
};

/* Free with jsonl_free. `out` and `model` are borrowed. */
struct jsonl *jsonl_new(FILE *out, const struct model *model, const struct jsonl_wishes *wishes);
void jsonl_free(struct jsonl *jsonl); /* NULL is allowed */

/* The capture time of the next update: a second behind the last one; before the first one, that of any packet. */
int64_t jsonl_due(const struct jsonl *jsonl);

/*
 * Tells what has changed. A session whose handshake, alerts, end or state moved is looked at at once; one that
 * goes on as before, every JSONL_CALM seconds. A verdict or a finding in which only numbers are others is the same.
 * Times of lines never go back: where the clock does, they stand until it has come as far again.
 */
#define JSONL_CALM 10
void jsonl_update(struct jsonl *jsonl, int64_t now);

/*
 * For model->leaving, ctx is the struct jsonl: what there is left to tell of a session that is given up, its last
 * summary, and that it is gone. One in which nobody has said a byte and that came and left between two updates is
 * only in the counts of the capture: a scan is not worth a line for each of its SYNs.
 */
void jsonl_leaving(void *ctx, const struct session *session);

/*
 * Nothing more comes: tells all that changed. `now` of ORIGIN_NO_TIME: of the latest line of a trace; lines have no
 * time where these have none. True when a session that was told of, or the capture, has a finding of severity error.
 */
bool jsonl_finish(struct jsonl *jsonl, int64_t now);

/* Then a last summary of all sessions, and the line "end". */
void jsonl_end(struct jsonl *jsonl, unsigned exit_status);

#endif
