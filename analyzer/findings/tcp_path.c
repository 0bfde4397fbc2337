/*
 * Rules about an established TCP connection: reset, stuck on large packets, closed window, loss on the way.
 * Called through the table in findings.c. They look at TCP facts and ICMP errors; of TLS only at whether it
 * explains the end.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>
#include <stdio.h>

#define STUCK_REPEATS  3        /* RFC 1122 section 4.2.3.5, R1: so many say that something is wrong */
#define ANY_PATH       536      /* payload that every path carries, RFC 9293 section 3.7.1 */
#define ZERO_WINDOW_NS NS_PER_S /* shorter ones are flow control at work */
#define LOSS_REPEATS   10       /* fewer, or less than one packet in LOSS_SHARE, is what networks do */
#define LOSS_SHARE     50
#define OTHER_PACKETS  2               /* packets of a host that its RST is compared with */
#define IDLE_NS        (60 * NS_PER_S) /* a silence in front of a RST that is worth a word */

/* ---- reset ----------------------------------------------------------------------------------------- */

/* The RST has another TTL than all other packets of its sender. */
static bool foreign_reset(const struct session_tcp *tcp)
{
	uint8_t dir = tcp->rst_dir;
	return tcp->rst_ttl[dir] != 0 && tcp->packets[dir] > OTHER_PACKETS && tcp->ttl[dir] != 0 &&
	       !tcp->ttl_mixed[dir] && tcp->rst_ttl[dir] != tcp->ttl[dir];
}

static void explain_reset(const struct session *session, struct finding *finding)
{
	const struct session_tcp *tcp = &session->tcp;
	const char *sender = rule_side(session, tcp->rst_dir);
	int64_t a = tcp->last_data[0].time, b = tcp->last_data[1].time;
	int64_t idle = origin_elapsed(a > b ? a : b, tcp->rst.time);
	char time[RULE_TEXT];
	if (foreign_reset(tcp))
		rule_cause(finding,
		           "The RST has TTL %u, every other packet of the %s has %u: something between the "
		           "two sent it, such as a firewall or an intrusion prevention system.",
		           (unsigned)tcp->rst_ttl[tcp->rst_dir], sender, (unsigned)tcp->ttl[tcp->rst_dir]);
	else
		rule_cause(
		    finding,
		    "The %s's program crashed, restarted or gave the connection up without closing it; "
		    "or a device between sent the RST in its name.",
		    sender);
	if (idle >= IDLE_NS)
		rule_cause(finding,
		           "No data came for %s before it: the idle timeout of a firewall looks like this.",
		           rule_duration(idle, time));
}

/*
 * A scan, a goodbye in front of it, or a fault that has its own finding, as a handshake that breaks off has:
 * there the RST adds something only when it is a stranger's.
 */
static bool reset_explained(const struct subject *subject)
{
	const struct session *session = subject->session;
	bool in_handshake =
	    subject->handshake == HANDSHAKE_INCOMPLETE || subject->handshake == HANDSHAKE_FAILED;
	return (in_handshake && !foreign_reset(&session->tcp)) || session->n_alerts > 0 ||
	       session->tls.not_tls || subject->auth.observed == AUTH_OBSERVED_REJECTED ||
	       session_hidden_alert(session, 0) || session_hidden_alert(session, 1);
}

bool tcp_path_is_reset(const struct subject *subject)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	bool established = tcp->syn_ack.packet != 0 || session->midstream;
	bool used = tcp->delivered[0] + tcp->delivered[1] > 0;
	/* where packets are missing, a FIN or an alert may be among them */
	bool whole = tcp->gaps[0] + tcp->gaps[1] <= tcp->cut_packets;
	return session->close == CLOSE_RST && established && used && whole && !reset_explained(subject);
}

void tcp_path_reset(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	if (!tcp_path_is_reset(subject))
		return;
	const char *sender = rule_side(session, tcp->rst_dir);
	const struct step *step = rule_step_before(session, &tcp->rst);
	char time[RULE_TEXT], when[RULE_TEXT * 2];
	rule_duration(origin_elapsed(session->opened.time, tcp->rst.time), time);
	if (subject->handshake == HANDSHAKE_COMPLETE || step == NULL)
		snprintf(when, sizeof when, "after %s", time);
	else
		snprintf(when, sizeof when, "inside the handshake, behind %s", session_step_name(step->kind));
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The established connection was reset %s: RST from the %s's address (packet %" PRIu64
	             "), no FIN and no TLS alert before it.",
	             when, sender, (uint64_t)tcp->rst.packet);
	explain_reset(session, finding);
	rule_evidence(finding, &tcp->last[tcp->rst_dir ^ 1]);
	rule_evidence(finding, &tcp->rst);
	if (foreign_reset(tcp))
		rule_advice(finding, "read the logs of the firewalls between the two for that time");
	rule_advice(finding, "read the log of the %s at that time: did its program restart?", sender);
}

/* ---- large packets --------------------------------------------------------------------------------- */

static const struct icmp_seen *too_big(const struct session *session, uint8_t dir)
{
	enum { UNREACHABLE4 = 3, FRAGMENTATION_NEEDED = 4, TOO_BIG6 = 2 };
	for (uint32_t i = 0; i < session->n_icmp; i++) {
		const struct icmp_seen *icmp = &session->icmp[i];
		bool is4 =
		    icmp->version == 4 && icmp->type == UNREACHABLE4 && icmp->code == FRAGMENTATION_NEEDED;
		if (icmp->dir == dir && (is4 || (icmp->version == 6 && icmp->type == TOO_BIG6)))
			return icmp;
	}
	return NULL;
}

bool tcp_path_stuck(const struct session *session, uint8_t dir)
{
	const struct session_tcp *tcp = &session->tcp;
	const struct tcp_repeat *repeat = &tcp->repeat[dir];
	if (repeat->times < STUCK_REPEATS || repeat->length <= ANY_PATH ||
	    repeat->seq != tcp->largest_seq[dir])
		return false;
	return tcp->last[dir ^ 1].packet > tcp->largest_at[dir].packet || too_big(session, dir) != NULL;
}

static void large_packets(const struct session *session, uint8_t dir, const struct rule *rule,
                          struct findings *out)
{
	const struct session_tcp *tcp = &session->tcp;
	const struct tcp_repeat *repeat = &tcp->repeat[dir];
	const struct icmp_seen *icmp = too_big(session, dir);
	const char *sender = rule_side(session, dir), *receiver = rule_side(session, dir ^ 1);
	char time[RULE_TEXT], addr[ADDR_TEXT];
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "Large packets of the %s do not arrive: %" PRIu32 " bytes were sent %" PRIu32
	             " times in %s and the %s never acknowledged them; smaller packets pass.",
	             sender, repeat->length, repeat->times + 1,
	             rule_duration(origin_elapsed(tcp->largest_at[dir].time, repeat->last.time), time),
	             receiver);
	if (icmp != NULL && icmp->mtu > 0)
		rule_cause(finding,
		           "%s says by ICMP that its next link carries packets of %" PRIu32
		           " bytes, and the %s goes on with larger ones: the ICMP does not reach it, or it "
		           "ignores it.",
		           addr_text(&icmp->from, addr), icmp->mtu, sender);
	else if (icmp != NULL)
		rule_cause(finding, "%s says by ICMP that the packets are too big for its next link.",
		           addr_text(&icmp->from, addr));
	else
		rule_cause(finding,
		           "Most likely a link between the two carries only smaller packets (tunnel, VPN), "
		           "and the ICMP message about it is filtered.");
	rule_evidence(finding, &tcp->largest_at[dir]);
	rule_evidence(finding, &repeat->last);
	if (icmp != NULL)
		rule_evidence(finding, &icmp->at);
	rule_path_mtu(session, finding);
	rule_command(finding, "router at the narrow link (IOS-XE)", "ip tcp adjust-mss 1360");
	rule_advice(finding, "let ICMP \"fragmentation needed\" and \"packet too big\" pass every firewall");
}

void tcp_path_mtu(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	for (uint8_t dir = 0; dir < 2; dir++)
		if (tcp_path_stuck(subject->session, dir))
			large_packets(subject->session, dir, rule, out);
}

/* ---- closed window --------------------------------------------------------------------------------- */

void tcp_path_zero_window(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	for (uint8_t dir = 0; dir < 2; dir++) {
		const struct tcp_zero_window *zero = &session->tcp.zero_window[dir];
		int64_t time = origin_elapsed(zero->from.time, zero->to.time);
		const char *side = rule_side(session, dir);
		char text[RULE_TEXT];
		if (zero->from.packet == 0 || time < ZERO_WINDOW_NS)
			continue;
		struct finding *finding = rule_finding(rule, out);
		rule_summary(finding,
		             "The %s's receive window was closed for at least %s (packets %" PRIu64
		             " to %" PRIu64 "): the %s had to wait.",
		             side, rule_duration(time, text), (uint64_t)zero->from.packet, (uint64_t)zero->to.packet,
		             rule_side(session, dir ^ 1));
		rule_cause(
		    finding,
		    "The %s's program did not read what it got: it is overloaded or stuck. The network "
		    "is not the reason.",
		    side);
		rule_evidence(finding, &zero->from);
		rule_evidence(finding, &zero->to);
		if (dir == session->controller)
			rule_command(finding, "controller (IOS-XE)", "show processes cpu platform sorted");
		else
			rule_command(finding, "engine (CMX)", "cmxctl status");
		rule_advice(finding, "read the log of the %s at that time", side);
	}
}

/* ---- loss ------------------------------------------------------------------------------------------ */

/* Repeats that tell of loss: not late copies of the mirror, not one segment that nobody answers. */
static uint64_t repeats_of_loss(const struct session_tcp *tcp, uint8_t dir)
{
	uint64_t other = tcp->late_copies + tcp->repeat[dir].times;
	return tcp->retransmissions[dir] > other ? tcp->retransmissions[dir] - other : 0;
}

/* One segment again and again, up to the end, for another reason than its size. */
static bool unacknowledged(const struct session *session, uint8_t dir)
{
	const struct session_tcp *tcp = &session->tcp;
	const struct tcp_repeat *repeat = &tcp->repeat[dir];
	return repeat->times >= STUCK_REPEATS && tcp->last[dir ^ 1].packet != 0 &&
	       !tcp_path_stuck(session, dir) &&
	       origin_elapsed(repeat->first.time, repeat->last.time) >= RULE_PATIENCE;
}

static void tell_unacknowledged(const struct session *session, uint8_t dir, struct finding *finding)
{
	const struct tcp_repeat *repeat = &session->tcp.repeat[dir];
	const struct origin *heard = &session->tcp.last[dir ^ 1];
	const char *sender = rule_side(session, dir), *receiver = rule_side(session, dir ^ 1);
	char time[RULE_TEXT], bytes[RULE_TEXT], where[RULE_TEXT], addr[ADDR_TEXT];
	rule_summary(finding,
	             "The %s repeated the same %s %" PRIu32 " times in %s (packets %" PRIu64 " to %" PRIu64
	             "), and the %s never acknowledged them.",
	             sender, rule_count(repeat->length, "byte", bytes), repeat->times,
	             rule_duration(origin_elapsed(repeat->first.time, repeat->last.time), time),
	             (uint64_t)repeat->first.packet, (uint64_t)repeat->last.packet, receiver);
	if (heard->packet > repeat->first.packet)
		rule_cause(finding,
		           "Other packets of the %s still came: what the %s sends does not get there, or a "
		           "device on the way drops it.",
		           receiver, sender);
	else
		rule_cause(
		    finding,
		    "Nothing came from the %s any more: it is down or was restarted, or the way between the "
		    "two was cut without a FIN or RST.",
		    receiver);
	rule_evidence(finding, heard);
	rule_evidence(finding, &repeat->first);
	rule_evidence(finding, &repeat->last);
	snprintf(where, sizeof where, "from the %s", sender);
	rule_command(finding, where, "ping %s", addr_text(&session->addr[dir ^ 1], addr));
	rule_advice(finding, "read the logs of the %s and of the firewalls between the two for that time",
	            receiver);
}

void tcp_path_retransmissions(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	for (uint8_t dir = 0; dir < 2; dir++) {
		uint64_t repeats = repeats_of_loss(tcp, dir);
		int64_t connect = session_connect_time(session);
		char time[RULE_TEXT];
		if (unacknowledged(session, dir))
			tell_unacknowledged(session, dir, rule_finding(rule, out));
		if (repeats < LOSS_REPEATS || repeats < tcp->packets[dir] / LOSS_SHARE)
			continue;
		struct finding *finding = rule_finding(rule, out);
		rule_summary(
		    finding,
		    "The %s sent %" PRIu64 " of its %" PRIu64 " packets again (%.1f %%): they, or their "
		    "acknowledgements, were lost on the way to the %s.",
		    rule_side(session, dir), repeats, tcp->packets[dir],
		    100.0 * (double)repeats / (double)tcp->packets[dir], rule_side(session, dir ^ 1));
		rule_cause(finding, "The path loses packets or delays them by more than the sender waits.");
		if (connect >= 0 && tcp->syns == 1)
			rule_cause(finding, "The TCP handshake took %s.", rule_duration(connect, time));
		rule_evidence(finding, &tcp->first_data[dir]);
		rule_evidence(finding, &tcp->last_data[dir]);
		rule_command(finding, "every switch and router on the way",
		             "show interfaces counters errors");
		rule_advice(finding, "check duplex, speed and load of the links between the two");
	}
}
