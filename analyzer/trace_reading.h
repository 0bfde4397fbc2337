/*
 * What was read of one trace, whatever it means: the clock and its zone, lines that are missing, not
 * understood, repaired or too long. Kept in the model's input.
 *
 * Called by trace_session.c for every line. Knows no connection and no session.
 */
#ifndef ANALYZER_TRACE_READING_H
#define ANALYZER_TRACE_READING_H

#include "analyzer/model.h"
#include "analyzer/trace_file.h"

struct trace_clock {
	struct model *model;
	uint32_t input;
	struct origin now; /* of the line at hand; a line without a stamp has the time of the one before */
	char zone[sizeof((struct trace_reading *)NULL)->zone]; /* the last one seen, "" before the first */
	int64_t offset;                                        /* of that zone, ns */
};

/* Makes the input a trace. */
struct trace_clock trace_reading_start(struct model *model, uint32_t input);

/* The next line: where it stands. */
struct origin trace_reading_line(struct trace_clock *clock, const struct trace_item *item);

/* Notes what is missing in front of the line. */
void trace_reading_lost(struct trace_clock *clock, const struct trace_item *item);

/* Counts the line; one that was not understood is kept, as far as there is room. */
void trace_reading_count(struct trace_clock *clock, const struct trace_item *item, bool understood);

/* The end of the file. */
void trace_reading_end(struct model *model, uint32_t input, const struct trace_file *file);

#endif
