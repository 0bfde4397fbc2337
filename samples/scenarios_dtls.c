/*
 * Plots of DTLS over UDP; see scenarios_dtls.h. Called by generate.c through the table in scenarios.c. What
 * is not said here is as in accepted-tls12.
 */
#include "samples/scenarios_dtls.h"

#include "analyzer/origin.h"
#include "samples/work.h"

#include <stdlib.h>

enum { MTU = 1400, SMALL_MTU = 256, ECHOES = 4 };

#define CIPHERS_10 "ECDHE-RSA-AES256-SHA:@SECLEVEL=0" /* OpenSSL 3 speaks DTLS 1.0 on no other level */

static struct session_plan plan_of(const struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.version = DTLS1_2_VERSION;
	plan.tls.mtu = MTU;
	return plan;
}

static struct session begin(struct scenarios_stage *stage, const struct session_plan *plan, bool accepted)
{
	struct session session = session_new(&stage->wire, plan);
	if (session_handshake(&session) != accepted) {
		fputs("samples: a DTLS handshake ended otherwise than it should\n", stderr);
		exit(2);
	}
	return session;
}

static void work_and_close(struct session *session)
{
	work_start(session);
	work_echo(session, ECHOES);
	session_close(session, 0);
	session_free(session);
}

void scenarios_dtls12(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_of(stage);
	struct session session = begin(stage, &plan, true);
	work_and_close(&session);
}

void scenarios_dtls10(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_of(stage);
	plan.tls.version = DTLS1_VERSION;
	plan.tls.ciphers = CIPHERS_10;
	struct session session = begin(stage, &plan, true);
	work_and_close(&session);
}

void scenarios_dtls_rejected(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_of(stage);
	plan.tls.verdict = TLSPEER_REJECT;
	struct session session = begin(stage, &plan, false);
	session_free(&session);
}

void scenarios_dtls_fragments(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_of(stage);
	plan.tls.mtu = SMALL_MTU;
	plan.tls.impatient[0] = true;
	struct session session = begin(stage, &plan, true);
	size_t certificate = wire_find(&stage->wire, 0, 4);
	wire_move(&stage->wire, certificate + 1, certificate + 3);
	wire_lose(&stage->wire, certificate); /* which comes again */
	size_t answer = wire_find(&stage->wire, 1, 3);
	wire_move(&stage->wire, answer, answer + 2);
	work_and_close(&session);
}

void scenarios_dtls_lost(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_of(stage);
	struct session session = begin(stage, &plan, true);
	work_start(&session);
	size_t before = stage->wire.n;
	work_echo(&session, ECHOES);
	wire_lose(&stage->wire, before + 1);
	session_close(&session, 0);
	session_free(&session);
}

void scenarios_dtls_unanswered(struct scenarios_stage *stage)
{
	enum { HELLOS = 4 };
	struct session_plan plan = plan_of(stage);
	struct session session = session_new(&stage->wire, &plan);
	session_step(&session, 0);
	const struct wire_frame *hello = &stage->wire.frames[stage->wire.n - 1];
	struct bytes payload = {.p = NULL};
	bytes_add(&payload,
	          span_cut(bytes_span(&hello->bytes), hello->bytes.n - hello->payload, hello->payload));
	for (unsigned i = 1; i < HELLOS; i++) {
		enum { SEQUENCE_END = 10 }; /* the last byte of a record's number */
		session.talk.now += (INT64_C(1) << (i - 1)) * NS_PER_S;
		payload.p[SEQUENCE_END] = (uint8_t)i;
		wire_datagram(&session.talk, 0, bytes_span(&payload));
	}
	bytes_free(&payload);
	session_free(&session);
}
