/*
 * Finding entries by MAC address and by hash without a walk, and decisions that were made before. Private to
 * authlist*.c. Engine texts are not in it: they never allow anybody.
 */
#ifndef ANALYZER_AUTHLIST_INDEX_H
#define ANALYZER_AUTHLIST_INDEX_H

#include "analyzer/authlist.h"

struct authlist_index *authlist_index_new(void);
void authlist_index_free(struct authlist_index *index); /* NULL is allowed */

/* Takes in the entries that came since the last call, and forgets the decisions. */
void authlist_index_update(struct authlist *list);

/* The first entry with this MAC or hash, as tokens are written; AUTHLIST_NONE when there is none. */
uint32_t authlist_index_mac(const struct authlist_index *index, const char *mac);
uint32_t authlist_index_hash(const struct authlist_index *index, const char *hash);

/* The first entry whose MAC address is damaged; the others follow by next_mac. */
uint32_t authlist_index_damaged(const struct authlist_index *index);

/* A decision that was made about these bytes before, NULL when none; at most LIMIT_CERTIFICATES are kept. */
const struct auth_decision *authlist_index_recall(const struct authlist_index *index, struct span question);
void authlist_index_keep(struct authlist_index *index, struct span question,
                         const struct auth_decision *decision);

#endif
