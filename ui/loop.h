/*
 * The one loop of the program: slices of the inputs, and waiting for those that are pipes.
 */
#ifndef UI_LOOP_H
#define UI_LOOP_H

#include "ui/run.h"

/* Starts all inputs and enters them in the model; refused ones are complained about. */
void loop_start(struct run *run);

/* Reads them to the end. */
void loop_read(struct run *run);

#endif
