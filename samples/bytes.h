/*
 * A growing row of bytes: what the sample builders write frames and messages into. The owner frees it.
 */
#ifndef SAMPLES_BYTES_H
#define SAMPLES_BYTES_H

#include "dissect/rd.h"

struct bytes { /* all zero is an empty one */
	uint8_t *p;
	size_t n, room;
};

void bytes_add(struct bytes *bytes, struct span more);
void bytes_big(struct bytes *bytes, uint64_t value, size_t width); /* big-endian, at most 8 bytes */
void bytes_little(struct bytes *bytes, uint64_t value, size_t width);
void bytes_zeros(struct bytes *bytes, size_t n);
void bytes_set16(struct bytes *bytes, size_t off, uint16_t value); /* over what stands there */
struct span bytes_span(const struct bytes *bytes);                 /* borrowed until the next change */
void bytes_clear(struct bytes *bytes);                             /* keeps the room */
void bytes_free(struct bytes *bytes);

#endif
