/*
 * The plots about NMSP messages: echoes, subscriptions, answers and framing; rows of the table in scenarios.c.
 */
#ifndef SAMPLES_SCENARIOS_NMSP_H
#define SAMPLES_SCENARIOS_NMSP_H

#include "samples/scenarios.h"

void scenarios_echo_missed(struct scenarios_stage *stage);
void scenarios_echo_silent(struct scenarios_stage *stage);
void scenarios_echo_slow(struct scenarios_stage *stage);
void scenarios_echo_none(struct scenarios_stage *stage);
void scenarios_request_missed(struct scenarios_stage *stage);
void scenarios_subscription_refused(struct scenarios_stage *stage);
void scenarios_unsubscribed(struct scenarios_stage *stage);
void scenarios_wrong_side(struct scenarios_stage *stage);
void scenarios_unasked_response(struct scenarios_stage *stage);
void scenarios_malformed(struct scenarios_stage *stage);
void scenarios_plaintext(struct scenarios_stage *stage);
void scenarios_unknown_framing(struct scenarios_stage *stage);
void scenarios_few_messages(struct scenarios_stage *stage);

#endif
