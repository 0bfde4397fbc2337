/*
 * What is known of the NMSP messages of one session: counts by type, malformed ones, the latest messages
 * themselves, services, echo. Part of the model.
 *
 * Written by messages.c, read by findings and screens, owned and freed by the session. It never reads a
 * stream: a message is given to it whole, or as what is there of it.
 */
#ifndef ANALYZER_SESSION_NMSP_H
#define ANALYZER_SESSION_NMSP_H

#include "analyzer/echo.h"
#include "analyzer/learn.h"
#include "analyzer/model.h"
#include "dissect/nmsp.h"

/* Messages of one type and direction. */
struct nmsp_count {
	uint32_t type;
	uint8_t dir;
	uint64_t messages, bytes; /* bytes: header and body */
	struct origin last;
};

#define NMSP_NOTE_HEAD 16

/* A message that lies, or a place where none can start. */
struct nmsp_note {
	struct origin at;
	uint8_t dir;
	bool has_type;
	uint32_t type;    /* valid with has_type */
	const char *what; /* constant */
	uint64_t swallowed; /* bytes of it, when messages begin again before its end; 0 = they do not */
	size_t length;      /* ... and what its header says: valid with swallowed */
	uint8_t head[NMSP_NOTE_HEAD]; /* its first bytes, as many as are there */
	uint8_t n_head;
};

/* A kept message; it owns its bytes, which lie behind it. */
struct nmsp_kept {
	struct session_nmsp *owner;
	struct nmsp_kept *next;         /* of the session, towards newer ones */
	struct nmsp_kept *older, *newer; /* of all sessions */
	struct origin at;                /* of what completed it */
	uint32_t type, length;           /* length: as the header says */
	uint32_t n;                      /* bytes that are there */
	uint8_t dir;
	bool malformed;
	bool damaged;   /* bytes of it are missing from the capture */
	uint8_t bytes[];
};

/* A capability notification that changed the mask of its sender. */
struct nmsp_capability {
	struct origin at;
	uint8_t dir;
	uint64_t mask; /* bits of nmsp_services */
};

enum nmsp_answer { NMSP_UNANSWERED, NMSP_ACCEPTED, NMSP_REFUSED };

struct nmsp_subscription {
	struct origin at, answered; /* answered.packet 0 = not */
	struct echo_id id;
	uint64_t mask;
	enum nmsp_answer answer; /* NMSP_REFUSED: the response has an element STATUS that is not 0 */
};

/* Arrays of two are by direction. */
struct session_nmsp {
	struct session *session;
	const struct profile *profile; /* NULL: not decided yet, or unknown */
	bool decided;
	const struct learned *learned; /* `profile` is its; NULL when it was not learned */
	char *unlearned;               /* why it could not be; NULL when nobody asked */
	struct messages *live;         /* messages.h: what cuts it, while the connection lasts */
	struct {
		bool waits;
		struct messages_hold hold; /* plaintext that is cut when a framing is learned */
		struct session_nmsp *prev, *next; /* of all that wait, framing.h */
	} waiting;
	uint64_t passed[2];            /* bytes that came after that, */
	bool passed_gap[2];            /* and whether a hole did */
	bool roles_told;               /* the senders of messages tell which side is the controller */
	uint32_t tried, fitted, named; /* the decision rests on: messages, well formed ones, of known types */
	uint32_t misfits;              /* and on places where no message can start */
	struct origin first, last;     /* plaintext; first.packet 0 = none */
	uint64_t pieces[2], bytes[2];  /* of plaintext: records, or TCP segments */
	uint64_t gaps[2];              /* holes in it */
	uint64_t lost[2];              /* bytes that belong to no message, missing ones included */
	uint64_t cut_off[2];           /* messages whose end is not in the capture: not counted elsewhere */
	bool open[2];                  /* the latest message has no end yet */
	bool unsure[2];                /* a message may as well be two: a missing one proves nothing */
	uint64_t messages[2];          /* all, also of other types */
	struct nmsp_count *counts;     /* in order of first appearance */
	uint32_t n_counts, room_counts;
	struct nmsp_count other[2];    /* beyond LIMIT_MESSAGE_TYPES */
	uint64_t malformed;
	struct nmsp_note *notes;       /* the first ones */
	uint32_t n_notes, room_notes;
	struct nmsp_kept *oldest, *newest;
	uint64_t n_kept, not_kept;     /* n_kept + not_kept = messages */
	size_t kept_bytes;             /* with their bookkeeping */
	struct nmsp_capability *capabilities; /* latest last */
	uint32_t n_capabilities, room_capabilities;
	struct nmsp_subscription *subscriptions; /* latest last */
	uint32_t n_subscriptions, room_subscriptions;
	struct echo echo;
};

/* The session's, made when there is none yet. */
struct session_nmsp *session_nmsp_of(struct session *session);

/* Folds what the session's eviction loses into the capture's counts, and frees. NULL is allowed. */
void session_nmsp_free(struct model *model, struct session_nmsp *nmsp);

/* A message that was handed up by the framing; the profile is decided. Its bytes may be short of `total`. */
struct nmsp_seen {
	struct span bytes;
	size_t total;
	uint8_t dir;
	bool damaged;
	struct origin at;
};
/* Tells whether it is malformed. */
bool session_nmsp_add(struct model *model, struct session_nmsp *nmsp, const struct nmsp_seen *seen);

/* Counts a malformed message or place, and keeps the note when there is room. */
void session_nmsp_malformed(struct session_nmsp *nmsp, const struct nmsp_note *note);

/* The type has one sender, by its published name or the profile's. */
bool session_nmsp_tells_side(const struct session_nmsp *nmsp, uint32_t type);

/* Which side sent a message of this type is known: not always of bare ones. */
bool session_nmsp_knows_side(const struct session *session, uint32_t type);

/* Which side sent bytes that are in no message, or in one of no known type, is known: not always of bare ones. */
bool session_nmsp_knows_sides(const struct session *session);

/* The latest capability mask of a direction, NULL when it told none. */
const struct nmsp_capability *session_nmsp_capability(const struct session_nmsp *nmsp, uint8_t dir);

/* The latest subscription that was accepted, NULL when none. */
const struct nmsp_subscription *session_nmsp_subscription(const struct session_nmsp *nmsp);

/*
 * Every message of both directions since the first plaintext was read. Only then does a missing answer mean
 * that there was none.
 */
bool session_nmsp_whole(const struct session *session);

/* Up to when messages of the session could have been seen: its end, or the end of the capture. */
int64_t session_nmsp_until(const struct session *session, int64_t now);

/* The kept message's bytes. */
static inline struct span session_nmsp_bytes(const struct nmsp_kept *kept)
{
	return span_of(kept->bytes, kept->n);
}

#endif
