/*
 * The words of a line of allow-list text. Private to authtext and authtoken. Never knows what they mean.
 */
#ifndef DISSECT_AUTHWORDS_H
#define DISSECT_AUTHWORDS_H

#include "dissect/rd.h"

/* Words looked at in one line: a SHA-256 and a MAC address in pairs, and their labels. */
#define AUTHWORDS 64

struct authwords {
	struct span word[AUTHWORDS]; /* borrowed from the line */
	size_t n;
};

/* Cuts a line into words: brackets, quotes and table frames part them, a label ends at its colon, a comment
 * ends the line. */
void authwords_split(struct span line, struct authwords *out);

/* Word i is this lower-case keyword, in any case; false beyond the end. */
bool authwords_is(const struct authwords *words, size_t i, const char *keyword);

/* The first place from which these words (lower case, NULL at the end) stand in a row; words->n when none. */
size_t authwords_find(const struct authwords *words, const char *const *keywords);

/* A word begins so (lower case), in any case. */
bool authwords_begins(const struct authwords *words, size_t i, const char *start);

/* A label of a MAC address: MAC-adres, MAC-Adresse, Mac Addr. */
bool authwords_mac_label(const struct authwords *words);

#endif
