/*
 * The timeline of a session for people: handshake steps, alerts and TCP events in the order of packets.
 * Built when a session is opened; called through ui/view.h.
 */
#include "analyzer/session_trace.h"
#include "dissect/tls_names.h"
#include "ui/view.h"

#include <stdio.h>
#include <stdlib.h>

struct view_event *view_timeline_add(struct view_session *session, const struct origin *at, uint8_t dir)
{
	if (at->packet == 0 || session->n_events == VIEW_EVENTS)
		return NULL;
	struct view_event *event = &session->events[session->n_events];
	*event = (struct view_event){
	    .at = *at, .has_dir = true, .dir = dir, .place = at->packet, .order = session->n_events};
	session->n_events++;
	return event;
}

static void add_text(struct view_session *session, const struct origin *at, uint8_t dir, const char *text)
{
	struct view_event *event = view_timeline_add(session, at, dir);
	if (event != NULL)
		snprintf(event->text, sizeof event->text, "%s", text);
}

static void add_opening(struct view_session *session)
{
	const struct session_tcp *tcp = &session->session->tcp;
	uint32_t kept = tcp->syns < LIMIT_SYNS ? tcp->syns : LIMIT_SYNS;
	for (uint32_t i = 0; i < kept; i++)
		add_text(session, &tcp->syn[i], 0, i == 0 ? "TCP SYN" : "TCP SYN again");
	add_text(session, &tcp->syn_ack, 1, "TCP SYN ACK");
}

/*
 * Steps keep the order of the handshake: one whose bytes came early, before a hole was filled, stands behind
 * the late ones that precede it.
 */
static void add_steps(struct view_session *session)
{
	uint64_t place = 0;
	for (uint32_t i = 0; i < session->session->n_steps; i++) {
		const struct step *step = &session->session->steps[i];
		struct view_event *event = view_timeline_add(session, &step->at, step->dir);
		if (event == NULL)
			continue;
		place = step->at.packet > place ? step->at.packet : place;
		event->place = place;
		event->step = step;
		snprintf(event->text, sizeof event->text, "%s%s%s%s", session_step_name(step->kind),
		         step->inferred ? " (inferred)" : "",
		         step->encrypted && step->kind != STEP_ENCRYPTED_HANDSHAKE ? " (encrypted)" : "",
		         step->damaged ? " (damaged)" : "");
	}
}

/* The side that sends is the same in both, the numbers of the directions need not be. */
static uint8_t dir_of(const struct view_session *session, const struct session *of, uint8_t dir)
{
	return dir == of->controller ? session->session->controller : session_engine(session->session);
}

static void add_alerts(struct view_session *session, const struct session *of)
{
	for (uint32_t i = 0; i < of->n_alerts; i++) {
		const struct alert_seen *alert = &of->alerts[i];
		struct view_event *event =
		    view_timeline_add(session, &alert->at, dir_of(session, of, alert->dir));
		if (event == NULL)
			continue;
		const char *name = tls_alert_name(alert->code);
		if (alert->encrypted)
			snprintf(event->text, sizeof event->text,
			         "ALERT (encrypted: level and code unknown)");
		else
			snprintf(event->text, sizeof event->text, "ALERT %s %s (%u)",
			         alert->level == TLS_ALERT_FATAL ? "fatal" : "warning",
			         name != NULL ? name : "unregistered", alert->code);
		event->alert = true;
	}
}

/* Steps that the trace has and the capture lacks: packets are missing. */
static void add_printed(struct view_session *session, const struct session *traced)
{
	bool on_wire[LIMIT_STEPS] = {false};
	for (uint32_t i = 0; i < session->session->n_steps; i++) {
		const struct step *printed =
		    session_trace_step(session->session, &session->session->steps[i]);
		if (printed != NULL)
			on_wire[printed - traced->steps] = true;
	}
	for (uint32_t i = 0; i < traced->n_steps; i++) {
		const struct step *step = &traced->steps[i];
		struct view_event *event =
		    on_wire[i] || step->inferred
		        ? NULL
		        : view_timeline_add(session, &step->at, dir_of(session, traced, step->dir));
		if (event == NULL)
			continue;
		event->traced = session_trace_event(traced->trace, &step->at);
		snprintf(event->text, sizeof event->text, "%s (printed only)", session_step_name(step->kind));
	}
}

/*
 * A line stands behind the last packet that is not later by the capture's clock; where times are too coarse
 * to tell, the controller's own messages that were printed before and behind it do.
 */
static uint64_t place_of(const struct view_session *session, const struct origin *line)
{
	int64_t time = origin_elapsed(session->clock, line->time);
	uint64_t place = 0, least = 0, most = UINT64_MAX;
	for (size_t i = 0; i < session->n_events; i++) {
		const struct view_event *packet = &session->events[i];
		const struct origin *printed = view_trace_printed(session->session, packet->step);
		if (packet->at.line)
			continue;
		if (packet->at.time <= time && packet->place > place)
			place = packet->place;
		if (printed == NULL || packet->dir != session->session->controller)
			continue;
		if (origin_order(printed, line) <= 0)
			least = packet->place > least ? packet->place : least;
		else
			most = packet->place - 1 < most ? packet->place - 1 : most;
	}
	place = place < least ? least : place;
	return place > most ? most : place;
}

static void place_lines(struct view_session *session)
{
	for (size_t i = 0; i < session->n_events; i++) {
		struct view_event *event = &session->events[i];
		if (!event->at.line)
			continue;
		event->place = place_of(session, &event->at);
		event->order = VIEW_EVENTS + (size_t)event->at.packet;
	}
}

static void add_gap(struct view_session *session)
{
	struct view_event *gap = view_timeline_add(session, &session->session->tcp.first_gap, 0);
	if (gap == NULL)
		return;
	gap->has_dir = false;
	bool datagram = session->session->tls.datagram;
	snprintf(gap->text, sizeof gap->text, datagram ? "gap: records are missing" : "gap: bytes are missing from the capture");
}

static void add_traffic(struct view_session *session)
{
	const struct session_tls *tls = &session->session->tls;
	if (tls->not_tls)
		add_text(session, &tls->not_tls_at, tls->not_tls_dir,
		         session_plain_nmsp(session->session) ? "NMSP without TLS" : "bytes that are no TLS");
	if (tls->version == TLS_1_3)
		return; /* there the first such record is the handshake's, and a step */
	for (uint8_t dir = 0; dir < 2; dir++)
		add_text(session, &tls->first_protected[dir], dir, "first encrypted data");
}

static void add_icmp(struct view_session *session)
{
	for (uint32_t i = 0; i < session->session->n_icmp; i++) {
		const struct icmp_seen *icmp = &session->session->icmp[i];
		struct view_event *event = view_timeline_add(session, &icmp->at, 0);
		char from[ADDR_TEXT];
		if (event == NULL)
			continue;
		event->has_dir = false;
		snprintf(event->text, sizeof event->text, "%s error type %u code %u from %s",
		         icmp->version == 6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code,
		         addr_text(&icmp->from, from));
	}
}

static void add_closing(struct view_session *session)
{
	const struct session_tcp *tcp = &session->session->tcp;
	for (uint8_t dir = 0; dir < 2; dir++)
		add_text(session, &tcp->fin[dir], dir, "TCP FIN");
	add_text(session, &tcp->rst, tcp->rst_dir, "TCP RST");
}

/* By place; in the same place as they were added. */
static int by_place(const void *left, const void *right)
{
	const struct view_event *a = left, *b = right;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void view_timeline_build(struct view_session *session)
{
	session->n_events = 0;
	add_opening(session);
	add_gap(session);
	add_steps(session);
	add_alerts(session, session->session);
	add_traffic(session);
	add_icmp(session);
	add_closing(session);
	const struct session *traced = session->session->traced;
	if (traced != NULL) {
		add_alerts(session, traced);
		add_printed(session, traced);
	}
	view_trace_events(session);
	if (traced != NULL)
		place_lines(session);
	qsort(session->events, session->n_events, sizeof session->events[0], by_place);
}

/* ---- the table ---- */

static const struct view_event *event(const struct row *row)
{
	return row->item;
}

static struct value offset(const struct row *row)
{
	int64_t opened = row->session->session->opened.time;
	if (opened == ORIGIN_NO_TIME || event(row)->at.time == ORIGIN_NO_TIME)
		return view_null();
	int64_t clock = event(row)->at.line ? row->session->clock : 0;
	return (struct value){.kind = VALUE_OFFSET, .ns = event(row)->at.time - clock - opened};
}

static struct value packet(const struct row *row)
{
	return view_packet(&event(row)->at);
}

/* Of a step that both have, the line that prints it. */
static struct value line(const struct row *row)
{
	const struct origin *printed = view_trace_printed(row->session->session, event(row)->step);
	return view_line(printed != NULL ? printed : &event(row)->at);
}

static struct value direction(const struct row *row)
{
	if (!event(row)->has_dir)
		return view_null();
	return view_text(event(row)->dir == row->session->session->controller ? "<-" : "->");
}

static struct value message(const struct row *row)
{
	return view_text(event(row)->text);
}

/* Every state name of OpenSSL begins with the same word; without it a line fits 80 columns. */
static const char *short_name(const char *name)
{
	static const char common[] = "SSLv3 ";
	size_t n = sizeof common - 1;
	return strncmp(name, common, n) == 0 ? &name[n] : name;
}

/* Of the step, else as a trace printed it on the event's line. */
static struct step_state state_of(const struct row *row)
{
	const struct trace_event *traced = event(row)->traced;
	if (event(row)->step != NULL)
		return session_step_state(row->session->session, event(row)->step);
	if (traced == NULL)
		return (struct step_state){0, NULL};
	return (struct step_state){traced->state,
	                           session_trace_state_name(view_trace_session(row->session->session)->trace,
	                                                    traced->state, &traced->at)};
}

static struct value state(const struct row *row)
{
	struct step_state state = state_of(row);
	return state.number == 0 ? view_null() : (struct value){.kind = VALUE_CODE, .code = state.number};
}

static struct value state_name(const struct row *row)
{
	struct step_state state = state_of(row);
	return state.number == 0 || state.name == NULL ? view_null() : view_text(short_name(state.name));
}

static size_t timeline_count(const struct row *parent)
{
	return parent->session->n_events;
}

static void timeline_open(const struct row *parent, struct row *row)
{
	row->item = &parent->session->events[row->index];
}

static const struct column columns[] = {
    {.label = "Seconds", .get = offset}, {.label = "Packet", .get = packet},
    {.label = "  ", .get = direction},   {.label = "Message", .get = message},
    {.label = "State", .get = state},    {.label = "of controller (implied)", .get = state_name},
};

/* Of a trace, alone or beside a capture. */
static const struct column trace_columns[] = {
    {.label = "Seconds", .get = offset},
    {.label = "Packet", .get = packet},
    {.label = "Line", .get = line},
    {.label = "  ", .get = direction},
    {.label = "Message", .get = message},
    {.label = "State", .get = state},
    {.label = "of controller (printed)", .get = state_name},
};

const struct table view_timeline_trace = {TABLE_OF(trace_columns), .count = timeline_count,
                                          .open = timeline_open};

const struct table view_timeline = {TABLE_OF(columns), .count = timeline_count, .open = timeline_open};
