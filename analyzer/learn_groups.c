/*
 * Elements whose values are lists of elements. Called by learn_shape.c. All values of one must be so, many of
 * them and different ones, and values of other elements must show that chance makes none.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define VALUES_LEAST 8  /* different ones */
#define DIFFERENT    32 /* are told apart */
#define BITS_LEAST   24 /* so unlikely must all of them be by chance */

/* Values of one id. */
struct kind {
	struct learn_group seen;
	uint32_t lists, elements, empty;
	size_t places, closing; /* where a list may begin, and where one does that ends with the value */
	uint64_t hashes[DIFFERENT];
};

/* The list that begins at a place of a value and ends with it; no elements = none does. */
struct list {
	uint32_t elements, empty;
};

struct search {
	const struct learn_tlv *tlv;
	struct kind *kinds; /* LIMIT_PROFILE_ELEMENTS; values of more are not looked at */
	uint32_t n;
	struct list *lists; /* by the place in a value */
	struct learn_group *groups;
	size_t n_groups;
};

static bool is_group(const struct search *search, uint32_t id)
{
	for (size_t i = 0; i < search->n_groups; i++)
		if (search->groups[i].id == id)
			return true;
	return false;
}

static struct kind *kind_of(struct search *search, uint32_t id)
{
	for (uint32_t i = 0; i < search->n; i++)
		if (search->kinds[i].seen.id == id)
			return &search->kinds[i];
	if (search->n == LIMIT_PROFILE_ELEMENTS)
		return NULL;
	struct kind *kind = &search->kinds[search->n++];
	*kind = (struct kind){.seen = {.id = id}};
	return kind;
}

static void count_different(struct kind *kind, struct span value)
{
	uint64_t hash = value.n;
	for (size_t at = 0; at < value.n; at++)
		hash = learn_mix(hash, learn_number(value, at, 1, false));
	for (uint32_t i = 0; i < kind->seen.different; i++)
		if (kind->hashes[i] == hash)
			return;
	if (kind->seen.different < DIFFERENT)
		kind->hashes[kind->seen.different++] = hash;
}

/* From its end to its beginning: a list is an element, and the list behind it. */
static void count_lists(struct search *search, struct kind *kind, struct span value)
{
	struct learn_element element;
	size_t own = search->tlv->type + (size_t)search->tlv->length;
	search->lists[value.n] = (struct list){0, 0};
	for (size_t at = value.n; at-- > 0;) {
		struct list *list = &search->lists[at];
		*list = (struct list){0, 0};
		kind->places += value.n - at >= own;
		if (!learn_element_at(search->tlv, value, at, &element) || element.type == 0)
			continue;
		const struct list *behind = &search->lists[element.next];
		if (element.next < value.n && behind->elements == 0)
			continue;
		list->elements = behind->elements + 1;
		list->empty = behind->empty + (element.value.n == 0);
		kind->closing++;
	}
}

static void take_value(struct search *search, uint32_t id, struct span value)
{
	struct kind *kind = value.n > 0 ? kind_of(search, id) : NULL;
	if (kind == NULL)
		return;
	count_lists(search, kind, value);
	count_different(kind, value);
	const struct list *list = &search->lists[0];
	kind->seen.values++;
	kind->lists += list->elements > 0;
	kind->elements += list->elements;
	kind->empty += list->empty;
	if (list->elements > kind->seen.most)
		kind->seen.most = list->elements;
}

static void take_list(struct search *search, struct span list, int depth)
{
	struct learn_element element;
	for (size_t at = 0; at < list.n && learn_element_at(search->tlv, list, at, &element);
	     at = element.next) {
		take_value(search, element.type, element.value);
		if (depth < LIMIT_GROUPS && is_group(search, element.type))
			take_list(search, element.value, depth + 1);
	}
}

/* As by chance: how often lists begin in values of other ids. */
static void count_others(const struct search *search, struct kind *kind)
{
	kind->seen.places = kind->seen.closing = 0;
	for (uint32_t i = 0; i < search->n; i++) {
		const struct kind *other = &search->kinds[i];
		if (other == kind || is_group(search, other->seen.id))
			continue;
		kind->seen.places += other->places;
		kind->seen.closing += other->closing;
	}
}

static bool are_lists(const struct kind *kind)
{
	const struct learn_group *seen = &kind->seen;
	return kind->lists == seen->values && seen->most >= 2 && seen->different >= VALUES_LEAST &&
	       2 * kind->empty <= kind->elements &&
	       seen->different * learn_rarity(seen->closing + 1, seen->places + 1) >= BITS_LEAST;
}

/* True when there are new ones: inside of these may be more. */
static bool find_more(struct search *search)
{
	size_t before = search->n_groups;
	for (uint32_t i = 0; i < search->n; i++) {
		struct kind *kind = &search->kinds[i];
		if (search->n_groups == LEARN_GROUPS || is_group(search, kind->seen.id))
			continue;
		count_others(search, kind);
		if (are_lists(kind))
			search->groups[search->n_groups++] = kind->seen;
	}
	return search->n_groups > before;
}

size_t learn_groups_find(const struct learn_message *messages, uint32_t n, const struct learn_tlv *tlv,
                         struct learn_group groups[LEARN_GROUPS])
{
	size_t longest = 0;
	for (uint32_t i = 0; i < n; i++)
		longest = messages[i].bytes.n > longest ? messages[i].bytes.n : longest;
	struct search search = {.tlv = tlv,
	                        .kinds = xcalloc(LIMIT_PROFILE_ELEMENTS, sizeof(struct kind)),
	                        .lists = xcalloc(longest + 1, sizeof(struct list)),
	                        .groups = groups};
	do {
		search.n = 0;
		for (uint32_t i = 0; i < n; i++)
			take_list(&search, span_cut(messages[i].bytes, tlv->header, SIZE_MAX), 0);
	} while (find_more(&search));
	free(search.kinds);
	free(search.lists);
	return search.n_groups;
}
