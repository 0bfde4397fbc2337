/*
 * The last talk of turns.h in datagrams, played with one of them left out, moved behind others, or with a
 * flipped bit, and what is to come out of it. Included after cmocka.
 */
#ifndef TESTS_DTLS_TAPE_H
#define TESTS_DTLS_TAPE_H

#include "dissect/dtls.h"
#include "tests/turns.h"

enum { NOWHERE = TAPED_PIECES };

/* What is done to the talk. */
struct edit {
	size_t lost;    /* this datagram, NOWHERE: none */
	size_t moved;   /* this one comes behind `behind`, NOWHERE: none */
	size_t behind;  /* it is the later one */
	int64_t pause;  /* nanoseconds in front of `behind` */
	size_t flipped; /* a bit of this one, NOWHERE: none, */
	size_t at;      /* ... of this byte */
};

static const struct edit unchanged = {.lost = NOWHERE, .moved = NOWHERE, .flipped = NOWHERE};

static inline const struct taped_talk *last_talk(void)
{
	return &taped.talk[taped.n - 1];
}

/* The first record of a datagram. */
static inline struct dtls_record record_of(size_t piece)
{
	struct rd r = rd_of(taped_piece(last_talk(), piece));
	struct dtls_record record;
	assert_int_equal(dtls_next(&r, 0, &record), DTLS_RECORD);
	return record;
}

static inline void say_piece(const struct edit *edit, size_t piece, struct wire *wire)
{
	static uint8_t bytes[TAPED_BYTES];
	struct span own = taped_piece(last_talk(), piece);
	memcpy(bytes, own.p, own.n);
	if (piece == edit->flipped)
		bytes[edit->at] ^= 4;
	wire_datagram(wire, last_talk()->pieces[piece].dir, span_of(bytes, own.n));
}

static inline void say_edited(const struct edit *edit, struct wire *wire)
{
	wire->port++;
	for (size_t k = 0; k < last_talk()->n_pieces; k++) {
		bool last = edit->moved != NOWHERE && k == edit->behind;
		if (last)
			wire->now += edit->pause;
		if (k != edit->lost && k != edit->moved)
			say_piece(edit, k, wire);
		if (last)
			say_piece(edit, edit->moved, wire);
	}
}

/* Only the last talk. `late`: the key log comes behind it. End with wire_free. */
static inline void play_edited(const struct edit *edit, bool late, struct wire *wire)
{
	struct span lines = span_of(taped.lines, strlen(taped.lines));
	wire_start(wire, late ? span_of(NULL, 0) : lines);
	wire->model->keys_may_come = late;
	say_edited(edit, wire);
	if (late)
		analyze_secrets(wire->analyze, lines);
	wire_end(wire);
}

/* ---- what is to come out --------------------------------------------------------------------------------
 */

/* Where the text of each datagram lies among what its side wrote: one record of data each. */
struct texts {
	struct span of[TAPED_PIECES]; /* empty where there is none */
};
static struct texts texts;

/* The lengths that each side wrote, in order: tests tell them by tell(). */
static size_t told[2][TAPED_PIECES], n_told[2];

static inline void tell(struct turn *turn, int from, size_t n)
{
	told[from][n_told[from]++] = n;
	say(&turn->talk, from, n);
}

static inline void find_texts(void)
{
	size_t next[2] = {0, 0}, at[2] = {0, 0};
	texts = (struct texts){0};
	for (size_t k = 0; k < last_talk()->n_pieces; k++) {
		uint8_t dir = last_talk()->pieces[k].dir;
		if (record_of(k).type != TLS_APPLICATION_DATA)
			continue;
		size_t n = told[dir][next[dir]++];
		texts.of[k] = span_of(&last_talk()->text[dir].p[at[dir]], n);
		at[dir] += n;
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		assert_int_equal(next[dir], n_told[dir]);
		n_told[dir] = 0;
	}
}

/* What of a direction came out is all texts in their order, but for `gone`, and `last` behind those up to
 * `behind`. */
static inline bool came_out(uint8_t dir, size_t gone, size_t moved, size_t behind)
{
	static struct heap all;
	if (all.p == NULL)
		all = heap_new(TEXT_MAX);
	all.n = 0;
	for (size_t k = 0; k < last_talk()->n_pieces; k++) {
		if (last_talk()->pieces[k].dir == dir && k != gone && k != moved)
			heap_add(&all, texts.of[k]);
		if (k == behind && moved != NOWHERE && last_talk()->pieces[moved].dir == dir)
			heap_add(&all, texts.of[moved]);
	}
	return span_equal(wire_plain(1, dir), span_of(all.p, all.n));
}

#endif
