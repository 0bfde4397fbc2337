/*
 * How a token that was typed or pasted differs from the right one, and how that is said. Private to
 * authlist*.c. Never decides what follows from it.
 */
#ifndef ANALYZER_AUTHLIST_DAMAGE_H
#define ANALYZER_AUTHLIST_DAMAGE_H

#include "analyzer/authlist.h"

/*
 * The token came from `wanted` by any number of look-alikes and at most one other slip, or is what a cut left
 * of it: its beginning or its end, eight digits at least. False for "".
 */
bool authlist_damage_is_near(const char *token, const char *wanted);

/*
 * Adds to the detail what is wrong: "digit 2 of the hash is the letter O, the certificate has 0". `what`:
 * "hash" or "MAC address"; `owner` has the right one: "the certificate".
 */
void authlist_damage_say(struct auth_decision *out, const char *what, const char *owner,
                         const struct authtext_token *token, const char *wanted);

/* Adds a clause to the detail, cut to fit. */
__attribute__((format(printf, 2, 3))) void authlist_damage_add(struct auth_decision *out, const char *format,
                                                               ...);

#endif
