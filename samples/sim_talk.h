/*
 * What a simulated engine or controller says in NMSP, and when: the start of messages.h, then echoes and
 * notifications at their intervals. Pure: messages in, messages out, the time is told.
 */
#ifndef SAMPLES_SIM_TALK_H
#define SAMPLES_SIM_TALK_H

#include "samples/messages.h"

/* Times are nanoseconds. */
struct sim_talk_plan {
	int dir;          /* who speaks: 0 the engine, 1 the controller */
	int64_t interval; /* of echo requests (engine) or notifications (controller); 0: none */
	unsigned count;   /* after so many, the engine's all answered, the talk is over; 0: never */
};

struct sim_talk {
	const struct sim_talk_plan *plan;
	size_t at;            /* in the script of the start */
	int64_t due;          /* of the next message, INT64_MAX while the other side has to speak */
	uint32_t transaction; /* of the engine's last request */
	struct bytes in, out; /* a message that is not there in full; answers that are to be sent */
	uint64_t sent, received, requests, responses, notifications;
	bool bad; /* the other side does not speak as we do */
};

struct sim_talk sim_talk_new(const struct sim_talk_plan *plan, int64_t now);
void sim_talk_free(struct sim_talk *talk);

/* Bytes of the other side. */
void sim_talk_read(struct sim_talk *talk, struct span bytes, int64_t now);

/* Appends one message that is due at `now`; false when none is. */
bool sim_talk_next(struct sim_talk *talk, int64_t now, struct bytes *out);

bool sim_talk_over(const struct sim_talk *talk);

#endif
