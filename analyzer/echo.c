/*
 * Pairs echo requests with responses; see echo.h. Called for each of these messages and keeps a bounded
 * list of what waits. Never decides whether a silence is a fault.
 */
#include "analyzer/echo.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define FIRST_ROOM 16
#define PERCENT    95
#define JITTER     90 /* percent */

/* ---- samples ---- */

static uint32_t microseconds(int64_t ns)
{
	int64_t us = ns / NS_PER_US + (ns % NS_PER_US >= NS_PER_US / 2);
	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static void add_sample(struct echo_samples *samples, uint32_t most, uint32_t us)
{
	if (samples->n >= samples->room && samples->room < most) {
		samples->room = samples->room == 0 ? FIRST_ROOM : 2 * samples->room;
		samples->list = xrealloc(samples->list, samples->room * sizeof *samples->list);
	}
	samples->list[samples->n++ % samples->room] = us;
}

static uint32_t kept_samples(const struct echo_samples *samples)
{
	return samples->n < samples->room ? (uint32_t)samples->n : samples->room;
}

/*
 * The kept sample with `percent` of them at or below it, by nearest rank; there is at least one. Found byte
 * by byte, the highest first, by how many of those that are left have which value of it: reports ask often,
 * so none is sorted.
 */
static int64_t percentile(const struct echo_samples *samples, uint32_t percent)
{
	uint32_t n = kept_samples(samples), found = 0, settled = 0;
	uint32_t below = (n * percent + 99) / 100 - 1; /* samples in front of it, of those that are left */
	for (unsigned shift = 24; settled != UINT32_MAX; shift -= 8) {
		uint32_t counts[UINT8_MAX + 1] = {0}, byte = 0;
		for (uint32_t i = 0; i < n; i++)
			if ((samples->list[i] & settled) == found)
				counts[samples->list[i] >> shift & UINT8_MAX]++;
		for (; below >= counts[byte]; byte++)
			below -= counts[byte];
		found |= byte << shift;
		settled |= (uint32_t)UINT8_MAX << shift;
	}
	return found * NS_PER_US;
}

/* ---- one by one ---- */

static void add_moment(struct echo *echo, int64_t sent)
{
	if (echo->line_n >= echo->line_room && echo->line_room < LIMIT_ECHO_LINE) {
		uint32_t room = echo->line_room == 0 ? FIRST_ROOM : 2 * echo->line_room;
		echo->line_room = room < LIMIT_ECHO_LINE ? room : LIMIT_ECHO_LINE;
		echo->line = xrealloc(echo->line, echo->line_room * sizeof *echo->line);
	}
	echo->line[echo->line_n++ % echo->line_room] = (struct echo_moment){.sent = sent, .rtt = -1};
}

static void answer_moment(struct echo *echo, uint64_t number, int64_t rtt)
{
	if (rtt >= 0 && echo->line_n - number <= echo->line_room)
		echo->line[number % echo->line_room].rtt = rtt;
}

/* ---- what waits ---- */

static void remove_pending(struct echo *echo, uint32_t i)
{
	echo->n_pending--;
	memmove(&echo->pending[i], &echo->pending[i + 1], (echo->n_pending - i) * sizeof echo->pending[0]);
}

static void add_pending(struct echo *echo, const struct echo_pending *pending)
{
	if (echo->n_pending == echo->room_pending) {
		echo->room_pending = echo->room_pending == 0 ? 1 : 2 * echo->room_pending;
		echo->pending = xrealloc(echo->pending, echo->room_pending * sizeof echo->pending[0]);
	}
	echo->pending[echo->n_pending++] = *pending;
}

static void miss(struct echo *echo, const struct echo_pending *pending)
{
	if (echo->settled_missed < ECHO_MISSED_KEPT)
		echo->missed[echo->settled_missed] = pending->at;
	echo->settled_missed++;
}

static bool is_late(const struct echo_pending *pending, int64_t now)
{
	return origin_elapsed(pending->at.time, now) >= ECHO_PATIENCE;
}

static bool same_id(struct echo_id a, struct echo_id b)
{
	return a.known == b.known && (!a.known || a.id == b.id);
}

/* The oldest that waits with this id; n_pending when none. */
static uint32_t find_pending(const struct echo *echo, struct echo_id id)
{
	uint32_t i = 0;
	while (i < echo->n_pending && !same_id(echo->pending[i].id, id))
		i++;
	return i;
}

/* The request repeats one that waits. One that waits for long is given up: some engines use one id for all.
 */
static bool repeats(struct echo *echo, const struct origin *at, struct echo_id id)
{
	uint32_t i = id.known ? find_pending(echo, id) : echo->n_pending;
	if (i == echo->n_pending)
		return false;
	if (!is_late(&echo->pending[i], at->time))
		return true;
	miss(echo, &echo->pending[i]);
	remove_pending(echo, i);
	return false;
}

/* ---- messages ---- */

static void note_silence(struct echo *echo, const struct origin *at)
{
	const struct origin *since = echo->responses > 0 ? &echo->last_response : &echo->first_request;
	if (since->packet == 0)
		return;
	int64_t silence = origin_elapsed(since->time, at->time);
	if (silence > echo->longest_silence)
		echo->longest_silence = silence;
}

void echo_request(struct echo *echo, const struct origin *at, struct echo_id id)
{
	bool repeated = repeats(echo, at, id);
	int64_t spacing = origin_elapsed(echo->last_request.time, at->time);
	if (echo->requests > 0 && !repeated && spacing >= 0)
		add_sample(&echo->spacings, ECHO_SPACINGS, microseconds(spacing));
	if (echo->responses > 0)
		note_silence(echo, at);
	if (echo->requests++ == 0)
		echo->first_request = *at;
	echo->last_request = *at;
	if (repeated)
		return;
	if (echo->n_pending == LIMIT_ECHO_PENDING) {
		miss(echo, &echo->pending[0]);
		remove_pending(echo, 0);
	}
	add_pending(echo, &(struct echo_pending){.at = *at, .id = id, .number = echo->line_n});
	add_moment(echo, at->time);
}

static void note_round_trip(struct echo *echo, int64_t ns)
{
	uint32_t us = microseconds(ns);
	if (echo->round_trips.n == 0 || us < echo->round_trip_min)
		echo->round_trip_min = us;
	if (us > echo->round_trip_max)
		echo->round_trip_max = us;
	echo->round_trip_sum += us;
	add_sample(&echo->round_trips, ECHO_ROUND_TRIPS, us);
}

void echo_response(struct echo *echo, const struct origin *at, struct echo_id id)
{
	note_silence(echo, at);
	echo->responses++;
	echo->last_response = *at;
	uint32_t i = find_pending(echo, id);
	if (i == echo->n_pending) {
		echo->strays++;
		return;
	}
	int64_t ns = origin_elapsed(echo->pending[i].at.time, at->time);
	if (is_late(&echo->pending[i], at->time)) {
		miss(echo, &echo->pending[i]);
		echo->late++;
	}
	answer_moment(echo, echo->pending[i].number, ns);
	if (ns >= 0)
		note_round_trip(echo, ns);
	remove_pending(echo, i);
}

/* ---- what is known ---- */

uint64_t echo_missed(const struct echo *echo, int64_t now)
{
	uint64_t missed = echo->settled_missed;
	for (uint32_t i = 0; i < echo->n_pending; i++)
		missed += echo->pending[i].at.packet != echo->last_request.packet &&
		          is_late(&echo->pending[i], now);
	return missed;
}

const struct echo_pending *echo_unanswered(const struct echo *echo)
{
	uint32_t i = 0;
	while (i < echo->n_pending && echo->pending[i].at.packet <= echo->last_response.packet)
		i++;
	return i < echo->n_pending ? &echo->pending[i] : NULL;
}

int64_t echo_interval(const struct echo *echo)
{
	return echo->spacings.n == 0 ? -1 : percentile(&echo->spacings, 50);
}

int64_t echo_jitter(const struct echo *echo)
{
	uint32_t list[ECHO_SPACINGS];
	struct echo_samples off = {.list = list, .room = ECHO_SPACINGS, .n = kept_samples(&echo->spacings)};
	int64_t interval = echo_interval(echo);
	if (interval < 0)
		return -1;
	uint32_t median = (uint32_t)(interval / NS_PER_US);
	for (uint32_t i = 0; i < off.n; i++) {
		uint32_t us = echo->spacings.list[i];
		list[i] = us > median ? us - median : median - us;
	}
	return percentile(&off, JITTER);
}

uint32_t echo_line(const struct echo *echo, struct echo_moment line[LIMIT_ECHO_LINE])
{
	uint32_t n = echo->line_n < echo->line_room ? (uint32_t)echo->line_n : echo->line_room;
	for (uint32_t i = 0; i < n; i++)
		line[i] = echo->line[(echo->line_n - n + i) % echo->line_room];
	return n;
}

int64_t echo_intervals(const struct echo *echo, int64_t n)
{
	int64_t interval = echo != NULL ? echo_interval(echo) : -1;
	if (interval <= 0)
		interval = ECHO_USUAL_INTERVAL;
	return interval > INT64_MAX / n ? INT64_MAX : n * interval;
}

int64_t echo_longest_silence(const struct echo *echo)
{
	return echo->responses == 0 || echo->first_request.packet == 0 ? -1 : echo->longest_silence;
}

bool echo_rtt(const struct echo *echo, struct echo_rtt *out)
{
	uint64_t n = echo->round_trips.n;
	if (n == 0)
		return false;
	out->min = (int64_t)echo->round_trip_min * NS_PER_US;
	out->max = (int64_t)echo->round_trip_max * NS_PER_US;
	out->avg = (int64_t)((echo->round_trip_sum + n / 2) / n) * NS_PER_US;
	out->p95 = percentile(&echo->round_trips, PERCENT);
	return true;
}

void echo_free(struct echo *echo)
{
	free(echo->round_trips.list);
	free(echo->spacings.list);
	free(echo->line);
	free(echo->pending);
	*echo = (struct echo){0};
}
