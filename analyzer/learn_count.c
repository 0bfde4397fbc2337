/*
 * Numbers in headers that count from message to message: they show the byte order, and are no ids. Called by
 * learn_ids.c and learn_shape.c.
 */
#include "analyzer/learn_parts.h"

#define NEAR        16 /* steps of counters are no larger */
#define RISES_LEAST 3
#define RARELY      4 /* at most once in so many messages */

/* Requests, responses and other messages count by themselves, each side, too; responses only repeat. */
enum { SEQUENCES = 5, RESPONSES = 4 };

static uint8_t sequence_of(const struct learn_typed *typed, uint32_t i)
{
	uint8_t dir = typed->messages[i].dir;
	if (learn_is_request(typed->types[i]))
		return dir;
	return learn_is_request(typed->types[i] - 1) ? RESPONSES : (uint8_t)(2 + dir);
}

static uint32_t value_of(const struct learn_typed *typed, uint32_t i, struct profile_place place, bool little)
{
	return learn_number(typed->messages[i].bytes, place.off, place.size, little);
}

static uint32_t count_rises(const struct learn_typed *typed, struct profile_place place, bool little)
{
	uint32_t rises = 0, mask = UINT32_MAX >> 8 * (4 - place.size), before[SEQUENCES] = {0};
	bool known[SEQUENCES] = {false};
	for (uint32_t i = 0; i < typed->n; i++) {
		uint8_t of = sequence_of(typed, i);
		uint32_t value = value_of(typed, i, place, little), rise = (value - before[of]) & mask;
		rises += of != RESPONSES && known[of] && rise > 0 && rise <= NEAR;
		before[of] = value;
		known[of] = true;
	}
	return rises;
}

enum learn_order learn_count_order(const struct learn_typed *typed, struct profile_place place)
{
	if (place.size == 1)
		return ORDER_UNKNOWN;
	uint32_t big = count_rises(typed, place, false), little = count_rises(typed, place, true);
	if (big >= RISES_LEAST && big > 3 * little)
		return ORDER_BIG;
	return little >= RISES_LEAST && little > 3 * big ? ORDER_LITTLE : ORDER_UNKNOWN;
}

/* A byte counts, and once or more it began anew while its neighbour rose by one. */
static bool carries(const struct learn_typed *typed, uint8_t low, uint8_t high, bool by_side)
{
	uint32_t carried = 0, last[2] = {0, 0};
	for (uint32_t i = 0; i < typed->n; i++) {
		uint8_t side = by_side ? typed->messages[i].dir : 0;
		uint32_t before = last[side];
		last[side] = i + 1;
		if (before == 0)
			continue;
		const struct profile_place at_low = {low, 1}, at_high = {high, 1};
		uint32_t from = value_of(typed, before - 1, at_low, false),
		         to = value_of(typed, i, at_low, false);
		uint32_t rise = (to - from) & UINT8_MAX;
		uint32_t carry =
		    (value_of(typed, i, at_high, false) - value_of(typed, before - 1, at_high, false)) &
		    UINT8_MAX;
		if (rise == 0 || rise > NEAR || carry != (to < from))
			return false;
		carried += carry;
	}
	return carried > 0;
}

enum learn_order learn_count_carries(const struct learn_typed *typed)
{
	bool big = false, little = false;
	for (uint8_t off = 0; off + 1 < typed->header; off++) {
		if ((typed->used >> off & 3) != 0)
			continue;
		for (int by_side = 0; by_side < 2; by_side++) {
			big = big || carries(typed, (uint8_t)(off + 1), off, by_side > 0);
			little = little || carries(typed, off, (uint8_t)(off + 1), by_side > 0);
		}
	}
	return big == little ? ORDER_UNKNOWN : big ? ORDER_BIG : ORDER_LITTLE;
}

bool learn_count_is_slow(const struct learn_typed *typed, uint8_t off)
{
	bool had[2][UINT8_MAX + 1] = {{false}}, known[2] = {false, false};
	uint32_t before[2] = {0, 0}, changes = 0;
	for (uint32_t i = 0; i < typed->n; i++) {
		uint8_t dir = typed->messages[i].dir;
		uint32_t value = value_of(typed, i, (struct profile_place){off, 1}, false);
		bool changed = known[dir] && value != before[dir];
		if (changed && had[dir][value])
			return false;
		changes += changed;
		had[dir][value] = true;
		before[dir] = value;
		known[dir] = true;
	}
	return changes > 0 && RARELY * changes <= typed->n;
}
