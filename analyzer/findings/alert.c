/*
 * The rule about fatal alerts: who sent it, behind which message and how long after it, and what it can mean
 * there (facts.md section 8). Called through the table in findings.c. It never blames a certificate that was
 * not shown, and is silent where another rule says more about the same alert.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/clocks.h"
#include "analyzer/session_trace.h"

#include <inttypes.h>
#include <stdio.h>

/* What must have happened for the alert to mean what the row says. */
enum about {
	ABOUT_ANYTHING,
	ABOUT_CERTIFICATE, /* of the other side: it was shown, or its bytes are missing from the capture */
	ABOUT_SIGNATURE,   /* the server has spoken */
	ABOUT_REQUEST,     /* a certificate was asked for */
};

struct meaning {
	uint8_t code;
	enum about about;
	const char *text;
	const char *where;  /* where the command is typed, NULL: the advice is a sentence */
	const char *advice; /* NULL: none */
};

#define COMPARE_CLOCKS                                                                                       \
	"compare the clocks: show clock on the controller, date on the engine; then set NTP on both"
#define UNREADABLE                                                                                           \
	"It could not make sense of a message: two releases that do not fit together, or bytes changed on "  \
	"the way."

static const struct meaning meanings[] = {
    {TLS_UNEXPECTED_MESSAGE, ABOUT_ANYTHING,
     "A message came that was not due: two releases that do not fit together, or another program.", NULL,
     NULL},
    {TLS_BAD_RECORD_MAC, ABOUT_SIGNATURE,
     "A record did not verify: its bytes were changed on the way, or one TLS library has a fault.", NULL,
     NULL},
    {TLS_BAD_CERTIFICATE, ABOUT_CERTIFICATE, "it is not trusted, or not yet valid by the judge's clock.",
     NULL, COMPARE_CLOCKS},
    {TLS_UNSUPPORTED_CERTIFICATE, ABOUT_CERTIFICATE, "it is made for another purpose.",
     "check the extended key usage", "openssl x509 -noout -purpose -in <certificate>"},
    {TLS_CERTIFICATE_REVOKED, ABOUT_CERTIFICATE, "it was revoked.", NULL, "install a new certificate"},
    {TLS_CERTIFICATE_EXPIRED, ABOUT_CERTIFICATE, "it has expired, or the judge's clock runs ahead.", NULL,
     COMPARE_CLOCKS},
    {TLS_CERTIFICATE_UNKNOWN, ABOUT_CERTIFICATE,
     "for a reason outside X.509, that is a list of allowed keys.", NULL, NULL},
    {TLS_ILLEGAL_PARAMETER, ABOUT_ANYTHING, UNREADABLE, NULL, NULL},
    {TLS_UNKNOWN_CA, ABOUT_CERTIFICATE, "its issuer, or the self-signed certificate, is not trusted.", NULL,
     "install the issuer's certificate on the side that refused"},
    {TLS_ACCESS_DENIED, ABOUT_CERTIFICATE, "it is valid, and its owner is not allowed.", NULL, NULL},
    {TLS_DECODE_ERROR, ABOUT_ANYTHING, UNREADABLE, NULL, NULL},
    {TLS_DECRYPT_ERROR, ABOUT_SIGNATURE,
     "A signature or a finished message does not verify: certificate and private key do not belong together, "
     "or bytes were changed on the way.",
     NULL, "check that certificate and private key belong together"},
    {TLS_INTERNAL_ERROR, ABOUT_ANYTHING,
     "It failed for a reason of its own, such as memory or a missing file.", NULL, NULL},
    {TLS_INAPPROPRIATE_FALLBACK, ABOUT_ANYTHING,
     "The client came back with a lower TLS version than it has: an earlier attempt failed, look at that "
     "one.",
     NULL, NULL},
    {TLS_USER_CANCELED, ABOUT_ANYTHING, "Its program gave up: it was stopped, or has waited too long.", NULL,
     NULL},
    {TLS_CERTIFICATE_REQUIRED, ABOUT_REQUEST, "It demands a client certificate, and by its alert none came.",
     "engine (MSE)", "show server-auth-info"},
};

static const struct meaning *meaning_of(uint8_t code)
{
	for (size_t row = 0; row < RULE_COUNT(meanings); row++) {
		if (meanings[row].code == code)
			return &meanings[row];
	}
	return NULL;
}

/* ---- where the handshake stood --------------------------------------------------------------------- */

/* The last message in front of the alert; one of the same packet stands in front of it. */
static bool server_has_spoken(const struct session *session, const struct origin *at)
{
	uint8_t server = session_tls_client(session) ^ 1;
	for (uint32_t i = 0; i < session->n_steps; i++) {
		if (session->steps[i].dir == server && session->steps[i].at.packet <= at->packet)
			return true;
	}
	return false;
}

/* A trace tells that a certificate was sent, and never shows it. */
static bool told_before(const struct session *session, uint8_t dir, const struct origin *at)
{
	const struct step *step = session_step(session, STEP_CERTIFICATE, dir);
	return session->trace != NULL && step != NULL && step->certificates > 0 &&
	       step->at.packet <= at->packet;
}

static bool shown_before(const struct session *session, uint8_t dir, const struct origin *at)
{
	for (uint32_t i = 0; i < session->n_certs; i++) {
		if (session->certs[i].dir == dir && session->certs[i].at.packet <= at->packet)
			return true;
	}
	return told_before(session, dir, at);
}

/* The certificate that the alert speaks of was asked for, and its bytes are not in the capture. */
static bool hidden(const struct subject *subject, const struct alert_seen *alert)
{
	return subject->client_certificate == CLIENT_CERTIFICATE_NOT_VISIBLE &&
	       session_step(subject->session, STEP_CERTIFICATE_REQUEST, alert->dir) != NULL;
}

static bool applies(const struct subject *subject, const struct alert_seen *alert, enum about about)
{
	const struct session *session = subject->session;
	bool spoken = server_has_spoken(session, &alert->at);
	switch (about) {
	case ABOUT_CERTIFICATE:
		return spoken &&
		       (shown_before(session, alert->dir ^ 1, &alert->at) || hidden(subject, alert));
	case ABOUT_SIGNATURE:
		return spoken;
	case ABOUT_REQUEST:
		return spoken && session_step(session, STEP_CERTIFICATE_REQUEST, alert->dir) != NULL;
	case ABOUT_ANYTHING:
		break;
	}
	return true;
}

/* ---- what it means there --------------------------------------------------------------------------- */

/* Was a certificate asked for, and did it come? Before the server's first word the question has no meaning.
 */
static void tell_client_certificate(const struct subject *subject, const struct alert_seen *alert,
                                    struct finding *finding)
{
	static const char *const sentences[] = {
	    [CLIENT_CERTIFICATE_NONE] = "A client certificate was asked for, and had not come by then.",
	    [CLIENT_CERTIFICATE_NOT_REQUESTED] = "No client certificate was asked for.",
	    [CLIENT_CERTIFICATE_NOT_VISIBLE] = "Whether a client certificate was sent cannot be seen.",
	    [CLIENT_CERTIFICATE_EMPTY] = "A client certificate was asked for, and the answer was empty.",
	    [CLIENT_CERTIFICATE_SENT] = "A client certificate was sent.",
	};
	const struct session *session = subject->session;
	uint8_t server = session_tls_client(session) ^ 1;
	bool asked = session_step(session, STEP_CERTIFICATE_REQUEST, server) != NULL;
	if (!server_has_spoken(session, &alert->at) ||
	    (subject->client_certificate == CLIENT_CERTIFICATE_NONE && !asked))
		return;
	if (subject->client_certificate == CLIENT_CERTIFICATE_SENT && asked)
		rule_cause(finding, "A client certificate was asked for and sent.");
	else
		rule_cause(finding, "%s", sentences[subject->client_certificate]);
}

/* An alert about a date is one about two clocks. */
static void tell_clocks(const struct subject *subject, const struct alert_seen *alert,
                        struct finding *finding)
{
	const struct cert *cert = session_cert(subject->session, alert->dir ^ 1);
	char from[RULE_TEXT], to[RULE_TEXT];
	if (alert->code != TLS_BAD_CERTIFICATE && alert->code != TLS_CERTIFICATE_EXPIRED)
		return;
	if (cert != NULL && cert->has_dates)
		rule_cause(finding, "The certificate holds from %s to %s.", rule_date(cert->not_before, from),
		           rule_date(cert->not_after, to));
	clock_tell(subject, finding);
}

/* handshake_failure says little; where it stands says more. */
static void explain_failure(const struct subject *subject, const struct alert_seen *alert,
                            struct finding *finding)
{
	const struct session *session = subject->session;
	uint8_t client = session_tls_client(session);
	if (alert->dir == client && server_has_spoken(session, &alert->at)) {
		rule_cause(
		    finding,
		    "The %s does not accept what the %s chose: the cipher, the curve or the size of a key.",
		    rule_side(session, client), rule_side(session, client ^ 1));
		return;
	}
	if (shown_before(session, client, &alert->at) && auth_list_rejects(subject))
		rule_cause(
		    finding,
		    "Likely the program itself refused (a veto behind TLS's own checks), since the given "
		    "AuthList does not allow this certificate; else key or signature of the client do not "
		    "suit it.");
	else if (shown_before(session, client, &alert->at))
		rule_cause(finding,
		           "The program itself refused (a veto behind TLS's own checks), or key or signature "
		           "of the client do not suit it.");
	else
		rule_cause(finding, "The two have no cipher, curve or signature algorithm in common.");
	rule_command(finding, "controller (IOS-XE)", "show running-config | include nmsp strong-cipher");
}

void alert_advise(uint8_t code, struct finding *finding)
{
	const struct meaning *row = meaning_of(code);
	if (row == NULL || row->advice == NULL)
		return;
	if (row->where != NULL)
		rule_command(finding, row->where, "%s", row->advice);
	else
		rule_advice(finding, "%s", row->advice);
}

static void explain(const struct subject *subject, const struct alert_seen *alert, struct finding *finding)
{
	const struct session *session = subject->session;
	const struct meaning *row = meaning_of(alert->code);
	if (alert->code == TLS_HANDSHAKE_FAILURE) {
		explain_failure(subject, alert, finding);
		return;
	}
	if (row == NULL || !applies(subject, alert, row->about)) {
		bool certificate = row != NULL && row->about == ABOUT_CERTIFICATE;
		rule_cause(finding, "The alert alone does not tell why%s.",
		           certificate ? ", and no certificate that it could mean was seen" : "");
		return;
	}
	if (row->about == ABOUT_CERTIFICATE)
		rule_cause(finding, "The %s refuses the certificate of the %s: %s",
		           rule_side(session, alert->dir), rule_side(session, alert->dir ^ 1), row->text);
	else
		rule_cause(finding, "%s", row->text);
	if (row->about == ABOUT_CERTIFICATE && !shown_before(session, alert->dir ^ 1, &alert->at))
		rule_cause(finding, "The certificate itself is not in the capture.");
	if (alert->code == TLS_CERTIFICATE_REQUIRED && subject->client_certificate == CLIENT_CERTIFICATE_SENT)
		rule_cause(finding,
		           "The capture shows that one was sent: the %s did not take it for a "
		           "certificate, or did not get it whole.",
		           rule_side(session, alert->dir));
	tell_clocks(subject, alert, finding);
	alert_advise(alert->code, finding);
}

/* Only the controller has an AuthList. */
static void advise_list(const struct subject *subject, const struct alert_seen *alert,
                        struct finding *finding)
{
	if ((alert->code != TLS_CERTIFICATE_UNKNOWN && alert->code != TLS_ACCESS_DENIED) ||
	    alert->dir != subject->session->controller || !applies(subject, alert, ABOUT_CERTIFICATE))
		return;
	rule_command(finding, "controller (AireOS)", "show auth-list");
	rule_command(finding, "controller (IOS-XE)", "show running-config | section aaa attribute list");
	rule_command(finding, "engine (MSE)", "show server-auth-info");
}

/* ---- the rule -------------------------------------------------------------------------------------- */

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
	             "nothing else (inferred: it ended the handshake).",
	             rule_side(session, dir), rule_side(session, dir ^ 1));
	rule_cause(finding,
	           "It does not accept the other side's certificate or signature. TLS 1.3 encrypts the "
	           "alert: a key log would name the reason.");
	rule_evidence(finding, at);
	rule_evidence(finding, &session->closed);
	rule_advice(finding, "read the log of the %s at the time of the alert", rule_side(session, dir));
}

const char *alert_place(const struct session *session, const struct alert_seen *alert, char text[ALERT_PLACE])
{
	const struct step *step = rule_step_before(session, &alert->at);
	const struct trace_event *event =
	    session->trace != NULL ? session_trace_event(session->trace, &alert->at) : NULL;
	char time[RULE_TEXT];
	if (step == NULL && event != NULL)
		snprintf(text, ALERT_PLACE, "at state 0x%04x", (unsigned)event->state);
	else if (step == NULL)
		snprintf(text, ALERT_PLACE, "at a step that is not in the %s",
		         session->trace != NULL ? "trace" : "capture");
	/* One tick of the clock, or lines without stamps: nothing was measured. */
	else if (step->at.time == alert->at.time)
		snprintf(text, ALERT_PLACE, "after the %s's %s", rule_side(session, step->dir),
		         session_step_name(step->kind));
	else
		snprintf(text, ALERT_PLACE, "%s after the %s's %s",
		         rule_duration(origin_elapsed(step->at.time, alert->at.time), time),
		         rule_side(session, step->dir), session_step_name(step->kind));
	return text;
}

void alert_fatal(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	char name[RULE_TEXT], place[ALERT_PLACE];
	if (alert == NULL)
		hidden_alert(subject, rule, out);
	if (alert == NULL || rule_cited(out, &alert->at))
		return;
	struct finding *finding = rule_finding(rule, out);
	const struct step *step = rule_step_before(session, &alert->at);
	const struct meaning *row = meaning_of(alert->code);
	bool certificate =
	    row != NULL && row->about == ABOUT_CERTIFICATE && applies(subject, alert, row->about);
	rule_summary(
	    finding, "The %s ended the %s with the fatal alert %s %s%s%s%s.", rule_side(session, alert->dir),
	    subject->handshake == HANDSHAKE_COMPLETE ? "session" : "handshake", rule_alert(alert->code, name),
	    alert_place(session, alert, place), certificate ? ": it refuses the " : "",
	    certificate ? rule_side(session, alert->dir ^ 1) : "", certificate ? "'s certificate" : "");
	explain(subject, alert, finding);
	tell_client_certificate(subject, alert, finding);
	advise_list(subject, alert, finding);
	if (step != NULL)
		rule_evidence(finding, &step->at);
	rule_evidence(finding, &alert->at);
	rule_advice(finding, "read the log of the %s at the time of the alert",
	            rule_side(session, alert->dir));
}
