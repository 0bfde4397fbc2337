/*
 * How a capture goes, in one line on standard error: packets, rates, losses, sessions, memory. Measures the rates of
 * interfaces, too, and leaves them in the model's inputs.
 */
#ifndef UI_STATUS_H
#define UI_STATUS_H

#include "ui/run.h"

#define STATUS_SECONDS 10 /* a rate is that of about so many seconds */

struct status_line {
	int64_t since;                   /* monotonic, ns: the rates count from here */
	uint64_t packets[LIMIT_INPUTS];  /* of each input at that time */
};

void status_start(struct status_line *line, const struct feeds *feeds);

/* Looks at the clock, and at the rates when it is time. */
void status_tick(struct status_line *line, const struct feeds *feeds);

/* Prints it. The model's inputs must be up to date (feeds_note). */
void status_print(struct status_line *line, const struct run *run);

#endif
