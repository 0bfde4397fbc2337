/*
 * The frame that the helpers of frames.h build. It grows from the end of a fixed array towards its start.
 */
#include "tests/frames.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 80 * 1024 };

static struct {
	uint8_t bytes[SIZE];
	size_t at; /* of the first byte; the frame ends with the array */
} frame;

size_t frames_length(void)
{
	return SIZE - frame.at;
}

struct span frames_span(void)
{
	return span_of(&frame.bytes[frame.at], frames_length());
}

void frames_lead(const char *format, ...)
{
	char text[512];
	uint8_t bytes[256];
	size_t n = 0, digits = 0;
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == ' ')
			continue;
		unsigned value = (unsigned)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
		if (digits++ % 2 == 0)
			bytes[n] = (uint8_t)(value << 4);
		else
			bytes[n++] |= (uint8_t)value;
	}
	assert(digits % 2 == 0);
	assert(n <= frame.at);
	frame.at -= n;
	memcpy(&frame.bytes[frame.at], bytes, n);
}

void frames_start(const char *payload)
{
	frame.at = SIZE;
	frames_lead("%s", payload);
}

void frames_start_bytes(struct span payload)
{
	frame.at = SIZE - payload.n;
	memcpy(&frame.bytes[frame.at], payload.p, payload.n);
}

void frames_pad(size_t n)
{
	memmove(&frame.bytes[frame.at - n], &frame.bytes[frame.at], frames_length());
	frame.at -= n;
	memset(&frame.bytes[SIZE - n], 0, n);
}

void frames_tcp(unsigned flags, const char *options)
{
	unsigned words = 5 + (unsigned)strlen(options) / 8;
	frames_lead("c000 3ef1 01020304 05060708 %x0%02x 1234 abcd 0000 %s", words, flags, options);
}

void frames_ip4(unsigned proto)
{
	frames_lead("4500 %04x 7777 4000 40%02x 0000 " FRAMES_IP4, (unsigned)frames_length() + 20, proto);
}

void frames_ip6(unsigned next)
{
	frames_lead("60000000 %04x %02x 39 " FRAMES_IP6, (unsigned)frames_length(), next);
}

void frames_outer_ip4(unsigned proto)
{
	frames_lead("4500 %04x 0001 0000 ff%02x 0000 c0000201 c0000202", (unsigned)frames_length() + 20,
	            proto);
}

void frames_udp(unsigned port)
{
	frames_lead("d000 %04x %04x 0000", port, (unsigned)frames_length() + 8);
}

void frames_ethernet(unsigned type)
{
	frames_lead("020000000002 020000000001 %04x", type);
}

void frames_tag(unsigned type)
{
	frames_lead("0064 %04x", type);
}

bool frames_decode(uint32_t linktype, struct packet *out)
{
	memset(out, 0xff, sizeof *out);
	return packet_decode(linktype, frames_span(), frames_length(), out);
}

static unsigned touch(struct span s)
{
	unsigned sum = 0;
	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	return sum;
}

void frames_cut(uint32_t linktype, enum packet_kind kind, size_t from, size_t payload)
{
	for (size_t n = 0; n < frames_length(); n++) {
		uint8_t *block = malloc(n > 0 ? n : 1);
		assert(block != NULL);
		memcpy(block, &frame.bytes[frame.at], n);
		struct packet p;
		bool known = packet_decode(linktype, span_of(block, n), frames_length(), &p);
		assert(known);
		assert(p.kind == (n < from ? PACKET_MALFORMED : kind));
		assert(p.kind != PACKET_TCP || p.payload.n + p.cut == payload);
		struct span headers = p.kind == PACKET_FRAGMENT ? p.fragment.headers : span_of(NULL, 0);
		assert(touch(p.ip) + touch(p.payload) + touch(headers) <= 3 * UINT8_MAX * n);
		free(block);
	}
}
