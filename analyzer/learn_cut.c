/*
 * Every place that a length can have, tried on all of the data: which ones cut it exactly, and which of these
 * cut it alike. Called by learn.c. Knows nothing of types.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define ROWS(table)   (sizeof(table) / sizeof *(table))
#define TRIED_STARTS  4  /* records of a part at which its first message may begin */
#define START_LOOKS   32 /* messages behind each of these that are looked at */
#define JUDGED        16 /* messages that are looked at while one is judged */
#define LENGTHS_LEAST 3
#define WHOLE_LEAST   3 /* bytes of whole messages for each in which none was found */
#define WORST_INPUTS  4 /* one of so many inputs may not fit: it need not be NMSP */

/* A walk through one part, or through all. */
struct walk {
	uint64_t hash;
	uint32_t n, ends;   /* messages; parts that end with one */
	size_t whole, tail; /* bytes of them, and of what no whole one was found in */
};

/* A length that is tried. */
struct trial {
	const struct learn_data *data;
	struct learn_length length;
	const uint32_t *numbers; /* of its size and order, by their place in the data; NULL: not read yet */
	uint32_t steps;          /* messages that were looked at */
};

struct list {
	struct learn_message *messages;
	uint32_t n, room;
	const struct learn_part *part;
	size_t record; /* the next one of the part */
	uint32_t turn; /* of the one before */
};

/* The bytes of the message at `at`; 0: none can begin there; SIZE_MAX: its length is not there yet. */
static size_t total_at(const struct trial *trial, const struct learn_part *part, size_t at)
{
	const struct learn_length *length = &trial->length;
	size_t least = length->place.off + (size_t)length->place.size;
	if (part->bytes.n - at < least)
		return SIZE_MAX;
	at += length->place.off;
	uint64_t total = length->more;
	total += trial->numbers != NULL ? trial->numbers[part->from + at]
	                                : learn_number(part->bytes, at, length->place.size, length->little);
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
	*message = (struct learn_message){.bytes = span_cut(part->bytes, at, n),
	                                  .at = part->from + at,
	                                  .dir = part->dir,
	                                  .input = part->input,
	                                  .first = first};
	while (list->record < part->n_records && part->records[list->record].at < at + n) {
		message->at_record = message->at_record || part->records[list->record].at == at;
		list->turn = part->records[list->record].turn;
		list->record++;
	}
	message->turn = list->turn;
}

/* From one message to the next. False where none can begin. The last one may be incomplete. */
static bool walk_from(struct trial *trial, const struct learn_part *part, size_t from, struct walk *walk,
                      struct list *list)
{
	*walk = (struct walk){.hash = learn_mix(from, part->input)};
	for (size_t at = from; at < part->bytes.n && walk->n < LIMIT_LEARN_MESSAGES;) {
		size_t total = total_at(trial, part, at);
		trial->steps++;
		if (total == 0)
			return false;
		walk->hash = learn_mix(walk->hash, total);
		if (total > part->bytes.n - at) {
			walk->tail = part->bytes.n - at;
			break;
		}
		if (list != NULL)
			add_message(list, at, total, at == from);
		walk->n++;
		walk->whole += total;
		at += total;
		walk->ends += at == part->bytes.n;
	}
	return true;
}

/* How many of the next messages begin with a record; 0 where the length does not fit. */
static uint32_t count_starts(struct trial *trial, const struct learn_part *part, size_t from)
{
	uint32_t starts = 0, n = 0;
	for (size_t at = from, record = 0; at < part->bytes.n && n < START_LOOKS; n++) {
		size_t total = total_at(trial, part, at);
		trial->steps++;
		if (total == 0)
			return 0;
		while (record < part->n_records && part->records[record].at < at)
			record++;
		starts += record < part->n_records && part->records[record].at == at;
		if (total > part->bytes.n - at)
			break;
		at += total;
	}
	return n < 2 ? 0 : starts;
}

/* The record with which messages begin again: the one behind which most of them begin with records. */
static bool find_start(struct trial *trial, const struct learn_part *part, size_t *from)
{
	uint32_t most = 0;
	for (size_t i = 0; i < TRIED_STARTS && i < part->n_records; i++) {
		uint32_t starts = count_starts(trial, part, part->records[i].at);
		if (starts <= most)
			continue;
		most = starts;
		*from = part->records[i].at;
	}
	return most > 0;
}

/* False: it should fit, and does not. */
static bool walk_part(struct trial *trial, const struct learn_part *part, struct walk *walk,
                      struct list *list)
{
	size_t from = 0;
	if (part->sure || find_start(trial, part, &from))
		return walk_from(trial, part, from, walk, list);
	*walk = (struct walk){.hash = 0, .tail = part->bytes.n};
	return true;
}

/* True when the length fits enough of the data. */
static bool walk_all(struct trial *trial, struct walk *all, struct list *list)
{
	const struct learn_data *data = trial->data;
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
		if (walk_part(trial, part, &walk, list)) {
			all->hash = learn_mix(all->hash, walk.hash);
			all->n += walk.n;
			all->ends += walk.ends;
			all->whole += walk.whole;
			all->tail += walk.tail;
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
	const struct learn_judge *judge;
	struct learn_cuts *out;
	struct trial trial;
	uint32_t *numbers;
	struct list list; /* of the cut that is judged */
};

static struct learn_cut *room_for(struct learn_cuts *cuts, uint32_t worth)
{
	if (cuts->n < LEARN_CUTS)
		return &cuts->list[cuts->n++];
	struct learn_cut *least = &cuts->list[0];
	for (size_t i = 1; i < LEARN_CUTS; i++)
		if (cuts->list[i].worth < least->worth)
			least = &cuts->list[i];
	return least->worth < worth ? least : NULL;
}

/* What never changes, or between two values only, is no length. */
static bool lengths_differ(const struct list *list)
{
	size_t had[LENGTHS_LEAST];
	uint32_t different = 0;
	for (uint32_t i = 0; i < list->n && different < LENGTHS_LEAST; i++) {
		uint32_t k = 0;
		while (k < different && had[k] != list->messages[i].bytes.n)
			k++;
		if (k == different)
			had[different++] = list->messages[i].bytes.n;
	}
	return different == LENGTHS_LEAST;
}

static uint32_t worth_of(struct search *search)
{
	struct walk walk;
	search->list.n = 0;
	walk_all(&search->trial, &walk, &search->list);
	search->trial.steps += search->list.n * JUDGED;
	uint32_t worth = search->judge->worth(search->judge->ctx, search->list.messages, search->list.n);
	if (worth == 0 || lengths_differ(&search->list))
		return worth;
	search->out->alike = true;
	return 0;
}

static void add_cut(struct search *search, const struct walk *walk)
{
	struct learn_cuts *cuts = search->out;
	struct learn_cut *cut = NULL;
	for (size_t i = 0; cut == NULL && i < cuts->n; i++)
		if (cuts->list[i].hash == walk->hash && cuts->list[i].n_messages == walk->n)
			cut = &cuts->list[i];
	if (cut == NULL) {
		uint32_t worth = worth_of(search);
		cut = worth > 0 ? room_for(cuts, worth) : NULL;
		if (cut == NULL)
			return;
		*cut = (struct learn_cut){
		    .hash = walk->hash, .n_messages = walk->n, .ends = walk->ends, .worth = worth};
	}
	if (cut->n_members < LEARN_MEMBERS)
		cut->members[cut->n_members++] = search->trial.length;
}

/* False when all of this took too long. */
static bool try_place(struct search *search, struct profile_place place, bool little)
{
	uint8_t least = (uint8_t)(place.off + place.size);
	struct walk walk;
	for (uint8_t more = 0; more <= LEARN_HEADER; more++) {
		if (more > 0 && (more < least || more < LEARN_HEADER_LEAST))
			continue;
		search->trial.length = (struct learn_length){place, little, more};
		if (walk_all(&search->trial, &walk, NULL) && walk.n >= LEARN_LEAST &&
		    WHOLE_LEAST * walk.tail <= walk.whole)
			add_cut(search, &walk);
		if (search->trial.steps > LIMIT_LEARN_STEPS)
			return false;
	}
	return true;
}

static bool try_size(struct search *search, uint8_t size, bool little)
{
	const struct learn_data *data = search->trial.data;
	struct span all = span_of(data->bytes, data->n_bytes);
	for (size_t at = 0; at < data->n_bytes; at++)
		search->numbers[at] = learn_number(all, at, size, little);
	for (uint8_t off = 0; off + size <= LEARN_HEADER; off++)
		if (!try_place(search, (struct profile_place){off, size}, little))
			return false;
	return true;
}

void learn_cut_all(const struct learn_data *data, const struct learn_judge *judge, struct learn_cuts *out)
{
	static const uint8_t sizes[] = {2, 1, 4, 3}; /* the usual ones first: they are kept */
	struct search search = {
	    .judge = judge, .out = out, .numbers = xcalloc(data->n_bytes + 1, sizeof search.numbers[0])};
	search.trial = (struct trial){.data = data, .numbers = search.numbers};
	out->n = 0;
	out->alike = false;
	out->all = true;
	for (size_t i = 0; out->all && i < ROWS(sizes); i++) {
		out->all = try_size(&search, sizes[i], false);
		if (out->all && sizes[i] > 1)
			out->all = try_size(&search, sizes[i], true);
	}
	free(search.numbers);
	free(search.list.messages);
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
	struct trial trial = {.data = data, .length = *length};
	struct walk walk;
	walk_all(&trial, &walk, &list);
	if (list.n > 0)
		qsort(list.messages, list.n, sizeof list.messages[0], in_turn);
	mark_again(list.messages, list.n);
	*n = list.n;
	return list.messages;
}
