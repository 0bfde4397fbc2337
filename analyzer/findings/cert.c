/*
 * Rules about the dates of both sides' certificates, judged at the time of the session and never at the
 * time of reading. Called through the table in findings.c. Chains and names are not looked at.
 */
#include "analyzer/findings/rule.h"

#include <stdio.h>

#define SOON_DAYS 30 /* time enough to order a certificate and to give the new key to every controller */

#define ANSWER_TEXT (ALERT_PLACE + 2 * RULE_TEXT)

#define DAY_SECONDS (INT64_C(24) * 3600)

static const struct cert_seen *end_entity(const struct session *session, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_certs; i++) {
		if (session->certs[i].dir == dir)
			return &session->certs[i];
	}
	return NULL;
}

/* Dates explain the alert of the side that judges; some libraries say no more than certificate_unknown. */
static bool explains(const struct alert_seen *alert, uint8_t owner)
{
	return alert != NULL && alert->dir != owner &&
	       (alert->code == TLS_BAD_CERTIFICATE || alert->code == TLS_CERTIFICATE_EXPIRED ||
	        alert->code == TLS_CERTIFICATE_UNKNOWN);
}

/* An error only where the side that judges this certificate refused, or may have. */
static enum severity severity_of(const struct subject *subject, uint8_t owner)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	bool other_rejected =
	    subject->auth.observed == AUTH_OBSERVED_REJECTED && owner == session->controller;
	bool left = session->closed.packet != 0 && session->closed_by == owner;
	if (subject->state != SESSION_FAILED || subject->auth.observed == AUTH_OBSERVED_ACCEPTED)
		return SEVERITY_WARNING;
	if (alert != NULL)
		return explains(alert, owner) ? SEVERITY_ERROR : SEVERITY_WARNING;
	return other_rejected || left || tcp_path_stuck(session, owner) ? SEVERITY_WARNING : SEVERITY_ERROR;
}

/* "; the engine answered fatal bad_certificate(42) 1.9 ms after ...", unless a finding before said so. */
static const char *answer(const struct session *session, const struct alert_seen *alert,
                          const struct findings *out, char text[ANSWER_TEXT])
{
	char name[RULE_TEXT], place[ALERT_PLACE];
	text[0] = '\0';
	if (!rule_cited(out, &alert->at))
		snprintf(text, ANSWER_TEXT, "; the %s answered fatal %s %s", rule_side(session, alert->dir),
		         rule_alert(alert->code, name), alert_place(session, alert, place));
	return text;
}

static void judge(const struct subject *subject, const struct rule *rule, uint8_t dir, struct findings *out)
{
	const struct session *session = subject->session;
	const struct cert_seen *seen = end_entity(session, dir);
	bool not_yet = rule->kind != 0;
	const struct alert_seen *alert = session_fatal_alert(session);
	char off[RULE_TEXT], date[RULE_TEXT], at[RULE_TEXT], answered[ANSWER_TEXT] = "";
	if (seen == NULL || !seen->cert->has_dates)
		return;
	int64_t now = seen->at.time / NS_PER_S;
	int64_t limit = not_yet ? seen->cert->not_before : seen->cert->not_after;
	int64_t beyond = not_yet ? origin_elapsed(now, limit) : origin_elapsed(limit, now);
	if (beyond <= 0)
		return;
	if (explains(alert, dir))
		answer(session, alert, out, answered);
	struct finding *finding = rule_finding(rule, out);
	finding->severity = severity_of(subject, dir);
	finding->cure = true;
	int64_t ns = beyond > INT64_MAX / NS_PER_S ? INT64_MAX : beyond * NS_PER_S;
	rule_summary(finding,
	             not_yet ? "The %s's certificate becomes valid only %s after this session (%s)%s."
	                     : "The %s's certificate expired %s before this session (%s)%s.",
	             rule_side(session, dir), rule_duration(ns, off), rule_date(limit, date), answered);
	rule_cause(finding,
	           "By the capture's clock the certificate was shown at %s. If that clock is right, %s.",
	           rule_date(now, at),
	           not_yet ? "the certificate was made on a machine whose clock ran ahead"
	                   : "the certificate must be renewed");
	rule_evidence(finding, &seen->at);
	if (explains(alert, dir))
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
	           "From then on the %s may refuse it, and then no session comes up. Fewer than %d days are "
	           "left, judged at the time of this session.",
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
