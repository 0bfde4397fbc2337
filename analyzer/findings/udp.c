/*
 * Rules about UDP sessions before DTLS: a client_hello that nobody answers, or that an ICMP error refuses.
 * Called through the table in findings.c. Whatever comes behind an answer is DTLS, and has the rules of TLS.
 */
#include "analyzer/findings/rule.h"

#include <stdio.h>

/* Nothing but client_hellos of one side, in a session whose beginning was seen. */
static bool is_unanswered(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	return tls->datagram && tls->client_hello && !session->midstream && session->n_steps == 1 &&
	       session->tcp.packets[tls->client_dir ^ 1] == 0;
}

static void cite_hellos(const struct session *session, struct finding *finding)
{
	rule_evidence(finding, &session->opened);
	if (session->last.packet != session->opened.packet)
		rule_evidence(finding, &session->last);
}

static void advise(const struct session *session, uint8_t server, struct finding *finding)
{
	char addr[ADDR_TEXT], where[RULE_TEXT];
	addr_text(&session->addr[server], addr);
	snprintf(where, sizeof where, "from the %s", rule_side(session, server ^ 1));
	rule_command(finding, where, "ping %s", addr);
	if (server == session->controller)
		rule_command(finding, "controller (IOS-XE)", "show nmsp status");
	rule_advice(finding, "allow UDP port %u to %s in every firewall and access list between the two",
	            (unsigned)session->port[server], addr);
}

void udp_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	uint8_t client = session->tls.client_dir, server = client ^ 1;
	const struct icmp_seen *icmp = session_icmp_unreachable(session);
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], router[ADDR_TEXT], count[RULE_TEXT], time[RULE_TEXT];
	/* A host repeats its hello (RFC 6347 section 4.2.4): one that stands alone speaks against the
	 * capture. */
	if (!is_unanswered(session) || session_icmp_refusal(session) != NULL ||
	    (icmp == NULL && session->tcp.retransmissions[client] == 0))
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_endpoint(session, client, from);
	rule_endpoint(session, server, to);
	if (icmp != NULL) {
		rule_summary(finding,
		             "The %s cannot reach the %s: %s answers its client_hello with ICMP \"%s\".",
		             from, to, addr_text(&icmp->from, router), rule_icmp_name(icmp));
		rule_cause(
		    finding,
		    "That router has no path to the address, or gets no answer from it on its own network.");
		rule_evidence(finding, &icmp->at);
	} else {
		rule_summary(finding,
		             "The %s gets no answer from the %s over UDP: %s with its client_hello in %s.",
		             from, to, rule_count(session->tcp.packets[client], "datagram", count),
		             rule_duration(origin_elapsed(session->opened.time, subject->now), time));
		rule_cause(
		    finding,
		    "The address is wrong or down, nothing listens for DTLS there, a firewall drops the "
		    "packets silently, or the answers take a way that this capture does not see.");
	}
	cite_hellos(session, finding);
	advise(session, server, finding);
}

void udp_refused(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	uint8_t client = session->tls.client_dir, server = client ^ 1;
	const struct icmp_seen *icmp = session_icmp_refusal(session);
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], addr[ADDR_TEXT];
	if (!is_unanswered(session) || icmp == NULL)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The %s was refused by the %s: %s answered its client_hello with ICMP \"%s\".",
	             rule_endpoint(session, client, from), rule_endpoint(session, server, to),
	             addr_text(&icmp->from, addr), rule_icmp_name(icmp));
	rule_cause(finding,
	           addr_equal(&icmp->from, &session->addr[server])
	               ? "The host itself refuses: nothing listens for DTLS there, or its own packet filter "
	                 "forbids it. NMSP may be offered over TCP alone."
	               : "A firewall or router between the two forbids it.");
	rule_evidence(finding, &icmp->at);
	cite_hellos(session, finding);
	advise(session, server, finding);
}
