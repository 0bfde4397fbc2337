/*
 * What engine and controller say to each other after the handshake: NMSP by the profile assumed-1
 * (design.md section 5, samples/assumed-1.profile). The sizes of the messages are those of facts.md section 3.
 */
#ifndef SAMPLES_WORK_H
#define SAMPLES_WORK_H

#include "samples/session.h"

/* Capabilities, the subscription and the first requests with their answers. */
void work_start(struct session *session);

/* `n` echo requests, one every 15 s, each answered. */
void work_echo(struct session *session, unsigned n);

/* A MEASUREMENT_NOTIFICATION of the controller or a STATISTICS_REQUEST of the engine, `n` bytes in all. */
void work_bulk(struct session *session, int dir, size_t n);

#endif
