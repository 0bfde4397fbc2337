/* The part of a stream that is not encrypted, its records and messages; see redact_stream.h. */
#include "analyzer/redact_stream.h"

#include "analyzer/redact_nmsp.h"
#include "analyzer/redact_tls.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"
#include "dissect/nmsp.h"

#include <stdlib.h>

#define CHUNKS 8 /* of a direction with holes; the oldest one leaves, and is blank where it is sent again */

/* Bytes that follow each other, from a record's head on. Its encrypted end is not kept. */
struct chunk {
	uint64_t from; /* place of the first byte */
	size_t n, room;
	size_t decided; /* of these n */
	uint8_t *plain; /* as captured, */
	uint8_t *safe;  /* and as it may be shown: blank until it is known */
};

enum state {
	READING,  /* at records that are not encrypted */
	MESSAGES, /* NMSP without TLS, by the profile in use */
	LOST,    /* until a segment begins with a record */
	CLOSED,  /* from `end` on all is encrypted */
	NO_TLS,  /* from `end` on all is blank */
};

struct redact_stream {
	const struct redact *redact;
	enum state state;
	bool joined;  /* the first message of a chunk may be the middle of one */
	bool changed; /* a change_cipher_spec was read */
	bool open;    /* the cipher suite encrypts nothing */
	uint64_t end;
	struct chunk chunk[CHUNKS]; /* the latest last */
	size_t n_chunks;
	size_t record;   /* in the latest chunk: where the next record begins */
	uint8_t *message; /* what is there of a handshake message, */
	size_t *places;   /* and where each of its bytes stands in the chunk */
	size_t n_message, room_message;
};

struct redact_stream *redact_stream_new(const struct redact *redact, uint64_t off, bool joined)
{
	struct redact_stream *stream = xcalloc(1, sizeof *stream);
	stream->redact = redact;
	stream->joined = joined;
	stream->state = joined ? LOST : READING;
	stream->end = off;
	stream->n_chunks = 1;
	stream->chunk[0].from = off;
	return stream;
}

static void chunk_free(struct chunk *chunk)
{
	free(chunk->plain);
	free(chunk->safe);
}

void redact_stream_free(struct redact_stream *stream)
{
	if (stream == NULL)
		return;
	for (size_t i = 0; i < stream->n_chunks; i++)
		chunk_free(&stream->chunk[i]);
	free(stream->message);
	free(stream->places);
	free(stream);
}

static struct chunk *latest(struct redact_stream *stream)
{
	return &stream->chunk[stream->n_chunks - 1];
}

bool redact_stream_is_open(const struct redact_stream *stream)
{
	return stream->open;
}

void redact_stream_open(struct redact_stream *stream)
{
	stream->open = true;
	if (stream->state == CLOSED)
		stream->state = NO_TLS;
}

static bool is_reading(const struct redact_stream *stream)
{
	return stream->state == READING || stream->state == MESSAGES;
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* Reading begins here. */
static void begin(struct redact_stream *stream, uint64_t off)
{
	if (stream->n_chunks == CHUNKS) {
		chunk_free(&stream->chunk[0]);
		memmove(&stream->chunk[0], &stream->chunk[1], (CHUNKS - 1) * sizeof stream->chunk[0]);
		stream->n_chunks--;
	}
	stream->chunk[stream->n_chunks++] = (struct chunk){.from = off};
	stream->state = READING;
	stream->joined = true;
	stream->record = 0;
	stream->n_message = 0;
}

/* From this place of the latest chunk on. A message that has no end is blank but for its heads. */
static void stop(struct redact_stream *stream, enum state state, size_t at)
{
	struct chunk *chunk = latest(stream);
	stream->state = state == CLOSED && stream->open ? NO_TLS : state;
	stream->end = chunk->from + at;
	stream->n_message = 0;
	chunk->n = chunk->decided = at < chunk->n ? at : chunk->n;
}

static void show(struct chunk *chunk, size_t at, size_t n)
{
	memcpy(&chunk->safe[at], &chunk->plain[at], n);
}

static void note_cipher(struct redact_stream *stream, struct span message)
{
	struct tls_server_hello hello;
	if (!tls_server_hello(span_cut(message, TLS_HANDSHAKE_HEADER, message.n), &hello))
		return;
	stream->open = redact_tls_is_open(hello.cipher);
}

static void take_message(struct redact_stream *stream, size_t n)
{
	struct chunk *chunk = latest(stream);
	if (stream->message[0] == TLS_SERVER_HELLO)
		note_cipher(stream, span_of(stream->message, n));
	redact_tls_message(stream->redact, stream->message, n);
	for (size_t i = 0; i < n; i++)
		chunk->safe[stream->places[i]] = stream->message[i];
	stream->n_message -= n;
	memmove(stream->message, &stream->message[n], stream->n_message);
	memmove(stream->places, &stream->places[n], stream->n_message * sizeof *stream->places);
}

/* Whole messages; false when what follows is none. */
static bool take_messages(struct redact_stream *stream)
{
	struct chunk *chunk = latest(stream);
	uint8_t type;
	uint32_t length;
	while (tls_handshake_head(span_of(stream->message, stream->n_message), &type, &length) == CUT_OK) {
		for (size_t i = 0; i < TLS_HANDSHAKE_HEADER; i++)
			chunk->safe[stream->places[i]] = stream->message[i];
		if (length > LIMIT_HANDSHAKE)
			return false;
		if (stream->n_message < TLS_HANDSHAKE_HEADER + length)
			return true;
		take_message(stream, TLS_HANDSHAKE_HEADER + length);
	}
	return true;
}

static void gather(struct redact_stream *stream, size_t at, size_t n)
{
	const struct chunk *chunk = latest(stream);
	if (stream->n_message + n > stream->room_message) {
		stream->room_message = 2 * (stream->n_message + n);
		stream->message = xrealloc(stream->message, stream->room_message);
		stream->places = xrealloc(stream->places, stream->room_message * sizeof *stream->places);
	}
	for (size_t i = 0; i < n; i++) {
		stream->message[stream->n_message] = chunk->plain[at + i];
		stream->places[stream->n_message++] = at + i;
	}
}

/* The bytes are whole messages, one behind the other. */
static bool tiles(struct span bytes)
{
	struct rd r = rd_of(bytes);
	while (rd_more(&r)) {
		rd_skip(&r, 1);
		rd_skip(&r, rd_u24(&r));
	}
	return rd_done(&r);
}

/* Behind a change_cipher_spec a second ClientHello may stand, as it is (RFC 8446 appendix D.4); all else is encrypted. */
static bool is_hello(struct span body)
{
	struct tls_client_hello hello;
	return body.n > TLS_HANDSHAKE_HEADER && body.p[0] == TLS_CLIENT_HELLO && tiles(body) &&
	       tls_client_hello(span_cut(body, TLS_HANDSHAKE_HEADER, body.n), &hello);
}

/* A handshake record that is whole. False: the place is lost. */
static bool take_handshake(struct redact_stream *stream, size_t at, size_t n)
{
	struct chunk *chunk = latest(stream);
	struct span body = span_of(&chunk->plain[at], n);
	if (stream->changed && !is_hello(body)) {
		show(chunk, at, n);
		return true;
	}
	if (stream->joined && stream->n_message == 0 && !tiles(body))
		return true; /* the end of a message whose beginning was not seen, maybe: it stays blank */
	gather(stream, at, n);
	return take_messages(stream);
}

/* A message at stream->record. What is none, or not well formed, and all behind it is not shown. */
static bool take_nmsp(struct redact_stream *stream)
{
	struct chunk *chunk = latest(stream);
	const struct profile *profile = stream->redact->profile;
	struct span rest = span_cut(span_of(chunk->plain, chunk->n), stream->record, chunk->n);
	size_t total = 0;
	enum cut cut = nmsp_cut(profile, rest, &total);
	if (cut == CUT_MORE || (cut == CUT_OK && rest.n < total))
		return false;
	if (cut == CUT_BAD || !redact_nmsp_is_clear(profile, span_cut(rest, 0, total))) {
		stop(stream, NO_TLS, stream->record);
		return false;
	}
	show(chunk, stream->record, total);
	redact_nmsp_message(stream->redact, profile, &chunk->safe[stream->record], total);
	chunk->decided = stream->record += total;
	if (chunk->n > LIMIT_REDACT_STREAM / CHUNKS && chunk->decided == chunk->n) {
		begin(stream, chunk->from + chunk->n);
		stream->state = MESSAGES;
	}
	return true;
}

/* The record at stream->record. False when more is needed, or all is told. */
static bool take_record(struct redact_stream *stream)
{
	struct chunk *chunk = latest(stream);
	size_t at = stream->record, ssl2 = 0;
	struct span rest = span_cut(span_of(chunk->plain, chunk->n), at, chunk->n);
	struct tls_record record;
	uint16_t version;
	enum cut cut = tls_record_head(rest, &record);
	if (cut == CUT_BAD && at == 0 && !stream->joined) {
		cut = tls_ssl2_hello(rest, &ssl2, &version);
		record = (struct tls_record){.type = TLS_ALERT, .length = (uint16_t)(ssl2 - TLS_RECORD_HEADER)};
	}
	bool starts = at == 0 && !stream->joined;
	if (cut == CUT_BAD && starts && stream->redact->profile != NULL) {
		stream->state = MESSAGES;
		return true;
	}
	if (cut == CUT_BAD)
		stop(stream, starts ? NO_TLS : LOST, at);
	else if (cut == CUT_OK && record.type == TLS_APPLICATION_DATA)
		stop(stream, CLOSED, at);
	if (cut != CUT_OK || stream->state != READING)
		return false;
	size_t total = (size_t)TLS_RECORD_HEADER + record.length;
	show(chunk, at, TLS_RECORD_HEADER);
	if (rest.n < total)
		return false;
	stream->record = at + total;
	if (record.type != TLS_HANDSHAKE)
		show(chunk, at, total);
	else if (!take_handshake(stream, at + TLS_RECORD_HEADER, record.length)) {
		stop(stream, LOST, at + total);
		return false;
	}
	stream->changed = stream->changed || record.type == TLS_CHANGE_CIPHER_SPEC;
	if (stream->n_message == 0)
		chunk->decided = stream->record;
	return true;
}

static void append(struct chunk *chunk, struct span bytes)
{
	if (chunk->n + bytes.n > chunk->room) {
		chunk->room = 2 * (chunk->n + bytes.n);
		chunk->plain = xrealloc(chunk->plain, chunk->room);
		chunk->safe = xrealloc(chunk->safe, chunk->room);
	}
	if (bytes.n == 0)
		return;
	memcpy(&chunk->plain[chunk->n], bytes.p, bytes.n);
	redact_bytes(&chunk->safe[chunk->n], bytes.n);
	chunk->n += bytes.n;
}

/* ---- finding the place again ----------------------------------------------------------------------- */

static bool is_head(struct span bytes, struct tls_record *record)
{
	enum { CCS_LENGTH = 1, ALERT_LENGTH = 2 };
	return tls_record_head(bytes, record) == CUT_OK && record->length > 0 &&
	       (record->type != TLS_CHANGE_CIPHER_SPEC || record->length == CCS_LENGTH) &&
	       (record->type != TLS_ALERT || record->length >= ALERT_LENGTH);
}

/* Not by chance: within a segment a record is whole, and another one or the segment's end follows. */
static bool is_record(struct span bytes)
{
	struct tls_record record, next;
	if (!is_head(bytes, &record) || bytes.n < (size_t)TLS_RECORD_HEADER + record.length)
		return false;
	struct span body = span_cut(bytes, TLS_RECORD_HEADER, record.length);
	struct span behind = span_cut(bytes, TLS_RECORD_HEADER + body.n, bytes.n);
	return (record.type != TLS_HANDSHAKE || tiles(body)) && (behind.n == 0 || is_head(behind, &next));
}

static void find_record(struct redact_stream *stream, uint64_t off, struct span bytes)
{
	struct tls_record record;
	size_t at = off < stream->end ? (size_t)(stream->end - off) : 0;
	if (at == 0 && is_head(bytes, &record)) {
		begin(stream, off);
		return;
	}
	while (at < bytes.n && !is_record(span_cut(bytes, at, bytes.n)))
		at++;
	if (at < bytes.n)
		begin(stream, off + at);
}

bool redact_stream_data(struct redact_stream *stream, uint64_t off, struct span bytes)
{
	uint64_t end = off + bytes.n;
	if (stream->state == LOST && end > stream->end)
		find_record(stream, off, bytes);
	const struct chunk *chunk = latest(stream);
	uint64_t have = chunk->from + chunk->n;
	if (!is_reading(stream) || end <= have)
		return true;
	if (off > have)
		return false;
	append(latest(stream), span_cut(bytes, (size_t)(have - off), bytes.n));
	while (stream->state == READING && take_record(stream))
		;
	while (stream->state == MESSAGES && take_nmsp(stream))
		;
	if (is_reading(stream) && latest(stream)->n > LIMIT_REDACT_STREAM)
		stop(stream, NO_TLS, latest(stream)->decided);
	return true;
}

/* ---- what may be shown ----------------------------------------------------------------------------- */

bool redact_stream_decided(const struct redact_stream *stream, uint64_t off)
{
	const struct chunk *chunk = &stream->chunk[stream->n_chunks - 1];
	return !is_reading(stream) || off <= chunk->from + chunk->decided;
}

/* What is there of a record begins with a message, or goes on with the one before. */
static bool begins_message(const struct redact_stream *stream, struct span rest, size_t n)
{
	uint8_t type;
	uint32_t length;
	if (!stream->joined || stream->n_message > 0)
		return true;
	struct span body = span_cut(rest, TLS_RECORD_HEADER, rest.n);
	return tls_handshake_head(body, &type, &length) == CUT_OK && TLS_HANDSHAKE_HEADER + (size_t)length == n;
}

void redact_stream_give_up(struct redact_stream *stream, uint64_t off)
{
	if (redact_stream_decided(stream, off))
		return;
	struct chunk *chunk = latest(stream);
	struct span rest = span_cut(span_of(chunk->plain, chunk->n), stream->record, chunk->n);
	struct tls_record record;
	uint64_t next = chunk->from + stream->record;
	bool known = stream->state == READING && tls_record_head(rest, &record) == CUT_OK;
	if (known)
		next += (uint64_t)TLS_RECORD_HEADER + record.length;
	if (known && record.type == TLS_HANDSHAKE && !stream->changed && begins_message(stream, rest, record.length)) {
		gather(stream, stream->record + TLS_RECORD_HEADER, rest.n - TLS_RECORD_HEADER);
		(void)take_messages(stream);
	}
	chunk->decided = chunk->n;
	if (known && next >= off) {
		begin(stream, next);
		return;
	}
	stream->state = stream->state == MESSAGES ? NO_TLS : LOST;
	stream->end = chunk->from + chunk->n;
	stream->n_message = 0;
}

/* Where the byte is known: as it may be shown. */
static const struct chunk *chunk_of(const struct redact_stream *stream, uint64_t off)
{
	for (size_t i = 0; i < stream->n_chunks; i++)
		if (off >= stream->chunk[i].from && off - stream->chunk[i].from < stream->chunk[i].decided)
			return &stream->chunk[i];
	return NULL;
}

void redact_stream_write(const struct redact_stream *stream, uint64_t off, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct chunk *chunk = chunk_of(stream, off + i);
		if (chunk == NULL && stream->state == CLOSED && off + i >= stream->end)
			return;
		if (chunk == NULL) {
			redact_bytes(&bytes[i], 1);
			continue;
		}
		size_t at = (size_t)(off + i - chunk->from);
		bytes[i] = (uint8_t)(chunk->safe[at] ^ (bytes[i] != chunk->plain[at]));
	}
}
