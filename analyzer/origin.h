/*
 * Where bytes or an event come from, and the sink through which a layer pushes bytes to the next one.
 */
#ifndef ANALYZER_ORIGIN_H
#define ANALYZER_ORIGIN_H

#include "dissect/rd.h"

#include <stdint.h>

struct origin {
	int64_t time;    /* nanoseconds since 1970-01-01 UTC, by the capture's clock */
	uint64_t packet; /* from 1, in reading order over all inputs */
	uint32_t input;  /* index of the input */
};

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US INT64_C(1000)

/*
 * The receiving end of ordered bytes. `data` borrows its span for the call. `gap` says that `n` bytes are
 * missing here for good. `end` comes at most once, after everything else. The origin is that of the bytes,
 * for a gap that of what made it certain.
 */
struct sink {
	void *ctx;
	void (*data)(void *ctx, struct span bytes, const struct origin *origin);
	void (*gap)(void *ctx, uint64_t n, const struct origin *origin);
	void (*end)(void *ctx, const struct origin *origin);
};

#endif
