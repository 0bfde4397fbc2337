/*
 * --explain-lists: what was understood of each AuthList text, line by line, while it is read.
 *
 * Listens to authlist_read and writes to a page, so everything is escaped. Called by main. Never reads a
 * text itself.
 */
#ifndef UI_EXPLAIN_H
#define UI_EXPLAIN_H

#include "analyzer/authlist.h"
#include "ui/page.h"

struct explain {
	const struct page *page;     /* borrowed */
	const struct authlist *list; /* borrowed; the one that is listened to */
	struct authlist_listener listener;
	bool open; /* the heading of the file at hand is written */
};

/* Makes the list tell this explanation of every line; both must stay in place while files are read. */
void explain_start(struct explain *explain, const struct page *page, struct authlist *list);

#endif
