/*
 * Which files a run reads and writes itself: nobody may save over them from the screen.
 */
#ifndef UI_USED_H
#define UI_USED_H

#include "ui/run.h"

/* The path names one of them, by whatever way. `run`: a struct run. */
bool used_by_run(const void *run, const char *path);

#endif
