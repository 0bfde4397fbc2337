/*
 * Rules about what sizes and times of closed records show. Called by the rules about decrypted messages where
 * there are none. Each summary says that it is inferred.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/infer.h"
#include "analyzer/session_nmsp.h"

#include <inttypes.h>

void inferred_echo_silent(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	struct infer_rhythm echo;
	char time[RULE_TEXT], close[RULE_TEXT], usual[RULE_TEXT];
	bool left = session->closed.packet != 0 && session->closed_by == session->controller;
	if (!session_infer_whole(session) || left || !infer_echo(session->infer, &echo))
		return;
	int64_t until = session_nmsp_until(session, subject->now);
	const struct infer_waiting *first = infer_silence(&echo, until);
	if (first == NULL)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The controller has answered no echo for %s (inferred from sizes and times: %" PRIu64
	             " of %" PRIu64 " were answered, within %s), %s.",
	             rule_duration(origin_elapsed(first->at.time, until), time), echo.responses,
	             echo.requests, rule_duration(echo.rtt_usual, usual), rule_close(session, close));
	rule_cause(finding,
	           "Nothing was opened. Records of the engine with at most %" PRIu32
	           " bytes, one every %s, had answers "
	           "of one size and have none any more; a key log would show for certain.",
	           echo.request->size.most, rule_duration(echo.interval, time));
	rule_evidence(finding, &echo.pair->last_answer);
	for (uint32_t i = 0; i < echo.pair->n_waiting; i++)
		rule_evidence(finding, &echo.pair->waiting[i].at);
	nmsp_advise_echo(finding);
}

void inferred_echo_missed(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	struct infer_rhythm echo;
	struct infer_misses misses;
	char count[RULE_TEXT], of[RULE_TEXT], time[RULE_TEXT], every[RULE_TEXT];
	if (!session_infer_whole(session) || !infer_echo(session->infer, &echo))
		return;
	infer_misses(&echo, &misses);
	if (misses.n == 0 || echo.request->first.input != echo.request->last.input) /* else packets are not known by input */
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s got no answer within %s (inferred from sizes and times), of %s%s in all.",
	             rule_count(misses.n, "echo request", count), rule_duration(INFER_PATIENCE, time),
	             echo.at_least ? "at least " : "", rule_count(echo.requests, "request", of));
	rule_cause(finding, "The controller is too busy, or answers get lost on the way.");
	rule_cause(finding,
	           "Nothing was opened. Records of the engine with at most %" PRIu32
	           " bytes, one every %s, have answers of one size, and in between some have none; a key log would "
	           "show for certain.",
	           echo.request->size.most, rule_duration(echo.interval, every));
	for (uint32_t i = 0; i < misses.n && i < ECHO_MISSED_KEPT; i++)
		rule_evidence(finding, &misses.first[i]);
	nmsp_advise_echo(finding);
}
