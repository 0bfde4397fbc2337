/* The escaping function. Reads untrusted bytes through dissect/rd.h. */
#include "ui/escape.h"

#include <stdio.h>

#define LONGEST 16 /* characters that one becomes at most, and the NUL behind them */

struct range {
	uint32_t first, last;
};

/* Valid characters that a terminal would obey or that nobody can see. */
static const struct range hidden[] = {
    {0x80, 0x9f},        /* C1 controls */
    {0xad, 0xad},        /* soft hyphen */
    {0x61c, 0x61c},      /* Arabic letter mark */
    {0x180e, 0x180e},    /* Mongolian vowel separator */
    {0x200b, 0x200f},    /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},    /* line separators, bidirectional embeddings and overrides */
    {0x2060, 0x206f},    /* invisible operators, bidirectional isolates */
    {0xfdd0, 0xfdef},    /* noncharacters */
    {0xfeff, 0xfeff},    /* byte order mark */
    {0xfff0, 0xfffb},    /* specials */
    {0xfffe, 0xffff},    /* noncharacters */
    {0xe0000, 0x10ffff}, /* tags, variation selectors, private use */
};

static bool is_hidden(uint32_t character)
{
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	return false;
}

/* Bytes of a character by its first byte, and the smallest value such a length may carry; 0 = no first byte.
 */
static size_t lead(uint8_t first, uint32_t *bits, uint32_t *smallest)
{
	static const struct {
		uint8_t mask, mark;
		uint32_t smallest;
	} shapes[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		if ((first & shapes[i].mask) != shapes[i].mark)
			continue;
		*bits = first & (uint8_t)~shapes[i].mask;
		*smallest = shapes[i].smallest;
		return i + 1;
	}
	return 0;
}

/* Takes one character. False when the bytes at this place are none; then nothing is taken. */
static bool take(struct rd *r, uint32_t *character)
{
	struct rd peek = *r;
	uint32_t value = 0, smallest = 0;
	size_t n = lead(rd_u8(&peek), &value, &smallest);
	for (size_t i = 1; i < n; i++) {
		uint8_t next = rd_u8(&peek);
		if ((next & 0xc0) != 0x80)
			return false;
		value = value << 6 | (next & 0x3f);
	}
	if (n == 0 || !rd_ok(&peek) || value < smallest || value > 0x10ffff)
		return false;
	if (value >= 0xd800 && value <= 0xdfff)
		return false;
	*character = value;
	*r = peek;
	return true;
}

/* Writes one printable unit at `out`, which has room for LONGEST characters; returns its length. */
static size_t write_unit(char *out, struct rd *r, enum escape_mode mode)
{
	struct rd start = *r;
	uint32_t character = 0;
	if (!take(r, &character))
		return (size_t)snprintf(out, LONGEST, "\\x%02x", (unsigned)rd_u8(r));
	if (character < 0x20 || character == 0x7f)
		return (size_t)snprintf(out, LONGEST, "\\x%02x", (unsigned)character);
	if (is_hidden(character) || (mode == ESCAPE_ASCII && character > 0x7e))
		return (size_t)snprintf(out, LONGEST, "\\u{%x}", (unsigned)character);
	struct span plain = rd_span(&start, rd_at(r) - rd_at(&start));
	memcpy(out, plain.p, plain.n);
	return plain.n;
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* How many bytes of printable ASCII come first: the rule, so blocks are looked at as a whole. */
static size_t plain_run(const uint8_t *p, size_t n)
{
	enum { BLOCK = 16 };
	size_t run = 0;
	for (bool plain = true; plain && n - run >= BLOCK; run += plain ? BLOCK : 0) {
		unsigned strange = 0;
		for (size_t i = 0; i < BLOCK; i++)
			strange |= !is_plain(p[run + i]);
		plain = strange == 0;
	}
	while (run < n && is_plain(p[run]))
		run++;
	return run;
}

/* Copies what stands first and is plain; returns how much. */
static size_t write_plain(char *out, struct rd *r)
{
	struct rd peek = *r;
	struct span left = rd_rest(&peek);
	struct span run = rd_span(r, plain_run(left.p, left.n));
	if (run.n > 0)
		memcpy(out, run.p, run.n);
	return run.n;
}

void escape_add(struct buffer *out, struct span bytes, enum escape_mode mode)
{
	struct rd r = rd_of(bytes);
	while (rd_more(&r)) {
		char *to = buffer_room(out, rd_left(&r) + LONGEST);
		size_t n = write_plain(to, &r);
		if (rd_more(&r))
			n += write_unit(to + n, &r, mode);
		out->n += n;
	}
}

char *escape_bytes(struct span bytes, enum escape_mode mode)
{
	struct buffer out = {.p = NULL};
	escape_add(&out, bytes, mode);
	return buffer_take(&out);
}

char *escape_text(const char *text, enum escape_mode mode)
{
	return escape_bytes(span_of(text, strlen(text)), mode);
}
