/*
 * background < FILE > FILE: the capture, with packets of other hosts before, between and behind its own ones,
 * as a span port delivers them. Called by tests/round-trip.
 */
#include "analyzer/capfile.h"
#include "analyzer/origin.h"

#include <stdlib.h>

#define LINK_ETHERNET 1
#define STEP          (200 * 1000 * NS_PER_US) /* from one to the next */
#define BEHIND        (3 * 60 * NS_PER_S)      /* they go on so long */

/* An ARP request; nothing that is followed. */
static int say(struct capfile_writer *writer, int64_t time)
{
	static const uint8_t frame[60] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0,
	                                  9,   8,   6,   0,   1,   8,   0, 6, 4, 0, 1};
	struct capfile_packet packet = {
	    .time = time, .linktype = LINK_ETHERNET, .wire = sizeof frame, .data = span_of(frame, sizeof frame)};
	return capfile_write_packet(writer, &packet);
}

static int mix(struct capfile *in, struct span bytes, struct capfile_writer *writer)
{
	struct capfile_packet packet;
	enum capfile_result result;
	int64_t next = INT64_MIN;
	while ((result = capfile_next(in, &bytes, &packet)) == CAPFILE_PACKET || result == CAPFILE_SECRETS) {
		if (result == CAPFILE_SECRETS)
			continue;
		if (next == INT64_MIN)
			next = packet.time - STEP;
		for (; next < packet.time; next += STEP)
			if (say(writer, next) != 0)
				return -1;
		if (capfile_write_packet(writer, &packet) != 0)
			return -1;
	}
	for (int64_t end = next + BEHIND; next < end; next += STEP)
		if (say(writer, next) != 0)
			return -1;
	return 0;
}

int main(void)
{
	enum { ROOM = 1 << 20 };
	uint8_t *bytes = malloc(ROOM);
	struct capfile *in = capfile_new();
	struct capfile_writer writer;
	if (bytes == NULL)
		return 2;
	size_t n = fread(bytes, 1, ROOM, stdin);
	int result = capfile_write_start(&writer, capfile_write_stream, stdout);
	if (result == 0)
		result = mix(in, span_of(bytes, n), &writer);
	capfile_free(in);
	free(bytes);
	return result == 0 && fflush(stdout) == 0 ? 0 : 2;
}
