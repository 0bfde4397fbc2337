/* A growing row of bytes for the sample builders; see bytes.h. Never reads what was written. */
#include "samples/bytes.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

enum { ROOM = 128 /* a first message or header at once */ };

void bytes_add(struct bytes *bytes, struct span more)
{
	if (bytes->n + more.n > bytes->room) {
		bytes->room = 2 * (bytes->n + more.n) + ROOM;
		bytes->p = xrealloc(bytes->p, bytes->room);
	}
	if (more.n > 0)
		memcpy(&bytes->p[bytes->n], more.p, more.n);
	bytes->n += more.n;
}

void bytes_big(struct bytes *bytes, uint64_t value, size_t width)
{
	uint8_t digits[sizeof value];
	for (size_t i = 0; i < width; i++)
		digits[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	bytes_add(bytes, span_of(digits, width));
}

void bytes_little(struct bytes *bytes, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		bytes_big(bytes, value >> (8 * i), 1);
}

void bytes_zeros(struct bytes *bytes, size_t n)
{
	static const uint8_t zeros[64];
	for (; n > sizeof zeros; n -= sizeof zeros)
		bytes_add(bytes, span_of(zeros, sizeof zeros));
	bytes_add(bytes, span_of(zeros, n));
}

void bytes_set16(struct bytes *bytes, size_t off, uint16_t value)
{
	bytes->p[off] = (uint8_t)(value >> 8);
	bytes->p[off + 1] = (uint8_t)value;
}

struct span bytes_span(const struct bytes *bytes)
{
	return span_of(bytes->p, bytes->n);
}

void bytes_clear(struct bytes *bytes)
{
	bytes->n = 0;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->p);
	*bytes = (struct bytes){.p = NULL};
}
