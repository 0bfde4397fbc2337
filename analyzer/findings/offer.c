/*
 * Rules about what the ClientHello offers: a TLS version or a cipher that the other side does not have.
 * Called through the table in findings.c, in front of the rule about alerts. They speak only where the offer
 * is in the capture and the answer came behind it.
 */
#include "analyzer/findings/rule.h"

#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdio.h>

#define OFFER_TEXT 64

#define NEITHER 2 /* in place of a direction: the capture does not tell */

/*
 * Who has only versions below those of the other one. A server chooses the highest that both have, at most
 * its own: it refuses a hello that ends below its lowest, and what a client refuses is the server's highest
 * (RFC 5246 appendix E.1). A hello that ends at TLS 1.2 tells nothing: servers older than that refused it,
 * too.
 */
static uint8_t older_side(const struct session *session, const struct alert_seen *alert)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session), server = client ^ 1;
	if (alert != NULL && alert->dir == client)
		return tls->server_hello && tls->offered_version <= TLS_1_3 && tls->version != 0 &&
		               tls->version < tls->offered_version
		           ? server
		           : NEITHER;
	if (tls->ssl2_hello ||
	    (tls->client_hello && tls->offered_version != 0 && tls->offered_version < TLS_1_2))
		return client;
	return tls->client_hello && tls->offered_version == TLS_1_3 ? server : NEITHER;
}

static void advise_update(const struct session *session, uint8_t older, struct finding *finding)
{
	if (older != session_engine(session))
		rule_command(finding, "controller (IOS-XE)",
		             "show version; show running-config | include nmsp");
	if (older != session->controller) {
		rule_command(finding, "engine (MSE)", "getserverinfo");
		rule_command(finding, "engine (CMX)", "cmxctl version");
	}
	if (older == NEITHER)
		rule_advice(finding, "update the side that has only the older versions");
	else
		rule_advice(finding, "update the %s, or allow %s 1.2 in its settings",
		            rule_side(session, older), session->tls.datagram ? "DTLS" : "TLS");
}

static void advise_versions(const struct session *session, uint8_t older, struct finding *finding)
{
	uint8_t server = session_tls_client(session) ^ 1;
	const struct addr *listener = &session->addr[server];
	char addr[ADDR_TEXT], question[RULE_TEXT];
	addr_text(listener, addr);
	bool datagram = session->tls.datagram;
	snprintf(question, sizeof question, "does the %s take %s 1.2", rule_side(session, server),
	         datagram ? "DTLS" : "TLS");
	rule_command(finding, question,
	             listener->version == 6 ? "openssl s_client -%s -connect [%s]:%u"
	                                    : "openssl s_client -%s -connect %s:%u",
	             datagram ? "dtls1_2" : "tls1_2", addr, (unsigned)session->port[server]);
	advise_update(session, older, finding);
}

/* "at most TLSv1.0", "SSLv3 in an SSLv2-style hello". */
static const char *offered(const struct session_tls *tls, char text[OFFER_TEXT])
{
	const char *version = session_version_name(tls, tls->offered_version);
	snprintf(text, OFFER_TEXT, "%s%s%s", tls->ssl2_hello || version == NULL ? "" : "at most ",
	         version != NULL ? version : "an unknown version",
	         tls->ssl2_hello ? " in an SSLv2-style hello" : "");
	return text;
}

/* No message and no byte of the server. */
static bool server_is_mute(const struct session *session)
{
	uint8_t server = session_tls_client(session) ^ 1;
	for (uint32_t i = 0; i < session->n_steps; i++) {
		if (session->steps[i].dir == server)
			return false;
	}
	return true;
}

static void told_by_alert(const struct session *session, const struct alert_seen *alert,
                          struct finding *finding)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	char offer[OFFER_TEXT], name[RULE_TEXT], place[ALERT_PLACE];
	const char *chosen = session_version_name(tls, tls->version);
	alert_place(session, alert, place);
	rule_alert(alert->code, name);
	if (alert->dir == client && tls->server_hello && chosen != NULL)
		rule_summary(finding,
		             "No TLS version in common: the %s chose %s, and the %s answered fatal %s %s.",
		             rule_side(session, client ^ 1), chosen, rule_side(session, client), name, place);
	else if (tls->client_hello || tls->ssl2_hello)
		rule_summary(finding,
		             "No TLS version in common: the %s offers %s, and the %s answered fatal %s %s.",
		             rule_side(session, client), offered(tls, offer), rule_side(session, alert->dir),
		             name, place);
	else
		rule_summary(finding, "No TLS version in common: the %s answered fatal %s %s.",
		             rule_side(session, alert->dir), name, place);
	uint8_t older = older_side(session, alert);
	if (older == NEITHER)
		rule_cause(finding,
		           "One side is an old release, or a setting on one side forbids what the other "
		           "one has.");
	else
		rule_cause(
		    finding,
		    "The %s is the older side: its versions end below those that the %s takes. It is an "
		    "old release, or its settings forbid newer versions.",
		    rule_side(session, older), rule_side(session, older ^ 1));
	rule_evidence(finding, &alert->at);
}

/* Old servers close without a word when a hello is older than they allow. */
static bool closed_at_once(const struct subject *subject)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	bool old = tls->ssl2_hello ||
	           (tls->client_hello && tls->offered_version != 0 && tls->offered_version < TLS_1_2);
	return subject->handshake == HANDSHAKE_FAILED && old && session_fatal_alert(session) == NULL &&
	       server_is_mute(session) && session->tcp.bytes[client ^ 1] == 0 &&
	       session_whole(session, NULL) && session->closed.packet != 0 &&
	       session->closed_by == (client ^ 1) && !session->tcp.closed_unread &&
	       origin_elapsed(session->tcp.last_data[client].time, session->closed.time) < RULE_PATIENCE;
}

static void told_by_close(const struct session *session, struct finding *finding)
{
	uint8_t client = session_tls_client(session);
	const struct origin *hello = &session->tcp.first_data[client];
	char offer[OFFER_TEXT], time[RULE_TEXT], close[RULE_TEXT];
	rule_summary(
	    finding,
	    "No TLS version in common, most likely: the %s offers %s; %s %s later, without an answer.",
	    rule_side(session, client), offered(&session->tls, offer), rule_close(session, close),
	    rule_duration(origin_elapsed(hello->time, session->closed.time), time));
	rule_cause(
	    finding,
	    "The %s gave no reason. A hello this old is the likely one: newer releases forbid TLS below 1.2 "
	    "and SSLv2-style hellos. Less likely it is busy, or does not expect this address.",
	    rule_side(session, client ^ 1));
	rule_evidence(finding, hello);
	rule_evidence(finding, &session->closed);
}

void offer_version(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	bool ssl2 = alert != NULL && session->tls.ssl2_hello && server_is_mute(session) &&
	            alert->dir != session_tls_client(session);
	bool agreed = alert != NULL && session->tls.server_hello && alert->dir != session_tls_client(session);
	bool by_alert = alert != NULL && ((alert->code == TLS_PROTOCOL_VERSION && !agreed) || ssl2);
	if (!by_alert && !closed_at_once(subject))
		return;
	struct finding *finding = rule_finding(rule, out);
	if (by_alert)
		told_by_alert(session, alert, finding);
	else
		told_by_close(session, finding);
	advise_versions(session, older_side(session, by_alert ? alert : NULL), finding);
}

/* The suites by name as far as they fit; a name is never cut. */
static void list_offer(const struct session_tls *tls, struct finding *finding)
{
	enum { ROOM = 260 };
	char text[ROOM];
	size_t used = 0;
	uint32_t kept = tls->n_offered < LIMIT_OFFERED ? tls->n_offered : LIMIT_OFFERED, told = 0;
	for (; told < kept; told++) {
		const char *name = tls_cipher_name(tls->offered[told]);
		char number[RULE_TEXT];
		snprintf(number, sizeof number, "0x%04x", (unsigned)tls->offered[told]);
		int n = snprintf(&text[used], sizeof text - used, "%s%s", told > 0 ? ", " : "",
		                 name != NULL ? name : number);
		if ((size_t)n >= sizeof text - used)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	if (told < tls->n_offered)
		rule_cause(finding, "Offered: %s and %" PRIu32 " more.", text, tls->n_offered - told);
	else
		rule_cause(finding, "Offered: %s.", text);
}

void offer_no_shared_cipher(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tls *tls = &session->tls;
	const struct alert_seen *alert = session_fatal_alert(session);
	uint8_t client = session_tls_client(session);
	char name[RULE_TEXT], place[ALERT_PLACE], count[RULE_TEXT];
	if (alert == NULL ||
	    (alert->code != TLS_HANDSHAKE_FAILURE && alert->code != TLS_INSUFFICIENT_SECURITY) ||
	    alert->dir == client || !tls->client_hello || tls->n_offered == 0 || !server_is_mute(session) ||
	    !session_whole(session, &alert->at))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "No cipher in common, most likely: the %s offers %s, and the %s answered fatal %s %s.",
	             rule_side(session, client), rule_count(tls->n_offered, "cipher suite", count),
	             rule_side(session, client ^ 1), rule_alert(alert->code, name),
	             alert_place(session, alert, place));
	list_offer(tls, finding);
	rule_cause(finding,
	           "With nmsp strong-cipher a controller takes none of the old suites. Less likely no curve "
	           "or signature algorithm is shared.");
	rule_evidence(finding, &alert->at);
	const struct step *hello = session_step(session, STEP_CLIENT_HELLO, client);
	if (hello != NULL)
		rule_evidence(finding, &hello->at);
	rule_command(finding, "controller (IOS-XE)", "show running-config | include nmsp strong-cipher");
	rule_advice(
	    finding,
	    "update the side with the older release; nmsp strong-cipher affects new connections only");
}
