/* Captures in memory, for the tests of the whole pipeline. */
#include "tests/opened.h"
#include "tests/recording.h"

#include "analyzer/input.h"
#include "analyzer/xmalloc.h"
#include "dissect/packet.h"

#include <stdio.h>
#include <stdlib.h>

#define ETHERNET 14

void recording_read(struct recording *recording, const char *path)
{
	*recording = (struct recording){0};
	struct err err;
	struct input *input = opened_input(path, &err);
	if (input == NULL) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	struct capfile_packet packet;
	enum input_result result;
	while ((result = input_next(input, &packet)) == INPUT_PACKET || result == INPUT_SECRETS) {
		if (result == INPUT_SECRETS)
			continue;
		struct recorded recorded = {packet.time, packet.linktype, packet.wire,
		    xmemdup(packet.data.p, packet.data.n), packet.data.n};
		recording_insert(recording, recording->n, &recorded);
		free(recorded.bytes);
	}
	input_close(input);
}

void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < recording->n; i++)
		free(recording->packets[i].bytes);
	free(recording->packets);
	*recording = (struct recording){0};
}

void recording_copy(struct recording *to, const struct recording *from)
{
	*to = (struct recording){0};
	for (size_t i = 0; i < from->n; i++)
		recording_insert(to, i, &from->packets[i]);
}

void recording_remove(struct recording *recording, size_t at)
{
	free(recording->packets[at].bytes);
	memmove(&recording->packets[at], &recording->packets[at + 1],
	    (recording->n - at - 1) * sizeof recording->packets[0]);
	recording->n--;
}

void recording_insert(struct recording *recording, size_t at, const struct recorded *packet)
{
	struct recorded copy = *packet;
	copy.bytes = xmemdup(packet->bytes, packet->n);
	recording->packets = xrealloc(recording->packets, (recording->n + 1) * sizeof copy);
	memmove(&recording->packets[at + 1], &recording->packets[at],
	    (recording->n - at) * sizeof recording->packets[0]);
	recording->packets[at] = copy;
	recording->n++;
}

/* Where the TCP payload starts in the frame, 0 when the packet is not Ethernet, IPv4, TCP. */
static size_t payload_offset(const struct recorded *packet)
{
	const uint8_t *b = packet->bytes;
	if (packet->linktype != 1 || packet->n < ETHERNET + 40 || b[12] != 8 || b[13] != 0 || b[ETHERNET + 9] != 6)
		return 0;
	size_t ip = (size_t)(b[ETHERNET] & 15) * 4;
	return ETHERNET + ip + (size_t)(b[ETHERNET + ip + 12] >> 4) * 4;
}

size_t recording_payload(const struct recorded *packet, uint16_t port, int *dir)
{
	size_t off = payload_offset(packet);
	if (off == 0)
		return 0;
	const uint8_t *ip = packet->bytes + ETHERNET;
	const uint8_t *tcp = ip + (size_t)(ip[0] & 15) * 4;
	size_t end = ETHERNET + (size_t)(ip[2] << 8 | ip[3]);
	*dir = (tcp[0] << 8 | tcp[1]) == port;
	return end > off ? end - off : 0;
}

bool recording_split(struct recording *recording, size_t index, size_t at)
{
	struct recorded *first = &recording->packets[index];
	int dir;
	size_t off = payload_offset(first), n = recording_payload(first, 0, &dir);
	if (n <= at || at == 0 || first->n < off + n)
		return false;
	recording_insert(recording, index + 1, first);
	first = &recording->packets[index];
	struct recorded *second = &recording->packets[index + 1];
	memmove(second->bytes + off, second->bytes + off + at, n - at);
	second->n = off + n - at;
	first->n = off + at;
	first->wire = first->n;
	second->wire = second->n;
	struct recorded *both[2] = {first, second};
	for (int i = 0; i < 2; i++) {
		uint8_t *ip = both[i]->bytes + ETHERNET;
		size_t length = both[i]->n - ETHERNET;
		ip[2] = (uint8_t)(length >> 8);
		ip[3] = (uint8_t)length;
	}
	uint8_t *tcp = second->bytes + ETHERNET + (size_t)(second->bytes[ETHERNET] & 15) * 4;
	uint32_t seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
	seq += (uint32_t)at;
	for (int i = 0; i < 4; i++)
		tcp[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
	uint8_t *first_tcp = first->bytes + ETHERNET + (size_t)(first->bytes[ETHERNET] & 15) * 4;
	first_tcp[13] &= (uint8_t)~1u; /* FIN stays with the last byte */
	return true;
}

void recording_analyze(const struct recording *recording, struct model *model)
{
	recording_analyze_late(recording, model, span_of(NULL, 0));
}

void recording_analyze_late(const struct recording *recording, struct model *model, struct span secrets)
{
	struct analyze *analyze = analyze_new(model);
	uint32_t input = model_add_input(model, "recording");
	for (size_t i = 0; i < recording->n; i++) {
		const struct recorded *r = &recording->packets[i];
		struct capfile_packet packet = {
		    .time = r->time, .linktype = r->linktype, .wire = r->wire, .data = span_of(r->bytes, r->n)};
		analyze_packet(analyze, input, &packet);
	}
	if (secrets.n > 0)
		analyze_secrets(analyze, secrets);
	analyze_end(analyze);
	analyze_free(analyze);
}

uint64_t recording_random(uint64_t *state, uint64_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}
