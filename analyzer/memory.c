/* The allocator's own figures; see memory.h. */
#include "analyzer/memory.h"

#include <malloc.h>
#include <sys/resource.h>

size_t memory_used(void)
{
	struct mallinfo2 info = mallinfo2();
	return info.uordblks + info.hblkhd;
}

size_t memory_used_beyond(size_t bound)
{
	struct rusage usage;
	if (getrusage(RUSAGE_SELF, &usage) == 0 && (size_t)usage.ru_maxrss <= bound / 1024)
		return bound;
	return memory_used();
}

void memory_trim(void)
{
	(void)malloc_trim(0);
}
