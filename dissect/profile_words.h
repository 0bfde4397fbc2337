/*
 * The words of a profile's text form: what its parser in profile.c and its printer in profile_print.c share.
 * Not for other files; they call profile.h.
 */
#ifndef DISSECT_PROFILE_WORDS_H
#define DISSECT_PROFILE_WORDS_H

#include "dissect/profile.h"

#define PROFILE_RADIX 10 /* of the numbers in the text */

enum profile_keyword {
	KEYWORD_NAME,
	KEYWORD_ORIGIN,
	KEYWORD_ORDER,
	KEYWORD_HEADER,
	KEYWORD_TYPE,
	KEYWORD_LENGTH,
	KEYWORD_TRANSACTION,
	KEYWORD_ELEMENTS,
	KEYWORD_MESSAGE,
	KEYWORD_ELEMENT,
	KEYWORDS
};

/* Indexed by enum profile_keyword, and by the enum or bool of struct profile that they stand for. */
extern const char *const profile_keywords[KEYWORDS];
extern const char *const profile_meanings[KEYWORDS]; /* for people; lines that end in \n but for the last one */
extern const char *const profile_origins[3];
extern const char *const profile_orders[2];
extern const char *const profile_lengths[2];
extern const char *const profile_element_lists[2];
extern const char *const profile_element_lengths[2];
extern const char *const profile_senders[3];
extern const char *const profile_kinds[FIELD_KINDS];
#define PROFILE_ASSUMED_WORD "assumed" /* behind a message whose name is not published */
#define PROFILE_PAD_WORD     "pad4"    /* behind elements that are filled up */

#endif
