/*
 * Whether the bodies of messages are lists of type, length, value, and of which sizes. Called by
 * learn_shape.c. A list must fill every body exactly, and must not be made of nothing but zeros.
 */
#include "analyzer/learn_parts.h"

#define ROWS(table)   (sizeof(table) / sizeof *(table))
#define BODIES_LEAST  4
#define LENGTHS_LEAST 3 /* different ones of bodies: chance rarely fits them all */

struct shape {
	uint8_t header, type, length;
	bool is_total, pad, little;
};

struct count {
	uint32_t bodies, elements, empty, untyped, lengths;
	size_t last; /* bytes of a body: counts different neighbours */
};

static bool walk_body(const struct shape *shape, struct span body, struct count *count)
{
	size_t own = shape->type + (size_t)shape->length;
	for (size_t at = 0; at < body.n;) {
		if (body.n - at < own)
			return false;
		uint32_t type = learn_number(body, at, shape->type, shape->little);
		size_t n = learn_number(body, at + shape->type, shape->length, shape->little);
		if (!shape->is_total)
			n += own;
		if (n < own)
			return false;
		count->elements++;
		count->empty += n == own;
		count->untyped += type == 0;
		if (n > body.n - at)
			return false;
		size_t pad = shape->pad ? (PROFILE_PAD - n % PROFILE_PAD) % PROFILE_PAD : 0;
		at += n;
		if (pad > body.n - at || learn_number(body, at, (uint8_t)pad, false) != 0)
			return false;
		at += pad;
	}
	return true;
}

static bool fits(const struct learn_message *messages, uint32_t n, const struct shape *shape,
                 struct count *count)
{
	*count = (struct count){.last = 0};
	for (uint32_t i = 0; i < n; i++) {
		struct span body = span_cut(messages[i].bytes, shape->header, SIZE_MAX);
		if (!walk_body(shape, body, count))
			return false;
		count->bodies += body.n > 0;
		count->lengths += body.n > 0 && body.n != count->last;
		count->last = body.n;
	}
	return count->bodies >= BODIES_LEAST && count->lengths >= LENGTHS_LEAST &&
	       2 * count->empty <= count->elements && 4 * count->untyped <= count->elements;
}

/* Empty ones are few; a message of nothing but a header shows where that ends; the sizes tried first are
 * usual. */
static bool is_better(const struct count *a, const struct shape *of_a, const struct count *b,
                      const struct shape *of_b, size_t shortest)
{
	/* where a length counts all, zeros behind it are rather its own than all values' */
	if (of_a->is_total && of_b->is_total && a->elements == b->elements)
		return of_a->type + of_a->length > of_b->type + of_b->length;
	if (a->empty != b->empty)
		return a->empty < b->empty;
	return of_a->header == shortest && of_b->header != shortest;
}

static void say_shape(const struct learn_bodies *bodies, const struct shape *shape, struct learn_lines *same)
{
	if (same != NULL)
		learn_say(same, "%sheader %u and elements tlv %u %u %s%s", bodies->before,
		          (unsigned)shape->header,
		          (unsigned)shape->type, (unsigned)shape->length, shape->is_total ? "total" : "value",
		          shape->pad ? " pad4" : "");
}

struct best {
	bool found;
	struct shape shape;
	struct count count;
};

static void try_shape(const struct learn_message *messages, uint32_t n, const struct shape *shape,
                      const struct learn_bodies *bodies, struct best *best, struct learn_lines *same)
{
	struct count count;
	if (!fits(messages, n, shape, &count))
		return;
	if (best->found && !is_better(&count, shape, &best->count, &best->shape, bodies->shortest)) {
		say_shape(bodies, shape, same);
		return;
	}
	if (best->found)
		say_shape(bodies, &best->shape, same);
	*best = (struct best){true, *shape, count};
}

void learn_elements_find(const struct learn_message *messages, uint32_t n, const struct learn_bodies *bodies,
                         struct learn_elements *out, struct learn_lines *same)
{
	/* usual ones first: the first that fits is taken */
	static const uint8_t sizes[][2] = {{2, 2}, {1, 1}, {1, 2}, {2, 1}, {4, 4}, {2, 4}, {4, 2}, {1, 4},
	                                   {4, 1}, {1, 3}, {3, 1}, {2, 3}, {3, 2}, {3, 3}, {3, 4}, {4, 3}};
	struct best best = {.found = false};
	for (size_t i = 0; i < ROWS(sizes); i++)
		for (int how = 0; how < 4; how++)
			for (uint8_t header = bodies->from; header <= bodies->to; header++) {
				struct shape shape = {.header = header,
				                      .type = sizes[i][0],
				                      .length = sizes[i][1],
				                      .is_total = how % 2 == 1,
				                      .pad = how / 2 == 1,
				                      .little = bodies->little};
				try_shape(messages, n, &shape, bodies, &best, same);
			}
	*out = (struct learn_elements){.found = best.found,
	                               .header = best.shape.header,
	                               .type = best.shape.type,
	                               .length = best.shape.length,
	                               .is_total = best.shape.is_total,
	                               .pad = best.shape.pad,
	                               .bodies = best.count.bodies,
	                               .elements = best.count.elements};
}
