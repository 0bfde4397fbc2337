/*
 * The packets of chosen sessions, found again in what was read: the same ones that -w writes.
 *
 * A session is known by its ends and by the numbers of its first and last packet, so nothing above TCP is
 * read again, and the sessions may leave the model meanwhile. Fragments wait here until their IP packet is
 * whole. Called for each packet of the inputs in their order, or with the packets of a spool. Knows no file.
 */
#ifndef ANALYZER_PICK_H
#define ANALYZER_PICK_H

#include "analyzer/capfile.h"
#include "analyzer/capture.h"
#include "analyzer/model.h"

struct pick;

/* `filter`: of the reading before, borrowed; NULL without one. Free with pick_free. */
struct pick *pick_new(const struct capture_filter *filter);

/* Sessions have tokens for addresses, and so have the packets that are written; `to` is as of pick_packet. */
void pick_redact(struct pick *pick, const struct redact *redact, struct capfile_writer *to);

/* Under it packets may wait for others: they are written. 0, or -1 and errno. */
int pick_end(struct pick *pick);
void pick_free(struct pick *pick); /* NULL is allowed */

/* Chooses it, as it is now. One without packets, of a trace alone, is passed over. */
void pick_add(struct pick *pick, const struct session *session);

/* Number of the last packet that is looked for; 0 when there is none. */
uint64_t pick_last(const struct pick *pick);

/* The session whose first packet has this number is a chosen one. */
bool pick_has(const struct pick *pick, uint64_t first);

/*
 * Packet `number` in reading order. One of a chosen session goes to `to`, behind the fragments that were
 * waiting. Fragments that had to be given up, beyond LIMIT_SAVE_WAITING, are counted. 0, or -1 and errno.
 */
int pick_packet(struct pick *pick, uint64_t number, const struct capfile_packet *frame,
                struct capfile_writer *to);

/* A packet that is known to be of a chosen session: written at once. 0, or -1 and errno. */
int pick_write(struct pick *pick, const struct capfile_packet *frame, struct capfile_writer *to);

/* Frames written, and IP packets that were given up because too many of their fragments waited. */
uint64_t pick_written(const struct pick *pick);
uint64_t pick_lost(const struct pick *pick);

#endif
