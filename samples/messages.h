/*
 * The NMSP messages of the samples as tables, and their bytes: by the profile assumed-1 (design.md section 5,
 * samples/assumed-1.profile), whose messages have the sizes of facts.md section 3, or with another header:
 * total length 2 bytes, type 2, transaction 4; all numbers are little-endian. dir 0 = engine, 1 = controller.
 */
#ifndef SAMPLES_MESSAGES_H
#define SAMPLES_MESSAGES_H

#include "samples/bytes.h"

/* The names in the certificates of both, which they also say in their messages. */
#define MESSAGES_ENGINE_NAME     "cmx-0050569c3489"
#define MESSAGES_CONTROLLER_NAME "C9800-00aabbccdd01"

#define MESSAGES_ELEMENTS 8
#define MESSAGES_HEADER   12 /* bytes of assumed-1's */
#define MESSAGES_BULK_HEAD (MESSAGES_HEADER + 4) /* and of an element in front of its value */

enum { /* facts.md section 2; the LOCATION numbers are assumed */
       MESSAGES_ECHO_REQUEST = 1,
       MESSAGES_ECHO_RESPONSE = 2,
       MESSAGES_CAPABILITY_NOTIFICATION = 7,
       MESSAGES_MEASUREMENT_NOTIFICATION = 15,
       MESSAGES_INFORMATION_REQUEST = 16,
       MESSAGES_INFORMATION_RESPONSE = 17,
       MESSAGES_STATISTICS_REQUEST = 20,
       MESSAGES_STATISTICS_RESPONSE = 21,
       MESSAGES_SERVICE_SUBSCRIBE_REQUEST = 30,
       MESSAGES_SERVICE_SUBSCRIBE_RESPONSE = 31,
       MESSAGES_LOCATION_REQUEST = 40,
       MESSAGES_LOCATION_RESPONSE = 41,
};

struct messages_element {
	uint16_t id;
	uint16_t n; /* bytes of the value */
	uint64_t value;
	const char *text; /* instead of a number */
};

struct messages_item {
	unsigned wait_ms; /* since the message before */
	int dir;
	uint16_t type;
	struct messages_element elements[MESSAGES_ELEMENTS]; /* up to the first with id 0 */
};

/* What both say in turn. A response stands right behind its request and repeats its transaction. */
struct messages_script {
	const struct messages_item *items;
	size_t n;
};

extern const struct messages_script messages_start;        /* capabilities, subscription, first requests */
extern const struct messages_script messages_capabilities; /* their beginning */
extern const struct messages_script messages_refusal;      /* a subscription that is refused */
extern const struct messages_script messages_lonely;       /* a STATISTICS_REQUEST without an answer */
extern const struct messages_script messages_astray;       /* the controller asks for information, the engine answers */
extern const struct messages_script messages_unasked;      /* a STATISTICS_RESPONSE to no request */
extern const struct messages_script messages_echo;         /* a request after 15 s, and its response */

/* Appends the bytes of one message. `other`: the other header. */
void messages_add(struct bytes *out, const struct messages_item *item, uint32_t transaction, bool other);

/*
 * Appends one of `n` bytes in all (assumed-1): MEASUREMENT_NOTIFICATION or STATISTICS_REQUEST. Its only element
 * says that its value has `said` bytes; it has MESSAGES_BULK_HEAD less than the message.
 */
void messages_add_bulk(struct bytes *out, int dir, size_t n, size_t said, uint32_t transaction, bool other);

/* The head of a message by assumed-1. */
struct messages_head {
	uint16_t type, length; /* the length is that of the whole message */
	uint32_t transaction;
};

/* False while `bytes` holds no whole header; a length below the header's is damage, and 0 here. */
bool messages_head(struct span bytes, struct messages_head *head);

#endif
