/*
 * Rules about clocks: what the hellos of two hosts say of each other's time, and a judge of certificates
 * whose clock must be wrong. Called through the table in findings.c. The vendor wants the controller's clock
 * the same as the engine's or ahead of it (facts.md section 6): ahead is no finding.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/clocks.h"
#include "analyzer/pairs.h"

#include <inttypes.h>
#include <stdio.h>

/* "4 min 10 s", "61 days 2 h": the two largest units. */
static const char *apart(int64_t seconds, char text[RULE_TEXT])
{
	enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };
	int64_t s = seconds < 0 ? -seconds : seconds;
	if (s >= 2 * DAY)
		snprintf(text, RULE_TEXT, "%" PRId64 " days %" PRId64 " h", s / DAY, s % DAY / HOUR);
	else if (s >= HOUR)
		snprintf(text, RULE_TEXT, "%" PRId64 " h %" PRId64 " min", s / HOUR, s % HOUR / MINUTE);
	else if (s >= MINUTE)
		snprintf(text, RULE_TEXT, "%" PRId64 " min %" PRId64 " s", s / MINUTE, s % MINUTE);
	else
		snprintf(text, RULE_TEXT, "%" PRId64 " s", s);
	return text;
}

/* Seconds that the controller's clock is ahead of the engine's. */
static bool controller_ahead(const struct model *model, const struct session *session, int64_t *ahead)
{
	return clocks_compare(model->clocks, &session->addr[session->controller],
	                      &session->addr[session_engine(session)], ahead);
}

void clock_tell(const struct subject *subject, struct finding *finding)
{
	char text[RULE_TEXT];
	int64_t ahead;
	if (!controller_ahead(subject->model, subject->session, &ahead))
		return;
	if (ahead >= -CLOCKS_WITHIN && ahead <= CLOCKS_WITHIN)
		rule_cause(finding, "By their hellos both clocks show the same time.");
	else
		rule_cause(finding, "By their hellos the controller's clock is %s %s the engine's.",
		           apart(ahead, text), ahead < 0 ? "behind" : "ahead of");
}

static void advise_ntp(struct finding *finding)
{
	rule_command(finding, "controller", "show clock");
	rule_command(finding, "engine", "date");
	rule_command(finding, "controller (IOS-XE)", "ntp server <address>");
	rule_command(finding, "controller (AireOS)", "config time ntp server 1 <address>");
}

/* ---- two hosts ------------------------------------------------------------------------------------- */

static const char *against_capture(const struct clocks_reading *reading, char text[RULE_TEXT])
{
	char time[RULE_TEXT];
	if (reading->offset == 0)
		snprintf(text, RULE_TEXT, "the same");
	else
		snprintf(text, RULE_TEXT, "%.30s %s", apart(reading->offset, time),
		         reading->offset < 0 ? "behind" : "ahead");
	return text;
}

static void tell_pair(const struct model *model, const struct session *session, int64_t behind,
                      struct finding *finding)
{
	struct clocks_reading of_controller, of_engine;
	char pair[RULE_PAIR], text[RULE_TEXT], other[RULE_TEXT];
	clocks_read(model->clocks, &session->addr[session->controller], &of_controller);
	clocks_read(model->clocks, &session->addr[session_engine(session)], &of_engine);
	rule_summary(
	    finding,
	    "The controller's clock is %s behind the engine's (%s); the vendor wants it the same or ahead.",
	    apart(behind, text), rule_pair(session, pair));
	rule_cause(
	    finding,
	    "The hellos carry each sender's time. By the capture's clock the controller's is %s (%" PRIu32
	    " of %" PRIu32 " hellos), the engine's is %s (%" PRIu32 " of %" PRIu32 ").",
	    against_capture(&of_controller, text), of_controller.agree, of_controller.of,
	    against_capture(&of_engine, other), of_engine.agree, of_engine.of);
	rule_cause(finding,
	           "With a clock that is behind, a new certificate of the engine is not yet valid for the "
	           "controller.");
	rule_evidence(finding, &of_controller.first);
	rule_evidence(finding, &of_controller.last);
	rule_evidence(finding, &of_engine.first);
	rule_evidence(finding, &of_engine.last);
	advise_ntp(finding);
}

void clock_behind(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct model *model = subject->model;
	struct finding *last = NULL;
	uint32_t told = 0, more = 0;
	for (const struct pair *pair = pairs_first(model->pairs); pair != NULL; pair = pair->next) {
		int64_t ahead;
		if (pair->last == NULL || !controller_ahead(model, pair->last, &ahead) ||
		    ahead >= -CLOCKS_WITHIN)
			continue;
		if (told++ >= RULE_PAIRS) {
			more++;
			continue;
		}
		last = rule_finding(rule, out);
		tell_pair(model, pair->last, -ahead, last);
	}
	if (more > 0)
		rule_cause(last, "The same holds for %" PRIu32 " more pair%s.", more, more == 1 ? "" : "s");
}

/* ---- a judge of certificates ----------------------------------------------------------------------- */

/* A self-signed certificate has no chain: certificate_expired can only mean its own date. */
void clock_of_judge(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	char left[RULE_TEXT], date[RULE_TEXT];
	if (alert == NULL || alert->code != TLS_CERTIFICATE_EXPIRED)
		return;
	const struct cert *cert = session_cert(session, alert->dir ^ 1);
	int64_t now = alert->at.time / NS_PER_S;
	if (cert == NULL || !cert->has_dates || !cert->self_signed || now > cert->not_after ||
	    now < cert->not_before)
		return;
	const char *judge = rule_side(session, alert->dir), *owner = rule_side(session, alert->dir ^ 1);
	struct finding *finding = rule_finding(rule, out);
	rule_summary(
	    finding,
	    "The %s says that the %s's certificate has expired, but by the capture's clock it holds for "
	    "another %s (until %s).",
	    judge, owner, apart(cert->not_after - now, left), rule_date(cert->not_after, date));
	rule_cause(
	    finding,
	    "The certificate is self-signed, so no other date can be meant: the %s's clock is at least that "
	    "far ahead, or the clock of the capturing machine is as far behind.",
	    judge);
	clock_tell(subject, finding);
	rule_evidence(finding, &alert->at);
	advise_ntp(finding);
}
