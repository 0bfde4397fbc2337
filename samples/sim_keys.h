/*
 * A TLS key log that a simulator writes, at once or so much later: the file is there from the start.
 */
#ifndef SAMPLES_SIM_KEYS_H
#define SAMPLES_SIM_KEYS_H

#include "analyzer/err.h"

#include <stdint.h>

struct sim_keys;

/* Makes the file, for its owner only. -1 with a sentence when that fails. */
int sim_keys_open(struct sim_keys **keys, const char *path, int64_t delay, struct err *err);

/* Appends a line once `delay` has passed since `now`; times are nanoseconds of any one clock. */
void sim_keys_add(struct sim_keys *keys, const char *line, int64_t now);

/* Writes what is due; returns when the next line is, INT64_MAX when none waits. */
int64_t sim_keys_write(struct sim_keys *keys, int64_t now);

/* Writes all that still waits. -1 when the file could not be written. NULL is allowed. */
int sim_keys_close(struct sim_keys *keys);

#endif
