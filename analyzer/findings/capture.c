/*
 * Rules about the capture itself: what is missing from it, and what that does to this report. Called
 * through the table in findings.c. They never blame a host.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- one session ----------------------------------------------------------------------------------- */

void capture_one_sided(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	char packets[RULE_TEXT];
	if (!session_one_sided(session))
		return;
	uint8_t seen = session->tcp.packets[0] == 0;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "The capture holds %s of the %s and none of the %s.",
	             rule_count(session->tcp.packets[seen], "packet", packets), rule_side(session, seen),
	             rule_side(session, seen ^ 1));
	rule_cause(
	    finding,
	    "The span port mirrors one direction, or the answers take another path. What the %s said is not "
	    "known to this report.",
	    rule_side(session, seen ^ 1));
	rule_evidence(finding, &session->opened);
	rule_evidence(finding, &session->last);
	rule_command(finding, "mirror both directions", "monitor session 1 source interface <port> both");
}

static const char *followed(const struct subject *subject)
{
	if (subject->handshake == HANDSHAKE_COMPLETE)
		return "the handshake was followed to its end";
	if (subject->handshake == HANDSHAKE_NONE) /* also NMSP without TLS */
		return "no handshake was seen";
	return session_fatal_alert(subject->session) != NULL
	           ? "the handshake was followed up to the alert that ended it"
	           : "the handshake was not followed to its end";
}

/* A number that did not come, after 1 s and 64 packets: UDP does not tell where it was lost. */
static void datagrams_missing(const struct subject *subject, struct finding *finding)
{
	const struct session_tcp *tcp = &subject->session->tcp;
	uint8_t engine = session_engine(subject->session);
	char places[RULE_TEXT];
	rule_summary(finding,
	             "Records are missing in %s (engine %" PRIu64 ", controller %" PRIu64
	             "), noticed first at packet %" PRIu64 ", and %s.",
	             rule_count(tcp->gaps[0] + tcp->gaps[1], "place", places), tcp->gaps[engine],
	             tcp->gaps[engine ^ 1], (uint64_t)tcp->first_gap.packet, followed(subject));
	rule_cause(finding, "Their numbers show it. They were lost between the hosts, as UDP may, or on the way to the "
	                    "capture: what is absent from this report may have stood in them.");
	rule_evidence(finding, &tcp->first_gap);
}

void capture_gaps(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	uint64_t gaps = tcp->gaps[0] + tcp->gaps[1];
	uint64_t lost = tcp->lost_bytes[0] + tcp->lost_bytes[1];
	char places[RULE_TEXT], bytes[RULE_TEXT];
	uint8_t engine = session_engine(session);
	/* A cut packet leaves a gap too, and has its own finding. */
	if (gaps <= tcp->cut_packets)
		return;
	bool complete = subject->handshake == HANDSHAKE_COMPLETE;
	struct finding *finding = rule_finding(rule, out);
	if (session->tls.datagram) {
		datagrams_missing(subject, finding);
		return;
	}
	rule_summary(finding,
	             "%s %s missing from the capture (engine %" PRIu64 ", controller %" PRIu64
	             ") in %s, noticed first at packet %" PRIu64 ", and %s.",
	             rule_count(lost, "byte", bytes), lost == 1 ? "is" : "are", tcp->lost_bytes[engine],
	             tcp->lost_bytes[session->controller], rule_count(gaps, "place", places),
	             (uint64_t)tcp->first_gap.packet, followed(subject));
	rule_cause(
	    finding,
	    complete
	        ? "The packets were lost on the way to the capture, not between the hosts, which went on. "
	          "Counts of records and messages are too low; the handshake's outcome stands."
	        : "The packets were lost on the way to the capture, not between the hosts. Handshake "
	          "messages may be among them: their absence proves nothing here.");
	rule_evidence(finding, &tcp->first_gap);
	rule_command(finding, "capture with a larger buffer",
	             "tcpdump -B 65536 -s 0 -w nmsp.pcap tcp port %u", (unsigned)session->port[1]);
	rule_command(finding, "check that the span port is not overbooked",
	             "show interfaces <span port> counters errors");
}

void capture_cut_packets(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	const struct session_tcp *tcp = &session->tcp;
	uint64_t lost = tcp->lost_bytes[0] + tcp->lost_bytes[1];
	char packets[RULE_TEXT], bytes[RULE_TEXT];
	if (tcp->cut_packets == 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding,
	             "The snapshot length cut %s of this session, first packet %" PRIu64 "%s%s%s missing.",
	             rule_count(tcp->cut_packets, "packet", packets), (uint64_t)tcp->first_cut.packet,
	             lost > 0 ? "; " : "", lost > 0 ? rule_count(lost, "byte", bytes) : "",
	             lost == 0 ? "; their ends are" : lost == 1 ? " is" : " are");
	rule_cause(finding,
	           "The capture kept only the start of each packet: certificates and records cannot be read "
	           "whole, and a message that seems absent may stand in what was cut off. The largest packet "
	           "has %zu bytes; -s 0 keeps all of each.",
	           subject->model->capture.largest_wire);
	rule_evidence(finding, &tcp->first_cut);
	rule_command(finding, "capture whole packets", "tcpdump -s 0 -w nmsp.pcap %s port %u",
	             session->tls.datagram ? "udp" : "tcp", (unsigned)session->port[1]);
}

static const char *missing_start(enum handshake_state handshake)
{
	if (handshake == HANDSHAKE_COMPLETE)
		return "The TCP handshake is missing; the TLS handshake was seen.";
	if (handshake == HANDSHAKE_FAILED)
		return "The connection's first packets are missing; how the TLS handshake ended was seen.";
	return "Who accepted whom was decided before the first packet.";
}

void capture_midstream(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	if (!session->midstream)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_evidence(finding, &session->opened);
	if (session->trace != NULL) {
		trace_midstream(subject, finding);
		return;
	}
	rule_summary(finding, "The capture joined this session mid-way: its start is not in it.");
	rule_cause(finding, "%s", missing_start(subject->handshake));
	rule_advice(finding, "start the capture first, then restart the connection from the engine");
}

/* ---- the capture as a whole ------------------------------------------------------------------------ */

static void tell_cut_file(struct finding *finding)
{
	rule_cause(finding,
	           "The capture was still being written, the disk was full, or the copy is not complete. "
	           "Everything before the damage is in this report; what seems open or unanswered at its end "
	           "may have gone on.");
	rule_advice(finding, "compare its size with the original's, and copy it again");
}

static void tell_lost_interface(struct finding *finding)
{
	rule_cause(finding,
	           "The interface was removed, or its driver failed. What seems open or unanswered at "
	           "that time may have gone on.");
	rule_advice(finding, "capture again when the interface is back");
}

void capture_truncated(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		const struct capture_input *input = &capture->inputs[i];
		if (!input->truncated)
			continue;
		struct finding *finding = rule_finding(rule, out);
		rule_summary(finding, "%.100s ends early: %.160s.", input->name, input->error);
		rule_evidence(finding, &input->last);
		if (input->live)
			tell_lost_interface(finding);
		else
			tell_cut_file(finding);
	}
}

/* The ports looked for: "16113, 16114". */
static void list_ports(const struct model *model, char *text, size_t room)
{
	int used = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < model->n_ports && (size_t)used < room; i++)
		used += snprintf(&text[used], room - (size_t)used, "%s%u", i > 0 ? ", " : "",
		                 (unsigned)model->ports[i]);
}

static void explain_no_nmsp(const struct model *model, struct finding *finding)
{
	const struct capture *capture = &model->capture;
	char count[RULE_TEXT];
	if (capture->tcp_other > 0)
		rule_cause(finding, "On other TCP ports: %s, the first on port %u.",
		           rule_count(capture->tcp_other, "packet", count), (unsigned)capture->busiest_port);
	if (capture->udp_other > 0)
		rule_cause(finding, "On this UDP port, and no DTLS: %s.", rule_count(capture->udp_other, "packet", count));
	if (capture->filtered > 0)
		rule_cause(finding, "The capture filter left out %s.",
		           rule_count(capture->filtered, "packet", count));
	if (capture->malformed > 0)
		rule_cause(finding, "Malformed: %s.", rule_count(capture->malformed, "packet", count));
	for (uint32_t i = 0; i < capture->n_unknown_links; i++) {
		const struct unknown_link *link = &capture->unknown_links[i];
		const char *name = packet_linktype_name(link->linktype);
		rule_cause(finding, "Of link type %" PRIu32 "%s%s, which is not read: %s.", link->linktype,
		           name != NULL ? " " : "", name != NULL ? name : "",
		           rule_count(link->packets, "packet", count));
	}
}

static bool trace_only(const struct capture *capture)
{
	uint32_t traces = 0;
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		traces += capture->inputs[i].trace != NULL;
	return traces > 0 && traces == capture->n_inputs;
}

/* Nothing came: of an interface the kernel passes on what can hold NMSP, so that it may have heard much. */
static void tell_no_packet(const struct model *model, struct finding *finding)
{
	const struct capture *capture = &model->capture;
	char ports[LIMIT_PORTS * sizeof "65535, "];
	bool live = false;
	for (uint32_t i = 0; i < capture->n_inputs; i++)
		live = live || capture->inputs[i].live;
	if (!live) {
		rule_summary(finding, "The capture holds no packet.");
		return;
	}
	list_ports(model, ports, sizeof ports);
	rule_summary(finding, "Nothing came that may be NMSP: no TCP and no DTLS on port %s, also not in a tunnel.",
	             ports);
	rule_advice(finding, "the engine connects seldom when it was refused: go on for a few minutes");
	rule_advice(finding, "when NMSP uses another port in this network, add --port");
	rule_command(finding, "does the switch mirror the controller's port, to this interface",
	             "show monitor session all");
}

static bool has_datagrams(const struct model *model)
{
	bool found = model->capture.udp_other > 0;
	for (const struct session *session = model->first; session != NULL && !found; session = session->next)
		found = session->tls.datagram;
	return found;
}

void capture_redacted(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	if (!subject->model->capture.redacted)
		return;
	struct finding *finding = rule_finding(rule, out);
	rule_summary(finding, "Addresses and names here are tokens (--redact), not the real ones.");
	rule_cause(finding,
	           "Keys, their hashes, serial numbers, dates, times, ports and sizes are real. Signatures of certificates "
	           "do not verify any more, and hashes of whole certificates are those of the changed ones. The AuthList "
	           "of the site can be compared by key hash, not by MAC address.");
	if (has_datagrams(subject->model))
		rule_cause(finding, "Saved packets hold no DTLS session: what UDP carries is left out there.");
}

void capture_no_nmsp(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct model *model = subject->model;
	const struct capture *capture = &model->capture;
	char ports[LIMIT_PORTS * sizeof "65535, "], count[RULE_TEXT];
	bool nothing_read = capture->packets == 0 && capture->n_inputs == 0;
	if (nothing_read || model->first != NULL || capture->evicted_sessions > 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	if (capture->packets == 0 && trace_only(capture)) {
		trace_no_session(subject, finding);
		return;
	}
	if (capture->packets == 0) {
		tell_no_packet(model, finding);
		return;
	}
	list_ports(model, ports, sizeof ports);
	rule_summary(finding, "No NMSP session in %s: no TCP and no DTLS on port %s.",
	             rule_count(capture->packets, "packet", count), ports);
	explain_no_nmsp(model, finding);
	if (capture->tcp_other > 0)
		rule_advice(finding, "when NMSP uses another port in this network, add --port %u",
		            (unsigned)capture->busiest_port);
	if (capture->filtered > 0)
		rule_advice(finding, "read it again without the capture filter");
	rule_advice(finding,
	            "check that the capture was made between controller and engine, on the right interface");
}

static bool is_of_lists(enum limit limit)
{
	return limit == HIT_LIST || limit == HIT_LIST_BYTES || limit == HIT_LIST_LINE ||
	       limit == HIT_LIST_PROBLEMS;
}

/* How often a cap was reached. */
static uint64_t hits_of(const struct model *model, enum limit limit)
{
	const struct authlist *list = &model->authlist;
	if (limit == HIT_SECRETS)
		return model->keylog != NULL ? keylog_counts(model->keylog).dropped : 0;
	if (limit == HIT_CERTIFICATES)
		return certs_refused(model->certs);
	if (!is_of_lists(limit))
		return model->capture.hits[limit];
	uint64_t n = limit == HIT_LIST ? list->dropped : 0;
	for (size_t i = 0; i < list->n_files; i++) {
		n += limit == HIT_LIST_BYTES ? list->files[i].cut : 0;
		n += limit == HIT_LIST_LINE ? list->files[i].long_lines : 0;
		n += limit == HIT_LIST_PROBLEMS ? list->files[i].problems_dropped : 0;
	}
	return n;
}

/* A cap that can be set has its own value. */
static uint64_t value_of(const struct model *model, enum limit limit, uint64_t built_in)
{
	if (limit == HIT_MEMORY)
		return model->memory >> 20;
	return limit == HIT_SECRETS && model->keylog != NULL ? keylog_limit(model->keylog) : built_in;
}

/* The caps that were reached, each with its value and how often; "" when none was. */
static void list_limits(const struct model *model, char *text, size_t room)
{
	static const struct {
		const char *name;
		uint64_t value;
	} caps[HITS] = {
	    [HIT_TUNNELS] = {"tunnels in one packet", LIMIT_TUNNELS},
	    [HIT_FRAGMENTS] = {"IP fragments held", LIMIT_FRAGMENTED},
	    [HIT_SAVE_WAITING] = {"bytes of fragments that wait to be saved", LIMIT_SAVE_WAITING},
	    [HIT_HELD] = {"bytes held out of order of a connection", LIMIT_HELD_FLOW},
	    [HIT_HELD_ALL] = {"bytes held out of order in all", LIMIT_HELD_ALL},
	    [HIT_HANDSHAKE] = {"size of a handshake message", LIMIT_HANDSHAKE},
	    [HIT_CHAIN] = {"certificates of a message", LIMIT_CHAIN},
	    [HIT_CHAINS] = {"certificates of a session", LIMIT_CHAINS},
	    [HIT_CERTIFICATES] = {"different certificates", LIMIT_CERTIFICATES},
	    [HIT_SECRETS] = {"secrets of the key logs", LIMIT_SECRETS},
	    [HIT_STEPS] = {"handshake steps of a session", LIMIT_STEPS},
	    [HIT_ALERTS] = {"alerts of a session", LIMIT_ALERTS},
	    [HIT_SESSIONS] = {"sessions", LIMIT_SESSIONS},
	    [HIT_MEMORY] = {"MiB of memory, --memory", 0},
	    [HIT_LIST] = {"entries of the AuthList", LIMIT_LIST_ENTRIES},
	    [HIT_LIST_BYTES] = {"bytes of an AuthList file", LIMIT_LIST_BYTES},
	    [HIT_LIST_LINE] = {"bytes of a line of the AuthList", LIMIT_LINE},
	    [HIT_LIST_PROBLEMS] = {"problem notes of an AuthList file", LIMIT_LIST_PROBLEMS},
	    [HIT_TRACE_LINE] = {"bytes of a line of a trace", LIMIT_LINE},
	    [HIT_TRACE_EVENTS] = {"events of a session in a trace", LIMIT_TRACE_EVENTS},
	    [HIT_TRACE_MESSAGES] = {"message names of a session in a trace", LIMIT_TRACE_MESSAGES},
	    [HIT_TRACE_PROCESSES] = {"processes of a trace at a time", LIMIT_TRACE_PROCESSES},
	    [HIT_TRACE_VOTERS] = {"sessions that tell the offset of a trace's clock", LIMIT_TRACE_VOTERS},
	    [HIT_TRACE_ALL] = {"bytes of events and message names of traces", LIMIT_TRACE_ALL},
	    [HIT_MESSAGE_TYPES] = {"NMSP message types of a session", LIMIT_MESSAGE_TYPES},
	    [HIT_CLOCK_HOSTS] = {"hosts whose hellos tell the time", LIMIT_CLOCK_HOSTS},
	    [HIT_PAIRS] = {"pairs of hosts", LIMIT_PAIRS},
	};
	char times[RULE_TEXT];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < HITS && used < room; i++) {
		uint64_t hits = hits_of(model, (enum limit)i);
		if (hits > 0)
			used += (size_t)snprintf(&text[used], room - used, "%s%s (%" PRIu64 ") %s",
			                         used > 0 ? ", " : "", caps[i].name,
			                         value_of(model, (enum limit)i, caps[i].value),
			                         rule_count(hits, "time", times));
	}
}

static void advise_less(const struct model *model, struct finding *finding)
{
	bool lists = false, capture = false, keys = hits_of(model, HIT_SECRETS) > 0;
	for (size_t i = 0; i < HITS; i++) {
		bool hit = hits_of(model, (enum limit)i) > 0;
		lists = lists || (hit && is_of_lists((enum limit)i));
		capture = capture || (hit && !is_of_lists((enum limit)i) && i != HIT_SECRETS);
	}
	if (capture)
		rule_advice(finding,
		            "analyse less at a time: name a host in the capture filter, or split the file");
	if (lists)
		rule_advice(finding, "cut the AuthList down to the lines of the engines in question");
	if (keys)
		rule_advice(finding, "cut the key log down to the time of the sessions in question");
}

void capture_limit_reached(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct capture *capture = &subject->model->capture;
	char text[sizeof out->list[0].summary], sessions[RULE_TEXT];
	list_limits(subject->model, text, sizeof text);
	if (text[0] == '\0')
		return;
	struct finding *finding = rule_finding(rule, out);
	for (size_t i = 0; i < HITS; i++)
		rule_evidence(finding, &capture->first_hit[i]);
	rule_summary(finding, "Built-in limits were reached: %s.", text);
	rule_cause(
	    finding,
	    "What is beyond them was counted and not kept, so details may be missing from this report.");
	if (capture->hits[HIT_SESSIONS] + capture->hits[HIT_MEMORY] > 0)
		rule_cause(finding, "Given up: %s, healthy closed ones first.",
		           rule_count(capture->evicted_sessions, "session", sessions));
	if (hits_of(subject->model, HIT_SECRETS) > 0)
		rule_cause(finding, "Of the secrets the oldest made room for the newest.");
	if (capture->hits[HIT_MEMORY] > 0)
		rule_advice(finding, "allow more with --memory");
	advise_less(subject->model, finding);
}
