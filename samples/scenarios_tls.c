/*
 * Plots about TLS and clocks; see scenarios_tls.h. Called by generate.c through the
 * table in scenarios.c. What is not said here is as in accepted-tls12.
 */
#include "samples/scenarios_tls.h"

#include "analyzer/origin.h"
#include "samples/work.h"

#include <stdlib.h>

#define MS (1000 * NS_PER_US)

#define OLD_CIPHERS    "AES128-SHA:AES256-SHA:@SECLEVEL=0"
#define STRONG_CIPHERS "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"

/* ---- what they share -------------------------------------------------------------------------------- */

static void must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "samples: %s\n", what);
	exit(2);
}

static struct session accepted(struct scenarios_stage *stage, const struct session_plan *plan)
{
	struct session session = session_new(&stage->wire, plan);
	must(session_handshake(&session), "a handshake that should succeed failed");
	return session;
}

static void end(struct session *session)
{
	session_close(session, 0);
	session_free(session);
}

/* A handshake that breaks off, and who closes. */
static void rejected(struct scenarios_stage *stage, const struct session_plan *plan, int closer)
{
	struct session session = session_new(&stage->wire, plan);
	must(!session_handshake(&session), "a handshake that should fail succeeded");
	wire_close(&session.talk, closer);
	session_free(&session);
}

/* ---- TLS -------------------------------------------------------------------------------------------- */

void scenarios_old_version(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine_version = TLS1_VERSION;
	plan.tls.engine_ciphers = OLD_CIPHERS;
	rejected(stage, &plan, 1);
}

void scenarios_old_hello(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine_version = TLS1_VERSION;
	plan.tls.engine_ciphers = OLD_CIPHERS;
	struct session session = session_new(&stage->wire, &plan);
	wire_open(&session.talk);
	session_step(&session, 0);
	session_wait(&session, 5 * MS);
	wire_close(&session.talk, 1);
	session_free(&session);
}

void scenarios_no_cipher(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.ciphers = STRONG_CIPHERS;
	plan.tls.engine_ciphers = OLD_CIPHERS;
	rejected(stage, &plan, 1);
}

void scenarios_unknown_ca(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine_verdict = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	rejected(stage, &plan, 0);
}

/* What a TLS library does whose key store has no certificate of these. */
void scenarios_named_cas(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.names_cas = true;
	plan.tls.engine = &stage->cast->nobody;
	rejected(stage, &plan, 1);
}

void scenarios_weak(struct scenarios_stage *stage)
{
	static const struct tlspeer_validity valid = {"20200101000000Z", "20401231235959Z"};
	struct tlspeer_identity engine = tlspeer_weak_identity(MESSAGES_ENGINE_NAME, valid);
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.ciphers = OLD_CIPHERS;
	plan.tls.engine = &engine;
	struct session session = accepted(stage, &plan);
	work_start(&session);
	end(&session);
	tlspeer_identity_free(&engine);
}

/* As in the published traces: no key exchange of the controller's, no ticket. facts.md section 7. */
void scenarios_static_rsa(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.ciphers = "AES256-SHA:@SECLEVEL=0";
	plan.tls.ticket = false;
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_named_server(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.version = TLS1_3_VERSION;
	plan.tls.ticket = false;
	plan.tls.server_name = "wlc-1.example.com";
	plan.tls.protocols = "\x04nmsp\x08http/1.1";
	struct session session = accepted(stage, &plan);
	work_start(&session);
	end(&session);
}

/* ---- time ------------------------------------------------------------------------------------------- */

void scenarios_expires_soon(struct scenarios_stage *stage)
{
	static const struct tlspeer_validity ending = {"20210320000000Z", "20260320000000Z"};
	struct tlspeer_identity engine = tlspeer_renewed(&stage->cast->engine, ending);
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine = &engine;
	struct session session = accepted(stage, &plan);
	work_start(&session);
	end(&session);
	tlspeer_identity_free(&engine);
}

/* Healthy sessions one behind the other; `behind`: seconds of the controller's clock. */
static void reconnect(struct scenarios_stage *stage, bool clocks, int64_t behind)
{
	enum { SESSIONS = 4, APART = 60 };
	for (uint16_t i = 0; i < SESSIONS; i++) {
		struct session_plan plan = scenarios_plan(stage);
		plan.host[0].port = (uint16_t)(stage->port + i);
		plan.start += i * APART * NS_PER_S;
		plan.clocks = clocks;
		plan.clock[1] = -behind;
		struct session session = accepted(stage, &plan);
		if (!clocks) /* on the wire the randoms are others than in the key log: nothing could be read
		              */
			work_start(&session);
		end(&session);
	}
}

void scenarios_clock_behind(struct scenarios_stage *stage)
{
	reconnect(stage, true, 250);
}

void scenarios_reconnects(struct scenarios_stage *stage)
{
	reconnect(stage, false, 0);
}

void scenarios_clock_of_judge(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.verdict = X509_V_ERR_CERT_HAS_EXPIRED;
	rejected(stage, &plan, 1);
}

void scenarios_not_yet_valid(struct scenarios_stage *stage)
{
	static const struct tlspeer_validity future = {"20260310000000Z", "20401231235959Z"};
	struct tlspeer_identity engine = tlspeer_renewed(&stage->cast->engine, future);
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine = &engine;
	plan.tls.verdict = X509_V_ERR_CERT_NOT_YET_VALID;
	rejected(stage, &plan, 1);
	tlspeer_identity_free(&engine);
}

void scenarios_flapping(struct scenarios_stage *stage)
{
	static const struct tlspeer_validity valid = {"20260302000000Z", "20401231235959Z"};
	enum { ATTEMPTS = 5, APART = 30 };
	struct tlspeer_identity anew = tlspeer_identity(MESSAGES_ENGINE_NAME, NULL, false, valid);
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	end(&session);
	for (uint16_t i = 1; i <= ATTEMPTS; i++) {
		plan = scenarios_plan(stage);
		plan.host[0].port = (uint16_t)(stage->port + i);
		plan.start += i * APART * NS_PER_S;
		plan.tls.engine = &anew;
		plan.tls.verdict = TLSPEER_REJECT;
		rejected(stage, &plan, 1);
	}
	tlspeer_identity_free(&anew);
}

/* The secret of another run, pasted behind this session's random. */
void scenarios_wrong_keys(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_echo(&session, 2);
	end(&session);
	uint8_t *digit = &stage->keys->p[stage->keys->n - sizeof "0"];
	*digit = *digit == '0' ? '1' : '0';
}
