/*
 * Fuzz target of what -w saves under --redact. The first byte says what the packets are: frames as they are
 * (Ethernet, IP or bare messages), or segments of one connection or datagrams of one association, each with a byte for
 * direction and SYN, two for its place, and its bytes. Every packet comes out once, in order and as long as it was.
 */
#include "analyzer/save_redact.h"
#include "analyzer/xmalloc.h"
#include "dissect/profile.h"
#include "dissect/rd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINK_ETHERNET 1
#define LINK_RAW      101
#define HEADERS       40
#define UDP_HEADERS   28

enum { FRAMES = 3, PROFILE = 4, UDP = 8, BACK = 1, SYN = 2 }; /* of the first byte, and of a segment's */

struct run {
	struct save_redact *save;
	size_t pushed, written;
	int64_t last;
	size_t lengths[1 << 12];
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void take(void *ctx, const struct capfile_packet *packet)
{
	struct run *run = ctx;
	check(run->written < run->pushed && packet->time >= 0 && (size_t)packet->time < run->pushed);
	check(run->written == 0 || packet->time > run->last);
	run->last = packet->time;
	check(packet->data.n == run->lengths[packet->time]);
	run->written++;
}

/* In a block of its size. */
static void push(struct run *run, uint32_t linktype, const uint8_t *bytes, size_t n)
{
	uint8_t *exact = xmalloc(n > 0 ? n : 1);
	if (n > 0)
		memcpy(exact, bytes, n);
	if (run->pushed < sizeof run->lengths / sizeof run->lengths[0]) {
		run->lengths[run->pushed] = n;
		save_redact_push(run->save, &(struct capfile_packet){.time = (int64_t)run->pushed++,
		                                                     .linktype = linktype,
		                                                     .wire = n,
		                                                     .data = span_of(exact, n)});
	}
	free(exact);
}

static void push_segment(struct run *run, uint8_t what, uint16_t place, struct span payload)
{
	static const uint8_t headers[2][HEADERS] = {
	    {0x45, 0, 0, 0,    0, 1,    0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1,    10,
	     0,    0, 2, 0xc0, 0, 0x3e, 0xf1, 0, 0,  0, 0, 0, 0,  0, 0, 0x50, 0x10},
	    {0x45, 0, 0, 0,    0,    1,    0x40, 0, 64, 6, 0, 0, 10, 0, 0, 2,    10,
	     0,    0, 1, 0x3e, 0xf1, 0xc0, 0,    0, 0,  0, 0, 0, 0,  0, 0, 0x50, 0x10}};
	uint8_t frame[HEADERS + UINT8_MAX];
	size_t n = HEADERS + payload.n;
	memcpy(frame, headers[what & BACK], HEADERS);
	frame[2] = (uint8_t)(n >> 8);
	frame[3] = (uint8_t)n;
	frame[26] = (uint8_t)(place >> 8);
	frame[27] = (uint8_t)place;
	frame[33] = (what & SYN) != 0 ? 0x02 : 0x10;
	if (payload.n > 0)
		memcpy(&frame[HEADERS], payload.p, payload.n);
	push(run, LINK_RAW, frame, n);
}

static void push_datagram(struct run *run, uint8_t what, struct span payload)
{
	static const uint8_t headers[2][UDP_HEADERS] = {
	    {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xc0, 0, 0x3e, 0xf1},
	    {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0x3e, 0xf1, 0xc0, 0}};
	uint8_t frame[UDP_HEADERS + UINT8_MAX];
	size_t n = UDP_HEADERS + payload.n;
	memcpy(frame, headers[what & BACK], UDP_HEADERS);
	frame[3] = (uint8_t)n;
	frame[2] = (uint8_t)(n >> 8);
	frame[25] = (uint8_t)(payload.n + 8);
	frame[24] = (uint8_t)((payload.n + 8) >> 8);
	if (payload.n > 0)
		memcpy(&frame[UDP_HEADERS], payload.p, payload.n);
	push(run, LINK_RAW, frame, n);
}

static void push_all(struct run *run, uint8_t how, bool udp, struct rd *r)
{
	static const uint32_t linktypes[FRAMES] = {LINK_ETHERNET, LINK_RAW, PACKET_BARE};
	while (rd_more(r)) {
		uint8_t what = how < FRAMES ? 0 : rd_u8(r);
		uint16_t place = how < FRAMES ? 0 : rd_u16(r);
		size_t n = rd_u8(r);
		struct span bytes = rd_span(r, n < rd_left(r) ? n : rd_left(r));
		if (how < FRAMES)
			push(run, linktypes[how], bytes.p, bytes.n);
		else if (udp)
			push_datagram(run, what, bytes);
		else
			push_segment(run, what, place, bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[REDACT_KEY] = {1, 2, 3};
	static struct profile profile;
	struct redact redact = {.profile = NULL};
	struct rd r = rd_of(span_of(data, size));
	uint8_t first = rd_u8(&r);
	struct run *run = xcalloc(1, sizeof *run);
	redact_start_with(&redact, key);
	profile_builtin(&profile);
	/* bare messages are read by it always */
	if ((first & PROFILE) != 0 || first % PROFILE == FRAMES - 1)
		redact.profile = &profile;
	run->save = save_redact_new(&redact, take, run);
	push_all(run, first % PROFILE, (first & UDP) != 0, &r);
	save_redact_end(run->save);
	check(run->written == run->pushed);
	save_redact_free(run->save);
	free(run);
	return 0;
}
