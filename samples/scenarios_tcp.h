/*
 * The plots about TCP and about the capture itself; rows of the table in scenarios.c.
 */
#ifndef SAMPLES_SCENARIOS_TCP_H
#define SAMPLES_SCENARIOS_TCP_H

#include "samples/scenarios.h"

void scenarios_filtered(struct scenarios_stage *stage);
void scenarios_reset(struct scenarios_stage *stage);
void scenarios_path_mtu(struct scenarios_stage *stage);
void scenarios_zero_window(struct scenarios_stage *stage);
void scenarios_retransmissions(struct scenarios_stage *stage);

void scenarios_duplicates(struct scenarios_stage *stage);
void scenarios_clock_jump(struct scenarios_stage *stage);
void scenarios_clock_leap(struct scenarios_stage *stage);
void scenarios_conflict(struct scenarios_stage *stage);
void scenarios_offload(struct scenarios_stage *stage);
void scenarios_dropped(struct scenarios_stage *stage);
void scenarios_truncated(struct scenarios_stage *stage);
void scenarios_no_nmsp(struct scenarios_stage *stage);

#endif
