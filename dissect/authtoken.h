/*
 * The words of a line of allow-list text, and the MAC addresses and hashes among them. Private to authtext.
 * Never knows what a line as a whole means.
 */
#ifndef DISSECT_AUTHTOKEN_H
#define DISSECT_AUTHTOKEN_H

#include "dissect/authtext.h"

#define AUTHTOKEN_WORDS                                                                                      \
	64 /* words looked at in one line: a SHA-256 and a MAC address in pairs, and their labels */
#define AUTHTOKEN_NONE  1000u /* cost of a token that is absent */

struct authtoken_words {
	struct span word[AUTHTOKEN_WORDS]; /* borrowed from the line */
	size_t n;
};

/* Cuts a line into words: brackets, quotes and table frames part them, a label ends at its colon, a comment ends the line. */
void authtoken_split(struct span line, struct authtoken_words *out);

/* Word i is this lower-case keyword, in any case; false beyond the end. */
bool authtoken_is(const struct authtoken_words *words, size_t i, const char *keyword);

/* The first place from which these words (lower case, NULL at the end) stand in a row; words->n when none. */
size_t authtoken_find(const struct authtoken_words *words, const char *const *keywords);

/* A word begins so (lower case), in any case. */
bool authtoken_begins(const struct authtoken_words *words, size_t i, const char *start);

/* A label of a MAC address: MAC-adres, MAC-Adresse, Mac Addr. */
bool authtoken_mac_label(const struct authtoken_words *words);

/*
 * The best reading of the words as one MAC address and one hash in any place; absent ones stay "". Answers
 * how many words they take.
 */
size_t authtoken_pair(const struct authtoken_words *words, struct authtext *out);

/* A MAC address that begins at word i; answers its cost: 0 for a clean one, AUTHTOKEN_NONE for none. */
unsigned authtoken_mac_at(const struct authtoken_words *words, size_t i, struct authtext_token *out);

/*
 * The last word of at least `shortest` digits that is too short for a hash and not the MAC address, taken for
 * a hash that was cut: only where the place says that one stands here. False when there is none.
 */
bool authtoken_cut(const struct authtoken_words *words, size_t shortest, const struct authtext_token *mac,
                   struct authtext_token *out);

/* Word i taken for a hash whatever it is, with its damage. */
void authtoken_any(const struct authtoken_words *words, size_t i, struct authtext_token *out);

#endif
