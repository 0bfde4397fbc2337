/*
 * Characters, words and numbers of text that OCR may have damaged: the ground that trace_*.c stand on.
 *
 * Two characters that OCR mistakes for each other fold to the same letter, so comparing folded text finds
 * a word in spite of them. Knows nothing of traces.
 */
#ifndef DISSECT_TRACE_TEXT_H
#define DISSECT_TRACE_TEXT_H

#include "dissect/rd.h"

#define TRACE_TEXT_WORD 32 /* letters kept of one word; the rest is only skipped */

/* One word: letters, digits and underscores in a row. */
struct trace_word {
	struct span printed;
	size_t n;                       /* letters in `fold` */
	char fold[TRACE_TEXT_WORD + 1]; /* lower case, look-alikes as one, without _ and accents; then 0 */
};

/* The letter for c and its look-alikes (O and 0, l and I and 1, ...); 0 for what is in no word. */
char trace_text_fold(char c);

/* Takes the next word. False at the end. */
bool trace_text_word(struct rd *r, struct trace_word *out);

/* The same where only what is printed counts. */
bool trace_text_printed(struct rd *r, struct span *out);

/* The word is `text`, begins with it or holds it, look-alikes and case aside. */
bool trace_text_begins(const struct trace_word *word, const char *text);
bool trace_text_holds(const struct trace_word *word, const char *text);
static inline bool trace_text_is(const struct trace_word *word, const char *text)
{
	return word->n == strlen(text) && trace_text_begins(word, text);
}

/* `s` has the same letters and digits as `text` in the same order; blanks and signs do not matter. */
bool trace_text_same(struct span s, const char *text);

/* The first letters and digits of `s` as they fold, at most TRACE_TEXT_LETTERS: how many. */
#define TRACE_TEXT_LETTERS 40
size_t trace_text_letters(struct span s, char out[TRACE_TEXT_LETTERS]);

/*
 * Letters to insert, remove or replace until the folded letters of a text are those of `text`, blanks and
 * look-alikes aside; more than `limit` counts as limit + 1.
 */
size_t trace_text_distance(struct span letters, const char *text, size_t limit);

/* The decimal digit that c is or looks like, -1 for none. */
int trace_text_digit(uint8_t c);

/*
 * Numbers of which some digits may be look-alikes; *repairs grows by one for each. False when a character
 * is no digit and looks like none, when there are none or when the value needs more than 64 bits. A capital
 * B among lower-case hex digits is an 8.
 */
bool trace_text_decimal(struct span s, uint64_t *value, uint32_t *repairs);
bool trace_text_hex(struct span s, uint64_t *value, uint32_t *repairs);

/* At least one character is a digit as it stands. */
bool trace_text_has_digit(struct span s);

/* Without white space at both ends. */
struct span trace_text_trim(struct span s);

/* Where c first stands; s.n when nowhere. */
size_t trace_text_find(struct span s, char c);

/* A blank of any kind: a space, or from the tab to the carriage return. */
static inline bool trace_text_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
