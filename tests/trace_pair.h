/*
 * The same sessions twice, for tests of trace and capture together: as a capture has them and as the
 * controller prints them, each with its own clock. Include it behind <cmocka.h>.
 */
#ifndef TESTS_TRACE_PAIR_H
#define TESTS_TRACE_PAIR_H

#include "analyzer/session_trace.h"
#include "analyzer/xmalloc.h"
#include "tests/seeded.h"

#define MS    (1000 * NS_PER_US)
#define HOUR  (3600 * NS_PER_S)
#define START (INT64_C(1772442900) * NS_PER_S) /* 2026-03-02 09:15:00 UTC */

/* UNTOLD: the engine has answered, and how it ended is not seen. */
enum outcome { ACCEPTED, REJECTED, EXPIRED, STALLED, UNTOLD };

/* One real session, as seen on the wire or as printed by the controller. */
struct real {
	int64_t at;
	enum outcome outcome;
	uint8_t controller; /* last byte of its address */
	bool static_rsa;
	int64_t pause; /* until the controller decides */
};

struct bench {
	struct model *model;
	uint64_t packets, lines;
	struct session *session;
	int64_t time; /* of the next event by the clock of the side that is being made */
	uint32_t input;
	bool line;
	struct seeded *random; /* jitter of the trace, NULL = none */
};

#define ENGINE     0
#define CONTROLLER 1

static inline struct bench bench_new(struct seeded *random)
{
	struct bench bench = {.model = model_new(), .random = random};
	model_add_input(bench.model, "capture");
	bench.model->capture.inputs[0].kind = xstrdup("pcap");
	return bench;
}

static inline uint32_t add_trace(struct bench *bench)
{
	uint32_t input = model_add_input(bench->model, "trace");
	bench->model->capture.inputs[input].kind = xstrdup("trace");
	bench->model->capture.inputs[input].trace = xcalloc(1, sizeof(struct trace_reading));
	return input;
}

static inline struct origin event(struct bench *bench)
{
	int64_t jitter = 0;
	if (bench->line && bench->random != NULL)
		jitter = (int64_t)seeded_below(bench->random, 20) * MS;
	return (struct origin){.time = bench->time + jitter,
	                       .packet = (bench->line ? ++bench->lines : ++bench->packets) & ORIGIN_PACKET_MOST,
	                       .input = bench->input & ORIGIN_INPUT_MOST,
	                       .line = bench->line};
}

static inline void step(struct bench *bench, enum step_kind kind, uint8_t dir)
{
	struct step step = {
	    .at = event(bench), .kind = kind, .dir = dir, .certificates = kind == STEP_CERTIFICATE};
	bench->session->last = step.at;
	model_add_step(bench->model, bench->session, &step);
}

static inline void first_flights(struct bench *bench, const struct real *real)
{
	step(bench, STEP_CLIENT_HELLO, ENGINE);
	bench->time += MS;
	step(bench, STEP_SERVER_HELLO, CONTROLLER);
	step(bench, STEP_CERTIFICATE, CONTROLLER);
	if (!real->static_rsa)
		step(bench, STEP_SERVER_KEY_EXCHANGE, CONTROLLER);
	step(bench, STEP_CERTIFICATE_REQUEST, CONTROLLER);
	step(bench, STEP_SERVER_HELLO_DONE, CONTROLLER);
	if (real->outcome == STALLED)
		return;
	bench->time += bench->line ? 900 * MS : 3 * MS; /* the controller polls */
	step(bench, STEP_CERTIFICATE, ENGINE);
	step(bench, STEP_CLIENT_KEY_EXCHANGE, ENGINE);
	step(bench, STEP_CERTIFICATE_VERIFY, ENGINE);
	step(bench, STEP_FINISHED, ENGINE);
	bench->time += real->pause - (bench->line ? 897 * MS : 0);
}

static inline void decision(struct bench *bench, const struct real *real)
{
	if (real->outcome == ACCEPTED) {
		step(bench, STEP_CHANGE_CIPHER_SPEC, CONTROLLER);
		step(bench, STEP_FINISHED, CONTROLLER);
	} else if (real->outcome != STALLED && real->outcome != UNTOLD) {
		struct alert_seen alert = {.at = event(bench),
		                           .dir = CONTROLLER,
		                           .level = TLS_ALERT_FATAL,
		                           .code = real->outcome == EXPIRED ? TLS_CERTIFICATE_EXPIRED
		                                                            : TLS_CERTIFICATE_UNKNOWN};
		model_add_alert(bench->model, bench->session, &alert);
		bench->session->closed = alert.at;
		bench->session->close = CLOSE_ALERT;
		bench->session->closed_by = CONTROLLER;
	}
}

static inline struct session *play(struct bench *bench, const struct real *real, int64_t offset)
{
	bench->time = real->at + offset;
	struct origin opened = event(bench);
	struct session *session = bench->session = model_add_session(bench->model, &opened);
	session->controller = CONTROLLER;
	session->tls.seen = session->tls.has_client = session->tls.client_hello = true;
	session->tls.server_hello = true;
	session->tls.version = TLS_1_2;
	if (bench->line) {
		session_trace_of(session)->allocated = opened;
	} else {
		session->addr[CONTROLLER] =
		    (struct addr){.version = 4, .bytes = {10, 0, 0, real->controller}};
		session->tcp.packets[0] = session->tcp.packets[1] = 9;
		session->tcp.syns = 1;
	}
	first_flights(bench, real);
	decision(bench, real);
	return session;
}

static inline struct session *on_wire(struct bench *bench, const struct real *real)
{
	bench->line = false;
	bench->input = 0;
	return play(bench, real, 0);
}

static inline struct session *in_trace(struct bench *bench, uint32_t input, const struct real *real,
                                       int64_t offset)
{
	bench->line = true;
	bench->input = input;
	return play(bench, real, offset);
}

static inline struct real real_at(int64_t seconds, enum outcome outcome)
{
	return (struct real){START + seconds * NS_PER_S, outcome, 9, false, NS_PER_S + 7 * MS};
}

#endif
