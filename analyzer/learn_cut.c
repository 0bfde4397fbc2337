/*
 * Every place that a length can have, tried on all of the data: which ones cut it exactly, and which of these
 * cut it alike. Called by learn.c. Knows nothing of types.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define ROWS(table)  (sizeof(table) / sizeof *(table))
#define TRIED_STARTS 4 /* records of a part at which its first message may begin */
#define WORST_INPUTS 4 /* one of so many inputs may not fit: it need not be NMSP */

/* A walk through one part, or through all. */
struct walk {
	uint64_t hash;
	uint32_t n, ends; /* messages; parts that end with one */
};

struct list {
	struct learn_message *messages;
	uint32_t n, room;
	const struct learn_part *part;
	size_t record; /* the next one of the part */
	uint32_t turn; /* of the one before */
};

/* The bytes of the message at `at`; 0: none can begin there; SIZE_MAX: its length is not there yet. */
static size_t total_at(const struct learn_length *length, struct span bytes, size_t at)
{
	const struct profile_place *place = &length->place;
	size_t least = place->off + (size_t)place->size;
	if (bytes.n - at < least)
		return SIZE_MAX;
	uint64_t total =
	    (uint64_t)learn_number(bytes, at + place->off, place->size, length->little) + length->more;
	if (total < least || total < LEARN_HEADER_LEAST || total > LIMIT_NMSP_MESSAGE)
		return 0;
	return (size_t)total;
}

static void add_message(struct list *list, size_t at, size_t n, bool first)
{
	const struct learn_part *part = list->part;
	if (list->n == list->room) {
		list->room = list->room > 0 ? 2 * list->room : 64;
		list->messages = xrealloc(list->messages, list->room * sizeof list->messages[0]);
	}
	struct learn_message *message = &list->messages[list->n++];
	*message = (struct learn_message){
	    .bytes = span_cut(part->bytes, at, n), .dir = part->dir, .input = part->input, .first = first};
	while (list->record < part->n_records && part->records[list->record].at < at + n) {
		message->at_record = message->at_record || part->records[list->record].at == at;
		list->turn = part->records[list->record].turn;
		list->record++;
	}
	message->turn = list->turn;
}

/* From one message to the next. False where none can begin. The last one may be incomplete. */
static bool walk_from(const struct learn_length *length, const struct learn_part *part, size_t from,
                      struct walk *walk, struct list *list)
{
	*walk = (struct walk){.hash = learn_mix(from, part->input)};
	for (size_t at = from; at < part->bytes.n && walk->n < LIMIT_LEARN_MESSAGES;) {
		size_t total = total_at(length, part->bytes, at);
		if (total == 0)
			return false;
		walk->hash = learn_mix(walk->hash, total);
		if (total > part->bytes.n - at)
			break;
		if (list != NULL)
			add_message(list, at, total, at == from);
		walk->n++;
		at += total;
		walk->ends += at == part->bytes.n;
	}
	return true;
}

/* Whether a record begins at each place where a message does. */
static uint32_t count_starts(const struct learn_length *length, const struct learn_part *part, size_t from)
{
	uint32_t starts = 0, n = 0;
	for (size_t at = from, record = 0; at < part->bytes.n && n < LIMIT_LEARN_MESSAGES; n++) {
		size_t total = total_at(length, part->bytes, at);
		while (record < part->n_records && part->records[record].at < at)
			record++;
		starts += record < part->n_records && part->records[record].at == at;
		if (total == 0 || total > part->bytes.n - at)
			break;
		at += total;
	}
	return starts;
}

/* The record with which messages begin again: the one behind which most of them begin with records. */
static bool find_start(const struct learn_length *length, const struct learn_part *part, size_t *from)
{
	uint32_t most = 0;
	for (size_t i = 0; i < TRIED_STARTS && i < part->n_records; i++) {
		size_t at = part->records[i].at;
		struct walk walk;
		if (!walk_from(length, part, at, &walk, NULL) || walk.n < 2)
			continue;
		uint32_t starts = count_starts(length, part, at);
		if (starts <= most)
			continue;
		most = starts;
		*from = at;
	}
	return most > 0;
}

/* False: it should fit, and does not. */
static bool walk_part(const struct learn_length *length, const struct learn_part *part, struct walk *walk,
                      struct list *list)
{
	size_t from = 0;
	if (part->sure || find_start(length, part, &from))
		return walk_from(length, part, from, walk, list);
	*walk = (struct walk){.hash = 0};
	return true;
}

/* True when the length fits enough of the data. */
static bool walk_all(const struct learn_length *length, const struct learn_data *data, struct walk *all,
                     struct list *list)
{
	uint32_t worst = UINT32_MAX, misfits = 0,
	         inputs = data->n_parts > 0 ? data->parts[data->n_parts - 1].input + 1 : 0;
	*all = (struct walk){.hash = 1};
	for (size_t i = 0; i < data->n_parts; i++) {
		const struct learn_part *part = &data->parts[i];
		struct walk walk;
		if (part->input == worst)
			continue;
		if (list != NULL) {
			list->part = part;
			list->record = 0;
		}
		uint32_t before = list != NULL ? list->n : 0;
		if (walk_part(length, part, &walk, list)) {
			all->hash = learn_mix(all->hash, walk.hash);
			all->n += walk.n;
			all->ends += walk.ends;
			continue;
		}
		if (list != NULL)
			list->n = before;
		worst = part->input;
		misfits++;
		if (misfits * WORST_INPUTS > inputs)
			return false;
	}
	return true;
}

/* ---- alike ---- */

struct search {
	const struct learn_data *data;
	const struct learn_judge *judge;
	struct learn_cut *cuts; /* LEARN_CUTS */
	size_t n;
	struct list list; /* of the cut that is judged */
};

static struct learn_cut *room_for(struct search *search, uint32_t worth)
{
	if (search->n < LEARN_CUTS)
		return &search->cuts[search->n++];
	struct learn_cut *least = &search->cuts[0];
	for (size_t i = 1; i < LEARN_CUTS; i++)
		if (search->cuts[i].worth < least->worth)
			least = &search->cuts[i];
	return least->worth < worth ? least : NULL;
}

static uint32_t worth_of(struct search *search, const struct learn_length *length)
{
	struct walk walk;
	search->list.n = 0;
	walk_all(length, search->data, &walk, &search->list);
	return search->judge->worth(search->judge->ctx, search->list.messages, search->list.n);
}

static void add_cut(struct search *search, const struct learn_length *length, const struct walk *walk)
{
	struct learn_cut *cut = NULL;
	for (size_t i = 0; cut == NULL && i < search->n; i++)
		if (search->cuts[i].hash == walk->hash && search->cuts[i].n_messages == walk->n)
			cut = &search->cuts[i];
	if (cut == NULL) {
		uint32_t worth = worth_of(search, length);
		cut = worth > 0 ? room_for(search, worth) : NULL;
		if (cut == NULL)
			return;
		*cut = (struct learn_cut){
		    .hash = walk->hash, .n_messages = walk->n, .ends = walk->ends, .worth = worth};
	}
	if (cut->n_members < LEARN_MEMBERS)
		cut->members[cut->n_members++] = *length;
}

static void try_place(struct search *search, struct profile_place place, bool little)
{
	struct learn_length length = {.place = place, .little = little};
	uint8_t least = (uint8_t)(place.off + place.size);
	struct walk walk;
	for (uint8_t more = 0; more <= LEARN_HEADER; more++) {
		if (more > 0 && (more < least || more < LEARN_HEADER_LEAST))
			continue;
		length.more = more;
		if (!walk_all(&length, search->data, &walk, NULL))
			continue;
		if (walk.n >= LEARN_LEAST)
			add_cut(search, &length, &walk);
	}
}

size_t learn_cut_all(const struct learn_data *data, const struct learn_judge *judge,
                     struct learn_cut cuts[LEARN_CUTS])
{
	static const uint8_t sizes[] = {2, 1, 4, 3}; /* the usual ones first: they are kept */
	struct search search = {.data = data, .judge = judge, .cuts = cuts};
	for (size_t i = 0; i < ROWS(sizes); i++)
		for (uint8_t off = 0; off + sizes[i] <= LEARN_HEADER; off++)
			for (int little = 0; little < 1 + (sizes[i] > 1); little++)
				try_place(&search, (struct profile_place){off, sizes[i]}, little > 0);
	free(search.list.messages);
	return search.n;
}

static int in_turn(const void *a, const void *b)
{
	const struct learn_message *x = a, *y = b;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return x->bytes.p < y->bytes.p ? -1 : x->bytes.p > y->bytes.p;
}

static uint64_t hash_of(const struct learn_message *message)
{
	struct rd r = rd_of(message->bytes);
	uint64_t hash = learn_mix(message->dir, message->bytes.n);
	while (rd_more(&r))
		hash = learn_mix(hash, rd_u8(&r));
	return hash | 1; /* 0 is an empty place */
}

/* Finds messages whose bytes came before, by their hashes. */
static void mark_again(struct learn_message *messages, uint32_t n)
{
	size_t room = 64;
	while (room < 2 * (size_t)n)
		room *= 2;
	uint64_t *table = xcalloc(room, sizeof *table);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t hash = hash_of(&messages[i]);
		size_t at = hash / 2 % room;
		while (table[at] != 0 && table[at] != hash)
			at = (at + 1) % room;
		messages[i].again = table[at] == hash;
		table[at] = hash;
	}
	free(table);
}

struct learn_message *learn_cut_messages(const struct learn_data *data, const struct learn_length *length,
                                         uint32_t *n)
{
	struct list list = {.messages = NULL};
	struct walk walk;
	walk_all(length, data, &walk, &list);
	if (list.n > 0)
		qsort(list.messages, list.n, sizeof list.messages[0], in_turn);
	mark_again(list.messages, list.n);
	*n = list.n;
	return list.messages;
}
