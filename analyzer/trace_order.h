/*
 * The order of trace lines by their sequence numbers: neighbours that changed places are put right, missing
 * numbers are counted, a number that was misread is told from a loss by its neighbours, and a count that
 * starts anew is no loss.
 *
 * Called by trace_file.c with the few lines that come next. Pure: knows no file and no session.
 */
#ifndef ANALYZER_TRACE_ORDER_H
#define ANALYZER_TRACE_ORDER_H

#include "dissect/trace.h"

#define TRACE_ORDER_WINDOW 4 /* lines that are looked at together */

struct trace_order {
	bool started;
	uint32_t next;      /* the number expected */
	uint32_t unstamped; /* lines since the last number that may have had one of their own */
	struct {
		uint32_t pid, next;
	} process[8]; /* where each process counts for itself */
	uint32_t n_process;
};

struct trace_loss {
	uint32_t lines;    /* missing in front of the line; 0 = none */
	uint32_t from, to; /* valid with lines: their numbers */
};

/* The line comes next, whatever stands behind it: no others need be looked at. */
bool trace_order_is_next(const struct trace_order *order, const struct trace_line *line);

/*
 * Which of the `n` lines (1 to TRACE_ORDER_WINDOW, in order of reading) comes next. The state goes on as if
 * it had been taken.
 */
size_t trace_order_pick(struct trace_order *order, const struct trace_line *const lines[], size_t n,
                        struct trace_loss *loss);

#endif
