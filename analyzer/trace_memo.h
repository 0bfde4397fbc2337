/*
 * What the texts of a trace mean: lines say the same again and again, and what is translated or damaged costs
 * far more to decode than to compare.
 *
 * Owned and called by trace_file.c. Forgets whatever text came before in the same place. Never reads a stamp.
 */
#ifndef ANALYZER_TRACE_MEMO_H
#define ANALYZER_TRACE_MEMO_H

#include "dissect/trace.h"

enum {
	TRACE_MEMO_TEXTS = 2048, /* of some 100 of a session few share a place */
	TRACE_MEMO_ROOM = 128, /* bytes of a text; longer ones are not kept */
};

/* All zero bytes: empty. */
struct trace_memo {
	struct trace_meaning {
		size_t n; /* of the text; 0 = free */
		uint8_t text[TRACE_MEMO_ROOM];
		struct trace_line line; /* without a stamp; its words borrow from this text */
	} meanings[TRACE_MEMO_TEXTS];
};

/* As trace_decode. */
void trace_memo_decode(struct trace_memo *memo, struct span line, struct trace_line *out);

#endif
