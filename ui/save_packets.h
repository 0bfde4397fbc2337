/*
 * Packets of sessions into a pcapng file: from files that are read again, or from the spool. Part of
 * save_job.
 */
#ifndef UI_SAVE_PACKETS_H
#define UI_SAVE_PACKETS_H

#include "ui/save_job.h"

struct save_packets;

/* NULL and a sentence when there is nothing to be saved, or it cannot be read again. Free with
 * save_packets_free. */
struct save_packets *save_packets_begin(const struct save_source *source, const struct save_order *order,
                                        struct err *err);
void save_packets_free(struct save_packets *packets);

/* Writes the head. 0, or -1 and errno. */
int save_packets_open(struct save_packets *packets, FILE *out);

/* Some packets: 1, at the end 0, with all written; -1 and errno. */
int save_packets_step(struct save_packets *packets);

int save_packets_percent(const struct save_packets *packets);
uint64_t save_packets_written(const struct save_packets *packets);

/* What is missing, as a sentence; "" when nothing is. */
void save_packets_lack(const struct save_packets *packets, char text[200]);

#endif
