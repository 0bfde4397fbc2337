/*
 * The table of findings, their order, and the verdict. Called by every output; each rule is a row here and
 * a function in the file of its family. Never looks at packets: only at the const model.
 */
#include "analyzer/findings/findings.h"

#include "analyzer/findings/rule.h"
#include "analyzer/findings/verdict.h"

#include <assert.h>
#include <stdio.h>

/* In order of cause: what comes first explains what follows. tls-alert looks at the errors before it. */
static const struct rule session_rules[] = {
    {"tcp-unanswered", SEVERITY_ERROR, tcp_unanswered, 0},
    {"tcp-refused", SEVERITY_ERROR, tcp_refused, 0},
    {"tcp-no-tls", SEVERITY_ERROR, tcp_no_tls, 0},
    {"udp-unanswered", SEVERITY_ERROR, udp_unanswered, 0},
    {"udp-refused", SEVERITY_ERROR, udp_refused, 0},
    {"tls-not-tls", SEVERITY_ERROR, tls_not_tls, 0},
    {"tls-version", SEVERITY_ERROR, offer_version, 0},
    {"tls-no-shared-cipher", SEVERITY_ERROR, offer_no_shared_cipher, 0},
    {"auth-rejected", SEVERITY_ERROR, auth_rejected, 0},
    {"tls-empty-certificate", SEVERITY_ERROR, tls_empty_certificate, 0},
    {"auth-damaged-entry", SEVERITY_ERROR, auth_list_fault, AUTH_DAMAGED_ENTRY},
    {"auth-hash-kind", SEVERITY_ERROR, auth_list_fault, AUTH_HASH_KIND},
    {"auth-hash-mismatch", SEVERITY_ERROR, auth_list_fault, AUTH_HASH_MISMATCH},
    {"auth-hash-other-mac", SEVERITY_ERROR, auth_list_fault, AUTH_HASH_OTHER_MAC},
    {"auth-mac-not-listed", SEVERITY_ERROR, auth_list_fault, AUTH_MAC_NOT_LISTED},
    {"certificate-expired", SEVERITY_ERROR, cert_dates, false},
    {"certificate-not-yet-valid", SEVERITY_ERROR, cert_dates, true},
    {"tls-alert", SEVERITY_ERROR, alert_fatal, 0},
    {"auth-damaged-entry", SEVERITY_ERROR, auth_list_beside, AUTH_DAMAGED_ENTRY},
    {"auth-hash-kind", SEVERITY_ERROR, auth_list_beside, AUTH_HASH_KIND},
    {"auth-hash-mismatch", SEVERITY_ERROR, auth_list_beside, AUTH_HASH_MISMATCH},
    {"auth-hash-other-mac", SEVERITY_ERROR, auth_list_beside, AUTH_HASH_OTHER_MAC},
    {"auth-mac-not-listed", SEVERITY_ERROR, auth_list_beside, AUTH_MAC_NOT_LISTED},
    {"tls-stalled", SEVERITY_ERROR, tls_stalled, 0},
    {"echo-silent", SEVERITY_ERROR, nmsp_echo_silent, 0},
    {"subscription-refused", SEVERITY_ERROR, request_refused, 0},
    {"tcp-reset", SEVERITY_WARNING, tcp_path_reset, 0},
    {"tcp-path-mtu", SEVERITY_WARNING, tcp_path_mtu, 0},
    {"tcp-zero-window", SEVERITY_WARNING, tcp_path_zero_window, 0},
    {"tcp-retransmissions", SEVERITY_WARNING, tcp_path_retransmissions, 0},
    {"auth-accepted-unlisted", SEVERITY_WARNING, auth_accepted_unlisted, 0},
    {"time-skew", SEVERITY_WARNING, clock_of_judge, 0},
    {"certificate-expires-soon", SEVERITY_WARNING, cert_expires_soon, 0},
    {"tls-weak", SEVERITY_WARNING, weak_tls, 0},
    {"tls-no-certificate-request", SEVERITY_WARNING, tls_no_certificate_request, 0},
    {"echo-missed", SEVERITY_WARNING, nmsp_echo_missed, 0},
    {"echo-none", SEVERITY_WARNING, nmsp_echo_none, 0},
    {"echo-slow", SEVERITY_WARNING, nmsp_echo_slow, 0},
    {"request-unanswered", SEVERITY_WARNING, request_unanswered, 0},
    {"subscription-missing", SEVERITY_WARNING, request_no_subscription, 0},
    {"service-not-capable", SEVERITY_WARNING, request_not_capable, 0},
    {"nmsp-malformed", SEVERITY_WARNING, nmsp_malformed, 0},
    {"message-wrong-side", SEVERITY_WARNING, exchange_wrong_side, 0},
    {"response-unasked", SEVERITY_WARNING, exchange_unasked, 0},
    {"keys-wrong", SEVERITY_WARNING, keys_wrong, 0},
    {"trace-wire-disagree", SEVERITY_WARNING, match_disagree, 0},
    {"capture-one-sided", SEVERITY_WARNING, capture_one_sided, 0},
    {"capture-gaps", SEVERITY_WARNING, capture_gaps, 0},
    {"capture-cut-packets", SEVERITY_WARNING, capture_cut_packets, 0},
    {"capture-conflict", SEVERITY_WARNING, trust_conflict, 0},
    {"auth-duplicate-entry", SEVERITY_INFO, auth_list_duplicate, 0},
    {"capture-midstream", SEVERITY_INFO, capture_midstream, 0},
    {"framing-unknown", SEVERITY_INFO, nmsp_framing_unknown, 0},
    {"keys-missing", SEVERITY_INFO, keys_missing, 0},
};

/* The one that can come many times is the last: a full list loses only repeats of it. */
static const struct rule capture_rules[] = {
    {"auth-damaged-entry", SEVERITY_ERROR, auth_list_comparison, AUTH_DAMAGED_ENTRY},
    {"auth-hash-kind", SEVERITY_ERROR, auth_list_comparison, AUTH_HASH_KIND},
    {"auth-hash-mismatch", SEVERITY_ERROR, auth_list_comparison, AUTH_HASH_MISMATCH},
    {"auth-hash-other-mac", SEVERITY_ERROR, auth_list_comparison, AUTH_HASH_OTHER_MAC},
    {"auth-mac-not-listed", SEVERITY_ERROR, auth_list_comparison, AUTH_MAC_NOT_LISTED},
    {"session-flapping", SEVERITY_ERROR, flapping_pairs, 0},
    {"time-skew", SEVERITY_WARNING, clock_behind, 0},
    {"capture-no-nmsp", SEVERITY_WARNING, capture_no_nmsp, 0},
    {"capture-redacted", SEVERITY_INFO, capture_redacted, 0},
    {"trace-lines-lost", SEVERITY_INFO, trace_lines_lost, 0},
    {"capture-dropped", SEVERITY_WARNING, trust_dropped, 0},
    {"capture-duplicates", SEVERITY_WARNING, trust_duplicates, 0},
    {"capture-clock-jump", SEVERITY_WARNING, trust_clock_jump, 0},
    {"capture-offload", SEVERITY_INFO, offload_seen, 0},
    {"limit-reached", SEVERITY_WARNING, capture_limit_reached, 0},
    {"time-skew", SEVERITY_WARNING, match_time_skew, 0},
    {"trace-unmatched", SEVERITY_INFO, match_apart, 0},
    {"capture-truncated", SEVERITY_WARNING, capture_truncated, 0},
};

/* Gravest first; insertion keeps the order of the table among equals. */
static void sort(struct findings *out)
{
	for (uint32_t i = 1; i < out->n; i++) {
		for (uint32_t k = i; k > 0 && out->list[k].severity > out->list[k - 1].severity; k--) {
			struct finding swap = out->list[k];
			out->list[k] = out->list[k - 1];
			out->list[k - 1] = swap;
		}
	}
}

static struct subject subject_of(const struct model *model, const struct session *session)
{
	struct subject subject = {.model = model, .session = session, .now = session_now(model, session)};
	subject.handshake = session_handshake(session);
	subject.state = session_state(session, subject.now);
	subject.client_certificate = session_client_certificate(session);
	session_auth(model, session, &subject.auth);
	return subject;
}

/* Bare messages show no connection that a rule could judge. */
static bool applies(const struct rule *rule, const struct session *session)
{
	return !session->bare || rule->run == nmsp_malformed || rule->run == nmsp_framing_unknown;
}

void findings_of_session(const struct model *model, const struct session *session, struct findings *out)
{
	const struct subject subject = subject_of(model, session);
	out->n = 0;
	for (size_t row = 0; row < RULE_COUNT(session_rules); row++)
		if (applies(&session_rules[row], session))
			session_rules[row].run(&subject, &session_rules[row], out);
	sort(out);
}

void findings_of_capture(const struct model *model, struct findings *out)
{
	const struct subject subject = {.model = model, .now = model_now(model)};
	out->n = 0;
	for (size_t row = 0; row < RULE_COUNT(capture_rules); row++)
		capture_rules[row].run(&subject, &capture_rules[row], out);
	sort(out);
}

void findings_verdict(const struct model *model, const struct session *session,
                      const struct findings *findings, char text[VERDICT_TEXT])
{
	const struct subject subject = subject_of(model, session);
	if (findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR)
		snprintf(text, VERDICT_TEXT, "%s", findings->list[0].summary);
	else
		verdict_progress(&subject, findings, text);
}

const struct finding *findings_leading(const struct findings *findings)
{
	const struct finding *first = findings->n > 0 ? &findings->list[0] : NULL;
	for (uint32_t i = 0; i < findings->n && findings->list[i].severity == first->severity; i++)
		if (findings->list[i].cure)
			return &findings->list[i];
	return first;
}

const char *findings_severity_name(enum severity severity)
{
	static const char *const names[] = {
	    [SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
	return names[severity];
}

const char *findings_id(size_t row)
{
	size_t of_session = RULE_COUNT(session_rules);
	if (row < of_session)
		return session_rules[row].id;
	if (row < of_session + RULE_COUNT(capture_rules))
		return capture_rules[row - of_session].id;
	return NULL;
}

const char *findings_session_id(size_t row)
{
	return row < RULE_COUNT(session_rules) ? session_rules[row].id : NULL;
}

enum severity findings_gravest(size_t row)
{
	size_t of_session = RULE_COUNT(session_rules);
	return row < of_session ? session_rules[row].severity : capture_rules[row - of_session].severity;
}

#define SET_BITS 64 /* of one word of a set */

bool findings_set_has(const struct findings_set *set, size_t row)
{
	return (set->word[row / SET_BITS] >> row % SET_BITS & 1) != 0;
}

struct findings_set findings_set_of(const struct findings *findings)
{
	struct findings_set set = {0};
	for (size_t row = 0; findings_id(row) != NULL; row++) {
		assert(row < SET_BITS * sizeof set.word / sizeof set.word[0]);
		for (uint32_t i = 0; i < findings->n; i++)
			if (findings->list[i].id == findings_id(row))
				set.word[row / SET_BITS] |= UINT64_C(1) << row % SET_BITS;
	}
	return set;
}
