/*
 * Tells the copies that a mirror makes from retransmissions. Called by tcp.c; knows no connection, only the
 * last few packets of one direction.
 */
#include "analyzer/mirror.h"

#include "analyzer/hash.h"

#define COPY_NS (5 * 1000 * 1000) /* a mirror's second copy comes within 5 ms */

/* The same packet, whatever hops it crossed; what a host sends again has another IP id, ACK or checksum. */
static bool same_packet(const struct mirror_packet *a, const struct mirror_packet *b)
{
	return a->digest == b->digest && a->ack == b->ack && a->ip_id == b->ip_id && a->window == b->window &&
	    a->checksum == b->checksum;
}

static bool same_place(const struct mirror_packet *a, const struct mirror_packet *b)
{
	return a->seq == b->seq && a->length == b->length && a->flags == b->flags;
}

enum mirror_answer mirror_look(struct mirror *mirror, const struct packet *packet, const struct origin *origin,
    int64_t round_trip)
{
	const struct packet_tcp *head = &packet->tcp;
	struct mirror_packet now = {
	    .digest = hash_bytes(packet->payload.p, packet->payload.n),
	    .time = origin->time, .seq = head->seq, .ack = head->ack,
	    .length = (uint32_t)packet->payload.n + packet->cut, .cut = packet->cut, .ip_id = packet->ip_id,
	    .window = head->window, .checksum = head->checksum, .flags = head->flags};
	int64_t within = round_trip > 0 && round_trip < COPY_NS ? round_trip : COPY_NS;
	enum mirror_answer answer = MIRROR_NEW;
	for (unsigned i = 0; i < MIRROR_RECENT && answer == MIRROR_NEW; i++) {
		const struct mirror_packet *old = &mirror->recent[i];
		if (!same_place(old, &now))
			continue;
		int64_t apart = origin_elapsed(old->time, now.time);
		if (same_packet(old, &now) && apart >= 0 && apart <= within)
			return MIRROR_COPY;
		if (same_packet(old, &now) && now.ip_id != 0)
			answer = MIRROR_LATE;
		if (old->digest != now.digest && old->cut == 0 && now.cut == 0)
			answer = MIRROR_CONFLICT;
	}
	mirror->recent[mirror->next] = now;
	mirror->next = (uint8_t)((mirror->next + 1) % MIRROR_RECENT);
	return answer;
}
