/*
 * Trace and capture together: which session of a controller's trace is which session of the capture. The two
 * clocks may differ by hours. Called once, when everything was read; never changes what either side saw.
 */
#ifndef ANALYZER_TRACE_MATCH_H
#define ANALYZER_TRACE_MATCH_H

#include "analyzer/model.h"

/*
 * Every trace for itself: sessions are compared by their handshakes, the offset of the clocks is what most of
 * them agree on, and what then falls together is joined: the wire's session gets `traced`, and the trace's
 * leaves the list. No offset without a rival that comes close: then nothing is joined. One session on each
 * side is joined also when only one of them has the alert, if all steps fit. Fills in the offset of the
 * trace's input.
 */
void trace_match(struct model *model);

#endif
