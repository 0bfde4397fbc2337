/*
 * TLS records, handshake messages and alerts -> structs, each decoder in the order of the RFC's struct.
 *
 * The TLS connection and the model call it with whole messages, in plaintext. It keeps no state, never
 * allocates, and never judges: what a value means for the session is decided above.
 */
#include "dissect/tls.h"

/* IANA "TLS ExtensionType Values" */
enum {
	EXT_SERVER_NAME = 0,
	EXT_SUPPORTED_GROUPS = 10,
	EXT_SIGNATURE_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_ENCRYPT_THEN_MAC = 22,
	EXT_EXTENDED_MASTER_SECRET = 23,
	EXT_SESSION_TICKET = 35,
	EXT_PRE_SHARED_KEY = 41,
	EXT_EARLY_DATA = 42,
	EXT_SUPPORTED_VERSIONS = 43,
	EXT_CERTIFICATE_AUTHORITIES = 47,
};

#define RECORD_LENGTH_MAX ((1u << 14) + 2048) /* RFC 5246 section 6.2.3 */
#define SESSION_ID_MAX    32                  /* RFC 5246 section 7.4.1.2 */
#define HOST_NAME         0                   /* RFC 6066 section 3 */
#define NAMED_CURVE       3                   /* RFC 8422 section 5.4 */
#define DH_NUMBERS        3                   /* RFC 5246 section 7.4.3: prime, generator, public value */

#define SSL2_LENGTH_FLAG   0x8000 /* a 2-byte record header, RFC 5246 appendix E.2 */
#define SSL2_HEADER        2
#define SSL2_CLIENT_HELLO  1
#define SSL2_HELLO_FIXED   9 /* type, version and three lengths */
#define SSL2_CIPHER_SIZE   3
#define SSL2_SESSION_ID    16
#define SSL2_CHALLENGE_MIN 16
#define SSL2_CHALLENGE_MAX 32

static bool is_tls_version(uint16_t version)
{
	return version >= TLS_SSL3 && version <= TLS_1_3;
}

enum cut tls_record_head(struct span bytes, struct tls_record *out)
{
	struct rd r = rd_of(bytes);
	uint8_t type = rd_u8(&r);
	if (rd_ok(&r) && (type < TLS_CHANGE_CIPHER_SPEC || type > TLS_HEARTBEAT))
		return CUT_BAD;
	uint16_t version = rd_u16(&r);
	if (rd_ok(&r) && !is_tls_version(version))
		return CUT_BAD;
	uint16_t length = rd_u16(&r);
	if (!rd_ok(&r))
		return CUT_MORE;
	if (length > RECORD_LENGTH_MAX)
		return CUT_BAD;
	*out = (struct tls_record){.type = type, .version = version, .length = length};
	return CUT_OK;
}

enum cut tls_handshake_head(struct span bytes, uint8_t *type, uint32_t *length)
{
	struct rd r = rd_of(bytes);
	uint8_t first = rd_u8(&r);
	uint32_t body = rd_u24(&r);
	if (!rd_ok(&r))
		return CUT_MORE;
	*type = first;
	*length = body;
	return CUT_OK;
}

/* A list behind a length of `width` bytes: at least one value, each of 2 bytes. */
static struct span pairs(struct rd *r, size_t width)
{
	struct rd list = rd_vec(r, width);
	struct span all = rd_rest(&list);
	if (rd_ok(r) && all.n > 0 && all.n % 2 == 0)
		return all;
	rd_fail(r);
	return span_of(NULL, 0);
}

/* A list behind a 2-byte length whose items stand behind a length of `width` bytes each. */
static struct span items(struct rd *r, size_t width)
{
	struct rd list = rd_vec(r, 2), walk = list;
	while (rd_more(&walk))
		(void)rd_vec(&walk, width);
	rd_end(r, &walk);
	return rd_ok(r) ? rd_rest(&list) : span_of(NULL, 0);
}

static struct span session_id(struct rd *r)
{
	struct rd id = rd_vec(r, 1);
	if (rd_left(&id) <= SESSION_ID_MAX)
		return rd_rest(&id);
	rd_fail(r);
	return span_of(NULL, 0);
}

/* The extensions that close a message; `all` becomes the whole list. A hello of old may have none. */
static struct rd extensions(struct rd *r, struct span *all)
{
	if (!rd_more(r))
		return rd_of(span_of(NULL, 0));
	struct rd list = rd_vec(r, 2), whole = list;
	*all = rd_rest(&whole);
	return list;
}

/* The next extension; false at the end of the list, which is bad if that came too early. */
static bool next_extension(struct rd *list, uint16_t *type, struct rd *body)
{
	if (!rd_more(list))
		return false;
	*type = rd_u16(list);
	*body = rd_vec(list, 2);
	return rd_ok(list);
}

/* A doubled extension is an error of the sender; the peers act on the first or refuse the hello. */
static void keep_first(struct span *field, struct span value)
{
	if (field->n == 0)
		*field = value;
}

/* RFC 6066 section 3: the first host name of the list. */
static struct span host_name(struct rd *r)
{
	struct span found = span_of(NULL, 0);
	struct rd list = rd_vec(r, 2);
	while (rd_more(&list)) {
		uint8_t type = rd_u8(&list);
		struct rd name = rd_vec(&list, 2);
		if (type == HOST_NAME)
			keep_first(&found, rd_rest(&name));
	}
	rd_end(r, &list);
	return found;
}

static void client_extension(uint16_t type, struct rd *body, struct tls_client_hello *out)
{
	switch (type) {
	case EXT_SERVER_NAME:
		keep_first(&out->sni, host_name(body));
		return;
	case EXT_SUPPORTED_GROUPS:
		keep_first(&out->groups, pairs(body, 2));
		return;
	case EXT_SIGNATURE_ALGORITHMS:
		keep_first(&out->signature_algorithms, pairs(body, 2));
		return;
	case EXT_ALPN:
		keep_first(&out->alpn, items(body, 1));
		return;
	case EXT_SUPPORTED_VERSIONS:
		keep_first(&out->supported_versions, pairs(body, 1));
		return;
	case EXT_SESSION_TICKET:
		if (!out->session_ticket)
			out->ticket = rd_rest(body);
		out->session_ticket = true;
		break;
	case EXT_ENCRYPT_THEN_MAC:
		out->encrypt_then_mac = true;
		break;
	case EXT_EXTENDED_MASTER_SECRET:
		out->extended_master_secret = true;
		break;
	case EXT_PRE_SHARED_KEY:
		out->psk = true;
		break;
	case EXT_EARLY_DATA:
		out->early_data = true;
		break;
	default:
		break;
	}
	rd_rest(body);
}

bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static uint16_t highest_version(struct span versions)
{
	uint16_t highest = 0;
	struct rd r = rd_of(versions);
	while (rd_more(&r)) {
		uint16_t version = rd_u16(&r);
		if (!tls_is_grease(version) && version > highest)
			highest = version;
	}
	return highest;
}

/* RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2. */
bool tls_client_hello(struct span body, struct tls_client_hello *out)
{
	*out = (struct tls_client_hello){0};
	struct rd r = rd_of(body);
	out->legacy_version = rd_u16(&r);
	out->random = rd_span(&r, TLS_RANDOM);
	out->session_id = session_id(&r);
	out->ciphers = pairs(&r, 2);
	struct rd compressions = rd_vec(&r, 1);
	out->compressions = rd_rest(&compressions);
	if (out->compressions.n == 0)
		rd_fail(&r);

	struct rd list = extensions(&r, &out->extensions), extension;
	uint16_t type;
	while (next_extension(&list, &type, &extension)) {
		client_extension(type, &extension, out);
		rd_end(&list, &extension);
	}
	rd_end(&r, &list);

	if (out->supported_versions.n > 0)
		out->max_version = highest_version(out->supported_versions);
	else if (rd_done(&r))
		out->max_version = out->legacy_version;
	return rd_done(&r);
}

static void server_extension(uint16_t type, struct rd *body, struct tls_server_hello *out)
{
	switch (type) {
	case EXT_SUPPORTED_VERSIONS: {
		uint16_t version = rd_u16(body);
		if (out->version == 0)
			out->version = version;
		return;
	}
	case EXT_ENCRYPT_THEN_MAC:
		out->encrypt_then_mac = true;
		break;
	case EXT_EXTENDED_MASTER_SECRET:
		out->extended_master_secret = true;
		break;
	case EXT_SESSION_TICKET:
		out->session_ticket = true;
		break;
	case EXT_PRE_SHARED_KEY:
		out->psk = true;
		break;
	case EXT_ALPN:
		keep_first(&out->alpn, items(body, 1));
		return;
	default:
		break;
	}
	rd_rest(body);
}

/* RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest" in place of a random. */
static bool is_retry(struct span random)
{
	static const uint8_t retry[TLS_RANDOM] = {
	    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};
	return span_equal(random, span_of(retry, sizeof retry));
}

/* RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3. */
bool tls_server_hello(struct span body, struct tls_server_hello *out)
{
	*out = (struct tls_server_hello){0};
	struct rd r = rd_of(body);
	out->legacy_version = rd_u16(&r);
	out->random = rd_span(&r, TLS_RANDOM);
	out->hello_retry_request = is_retry(out->random);
	out->session_id = session_id(&r);
	out->cipher = rd_u16(&r);
	out->compression = rd_u8(&r);

	struct rd list = extensions(&r, &out->extensions), extension;
	uint16_t type;
	while (next_extension(&list, &type, &extension)) {
		server_extension(type, &extension, out);
		rd_end(&list, &extension);
	}
	rd_end(&r, &list);

	if (out->version == 0 && rd_done(&r))
		out->version = out->legacy_version;
	return rd_done(&r);
}

/* RFC 8446 section 4.3.1. */
bool tls_encrypted_extensions(struct span body, struct tls_encrypted_extensions *out)
{
	*out = (struct tls_encrypted_extensions){0};
	struct rd r = rd_of(body);
	struct rd list = rd_vec(&r, 2), extension;
	struct rd whole = list;
	uint16_t type;
	out->extensions = rd_rest(&whole);
	while (next_extension(&list, &type, &extension)) {
		if (type == EXT_ALPN)
			keep_first(&out->alpn, items(&extension, 1));
		else
			rd_rest(&extension);
		rd_end(&list, &extension);
	}
	rd_end(&r, &list);
	return rd_done(&r);
}

bool tls_next_extension(struct rd *extensions, uint16_t *type)
{
	struct rd body;
	return next_extension(extensions, type, &body);
}

/* RFC 8446 section 4.3.2. */
static bool request_of_13(struct rd *r, struct tls_certificate_request *out)
{
	(void)rd_vec(r, 1); /* the context */
	struct rd list = rd_vec(r, 2), extension;
	uint16_t type;
	while (next_extension(&list, &type, &extension)) {
		if (type == EXT_SIGNATURE_ALGORITHMS)
			keep_first(&out->signature_algorithms, pairs(&extension, 2));
		else if (type == EXT_CERTIFICATE_AUTHORITIES)
			keep_first(&out->authorities, items(&extension, 2));
		else
			rd_rest(&extension);
		rd_end(&list, &extension);
	}
	rd_end(r, &list);
	return rd_done(r);
}

/* RFC 2246 and RFC 5246, section 7.4.4. */
bool tls_certificate_request(struct span body, uint16_t version, struct tls_certificate_request *out)
{
	*out = (struct tls_certificate_request){0};
	struct rd r = rd_of(body);
	if (version == TLS_1_3)
		return request_of_13(&r, out);
	struct rd types = rd_vec(&r, 1);
	out->types = rd_rest(&types);
	if (version == TLS_1_2 || version == TLS_DTLS_1_2)
		out->signature_algorithms = pairs(&r, 2);
	out->authorities = items(&r, 2);
	return rd_done(&r);
}

static void skip_extensions(struct rd *r)
{
	struct rd list = rd_vec(r, 2), extension;
	uint16_t type;
	while (next_extension(&list, &type, &extension))
		;
	rd_end(r, &list);
}

/* RFC 5246 section 7.4.2, RFC 8446 section 4.4.2. */
bool tls_certificate(struct span body, uint16_t version, struct span *der, size_t max, size_t *n)
{
	*n = 0;
	struct rd r = rd_of(body);
	if (version == TLS_1_3)
		(void)rd_vec(&r, 1); /* the request's context */
	struct rd list = rd_vec(&r, 3);
	while (rd_more(&list)) {
		struct rd certificate = rd_vec(&list, 3);
		if (!rd_more(&certificate)) {
			rd_fail(&list);
			break;
		}
		if (*n < max)
			der[*n] = rd_rest(&certificate);
		(*n)++;
		if (version == TLS_1_3)
			skip_extensions(&list);
	}
	rd_end(&r, &list);
	return rd_done(&r);
}

static bool signature(struct rd *r, uint16_t *scheme)
{
	*scheme = rd_u16(r);
	(void)rd_vec(r, 2);
	return rd_done(r);
}

bool tls_certificate_verify(struct span body, uint16_t *scheme)
{
	struct rd r = rd_of(body);
	return signature(&r, scheme);
}

bool tls_server_signature(struct span body, bool elliptic, uint16_t *scheme)
{
	struct rd r = rd_of(body);
	if (elliptic && rd_u8(&r) != NAMED_CURVE)
		rd_fail(&r);
	if (elliptic) {
		rd_skip(&r, 2); /* the curve */
		(void)rd_vec(&r, 1);
	} else {
		for (int i = 0; i < DH_NUMBERS; i++)
			(void)rd_vec(&r, 2);
	}
	return signature(&r, scheme);
}

bool tls_alert(struct span body, struct tls_alert *out)
{
	struct rd r = rd_of(body);
	out->level = rd_u8(&r);
	out->description = rd_u8(&r);
	return rd_done(&r) && (out->level == TLS_ALERT_WARNING || out->level == TLS_ALERT_FATAL);
}

static bool is_ssl2_hello_of(size_t length, size_t ciphers, size_t id, size_t challenge)
{
	return ciphers > 0 && ciphers % SSL2_CIPHER_SIZE == 0 && (id == 0 || id == SSL2_SESSION_ID) &&
	       challenge >= SSL2_CHALLENGE_MIN && challenge <= SSL2_CHALLENGE_MAX &&
	       length == SSL2_HELLO_FIXED + ciphers + id + challenge;
}

enum cut tls_ssl2_hello(struct span bytes, size_t *total, uint16_t *version)
{
	struct rd r = rd_of(bytes);
	uint16_t head = rd_u16(&r);
	if (rd_ok(&r) && (head & SSL2_LENGTH_FLAG) == 0)
		return CUT_BAD;
	uint8_t type = rd_u8(&r);
	if (rd_ok(&r) && type != SSL2_CLIENT_HELLO)
		return CUT_BAD;
	uint16_t offered = rd_u16(&r);
	if (rd_ok(&r) && offered != TLS_SSL2 && !is_tls_version(offered))
		return CUT_BAD;
	uint16_t ciphers = rd_u16(&r);
	uint16_t id = rd_u16(&r);
	uint16_t challenge = rd_u16(&r);
	if (!rd_ok(&r))
		return CUT_MORE;
	size_t length = head & (SSL2_LENGTH_FLAG - 1);
	if (!is_ssl2_hello_of(length, ciphers, id, challenge))
		return CUT_BAD;
	*total = SSL2_HEADER + length;
	*version = offered;
	return CUT_OK;
}
