/*
 * The one loop of the program: slices of the inputs, and between them everything that waits: pipes,
 * interfaces, signals, the clock.
 *
 * Called by run.c. SIGUSR1 prints how things stand and the report so far; SIGINT, SIGTERM and SIGHUP end the
 * reading, and the report follows.
 */
#ifndef UI_LOOP_H
#define UI_LOOP_H

#include "ui/run.h"

/* Signals are taken from here on. Call before the first loop. */
void loop_signals(const struct run *run);

/* Starts all inputs and enters them in the model; refused ones are complained about. False: a signal came
 * first. */
bool loop_start(struct run *run);

/*
 * While something else is read, `percent` of it, -1 where that is not known: a turn of the screen, where
 * there is one. With `fd` >= 0 it waits first, until that can be read, a key or a signal comes. False when
 * the user leaves, or a signal ends the reading.
 */
bool loop_turn(struct run *run, int fd, int percent);

/* Reads them to the end, or until a signal, -c or --stop-after ends it. */
void loop_read(struct run *run);

/* All is read: the screen stays until the user leaves it, or a signal ends it. Returns at once when that has
 * been. */
void loop_rest(struct run *run);

#endif
