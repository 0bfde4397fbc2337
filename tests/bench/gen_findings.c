/*
 * gen_findings FILE: 10,000 sessions of 100 engines with one controller, every one rejected with
 * certificate_unknown behind the engine's certificate: a report full of findings.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"

#include <stdlib.h>

enum { SESSIONS = 10000, ENGINES = 100, FIRST_PORT = 41000, FIRST_HOST = 5 };

#define APART (60000 * NS_PER_US)

static void play(struct scenarios_stage *stage, uint8_t engine)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.host[0].ip.bytes[3] = (uint8_t)(FIRST_HOST + engine);
	plan.tls.verdict = TLSPEER_REJECT;
	struct session session = session_new(&stage->wire, &plan);
	if (session_handshake(&session)) {
		fputs("gen_findings: a handshake that should fail succeeded\n", stderr);
		exit(2);
	}
	wire_close(&session.talk, 1);
	session_free(&session);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: gen_findings FILE\n", stderr);
		return 2;
	}
	struct scenarios_cast cast = scenarios_cast();
	struct scenarios_stage stage = {.cast = &cast};
	for (unsigned i = 0; i < SESSIONS; i++) {
		stage.start = SCENARIOS_START + i * APART;
		stage.port = (uint16_t)(FIRST_PORT + i);
		play(&stage, (uint8_t)(i % ENGINES));
	}
	struct save_capture capture = save_capture_open(argv[1]);
	save_capture_add(&capture, &stage.wire);
	save_capture_close(&capture);
	wire_free(&stage.wire);
	scenarios_cast_free(&cast);
	return 0;
}
