/*
 * gen_many FILE KEYS: 3,000 short sessions of 50 engines with one controller, some twenty at a time, each
 * with a full TLS 1.2 handshake and client certificate, a few messages and a FIN; and their key log.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"

#include <stdlib.h>

enum {
	SESSIONS = 3000,
	ENGINES = 50,
	MESSAGES = 6,
	MESSAGE_SIZE = 346,
	FIRST_PORT = 41000,
	FIRST_HOST = 5,
	FIRST_MAC = 0x89,
};

#define APART   (60000 * NS_PER_US) /* a session lasts 1.2 s */
#define WAIT_NS (30000 * NS_PER_US)

static void play(struct scenarios_stage *stage, const struct tlspeer_identity *identity, uint8_t engine)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine = identity;
	plan.host[0].ip.bytes[3] = (uint8_t)(FIRST_HOST + engine);
	plan.host[0].mac[5] = (uint8_t)(FIRST_MAC + engine);
	struct session session = session_new(&stage->wire, &plan);
	if (!session_handshake(&session)) {
		fputs("gen_many: a handshake failed\n", stderr);
		exit(2);
	}
	for (int i = 0; i < MESSAGES; i++) {
		session_wait(&session, WAIT_NS);
		work_bulk(&session, i % 2, MESSAGE_SIZE);
	}
	session_close(&session, 0);
	session_free(&session);
}

int main(int argc, char **argv)
{
	static const struct tlspeer_validity valid = {"20200101000000Z", "20401231235959Z"};
	if (argc != 3) {
		fputs("usage: gen_many FILE KEYS\n", stderr);
		return 2;
	}
	struct scenarios_cast cast = scenarios_cast();
	struct tlspeer_identity engines[ENGINES];
	for (unsigned i = 0; i < ENGINES; i++) {
		char name[32];
		snprintf(name, sizeof name, "cmx-0050569c34%02x", FIRST_MAC + i);
		engines[i] = tlspeer_identity(name, NULL, false, valid);
	}
	struct bytes keys = {.p = NULL};
	struct scenarios_stage stage = {.cast = &cast, .keys = &keys};
	for (unsigned i = 0; i < SESSIONS; i++) {
		stage.start = SCENARIOS_START + i * APART;
		stage.port = (uint16_t)(FIRST_PORT + i);
		play(&stage, &engines[i % ENGINES], (uint8_t)(i % ENGINES));
	}
	struct save_capture capture = save_capture_open(argv[1]);
	save_capture_add(&capture, &stage.wire);
	save_capture_close(&capture);
	save_text(argv[2], bytes_span(&keys));
	bytes_free(&keys);
	wire_free(&stage.wire);
	for (unsigned i = 0; i < ENGINES; i++)
		tlspeer_identity_free(&engines[i]);
	scenarios_cast_free(&cast);
	return 0;
}
