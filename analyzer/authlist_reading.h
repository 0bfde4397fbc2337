/*
 * What the readers of a text share: where they are, and the writing of entries and problem notes. Private to
 * authlist*.c.
 */
#ifndef ANALYZER_AUTHLIST_READING_H
#define ANALYZER_AUTHLIST_READING_H

#include "analyzer/authlist.h"

/* One text while it is read. */
struct authlist_reading {
	struct authlist *list;
	uint32_t file, line;        /* the line at hand */
	enum authlist_side section; /* whose words the lines are, as far as they told */
};

/* A MAC address or a hash on a line of its own. */
struct authlist_part {
	uint32_t line;
	struct authtext_token token;
	size_t wants, digest;
	bool labelled;
	bool alone; /* a MAC address that can be meant for nothing else than a list */
};

struct authlist_file *authlist_reading_file(struct authlist_reading *r);

/* A problem note, counted beyond LIMIT_LIST_PROBLEMS. Line 0: about the file as a whole. */
__attribute__((format(printf, 3, 4))) void authlist_reading_note(struct authlist_reading *r, uint32_t line,
                                                                 const char *format, ...);

/* Where a pasted token is broken: 'digit 2 of the hash is "O", no hex digit'. */
void authlist_reading_damage(struct authlist_reading *r, uint32_t line, const char *what,
                             const struct authtext_token *token);

/* Room for one more entry of this file, zeroed but for its place; NULL at the cap, which is counted. */
struct authlist_entry *authlist_reading_entry(struct authlist_reading *r, uint32_t line,
                                              enum authlist_side side);

/* An entry of these two; its line is the one of the hash, whose damage is noted. */
void authlist_reading_pair(struct authlist_reading *r, const struct authlist_part *mac,
                           const struct authlist_part *hash, enum authlist_side side);

#endif
