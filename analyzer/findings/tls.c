/*
 * Rules about the TLS handshake: what is no TLS, a handshake that stops, certificates that were not asked for
 * or not sent. Called through the table in findings.c. Alerts are alert.c, what was offered is
 * offer.c; what the AuthList has to do with it is auth.c.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/cert_name.h"
#include "analyzer/session_trace.h"

#include <stdio.h>

#define CA_TEXT 128 /* of a CA's name, cut */

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

/* ---- a handshake that stops ------------------------------------------------------------------------ */

/* The message ends its sender's flight: the other side has the next word. RFC 5246 section 7.3. */
static bool ends_flight(enum step_kind kind)
{
	switch (kind) {
	case STEP_CLIENT_HELLO:
	case STEP_HELLO_RETRY_REQUEST:
	case STEP_HELLO_VERIFY_REQUEST:
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

/* One side said goodbye before the other one could be called late. */
static bool left_at_once(const struct session *session, const struct step *last)
{
	return session->closed.packet != 0 &&
	       origin_elapsed(last->at.time, session->closed.time) < RULE_PATIENCE;
}

static void explain_stall(const struct session *session, const struct step *last, uint8_t next,
                          struct finding *finding)
{
	if (left_at_once(session, last) && session->closed_by != next)
		rule_cause(finding,
		           "The %s did not wait for it: its program failed or was stopped, or something "
		           "between the two closed the connection in its name.",
		           rule_side(session, next ^ 1));
	else if (left_at_once(session, last))
		rule_cause(finding,
		           "The %s closed the connection instead of going on: its program failed or was "
		           "stopped, or it refuses what it got.",
		           rule_side(session, next));
	else if (tcp_path_stuck(session, last->dir))
		rule_cause(finding,
		           "The message did not reach the other side whole: large packets of the %s do not "
		           "arrive (path MTU, finding tcp-path-mtu).",
		           rule_side(session, last->dir));
	else
		rule_cause(finding,
		           "The %s does not go on: its program is busy or stuck, or large packets do not "
		           "arrive (path MTU).",
		           rule_side(session, next));
}

/* What the message is to be followed by, where its sender still has the word. RFC 5246 section 7.3. */
static const char *due_of_sender(enum step_kind kind, bool server)
{
	switch (kind) {
	case STEP_SERVER_HELLO:
		return "certificate";
	case STEP_CERTIFICATE:
		return server ? "server_hello_done" : "client_key_exchange";
	case STEP_CERTIFICATE_STATUS:
	case STEP_SERVER_KEY_EXCHANGE:
	case STEP_CERTIFICATE_REQUEST:
		return "server_hello_done";
	case STEP_CLIENT_KEY_EXCHANGE:
	case STEP_CERTIFICATE_VERIFY:
	case STEP_NEW_SESSION_TICKET:
		return "change_cipher_spec";
	case STEP_CHANGE_CIPHER_SPEC:
		return "finished";
	default:
		return "next message";
	}
}

/* And where the other side has it. With TLS 1.3 the rest of the flights is encrypted. */
static const char *due_of_other(const struct session *session, enum step_kind kind)
{
	uint8_t server = session_tls_client(session) ^ 1;
	switch (kind) {
	case STEP_CLIENT_HELLO:
		return "server_hello";
	case STEP_HELLO_RETRY_REQUEST:
	case STEP_HELLO_VERIFY_REQUEST:
	case STEP_HELLO_REQUEST:
		return "client_hello";
	case STEP_SERVER_HELLO_DONE:
		return session_step(session, STEP_CERTIFICATE_REQUEST, server) != NULL
		           ? "certificate"
		           : "client_key_exchange";
	case STEP_CERTIFICATE_REQUEST: /* a trace has no server_hello_done */
		return "certificate";
	case STEP_FINISHED:
		return session->tls.version != TLS_1_3 ? "change_cipher_spec" : "next message";
	default:
		return "next message";
	}
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
	if (session->tls.datagram && session->tcp.packets[session_tls_client(session) ^ 1] == 0)
		return; /* udp-unanswered says it */
	if (session->trace != NULL && session->trace->failed.packet != 0)
		return; /* it ended with an error, and did not stop */
	if (!closed && origin_elapsed(session->last.time, subject->now) < RULE_PATIENCE)
		return;
	const struct step *last = &session->steps[session->n_steps - 1];
	uint8_t next_dir = next_word(session, last);
	const char *next = rule_side(session, next_dir);
	bool tls13 = session->tls.version == TLS_1_3;
	const char *due = next_dir != last->dir || tls13
	                      ? due_of_other(session, last->kind)
	                      : due_of_sender(last->kind, last->dir != session_tls_client(session));
	int64_t until = closed ? session->closed.time : subject->now;
	if (closed && rule_cited(out, &session->closed))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(
	    finding, "The handshake stopped after the %s's %s: the %s waited %s for the %s's %s; %s.",
	    rule_side(session, last->dir), session_step_name(last->kind), rule_side(session, next_dir ^ 1),
	    rule_duration(origin_elapsed(last->at.time, until), time), next, due,
	    closed ? rule_close(session, close) : "nothing more came");
	explain_stall(session, last, next_dir, finding);
	if (closed && session->close != CLOSE_NONE)
		rule_cause(finding, "The %s gave no reason in an alert.",
		           rule_side(session, session->closed_by));
	rule_evidence(finding, &last->at);
	if (session->trace != NULL)
		rule_evidence(finding, &session->trace->waiting);
	rule_evidence(finding, closed ? &session->closed : &session->last);
	rule_advice(finding, "read the log of the %s at that time", next);
	rule_command(finding, "controller (IOS-XE)", "show nmsp status");
	if (!left_at_once(session, last))
		rule_path_mtu(session, finding);
}

/* ---- client certificates --------------------------------------------------------------------------- */

/* What the request asks for, where it could be read. */
static void explain_empty(const struct tls_told *request, struct finding *finding)
{
	static const char head[] = "The engine has no certificate that suits the request: none is installed, "
	                           "its key is missing, or ";
	uint32_t names = request == NULL ? 0 : request->items[TOLD_AUTHORITIES];
	char name[CA_TEXT], count[RULE_TEXT];
	if (request == NULL) {
		rule_cause(finding, "%sthe controller names other issuers or signature algorithms.", head);
	} else if (names == 0) {
		rule_cause(
		    finding,
		    "%sit is of another kind than the request asks for. The issuer is not the reason: the "
		    "request names no CA.",
		    head);
	} else {
		(void)cert_name(tls_told_item(request, TOLD_AUTHORITIES, 0), name, sizeof name);
		rule_cause(
		    finding,
		    "%sits issuer is not among those of the request, which names %s%s%s: an engine with a "
		    "self-signed certificate may then send none.",
		    head, rule_count(names, "CA", count), name[0] != 0 ? ", first " : "", name);
	}
}

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
	explain_empty(session->tls.told[TOLD_CERTIFICATE_REQUEST], finding);
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
