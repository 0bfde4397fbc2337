/* UTF-16 -> UTF-8, RFC 2781 and RFC 3629. Called for whole slices of a trace. */
#include "analyzer/trace_bytes.h"

#include "dissect/rd.h"

enum {
	UNIT = 2, /* bytes; the mark U+FEFF is one */
	TWO_BYTES = 0x80,
	THREE_BYTES = 0x800, /* from here on UTF-8 takes so many */
	SURROGATES = 0xd800,
	SURROGATES_END = 0xe000,
	UNREADABLE = 0xfffd, /* half of a character beyond U+FFFF: no line of a trace has one that matters */
};

static size_t put(uint32_t c, uint8_t *to)
{
	if (c >= SURROGATES && c < SURROGATES_END)
		c = UNREADABLE;
	if (c < TWO_BYTES) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < THREE_BYTES) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	to[0] = (uint8_t)(0xe0 | c >> 12);
	to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

/* Whole units, as far as there is room; what is left over waits for the next time. */
static size_t convert(struct trace_bytes *bytes, uint8_t *to, size_t room)
{
	struct rd r = rd_of(span_of(bytes->raw, bytes->n));
	size_t n = 0;
	while (rd_left(&r) >= UNIT && room - n >= TRACE_BYTES_ROOM)
		n += put(bytes->big ? rd_u16(&r) : rd_u16le(&r), &to[n]);
	struct span left = rd_rest(&r);
	if (left.n > 0)
		memmove(bytes->raw, left.p, left.n);
	bytes->n = left.n;
	return n;
}

/* Reads until `n` bytes wait in raw or the file ends. False when reading failed. */
static bool await(struct trace_bytes *bytes, size_t n, size_t most)
{
	while (bytes->n < n) {
		ssize_t got = source_read(bytes->fd, &bytes->raw[bytes->n], most - bytes->n);
		if (got <= 0)
			return got == 0;
		bytes->n += (size_t)got;
		bytes->read += (size_t)got;
	}
	return true;
}

static bool find_mark(struct trace_bytes *bytes)
{
	static const uint8_t little[UNIT] = {0xff, 0xfe}, big[UNIT] = {0xfe, 0xff};
	if (!await(bytes, UNIT, UNIT))
		return false;
	struct span first = span_of(bytes->raw, bytes->n);
	bytes->begun = true;
	bytes->big = span_equal(first, span_of(big, UNIT));
	bytes->wide = bytes->big || span_equal(first, span_of(little, UNIT));
	if (bytes->wide)
		bytes->n = 0;
	return true;
}

ssize_t trace_bytes_read(struct trace_bytes *bytes, uint8_t *to, size_t room)
{
	if (!bytes->begun && !find_mark(bytes))
		return -1;
	if (bytes->wide)
		return await(bytes, UNIT, sizeof bytes->raw) ? (ssize_t)convert(bytes, to, room) : -1;
	size_t kept = bytes->n;
	if (kept > 0)
		memcpy(to, bytes->raw, kept);
	ssize_t got = source_read(bytes->fd, &to[kept], room - kept);
	if (got > 0)
		bytes->read += (size_t)got;
	if (got < 0 && kept == 0)
		return -1;
	bytes->n = 0;
	return (ssize_t)kept + (got > 0 ? got : 0);
}
