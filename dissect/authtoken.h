/*
 * The MAC addresses and hashes among the words of a line of allow-list text. Private to authtext.
 * Never knows what a line as a whole means.
 */
#ifndef DISSECT_AUTHTOKEN_H
#define DISSECT_AUTHTOKEN_H

#include "dissect/authtext.h"
#include "dissect/authwords.h"

#define AUTHTOKEN_NONE 1000u /* cost of a token that is absent */

/*
 * The best reading of the words as one MAC address and one hash in any place; absent ones stay "". Answers
 * how many words they take.
 */
size_t authtoken_pair(const struct authwords *words, struct authtext *out);

/* A MAC address that begins at word i; answers its cost: 0 for a clean one, AUTHTOKEN_NONE for none. */
unsigned authtoken_mac_at(const struct authwords *words, size_t i, struct authtext_token *out);

/*
 * The last word of at least `shortest` digits that is too short for a hash and not the MAC address, taken for
 * a hash that was cut: only where the place says that one stands here. False when there is none.
 */
bool authtoken_cut(const struct authwords *words, size_t shortest, const struct authtext_token *mac,
                   struct authtext_token *out);

/* Word i taken for a hash whatever it is, with its damage. */
void authtoken_any(const struct authwords *words, size_t i, struct authtext_token *out);

#endif
