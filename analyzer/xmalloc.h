/*
 * Memory that is there or the program ends: limits.h bounds what input can ask for, so running out is the
 * machine's fault and not an error to handle. Free with free().
 */
#ifndef ANALYZER_XMALLOC_H
#define ANALYZER_XMALLOC_H

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *text);
void *xmemdup(const void *p, size_t n);

#endif
