/*
 * gen_one FILE: one long accepted session, the file on which the program is compared with libpcap. Real
 * TLS 1.2 throughout; NMSP messages of some 350 bytes, one a packet, ACKs where TCP would send them.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"

#include <stdlib.h>

enum {
	PACKETS = 800000,
	BATCH = 4096, /* frames held before they are written */
	SIZE_MIN = 306,
	SIZE_SPREAD = 80,
	SIZE_STEP = 37,
	PORT = 41000,
};

#define WAIT_NS (600 * NS_PER_US)

/* Three notifications of the controller for two requests of the engine. */
static const int senders[] = {1, 1, 0, 1, 0};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: gen_one FILE\n", stderr);
		return 2;
	}
	struct scenarios_cast cast = scenarios_cast();
	struct scenarios_stage stage = {.cast = &cast, .start = SCENARIOS_START, .port = PORT};
	struct session_plan plan = scenarios_plan(&stage);
	struct session session = session_new(&stage.wire, &plan);
	struct save_capture capture = save_capture_open(argv[1]);
	if (!session_handshake(&session)) {
		fputs("gen_one: the handshake failed\n", stderr);
		return 2;
	}
	size_t written = 0;
	for (size_t i = 0; written + stage.wire.n < PACKETS; i++) {
		if (stage.wire.n >= BATCH) {
			written += stage.wire.n;
			save_capture_add(&capture, &stage.wire);
		}
		session_wait(&session, WAIT_NS);
		work_bulk(&session, senders[i % (sizeof senders / sizeof senders[0])],
		          SIZE_MIN + i * SIZE_STEP % SIZE_SPREAD);
	}
	while (written + stage.wire.n > PACKETS)
		wire_lose(&stage.wire, stage.wire.n - 1);
	save_capture_add(&capture, &stage.wire);
	save_capture_close(&capture);
	session_free(&session);
	wire_free(&stage.wire);
	scenarios_cast_free(&cast);
	return 0;
}
