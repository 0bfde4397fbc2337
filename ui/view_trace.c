/*
 * What is special to debug traces: how each was read, what the controller itself says in a session's
 * timeline, and how far its lines can be trusted. Called through ui/view.h.
 */
#include "ui/view.h"

#include "analyzer/session_trace.h"
#include "ui/format.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the timeline ---- */

/* " 6.00 ms later": how long the answer took. */
static const char *after(const struct origin *from, const struct origin *to, char text[FORMAT_DURATION + 16])
{
	char time[FORMAT_DURATION];
	text[0] = '\0';
	if (from->packet == 0 || from->time == ORIGIN_NO_TIME || to->time <= from->time)
		return text; /* a line without a stamp has the time of the one before it */
	snprintf(text, FORMAT_DURATION + 16, " (%s later)",
	         format_duration(origin_elapsed(from->time, to->time), time));
	return text;
}

static void say_answer(const struct session_trace *trace, const struct trace_event *event, char *text,
                       size_t room)
{
	static const char *const answers[] = {[TRACE_ANSWER_UNKNOWN] = "not readable",
	                                      [TRACE_ANSWER_NO] = "failed",
	                                      [TRACE_ANSWER_YES] = "successful"};
	char later[FORMAT_DURATION + 16];
	snprintf(text, room, "AuthList: %s%s", answers[trace->answer],
	         after(&trace->checked, &event->at, later));
}

/* What a line that is no step says; "" when it is left out. */
static void say(const struct session *session, const struct trace_event *event, char *text, size_t room)
{
	static const char *const words[TRACE_KINDS] = {
	    [TRACE_ALLOCATED] = "connection allocated",
	    [TRACE_CERTIFICATE_CHECKED] = "certificate checked, AuthList asked",
	    [TRACE_NOT_VALIDATED] = "not validated against the AuthList",
	    [TRACE_HANDSHAKE_FAILED] = "handshake failed",
	    [TRACE_HANDSHAKE_DONE] = "handshake done",
	    [TRACE_CONNECTED] = "NMSP connected",
	    [TRACE_FREED] = "connection freed",
	    [TRACE_SYSLOG] = "connection closed (syslog)",
	};
	const struct session_trace *trace = session->trace;
	bool waits = origin_order(&event->at, &trace->waiting) == 0;
	text[0] = '\0';
	if (event->kind == TRACE_AUTHLIST_ANSWER)
		say_answer(trace, event, text, room);
	else if (event->kind == TRACE_HANDSHAKE_FAILED && trace->error != 0)
		snprintf(text, room, "handshake failed, error %08" PRIX32, trace->error);
	else if (words[event->kind] != NULL)
		snprintf(text, room, "%s", words[event->kind]);
	else if (event->kind == TRACE_STATE && event->where == TRACE_WHERE_DONE)
		snprintf(text, room, "negotiation finished");
	else if (event->kind == TRACE_STATE && event->state == 0)
		snprintf(text, room, "callback without a readable state");
	else if (waits)
		snprintf(text, room, "waits for the engine");
}

static struct view_event *event_at(struct view_session *out, const struct origin *at)
{
	for (size_t i = 0; i < out->n_events; i++)
		if (origin_order(&out->events[i].at, at) == 0)
			return &out->events[i];
	return NULL;
}

/* In the text: in a column of its own it would push the others off the page. */
static void append_state(struct view_event *event, const struct trace_event *traced)
{
	size_t n = strlen(event->text);
	if (traced->state != 0)
		snprintf(&event->text[n], sizeof event->text - n, " at state 0x%04x",
		         (unsigned)traced->state);
}

const struct session *view_trace_session(const struct session *session)
{
	return session->trace != NULL ? session : session->traced;
}

const struct origin *view_trace_printed(const struct session *session, const struct step *step)
{
	const struct step *printed = step == NULL ? NULL : session_trace_step(session, step);
	return printed == NULL || printed->inferred ? NULL : &printed->at;
}

void view_trace_events(struct view_session *out)
{
	const struct session *session = view_trace_session(out->session);
	const struct session_trace *trace = session != NULL ? session->trace : NULL;
	char text[sizeof out->events[0].text];
	for (uint32_t i = 0; trace != NULL && i < trace->n_events; i++) {
		const struct trace_event *from = &trace->events[i];
		struct view_event *event = event_at(out, &from->at);
		if (event != NULL && event->alert)
			append_state(event, from);
		if (event != NULL)
			continue;
		say(session, from, text, sizeof text);
		if (text[0] == '\0')
			continue;
		event = view_timeline_add(out, &from->at, out->session->controller);
		if (event == NULL)
			return;
		event->has_dir = false;
		event->traced = from;
		snprintf(event->text, sizeof event->text, "%s", text);
	}
}

/* ---- trust ---- */

/* Beside the packets only what is missing counts. */
static void beside(struct view_session *out, const struct session *traced)
{
	const struct session_trace *trace = traced->trace;
	view_trust_say(out, "also in the controller's trace, from line %" PRIu64 " to line %" PRIu64,
	               (uint64_t)traced->opened.packet, (uint64_t)traced->last.packet);
	if (trace->lost > 0)
		view_trust_say(out,
		               "%" PRIu64 " line%s missing from the trace, first in front of line %" PRIu64,
		               trace->lost, trace->lost == 1 ? " is" : "s are", (uint64_t)trace->first_lost.packet);
}

void view_trace_trust(struct view_session *out)
{
	const struct session *session = out->session;
	const struct session_trace *trace = session->trace;
	if (session->traced != NULL) {
		beside(out, session->traced);
		return;
	}
	if (session->midstream)
		view_trust_say(out, "the trace begins after the connection: what came before is not known");
	if (trace->lost > 0)
		view_trust_say(
		    out, "%" PRIu64 " line%s missing while it was open, first in front of line %" PRIu64,
		    trace->lost, trace->lost == 1 ? " is" : "s are", (uint64_t)trace->first_lost.packet);
	if (trace->unreadable > 0)
		view_trust_say(out, "the state of %" PRIu64 " callback%s could not be read",
		               trace->unreadable, view_plural(trace->unreadable));
	if (trace->events_dropped > 0)
		view_trust_say(out, "%" PRIu64 " line%s of it not kept", trace->events_dropped,
		               trace->events_dropped == 1 ? " was" : "s were");
	if (out->n_trust == 0)
		view_trust_say(out, "begun in the trace, no line missing, every state readable");
	if (session->closed.packet == 0)
		view_trust_say(out, "its end is not in the trace");
}

/* ---- how the traces were read ---- */

static const struct capture_input *input(const struct row *row)
{
	return row->item;
}

static size_t traces_count(const struct row *parent)
{
	const struct capture *capture = &parent->view->model->capture;
	size_t n = 0;
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		n += capture->inputs[i].trace != NULL;
	return n;
}

static void traces_open(const struct row *parent, struct row *row)
{
	const struct capture *capture = &parent->view->model->capture;
	size_t left = row->index;
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		if (capture->inputs[i].trace != NULL && left-- == 0)
			row->item = &capture->inputs[i];
}

static struct value moment(int64_t ns)
{
	return ns == ORIGIN_NO_TIME ? view_null() : (struct value){.kind = VALUE_TIME, .ns = ns};
}

static struct value first(const struct row *row)
{
	return moment(input(row)->trace->first);
}

static struct value last(const struct row *row)
{
	return moment(input(row)->last.time);
}

static struct value name(const struct row *row)
{
	const char *text = input(row)->name;
	return view_text(strcmp(text, "-") == 0 ? "standard input" : text);
}

static const struct column trace_columns[] = {
    {.label = "First line", .get = first},
    {.label = "Last line", .get = last},
    {.label = "Trace", .path = true, .get = name},
};

const struct table view_traces = {TABLE_OF(trace_columns), .count = traces_count, .open = traces_open};

/* What a reader must know of this trace. */
enum remark { REMARK_REPEATED, REMARK_STRANGE, REMARK_ZONE, REMARK_NO_TIMES, REMARKS };

static bool applies(const struct trace_reading *reading, size_t remark)
{
	switch (remark) {
	case REMARK_REPEATED:
		return reading->repeated > 0;
	case REMARK_STRANGE:
		return reading->strange > 0;
	case REMARK_ZONE:
		return reading->zone[0] != '\0';
	default:
		return reading->first == ORIGIN_NO_TIME;
	}
}

static size_t remarks_count(const struct row *parent)
{
	size_t n = 0;
	for (size_t i = 0; i < REMARKS; i++)
		n += applies(input(parent)->trace, i);
	return n;
}

static struct value remark(const struct row *row)
{
	const struct trace_reading *reading = input(row)->trace;
	char *text = row->view->scratch;
	size_t which = 0, left = row->index;
	while (which < REMARKS && (!applies(reading, which) || left-- > 0))
		which++;
	if (which == REMARK_REPEATED)
		snprintf(text, sizeof row->view->scratch,
		         "%" PRIu64 " line%s left out: with the same stamp and text %s read before.",
		         reading->repeated, reading->repeated == 1 ? " is" : "s are",
		         reading->repeated == 1 ? "it was" : "they were");
	else if (which == REMARK_STRANGE)
		snprintf(text, sizeof row->view->scratch, "%" PRIu64 " line%s not understood: -v shows %s.",
		         reading->strange, reading->strange == 1 ? " was" : "s were",
		         reading->strange == 1 ? "it" : "them");
	else if (which == REMARK_ZONE)
		snprintf(text, sizeof row->view->scratch,
		         "Its time zone \"%s\" is not known, or not the only one of that name: times are "
		         "taken for "
		         "UTC.",
		         reading->zone);
	else
		snprintf(text, sizeof row->view->scratch, "Its lines have no stamps: no times are known.");
	return view_text(text);
}

static const struct column remark_columns[] = {{.get = remark}};

const struct table view_trace_remarks = {TABLE_OF(remark_columns), .count = remarks_count};

static size_t notes_count(const struct row *parent)
{
	return input(parent)->trace->n_notes;
}

static struct value note_line(const struct row *row)
{
	return view_count(input(row)->trace->notes[row->index].line);
}

static struct value note_text(const struct row *row)
{
	return view_text(input(row)->trace->notes[row->index].text);
}

static const struct column note_columns[] = {
    {.label = "Line", .get = note_line},
    {.label = "Not understood", .get = note_text},
};

const struct table view_trace_notes = {TABLE_OF(note_columns), .count = notes_count};
