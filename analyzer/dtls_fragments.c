/* Fragments of handshake messages; see dtls_fragments.h. Called by dtls_handshake.c and dtls_conn.c. */
#include "analyzer/dtls_fragments.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>
#include <string.h>

#define REMEMBERED 64 /* messages in front of the next one */

struct dtls_piece {
	struct dtls_piece *next;
	uint32_t offset, n;
	uint8_t bytes[];
};

static uint64_t bit_of(uint16_t sequence)
{
	return UINT64_C(1) << sequence % REMEMBERED;
}

/* Behind the next one, or given up while nothing of it had come. */
static bool is_wanted(const struct dtls_fragments *fragments, uint16_t sequence)
{
	if (sequence >= fragments->next)
		return true;
	return fragments->next - sequence <= REMEMBERED && (fragments->given & bit_of(sequence)) != 0;
}

/* ---- pieces ------------------------------------------------------------------------------------------ */

static void add_piece(struct dtls_fragments *fragments, struct dtls_message *message, struct dtls_piece **at,
                      uint32_t offset, struct span bytes)
{
	struct dtls_piece *piece = xmalloc(sizeof *piece + bytes.n);
	piece->offset = offset;
	piece->n = (uint32_t)bytes.n;
	memcpy(piece->bytes, bytes.p, bytes.n);
	piece->next = *at;
	*at = piece;
	message->have += piece->n;
	fragments->bytes += sizeof *piece + bytes.n;
}

/* Adds what is not there yet: the first copy of a byte stays. False when all is. */
static bool add_bytes(struct dtls_fragments *fragments, struct dtls_message *message, uint32_t offset,
                      struct span bytes)
{
	uint32_t have = message->have;
	struct dtls_piece **at = &message->pieces;
	while (bytes.n > 0) {
		while (*at != NULL && (*at)->offset + (*at)->n <= offset)
			at = &(*at)->next;
		size_t room = *at == NULL ? bytes.n : (*at)->offset > offset ? (*at)->offset - offset : 0;
		size_t n = room < bytes.n ? room : bytes.n;
		if (n > 0)
			add_piece(fragments, message, at, offset, span_cut(bytes, 0, n));
		else
			n = (*at)->offset + (*at)->n - offset;
		bytes = span_cut(bytes, n, SIZE_MAX);
		offset += (uint32_t)n;
	}
	return message->have > have;
}

/* ---- messages ---------------------------------------------------------------------------------------- */

static struct dtls_message *message_of(struct dtls_fragments *fragments, const struct dtls_fragment *fragment,
                                       const struct dtls_seen *seen)
{
	struct dtls_message **at = &fragments->first;
	while (*at != NULL && (*at)->sequence < fragment->sequence)
		at = &(*at)->next;
	if (*at != NULL && (*at)->sequence == fragment->sequence)
		return *at;
	struct dtls_message *message = xmalloc(sizeof *message);
	*message = (struct dtls_message){.next = *at,
	                                 .sequence = fragment->sequence,
	                                 .type = fragment->type,
	                                 .length = fragment->length,
	                                 .first = seen->at,
	                                 .last = seen->at,
	                                 .place = seen->place,
	                                 .arrival = seen->arrival};
	*at = message;
	fragments->bytes += sizeof *message;
	return message;
}

static bool is_whole(const struct dtls_message *message)
{
	return message->have == message->length || message->given_up || message->length > LIMIT_HANDSHAKE;
}

static void pass(struct dtls_fragments *fragments, bool given_up)
{
	uint64_t bit = bit_of(fragments->next);
	fragments->given = given_up ? fragments->given | bit : fragments->given & ~bit;
	fragments->next++;
}

static void give_up_next(struct dtls_fragments *fragments, uint64_t place)
{
	fragments->given_place = place - 1;
	pass(fragments, true);
}

enum dtls_news dtls_fragments_take(struct dtls_fragments *fragments, const struct dtls_fragment *fragment,
                                   const struct dtls_seen *seen)
{
	bool begun = fragments->next > 0 || fragments->first != NULL;
	bool hello = fragment->type == TLS_CLIENT_HELLO || fragment->type == TLS_SERVER_HELLO;
	if (!begun && hello && fragment->sequence == 1) /* it says all: the first one had no cookie */
		give_up_next(fragments, seen->place);
	if (!is_wanted(fragments, fragment->sequence))
		return DTLS_REPEATED;
	if (fragment->sequence > fragments->next && fragment->sequence - fragments->next > LIMIT_DTLS_AHEAD)
		return DTLS_REFUSED;
	if (fragment->body.n == 0 && fragment->length > 0)
		return DTLS_REFUSED;
	size_t before = fragments->bytes;
	struct dtls_message *message = message_of(fragments, fragment, seen);
	bool fresh = fragments->bytes > before;
	if (message->type != fragment->type || message->length != fragment->length)
		return DTLS_REFUSED;
	if (!fresh && is_whole(message))
		return DTLS_REPEATED;
	if (message->length <= LIMIT_HANDSHAKE &&
	    !add_bytes(fragments, message, fragment->offset, fragment->body))
		return fresh ? DTLS_NEW : DTLS_REPEATED;
	message->last = seen->at;
	message->place = seen->place;
	message->arrival = seen->arrival;
	return DTLS_NEW;
}

void dtls_fragments_restart(struct dtls_fragments *fragments, uint16_t sequence)
{
	dtls_fragments_free(fragments);
	*fragments = (struct dtls_fragments){.next = sequence};
}

struct dtls_message *dtls_fragments_ready(const struct dtls_fragments *fragments)
{
	struct dtls_message *message = fragments->first;
	return message != NULL && message->sequence <= fragments->next && is_whole(message) ? message : NULL;
}

void dtls_fragments_give_up(struct dtls_fragments *fragments)
{
	struct dtls_message *message = fragments->first;
	if (message == NULL)
		return;
	if (message->sequence <= fragments->next)
		message->given_up = true;
	while (fragments->next < message->sequence)
		give_up_next(fragments, dtls_fragments_place(fragments, message));
}

uint64_t dtls_fragments_place(const struct dtls_fragments *fragments, const struct dtls_message *message)
{
	uint64_t place = message->place;
	if (message->sequence < fragments->next && fragments->given_place < place)
		place = fragments->given_place;
	for (const struct dtls_message *behind = message->next; behind != NULL; behind = behind->next)
		if (behind->place < place)
			place = behind->place;
	return place;
}

size_t dtls_message_body(const struct dtls_message *message, uint8_t *to)
{
	size_t n = 0;
	for (const struct dtls_piece *piece = message->pieces; piece != NULL && piece->offset == n;
	     piece = piece->next) {
		memcpy(&to[n], piece->bytes, piece->n);
		n += piece->n;
	}
	return n;
}

void dtls_fragments_drop(struct dtls_fragments *fragments, struct dtls_message *message)
{
	fragments->first = message->next;
	if (message->sequence == fragments->next)
		pass(fragments, false);
	else
		fragments->given &= ~bit_of(message->sequence);
	for (struct dtls_piece *piece = message->pieces, *next; piece != NULL; piece = next) {
		next = piece->next;
		fragments->bytes -= sizeof *piece + piece->n;
		free(piece);
	}
	fragments->bytes -= sizeof *message;
	free(message);
}

void dtls_fragments_free(struct dtls_fragments *fragments)
{
	while (fragments->first != NULL)
		dtls_fragments_drop(fragments, fragments->first);
}
