/*
 * The handshake of a captured session in the controller's own trace format, so that it can be laid beside a
 * real one. facts.md section 7. Called by main in place of a report; judges nothing, and prints no captured
 * text. The sentences are ours: of a real trace only translations are public.
 */
#ifndef UI_AS_TRACE_H
#define UI_AS_TRACE_H

#include "analyzer/session.h"

#include <stdio.h>

enum as_trace {
	AS_TRACE_PRINTED,
	AS_TRACE_TLS13,    /* nothing printed: TLS 1.3 has no such states */
	AS_TRACE_IS_TRACE, /* nothing printed: no packet of it was read */
	AS_TRACE_NO_STEPS, /* nothing printed: no step of the handshake was captured that has a state */
};

/*
 * Prints one session, times in UTC. A line that the wire does not show has the time of the event before it.
 * Invented are the pointer (made from the session's number, which is also the connection's), the process id
 * and the sequence numbers: *sequence is that of the first line and is left behind the last one.
 */
enum as_trace as_trace_session(FILE *out, const struct model *model, const struct session *session,
                               uint32_t *sequence);

#endif
