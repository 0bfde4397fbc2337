/* The queues of records that wait for a key; see tls_hold.h. Called by tls_protected.c and analyze.c. */
#include "analyzer/tls_hold.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <assert.h>
#include <utlist.h>

static size_t cost(const struct tls_held *held)
{
	return sizeof *held + held->n;
}

static struct tls_held_list *list_of(struct tls_holds *all, const struct tls_held *held)
{
	return held->handshake ? &all->handshake : &all->other;
}

void tls_holds_init(struct tls_holds *all)
{
	*all = (struct tls_holds){.cap = LIMIT_WAITING_ALL, .cap_each = LIMIT_WAITING};
}

size_t tls_holds_bytes(const struct tls_holds *all)
{
	return all->handshake.bytes + all->other.bytes;
}

bool tls_held_is_left(const struct tls_held *held)
{
	return held->kind == TLS_HELD_BEHIND || held->kind == TLS_HELD_ASIDE;
}

struct span tls_held_bytes(const struct tls_held *held)
{
	return span_of(held + 1, held->n);
}

/* ---- the table of client randoms -------------------------------------------------------------------- */

struct tls_hold *tls_holds_find(const struct tls_holds *all, const uint8_t client_random[TLS_RANDOM])
{
	struct tls_hold *hold;
	HASH_FIND(hh, all->by_random, client_random, TLS_RANDOM, hold);
	return hold;
}

static void unlist(struct tls_hold *hold)
{
	if (!hold->listed)
		return;
	hold->listed = false;
	if (hold->alike != NULL)
		hold->alike->alike_before = hold->alike_before;
	if (hold->alike_before != NULL) {
		hold->alike_before->alike = hold->alike;
		return;
	}
	HASH_DELETE(hh, hold->all->by_random, hold);
	if (hold->alike != NULL)
		HASH_ADD(hh, hold->all->by_random, client_random, TLS_RANDOM, hold->alike);
}

void tls_hold_list(struct tls_hold *hold, const uint8_t client_random[TLS_RANDOM])
{
	if (hold->oldest == NULL ||
	    (hold->listed && memcmp(hold->client_random, client_random, TLS_RANDOM) == 0))
		return;
	unlist(hold);
	memcpy(hold->client_random, client_random, TLS_RANDOM);
	struct tls_hold *first = tls_holds_find(hold->all, client_random);
	hold->listed = true;
	hold->alike_before = first;
	hold->alike = NULL;
	if (first == NULL) {
		HASH_ADD(hh, hold->all->by_random, client_random, TLS_RANDOM, hold);
		return;
	}
	hold->alike = first->alike;
	if (first->alike != NULL)
		first->alike->alike_before = hold;
	first->alike = hold;
}

void tls_hold_list_any(struct tls_hold *hold)
{
	if (hold->oldest == NULL || hold->listed_any)
		return;
	DL_APPEND2(hold->all->any, hold, any_before, any_next);
	hold->listed_any = true;
}

static void unlist_any(struct tls_hold *hold)
{
	if (!hold->listed_any)
		return;
	DL_DELETE2(hold->all->any, hold, any_before, any_next);
	hold->listed_any = false;
}

/* ---- queues ----------------------------------------------------------------------------------------- */

void tls_hold_init(struct tls_hold *hold, struct tls_holds *all, void *owner,
                   void (*fell)(void *owner, const struct tls_held *held))
{
	*hold = (struct tls_hold){.all = all, .owner = owner, .fell = fell};
}

static void append(struct tls_hold *hold, struct tls_held *held)
{
	struct tls_held_list *list = list_of(hold->all, held);
	held->older = hold->newest;
	held->newer = held->newer_all = NULL;
	held->older_all = list->newest;
	*(hold->newest != NULL ? &hold->newest->newer : &hold->oldest) = held;
	*(list->newest != NULL ? &list->newest->newer_all : &list->oldest) = held;
	hold->newest = list->newest = held;
	if (!held->handshake && hold->oldest_other == NULL)
		hold->oldest_other = held;
	hold->held[held->dir]++;
	hold->bytes += cost(held);
	list->bytes += cost(held);
}

void tls_hold_take(struct tls_hold *hold, struct tls_held *held)
{
	struct tls_held_list *list = list_of(hold->all, held);
	while (hold->oldest_other != NULL && (hold->oldest_other == held || hold->oldest_other->handshake))
		hold->oldest_other = hold->oldest_other->newer;
	*(held->older != NULL ? &held->older->newer : &hold->oldest) = held->newer;
	*(held->newer != NULL ? &held->newer->older : &hold->newest) = held->older;
	*(held->older_all != NULL ? &held->older_all->newer_all : &list->oldest) = held->newer_all;
	*(held->newer_all != NULL ? &held->newer_all->older_all : &list->newest) = held->older_all;
	*(tls_held_is_left(held) ? &hold->behind : &hold->held[held->dir]) -= 1;
	hold->bytes -= cost(held);
	list->bytes -= cost(held);
	if (hold->oldest != NULL)
		return;
	unlist(hold);
	unlist_any(hold);
}

void tls_hold_leave(struct tls_hold *hold, struct tls_held *held, enum tls_held_kind kind, uint64_t number)
{
	held->kind = (uint8_t)kind;
	held->number = number;
	hold->held[held->dir]--;
	hold->behind++;
}

void tls_hold_free(struct tls_hold *hold)
{
	struct tls_held *held;
	while ((held = hold->oldest) != NULL) {
		tls_hold_take(hold, held);
		free(held);
	}
}

/* ---- what falls out --------------------------------------------------------------------------------- */

static void fall(struct tls_held *held)
{
	struct tls_hold *hold = held->hold;
	tls_hold_take(hold, held);
	hold->fell(hold->owner, held);
	free(held);
}

/* When all is of the handshake its beginning stays. */
static void make_room_in(struct tls_hold *hold)
{
	while (hold->bytes > hold->all->cap_each)
		fall(hold->oldest_other != NULL ? hold->oldest_other : hold->newest);
}

/* Without its first records the rest of a handshake is of little use. */
static void make_room_for_all(struct tls_holds *all)
{
	while (tls_holds_bytes(all) > all->cap) {
		if (all->other.oldest != NULL && all->handshake.bytes <= all->cap / 2) {
			fall(all->other.oldest);
			continue;
		}
		struct tls_hold *hold = all->handshake.oldest->hold;
		while (hold->oldest != NULL)
			fall(hold->oldest);
	}
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void note_tail(struct tls_tail *tail, const struct frame_message *message)
{
	size_t n = message->bytes.n < TLS_HOLD_TAIL ? message->bytes.n : TLS_HOLD_TAIL;
	tail->known = !message->damaged && message->bytes.n == message->total;
	if (n < TLS_HOLD_TAIL || !tail->known)
		memset(tail->bytes, 0, sizeof tail->bytes);
	if (tail->known && n > 0)
		memcpy(&tail->bytes[TLS_HOLD_TAIL - n], span_cut(message->bytes, message->bytes.n - n, n).p,
		       n);
}

static bool has_number(enum tls_held_kind kind)
{
	return kind == TLS_HELD_RECORD || kind == TLS_HELD_DAMAGED;
}

/* Bytes of a record's body, also of those that are not there. */
static size_t body_of(const struct frame_message *message)
{
	return message->total > TLS_RECORD_HEADER ? message->total - TLS_RECORD_HEADER : 0;
}

void tls_hold_pass(struct tls_hold *hold, uint8_t dir, const struct frame_message *message)
{
	hold->came[dir] = tls_amount_add(hold->came[dir], body_of(message));
	note_tail(&hold->tail[dir], message);
}

void tls_hold_push(struct tls_hold *hold, enum tls_held_kind kind, uint8_t dir, bool handshake,
                   uint64_t place, const struct frame_message *message)
{
	bool whole = kind == TLS_HELD_RECORD || kind == TLS_HELD_EARLY;
	struct span bytes = span_cut(message->bytes, 0, whole ? LIMIT_RECORD : 0);
	struct tls_held *held = xmalloc(sizeof *held + bytes.n);
	*held = (struct tls_held){.hold = hold,
	                          .ahead = hold->came[dir],
	                          .place = place,
	                          .at = message->last,
	                          .n = (uint32_t)bytes.n,
	                          .body = (uint32_t)body_of(message),
	                          .kind = (uint8_t)kind,
	                          .dir = dir,
	                          .type = span_cut(message->bytes, 0, 1).n > 0 ? message->bytes.p[0] : 0,
	                          .handshake = handshake,
	                          .before = hold->tail[dir]};
	if (bytes.n > 0)
		memcpy(held + 1, bytes.p, bytes.n);
	if (has_number(kind))
		tls_hold_pass(hold, dir, message);
	append(hold, held);
	make_room_in(hold);
	make_room_for_all(hold->all);
}

void tls_hold_lost(struct tls_hold *hold, uint8_t dir, uint64_t place, uint64_t bytes,
                   const struct origin *at)
{
	const uint32_t most = UINT32_MAX - TLS_RECORD_HEADER;
	struct tls_held *newest = hold->newest;
	if (newest != NULL && newest->kind == TLS_HELD_LOST && newest->dir == dir) {
		newest->body = bytes < most - newest->body ? newest->body + (uint32_t)bytes : most;
		return;
	}
	struct frame_message nothing = {.total = TLS_RECORD_HEADER + (size_t)(bytes < most ? bytes : most),
	                                .last = *at};
	tls_hold_push(hold, TLS_HELD_LOST, dir, true, place, &nothing);
}
