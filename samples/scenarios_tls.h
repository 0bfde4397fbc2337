/*
 * The plots about TLS and clocks; rows of the table in scenarios.c.
 */
#ifndef SAMPLES_SCENARIOS_TLS_H
#define SAMPLES_SCENARIOS_TLS_H

#include "samples/scenarios.h"

void scenarios_old_version(struct scenarios_stage *stage);
void scenarios_old_hello(struct scenarios_stage *stage);
void scenarios_no_cipher(struct scenarios_stage *stage);
void scenarios_unknown_ca(struct scenarios_stage *stage);
void scenarios_named_cas(struct scenarios_stage *stage);
void scenarios_weak(struct scenarios_stage *stage);
void scenarios_static_rsa(struct scenarios_stage *stage);
void scenarios_named_server(struct scenarios_stage *stage);

void scenarios_expires_soon(struct scenarios_stage *stage);
void scenarios_clock_behind(struct scenarios_stage *stage);
void scenarios_clock_of_judge(struct scenarios_stage *stage);
void scenarios_not_yet_valid(struct scenarios_stage *stage);
void scenarios_flapping(struct scenarios_stage *stage);
void scenarios_reconnects(struct scenarios_stage *stage);
void scenarios_wrong_keys(struct scenarios_stage *stage);

#endif
