/*
 * Plots about TCP and about the capture itself; see scenarios_tcp.h. Called by generate.c through the table
 * in scenarios.c. TLS is as in accepted-tls12 wherever a session gets that far.
 */
#include "samples/scenarios_tcp.h"

#include "analyzer/origin.h"
#include "samples/mishaps.h"
#include "samples/work.h"

#include <stdlib.h>

#define MS (1000 * NS_PER_US)

static const struct addr router = {4, {10, 10, 40, 1}};

/* ---- what they share -------------------------------------------------------------------------------- */

/* Up to the first requests and two echoes. */
static void begin(struct session *session)
{
	if (!session_handshake(session)) {
		fputs("samples: a handshake that should succeed failed\n", stderr);
		exit(2);
	}
	work_start(session);
	work_echo(session, 2);
}

/* An accepted session after these. */
static struct session accepted(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	begin(&session);
	return session;
}

static void end(struct session *session)
{
	session_close(session, 0);
	session_free(session);
}

/* Nothing is wrong with this session. */
static void healthy(struct scenarios_stage *stage)
{
	struct session session = accepted(stage);
	end(&session);
}

/* A segment of one side after some time, from a place in its stream; both sides stand as before. */
static void segment_at(struct wire_conversation *talk, int dir, int64_t wait, uint32_t seq,
                       struct span payload)
{
	talk->now += wait;
	talk->seq[dir] = seq;
	wire_segment(talk, dir, TCP_ACK, payload);
	talk->seq[dir] = seq;
}

/* ---- TCP -------------------------------------------------------------------------------------------- */

void scenarios_filtered(struct scenarios_stage *stage)
{
	enum { UNREACHABLE = 3, PROHIBITED = 13 };
	struct session_plan plan = scenarios_plan(stage);
	struct wire_conversation talk = wire_conversation(&stage->wire, plan.host, plan.start);
	wire_segment(&talk, 0, TCP_SYN, span_of(NULL, 0));
	wire_icmp(&talk, 0, &router, UNREACHABLE, PROHIBITED, 0);
}

void scenarios_reset(struct scenarios_stage *stage)
{
	enum { FIREWALL_TTL = 255 };
	struct session session = accepted(stage);
	session_wait(&session, 7 * NS_PER_S);
	session.talk.ttl[1] = FIREWALL_TTL;
	wire_segment(&session.talk, 1, TCP_RST | TCP_ACK, span_of(NULL, 0));
	session_free(&session);
}

void scenarios_path_mtu(struct scenarios_stage *stage)
{
	enum { UNREACHABLE = 3, FRAGMENTATION_NEEDED = 4, MTU = 1400, RETRIES = 6 };
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	struct wire_conversation *talk = &session.talk;
	struct bytes flight = {.p = NULL};
	wire_open(talk);
	session_step(&session, 0);
	tlspeer_step(session.tls, 1, &flight);
	struct span large = span_cut(bytes_span(&flight), 0, WIRE_MSS);
	uint32_t stuck = talk->seq[1];
	wire_segment(talk, 1, TCP_ACK, large);
	wire_icmp(talk, 1, &router, UNREACHABLE, FRAGMENTATION_NEEDED, MTU);
	wire_segment(talk, 1, TCP_ACK | TCP_PSH, span_cut(bytes_span(&flight), WIRE_MSS, flight.n));
	talk->seq[1] = stuck;
	wire_segment(talk, 0, TCP_ACK, span_of(NULL, 0)); /* what came is not what it waits for */
	for (int i = 0; i < RETRIES; i++)
		segment_at(talk, 1, 300 * MS << i, stuck, large);
	talk->now += 5 * NS_PER_S;
	wire_segment(talk, 0, TCP_FIN | TCP_ACK, span_of(NULL, 0));
	bytes_free(&flight);
	session_free(&session);
}

void scenarios_zero_window(struct scenarios_stage *stage)
{
	static const int seconds[] = {1, 2, 4, 8};
	struct session session = accepted(stage);
	struct wire_conversation *talk = &session.talk;
	uint16_t window = talk->window[0];
	work_bulk(&session, 1, 600);
	talk->window[0] = 0;
	wire_ack(talk, 0);
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) { /* RFC 9293 section 3.8.6.1 */
		talk->now += seconds[i] * NS_PER_S;
		wire_keepalive(talk, 1);
	}
	talk->window[0] = window;
	wire_segment(talk, 0, TCP_ACK, span_of(NULL, 0));
	work_bulk(&session, 1, 600);
	end(&session);
}

void scenarios_retransmissions(struct scenarios_stage *stage)
{
	enum { LOST = 14, SIZE = 120 };
	struct session session = accepted(stage);
	for (int i = 0; i < LOST; i++) {
		session_wait(&session, 2 * NS_PER_S);
		work_bulk(&session, 1, SIZE);
		session.talk.now += 300 * MS;
		wire_resend(&session.talk, 1);
		session_wait(&session, 100 * MS);
	}
	end(&session);
}

/* ---- the capture ------------------------------------------------------------------------------------ */

void scenarios_duplicates(struct scenarios_stage *stage)
{
	healthy(stage);
	mishaps_double(&stage->wire, 15 * NS_PER_US);
}

void scenarios_clock_jump(struct scenarios_stage *stage)
{
	healthy(stage);
	mishaps_set_back(&stage->wire, stage->wire.n / 2, 95 * NS_PER_S);
}

void scenarios_clock_leap(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	session.talk.timestamps = true;
	begin(&session);
	session.talk.ahead = 3600 * NS_PER_S;
	work_echo(&session, 2);
	end(&session);
}

void scenarios_conflict(struct scenarios_stage *stage)
{
	struct session session = accepted(stage);
	work_bulk(&session, 1, 200);
	session.talk.now += 20 * MS;
	wire_resend(&session.talk, 1);
	mishaps_alter(&stage->wire);
	session_wait(&session, 100 * MS);
	end(&session);
}

void scenarios_offload(struct scenarios_stage *stage)
{
	enum { TSO = 16000 };
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	session.talk.unfinished[1] = true;
	wire_open(&session.talk);
	session.talk.mss = TSO;
	while (session_step(&session, 0) || session_step(&session, 1))
		;
	work_start(&session);
	work_bulk(&session, 1, 9000);
	end(&session);
}

void scenarios_dropped(struct scenarios_stage *stage)
{
	healthy(stage);
	stage->dropped = 1200;
}

void scenarios_truncated(struct scenarios_stage *stage)
{
	healthy(stage);
	stage->torn = 50;
}

void scenarios_no_nmsp(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.host[1].port = 443;
	struct wire_conversation talk = wire_conversation(&stage->wire, plan.host, plan.start);
	wire_open(&talk);
	wire_close(&talk, 0);
}
