/*
 * A cut and its types -> a profile: byte order, places, header, elements, ids, and the sentences about them.
 * Called by learn.c. Where the data reads alike in several ways the usual widths are taken and the others
 * named; where ids would differ they are left out, and that is said.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"
#include "dissect/nmsp.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME     "learned-1"
#define SURE     3 /* so many more hints at a byte order than at the other tell it: more than places alone */
#define ELEMENTS 4 /* hints: elements that fit in one order only */
#define COUNTING 8 /* ids that count up */
#define PLACES   2 /* of length and type */

/* How the data reads in one byte order. */
struct reading {
	bool possible;
	struct learn_length length;
	struct learn_place type;
	struct learn_elements elements;
	struct learn_lines same; /* elements that fit, too */
	uint32_t hints;
};

struct work {
	const struct learn_data *data;
	const struct learn_cut *cut;
	const struct learn_types *types;
	struct learned *out;
	struct learn_message *messages;
	uint32_t *values; /* types of the messages */
	uint32_t n;
	uint8_t shortest;
	struct reading reading[2]; /* by `little` */
};

/* ---- places ---- */

/* The usual widths are preferred: the bytes that they add are zero. */
static int liking(uint8_t size)
{
	static const int of_size[] = {0, 2, 3, 0, 1};
	return of_size[size];
}

static bool apart(const struct profile_place *a, const struct profile_place *b)
{
	return a->off + a->size <= b->off || b->off + b->size <= a->off;
}

static bool reads(const struct profile_place *place, bool place_little, bool little)
{
	return place->size == 1 || place_little == little;
}

bool learn_shape_fits(const struct learn_cut *cut, const struct learn_types *types)
{
	for (size_t i = 0; i < cut->n_members; i++)
		for (size_t k = 0; k < types->n_members; k++)
			if (apart(&cut->members[i].place, &types->members[k].place))
				return true;
	return false;
}

static void choose_places(struct work *work, bool little)
{
	struct reading *reading = &work->reading[little];
	int best = -1;
	for (size_t i = 0; i < work->cut->n_members; i++) {
		const struct learn_length *length = &work->cut->members[i];
		uint8_t header = length->more > 0 ? length->more : work->shortest;
		if (!reads(&length->place, length->little, little))
			continue;
		for (size_t k = 0; k < work->types->n_members; k++) {
			const struct learn_place *type = &work->types->members[k];
			int liked = liking(length->place.size) + liking(type->place.size);
			if (!reads(&type->place, type->little, little) || liked <= best ||
			    !apart(&length->place, &type->place) ||
			    type->place.off + type->place.size > header)
				continue;
			best = liked;
			reading->possible = true;
			reading->length = *length;
			reading->type = *type;
		}
	}
}

static uint8_t end_of(const struct profile_place *place)
{
	return (uint8_t)(place->off + place->size);
}

static void find_elements(struct work *work, bool little)
{
	struct reading *reading = &work->reading[little];
	uint8_t more = reading->length.more, from = end_of(&reading->length.place);
	if (end_of(&reading->type.place) > from)
		from = end_of(&reading->type.place);
	from = from < LEARN_HEADER_LEAST ? LEARN_HEADER_LEAST : from;
	const struct learn_bodies bodies = {.from = more > 0 ? more : from,
	                                    .to = more > 0 ? more : work->shortest,
	                                    .shortest = work->shortest,
	                                    .little = little};
	learn_elements_find(work->messages, work->n, &bodies, &reading->elements, &reading->same);
}

/* ---- byte order ---- */

/*
 * What elements say for the order in which `a` was found. Zeros behind a length that counts all are rather
 * its own than those of all values. Unusual widths are rare, no more.
 */
static uint32_t hints_of_elements(const struct learn_elements *a, const struct learn_elements *b)
{
	if (!a->found || a->tlv.type + a->tlv.length == 2)
		return 0;
	if (!b->found)
		return ELEMENTS;
	bool alike = a->tlv.is_total && b->tlv.is_total && a->elements == b->elements;
	return alike && a->tlv.type + a->tlv.length > b->tlv.type + b->tlv.length ? ELEMENTS : 0;
}

static void add_hints(struct work *work)
{
	for (int little = 0; little < 2; little++) {
		struct reading *reading = &work->reading[little];
		const struct reading *other = &work->reading[!little];
		reading->hints += reading->length.place.size > 1 && other->length.place.size == 1;
		reading->hints += reading->type.place.size > 1 && other->type.place.size == 1;
		reading->hints += hints_of_elements(&reading->elements, &other->elements);
	}
}

/* The bytes of the header that length and type take in a reading. */
static uint32_t used_by(const struct reading *reading)
{
	const struct profile_place *places[PLACES] = {&reading->length.place, &reading->type.place};
	uint32_t used = 0;
	for (size_t i = 0; i < PLACES; i++)
		used |= ((UINT32_C(1) << places[i]->size) - 1) << places[i]->off;
	return used;
}

static uint8_t header_of(const struct work *work, const struct reading *reading)
{
	if (reading->length.more > 0)
		return reading->length.more;
	return reading->elements.found ? reading->elements.tlv.header : work->shortest;
}

static struct learn_typed typed_by(const struct work *work, const struct reading *reading)
{
	return (struct learn_typed){.messages = work->messages,
	                            .types = work->values,
	                            .n = work->n,
	                            .header = header_of(work, reading),
	                            .used = used_by(reading)};
}

static void add_count(struct reading reading[2], enum learn_order order)
{
	if (order != ORDER_UNKNOWN)
		reading[order == ORDER_LITTLE].hints += COUNTING;
}

/* The order, and whether it is more than likely. */
static bool choose_order(struct work *work, bool *sure)
{
	struct reading *reading = work->reading;
	struct learn_ids ids;
	if (!reading[0].possible || !reading[1].possible) {
		*sure = true;
		return !reading[0].possible;
	}
	add_hints(work);
	struct learn_typed typed = typed_by(work, &reading[reading[1].hints > reading[0].hints]);
	learn_ids_find(&typed, &ids);
	if (ids.found && !ids.unsure)
		add_count(reading, ids.order);
	add_count(reading, learn_count_carries(&typed));
	bool little = reading[1].hints > reading[0].hints;
	*sure = reading[little].hints >= reading[!little].hints + SURE;
	return little;
}

/* ---- the profile ---- */

static void fill_rows(struct profile *profile)
{
	struct profile *builtin = xmalloc(sizeof *builtin);
	profile_builtin(builtin);
	for (uint32_t i = 0; i < builtin->n_messages; i++)
		if (!builtin->messages[i].assumed)
			profile->messages[profile->n_messages++] = builtin->messages[i];
	free(builtin);
}

static void fill_profile(const struct work *work, bool little)
{
	const struct reading *reading = &work->reading[little];
	struct profile *profile = &work->out->profile;
	*profile = (struct profile){.name = NAME,
	                            .origin = PROFILE_LEARNED,
	                            .little_endian = little,
	                            .header = header_of(work, reading),
	                            .type = reading->type.place,
	                            .length = reading->length.place,
	                            .length_is_body = reading->length.more > 0};
	const struct learn_elements *elements = &reading->elements;
	profile->has_elements = elements->found;
	if (elements->found) {
		profile->element_type = elements->tlv.type;
		profile->element_length = elements->tlv.length;
		profile->element_is_total = elements->tlv.is_total;
		profile->element_pad = elements->tlv.pad;
	}
	fill_rows(profile);
}

/* An id of more bytes hangs on the byte order: where that is open, no row is made of it. */
static void fill_groups(struct work *work, bool little, bool sure)
{
	struct learn_group groups[LEARN_GROUPS];
	struct learned *out = work->out;
	const struct learn_elements *elements = &work->reading[little].elements;
	size_t n = elements->found ? learn_groups_find(work->messages, work->n, &elements->tlv, groups) : 0;
	sure = sure || elements->tlv.type + elements->tlv.length == 2;
	for (size_t i = 0; i < n; i++) {
		const struct learn_group *group = &groups[i];
		learn_say(sure ? &out->evidence : &out->unsure,
		          "element %u%s is a group: elements fill %u of %u values exactly, up to %u in one; "
		          "in values of others they do so from %zu of %zu places",
		          (unsigned)group->id, sure ? "" : ", in this byte order,", (unsigned)group->values,
		          (unsigned)group->values, (unsigned)group->most, group->closing, group->places);
		if (!sure)
			continue;
		struct profile_element *row = &out->profile.elements[out->profile.n_elements++];
		*row = (struct profile_element){.id = group->id, .kind = FIELD_GROUP};
		snprintf(row->name, sizeof row->name, "GROUP_%u", (unsigned)group->id);
	}
}

static void fill_ids(struct work *work, bool little, bool sure)
{
	struct learned *out = work->out;
	const struct reading *reading = &work->reading[little];
	struct learn_ids ids;
	char text[LEARN_PLACE_TEXT], other[LEARN_PLACE_TEXT];
	struct learn_typed typed = typed_by(work, reading);
	learn_ids_find(&typed, &ids);
	if (!ids.found) {
		learn_say(&out->unsure,
		          "transaction id: no bytes of the header are repeated in all of %u responses",
		          (unsigned)ids.pairs);
		return;
	}
	bool wide = ids.place.size > 1;
	if (!sure)
		learn_ids_look_beside(&typed, !little, &ids);
	learn_ids_widen(&typed, little, &ids);
	learn_place_text(&ids.place, little, text);
	if (ids.other.size > 0) {
		learn_say(&out->unsure, "transaction id: responses repeat %s and %s; which is it?", text,
		          learn_place_text(&ids.other, little, other));
	} else if (ids.unsure) {
		learn_say(&out->unsure, "transaction id: responses repeat %s, perhaps also bytes beside it",
		          text);
	} else if (wide && !sure) {
		learn_say(&out->unsure, "transaction id: responses repeat %s, or the other byte order", text);
	} else {
		out->profile.transaction = ids.place;
		learn_say(&out->evidence, "transaction %s: repeated in %u of %u responses", text,
		          (unsigned)ids.pairs, (unsigned)ids.pairs);
		if (ids.wider)
			learn_say(&out->unsure,
			          "transaction id: it may be wider, for beside %s stands a "
			          "constant; the same responses answer the same requests",
			          text);
	}
}

/* ---- what is said ---- */

static void say_evidence(const struct work *work, bool little)
{
	const struct profile *profile = &work->out->profile;
	const struct learn_types *types = work->types;
	struct learn_lines *evidence = &work->out->evidence;
	char text[LEARN_PLACE_TEXT];
	learn_say(evidence, "length %s counts %s: %u of %u messages follow each other exactly",
	          learn_place_text(&profile->length, little, text),
	          profile->length_is_body ? "the body" : "total", (unsigned)work->n, (unsigned)work->n);
	learn_say(evidence, "type %s: %u of %u published and sent by the right side, %u different ones",
	          learn_place_text(&profile->type, little, text), (unsigned)types->published,
	          (unsigned)work->n, (unsigned)types->kinds);
	learn_say(evidence, "%u of %u messages begin with a record", (unsigned)types->at_record,
	          (unsigned)work->n);
	const struct learn_elements *elements = &work->reading[little].elements;
	char padded[LEARN_PLACE_TEXT];
	snprintf(padded, sizeof padded, ", %u of them padded to 4 bytes", (unsigned)elements->padded);
	if (elements->found)
		learn_say(evidence, "elements fill %u of %u bodies exactly, %u elements%s",
		          (unsigned)elements->bodies, (unsigned)elements->bodies,
		          (unsigned)elements->elements, elements->tlv.pad ? padded : "");
	else
		learn_say(&work->out->unsure, "elements: no list of type, length, value fills the bodies");
	if (!profile->length_is_body && !elements->found)
		learn_say(&work->out->unsure,
		          "header: as long as the shortest message; the body may begin earlier");
}

/* Places that give the same cut and the same types. */
static void say_same(const struct work *work)
{
	const struct profile *profile = &work->out->profile;
	struct learn_lines *same = &work->out->same;
	for (size_t i = 0; i < work->cut->n_members; i++) {
		const struct learn_length *of = &work->cut->members[i];
		bool chosen = of->place.off == profile->length.off &&
		              of->place.size == profile->length.size &&
		              reads(&of->place, of->little, profile->little_endian);
		if (!chosen)
			learn_say(same, "length %u %u %s%s", (unsigned)of->place.off,
			          (unsigned)of->place.size, of->more > 0 ? "body" : "total",
			          of->place.size == 1 ? ""
			          : of->little        ? ", little"
			                              : ", big");
	}
	for (size_t i = 0; i < work->types->n_members; i++) {
		const struct learn_place *of = &work->types->members[i];
		bool chosen = of->place.off == profile->type.off && of->place.size == profile->type.size &&
		              reads(&of->place, of->little, profile->little_endian);
		if (!chosen)
			learn_say(same, "type %u %u%s", (unsigned)of->place.off, (unsigned)of->place.size,
			          of->place.size == 1 ? ""
			          : of->little        ? ", little"
			                              : ", big");
	}
}

static void prepare(struct work *work)
{
	work->messages = learn_cut_messages(work->data, &work->cut->members[0], &work->n);
	work->values = xcalloc(work->n + 1, sizeof work->values[0]);
	work->shortest = LEARN_HEADER;
	const struct learn_place *type = &work->types->members[0];
	for (uint32_t i = 0; i < work->n; i++) {
		struct span bytes = work->messages[i].bytes;
		work->values[i] = learn_number(bytes, type->place.off, type->place.size, type->little);
		if (bytes.n < work->shortest)
			work->shortest = (uint8_t)bytes.n;
	}
}

static void say_alike(const struct work *work, bool little, const char *before)
{
	const struct learn_lines *same = &work->reading[little].same;
	for (uint32_t i = 0; i < same->n; i++)
		learn_say(&work->out->same, "%s%s", before, same->text[i]);
}

/* Sizes of elements hang on the order. */
static void say_other_order(struct work *work, bool little)
{
	static const char text[] = "byte order: this data reads as well in the other one";
	const struct reading *reading = &work->reading[little];
	const struct learn_elements *elements = &reading->elements;
	if (!reading->possible || !elements->found) {
		learn_say(&work->out->unsure, "%s", text);
		return;
	}
	say_alike(work, little, little ? "byte order little, " : "byte order big, ");
	learn_say(&work->out->unsure, "%s, %s, with header %u and elements tlv %u %u %s%s", text,
	          little ? "little" : "big", (unsigned)elements->tlv.header, (unsigned)elements->tlv.type,
	          (unsigned)elements->tlv.length, elements->tlv.is_total ? "total" : "value",
	          elements->tlv.pad ? " pad4" : "");
}

bool learn_shape(const struct learn_data *data, const struct learn_cut *cut, const struct learn_types *types,
                 struct learned *out)
{
	struct work work = {.data = data, .cut = cut, .types = types, .out = out};
	bool sure = false;
	prepare(&work);
	for (int little = 0; little < 2; little++) {
		choose_places(&work, little > 0);
		if (work.reading[little].possible)
			find_elements(&work, little > 0);
	}
	out->found = work.reading[0].possible || work.reading[1].possible;
	if (out->found) {
		bool little = choose_order(&work, &sure);
		fill_profile(&work, little);
		say_evidence(&work, little);
		fill_groups(&work, little, sure);
		fill_ids(&work, little, sure);
		say_same(&work);
		say_alike(&work, little, "");
		if (!sure)
			say_other_order(&work, !little);
	}
	free(work.messages);
	free(work.values);
	return out->found;
}
