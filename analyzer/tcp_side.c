/* Sequence numbers of one side as offsets; see tcp_side.h. Hands nothing up and holds nothing itself. */
#include "analyzer/tcp_side.h"

uint64_t tcp_side_position(const struct tcp_side *side)
{
	return side->based ? side->stream.next : TCP_START;
}

uint32_t tcp_side_sequence(const struct tcp_side *side, uint64_t off)
{
	return side->base + (uint32_t)(off - TCP_START);
}

uint64_t tcp_side_unwrap(const struct tcp_side *side, uint32_t seq)
{
	uint64_t here = tcp_side_position(side);
	return here + (uint64_t)(int64_t)(int32_t)(seq - tcp_side_sequence(side, here));
}

void tcp_side_anchor(struct tcp_side *side, uint32_t seq)
{
	side->anchored = true;
	side->base = seq;
	side->acked = 0;
	side->first_acked = UINT64_MAX;
}

void tcp_side_base(struct tcp_side *side, uint64_t off)
{
	side->based = true;
	side->stream.next = off;
}

uint64_t tcp_side_handed_up(const struct tcp_side *side)
{
	return tcp_side_position(side) + (side->fin || side->fin_lost ? 1 : 0);
}

bool tcp_side_ready(const struct tcp_side *side)
{
	const struct held *first = side->stream.first;
	if (first == NULL || !side->based)
		return false;
	return stream_ready(&side->stream) != NULL ||
	    (segment_length(&first->segment) == 0 && first->segment.off <= tcp_side_handed_up(side));
}
