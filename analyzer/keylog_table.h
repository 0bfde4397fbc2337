/*
 * What keylog_text.c tells the table of secrets beside the secrets themselves. Nobody else includes this file.
 */
#ifndef ANALYZER_KEYLOG_TABLE_H
#define ANALYZER_KEYLOG_TABLE_H

#include "analyzer/keylog.h"

void keylog_count_line(struct keylog *keylog);
void keylog_count_rubbish(struct keylog *keylog);

/* Before the first secret: so many may come, and the table begins with a bucket for each. */
void keylog_expect(struct keylog *keylog, uint64_t secrets);

#endif
