/*
 * Rules about the keys of a session: secrets that are missing, and secrets that are wrong. Called through the
 * table in findings.c. Whether a session is decrypted is judged by session_decryption, not here.
 */
#include "analyzer/findings/rule.h"

#include <stdio.h>

#define NAME_SHOWN 60 /* characters of a file's name */

static void what_is_hidden(const struct subject *subject, struct finding *finding)
{
	if (subject->session->tls.version == TLS_1_3)
		rule_cause(finding,
		           "TLS 1.3 encrypts certificates and most alerts, too: the key log would show them, "
		           "and every NMSP message.");
	else
		rule_cause(finding,
		           "The handshake is read without keys; the key log would add message types, "
		           "counts and echo times.");
}

/* What was looked through in vain. */
static void what_was_given(const struct subject *subject, const struct session_decryption *keys,
                           struct finding *finding)
{
	const struct keylog *keylog = subject->model->keylog;
	struct keylog_counts counts = {0};
	char labels[SESSION_LABELS], secrets[RULE_TEXT], closed[RULE_TEXT];
	uint64_t n = keys->data - keys->data_opened;
	const char *stay = n == 1 ? "stays" : "stay";
	if (keylog != NULL)
		counts = keylog_counts(keylog);
	rule_count(counts.secrets, "secret", secrets);
	rule_count(n, "encrypted record", closed);
	if (counts.secrets == 0)
		rule_summary(finding, "No key is at hand for %s: NMSP messages are not counted by type.",
		             closed);
	else if (keys->held == 0)
		rule_summary(finding, "The key log %.*s has %s, none for this session: %s %s closed.",
		             NAME_SHOWN, keylog_name(keylog), secrets, closed, stay);
	else
		rule_summary(finding, "The key log lacks %s of this session: %s %s closed.",
		             session_labels(keys->missing, labels), closed, stay);
	if (counts.rubbish > 0)
		rule_cause(finding, "%s of the key log cannot be understood.",
		           rule_count(counts.rubbish, "line", secrets));
}

void keys_missing(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	struct session_decryption keys;
	char labels[SESSION_LABELS], random[SESSION_RANDOM];
	session_decryption(subject->model, session, &keys);
	if ((keys.state != DECRYPTION_NO_KEY && keys.state != DECRYPTION_DECRYPTED) || keys.missing == 0 ||
	    keys.data == keys.data_opened)
		return;
	struct finding *finding = rule_finding(rule, out);
	what_was_given(subject, &keys, finding);
	what_is_hidden(subject, finding);
	rule_cause(finding,
	           "Keys are rare: a controller's key cannot be exported, and a key log exists only where "
	           "the TLS library of the engine or test bed wrote SSLKEYLOGFILE during this very session.");
	for (uint8_t dir = 0; dir < 2; dir++)
		rule_evidence(finding, &tls->first_protected[dir]);
	rule_advice(finding, "if there is such a key log, give it with -k FILE; lines it needs: %s",
	            session_labels(keys.missing, labels));
	rule_command(finding, "client random in these lines", "%s", session_random(session, random));
}

void keys_wrong(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	struct session_decryption keys;
	char random[SESSION_RANDOM], labels[SESSION_LABELS], count[RULE_TEXT];
	session_decryption(subject->model, session, &keys);
	if (!keys.wrong_key)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(
	    finding,
	    "The key log has a secret for this session, but %s %s refused: the tag or MAC does not verify.",
	    rule_count(tls->unproven[0] + tls->unproven[1], "record", count),
	    tls->unproven[0] + tls->unproven[1] == 1 ? "was" : "were");
	rule_cause(
	    finding,
	    "The client random fits, so it is a key log of this session whose secret is damaged: a "
	    "line that was typed, cut or changed, or a random that was put in front of another secret. "
	    "Less likely, the captured records were changed on their way.");
	rule_evidence(finding, &tls->first_refused);
	rule_advice(finding, "take the lines anew from the file that the TLS library wrote; lines: %s",
	            session_labels(keys.held, labels));
	rule_command(finding, "client random in these lines", "%s", session_random(session, random));
}
