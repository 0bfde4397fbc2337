/*
 * The vendor's checklist for a controller that stays inactive (facts.md section 6), answered for one session
 * as far as the capture shows.
 *
 * Called by the reports. An answer is yes or no only on evidence that its sentence names; all else is
 * unknown, and the sentence says why.
 */
#ifndef ANALYZER_CHECKLIST_H
#define ANALYZER_CHECKLIST_H

#include "analyzer/session.h"

enum checklist_item {
	CHECKLIST_REACHABLE,
	CHECKLIST_TIME,
	CHECKLIST_PUSH, /* SNMP or SSH, by which the engine gives the controller its key hash */
	CHECKLIST_PORT,
	CHECKLIST_VERSION,
	CHECKLIST_KEY_HASH,
	CHECKLIST_ITEMS
};

enum checklist_answer { CHECKLIST_UNKNOWN, CHECKLIST_YES, CHECKLIST_NO };

#define CHECKLIST_WHY 240

struct checklist {
	struct {
		enum checklist_answer answer;
		char why[CHECKLIST_WHY]; /* a sentence without captured bytes */
	} item[CHECKLIST_ITEMS];
};

void checklist(const struct model *model, const struct session *session, const struct session_auth *auth,
               struct checklist *out);

const char *checklist_item_name(enum checklist_item item);
const char *checklist_answer_name(enum checklist_answer answer); /* "yes", "no", "unknown" */

#endif
