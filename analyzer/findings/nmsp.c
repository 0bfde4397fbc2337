/*
 * Rules about decrypted NMSP messages: framing, malformed messages, echoes. Called through the table in
 * findings.c. A direction that is not wholly in the capture proves no missing answer: then they stay quiet.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdio.h>

#define FAULT_TEXT       192
#define SILENT_INTERVALS 3 /* design.md section 4, */
#define LEFT_INTERVALS   2 /* ... and for an engine that leaves because of it: 30 s, facts.md section 5 */
#define SLOW_ECHO        NS_PER_S
#define SLOW_ROUND_TRIPS 5 /* fewer tell nothing of a habit */

static const struct session_nmsp *decoded(const struct subject *subject)
{
	const struct session_nmsp *nmsp = subject->session->nmsp;
	return nmsp != NULL && nmsp->profile != NULL ? nmsp : NULL;
}

bool nmsp_whole(const struct subject *subject)
{
	const struct session_nmsp *nmsp = decoded(subject);
	return nmsp != NULL && nmsp->messages[0] > 0 && nmsp->messages[1] > 0 && session_nmsp_whole(subject->session);
}

void nmsp_advise_echo(struct finding *finding)
{
	rule_advice(finding, "in show nmsp status compare two counters: Rx Echo Req stands still: the requests do not "
	                     "arrive; it rises and Tx Echo Resp does not: the controller does not answer; both rise: "
	                     "answers get lost");
	rule_command(finding, "controller (IOS-XE)",
	             "show nmsp status; show nmsp statistics connection; show processes cpu sorted");
}

/* "its length makes it 65535 bytes, and 42 bytes later messages begin again; it begins with 01 00 00 02" */
static const char *tell_fault(const struct nmsp_note *note, char text[static FAULT_TEXT])
{
	int n = 0;
	if (note->swallowed == 0)
		n = snprintf(text, FAULT_TEXT, "%s", note->what);
	else if (note->length > 0)
		n = snprintf(text, FAULT_TEXT, "its length makes it %zu bytes, and ", note->length);
	if (note->swallowed > 0)
		n += snprintf(&text[n], FAULT_TEXT - (size_t)n, "%" PRIu64 " byte%s later messages begin again",
		              note->swallowed, note->swallowed == 1 ? "" : "s");
	if (note->n_head > 0)
		n += snprintf(&text[n], FAULT_TEXT - (size_t)n, "; it begins with");
	for (uint8_t i = 0; i < note->n_head; i++)
		n += snprintf(&text[n], FAULT_TEXT - (size_t)n, " %02x", (unsigned)note->head[i]);
	return text;
}

void nmsp_malformed(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_nmsp *nmsp = decoded(subject);
	char count[RULE_TEXT], side[RULE_TEXT] = "", type[RULE_TEXT] = "", fault[FAULT_TEXT];
	if (nmsp == NULL || nmsp->malformed == 0)
		return;
	const struct nmsp_note *first = &nmsp->notes[0];
	struct finding *finding = rule_finding(rule, out);
	if (first->has_type ? session_nmsp_knows_side(subject->session, first->type)
	                    : session_nmsp_knows_sides(subject->session))
		snprintf(side, sizeof side, ", of the %s", rule_side(subject->session, first->dir));
	if (first->has_type)
		snprintf(type, sizeof type, " (type %" PRIu32 ")", first->type);
	rule_summary(finding, "%s malformed in the framing %s; the first%s%s: %s.",
	             rule_count(nmsp->malformed, "NMSP message", count), nmsp->profile->name, side, type,
	             tell_fault(first, fault));
	rule_cause(finding,
	           "The framing is %s, not published: a message that does not fit may as well show that "
	           "the framing is not quite this one.",
	           nmsp->profile->origin == PROFILE_USER ? "that of -P"
	                                                 : profile_origin_name(nmsp->profile->origin));
	for (uint32_t i = 0; i < nmsp->n_notes; i++)
		rule_evidence(finding, &nmsp->notes[i].at);
	if (first->has_type && first->swallowed == 0) /* it is kept */
		rule_advice(finding, "see the bytes: run again with -vv");
	rule_advice(finding, nmsp->profile->origin == PROFILE_USER
	                         ? "check the offsets, sizes and elements in the profile"
	                         : "if you know the framing, give it with -P FILE");
}

/* "96 bytes of the engine and 0 bytes of the controller", or "96 bytes" where nothing tells the sides. */
static const char *tell_bytes(const struct session *session, char text[static FAULT_TEXT])
{
	const struct session_nmsp *nmsp = session->nmsp;
	uint8_t engine = session_engine(session);
	char one[RULE_TEXT], other[RULE_TEXT];
	if (!session_nmsp_knows_sides(session))
		return rule_count(nmsp->bytes[0] + nmsp->bytes[1], "byte", text);
	snprintf(text, FAULT_TEXT, "%s of the engine and %s of the controller",
	         rule_count(nmsp->bytes[engine], "byte", one), rule_count(nmsp->bytes[engine ^ 1], "byte", other));
	return text;
}

void nmsp_framing_unknown(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	char bytes[FAULT_TEXT];
	if (nmsp == NULL || !nmsp->decided || nmsp->first.packet == 0 || nmsp->messages[0] + nmsp->messages[1] > 0 ||
	    session->tls.not_tls) /* that is the other finding: it need not be NMSP at all */
		return;
	struct finding *finding = rule_finding(rule, out);
	tell_bytes(session, bytes);
	rule_evidence(finding, &nmsp->first);
	if (nmsp->profile != NULL) {
		rule_summary(finding, "The framing %s fits nothing: in %s there is no whole message.",
		             nmsp->profile->name, bytes);
		rule_cause(finding, "These two use another framing than the one that -P gives.");
		rule_advice(finding, "check the offsets and the byte order in the profile, or leave -P out");
		return;
	}
	rule_summary(finding,
	             "The plaintext fits no framing that is known: %s were read, and messages and echoes cannot be "
	             "told.",
	             bytes);
	if (nmsp->unlearned == NULL) {
		rule_cause(finding,
		           "NMSP has no published wire format, and these two do not use the assumed one.");
	} else {
		rule_cause(finding,
		           "NMSP has no published wire format, these two do not use the assumed one, and it "
		           "could not be learned: %s.",
		           nmsp->unlearned);
		rule_advice(finding, "capture more of it: messages of several types tell their framing");
	}
	rule_advice(finding, "if you know the framing, give it with -P FILE");
}

static void cite_echoes(const struct echo *echo, struct finding *finding)
{
	for (size_t i = 0; i < ECHO_MISSED_KEPT; i++)
		rule_evidence(finding, &echo->missed[i]);
	for (uint32_t i = 0; i < echo->n_pending; i++)
		rule_evidence(finding, &echo->pending[i].at);
}

/* Of a session that the controller did not close: it ended long after the last response, with a request open.
 */
static bool engine_gave_up(const struct session *session, const struct session_nmsp *nmsp, int64_t waited)
{
	return session->closed.packet != 0 && nmsp->echo.responses > 0 && waited >= ECHO_PATIENCE &&
	       origin_elapsed(nmsp->echo.last_response.time, session->closed.time) >=
	           echo_intervals(&nmsp->echo, LEFT_INTERVALS);
}

/* The requests since the last response went unanswered for long: how long, or -1 when that is not so. */
static int64_t silence(const struct subject *subject, const struct session_nmsp *nmsp)
{
	const struct session *session = subject->session;
	const struct echo_pending *first = echo_unanswered(&nmsp->echo);
	bool left = session->closed.packet != 0 && session->closed_by == session->controller;
	if (first == NULL || left)
		return -1;
	int64_t waited = origin_elapsed(first->at.time, session_nmsp_until(session, subject->now));
	if (engine_gave_up(session, nmsp, waited))
		return waited;
	bool alone = first->at.packet == nmsp->echo.last_request.packet;
	return !alone && waited >= echo_intervals(&nmsp->echo, SILENT_INTERVALS) ? waited : -1;
}

/* Who went quiet first, as far as its TCP tells. `at`: the first request without an answer. */
static void explain_silence(const struct session *session, const struct origin *at, struct finding *finding)
{
	const struct origin *heard = &session->tcp.last[session->controller];
	char time[RULE_TEXT];
	if (heard->time > at->time)
		rule_cause(finding,
		           "The controller went quiet first, but its TCP went on for %s: the host is alive and "
		           "reachable, its NMSP process hangs or is too busy.",
		           rule_duration(origin_elapsed(at->time, heard->time), time));
	else
		rule_cause(finding,
		           "The controller went quiet first, and not even its TCP acknowledged the request: it is "
		           "down, was restarted, or the way to or from it was cut without a FIN or RST.");
}

static void tell_close(const struct session *session, const struct echo *echo, struct finding *finding)
{
	char close[RULE_TEXT], time[RULE_TEXT];
	if (session->closed.packet == 0 || echo->responses == 0)
		return;
	rule_cause(finding, "The session was %s %s after the last answered echo.", rule_close(session, close),
	           rule_duration(origin_elapsed(echo->last_response.time, session->closed.time), time));
}

void nmsp_echo_silent(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_nmsp *nmsp = decoded(subject);
	char time[RULE_TEXT], since[RULE_TEXT] = "none was ever answered", close[RULE_TEXT];
	if (subject->session->infer != NULL)
		inferred_echo_silent(subject, rule, out);
	if (!nmsp_whole(subject) || nmsp->echo.strays > 0)
		return;
	int64_t waited = silence(subject, nmsp);
	if (waited < 0)
		return;
	const struct echo *echo = &nmsp->echo;
	struct finding *finding = rule_finding(rule, out);
	if (echo->responses > 0)
		snprintf(since, sizeof since, "%" PRIu64 " of %" PRIu64 " were answered before",
		         echo->responses, echo->requests);
	rule_summary(finding, "The controller has answered no ECHO_REQUEST for %s (%s), %s.",
	             rule_duration(waited, time), since, rule_close(subject->session, close));
	explain_silence(subject->session, &echo_unanswered(echo)->at, finding);
	tell_close(subject->session, echo, finding);
	rule_evidence(finding, &echo->last_response);
	for (uint32_t i = 0; i < echo->n_pending; i++)
		if (echo->pending[i].at.packet > echo->last_response.packet)
			rule_evidence(finding, &echo->pending[i].at);
	nmsp_advise_echo(finding);
}

void nmsp_echo_missed(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_nmsp *nmsp = decoded(subject);
	char count[RULE_TEXT], of[RULE_TEXT], time[RULE_TEXT];
	if (subject->session->infer != NULL)
		inferred_echo_missed(subject, rule, out);
	if (!nmsp_whole(subject))
		return;
	uint64_t missed = echo_missed(&nmsp->echo, session_nmsp_until(subject->session, subject->now));
	if (missed <= nmsp->echo.strays)
		return; /* the answers are there, only their transaction ids do not match */
	if (silence(subject, nmsp) >= 0 && nmsp->echo.settled_missed == 0)
		return; /* none but those of the silence, which has its own finding */
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s got no answer within %s, of %s in all.",
	             rule_count(missed, "ECHO_REQUEST", count), rule_duration(ECHO_PATIENCE, time),
	             rule_count(nmsp->echo.requests, "request", of));
	rule_cause(finding, "The controller is too busy, or answers get lost on the way.");
	cite_echoes(&nmsp->echo, finding);
	nmsp_advise_echo(finding);
}

/* The response timeout of 1 s is widely repeated, not read at its source (facts.md section 5). */
void nmsp_echo_slow(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	struct echo_rtt rtt;
	char p95[RULE_TEXT], avg[RULE_TEXT], max[RULE_TEXT], count[RULE_TEXT], limit[RULE_TEXT];
	if (!nmsp_whole(subject))
		return;
	const struct echo *echo = &subject->session->nmsp->echo;
	bool none_is = (int64_t)echo->round_trip_max * NS_PER_US <= SLOW_ECHO;
	if (echo->round_trips.n < SLOW_ROUND_TRIPS || none_is || !echo_rtt(echo, &rtt) || rtt.p95 <= SLOW_ECHO)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "Echoes are slow: 95 of 100 answers come within %s, the average is %s, the slowest %s (%s).",
	             rule_duration(rtt.p95, p95), rule_duration(rtt.avg, avg), rule_duration(rtt.max, max),
	             rule_count(echo->round_trips.n, "round trip", count));
	rule_cause(finding,
	           "The controller is busy or the way is slow. Engines are said to repeat a request after %s "
	           "(widely repeated, not documented), so a slower answer may count as missed.",
	           rule_duration(SLOW_ECHO, limit));
	rule_evidence(finding, &echo->first_request);
	rule_evidence(finding, &echo->last_response);
	rule_command(finding, "controller (IOS-XE)", "show processes cpu sorted; show nmsp status");
}

void nmsp_echo_none(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_nmsp *nmsp = decoded(subject);
	char time[RULE_TEXT];
	if (!nmsp_whole(subject) || nmsp->echo.requests + nmsp->echo.responses > 0)
		return;
	int64_t active = origin_elapsed(nmsp->first.time, nmsp->last.time);
	if (active < echo_intervals(&nmsp->echo, SILENT_INTERVALS))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "No ECHO_REQUEST in %s of NMSP messages: the engine does not watch the session.",
	             rule_duration(active, time));
	rule_cause(finding,
	           "An engine usually asks every 15 s; without echoes a dead connection is noticed late.");
	rule_evidence(finding, &nmsp->first);
	rule_evidence(finding, &nmsp->last);
	rule_advice(finding, "engine (MSE): compare the echo interval under NMSP parameters");
}
