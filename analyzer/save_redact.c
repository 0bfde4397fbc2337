/*
 * The queue of packets that wait for their handshake messages, and the streams and associations that these are of; see
 * save_redact.h.
 */
#include "analyzer/save_redact.h"

#include "analyzer/hash.h"
#include "analyzer/redact_dtls.h"
#include "analyzer/redact_nmsp.h"
#include "analyzer/redact_stream.h"
#include "analyzer/xmalloc.h"

#include <netinet/in.h>
#include <utlist.h>

#define FIRST (UINT64_C(1) << 32) /* the place behind a SYN: what lies in front of it has a place, too */

/* Compared as bytes. */
struct ends {
	struct addr from, to;
	uint16_t proto, from_port, to_port;
};

/* One direction of a TCP connection, or a DTLS association. */
struct stream {
	struct ends ends; /* of an association: its first datagram's */
	struct redact_dtls *dtls; /* NULL: this is TCP */
	struct redact_stream *bytes;
	uint32_t seq; /* of the place `off` */
	uint64_t off;
	uint32_t waiting; /* packets of it */
	UT_hash_handle hh; /* in the order in which they were heard */
};

struct waiting {
	struct capfile_packet packet;
	struct packet decoded; /* of `bytes` */
	struct packet_places places;
	struct stream *stream; /* NULL: there is no payload */
	uint8_t dir;           /* of a datagram in its association */
	uint64_t off;          /* of its payload in the stream */
	size_t at;             /* ... and in the frame */
	bool read;             /* by the stream */
	struct waiting *prev, *next;
	uint8_t bytes[]; /* as captured */
};

struct save_redact {
	const struct redact *redact;
	void (*write)(void *ctx, const struct capfile_packet *packet);
	void *ctx;
	struct stream *streams;
	struct waiting *queue;
	size_t packets, bytes;
};

struct save_redact *save_redact_new(const struct redact *redact,
                                    void (*write)(void *ctx, const struct capfile_packet *packet), void *ctx)
{
	struct save_redact *save = xcalloc(1, sizeof *save);
	save->redact = redact;
	save->write = write;
	save->ctx = ctx;
	return save;
}

static void drop_stream(struct save_redact *save, struct stream *stream)
{
	HASH_DEL(save->streams, stream);
	redact_stream_free(stream->bytes);
	redact_dtls_free(stream->dtls);
	free(stream);
}

void save_redact_free(struct save_redact *save)
{
	struct stream *stream, *next_stream;
	struct waiting *waiting, *next;
	if (save == NULL)
		return;
	DL_FOREACH_SAFE(save->queue, waiting, next)
	{
		free(waiting);
	}
	HASH_ITER(hh, save->streams, stream, next_stream)
	{
		drop_stream(save, stream);
	}
	free(save);
}

/* ---- checksums ------------------------------------------------------------------------------------- */

/* One's complement, RFC 1071: 16-bit words from an even place on. */
static uint32_t sum_of(const uint8_t *bytes, size_t n)
{
	uint32_t sum = 0;
	struct rd r = rd_of(span_of(bytes, n));
	while (rd_left(&r) >= 2) {
		sum += rd_u16(&r);
		sum = (sum & UINT16_MAX) + (sum >> 16);
	}
	if (rd_more(&r))
		sum += (uint32_t)rd_u8(&r) << 8;
	return (sum & UINT16_MAX) + (sum >> 16);
}

static uint32_t add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;
	return (sum & UINT16_MAX) + (sum >> 16);
}

/*
 * A right one stays right, and a wrong one is wrong by as much as before (RFC 1624). One that a network card was to
 * finish is not a complement yet, and covers the addresses alone. A UDP checksum of 0 says that there is none.
 */
static void keep_sum(const uint8_t *old, uint8_t *bytes, size_t at, uint32_t was, uint32_t is, bool unfinished)
{
	uint32_t field = (uint32_t)old[at] << 8 | old[at + 1];
	if (field == 0)
		return;
	uint32_t minus = unfinished ? was : is, plus = unfinished ? is : was;
	field = add(field, add(plus, ~minus & UINT16_MAX));
	field = field == 0 ? UINT16_MAX : field;
	bytes[at] = (uint8_t)(field >> 8);
	bytes[at + 1] = (uint8_t)field;
}

/* Inner ones first: outer ones cover them. */
static void keep_sums(const struct waiting *waiting, uint8_t *bytes)
{
	const struct packet_places *places = &waiting->places;
	bool tcp = waiting->decoded.kind == PACKET_TCP;
	for (size_t i = places->n_sums; i-- > 0;) {
		size_t from = places->sums[i].from, n = places->sums[i].to - from;
		size_t front = places->sums[i].addresses, n_front = places->sums[i].n_addresses;
		bool unfinished = tcp && i == places->n_sums - 1 && packet_checksum_unfinished(&waiting->decoded);
		uint32_t was = sum_of(&waiting->bytes[front], n_front), is = sum_of(&bytes[front], n_front);
		if (!unfinished) {
			was = add(was, sum_of(&waiting->bytes[from], n));
			is = add(is, sum_of(&bytes[from], n));
		}
		keep_sum(waiting->bytes, bytes, places->sums[i].at, was, is, unfinished);
	}
}

/* ---- one packet ------------------------------------------------------------------------------------ */

static void blank_behind(uint8_t *bytes, size_t n, size_t at)
{
	if (at < n)
		redact_bytes(&bytes[at], n - at);
}

static void move_addresses(const struct redact *redact, const struct packet_places *places, uint8_t *bytes)
{
	for (size_t i = 0; i < places->n; i++) {
		uint8_t *at = &bytes[places->list[i].at];
		switch (places->list[i].kind) {
		case PLACE_MAC:
			redact_mac(redact, at);
			break;
		case PLACE_IP4:
			redact_ip4(redact, at);
			break;
		case PLACE_IP6:
			redact_ip6(redact, at);
			break;
		case PLACE_BYTES:
			redact_bytes(at, places->list[i].n);
			break;
		}
	}
}

/* The first fragment keeps its TCP or UDP header; what fragments carry is not put together here, and is blank. */
static size_t fragment_head(const struct packet *packet)
{
	enum { LENGTH_AT = 12, UDP_HEADER = 8 };
	bool udp = packet->fragment.proto == IPPROTO_UDP;
	if (packet->fragment.offset > 0 || (!udp && packet->fragment.proto != IPPROTO_TCP) ||
	    packet->payload.n <= LENGTH_AT)
		return 0;
	size_t head = udp ? UDP_HEADER : (size_t)(packet->payload.p[LENGTH_AT] >> 4) * 4;
	return head < packet->payload.n ? head : packet->payload.n;
}

/* What is behind the headers, and what a link layer put behind the packet. */
static void move_content(const struct redact *redact, const struct waiting *waiting, uint8_t *bytes)
{
	const struct packet *packet = &waiting->decoded;
	size_t n = waiting->packet.data.n, end = waiting->at + packet->payload.n;
	if (waiting->packet.linktype == PACKET_BARE) {
		redact_nmsp_packet(redact, bytes, n);
		return;
	}
	if (waiting->stream != NULL && waiting->stream->dtls != NULL)
		redact_dtls_write(waiting->stream->dtls, waiting->dir, packet->payload, packet->cut, &bytes[waiting->at]);
	else if (waiting->stream != NULL)
		redact_stream_write(waiting->stream->bytes, waiting->off, &bytes[waiting->at], packet->payload.n);
	else if (packet->kind == PACKET_FRAGMENT)
		end = waiting->at + fragment_head(packet);
	else if (packet->kind != PACKET_TCP && packet->kind != PACKET_UDP)
		end = waiting->at;
	blank_behind(bytes, n, end);
}

static void write_first(struct save_redact *save)
{
	struct waiting *waiting = save->queue;
	size_t n = waiting->packet.data.n;
	uint8_t *bytes = xmalloc(n + 1);
	memcpy(bytes, waiting->bytes, n);
	move_addresses(save->redact, &waiting->places, bytes);
	move_content(save->redact, waiting, bytes);
	keep_sums(waiting, bytes);
	struct capfile_packet packet = waiting->packet;
	packet.data = span_of(bytes, n);
	save->write(save->ctx, &packet);
	free(bytes);
	if (waiting->stream != NULL)
		waiting->stream->waiting--;
	DL_DELETE(save->queue, waiting);
	save->packets--;
	save->bytes -= n;
	free(waiting);
}

/* ---- streams --------------------------------------------------------------------------------------- */

static struct stream *find_stream(const struct save_redact *save, const struct ends *ends)
{
	struct stream *stream;
	HASH_FIND(hh, save->streams, ends, sizeof *ends, stream);
	return stream;
}

static void ends_of(const struct packet *packet, bool back, struct ends *ends)
{
	bool tcp = packet->kind == PACKET_TCP;
	uint16_t src = tcp ? packet->tcp.src_port : packet->udp.src_port;
	uint16_t dst = tcp ? packet->tcp.dst_port : packet->udp.dst_port;
	memset(ends, 0, sizeof *ends);
	ends->proto = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	ends->from = back ? packet->dst : packet->src;
	ends->to = back ? packet->src : packet->dst;
	ends->from_port = back ? dst : src;
	ends->to_port = back ? src : dst;
}

static struct stream *oldest_idle(struct save_redact *save)
{
	for (struct stream *stream = save->streams; stream != NULL; stream = stream->hh.next)
		if (stream->waiting == 0)
			return stream;
	return NULL;
}

static struct stream *add_stream(struct save_redact *save, const struct ends *ends)
{
	struct stream *idle = HASH_COUNT(save->streams) < LIMIT_REDACT_STREAMS ? NULL : oldest_idle(save);
	if (idle != NULL)
		drop_stream(save, idle);
	struct stream *stream = xcalloc(1, sizeof *stream);
	stream->ends = *ends;
	HASH_ADD(hh, save->streams, ends, sizeof stream->ends, stream);
	return stream;
}

/* What is not decided is written blank. */
static void end_stream(struct save_redact *save, struct stream *stream)
{
	while (stream->waiting > 0)
		write_first(save);
	drop_stream(save, stream);
}

static uint64_t place_of(const struct stream *stream, uint32_t seq)
{
	return stream->off + (uint64_t)(int64_t)(int32_t)(seq - stream->seq);
}

/* The one that the packet belongs to. A SYN begins a new one, unless it is sent again. */
static struct stream *stream_of(struct save_redact *save, const struct packet *packet)
{
	struct ends ends;
	ends_of(packet, false, &ends);
	bool syn = (packet->tcp.flags & TCP_SYN) != 0;
	uint32_t seq = packet->tcp.seq + syn;
	struct stream *stream = find_stream(save, &ends);
	if (stream != NULL && syn && place_of(stream, seq) != FIRST) {
		end_stream(save, stream);
		stream = NULL;
	}
	if (stream != NULL)
		return stream;
	stream = add_stream(save, &ends);
	stream->bytes = redact_stream_new(save->redact, FIRST, !syn);
	stream->seq = seq;
	stream->off = FIRST;
	return stream;
}

/* The one that the datagram belongs to, and its direction there. */
static struct stream *association_of(struct save_redact *save, const struct packet *packet, uint8_t *dir)
{
	struct ends ends, back;
	ends_of(packet, false, &ends);
	ends_of(packet, true, &back);
	struct stream *stream = find_stream(save, &ends);
	*dir = 0;
	if (stream == NULL) {
		stream = find_stream(save, &back);
		*dir = stream != NULL;
	}
	if (stream != NULL && redact_dtls_is_new(stream->dtls, packet->payload, packet->cut)) {
		end_stream(save, stream);
		stream = NULL;
		*dir = 0;
	}
	if (stream != NULL)
		return stream;
	stream = add_stream(save, &ends);
	stream->dtls = redact_dtls_new(save->redact);
	return stream;
}

/* Both directions have one cipher suite. */
static void share_suite(struct save_redact *save, struct stream *stream, const struct packet *packet)
{
	struct ends ends;
	ends_of(packet, true, &ends);
	struct stream *back = find_stream(save, &ends);
	if (back != NULL && redact_stream_is_open(stream->bytes))
		redact_stream_open(back->bytes);
}

/* Whatever goes on in the stream where it ended. */
static void read_stream(struct save_redact *save, struct stream *stream)
{
	bool again = stream->waiting > 0;
	while (again) {
		again = false;
		for (struct waiting *waiting = save->queue; waiting != NULL; waiting = waiting->next) {
			if (waiting->stream != stream || waiting->read)
				continue;
			waiting->read = redact_stream_data(stream->bytes, waiting->off, waiting->decoded.payload);
			again = again || waiting->read;
			if (waiting->read)
				share_suite(save, stream, &waiting->decoded);
		}
	}
}

static bool is_decided(const struct waiting *waiting)
{
	const struct packet *packet = &waiting->decoded;
	const struct stream *stream = waiting->stream;
	if (stream == NULL)
		return true;
	if (stream->dtls != NULL)
		return redact_dtls_decided(stream->dtls, waiting->dir, packet->payload, packet->cut);
	return redact_stream_decided(stream->bytes, waiting->off + packet->payload.n);
}

/* The first packet need not wait for anything any more. */
static void give_up_first(struct save_redact *save)
{
	const struct waiting *waiting = save->queue;
	const struct packet *packet = &waiting->decoded;
	struct stream *stream = waiting->stream;
	if (is_decided(waiting))
		return;
	if (stream->dtls != NULL) {
		redact_dtls_give_up(stream->dtls, waiting->dir, packet->payload, packet->cut);
		return;
	}
	redact_stream_give_up(stream->bytes, waiting->off + packet->payload.n);
	read_stream(save, stream);
}

static void write_decided(struct save_redact *save)
{
	while (save->queue != NULL && is_decided(save->queue))
		write_first(save);
}

/* ---- public ---------------------------------------------------------------------------------------- */

static void attach_segment(struct save_redact *save, struct waiting *waiting)
{
	const struct packet *packet = &waiting->decoded;
	struct stream *stream = stream_of(save, packet);
	if (packet->payload.n == 0)
		return;
	uint32_t seq = packet->tcp.seq + ((packet->tcp.flags & TCP_SYN) != 0);
	waiting->stream = stream;
	waiting->off = place_of(stream, seq);
	stream->waiting++;
	if (waiting->off > stream->off) {
		stream->off = waiting->off;
		stream->seq = seq;
	}
	read_stream(save, stream);
}

static void attach_datagram(struct save_redact *save, struct waiting *waiting)
{
	const struct packet *packet = &waiting->decoded;
	if (packet->payload.n == 0)
		return;
	waiting->stream = association_of(save, packet, &waiting->dir);
	waiting->stream->waiting++;
	redact_dtls_read(waiting->stream->dtls, waiting->dir, packet->payload, packet->cut);
}

static void attach(struct save_redact *save, struct waiting *waiting)
{
	const struct packet *packet = &waiting->decoded;
	if (packet->payload.n > 0)
		waiting->at = span_offset(waiting->packet.data, packet->payload);
	else
		waiting->at = packet->ip.n > 0 ? span_offset(waiting->packet.data, packet->ip) + packet->ip.n : 0;
	if (packet->kind == PACKET_TCP)
		attach_segment(save, waiting);
	else if (packet->kind == PACKET_UDP)
		attach_datagram(save, waiting);
}

void save_redact_push(struct save_redact *save, const struct capfile_packet *packet)
{
	struct waiting *waiting = xcalloc(1, sizeof *waiting + packet->data.n);
	if (packet->data.n > 0)
		memcpy(waiting->bytes, packet->data.p, packet->data.n);
	waiting->packet = *packet;
	waiting->packet.data = span_of(waiting->bytes, packet->data.n);
	bool known = packet_decode_places(packet->linktype, waiting->packet.data, packet->wire, &waiting->decoded,
	                                  &waiting->places);
	if (!known || !waiting->places.whole)
		waiting->decoded = (struct packet){.kind = PACKET_OTHER};
	DL_APPEND(save->queue, waiting);
	save->packets++;
	save->bytes += packet->data.n;
	attach(save, waiting);
	write_decided(save);
	while (save->packets > LIMIT_REDACT_PACKETS || save->bytes > LIMIT_REDACT_BYTES) {
		give_up_first(save);
		write_decided(save);
	}
}

void save_redact_end(struct save_redact *save)
{
	while (save->queue != NULL) {
		give_up_first(save);
		write_decided(save);
	}
}
