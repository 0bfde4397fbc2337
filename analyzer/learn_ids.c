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
#define RISES_LEAST  3
#define LONGEST      4

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

static void find_pairs(const struct learn_message *messages, const uint32_t *types, uint32_t n,
                       struct pairs *pairs)
{
	struct waiting waiting[ROWS(requests)] = {{.n = 0}};
	uint32_t input = 0;
	for (uint32_t i = 0; i < n; i++) {
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

/* ---- bytes that repeat ---- */

static bool repeats(const struct pairs *pairs, uint8_t off)
{
	for (uint32_t i = 0; i < pairs->n; i++)
		if (learn_number(pairs->list[i].request, off, 1, false) !=
		    learn_number(pairs->list[i].response, off, 1, false))
			return false;
	return true;
}

static bool varies(const struct learn_message *messages, uint32_t n, uint8_t off)
{
	for (uint32_t i = 1; i < n; i++)
		if (learn_number(messages[i].bytes, off, 1, false) != learn_number(messages[0].bytes, off, 1, false))
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

/* How often the value of a message is a little higher than that of the one before, from the same side. */
static uint32_t count_rises(const struct learn_message *messages, uint32_t n, struct profile_place place, bool little)
{
	uint32_t rises = 0, mask = UINT32_MAX >> 8 * (4 - place.size), before[2] = {0, 0};
	bool known[2] = {false, false};
	for (uint32_t i = 0; i < n; i++) {
		uint8_t dir = messages[i].dir;
		uint32_t value = learn_number(messages[i].bytes, place.off, place.size, little);
		uint32_t rise = (value - before[dir]) & mask;
		rises += known[dir] && rise > 0 && rise <= NEAR;
		before[dir] = value;
		known[dir] = true;
	}
	return rises;
}

static enum learn_order order_of(const struct learn_message *messages, uint32_t n, struct profile_place place)
{
	uint32_t big = count_rises(messages, n, place, false), little = count_rises(messages, n, place, true);
	if (place.size == 1)
		return ORDER_BOTH;
	if (big >= RISES_LEAST && big > 3 * little)
		return ORDER_BIG;
	return little >= RISES_LEAST && little > 3 * big ? ORDER_LITTLE : ORDER_UNKNOWN;
}

static void take_range(const struct pairs *pairs, struct profile_place place, struct learn_ids *out)
{
	if (place.size > LONGEST || !tells_apart(pairs, place)) {
		out->unsure = out->unsure || place.size > LONGEST;
		return;
	}
	if (out->found) {
		out->unsure = true;
		out->other = place;
		return;
	}
	out->found = true;
	out->place = place;
}

void learn_ids_find(const struct learn_message *messages, const uint32_t *types, uint32_t n, uint32_t used,
                    uint8_t header, struct learn_ids *out)
{
	struct pairs pairs = {.list = xcalloc(n + 1, sizeof pairs.list[0])};
	find_pairs(messages, types, n, &pairs);
	*out = (struct learn_ids){.pairs = pairs.n};
	struct profile_place range = {0, 0};
	for (uint8_t off = 0; pairs.n >= PAIRS_LEAST && off <= header; off++) {
		bool inside = off < header && (used >> off & 1) == 0 && repeats(&pairs, off) &&
		              varies(messages, n, off);
		if (inside && range.size++ == 0)
			range.off = off;
		if (inside || range.size == 0)
			continue;
		take_range(&pairs, range, out);
		range.size = 0;
	}
	if (out->found)
		out->order = order_of(messages, n, out->place);
	free(pairs.list);
}

/* ---- bytes beside it ---- */

static bool is_always(const struct learn_message *messages, uint32_t n, uint8_t off, uint8_t value)
{
	for (uint32_t i = 0; i < n; i++)
		if (learn_number(messages[i].bytes, off, 1, false) != value)
			return false;
	return true;
}

/* The byte of the highest order only carries: what stands beside it may be a part of the id that never changed. */
static bool only_carries(const struct learn_message *messages, uint32_t n, uint8_t off)
{
	uint8_t first = (uint8_t)learn_number(messages[0].bytes, off, 1, false);
	for (uint32_t i = 1; i < n; i++) {
		uint8_t apart = (uint8_t)(learn_number(messages[i].bytes, off, 1, false) - first);
		if (apart > 1 && apart < UINT8_MAX)
			return false;
	}
	return true;
}

void learn_ids_widen(const struct learn_message *messages, uint32_t n, uint32_t used, uint8_t header, bool little,
                     struct learn_ids *ids)
{
	uint8_t zeros = 0, high = little ? (uint8_t)(ids->place.off + ids->place.size - 1) : ids->place.off;
	int step = little ? 1 : -1;
	for (int off = high + step; off >= 0 && off < header && ids->place.size + zeros < LONGEST; off += step) {
		if ((used >> off & 1) != 0)
			break;
		if (!is_always(messages, n, (uint8_t)off, 0)) {
			bool constant = !varies(messages, n, (uint8_t)off);
			ids->unsure = ids->unsure || (constant && zeros == 0 && only_carries(messages, n, high));
			break;
		}
		zeros++;
	}
	/* zeros are taken up to a usual width: the value is the same */
	uint8_t size = ids->place.size, wide = (uint8_t)(size + zeros);
	uint8_t to = wide >= 4 ? 4 : wide >= 2 && size <= 2 ? 2 : size;
	if (!little)
		ids->place.off = (uint8_t)(ids->place.off - (to - size));
	ids->place.size = to;
}
