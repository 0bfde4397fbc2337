/*
 * Framing profiles, struct -> text, and the words of that text.
 *
 * Called by the learner's report and the tests; the names also by whoever shows a profile. It writes one
 * canonical form, the one of samples/assumed-1.profile, and never checks: what it gets is a valid profile.
 */
#include "dissect/profile_words.h"

#define COLUMN 12 /* keywords are printed this wide */
#define DIGITS 10 /* of the largest number */

const char *const profile_keywords[KEYWORDS] = {
    [KEYWORD_NAME] = "name",
    [KEYWORD_ORIGIN] = "origin",
    [KEYWORD_ORDER] = "byte-order",
    [KEYWORD_HEADER] = "header",
    [KEYWORD_TYPE] = "type",
    [KEYWORD_LENGTH] = "length",
    [KEYWORD_TRANSACTION] = "transaction",
    [KEYWORD_ELEMENTS] = "elements",
    [KEYWORD_MESSAGE] = "message",
    [KEYWORD_ELEMENT] = "element",
};
const char *const profile_meanings[KEYWORDS] = {
    [KEYWORD_NAME] = "A name of your own, without blanks; reports show it.",
    [KEYWORD_ORIGIN] = "Where it comes from, which reports show, too: user, learned or assumed.",
    [KEYWORD_ORDER] = "The order of the bytes of all numbers: big or little.",
    [KEYWORD_HEADER] = "Bytes of a message in front of its body, 4 to 32. No message is shorter.",
    [KEYWORD_TYPE] = "Where the type stands: offset from the start of the message, and size in bytes, 1 to 4.",
    [KEYWORD_LENGTH] = "Where the length stands, and what it counts: total (header and body) or body.",
    [KEYWORD_TRANSACTION] = "Where the number stands that a response repeats of its request. Leave the line out where there\n"
                            "is none.",
    [KEYWORD_ELEMENTS] = "The body: none (its bytes are not explained), or tlv, a list of type, length and value: the sizes of\n"
                         "type and length in bytes, and what the length counts: value or total (all three). With pad4 behind\n"
                         "it, bytes that are not counted fill each element up to a multiple of 4.",
    [KEYWORD_MESSAGE] = "Types: id, name, who sends it (engine, controller or both). With assumed behind it where the name\n"
                        "is not published; then reports say so. Types that stand here tell which side is the controller.",
    [KEYWORD_ELEMENT] = "Elements: id, name, kind of the value. Others are shown as bytes, and --redact blanks them.",
};
const char *const profile_origins[] = {
    [PROFILE_ASSUMED] = "assumed",
    [PROFILE_LEARNED] = "learned",
    [PROFILE_USER] = "user",
};
const char *const profile_orders[] = {"big", "little"};
const char *const profile_lengths[] = {"total", "body"};
const char *const profile_element_lists[] = {"none", "tlv"};
const char *const profile_element_lengths[] = {"value", "total"};
const char *const profile_senders[] = {
    [PROFILE_ENGINE] = "engine",
    [PROFILE_CONTROLLER] = "controller",
    [PROFILE_BOTH] = "both",
};
const char *const profile_kinds[] = {
    [FIELD_U8] = "u8",     [FIELD_U16] = "u16",   [FIELD_U32] = "u32",     [FIELD_U64] = "u64",
    [FIELD_MASK] = "mask", [FIELD_TEXT] = "text", [FIELD_BYTES] = "bytes", [FIELD_MAC] = "mac",
    [FIELD_IP4] = "ip4",   [FIELD_IP6] = "ip6",   [FIELD_TIME] = "time",   [FIELD_GROUP] = "group",
};

const char *profile_origin_name(enum profile_origin origin)
{
	return profile_origins[origin];
}

const char *profile_kind_name(enum field_kind kind)
{
	return profile_kinds[kind];
}

struct printer {
	char *to;
	size_t size, n; /* n goes on beyond the size: so one check at the end is enough */
};

static void put_char(struct printer *out, char c)
{
	if (out->n < out->size)
		out->to[out->n] = c;
	out->n++;
}

static void put_text(struct printer *out, const char *text)
{
	for (; *text != 0; text++)
		put_char(out, *text);
}

static void put_keyword(struct printer *out, enum profile_keyword id)
{
	put_text(out, profile_keywords[id]);
	for (size_t n = strlen(profile_keywords[id]); n < COLUMN; n++)
		put_char(out, ' ');
}

static void put_word(struct printer *out, const char *word)
{
	put_char(out, ' ');
	put_text(out, word);
}

static void put_number(struct printer *out, uint32_t value)
{
	char digits[DIGITS + 1] = {0};
	size_t at = DIGITS;
	do {
		digits[--at] = (char)('0' + value % PROFILE_RADIX);
		value /= PROFILE_RADIX;
	} while (value != 0);
	put_word(out, &digits[at]);
}

static void put_line(struct printer *out, enum profile_keyword id, const char *word)
{
	put_keyword(out, id);
	put_word(out, word);
	put_char(out, '\n');
}

static void put_place(struct printer *out, enum profile_keyword id, const struct profile_place *place)
{
	put_keyword(out, id);
	put_number(out, place->off);
	put_number(out, place->size);
}

static void put_head(struct printer *out, const struct profile *profile)
{
	put_line(out, KEYWORD_NAME, profile->name);
	put_line(out, KEYWORD_ORIGIN, profile_origins[profile->origin]);
	put_line(out, KEYWORD_ORDER, profile_orders[profile->little_endian]);
	put_keyword(out, KEYWORD_HEADER);
	put_number(out, profile->header);
	put_char(out, '\n');
	put_place(out, KEYWORD_TYPE, &profile->type);
	put_char(out, '\n');
	put_place(out, KEYWORD_LENGTH, &profile->length);
	put_word(out, profile_lengths[profile->length_is_body]);
	put_char(out, '\n');
	if (profile->transaction.size == 0)
		return;
	put_place(out, KEYWORD_TRANSACTION, &profile->transaction);
	put_char(out, '\n');
}

static void put_elements(struct printer *out, const struct profile *profile)
{
	put_keyword(out, KEYWORD_ELEMENTS);
	put_word(out, profile_element_lists[profile->has_elements]);
	if (profile->has_elements) {
		put_number(out, profile->element_type);
		put_number(out, profile->element_length);
		put_word(out, profile_element_lengths[profile->element_is_total]);
	}
	if (profile->element_pad)
		put_word(out, PROFILE_PAD_WORD);
	put_char(out, '\n');
}

size_t profile_print(const struct profile *profile, char *to, size_t size)
{
	struct printer out = {.to = to, .size = size};
	put_head(&out, profile);
	put_elements(&out, profile);
	for (uint32_t i = 0; i < profile->n_messages; i++) {
		const struct profile_message *row = &profile->messages[i];
		put_keyword(&out, KEYWORD_MESSAGE);
		put_number(&out, row->id);
		put_word(&out, row->name);
		put_word(&out, profile_senders[row->sender]);
		if (row->assumed)
			put_word(&out, PROFILE_ASSUMED_WORD);
		put_char(&out, '\n');
	}
	for (uint32_t i = 0; i < profile->n_elements; i++) {
		const struct profile_element *row = &profile->elements[i];
		put_keyword(&out, KEYWORD_ELEMENT);
		put_number(&out, row->id);
		put_word(&out, row->name);
		put_word(&out, profile_kinds[row->kind]);
		put_char(&out, '\n');
	}
	put_char(&out, 0);
	return out.n <= size ? out.n - 1 : 0;
}
