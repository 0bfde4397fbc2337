/* How far a session got, in one sentence, where no finding says it better. Private to findings/. */
#ifndef ANALYZER_FINDINGS_VERDICT_H
#define ANALYZER_FINDINGS_VERDICT_H

#include "analyzer/findings/rule.h"

/* `findings`: those of the session, for the ones that make it less than healthy. */
void verdict_progress(const struct subject *subject, const struct findings *findings, char text[VERDICT_TEXT]);

#endif
