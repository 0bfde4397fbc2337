/*
 * Rules about decrypted requests and subscriptions: no answer, a refusal, services that were never asked for
 * or that the controller does not have. Called through the table in findings.c. They speak only where both
 * directions are whole and the framing names the messages; which framing it rests on is said.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdio.h>

#define SERVICE_TEXT       160
#define SUBSCRIBE_PATIENCE (60 * NS_PER_S) /* an engine subscribes right behind the capabilities */

static const char *framing(const struct session_nmsp *nmsp)
{
	return nmsp->profile->origin == PROFILE_ASSUMED ? "This rests on the assumed framing."
	                                                : "This rests on the framing in use.";
}

/* ---- requests -------------------------------------------------------------------------------------- */

/* Published pairs (facts.md section 2), without echoes. */
static const struct {
	uint32_t request, response;
} requests[] = {
    {13, 14}, {16, 17}, {20, 21}, {NMSP_SERVICE_SUBSCRIBE_REQUEST, NMSP_SERVICE_SUBSCRIBE_RESPONSE}};

static bool transaction(const struct session_nmsp *nmsp, const struct nmsp_kept *kept, uint32_t *id)
{
	struct nmsp_message message;
	if (kept->damaged || !nmsp_decode(nmsp->profile, session_nmsp_bytes(kept), &message))
		return false;
	*id = message.transaction;
	return message.has_transaction;
}

/* The response is there within the patience, or cannot be told: then the request is no evidence. */
static bool answered(const struct session_nmsp *nmsp, const struct nmsp_kept *request, uint32_t type,
                     int64_t until)
{
	uint32_t asked, got;
	if (!transaction(nmsp, request, &asked) || origin_elapsed(request->at.time, until) < ECHO_PATIENCE)
		return true;
	for (const struct nmsp_kept *kept = request->next; kept != NULL; kept = kept->next) {
		if (origin_elapsed(request->at.time, kept->at.time) > ECHO_PATIENCE)
			return false;
		if (kept->type == type && kept->dir != request->dir &&
		    (!transaction(nmsp, kept, &got) || got == asked))
			return true;
	}
	return false;
}

static uint64_t counted(const struct session_nmsp *nmsp, uint32_t type)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		n += nmsp->counts[i].type == type ? nmsp->counts[i].messages : 0;
	return n;
}

static void judge_requests(const struct subject *subject, const struct rule *rule, size_t row,
                           struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	int64_t until = session_nmsp_until(session, subject->now);
	uint32_t type = requests[row].request;
	struct finding finding = {.id = rule->id, .severity = rule->severity};
	uint64_t n = 0;
	/* As many answers as requests: only their transaction ids do not match. */
	if (counted(nmsp, type) <= counted(nmsp, requests[row].response))
		return;
	uint8_t dir = 0;
	for (const struct nmsp_kept *kept = nmsp->oldest; kept != NULL; kept = kept->next) {
		if (kept->type != type || answered(nmsp, kept, requests[row].response, until))
			continue;
		n++;
		dir = kept->dir;
		rule_evidence(&finding, &kept->at);
	}
	if (n == 0)
		return;
	const char *name = nmsp_type_name(nmsp->profile, type);
	char type_text[RULE_TEXT], time[RULE_TEXT];
	snprintf(type_text, sizeof type_text, "TYPE_%" PRIu32, type);
	rule_summary(&finding, "%" PRIu64 " %s of the %s got no answer within %s.", n,
	             name != NULL ? name : type_text, rule_side(session, dir),
	             rule_duration(ECHO_PATIENCE, time));
	rule_cause(&finding, "The %s is too busy, does not know the request, or its service is off. %s",
	           rule_side(session, dir ^ 1), framing(nmsp));
	rule_command(&finding, "controller (IOS-XE)",
	             "show nmsp statistics connection; show nmsp capability");
	*rule_finding(rule, out) = finding;
}

void request_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	if (!nmsp_whole(subject))
		return;
	for (size_t row = 0; row < RULE_COUNT(requests); row++)
		judge_requests(subject, rule, row, out);
}

/* ---- subscriptions --------------------------------------------------------------------------------- */

/* "RSSI MOBILE_STATION, IDS WIPS and 3 more" of a mask. */
static const char *services(uint64_t mask, char text[SERVICE_TEXT])
{
	size_t used = 0;
	uint32_t more = 0;
	text[0] = '\0';
	for (size_t i = 0; i < NMSP_SERVICES; i++) {
		const struct nmsp_service *service = &nmsp_services[i];
		if ((mask >> service->bit & 1) == 0)
			continue;
		if (more > 0 || used > SERVICE_TEXT / 2) {
			more++;
			continue;
		}
		used += (size_t)snprintf(&text[used], SERVICE_TEXT - used, "%s%s %s", used > 0 ? ", " : "",
		                         service->service, service->subservice);
	}
	if (more > 0)
		snprintf(&text[used], SERVICE_TEXT - used, " and %" PRIu32 " more", more);
	else if (used == 0)
		snprintf(text, SERVICE_TEXT, "services that have no published name");
	return text;
}

static void advise_services(struct finding *finding)
{
	rule_command(finding, "controller (IOS-XE)", "show nmsp capability; show nmsp subscription detail");
}

/* The latest one that was answered. */
static const struct nmsp_subscription *latest(const struct session_nmsp *nmsp)
{
	const struct nmsp_subscription *last = NULL;
	for (uint32_t i = 0; i < nmsp->n_subscriptions; i++) {
		if (nmsp->subscriptions[i].answer != NMSP_UNANSWERED)
			last = &nmsp->subscriptions[i];
	}
	return last;
}

void request_refused(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_nmsp *nmsp = subject->session->nmsp;
	char list[SERVICE_TEXT];
	if (!nmsp_whole(subject))
		return;
	const struct nmsp_subscription *last = latest(nmsp);
	if (last == NULL || last->answer != NMSP_REFUSED)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The controller refused the engine's subscription (%s): its answer has a status other "
	             "than 0.",
	             services(last->mask, list));
	rule_cause(finding, "A service of it is switched off on the controller, or it does not have it. %s",
	           framing(nmsp));
	rule_evidence(finding, &last->at);
	rule_evidence(finding, &last->answered);
	advise_services(finding);
}

/* The engine said something that has no published name: it may be a subscription (facts.md section 2). */
static bool unknown_words(const struct session_nmsp *nmsp, uint8_t dir)
{
	for (uint32_t i = 0; i < nmsp->n_counts; i++) {
		if (nmsp->counts[i].dir == dir && !nmsp_documented(nmsp->counts[i].type))
			return true;
	}
	return nmsp->other[dir].messages > 0;
}

void request_no_subscription(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	uint8_t engine = session_engine(session);
	char time[RULE_TEXT];
	if (!nmsp_whole(subject) || session->midstream || nmsp->malformed > 0 ||
	    unknown_words(nmsp, engine) || session_nmsp_capability(nmsp, session->controller) == NULL ||
	    counted(nmsp, NMSP_SERVICE_SUBSCRIBE_REQUEST) > 0)
		return;
	int64_t active = origin_elapsed(nmsp->first.time, nmsp->last.time);
	if (active < SUBSCRIBE_PATIENCE)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The engine subscribed to no service in %s: the controller will send it nothing.",
	             rule_duration(active, time));
	rule_cause(finding,
	           "Both sides talk, but the engine has no map, no licence or no service set for this "
	           "controller. %s",
	           framing(nmsp));
	rule_evidence(finding, &session_nmsp_capability(nmsp, session->controller)->at);
	rule_evidence(finding, &nmsp->last);
	rule_advice(finding,
	            "engine: check that the controller is assigned and the tracking services are on");
	advise_services(finding);
}

void request_not_capable(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_nmsp *nmsp = session->nmsp;
	char list[SERVICE_TEXT];
	if (!nmsp_whole(subject) || nmsp->n_subscriptions == 0)
		return;
	const struct nmsp_capability *able = session_nmsp_capability(nmsp, session->controller);
	const struct nmsp_subscription *asked = &nmsp->subscriptions[nmsp->n_subscriptions - 1];
	/* An accepted subscription shows that the controller has more than it announced. */
	if (able == NULL || (asked->mask & ~able->mask) == 0 || asked->answer == NMSP_ACCEPTED)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The engine asks for services that the controller did not say it has: %s.",
	             services(asked->mask & ~able->mask, list));
	rule_cause(finding, "The controller's release does not have them, or they are switched off there. %s",
	           framing(nmsp));
	rule_evidence(finding, &able->at);
	rule_evidence(finding, &asked->at);
	advise_services(finding);
}
