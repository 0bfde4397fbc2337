/*
 * Rules about what the controller decided: the rejection that was seen, its reason by the alert and by the
 * list, and engines let in that the list does not name. Called through the table in findings.c. Faults of the
 * list are auth_list.c's; the decision itself is made in session_auth.c and authlist.c, never here.
 */
#include "analyzer/findings/rule.h"

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

/* What the list makes of an alert that leaves its reason open. */
static const char *list_why(const struct subject *subject)
{
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
		return subject->auth.decision.disputed
		           ? ", although one of the given AuthLists has the matching entry."
		           : ", although the given AuthList has the matching entry.";
	case AUTH_NO_LIST:
		return list_is_empty(subject) ? "; the given AuthList holds no entry to compare with." : ".";
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
		break;
	}
	return ".";
}

/* The reason as far as the alert gives one, else the list's. */
static const char *why(const struct subject *subject, uint8_t code)
{
	switch (code) {
	case TLS_BAD_CERTIFICATE:
		return ": it does not trust the certificate, or its clock is before the certificate's time.";
	case TLS_UNSUPPORTED_CERTIFICATE:
		return ": the certificate is made for another purpose.";
	case TLS_CERTIFICATE_REVOKED:
		return ": the certificate was revoked.";
	case TLS_CERTIFICATE_EXPIRED:
		return ": by its own clock the certificate has expired.";
	case TLS_UNKNOWN_CA:
		return ": it does not trust the certificate's issuer.";
	default:
		return list_why(subject);
	}
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

/* The list is in order, as far as it was given: what else may be behind the rejection. */
static void explain_match(const struct subject *subject, struct finding *finding)
{
	const struct authlist_entry *entry = subject->auth.decision.entry;
	const struct authlist_file *file =
	    entry != NULL ? &subject->model->authlist.files[entry->file] : NULL;
	if (file != NULL && authlist_is_ios(file) && file->kinds[AUTHTEXT_AUTHORIZATION] == 0) {
		rule_cause(finding,
		           "%s has no line \"aaa authorization credential-download wcm_loc_serv_cert "
		           "local\": without it the controller does not ask its attribute lists.",
		           authlist_file_name(file));
		rule_command(finding, "controller (IOS-XE)",
		             "show running-config | include credential-download");
	}
	rule_cause(finding, "The given list is not the one that this controller uses, it was changed since, "
	                    "or the reason is another.");
}

/* What the given list adds to the alert. */
static void explain_list(const struct subject *subject, struct finding *finding)
{
	const struct auth_decision *decision = &subject->auth.decision;
	if (list_is_empty(subject)) {
		auth_list_detail(decision, finding);
	} else if (decision->prediction == AUTH_NO_LIST) {
		rule_cause(finding, "Give the controller's AuthList with -a to see which entry is at fault.");
	} else if (decision->prediction == AUTH_MATCH && decision->disputed) {
		auth_list_detail(decision, finding);
		rule_cause(finding,
		           "Nothing tells which of the texts is this controller's: if it is one that does "
		           "not allow the certificate, that explains the rejection.");
	} else if (decision->prediction == AUTH_MATCH && !out_of_date(subject)) {
		explain_match(subject, finding);
	}
}

static void advise_reading(struct finding *finding)
{
	rule_command(finding, "controller (IOS-XE)", "show running-config | section aaa attribute list");
	rule_command(finding, "controller (AireOS)", "show auth-list");
	rule_command(finding, "engine (MSE)", "show server-auth-info");
	rule_command(finding, "engine (CMX)", "cmxctl config controllers show");
}

/* What the list says stands in auth-hash-mismatch and so on, where it is not what the alert speaks of. */
static void explain(const struct subject *subject, const struct alert_seen *alert, struct finding *finding)
{
	rule_cause(finding, "%s", alert_means(alert->code));
	if (about_time(alert->code) && out_of_date(subject))
		return;
	if (about_time(alert->code)) {
		if (subject->auth.cert != NULL)
			rule_cause(finding, "By the capture's clock the certificate's dates hold, so compare "
			                    "the controller's clock.");
	}
	if (!auth_list_is_meant(alert->code)) {
		alert_advise(alert->code, finding);
		return;
	}
	explain_list(subject, finding);
	if (subject->auth.decision.prediction == AUTH_MATCH && subject->auth.decision.disputed)
		auth_list_cure(subject, finding);
	else
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
		auth_list_detail(&subject->auth.decision, finding);
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

/* ---- engines let in all the same ---------------------------------------------------------------------- */

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
