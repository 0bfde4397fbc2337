/*
 * The wiring: packets in, sessions out. Every packet goes through decoding, fragments, the user's filter,
 * the connection table, TCP and TLS, and leaves its facts in the model.
 */
#ifndef ANALYZER_ANALYZE_H
#define ANALYZER_ANALYZE_H

#include "analyzer/capfile.h"
#include "analyzer/model.h"
#include "analyzer/save.h"
#include "analyzer/spool.h"

struct analyze;

/* Writes into `model`, which is borrowed and must outlive it. */
struct analyze *analyze_new(struct model *model);
void analyze_free(struct analyze *analyze); /* NULL is allowed */

/* A capture filter for the innermost IP packet. -1 with a sentence when it cannot be used. */
int analyze_set_filter(struct analyze *analyze, const char *expression, struct err *err);

/* Who says how much memory is in use; memory_used_beyond unless a test knows better. model->memory bounds it. */
void analyze_set_memory(struct analyze *analyze, size_t (*used)(size_t bound));

/* From here on packets go into `save` too, those of sessions or all, as it was opened for; it is borrowed and
 * must outlive it. */
void analyze_set_save(struct analyze *analyze, struct save *save);

/* From here on packets of sessions go into the spool, too; the same. */
void analyze_set_spool(struct analyze *analyze, struct spool *spool);

/* What analyze_set_filter made, NULL without one; borrowed. */
struct capture_filter;
const struct capture_filter *analyze_filter(const struct analyze *analyze);

/* The next packet in reading order; `input` is the index from model_add_input. */
void analyze_packet(struct analyze *analyze, uint32_t input, const struct capfile_packet *packet);

/*
 * Secrets of a TLS key log that stood in an input, for all connections, also those that were seen before. The
 * model must have a key log.
 */
void analyze_secrets(struct analyze *analyze, struct span text);

/*
 * Nothing came, and the capture's time went on until `now`: holes that are due become gaps. A time that lies back
 * changes nothing.
 */
void analyze_wait(struct analyze *analyze, int64_t now);

/*
 * The model's key log has grown: opens what waited for the new secrets, at most so many of them. Takes time for
 * these and for the connections that wait for them, not for the others. True when more are left: packets may be
 * analysed meanwhile, and find their secrets all the same.
 */
bool analyze_keys(struct analyze *analyze, uint64_t most);

/* The end of all inputs: holes become gaps, open connections end their streams. */
void analyze_end(struct analyze *analyze);

#endif
