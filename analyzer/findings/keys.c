/*
 * Rules about the keys of a session: secrets that are missing, and secrets that are wrong. Called through the
 * table in findings.c. Whether a session is decrypted is judged by session_decryption, not here.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>
#include <stdio.h>

#define NAME_SHOWN 60 /* characters of a file's name */

/* How far what a side sends is closed without these secrets, of which one at least is its own. */
static const char *closed_part(unsigned missing)
{
	const unsigned handshake = 1u << KEYLOG_CLIENT_HANDSHAKE | 1u << KEYLOG_SERVER_HANDSHAKE;
	const unsigned traffic = 1u << KEYLOG_CLIENT_TRAFFIC | 1u << KEYLOG_SERVER_TRAFFIC;
	if ((missing & handshake) == 0)
		return "from the end of its handshake on";
	return (missing & traffic) != 0 ? "from its first encrypted handshake message on"
	                                : "from its first encrypted handshake message to the end of its handshake";
}

/* Some secrets of the session are there: what each side's stand for. */
static void what_is_half_open(const struct subject *subject, const struct session_decryption *keys,
                              struct finding *finding)
{
	const struct session *session = subject->session;
	for (uint8_t dir = 0; dir < 2; dir++) {
		const char *who = dir == session->controller ? "controller" : "engine";
		unsigned missing = keys->missing & session_secrets_of(&session->tls, dir);
		if (missing == 0)
			rule_cause(finding, "The secrets of what the %s sends are there.", who);
		else
			rule_cause(finding, "What the %s sends is closed %s.", who, closed_part(missing));
	}
}

static void what_is_hidden(const struct subject *subject, const struct session_decryption *keys,
                           struct finding *finding)
{
	if (keys->held != 0)
		what_is_half_open(subject, keys, finding);
	else if (subject->session->tls.version == TLS_1_3)
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
	const uint64_t *opened = subject->session->tls.opened;
	uint64_t open = opened[0] + opened[1];
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
		rule_summary(finding,
		             "The key log lacks %s of this session: %s %s closed, %" PRIu64 " %s open.",
		             session_labels(keys->missing, labels), closed, stay, open,
		             open == 1 ? "is" : "are");
	char rsa[SESSION_RSA_TEXT];
	if (session_rsa_text(subject->model, subject->session, rsa)[0] != '\0')
		rule_cause(finding, "Of --rsa-key: %s.", rsa);
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
	what_is_hidden(subject, &keys, finding);
	if (keys.held == 0)
		rule_cause(
		    finding,
		    "Keys are rare: a controller's key cannot be exported, and a key log exists only where "
		    "the TLS library of the engine or test bed wrote SSLKEYLOGFILE during this very session.");
	if (keys.held == 0 && tls->version != TLS_1_3 && session_resumed(session))
		rule_cause(finding, "The session is resumed: the line of the one that it resumes opens it, too.");
	for (uint8_t dir = 0; dir < 2; dir++)
		rule_evidence(finding, &tls->first_closed[dir]);
	rule_advice(finding, "%s; lines it needs: %s",
	            keys.held == 0 ? "if there is such a key log, give it with -k FILE"
	                           : "give the whole key log with -k FILE, as the TLS library wrote it",
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
	char secrets[RULE_TEXT];
	if (keys.alike > 1)
		snprintf(secrets, sizeof secrets, "%s%u different secrets",
		         keys.alike == LIMIT_SECRETS_ALIKE ? "at least " : "", keys.alike);
	else
		snprintf(secrets, sizeof secrets, "a secret");
	rule_summary(finding,
	             "The key log has %s for this session, but %s %s refused: the tag or MAC does not "
	             "verify.",
	             secrets, rule_count(tls->unproven[0] + tls->unproven[1], "record", count),
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
