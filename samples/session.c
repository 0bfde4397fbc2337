/*
 * Carries bytes between the TLS peers and the wire; see session.h. Called by the scenarios, work.c and the
 * benchmarks. Decides nothing about who is accepted.
 */
#include "samples/session.h"

#include "analyzer/origin.h"

#define DELAYED_ACK_NS   (40 * 1000 * NS_PER_US)
#define AUTHLIST_WAIT_NS NS_PER_S

struct session session_new(struct wire *wire, const struct session_plan *plan)
{
	return (struct session){
	    .talk = wire_conversation(wire, plan->host, plan->start),
	    .tls = plan->plaintext ? NULL : tlspeer_new(&plan->tls),
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
		wire_send(&session->talk, dir, bytes_span(&out));
	}
	bytes_free(&out);
	return spoke;
}

bool session_handshake(struct session *session)
{
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
	wire_send(&session->talk, dir, bytes_span(&out));
	bytes_free(&out);
}

void session_close(struct session *session, int dir)
{
	struct bytes out = {.p = NULL};
	if (session->tls != NULL)
		tlspeer_notify(session->tls, dir, &out);
	wire_send(&session->talk, dir, bytes_span(&out));
	bytes_free(&out);
	wire_close(&session->talk, dir);
}
