/*
 * The screen of a run: whether there is one, and what it saves from. Called by run.c, in this order.
 */
#ifndef UI_RUN_SCREEN_H
#define UI_RUN_SCREEN_H

#include "ui/run.h"

/* Before the sandbox, because its description is a file. 0, also without a screen; -1 and a sentence. */
int run_screen_open(struct run *run, struct err *err);

/* The same: the files for packets that cannot be read again. A screen that has none works all the same. */
void run_screen_spool(struct run *run);

/* Behind the sandbox: there is a screen, and all that it looks at. */
void run_screen_prepare(struct run *run);

#endif
