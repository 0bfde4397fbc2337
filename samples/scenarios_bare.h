/* The plot of a sample without connections: NMSP messages alone. Called by the table in scenarios.c. */
#ifndef SAMPLES_SCENARIOS_BARE_H
#define SAMPLES_SCENARIOS_BARE_H

#include "samples/scenarios.h"

void scenarios_bare(struct scenarios_stage *stage);
void scenarios_bare_directed(struct scenarios_stage *stage);

#endif
