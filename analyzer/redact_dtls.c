/* Datagrams in their parts, and the handshake messages that these are of; see redact_dtls.h. */
#include "analyzer/redact_dtls.h"

#include "analyzer/redact_tls.h"
#include "analyzer/xmalloc.h"
#include "dissect/dtls.h"
#include "dissect/limits.h"

#include <stdlib.h>

#define CID_AT 11 /* behind type, version, epoch and sequence number, RFC 9146 section 4 */

/* Of an association; those of an epoch in the clear only. */
struct message {
	struct message *next;
	uint8_t dir, type;
	uint16_t sequence;
	uint32_t length, have;
	bool given_up;
	uint8_t *plain; /* the body as captured, */
	uint8_t *safe;  /* as it may be shown, when all of it is there, */
	uint8_t *come;  /* and for each byte whether it is there */
	uint8_t bytes[];
};

struct redact_dtls {
	const struct redact *redact;
	struct message *messages;
	size_t n_messages, bytes; /* that they take */
	bool open;    /* the cipher suite encrypts nothing */
	bool tls13;   /* DTLS 1.3 was chosen */
	bool has_random;
	uint8_t random[TLS_RANDOM]; /* of the client */
};

struct redact_dtls *redact_dtls_new(const struct redact *redact)
{
	struct redact_dtls *dtls = xcalloc(1, sizeof *dtls);
	dtls->redact = redact;
	return dtls;
}

void redact_dtls_free(struct redact_dtls *dtls)
{
	while (dtls != NULL && dtls->messages != NULL) {
		struct message *message = dtls->messages;
		dtls->messages = message->next;
		free(message);
	}
	free(dtls);
}

/* ---- the parts of a datagram ----------------------------------------------------------------------- */

/* What is not told is a header, or as harmless, and stays. */
enum how {
	PART_FRAGMENT, /* of a handshake message */
	PART_SEALED,   /* encrypted, unless the cipher suite encrypts nothing */
	PART_UNIFIED,  /* encrypted, if this is DTLS 1.3 */
	PART_BLANK,
};

struct part {
	enum how how;
	struct span bytes;
	const struct dtls_fragment *fragment; /* of PART_FRAGMENT, with its body in `bytes` */
};

typedef void take_part(void *ctx, const struct part *part);

static void tell(take_part *take, void *ctx, enum how how, struct span bytes)
{
	if (bytes.n > 0)
		take(ctx, &(struct part){.how = how, .bytes = bytes});
}

static void walk_fragments(struct span body, take_part *take, void *ctx)
{
	struct rd r = rd_of(body);
	struct dtls_fragment fragment;
	while (rd_more(&r)) {
		struct rd before = r;
		if (!dtls_next_fragment(&r, &fragment)) {
			tell(take, ctx, PART_BLANK, rd_rest(&before));
			return;
		}
		take(ctx, &(struct part){.how = PART_FRAGMENT, .bytes = fragment.body, .fragment = &fragment});
	}
}

static void walk_record(const struct dtls_record *record, take_part *take, void *ctx)
{
	enum { CCS = 1, ALERT = 2 }; /* bytes of them */
	struct span body = span_cut(record->bytes, DTLS_RECORD_HEADER, SIZE_MAX);
	if (record->epoch > 0)
		tell(take, ctx, PART_SEALED, body);
	else if (record->type == TLS_HANDSHAKE)
		walk_fragments(body, take, ctx);
	else if (record->type == TLS_CHANGE_CIPHER_SPEC)
		tell(take, ctx, PART_BLANK, span_cut(body, CCS, SIZE_MAX));
	else if (record->type == TLS_ALERT)
		tell(take, ctx, PART_BLANK, span_cut(body, ALERT, SIZE_MAX));
	else
		tell(take, ctx, PART_BLANK, body);
}

static void walk(struct span datagram, size_t cut, take_part *take, void *ctx)
{
	struct rd r = rd_of(datagram);
	struct dtls_record record;
	enum dtls_kind kind;
	while ((kind = dtls_next(&r, cut, &record)) == DTLS_RECORD)
		walk_record(&record, take, ctx);
	if (kind == DTLS_CID)
		tell(take, ctx, record.epoch > 0 ? PART_SEALED : PART_BLANK, span_cut(record.bytes, CID_AT, SIZE_MAX));
	else if (kind == DTLS_UNIFIED)
		tell(take, ctx, PART_UNIFIED, record.bytes);
	else
		tell(take, ctx, PART_BLANK, rd_rest(&r));
}

/* ---- messages -------------------------------------------------------------------------------------- */

static struct message *find_message(const struct redact_dtls *dtls, uint8_t dir, const struct dtls_fragment *fragment)
{
	for (struct message *message = dtls->messages; message != NULL; message = message->next)
		if (message->dir == dir && message->sequence == fragment->sequence && message->type == fragment->type &&
		    message->length == fragment->length)
			return message;
	return NULL;
}

/* NULL when there is no room for it. */
static struct message *add_message(struct redact_dtls *dtls, uint8_t dir, const struct dtls_fragment *fragment)
{
	size_t length = fragment->length, takes = sizeof(struct message) + 3 * length;
	if (length > LIMIT_HANDSHAKE || dtls->bytes + takes > LIMIT_REDACT_STREAM ||
	    dtls->n_messages == LIMIT_REDACT_MESSAGES)
		return NULL;
	struct message *message = xcalloc(1, takes);
	message->dir = dir;
	message->type = fragment->type;
	message->sequence = fragment->sequence;
	message->length = fragment->length;
	message->plain = message->bytes;
	message->safe = &message->bytes[length];
	message->come = &message->bytes[2 * length];
	message->next = dtls->messages;
	dtls->messages = message;
	dtls->n_messages++;
	dtls->bytes += takes;
	return message;
}

static bool is_whole(const struct message *message)
{
	return message->have == message->length && !message->given_up;
}

/* The same bytes by the same: a cookie is sent back. */
static void redact_cookie(const struct redact *redact, uint8_t *cookie, size_t n)
{
	uint64_t whole = redact_hash(redact, cookie, n);
	for (size_t i = 0; i < n; i++) {
		const uint64_t input[] = {whole, i};
		cookie[i] = (uint8_t)redact_hash(redact, input, sizeof input);
	}
}

static void blank_or_cookie(const struct redact *redact, uint8_t *body, size_t n, struct span cookie, bool well_formed)
{
	if (!well_formed)
		redact_bytes(body, n);
	else if (cookie.n > 0)
		redact_cookie(redact, &body[span_offset(span_of(body, n), cookie)], cookie.n);
}

/* RFC 6347 section 4.2.1: the cookie stands behind the session id. */
static void client_hello(const struct redact *redact, uint8_t *body, size_t n)
{
	struct rd r = rd_of(span_of(body, n));
	rd_skip(&r, sizeof(uint16_t) + TLS_RANDOM);
	(void)rd_vec(&r, 1);
	struct rd cookie = rd_vec(&r, 1);
	(void)rd_vec(&r, 2);
	(void)rd_vec(&r, 1);
	struct rd extensions = rd_more(&r) ? rd_vec(&r, 2) : rd_of(span_of(NULL, 0));
	bool well_formed = rd_done(&r) && redact_tls_extensions(redact, body, n, rd_rest(&extensions));
	blank_or_cookie(redact, body, n, rd_rest(&cookie), well_formed);
}

static void hello_verify_request(const struct redact *redact, uint8_t *body, size_t n)
{
	struct rd r = rd_of(span_of(body, n));
	rd_skip(&r, sizeof(uint16_t));
	struct rd cookie = rd_vec(&r, 1);
	bool well_formed = rd_done(&r);
	blank_or_cookie(redact, body, n, rd_rest(&cookie), well_formed);
}

static void note_choice(struct redact_dtls *dtls, const struct message *message)
{
	struct tls_server_hello hello;
	uint8_t *as_tls = xmalloc(message->length + 1);
	size_t n = dtls_hello_as_tls(message->type, span_of(message->plain, message->length), as_tls);
	if (tls_server_hello(span_of(as_tls, n), &hello)) {
		dtls->open = redact_tls_is_open(hello.cipher);
		dtls->tls13 = hello.version == TLS_1_3;
	}
	free(as_tls);
}

static void finish_message(struct redact_dtls *dtls, struct message *message)
{
	if (message->length == 0)
		return;
	memcpy(message->safe, message->plain, message->length);
	if (message->type == TLS_SERVER_HELLO)
		note_choice(dtls, message);
	if (message->type == TLS_CLIENT_HELLO)
		client_hello(dtls->redact, message->safe, message->length);
	else if (message->type == TLS_HELLO_VERIFY_REQUEST)
		hello_verify_request(dtls->redact, message->safe, message->length);
	else
		redact_tls_body(dtls->redact, message->type, message->safe, message->length);
}

/* The first copy of a byte stays. */
static void add_bytes(struct message *message, uint32_t offset, struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		size_t at = offset + i;
		if (message->come[at])
			continue;
		message->plain[at] = bytes.p[i];
		message->come[at] = true;
		message->have++;
	}
}

/* ---- public ---------------------------------------------------------------------------------------- */

struct reading {
	struct redact_dtls *dtls;
	uint8_t dir;
};

static void read_part(void *ctx, const struct part *part)
{
	const struct reading *reading = ctx;
	if (part->how != PART_FRAGMENT)
		return;
	struct message *message = find_message(reading->dtls, reading->dir, part->fragment);
	bool fresh = message == NULL;
	if (fresh)
		message = add_message(reading->dtls, reading->dir, part->fragment);
	if (message == NULL || message->given_up || (!fresh && is_whole(message)))
		return;
	add_bytes(message, part->fragment->offset, part->bytes);
	if (is_whole(message))
		finish_message(reading->dtls, message);
}

static struct span first_random(struct span datagram, size_t cut)
{
	struct rd r = rd_of(datagram);
	struct dtls_record record;
	return dtls_next(&r, cut, &record) == DTLS_RECORD ? dtls_first_random(&record) : span_of(NULL, 0);
}

bool redact_dtls_is_new(const struct redact_dtls *dtls, struct span datagram, size_t cut)
{
	struct span random = first_random(datagram, cut);
	return dtls->has_random && random.n > 0 && !span_equal(random, span_of(dtls->random, sizeof dtls->random));
}

void redact_dtls_read(struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut)
{
	struct span random = first_random(datagram, cut);
	if (random.n == sizeof dtls->random && !dtls->has_random) {
		dtls->has_random = true;
		memcpy(dtls->random, random.p, random.n);
	}
	walk(datagram, cut, read_part, &(struct reading){.dtls = dtls, .dir = dir});
}

struct asking {
	const struct redact_dtls *dtls;
	uint8_t dir;
	bool decided;
};

static void ask_part(void *ctx, const struct part *part)
{
	struct asking *asking = ctx;
	if (part->how != PART_FRAGMENT)
		return;
	const struct message *message = find_message(asking->dtls, asking->dir, part->fragment);
	if (message != NULL && !message->given_up && !is_whole(message))
		asking->decided = false;
}

bool redact_dtls_decided(const struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut)
{
	struct asking asking = {.dtls = dtls, .dir = dir, .decided = true};
	walk(datagram, cut, ask_part, &asking);
	return asking.decided;
}

static void give_up_part(void *ctx, const struct part *part)
{
	const struct reading *reading = ctx;
	if (part->how != PART_FRAGMENT)
		return;
	struct message *message = find_message(reading->dtls, reading->dir, part->fragment);
	if (message != NULL && !is_whole(message))
		message->given_up = true;
}

void redact_dtls_give_up(struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut)
{
	walk(datagram, cut, give_up_part, &(struct reading){.dtls = dtls, .dir = dir});
}

struct writing {
	const struct redact_dtls *dtls;
	uint8_t dir;
	struct span datagram;
	uint8_t *to;
};

static void write_fragment(const struct writing *writing, const struct part *part, uint8_t *to)
{
	const struct message *message = find_message(writing->dtls, writing->dir, part->fragment);
	if (message == NULL || !is_whole(message)) {
		redact_bytes(to, part->bytes.n);
		return;
	}
	for (size_t i = 0; i < part->bytes.n; i++) {
		size_t at = part->fragment->offset + i;
		to[i] = (uint8_t)(message->safe[at] ^ (part->bytes.p[i] != message->plain[at]));
	}
}

static void write_part(void *ctx, const struct part *part)
{
	const struct writing *writing = ctx;
	if (part->bytes.n == 0)
		return;
	uint8_t *to = &writing->to[span_offset(writing->datagram, part->bytes)];
	if (part->how == PART_FRAGMENT)
		write_fragment(writing, part, to);
	else if (part->how == PART_BLANK || (part->how == PART_SEALED && writing->dtls->open) ||
	         (part->how == PART_UNIFIED && (!writing->dtls->tls13 || writing->dtls->open)))
		redact_bytes(to, part->bytes.n);
}

void redact_dtls_write(const struct redact_dtls *dtls, uint8_t dir, struct span datagram, size_t cut, uint8_t *to)
{
	if (datagram.n == 0)
		return;
	memcpy(to, datagram.p, datagram.n);
	walk(datagram, cut, write_part, &(struct writing){.dtls = dtls, .dir = dir, .datagram = datagram, .to = to});
}
