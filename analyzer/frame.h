/*
 * Ordered bytes -> whole messages, by a function that knows the message's header. TLS records, TLS handshake
 * messages and NMSP messages are all cut here.
 *
 * Whole messages that lie in one piece are handed up without a copy. A gap inside a message of known length
 * damages only that message; any other gap, or a header that cannot be one, loses the place, which is then
 * found again by the next plausible header.
 */
#ifndef ANALYZER_FRAME_H
#define ANALYZER_FRAME_H

#include "analyzer/origin.h"
#include "dissect/tls.h"

/* What to do with the body of a message. */
enum frame_mode {
	FRAME_WHOLE,  /* collect it and hand it up whole */
	FRAME_STREAM, /* hand its pieces up as they come */
	FRAME_SKIP,   /* only count it */
};

struct frame_head {
	size_t head;  /* bytes of the header, at most FRAME_HEAD */
	size_t total; /* header and body */
	enum frame_mode mode;
};

#define FRAME_HEAD 32

/* A message, or what is there of it. */
struct frame_message {
	struct span bytes; /* header and body from the start up to the first missing byte; FRAME_WHOLE only: all */
	size_t total;
	bool damaged; /* bytes are missing */
	struct span wire; /* of DTLS: the message as its peers hash it; empty = bytes */
	struct origin first, last; /* of its first byte, and of what completed it */
};

/*
 * The user of a frame. `cut` looks at the start of a message; CUT_BAD loses the place. `message` ends every
 * message, in all modes (FRAME_STREAM and FRAME_SKIP: bytes holds the header only). `piece` and `hole` come
 * for FRAME_STREAM. `lost` says that n bytes belong to no message (n = 0: unknown).
 */
struct frame_user {
	bool trusts_start; /* a good header at the start of a packet suffices to find the place again */
	bool patient;      /* elsewhere two in a row do: a good header waits for the one behind it */
	enum cut (*cut)(void *ctx, struct span bytes, struct frame_head *out);
	void (*message)(void *ctx, const struct frame_message *message);
	void (*piece)(void *ctx, struct span bytes, const struct origin *origin);
	void (*hole)(void *ctx, uint64_t n, const struct origin *origin);
	void (*lost)(void *ctx, uint64_t n, const struct origin *origin);
};

struct frame {
	uint8_t *kept; /* a partial message, or of a message that is not kept whole its header; astray: what may be one */
	size_t n, room;
	bool open;     /* the header of the current message is known */
	struct frame_head head;
	size_t seen;   /* bytes of the current message that passed, missing ones included */
	bool damaged;
	bool astray;   /* the place is lost */
	struct origin first;
};

/* A zeroed struct is a frame at the start of a message. */
void frame_free(struct frame *frame);
void frame_data(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin);
void frame_gap(struct frame *frame, const struct frame_user *user, void *ctx, uint64_t n,
    const struct origin *origin);

/* The stream ends, or the place is lost for a reason that the caller knows: ends an open message as damaged. */
void frame_break(struct frame *frame, const struct frame_user *user, void *ctx, const struct origin *origin);

/* Forgets what is there of a message: the caller accounts for it. */
void frame_drop(struct frame *frame);

/* Nothing of a message is pending. */
bool frame_idle(const struct frame *frame);

#endif
