/*
 * What messages.c, which cuts plaintext, and messages_decide.c, which decides by which profile, share. Not
 * for other files; they call messages.h.
 */
#ifndef ANALYZER_MESSAGES_PARTS_H
#define ANALYZER_MESSAGES_PARTS_H

#include "analyzer/frame.h"
#include "analyzer/messages.h"
#include "analyzer/messages_hold.h"
#include "analyzer/messages_votes.h"
#include "analyzer/scrap.h"
#include "analyzer/session_nmsp.h"

struct message_side {
	struct messages *messages;
	uint8_t dir;
	bool started;  /* something came */
	bool doubtful; /* a gap came: a place where no message starts proves nothing */
	bool ended, finishing;
	bool suspect;  /* behind a malformed message: only what is named is believed until the piece ends */
	bool unproven; /* the place was found again, and no whole message has come since */
	struct lie lie;
	struct scrap scrap;
	struct origin now;
	struct frame frame;
};

struct messages {
	struct model *model;
	struct session *session;
	struct session_nmsp *nmsp;
	const struct profile *profile; /* the one that is tried, then the one that holds; NULL = none yet */
	struct message_side side[2];
	struct messages_hold hold;
	struct messages_votes votes;
	uint32_t published; /* of those that were tried: with a type that is not merely assumed */
	bool heard;       /* the first messages by the profile that is tried were weighed */
	size_t next_try;  /* pieces in the hold with which the learner is asked */
	uint32_t learned; /* so many profiles had been learned when it was asked last */
};

/* Enough messages have spoken; more may lie in the same piece. */
bool messages_settled(const struct messages *messages);

/* The message's type is one that the profile names. */
bool messages_named(const struct profile *profile, struct span bytes);

/* Forgets what was cut so far: the hold will be cut again. */
void messages_reset(struct messages *messages);

/* Cuts all that is held, by the profile that is tried or the one that holds. */
void messages_replay(struct messages *messages);

/* Bytes of a direction are not there; 0: nobody knows how many. */
void messages_pass(struct messages *messages, uint8_t dir, uint64_t n, const struct origin *at);

/* Nothing more of this direction will come. */
void messages_finish(struct messages *messages, uint8_t dir);

/* ---- messages_decide.c ---- */

/* Something was held, or the session is over: decides when it is time to. */
void messages_consider(struct messages *messages, bool over);

#endif
