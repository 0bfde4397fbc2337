/*
 * Carries bytes between the TLS peers and the wire; see session.h. Called by the scenarios, work.c and the
 * benchmarks. Decides nothing about who is accepted.
 */
#include "samples/session.h"

#include "analyzer/origin.h"
#include "dissect/dtls.h"

#define DELAYED_ACK_NS   (40 * 1000 * NS_PER_US)
#define AUTHLIST_WAIT_NS NS_PER_S
#define FLIGHT_WAIT_NS   NS_PER_S /* until a flight is sent again, RFC 6347 section 4.2.4.1 */

struct session session_new(struct wire *wire, const struct session_plan *plan)
{
	return (struct session){
	    .talk = wire_conversation(wire, plan->host, plan->start),
	    .tls = plan->plaintext ? NULL : tlspeer_new(&plan->tls),
	    .mtu = !plan->plaintext ? plan->tls.mtu : 0,
	    .other_framing = plan->other_framing,
	    .clocks = plan->clocks,
	    .clock = {plan->clock[0], plan->clock[1]},
	};
}

void session_free(struct session *session)
{
	tlspeer_free(session->tls);
}

void session_wait(struct session *session, int64_t ns)
{
	struct wire_conversation *talk = &session->talk;
	int64_t until = talk->now + ns;
	if (ns > DELAYED_ACK_NS && talk->unacked[0] + talk->unacked[1] > 0) {
		talk->now += DELAYED_ACK_NS;
		wire_ack(talk, 0);
		wire_ack(talk, 1);
	}
	if (talk->now < until)
		talk->now = until;
}

/* The first message of a side is its hello. On the wire only: the peers would not agree on what they signed. */
static void set_clock(struct session *session, int dir, struct bytes *out)
{
	enum { RANDOM = 5 + 4 + 2, CLOCK = 4 };
	struct bytes clock = {.p = NULL};
	bytes_big(&clock, (uint64_t)(session->talk.now / NS_PER_S + session->clock[dir]), CLOCK);
	memcpy(&out->p[RANDOM], clock.p, CLOCK);
	bytes_free(&clock);
}

/* The record begins the first message of a flight, whose number is *first then; -1 = none yet. */
static bool begins_again(const struct dtls_record *record, int *first)
{
	struct rd r = rd_of(span_cut(record->bytes, DTLS_RECORD_HEADER, SIZE_MAX));
	struct dtls_fragment fragment;
	if (record->type != TLS_HANDSHAKE || record->epoch != 0 || !dtls_next_fragment(&r, &fragment) ||
	    fragment.offset != 0)
		return false;
	if (*first < 0)
		*first = fragment.sequence;
	else
		return fragment.sequence == *first;
	return false;
}

/* Records fill datagrams; a flight that is said a second time comes later. */
static void say_datagrams(struct session *session, int dir, struct span bytes)
{
	struct bytes datagram = {.p = NULL};
	struct rd r = rd_of(bytes);
	struct dtls_record record;
	int first = -1;
	while (dtls_next(&r, 0, &record) == DTLS_RECORD) {
		bool again = begins_again(&record, &first);
		if (datagram.n > 0 && (again || datagram.n + record.bytes.n > session->mtu)) {
			wire_datagram(&session->talk, dir, bytes_span(&datagram));
			datagram.n = 0;
		}
		if (again)
			session_wait(session, FLIGHT_WAIT_NS);
		bytes_add(&datagram, record.bytes);
	}
	if (datagram.n > 0)
		wire_datagram(&session->talk, dir, bytes_span(&datagram));
	bytes_free(&datagram);
}

static void say(struct session *session, int dir, struct span bytes)
{
	if (session->mtu > 0)
		say_datagrams(session, dir, bytes);
	else
		wire_send(&session->talk, dir, bytes);
}

bool session_step(struct session *session, int dir)
{
	struct bytes out = {.p = NULL};
	tlspeer_step(session->tls, dir, &out);
	bool spoke = out.n > 0;
	if (spoke) {
		if (dir == 1 && tlspeer_checked(session->tls) && !session->paused) {
			session->paused = true;
			session_wait(session, AUTHLIST_WAIT_NS);
		}
		tlspeer_give(session->tls, !dir, bytes_span(&out));
		if (session->clocks && !session->spoken[dir])
			set_clock(session, dir, &out);
		session->spoken[dir] = true;
		say(session, dir, bytes_span(&out));
	}
	bytes_free(&out);
	return spoke;
}

bool session_handshake(struct session *session)
{
	if (session->mtu == 0)
		wire_open(&session->talk);
	if (session->tls == NULL)
		return true;
	bool spoke = true;
	while (spoke) {
		spoke = session_step(session, 0);
		spoke = session_step(session, 1) || spoke;
	}
	return tlspeer_ready(session->tls);
}

void session_message(struct session *session, int dir, struct span message)
{
	if (session->tls == NULL) {
		wire_send(&session->talk, dir, message);
		return;
	}
	struct bytes out = {.p = NULL};
	size_t first = 0;
	if (dir == 0 && tlspeer_splits(session->tls)) {
		first = session->split ? 1 : 0;
		session->split = true;
	}
	if (first > 0)
		tlspeer_write(session->tls, dir, span_cut(message, 0, first), &out);
	tlspeer_write(session->tls, dir, span_cut(message, first, message.n), &out);
	say(session, dir, bytes_span(&out));
	bytes_free(&out);
}

void session_close(struct session *session, int dir)
{
	struct bytes out = {.p = NULL};
	if (session->tls != NULL)
		tlspeer_notify(session->tls, dir, &out);
	say(session, dir, bytes_span(&out));
	bytes_free(&out);
	if (session->mtu == 0)
		wire_close(&session->talk, dir);
}
