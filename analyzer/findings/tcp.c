/*
 * Rules about the TCP connection: unanswered, refused, established and then empty. Called through the table
 * in findings.c. They look at TCP facts and ICMP errors; of TLS only whether a ClientHello is there.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>
#include <stdio.h>

#define UNHEARD_ANSWERS 3 /* SYN-ACKs: one that comes again may have crossed the ACK */

/* Which of the two ends has the listening port. */
static void advise_listener(const struct session *session, struct finding *finding)
{
	char addr[ADDR_TEXT], where[RULE_TEXT];
	addr_text(&session->addr[1], addr);
	if (session->controller == 1) {
		rule_command(finding, "controller (IOS-XE)", "show nmsp status");
		rule_command(finding, "controller (IOS-XE, the NMSP server is off by default)",
		             "configure terminal; nmsp enable");
	}
	snprintf(where, sizeof where, "from the %s's network", rule_side(session, 0));
	rule_command(finding, where, "nc -vz %s %u", addr, (unsigned)session->port[1]);
	rule_advice(finding, "allow TCP port %u to %s in every firewall and access list between the two",
	            (unsigned)session->port[1], addr);
}

static void cite_syns(const struct session *session, struct finding *finding)
{
	for (uint32_t i = 0; i < session->tcp.syns && i < LIMIT_SYNS; i++)
		rule_evidence(finding, &session->tcp.syn[i]);
}

/* "0, 1.0 s, 3.0 s": when the SYNs were sent, from the first one on. */
static void list_retries(const struct session_tcp *tcp, char *text, size_t room)
{
	char time[RULE_TEXT];
	size_t used = (size_t)snprintf(text, room, "0");
	for (uint32_t i = 1; i < tcp->syns && i < LIMIT_SYNS && used < room; i++)
		used += (size_t)snprintf(
		    &text[used], room - used, ", %s",
		    rule_duration(origin_elapsed(tcp->syn[0].time, tcp->syn[i].time), time));
	if (tcp->syns > LIMIT_SYNS && used < room)
		snprintf(&text[used], room - used, ", ...");
}

static void unreachable(const struct session *session, const struct icmp_seen *icmp, struct finding *finding)
{
	bool loop = rule_icmp_exceeded(icmp);
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], router[ADDR_TEXT], addr[ADDR_TEXT], where[RULE_TEXT + ADDR_TEXT];
	addr_text(&icmp->from, router);
	rule_summary(finding, "The %s cannot reach the %s: %s answers its SYN with ICMP \"%s\".",
	             rule_endpoint(session, 0, from), rule_endpoint(session, 1, to), router, rule_icmp_name(icmp));
	rule_cause(finding, loop
	                        ? "The packets go round between routers that each send them to the other, or "
	                          "started with too small a TTL."
	                        : "That router has no path to the address, or gets no answer from it on its "
	                          "own network.");
	rule_evidence(finding, &icmp->at);
	cite_syns(session, finding);
	snprintf(where, sizeof where, "from the %s", rule_side(session, 0));
	addr_text(&session->addr[1], addr);
	rule_command(finding, where, "ping %s; traceroute %s", addr, addr);
	snprintf(where, sizeof where, "router %s", router);
	rule_command(finding, where, "show ip%s route %s", icmp->version == 6 ? "v6" : "", addr);
}

/* The listener answers again and again, and nothing shows that it was heard. */
static bool answers_unheard(const struct subject *subject)
{
	const struct session_tcp *tcp = &subject->session->tcp;
	return tcp->syn_ack.packet != 0 && tcp->ack.packet == 0 && tcp->rst.packet == 0 &&
	       session_mute(subject->session) && tcp->packets[0] <= tcp->syns &&
	       tcp->packets[1] >= UNHEARD_ANSWERS && tcp->late_copies == 0 &&
	       origin_elapsed(tcp->syn_ack.time, subject->now) >= RULE_PATIENCE;
}

static void unheard(const struct subject *subject, struct finding *finding)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], time[RULE_TEXT], count[RULE_TEXT];
	rule_summary(finding, "The %s gets no ACK from the %s: %s in %s.", rule_endpoint(session, 1, to),
	             rule_endpoint(session, 0, from), rule_count(tcp->packets[1], "SYN-ACK", count),
	             rule_duration(origin_elapsed(tcp->syn_ack.time, tcp->last[1].time), time));
	rule_cause(finding, "On the way back a firewall drops the answers or a route is missing, or the ACKs "
	                    "take a way that this capture does not see.");
	cite_syns(session, finding);
	rule_evidence(finding, &tcp->syn_ack);
	rule_evidence(finding, &tcp->last[1]);
	advise_listener(session, finding);
}

void tcp_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], waited[RULE_TEXT], addr[ADDR_TEXT], count[RULE_TEXT],
	    where[RULE_TEXT];
	char retries[LIMIT_SYNS * sizeof ", 999.9 minutes"];
	if (answers_unheard(subject)) {
		unheard(subject, rule_finding(rule, out));
		return;
	}
	if (tcp->syns == 0 || tcp->packets[1] > 0 || tcp->packets[0] > tcp->syns ||
	    session_icmp_refusal(session) != NULL)
		return;
	const struct icmp_seen *icmp = session_icmp_unreachable(session);
	if (icmp != NULL) {
		unreachable(session, icmp, rule_finding(rule, out));
		return;
	}
	/* A host repeats its SYN (RFC 6298 section 2): one that stands alone speaks against the capture. */
	if (tcp->syns < 2)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The %s gets no answer from the %s: %s in %s, no SYN-ACK and no RST.",
	             rule_endpoint(session, 0, from), rule_endpoint(session, 1, to),
	             rule_count(tcp->syns, "SYN", count),
	             rule_duration(origin_elapsed(tcp->syn[0].time, subject->now), waited));
	rule_cause(finding,
	           "The address is wrong or down, a firewall drops the packets silently, or the answers "
	           "take a way that this capture does not see.");
	list_retries(tcp, retries, sizeof retries);
	rule_cause(finding, "SYNs were sent at %s.", retries);
	cite_syns(session, finding);
	snprintf(where, sizeof where, "from the %s", rule_side(session, 0));
	rule_command(finding, where, "ping %s", addr_text(&session->addr[1], addr));
	advise_listener(session, finding);
}

static void refused_by_icmp(const struct session *session, const struct icmp_seen *icmp,
                            struct finding *finding)
{
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], addr[ADDR_TEXT];
	rule_summary(finding,
	             "The connection of the %s to the %s was refused: %s answered the SYN with ICMP \"%s\".",
	             rule_endpoint(session, 0, from), rule_endpoint(session, 1, to), addr_text(&icmp->from, addr),
	             rule_icmp_name(icmp));
	rule_cause(
	    finding,
	    memcmp(&icmp->from, &session->addr[1], sizeof icmp->from) == 0
	        ? "The host itself refuses: nothing listens there, or its own packet filter forbids it."
	        : "A firewall or router between the two forbids it.");
	rule_evidence(finding, &icmp->at);
}

static const struct origin *last_syn_before(const struct session_tcp *tcp, const struct origin *at)
{
	const struct origin *last = NULL;
	for (uint32_t i = 0; i < tcp->syns && i < LIMIT_SYNS; i++)
		if (tcp->syn[i].packet < at->packet)
			last = &tcp->syn[i];
	return last;
}

static void refused_by_rst(const struct session *session, struct finding *finding)
{
	const struct session_tcp *tcp = &session->tcp;
	const struct origin *syn = last_syn_before(tcp, &tcp->rst);
	char from[RULE_ENDPOINT], to[RULE_ENDPOINT], time[RULE_TEXT];
	rule_summary(finding, "The %s refused the connection of the %s: it answered the SYN with RST.",
	             rule_endpoint(session, 1, to), rule_endpoint(session, 0, from));
	rule_cause(finding,
	           "The host is reached, and nothing listens on the port: the NMSP server is off, or "
	           "listens on another address; or a firewall answers in its name.");
	if (tcp->rst_ttl[1] != 0 && syn != NULL)
		rule_cause(finding,
		           "The RST came %s after the SYN with TTL %u: when a ping of the host shows another "
		           "TTL, a firewall may have sent it.",
		           rule_duration(origin_elapsed(syn->time, tcp->rst.time), time),
		           (unsigned)tcp->rst_ttl[1]);
	rule_evidence(finding, &tcp->rst);
}

void tcp_refused(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	const struct icmp_seen *icmp = session_icmp_refusal(session);
	bool reset = tcp->rst.packet != 0 && tcp->rst_dir == 1 && tcp->packets[0] <= tcp->syns;
	if (tcp->syns == 0 || tcp->syn_ack.packet != 0 || tcp->bytes[0] > 0 || (icmp == NULL && !reset))
		return;
	struct finding *finding = rule_finding(rule, out);
	if (icmp != NULL) {
		refused_by_icmp(session, icmp, finding);
	} else {
		refused_by_rst(session, finding);
	}
	cite_syns(session, finding);
	advise_listener(session, finding);
}

/*
 * Who looks whether a port is open closes soon, and first. Its FIN may be missing from the capture, so that
 * of the listener counts only when the other one was seen too.
 */
static bool given_up_by_listener(const struct session *session)
{
	return session->closed.packet != 0 && session->closed_by == 1 &&
	       (session->close == CLOSE_RST || session->tcp.fin[0].packet != 0);
}

/*
 * The listener's goodbye crossed the first bytes of the other side, or stood in front of them. Bytes that it
 * had long been sent did not reach it.
 */
static bool closed_unread(const struct session *session)
{
	const struct session_tcp *tcp = &session->tcp;
	return session->closed.packet != 0 && session->closed_by == 1 && tcp->closed_unread &&
	       tcp->delivered[0] > 0 && tcp->delivered[1] + tcp->lost_bytes[1] == 0 &&
	       origin_elapsed(tcp->first_data[0].time, session->closed.time) < RULE_PATIENCE;
}

static void given_up(const struct session *session, int64_t after, struct finding *finding)
{
	char time[RULE_TEXT], close[RULE_TEXT], read[RULE_TEXT] = "before any ClientHello";
	if (!session_mute(session))
		snprintf(read, sizeof read, "before it read the %s's %s", rule_side(session, 0),
		         session->tls.client_hello ? "ClientHello" : "first byte");
	rule_summary(finding, "The TCP connection was established and %s after %s, %s.",
	             rule_close(session, close), rule_duration(after, time), read);
	if (session->controller == 1)
		rule_cause(finding,
		           "The controller took the connection and gave it up: NMSP is not enabled or its "
		           "program is not ready, no session is free, or it does not expect this address.");
	else
		rule_cause(finding, "The engine took the connection and gave it up.");
}

static void nobody_spoke(const struct session *session, int64_t idle, struct finding *finding)
{
	char time[RULE_TEXT], close[RULE_TEXT];
	rule_summary(finding,
	             "The TCP connection was established, and then nobody sent a byte for %s: no ClientHello "
	             "of the %s; %s.",
	             rule_duration(idle, time), rule_side(session, session_tls_client(session)),
	             rule_close(session, close));
	if (session->closed.packet != 0 && session->closed_by == session->controller)
		rule_cause(finding, "The controller waited for it in vain.");
	rule_cause(
	    finding,
	    "The TLS client speaks first. A connection opened by hand looks like this too, and so does "
	    "a path that lets only small packets pass.");
}

void tcp_no_tls(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	bool unread = closed_unread(session);
	if (tcp->syns == 0 || tcp->syn_ack.packet == 0 || tcp->ack.packet == 0 ||
	    (!session_mute(session) && !unread))
		return;
	int64_t until = session->closed.packet != 0 ? session->closed.time : subject->now;
	int64_t idle = origin_elapsed(tcp->ack.time, until);
	bool patient = idle >= RULE_PATIENCE;
	if (!unread && !patient && !given_up_by_listener(session))
		return;
	struct finding *finding = rule_finding(rule, out);
	if (unread || !patient)
		given_up(session, idle, finding);
	else
		nobody_spoke(session, idle, finding);
	rule_evidence(finding, &tcp->syn[0]);
	rule_evidence(finding, &tcp->ack);
	rule_evidence(finding, &session->closed);
	if (unread)
		rule_evidence(finding, &tcp->first_data[0]);
	rule_command(finding, "engine (CMX)", "cmxctl config controllers show");
	rule_command(finding, "controller (IOS-XE)", "show nmsp status");
	if (!unread && patient)
		rule_path_mtu(session, finding);
	else if (session->controller == 1)
		rule_command(finding, "controller (IOS-XE, the NMSP server is off by default)",
		             "configure terminal; nmsp enable");
}
