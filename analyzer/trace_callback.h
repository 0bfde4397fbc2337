/*
 * The callbacks of OpenSSL in a trace -> handshake steps and alerts of a session. The four lines of one
 * callback are one event; what the first one lost may still be told by the others.
 *
 * Called by trace_session.c, which knows whose lines they are. Never opens or ends a session.
 */
#ifndef ANALYZER_TRACE_CALLBACK_H
#define ANALYZER_TRACE_CALLBACK_H

#include "analyzer/session_trace.h"
#include "analyzer/trace_conn.h"

/* Where a line stands. */
struct trace_place {
	struct model *model;
	struct trace_process *process;
	struct session *session;
	struct origin at;
};

/* TRACE_STATE, TRACE_RET_TYPE, TRACE_RET_DESC, TRACE_STATE_TEXT: the lines of a callback. */
void trace_callback_state(const struct trace_place *place, const struct trace_line *line);
void trace_callback_type(const struct trace_place *place, const struct trace_line *line);
void trace_callback_desc(const struct trace_place *place, const struct trace_line *line);
void trace_callback_text(const struct trace_place *place, const struct trace_line *line);

/* TRACE_OPENSSL_STATE, TRACE_OPENSSL_ALERT, TRACE_OPENSSL_ERROR: a callback in one line. */
void trace_callback_openssl(const struct trace_place *place, const struct trace_line *line);

/* The handshake failed. The error, 0 when unknown, tells of alerts and of the certificate (facts.md section
 * 7). */
void trace_callback_failed(const struct trace_place *place, uint32_t error);

/*
 * The controller has the engine's certificate: its step, once, and the request that it must have sent, when
 * its line is missing (RFC 5246 section 7.4.6: no certificate without a request).
 */
void trace_callback_certificate(const struct trace_place *place);

/* The state can only follow the answer of the AuthList, or the judgement of the certificate; and which. */
bool trace_callback_judges(const struct trace_line *line);
bool trace_callback_accepts(const struct trace_line *line);

/* The state stands before the first message: a new handshake begins. */
bool trace_callback_begins(const struct trace_line *line);

#endif
