/*
 * What engine and controller say to each other after the handshake: NMSP by the profile assumed-1
 * (design.md section 5, samples/assumed-1.profile), whose messages have the sizes of facts.md section 3, or
 * with the other header of a session's plan: total length 2 bytes, type 2, transaction 4, little-endian.
 */
#ifndef SAMPLES_WORK_H
#define SAMPLES_WORK_H

#include "samples/session.h"

/* The names in the certificates of both, which they also say in their messages. */
#define WORK_ENGINE_NAME     "cmx-0050569c3489"
#define WORK_CONTROLLER_NAME "C9800-00aabbccdd01"

/* Capabilities, the subscription and the first requests with their answers. */
void work_start(struct session *session);

/* Capabilities and a subscription that is refused; capabilities only. */
void work_start_refused(struct session *session);
void work_start_unsubscribed(struct session *session);

/* A STATISTICS_REQUEST that is not answered. */
void work_request_missed(struct session *session);

/* An echo request after 15 s, its answer so much later. */
void work_echo_late(struct session *session, int64_t ns);

/* `n` echo requests, one every 15 s, each answered. */
void work_echo(struct session *session, unsigned n);

/* An echo request after 15 s that is not answered. */
void work_echo_missed(struct session *session);

/* A MEASUREMENT_NOTIFICATION whose element says that it is longer than the message. */
void work_damaged(struct session *session);

/* A MEASUREMENT_NOTIFICATION of the controller or a STATISTICS_REQUEST of the engine, `n` bytes in all. */
void work_bulk(struct session *session, int dir, size_t n);

#endif
