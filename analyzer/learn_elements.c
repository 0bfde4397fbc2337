/*
 * Whether the bodies of messages are lists of type, length, value, and of which sizes. Called by
 * learn_shape.c. A list must fill every body exactly, and must not be made of nothing but zeros.
 */
#include "analyzer/learn_parts.h"

#define ROWS(table)   (sizeof(table) / sizeof *(table))
#define BODIES_LEAST  4
#define MANY          256 /* elements */
#define PADDED_LEAST  8   /* elements behind which bytes fill up */
#define LENGTHS_LEAST 3   /* different ones of bodies: chance rarely fits them all */

struct count {
	uint32_t bodies, elements, empty, untyped, padded, lengths;
	size_t last; /* bytes of a body: counts different neighbours */
};

bool learn_element_at(const struct learn_tlv *tlv, struct span bytes, size_t at, struct learn_element *out)
{
	size_t own = tlv->type + (size_t)tlv->length;
	if (bytes.n - at < own)
		return false;
	size_t n = learn_number(bytes, at + tlv->type, tlv->length, tlv->little);
	if (!tlv->is_total)
		n += own;
	if (n < own || n > bytes.n - at)
		return false;
	size_t pad = tlv->pad ? (PROFILE_PAD - n % PROFILE_PAD) % PROFILE_PAD : 0;
	if (pad > bytes.n - at - n || learn_number(bytes, at + n, (uint8_t)pad, false) != 0)
		return false;
	*out = (struct learn_element){.type = learn_number(bytes, at, tlv->type, tlv->little),
	                              .value = span_cut(bytes, at + own, n - own),
	                              .next = at + n + pad,
	                              .padded = pad > 0};
	return true;
}

/* So many are empty or without a type that no more need to be looked at. */
static bool is_poor(const struct count *count)
{
	return 2 * count->empty > count->elements || 4 * count->untyped > count->elements;
}

static bool walk_body(const struct learn_tlv *tlv, struct span body, struct count *count)
{
	struct learn_element element;
	for (size_t at = 0; at < body.n; at = element.next) {
		if (!learn_element_at(tlv, body, at, &element))
			return false;
		count->elements++;
		count->empty += element.value.n == 0;
		count->untyped += element.type == 0;
		count->padded += element.padded;
		if (count->elements >= MANY && is_poor(count))
			return false;
	}
	return true;
}

static bool fits(const struct learn_message *messages, uint32_t n, const struct learn_tlv *tlv,
                 struct count *count)
{
	*count = (struct count){.last = 0};
	for (uint32_t i = 0; i < n; i++) {
		struct span body = span_cut(messages[i].bytes, tlv->header, SIZE_MAX);
		if (!walk_body(tlv, body, count))
			return false;
		count->bodies += body.n > 0;
		count->lengths += body.n > 0 && body.n != count->last;
		count->last = body.n;
	}
	return count->bodies >= BODIES_LEAST && count->lengths >= LENGTHS_LEAST &&
	       (!tlv->pad || count->padded >= PADDED_LEAST) && !is_poor(count);
}

/* Empty ones are few; a message of nothing but a header shows where that ends; the sizes tried first are
 * usual. */
static bool is_better(const struct count *a, const struct learn_tlv *of_a, const struct count *b,
                      const struct learn_tlv *of_b, size_t shortest)
{
	/* where a length counts all, zeros behind it are rather its own than all values' */
	if (of_a->is_total && of_b->is_total && a->elements == b->elements)
		return of_a->type + of_a->length > of_b->type + of_b->length;
	if (a->empty != b->empty)
		return a->empty < b->empty;
	return of_a->header == shortest && of_b->header != shortest;
}

static void say_shape(const struct learn_tlv *tlv, struct learn_lines *same)
{
	learn_say(same, "header %u and elements tlv %u %u %s%s", (unsigned)tlv->header, (unsigned)tlv->type,
	          (unsigned)tlv->length, tlv->is_total ? "total" : "value", tlv->pad ? " pad4" : "");
}

struct best {
	bool found;
	struct learn_tlv tlv;
	struct count count;
};

static void try_shape(const struct learn_message *messages, uint32_t n, const struct learn_tlv *tlv,
                      const struct learn_bodies *bodies, struct best *best, struct learn_lines *same)
{
	struct count count;
	if (!fits(messages, n, tlv, &count))
		return;
	if (best->found && !is_better(&count, tlv, &best->count, &best->tlv, bodies->shortest)) {
		say_shape(tlv, same);
		return;
	}
	if (best->found)
		say_shape(&best->tlv, same);
	*best = (struct best){true, *tlv, count};
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
				struct learn_tlv tlv = {.header = header,
				                        .type = sizes[i][0],
				                        .length = sizes[i][1],
				                        .is_total = how % 2 == 1,
				                        .pad = how / 2 == 1,
				                        .little = bodies->little};
				try_shape(messages, n, &tlv, bodies, &best, same);
			}
	*out = (struct learn_elements){.found = best.found,
	                               .tlv = best.tlv,
	                               .bodies = best.count.bodies,
	                               .elements = best.count.elements,
	                               .padded = best.count.padded};
}
