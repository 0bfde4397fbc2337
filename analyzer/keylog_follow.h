/*
 * Follows a key log that is being written while a capture runs: what is appended goes to the key log line by
 * line, a half line waits for its rest. A file that is replaced, truncated, deleted or made again is read
 * from its beginning; secrets that come again are harmless. Also a FIFO, or another file that cannot be
 * looked at.
 *
 * Never blocks, and keeps at most one line. Only opens, looks at and reads the path (openat, fstat, read,
 * close), so it works in the sandbox. What was read is wiped.
 */
#ifndef ANALYZER_KEYLOG_FOLLOW_H
#define ANALYZER_KEYLOG_FOLLOW_H

#include "analyzer/keylog.h"

struct keylog_follow;

/* A last line that has no end counts when the file has not grown for so long. */
#define KEYLOG_FOLLOW_SETTLED (INT64_C(1000) * 1000 * 1000) /* ns */

/*
 * `fd` is the file, opened and not read, and is owned from here on; -1 when there is none yet, and a poll
 * opens it. While the path may not be opened any more, this descriptor is read on, and nothing but growth is
 * seen. The key log takes the path for its name.
 */
struct keylog_follow *keylog_follow_new(struct keylog *keylog, const char *path, int fd);

/* Closes the file; NULL is allowed. */
void keylog_follow_free(struct keylog_follow *follow);

/*
 * Takes what has come, at most LIMIT_FOLLOWED bytes. `now` is any clock in nanoseconds that does not go back.
 * True when there are new secrets. To be called several times a second; *more, when not NULL, says that there
 * is more to take at once.
 */
bool keylog_follow_poll(struct keylog_follow *follow, int64_t now, bool *more);

/* Nothing is read: at the last poll the file, or its folder, was not open to whom the program has become. */
bool keylog_follow_refused(const struct keylog_follow *follow);

#endif
