/*
 * What the sizes and times of a session's protected records tell while nobody can open them: how much each
 * holds, how many of each size, and which pair of sizes asks and answers like an echo (facts.md section 5).
 *
 * Fed by the TLS layer with each record of application data that stays closed; dropped as soon as one is
 * opened, since measured values then take its place. Nothing here is measured: who shows it marks it as
 * inferred. Never looks at bytes.
 */
#ifndef ANALYZER_INFER_H
#define ANALYZER_INFER_H

#include "analyzer/echo.h"
#include "analyzer/model.h"

struct tls_suite;

#define INFER_PATIENCE ECHO_PATIENCE /* an answer that takes longer is late, and its request missed */

/* How well the length of a record tells the bytes of its plaintext. */
enum infer_size_kind {
	INFER_SIZE_PROTECTED, /* not at all: these are the bytes of the protected record */
	INFER_SIZE_EXACT,     /* AEAD of TLS 1.2, and stream ciphers */
	INFER_SIZE_BOUND,     /* at most so many: TLS 1.3 may pad, RFC 8446 section 5.4 */
	INFER_SIZE_RANGE,     /* CBC fills up to a block, RFC 5246 section 6.2.3.2 */
};

/* `least` is 0 for a bound. Both are the same for an exact size. */
struct infer_size {
	enum infer_size_kind kind;
	uint32_t least, most;
};

/* Of a record whose header announces `length` bytes. CBC padding of a block or more is taken for unused. */
struct infer_size infer_plaintext(const struct session_tls *tls, size_t length);

const char *infer_size_kind_name(enum infer_size_kind kind); /* "exact" */

/* Records of one size and direction. */
struct infer_class {
	struct infer_size size;
	uint8_t dir;
	uint8_t alike;          /* another class with the same head, or 0: its index and 1 */
	uint32_t asks, answers; /* the pairs whose request or response it is, a bit each */
	uint64_t records;       /* 0: all of them turned out to be the first byte of a longer one */
	uint64_t order;         /* of its first record among those of its direction, from 1 */
	struct origin first, last;
};

/* A request, a response to it, or both. */
struct infer_beat {
	int64_t time; /* of the request, or of a response without one */
	uint32_t
	    delay; /* us to the answer, without one to the controller's next record; UINT32_MAX = none came */
	uint32_t packet : 29; /* of the same; 0: its number is too large */
	uint32_t asked : 1, answered : 1;
	uint32_t late : 1; /* an answer came, after INFER_PATIENCE and before the next request; not `answered` then */
};

/* A request since the last answer. */
struct infer_waiting {
	struct origin at;
	int64_t heard; /* ns until the controller's next record, of any size; -1 = none came yet */
};

#define INFER_WAITING 4

/* Requests that got no answer in time, between others that did: see infer_misses. */
struct infer_misses {
	uint64_t n;
	struct origin first[ECHO_MISSED_KEPT];
};

/* Records of one size of the engine, and records of one size of the controller that come behind them. */
struct infer_pair {
	uint32_t request, response; /* index of the class */
	uint64_t answered, unasked;
	uint64_t lonely;                                              /* requests since the last answer */
	/* Of the beats that left the list: */
	uint64_t counted_requests, counted_responses, counted_missed, counted_late;
	struct infer_misses misses;
	int64_t counted_until; /* the time of the last echo of these; valid with `counted` */
	bool counted;
	bool loose; /* beats left the list before they had a rhythm: the counts are at least these */
	struct origin last_request, last_response, last_answer; /* packet 0 = none */
	struct infer_waiting
	    waiting[INFER_WAITING]; /* the first ones since the last answer that nothing answered at once */
	uint32_t n_waiting;
	struct infer_beat *beats; /* oldest first */
	uint32_t n_beats, room_beats;
};

/* A class of the engine that spoke lately. */
struct infer_asked {
	uint32_t class;
	int64_t at;
	uint32_t heard; /* records of the controller since */
};

#define INFER_ASKED 4

/* A record of at most a byte that may be the beginning of the next one. */
struct infer_first_byte {
	bool waits;
	uint32_t class;
	int64_t at;
};

#define INFER_HEADS 64

struct infer {
	uint8_t engine;              /* direction */
	bool roles_known;            /* else no echo is looked for */
	struct infer_class *classes; /* in order of first appearance */
	uint32_t n_classes, room_classes;
	uint8_t heads[INFER_HEADS]; /* of the lists of classes by size: an index and 1, or 0 */
	uint64_t other[2];          /* records beyond LIMIT_INFER_SIZES, by direction */
	uint64_t records;           /* all, first bytes included */
	uint64_t came[2];
	struct infer_first_byte first_byte[2];
	struct infer_asked asked[INFER_ASKED]; /* latest last */
	uint32_t n_asked;
	struct infer_pair *pairs;
	uint32_t n_pairs, room_pairs;
	uint8_t order[LIMIT_INFER_PAIRS]; /* the pairs, the one not heard of for the longest time first */
	/* Sets of pairs, a bit each. */
	uint32_t unheard;              /* no record of the controller followed the latest request */
	uint32_t hopeless;             /* the response is none */
	uint32_t unanswered;           /* so far, in time */
	uint32_t fresh;                /* made for the record that is looked at */
	const struct tls_suite *suite; /* of the latest record; NULL: none, or none that is known */
};

/* A record of application data that nobody opened. The first one makes session->infer. */
void infer_record(struct session *session, uint8_t dir, size_t length, const struct origin *at);

/* A record was opened, were it of the handshake: what was inferred goes, and nothing is inferred any more. */
void infer_forget(struct session *session);

void infer_free(struct infer *infer); /* NULL is allowed */

struct infer *infer_copy(const struct infer *infer); /* NULL stays NULL; free with infer_free */
size_t infer_bytes(const struct infer *infer);       /* that it takes; 0 for NULL */

/* ---- infer_echo.c: what follows ---- */

/* Asked, and answered in time. */
bool infer_is_pair(const struct infer_beat *beat);

/* A request that something else answered: another message of the same size. `usual`: how long answers take, ns. */
bool infer_is_other(const struct infer_beat *beat, int64_t usual);

/* Counts the older half of the pair's beats by the rhythm that they have, and takes them out of the list. */
void infer_fold(struct infer_pair *pair);

/* A pair that asks and answers in a rhythm. Times in ns. */
struct infer_rhythm {
	const struct infer_pair *pair;
	const struct infer_class *request, *response;
	uint64_t requests, responses;
	uint64_t missed;  /* requests that got no answer within INFER_PATIENCE; the last one not while it waits */
	uint64_t late;    /* of these: an answer came afterwards */
	bool at_least;    /* the counts are at least these */
	int64_t interval; /* median */
	int64_t jitter;   /* nine of ten spacings are within so much of the interval */
	int64_t rtt_min, rtt_median, rtt_max; /* of the kept beats, late answers included */
	int64_t rtt_usual;                    /* nine of ten in time are not longer */
};

#define INFER_RHYTHMS 4

struct infer_found {
	struct infer_rhythm list[INFER_RHYTHMS]; /* the echo first, when it is decided */
	uint32_t n;
	bool decided; /* list[0] is the echo; the others fit a poll as well, or an echo of its own */
};

/*
 * The pairs with a rhythm. The echo is the one whose request and response are both small and not larger than
 * those of any other; when no pair is, nothing is decided. `infer` may be NULL.
 */
void infer_find(const struct infer *infer, struct infer_found *out);

/* The echo alone. False when none is found, or none is decided. */
bool infer_echo(const struct infer *infer, struct infer_rhythm *out);

/* Latest beats that are taken for echoes, oldest first; returns how many, LIMIT_ECHO_LINE at most. */
uint32_t infer_line(const struct infer_rhythm *echo, struct infer_beat line[LIMIT_ECHO_LINE]);

/*
 * Since when echoes have no answer: the first one of at least two that nothing at all came back for in the
 * time in which answers came before, for three intervals. NULL when it is not so.
 */
const struct infer_waiting *infer_silence(const struct infer_rhythm *echo, int64_t until);

/* ---- infer_missed.c ---- */

/*
 * The misses that are no chance: requests in the rhythm that neither the answer nor anything else came back for soon,
 * in a hole of the answered ones that is as long as so many echoes.
 */
void infer_misses(const struct infer_rhythm *echo, struct infer_misses *out);

/* Adds those behind the answered ones among the first `n` beats, which leave the list. */
void infer_keep_misses(const struct infer_rhythm *echo, uint32_t n, struct infer_misses *out);

/* ---- infer_probable.c ---- */

/* The message type that a class probably has; NULL when its size and place do not tell. */
const char *infer_probable(const struct infer *infer, const struct infer_class *of,
                           const struct infer_found *found);

#endif
