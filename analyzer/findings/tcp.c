/*
 * Rules about the TCP connection: unanswered, refused, established and then empty. Called through the table
 * in findings.c. They look at TCP facts and ICMP errors; of TLS only whether a ClientHello is there.
 */
#include "analyzer/findings/rule.h"

#include "dissect/names.h"

#include <inttypes.h>
#include <stdio.h>

enum { /* a type and code of one IP version in one number */
       ICMP4 = 4 << 16,
       ICMP6 = 6 << 16,
       EXCEEDED4 = ICMP4 | 11 << 8,
       EXCEEDED6 = ICMP6 | 3 << 8,
       UNREACHABLE4 = ICMP4 | 3 << 8,
       UNREACHABLE6 = ICMP6 | 1 << 8,
};

static uint32_t icmp_kind(const struct icmp_seen *icmp)
{
	return (uint32_t)icmp->version << 16 | (uint32_t)icmp->type << 8 | icmp->code;
}

static const char *icmp_name(const struct icmp_seen *icmp)
{
	static const struct name names[] = {
	    {UNREACHABLE4 | 0, "network unreachable"},
	    {UNREACHABLE4 | 1, "host unreachable"},
	    {UNREACHABLE4 | 2, "protocol unreachable"},
	    {UNREACHABLE4 | 3, "port unreachable"},
	    {UNREACHABLE4 | 6, "network unknown"},
	    {UNREACHABLE4 | 7, "host unknown"},
	    {UNREACHABLE4 | 9, "network administratively prohibited"},
	    {UNREACHABLE4 | 10, "host administratively prohibited"},
	    {UNREACHABLE4 | 13, "communication administratively prohibited"},
	    {EXCEEDED4, "time to live exceeded"},
	    {UNREACHABLE6 | 0, "no route to destination"},
	    {UNREACHABLE6 | 1, "administratively prohibited"},
	    {UNREACHABLE6 | 3, "address unreachable"},
	    {UNREACHABLE6 | 4, "port unreachable"},
	    {UNREACHABLE6 | 5, "source address failed policy"},
	    {UNREACHABLE6 | 6, "route rejected"},
	    {EXCEEDED6, "hop limit exceeded"},
	};
	return name_find(names, RULE_COUNT(names), icmp_kind(icmp));
}

/* "the engine 10.1.1.5:40000" of a direction. */
static const char *endpoint(const struct session *session, uint8_t dir, char text[96])
{
	char addr[ADDR_TEXT];
	snprintf(text, 96, "%s %s port %u", rule_side(session, dir), addr_text(&session->addr[dir], addr),
	         (unsigned)session->port[dir]);
	return text;
}

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
	bool loop = icmp_kind(icmp) == EXCEEDED4 || icmp_kind(icmp) == EXCEEDED6;
	char from[96], to[96], router[ADDR_TEXT], addr[ADDR_TEXT], where[RULE_TEXT + ADDR_TEXT];
	addr_text(&icmp->from, router);
	rule_summary(finding, "The %s cannot reach the %s: %s answers its SYN with ICMP \"%s\".",
	             endpoint(session, 0, from), endpoint(session, 1, to), router, icmp_name(icmp));
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

void tcp_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	char from[96], to[96], waited[RULE_TEXT], addr[ADDR_TEXT], count[RULE_TEXT], where[RULE_TEXT];
	char retries[LIMIT_SYNS * sizeof ", 999.9 minutes"];
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
	             endpoint(session, 0, from), endpoint(session, 1, to),
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
	char from[96], to[96], addr[ADDR_TEXT];
	rule_summary(finding,
	             "The connection of the %s to the %s was refused: %s answered the SYN with ICMP \"%s\".",
	             endpoint(session, 0, from), endpoint(session, 1, to), addr_text(&icmp->from, addr),
	             icmp_name(icmp));
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
	char from[96], to[96], time[RULE_TEXT];
	rule_summary(finding, "The %s refused the connection of the %s: it answered the SYN with RST.",
	             endpoint(session, 1, to), endpoint(session, 0, from));
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
	       tcp->bytes[0] > 0 && tcp->bytes[1] + tcp->lost_bytes[1] == 0 &&
	       origin_elapsed(tcp->first_data[0].time, session->closed.time) < RULE_PATIENCE;
}

static void given_up(const struct session *session, int64_t after, struct finding *finding)
{
	char time[RULE_TEXT], close[RULE_TEXT], read[RULE_TEXT] = "before any ClientHello";
	if (session->tcp.bytes[0] > 0)
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
	bool empty = tcp->bytes[0] + tcp->bytes[1] + tcp->lost_bytes[0] + tcp->lost_bytes[1] == 0;
	bool unread = closed_unread(session);
	if (tcp->syns == 0 || tcp->syn_ack.packet == 0 || tcp->ack.packet == 0 || (!empty && !unread))
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
