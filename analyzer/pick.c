/* Chosen sessions by their ends and by their first packet; see pick.h. */
#include "analyzer/pick.h"

#include "analyzer/flow.h"
#include "analyzer/fragment.h"
#include "analyzer/save_redact.h"
#include "analyzer/save_wait.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <stdlib.h>

struct ends {
	uint16_t proto, src_port, dst_port;
	struct addr src, dst;
};

struct picked {
	struct flow_key key;
	uint64_t first, last;    /* numbers of packets */
	struct picked *alike;    /* of the same ends */
	UT_hash_handle hh;       /* by key: the first one of these ends */
	UT_hash_handle by_first; /* by the number */
};

struct pick {
	const struct capture_filter *filter;
	struct fragments *fragments;
	struct save_wait *wait;
	struct picked *ends, *all;
	const struct redact *redact; /* NULL: packets are written as they are */
	struct save_redact *tokens;
	struct capfile_writer *to;
	int error; /* errno of what could not be written with them */
	uint64_t last, written, lost;
};

static void write_redacted(void *ctx, const struct capfile_packet *packet)
{
	struct pick *pick = ctx;
	if (pick->error == 0 && capfile_write_packet(pick->to, packet) != 0)
		pick->error = errno;
}

void pick_redact(struct pick *pick, const struct redact *redact, struct capfile_writer *to)
{
	pick->redact = redact;
	pick->to = to;
	pick->tokens = save_redact_new(redact, write_redacted, pick);
}

int pick_write(struct pick *pick, const struct capfile_packet *frame, struct capfile_writer *to)
{
	if (pick->tokens == NULL)
		return capfile_write_packet(to, frame);
	save_redact_push(pick->tokens, frame);
	errno = pick->error;
	return pick->error == 0 ? 0 : -1;
}

int pick_end(struct pick *pick)
{
	if (pick->tokens != NULL)
		save_redact_end(pick->tokens);
	errno = pick->error;
	return pick->error == 0 ? 0 : -1;
}

struct pick *pick_new(const struct capture_filter *filter)
{
	struct pick *pick = xcalloc(1, sizeof *pick);
	pick->filter = filter;
	pick->fragments = fragments_new();
	pick->wait = save_wait_new();
	return pick;
}

void pick_free(struct pick *pick)
{
	struct picked *picked, *next;
	if (pick == NULL)
		return;
	HASH_CLEAR(hh, pick->ends);
	HASH_ITER(by_first, pick->all, picked, next)
	{
		HASH_DELETE(by_first, pick->all, picked);
		free(picked);
	}
	fragments_free(pick->fragments);
	save_wait_free(pick->wait);
	save_redact_free(pick->tokens);
	free(pick);
}

void pick_add(struct pick *pick, const struct session *session)
{
	bool low;
	if (session->trace != NULL || session->end == 0)
		return;
	struct picked *picked = xcalloc(1, sizeof *picked), *same;
	flow_key(&picked->key, session->tls.datagram ? IP_UDP : IP_TCP, &session->addr[0], session->port[0],
	         &session->addr[1], session->port[1], &low);
	picked->first = session->opened.packet;
	picked->last = session->end;
	HASH_FIND(hh, pick->ends, &picked->key, sizeof picked->key, same);
	if (same != NULL) {
		picked->alike = same->alike;
		same->alike = picked;
	} else {
		HASH_ADD(hh, pick->ends, key, sizeof picked->key, picked);
	}
	HASH_ADD(by_first, pick->all, first, sizeof picked->first, picked);
	if (picked->last > pick->last)
		pick->last = picked->last;
}

uint64_t pick_last(const struct pick *pick)
{
	return pick->last;
}

bool pick_has(const struct pick *pick, uint64_t first)
{
	struct picked *picked;
	HASH_FIND(by_first, pick->all, &first, sizeof first, picked);
	return picked != NULL;
}

uint64_t pick_written(const struct pick *pick)
{
	return pick->written;
}

uint64_t pick_lost(const struct pick *pick)
{
	return pick->lost;
}

/* False when it is a fragment of what is not whole yet. */
static bool put_together(struct pick *pick, const struct capfile_packet *frame, struct packet *packet)
{
	struct span whole;
	for (uint8_t depth = 0; packet->kind == PACKET_FRAGMENT && depth < LIMIT_TUNNELS; depth++) {
		bool complete = fragments_push(pick->fragments, packet, frame->time, &whole);
		save_wait_fragment(pick->wait, frame, fragments_place(pick->fragments), complete);
		if (!complete)
			return false;
		packet_decode_ip(whole, packet);
	}
	return true;
}

static bool is_picked(const struct pick *pick, const struct flow_key *key, uint64_t number)
{
	struct picked *picked;
	HASH_FIND(hh, pick->ends, key, sizeof *key, picked);
	while (picked != NULL && (number < picked->first || number > picked->last))
		picked = picked->alike;
	return picked != NULL;
}

/* Bare messages have no ends. */
static bool is_chosen_bare(const struct pick *pick, uint64_t number)
{
	const struct addr none = {.version = 0};
	struct flow_key key;
	bool low;
	flow_key(&key, IP_TCP, &none, 0, &none, 0, &low);
	return is_picked(pick, &key, number);
}

/* Who talks to whom, an ICMP error about them included. */
static bool ends_of(const struct packet *packet, struct ends *ends)
{
	*ends = (struct ends){.src = packet->src, .dst = packet->dst};
	if (packet->kind == PACKET_TCP) {
		ends->proto = IP_TCP;
		ends->src_port = packet->tcp.src_port;
		ends->dst_port = packet->tcp.dst_port;
	} else if (packet->kind == PACKET_UDP) {
		ends->proto = IP_UDP;
		ends->src_port = packet->udp.src_port;
		ends->dst_port = packet->udp.dst_port;
	} else if (packet->kind == PACKET_ICMP_ERROR) {
		const struct packet_icmp *icmp = &packet->icmp;
		*ends = (struct ends){icmp->proto, icmp->src_port, icmp->dst_port, icmp->src, icmp->dst};
	} else {
		return false;
	}
	return true;
}

static bool is_chosen(const struct pick *pick, const struct packet *packet, uint64_t number)
{
	struct flow_key key;
	struct ends ends;
	bool low;
	if (pick->filter != NULL && (packet->ip.n == 0 || !capture_filter_match(pick->filter, packet->ip)))
		return false;
	if (!ends_of(packet, &ends))
		return false;
	if (pick->redact != NULL) {
		redact_addr(pick->redact, &ends.src);
		redact_addr(pick->redact, &ends.dst);
	}
	flow_key(&key, ends.proto, &ends.src, ends.src_port, &ends.dst, ends.dst_port, &low);
	return is_picked(pick, &key, number);
}

static int write(struct pick *pick, const struct capfile_packet *frame, struct capfile_writer *to)
{
	int result = 0;
	if (save_wait_lost(pick->wait)) {
		pick->lost++;
		return 0;
	}
	const struct capfile_packet *waited = save_wait_first(pick->wait);
	if (waited == NULL) {
		pick->written++;
		return pick_write(pick, frame, to);
	}
	for (; waited != NULL && result == 0; waited = save_wait_first(pick->wait)) {
		result = pick_write(pick, waited, to);
		save_wait_drop_first(pick->wait);
		pick->written++;
	}
	return result;
}

int pick_packet(struct pick *pick, uint64_t number, const struct capfile_packet *frame,
                struct capfile_writer *to)
{
	struct packet packet;
	size_t wire = frame->wire < LIMIT_PACKET ? frame->wire : LIMIT_PACKET; /* a larger one is a lie */
	int result = 0;
	if (frame->linktype == PACKET_BARE)
		return is_chosen_bare(pick, number) ? write(pick, frame, to) : 0;
	if (packet_decode(frame->linktype, frame->data, wire, &packet) &&
	    put_together(pick, frame, &packet) && is_chosen(pick, &packet, number))
		result = write(pick, frame, to);
	save_wait_forget(pick->wait);
	return result;
}
