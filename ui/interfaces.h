/* The list of -D: interfaces that can be captured from, with their addresses and state. */
#ifndef UI_INTERFACES_H
#define UI_INTERFACES_H

#include "analyzer/err.h"

#include <stdio.h>

/* -1 and a sentence when they cannot be listed. */
int interfaces_print(FILE *out, struct err *err);

#endif
