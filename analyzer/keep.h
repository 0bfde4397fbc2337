/*
 * Where the packets of sessions are kept: the files of -w, and the spool of the screen. Called by the wiring
 * for each packet; decides nothing.
 */
#ifndef ANALYZER_KEEP_H
#define ANALYZER_KEEP_H

#include "analyzer/flow.h"
#include "analyzer/save.h"
#include "analyzer/spool.h"

/* Both are borrowed; NULL: there is none. */
struct keep {
	struct save *save;
	struct spool *spool;
};

/* Somebody keeps packets. */
static inline bool keep_any(const struct keep *keep)
{
	return keep->save != NULL || keep->spool != NULL;
}

/* As save_fragment. */
void keep_fragment(const struct keep *keep, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete);

/* The frame has been read and counts to this flow, or to none with NULL. A cap that it reaches is noted at
 * `now`. */
void keep_frame(const struct keep *keep, struct model *model, struct flow *flow,
                const struct capfile_packet *frame, const struct origin *now);

/* A packet of bare messages: it belongs to a session, and to no connection. */
void keep_bare(const struct keep *keep, const struct capfile_packet *frame, const struct session *session);

/* The key log may have more of the flow's secrets. */
void keep_secrets(const struct keep *keep, const struct model *model, struct flow *flow);

/* All was read. */
void keep_end(const struct keep *keep, const struct model *model);

#endif
