/*
 * Does the length of an open NMSP message lie? Watches the bytes that come while a message is incomplete and
 * says when they prove to be messages of their own.
 *
 * Called by messages.c, one for each direction. A long genuine message must never be broken, so three things
 * are needed together: the bytes behind a possible end tile into named, well-formed messages of this side up
 * to the end of a later piece; they cannot be elements of the open message; and its own elements end there,
 * or nothing is left of its credit. See struct lie_reading.
 */
#ifndef ANALYZER_LIE_H
#define ANALYZER_LIE_H

#include "analyzer/frame.h"
#include "analyzer/messages_hold.h"
#include "dissect/nmsp.h"

/* How the bytes of one direction are read. */
struct lie_reading {
	const struct profile *profile; /* borrowed */
	bool knows_side;               /* `is_engine` is valid */
	bool is_engine;                /* this direction is the engine's */
};

/* What the open message says about its own end. */
enum lie_credit {
	LIE_ENDS,   /* an element ends where messages may begin, or its elements are damaged: one piece proves
	               it */
	LIE_OPAQUE, /* nothing: two pieces in a row and a pause, or an end inside of a message, prove it */
	LIE_HEADER, /* its header is not complete: a piece proves it when the whole header names no message */
};

/* A zeroed struct watches nothing. */
struct lie {
	bool watching;
	enum lie_credit credit;
	struct messages_hold later; /* from the possible end on */
	size_t own;                 /* bytes of the message up to there: these are swallowed */
	size_t tiled;               /* bytes of `later` that are whole messages */
	uint32_t fits;              /* pieces in a row at whose end the messages ended, too */
	bool unsure; /* the last piece may be messages, or else the end of this one, which is believed */
	struct origin since;
	size_t walked; /* bytes of the open message up to the latest end of an element */
	size_t tried;  /* ... up to an end behind which there were no messages */
};

/* The message at the front, of which the header is there, has a type that is named and that this side sends.
 */
bool lie_expects(const struct lie_reading *reading, struct span bytes);

/*
 * A piece is over: watches, unless it does, when the frame holds a message that has only begun, or a part of
 * its header. `doubted`: it stands directly behind a malformed one. lie_stop is due before another message.
 */
void lie_watch(struct lie *lie, const struct lie_reading *reading, const struct frame *frame, bool doubted,
               const struct origin *at);

/* A later piece, which the frame has not got yet. True: the length lies, and `later` holds what was
 * swallowed. */
bool lie_told(struct lie *lie, const struct lie_reading *reading, const struct frame *frame,
              struct span bytes, const struct origin *at);

/* The stream ends inside of the message. True as above. */
bool lie_told_at_end(const struct lie *lie);

/* Watches nothing any more. */
void lie_stop(struct lie *lie);

#endif
