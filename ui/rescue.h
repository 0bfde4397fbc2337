/*
 * The terminal is given back also when the program is killed by a fault of its own: SIGSEGV, SIGBUS, SIGILL,
 * SIGFPE, SIGABRT, SIGTRAP and SIGSYS. Nothing can be done about SIGKILL, and about a forbidden system call,
 * for which the kernel kills likewise; `reset` helps there.
 *
 * Called by term.c, which knows what must be written. What a signal handler needs is kept here: beside the
 * flags of signals.c the only changing globals.
 */
#ifndef UI_RESCUE_H
#define UI_RESCUE_H

#include <stdbool.h>
#include <stddef.h>

#define RESCUE_BYTES 256

/*
 * Keeps the settings that the terminal has now, and what must be written to it to leave the screen, at most
 * RESCUE_BYTES of it. From here on the signals are taken; each still ends the program as it would have.
 */
void rescue_prepare(int terminal, const char *bytes, size_t n);

/* The terminal is taken, or given back: only a taken one is rescued. */
void rescue_taken(bool taken);

#endif
