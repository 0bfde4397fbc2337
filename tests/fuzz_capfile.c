/*
 * Fuzz target of the capture file reader. The first byte of the input sets the size of the slices in which
 * the rest is fed, each in a heap block of its exact size.
 */
#include "analyzer/capfile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_packets(struct capfile *file, struct span *buffer)
{
	struct capfile_packet packet;
	size_t before = buffer->n;
	enum capfile_result result;
	while ((result = capfile_next(file, buffer, &packet)) == CAPFILE_PACKET || result == CAPFILE_SECRETS) {
		if (result == CAPFILE_SECRETS)
			packet.wire = packet.data.n;
		if (packet.data.n > packet.wire || packet.data.n > CAPFILE_NEED_MAX || buffer->n >= before)
			abort();
		before = buffer->n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	size_t step = (size_t)rd_u8(&r) + 1;
	struct capfile *file = capfile_new();
	struct span left = span_of(NULL, 0);
	uint8_t *block = NULL;
	while (rd_more(&r) && capfile_problem(file)[0] == '\0') {
		struct span slice = rd_span(&r, step < rd_left(&r) ? step : rd_left(&r));
		uint8_t *next = malloc(left.n + slice.n);
		if (next == NULL)
			abort();
		if (left.n > 0)
			memcpy(next, left.p, left.n);
		memcpy(&next[left.n], slice.p, slice.n);
		left = span_of(next, left.n + slice.n);
		free(block);
		block = next;
		read_packets(file, &left);
		if (capfile_need(file) > CAPFILE_NEED_MAX)
			abort();
	}
	(void)capfile_cut(file, left.n);
	(void)capfile_dropped(file);
	free(block);
	capfile_free(file);
	return 0;
}
