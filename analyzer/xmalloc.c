#include "analyzer/xmalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
	if (p == NULL) {
		fputs("nmspscope: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *xmalloc(size_t n)
{
	return checked(malloc(n > 0 ? n : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
	return checked(realloc(p, n > 0 ? n : 1));
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

void *xmemdup(const void *p, size_t n)
{
	void *copy = xmalloc(n);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}
