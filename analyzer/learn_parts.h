/*
 * What the files of the learner share: the data in parts, the cuts of it, the types. Not for other files;
 * they call learn.h.
 */
#ifndef ANALYZER_LEARN_PARTS_H
#define ANALYZER_LEARN_PARTS_H

#include "analyzer/learn.h"

#define LEARN_HEADER       32 /* the longest header that a profile has, and the shortest: */
#define LEARN_HEADER_LEAST 4
#define LEARN_LAST_ID      67 /* of the published ones, facts.md section 2 */
#define LEARN_TYPES_LEAST  3  /* different types; a mark of the direction has two values, too */

/* ---- the data: learn_data.c ---- */

/* Where a record began: `turn` is its place among those of both directions. */
struct learn_record {
	size_t at;
	uint32_t turn;
};

/* Bytes of a direction without a hole in them. */
struct learn_part {
	struct span bytes;
	size_t from; /* in all bytes of the data */
	uint8_t dir;
	uint32_t input;
	bool sure; /* it begins with a message */
	const struct learn_record *records;
	size_t n_records;
};

struct learn_data {
	uint8_t *bytes;
	struct learn_record *records;
	struct learn_part *parts;
	size_t n_bytes, n_records, n_parts;
	bool sure; /* a part begins with a message */
};

void learn_data_take(struct learn_data *data, const struct learn_input *inputs, size_t n);
void learn_data_free(struct learn_data *data);

/* ---- cuts: learn_cut.c ---- */

struct learn_message {
	struct span bytes;
	size_t at; /* in all bytes of the data */
	uint8_t dir;
	uint32_t input, turn; /* the record in which it is complete */
	bool at_record;       /* it begins with a record */
	bool first;           /* of its part: that it begins there is no evidence */
	bool again;           /* the same bytes came before: they prove nothing new */
};

/* A place of the length: a message has as many bytes as it says, and `more`. */
struct learn_length {
	struct profile_place place;
	bool little;
	uint8_t more; /* 0: it counts header and body; else the bytes of the header */
};

#define LEARN_MEMBERS 48
#define LEARN_CUTS    48

/* A way to cut the data, and the lengths that cut it so. */
struct learn_cut {
	uint64_t hash; /* of the boundaries */
	struct learn_length members[LEARN_MEMBERS];
	size_t n_members;
	uint32_t n_messages;
	uint32_t ends; /* parts of the data that end with a whole message */
	uint32_t worth;
};

/* What a cut is worth, 0 = nothing: that is what many are, for a short length fits nearly anything. */
struct learn_judge {
	const void *ctx;
	uint32_t (*worth)(const void *ctx, const struct learn_message *messages, uint32_t n);
};

struct learn_cuts {
	struct learn_cut list[LEARN_CUTS];
	size_t n;
	bool alike; /* another one has messages of one or two lengths only */
	bool all;   /* LIMIT_LEARN_STEPS was enough to try all lengths */
};

/* The cuts into at least LEARN_LEAST messages that are worth most. Fills all of *out. */
void learn_cut_all(const struct learn_data *data, const struct learn_judge *judge, struct learn_cuts *out);

/* The messages of a cut in the order in which they were complete; an array to be freed. */
struct learn_message *learn_cut_messages(const struct learn_data *data, const struct learn_length *length,
                                         uint32_t *n);

/* ---- types: learn_type.c ---- */

struct learn_place {
	struct profile_place place;
	bool little;
};

#define LEARN_PLACES 24

/* Places that give the same types, and how well these fit. */
struct learn_types {
	uint64_t hash; /* of the values */
	struct learn_place members[LEARN_PLACES];
	size_t n_members;
	uint8_t engine;     /* the direction that is the engine's by these types */
	uint32_t published; /* messages with a published id, sent by the right side */
	uint32_t kinds;     /* different ones of these */
	uint32_t mixed;     /* published, of new messages, where each id counts for a quarter at most */
	uint32_t at_record; /* messages that begin a record */
	uint32_t new_ones;  /* messages that are not the same as one before; of these: */
	uint32_t new_strange, new_at_record;
	int64_t bits_types; /* how unlikely the types are by chance: 2^bits */
	int64_t bits;       /* how unlikely all of this is by chance: 2^bits */
};

#define LEARN_TYPES 4

/* Which ids fit which side, and how rarely bytes of the data do so by chance. */
struct learn_table {
	uint8_t fits[LEARN_LAST_ID + 1]
	            [2];       /* by the engine's direction a bit for each direction of a message */
	uint32_t bits_type[2]; /* a byte that fits, by the engine's direction */
	uint32_t bits_record;  /* a byte that begins a record */
	uint8_t *bytes;        /* of the data: a bit for each direction of the engine by which it fits */
};

void learn_type_table(const struct learn_data *data, struct learn_table *table);
void learn_type_free(struct learn_table *table);

/* How many messages fit by the best single byte; 0 when too few do. A judge of cuts; `ctx` is a table. */
uint32_t learn_type_worth(const void *ctx, const struct learn_message *messages, uint32_t n);

/* The best ones first; returns how many. */
size_t learn_type_all(const struct learn_table *table, const struct learn_message *messages, uint32_t n,
                      struct learn_types types[LEARN_TYPES]);

/* ---- elements: learn_elements.c ---- */

/* How a list of elements is read. */
struct learn_tlv {
	uint8_t header, type,
	    length; /* bytes of the message's header, and of each element's type and length */
	bool is_total, pad, little;
};

struct learn_elements {
	bool found;
	struct learn_tlv tlv;
	uint32_t bodies, elements, padded;
};

struct learn_element {
	uint32_t type;
	struct span value;
	size_t next; /* where the one behind it begins */
	bool padded;
};

/* The element at `at`; false when none ends within the bytes. */
bool learn_element_at(const struct learn_tlv *tlv, struct span bytes, size_t at, struct learn_element *out);

/* Where bodies may begin, and how they are read. */
struct learn_bodies {
	uint8_t from, to; /* bytes of the header */
	uint8_t shortest; /* message */
	bool little;
};

/* How the bodies are made; `same` gets what fits, too. */
void learn_elements_find(const struct learn_message *messages, uint32_t n, const struct learn_bodies *bodies,
                         struct learn_elements *out, struct learn_lines *same);

/* ---- groups: learn_groups.c ---- */

/* An element whose values are lists of elements themselves. */
struct learn_group {
	uint32_t id, values, most; /* elements in one value at most */
	uint32_t different;        /* values; no more than 32 are counted */
	size_t places, closing; /* in values of others, and where a list would begin that ends as they do */
};

#define LEARN_GROUPS 8

/* Returns how many. */
size_t learn_groups_find(const struct learn_message *messages, uint32_t n, const struct learn_tlv *tlv,
                         struct learn_group groups[LEARN_GROUPS]);

/* ---- ids: learn_ids.c ---- */

enum learn_order { ORDER_UNKNOWN, ORDER_BIG, ORDER_LITTLE };

struct learn_ids {
	uint32_t pairs; /* responses of which the request is known */
	bool found;
	bool unsure; /* something repeats, and its bounds or those of another cannot be told */
	bool wider;  /* a constant beside it may be a part of it: its pairs are the same */
	struct profile_place place;
	enum learn_order order;     /* in which the ids count up */
	struct profile_place other; /* of the second one, with `unsure`; size 0 = none */
};

/* Messages whose types are known. */
struct learn_typed {
	const struct learn_message *messages;
	const uint32_t *types;
	uint32_t n;
	uint8_t header; /* bytes of it */
	uint32_t used;  /* a bit for each of them that is taken */
};

/* A published request, to which a response has the next id. */
bool learn_is_request(uint32_t type);

void learn_ids_find(const struct learn_typed *typed, struct learn_ids *out);

/* Sees whether a constant beside the high byte of the id in this byte order may be a part of it. */
void learn_ids_look_beside(const struct learn_typed *typed, bool little, struct learn_ids *ids);

/*
 * The byte order is known: zeros beside the id join it up to a usual width, which changes no value. Looks
 * beside it first.
 */
void learn_ids_widen(const struct learn_typed *typed, bool little, struct learn_ids *ids);

/* ---- counters: learn_count.c ---- */

/* The order in which the number at a place counts up from message to message: its high byte carries. */
enum learn_order learn_count_order(const struct learn_typed *typed, struct profile_place place);

/* The order in which the counters of the header carry, where they agree. */
enum learn_order learn_count_carries(const struct learn_typed *typed);

/* The byte changes, but rarely, and never back: as the high byte of a counter. */
bool learn_count_is_slow(const struct learn_typed *typed, uint8_t off);

/* ---- shape: learn_shape.c ---- */

/* A length of the cut and a place of the types share no byte. */
bool learn_shape_fits(const struct learn_cut *cut, const struct learn_types *types);

/* Makes the profile of a cut and its types, with its evidence. False and out->why when it cannot be written.
 */
bool learn_shape(const struct learn_data *data, const struct learn_cut *cut, const struct learn_types *types,
                 struct learned *out);

/* ---- text: learn_text.c ---- */

void learn_say(struct learn_lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "u16 big-endian at 4" */
#define LEARN_PLACE_TEXT 40
const char *learn_place_text(const struct profile_place *place, bool little, char text[LEARN_PLACE_TEXT]);

/* ---- numbers ---- */

/* The number at an offset; 0 when it is not all there. */
static inline uint32_t learn_number(struct span bytes, size_t off, uint8_t size, bool little)
{
	struct rd r = rd_of(span_cut(bytes, off, size));
	return (uint32_t)(little ? rd_little(&r, size) : rd_big(&r, size));
}

/* Whole bits: how often `of` can be halved before `n` is reached. */
static inline uint32_t learn_rarity(size_t n, size_t of)
{
	uint32_t bits = 0;
	while (of > 2 * n && bits < 8) {
		of /= 2;
		bits++;
	}
	return bits;
}

static inline uint64_t learn_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

#endif
