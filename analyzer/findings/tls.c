/*
 * Rules about the TLS handshake: what is no TLS, alerts, a handshake that stops, certificates that were not
 * asked for or not sent, missing keys. Called through the table in findings.c. What the AuthList has to do
 * with it is auth.c.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_trace.h"

#include <stdio.h>

/* ---- not TLS --------------------------------------------------------------------------------------- */

/* What plain protocols begin with. */
static const char *plain_protocol(struct span bytes)
{
	static const struct {
		const char *start, *name;
	} table[] = {
	    {"GET ", "an HTTP request"}, {"POST ", "an HTTP request"}, {"HEAD ", "an HTTP request"},
	    {"HTTP/", "an HTTP answer"}, {"SSH-", "an SSH banner"},    {"220 ", "a mail or FTP greeting"},
	};
	for (size_t row = 0; row < RULE_COUNT(table); row++) {
		size_t n = strlen(table[row].start);
		if (span_equal(span_cut(bytes, 0, n), span_of(table[row].start, n)))
			return table[row].name;
	}
	return "no protocol that we know";
}

void tls_not_tls(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	char hex[3 * sizeof tls->not_tls_bytes + 1] = "", addr[ADDR_TEXT];
	if (!tls->not_tls || session_plain_nmsp(session))
		return;
	struct span bytes =
	    span_cut(span_of(tls->not_tls_bytes, sizeof tls->not_tls_bytes), 0, tls->not_tls_n);
	int used = 0;
	for (size_t i = 0; i < bytes.n; i++)
		used +=
		    snprintf(&hex[used], sizeof hex - (size_t)used, "%s%02x", i > 0 ? " " : "", bytes.p[i]);
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The first bytes of the %s are no TLS (%s): %s.",
	             rule_side(session, tls->not_tls_dir), hex, plain_protocol(bytes));
	rule_cause(finding,
	           "Another program talks on this port, TLS is switched off on that side, or a proxy stands "
	           "between the two.");
	rule_evidence(finding, &tls->not_tls_at);
	const struct addr *listener = &session->addr[1];
	addr_text(listener, addr);
	rule_command(finding, "see what listens",
	             listener->version == 6 ? "openssl s_client -connect [%s]:%u"
	                                    : "openssl s_client -connect %s:%u",
	             addr, (unsigned)session->port[1]);
	rule_command(finding, "controller (IOS-XE)", "show nmsp status");
}

/* ---- alerts ---------------------------------------------------------------------------------------- */

struct alert_cause {
	uint8_t code;
	bool certificate; /* speaks about a certificate: only behind the server_hello */
	const char *cause;
	const char *where; /* where the command is typed, NULL: the advice is a sentence */
	const char *advice;
};

static const struct alert_cause *alert_cause(uint8_t code)
{
	static const struct alert_cause table[] = {
	    {TLS_HANDSHAKE_FAILURE, false,
	     "No cipher in common (strong-cipher setting), or the program itself refused.",
	     "controller (IOS-XE)", "show running-config | include nmsp strong-cipher"},
	    {TLS_PROTOCOL_VERSION, false, "No TLS version in common.", NULL,
	     "compare the TLS versions that both releases support"},
	    {TLS_BAD_CERTIFICATE, true,
	     "The certificate is not trusted, or not yet valid by the judge's clock.", NULL,
	     "compare the clocks: show clock on the controller, date on the engine; set NTP on both"},
	    {TLS_UNSUPPORTED_CERTIFICATE, true, "The certificate is for another purpose.",
	     "check the extended key usage", "openssl x509 -noout -purpose -in <certificate>"},
	    {TLS_CERTIFICATE_REVOKED, true, "The certificate was revoked.", NULL,
	     "install a new certificate"},
	    {TLS_CERTIFICATE_EXPIRED, true, "The certificate has expired, or the judge's clock runs ahead.",
	     NULL, "compare the clocks: show clock on the controller, date on the engine; set NTP on both"},
	    {TLS_CERTIFICATE_UNKNOWN, true,
	     "The certificate was refused for a reason outside X.509: the list of allowed keys.",
	     "controller (AireOS)", "show auth-list"},
	    {TLS_UNKNOWN_CA, true,
	     "The issuer of the certificate, or the self-signed certificate, is not trusted.", NULL,
	     "install the issuer's certificate on the side that refused"},
	    {TLS_ACCESS_DENIED, true, "The certificate is valid, and its owner is not allowed.",
	     "controller (AireOS)", "show auth-list"},
	    {TLS_DECRYPT_ERROR, false,
	     "A signature or a finished message does not verify: wrong key, or changed on the way.", NULL,
	     "check that certificate and private key belong together"},
	    {TLS_CERTIFICATE_REQUIRED, false, "A client certificate is demanded, and none was sent.",
	     "engine (MSE)", "show server-auth-info"},
	};
	for (size_t row = 0; row < RULE_COUNT(table); row++) {
		if (table[row].code == code)
			return &table[row];
	}
	return NULL;
}

/* TLS 1.3 hides level and code: what is left is the size, and that nothing else came. */
static void hidden_alert(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	uint8_t dir = session_hidden_alert(session, 1);
	const struct origin *at = &session->tls.last_protected[dir];
	if (!session_hidden_alert(session, dir) || rule_cited(out, at))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The %s answered the encrypted flight of the %s with one record of an alert's size and "
	             "nothing else "
	             "(inferred: it ended the handshake).",
	             rule_side(session, dir), rule_side(session, dir ^ 1));
	rule_cause(
	    finding,
	    "It does not accept the other side's certificate or signature. TLS 1.3 encrypts the alert: a key "
	    "log would name the reason.");
	rule_evidence(finding, at);
	rule_evidence(finding, &session->closed);
	rule_advice(finding, "read the log of the %s at the time of the alert", rule_side(session, dir));
}

/* The certificate that the alert speaks of was asked for, and its bytes are not in the capture. */
static bool certificate_hidden(const struct subject *subject, const struct alert_seen *alert)
{
	const struct session *session = subject->session;
	return subject->client_certificate == CLIENT_CERTIFICATE_NOT_VISIBLE &&
	       session_step(session, STEP_CERTIFICATE_REQUEST, alert->dir) != NULL;
}

/* A trace tells that a certificate was sent, and never shows it. */
static bool in_trace(const struct session *session, uint8_t dir)
{
	const struct step *step = session_step(session, STEP_CERTIFICATE, dir);
	return session->trace != NULL && step != NULL && step->certificates > 0;
}

static void explain_alert(const struct subject *subject, const struct alert_seen *alert,
                          struct finding *finding)
{
	const struct alert_cause *cause = alert_cause(alert->code);
	bool seen = session_cert(subject->session, alert->dir ^ 1) != NULL ||
	            in_trace(subject->session, alert->dir ^ 1);
	bool hidden = !seen && certificate_hidden(subject, alert);
	if (cause == NULL || (cause->certificate && !seen && !hidden)) {
		rule_cause(finding, "The alert alone does not tell why%s.",
		           cause != NULL ? ", and no certificate that it could mean was seen" : "");
		return;
	}
	rule_cause(finding, "%s", cause->cause);
	if (cause->certificate && hidden)
		rule_cause(finding, "The certificate itself is not in the capture.");
	if (cause->where != NULL)
		rule_command(finding, cause->where, "%s", cause->advice);
	else
		rule_advice(finding, "%s", cause->advice);
}

void tls_fatal_alert(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	char name[RULE_TEXT], after[96] = "";
	if (alert == NULL)
		hidden_alert(subject, rule, out);
	if (alert == NULL || rule_cited(out, &alert->at))
		return;
	struct finding *finding = rule_finding(rule, out);
	const struct step *step = rule_step_before(session, &alert->at);
	if (step != NULL)
		snprintf(after, sizeof after, " after %s of the %s", session_step_name(step->kind),
		         rule_side(session, step->dir));
	rule_summary(finding, "The %s ended the handshake with the fatal alert %s%s.",
	             rule_side(session, alert->dir), rule_alert(alert->code, name), after);
	explain_alert(subject, alert, finding);
	if (step != NULL)
		rule_evidence(finding, &step->at);
	rule_evidence(finding, &alert->at);
	rule_advice(finding, "read the log of the %s at the time of the alert",
	            rule_side(session, alert->dir));
}

/* ---- a handshake that stops ------------------------------------------------------------------------ */

/* The message ends its sender's flight: the other side has the next word. RFC 5246 section 7.3. */
static bool ends_flight(enum step_kind kind)
{
	switch (kind) {
	case STEP_CLIENT_HELLO:
	case STEP_HELLO_RETRY_REQUEST:
	case STEP_SERVER_HELLO_DONE:
	case STEP_FINISHED:
	case STEP_HELLO_REQUEST:
	case STEP_ENCRYPTED_HANDSHAKE:
		return true;
	default:
		return false;
	}
}

/* Who has to speak: a trace says when the controller waits. */
static uint8_t next_word(const struct session *session, const struct step *last)
{
	if (session->trace != NULL)
		return session->trace->waiting.packet != 0 ? session_engine(session) : session->controller;
	return ends_flight(last->kind) ? last->dir ^ 1 : last->dir;
}

void tls_stalled(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	bool closed = session->closed.packet != 0;
	char time[RULE_TEXT], close[RULE_TEXT];
	if ((subject->handshake != HANDSHAKE_INCOMPLETE && subject->handshake != HANDSHAKE_FAILED) ||
	    session->n_steps == 0 || !session_whole(session, NULL) || session_fatal_alert(session) != NULL ||
	    session_hidden_alert(session, 0) || session_hidden_alert(session, 1))
		return;
	if (session->trace != NULL && session->trace->failed.packet != 0)
		return; /* it ended with an error, and did not stop */
	if (!closed && origin_elapsed(session->last.time, subject->now) < RULE_PATIENCE)
		return;
	const struct step *last = &session->steps[session->n_steps - 1];
	const char *sender = rule_side(session, last->dir);
	const char *next = rule_side(session, next_word(session, last));
	int64_t until = closed ? session->closed.time : subject->now;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(
	    finding,
	    "The handshake stopped: the last message was %s of the %s, the next word was the %s's; %s %s.",
	    session_step_name(last->kind), sender, next,
	    closed ? rule_close(session, close) : "nothing more came for",
	    rule_duration(origin_elapsed(last->at.time, until), time));
	if (closed)
		rule_summary(finding,
		             "The handshake stopped: the last message was %s of the %s, the next word was "
		             "the %s's; %s %s later.",
		             session_step_name(last->kind), sender, next, close, time);
	rule_cause(
	    finding,
	    "The %s does not go on: its program is busy or stuck, or large packets do not arrive (path "
	    "MTU).",
	    next);
	if (closed && session->close != CLOSE_NONE)
		rule_cause(finding, "The %s gave no reason in an alert.",
		           rule_side(session, session->closed_by));
	rule_evidence(finding, &last->at);
	if (session->trace != NULL)
		rule_evidence(finding, &session->trace->waiting);
	rule_evidence(finding, closed ? &session->closed : &session->last);
	rule_advice(finding, "read the log of the %s at that time", next);
	rule_command(finding, "controller (IOS-XE)", "show nmsp status");
	rule_path_mtu(session, finding);
}

/* ---- client certificates --------------------------------------------------------------------------- */

void tls_empty_certificate(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	uint8_t client = session_tls_client(session);
	bool complete = subject->handshake == HANDSHAKE_COMPLETE;
	char name[RULE_TEXT];
	if (subject->client_certificate != CLIENT_CERTIFICATE_EMPTY || client == session->controller ||
	    (!complete && subject->handshake != HANDSHAKE_FAILED))
		return;
	const struct alert_seen *alert = session_fatal_alert(session);
	if (alert != NULL && alert->dir == client)
		return;
	struct finding *finding = rule_finding(rule, out);
	if (complete) {
		finding->severity = SEVERITY_WARNING;
		rule_summary(
		    finding,
		    "The engine answered the certificate_request with an empty certificate message, and the "
		    "controller let it in.");
	} else if (alert != NULL) {
		rule_summary(finding,
		             "The controller asked the engine for a certificate, got an empty certificate "
		             "message, and "
		             "answered fatal %s.",
		             rule_alert(alert->code, name));
	} else {
		rule_summary(finding, "The controller asked the engine for a certificate, got an empty "
		                      "certificate message, and "
		                      "the handshake ended.");
	}
	rule_cause(
	    finding,
	    "The engine has no certificate that suits the request: none is installed, its key is missing, or "
	    "the controller names other issuers or signature algorithms.");
	const struct step *request = session_step(session, STEP_CERTIFICATE_REQUEST, client ^ 1);
	if (request != NULL)
		rule_evidence(finding, &request->at);
	rule_evidence(finding, &session_step(session, STEP_CERTIFICATE, client)->at);
	rule_evidence(finding, alert != NULL ? &alert->at : &session->closed);
	rule_command(finding, "engine (MSE)", "show server-auth-info");
	rule_command(finding, "engine (CMX)", "cmxctl config authinfo get");
}

void tls_no_certificate_request(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	if (subject->client_certificate != CLIENT_CERTIFICATE_NOT_REQUESTED ||
	    subject->handshake != HANDSHAKE_COMPLETE || session_tls_client(session) == session->controller)
		return;
	bool tls13 = session->tls.version == TLS_1_3;
	const struct step *done =
	    session_step(session, tls13 ? STEP_FINISHED : STEP_SERVER_HELLO_DONE, session->controller);
	const struct step *key =
	    session_step(session, tls13 ? STEP_FINISHED : STEP_CLIENT_KEY_EXCHANGE, session_engine(session));
	struct finding *finding = rule_finding(rule, out);
	rule_summary(
	    finding,
	    "The controller asked for no certificate, so it lets in any engine that reaches the port.");
	rule_cause(finding,
	           "Old releases do not authenticate NMSP clients (CVE-2016-1378), or it is switched off.");
	if (done != NULL)
		rule_evidence(finding, &done->at);
	if (key != NULL)
		rule_evidence(finding, &key->at);
	rule_advice(finding, "check the controller's release against CVE-2016-1378");
}

/* ---- keys ------------------------------------------------------------------------------------------ */

void tls_keys_missing(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	uint64_t records = tls->protected_records[0] + tls->protected_records[1];
	char count[RULE_TEXT];
	if ((tls->first_protected[0].packet == 0 && tls->first_protected[1].packet == 0) ||
	    tls->opened[0] + tls->opened[1] > 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "No key is at hand for %s: NMSP messages are not counted by type.",
	             rule_count(records, "encrypted record", count));
	if (tls->version == TLS_1_3)
		rule_cause(
		    finding,
		    "In TLS 1.3 the certificates and most alerts are encrypted too: a key log would show the "
		    "engine's certificate, the alert, and every NMSP message.");
	else
		rule_cause(
		    finding,
		    "The handshake is read without keys; a key log would add message types, counts and echo "
		    "times.");
	for (uint8_t dir = 0; dir < 2; dir++)
		rule_evidence(finding, &tls->first_protected[dir]);
}
