/*
 * Weighs what the data allows, and learns a profile or says why it cannot; see learn.h. The walls around it:
 * learn_data (plaintext in parts), learn_cut (lengths), learn_type, learn_elements, learn_ids, learn_shape
 * (the profile), learn_text.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * So unlikely must a framing be by chance, in bits: some 2^20 combinations of places are tried, and one false
 * framing in a million data sets is enough.
 */
#define BITS_LEAST 40
#define BITS_TYPES 26 /* of these of the types alone: other protocols have messages in records, too */
#define BITS_END   6  /* of a part that ends with a whole message: one in so many would by chance */
#define BITS_APART 16 /* a framing that is so much likelier than another needs no doubt */
#define BITS_KIND  4  /* of a type more: a field of few values is more likely something else */

/*
 * Where no part is known to begin with a message, one in so many must begin with a record: else all could be
 * shifted alike.
 */
#define ALIGNED_LEAST 4

struct choice {
	size_t cut;
	struct learn_types types;
	int64_t bits;
};

struct choices {
	struct choice *list; /* LEARN_CUTS * LEARN_TYPES; each reads the data in another way */
	size_t n;
	const struct choice *best;
	const struct choice *rival; /* what speaks for the best one speaks for this one, too; NULL = none */
	uint32_t kinds;             /* most different types of a likely one; 0 = none is likely */
};

static void weigh(const struct learn_data *data, struct choices *choices, size_t which,
                  const struct learn_cut *cut, const struct learn_types *types)
{
	if (!data->sure && ALIGNED_LEAST * types->at_record < cut->n_messages)
		return;
	if (types->bits >= BITS_LEAST && types->kinds > choices->kinds)
		choices->kinds = types->kinds;
	if (types->kinds < LEARN_TYPES_LEAST || types->bits < BITS_LEAST || types->bits_types < BITS_TYPES ||
	    !learn_shape_fits(cut, types))
		return;
	choices->list[choices->n++] = (struct choice){.cut = which,
	                                              .types = *types,
	                                              .bits = types->bits + BITS_END * (int64_t)cut->ends +
	                                                      BITS_KIND * (int64_t)types->kinds};
}

static void weigh_cut(const struct learn_data *data, const struct learn_table *table,
                      const struct learn_cut *cuts, size_t which, struct choices *choices)
{
	struct learn_types types[LEARN_TYPES];
	uint32_t n = 0;
	struct learn_message *messages = learn_cut_messages(data, &cuts[which].members[0], &n);
	size_t n_types = learn_type_all(table, messages, n, types);
	for (size_t i = 0; i < n_types; i++)
		weigh(data, choices, which, &cuts[which], &types[i]);
	free(messages);
}

static const struct choice *best_of(const struct choices *choices, const struct choice *but)
{
	const struct choice *best = NULL;
	for (size_t i = 0; i < choices->n; i++) {
		const struct choice *of = &choices->list[i];
		if (of != but && (best == NULL || of->bits > best->bits))
			best = of;
	}
	return best;
}

static int by_place(const void *a, const void *b)
{
	const struct learn_message *x = a, *y = b;
	return x->bytes.p < y->bytes.p ? -1 : x->bytes.p > y->bytes.p;
}

/* All messages of `whole` are made of one or more of `split`, whose list is ordered by place. */
static bool is_split_of(const struct learn_message *split, uint32_t n_split,
                        const struct learn_message *whole, uint32_t n_whole)
{
	for (uint32_t i = 0; i < n_whole; i++)
		if (bsearch(&whole[i], split, n_split, sizeof *split, by_place) == NULL)
			return false;
	return n_split > n_whole;
}

/*
 * Another one whose messages the best one only cuts into pieces: a zero in a header may be taken for the
 * length of an empty body, and each such piece for a message. It counts more of them, which is no merit.
 */
static const struct choice *find_whole(const struct learn_data *data, const struct learn_cut *cuts,
                                       const struct choices *choices)
{
	const struct choice *best = choices->best, *found = NULL;
	uint32_t n = 0, n_other = 0;
	struct learn_message *messages = learn_cut_messages(data, &cuts[best->cut].members[0], &n);
	qsort(messages, n, sizeof messages[0], by_place);
	for (size_t i = 0; i < choices->n && found == NULL; i++) {
		const struct choice *of = &choices->list[i];
		if (i > 0 && of->cut == choices->list[i - 1].cut)
			continue;
		if (cuts[of->cut].n_messages >= n || cuts[of->cut].ends < cuts[best->cut].ends)
			continue; /* a message too long that nothing follows cuts nothing else */
		struct learn_message *others = learn_cut_messages(data, &cuts[of->cut].members[0], &n_other);
		if (is_split_of(messages, n, others, n_other))
			found = of;
		free(others);
	}
	free(messages);
	return found;
}

static void choose(const struct learn_data *data, const struct learn_cut *cuts, struct choices *choices)
{
	choices->best = best_of(choices, NULL);
	if (choices->best == NULL)
		return;
	const struct choice *next = best_of(choices, choices->best);
	if (next != NULL && next->bits + BITS_APART > choices->best->bits)
		choices->rival = next;
	else
		choices->rival = find_whole(data, cuts, choices);
}

static void tell_both(const struct learn_cut *cuts, const struct choices *choices, struct learned *out)
{
	const struct choice *of[] = {choices->best, choices->rival};
	char length[2][LEARN_PLACE_TEXT], type[2][LEARN_PLACE_TEXT];
	for (size_t i = 0; i < 2; i++) {
		const struct learn_length *at = &cuts[of[i]->cut].members[0];
		const struct learn_place *place = &of[i]->types.members[0];
		learn_place_text(&at->place, at->little, length[i]);
		learn_place_text(&place->place, place->little, type[i]);
	}
	snprintf(out->why, sizeof out->why,
	         "two framings fit: length %s and type %s, or length %s and type %s", length[0], type[0],
	         length[1], type[1]);
}

/* Why no choice is left. */
static void tell_why(const struct learn_data *data, const struct choices *choices,
                     const struct learn_cuts *cuts, struct learned *out)
{
	if (data->n_bytes == 0)
		snprintf(out->why, sizeof out->why, "there is no plaintext");
	else if (!cuts->all)
		snprintf(out->why, sizeof out->why,
		         "so many lengths cut the data that not all of them could be tried");
	else if (choices->kinds > 0 && choices->kinds < LEARN_TYPES_LEAST)
		snprintf(out->why, sizeof out->why,
		         "%u different message ids are too few to tell a type from another field",
		         (unsigned)choices->kinds);
	else if (cuts->alike)
		snprintf(out->why, sizeof out->why,
		         "messages of one or two lengths are too alike to tell a length from another field");
	else if (cuts->n == 0)
		snprintf(out->why, sizeof out->why,
		         "no length field cuts the data into %d whole messages or more whose types are "
		         "published ids "
		         "sent by the right side",
		         LEARN_LEAST);
	else
		snprintf(
		    out->why, sizeof out->why,
		    "the messages are too few, or too many of other types: chance could fit them as well");
}

bool learn(const struct learn_input *inputs, size_t n, struct learned *out)
{
	struct learn_data data;
	struct choices choices = {.list = xcalloc(LEARN_CUTS * LEARN_TYPES, sizeof *choices.list)};
	struct learn_cuts *cuts = xmalloc(sizeof *cuts);
	struct learn_table table;
	const struct learn_judge judge = {&table, learn_type_worth};
	memset(out, 0, sizeof *out);
	learn_data_take(&data, inputs, n);
	learn_type_table(&data, &table);
	learn_cut_all(&data, &judge, cuts);
	for (size_t i = 0; cuts->all && i < cuts->n; i++)
		weigh_cut(&data, &table, cuts->list, i, &choices);
	choose(&data, cuts->list, &choices);
	if (choices.best == NULL)
		tell_why(&data, &choices, cuts, out);
	else if (choices.rival != NULL)
		tell_both(cuts->list, &choices, out);
	else if (!learn_shape(&data, &cuts->list[choices.best->cut], &choices.best->types, out))
		snprintf(out->why, sizeof out->why,
		         "the fields that fit overlap, which a profile cannot say");
	learn_data_free(&data);
	learn_type_free(&table);
	free(cuts);
	free(choices.list);
	return out->found;
}
