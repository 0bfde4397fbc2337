/*
 * The tables of the kept messages one by one, with their fields. Called through ui/view.h. Fields are decoded
 * when a message's row is opened, into the view.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"
#include "ui/format.h"

#include <inttypes.h>
#include <stdio.h>

#define BRIEF ADDR_TEXT /* room for a value in the summary; longer texts are cut */

static const struct session_nmsp *nmsp(const struct row *row)
{
	return row->session->session->nmsp;
}

/* ---- fields ---- */

static const struct field *field(const struct row *row)
{
	return row->item;
}

/* "RSSI_INTERVAL", or "element 23" where the profile has no name. */
static const char *name_of(const struct field *of, char text[PROFILE_NAME])
{
	if (of->name[0] != '\0')
		return of->name;
	snprintf(text, PROFILE_NAME, "element %" PRIu32, of->id);
	return text;
}

static struct value field_name(const struct row *row)
{
	char text[PROFILE_NAME];
	snprintf(row->view->scratch, sizeof row->view->scratch, "%s", name_of(field(row), text));
	return view_text(row->view->scratch);
}

static struct value field_name_marked(const struct row *row)
{
	char text[PROFILE_NAME];
	int indent = field(row)->depth > 1 ? 2 * (field(row)->depth - 1) : 0;
	snprintf(row->view->scratch, sizeof row->view->scratch, "%*s%s%s%s", indent, "", name_of(field(row), text),
	         field(row)->assumed ? " (assumed)" : "", field(row)->malformed ? " (malformed)" : "");
	return view_text(row->view->scratch);
}

/* "0x68ebe7 rssi-ms rssi-rfid ..." */
static struct value mask_value(const struct row *row)
{
	char *text = row->view->scratch;
	size_t room = sizeof row->view->scratch;
	uint64_t mask = field(row)->number;
	size_t n = (size_t)snprintf(text, room, "0x%" PRIx64, mask);
	for (size_t i = 0; i < NMSP_SERVICES && n < room; i++)
		if ((mask >> nmsp_services[i].bit & 1) != 0)
			n += (size_t)snprintf(&text[n], room - n, " %s", nmsp_services[i].leaf);
	return view_text(text);
}

/* No address (version 0) when the field is none. */
static struct addr addr_of(const struct field *of)
{
	struct addr addr = {.version = of->kind == FIELD_IP4 ? 4 : of->kind == FIELD_IP6 ? 6 : 0};
	if (of->malformed || addr.version == 0)
		return (struct addr){0};
	memcpy(addr.bytes, of->bytes.p, of->bytes.n);
	return addr;
}

static struct value raw_value(const struct row *row)
{
	return (struct value){.kind = VALUE_BYTES, .bytes = field(row)->bytes};
}

/* A malformed value is shown as its bytes, and so is a number that JSON readers cannot hold. */
static struct value field_value(const struct row *row)
{
	const struct field *of = field(row);
	if (of->malformed || of->number > INT64_MAX)
		return raw_value(row);
	switch (of->kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64:
		return view_count(of->number);
	case FIELD_MASK:
		return mask_value(row);
	case FIELD_TEXT:
		return (struct value){.kind = VALUE_STRING, .bytes = of->bytes};
	case FIELD_MAC:
		return view_mac(of->bytes.p);
	case FIELD_IP4:
	case FIELD_IP6:
		row->view->addr = addr_of(of);
		return (struct value){.kind = VALUE_ADDR, .addr = &row->view->addr};
	case FIELD_TIME:
		return (struct value){.kind = VALUE_DATE, .seconds = (int64_t)of->number};
	default:
		return raw_value(row);
	}
}

/* For people: numbers line up with the other values. */
static struct value field_value_text(const struct row *row)
{
	struct value value = field_value(row);
	if (value.kind != VALUE_COUNT)
		return value;
	snprintf(row->view->scratch, sizeof row->view->scratch, "%" PRIu64, value.count);
	return view_text(row->view->scratch);
}

static struct value field_offset(const struct row *row)
{
	return view_count(field(row)->off);
}

static struct value field_depth(const struct row *row)
{
	return view_count(field(row)->depth);
}

/* Of an element; the header's fields have none. */
static struct value field_id(const struct row *row)
{
	return field(row)->depth > 0 ? view_count(field(row)->id) : view_null();
}

static struct value field_length(const struct row *row)
{
	return view_count(field(row)->bytes.n);
}

static struct value field_assumed(const struct row *row)
{
	return view_bool(field(row)->assumed);
}

static struct value field_malformed(const struct row *row)
{
	return view_bool(field(row)->malformed);
}

static size_t field_count(const struct row *parent)
{
	return parent->view->fields.n;
}

static void field_open(const struct row *parent, struct row *row)
{
	row->item = &parent->view->fields.list[row->index];
}

static const struct column field_columns[] = {
    {.key = "name", .get = field_name},
    {.label = "Field", .get = field_name_marked},
    {.key = "id", .get = field_id},
    {.key = "depth", .get = field_depth},
    {.key = "offset", .label = "Offset", .get = field_offset},
    {.key = "length", .label = "Bytes", .get = field_length},
    {.key = "value", .get = field_value},
    {.label = "Value", .get = field_value_text},
    {.key = "assumed", .get = field_assumed},
    {.key = "malformed", .get = field_malformed},
};

const struct table view_message_fields = {TABLE_OF(field_columns), .count = field_count, .open = field_open};

/* ---- messages ---- */

static const struct nmsp_kept *kept(const struct row *row)
{
	return row->item;
}

static struct value message_time(const struct row *row)
{
	return view_time(&kept(row)->at);
}

static struct value message_offset(const struct row *row)
{
	return (struct value){.kind = VALUE_OFFSET,
	                      .ns = origin_elapsed(row->session->session->opened.time, kept(row)->at.time)};
}

static struct value message_packet(const struct row *row)
{
	return view_count(kept(row)->at.packet);
}

static struct value message_direction(const struct row *row)
{
	const struct session *session = row->session->session;
	if (!session_nmsp_knows_side(session, kept(row)->type))
		return view_null();
	return view_text(kept(row)->dir == session->controller ? "IN" : "OUT");
}

static struct value message_type(const struct row *row)
{
	return view_messages_type(row, kept(row)->type);
}

static struct value message_type_marked(const struct row *row)
{
	return view_messages_type_marked(row, kept(row)->type);
}

static struct value message_id(const struct row *row)
{
	return view_count(kept(row)->type);
}

static struct value message_length(const struct row *row)
{
	return view_count(kept(row)->length);
}

static struct value message_transaction(const struct row *row)
{
	struct nmsp_message message;
	nmsp_decode(nmsp(row)->profile, session_nmsp_bytes(kept(row)), &message);
	return message.has_transaction ? view_count(message.transaction) : view_null();
}

static struct value message_malformed(const struct row *row)
{
	return view_bool(kept(row)->malformed);
}

static struct value message_bytes(const struct row *row)
{
	return (struct value){.kind = VALUE_BYTES, .bytes = session_nmsp_bytes(kept(row))};
}

static struct value message_damaged(const struct row *row)
{
	return view_bool(kept(row)->damaged);
}

/* As in the table of fields; a number that is no time stays one. */
static void brief_time(uint64_t seconds, char text[BRIEF])
{
	char time[FORMAT_TIME];
	if (seconds > INT64_MAX)
		snprintf(text, BRIEF, "%" PRIu64, seconds);
	else
		snprintf(text, BRIEF, "%s", format_rfc3339((int64_t)seconds, 0, time));
}

/*
 * A value in few characters, and how many these are; what is captured text stays as it is, NUL too, until it is
 * shown.
 */
static size_t brief(const struct field *of, char text[BRIEF])
{
	if (of->kind == FIELD_TEXT && !of->malformed) {
		struct span head = span_cut(of->bytes, 0, BRIEF - 1);
		if (head.n > 0)
			memcpy(text, head.p, head.n);
		return head.n;
	}
	struct rd r = rd_of(of->bytes);
	struct addr addr = addr_of(of);
	size_t n = 0;
	switch (of->malformed ? FIELD_BYTES : of->kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64:
		snprintf(text, BRIEF, "%" PRIu64, of->number);
		break;
	case FIELD_TIME:
		brief_time(of->number, text);
		break;
	case FIELD_MASK:
		snprintf(text, BRIEF, "0x%" PRIx64, of->number);
		break;
	case FIELD_MAC:
		while (rd_more(&r) && n < BRIEF)
			n += (size_t)snprintf(&text[n], BRIEF - n, "%s%02x", n == 0 ? "" : ":",
			                      (unsigned)rd_u8(&r));
		break;
	case FIELD_IP4:
	case FIELD_IP6:
		addr_text(&addr, text);
		break;
	default:
		snprintf(text, BRIEF, "%zu bytes", of->bytes.n);
	}
	return strlen(text);
}

/* As much as there is room for; *n bytes of `text` are taken. */
static void append(char *text, size_t room, size_t *n, const char *more, size_t length)
{
	if (length > room - *n)
		length = room - *n;
	memcpy(&text[*n], more, length);
	*n += length;
}

/* The elements with their values, as many as fit. */
static struct value message_summary(const struct row *row)
{
	const struct fields *fields = &row->view->fields;
	char *text = row->view->scratch, name[PROFILE_NAME], value[BRIEF];
	size_t room = sizeof row->view->scratch, n = 0;
	const char *note = kept(row)->malformed ? "malformed" : kept(row)->damaged ? "incomplete" : "";
	append(text, room, &n, note, strlen(note));
	for (uint32_t i = 0; i < fields->n && n < room; i++) {
		if (fields->list[i].depth == 0)
			continue;
		const char *of = name_of(&fields->list[i], name);
		append(text, room, &n, ", ", n > 0 ? 2 : 0);
		append(text, room, &n, of, strlen(of));
		append(text, room, &n, " ", 1);
		append(text, room, &n, value, brief(&fields->list[i], value));
	}
	if (n == 0)
		return view_null();
	return (struct value){.kind = VALUE_STRING, .bytes = span_of(text, n)};
}

static size_t message_count(const struct row *parent)
{
	return nmsp(parent) == NULL ? 0 : (size_t)nmsp(parent)->n_kept;
}

static void message_open(const struct row *parent, struct row *row)
{
	const struct nmsp_kept *item = nmsp(parent)->oldest;
	for (size_t i = 0; i < row->index; i++)
		item = item->next;
	nmsp_fields(nmsp(parent)->profile, session_nmsp_bytes(item), &parent->view->fields);
	row->item = item;
}

static const struct column message_columns[] = {
    {.label = "Time", .get = message_offset},
    {.key = "time", .get = message_time},
    {.key = "packet", .label = "Packet", .get = message_packet},
    {.key = "direction", .label = "In/Out", .get = message_direction},
    {.key = "type", .get = message_type},
    {.label = "Type", .get = message_type_marked},
    {.key = "id", .get = message_id},
    {.key = "length", .label = "Bytes", .get = message_length},
    {.key = "transaction", .label = "Id", .get = message_transaction},
    {.key = "summary", .label = "Summary", .get = message_summary},
    {.key = "malformed", .get = message_malformed},
    {.key = "damaged", .get = message_damaged},
    {.key = "bytes", .get = message_bytes},
    {.key = "fields", .shape = COLUMN_LIST, .table = &view_message_fields},
};

const struct table view_message_list = {TABLE_OF(message_columns), .count = message_count,
                                        .open = message_open};
