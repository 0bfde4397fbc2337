/*
 * Lines of a debug trace -> sessions of the model and their facts (facts.md section 7).
 *
 * Called by main with all traces, one behind the other, before the captures are read. Decides which
 * connection a line belongs to, where one begins and ends. What a callback of OpenSSL means is
 * trace_callback.c.
 */
#ifndef ANALYZER_TRACE_SESSION_H
#define ANALYZER_TRACE_SESSION_H

#include "analyzer/model.h"
#include "analyzer/trace_file.h"

struct trace_sessions;

/* Writes into `model`, which is borrowed and must outlive it. */
struct trace_sessions *trace_session_new(struct model *model);

/*
 * The next trace begins; `input` is the index from model_add_input. What is open goes on in it when its first
 * stamped line was read before: then the two are pastes of one log.
 */
void trace_session_begin(struct trace_sessions *sessions, uint32_t input);

/* The next line in order. One that was read before, in this trace or another, is counted and left out. */
void trace_session_line(struct trace_sessions *sessions, const struct trace_item *item);

/* The end of the last trace: what is open stays open. Frees. */
void trace_session_end(struct trace_sessions *sessions);

/*
 * The end of the trace that was begun last: fills in its input. -1 and a sentence in `err` when nothing in it
 * proves that it is a trace (trace_proves): then it has no session either.
 */
int trace_session_finish(struct trace_sessions *sessions, uint32_t input, const struct trace_file *file,
                         struct err *err);

/* All three: the whole file. */
int trace_session_read(struct trace_sessions *sessions, uint32_t input, struct trace_file *file,
                       struct err *err);

#endif
