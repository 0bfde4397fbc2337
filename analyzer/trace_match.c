/*
 * Sessions of a capture and of a trace -> pairs. A pair is judged by the controller's own messages, which
 * both sides see at once: the differences of their times must agree. The engine's messages may be printed
 * late, for the controller polls. Called by main when all was read; the offset is voted for in
 * trace_offset.c.
 */
#include "analyzer/trace_match.h"

#include "analyzer/session.h"
#include "analyzer/session_trace.h"
#include "analyzer/trace_offset.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define SPREAD   (100 * 1000 * NS_PER_US) /* of the differences within one session */
#define CLOSE    (25 * 1000 * NS_PER_US)  /* the same, where the times alone must tell */
#define LATE     (5 * NS_PER_S)           /* a message may wait for the controller's poll timer */
#define OPENING  (60 * NS_PER_S)          /* either side may begin in the middle of a handshake */
#define MESSAGES 3                        /* that one pair alone must have in common */
#define DRIFT    20000                    /* two clocks run apart by no more than one part of this */

/* What of a session is compared again and again. */
struct voter {
	struct session *session;
	enum auth_observed observed;
	enum handshake_state handshake;
	const struct alert_seen *alert; /* the fatal one */
	int64_t watched;                /* until when: its end, or that of its capture or trace */
	bool whole;
};

struct side {
	struct voter *voters;
	uint32_t n;
};

/* The trace's times minus the capture's, of messages that the controller wrote. */
struct pair {
	int64_t low, high;
	int64_t first, last; /* these messages by the capture's clock */
	uint32_t messages;   /* how many */
	bool against;        /* the outcomes differ */
};

/* ---- one pair ---- */

static void note(struct pair *pair, const struct origin *wire, const struct origin *trace)
{
	int64_t offset = origin_elapsed(wire->time, trace->time);
	if (trace->time == ORIGIN_NO_TIME)
		return;
	pair->messages++;
	pair->low = offset < pair->low ? offset : pair->low;
	pair->high = offset > pair->high ? offset : pair->high;
	pair->first = wire->time < pair->first ? wire->time : pair->first;
	pair->last = wire->time > pair->last ? wire->time : pair->last;
}

static bool from_controller(const struct voter *voter)
{
	return voter->alert != NULL && voter->alert->dir == voter->session->controller;
}

static bool measure(const struct voter *wire, const struct voter *trace, struct pair *out)
{
	*out = (struct pair){.low = INT64_MAX, .high = INT64_MIN, .first = INT64_MAX, .last = INT64_MIN};
	for (int kind = 0; kind < STEP_KINDS; kind++) {
		const struct step *on_wire =
		    session_step(wire->session, (enum step_kind)kind, wire->session->controller);
		const struct step *in_trace =
		    session_step(trace->session, (enum step_kind)kind, trace->session->controller);
		if (on_wire != NULL && in_trace != NULL && !in_trace->inferred)
			note(out, &on_wire->at, &in_trace->at);
	}
	if (from_controller(wire) && from_controller(trace) && wire->alert->code == trace->alert->code)
		note(out, &wire->alert->at, &trace->alert->at);
	return out->low <= out->high && origin_elapsed(out->low, out->high) <= SPREAD;
}

/* What the engine sent is printed when the controller reads it: never before, and soon. */
static bool engine_fits(const struct session *wire, const struct session *trace, const struct pair *pair)
{
	for (int kind = 0; kind < STEP_KINDS; kind++) {
		const struct step *on_wire = session_step(wire, (enum step_kind)kind, session_engine(wire));
		const struct step *in_trace =
		    session_step(trace, (enum step_kind)kind, session_engine(trace));
		if (on_wire == NULL || in_trace == NULL || in_trace->inferred ||
		    in_trace->at.time == ORIGIN_NO_TIME)
			continue;
		int64_t offset = origin_elapsed(on_wire->at.time, in_trace->at.time);
		if (origin_elapsed(offset, pair->low) > SPREAD || origin_elapsed(pair->high, offset) > LATE)
			return false;
	}
	return true;
}

/* The session went on behind the controller's first flight. */
static bool beyond_flight(const struct session *session)
{
	return session_step(session, STEP_FINISHED, session->controller) != NULL ||
	       session_step(session, STEP_CLIENT_KEY_EXCHANGE, session_engine(session)) != NULL ||
	       session_step(session, STEP_CERTIFICATE, session_engine(session)) != NULL;
}

/* A message of the first flight that one side has, and that the other one, which is whole, has not. */
static bool lacks(const struct voter *voter, const struct voter *other)
{
	static const enum step_kind kinds[] = {STEP_CERTIFICATE, STEP_CERTIFICATE_STATUS,
	                                       STEP_SERVER_KEY_EXCHANGE, STEP_CERTIFICATE_REQUEST};
	if (!voter->whole || !beyond_flight(voter->session))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (session_step(voter->session, kinds[i], voter->session->controller) == NULL &&
		    session_step(other->session, kinds[i], other->session->controller) != NULL)
			return true;
	}
	return false;
}

static bool same_role(const struct session *wire, const struct session *trace)
{
	return (session_tls_client(wire) == wire->controller) ==
	       (session_tls_client(trace) == trace->controller);
}

/* The outcomes are told and contradict each other. */
static bool contradict(const struct voter *wire, const struct voter *trace)
{
	if (wire->alert != NULL && trace->alert != NULL &&
	    (wire->alert->code != trace->alert->code || from_controller(wire) != from_controller(trace)))
		return true;
	if (wire->observed != AUTH_OBSERVED_NONE && trace->observed != AUTH_OBSERVED_NONE)
		return wire->observed != trace->observed;
	bool complete = wire->handshake == HANDSHAKE_COMPLETE;
	return complete ? trace->handshake == HANDSHAKE_FAILED
	                : wire->handshake == HANDSHAKE_FAILED && trace->handshake == HANDSHAKE_COMPLETE;
}

/* They could be one session, as far as the handshakes tell. */
static bool compare(const struct voter *wire, const struct voter *trace, struct pair *out)
{
	if (!same_role(wire->session, trace->session) || !measure(wire, trace, out) ||
	    !engine_fits(wire->session, trace->session, out) || lacks(wire, trace) || lacks(trace, wire))
		return false;
	out->against = contradict(wire, trace);
	return true;
}

/* ---- the offset ---- */

/* The sessions of the wire that are not joined yet, or those of a trace. TLS 1.3 has none of these states. */
static struct side collect(const struct model *model, bool trace, uint32_t input)
{
	struct side side = {.voters = xcalloc((size_t)model->n_sessions + 1, sizeof *side.voters)};
	for (struct session *s = model->first; s != NULL; s = s->next) {
		struct session_auth auth;
		bool here = trace ? s->trace != NULL && s->opened.input == input
		                  : s->trace == NULL && s->traced == NULL;
		if (!here || s->n_steps + s->n_alerts == 0 || s->tls.version == TLS_1_3)
			continue;
		session_auth(model, s, &auth);
		side.voters[side.n++] =
		    (struct voter){.session = s,
		                   .observed = auth.inferred ? AUTH_OBSERVED_NONE : auth.observed,
		                   .handshake = session_handshake(s),
		                   .alert = session_fatal_alert(s),
		                   .watched = s->closed.packet != 0 ? s->closed.time
		                                                    : session_now(model, s),
		                   .whole = session_whole(s, NULL)};
	}
	return side;
}

static int64_t span(const struct side *side)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (uint32_t i = 0; i < side->n; i++) {
		int64_t opened = side->voters[i].session->opened.time;
		if (opened == ORIGIN_NO_TIME)
			continue;
		first = opened < first ? opened : first;
		last = opened > last ? opened : last;
	}
	return first < last ? origin_elapsed(first, last) : 0;
}

/* How far apart the offsets of two sessions may be when the clocks drift. */
static int64_t drift(const struct side *wire, const struct side *trace)
{
	int64_t one = span(wire), other = span(trace);
	return SPREAD + (one < other ? one : other) / DRIFT;
}

/*
 * This side shows no alert where the other one has it, `at` by this side's clock. A connection that ended must
 * have ended with it; one that did not must lack packets or lines, or its capture or trace ends there.
 */
static bool may_have_missed(const struct voter *voter, int64_t at)
{
	const struct session *session = voter->session;
	int64_t behind = origin_elapsed(at, voter->watched);
	if (session->closed.packet == 0)
		return !voter->whole || behind <= LATE;
	return behind >= -SPREAD && behind <= (session->trace != NULL ? LATE : SPREAD);
}

/* Only one side has the alert: then every step up to it must fit closely, the engine's flight included. */
static bool alert_missed(const struct voter *wire, const struct voter *trace, const struct pair *pair)
{
	int64_t offset = pair->low / 2 + pair->high / 2;
	if (origin_elapsed(pair->low, pair->high) > CLOSE || !beyond_flight(wire->session) ||
	    !beyond_flight(trace->session))
		return false;
	if (wire->alert == NULL && trace->alert != NULL && trace->alert->at.time != ORIGIN_NO_TIME)
		return may_have_missed(wire, origin_elapsed(offset, trace->alert->at.time));
	return wire->alert != NULL && trace->alert == NULL &&
	       may_have_missed(trace, origin_elapsed(origin_elapsed(offset, 0), wire->alert->at.time));
}

/* One pair alone is believed when it is the only one that can be meant, and its times or its outcome tell. */
static bool alone(const struct side *wire, const struct side *trace, const struct pair *pair)
{
	if (wire->n != 1 || trace->n != 1 || pair->messages < MESSAGES)
		return false;
	const struct voter *one = &wire->voters[0], *other = &trace->voters[0];
	bool told = one->handshake == HANDSHAKE_COMPLETE || one->alert != NULL;
	bool same = one->handshake == other->handshake && (one->alert == NULL) == (other->alert == NULL);
	return (told && same) || origin_elapsed(pair->first, pair->last) > SPREAD ||
	       alert_missed(one, other, pair);
}

static uint32_t voters(struct model *model, const struct side *side)
{
	if (side->n <= LIMIT_TRACE_VOTERS)
		return side->n;
	model_hit(model, HIT_TRACE_VOTERS, &side->voters[LIMIT_TRACE_VOTERS].session->opened);
	return LIMIT_TRACE_VOTERS;
}

struct ballot {
	struct trace_vote *votes;
	size_t n;
	uint32_t least; /* pairs that are believed where the clocks do not agree */
};

static struct ballot vote(struct model *model, const struct side *wire, const struct side *trace)
{
	uint32_t wires = voters(model, wire), traces = voters(model, trace);
	uint32_t fewer = wires < traces ? wires : traces;
	struct ballot ballot = {.votes = xcalloc((size_t)wires * traces + 1, sizeof *ballot.votes),
	                        .least = fewer > 2 ? (fewer + 1) / 2 : 2};
	struct pair pair;
	for (uint32_t i = 0; i < wires; i++) {
		for (uint32_t k = 0; k < traces; k++) {
			if (!compare(&wire->voters[i], &trace->voters[k], &pair))
				continue;
			if (alone(wire, trace, &pair))
				ballot.least = 1;
			ballot.votes[ballot.n++] = (struct trace_vote){.offset = pair.low / 2 + pair.high / 2,
			                                               .wire = i,
			                                               .trace = k,
			                                               .against = pair.against};
		}
	}
	return ballot;
}

/* ---- pairs that fall together ---- */

#define NOBODY  UINT32_MAX
#define SEVERAL (UINT32_MAX - 1)

struct match {
	uint32_t trace; /* index, NOBODY, or SEVERAL */
	struct pair pair;
};

static bool falls_together(const struct voter *wire, const struct voter *trace, int64_t from, int64_t width,
                           struct pair *out)
{
	int64_t opened = origin_elapsed(wire->session->opened.time, trace->session->opened.time);
	int64_t apart = origin_elapsed(from, opened);
	if (apart > OPENING || apart < -OPENING || !compare(wire, trace, out))
		return false;
	int64_t offset = out->low / 2 + out->high / 2;
	return offset >= origin_elapsed(SPREAD, from) && origin_elapsed(from, offset) <= width + SPREAD;
}

/* Whoever has two partners has none. */
static struct match *partners(const struct side *wire, const struct side *trace, int64_t from, int64_t width)
{
	struct match *matches = xcalloc((size_t)wire->n + 1, sizeof *matches);
	uint32_t *taken = xcalloc((size_t)trace->n + 1, sizeof *taken); /* how often */
	struct pair pair;
	for (uint32_t i = 0; i < wire->n; i++) {
		matches[i].trace = NOBODY;
		for (uint32_t k = 0; k < trace->n; k++) {
			if (!falls_together(&wire->voters[i], &trace->voters[k], from, width, &pair))
				continue;
			taken[k]++;
			matches[i] = (struct match){matches[i].trace == NOBODY ? k : SEVERAL, pair};
		}
	}
	for (uint32_t i = 0; i < wire->n; i++)
		if (matches[i].trace < trace->n && taken[matches[i].trace] > 1)
			matches[i].trace = SEVERAL;
	free(taken);
	return matches;
}

/* A trace is of one controller: the one that most of the pairs have. NULL when none has. */
static const struct addr *one_controller(const struct side *wire, const struct side *trace,
                                         const struct match *matches)
{
	const struct addr *most = NULL;
	uint32_t lead = 0, pairs = 0, have = 0;
	for (uint32_t i = 0; i < wire->n; i++) {
		const struct session *s = wire->voters[i].session;
		if (matches[i].trace >= trace->n)
			continue;
		if (lead == 0)
			most = &s->addr[s->controller];
		lead = addr_equal(most, &s->addr[s->controller]) ? lead + 1 : lead - 1;
		pairs++;
	}
	for (uint32_t i = 0; most != NULL && i < wire->n; i++) {
		const struct session *s = wire->voters[i].session;
		have += matches[i].trace < trace->n && addr_equal(most, &s->addr[s->controller]);
	}
	return 2 * have > pairs ? most : NULL;
}

/* How many pairs are left when the other controllers' are taken out. */
static uint32_t settle(const struct side *wire, const struct side *trace, struct match *matches)
{
	const struct addr *controller = one_controller(wire, trace, matches);
	uint32_t pairs = 0;
	for (uint32_t i = 0; i < wire->n; i++) {
		const struct session *s = wire->voters[i].session;
		if (controller == NULL || !addr_equal(controller, &s->addr[s->controller]))
			matches[i].trace = NOBODY;
		pairs += matches[i].trace < trace->n;
	}
	return pairs;
}

/* The pairs, to be freed; NULL when there are none. Clocks that do not drift tell more sessions apart. */
static struct match *find(struct model *model, const struct side *wire, const struct side *trace)
{
	const int64_t widths[] = {SPREAD, drift(wire, trace)};
	struct ballot ballot = vote(model, wire, trace);
	struct match *best = NULL;
	uint32_t most = 0;
	for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
		int64_t from;
		if (!trace_offset_find(ballot.votes, ballot.n, widths[i], ballot.least, &from))
			continue;
		struct match *matches = partners(wire, trace, from, widths[i]);
		uint32_t pairs = settle(wire, trace, matches);
		bool better = pairs > most;
		free(better ? best : matches);
		best = better ? matches : best;
		most = better ? pairs : most;
	}
	free(ballot.votes);
	return best;
}

static void join(struct model *model, const struct side *wire, const struct side *trace,
                 const struct match *matches, struct trace_reading *reading)
{
	int64_t low = INT64_MAX, high = INT64_MIN;
	for (uint32_t i = 0; i < wire->n; i++) {
		const struct pair *pair = &matches[i].pair;
		if (matches[i].trace >= trace->n)
			continue;
		model_join(model, wire->voters[i].session, trace->voters[matches[i].trace].session);
		low = pair->low < low ? pair->low : low;
		high = pair->high > high ? pair->high : high;
		reading->handshakes++;
	}
	reading->spread = origin_elapsed(low, high) / 2;
	reading->offset = low + reading->spread;
}

void trace_match(struct model *model)
{
	for (uint32_t input = 0; input < model->capture.n_inputs; input++) {
		struct trace_reading *reading = model->capture.inputs[input].trace;
		if (reading == NULL)
			continue;
		struct side wire = collect(model, false, 0), trace = collect(model, true, input);
		struct match *matches = find(model, &wire, &trace);
		if (matches != NULL)
			join(model, &wire, &trace, matches, reading);
		free(matches);
		free(wire.voters);
		free(trace.voters);
	}
}
