/*
 * Rules about the dates of both sides' certificates, judged at the time of the session and never at the
 * time of reading. Called through the table in findings.c. Chains and names are not looked at.
 */
#include "analyzer/findings/rule.h"

#include <stdio.h>

#define SOON_DAYS 30 /* time enough to order a certificate and to give the new key to every controller */

#define DAY_SECONDS (INT64_C(24) * 3600)

static const struct cert_seen *end_entity(const struct session *session, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_certs; i++) {
		if (session->certs[i].dir == dir)
			return &session->certs[i];
	}
	return NULL;
}

/* An error only where the side that judges this certificate refused, or may have. */
static enum severity severity_of(const struct subject *subject, uint8_t owner)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	if (subject->state != SESSION_FAILED || subject->auth.observed == AUTH_OBSERVED_ACCEPTED)
		return SEVERITY_WARNING;
	if (alert != NULL)
		return alert->dir != owner ? SEVERITY_ERROR : SEVERITY_WARNING;
	bool other_rejected =
	    subject->auth.observed == AUTH_OBSERVED_REJECTED && owner == session->controller;
	return other_rejected ? SEVERITY_WARNING : SEVERITY_ERROR;
}

static void judge(const struct subject *subject, const struct rule *rule, uint8_t dir, struct findings *out)
{
	const struct session *session = subject->session;
	const struct cert_seen *seen = end_entity(session, dir);
	bool not_yet = rule->kind != 0;
	char off[RULE_TEXT], date[RULE_TEXT], at[RULE_TEXT];
	if (seen == NULL || !seen->cert->has_dates)
		return;
	int64_t now = seen->at.time / NS_PER_S;
	int64_t limit = not_yet ? seen->cert->not_before : seen->cert->not_after;
	int64_t beyond = not_yet ? origin_elapsed(now, limit) : origin_elapsed(limit, now);
	if (beyond <= 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	finding->severity = severity_of(subject, dir);
	finding->cure = true;
	int64_t ns = beyond > INT64_MAX / NS_PER_S ? INT64_MAX : beyond * NS_PER_S;
	rule_summary(finding,
	             not_yet ? "The %s's certificate becomes valid only %s after this session (%s)."
	                     : "The %s's certificate expired %s before this session (%s).",
	             rule_side(session, dir), rule_duration(ns, off), rule_date(limit, date));
	rule_cause(finding,
	           "By the capture's clock the certificate was shown at %s. If that clock is right, %s.",
	           rule_date(now, at),
	           not_yet ? "the certificate was made on a machine whose clock ran ahead"
	                   : "the certificate must be renewed");
	rule_evidence(finding, &seen->at);
	const struct alert_seen *alert = session_fatal_alert(session);
	if (alert != NULL && alert->dir != dir)
		rule_evidence(finding, &alert->at);
	rule_advice(finding, "compare the clocks: show clock on the controller, date on the engine");
	rule_command(finding, "controller (IOS-XE)", "ntp server <address>");
	rule_command(finding, "controller (AireOS)", "config time ntp server 1 <address>");
	if (!not_yet)
		rule_advice(finding,
		            "renew the %s's certificate; a new engine key needs a new AuthList entry",
		            rule_side(session, dir));
}

void cert_dates(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	judge(subject, rule, session_engine(subject->session), out);
	judge(subject, rule, subject->session->controller, out);
}

static void judge_soon(const struct subject *subject, const struct rule *rule, uint8_t dir, struct findings *out)
{
	const struct session *session = subject->session;
	const struct cert_seen *seen = end_entity(session, dir);
	char left[RULE_TEXT], date[RULE_TEXT];
	if (seen == NULL || !seen->cert->has_dates)
		return;
	int64_t now = seen->at.time / NS_PER_S;
	int64_t seconds = origin_elapsed(now, seen->cert->not_after);
	if (seconds < 0 || seconds >= SOON_DAYS * DAY_SECONDS || now < seen->cert->not_before)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The %s's certificate expires %s after this session (%s).", rule_side(session, dir),
	             rule_duration(seconds * NS_PER_S, left), rule_date(seen->cert->not_after, date));
	rule_cause(finding,
	           "From then on the %s refuses it and no session comes up. Fewer than %d days are left, judged at "
	           "the time of this session.",
	           rule_side(session, dir ^ 1), SOON_DAYS);
	rule_evidence(finding, &seen->at);
	rule_advice(finding, "renew the %s's certificate in time%s", rule_side(session, dir),
	            dir == session->controller ? "" : "; a new engine key needs a new AuthList entry");
}

void cert_expires_soon(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	judge_soon(subject, rule, session_engine(subject->session), out);
	judge_soon(subject, rule, subject->session->controller, out);
}
