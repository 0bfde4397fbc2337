/* Draws framings and conversations; see framings.h. */
#include "tests/framings.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* ---- the framing ---- */

/* The first free place of this size at or behind a drawn offset, or none. */
static bool draw_place(struct seeded *s, uint32_t *used, uint8_t header, uint8_t size,
                       struct profile_place *out)
{
	uint32_t from = seeded_below(s, header);
	for (uint32_t i = 0; i < header; i++) {
		uint32_t off = (from + i) % header;
		uint32_t bits = ((UINT32_C(1) << size) - 1) << off;
		if (off + size > header || (*used & bits) != 0)
			continue;
		*used |= bits;
		*out = (struct profile_place){(uint8_t)off, size};
		return true;
	}
	return false;
}

static uint8_t draw_size(struct seeded *s)
{
	static const uint8_t sizes[] = {1, 1, 2, 2, 2, 2, 3, 4, 4};
	return sizes[seeded_below(s, ROWS(sizes))];
}

static void draw_fillers(struct framings *f, uint32_t used)
{
	struct seeded *s = &f->s;
	for (uint8_t off = 0; off < f->truth.header; off++) {
		if ((used >> off & 1) != 0)
			continue;
		uint8_t room = 1, size = draw_size(s);
		while (room < size && off + room < f->truth.header && (used >> (off + room) & 1) == 0)
			room++;
		struct framings_filler *filler = &f->fillers[f->n_fillers++];
		filler->place = (struct profile_place){off, room};
		filler->filling = (enum framings_filling)seeded_below(s, 6);
		if (seeded_one_in(&f->more, 8))
			filler->filling = seeded_one_in(&f->more, 2) ? FILL_MARK : FILL_NOISE;
		filler->start = filler->filling == FILL_LENGTH || filler->filling == FILL_COUNT_LENGTH
		                    ? f->truth.header + seeded_below(s, 120)
		                : seeded_one_in(s, 2) ? seeded_below(s, 8)
		                                      : (uint32_t)seeded_next(s);
		off = (uint8_t)(off + room - 1);
	}
}

static void draw_elements(struct framings *f)
{
	static const uint8_t sizes[] = {1, 1, 2, 2, 2, 2, 4};
	struct seeded *s = &f->s;
	struct profile *p = &f->truth;
	p->has_elements = !seeded_one_in(s, 3);
	if (!p->has_elements)
		return;
	p->element_type = sizes[seeded_below(s, ROWS(sizes))];
	p->element_length = sizes[seeded_below(s, ROWS(sizes))];
	p->element_is_total = seeded_one_in(s, 3);
	p->element_pad = seeded_one_in(s, 4);
	if (seeded_one_in(&f->more, 10))
		p->element_type = 3;
	if (seeded_one_in(&f->more, 10))
		p->element_length = 3;
	if (seeded_one_in(&f->more, 3))
		p->elements[p->n_elements++] = (struct profile_element){
		    .id = 1 + seeded_below(&f->more, 40), .name = "GROUP", .kind = FIELD_GROUP};
}

static void draw_framing(struct framings *f)
{
	struct seeded *s = &f->s;
	struct profile *p = &f->truth;
	bool has_ids = !seeded_one_in(s, 3);
	for (;;) {
		uint32_t used = 0;
		p->header = (uint8_t)(4 + seeded_below(s, 29));
		uint8_t type = draw_size(s), length = draw_size(s), id = draw_size(s);
		p->transaction = (struct profile_place){0};
		if (!draw_place(s, &used, p->header, length, &p->length) ||
		    !draw_place(s, &used, p->header, type, &p->type) ||
		    (has_ids && !draw_place(s, &used, p->header, id, &p->transaction)))
			continue;
		draw_fillers(f, used);
		break;
	}
	p->little_endian = seeded_one_in(s, 2);
	p->length_is_body = seeded_one_in(s, 2);
	draw_elements(f);
	f->bare_echoes = !seeded_one_in(s, 4);
	f->splits = seeded_one_in(s, 2);
	f->joins = seeded_one_in(s, 2);
	f->java[0] = seeded_one_in(s, 4);
	f->java[1] = seeded_one_in(&f->more, 4);
	f->random_ids = seeded_one_in(s, 4);
	f->notifies_with_ids = seeded_one_in(s, 2);
}

/* ---- bytes ---- */

static void put(const struct framings *f, uint8_t *to, uint64_t value, uint8_t size)
{
	for (uint8_t i = 0; i < size; i++)
		to[f->truth.little_endian ? i : size - 1 - i] = (uint8_t)(value >> 8 * i);
}

/* An id that is no group's. */
static uint32_t draw_element_id(struct framings *f)
{
	uint32_t id = 1 + seeded_below(&f->s, seeded_one_in(&f->s, 6) ? 200 : 20);
	return f->truth.n_elements > 0 && id == f->truth.elements[0].id ? id + 1 : id;
}

static size_t padding(const struct framings *f, size_t n)
{
	return f->truth.element_pad ? (PROFILE_PAD - n % PROFILE_PAD) % PROFILE_PAD : 0;
}

static size_t add_element(struct framings *f, uint8_t *to, size_t room)
{
	static const uint8_t usual[] = {1, 2, 2, 4, 4, 6, 8, 16};
	struct seeded *s = &f->s;
	const struct profile *p = &f->truth;
	size_t head = p->element_type + (size_t)p->element_length;
	size_t n = seeded_one_in(s, 5) ? seeded_below(s, 60) : usual[seeded_below(s, ROWS(usual))];
	size_t pad = padding(f, head + n);
	if (head + n + pad > room)
		return 0;
	put(f, to, draw_element_id(f), p->element_type);
	put(f, &to[p->element_type], n + (p->element_is_total ? head : 0), p->element_length);
	bool small = seeded_one_in(s, 2);
	for (size_t i = 0; i < n; i++)
		to[head + i] = small && i + 1 < n ? 0 : (uint8_t)seeded_next(s);
	memset(&to[head + n], 0, pad);
	return head + n + pad;
}

/* With elements inside; of these one in four is a group again. */
static size_t add_group(struct framings *f, uint8_t *to, size_t room)
{
	const struct profile *p = &f->truth;
	size_t head = p->element_type + (size_t)p->element_length, n = 0;
	size_t most = (p->element_length == 1 && room > UINT8_MAX ? UINT8_MAX : room) - PROFILE_PAD;
	if (room < head + PROFILE_PAD)
		return 0;
	for (uint32_t left = 1 + seeded_below(&f->more, 4); left > 0; left--)
		n +=
		    (seeded_one_in(&f->more, 4) ? add_group : add_element)(f, &to[head + n], most - head - n);
	put(f, to, p->elements[0].id, p->element_type);
	put(f, &to[p->element_type], n + (p->element_is_total ? head : 0), p->element_length);
	size_t pad = padding(f, head + n);
	memset(&to[head + n], 0, pad);
	f->n_groups++;
	return head + n + pad;
}

static size_t draw_elements_of_body(struct framings *f, uint8_t *to, size_t room)
{
	size_t n = 0;
	for (uint32_t left = 1 + seeded_below(&f->s, 6); left > 0; left--)
		n += (f->truth.n_elements > 0 && seeded_one_in(&f->more, 3) ? add_group : add_element)(
		    f, &to[n], room - n);
	return n;
}

static size_t draw_opaque(struct framings *f, uint8_t *to, size_t room)
{
	struct seeded *s = &f->s;
	size_t n = seeded_one_in(s, 8) ? 200 + seeded_below(s, 700) : seeded_below(s, 100);
	n = n < room ? n : room;
	for (size_t i = 0; i < n; i++)
		to[i] = seeded_one_in(s, 3) ? 0 : (uint8_t)seeded_next(s);
	return n;
}

static uint32_t fill(struct framings *f, const struct framings_filler *filler, uint8_t dir,
                     const uint32_t sent[2])
{
	switch (filler->filling) {
	case FILL_ZERO:
		return 0;
	case FILL_COUNT:
	case FILL_COUNT_LENGTH:
		return filler->start + sent[0] + sent[1];
	case FILL_COUNT_SIDE:
		return filler->start + sent[dir];
	case FILL_MARK:
		return dir;
	case FILL_NOISE:
		return (uint32_t)seeded_next(&f->more);
	default:
		return filler->start;
	}
}

static void add_message(struct framings *f, uint8_t dir, uint32_t type, uint32_t id)
{
	uint8_t bytes[FRAMINGS_BODY];
	const struct profile *p = &f->truth;
	uint32_t sent[2] = {0, 0};
	for (size_t i = 0; i < f->n_messages; i++)
		sent[f->messages[i].dir]++;
	size_t most = p->length.size == 1 ? UINT8_MAX : sizeof bytes;
	size_t room = most - p->header, n = 0;
	if (type > 2 || !f->bare_echoes)
		n = p->has_elements ? draw_elements_of_body(f, &bytes[p->header], room)
		                    : draw_opaque(f, &bytes[p->header], room);
	for (size_t i = 0; i < f->n_fillers; i++) {
		const struct framings_filler *filler = &f->fillers[i];
		put(f, &bytes[filler->place.off], fill(f, filler, dir, sent), filler->place.size);
	}
	put(f, &bytes[p->type.off], type, p->type.size);
	put(f, &bytes[p->length.off], n + (p->length_is_body ? 0u : p->header), p->length.size);
	put(f, &bytes[p->transaction.off], id, p->transaction.size);
	uint32_t mask = p->transaction.size == 4 ? UINT32_MAX : (UINT32_C(1) << 8 * p->transaction.size) - 1;
	f->messages[f->n_messages++] =
	    (struct framings_message){dir, type, id & mask, f->n_stream[dir], p->header + n};
	f->stream[dir] = xrealloc(f->stream[dir], f->n_stream[dir] + p->header + n);
	memcpy(&f->stream[dir][f->n_stream[dir]], bytes, p->header + n);
	f->n_stream[dir] += p->header + n;
}

/* ---- the conversation ---- */

enum { PENDING = 2 };

struct talk {
	struct framings *f;
	uint32_t next_id, notify_id;
	struct {
		uint32_t type, id;
	} pending[PENDING];
	size_t n_pending;
};

static uint32_t draw_id(struct talk *talk)
{
	return talk->f->random_ids ? (uint32_t)seeded_next(&talk->f->s) : talk->next_id++;
}

static void answer(struct talk *talk, size_t which)
{
	add_message(talk->f, 1, talk->pending[which].type + 1, talk->pending[which].id);
	talk->pending[which] = talk->pending[--talk->n_pending];
}

static void ask(struct talk *talk, uint32_t type)
{
	uint32_t id = draw_id(talk);
	talk->pending[talk->n_pending].type = type;
	talk->pending[talk->n_pending++].id = id;
	add_message(talk->f, 0, type, id);
}

static void notify(struct talk *talk, uint8_t dir, uint32_t type)
{
	add_message(talk->f, dir, type, talk->f->notifies_with_ids ? talk->notify_id++ : 0);
}

static void step(struct talk *talk)
{
	static const uint32_t requests[] = {1, 1, 1, 13, 16, 16, 20, 20, 30};
	static const uint32_t notifications[] = {15, 15, 18, 22, 22, 67, 7};
	struct seeded *s = &talk->f->s;
	uint32_t what = seeded_below(s, 10);
	if (talk->n_pending > 0 && (what < 6 || talk->n_pending == PENDING))
		answer(talk, seeded_below(s, talk->n_pending));
	else if (what < 7)
		ask(talk, requests[seeded_below(s, ROWS(requests))]);
	else if (what == 9 && seeded_one_in(s, 4)) /* names without a published id */
		notify(talk, (uint8_t)seeded_below(s, 2), 40 + seeded_below(s, 20));
	else
		notify(talk, 1, notifications[seeded_below(s, ROWS(notifications))]);
}

static void draw_talk(struct framings *f, size_t wanted)
{
	struct talk talk = {.f = f};
	bool low = seeded_one_in(&f->s, 2);
	talk.next_id = low ? 1 : (uint32_t)seeded_next(&f->s);
	talk.notify_id = low ? 1 : (uint32_t)seeded_next(&f->s);
	notify(&talk, 0, 7);
	notify(&talk, 1, 7);
	ask(&talk, 30);
	answer(&talk, 0);
	while (f->n_messages < wanted)
		step(&talk);
}

/* ---- records ---- */

struct packing {
	struct framings *f;
	struct origin now;
	size_t at[2];
};

static void add_piece(struct packing *packing, uint8_t dir, size_t n)
{
	struct framings *f = packing->f;
	packing->now.packet++;
	packing->now.time += (int64_t)(1 + seeded_below(&f->s, 300)) * NS_PER_MS;
	struct messages_piece piece = {.dir = dir, .n = n, .origin = packing->now};
	messages_hold_add(&f->hold, &piece, span_of(&f->stream[dir][packing->at[dir]], n));
	packing->at[dir] += n;
}

static void add_record(struct packing *packing, uint8_t dir, size_t n)
{
	if (packing->f->java[dir] && n > 1) {
		add_piece(packing, dir, 1);
		n--;
	}
	add_piece(packing, dir, n);
}

static void pack(struct framings *f)
{
	struct packing packing = {.f = f, .now = {.time = INT64_C(1700000000) * NS_PER_S, .packet = 1}};
	for (size_t i = 0; i < f->n_messages; i++) {
		uint8_t dir = f->messages[i].dir;
		size_t n = f->messages[i].n;
		while (f->joins && i + 1 < f->n_messages && f->messages[i + 1].dir == dir &&
		       seeded_one_in(&f->s, 2))
			n += f->messages[++i].n;
		while (f->splits && n > 2 && seeded_one_in(&f->s, 4)) {
			size_t part = 1 + seeded_below(&f->s, n - 1);
			add_record(&packing, dir, part);
			n -= part;
		}
		add_record(&packing, dir, n);
	}
}

struct framings *framings_new(uint64_t seed, size_t n)
{
	struct framings *f = xcalloc(1, sizeof *f);
	f->s = seeded_of(seed);
	f->more = seeded_of(~seed);
	draw_framing(f);
	draw_talk(f, n);
	pack(f);
	return f;
}

struct framings *framings_again(const struct framings *of, uint64_t seed, size_t n)
{
	struct framings *f = xmalloc(sizeof *f);
	*f = *of;
	f->s = seeded_of(seed);
	f->more = seeded_of(~seed);
	f->n_messages = f->n_groups = 0;
	f->stream[0] = f->stream[1] = NULL;
	f->n_stream[0] = f->n_stream[1] = 0;
	f->hold = (struct messages_hold){.n = 0};
	draw_talk(f, n);
	pack(f);
	return f;
}

void framings_take_side(const struct framings *of, uint8_t dir, struct messages_hold *hold)
{
	struct rd r = rd_of(span_of(of->hold.bytes, of->hold.n));
	for (size_t i = 0; i < of->hold.n_pieces; i++) {
		const struct messages_piece *piece = &of->hold.pieces[i];
		struct span bytes = rd_span(&r, (size_t)piece->n);
		if (piece->dir == dir)
			messages_hold_add(hold, piece, bytes);
	}
}

void framings_free(struct framings *framings)
{
	messages_hold_free(&framings->hold);
	free(framings->stream[0]);
	free(framings->stream[1]);
	free(framings);
}
