/*
 * Trace lines decoded from blocks of exactly their size: so ASan sees the first byte past the end. Included
 * by tests after cmocka.
 */
#ifndef TESTS_TRACELINES_H
#define TESTS_TRACELINES_H

#include "dissect/trace.h"

#include <stdlib.h>

#define AT   "[03/02/26 09:15:00.120 UTC 5f2 9822] "
#define TIME INT64_C(1772442900120000000) /* 2026-03-02 09:15:00.120 */

/* Decodes a copy in a block of exactly its size, which the caller frees through `keep`. */
static inline struct trace_line decode_bytes(const char *text, size_t n, uint8_t **keep)
{
	struct trace_line out;
	*keep = malloc(n > 0 ? n : 1);
	assert_non_null(*keep);
	memcpy(*keep, text, n);
	trace_decode(span_of(*keep, n), &out);
	return out;
}

/* Only numbers of the answer are looked at; its spans point to freed bytes. */
static inline struct trace_line decode(const char *text)
{
	uint8_t *keep;
	struct trace_line out = decode_bytes(text, strlen(text), &keep);
	free(keep);
	return out;
}

static inline void assert_span(struct span s, const char *text)
{
	if (s.n != strlen(text) || (s.n > 0 && memcmp(s.p, text, s.n) != 0))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)s.n, (const char *)s.p, text);
}

/* Decodes the text cut at every byte. */
static inline void cut_everywhere(const char *text)
{
	for (size_t n = 0; n <= strlen(text); n++) {
		uint8_t *keep;
		struct trace_line line = decode_bytes(text, n, &keep), before = line;
		assert_true(line.kind < TRACE_KINDS && line.text.n <= n && line.words.n <= n);
		trace_continues(&before, span_of(keep, n));
		free(keep);
	}
}

#endif
