/*
 * What keylog_text.c tells the table of secrets beside the secrets themselves. Nobody else includes this file.
 */
#ifndef ANALYZER_KEYLOG_TABLE_H
#define ANALYZER_KEYLOG_TABLE_H

#include "analyzer/keylog.h"

void keylog_count_line(struct keylog *keylog);
void keylog_count_rubbish(struct keylog *keylog);

struct keylog_key {
	uint8_t label;
	uint8_t which; /* of the different secrets of this label and random */
	uint8_t id[TLS_RANDOM];
};

/*
 * A secret that will be added. In a large table its place is in no cache: whoever foresees several before
 * the first is added waits for the memory of all of them at once, which saves a large key log a third of its time.
 */
struct keylog_foreseen {
	struct keylog_key key;
	unsigned hash;
};

void keylog_foresee(const struct keylog *keylog, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                    struct keylog_foreseen *out);

/* Once its bucket is there: what the bucket holds. */
void keylog_foresee_entry(const struct keylog *keylog, const struct keylog_foreseen *foreseen);

/* As keylog_add. */
void keylog_add_foreseen(struct keylog *keylog, const struct keylog_foreseen *foreseen, struct span secret);

/* Before the first secret: so many may come, and the table begins with a bucket for each. */
void keylog_expect(struct keylog *keylog, uint64_t secrets);

#endif
