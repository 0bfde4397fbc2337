/*
 * Which requests of an inferred echo got no answer for certain enough to be told; see infer.h. Pure functions over what
 * infer.c collected, on demand.
 *
 * A request without an answer may be another message that only has an echo's size. So it counts only where the answered
 * ones leave a hole in the rhythm, as long as so many echoes, in which such requests, and no others of that size, stand
 * one interval apart; and only when nothing at all came from the controller soon.
 */
#include "analyzer/infer.h"

static bool is_missed(const struct infer_beat *beat)
{
	return beat->asked && !beat->answered;
}

/* Give or take two fifths: each side may be off by one. */
static bool is_interval(const struct infer_rhythm *of, int64_t from, int64_t to)
{
	int64_t spacing = origin_elapsed(from, to);
	return spacing >= of->interval / 10 * 6 && spacing <= of->interval / 10 * 14;
}

/* More than two answered ones that follow each other are ever apart. */
static bool is_hole(const struct infer_rhythm *of, int64_t from, int64_t to, uint32_t missed)
{
	return origin_elapsed(from, to) >= of->interval / 10 * 8 * (missed + 1);
}

static void keep(const struct infer_rhythm *of, const struct infer_beat *beat, struct infer_misses *out)
{
	if (out->n < ECHO_MISSED_KEPT)
		out->first[out->n] = (struct origin){
		    .time = beat->time, .packet = beat->packet, .input = of->pair->last_request.input};
	out->n++;
}

/* Between two answered ones, the beats at `from` and `to`. */
static void take_hole(const struct infer_rhythm *of, uint32_t from, uint32_t to, struct infer_misses *out)
{
	const struct infer_beat *beats = of->pair->beats;
	int64_t before = beats[from].time;
	bool in_rhythm = true;
	uint32_t missed = 0;
	for (uint32_t i = from + 1; i < to; i++) {
		if (!is_missed(&beats[i]))
			continue;
		in_rhythm = in_rhythm && is_interval(of, before, beats[i].time) && beats[i].packet != 0 &&
		            !infer_is_other(&beats[i], of->rtt_usual);
		before = beats[i].time;
		missed++;
	}
	if (!in_rhythm || !is_interval(of, before, beats[to].time) ||
	    !is_hole(of, beats[from].time, beats[to].time, missed))
		return;
	for (uint32_t i = from + 1; i < to; i++)
		if (is_missed(&beats[i]))
			keep(of, &beats[i], out);
}

void infer_keep_misses(const struct infer_rhythm *echo, uint32_t n, struct infer_misses *out)
{
	const struct infer_pair *pair = echo->pair;
	uint32_t before = pair->n_beats;
	for (uint32_t i = 0; i < pair->n_beats; i++) {
		if (!infer_is_pair(&pair->beats[i]))
			continue;
		if (before < n)
			take_hole(echo, before, i, out);
		before = i;
	}
}

void infer_misses(const struct infer_rhythm *echo, struct infer_misses *out)
{
	*out = echo->pair->misses;
	infer_keep_misses(echo, echo->pair->n_beats, out);
}
