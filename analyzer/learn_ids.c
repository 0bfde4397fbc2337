/*
 * Where the transaction id stands: bytes of the header that a response repeats from its request, and that
 * differ from one request to the next. Called by learn_shape.c. Knows types by their published ids only.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define ROWS(table)  (sizeof(table) / sizeof *(table))
#define PAIRS_LEAST  4
#define VALUES_LEAST 3
#define NEAR         16 /* ids that count up are no further apart */
#define LONGEST      4
#define ABSENT_LEAST 3
#define APART_LEAST  6
#define LOW_BITS     14

static const uint32_t requests[] = {1, 13, 16, 20, 30}; /* the response has the next id, facts.md section 2 */

struct pair {
	struct span request, response;
};

struct pairs {
	struct pair *list;
	uint32_t n;
};

/* Requests of one type that wait. After two did, it is not known which of them a response answers. */
struct waiting {
	struct span request;
	uint32_t n;
	bool mixed;
};

static void take_response(struct waiting *waiting, struct span response, struct pairs *pairs)
{
	if (waiting->n == 0)
		return;
	if (waiting->n > 1)
		waiting->mixed = true;
	if (!waiting->mixed)
		pairs->list[pairs->n++] = (struct pair){waiting->request, response};
	if (--waiting->n == 0)
		waiting->mixed = false;
}

static void find_pairs(const struct learn_typed *typed, struct pairs *pairs)
{
	const struct learn_message *messages = typed->messages;
	const uint32_t *types = typed->types;
	struct waiting waiting[ROWS(requests)] = {{.n = 0}};
	uint32_t input = 0;
	for (uint32_t i = 0; i < typed->n; i++) {
		if (messages[i].input != input)
			memset(waiting, 0, sizeof waiting);
		input = messages[i].input;
		for (size_t k = 0; k < ROWS(requests); k++) {
			if (types[i] == requests[k]) {
				waiting[k].request = messages[i].bytes;
				waiting[k].n++;
			} else if (types[i] == requests[k] + 1) {
				take_response(&waiting[k], messages[i].bytes, pairs);
			}
		}
	}
}

bool learn_is_request(uint32_t type)
{
	for (size_t k = 0; k < ROWS(requests); k++)
		if (requests[k] == type)
			return true;
	return false;
}

/* ---- bytes that repeat ---- */

static bool repeats(const struct pairs *pairs, uint8_t off)
{
	for (uint32_t i = 0; i < pairs->n; i++)
		if (learn_number(pairs->list[i].request, off, 1, false) !=
		    learn_number(pairs->list[i].response, off, 1, false))
			return false;
	return true;
}

static uint8_t byte_of(const struct learn_typed *typed, uint32_t i, uint8_t off)
{
	return (uint8_t)learn_number(typed->messages[i].bytes, off, 1, false);
}

static bool varies(const struct learn_typed *typed, uint8_t off)
{
	for (uint32_t i = 1; i < typed->n; i++)
		if (byte_of(typed, i, off) != byte_of(typed, 0, off))
			return true;
	return false;
}

/* Most requests have a value of their own. */
static bool tells_apart(const struct pairs *pairs, struct profile_place place)
{
	uint32_t different = 0;
	for (uint32_t i = 0; i < pairs->n; i++) {
		struct span value = span_cut(pairs->list[i].request, place.off, place.size);
		uint32_t k = 0;
		while (k < i && !span_equal(value, span_cut(pairs->list[k].request, place.off, place.size)))
			k++;
		different += k == i;
	}
	return different >= VALUES_LEAST && 5 * different >= 4 * pairs->n;
}

/*
 * An outer byte of a range that never comes back to a value belongs to a counter beside the id, unless it
 * carries with the byte inside of it, from one request to the next. Unsure when no request shows which.
 */
static bool is_foreign(const struct learn_typed *typed, const struct pairs *pairs, uint8_t outer,
                       uint8_t inner, bool *unsure)
{
	uint32_t carried = 0;
	if (!learn_count_is_slow(typed, outer))
		return false;
	for (uint32_t i = 1; i < pairs->n; i++) {
		struct span a = pairs->list[i - 1].request, b = pairs->list[i].request;
		uint32_t from = learn_number(a, outer, 1, false) << 8 | learn_number(a, inner, 1, false);
		uint32_t to = learn_number(b, outer, 1, false) << 8 | learn_number(b, inner, 1, false);
		uint32_t rise = (to - from) & UINT16_MAX;
		if (from >> 8 == to >> 8)
			continue;
		if (rise == 0 || rise > NEAR)
			return true;
		carried++;
	}
	*unsure = *unsure || carried == 0;
	return carried == 0;
}

static void trim(const struct learn_typed *typed, const struct pairs *pairs, struct profile_place *range,
                 bool *unsure)
{
	while (range->size > 1 && is_foreign(typed, pairs, range->off, (uint8_t)(range->off + 1), unsure)) {
		range->off++;
		range->size--;
	}
	while (range->size > 1 && is_foreign(typed, pairs, (uint8_t)(range->off + range->size - 1),
	                                     (uint8_t)(range->off + range->size - 2), unsure))
		range->size--;
}

/* So near that both could be one number, with bytes between them that did not change. */
static bool is_near(struct profile_place a, struct profile_place b)
{
	return a.size > 0 && b.off + b.size - a.off <= LONGEST;
}

static void take_range(const struct learn_typed *typed, const struct pairs *pairs, struct profile_place place,
                       struct learn_ids *out)
{
	trim(typed, pairs, &place, &out->unsure);
	if (place.size > LONGEST || !tells_apart(pairs, place)) {
		bool slow = place.size == 1 && learn_count_is_slow(typed, place.off);
		out->unsure = out->unsure || place.size > LONGEST ||
		              (!slow && is_near(out->found ? out->place : out->other, place));
		if (!out->found && !slow)
			out->other = place;
		return;
	}
	if (out->found || is_near(out->other, place))
		out->unsure = true;
	out->other = out->found ? place : (struct profile_place){0, 0};
	if (!out->found)
		out->place = place;
	out->found = true;
}

void learn_ids_find(const struct learn_typed *typed, struct learn_ids *out)
{
	struct pairs pairs = {.list = xcalloc(typed->n + 1, sizeof pairs.list[0])};
	find_pairs(typed, &pairs);
	*out = (struct learn_ids){.pairs = pairs.n};
	struct profile_place range = {0, 0};
	for (uint8_t off = 0; pairs.n >= PAIRS_LEAST && off <= typed->header; off++) {
		bool inside = off < typed->header && (typed->used >> off & 1) == 0 && repeats(&pairs, off) &&
		              varies(typed, off);
		if (inside && range.size++ == 0)
			range.off = off;
		if (inside || range.size == 0)
			continue;
		take_range(typed, &pairs, range, out);
		range.size = 0;
	}
	if (!out->found)
		out->other = (struct profile_place){0, 0};
	if (out->found)
		out->order = learn_count_order(typed, out->place);
	free(pairs.list);
}

/* ---- bytes beside it ---- */

static bool is_zero(const struct learn_typed *typed, uint8_t off)
{
	return typed->n > 0 && byte_of(typed, 0, off) == 0 && !varies(typed, off);
}

/* The id as far as it is known, in a byte order: `high` is its highest byte that changes. */
struct known {
	const struct learn_typed *typed;
	struct profile_place place;
	uint8_t high, zeros; /* bytes beside it that are always 0 */
	bool little;
};

static uint32_t id_of(const struct known *known, uint32_t i)
{
	return learn_number(known->typed->messages[i].bytes, known->place.off, known->place.size,
	                    known->little);
}

static bool is_asked(const struct known *known, uint32_t i)
{
	uint32_t type = known->typed->types[i];
	return learn_is_request(type) || learn_is_request(type - 1);
}

/* Messages that nobody asks for have none: it is 0 in several, and then all of its bytes are. */
static bool is_absent(const struct known *known)
{
	uint32_t absent = 0;
	for (uint32_t i = 0; i < known->typed->n; i++)
		absent += !is_asked(known, i) && id_of(known, i) == 0;
	return absent >= ABSENT_LEAST;
}

/* Requests have high bytes from everywhere, as random numbers do; those of a few counters lie together. */
static bool is_random(const struct known *known)
{
	bool had[UINT8_MAX + 2] = {false}; /* by the value, 1 higher */
	uint32_t apart = 0;
	for (uint32_t i = 0; i < known->typed->n; i++)
		if (learn_is_request(known->typed->types[i]))
			had[byte_of(known->typed, i, known->high) + 1] = true;
	for (uint32_t value = 1; value <= UINT8_MAX + 1; value++)
		apart += had[value] && !had[value - 1];
	return apart >= APART_LEAST;
}

/* It counts from one request to the next, and began anew. */
static bool begins_anew(const struct known *known)
{
	uint32_t anew = 0, before = 0, mask = UINT32_MAX >> 8 * (LONGEST - known->place.size);
	bool any = false;
	for (uint32_t i = 0; i < known->typed->n; i++) {
		if (!learn_is_request(known->typed->types[i]))
			continue;
		uint32_t id = id_of(known, i);
		if (any && ((id - before) & mask) > NEAR)
			return false;
		anew += any && id < before;
		before = id;
		any = true;
	}
	return anew > 0;
}

/* It counts from 0 or 1, and so do those of messages that nobody asks for: by chance a number rarely does. */
static bool begins_low(const struct known *known)
{
	uint32_t bits = 0, width = 8u * (known->place.size + known->zeros);
	bool seen[2] = {false, false};
	for (uint32_t i = 0; i < known->typed->n; i++) {
		bool asked = is_asked(known, i);
		if (!seen[asked] && id_of(known, i) <= 1)
			bits += width - 1;
		seen[asked] = true;
	}
	return bits >= LOW_BITS;
}

static struct known know(const struct learn_typed *typed, bool little, const struct learn_ids *ids)
{
	struct known known = {.typed = typed, .place = ids->place, .little = little};
	known.high = little ? (uint8_t)(ids->place.off + ids->place.size - 1) : ids->place.off;
	return known;
}

void learn_ids_look_beside(const struct learn_typed *typed, bool little, struct learn_ids *ids)
{
	struct known known = know(typed, little, ids);
	int step = little ? 1 : -1;
	for (int off = known.high + step;
	     off >= 0 && off < typed->header && ids->place.size + known.zeros < LONGEST; off += step) {
		if ((typed->used >> off & 1) != 0 || varies(typed, (uint8_t)off))
			return;
		if (!is_zero(typed, (uint8_t)off)) {
			ids->wider = ids->wider || !(is_absent(&known) || is_random(&known) ||
			                             begins_anew(&known) || begins_low(&known));
			return;
		}
		known.zeros++;
	}
}

void learn_ids_widen(const struct learn_typed *typed, bool little, struct learn_ids *ids)
{
	uint8_t zeros = 0, high = know(typed, little, ids).high;
	int step = little ? 1 : -1;
	learn_ids_look_beside(typed, little, ids);
	for (int off = high + step; off >= 0 && off < typed->header && ids->place.size + zeros < LONGEST;
	     off += step) {
		if ((typed->used >> off & 1) != 0 || !is_zero(typed, (uint8_t)off))
			break;
		zeros++;
	}
	/* zeros are taken up to a usual width: the value is the same */
	uint8_t size = ids->place.size, wide = (uint8_t)(size + zeros);
	uint8_t to = wide >= 4 ? 4 : wide >= 2 && size <= 2 ? 2 : size;
	if (!little)
		ids->place.off = (uint8_t)(ids->place.off - (to - size));
	ids->place.size = to;
}
