/* The queue of records that wait for a key; see tls_hold.h. Called by tls_conn.c only. */
#include "analyzer/tls_hold.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

static size_t cost(const struct frame_message *message)
{
	return sizeof(struct tls_held) + message->bytes.n;
}

void tls_hold_init(struct tls_hold *hold)
{
	*hold = (struct tls_hold){.last = &hold->first};
}

void tls_hold_free(struct tls_hold *hold, size_t *all)
{
	struct tls_held *held;
	while ((held = tls_hold_pop(hold, all)) != NULL)
		free(held);
}

bool tls_hold_push(struct tls_hold *hold, uint8_t dir, const struct frame_message *message, size_t *all)
{
	size_t more = cost(message);
	if (hold->full || hold->bytes + more > LIMIT_WAITING || *all + more > LIMIT_WAITING_ALL) {
		hold->full = true;
		return false;
	}
	struct tls_held *held = xmalloc(more);
	uint8_t *copy = (uint8_t *)(held + 1);
	if (message->bytes.n > 0)
		memcpy(copy, message->bytes.p, message->bytes.n);
	held->next = NULL;
	held->dir = dir;
	held->message = *message;
	held->message.bytes.p = copy;
	*hold->last = held;
	hold->last = &held->next;
	hold->bytes += more;
	*all += more;
	return true;
}

struct tls_held *tls_hold_pop(struct tls_hold *hold, size_t *all)
{
	struct tls_held *held = hold->first;
	if (held == NULL)
		return NULL;
	hold->first = held->next;
	if (hold->first == NULL)
		hold->last = &hold->first;
	hold->bytes -= cost(&held->message);
	*all -= cost(&held->message);
	return held;
}
