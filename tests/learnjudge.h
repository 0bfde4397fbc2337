/*
 * What the learner gives for a drawn framing against the truth: boundaries, types, transaction ids. For the
 * test of the learner and what else runs many seeds.
 */
#ifndef TESTS_LEARNJUDGE_H
#define TESTS_LEARNJUDGE_H

#include "analyzer/learn.h"
#include "dissect/nmsp.h"
#include "tests/framings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct learnjudge {
	uint32_t seeds, learned, right; /* right: boundaries and types of every message */
	uint32_t with_ids, ids_right, ids_untold;
	uint32_t ids_doubted;                                  /* wrong, and said to be in doubt */
	uint32_t silent;                                       /* wrong without a word */
	uint32_t elements_right, elements_wrong, header_right; /* not promised, only told */
	uint32_t with_groups, groups_right, groups_invented;   /* where the elements are right */
	uint32_t elements_silent; /* wrong, and the right ones are not named as another reading */
};

enum { LEARNJUDGE_BOTH = 3 }; /* a bit for each direction */

/* The messages of these sides are cut where they should, and have their types. */
static inline bool learnjudge_cut(const struct framings *f, const struct profile *profile, uint8_t sides,
                                  bool *ids_right)
{
	size_t at[2] = {0, 0};
	*ids_right = profile->transaction.size > 0 && f->truth.transaction.size > 0;
	for (size_t i = 0; i < f->n_messages; i++) {
		const struct framings_message *of = &f->messages[i];
		struct span left =
		    span_cut(span_of(f->stream[of->dir], f->n_stream[of->dir]), at[of->dir], SIZE_MAX);
		struct nmsp_message message;
		size_t total = 0;
		if ((sides >> of->dir & 1) == 0)
			continue;
		if (nmsp_cut(profile, left, &total) != CUT_OK || at[of->dir] != of->at || total != of->n)
			return false;
		nmsp_decode(profile, span_cut(left, 0, total), &message);
		if (message.type != of->type)
			return false;
		*ids_right = *ids_right && message.transaction == of->transaction;
		at[of->dir] += total;
	}
	return true;
}

static inline bool learnjudge_elements(const struct framings *f, const struct profile *p)
{
	const struct profile *t = &f->truth;
	return t->has_elements && t->header == p->header && t->element_type == p->element_type &&
	       t->element_length == p->element_length && t->element_is_total == p->element_is_total &&
	       t->element_pad == p->element_pad;
}

/* The elements of the truth stand in what is printed: in the profile, or as another reading of the data. */
static inline bool learnjudge_names_elements(const struct framings *f, const struct learned *learned)
{
	const struct profile *t = &f->truth;
	char line[64], *text = learn_text(learned);
	snprintf(line, sizeof line, "tlv %u %u %s%s\n", (unsigned)t->element_type,
	         (unsigned)t->element_length, t->element_is_total ? "total" : "value",
	         t->element_pad ? " pad4" : "");
	bool named = strstr(text, line) != NULL;
	free(text);
	return named;
}

/* Counts groups: all that it says must be there. A framing has one at most. */
static inline void learnjudge_groups(struct learnjudge *judge, const struct framings *f,
                                     const struct profile *p)
{
	const struct profile *t = &f->truth;
	bool told = p->n_elements == 1 && t->n_elements == 1 && p->elements[0].id == t->elements[0].id &&
	            p->elements[0].kind == FIELD_GROUP;
	judge->with_groups += f->n_groups > 0;
	judge->groups_right += told;
	judge->groups_invented += p->n_elements > told;
}

/* It is said that the id may be another one. */
static inline bool learnjudge_doubts_ids(const struct learned *learned)
{
	for (uint32_t i = 0; i < learned->unsure.n; i++)
		if (strncmp(learned->unsure.text[i], "transaction id", 14) == 0)
			return true;
	return false;
}

/* Returns what is to be looked at: NULL when all is right. */
static inline const char *learnjudge_seed(struct learnjudge *judge, uint64_t seed)
{
	struct framings *f = framings_new(seed, FRAMINGS_MESSAGES);
	struct learn_input input = {.hold = &f->hold};
	struct learned *out = malloc(sizeof *out);
	bool learned = learn(&input, 1, out), ids_right = false;
	bool right = learned && learnjudge_cut(f, &out->profile, LEARNJUDGE_BOTH, &ids_right);
	bool has_ids = f->truth.transaction.size > 0;
	bool invented = learned && out->profile.transaction.size > 0 && !ids_right;
	judge->seeds++;
	judge->learned += learned;
	judge->right += right;
	judge->with_ids += has_ids;
	judge->ids_right += has_ids && right && ids_right;
	judge->ids_untold += has_ids && learned && out->profile.transaction.size == 0;
	bool doubted = right && invented && learnjudge_doubts_ids(out);
	judge->ids_doubted += doubted;
	judge->silent += (learned && !right) || (invented && !doubted);
	judge->header_right += learned && out->profile.header == f->truth.header;
	judge->elements_right +=
	    learned && out->profile.has_elements && learnjudge_elements(f, &out->profile);
	judge->elements_wrong +=
	    learned && out->profile.has_elements && !learnjudge_elements(f, &out->profile);
	judge->elements_silent += learned && out->profile.has_elements && f->truth.has_elements &&
	                          !learnjudge_elements(f, &out->profile) &&
	                          !learnjudge_names_elements(f, out);
	if (learned && out->profile.has_elements && learnjudge_elements(f, &out->profile))
		learnjudge_groups(judge, f, &out->profile);
	else if (learned)
		judge->groups_invented += out->profile.n_elements > 0 && !f->truth.has_elements;
	const char *what = !learned                ? "not learned"
	                   : !right                ? "boundaries or types are wrong"
	                   : invented              ? "ids are wrong"
	                   : has_ids && !ids_right ? "ids are not told"
	                                           : NULL;
	framings_free(f);
	free(out);
	return what;
}

#endif
