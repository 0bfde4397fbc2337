/* Hands plaintext to the messages of a session; see plain.h. Called by tls_conn.c only. */
#include "analyzer/plain.h"

static void begin(struct plain *plain)
{
	plain->messages = messages_new(plain->model, plain->session);
	for (uint8_t dir = 0; dir < 2; dir++)
		if (plain->missed[dir])
			plain_gap(plain, dir, 0, &plain->missed_at[dir]);
}

void plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at)
{
	if (plain->messages == NULL)
		begin(plain);
	struct sink sink = messages_sink(plain->messages, dir);
	if (bytes.n > 0)
		sink.data(sink.ctx, bytes, at);
}

void plain_gap(struct plain *plain, uint8_t dir, uint64_t n, const struct origin *at)
{
	if (plain->messages == NULL)
		return;
	struct sink sink = messages_sink(plain->messages, dir);
	sink.gap(sink.ctx, n, at);
}

void plain_miss(struct plain *plain, uint8_t dir, const struct origin *at)
{
	if (plain->messages == NULL && !plain->missed[dir])
		plain->missed_at[dir] = *at;
	plain->missed[dir] = true;
	plain_gap(plain, dir, 0, at);
}

void plain_end(struct plain *plain, const struct origin *at)
{
	if (plain->messages == NULL)
		return;
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(plain->messages, dir);
		sink.end(sink.ctx, at);
	}
	plain_free(plain);
}

void plain_free(struct plain *plain)
{
	messages_free(plain->messages);
	plain->messages = NULL;
}
