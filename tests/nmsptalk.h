/*
 * NMSP messages by the layout of assumed-1, written by hand for the tests of what is made of plaintext. A
 * stream is one direction. Nothing is checked: messages may lie.
 */
#ifndef TESTS_NMSPTALK_H
#define TESTS_NMSPTALK_H

#include <stddef.h>
#include <stdint.h>

#define NMSPTALK_HEADER 12

struct nmsptalk {
	uint8_t bytes[300 * 1024];
	size_t n;
};

static inline void nmsptalk_put(struct nmsptalk *stream, uint64_t value, unsigned size)
{
	for (unsigned i = size; i > 0; i--)
		stream->bytes[stream->n++] = (uint8_t)(value >> 8 * (i - 1));
}

static inline void nmsptalk_head(struct nmsptalk *stream, uint16_t type, size_t total, uint32_t transaction)
{
	nmsptalk_put(stream, 0x0100, 2);
	nmsptalk_put(stream, type, 2);
	nmsptalk_put(stream, total, 2);
	nmsptalk_put(stream, 0, 2);
	nmsptalk_put(stream, transaction, 4);
}

/* An empty message. */
static inline void nmsptalk_bare(struct nmsptalk *stream, uint16_t type, uint32_t transaction)
{
	nmsptalk_head(stream, type, NMSPTALK_HEADER, transaction);
}

/* A message with one element, a number. */
static inline void nmsptalk_number(struct nmsptalk *stream, uint16_t type, uint32_t transaction,
                                   uint16_t element, unsigned size, uint64_t value)
{
	nmsptalk_head(stream, type, NMSPTALK_HEADER + 4 + size, transaction);
	nmsptalk_put(stream, element, 2);
	nmsptalk_put(stream, size, 2);
	nmsptalk_put(stream, value, size);
}

/* A message with one element of zeros, `n` bytes in all. */
static inline void nmsptalk_bulk(struct nmsptalk *stream, uint16_t type, size_t n)
{
	enum { BULK = 17 };
	nmsptalk_head(stream, type, n, 0);
	nmsptalk_put(stream, BULK, 2);
	nmsptalk_put(stream, n - NMSPTALK_HEADER - 4, 2);
	for (size_t i = NMSPTALK_HEADER + 4; i < n; i++)
		nmsptalk_put(stream, 0, 1);
}

#endif
