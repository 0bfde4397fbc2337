/* The allocator's own figures; see memory.h. */
#include "analyzer/memory.h"

#include <malloc.h>

size_t memory_used(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

void memory_trim(void)
{
	(void)malloc_trim(0);
}
