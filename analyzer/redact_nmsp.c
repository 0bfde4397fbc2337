/* The fields of a message by their kinds; see redact_nmsp.h. */
#include "analyzer/redact_nmsp.h"

#include "dissect/nmsp.h"

static void redact_field(const struct redact *redact, enum field_kind kind, uint8_t *bytes, size_t n)
{
	switch (kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_MASK:
	case FIELD_TIME:
		break;
	case FIELD_TEXT:
		redact_text(redact, bytes, n);
		break;
	case FIELD_MAC:
		redact_mac(redact, bytes);
		break;
	case FIELD_IP4:
		redact_ip4(redact, bytes);
		break;
	case FIELD_IP6:
		redact_ip6(redact, bytes);
		break;
	default:
		redact_bytes(bytes, n);
	}
}

bool redact_nmsp_is_clear(const struct profile *profile, struct span message)
{
	struct fields fields;
	struct nmsp_message head;
	nmsp_decode(profile, message, &head);
	return nmsp_fields(profile, message, &fields) && fields.dropped == 0 &&
	       (head.known != NULL || profile->n_messages == 0);
}

void redact_nmsp_message(const struct redact *redact, const struct profile *profile, uint8_t *message, size_t n)
{
	struct fields fields;
	struct span whole = span_of(message, n);
	if (!nmsp_fields(profile, whole, &fields) || fields.dropped > 0) {
		if (n > profile->header)
			redact_bytes(&message[profile->header], n - profile->header);
		return;
	}
	for (uint32_t i = 0; i < fields.n; i++) {
		const struct field *field = &fields.list[i];
		bool opened = field->kind == FIELD_GROUP && field->depth < LIMIT_GROUPS; /* its elements follow */
		if (!opened && field->off >= profile->header && field->bytes.n > 0)
			redact_field(redact, field->kind, &message[field->off], field->bytes.n);
	}
}

void redact_nmsp_packet(const struct redact *redact, uint8_t *bytes, size_t n)
{
	size_t at = 0, total = 0;
	while (redact->profile != NULL && at < n) {
		struct span rest = span_of(&bytes[at], n - at);
		if (nmsp_cut(redact->profile, rest, &total) != CUT_OK || total > rest.n ||
		    !redact_nmsp_is_clear(redact->profile, span_cut(rest, 0, total)))
			break;
		redact_nmsp_message(redact, redact->profile, &bytes[at], total);
		at += total;
	}
	redact_bytes(&bytes[at], n - at);
}
