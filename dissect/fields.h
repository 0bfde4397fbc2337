/* The typed flat field list of one dissected message: what screens show as a tree. */
#ifndef DISSECT_FIELDS_H
#define DISSECT_FIELDS_H

#include "dissect/limits.h"
#include "dissect/rd.h"

enum field_kind {
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_MASK,  /* services and sub-services, nmsp_service_* */
	FIELD_TEXT,
	FIELD_BYTES,
	FIELD_MAC,
	FIELD_IP4,
	FIELD_IP6,
	FIELD_TIME,  /* seconds since 1970 UTC, 4 or 8 bytes */
	FIELD_GROUP, /* has children: the fields behind it with a greater depth */
	FIELD_KINDS
};

struct field {
	const char *name; /* borrowed from the profile, or constant; "" = unknown element, see `id` */
	uint32_t id;      /* element id, 0 for header fields */
	enum field_kind kind;
	struct span bytes; /* of the value, borrowed from the message */
	size_t off;        /* of the value, from the start of the message */
	uint8_t depth;
	bool assumed;      /* the meaning is not published */
	bool malformed;    /* the value does not fit its kind, or lies about its length */
	uint64_t number;   /* U8 to U64, MASK, TIME */
};

struct fields {
	struct field list[LIMIT_FIELDS];
	uint32_t n;
	uint32_t dropped; /* beyond LIMIT_FIELDS */
};

#endif
