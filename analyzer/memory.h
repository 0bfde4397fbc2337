/*
 * How much memory the program has asked for and not given back: what --memory bounds.
 */
#ifndef ANALYZER_MEMORY_H
#define ANALYZER_MEMORY_H

#include <stddef.h>

/*
 * Bytes in use, libraries included; 0 where the allocator does not say (sanitizers have their own). It looks at every
 * free piece, which takes milliseconds after an hour of many sessions.
 */
size_t memory_used(void);

/*
 * The same; but where the program has never had more than `bound` bytes in the machine's memory at a time, so that
 * no more can be in use, that is the answer, at once.
 */
size_t memory_used_beyond(size_t bound);

/* Gives free pages back to the system. */
void memory_trim(void);

#endif
