/*
 * Raw frames of IP fragments that wait until their IP packet is whole: copies, bounded by LIMIT_SAVE_WAITING.
 *
 * Part of save. One list for each place of the fragments, and the current one: what is known to belong to
 * the frame in hand. Beyond the cap the oldest IP packet loses its frames, and is told as lost when it comes
 * whole.
 */
#ifndef ANALYZER_SAVE_WAIT_H
#define ANALYZER_SAVE_WAIT_H

#include "analyzer/capfile.h"
#include "analyzer/fragment.h"

struct save_wait;

struct save_wait *save_wait_new(void);
void save_wait_free(struct save_wait *wait); /* NULL is allowed */

/*
 * The frame in hand, with all that is current, waits with the IP packet of this place. When that is complete
 * its frames become the current ones.
 */
void save_wait_fragment(struct save_wait *wait, const struct capfile_packet *frame,
                        struct fragments_place place, bool complete);

/* Frames of the current IP packet had to be given up. */
bool save_wait_lost(const struct save_wait *wait);

/* The oldest of the current frames, borrowed; NULL when there is none. */
const struct capfile_packet *save_wait_first(const struct save_wait *wait);
void save_wait_drop_first(struct save_wait *wait);

/* Nothing is current any more. */
void save_wait_forget(struct save_wait *wait);

/* Bytes that are held, with their bookkeeping. */
size_t save_wait_bytes(const struct save_wait *wait);

#endif
