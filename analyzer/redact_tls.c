/* The places of names in handshake messages (RFC 5246, 6066, 8446) and in certificates (RFC 5280); see redact_tls.h. */
#include "analyzer/redact_tls.h"

#include "dissect/limits.h"
#include "dissect/tls.h"
#include "dissect/tls_names.h"

/* ---- DER ------------------------------------------------------------------------------------------- */

enum {
	DER_OCTETS = 0x04,
	DER_CLASS = 0xc0,
	DER_CONTEXT = 0x80,
	DER_CONSTRUCTED = 0x20,
	DER_LONG = 0x80,
	DER_TAG = 0x1f,
};

/* One element: its tag and where its content lies. False when it is cut. */
static bool der_next(struct rd *r, uint8_t *tag, size_t *at, size_t *n)
{
	*tag = rd_u8(r);
	*n = rd_u8(r);
	if (*n >= DER_LONG) {
		size_t width = *n - DER_LONG;
		if (width == 0 || width > 4)
			rd_fail(r);
		*n = (size_t)rd_big(r, width);
	}
	*at = rd_at(r);
	rd_skip(r, *n);
	return rd_ok(r) && (*tag & DER_TAG) != DER_TAG;
}

/* Elements from the first byte to the last one. */
static bool is_der(struct span bytes)
{
	struct rd r = rd_of(bytes);
	uint8_t tag;
	size_t at, n;
	while (rd_more(&r))
		if (!der_next(&r, &tag, &at, &n))
			return false;
	return bytes.n > 0;
}

static bool is_string(uint8_t tag)
{
	static const uint8_t tags[] = {0x0c, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1a, 0x1b, 0x1c, 0x1e};
	for (size_t i = 0; i < sizeof tags; i++)
		if (tag == tags[i])
			return true;
	return false;
}

static bool is_printable(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] < ' ' || bytes[i] >= 0x7f)
			return false;
	return n > 0;
}

/* A GeneralName (RFC 5280 section 4.2.1.6): an IP address, or text. Key hashes and serials have such tags, too. */
static void redact_context(const struct redact *redact, uint8_t tag, uint8_t *bytes, size_t n)
{
	enum { IP = 0x87, IP4 = 4, IP6 = 16 };
	if (tag == IP && n == IP4)
		redact_ip4(redact, bytes);
	else if (tag == IP && n == IP6)
		redact_ip6(redact, bytes);
	else if (is_printable(bytes, n))
		redact_text(redact, bytes, n);
}

static void redact_elements(const struct redact *redact, uint8_t *der, size_t size, unsigned depth)
{
	struct rd r = rd_of(span_of(der, size));
	uint8_t tag;
	size_t at, n;
	while (rd_more(&r)) {
		if (!der_next(&r, &tag, &at, &n)) {
			redact_bytes(der, size);
			return;
		}
		bool inside = (tag & DER_CONSTRUCTED) != 0 || (tag == DER_OCTETS && is_der(span_of(&der[at], n)));
		if (inside && depth >= LIMIT_DER_DEPTH)
			redact_bytes(&der[at], n);
		else if (inside)
			redact_elements(redact, &der[at], n, depth + 1);
		else if (is_string(tag) || (tag == DER_OCTETS && is_printable(&der[at], n)))
			redact_text(redact, &der[at], n);
		else if ((tag & DER_CLASS) == DER_CONTEXT)
			redact_context(redact, tag, &der[at], n);
	}
}

void redact_tls_der(const struct redact *redact, uint8_t *der, size_t n)
{
	redact_elements(redact, der, n, 0);
}

/* ---- messages -------------------------------------------------------------------------------------- */

/* The span lies in the message: there it is changed. */
static uint8_t *within(uint8_t *message, size_t n, struct span part)
{
	return part.n == 0 ? NULL : &message[span_offset(span_of(message, n), part)];
}

bool redact_tls_extensions(const struct redact *redact, uint8_t *body, size_t n, struct span extensions)
{
	enum { SERVER_NAME = 0, ENTRY = 5 };
	struct rd list = rd_of(extensions);
	while (rd_more(&list)) {
		uint16_t type = rd_u16(&list);
		struct span value = rd_span(&list, rd_u16(&list));
		if (type == SERVER_NAME && value.n > ENTRY)
			redact_text(redact, &within(body, n, value)[ENTRY], value.n - ENTRY);
	}
	return rd_ok(&list);
}

static void client_hello(const struct redact *redact, uint8_t *body, size_t n)
{
	struct tls_client_hello hello;
	bool whole = tls_client_hello(span_of(body, n), &hello);
	(void)redact_tls_extensions(redact, body, n, hello.extensions);
	if (whole)
		return;
	size_t from = hello.extensions.n > 0 ? span_offset(span_of(body, n), hello.extensions) : 0;
	redact_bytes(&body[from], n - from);
}

/* Certificates behind 3-byte lengths; TLS 1.3 has a context in front and extensions behind each. False: no such. */
static bool certificate_list(const struct redact *redact, uint8_t *body, size_t n, bool tls13)
{
	struct rd r = rd_of(span_of(body, n));
	if (tls13)
		(void)rd_vec(&r, 1);
	struct rd list = rd_vec(&r, 3);
	if (!rd_done(&r))
		return false;
	for (struct rd look = list; rd_more(&look);) {
		struct span der = rd_span(&look, rd_u24(&look));
		struct span extensions = tls13 ? rd_span(&look, rd_u16(&look)) : span_of(NULL, 0);
		if (!rd_ok(&look))
			return false;
		if (der.n > 0)
			redact_tls_der(redact, within(body, n, der), der.n);
		if (extensions.n > 0) /* stapled answers, which name who gives them */
			redact_bytes(within(body, n, extensions), extensions.n);
	}
	return true;
}

/* The first shape that fits is the right one: the others need lengths that agree by chance. */
static void certificate(const struct redact *redact, uint8_t *body, size_t n)
{
	if (!certificate_list(redact, body, n, false) && !certificate_list(redact, body, n, true))
		redact_bytes(body, n);
}

static bool authorities(const struct redact *redact, uint8_t *body, size_t n, uint16_t version)
{
	struct tls_certificate_request request;
	if (!tls_certificate_request(span_of(body, n), version, &request))
		return false;
	struct rd list = rd_of(request.authorities);
	while (rd_more(&list)) {
		struct span name = rd_span(&list, rd_u16(&list));
		if (name.n > 0)
			redact_tls_der(redact, within(body, n, name), name.n);
	}
	return true;
}

static void certificate_request(const struct redact *redact, uint8_t *body, size_t n)
{
	static const uint16_t shapes[] = {TLS_1_2, TLS_1_0, TLS_1_3};
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (authorities(redact, body, n, shapes[i]))
			return;
	redact_bytes(body, n);
}

/* RFC 6066 section 8: a type, and a DER answer behind a 3-byte length. */
static void certificate_status(const struct redact *redact, uint8_t *body, size_t n)
{
	enum { HEAD = 4 };
	if (n > HEAD)
		redact_tls_der(redact, &body[HEAD], n - HEAD);
}

void redact_tls_body(const struct redact *redact, uint8_t type, uint8_t *body, size_t n)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		client_hello(redact, body, n);
		break;
	case TLS_CERTIFICATE:
		certificate(redact, body, n);
		break;
	case TLS_CERTIFICATE_REQUEST:
		certificate_request(redact, body, n);
		break;
	case TLS_CERTIFICATE_STATUS:
		certificate_status(redact, body, n);
		break;
	default:
		break;
	}
}

void redact_tls_message(const struct redact *redact, uint8_t *message, size_t n)
{
	uint8_t type;
	uint32_t length;
	if (tls_handshake_head(span_of(message, n), &type, &length) == CUT_OK && n > TLS_HANDSHAKE_HEADER)
		redact_tls_body(redact, type, &message[TLS_HANDSHAKE_HEADER], n - TLS_HANDSHAKE_HEADER);
}

bool redact_tls_is_open(uint16_t cipher)
{
	static const char integrity_only[] = "TLS_SHA"; /* RFC 9150 */
	const char *name = tls_cipher_name(cipher);
	return name != NULL && (strstr(name, "_NULL_") != NULL ||
	                        strncmp(name, integrity_only, sizeof integrity_only - 1) == 0);
}
