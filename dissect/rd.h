/*
 * Spans and the reader: the only code that touches untrusted bytes.
 *
 * A span is borrowed bytes. A reader is a place in a span and a value: copy it to peek. A read past the
 * end sets `bad`, moves to the end and gives zero; every later read does nothing. So a decoder reads
 * straight on and ends in `return rd_done(&r)`. Loops are `while (rd_more(&list))` and take at least one
 * byte each turn. Nothing read before that check may index or size anything.
 */
#ifndef DISSECT_RD_H
#define DISSECT_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p; /* may be NULL when n is 0 */
	size_t n;
};

struct rd {
	struct span all;
	size_t at;
	bool bad;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){.p = p, .n = n};
}

/* The part of `s` from `off` on, at most n bytes; empty when off is past the end. */
static inline struct span span_cut(struct span s, size_t off, size_t n)
{
	if (off >= s.n)
		return (struct span){.p = NULL, .n = 0};
	size_t left = s.n - off;
	return (struct span){.p = s.p + off, .n = n < left ? n : left};
}

/* Where `part`, which is not empty and was cut from `whole`, begins in it. */
static inline size_t span_offset(struct span whole, struct span part)
{
	return (size_t)(part.p - whole.p);
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline struct rd rd_of(struct span s)
{
	return (struct rd){.all = s, .at = 0, .bad = false};
}

static inline size_t rd_left(const struct rd *r)
{
	return r->all.n - r->at;
}

/* Offset of the next byte in the span that the reader was made from. */
static inline size_t rd_at(const struct rd *r)
{
	return r->at;
}

/* No short read so far. */
static inline bool rd_ok(const struct rd *r)
{
	return !r->bad;
}

/* No short read so far, and bytes are left: the loop condition over a list. */
static inline bool rd_more(const struct rd *r)
{
	return !r->bad && r->at < r->all.n;
}

/* No short read, and every byte was taken. */
static inline bool rd_done(const struct rd *r)
{
	return !r->bad && r->at == r->all.n;
}

static inline void rd_fail(struct rd *r)
{
	r->bad = true;
	r->at = r->all.n;
}

/* The next n bytes; empty and bad when fewer are left. */
static inline struct span rd_span(struct rd *r, size_t n)
{
	if (r->bad || rd_left(r) < n) {
		rd_fail(r);
		return (struct span){.p = NULL, .n = 0};
	}
	struct span s = {.p = r->all.p == NULL ? NULL : r->all.p + r->at, .n = n};
	r->at += n;
	return s;
}

static inline void rd_skip(struct rd *r, size_t n)
{
	(void)rd_span(r, n);
}

/*
 * A child reader over the next n bytes; bad, like the parent, when fewer are left. Behind a check of either, reads within
 * a header of fixed length cost no check of their own.
 */
static inline struct rd rd_head(struct rd *r, size_t n)
{
	struct rd head = rd_of(rd_span(r, n));
	head.bad = r->bad;
	return head;
}

/* All bytes that are left; never bad. */
static inline struct span rd_rest(struct rd *r)
{
	return rd_span(r, rd_left(r));
}

/* The next line without its line end (LF or CRLF); the last one may lack it. */
static inline struct span rd_line(struct rd *r)
{
	struct span left = span_cut(r->all, r->at, rd_left(r));
	const uint8_t *end = left.n > 0 ? memchr(left.p, '\n', left.n) : NULL;
	struct span line = rd_span(r, end != NULL ? (size_t)(end - left.p) : left.n);
	if (end != NULL)
		rd_skip(r, 1);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Bytes in front of the first line end, of any kind; s.n without one. Step by step, for a text may have ends
 * of one kind only. */
static inline size_t rd_line_length(struct span s)
{
	enum { STEP = 4096 };
	for (size_t at = 0; at < s.n; at += STEP) {
		struct span step = span_cut(s, at, STEP);
		const uint8_t *lf = memchr(step.p, '\n', step.n);
		size_t n = lf != NULL ? (size_t)(lf - step.p) : step.n;
		const uint8_t *cr = n > 0 ? memchr(step.p, '\r', n) : NULL;
		if (cr != NULL || lf != NULL)
			return at + (cr != NULL ? (size_t)(cr - step.p) : n);
	}
	return s.n;
}

/* Bytes of the line end that s begins with: CRLF, CRCRLF (a CRLF that was written as text), LF or CR. */
static inline size_t rd_line_end(struct span s)
{
	size_t returns = 0;
	while (returns < 2 && returns < s.n && s.p[returns] == '\r')
		returns++;
	if (returns < s.n && s.p[returns] == '\n')
		return returns + 1;
	return returns > 0;
}

/* As rd_line, where a CR alone ends a line, too. */
static inline struct span rd_any_line(struct rd *r)
{
	struct span left = span_cut(r->all, r->at, rd_left(r));
	struct span line = rd_span(r, rd_line_length(left));
	rd_skip(r, rd_line_end(span_cut(left, line.n, left.n)));
	return line;
}

/*
 * The next line as rd_any_line reads it when its line end is there too; else false, and nothing is taken. Of
 * a CR that stands last it is not known whether an LF follows.
 */
static inline bool rd_whole_line(struct rd *r, struct span *line)
{
	enum { LONGEST_END = 3 };
	struct span left = span_cut(r->all, r->at, rd_left(r));
	size_t n = rd_line_length(left);
	struct span end = span_cut(left, n, LONGEST_END);
	size_t taken = rd_line_end(end);
	if (taken == 0 || (end.p[taken - 1] == '\r' && end.n < LONGEST_END && end.p[end.n - 1] == '\r'))
		return false;
	*line = rd_span(r, n);
	rd_skip(r, taken);
	return true;
}

static inline uint64_t rd_big(struct rd *r, size_t width)
{
	struct span s = rd_span(r, width);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static inline uint64_t rd_little(struct rd *r, size_t width)
{
	struct span s = rd_span(r, width);
	uint64_t v = 0;
	for (size_t i = s.n; i > 0; i--)
		v = v << 8 | s.p[i - 1];
	return v;
}

/* Big-endian numbers, the network's order. */
static inline uint8_t rd_u8(struct rd *r)
{
	struct span s = rd_span(r, 1);
	return s.n == 0 ? 0 : s.p[0];
}
/* 16 and 32 bits are written out: compilers make one load of this, and packet headers are full of them. */
static inline uint16_t rd_u16(struct rd *r)
{
	struct span s = rd_span(r, 2);
	return s.n == 0 ? 0 : (uint16_t)((uint32_t)s.p[0] << 8 | s.p[1]);
}
static inline uint32_t rd_u24(struct rd *r)
{
	return (uint32_t)rd_big(r, 3);
}
static inline uint32_t rd_u32(struct rd *r)
{
	struct span s = rd_span(r, 4);
	return s.n == 0 ? 0 : (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3];
}
static inline uint64_t rd_u64(struct rd *r)
{
	return rd_big(r, 8);
}

/* Little-endian twins. */
static inline uint16_t rd_u16le(struct rd *r)
{
	struct span s = rd_span(r, 2);
	return s.n == 0 ? 0 : (uint16_t)((uint32_t)s.p[1] << 8 | s.p[0]);
}
static inline uint32_t rd_u32le(struct rd *r)
{
	struct span s = rd_span(r, 4);
	return s.n == 0 ? 0 : (uint32_t)s.p[3] << 24 | (uint32_t)s.p[2] << 16 | (uint32_t)s.p[1] << 8 | s.p[0];
}
static inline uint64_t rd_u64le(struct rd *r)
{
	return rd_little(r, 8);
}

/* A child reader over the bytes behind a big-endian length of `width` (1, 2 or 3) bytes. */
static inline struct rd rd_vec(struct rd *r, size_t width)
{
	struct rd child = rd_of(rd_span(r, (size_t)rd_big(r, width)));
	child.bad = r->bad;
	return child;
}

/* Closes a child: one that was not taken to its last byte, or read past its end, marks the parent bad. */
static inline void rd_end(struct rd *parent, const struct rd *child)
{
	if (!rd_done(child))
		rd_fail(parent);
}

#endif
