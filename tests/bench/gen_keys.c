/*
 * gen_keys FILE KEYS [N]: one long accepted session of 400,000 application records, TLS 1.2 with AES-256-GCM,
 * and its key log: the file on which decryption is compared with the bare cipher. Notifications and requests
 * of some 340 bytes, each in a packet of its own and acknowledged at once, and an echo pair now and then.
 * With N one packet in N behind the handshake is missing from the capture, at random, the same ones each
 * time.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"

#include <stdlib.h>

enum {
	RECORDS = 400000,
	ROUND = 1000, /* records with one echo pair among them */
	BATCH = 4096, /* frames held before they are written */
	SIZE_MIN = 298,
	SIZE_SPREAD = 80,
	SIZE_STEP = 37,
	PORT = 41000,
};

#define WAIT_NS (600 * NS_PER_US)

/* Three notifications of the controller for two requests of the engine. */
static const int senders[] = {1, 1, 0, 1, 0};

static void play_round(struct session *session)
{
	for (size_t i = 0; i < ROUND - 2; i++) {
		int dir = senders[i % (sizeof senders / sizeof senders[0])];
		session_wait(session, WAIT_NS);
		work_bulk(session, dir, SIZE_MIN + i * SIZE_STEP % SIZE_SPREAD);
		wire_ack(&session->talk, !dir);
	}
	work_echo(session, 1);
}

static void lose_some(struct wire *wire, unsigned one_in)
{
	static uint64_t state = 1;
	for (size_t i = wire->n; i-- > 0 && one_in > 0;) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407; /* Knuth's MMIX */
		if ((state >> 33) % one_in == 0)
			wire_lose(wire, i);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 4) {
		fputs("usage: gen_keys FILE KEYS [N]\n", stderr);
		return 2;
	}
	unsigned one_in = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
	struct scenarios_cast cast = scenarios_cast();
	struct bytes keys = {.p = NULL};
	struct scenarios_stage stage = {.cast = &cast, .keys = &keys, .start = SCENARIOS_START, .port = PORT};
	struct session_plan plan = scenarios_plan(&stage);
	struct session session = session_new(&stage.wire, &plan);
	struct save_capture capture = save_capture_open(argv[1]);
	if (!session_handshake(&session)) {
		fputs("gen_keys: the handshake failed\n", stderr);
		return 2;
	}
	save_capture_add(&capture, &stage.wire);
	for (size_t i = 0; i < RECORDS / ROUND; i++) {
		play_round(&session);
		if (stage.wire.n < BATCH && i + 1 < RECORDS / ROUND)
			continue;
		lose_some(&stage.wire, one_in);
		save_capture_add(&capture, &stage.wire);
	}
	save_capture_close(&capture);
	save_text(argv[2], bytes_span(&keys));
	session_free(&session);
	wire_free(&stage.wire);
	bytes_free(&keys);
	scenarios_cast_free(&cast);
	return 0;
}
