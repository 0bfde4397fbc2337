/*
 * Lines of a debug trace -> sessions of the model and their facts (facts.md section 7).
 *
 * Called by main, a trace at a time, before the captures are read. Decides which connection a line belongs
 * to, where one begins and ends. What a callback of OpenSSL means is trace_callback.c.
 */
#ifndef ANALYZER_TRACE_SESSION_H
#define ANALYZER_TRACE_SESSION_H

#include "analyzer/model.h"
#include "analyzer/trace_file.h"

struct trace_sessions;

/* Writes into `model`, which is borrowed and must outlive it; `input` is the index from model_add_input. */
struct trace_sessions *trace_session_new(struct model *model, uint32_t input);

/* The next line in order. */
void trace_session_line(struct trace_sessions *sessions, const struct trace_item *item);

/* The end of the trace: what is open stays open. Frees. */
void trace_session_end(struct trace_sessions *sessions);

/*
 * Reads the whole file into the model and fills in its input. -1 and a sentence in `err` when nothing in it
 * proves that it is a trace (trace_proves): then it has no session either.
 */
int trace_session_read(struct model *model, uint32_t input, struct trace_file *file, struct err *err);

#endif
