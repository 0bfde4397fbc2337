/*
 * Rules about debug traces: lines that are missing, and what is said otherwise of a session of a trace than
 * of one in a capture. Called through the table in findings.c and by the rules of other families.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_trace.h"

#include <inttypes.h>
#include <stdio.h>

#define NAMED_RANGES 4 /* of lost lines, in the summary */

static const char *judgement(const struct session_trace *trace)
{
	if (trace->not_validated.packet != 0 || trace->answer == TRACE_ANSWER_NO)
		return " and did not validate it against its AuthList";
	return trace->not_verified ? " and did not verify it" : "";
}

void trace_rejected(const struct subject *subject, struct finding *finding)
{
	const struct session *session = subject->session;
	const struct session_trace *trace = session->trace;
	const struct alert_seen *alert = session_fatal_alert(session);
	const struct trace_event *event = alert != NULL ? session_trace_event(trace, &alert->at) : NULL;
	char name[RULE_TEXT], answer[96] = "", state[RULE_TEXT] = "";
	if (alert != NULL)
		snprintf(answer, sizeof answer, ", and answered fatal %s", rule_alert(alert->code, name));
	if (event != NULL)
		snprintf(state, sizeof state, " at state 0x%04x", (unsigned)event->state);
	rule_summary(finding, "Rejected by the controller: it got the engine's certificate%s%s%s.",
	             judgement(trace), answer, state);
	if (trace->error == TRACE_ERROR_NOT_VERIFIED)
		rule_cause(finding, "Error 140890B2 reads \"no certificate returned\", but means that the "
		                    "certificate was not verified, not that none was sent.");
}

void trace_midstream(const struct subject *subject, struct finding *finding)
{
	if (session_trace_syslog(subject->session)) {
		rule_summary(finding, "A line of the syslog is all there is of this connection: the controller "
		                      "closed it.");
		rule_cause(finding, "The line does not say why, nor what was decided before.");
		rule_advice(finding, "capture between controller and engine, and restart the connection from the "
		                     "engine");
		return;
	}
	rule_summary(finding, "The trace begins behind the start of this connection.");
	rule_cause(finding, "%s",
	           subject->handshake == HANDSHAKE_COMPLETE
	               ? "Its first lines are missing; the end of the handshake is there."
	               : "What was decided before its first line is not known.");
	rule_command(finding, "controller (IOS-XE)",
	             "set trace nmsp connection level debug; show trace messages nmsp");
	rule_advice(finding, "then restart the connection from the engine");
}

void trace_no_session(const struct subject *subject, struct finding *finding)
{
	const struct capture *capture = &subject->model->capture;
	uint64_t lines = 0, understood = 0;
	char of[RULE_TEXT];
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		const struct trace_reading *reading = capture->inputs[i].trace;
		lines += reading->lines;
		understood += reading->understood;
		rule_evidence(finding, &capture->inputs[i].last);
	}
	rule_summary(finding, "No NMSP connection in %s of trace, of which %" PRIu64 " %s understood.",
	             rule_count(lines, "line", of), understood, understood == 1 ? "was" : "were");
	rule_cause(finding,
	           "The trace was off or too coarse while the engine tried to connect, or this is the "
	           "trace of another process.");
	rule_command(finding, "controller (IOS-XE)", "set trace nmsp connection level debug");
}

/* ---- lost lines ---- */

static void name_range(const struct trace_range *range, char text[RULE_TEXT])
{
	if (range->from == range->to)
		snprintf(text, RULE_TEXT, "%" PRIx32, range->from);
	else
		snprintf(text, RULE_TEXT, "%" PRIx32 " to %" PRIx32, range->from, range->to);
}

/* The first few ranges: "a46, b03 to b08 and 2 more". */
static void name_ranges(const struct capture *capture, char *text, size_t room, struct finding *finding)
{
	uint64_t named = 0, all = 0;
	size_t used = 0;
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		const struct trace_reading *reading = capture->inputs[i].trace;
		uint64_t n = reading == NULL ? 0 : reading->n_ranges;
		all += n;
		for (uint64_t k = 0; k < n && k < LIMIT_TRACE_RANGES && named < NAMED_RANGES; k++, named++) {
			char one[RULE_TEXT];
			name_range(&reading->ranges[k], one);
			rule_evidence(finding, &reading->ranges[k].at);
			used +=
			    (size_t)snprintf(&text[used], room - used, "%s%s", named > 0 ? ", " : "", one);
		}
	}
	if (all > named)
		snprintf(&text[used], room - used, " and %" PRIu64 " more place%s", all - named,
		         all - named == 1 ? "" : "s");
}

void trace_lines_lost(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	uint64_t lost = 0;
	char count[RULE_TEXT], ranges[NAMED_RANGES * RULE_TEXT + RULE_TEXT] = "";
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		lost += capture->inputs[i].trace != NULL ? capture->inputs[i].trace->lost : 0;
	if (lost == 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	name_ranges(capture, ranges, sizeof ranges, finding);
	rule_summary(finding, "%s %s missing from the trace: sequence number%s %s.",
	             rule_count(lost, "line", count), lost == 1 ? "is" : "are", lost == 1 ? "" : "s", ranges);
	rule_cause(finding,
	           "The paste left something out, or the controller's buffer overran. What a session around "
	           "it does not show may have stood there.");
	rule_command(finding, "controller (IOS-XE), paste it whole", "show trace messages nmsp");
}
