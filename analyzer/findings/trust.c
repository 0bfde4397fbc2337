/*
 * Rules about how far the capture can be believed: what its program lost, doubled, mixed up or sewed
 * together, and which answers of this report that touches. Called through the table in findings.c. They
 * never blame controller or engine.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>

#define LEAP_NS (600 * NS_PER_S) /* no host waits so long for the answer to its SYN */

#define LATE_COPIES 10 /* fewer may be of a host that numbers its packets in a way of its own */

/* ---- one session ----------------------------------------------------------------------------------- */

void trust_conflict(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session_tcp *tcp = &subject->session->tcp;
	char count[RULE_TEXT];
	if (tcp->conflicts == 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s with other bytes than the first copy, first at packet %" PRIu64 ".",
	             rule_count(tcp->conflicts, "repeated segment", count), (uint64_t)tcp->first_conflict.packet);
	rule_cause(finding,
	           "A host repeats the same bytes: a device on the way changed or injected some, or two "
	           "captures were mixed. This report believes the first copy; the hosts may have seen the "
	           "other one.");
	rule_evidence(finding, &tcp->first_conflict);
	rule_advice(finding, "capture at both ends at the same time, and compare the bytes");
}

/* ---- the capture as a whole ------------------------------------------------------------------------ */

static void dropped_consequence(const struct capture *capture, struct finding *finding)
{
	char gaps[RULE_TEXT];
	if (capture->gaps == 0)
		rule_cause(finding,
		           "No bytes are missing from the NMSP sessions of this report; whole sessions, and "
		           "packets that carry nothing, may be.");
	else
		rule_cause(
		    finding,
		    "%s in the NMSP sessions may be this loss and not the hosts': what seems unanswered "
		    "there may have been answered.",
		    rule_count(capture->gaps, "gap", gaps));
}

/* Packets that never reached this program, as far as the input knows. */
static uint64_t lost(const struct capture_input *input)
{
	uint64_t kernel = input->dropped > 0 ? (uint64_t)input->dropped : 0;
	return kernel + (input->missed > 0 ? (uint64_t)input->missed : 0);
}

/* Somebody else captured: what to type is that program's. */
static void tell_lossy_file(const struct subject *subject, struct finding *finding)
{
	rule_cause(finding, "Its buffer was too small, or its disk or processor too slow.");
	dropped_consequence(&subject->model->capture, finding);
	rule_command(finding, "capture with a larger buffer, and only what matters",
	             "tcpdump -B 65536 -s 0 -w nmsp.pcap tcp port %u", (unsigned)subject->model->ports[0]);
}

static void tell_lossy_interface(const struct subject *subject, const struct capture_input *worst,
                                 struct finding *finding)
{
	if (worst->dropped > 0)
		rule_cause(
		    finding,
		    "The kernel's buffer was full: this program was too slow for a burst, or had too little "
		    "of the processor.");
	if (worst->missed > 0)
		rule_cause(
		    finding,
		    "The interface or its driver lost packets, of all traffic and not of NMSP alone, before "
		    "the kernel saw them: its ring is too small, or the span port delivers too much.");
	dropped_consequence(&subject->model->capture, finding);
	if (worst->dropped > 0)
		rule_command(finding, "watch with a larger buffer (KiB)", "nmspscope -i %.100s -B 131072",
		             worst->name);
	if (worst->missed > 0)
		rule_command(finding, "see the ring of the interface, and enlarge it with -G",
		             "ethtool -g %.100s", worst->name);
	rule_advice(finding, "let the span port mirror only the ports of the controller");
}

void trust_dropped(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	const struct capture_input *worst = NULL;
	uint64_t all = 0;
	uint32_t inputs = 0;
	char packets[RULE_TEXT];
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		const struct capture_input *input = &capture->inputs[i];
		if (lost(input) == 0)
			continue;
		inputs++;
		all += lost(input);
		if (worst == NULL || lost(input) > lost(worst))
			worst = input;
	}
	if (worst == NULL)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "%s lost %s and kept %" PRIu64 " (%s%.100s).",
	             worst->live ? "This capture" : "The capturing program",
	             rule_count(all, "packet", packets), capture->packets,
	             inputs > 1 ? "most of them in " : "", worst->name);
	if (worst->live)
		tell_lossy_interface(subject, worst, finding);
	else
		tell_lossy_file(subject, finding);
	rule_evidence(finding, &worst->last);
}

static void tell_copies(const struct capture *capture, struct finding *finding)
{
	char packets[RULE_TEXT];
	rule_summary(finding,
	             "%s of the NMSP sessions came twice, of %" PRIu64 " in all, first packet %" PRIu64 ".",
	             rule_count(capture->duplicates, "packet", packets), capture->nmsp_packets,
	             (uint64_t)capture->first_duplicate.packet);
	rule_cause(
	    finding,
	    "The span port mirrors a packet where it enters and where it leaves the switch, or before "
	    "and behind a router. The copies are left out of every count, but bare ACKs cannot be told "
	    "from copies: packet counts are too high.");
	rule_evidence(finding, &capture->first_duplicate);
}

/* As far as times tell the host may have sent them again. */
static void tell_late_copies(uint64_t late, const struct origin *first, struct finding *finding)
{
	char packets[RULE_TEXT];
	rule_count(late, "packet", packets);
	if (finding->summary[0] == '\0')
		rule_summary(finding,
		             "%s of the NMSP sessions came again, the first at packet %" PRIu64 ", each the "
		             "same down to its IP id and checksum.",
		             packets, (uint64_t)first->packet);
	rule_cause(finding,
	           "%s came again later than a round trip with the same IP id: most likely copies of a slow "
	           "mirror. They are counted as retransmissions, which does not mean that anything was lost.",
	           packets);
	rule_evidence(finding, first);
}

void trust_duplicates(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	struct origin first_late = {.packet = 0};
	uint64_t late = 0;
	for (const struct session *s = subject->model->first; s != NULL; s = s->next) {
		late += s->tcp.late_copies;
		if (s->tcp.late_copies > 0)
			origin_keep_first(&first_late, &s->tcp.first_late_copy);
	}
	if (capture->duplicates == 0 && late < LATE_COPIES)
		return;
	struct finding *finding = rule_finding(rule, out);
	if (capture->duplicates > 0)
		tell_copies(capture, finding);
	if (late >= LATE_COPIES)
		tell_late_copies(late, &first_late, finding);
	rule_command(finding, "mirror one direction of each port",
	             "monitor session 1 source interface <port> rx");
}

/* A session whose SYN was answered too late to be true, though its bytes follow without a gap. */
static const struct session *leap(const struct model *model)
{
	for (const struct session *session = model->first; session != NULL; session = session->next) {
		const struct session_tcp *tcp = &session->tcp;
		if (tcp->syns == 0 || tcp->syns > LIMIT_SYNS || tcp->syn_ack.packet == 0 ||
		    tcp->delivered[0] == 0 || tcp->gaps[0] > 0)
			continue;
		const struct origin *syn = &tcp->syn[tcp->syns - 1];
		if (syn->input == tcp->syn_ack.input &&
		    origin_elapsed(syn->time, tcp->syn_ack.time) > LEAP_NS)
			return session;
	}
	return NULL;
}

/*
 * The clocks of both hosts agree that hardly any time passed between two packets: one alone may have been
 * suspended. The packets next to the leap, and what went by by the host that says more.
 */
static bool leap_beside_ticks(const struct session_tcp *tcp, struct tcp_leap *out)
{
	const struct tcp_leap *a = &tcp->leap[0], *b = &tcp->leap[1];
	out->from = a->from.packet > b->from.packet ? a->from : b->from;
	out->to = a->to.packet < b->to.packet ? a->to : b->to;
	out->host = a->host > b->host ? a->host : b->host;
	return out->from.packet < out->to.packet;
}

static void jump_consequence(struct finding *finding)
{
	rule_cause(finding,
	           "Durations across it are wrong in this report: handshake and echo times, silences, "
	           "ages of sessions. The order of messages is not touched.");
	rule_advice(finding, "set the clock of the capturing machine by NTP, and capture again");
}

static void jump_back(const struct capture *capture, const struct rule *rule, struct findings *out)
{
	char time[RULE_TEXT], times[RULE_TEXT];
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The capture's clock runs backwards %s, by up to %s (packet %" PRIu64 ").",
	             rule_count(capture->backwards, "time", times),
	             rule_duration(capture->furthest_back, time), (uint64_t)capture->backwards_at.packet);
	rule_cause(finding, "The capturing machine's clock was set back, or files were joined in a wrong "
	                    "order.");
	rule_evidence(finding, &capture->backwards_at);
	jump_consequence(finding);
}

static void jump_forward(const struct origin *from, const struct origin *to, struct finding *finding)
{
	rule_cause(finding, "The capturing machine's clock was set forward.");
	rule_evidence(finding, from);
	rule_evidence(finding, to);
	jump_consequence(finding);
}

static bool jump_by_ticks(const struct model *model, const struct rule *rule, struct findings *out)
{
	for (const struct session *session = model->first; session != NULL; session = session->next) {
		struct tcp_leap leap;
		char time[RULE_TEXT], host[RULE_TEXT];
		if (!leap_beside_ticks(&session->tcp, &leap))
			continue;
		struct finding *finding = rule_finding(rule, out);
		rule_summary(finding,
		             "The capture's clock leaps forward: from packet %" PRIu64 " to packet %" PRIu64
		             " it moves by %s, and by the TCP timestamps of both hosts of session %" PRIu32
		             " no more than %s went by.",
		             (uint64_t)leap.from.packet, (uint64_t)leap.to.packet,
		             rule_duration(origin_elapsed(leap.from.time, leap.to.time), time), session->id,
		             rule_duration(leap.host, host));
		jump_forward(&leap.from, &leap.to, finding);
		return true;
	}
	return false;
}

void trust_clock_jump(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	char time[RULE_TEXT];
	if (subject->model->capture.backwards > 0)
		jump_back(&subject->model->capture, rule, out);
	if (jump_by_ticks(subject->model, rule, out))
		return;
	const struct session *session = leap(subject->model);
	if (session == NULL)
		return;
	const struct session_tcp *tcp = &session->tcp;
	const struct origin *syn = &tcp->syn[tcp->syns - 1];
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The capture's clock leaps forward: the SYN of session %" PRIu32
	             " is answered %s later, and no host "
	             "waits so long.",
	             session->id, rule_duration(origin_elapsed(syn->time, tcp->syn_ack.time), time));
	jump_forward(syn, &tcp->syn_ack, finding);
}
