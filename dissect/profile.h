/*
 * The framing profile: where type, length and transaction id of an NMSP message sit. design.md section 5: the
 * header is data, because no wire format is published.
 *
 * Its text, a keyword and its words a line, # begins a comment:
 *   name NAME            origin assumed|learned|user      byte-order big|little
 *   header BYTES         4 to 32, before the body
 *   type OFFSET SIZE     length OFFSET SIZE total|body    transaction OFFSET SIZE     sizes are 1 to 4
 *   elements none        the body is opaque
 *   elements tlv TYPE_SIZE LENGTH_SIZE value|total [pad4]
 *                        the body is a list of type, length, value; the length counts the value, or all three;
 *                        pad4: behind an element come bytes, not counted, up to a multiple of 4
 *   message ID NAME engine|controller|both [assumed]
 *   element ID NAME KIND u8 u16 u32 u64 mask text bytes mac ip4 ip6 time, or group: its value is itself a list
 *                        of such elements
 *
 * Pure: text -> struct and struct -> text, round trip exact.
 */
#ifndef DISSECT_PROFILE_H
#define DISSECT_PROFILE_H

#include "dissect/fields.h"

#define PROFILE_NAME 48
#define PROFILE_TEXT (64 * 1024) /* room for any profile as profile_print writes it */
#define PROFILE_PAD  4

enum profile_origin { PROFILE_ASSUMED, PROFILE_LEARNED, PROFILE_USER };
enum profile_sender { PROFILE_ENGINE, PROFILE_CONTROLLER, PROFILE_BOTH };

struct profile_place {
	uint8_t off, size; /* bytes; size 0 = absent */
};

struct profile_message {
	uint32_t id;
	char name[PROFILE_NAME];
	enum profile_sender sender;
	bool assumed;
};

struct profile_element {
	uint32_t id;
	char name[PROFILE_NAME];
	enum field_kind kind;
};

struct profile {
	char name[PROFILE_NAME];
	enum profile_origin origin;
	bool little_endian;
	uint8_t header;      /* bytes before the body, 4 to 32 */
	struct profile_place type, length, transaction;
	bool length_is_body; /* the length counts the body only, else header and body */
	bool has_elements;   /* the body is a list of type, length, value */
	uint8_t element_type, element_length; /* sizes */
	bool element_is_total; /* an element's length counts its own header, too */
	bool element_pad;      /* bytes that no length counts fill an element up to a multiple of PROFILE_PAD */
	struct profile_message messages[LIMIT_PROFILE_MESSAGES];
	uint32_t n_messages;
	struct profile_element elements[LIMIT_PROFILE_ELEMENTS];
	uint32_t n_elements;
};

struct profile_error {
	uint32_t line;       /* from 1; 0 = the profile as a whole */
	char word[32];       /* the word that is wrong, "" for a missing one */
	const char *problem; /* what is wrong with it and what is wanted */
};

/* The built-in profile assumed-1; the same text is in samples/assumed-1.profile. Fills all of *out. */
void profile_builtin(struct profile *out);

/*
 * Parses a profile, design.md section 5: keywords in any order, comments from # to the end of the line. False
 * and *error (the first one) when it is wrong; *out is then unspecified. What it accepts is safe to read
 * messages with: places lie within the header and do not overlap, ids fit their sizes and stand once.
 */
bool profile_parse(struct span text, struct profile *out, struct profile_error *error);

/*
 * Writes the profile as text into `to`, ended by a NUL; returns its length without the NUL, or 0 when `size`
 * is too small. Parsed again it gives an equal profile.
 */
size_t profile_print(const struct profile *profile, char *to, size_t size);

/* The row of an id, NULL when the profile does not name it. */
const struct profile_message *profile_find_message(const struct profile *profile, uint32_t id);
const struct profile_element *profile_find_element(const struct profile *profile, uint32_t id);

/* Names of enum values as in the text form. */
const char *profile_origin_name(enum profile_origin origin);
const char *profile_kind_name(enum field_kind kind);

#endif
