/*
 * Which stamped lines of traces were read before: two pastes of one log may overlap, and the same one may be
 * given twice. Time, sequence number, process and text together make a line; the controller prints no two
 * that are alike.
 *
 * Owned and called by trace_session.c. Memory does not grow: of more than some half a million lines the ones
 * read first are forgotten.
 */
#ifndef ANALYZER_TRACE_KNOWN_H
#define ANALYZER_TRACE_KNOWN_H

#include "dissect/trace.h"

struct trace_known;

struct trace_known *trace_known_new(void);
void trace_known_free(struct trace_known *known);

/* The line has all that tells it from others: a whole stamp, or it is a syslog line with a time. */
bool trace_known_identity(const struct trace_line *line);

/* Was read before; if not, it is known from here on. Only for lines with an identity. */
bool trace_known_again(struct trace_known *known, const struct trace_line *line);

#endif
