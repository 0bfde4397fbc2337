/*
 * Reading the debug traces of a run: all of them before the captures, in the order of their first lines, in
 * slices between which the screen has its turns.
 *
 * Called by run.c. A pipe is waited for in the loop's way: keys and signals are heard.
 */
#ifndef UI_TRACES_H
#define UI_TRACES_H

#include "analyzer/source.h"
#include "ui/run.h"

/*
 * Takes over the sources of all -t; one that could not be opened has its sentence in `errs`. Refused ones are
 * complained about and noted in the model. The number of those understood; of what was read where a signal or
 * the user ended the reading.
 */
uint32_t traces_read(struct run *run, struct source *sources, struct err *errs);

#endif
