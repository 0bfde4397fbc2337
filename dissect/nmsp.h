/*
 * One NMSP message by a framing profile: cut it from a stream, decode its header, list its fields.
 *
 * Pure. What is published of NMSP is in nmsp_documented and the service tables (facts.md sections 2 and 4);
 * the rest comes from the profile and is marked assumed. A profile is one that profile_parse accepts.
 */
#ifndef DISSECT_NMSP_H
#define DISSECT_NMSP_H

#include "dissect/profile.h"
#include "dissect/tls.h"

struct nmsp_message {
	uint32_t type;
	uint32_t length;      /* header and body */
	bool has_transaction;
	uint32_t transaction;
	struct span body;     /* borrowed */
	const struct profile_message *known; /* NULL when the profile does not name the type */
};

/*
 * The total length of the message at the start of `bytes`, once its header is there; the body may still be
 * to come. CUT_MORE before. CUT_BAD: the length is smaller than the header or beyond LIMIT_NMSP_MESSAGE.
 */
enum cut nmsp_cut(const struct profile *profile, struct span bytes, size_t *total);

/* Decodes a whole message. False when its header does not fit the bytes; what it says is filled in still. */
bool nmsp_decode(const struct profile *profile, struct span message, struct nmsp_message *out);

/*
 * The fields of a whole message: "type", "length" and "transaction" at depth 0, then the elements at depth 1
 * and those inside of a group behind it, one deeper; or one field "body" where the profile knows no elements. Header places are assumed when the profile's
 * origin says so, elements always. False when the length or an element lies, or a value does not fit its
 * kind: what could be read is listed, malformed ones marked, and bytes too few for an element stand as
 * "rest". Values beyond LIMIT_FIELDS are not judged.
 */
bool nmsp_fields(const struct profile *profile, struct span message, struct fields *out);

/* nmsp_decode and nmsp_fields in one; what the latter says. */
bool nmsp_dissect(const struct profile *profile, struct span message, struct nmsp_message *head,
    struct fields *out);

/*
 * The element at the reader's place, inside of a message of which `left` bytes are still to come. CUT_OK: the
 * reader stands behind it. CUT_MORE: it goes on behind the reader's end, which stays. CUT_BAD: it is longer
 * than `left`, or its length does not fit its kind. `id` is valid when its type could be read, else 0.
 */
enum cut nmsp_element(const struct profile *profile, struct rd *r, size_t left, uint32_t *id);

/* The message's name, or NULL: then it is shown as TYPE_<n>. */
const char *nmsp_type_name(const struct profile *profile, uint32_t type);

/* The id and name are published (facts.md section 2). */
bool nmsp_documented(uint32_t type);

/* Published ids that the echo and subscription logic speaks about. */
enum {
	NMSP_ECHO_REQUEST = 1,
	NMSP_ECHO_RESPONSE = 2,
	NMSP_CAPABILITY_NOTIFICATION = 7,
	NMSP_SERVICE_SUBSCRIBE_REQUEST = 30,
	NMSP_SERVICE_SUBSCRIBE_RESPONSE = 31,
};

/* A bit of the service mask (facts.md section 4): its service and sub-service as the MSE page names them. */
struct nmsp_service {
	uint8_t bit;
	const char *leaf;       /* "rssi-ms": the management model's name */
	const char *service;    /* "RSSI" */
	const char *subservice; /* "MOBILE_STATION" */
};
#define NMSP_SERVICES 23
extern const struct nmsp_service nmsp_services[NMSP_SERVICES]; /* in order of bit */

#endif
