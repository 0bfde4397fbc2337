/*
 * DTLS records and handshake fragments -> structs. RFC 4347, 6347, 9146, 9147.
 *
 * Pure: nothing is allocated, every span borrows from the datagram. What DTLS has in common with TLS is read
 * by tls.h: versions are told as those of the TLS that they are made from (1.0: TLS 1.1), and a hello is
 * written anew as TLS has it.
 */
#ifndef DISSECT_DTLS_H
#define DISSECT_DTLS_H

#include "dissect/tls.h"

#define DTLS_RECORD_HEADER    13
#define DTLS_HANDSHAKE_HEADER 12

/* The number of a record: its epoch in front of its 48-bit sequence number. */
#define DTLS_EPOCH_SHIFT 48

/* The TLS version that a version of DTLS is made from; 0 when it is none of DTLS 1.0, 1.2 and 1.3. */
uint16_t dtls_as_tls(uint16_t version);

/* And back; 0 when no DTLS is made from it. */
uint16_t dtls_of_tls(uint16_t version);

enum dtls_kind {
	DTLS_RECORD, /* with a header of DTLS 1.0 and 1.2 */
	DTLS_CID, /* with a connection id, whose length only the hellos tell: takes the rest of the datagram
	           */
	DTLS_UNIFIED, /* encrypted by DTLS 1.3, RFC 9147 section 4: the same */
	DTLS_NONE,    /* no record */
};

struct dtls_record {
	uint8_t type;
	uint16_t version; /* as on the wire */
	uint16_t epoch;
	uint64_t number;   /* epoch and sequence number */
	uint16_t length;   /* of the body on the wire */
	struct span bytes; /* header and body, as far as they were captured */
};

/*
 * Takes the next record off a datagram, of which `cut` bytes were not captured. A record that is longer than
 * the datagram is none.
 */
enum dtls_kind dtls_next(struct rd *datagram, size_t cut, struct dtls_record *out);

/* Reads the record header again that dtls_next has judged. False when it is cut. */
bool dtls_record_head(struct span bytes, struct dtls_record *out);

/* What a record's header says, for what it has in common with TLS. */
struct tls_record dtls_as_record(const struct dtls_record *record);

struct dtls_fragment {
	uint8_t type;
	uint32_t length; /* of the message */
	uint16_t sequence;
	uint32_t offset;  /* of the fragment in it */
	uint32_t n;       /* its bytes on the wire */
	struct span body; /* of these, what was captured */
};

/* Takes the next fragment off a record's plaintext. False when it lies or is cut before its body. RFC 6347
 * section 4.2.2. */
bool dtls_next_fragment(struct rd *plain, struct dtls_fragment *out);

/* The header of a whole message as its peers hash it, RFC 6347 section 4.2.6. */
void dtls_put_head(uint8_t type, uint32_t length, uint16_t sequence, uint8_t to[DTLS_HANDSHAKE_HEADER]);

/*
 * Writes the body of a client_hello or server_hello as TLS has it: without the cookie, with the versions of
 * TLS. `to` has room for as many bytes as the body; the return value is what was written. What is not
 * well formed stays so.
 */
size_t dtls_hello_as_tls(uint8_t type, struct span body, uint8_t *to);

/* The random of the client_hello that a record begins with, whole or its first fragment; empty when it is
 * none. */
struct span dtls_first_random(const struct dtls_record *record);

#endif
