/*
 * A few bytes that wait for more; see scrap.h. Called by messages.c while the place in a stream is lost.
 * Knows no framing.
 */
#include "analyzer/scrap.h"

size_t scrap_fill(struct scrap *scrap, struct span bytes, size_t most)
{
	struct span front = span_cut(bytes, 0, most - scrap->n);
	if (front.n > 0) {
		memcpy(&scrap->bytes[scrap->n], front.p, front.n);
		scrap->fronts |= UINT32_C(1) << scrap->n;
	}
	scrap->n += front.n;
	return front.n;
}

void scrap_shorten(struct scrap *scrap, size_t n)
{
	scrap->n -= n;
	scrap->fronts &= (UINT32_C(1) << scrap->n) - 1;
}

void scrap_drop(struct scrap *scrap, size_t n)
{
	struct span rest = span_cut(span_of(scrap->bytes, scrap->n), n, SIZE_MAX);
	scrap->n = rest.n;
	scrap->fronts >>= n;
	if (rest.n > 0)
		memmove(scrap->bytes, rest.p, rest.n);
}
