/*
 * The rule about a capture that was made on one of the hosts: it shows what the host gives its network card,
 * and not what that card sends. Called through the table in findings.c. It rests on what no packet of a
 * network can be: larger than its receiver takes, without a length, with a checksum that is not finished.
 */
#include "analyzer/findings/rule.h"

#include <inttypes.h>
#include <stdio.h>

#define UNFINISHED       3 /* packets at least: by chance that is not one direction in 10^13 */
#define UNFINISHED_SHARE 90
#define ANY_NETWORK      9216 /* no interface sends more in a packet */

struct offload {
	uint32_t larger, no_length, unfinished;               /* sessions */
	uint32_t largest;                                     /* bytes */
	uint64_t packets;                                     /* whose checksum is unfinished, */
	uint64_t looked_at;                                   /* of so many, */
	bool from[2];                                         /* of the engine, of the controller */
	struct origin larger_at, no_length_at, unfinished_at; /* the first ones */
};

/* No host sends more in a segment than the other one announced: it was cut up behind the capture. */
static bool larger_than_announced(const struct session_tcp *tcp, uint8_t dir)
{
	return tcp->largest[dir] > ANY_NETWORK ||
	       (tcp->mss[dir ^ 1] != 0 && tcp->largest[dir] > tcp->mss[dir ^ 1]);
}

static bool unfinished(const struct session_tcp *tcp, uint8_t dir)
{
	return tcp->unfinished[dir] >= UNFINISHED &&
	       tcp->unfinished[dir] * 100 >= tcp->checked[dir] * UNFINISHED_SHARE;
}

static void look_at(const struct session *session, struct offload *seen)
{
	const struct session_tcp *tcp = &session->tcp;
	bool larger = false, partial = false;
	for (uint8_t dir = 0; dir < 2; dir++) {
		if (larger_than_announced(tcp, dir)) {
			larger = true;
			origin_keep_first(&seen->larger_at, &tcp->largest_at[dir]);
			seen->largest = tcp->largest[dir] > seen->largest ? tcp->largest[dir] : seen->largest;
		}
		if (unfinished(tcp, dir)) {
			partial = true;
			origin_keep_first(&seen->unfinished_at, &tcp->first_unfinished[dir]);
			seen->packets += tcp->unfinished[dir];
			seen->looked_at += tcp->checked[dir];
			seen->from[dir == session->controller] = true;
		}
	}
	seen->larger += larger;
	seen->unfinished += partial;
	if (session->no_length.packet != 0) {
		seen->no_length++;
		origin_keep_first(&seen->no_length_at, &session->no_length);
	}
}

static const char *who(const struct offload *seen)
{
	if (seen->from[0] && seen->from[1])
		return "of both sides";
	return seen->from[1] ? "of the controller" : "of the engine";
}

/* A sentence for each kind of evidence. */
static void tell(const struct offload *seen, struct finding *finding)
{
	char larger[160] = "", no_length[96] = "", partial[160] = "", count[RULE_TEXT], packets[RULE_TEXT];
	if (seen->larger > 0)
		snprintf(
		    larger, sizeof larger,
		    "%s hold%s segments larger than any packet of the network, up to %" PRIu32 " bytes. ",
		    rule_count(seen->larger, "session", count), seen->larger == 1 ? "s" : "", seen->largest);
	if (seen->unfinished > 0)
		snprintf(partial, sizeof partial,
		         "The TCP checksums %s are unfinished: %" PRIu64 " of %s looked at, in %s. ",
		         who(seen), seen->packets, rule_count(seen->looked_at, "packet", packets),
		         rule_count(seen->unfinished, "session", count));
	if (seen->no_length > 0)
		snprintf(no_length, sizeof no_length, "%s hold%s packets whose IP length is 0. ",
		         rule_count(seen->no_length, "session", count), seen->no_length == 1 ? "s" : "");
	rule_summary(finding, "%s%s%s", larger, partial, no_length);
	finding->summary[strlen(finding->summary) - 1] = '\0';
}

void offload_seen(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	struct offload seen = {.larger = 0};
	for (const struct session *s = subject->model->first; s != NULL; s = s->next)
		look_at(s, &seen);
	if (seen.larger + seen.no_length + seen.unfinished == 0)
		return;
	struct finding *finding = rule_finding(rule, out);
	tell(&seen, finding);
	if (seen.unfinished > 0)
		rule_cause(
		    finding,
		    "The capture was made on %s, or on its virtual switch, before the network card cut the "
		    "segments and finished the checksums (offload).",
		    seen.from[0] && seen.from[1] ? "a host that both sides run on"
		    : seen.from[1]               ? "the controller's host"
		                                 : "the engine's host");
	else
		rule_cause(
		    finding,
		    "The capture was made on a host whose network card cuts or joins segments (offload).");
	rule_cause(
	    finding,
	    "Packet counts and sizes in this report are those of the host and not of the wire, and such "
	    "a checksum is no error of the network; bytes, TLS and NMSP messages are right.");
	rule_evidence(finding, &seen.larger_at);
	rule_evidence(finding, &seen.unfinished_at);
	rule_evidence(finding, &seen.no_length_at);
	rule_command(finding, "to see the packets of the wire",
	             "ethtool -K <interface> tso off gso off gro off tx off");
}
