/* Sequence numbers of one side as offsets; see tcp_side.h. Hands nothing up and holds nothing itself. */
#include "analyzer/tcp_side.h"

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

bool tcp_side_ready(const struct tcp_side *side)
{
	const struct held *first = side->stream.first;
	if (first == NULL || !side->based)
		return false;
	return stream_ready(&side->stream) != NULL ||
	    (segment_length(&first->segment) == 0 && first->segment.off <= tcp_side_handed_up(side));
}
