/*
 * Where the type of messages may stand that are cut already: values that are published ids and come from the
 * side that sends them (facts.md section 2). Called by learn.c. Never decides between places.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"
#include "dissect/nmsp.h"

#include <stdlib.h>

#define ROWS(table)     (sizeof(table) / sizeof *(table))
#define STRANGE_BITS    6 /* that a message of an unpublished type takes back: few are so */
#define SHARE(part, of) (4 * (part) >= 3 * (of)) /* three in four */

/* A bit for each direction in which an id comes. */
static uint8_t directions(enum profile_sender sender, uint8_t engine)
{
	uint8_t of_engine = engine == 0 ? 1 : 2, both = 3;
	if (sender == PROFILE_BOTH)
		return both;
	return sender == PROFILE_ENGINE ? of_engine : both ^ of_engine;
}

static void fill_senders(struct learn_table *table)
{
	struct profile *builtin = xmalloc(sizeof *builtin);
	profile_builtin(builtin);
	for (uint32_t id = 0; id <= LEARN_LAST_ID; id++) {
		const struct profile_message *row = profile_find_message(builtin, id);
		for (uint8_t engine = 0; engine < 2 && row != NULL && !row->assumed; engine++)
			table->fits[id][engine] = directions(row->sender, engine);
	}
	free(builtin);
}

static bool fits(const struct learn_table *table, uint32_t value, uint8_t engine, uint8_t dir)
{
	return value <= LEARN_LAST_ID && (table->fits[value][engine] >> dir & 1) != 0;
}

void learn_type_table(const struct learn_data *data, struct learn_table *table)
{
	size_t fitting[2] = {1, 1};
	*table = (struct learn_table){.bytes = xcalloc(data->n_bytes + 1, 1)};
	fill_senders(table);
	for (size_t i = 0; i < data->n_parts; i++) {
		const struct learn_part *part = &data->parts[i];
		struct rd r = rd_of(part->bytes);
		for (size_t at = part->from; rd_more(&r); at++) {
			uint8_t value = rd_u8(&r);
			for (uint8_t engine = 0; engine < 2; engine++) {
				bool fitted = fits(table, value, engine, part->dir);
				fitting[engine] += fitted;
				table->bytes[at] |= (uint8_t)(fitted << engine);
			}
		}
	}
	for (uint8_t engine = 0; engine < 2; engine++)
		table->bits_type[engine] = learn_rarity(fitting[engine], data->n_bytes);
	table->bits_record = learn_rarity(data->n_records, data->n_bytes);
}

/* ---- one place ---- */

struct count {
	uint64_t hash;
	uint32_t published[2], fresh[2], kinds[2], mixed[2]; /* by the engine's direction */
};

static void count_place(const struct learn_table *table, const struct learn_message *messages, uint32_t n,
                        uint32_t n_new, const struct learn_place *at, struct count *count)
{
	uint32_t seen[LEARN_LAST_ID + 1][2] = {{0}};
	*count = (struct count){.hash = 1};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t value = learn_number(messages[i].bytes, at->place.off, at->place.size, at->little);
		count->hash = learn_mix(count->hash, value);
		for (uint8_t engine = 0; engine < 2; engine++) {
			if (!fits(table, value, engine, messages[i].dir))
				continue;
			count->published[engine]++;
			count->fresh[engine] += !messages[i].again;
			count->kinds[engine] += seen[value][engine] == 0;
			count->mixed[engine] +=
			    !messages[i].again && ++seen[value][engine] <= (n_new + 3) / 4;
		}
	}
}

static size_t shortest_of(const struct learn_message *messages, uint32_t n)
{
	size_t shortest = LEARN_HEADER;
	for (uint32_t i = 0; i < n; i++)
		shortest = messages[i].bytes.n < shortest ? messages[i].bytes.n : shortest;
	return shortest;
}

/* The messages whose byte at this place fits, by the engine's direction that fits most of them. */
static uint32_t count_byte(const struct learn_table *table, const struct learn_message *messages, uint32_t n,
                           uint8_t off)
{
	uint32_t fitting[2] = {0, 0};
	for (uint32_t i = 0; i < n; i++) {
		uint8_t fitted = table->bytes[messages[i].at + off];
		fitting[0] += fitted & 1;
		fitting[1] += fitted >> 1;
	}
	return fitting[0] > fitting[1] ? fitting[0] : fitting[1];
}

/* Each byte of a header counts for itself: the lowest one of the type has its value, for ids are small. */
uint32_t learn_type_worth(const void *ctx, const struct learn_message *messages, uint32_t n)
{
	uint32_t best = 0;
	size_t shortest = shortest_of(messages, n);
	for (uint8_t off = 0; off < shortest; off++) {
		uint32_t fitting = count_byte(ctx, messages, n, off);
		best = fitting > best ? fitting : best;
	}
	return SHARE(best, n) ? best : 0;
}

void learn_type_free(struct learn_table *table)
{
	free(table->bytes);
}

/* A constant that is a published id must not count for every message that it stands in. */
static int64_t bits_of_types(const struct learn_types *types, const struct learn_table *table)
{
	int64_t strange = types->new_strange;
	return (int64_t)types->mixed * table->bits_type[types->engine] - STRANGE_BITS * strange;
}

/* A message that begins no record takes back one bit: several of them share one now and then. */
static int64_t bits_of_records(const struct learn_types *types, const struct learn_table *table)
{
	int64_t n = types->new_ones, starting = types->new_at_record;
	return starting * table->bits_record - (n - starting);
}

/* The better ones stand first; places of the same values stand together. */
static void add_types(struct learn_types types[LEARN_TYPES], size_t *n, const struct learn_types *found,
                      const struct learn_place *place)
{
	for (size_t i = 0; i < *n; i++)
		if (types[i].hash == found->hash) {
			if (types[i].n_members < LEARN_PLACES)
				types[i].members[types[i].n_members++] = *place;
			return;
		}
	size_t at = *n < LEARN_TYPES ? (*n)++ : LEARN_TYPES;
	while (at > 0 && types[at - 1].bits < found->bits) {
		if (at < LEARN_TYPES)
			types[at] = types[at - 1];
		at--;
	}
	if (at == LEARN_TYPES)
		return;
	types[at] = *found;
	types[at].members[0] = *place;
	types[at].n_members = 1;
}

static void try_place(const struct learn_table *table, const struct learn_message *messages, uint32_t n,
                      const struct learn_types *all, const struct learn_place *place,
                      struct learn_types types[LEARN_TYPES], size_t *n_types)
{
	struct count count;
	count_place(table, messages, n, all->new_ones, place, &count);
	uint8_t engine = count.published[1] > count.published[0];
	struct learn_types found = *all;
	if (!SHARE(count.published[engine], n))
		return;
	found.hash = count.hash;
	found.engine = engine;
	found.published = count.published[engine];
	found.kinds = count.kinds[engine];
	found.mixed = count.mixed[engine];
	found.new_strange = all->new_ones - count.fresh[engine];
	found.bits_types = bits_of_types(&found, table);
	found.bits = found.bits_types + bits_of_records(&found, table);
	add_types(types, n_types, &found, place);
}

/* What holds for all places. */
static struct learn_types count_all(const struct learn_message *messages, uint32_t n)
{
	struct learn_types all = {.hash = 0};
	for (uint32_t i = 0; i < n; i++) {
		bool starts = messages[i].at_record && !messages[i].first;
		all.at_record += starts;
		all.new_ones += !messages[i].again;
		all.new_at_record += starts && !messages[i].again;
	}
	return all;
}

size_t learn_type_all(const struct learn_table *table, const struct learn_message *messages, uint32_t n,
                      struct learn_types types[LEARN_TYPES])
{
	static const uint8_t sizes[] = {2, 1, 4, 3}; /* the usual ones first: they are kept */
	size_t n_types = 0, shortest = shortest_of(messages, n);
	struct learn_types all = count_all(messages, n);
	bool fitting[LEARN_HEADER];
	for (uint8_t off = 0; off < shortest; off++)
		fitting[off] = SHARE(count_byte(table, messages, n, off), n);
	for (size_t i = 0; i < ROWS(sizes); i++)
		for (uint8_t off = 0; off + sizes[i] <= shortest; off++)
			for (int little = 0; little < 1 + (sizes[i] > 1); little++) {
				struct learn_place place = {{off, sizes[i]}, little > 0};
				if (!fitting[little > 0 ? off : off + sizes[i] - 1])
					continue;
				try_place(table, messages, n, &all, &place, types, &n_types);
			}
	return n_types;
}
