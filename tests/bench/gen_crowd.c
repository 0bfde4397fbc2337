/*
 * gen_crowd SESSIONS SECRETS KEYS > CAPTURE: as much memory as a capture can ask for. So many TLS 1.2
 * sessions, all open to the end, each of an engine and a certificate of its own: every second one's key is in
 * KEYS and its messages are kept, the others' records wait for theirs. Of each a segment is lost at the end
 * and what follows it waits for it. In front of the keys KEYS has SECRETS others that nobody needs.
 *
 * Two sessions are played, the others are copies with other addresses. Checksums do not follow.
 */
#define _GNU_SOURCE /* memmem */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	PORT = 41000,
	MESSAGES = 24, /* of NOTIFICATION bytes, in turns of the two sides */
	NOTIFICATION = 800,
	HELD = 2, /* of them behind the lost segment */
	LINKTYPE_ETHERNET = 1,
	ENGINE_DST = 30, /* offset of the engine's address in a frame to it, */
	ENGINE_SRC = 26, /* and in one of its own; after the first of its four bytes both take the number */
	MARK = 8,        /* last bytes of the certificate: part of its signature */
	BUFFER = 1 << 20,
};

#define APART NS_PER_MS

struct original {
	struct wire wire;
	size_t certificate, mark; /* frame and offset where the engine's certificate ends */
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "gen_crowd: %s\n", what);
	exit(2);
}

static void find_certificate(struct original *original, const struct tlspeer_identity *engine)
{
	unsigned char *der = NULL;
	int n = i2d_X509(engine->certificate, &der);
	must(n > MARK, "no certificate");
	for (size_t i = 0; i < original->wire.n; i++) {
		const struct bytes *frame = &original->wire.frames[i].bytes;
		const uint8_t *at = memmem(frame->p, frame->n, der + n - MARK, MARK);
		if (at == NULL)
			continue;
		original->certificate = i;
		original->mark = (size_t)(at - frame->p);
	}
	must(original->mark > 0, "the certificate's end is in no frame");
	OPENSSL_free(der);
}

static struct original play(const struct scenarios_cast *cast, struct bytes *keys)
{
	struct scenarios_stage stage = {.cast = cast, .keys = keys, .start = SCENARIOS_START, .port = PORT};
	struct session_plan plan = scenarios_plan(&stage);
	struct session session = session_new(&stage.wire, &plan);
	must(session_handshake(&session), "a handshake failed");
	work_start(&session);
	for (int i = 0; i < MESSAGES; i++)
		work_bulk(&session, i % 2, NOTIFICATION);
	size_t lost = stage.wire.n;
	for (int i = 0; i <= HELD; i++)
		work_bulk(&session, 0, NOTIFICATION);
	wire_lose(&stage.wire, lost);
	struct original original = {.wire = stage.wire};
	find_certificate(&original, &cast->engine);
	session_free(&session);
	return original;
}

/* The nth session; the bytes of the original are changed for it. */
static void write_copy(struct capfile_writer *writer, struct original *original, uint32_t n)
{
	for (size_t i = 0; i < original->wire.n; i++) {
		struct wire_frame *frame = &original->wire.frames[i];
		size_t address = frame->dir == 0 ? ENGINE_SRC : ENGINE_DST;
		bytes_set16(&frame->bytes, address + 1, (uint16_t)(n >> 8));
		frame->bytes.p[address + 3] = (uint8_t)n;
		if (i == original->certificate)
			bytes_set16(&frame->bytes, original->mark, (uint16_t)n);
		struct capfile_packet packet = {
		    .time = frame->time + n * APART,
		    .linktype = LINKTYPE_ETHERNET,
		    .wire = frame->bytes.n,
		    .data = bytes_span(&frame->bytes),
		};
		must(capfile_write_packet(writer, &packet) == 0, "standard output takes no more");
	}
}

static void write_keys(const char *path, uint64_t secrets, const struct bytes *keys)
{
	enum { WORDS = 4 + 6 }; /* of the random and the secret */
	FILE *file = save_open(path);
	uint64_t state = 1;
	for (uint64_t i = 0; i < secrets; i++) {
		fputs("CLIENT_RANDOM", file);
		for (int word = 0; word < WORDS; word++) {
			state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			fprintf(file, "%s%016" PRIx64, word == 0 || word == 4 ? " " : "", state);
		}
		fputc('\n', file);
	}
	fwrite(keys->p, 1, keys->n, file);
	save_close(file, path);
}

int main(int argc, char **argv)
{
	must(argc == 4, "usage: gen_crowd SESSIONS SECRETS KEYS > CAPTURE");
	uint32_t sessions = (uint32_t)strtoul(argv[1], NULL, 10);
	struct bytes keys = {.p = NULL};
	struct scenarios_cast cast = scenarios_cast();
	struct original originals[] = {play(&cast, &keys), play(&cast, NULL)};
	write_keys(argv[3], strtoull(argv[2], NULL, 10), &keys);
	struct capfile_writer writer;
	setvbuf(stdout, NULL, _IOFBF, BUFFER);
	must(capfile_write_start(&writer, capfile_write_stream, stdout) == 0,
	     "standard output takes nothing");
	for (uint32_t n = 0; n < sessions; n++)
		write_copy(&writer, &originals[n % 2], n);
	must(fflush(stdout) == 0, "standard output takes no more");
	for (size_t i = 0; i < 2; i++)
		wire_free(&originals[i].wire);
	bytes_free(&keys);
	scenarios_cast_free(&cast);
	return 0;
}
