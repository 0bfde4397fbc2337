/*
 * Rules about the list that was given: its fault about a session's certificate, entries that contradict each
 * other, and engines compared with it by their own texts. Called through the table in findings.c. What the
 * controller did is auth.c's; the decision itself is made in authlist_decide.c, never here.
 */
#include "analyzer/findings/rule.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#define PLACE 120 /* characters of a file's name and a line number */

void auth_list_detail(const struct auth_decision *decision, struct finding *finding)
{
	const char *detail = decision->detail;
	if (detail[0] != '\0')
		rule_cause(finding, "%c%s.", toupper((unsigned char)detail[0]), &detail[1]);
}

/* The others name a reason of their own: of X.509, of the protocol, or none. facts.md section 8. */
bool auth_list_is_meant(uint8_t code)
{
	return code == TLS_CERTIFICATE_UNKNOWN || code == TLS_ACCESS_DENIED;
}

/* The controller ended it with an alert of another meaning: the list would have its say only behind that. */
static bool is_beside(const struct subject *subject)
{
	const struct alert_seen *alert = session_fatal_alert(subject->session);
	return alert != NULL && alert->dir == subject->session->controller &&
	       !auth_list_is_meant(alert->code);
}

/* An entry of the right key, but of other bytes than the published hashes cover (facts.md section 6). */
static bool rests_on_inference(const struct auth_decision *decision)
{
	return decision->prediction == AUTH_HASH_KIND && decision->matched != CERT_SPKI_SHA1 &&
	       decision->matched != CERT_SPKI_SHA256;
}

/* Only where the controller refused, or may have. design.md section 9. */
static enum severity list_severity(const struct subject *subject)
{
	const struct alert_seen *alert = session_fatal_alert(subject->session);
	bool by_engine = alert != NULL && alert->dir != subject->session->controller;
	if (rests_on_inference(&subject->auth.decision) &&
	    (subject->auth.observed != AUTH_OBSERVED_REJECTED || is_beside(subject)))
		return SEVERITY_WARNING;
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
		return "The AuthList entry for the engine holds its hash, but of the wrong kind";
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
		if (rests_on_inference(decision))
			return "It was made of other bytes than the controller's own examples, by another "
			       "tool or "
			       "command.";
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

void auth_list_cure(const struct subject *subject, struct finding *finding)
{
	struct auth_fix fix;
	session_auth_fix(subject->model, &subject->auth, &fix);
	advise_fix(&fix, finding);
}

/* The problem of a line that names this MAC address ("": any), NULL when none does. */
static const struct authlist_problem *problem_about(const struct authlist_file *file, const char *mac)
{
	for (size_t i = 0; i < file->n_problems; i++) {
		if (file->problems[i].line != 0 && strstr(file->problems[i].text, mac) != NULL)
			return &file->problems[i];
	}
	return NULL;
}

/* Says of the asked lists which line about this MAC address ("": any) is no whole entry; false when none is.
 */
static bool blame_line(const struct authlist *list, uint32_t one, const char *mac, struct finding *finding)
{
	char problem[AUTHLIST_PROBLEM];
	for (size_t i = 0; i < list->n_files; i++) {
		const struct authlist_file *file = &list->files[i];
		const struct authlist_problem *about = problem_about(file, mac);
		if (about == NULL || file->list == AUTHLIST_NONE ||
		    (one != AUTHLIST_ALL && file->list != one))
			continue;
		rule_cause(finding, "%s: %.80s, %s.",
		           mac[0] != '\0' ? "Its entry is there and not whole"
		                          : "Or its entry is one that could not be read",
		           authlist_file_name(file), authlist_problem_text(about, problem));
		return true;
	}
	return false;
}

/* Why the list is at fault. An entry that could not be read may be the one that is missing. */
static void explain_fault(const struct authlist *list, uint32_t one, const struct auth_decision *decision,
                          const char *mac, struct finding *finding)
{
	bool missing = decision->prediction == AUTH_MAC_NOT_LISTED;
	auth_list_detail(decision, finding);
	if (missing && mac[0] != '\0' && blame_line(list, one, mac, finding))
		return;
	rule_cause(finding, "%s", list_cause(decision));
	if (missing)
		blame_line(list, one, "", finding);
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

/* An engine's own text may be another engine's than this session's: it explains a rejection, and alarms nobody. */
static const struct authlist_engine *stand_in_of(const struct subject *subject)
{
	return subject->auth.observed == AUTH_OBSERVED_REJECTED ? subject->auth.stand_in : NULL;
}

bool auth_list_rejects(const struct subject *subject)
{
	switch (subject->auth.decision.prediction) {
	case AUTH_DAMAGED_ENTRY:
	case AUTH_HASH_KIND:
	case AUTH_HASH_MISMATCH:
	case AUTH_HASH_OTHER_MAC:
	case AUTH_MAC_NOT_LISTED:
		return subject->auth.cert != NULL || stand_in_of(subject) != NULL;
	case AUTH_NO_LIST:
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
	case AUTH_MATCH:
		break;
	}
	return false;
}

/* As the engine says itself. Returns `text`. */
static const char *own_mac(const char *digits, char text[RULE_TEXT])
{
	struct cert named = {.has_mac = false};
	named.has_mac = authtext_mac(digits, named.mac);
	return named.has_mac ? rule_mac(&named, text) : "its MAC cannot be read";
}

/* The certificate's, else what the engine says of itself. */
static struct authlist_key key_of(const struct subject *subject)
{
	if (subject->auth.cert != NULL)
		return authlist_key_of_cert(subject->auth.cert);
	return authlist_key_of_engine(&subject->model->authlist, stand_in_of(subject));
}

static void say_fault(const struct subject *subject, struct finding *finding)
{
	const struct auth_decision *decision = &subject->auth.decision;
	char text[RULE_TEXT], place[PLACE];
	const char *fault = list_fault(decision->prediction);
	bool shown = subject->auth.cert != NULL;
	const char *mac = shown ? rule_mac(subject->auth.cert, text) : own_mac(key_of(subject).mac, text);
	const char *inferred = shown ? "" : ", as inferred from the engine's own text";
	place_of(&subject->model->authlist, decision->entry, place);
	if (is_beside(subject))
		rule_summary(finding, "The list would also reject it: %c%s%s (%s%s).", tolower(fault[0]),
		             &fault[1], inferred, mac, place);
	else
		rule_summary(finding, "%s%s (%s%s)%s", fault, inferred, mac, place,
		             subject->auth.observed == AUTH_OBSERVED_ACCEPTED
		                 ? "; the controller accepted it all the same."
		                 : ".");
}

static void list_fault_found(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct auth_decision *decision = &subject->auth.decision;
	const struct authlist *list = &subject->model->authlist;
	struct finding *finding = rule_finding(rule, out);
	finding->severity = list_severity(subject);
	say_fault(subject, finding);
	explain_fault(list, AUTHLIST_ALL, decision, key_of(subject).mac, finding);
	for (uint32_t i = 0; i < subject->auth.n_evidence; i++)
		rule_evidence(finding, &subject->auth.evidence[i]);
	cite_certificate(subject, finding);
	auth_list_cure(subject, finding);
	finding->cure = finding->cure && !is_beside(subject);
}

static bool has_fault(const struct subject *subject, const struct rule *rule)
{
	return auth_list_rejects(subject) &&
	       subject->auth.decision.prediction == (enum auth_prediction)rule->kind;
}

void auth_list_fault(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	if (has_fault(subject, rule) && !is_beside(subject))
		list_fault_found(subject, rule, out);
}

void auth_list_beside(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	if (has_fault(subject, rule) && is_beside(subject))
		list_fault_found(subject, rule, out);
}

/* ---- entries that contradict each other ------------------------------------------------------------- */

void auth_list_duplicate(const struct subject *subject, const struct rule *rule, struct findings *out)
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

/* The list's file, where no entry of it can be cited. */
static const char *place_of_list(const struct authlist *list, uint32_t one,
                                 const struct authlist_entry *entry, char text[PLACE])
{
	if (entry != NULL)
		return place_of(list, entry, text);
	snprintf(text, PLACE, ", nothing in %.80s", authlist_file_name(&list->files[list->lists[one].file]));
	return text;
}

static void compared(const struct authlist *list, const struct authlist_engine *engine, uint32_t one,
                     const struct auth_decision *decision, struct finding *finding)
{
	const struct authlist_entry *own = authlist_own_entry(list, engine, decision->entry);
	struct auth_fix fix;
	char mac[RULE_TEXT], own_place[PLACE], place[PLACE];
	struct authlist_key key = authlist_key_of_engine(list, engine);
	bool unknown = authlist_is_incomparable(list, engine, decision);
	rule_summary(finding, "%s (%s%s%s).",
	             unknown
	                 ? "The AuthList's hash for the engine is of a digest that the engine's text lacks"
	                 : compared_fault(decision->prediction),
	             own_mac(key.mac, mac),
	             place_of(list, own, own_place), place_of_list(list, one, decision->entry, place));
	if (unknown)
		rule_cause(finding,
		           "So the two cannot be compared: paste the engine's whole answer, with its SHA1 "
		           "and its SHA2 hash.");
	else
		explain_fault(list, one, decision, key.mac, finding);
	finding->engine = engine;
	authlist_fix(list, &key, &fix);
	advise_fix(&fix, finding);
}

void auth_list_comparison(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct authlist *list = &subject->model->authlist;
	struct finding *finding = NULL;
	struct auth_decision decision;
	uint64_t more = 0, pairs = (uint64_t)list->n_engines * list->n_lists;
	char count[RULE_TEXT];
	for (uint64_t i = 0; i < pairs; i++) {
		const struct authlist_engine *engine = &list->engines[i / list->n_lists];
		uint32_t one = (uint32_t)(i % list->n_lists);
		authlist_compare(list, engine, one, &decision);
		if (decision.prediction != (enum auth_prediction)rule->kind)
			continue;
		if (finding != NULL) {
			more++;
			continue;
		}
		finding = rule_finding(rule, out);
		compared(list, engine, one, &decision, finding);
	}
	if (more > 0)
		rule_cause(
		    finding, "The same of %s.",
		    rule_count(more, list->n_lists > 1 ? "further comparison" : "further engine", count));
}
