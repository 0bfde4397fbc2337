/*
 * ECHO_REQUEST and ECHO_RESPONSE of one session, paired: counts, round trips, intervals and silences.
 *
 * Called by the NMSP layer with each of these messages, read by findings and screens. Counts are exact for
 * the life of the session; percentile and interval look at the latest samples. Never looks at bytes.
 */
#ifndef ANALYZER_ECHO_H
#define ANALYZER_ECHO_H

#include "analyzer/origin.h"
#include "dissect/limits.h"

#define ECHO_PATIENCE       (5 * NS_PER_S)  /* a request that waits longer is missed (design.md section 8) */
#define ECHO_USUAL_INTERVAL (15 * NS_PER_S) /* facts.md section 5 */
#define ECHO_ROUND_TRIPS    1024            /* latest round trips that the percentile looks at */
#define ECHO_SPACINGS       64              /* latest spacings of requests that the interval looks at */
#define ECHO_MISSED_KEPT    4               /* the first missed requests, as evidence */

/* The transaction id of a message; `known` is false when the framing has none: then order pairs. */
struct echo_id {
	bool known;
	uint32_t id;
};

struct echo_pending {
	struct origin at;
	struct echo_id id;
	uint64_t number; /* of requests that are no repeats, from 0 */
};

/* One request, and how long its answer took in ns; -1: none came. */
struct echo_moment {
	int64_t sent, rtt;
};

/* The latest values, in microseconds. */
struct echo_samples {
	uint32_t *list; /* NULL while there are none */
	uint32_t room;  /* grows up to the number that is looked at */
	uint64_t n;     /* all that came */
};

/* A zeroed struct has seen nothing. Free with echo_free. */
struct echo {
	uint64_t requests, responses;
	uint64_t strays; /* responses to no request that is known */
	uint64_t settled_missed; /* without the ones that still wait: echo_missed */
	uint64_t late;           /* of the missed ones: an answer came, after ECHO_PATIENCE */
	struct origin missed[ECHO_MISSED_KEPT]; /* the first of these; packet 0 = none */
	struct origin first_request, last_request, last_response; /* packet 0 = none */
	int64_t longest_silence; /* ns, valid with responses: echo_longest_silence */
	struct echo_pending *pending; /* unanswered requests, oldest first; NULL before the first request */
	uint32_t n_pending, room_pending;
	struct echo_samples round_trips, spacings;
	struct echo_moment *line; /* ring of the latest requests; NULL while there are none */
	uint32_t line_room;
	uint64_t line_n; /* all that came */
	uint64_t round_trip_sum, round_trip_min, round_trip_max; /* us */
};

void echo_free(struct echo *echo);

/* A request that repeats one that waits for less than ECHO_PATIENCE is counted and waits only once. */
void echo_request(struct echo *echo, const struct origin *at, struct echo_id id);

/* Answers the oldest waiting request with this id, or the oldest one when ids are not known. */
void echo_response(struct echo *echo, const struct origin *at, struct echo_id id);

/*
 * Requests that were not answered within ECHO_PATIENCE, also when an answer came later. The last request is
 * not counted while it waits. `now`: up to when an answer could have been seen.
 */
uint64_t echo_missed(const struct echo *echo, int64_t now);

/* The first request that waits since the last response, NULL when none. */
const struct echo_pending *echo_unanswered(const struct echo *echo);

/* Median time between requests, ns; -1 when fewer than two came. */
int64_t echo_interval(const struct echo *echo);

/* Nine of ten of the latest spacings are within so much of the interval, ns; -1 when fewer than two requests came. */
int64_t echo_jitter(const struct echo *echo);

/* The latest requests, oldest first, without repeats; returns how many. */
uint32_t echo_line(const struct echo *echo, struct echo_moment line[LIMIT_ECHO_LINE]);

/* So many intervals, ns; of the usual one where it was not measured. NULL: no echo was seen. */
int64_t echo_intervals(const struct echo *echo, int64_t n);

/*
 * The longest time without a response, ns: between two of them, from the first request to the first one, or
 * from the last one to a later request. -1 when it was never measured.
 */
int64_t echo_longest_silence(const struct echo *echo);

struct echo_rtt {
	int64_t min, avg, p95, max; /* ns, exact to a microsecond; p95 by nearest rank */
};

/* False when no request was answered. */
bool echo_rtt(const struct echo *echo, struct echo_rtt *out);

#endif
