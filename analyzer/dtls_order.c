/* Numbers of records and the records that wait for others; see dtls_order.h. Called by dtls_conn.c only. */
#include "analyzer/dtls_order.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define RING      (2 * DTLS_WINDOW)
#define WORD_BITS 64

static bool has_come(const struct dtls_order *order, uint64_t sequence)
{
	return order->come[sequence % RING / WORD_BITS] >> sequence % WORD_BITS & 1;
}

static void mark(struct dtls_order *order, uint64_t sequence, bool come)
{
	uint64_t bit = UINT64_C(1) << sequence % WORD_BITS, *word = &order->come[sequence % RING / WORD_BITS];
	*word = come ? *word | bit : *word & ~bit;
}

/* The place in the ring of the oldest number becomes that of the newest. */
static void step(struct dtls_order *order)
{
	order->next++;
	mark(order, order->next + DTLS_WINDOW - 1, false);
}

static void pass_come(struct dtls_order *order)
{
	while (has_come(order, order->next))
		step(order);
}

void dtls_order_start(struct dtls_order *order, uint64_t sequence)
{
	memset(order->come, 0, sizeof order->come);
	order->started = true;
	order->has_stray = false;
	order->next = sequence;
}

static void insert(struct dtls_order *order, const struct dtls_kept *kept, struct span bytes)
{
	struct dtls_kept **at = &order->first, *copy = xmalloc(sizeof *copy + bytes.n);
	while (*at != NULL && (*at)->sequence < kept->sequence)
		at = &(*at)->next;
	*copy = *kept;
	copy->next = *at;
	copy->n = bytes.n;
	if (bytes.n > 0)
		memcpy(copy + 1, bytes.p, bytes.n);
	*at = copy;
	order->bytes += sizeof *copy + bytes.n;
}

/* So far ahead may be a lie, until a second record stands near the first. */
static bool jumps(struct dtls_order *order, uint64_t sequence)
{
	bool confirmed = order->has_stray && sequence > order->stray && sequence - order->stray <= DTLS_NEAR;
	order->has_stray = true;
	order->stray = sequence;
	return confirmed && order->first == NULL;
}

/* The numbers go on so far ahead: the first one there was taken as a stray. The records that are lost by it.
 */
static uint64_t jump(struct dtls_order *order, uint64_t sequence, uint64_t stray)
{
	uint64_t lost = sequence - order->next - 1;
	dtls_order_start(order, sequence);
	mark(order, stray, true);
	return lost;
}

static enum dtls_answer take_near(struct dtls_order *order, const struct dtls_kept *kept, struct span bytes,
                                  enum dtls_keep keep)
{
	uint64_t sequence = kept->sequence;
	if ((sequence < order->next && order->next - sequence > DTLS_WINDOW) || has_come(order, sequence))
		return DTLS_DUPLICATE;
	mark(order, sequence, true);
	if (sequence < order->next)
		return DTLS_LATE;
	bool ahead = sequence > order->next;
	if (keep == DTLS_KEEP_ALWAYS || (keep == DTLS_KEEP_AHEAD && ahead))
		insert(order, kept, bytes);
	pass_come(order);
	return ahead || keep == DTLS_KEEP_ALWAYS ? DTLS_AHEAD : DTLS_IN_ORDER;
}

enum dtls_answer dtls_order_take(struct dtls_order *order, const struct dtls_kept *kept, struct span bytes,
                                 enum dtls_keep keep, uint64_t *lost)
{
	uint64_t sequence = kept->sequence, stray = order->stray;
	*lost = 0;
	if (!order->started)
		dtls_order_start(order, sequence);
	if (sequence >= order->next + DTLS_WINDOW) {
		if (order->has_stray && sequence == stray)
			return DTLS_DUPLICATE;
		if (!jumps(order, sequence))
			return DTLS_LATE;
		*lost = jump(order, sequence, stray);
	}
	return take_near(order, kept, bytes, keep);
}

struct dtls_kept *dtls_order_ready(struct dtls_order *order)
{
	struct dtls_kept *kept = order->first;
	if (kept == NULL || kept->sequence >= order->next)
		return NULL;
	order->first = kept->next;
	order->bytes -= sizeof *kept + kept->n;
	return kept;
}

uint64_t dtls_order_give_up(struct dtls_order *order)
{
	uint64_t missing = 0;
	if (order->first == NULL)
		return 0;
	while (order->next <= order->first->sequence) {
		missing += !has_come(order, order->next);
		step(order);
	}
	pass_come(order);
	return missing;
}

struct span dtls_kept_bytes(const struct dtls_kept *kept)
{
	return span_of(kept + 1, kept->n);
}

void dtls_order_free(struct dtls_order *order)
{
	while (order->first != NULL) {
		struct dtls_kept *kept = order->first;
		order->first = kept->next;
		free(kept);
	}
	order->bytes = 0;
}
