/*
 * Time zones as controllers print them -> their offset from UTC. Only abbreviations that mean one thing; a
 * fixed offset each, so no rule of daylight saving is needed. Called by trace_session.c.
 */
#ifndef ANALYZER_TRACE_ZONE_H
#define ANALYZER_TRACE_ZONE_H

#include "dissect/rd.h"

/* Seconds east of UTC. False for an abbreviation that is unknown, or used for several zones (CST, IST, BST).
 */
bool trace_zone(struct span name, int32_t *seconds);

#endif
