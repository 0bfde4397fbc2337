/*
 * The terminal: takes it, shows grids on it, reads keys from it, gives it back as it was. The only file with
 * ncurses.
 *
 * Opened before the sandbox, because the description of the terminal and /dev/tty are files; everything else
 * is done inside of it. Called by screens.c. Knows no screen.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "analyzer/err.h"
#include "ui/grid.h"

struct term;

/* Standard output is a terminal that can place a cursor; "dumb" cannot. */
bool term_usable(void);

/* Takes nothing of the screen yet. NULL and a sentence when this terminal cannot be used. Free with
 * term_close. */
struct term *term_open(struct err *err);

/* Gives the terminal back. NULL is allowed. */
void term_close(struct term *term);

/* The size at the last term_fit. */
void term_size(const struct term *term, size_t *rows, size_t *cols);

/* Asks for the size anew. */
void term_fit(struct term *term);

/* Shows the grid; takes the screen when it does not have it. `whole`: also what should stand there already.
 */
void term_draw(struct term *term, const struct grid *grid, bool whole);

/* Where keys come from, for poll. */
int term_fd(const struct term *term);

/* A key that waits, as in keys.h; KEYS_NONE when none does. */
int term_key(struct term *term);

/* The terminal is gone: no key will ever come. */
bool term_is_gone(const struct term *term);

/* Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal again when it goes on. */
void term_suspend(struct term *term);

#endif
