/*
 * NMSP messages by a framing profile: cut, header, elements; and the published ids and services.
 *
 * Called by the NMSP layer with plaintext, and by whoever shows the fields of a message. The profile is one
 * that profile_parse accepts. It keeps no state, and never judges what a message means for the session.
 */
#include "dissect/nmsp.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

const struct nmsp_service nmsp_services[NMSP_SERVICES] = {
    {0, "rssi-ms", "RSSI", "MOBILE_STATION"},
    {1, "rssi-rfid", "RSSI", "TAG"},
    {2, "rssi-rogue", "RSSI", "ROGUE"},
    {3, "rssi-interferer", "RSSI", "INTERFERER"},
    {4, "rssi-hs", "RSSI", "HS"},
    {5, "rssi-ms-associated-only", "RSSI", "MS_ASSOCIATED_ONLY"},
    {6, "spectrum-interferer", "SPECTRUM", "INTERFERER"},
    {7, "spectrum-air-quality", "SPECTRUM", "AIR_QUALITY"},
    {8, "spectrum-aggregate-interferer", "SPECTRUM", "AGGREGATE_INTERFERER"},
    {9, "info-ms", "INFORMATION", "MOBILE_STATION"},
    {10, "info-rfid", "INFORMATION", "TAG"},
    {11, "info-rogue", "INFORMATION", "ROGUE"},
    {12, "info-hs", "INFORMATION", "HS"},
    {13, "stats-ms", "STATISTICS", "MOBILE_STATION"},
    {14, "stats-rfid", "STATISTICS", "TAG"},
    {15, "stats-rogue", "STATISTICS", "ROGUE"},
    {16, "attach", "ATTACHMENT", "MOBILE_STATION_ATTACHMENT"},
    {17, "location", "LOCATION", "SUBSCRIPTION"},
    {18, "fmchs", "HANDOVER", "FMCHS"},
    {19, "ap-monitor", "AP_MONITOR", "AP_MONITOR"},
    {20, "wips", "IDS", "WIPS"},
    {21, "on-demand", "ON_DEMAND", "ON_DEMAND"},
    {22, "ap-info", "AP_INFO", "AP_INFO"},
};

static const uint8_t documented[] = {1, 2, 7, 13, 14, 15, 16, 17, 18, 20, 21, 22, 30, 31, 67};

/* Header fields: 3 bytes are shown as the number that they are. */
static const enum field_kind kind_of_size[] = {
    [1] = FIELD_U8,
    [2] = FIELD_U16,
    [3] = FIELD_U32,
    [4] = FIELD_U32,
};

#define BYTES(n)  (UINT32_C(1) << (n))
#define ANY_BYTES UINT32_MAX
#define LAST_SIZE 31 /* the largest that has a bit */

/* What the value of a kind looks like: bit n = it may have n bytes. */
static const struct shape {
	uint32_t sizes;
	bool is_number;
} shapes[FIELD_KINDS] = {
    [FIELD_U8] = {BYTES(1), true},
    [FIELD_U16] = {BYTES(2), true},
    [FIELD_U32] = {BYTES(4), true},
    [FIELD_U64] = {BYTES(8), true},
    [FIELD_MASK] = {BYTES(8 + 1) - BYTES(1), true}, /* 1 to 8 */
    [FIELD_TEXT] = {ANY_BYTES, false},
    [FIELD_BYTES] = {ANY_BYTES, false},
    [FIELD_MAC] = {BYTES(6), false},
    [FIELD_IP4] = {BYTES(4), false},
    [FIELD_IP6] = {BYTES(16), false},
    [FIELD_TIME] = {BYTES(4) | BYTES(8), true},
    [FIELD_GROUP] = {ANY_BYTES, false},
};

/* ---- header --------------------------------------------------------------------------------------- */

static uint64_t number(const struct profile *profile, struct span bytes)
{
	struct rd r = rd_of(bytes);
	return profile->little_endian ? rd_little(&r, bytes.n) : rd_big(&r, bytes.n);
}

static struct span at_place(struct span message, struct profile_place place)
{
	return span_cut(message, place.off, place.size);
}

static uint32_t number_at(const struct profile *profile, struct span message, struct profile_place place)
{
	return (uint32_t)number(profile, at_place(message, place));
}

enum cut nmsp_cut(const struct profile *profile, struct span bytes, size_t *total)
{
	if (bytes.n < profile->header)
		return CUT_MORE;
	uint64_t n = number_at(profile, bytes, profile->length);
	if (profile->length_is_body)
		n += profile->header;
	if (n < profile->header || n > LIMIT_NMSP_MESSAGE)
		return CUT_BAD;
	*total = (size_t)n;
	return CUT_OK;
}

bool nmsp_decode(const struct profile *profile, struct span message, struct nmsp_message *out)
{
	size_t total = 0;
	bool framed = nmsp_cut(profile, message, &total) == CUT_OK && total == message.n;
	*out = (struct nmsp_message){.length = (uint32_t)total};
	if (message.n < profile->header)
		return false;
	out->type = number_at(profile, message, profile->type);
	out->has_transaction = profile->transaction.size > 0;
	out->transaction = number_at(profile, message, profile->transaction);
	out->body = span_cut(message, profile->header, message.n - profile->header);
	out->known = profile_find_message(profile, out->type);
	return framed;
}

const char *nmsp_type_name(const struct profile *profile, uint32_t type)
{
	const struct profile_message *known = profile_find_message(profile, type);
	return known == NULL ? NULL : known->name;
}

bool nmsp_documented(uint32_t type)
{
	for (size_t i = 0; i < ROWS(documented); i++)
		if (documented[i] == type)
			return true;
	return false;
}

/* ---- fields --------------------------------------------------------------------------------------- */

static void add(struct fields *out, const struct field *field)
{
	if (out->n < LIMIT_FIELDS)
		out->list[out->n++] = *field;
	else
		out->dropped++;
}

/* For the header's fields, which come first, there is room. */
static void add_place(const struct profile *profile, struct span message, const char *name,
                      struct profile_place place, bool malformed, struct fields *out)
{
	struct span bytes = at_place(message, place);
	if (place.size > 0 && bytes.n == place.size)
		out->list[out->n++] = (struct field){.name = name,
		                                     .kind = kind_of_size[place.size],
		                                     .bytes = bytes,
		                                     .off = place.off,
		                                     .assumed = profile->origin == PROFILE_ASSUMED,
		                                     .malformed = malformed,
		                                     .number = number(profile, bytes)};
}

static bool fits_kind(const struct profile_element *known, size_t n)
{
	const struct shape *shape = &shapes[known->kind];
	return shape->sizes == ANY_BYTES || (n <= LAST_SIZE && (shape->sizes & BYTES(n)) != 0);
}

/* Names the value of an element and reads it. */
static void read_value(const struct profile *profile, struct field *field)
{
	const struct profile_element *known = profile_find_element(profile, field->id);
	if (known == NULL)
		return;
	field->name = known->name;
	field->kind = known->kind;
	if (!fits_kind(known, field->bytes.n))
		field->malformed = true;
	else if (shapes[known->kind].is_number)
		field->number = number(profile, field->bytes);
}

static bool take_group(const struct profile *profile, const struct rd *message, const struct field *group,
                       struct fields *out);

/* Bytes that follow an element of so many. */
static size_t padding(const struct profile *profile, size_t element)
{
	return profile->element_pad ? (PROFILE_PAD - element % PROFILE_PAD) % PROFILE_PAD : 0;
}

static void skip_padding(const struct profile *profile, struct rd *r, size_t element)
{
	size_t n = padding(profile, element);
	if (n > rd_left(r))
		rd_fail(r);
	rd_skip(r, n);
}

/* False when the element lies about its length or its value does not fit. Takes at least a byte. */
static bool take_element(const struct profile *profile, struct rd *r, uint8_t depth, struct fields *out)
{
	struct field field = {.name = "", .kind = FIELD_BYTES, .depth = depth, .assumed = true};
	size_t from = rd_at(r);
	struct rd head = *r;
	field.id = (uint32_t)number(profile, rd_span(&head, profile->element_type));
	uint64_t n = number(profile, rd_span(&head, profile->element_length));
	size_t own = profile->element_is_total ? profile->element_type + profile->element_length : 0u;
	if (!rd_ok(&head)) {
		field.id = 0;
		field.name = "rest";
		field.off = rd_at(r);
		field.bytes = rd_rest(r);
		field.malformed = true;
		add(out, &field);
		return false;
	}
	*r = head;
	field.malformed = n < own || n - own > rd_left(r);
	field.off = rd_at(r);
	field.bytes = rd_span(r, field.malformed ? rd_left(r) : (size_t)(n - own));
	if (!field.malformed)
		skip_padding(profile, r, rd_at(r) - from);
	field.malformed = field.malformed || !rd_ok(r);
	if (out->n < LIMIT_FIELDS)
		read_value(profile, &field);
	add(out, &field);
	bool inside = field.kind != FIELD_GROUP || field.malformed || take_group(profile, r, &field, out);
	return inside && !field.malformed;
}

/* Offsets stay those in the message: the reader of a group is the message's, up to the group's end. */
static bool take_group(const struct profile *profile, const struct rd *message, const struct field *group,
                       struct fields *out)
{
	bool good = true;
	if (group->depth == LIMIT_GROUPS || out->n == LIMIT_FIELDS)
		return good;
	struct rd r = rd_of(span_cut(message->all, 0, group->off + group->bytes.n));
	rd_skip(&r, group->off);
	while (rd_more(&r))
		good = take_element(profile, &r, (uint8_t)(group->depth + 1), out) && good;
	return good;
}

enum cut nmsp_element(const struct profile *profile, struct rd *r, size_t left, uint32_t *id)
{
	size_t own = profile->element_type + (size_t)profile->element_length;
	struct rd at = *r;
	*id = (uint32_t)number(profile, rd_span(&at, profile->element_type));
	uint64_t n = number(profile, rd_span(&at, profile->element_length));
	if (!rd_ok(&at))
		return left < own ? CUT_BAD : CUT_MORE;
	if (profile->element_is_total && n < own)
		return CUT_BAD;
	size_t value = (size_t)n - (profile->element_is_total ? own : 0);
	const struct profile_element *known = profile_find_element(profile, *id);
	if (left < own || value > left - own || (known != NULL && !fits_kind(known, value)))
		return CUT_BAD;
	size_t filled = value + padding(profile, own + value);
	if (filled > left - own)
		return CUT_BAD;
	rd_skip(&at, filled);
	if (!rd_ok(&at))
		return CUT_MORE;
	*r = at;
	return CUT_OK;
}

bool nmsp_dissect(const struct profile *profile, struct span message, struct nmsp_message *head,
                  struct fields *out)
{
	bool good = nmsp_decode(profile, message, head);
	out->n = out->dropped = 0;
	add_place(profile, message, "type", profile->type, false, out);
	add_place(profile, message, "length", profile->length, !good, out);
	add_place(profile, message, "transaction", profile->transaction, false, out);
	if (!profile->has_elements) {
		if (head->body.n > 0)
			add(out, &(struct field){.name = "body",
			                         .kind = FIELD_BYTES,
			                         .bytes = head->body,
			                         .off = profile->header});
		return good;
	}
	struct rd r = rd_of(message);
	rd_skip(&r, profile->header);
	while (rd_more(&r))
		good = take_element(profile, &r, 1, out) && good;
	return good;
}

bool nmsp_fields(const struct profile *profile, struct span message, struct fields *out)
{
	struct nmsp_message head;
	return nmsp_dissect(profile, message, &head, out);
}
