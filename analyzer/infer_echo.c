/*
 * Which pair of sizes is the echo, and how it goes; see infer.h. Pure functions over what infer.c collected,
 * on demand.
 *
 * A pair has a rhythm when its answered requests come at intervals so alike that chance does not make them
 * (facts.md section 5: one every 1 to 120 s), the answers come soon, and records of the response's size
 * hardly come in any other way. Of traffic that has no clock, the share of spacings within d of their median
 * is some 0.7 d: the table asks for so many spacings that chance gives one claim in 10,000 or fewer.
 */
#include "analyzer/infer.h"

#include <stdlib.h>

#define ECHO_LARGEST     64 /* bytes; an echo is a header of at most 18 (facts.md section 3), and little else */
#define OVERHEAD         64 /* of a record: nonce or IV, MAC or tag, padding */
#define SHORTEST         (NS_PER_S / 2)
#define LONGEST          (180 * NS_PER_S)
#define FEWEST_SPACINGS  4
#define SOON             8               /* an answer takes less than this part of the interval */
#define SILENT_INTERVALS 3               /* design.md section 4 */
#define SLACK            (NS_PER_S / 10) /* beyond four usual answer times: no answer */

/* With three of four spacings within so many thousandths of the median, so many spacings are needed. */
static const struct {
	int64_t spread;
	uint32_t spacings;
} needed[] = {{5, 4}, {20, 5}, {50, 6}, {100, 8}, {150, 10}, {200, 13}, {270, 14}, {330, 16}};

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* ---- what is an echo ---- */

bool infer_is_pair(const struct infer_beat *beat)
{
	return beat->asked && beat->answered;
}

bool infer_is_other(const struct infer_beat *beat, int64_t usual)
{
	return beat->asked && !beat->answered && !beat->late && beat->delay * NS_PER_US <= 4 * usual + SLACK;
}

/* More than half an interval lies between two answered requests, and more than is usual where one side is
 * missing. */
static bool in_time(int64_t before, int64_t time, int64_t interval, bool pair)
{
	return origin_elapsed(before, time) > (pair ? interval / 2 : interval / 10 * 6);
}

/* The next beat from i on that both sides have; n_beats when none. */
static uint32_t next_pair(const struct infer_pair *pair, uint32_t i)
{
	while (i < pair->n_beats && !infer_is_pair(&pair->beats[i]))
		i++;
	return i;
}

/* Where one goes through the beats in order. */
struct walk {
	const struct infer_rhythm *of;
	const struct infer_pair *pair;
	uint32_t i, next; /* next: the next beat that both sides have */
	bool begun;       /* an echo was seen */
	int64_t before;   /* the time of the last one */
};

static struct walk walk_of(const struct infer_rhythm *of)
{
	const struct infer_pair *pair = of->pair;
	return (struct walk){.of = of,
	                     .pair = pair,
	                     .next = next_pair(pair, 0),
	                     .begun = pair->counted,
	                     .before = pair->counted_until};
}

/* A request without an answer, or an answer without a request, that comes when an echo is due. */
static bool is_due(const struct walk *walk, const struct infer_beat *beat)
{
	const struct infer_pair *pair = walk->pair;
	if (!walk->begun)
		return false;
	return walk->next == pair->n_beats ||
	       in_time(beat->time, pair->beats[walk->next].time, walk->of->interval, false);
}

/* The next echo among the first `n` beats, NULL when there is none. */
static const struct infer_beat *walk_on(struct walk *walk, uint32_t n)
{
	while (walk->i < n) {
		const struct infer_beat *beat = &walk->pair->beats[walk->i++];
		bool pair = infer_is_pair(beat);
		if (pair)
			walk->next = next_pair(walk->pair, walk->i);
		if (walk->begun && !in_time(walk->before, beat->time, walk->of->interval, pair))
			continue;
		if (!pair && !is_due(walk, beat))
			continue;
		walk->begun = true;
		walk->before = beat->time;
		return beat;
	}
	return NULL;
}

/* ---- rhythm ---- */

/* What the beats of a pair tell. */
struct times {
	int64_t spacings[LIMIT_INFER_BEATS]; /* of the requests, in order of time */
	int64_t delays[LIMIT_INFER_BEATS];   /* of the answers */
	uint32_t n_spacings, n_delays;
};

static void collect_delays(const struct infer_pair *pair, struct times *out)
{
	out->n_delays = 0;
	for (uint32_t i = next_pair(pair, 0); i < pair->n_beats; i = next_pair(pair, i + 1))
		out->delays[out->n_delays++] = pair->beats[i].delay * NS_PER_US;
}

static void collect_late(const struct infer_pair *pair, struct times *out)
{
	for (uint32_t i = 0; i < pair->n_beats; i++)
		if (pair->beats[i].late)
			out->delays[out->n_delays++] = pair->beats[i].delay * NS_PER_US;
}

/* Requests without an answer have their place in the rhythm, too. */
static void collect_spacings(const struct infer_pair *pair, int64_t usual, struct times *out)
{
	const struct infer_beat *before = NULL;
	out->n_spacings = 0;
	for (uint32_t i = next_pair(pair, 0); i < pair->n_beats; i++) {
		const struct infer_beat *beat = &pair->beats[i];
		if (!beat->asked || infer_is_other(beat, usual))
			continue;
		if (before != NULL)
			out->spacings[out->n_spacings++] = origin_elapsed(before->time, beat->time);
		before = beat;
	}
}

/* By nearest rank, of a list that is not empty; sorts it. */
static int64_t rank(int64_t *list, uint32_t n, uint32_t percent)
{
	qsort(list, n, sizeof list[0], compare);
	return list[(n * percent + 99) / 100 - 1];
}

/* Spacings that are too short, but for those of the first messages of a session, which come in a row. */
static uint32_t count_early(const int64_t *spacings, uint32_t n, int64_t interval)
{
	uint32_t early = 0, i = 0;
	while (i < n && !in_time(0, spacings[i], interval, true))
		i++;
	for (; i < n; i++)
		early += !in_time(0, spacings[i], interval, true);
	return early;
}

static bool enough(int64_t spread, int64_t interval, uint32_t spacings)
{
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (spread <= interval / 1000 * needed[i].spread)
			return spacings >= needed[i].spacings;
	return false;
}

/*
 * Most requests have answers, but for those that something else answered; hardly a response comes unasked.
 * What waits at the end proves nothing.
 */
static bool is_answered(const struct infer_pair *pair, int64_t usual)
{
	uint32_t answered = 0, unanswered = 0, unasked = 0;
	for (uint32_t i = 0; i < pair->n_beats; i++) {
		const struct infer_beat *beat = &pair->beats[i];
		answered += infer_is_pair(beat);
		unasked += !beat->asked || beat->late;
		unanswered += beat->asked && !beat->answered && !infer_is_other(beat, usual);
	}
	uint32_t waits = pair->lonely < unanswered ? (uint32_t)pair->lonely : unanswered;
	return answered * 10 >= (answered + unasked) * 7 &&
	       answered * 10 >= (answered + unanswered - waits) * 6;
}

/* The interval is the median. False when three of four spacings are too far off it. */
static bool find_interval(const struct times *times, struct infer_rhythm *out)
{
	int64_t list[LIMIT_INFER_BEATS];
	uint32_t n = times->n_spacings;
	memcpy(list, times->spacings, n * sizeof list[0]);
	out->interval = rank(list, n, 50);
	if (list[0] < 0 || out->interval < SHORTEST || out->interval > LONGEST)
		return false;
	for (uint32_t i = 0; i < n; i++)
		list[i] = llabs(times->spacings[i] - out->interval);
	int64_t spread = rank(list, n, 75);
	uint32_t most = spread > out->interval / 5 ? 5 : 15; /* percent: the looser, the surer it must be */
	return enough(spread, out->interval, n) &&
	       count_early(times->spacings, n, out->interval) * 100 <= n * most;
}

/* The answered ones alone keep the beat, too, where each spacing is one interval or a few. */
static bool answers_keep_it(const struct infer_pair *pair, int64_t interval)
{
	int64_t off[LIMIT_INFER_BEATS], before = 0;
	uint32_t n = 0;
	for (uint32_t i = next_pair(pair, 0); i < pair->n_beats; i = next_pair(pair, i + 1)) {
		int64_t spacing = origin_elapsed(before, pair->beats[i].time);
		int64_t intervals = (spacing + interval / 2) / interval;
		off[n++] = llabs(spacing - (intervals > 0 ? intervals : 1) * interval);
		before = pair->beats[i].time;
	}
	off[0] = off[n - 1]; /* the first has nothing before it */
	return enough(rank(off, n - 1, 75), interval, n - 1);
}

/* Interval and round trips; false when there is no rhythm. */
static bool find_rhythm(const struct infer_pair *pair, struct infer_rhythm *out)
{
	struct times times;
	if (pair->n_beats <= FEWEST_SPACINGS)
		return false;
	collect_delays(pair, &times);
	*out = (struct infer_rhythm){.pair = pair, .at_least = pair->loose};
	if (times.n_delays <= FEWEST_SPACINGS)
		return false;
	out->rtt_usual = rank(times.delays, times.n_delays, 90);
	collect_late(pair, &times);
	out->rtt_median = rank(times.delays, times.n_delays, 50);
	out->rtt_min = times.delays[0];
	out->rtt_max = times.delays[times.n_delays - 1];
	collect_spacings(pair, out->rtt_usual, &times);
	return find_interval(&times, out) && answers_keep_it(pair, out->interval) &&
	       out->rtt_usual <= out->interval / SOON && is_answered(pair, out->rtt_usual);
}

void infer_fold(struct infer_pair *pair)
{
	struct infer_rhythm rhythm;
	uint32_t half = pair->n_beats / 2;
	if (find_rhythm(pair, &rhythm)) {
		infer_keep_misses(&rhythm, half, &pair->misses);
		struct walk walk = walk_of(&rhythm);
		for (const struct infer_beat *beat; (beat = walk_on(&walk, half)) != NULL;) {
			pair->counted_requests += beat->asked;
			pair->counted_responses += beat->answered || beat->late;
			pair->counted_missed += !beat->answered;
			pair->counted_late += beat->late;
		}
		pair->counted = walk.begun;
		pair->counted_until = walk.before;
	} else {
		pair->loose = true;
	}
	memmove(&pair->beats[0], &pair->beats[half], (pair->n_beats - half) * sizeof pair->beats[0]);
	pair->n_beats -= half;
}

/* As echo.h counts: `until` is up to when an answer could have been seen. */
static void count(struct infer_rhythm *out, int64_t until)
{
	const struct infer_pair *pair = out->pair;
	const struct infer_beat *waits = NULL;
	struct walk walk = walk_of(out);
	out->requests = pair->counted_requests;
	out->responses = pair->counted_responses;
	out->missed = pair->counted_missed;
	out->late = pair->counted_late;
	for (const struct infer_beat *beat; (beat = walk_on(&walk, pair->n_beats)) != NULL;) {
		out->missed += waits != NULL && origin_elapsed(waits->time, until) >= INFER_PATIENCE;
		waits = beat->asked && !beat->answered && !beat->late ? beat : NULL;
		out->requests += beat->asked;
		out->responses += beat->answered || beat->late;
		out->missed += beat->late;
		out->late += beat->late;
	}
}

/* How far nine of ten spacings of the requests that count as echoes are off the interval. */
static void find_jitter(struct infer_rhythm *out)
{
	int64_t off[LIMIT_INFER_BEATS];
	const struct infer_beat *before = NULL;
	uint32_t n = 0;
	struct walk walk = walk_of(out);
	for (const struct infer_beat *beat; (beat = walk_on(&walk, out->pair->n_beats)) != NULL;) {
		if (!beat->asked)
			continue;
		if (before != NULL)
			off[n++] = llabs(origin_elapsed(before->time, beat->time) - out->interval);
		before = beat;
	}
	if (n > 0)
		out->jitter = rank(off, n, 90);
}

/* The time of the last record. */
static int64_t last_time(const struct infer *infer)
{
	int64_t last = INT64_MIN;
	for (uint32_t i = 0; i < infer->n_classes; i++)
		if (infer->classes[i].last.time > last)
			last = infer->classes[i].last.time;
	return last;
}

/* ---- the echo ---- */

static bool is_small(const struct infer_size *size)
{
	return size->most <= (size->kind == INFER_SIZE_PROTECTED ? ECHO_LARGEST + OVERHEAD : ECHO_LARGEST);
}

/* Neither request nor response is larger, and one of them is smaller. */
static bool is_smaller(const struct infer_rhythm *a, const struct infer_rhythm *b)
{
	uint32_t a_asks = a->request->size.most, a_says = a->response->size.most;
	uint32_t b_asks = b->request->size.most, b_says = b->response->size.most;
	return a_asks <= b_asks && a_says <= b_says && (a_asks < b_asks || a_says < b_says);
}

static bool is_echo(const struct infer_found *found, uint32_t i)
{
	for (uint32_t k = 0; k < found->n; k++)
		if (k != i && !is_smaller(&found->list[i], &found->list[k]))
			return false;
	return is_small(&found->list[i].request->size) && is_small(&found->list[i].response->size);
}

/*
 * The other pair tells of the same exchanges: its records come along with those of the echo, as when a side
 * writes one message in two records.
 */
static bool same_exchange(const struct infer_rhythm *echo, const struct infer_rhythm *other)
{
	if (echo->request != other->request && echo->response != other->response)
		return false;
	return llabs(origin_elapsed(echo->pair->last_answer.time, other->pair->last_answer.time)) <=
	           echo->interval / SOON &&
	       llabs(echo->interval - other->interval) <= echo->interval / SOON;
}

static void drop_same(struct infer_found *out)
{
	uint32_t n = 1;
	for (uint32_t i = 1; i < out->n; i++)
		if (!same_exchange(&out->list[0], &out->list[i]))
			out->list[n++] = out->list[i];
	out->n = n;
}

static void decide(struct infer_found *out)
{
	for (uint32_t i = 0; i < out->n && !out->decided; i++) {
		if (!is_echo(out, i))
			continue;
		struct infer_rhythm echo = out->list[i];
		memmove(&out->list[1], &out->list[0], i * sizeof echo);
		out->list[0] = echo;
		out->decided = true;
		drop_same(out);
	}
}

void infer_find(const struct infer *infer, struct infer_found *out)
{
	*out = (struct infer_found){0};
	for (uint32_t i = 0; infer != NULL && i < infer->n_pairs && out->n < INFER_RHYTHMS; i++) {
		struct infer_rhythm *rhythm = &out->list[out->n];
		if (!find_rhythm(&infer->pairs[i], rhythm))
			continue;
		rhythm->request = &infer->classes[infer->pairs[i].request];
		rhythm->response = &infer->classes[infer->pairs[i].response];
		count(rhythm, last_time(infer));
		find_jitter(rhythm);
		out->n++;
	}
	decide(out);
}

bool infer_echo(const struct infer *infer, struct infer_rhythm *out)
{
	struct infer_found found;
	infer_find(infer, &found);
	if (found.decided)
		*out = found.list[0];
	return found.decided;
}

uint32_t infer_line(const struct infer_rhythm *echo, struct infer_beat line[LIMIT_ECHO_LINE])
{
	struct walk walk = walk_of(echo);
	uint32_t n = 0;
	for (const struct infer_beat *beat; (beat = walk_on(&walk, echo->pair->n_beats)) != NULL;) {
		if (!beat->asked)
			continue;
		if (n == LIMIT_ECHO_LINE)
			memmove(&line[0], &line[1], --n * sizeof line[0]);
		line[n++] = *beat;
	}
	return n;
}

/* ---- silence ---- */

static bool nothing_came(const struct infer_rhythm *echo, const struct infer_waiting *waiting)
{
	return waiting->heard < 0 || waiting->heard > 4 * echo->rtt_usual + SLACK;
}

const struct infer_waiting *infer_silence(const struct infer_rhythm *echo, int64_t until)
{
	const struct infer_pair *pair = echo->pair;
	const struct infer_waiting *first = NULL;
	int64_t before = pair->last_answer.time;
	uint32_t n = 0;
	for (uint32_t i = 0; i < pair->n_waiting; i++) {
		const struct infer_waiting *waiting = &pair->waiting[i];
		if (!in_time(before, waiting->at.time, echo->interval, false) || !nothing_came(echo, waiting))
			continue;
		before = waiting->at.time;
		first = first == NULL ? waiting : first;
		n++;
	}
	return n >= 2 && origin_elapsed(first->at.time, until) >= SILENT_INTERVALS * echo->interval ? first
	                                                                                            : NULL;
}
