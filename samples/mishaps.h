/*
 * What a span port, a capturing machine or a device in between does to a whole capture. Plain Ethernet and
 * IPv4 only.
 */
#ifndef SAMPLES_MISHAPS_H
#define SAMPLES_MISHAPS_H

#include "samples/wire.h"

/* Each frame comes once more, one hop farther, `after` nanoseconds later. */
void mishaps_double(struct wire *wire, int64_t after);

/* From this frame on the clock is `ns` behind; the frames stay in their order. */
void mishaps_set_back(struct wire *wire, size_t from, int64_t ns);

/* The last byte of the last frame is another one, and the checksum is not corrected. */
void mishaps_alter(struct wire *wire);

#endif
