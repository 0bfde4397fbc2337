/*
 * Fuzz target of dissect/tls. The first byte picks the decoder, the second the version; the rest is the
 * message. Every byte that a decoder hands out is read, so that a span past the end is seen.
 */
#include <stdlib.h>
#include "dissect/limits.h"
#include "dissect/tls.h"

static volatile uint8_t sink;

static void touch(struct span s)
{
	struct rd r = rd_of(s);
	while (rd_more(&r))
		sink = (uint8_t)(sink ^ rd_u8(&r));
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void client(struct span body)
{
	struct tls_client_hello h;
	bool good = tls_client_hello(body, &h);
	touch(h.random);
	touch(h.session_id);
	touch(h.ciphers);
	touch(h.compressions);
	touch(h.extensions);
	touch(h.sni);
	touch(h.alpn);
	touch(h.groups);
	touch(h.signature_algorithms);
	touch(h.supported_versions);
	must(h.session_id.n <= 32 && h.ciphers.n % 2 == 0 && h.groups.n % 2 == 0);
	must(!good || (h.random.n == TLS_RANDOM && h.ciphers.n > 0 && h.compressions.n > 0));
	must(h.ticket.n == 0 || h.session_ticket);
}

static void server(struct span body)
{
	struct tls_server_hello h;
	bool good = tls_server_hello(body, &h);
	touch(h.random);
	touch(h.session_id);
	touch(h.extensions);
	touch(h.alpn);
	must(!good || h.random.n == TLS_RANDOM);
}

static void encrypted(struct span body)
{
	struct tls_encrypted_extensions e;
	bool good = tls_encrypted_extensions(body, &e);
	struct rd r = rd_of(e.extensions);
	uint16_t type;
	touch(e.extensions);
	touch(e.alpn);
	while (tls_next_extension(&r, &type))
		;
	must(!good || rd_done(&r));
}

static void request(struct span body, uint16_t version)
{
	struct tls_certificate_request q;
	tls_certificate_request(body, version, &q);
	touch(q.types);
	touch(q.signature_algorithms);
	touch(q.authorities);
}

static void certificate(struct span body, uint16_t version)
{
	struct span der[LIMIT_CHAIN];
	size_t n;
	tls_certificate(body, version, der, LIMIT_CHAIN, &n);
	for (size_t i = 0; i < n && i < LIMIT_CHAIN; i++) {
		touch(der[i]);
		must(der[i].n > 0);
	}
}

static void heads(struct span bytes)
{
	struct tls_record record;
	struct tls_alert alert;
	uint8_t type;
	uint32_t length;
	size_t total;
	uint16_t version;
	if (tls_record_head(bytes, &record) == CUT_OK)
		must(bytes.n >= TLS_RECORD_HEADER && record.length + TLS_RECORD_HEADER <= LIMIT_RECORD);
	if (tls_handshake_head(bytes, &type, &length) == CUT_OK)
		must(bytes.n >= TLS_HANDSHAKE_HEADER && length < 1 << 24);
	if (tls_ssl2_hello(bytes, &total, &version) == CUT_OK)
		must(total >= 11);
	must(!tls_alert(bytes, &alert) || bytes.n == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t versions[] = {TLS_SSL3, TLS_1_0, TLS_1_2, TLS_1_3};
	struct rd r = rd_of(span_of(data, size));
	uint8_t decoder = rd_u8(&r);
	uint16_t version = versions[rd_u8(&r) % (sizeof versions / sizeof versions[0])];
	struct span body = rd_rest(&r);
	switch (decoder) {
	case TLS_CLIENT_HELLO:
		client(body);
		break;
	case TLS_SERVER_HELLO:
		server(body);
		break;
	case TLS_ENCRYPTED_EXTENSIONS:
		encrypted(body);
		break;
	case TLS_CERTIFICATE_REQUEST:
		request(body, version);
		break;
	case TLS_CERTIFICATE:
		certificate(body, version);
		break;
	default:
		heads(body);
	}
	return 0;
}
