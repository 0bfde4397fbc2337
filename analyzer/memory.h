/*
 * How much memory the program has asked for and not given back: what --memory bounds.
 */
#ifndef ANALYZER_MEMORY_H
#define ANALYZER_MEMORY_H

#include <stddef.h>

/*
 * Bytes in use, libraries included; 0 where the allocator does not say (sanitizers have their own). Takes some
 * microseconds: not for every packet.
 */
size_t memory_used(void);

/* Gives free pages back to the system. */
void memory_trim(void);

#endif
