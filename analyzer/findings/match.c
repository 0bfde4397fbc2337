/*
 * Rules about trace and capture together: the controller's clock beside the capture's, and what the one saw
 * that the other did not. Called through the table in findings.c. They never say which of the two is right.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_trace.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the clocks ---- */

#define SKEW NS_PER_S           /* less is no fault of a clock */
#define TICK (1000 * NS_PER_US) /* a trace's times are whole milliseconds */

/* "2 h 0 min 3.1 s", "3.1 s". */
static const char *skew_text(int64_t ns, char text[RULE_TEXT])
{
	enum { MINUTE = 60, HOUR = 3600 };
	const int64_t tenth = NS_PER_S / 10;
	int64_t tenths = ns / tenth + (ns % tenth >= tenth / 2);
	int64_t s = tenths / 10;
	if (s >= HOUR)
		snprintf(text, RULE_TEXT, "%" PRId64 " h %" PRId64 " min %" PRId64 ".%" PRId64 " s", s / HOUR,
		         s % HOUR / MINUTE, s % MINUTE, tenths % 10);
	else if (s >= MINUTE)
		snprintf(text, RULE_TEXT, "%" PRId64 " min %" PRId64 ".%" PRId64 " s", s / MINUTE, s % MINUTE,
		         tenths % 10);
	else
		snprintf(text, RULE_TEXT, "%" PRId64 ".%" PRId64 " s", s, tenths % 10);
	return text;
}

/* The first message of the controller that both saw. */
static void cite_both(struct finding *finding, const struct session *session)
{
	for (uint32_t i = 0; i < session->n_steps; i++) {
		const struct step *step = &session->steps[i];
		const struct step *printed = session_trace_step(session, step);
		if (step->dir != session->controller || printed == NULL || printed->inferred)
			continue;
		rule_evidence(finding, &step->at);
		rule_evidence(finding, &printed->at);
		return;
	}
}

static void skew_of(const struct subject *subject, const struct rule *rule, uint32_t input,
                    struct findings *out)
{
	const struct trace_reading *reading = subject->model->capture.inputs[input].trace;
	char skew[RULE_TEXT], spread[RULE_TEXT], handshakes[RULE_TEXT];
	bool behind = reading->offset < 0;
	int64_t apart = behind ? -reading->offset : reading->offset;
	if (reading->handshakes == 0 || apart <= SKEW || apart <= reading->spread)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The controller's clock is %s %s the capture's, +- %s over %s.",
	             skew_text(apart, skew), behind ? "behind" : "ahead of",
	             rule_duration(reading->spread > TICK ? reading->spread : TICK, spread),
	             rule_count(reading->handshakes, "handshake", handshakes));
	rule_cause(finding,
	           "One of the two clocks is wrong, or the trace was printed in another time zone than "
	           "its lines say. A certificate whose first day lies ahead by the controller's clock "
	           "is refused, and logs of both sides do not line up.");
	rule_command(finding, "controller (IOS-XE)", "show clock detail; show ntp status");
	rule_command(finding, "where the capture was made", "timedatectl");
	for (const struct session *s = subject->model->first; s != NULL; s = s->next)
		if (s->traced != NULL && s->traced->opened.input == input)
			cite_both(finding, s);
}

void match_time_skew(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	for (uint32_t input = 0; input < capture->n_inputs; input++)
		if (capture->inputs[input].trace != NULL)
			skew_of(subject, rule, input, out);
}

/* ---- what they have not in common ---- */

/* When a side watched, by its own clock. */
struct watch {
	int64_t from, to;
};

static struct watch capture_watched(const struct model *model)
{
	struct watch watch = {.from = INT64_MAX, .to = INT64_MIN};
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		if (s->trace != NULL)
			continue;
		watch.from = s->opened.time < watch.from ? s->opened.time : watch.from;
		watch.to = s->last.time > watch.to ? s->last.time : watch.to;
	}
	return watch;
}

/* It began while the other side, whose clock is `offset` ahead, watched and went on. */
static bool was_watched(const struct session *session, const struct watch *other, int64_t offset)
{
	if (session->opened.time == ORIGIN_NO_TIME || session->n_steps + session->n_alerts == 0 ||
	    session->tls.version == TLS_1_3)
		return false;
	int64_t from = origin_elapsed(offset, other->from), to = origin_elapsed(offset, other->to);
	return session->opened.time >= from && origin_elapsed(session->opened.time, to) >= RULE_PATIENCE;
}

/* A session that is in both tells whose trace it is. */
static const struct session *joined(const struct model *model, uint32_t input)
{
	const struct session *session = model->first;
	while (session != NULL && (session->traced == NULL || session->traced->opened.input != input))
		session = session->next;
	return session;
}

static bool same_controller(const struct session *a, const struct session *b)
{
	const struct addr *one = &a->addr[a->controller], *other = &b->addr[b->controller];
	return one->version == other->version && memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

static void say_lacking(char *text, size_t room, uint64_t n, const char *from, const char *to)
{
	char sessions[RULE_TEXT], item[2 * RULE_TEXT];
	if (n == 0)
		return;
	snprintf(item, sizeof item, "%s of the %s %s not in the %s", rule_count(n, "session", sessions), from,
	         n == 1 ? "is" : "are", to);
	rule_list(text, room, ", ", item);
}

static void partly(const struct subject *subject, const struct rule *rule, uint32_t input,
                   struct findings *out)
{
	const struct capture_input *trace = &subject->model->capture.inputs[input];
	const struct session *both = joined(subject->model, input);
	const struct watch wire = capture_watched(subject->model);
	const struct watch printed = {.from = trace->trace->first, .to = trace->last.time};
	struct finding found = {.n_evidence = 0};
	uint64_t captured_only = 0, printed_only = 0;
	char lacking[4 * RULE_TEXT] = "";
	for (const struct session *s = subject->model->first; both != NULL && s != NULL; s = s->next) {
		bool captured = s->trace == NULL && s->traced == NULL && same_controller(s, both) &&
		                was_watched(s, &printed, trace->trace->offset);
		bool only = s->trace != NULL && s->opened.input == input &&
		            was_watched(s, &wire, origin_elapsed(trace->trace->offset, 0));
		captured_only += captured;
		printed_only += only;
		if (captured || only)
			rule_evidence(&found, &s->opened);
	}
	if (captured_only + printed_only == 0)
		return;
	say_lacking(lacking, sizeof lacking, captured_only, "capture", "trace");
	say_lacking(lacking, sizeof lacking, printed_only, "trace", "capture");
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s, though both watched at that time; %" PRIu32 " in both.", lacking,
	             trace->trace->handshakes);
	rule_cause(finding,
	           "Lines or packets are missing there, or two sessions look so much alike that neither "
	           "could be chosen. They are reported apart.");
	for (uint32_t i = 0; i < found.n_evidence; i++)
		rule_evidence(finding, &found.evidence[i]);
}

static void unmatched(const struct subject *subject, const struct rule *rule, uint32_t input,
                      struct findings *out)
{
	const struct trace_reading *reading = subject->model->capture.inputs[input].trace;
	const struct session *captured = NULL, *printed = NULL;
	bool only_tls13 = true;
	for (const struct session *s = subject->model->first; s != NULL; s = s->next) {
		if (s->trace == NULL) {
			captured = captured == NULL ? s : captured;
			only_tls13 = only_tls13 && s->tls.version == TLS_1_3;
		} else if (s->opened.input == input && printed == NULL) {
			printed = s;
		}
	}
	if (captured == NULL || printed == NULL)
		return;
	const char *why = only_tls13 ? "the capture holds TLS 1.3, whose states such a trace does not have"
	                  : reading->first == ORIGIN_NO_TIME
	                      ? "the trace's lines have no stamps"
	                      : "no two handshakes agree in steps, times and outcome, or more than one "
	                        "pair would fit";
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "No session of the trace could be matched with one of the capture: %s.", why);
	rule_cause(finding, "They are reported apart, and the two clocks are not compared.");
	rule_advice(finding, "take trace and capture of the same connection, from before the engine "
	                     "connects until the controller has decided");
	rule_evidence(finding, &captured->opened);
	rule_evidence(finding, &printed->opened);
}

void match_apart(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	for (uint32_t input = 0; input < capture->n_inputs; input++) {
		const struct trace_reading *reading = capture->inputs[input].trace;
		if (reading != NULL && reading->handshakes > 0)
			partly(subject, rule, input, out);
		else if (reading != NULL)
			unmatched(subject, rule, input, out);
	}
}

/* ---- what one saw and the other did not ---- */

static const struct capture_input *trace_input(const struct subject *subject)
{
	return &subject->model->capture.inputs[subject->session->traced->opened.input];
}

/* Why the two may differ where both saw the connection to its end. */
static void suspect(struct finding *finding)
{
	rule_cause(finding,
	           "Another hop (firewall, proxy) may end the one connection and open another, or trace and "
	           "capture are of two connections that look alike.");
}

/* The other side went on for so long behind this event that it should have seen it. */
static bool capture_went_on(const struct subject *subject, const struct origin *printed)
{
	int64_t at = origin_elapsed(trace_input(subject)->trace->offset, printed->time);
	return subject->session->closed.packet != 0 || origin_elapsed(at, subject->now) >= RULE_PATIENCE;
}

static bool trace_went_on(const struct subject *subject, const struct origin *at)
{
	const struct capture_input *input = trace_input(subject);
	int64_t here = origin_elapsed(at->time, input->last.time);
	return session_whole(subject->session->traced, NULL) &&
	       (subject->session->traced->closed.packet != 0 ||
	        origin_elapsed(input->trace->offset, here) >= RULE_PATIENCE);
}

static bool encrypted_alert(const struct session *session)
{
	for (uint32_t i = 0; i < session->n_alerts; i++)
		if (session->alerts[i].encrypted)
			return true;
	return false;
}

static void alert_not_captured(const struct subject *subject, const struct rule *rule,
                               const struct alert_seen *printed, struct findings *out)
{
	const struct session *session = subject->session;
	char name[RULE_TEXT], closed[RULE_TEXT];
	if (encrypted_alert(session) || !capture_went_on(subject, &printed->at))
		return;
	bool wrote = printed->dir == session->traced->controller;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The controller's trace says that it %s the fatal alert %s; the capture holds none. "
	             "There the connection is %s.",
	             wrote ? "wrote" : "read", rule_alert(printed->code, name), rule_close(session, closed));
	rule_cause(finding, session_whole(session, NULL)
	                        ? "The capture may lack packets, or another hop (firewall, proxy) may have "
	                          "closed the connection in between."
	                        : "Packets are missing from the capture; the alert may be among them.");
	rule_evidence(finding, &printed->at);
	rule_evidence(finding, &session->closed);
}

static void alert_not_printed(const struct subject *subject, const struct rule *rule,
                              const struct alert_seen *alert, struct findings *out)
{
	const struct session *session = subject->session;
	char name[RULE_TEXT];
	if (!trace_went_on(subject, &alert->at))
		return;
	bool own = alert->dir == session->controller;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The capture holds the fatal alert %s from the %s; the controller's trace does not "
	             "say that it %s one.",
	             rule_alert(alert->code, name), rule_side(session, alert->dir), own ? "wrote" : "read");
	rule_cause(
	    finding,
	    own ? "Another hop (firewall, proxy) may have sent it in the controller's place."
	        : "It may not have reached the controller: another hop may have closed the connection, "
	          "or the controller had closed it before.");
	rule_evidence(finding, &alert->at);
	rule_evidence(finding, &session->traced->closed);
}

static void other_alert(const struct subject *subject, const struct rule *rule,
                        const struct alert_seen *alert, const struct alert_seen *printed,
                        struct findings *out)
{
	const struct session *session = subject->session;
	char name[RULE_TEXT], other[RULE_TEXT];
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The capture holds the fatal alert %s from the %s, the controller's trace the fatal "
	             "alert %s from the %s.",
	             rule_alert(alert->code, name), rule_side(session, alert->dir),
	             rule_alert(printed->code, other), rule_side(session->traced, printed->dir));
	suspect(finding);
	rule_evidence(finding, &alert->at);
	rule_evidence(finding, &printed->at);
}

static void other_decision(const struct subject *subject, const struct rule *rule,
                           const struct session_auth *told, struct findings *out)
{
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "By the capture the engine's certificate was %s, by the controller's trace it was "
	             "%s.",
	             session_observed_name(subject->auth.observed), session_observed_name(told->observed));
	suspect(finding);
	for (uint32_t i = 0; i < subject->auth.n_evidence; i++)
		rule_evidence(finding, &subject->auth.evidence[i]);
	for (uint32_t i = 0; i < told->n_evidence; i++)
		rule_evidence(finding, &told->evidence[i]);
}

void match_disagree(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	struct session_auth told;
	if (session->traced == NULL)
		return;
	const struct alert_seen *alert = session_fatal_alert(session);
	const struct alert_seen *printed = session_fatal_alert(session->traced);
	session_auth(subject->model, session->traced, &told);
	if (subject->auth.observed != AUTH_OBSERVED_NONE && told.observed != AUTH_OBSERVED_NONE &&
	    !told.inferred && subject->auth.observed != told.observed)
		other_decision(subject, rule, &told, out);
	else if (alert == NULL && printed != NULL)
		alert_not_captured(subject, rule, printed, out);
	else if (alert != NULL && printed == NULL)
		alert_not_printed(subject, rule, alert, out);
	else if (alert != NULL &&
	         (alert->code != printed->code ||
	          (alert->dir == session->controller) != (printed->dir == session->traced->controller)))
		other_alert(subject, rule, alert, printed, out);
}
