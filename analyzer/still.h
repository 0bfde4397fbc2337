/*
 * A copy of the model that stays as it is while the analysis goes on: what a screen shows that is held still.
 *
 * Called by the screen. It has all facts of all sessions; the key log, the lists, the clocks of the hosts and
 * the certificates themselves are the model's own. The findings of the capture as a whole cannot be computed
 * of it: it has no pairs. Never written to.
 */
#ifndef ANALYZER_STILL_H
#define ANALYZER_STILL_H

#include "analyzer/model.h"

/*
 * NULL when its sessions would take the program beyond model->memory. Free with still_free, before the model.
 * The sessions have the numbers of those that they are copies of.
 */
struct model *still_take(const struct model *model);

void still_free(struct model *still); /* NULL is allowed */

/* Bytes that the sessions of a copy take. */
size_t still_size(const struct model *model);

#endif
