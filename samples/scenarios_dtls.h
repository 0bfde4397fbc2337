/* Plots of DTLS over UDP, rows of scenarios.c. */
#ifndef SAMPLES_SCENARIOS_DTLS_H
#define SAMPLES_SCENARIOS_DTLS_H

#include "samples/scenarios.h"

void scenarios_dtls12(struct scenarios_stage *stage);
void scenarios_dtls10(struct scenarios_stage *stage);
void scenarios_dtls_rejected(struct scenarios_stage *stage);
void scenarios_dtls_fragments(
    struct scenarios_stage *stage); /* small datagrams, out of order, one lost, sent again */
void scenarios_dtls_lost(struct scenarios_stage *stage); /* a datagram with messages is missing */
void scenarios_dtls_unanswered(struct scenarios_stage *stage);

#endif
