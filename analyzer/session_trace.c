/*
 * The trace's part of a session: its storage with its caps, and what follows from it. Called by
 * trace_session.c, which writes it, and by session.c, findings and screens, which read it. Never parses.
 */
#include "analyzer/session_trace.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

static bool seen(const struct origin *at)
{
	return at->packet != 0;
}

/* ---- storage ---- */

struct session_trace *session_trace_of(struct session *session)
{
	if (session->trace == NULL)
		session->trace = xcalloc(1, sizeof *session->trace);
	return session->trace;
}

/* Room for a row more. It doubles, from 4: in these steps the room that all share is counted. */
static void *grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room = *room > 0 ? 2 * *room : 4;
	return xrealloc(array, *room * size);
}

/* The bytes beyond the ones that each session may keep. */
static size_t beyond(uint32_t room, uint32_t sure, size_t size)
{
	return room > sure ? (room - sure) * size : 0;
}

/* A row more may be kept: each session has some for sure, the others are shared by all. */
static bool may_keep(struct model *model, uint32_t n, uint32_t room, uint32_t sure, size_t size)
{
	size_t more = room * size;
	if (n < room || n < sure)
		return true;
	if (model->trace_bytes + more > LIMIT_TRACE_ALL)
		return false;
	model->trace_bytes += more;
	return true;
}

void session_trace_free(struct model *model, struct session_trace *trace)
{
	if (trace == NULL)
		return;
	model->trace_bytes -= beyond(trace->room_events, LIMIT_TRACE_SURE_EVENTS, sizeof *trace->events);
	model->trace_bytes -=
	    beyond(trace->room_messages, LIMIT_TRACE_SURE_MESSAGES, sizeof *trace->messages);
	model->capture.evicted_messages += trace->other_messages;
	for (uint32_t i = 0; i < trace->n_messages; i++)
		model->capture.evicted_messages += trace->messages[i].count;
	free(trace->events);
	free(trace->messages);
	free(trace);
}

struct trace_event *session_trace_add(struct model *model, struct session *session,
                                      const struct trace_event *event)
{
	struct session_trace *trace = session->trace;
	bool full = trace->n_events >= LIMIT_TRACE_EVENTS;
	if (full ||
	    !may_keep(model, trace->n_events, trace->room_events, LIMIT_TRACE_SURE_EVENTS, sizeof *event)) {
		trace->events_dropped++;
		model_hit(model, full ? HIT_TRACE_EVENTS : HIT_TRACE_ALL, &event->at);
		return NULL;
	}
	trace->events = grow(trace->events, trace->n_events, &trace->room_events, sizeof *event);
	trace->events[trace->n_events] = *event;
	return &trace->events[trace->n_events++];
}

void session_trace_count(struct model *model, struct session *session, struct span name,
                         const struct origin *at)
{
	struct session_trace *trace = session->trace;
	struct trace_message message = {.count = 1, .last = *at};
	size_t n = name.n < sizeof message.name ? name.n : sizeof message.name - 1;
	if (n > 0)
		memcpy(message.name, name.p, n);
	for (uint32_t i = 0; i < trace->n_messages; i++) {
		if (strcmp(trace->messages[i].name, message.name) != 0)
			continue;
		trace->messages[i].count++;
		trace->messages[i].last = *at;
		return;
	}
	bool full = trace->n_messages >= LIMIT_TRACE_MESSAGES;
	if (full || !may_keep(model, trace->n_messages, trace->room_messages, LIMIT_TRACE_SURE_MESSAGES,
	                      sizeof message)) {
		trace->other_messages++;
		model_hit(model, full ? HIT_TRACE_MESSAGES : HIT_TRACE_ALL, at);
		return;
	}
	trace->messages = grow(trace->messages, trace->n_messages, &trace->room_messages, sizeof message);
	trace->messages[trace->n_messages++] = message;
}

/* ---- what follows ---- */

/* The side that prints the trace and, as TLS server, has the last word of the handshake. */
static bool controller_is_server(const struct session *session)
{
	return session_tls_client(session) != session->controller;
}

static bool complete(const struct session *session)
{
	const struct session_trace *trace = session->trace;
	uint8_t client = session_tls_client(session);
	if (seen(&trace->done) || seen(&trace->connected))
		return true;
	return session_step(session, STEP_FINISHED, client) != NULL &&
	       session_step(session, STEP_FINISHED, client ^ 1) != NULL;
}

enum session_rank session_trace_rank(const struct session *session)
{
	if (complete(session))
		return seen(&session->closed) ? RANK_CLOSED : RANK_OPEN;
	return seen(&session->closed) || seen(&session->trace->failed) ? RANK_FAILED : RANK_OPEN;
}

bool session_trace_whole(const struct session *session, const struct origin *until)
{
	const struct session_trace *trace = session->trace;
	if (session->midstream || trace->unreadable + trace->events_dropped > 0)
		return false;
	return trace->lost == 0 || (until != NULL && origin_order(until, &trace->first_lost) < 0);
}

bool session_trace_syslog(const struct session *session)
{
	const struct session_trace *trace = session->trace;
	return trace != NULL && session->n_steps == 0 && trace->n_events == 1 &&
	       trace->events[0].kind == TRACE_SYSLOG;
}

enum handshake_state session_trace_handshake(const struct session *session)
{
	const struct session_trace *trace = session->trace;
	bool begun = session->n_steps > 0 || !session->midstream;
	if (complete(session) && !seen(&trace->failed))
		return HANDSHAKE_COMPLETE;
	if (session_fatal_alert(session) != NULL || seen(&trace->failed) || seen(&trace->not_validated))
		return HANDSHAKE_FAILED;
	if (!session->tls.seen)
		return session->midstream ? HANDSHAKE_NOT_CAPTURED : HANDSHAKE_NONE;
	if (!begun || (seen(&session->closed) && !session_trace_whole(session, NULL)))
		return HANDSHAKE_NOT_CAPTURED;
	return seen(&session->closed) ? HANDSHAKE_FAILED : HANDSHAKE_INCOMPLETE;
}

const struct trace_event *session_trace_event(const struct session_trace *trace, const struct origin *at)
{
	for (uint32_t i = 0; i < trace->n_events; i++)
		if (trace->events[i].state != 0 && origin_order(&trace->events[i].at, at) == 0)
			return &trace->events[i];
	return NULL;
}

const struct step *session_trace_step(const struct session *wire, const struct step *step)
{
	const struct session *traced = wire->traced;
	uint32_t before = 0;
	if (traced == NULL)
		return NULL;
	for (uint32_t i = 0; i < wire->n_steps && &wire->steps[i] != step; i++)
		before += wire->steps[i].kind == step->kind && wire->steps[i].dir == step->dir;
	for (uint32_t i = 0; i < traced->n_steps; i++) {
		const struct step *printed = &traced->steps[i];
		bool same_side = (printed->dir == traced->controller) == (step->dir == wire->controller);
		if (printed->kind == step->kind && same_side && before-- == 0)
			return printed;
	}
	return NULL;
}

const char *session_trace_state_name(const struct session_trace *trace, uint16_t state,
                                     const struct origin *at)
{
	const struct trace_state *known = trace_state(state);
	const char *name = known != NULL ? known->name : NULL;
	for (uint32_t i = 0; i < trace->n_events; i++) {
		const struct trace_event *event = &trace->events[i];
		if (event->state == state && event->text[0] != '\0' && origin_order(&event->at, at) <= 0)
			name = event->text;
	}
	return name;
}

/* Only where nothing is missing does the absence of a state say something. */
static enum trace_told told(const struct session *session, enum step_kind kind)
{
	if (session_step(session, kind, session->controller) != NULL)
		return TRACE_TOLD_YES;
	bool known = controller_is_server(session) && session_trace_whole(session, NULL) &&
	             complete(session) && !session_resumed(session);
	return known ? TRACE_TOLD_NO : TRACE_TOLD_NOTHING;
}

enum trace_told session_trace_static_rsa(const struct session *session)
{
	switch (told(session, STEP_SERVER_KEY_EXCHANGE)) {
	case TRACE_TOLD_YES:
		return TRACE_TOLD_NO;
	case TRACE_TOLD_NO:
		return session_step(session, STEP_CLIENT_KEY_EXCHANGE, session_engine(session)) != NULL
		           ? TRACE_TOLD_YES
		           : TRACE_TOLD_NOTHING;
	case TRACE_TOLD_NOTHING:
		break;
	}
	return TRACE_TOLD_NOTHING;
}

enum trace_told session_trace_ticket(const struct session *session)
{
	return told(session, STEP_NEW_SESSION_TICKET);
}
