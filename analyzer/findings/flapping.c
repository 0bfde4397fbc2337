/*
 * The rule about two hosts whose sessions fail one behind the other: how many, how often, whether always the
 * same way, and what changed since the last good one. Called through the table in findings.c. Port checks,
 * refused connections and healthy reconnects are no attempts: only handshakes that began count.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/pairs.h"
#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdio.h>

#define ATTEMPTS  3                /* failures in a row, each within */
#define APART     (300 * NS_PER_S) /* of the one before: engines try again after seconds to minutes */
#define REASON    80
#define CHANGE    120
#define CHANGES   (4 * CHANGE)
#define KEY_SHOWN 4 /* bytes of a key hash that tell it from another */
#define KEY_TEXT  (2 * KEY_SHOWN + 1)
#define SLOWER    4 /* times that an answer takes, and at least */
#define SLOW      (500 * 1000 * NS_PER_US)

/* Failures of a pair, one behind the other. */
struct run {
	const struct session *first, *last;
	uint32_t n;
	uint32_t same;  /* ended like the first one */
	bool recovered; /* a good session came behind it */
};

/* How it ended, in a number that is equal for the same way. */
static uint32_t ending(const struct session *session)
{
	const struct alert_seen *alert = session_fatal_alert(session);
	uint32_t kind = pairs_outcome(session) == PAIRS_DROPPED ? 1 : 0;
	if (alert != NULL)
		return kind << 24 | 1u << 16 | (uint32_t)alert->dir << 8 | alert->code;
	return kind << 24 | (uint32_t)session->closed_by << 8 | session->close;
}

static const char *reason(const struct session *session, char text[REASON])
{
	const struct alert_seen *alert = session_fatal_alert(session);
	char name[RULE_TEXT], close[RULE_TEXT];
	if (alert != NULL)
		snprintf(text, REASON, "fatal %s of the %s", rule_alert(alert->code, name),
		         rule_side(session, alert->dir));
	else
		snprintf(text, REASON, "%s %s", rule_close(session, close),
		         pairs_outcome(session) == PAIRS_DROPPED ? "after the handshake"
		                                                 : "inside the handshake");
	return text;
}

static void lengthen(struct run *run, const struct session *session)
{
	bool follows = run->n > 0 && !run->recovered &&
	               origin_elapsed(run->last->opened.time, session->opened.time) <= APART;
	if (!follows)
		*run = (struct run){.first = session};
	run->last = session;
	run->n++;
	run->same += ending(session) == ending(run->first);
}

/* The longest run of the pair, the later one of equals. */
static struct run longest_run(const struct pair *pair)
{
	struct run best = {0}, run = {0};
	for (const struct session *s = pair->first; s != NULL; s = s->pair_next) {
		enum pairs_outcome outcome = pairs_outcome(s);
		if (outcome == PAIRS_GOOD) {
			run.recovered = true;
			best.recovered = true;
		}
		if (outcome != PAIRS_FAILED && outcome != PAIRS_DROPPED)
			continue;
		lengthen(&run, s);
		if (run.n >= best.n)
			best = run;
	}
	return best;
}

/* ---- what changed ---------------------------------------------------------------------------------- */

/* The latest good handshake in front of the run, also of an evicted session. */
static bool last_good(const struct pair *pair, const struct session *first, struct pairs_handshake *out)
{
	*out = pair->evicted.last_good;
	if (out->session > first->id)
		*out = (struct pairs_handshake){.session = 0};
	for (const struct session *s = first->pair_prev; s != NULL; s = s->pair_prev) {
		if (pairs_outcome(s) != PAIRS_GOOD)
			continue;
		if (s->id > out->session)
			pairs_handshake(s, out);
		break;
	}
	return out->session != 0;
}

static const char *hash(const uint8_t key[32], char text[KEY_TEXT])
{
	int used = 0;
	for (size_t i = 0; i < KEY_SHOWN; i++)
		used += snprintf(&text[used], KEY_TEXT - (size_t)used, "%02x", key[i]);
	return text;
}

static void compare_names(const char *what, const char *a, const char *b, char list[CHANGES])
{
	char change[CHANGE];
	if (a == NULL || b == NULL || strcmp(a, b) == 0)
		return;
	snprintf(change, sizeof change, "%s %s -> %s", what, a, b);
	rule_list(list, CHANGES, "; ", change);
}

/* What both handshakes show, and not in the same way. */
static void compare(const struct pairs_handshake *good, const struct pairs_handshake *bad, char list[CHANGES])
{
	char change[CHANGE], a[RULE_TEXT], b[RULE_TEXT], old[KEY_TEXT], new[KEY_TEXT];
	list[0] = '\0';
	compare_names("version", tls_version_name(good->version), tls_version_name(bad->version), list);
	if (good->cipher != 0 && bad->cipher != 0)
		compare_names("suite", tls_cipher_name(good->cipher), tls_cipher_name(bad->cipher), list);
	if (good->has_key && bad->has_key && memcmp(good->key, bad->key, sizeof good->key) != 0) {
		snprintf(change, sizeof change, "the engine's key hash %s -> %s (first digits)",
		         hash(good->key, old), hash(bad->key, new));
		rule_list(list, CHANGES, "; ", change);
	}
	if (bad->client_certificate != CLIENT_CERTIFICATE_NONE)
		compare_names("client certificate", session_client_certificate_name(good->client_certificate),
		              session_client_certificate_name(bad->client_certificate), list);
	if (good->wait >= 0 && bad->wait >= SLOW && bad->wait / SLOWER > good->wait) {
		snprintf(change, sizeof change, "server_hello after %s -> %s", rule_duration(good->wait, a),
		         rule_duration(bad->wait, b));
		rule_list(list, CHANGES, "; ", change);
	}
}

static void explain(const struct pair *pair, const struct run *run, struct finding *finding)
{
	struct pairs_handshake good, bad;
	char changes[CHANGES], at[RULE_TEXT];
	if (!last_good(pair, run->first, &good)) {
		rule_cause(finding,
		           "No good session of the two came before in this capture; the first bad one is "
		           "session %" PRIu32 ".",
		           run->first->id);
		return;
	}
	pairs_handshake(run->first, &bad);
	compare(&good, &bad, changes);
	rule_cause(finding, "Last good: session %" PRIu32 " of %s. First bad: session %" PRIu32 ".",
	           good.session, rule_date(good.at.time / NS_PER_S, at), bad.session);
	if (changes[0] != '\0')
		rule_cause(finding, "Changed between the two: %s.", changes);
	else
		rule_cause(finding,
		           "Nothing that both handshakes show has changed between the two: look for a change "
		           "of the controller's configuration or AuthList at that time.");
	rule_evidence(finding, &good.at);
}

/* ---- the rule -------------------------------------------------------------------------------------- */

static void tell(const struct pair *pair, const struct run *run, const struct rule *rule,
                 struct findings *out)
{
	char hosts[RULE_PAIR], all[RULE_TEXT], period[RULE_TEXT], over[RULE_TEXT], why[REASON];
	int64_t span = origin_elapsed(run->first->opened.time, run->last->opened.time);
	struct finding *finding = rule_finding(rule, out);
	rule_duration(span, over);
	rule_duration(span / (run->n - 1), period);
	snprintf(all, sizeof all, "%" PRIu32 " of them", run->same);
	rule_summary(finding,
	             "%" PRIu32
	             " sessions between %s failed one behind the other in %s, one every %s; %s the same way: "
	             "%s%s.",
	             run->n, rule_pair(run->first, hosts), over, period, run->same == run->n ? "all" : all,
	             reason(run->first, why), run->recovered ? ". A later one succeeded" : "");
	explain(pair, run, finding);
	if (pair->evicted.sessions > 0)
		rule_cause(finding,
		           "%" PRIu64 " earlier sessions of the two are no longer kept one by one: %" PRIu64
		           " good, %" PRIu64 " failed.",
		           pair->evicted.sessions, pair->evicted.good,
		           pair->evicted.failed + pair->evicted.dropped);
	rule_evidence(finding, &run->first->opened);
	rule_evidence(finding, &run->first->closed);
	rule_evidence(finding, &run->last->opened);
	rule_evidence(finding, &run->last->closed);
	rule_advice(finding, "look at session %" PRIu32 " first: its findings name the cause",
	            run->first->id);
	rule_command(finding, "controller (IOS-XE)", "show nmsp status; show logging | include NMSP");
}

void flapping_pairs(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	uint32_t told = 0, more = 0, first = out->n;
	for (const struct pair *pair = pairs_first(subject->model->pairs); pair != NULL; pair = pair->next) {
		struct run run = longest_run(pair);
		if (run.n < ATTEMPTS)
			continue;
		if (told++ < RULE_PAIRS)
			tell(pair, &run, rule, out);
		else
			more++;
	}
	if (more > 0)
		rule_cause(&out->list[first], "%" PRIu32 " more pair%s of hosts fail%s like this.", more,
		           more == 1 ? "" : "s", more == 1 ? "s" : "");
}
