/*
 * Pieces smaller than a message's header, put together while the place in a stream is lost: Java's 1 byte and
 * n-1 bytes.
 *
 * Owned by messages.c, one for each direction. Never decides where a message starts.
 */
#ifndef ANALYZER_SCRAP_H
#define ANALYZER_SCRAP_H

#include "analyzer/frame.h"

/* A zeroed struct is empty. */
struct scrap {
	uint8_t bytes[FRAME_HEAD];
	size_t n;
	uint32_t fronts; /* bit i: a piece began at byte i. Only there a header alone is believed */
};

/* Adds the front of `bytes` until there are `most`, at most FRAME_HEAD; returns how many were added. */
size_t scrap_fill(struct scrap *scrap, struct span bytes, size_t most);

/* Takes bytes away again: n at the end, or n at the front. */
void scrap_shorten(struct scrap *scrap, size_t n);
void scrap_drop(struct scrap *scrap, size_t n);

/* A piece began at the first byte. */
static inline bool scrap_at_front(const struct scrap *scrap)
{
	return (scrap->fronts & 1) != 0;
}

#endif
