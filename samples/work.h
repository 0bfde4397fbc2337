/*
 * What engine and controller say to each other after the handshake, and when: messages.h over a session, with
 * the other header where the session's plan says so.
 */
#ifndef SAMPLES_WORK_H
#define SAMPLES_WORK_H

#include "samples/messages.h"
#include "samples/session.h"

/* Capabilities, the subscription and the first requests with their answers. */
void work_start(struct session *session);

/* Capabilities and a subscription that is refused; capabilities only. */
void work_start_refused(struct session *session);
void work_start_unsubscribed(struct session *session);

/* A STATISTICS_REQUEST that is not answered. */
void work_request_missed(struct session *session);

/* A request of the controller and the engine's answer, of types that the other side sends. */
void work_astray(struct session *session);

/* A response of the controller that repeats the transaction of no request. */
void work_unasked(struct session *session);

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
