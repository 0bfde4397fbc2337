/*
 * Fuzz target of DTLS: a key log up to the first zero byte, then datagrams (direction, time and length in
 * front of each), which go through an association and, at its end, through the rules. Every span is read, and
 * what is kept stays within its caps.
 */
#include "analyzer/analyze.h"
#include "analyzer/findings/findings.h"
#include "analyzer/dtls_conn.h"
#include "dissect/dtls.h"

#include <assert.h>
#include <stdlib.h>

static volatile uint8_t sink;

static void touch(struct span s)
{
	struct rd r = rd_of(s);
	while (rd_more(&r))
		sink = (uint8_t)(sink ^ rd_u8(&r));
}

/* The decoders alone, on an exact block. */
static void decode(struct span bytes)
{
	struct rd datagram = rd_of(bytes);
	struct dtls_record record;
	while (dtls_next(&datagram, 0, &record) == DTLS_RECORD) {
		struct span body = span_cut(record.bytes, DTLS_RECORD_HEADER, SIZE_MAX);
		struct rd plain = rd_of(body);
		struct dtls_fragment fragment;
		touch(record.bytes);
		touch(dtls_first_random(&record));
		while (rd_more(&plain) && dtls_next_fragment(&plain, &fragment))
			touch(fragment.body);
		uint8_t *to = malloc(body.n > 0 ? body.n : 1);
		assert(to != NULL);
		for (uint8_t type = TLS_CLIENT_HELLO; type <= TLS_SERVER_HELLO; type++)
			assert(dtls_hello_as_tls(type, body, to) <= body.n);
		free(to);
	}
}

static void follow(struct model *model, struct span bytes)
{
	struct session *session = model_add_session(model, &(struct origin){.packet = 1});
	session->tls.datagram = true;
	session->controller = 1;
	struct tls_conn *tls = tls_conn_new(model, session);
	struct dtls_conn *conn = dtls_conn_new(tls);
	struct rd r = rd_of(bytes);
	size_t held = 0;
	struct origin at = {.packet = 1};
	while (rd_more(&r)) {
		uint8_t head = rd_u8(&r);
		struct rd length = r;
		size_t n = rd_u8(&length);
		n = (head & 2) != 0 ? n * 8 : n;
		r = length;
		struct packet packet = {.kind = PACKET_UDP,
		                        .payload = rd_span(&r, n < rd_left(&r) ? n : rd_left(&r)),
		                        .cut = (head & 4) != 0 ? head : 0};
		at.time += (head >> 4) * 100 * NS_PER_MS;
		session->last = at;
		(void)dtls_conn_is_new(conn, &packet);
		dtls_conn_push(conn, head & 1, &packet, &at, &held);
		assert(held == dtls_conn_held(conn) && held <= LIMIT_HELD_FLOW);
		at.packet++;
	}
	dtls_conn_tick(conn, &at, &held);
	dtls_conn_end(conn, &at, &held);
	assert(held == 0 && !dtls_conn_waits(conn));
	tls_conn_flush(tls);
	dtls_conn_free(conn);
	tls_conn_free(tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
	struct span text = span_of(data, zero != NULL ? (size_t)(zero - data) : 0);
	struct span datagrams = span_cut(span_of(data, size), text.n + 1, SIZE_MAX);
	struct model *model = model_new();
	model->keylog = keylog_new();
	model->keys_may_come = size % 2 == 0;
	keylog_parse(model->keylog, text);
	decode(datagrams);
	follow(model, datagrams);
	struct findings *findings = malloc(sizeof *findings);
	char verdict[VERDICT_TEXT];
	assert(findings != NULL);
	findings_of_session(model, model->first, findings);
	findings_verdict(model, model->first, findings, verdict);
	assert(verdict[0] != '\0');
	free(findings);
	model_free(model);
	return 0;
}
