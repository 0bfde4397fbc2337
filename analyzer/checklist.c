/*
 * The six answers, one function each; see checklist.h. Pure: reads the model, keeps nothing. Never gives
 * advice: that is what findings do.
 */
#include "analyzer/checklist.h"

#include "analyzer/clocks.h"
#include "analyzer/session_nmsp.h"
#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A host repeats its SYN (RFC 6298 section 2): so many without an answer say something. */
#define SYNS 2

struct question {
	const struct model *model;
	const struct session *session;
	const struct session_auth *auth;
	struct checklist *out;
};

__attribute__((format(printf, 4, 5))) static void answer(const struct question *q, enum checklist_item item,
                                                         enum checklist_answer value, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(q->out->item[item].why, CHECKLIST_WHY, format, list);
	va_end(list);
	q->out->item[item].answer = value;
}

static const struct origin *heard(const struct session *session)
{
	const struct origin *last = &session->tcp.last[session->controller];
	return last->packet != 0 ? last : NULL;
}

static bool connected(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	return tcp->syn_ack.packet != 0 || tcp->bytes[0] + tcp->bytes[1] > 0;
}

static bool unanswered(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	return session->controller == 1 && tcp->syns >= SYNS && tcp->packets[1] == 0 &&
	       tcp->packets[0] == tcp->syns;
}

/* An ICMP error of its own, NULL when none. */
static const struct icmp_seen *own_error(const struct session *session)
{
	const struct icmp_seen *icmp = session_icmp_refusal(session);
	return icmp != NULL &&
	               memcmp(&icmp->from, &session->addr[session->controller], sizeof icmp->from) == 0
	           ? icmp
	           : NULL;
}

static void reachable(const struct question *q)
{
	const struct origin *last = heard(q->session);
	const struct icmp_seen *own = own_error(q->session);
	const struct icmp_seen *router = session_icmp_unreachable(q->session);
	char addr[ADDR_TEXT];
	if (last != NULL)
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_YES,
		       "Its packets are in the capture, the last one is packet %" PRIu64 ".", (uint64_t)last->packet);
	else if (q->session->trace != NULL)
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_YES, "Its own trace tells of the engine's connection.");
	else if (own != NULL)
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_YES,
		       "It answered with an ICMP error, packet %" PRIu64 ".", (uint64_t)own->at.packet);
	else if (router != NULL)
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_NO,
		       "%s says by ICMP that it does not get there, packet %" PRIu64 ".",
		       addr_text(&router->from, addr), (uint64_t)router->at.packet);
	else if (unanswered(q->session))
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_NO,
		       "%" PRIu32 " SYNs of the engine got no answer%s.", q->session->tcp.syns,
		       q->session->n_icmp > 0 ? ", but ICMP errors came" : "");
	else
		answer(q, CHECKLIST_REACHABLE, CHECKLIST_UNKNOWN, "No packet of it is in the capture.");
}

static void same_time(const struct question *q)
{
	const struct session *session = q->session;
	int64_t ahead;
	if (!clocks_compare(q->model->clocks, &session->addr[session->controller],
	                    &session->addr[session_engine(session)], &ahead))
		answer(q, CHECKLIST_TIME, CHECKLIST_UNKNOWN,
		       "The hellos of the two do not tell both clocks: compare show clock with date.");
	else if (ahead < -CLOCKS_WITHIN)
		answer(q, CHECKLIST_TIME, CHECKLIST_NO,
		       "By their hellos the controller is %" PRId64 " s behind.", -ahead);
	else
		answer(q, CHECKLIST_TIME, CHECKLIST_YES,
		       "By their hellos the controller is %" PRId64 " s ahead.", ahead < 0 ? 0 : ahead);
}

static void push(const struct question *q)
{
	answer(q, CHECKLIST_PUSH, CHECKLIST_UNKNOWN,
	       "Only NMSP is looked at: test SNMP (UDP 161, read and write) or SSH (TCP 22, privilege 15) "
	       "from the "
	       "engine.");
}

static void port_open(const struct question *q)
{
	const struct session *session = q->session;
	const struct session_tcp *tcp = &session->tcp;
	unsigned port = session->port[session->controller];
	bool refused = tcp->rst.packet != 0 && tcp->rst_dir == 1 && tcp->syns > 0 && !connected(session);
	if (connected(session) && heard(session) != NULL)
		answer(q, CHECKLIST_PORT, CHECKLIST_YES, "A connection to port %u was established.", port);
	else if (session->trace != NULL)
		answer(q, CHECKLIST_PORT, CHECKLIST_YES, "The controller's trace tells of a connection to it.");
	else if (session->controller == 1 && (refused || session_icmp_refusal(session) != NULL))
		answer(q, CHECKLIST_PORT, CHECKLIST_NO, "The SYN to port %u was refused (%s).", port,
		       refused ? "RST" : "ICMP");
	else if (unanswered(session))
		answer(q, CHECKLIST_PORT, CHECKLIST_NO, "No SYN to port %u was answered.", port);
	else
		answer(q, CHECKLIST_PORT, CHECKLIST_UNKNOWN, "The capture shows no answer of port %u.", port);
}

/* The releases are not on the wire; what they agree on is. */
static void version(const struct question *q)
{
	const struct session *session = q->session;
	const struct alert_seen *alert = session_fatal_alert(session);
	const struct session_nmsp *nmsp = session->nmsp;
	const char *tls = session_version_name(&session->tls, session->tls.version);
	if (alert != NULL && alert->code == TLS_PROTOCOL_VERSION)
		answer(q, CHECKLIST_VERSION, CHECKLIST_NO,
		       "The two have no TLS version in common (packet %" PRIu64 ").", (uint64_t)alert->at.packet);
	else if (nmsp != NULL && session_nmsp_subscription(nmsp) != NULL)
		answer(q, CHECKLIST_VERSION, CHECKLIST_YES,
		       "The two understand each other: the controller accepted a subscription.");
	else if (session_handshake(session) == HANDSHAKE_COMPLETE && tls != NULL)
		answer(q, CHECKLIST_VERSION, CHECKLIST_UNKNOWN,
		       "They agree on %s; whether the releases fit is in the vendor's compatibility matrix.",
		       tls);
	else
		answer(q, CHECKLIST_VERSION, CHECKLIST_UNKNOWN,
		       "The releases are not on the wire: see the vendor's compatibility matrix.");
}

/* The given list holds no right entry for the engine. */
static bool list_has_none(const struct session_auth *auth)
{
	switch (auth->decision.prediction) {
	case AUTH_DAMAGED_ENTRY:
	case AUTH_HASH_KIND:
	case AUTH_HASH_MISMATCH:
	case AUTH_HASH_OTHER_MAC:
	case AUTH_MAC_NOT_LISTED:
		return true;
	default:
		return false;
	}
}

static void refused_hash(const struct question *q)
{
	const struct alert_seen *alert = session_fatal_alert(q->session);
	if (list_has_none(q->auth))
		answer(
		    q, CHECKLIST_KEY_HASH, CHECKLIST_NO,
		    "The controller rejected the engine, and the given AuthList has no right entry for it.");
	else
		answer(q, CHECKLIST_KEY_HASH, CHECKLIST_UNKNOWN, "%s",
		       alert == NULL || alert->code != TLS_CERTIFICATE_UNKNOWN
		           ? "The controller rejected the engine; its alert names another reason, or none."
		       : q->auth->decision.prediction == AUTH_MATCH
		           ? "The controller rejected the engine with an alert that points here, but the "
		             "given AuthList has a hash of it."
		           : "The controller rejected the engine with an alert that points here: give its "
		             "AuthList with -a.");
}

static void key_hash(const struct question *q)
{
	enum client_certificate shown = session_client_certificate(q->session);
	if (q->auth->observed == AUTH_OBSERVED_REJECTED)
		refused_hash(q);
	else if (q->auth->observed == AUTH_OBSERVED_ACCEPTED && list_has_none(q->auth))
		answer(
		    q, CHECKLIST_KEY_HASH, CHECKLIST_UNKNOWN,
		    "The controller accepted the engine's certificate, but the given AuthList has no right "
		    "entry for it.");
	else if (q->auth->observed == AUTH_OBSERVED_ACCEPTED)
		answer(q, CHECKLIST_KEY_HASH, CHECKLIST_YES,
		       "The controller accepted the engine's certificate%s.",
		       q->auth->inferred ? " (inferred)" : "");
	else if (shown == CLIENT_CERTIFICATE_NOT_REQUESTED)
		answer(q, CHECKLIST_KEY_HASH, CHECKLIST_UNKNOWN, "The controller asked for no certificate.");
	else if (session_resumed(q->session))
		answer(q, CHECKLIST_KEY_HASH, CHECKLIST_UNKNOWN,
		       "An earlier TLS session was resumed: the certificate was checked then.");
	else
		answer(q, CHECKLIST_KEY_HASH, CHECKLIST_UNKNOWN,
		       "The controller's decision about the engine's certificate is not in the capture.");
}

void checklist(const struct model *model, const struct session *session, const struct session_auth *auth,
               struct checklist *out)
{
	static void (*const questions[CHECKLIST_ITEMS])(const struct question *) = {
	    [CHECKLIST_REACHABLE] = reachable, [CHECKLIST_TIME] = same_time,  [CHECKLIST_PUSH] = push,
	    [CHECKLIST_PORT] = port_open,      [CHECKLIST_VERSION] = version, [CHECKLIST_KEY_HASH] = key_hash,
	};
	const struct question q = {model, session, auth, out};
	for (size_t item = 0; item < CHECKLIST_ITEMS; item++)
		if (session->bare)
			answer(&q, (enum checklist_item)item, CHECKLIST_UNKNOWN, "Bare messages show no connection.");
		else
			questions[item](&q);
}

const char *checklist_item_name(enum checklist_item item)
{
	static const char *const names[CHECKLIST_ITEMS] = {
	    [CHECKLIST_REACHABLE] = "controller reachable",
	    [CHECKLIST_TIME] = "controller's time same as the engine's or ahead",
	    [CHECKLIST_PUSH] = "SNMP or SSH open for the engine",
	    [CHECKLIST_PORT] = "NMSP port open",
	    [CHECKLIST_VERSION] = "compatible versions",
	    [CHECKLIST_KEY_HASH] = "right key hash on the controller",
	};
	return names[item];
}

const char *checklist_answer_name(enum checklist_answer value)
{
	static const char *const names[] = {
	    [CHECKLIST_UNKNOWN] = "unknown", [CHECKLIST_YES] = "yes", [CHECKLIST_NO] = "no"};
	return names[value];
}
