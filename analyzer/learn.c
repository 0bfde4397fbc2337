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
	struct choice best, next; /* `next` reads the data in another way */
	bool has_best, has_next;
	uint32_t kinds; /* most different types of a likely one; 0 = none is likely */
};

static void weigh(const struct learn_data *data, struct choices *choices, size_t which,
                  const struct learn_cut *cut, const struct learn_types *types)
{
	if (!data->sure && ALIGNED_LEAST * types->at_record < cut->n_messages)
		return;
	if (types->bits >= BITS_LEAST && types->kinds > choices->kinds)
		choices->kinds = types->kinds;
	if (types->kinds < LEARN_TYPES_LEAST || types->bits < BITS_LEAST || !learn_shape_fits(cut, types))
		return;
	struct choice found = {.cut = which,
	                       .types = *types,
	                       .bits = types->bits + BITS_END * (int64_t)cut->ends +
	                               BITS_KIND * (int64_t)types->kinds};
	if (!choices->has_best) {
		choices->best = found;
		choices->has_best = true;
	} else if (found.bits > choices->best.bits) {
		choices->next = choices->best;
		choices->best = found;
		choices->has_next = true;
	} else if (!choices->has_next || found.bits > choices->next.bits) {
		choices->next = found;
		choices->has_next = true;
	}
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

/* The second one fits nearly as well. */
static bool is_ambiguous(const struct choices *choices)
{
	return choices->has_next && choices->next.bits + BITS_APART > choices->best.bits;
}

static void tell_both(const struct learn_cut *cuts, const struct choices *choices, struct learned *out)
{
	const struct choice *of[] = {&choices->best, &choices->next};
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
static void tell_why(const struct learn_data *data, const struct choices *choices, size_t n_cuts,
                     struct learned *out)
{
	if (data->n_bytes == 0)
		snprintf(out->why, sizeof out->why, "there is no plaintext");
	else if (n_cuts == 0)
		snprintf(out->why, sizeof out->why,
		         "no length field cuts the data into %d whole messages or more whose types are "
		         "published ids "
		         "sent by the right side",
		         LEARN_LEAST);
	else if (choices->kinds > 0 && choices->kinds < LEARN_TYPES_LEAST)
		snprintf(out->why, sizeof out->why,
		         "%u different message ids are too few to tell a type from another field",
		         (unsigned)choices->kinds);
	else
		snprintf(
		    out->why, sizeof out->why,
		    "the messages are too few, or too many of other types: chance could fit them as well");
}

bool learn(const struct learn_input *inputs, size_t n, struct learned *out)
{
	struct learn_data data;
	struct choices choices = {.has_best = false};
	struct learn_cut *cuts = xcalloc(LEARN_CUTS, sizeof *cuts);
	struct learn_table table;
	const struct learn_judge judge = {&table, learn_type_worth};
	memset(out, 0, sizeof *out);
	learn_data_take(&data, inputs, n);
	learn_type_table(&data, &table);
	size_t n_cuts = learn_cut_all(&data, &judge, cuts);
	for (size_t i = 0; i < n_cuts; i++)
		weigh_cut(&data, &table, cuts, i, &choices);
	if (choices.has_best && is_ambiguous(&choices))
		tell_both(cuts, &choices, out);
	else if (!choices.has_best)
		tell_why(&data, &choices, n_cuts, out);
	else if (!learn_shape(&data, &cuts[choices.best.cut], &choices.best.types, out))
		snprintf(out->why, sizeof out->why,
		         "the fields that fit overlap, which a profile cannot say");
	learn_data_free(&data);
	free(cuts);
	return out->found;
}
