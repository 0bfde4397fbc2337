/*
 * Rules about the controller's AuthList: the rejection that was seen, the fault of the list that explains
 * it, and engines let in that the list does not name. Called through the table in findings.c. The decision
 * itself is made in session_auth.c and authlist.c, never here.
 */
#include "analyzer/findings/rule.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#define PLACE 120 /* characters of a file's name and a line number */

static bool about_time(uint8_t code)
{
	return code == TLS_CERTIFICATE_EXPIRED || code == TLS_BAD_CERTIFICATE;
}

/* The certificate's dates do not hold at the session's time. */
static bool out_of_date(const struct subject *subject)
{
	const struct cert *cert = subject->auth.cert;
	int64_t now = subject->session->opened.time / NS_PER_S;
	return cert != NULL && cert->has_dates && (now > cert->not_after || now < cert->not_before);
}

/* The list as it was given holds nothing that could be compared. */
static bool list_is_empty(const struct subject *subject)
{
	return subject->auth.decision.prediction == AUTH_NO_LIST && subject->model->authlist.n_files > 0;
}

/* Alerts of X.509 that name their own reason: a fault of the list stands beside it and is not the cause. */
static bool names_its_reason(uint8_t code)
{
	return code == TLS_UNSUPPORTED_CERTIFICATE || code == TLS_CERTIFICATE_REVOKED ||
	       code == TLS_CERTIFICATE_EXPIRED;
}

static const char *why(const struct subject *subject, uint8_t code)
{
	if (names_its_reason(code) && subject->auth.decision.prediction != AUTH_MATCH)
		return ".";
	switch (subject->auth.decision.prediction) {
	case AUTH_DAMAGED_ENTRY:
		return ": the AuthList entry for it is damaged.";
	case AUTH_HASH_KIND:
		return ": the AuthList entry for it holds a hash of the wrong kind.";
	case AUTH_HASH_MISMATCH:
		return ": the AuthList entry for that MAC has another key hash.";
	case AUTH_HASH_OTHER_MAC:
		return ": the AuthList has its key hash under another MAC.";
	case AUTH_MAC_NOT_LISTED:
		return ": the AuthList has no entry for that MAC.";
	case AUTH_MATCH:
		return ", although the given AuthList has the matching entry.";
	case AUTH_NO_LIST:
		return list_is_empty(subject) ? "; the given AuthList holds no entry to compare with." : ".";
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
		break;
	}
	return ".";
}

/* facts.md section 8. */
static const char *alert_means(uint8_t code)
{
	switch (code) {
	case TLS_BAD_CERTIFICATE:
		return "bad_certificate: not trusted, or not yet valid by the controller's clock.";
	case TLS_UNSUPPORTED_CERTIFICATE:
		return "unsupported_certificate: the certificate is for another purpose.";
	case TLS_CERTIFICATE_REVOKED:
		return "certificate_revoked: its issuer took it back.";
	case TLS_CERTIFICATE_EXPIRED:
		return "certificate_expired: past its date by the controller's clock.";
	case TLS_CERTIFICATE_UNKNOWN:
		return "certificate_unknown: a reason outside X.509, that is the AuthList or the key hash in "
		       "it.";
	case TLS_UNKNOWN_CA:
		return "unknown_ca: the chain or the self-signed certificate is not accepted.";
	default:
		return "access_denied: the certificate is valid, and its owner is not allowed.";
	}
}

static bool ios_without_entry(const struct authlist *list)
{
	for (size_t i = 0; i < list->n_files; i++) {
		if (list->files[i].side == AUTHLIST_CONTROLLER && list->files[i].entries == 0)
			return true;
	}
	return false;
}

/* The detail of the decision as a sentence. */
static void add_detail(const struct auth_decision *decision, struct finding *finding)
{
	const char *detail = decision->detail;
	if (detail[0] != '\0')
		rule_cause(finding, "%c%s.", toupper((unsigned char)detail[0]), &detail[1]);
}

/* An entry of the right key, but of other bytes than the published hashes cover (facts.md section 6). */
static bool rests_on_another_hash(const struct auth_decision *decision)
{
	return !decision->entry->pem && decision->matched != CERT_SPKI_SHA1 &&
	       decision->matched != CERT_SPKI_SHA256;
}

/* What the given list adds to the alert. */
static void explain_list(const struct subject *subject, struct finding *finding)
{
	const struct auth_decision *decision = &subject->auth.decision;
	if (list_is_empty(subject)) {
		add_detail(decision, finding);
		if (ios_without_entry(&subject->model->authlist))
			rule_cause(finding, "If the controller's configuration reads like that, that alone "
			                    "explains the rejection.");
	} else if (decision->prediction == AUTH_NO_LIST) {
		rule_cause(finding, "Give the controller's AuthList with -a to see which entry is at fault.");
	} else if (decision->prediction == AUTH_MATCH && rests_on_another_hash(decision)) {
		rule_cause(finding,
		           "The entry holds the %s; the hash of the SubjectPublicKeyInfo is very likely the "
		           "one that "
		           "counts.",
		           cert_hash_label(decision->matched));
	} else if (decision->prediction == AUTH_MATCH && !out_of_date(subject)) {
		rule_cause(finding,
		           "The given list is not the one that this controller uses, or the reason is "
		           "another.");
	}
}

static void advise_reading(struct finding *finding)
{
	rule_command(finding, "controller (IOS-XE)", "show running-config | section aaa attribute list");
	rule_command(finding, "controller (AireOS)", "show auth-list");
	rule_command(finding, "engine (MSE)", "show server-auth-info");
	rule_command(finding, "engine (CMX)", "cmxctl config controllers show");
}

/*
 * Dates that do not hold explain these alerts, and certificate-expired or -not-yet-valid says the rest. 45
 * speaks of a date and never of the list (facts.md section 8).
 */
static void explain(const struct subject *subject, const struct alert_seen *alert, struct finding *finding)
{
	rule_cause(finding, "%s", alert_means(alert->code));
	if (about_time(alert->code) && out_of_date(subject))
		return;
	if (about_time(alert->code)) {
		if (subject->auth.cert != NULL)
			rule_cause(finding, "By the capture's clock the certificate's dates hold, so compare "
			                    "the controller's clock.");
		rule_advice(finding, "compare the clocks: show clock on the controller, date on the engine; "
		                     "then set NTP on both");
	}
	if (alert->code == TLS_CERTIFICATE_EXPIRED && subject->auth.cert != NULL)
		return;
	explain_list(subject, finding);
	advise_reading(finding);
}

static void inferred_rejection(const struct subject *subject, struct finding *finding)
{
	const struct session *session = subject->session;
	char time[RULE_TEXT];
	int64_t wait = origin_elapsed(session->tls.first_protected[session_engine(session)].time,
	                              session->tls.last_protected[session->controller].time);
	rule_summary(finding,
	             "Rejected by the controller (inferred): %s after the engine's encrypted flight it sent "
	             "one record of an "
	             "alert's size and closed the connection.",
	             rule_duration(wait, time));
	rule_cause(
	    finding,
	    "TLS 1.3 encrypts certificate and alert. The likely reasons: the engine's certificate is not in "
	    "the AuthList, it sent none, or it is out of date. A key log would show which.");
	advise_reading(finding);
}

/* A trace has the controller's own words, and may lack the alert. */
static void explain_trace(const struct subject *subject, const struct alert_seen *alert,
                          struct finding *finding)
{
	trace_rejected(subject, finding);
	if (subject->auth.stand_in != NULL && subject->auth.decision.prediction == AUTH_MATCH)
		add_detail(&subject->auth.decision, finding);
	if (alert != NULL) {
		explain(subject, alert, finding);
		return;
	}
	explain_list(subject, finding);
	advise_reading(finding);
}

/* Where the controller's trace says the same. */
static void cite_trace(const struct subject *subject, struct finding *finding)
{
	struct session_auth told;
	if (subject->session->traced == NULL)
		return;
	session_auth(subject->model, subject->session->traced, &told);
	if (told.observed != subject->auth.observed)
		return;
	for (uint32_t i = 0; i < told.n_evidence; i++)
		rule_evidence(finding, &told.evidence[i]);
}

void auth_rejected(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_auth *auth = &subject->auth;
	const struct alert_seen *alert = session_fatal_alert(session);
	char name[RULE_TEXT], mac[RULE_TEXT];
	if (auth->observed != AUTH_OBSERVED_REJECTED)
		return;
	struct finding *finding = rule_finding(rule, out);
	for (uint32_t i = 0; i < auth->n_evidence; i++)
		rule_evidence(finding, &auth->evidence[i]);
	cite_trace(subject, finding);
	if (session->trace != NULL) {
		explain_trace(subject, alert, finding);
		return;
	}
	if (alert == NULL && !auth->inferred && session->traced != NULL) {
		struct subject printed = *subject;
		printed.session = session->traced;
		explain_trace(&printed, session_fatal_alert(session->traced), finding);
		return;
	}
	if (alert == NULL) {
		inferred_rejection(subject, finding);
		return;
	}
	bool asked = session_step(session, STEP_CERTIFICATE_REQUEST, session->controller) != NULL;
	bool dates = about_time(alert->code) && out_of_date(subject);
	rule_summary(finding, "Rejected by the controller: it %s (%s), and answered fatal %s%s",
	             asked ? "asked the engine for a certificate, got one" : "got the engine's certificate",
	             rule_mac(auth->cert, mac), rule_alert(alert->code, name),
	             dates ? ": the certificate's dates do not hold." : why(subject, alert->code));
	explain(subject, alert, finding);
}

/* ---- the list -------------------------------------------------------------------------------------- */

/* Only where the controller refused, or may have. design.md section 9. */
static enum severity list_severity(const struct subject *subject)
{
	const struct alert_seen *alert = session_fatal_alert(subject->session);
	bool by_engine = alert != NULL && alert->dir != subject->session->controller;
	if (subject->auth.observed == AUTH_OBSERVED_REJECTED)
		return SEVERITY_ERROR;
	if (subject->auth.observed == AUTH_OBSERVED_NONE && subject->state == SESSION_FAILED && !by_engine)
		return SEVERITY_ERROR;
	return SEVERITY_WARNING;
}

static const char *list_fault(enum auth_prediction prediction)
{
	switch (prediction) {
	case AUTH_DAMAGED_ENTRY:
		return "The AuthList entry for the engine's certificate is damaged";
	case AUTH_HASH_KIND:
		return "The AuthList entry for the engine holds its key hash, but of the wrong kind";
	case AUTH_HASH_MISMATCH:
		return "The AuthList entry for the engine has another key hash";
	case AUTH_HASH_OTHER_MAC:
		return "The AuthList has the engine's key hash, but not under the engine's MAC";
	default:
		return "The AuthList has no entry for the engine";
	}
}

static const char *list_cause(const struct auth_decision *decision)
{
	switch (decision->prediction) {
	case AUTH_DAMAGED_ENTRY:
		return "The entry was typed or pasted wrongly.";
	case AUTH_HASH_KIND:
		return "40 digits are SHA-1, 64 are SHA-256: IOS-XE and sha256-lbs-ssc want 64, lbs-ssc "
		       "wants 40.";
	case AUTH_HASH_MISMATCH:
		if (decision->entry != NULL && decision->entry->hash.damage != 0)
			return "The entry was typed or pasted wrongly, or it was made for another "
			       "certificate of the engine.";
		return "The engine has got a new certificate since the entry was made (new installation, "
		       "renewed key), or "
		       "another machine uses its MAC.";
	case AUTH_HASH_OTHER_MAC:
		return "The engine is a clone or one of a high-availability pair, or its certificate names "
		       "another interface.";
	default:
		return "The engine was never added to this controller, or it was replaced.";
	}
}

/* The lines to paste, without their comments (IOS-XE first, then AireOS), and the other way. */
static void advise_fix(const struct auth_fix *fix, struct finding *finding)
{
	if (fix->lines == 0) {
		rule_command(finding, "engine (MSE)", "show server-auth-info");
		rule_command(finding, "engine (CMX)", "cmxctl config controllers show");
		return;
	}
	finding->cure = true;
	rule_cause(finding, "To paste: username, aaa attribute list and password for IOS-XE, or config "
	                    "auth-list for AireOS.");
	for (uint32_t i = 0; i < fix->lines; i++) {
		if (fix->line[i][0] != '!')
			rule_advice(finding, "%s", fix->line[i]);
	}
	rule_advice(
	    finding,
	    "or synchronise again from the management system, which pushes the hash: it needs SNMP "
	    "read-write on UDP 161 (AireOS, converged access), or SSH with privilege 15 (Catalyst 9800)");
}

/* An entry that could not be read may be the one that is missing. */
static void blame_problems(const struct authlist *list, struct finding *finding)
{
	char problem[AUTHLIST_PROBLEM];
	for (size_t i = 0; i < list->n_files; i++) {
		if (list->files[i].n_problems == 0)
			continue;
		rule_cause(finding, "Or its entry is one that could not be read: %.80s, %s.",
		           authlist_file_name(&list->files[i]),
		           authlist_problem_text(&list->files[i].problems[0], problem));
		return;
	}
}

static void cite_certificate(const struct subject *subject, struct finding *finding)
{
	for (uint32_t i = 0; i < subject->session->n_certs; i++) {
		if (subject->session->certs[i].cert == subject->auth.cert)
			rule_evidence(finding, &subject->session->certs[i].at);
	}
}

/* ", wlc.txt line 3"; "" without an entry. Returns `text`. */
static const char *place_of(const struct authlist *list, const struct authlist_entry *entry, char text[PLACE])
{
	text[0] = '\0';
	if (entry != NULL)
		snprintf(text, PLACE, ", %.80s line %" PRIu32, authlist_file_name(&list->files[entry->file]),
		         entry->line);
	return text;
}

/* As the engine says itself. Returns `text`. */
static const char *own_mac(const struct authlist *list, const struct authlist_engine *engine,
                           char text[RULE_TEXT])
{
	struct authlist_key key = authlist_key_of_engine(list, engine);
	struct cert named = {.has_mac = false};
	named.has_mac = authtext_mac(key.mac, named.mac);
	return named.has_mac ? rule_mac(&named, text) : "its MAC cannot be read";
}

/* An engine's own text may be another engine's than this session's: it explains a rejection, and alarms
 * nobody. */
void auth_list_fault(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct authlist_engine *stand_in =
	    subject->auth.observed == AUTH_OBSERVED_REJECTED ? subject->auth.stand_in : NULL;
	const struct auth_decision *decision = &subject->auth.decision;
	const struct authlist *list = &subject->model->authlist;
	char mac[RULE_TEXT], place[PLACE];
	struct auth_fix fix;
	if (decision->prediction != (enum auth_prediction)rule->kind ||
	    (subject->auth.cert == NULL && stand_in == NULL))
		return;
	struct finding *finding = rule_finding(rule, out);
	finding->severity = list_severity(subject);
	rule_summary(finding, "%s%s (%s%s)%s", list_fault(decision->prediction),
	             stand_in != NULL ? ", as inferred from the engine's own text" : "",
	             stand_in != NULL ? own_mac(list, stand_in, mac) : rule_mac(subject->auth.cert, mac),
	             place_of(list, decision->entry, place),
	             subject->auth.observed == AUTH_OBSERVED_ACCEPTED
	                 ? "; the controller accepted it all the same."
	                 : ".");
	add_detail(decision, finding);
	rule_cause(finding, "%s", list_cause(decision));
	if (decision->prediction == AUTH_MAC_NOT_LISTED)
		blame_problems(list, finding);
	for (uint32_t i = 0; i < subject->auth.n_evidence; i++)
		rule_evidence(finding, &subject->auth.evidence[i]);
	cite_certificate(subject, finding);
	session_auth_fix(subject->model, &subject->auth, &fix);
	advise_fix(&fix, finding);
}

void auth_accepted_unlisted(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_auth *auth = &subject->auth;
	char mac[RULE_TEXT];
	enum auth_prediction said = auth->decision.prediction;
	if (auth->observed != AUTH_OBSERVED_ACCEPTED || auth->cert == NULL ||
	    (said != AUTH_MAC_NOT_LISTED && said != AUTH_HASH_MISMATCH && said != AUTH_HASH_OTHER_MAC))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The controller accepted an engine (%s) that the given AuthList does not allow.",
	             rule_mac(auth->cert, mac));
	rule_cause(finding,
	           "The given list is not the one that this controller uses, it was changed since, or the "
	           "controller accepts engines without looking.");
	for (uint32_t i = 0; i < auth->n_evidence; i++)
		rule_evidence(finding, &auth->evidence[i]);
	rule_command(finding, "controller (IOS-XE)", "show running-config | section aaa attribute list");
	rule_command(finding, "controller (AireOS)", "show auth-list");
}

/* ---- entries that contradict each other ------------------------------------------------------------- */

void auth_duplicate_entry(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct authlist *list = &subject->model->authlist;
	const struct cert *cert = subject->auth.cert;
	const struct authlist_entry *pair[2];
	char mac[RULE_TEXT];
	if (cert == NULL || !cert->has_mac || list->n_allowing < 2)
		return;
	if (!authlist_duplicate(list, authlist_key_of_cert(cert).mac, pair))
		return;
	bool same = strcmp(pair[0]->hash.text, pair[1]->hash.text) == 0;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "%.80s has two entries for the engine (%s), lines %" PRIu32 " and %" PRIu32 ", with %s.",
	             authlist_file_name(&list->files[pair[0]->file]), rule_mac(cert, mac), pair[0]->line,
	             pair[1]->line, same ? "the same hash" : "different hashes");
	rule_cause(finding,
	           same ? "One of them is superfluous."
	                : "Which of them the controller uses cannot be told from the text; this report "
	                  "takes the one that fits best.");
	cite_certificate(subject, finding);
	rule_advice(finding, "keep one entry for each MAC address and digest");
}

/* ---- texts of both sides, compared without a capture ------------------------------------------------ */

static const char *compared_fault(enum auth_prediction prediction)
{
	switch (prediction) {
	case AUTH_DAMAGED_ENTRY:
		return "Engine and AuthList differ by a typing error";
	case AUTH_HASH_KIND:
		return "The AuthList holds the engine's key hash, but of the wrong kind";
	case AUTH_HASH_MISMATCH:
		return "The AuthList has another key hash than the engine says of itself";
	case AUTH_HASH_OTHER_MAC:
		return "The AuthList has the engine's key hash, but not under the engine's MAC";
	default:
		return "The AuthList has no entry for the engine";
	}
}

static void compared(const struct authlist *list, const struct authlist_engine *engine,
                     const struct auth_decision *decision, struct finding *finding)
{
	const struct authlist_entry *own = authlist_own_entry(list, engine, decision->entry);
	struct auth_fix fix;
	char mac[RULE_TEXT], own_place[PLACE], place[PLACE];
	struct authlist_key key = authlist_key_of_engine(list, engine);
	rule_summary(finding, "%s (%s%s%s).", compared_fault(decision->prediction),
	             own_mac(list, engine, mac), place_of(list, own, own_place),
	             place_of(list, decision->entry, place));
	add_detail(decision, finding);
	rule_cause(finding, "%s", list_cause(decision));
	if (decision->prediction == AUTH_MAC_NOT_LISTED)
		blame_problems(list, finding);
	finding->engine = engine;
	authlist_fix(&key, &fix);
	advise_fix(&fix, finding);
}

void auth_comparison(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct authlist *list = &subject->model->authlist;
	struct finding *finding = NULL;
	struct auth_decision decision;
	uint64_t more = 0;
	char count[RULE_TEXT];
	for (size_t i = 0; i < list->n_engines && list->n_allowing > 0; i++) {
		authlist_compare(list, &list->engines[i], &decision);
		if (decision.prediction != (enum auth_prediction)rule->kind)
			continue;
		if (finding != NULL) {
			more++;
			continue;
		}
		finding = rule_finding(rule, out);
		compared(list, &list->engines[i], &decision, finding);
	}
	if (more > 0)
		rule_cause(finding, "The same of %s.", rule_count(more, "further engine", count));
}
