/*
 * DTLS records and fragments, and hellos turned into those of TLS. Called by the DTLS association with
 * datagrams and plaintext; keeps no state and judges nothing.
 */
#include "dissect/dtls.h"

#define LENGTH_MAX ((1u << 14) + 2048) /* RFC 6347 section 4.1: as TLS */
#define TYPE_CID   25                  /* RFC 9146 section 4 */
#define UNIFIED    0x20                /* of the first byte the upper three bits, RFC 9147 section 4 */
#define UNIFIED_OF 0xe0

#define EXT_SUPPORTED_VERSIONS 43 /* RFC 8446 section 4.2.1 */

static const struct {
	uint16_t dtls, tls;
} versions[] = {{TLS_DTLS_1_0, TLS_1_1}, {TLS_DTLS_1_2, TLS_1_2}, {TLS_DTLS_1_3, TLS_1_3}};

#define ROWS (sizeof versions / sizeof versions[0])

uint16_t dtls_as_tls(uint16_t version)
{
	for (size_t i = 0; i < ROWS; i++)
		if (versions[i].dtls == version)
			return versions[i].tls;
	return 0;
}

uint16_t dtls_of_tls(uint16_t version)
{
	for (size_t i = 0; i < ROWS; i++)
		if (versions[i].tls == version)
			return versions[i].dtls;
	return 0;
}

/* ---- records ----------------------------------------------------------------------------------------- */

/* RFC 6347 section 4.1 */
static bool read_head(struct rd *r, struct dtls_record *out)
{
	out->type = rd_u8(r);
	out->version = rd_u16(r);
	out->number = rd_u64(r);
	out->epoch = (uint16_t)(out->number >> DTLS_EPOCH_SHIFT);
	out->length = rd_u16(r);
	return rd_ok(r);
}

bool dtls_record_head(struct span bytes, struct dtls_record *out)
{
	*out = (struct dtls_record){.bytes = bytes};
	struct rd r = rd_of(bytes);
	return read_head(&r, out);
}

enum dtls_kind dtls_next(struct rd *datagram, size_t cut, struct dtls_record *out)
{
	struct rd r = *datagram, start = r;
	*out = (struct dtls_record){.type = rd_u8(&r)};
	if (!rd_ok(&r))
		return DTLS_NONE;
	if ((out->type & UNIFIED_OF) == UNIFIED) {
		out->bytes = rd_rest(datagram);
		return DTLS_UNIFIED;
	}
	r = start;
	bool whole = read_head(&r, out);
	bool cid = out->type == TYPE_CID;
	if (!whole || (!cid && (out->type < TLS_CHANGE_CIPHER_SPEC || out->type > TLS_HEARTBEAT)) ||
	    (out->version != TLS_DTLS_1_0 && out->version != TLS_DTLS_1_2))
		return DTLS_NONE;
	if (cid) {
		out->bytes = rd_rest(datagram);
		return DTLS_CID;
	}
	if (out->length > LENGTH_MAX || out->length > rd_left(&r) + cut)
		return DTLS_NONE;
	size_t body = out->length < rd_left(&r) ? out->length : rd_left(&r);
	out->bytes = rd_span(datagram, DTLS_RECORD_HEADER + body);
	return DTLS_RECORD;
}

struct tls_record dtls_as_record(const struct dtls_record *record)
{
	return (struct tls_record){.type = record->type,
	                           .version = record->version,
	                           .length = record->length,
	                           .numbered = true,
	                           .number = record->number};
}

/* ---- the handshake ----------------------------------------------------------------------------------- */

bool dtls_next_fragment(struct rd *plain, struct dtls_fragment *out)
{
	*out = (struct dtls_fragment){.type = rd_u8(plain)};
	out->length = rd_u24(plain);
	out->sequence = rd_u16(plain);
	out->offset = rd_u24(plain);
	out->n = rd_u24(plain);
	if (!rd_ok(plain) || out->offset > out->length || out->n > out->length - out->offset)
		return false;
	out->body = rd_span(plain, out->n < rd_left(plain) ? out->n : rd_left(plain));
	return true;
}

static void put(uint8_t *to, uint32_t value, size_t width)
{
	for (size_t i = width; i > 0; i--, value >>= 8)
		to[i - 1] = (uint8_t)value;
}

void dtls_put_head(uint8_t type, uint32_t length, uint16_t sequence, uint8_t to[DTLS_HANDSHAKE_HEADER])
{
	to[0] = type;
	put(&to[1], length, 3);
	put(&to[4], sequence, 2);
	put(&to[6], 0, 3);
	put(&to[9], length, 3);
}

/* The same number of bytes, so `to` has room. */
static size_t copy(uint8_t *to, size_t n, struct span bytes)
{
	if (bytes.n > 0)
		memcpy(&to[n], bytes.p, bytes.n);
	return n + bytes.n;
}

/* A version that is no DTLS stays what it is. */
static size_t copy_version(uint8_t *to, size_t n, struct rd *r)
{
	if (rd_left(r) < 2)
		return copy(to, n, rd_rest(r));
	uint16_t version = rd_u16(r), tls = dtls_as_tls(version);
	put(&to[n], tls != 0 ? tls : version, 2);
	return n + 2;
}

static size_t copy_supported_versions(uint8_t *to, size_t n, uint8_t type, struct span body)
{
	struct rd r = rd_of(body);
	if (type == TLS_CLIENT_HELLO)
		n = copy(to, n, rd_span(&r, body.n > 0));
	while (rd_more(&r))
		n = copy_version(to, n, &r);
	return n;
}

static size_t copy_extensions(uint8_t *to, size_t n, uint8_t type, struct rd *r)
{
	if (rd_left(r) >= 2)
		n = copy(to, n, rd_span(r, 2));
	while (rd_more(r)) {
		struct rd head = *r;
		uint16_t extension = rd_u16(&head);
		struct rd body = rd_vec(&head, 2);
		if (!rd_ok(&head))
			break;
		n = copy(to, n, rd_span(r, 4));
		struct span value = rd_span(r, rd_left(&body));
		n = extension == EXT_SUPPORTED_VERSIONS ? copy_supported_versions(to, n, type, value)
		                                        : copy(to, n, value);
	}
	return copy(to, n, rd_rest(r));
}

/* A list behind its one-byte length, length included. */
static struct span short_list(struct rd *r)
{
	struct rd peek = *r;
	size_t n = rd_u8(&peek);
	return rd_span(r, rd_ok(&peek) && n <= rd_left(&peek) ? 1 + n : rd_left(r));
}

size_t dtls_hello_as_tls(uint8_t type, struct span body, uint8_t *to)
{
	struct rd r = rd_of(body);
	size_t n = copy_version(to, 0, &r);
	n = copy(to, n, rd_span(&r, rd_left(&r) < TLS_RANDOM ? rd_left(&r) : TLS_RANDOM));
	n = copy(to, n, short_list(&r)); /* the session id */
	if (type == TLS_CLIENT_HELLO) {
		(void)short_list(&r); /* the cookie, RFC 6347 section 4.2.1 */
		struct rd peek = r;
		size_t ciphers = rd_u16(&peek);
		bool there = rd_ok(&peek) && ciphers <= rd_left(&peek);
		n = copy(to, n, rd_span(&r, there ? 2 + ciphers : rd_left(&r)));
		n = copy(to, n, short_list(&r)); /* compressions */
	} else {
		n = copy(to, n, rd_span(&r, rd_left(&r) < 3 ? rd_left(&r) : 3)); /* cipher, compression */
	}
	return copy_extensions(to, n, type, &r);
}

struct span dtls_first_random(const struct dtls_record *record)
{
	struct rd r = rd_of(span_cut(record->bytes, DTLS_RECORD_HEADER, SIZE_MAX));
	struct dtls_fragment fragment;
	if (record->type != TLS_HANDSHAKE || record->epoch != 0 || !dtls_next_fragment(&r, &fragment) ||
	    fragment.type != TLS_CLIENT_HELLO || fragment.sequence != 0 || fragment.offset != 0)
		return span_of(NULL, 0);
	struct rd body = rd_of(fragment.body);
	rd_skip(&body, 2);
	return rd_span(&body, TLS_RANDOM);
}
