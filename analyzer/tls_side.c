/* Whether the number of a side's next record is certain, and what is protected; see tls_side.h. */
#include "analyzer/tls_side.h"

#define USUAL_WEIGHT   7  /* how slowly the mean size of records moves */
#define FINISHED_BYTES 16 /* a Finished message, RFC 5246 section 7.4.9 */
#define PADDING_MAX    255

bool tls_side_is_ready(const struct tls_side *side)
{
	struct tls_keys *keys = side->conn->keys;
	if (!tls_keys_ready(keys, side->dir))
		return side->conn->hurried && tls_keys_ready_without(keys, side->dir);
	return !side->unnumbered || tls_keys_ready_beyond(keys, side->dir);
}

bool tls_side_is_first(const struct tls_side *side, struct tls_amount ahead)
{
	return side->record.numbered || (ahead.records == side->done.records && !side->unsure);
}

struct session_tls *tls_side_facts(const struct tls_side *side)
{
	return &side->conn->session->tls;
}

bool tls_side_is_whole(const struct frame_message *message)
{
	return !message->damaged && message->bytes.n == message->total;
}

void tls_side_be_unsure(struct tls_side *side, uint64_t records)
{
	side->unsure = side->unsure || side->conn->session->tls.version == TLS_1_3;
	side->doubted = false;
	side->unopened += records;
}

void tls_side_be_sure(struct tls_side *side)
{
	side->unsure = side->doubted = false;
	side->doubts = 0;
	side->lost = side->unopened = 0;
	side->conn->session->tls.keys_lost[side->dir] = side->numberless;
}

bool tls_side_may_be_protected(const struct tls_side *side)
{
	const struct session_tls *tls = &side->conn->session->tls;
	return side->conn->keys != NULL && side->lost > 0 && tls->server_hello && tls->version >= TLS_1_0 &&
	       tls->version <= TLS_1_2 && !tls->protected_on[side->dir];
}

bool tls_side_is_finished(const struct tls_side *side, const struct frame_message *message)
{
	const struct session_tls *tls = &side->conn->session->tls;
	const struct tls_suite *suite = tls_suite_find(tls->cipher);
	if (suite == NULL || !tls_side_is_whole(message))
		return false;
	size_t least = FINISHED_BYTES + tls_suite_overhead_min(suite, tls->version);
	return side->record.length >= least && side->record.length <= least + PADDING_MAX &&
	       !tls_handshake_tiles(span_cut(message->bytes, TLS_RECORD_HEADER, SIZE_MAX));
}

void tls_side_weigh(struct tls_side *side)
{
	uint32_t bytes = TLS_RECORD_HEADER + (uint32_t)side->record.length;
	side->usual = side->usual == 0 ? bytes : (USUAL_WEIGHT * side->usual + bytes) / (USUAL_WEIGHT + 1);
}
