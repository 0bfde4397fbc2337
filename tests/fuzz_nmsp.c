/*
 * Fuzz target of dissect/nmsp: the first byte picks a framing, the rest is a stream that is cut into
 * messages, each decoded in a block of its own size; then the rest as one message. What is good must tile.
 */
#include "dissect/nmsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte picks a row; NULL is the built-in profile. */
static const char *const framings[] = {
    "name a\norigin user\nbyte-order little\nheader 8\ntype 0 2\nlength 2 2 body\ntransaction 4 4\n"
    "elements tlv 2 2 total\nmessage 1 M both\nelement 0 A u8\nelement 1 B u32\nelement 2 C mask\n",
    "name b\norigin learned\nbyte-order big\nheader 4\ntype 3 1\nlength 0 1 total\ntransaction 1 1\n"
    "elements tlv 1 1 total\nelement 0 A u64\nelement 1 B ip6\nelement 2 C time\nelement 3 D text\n",
    "name c\norigin user\nbyte-order little\nheader 11\ntype 1 3\nlength 4 3 total\nelements tlv 3 3 value\n",
    "name d\norigin user\nbyte-order big\nheader 12\ntype 8 4\nlength 0 4 body\nelements tlv 4 4 total\n",
    "name e\norigin user\nbyte-order big\nheader 4\ntype 0 2\nlength 2 2 body\nelements none\n",
    NULL,
    "name f\norigin user\nbyte-order big\nheader 4\ntype 0 2\nlength 2 2 body\n"
    "elements tlv 1 1 value pad4\nelement 1 G group\nelement 2 N u8\nelement 3 H group\n",
};
#define FRAMINGS (sizeof framings / sizeof *framings)

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_fields(const struct profile *profile, struct span message, bool framed)
{
	static struct fields fields;
	size_t end = 0, tiled = 0, pad = profile->element_pad ? PROFILE_PAD - 1u : 0;
	bool good = nmsp_fields(profile, message, &fields);
	check(framed || !good);
	for (uint32_t i = 0; i < fields.n; i++) {
		const struct field *field = &fields.list[i];
		check(field->name != NULL && field->kind < FIELD_KINDS);
		check(field->off <= message.n && field->bytes.n <= message.n - field->off);
		check(!good || !field->malformed);
		check(field->depth == 0 || field->off >= end);
		end = field->off + (field->kind == FIELD_GROUP ? 0 : field->bytes.n);
		if (field->off + field->bytes.n > tiled)
			tiled = field->off + field->bytes.n;
	}
	check(fields.dropped == 0 || fields.n == LIMIT_FIELDS);
	check(!good || fields.dropped > 0 || message.n == profile->header || tiled + pad >= message.n);
}

static void check_message(const struct profile *profile, struct span bytes)
{
	struct nmsp_message head;
	size_t total = 0;
	uint8_t *exact = malloc(bytes.n + (bytes.n == 0));
	check(exact != NULL);
	if (bytes.n > 0)
		memcpy(exact, bytes.p, bytes.n);
	struct span message = span_of(exact, bytes.n);
	bool framed = nmsp_decode(profile, message, &head);
	check(framed == (nmsp_cut(profile, message, &total) == CUT_OK && total == message.n));
	check(!framed || (head.length == message.n && head.body.n == message.n - profile->header));
	check((head.known != NULL) ==
	      (message.n >= profile->header && nmsp_type_name(profile, head.type) != NULL));
	check_fields(profile, message, framed);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct profile profile;
	struct profile_error error;
	struct rd r = rd_of(span_of(data, size));
	size_t which = rd_u8(&r) % FRAMINGS, total = 0;
	if (framings[which] == NULL)
		profile_builtin(&profile);
	else
		check(profile_parse(span_of(framings[which], strlen(framings[which])), &profile, &error));
	check_message(&profile, span_cut(r.all, rd_at(&r), rd_left(&r)));
	while (nmsp_cut(&profile, span_cut(r.all, rd_at(&r), rd_left(&r)), &total) == CUT_OK &&
	       total <= rd_left(&r))
		check_message(&profile, rd_span(&r, total));
	return 0;
}
