/*
 * How far the capture of one session can be trusted, in sentences: what is missing, doubled, cut or late.
 * Built when a session is opened; called through ui/view.h.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void view_trust_say(struct view_session *out, const char *format, ...)
{
	if (out->n_trust == VIEW_TRUST)
		return;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(out->trust[out->n_trust++], sizeof out->trust[0], format, arguments);
	va_end(arguments);
}

static void directions(struct view_session *out)
{
	const struct session *s = out->session;
	for (uint8_t dir = 0; dir < 2; dir++)
		if (s->tcp.last[dir].packet == 0)
			view_trust_say(
			    out,
			    "no packet from the %s was captured: check that the span port mirrors both "
			    "directions",
			    dir == s->controller ? "controller" : "engine");
	if (s->midstream)
		view_trust_say(
		    out, "the capture began after the connection: its start and handshake may be missing");
}

static void losses(struct view_session *out)
{
	const struct session_tcp *tcp = &out->session->tcp;
	uint64_t gaps = tcp->gaps[0] + tcp->gaps[1], lost = tcp->lost_bytes[0] + tcp->lost_bytes[1];
	if (gaps > 0 && out->session->tls.datagram)
		view_trust_say(out, "%" PRIu64 " gap%s: records are missing, first at packet %" PRIu64, gaps, view_plural(gaps),
		               (uint64_t)tcp->first_gap.packet);
	else if (gaps > 0)
		view_trust_say(out,
		               "%" PRIu64 " gap%s, %" PRIu64
		               " byte%s missing from the capture, first at packet %" PRIu64,
		               gaps, view_plural(gaps), lost, view_plural(lost), (uint64_t)tcp->first_gap.packet);
	if (tcp->cut_packets > 0)
		view_trust_say(out,
		               "%" PRIu64 " packet%s cut by the snap length, first packet %" PRIu64
		               ": capture with -s 0",
		               tcp->cut_packets, view_plural(tcp->cut_packets), (uint64_t)tcp->first_cut.packet);
	if (tcp->conflicts > 0)
		view_trust_say(out, "%" PRIu64 " repeated segment%s with other bytes than the first copy",
		               tcp->conflicts, view_plural(tcp->conflicts));
}

static void repeats(struct view_session *out)
{
	const struct session_tcp *tcp = &out->session->tcp;
	uint64_t again = tcp->retransmissions[0] + tcp->retransmissions[1];
	if (tcp->duplicates > 0)
		view_trust_say(out, "%" PRIu64 " packet%s captured twice; the copies were ignored",
		               tcp->duplicates, view_plural(tcp->duplicates));
	if (again > 0)
		view_trust_say(out, "%" PRIu64 " %s retransmission%s", again,
		               out->session->tls.datagram ? "DTLS" : "TCP", view_plural(again));
}

/* What the sides of bare messages rest on. */
static void sides(struct view_session *session)
{
	const struct session *of = session->session;
	if (!of->directed)
		view_trust_say(session, "which side sent a message is told by its type, where only one side sends it");
	else if (of->nmsp != NULL && of->nmsp->roles_told)
		view_trust_say(session, "directions are those of the packets (epb_flags of pcapng), and the types of messages "
		                        "tell which one is the engine's");
	else
		view_trust_say(session, "directions are those of the packets (epb_flags of pcapng), but no message tells "
		                        "which one is the engine's");
}

void view_trust_build(struct view_session *session)
{
	session->n_trust = 0;
	if (session->session->trace != NULL) {
		view_trace_trust(session);
		return;
	}
	if (session->session->bare) {
		view_trust_say(session, "bare messages: what the connection did, and what is missing of it, is not in such a "
		                        "capture");
		sides(session);
		return;
	}
	directions(session);
	losses(session);
	if (session->n_trust == 0)
		view_trust_say(session, "both directions seen, no gap, no cut packet");
	repeats(session);
	if (session->session->traced != NULL)
		view_trace_trust(session);
}

static size_t trust_count(const struct row *parent)
{
	return parent->session->n_trust;
}

static struct value sentence(const struct row *row)
{
	return view_text(row->session->trust[row->index]);
}

static const struct column columns[] = {{.label = "Capture trust", .get = sentence}};

const struct table view_trust = {TABLE_OF(columns), .count = trust_count};
