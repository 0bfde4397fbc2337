/* Compares a packet with the last few of its direction; see repeat.h. Knows no stream and no session. */
#include "analyzer/repeat.h"

#include "analyzer/hash.h"
#include "analyzer/origin.h"

#define COPY_NS (5 * 1000 * 1000) /* a mirror's second copy comes within 5 ms */

static struct repeat_packet describe(const struct packet *packet, int64_t time)
{
	const struct packet_tcp *head = &packet->tcp;
	return (struct repeat_packet){
	    .digest = hash_bytes(packet->payload.p, packet->payload.n),
	    .time = time, .seq = head->seq, .ack = head->ack,
	    .length = (uint32_t)packet->payload.n + packet->cut, .cut = packet->cut, .ip_id = packet->ip_id,
	    .window = head->window, .checksum = head->checksum, .flags = head->flags};
}

/* A host's own repeat has another IP id, ACK or window, or comes later than a round trip. */
static bool is_copy(const struct repeat_packet *old, const struct repeat_packet *now, int64_t round_trip)
{
	int64_t within = round_trip > 0 && round_trip < COPY_NS ? round_trip : COPY_NS;
	int64_t apart = origin_elapsed(old->time, now->time);
	return old->digest == now->digest && old->ack == now->ack && old->ip_id == now->ip_id &&
	    old->window == now->window && old->checksum == now->checksum && apart >= 0 && apart <= within;
}

enum repeat repeat_check(struct repeats *repeats, const struct packet *packet, int64_t time, int64_t round_trip)
{
	struct repeat_packet now = describe(packet, time);
	enum repeat result = REPEAT_NONE;
	for (unsigned i = 0; i < REPEAT_RECENT && result == REPEAT_NONE; i++) {
		const struct repeat_packet *old = &repeats->recent[i];
		if (old->seq != now.seq || old->length != now.length || old->flags != now.flags)
			continue;
		if (is_copy(old, &now, round_trip))
			return REPEAT_COPY;
		if (old->digest != now.digest && old->cut == 0 && now.cut == 0)
			result = REPEAT_CONFLICT;
	}
	repeats->recent[repeats->at] = now;
	repeats->at = (uint8_t)((repeats->at + 1) % REPEAT_RECENT);
	return result;
}
