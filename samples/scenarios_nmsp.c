/*
 * Plots about NMSP messages; see scenarios_nmsp.h. Called by generate.c through the table in scenarios.c. What is not said
 * here is as in accepted-tls12.
 */
#include "samples/scenarios_nmsp.h"

#include "analyzer/origin.h"
#include "samples/work.h"

#include <stdlib.h>

#define MS (1000 * NS_PER_US)

#define FIRST_TIMEOUT (300 * 1000 * NS_PER_US) /* of a retransmission; later ones double */

enum { ECHOES = 4 };

static struct session accepted(struct scenarios_stage *stage, const struct session_plan *plan)
{
	struct session session = session_new(&stage->wire, plan);
	if (session_handshake(&session))
		return session;
	fputs("samples: a handshake that should succeed failed\n", stderr);
	exit(2);
}

static void end(struct session *session)
{
	session_close(session, 0);
	session_free(session);
}

void scenarios_echo_missed(struct scenarios_stage *stage)
{
	static const bool answered[] = {true, true, false, true, false, true, false, true};
	enum { REQUEST = 40, TIMEOUTS = 8 };
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	for (size_t i = 0; i < sizeof answered / sizeof answered[0]; i++) {
		if (answered[i])
			work_echo(&session, 1);
		else
			work_echo_missed(&session);
	}
	session_wait(&session, 15 * NS_PER_S);
	work_bulk(&session, 0, REQUEST);
	for (int i = 0; i < TIMEOUTS; i++) {
		session.talk.now += FIRST_TIMEOUT << i; /* RFC 6298 section 5.5 */
		wire_resend(&session.talk, 0);
	}
	session_free(&session);
}

void scenarios_echo_silent(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_echo(&session, 3);
	for (int i = 0; i < 4; i++)
		work_echo_missed(&session);
	session_wait(&session, NS_PER_S);
	end(&session);
}

void scenarios_echo_slow(struct scenarios_stage *stage)
{
	enum { SLOW = 8 };
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	for (int i = 0; i < SLOW; i++)
		work_echo_late(&session, (1100 + 100 * i) * MS);
	end(&session);
}

void scenarios_echo_none(struct scenarios_stage *stage)
{
	enum { NOTIFICATIONS = 6, SIZE = 120 };
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	for (int i = 0; i < NOTIFICATIONS; i++) {
		session_wait(&session, 10 * NS_PER_S);
		work_bulk(&session, 1, SIZE);
	}
	end(&session);
}

void scenarios_request_missed(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_request_missed(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_subscription_refused(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start_refused(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_unsubscribed(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start_unsubscribed(&session);
	work_echo(&session, 5);
	end(&session);
}

void scenarios_wrong_side(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_astray(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_unasked_response(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_unasked(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_malformed(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_damaged(&session);
	work_echo(&session, 2);
	end(&session);
}

void scenarios_plaintext(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.plaintext = true;
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_echo(&session, ECHOES);
	session_wait(&session, NS_PER_S);
	end(&session);
}

void scenarios_unknown_framing(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.other_framing = true;
	struct session session = accepted(stage, &plan);
	work_start(&session);
	work_echo(&session, ECHOES);
	session_wait(&session, NS_PER_S);
	end(&session);
}

void scenarios_few_messages(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.other_framing = true;
	struct session session = accepted(stage, &plan);
	work_start_unsubscribed(&session);
	end(&session);
}
