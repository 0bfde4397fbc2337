/*
 * Datagrams -> records, each taken once and, where it matters, in order; what waits and when it is given up.
 * Called by analyze.c for every packet of a UDP session. Leaves records whose turn has come to dtls_record.c.
 */
#include "analyzer/dtls_conn.h"

#include "analyzer/dtls_side.h"
#include "analyzer/tls_protected.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define GAP_NS (GAP_SECONDS * NS_PER_S)
#define MESSAGE_NS                                                                                           \
	(4 * NS_PER_S) /* hosts send a flight again after 1 s, then after 2 s: RFC 6347 section 4.2.4.1 */

static void take_opened(void *ctx, uint8_t dir, struct span plain, const struct origin *at)
{
	struct dtls_conn *conn = ctx;
	dtls_handshake_take(conn, dir, plain, true, at);
	while (dtls_handshake_hand_up(conn, dir) || dtls_handshake_hand_up(conn, dir ^ 1))
		;
}

static bool is_blocked(void *ctx, uint8_t dir)
{
	return dtls_handshake_blocked(ctx, dir);
}

struct dtls_conn *dtls_conn_new(struct tls_conn *tls)
{
	struct dtls_conn *conn = xcalloc(1, sizeof *conn);
	conn->tls = tls;
	conn->session = tls->session;
	conn->arrived = 2 * LIMIT_DTLS_AHEAD; /* places in front of the first one stay free */
	tls->take_handshake = take_opened;
	tls->blocked = is_blocked;
	tls->ctx = conn;
	return conn;
}

void dtls_conn_free(struct dtls_conn *conn)
{
	if (conn == NULL)
		return;
	for (uint8_t dir = 0; dir < 2; dir++) {
		for (int part = 0; part < DTLS_PARTS; part++)
			dtls_order_free(&conn->side[dir].order[part]);
		dtls_fragments_free(&conn->side[dir].fragments);
	}
	free(conn);
}

bool dtls_conn_waits(const struct dtls_conn *conn)
{
	return conn != NULL && conn->waiting;
}

bool dtls_conn_ended(const struct dtls_conn *conn)
{
	return conn != NULL && conn->ended;
}

size_t dtls_conn_held(const struct dtls_conn *conn)
{
	return conn != NULL ? conn->held : 0;
}

static size_t count_held(const struct dtls_conn *conn)
{
	size_t bytes = 0;
	for (uint8_t dir = 0; dir < 2; dir++) {
		bytes += conn->side[dir].fragments.bytes;
		for (int part = 0; part < DTLS_PARTS; part++)
			bytes += conn->side[dir].order[part].bytes;
	}
	return bytes;
}

uint64_t dtls_conn_take_forced(struct dtls_conn *conn)
{
	uint64_t forced = conn->forced;
	conn->forced = 0;
	return forced;
}

bool dtls_conn_begins(const struct packet *packet)
{
	struct rd r = rd_of(packet->payload);
	struct dtls_record record;
	return dtls_next(&r, packet->cut, &record) == DTLS_RECORD;
}

bool dtls_conn_is_new(const struct dtls_conn *conn, const struct packet *packet)
{
	const struct session_tls *tls = &conn->session->tls;
	struct rd r = rd_of(packet->payload);
	struct dtls_record record;
	if (!tls->client_hello || dtls_next(&r, packet->cut, &record) != DTLS_RECORD)
		return false;
	struct span random = dtls_first_random(&record);
	return random.n > 0 && !span_equal(random, span_of(tls->client_random, sizeof tls->client_random));
}

void dtls_conn_gap(struct dtls_conn *conn, uint8_t dir, const struct origin *at)
{
	struct session_tcp *facts = &conn->session->tcp;
	facts->gaps[dir]++;
	origin_keep_first(&facts->first_gap, at);
}

/* ---- turns --------------------------------------------------------------------------------------------- */

/* New keys stand behind change_cipher_spec, and all but handshake messages behind these. */
static bool is_gated(const struct dtls_conn *conn, uint8_t dir, enum dtls_part part)
{
	const struct dtls_side *side = &conn->side[dir];
	if (dtls_handshake_blocked(conn, dir))
		return true;
	if (part == DTLS_NEXT)
		return !side->turned;
	return part == DTLS_SEALED && side->clear && !side->changed;
}

static void lose_records(struct dtls_conn *conn, uint8_t dir, enum dtls_part part, uint64_t lost,
                         const struct origin *at)
{
	bool told = part == DTLS_SEALED || part == DTLS_NEXT;
	if (lost == 0 || !told) /* in the clear a server may leave numbers out, RFC 6347 section 4.2.1 */
		return;
	dtls_conn_gap(conn, dir, at);
	plain_gap(&conn->tls->plain, dir, 0, at);
}

/*
 * The part of the other side whose first record is kept, waits for nothing of this side, and came in front of
 * this one; DTLS_PARTS: none. What a protected handshake message means for the other side's keys depends on
 * their order, and nobody may be able to read it yet.
 */
static enum dtls_part waits_for(const struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                                uint64_t arrival)
{
	const struct dtls_order *order = conn->side[dir ^ 1].order;
	int part = DTLS_CLEAR;
	if (record->epoch == 0 || record->type != TLS_HANDSHAKE || dtls_handshake_blocked(conn, dir ^ 1))
		return DTLS_PARTS;
	while (part < DTLS_PARTS && order[part].first == NULL)
		part++;
	return part < DTLS_PARTS && order[part].first->arrival < arrival ? (enum dtls_part)part : DTLS_PARTS;
}

/* It cannot be taken yet, or one that is kept in front of it cannot, though none is missing there. */
static bool is_held_up(const struct dtls_conn *conn, uint8_t dir, enum dtls_part part,
                       const struct dtls_record *record)
{
	const struct dtls_order *order = &conn->side[dir].order[part];
	return is_gated(conn, dir, part) || waits_for(conn, dir, record, conn->packets) != DTLS_PARTS ||
	       (order->first != NULL && order->first->sequence < order->next);
}

static enum dtls_part kept_waits_for(const struct dtls_conn *conn, uint8_t dir, const struct dtls_kept *kept)
{
	struct dtls_record record;
	dtls_record_head(dtls_kept_bytes(kept), &record);
	return waits_for(conn, dir, &record, kept->arrival);
}

static bool release_kept(struct dtls_conn *conn, uint8_t dir, enum dtls_part part)
{
	struct dtls_order *order = &conn->side[dir].order[part];
	struct dtls_record record;
	if (order->first == NULL || is_gated(conn, dir, part) ||
	    kept_waits_for(conn, dir, order->first) != DTLS_PARTS)
		return false;
	struct dtls_kept *kept = dtls_order_ready(order);
	if (kept == NULL)
		return false;
	dtls_record_head(dtls_kept_bytes(kept), &record);
	dtls_record_take(conn, dir, &record, kept->place, &kept->at);
	free(kept);
	return true;
}

static void begin_epoch(struct dtls_conn *conn, uint8_t dir, uint16_t epoch, const struct origin *at);

/* The records that waited for the change_cipher_spec in front of them are those of the latest epoch now. */
static bool release_next(struct dtls_conn *conn, uint8_t dir)
{
	const struct dtls_kept *kept = conn->side[dir].order[DTLS_NEXT].first;
	if (kept == NULL || is_gated(conn, dir, DTLS_NEXT))
		return false;
	struct origin at = kept->at;
	begin_epoch(conn, dir, (uint16_t)(conn->side[dir].epoch + 1), &at);
	return true;
}

static void release(struct dtls_conn *conn)
{
	bool progress;
	do {
		progress = false;
		for (uint8_t dir = 0; dir < 2; dir++) {
			while (dtls_handshake_hand_up(conn, dir))
				progress = true;
			progress = release_kept(conn, dir, DTLS_CLEAR) || progress;
			progress = release_kept(conn, dir, DTLS_SEALED) || progress;
			progress = release_next(conn, dir) || progress;
		}
	} while (progress);
}

/* ---- giving up ----------------------------------------------------------------------------------------- */

static bool is_due(const struct dtls_conn *conn, uint64_t arrival, int64_t since, int64_t patience,
                   int64_t now)
{
	bool packets = patience == GAP_NS && conn->packets - arrival >= GAP_PACKETS;
	return packets || origin_elapsed(since, now) >= patience;
}

/* A record that is kept, or one that is missing in front of it. */
static bool force_record(struct dtls_conn *conn, uint8_t dir, enum dtls_part part, const struct origin *now,
                         bool all)
{
	struct dtls_side *side = &conn->side[dir];
	struct dtls_order *order = &side->order[part];
	const struct dtls_kept *kept = order->first;
	if (kept == NULL || (!all && !is_due(conn, kept->arrival, kept->at.time, GAP_NS, now->time)))
		return false;
	enum dtls_part other = kept_waits_for(conn, dir, kept);
	if (other != DTLS_PARTS) {
		return force_record(conn, dir ^ 1, other, now, true);
	} else if (dtls_handshake_blocked(conn, dir)) {
		conn->alone = true;
	} else if (is_gated(conn, dir, part) && side->order[part - 1].first != NULL) {
		return force_record(conn, dir, part - 1, now, true); /* which may be what opens the gate */
	} else if (is_gated(conn, dir, part)) {
		*(part == DTLS_NEXT ? &side->turned : &side->changed) = true;
		dtls_conn_gap(conn, dir, &kept->at);
	} else {
		struct origin at = kept->at;
		lose_records(conn, dir, part, dtls_order_give_up(order), &at);
	}
	return true;
}

static bool force_message(struct dtls_conn *conn, uint8_t dir, const struct origin *now, bool all)
{
	const struct dtls_message *message = dtls_fragments_waiting(&conn->side[dir].fragments);
	if (message == NULL)
		return false;
	bool blocked = dtls_handshake_blocked(conn, dir);
	int64_t patience = blocked ? GAP_NS : MESSAGE_NS;
	if (!all && !is_due(conn, message->arrival, message->last.time, patience, now->time))
		return false;
	if (blocked)
		conn->alone = true;
	else
		dtls_handshake_give_up(conn, dir, &message->last);
	return true;
}

static bool force(struct dtls_conn *conn, const struct origin *now, bool all)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		for (int part = 0; part < DTLS_PARTS; part++)
			if (force_record(conn, dir, (enum dtls_part)part, now, all))
				return true;
		if (force_message(conn, dir, now, all))
			return true;
	}
	return false;
}

static void force_due(struct dtls_conn *conn, const struct origin *now, bool all)
{
	while (force(conn, now, all))
		release(conn);
}

/* A key that comes late opens records between two calls, and what these held may be kept. */
static void publish(struct dtls_conn *conn, size_t *held_all)
{
	*held_all -= conn->held;
	conn->held = count_held(conn);
	*held_all += conn->held;
	conn->waiting = conn->held > 0 && !conn->ended;
}

void dtls_conn_tick(struct dtls_conn *conn, const struct origin *now, size_t *held_all)
{
	if (!conn->ended)
		force_due(conn, now, false);
	publish(conn, held_all);
}

void dtls_conn_end(struct dtls_conn *conn, const struct origin *now, size_t *held_all)
{
	if (conn->ended)
		return;
	force_due(conn, now, true);
	conn->ended = true;
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = tls_conn_sink(conn->tls, dir);
		sink.end(sink.ctx, now);
	}
	publish(conn, held_all);
}

/* ---- a datagram ---------------------------------------------------------------------------------------- */

/* Epochs follow each other; the first one is 1 where the beginning was seen. RFC 6347 section 4.1. */
static bool may_begin(const struct dtls_side *side, uint16_t epoch)
{
	bool anywhere = side->epoch == 0 && !side->clear;
	return epoch == side->epoch + 1 || anywhere;
}

/* The keys change with the first record of an epoch, and those of the one before are kept for what comes
 * late. */
static void begin_epoch(struct dtls_conn *conn, uint8_t dir, uint16_t epoch, const struct origin *at)
{
	struct dtls_side *side = &conn->side[dir];
	struct dtls_order *order = side->order;
	const struct frame_message nothing = {.last = *at};
	bool from_start = side->epoch > 0 || side->clear || side->changed;
	side->turned = false;
	while (side->epoch != epoch && order[DTLS_SEALED].first != NULL) {
		force_record(conn, dir, DTLS_SEALED, at, true);
		release(conn);
	}
	if (side->epoch == epoch)
		return; /* a change_cipher_spec among these records began it */
	side->turned = false;
	side->epoch = epoch;
	order[DTLS_PREVIOUS] = order[DTLS_SEALED];
	order[DTLS_SEALED] = order[DTLS_NEXT];
	order[DTLS_NEXT] = (struct dtls_order){0};
	if (from_start && !order[DTLS_SEALED].started)
		dtls_order_start(&order[DTLS_SEALED], 0);
	side->finished_length = 0;
	side->told[2] = side->told[1];
	side->told[1] = false;
	tls_protected_change(&conn->tls->side[dir], &nothing);
}

/* Where a record belongs; DTLS_PARTS when its keys are gone, or it is a lie. */
static enum dtls_part part_of(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                              const struct origin *at)
{
	struct dtls_side *side = &conn->side[dir];
	if (record->epoch == 0)
		return DTLS_CLEAR;
	while (record->epoch == side->epoch + 2 && side->order[DTLS_NEXT].first != NULL) {
		force_record(conn, dir, DTLS_NEXT, at, true); /* there is no room for two epochs that wait */
		release(conn);
	}
	if (may_begin(side, record->epoch) && side->epoch > 0 && !side->turned)
		return DTLS_NEXT;
	if (may_begin(side, record->epoch))
		begin_epoch(conn, dir, record->epoch, at);
	if (record->epoch == side->epoch)
		return DTLS_SEALED;
	return record->epoch + 1 == side->epoch ? DTLS_PREVIOUS : DTLS_PARTS;
}

/* What came behind a gap that was given up: what it carries continues nothing. */
static void take_late(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record, uint64_t place,
                      const struct origin *at)
{
	plain_gap(&conn->tls->plain, dir, 0, at);
	dtls_record_take(conn, dir, record, place, at);
	plain_gap(&conn->tls->plain, dir, 0, at);
}

/* False when it has come before. */
static bool push_record(struct dtls_conn *conn, uint8_t dir, const struct dtls_record *record,
                        const struct origin *at)
{
	struct dtls_side *side = &conn->side[dir];
	enum dtls_part part = part_of(conn, dir, record, at);
	if (part == DTLS_PARTS)
		return true;
	if (part == DTLS_NEXT && !side->order[part].started)
		dtls_order_start(&side->order[part], 0);
	bool anywhere = part == DTLS_CLEAR && record->type == TLS_HANDSHAKE;
	enum dtls_keep keep = anywhere || part == DTLS_PREVIOUS     ? DTLS_KEEP_NOTHING
	                      : is_held_up(conn, dir, part, record) ? DTLS_KEEP_ALWAYS
	                                                            : DTLS_KEEP_AHEAD;
	struct dtls_kept kept = {.sequence = record->number & ((UINT64_C(1) << DTLS_EPOCH_SHIFT) - 1),
	                         .arrival = conn->packets,
	                         .place = conn->arrived++,
	                         .at = *at};
	uint64_t lost;
	side->clear = side->clear || part == DTLS_CLEAR;
	enum dtls_answer answer = dtls_order_take(&side->order[part], &kept, record->bytes, keep, &lost);
	lose_records(conn, dir, part, lost, at);
	if (answer == DTLS_DUPLICATE)
		return false;
	if ((answer == DTLS_LATE && !anywhere) || part == DTLS_PREVIOUS)
		take_late(conn, dir, record, kept.place, at);
	else if (answer != DTLS_AHEAD || anywhere)
		dtls_record_take(conn, dir, record, kept.place, at);
	release(conn);
	return true;
}

static void count(struct dtls_conn *conn, uint8_t dir, const struct packet *packet,
                  const struct origin *origin)
{
	struct session_tcp *facts = &conn->session->tcp;
	size_t n = packet->payload.n + packet->cut;
	facts->packets[dir]++;
	facts->bytes[dir] += n;
	facts->delivered[dir] += n;
	facts->retransmissions[dir] += conn->side[dir].repeated;
	facts->last[dir] = facts->last_data[dir] = *origin;
	if (n > 0 && facts->first_data[dir].packet == 0)
		facts->first_data[dir] = *origin;
	if (packet->ttl != 0)
		facts->ttl_mixed[dir] =
		    facts->ttl_mixed[dir] || (facts->ttl[dir] != 0 && facts->ttl[dir] != packet->ttl);
	facts->ttl[dir] = packet->ttl;
	if (packet->cut > 0) {
		facts->cut_packets++;
		origin_keep_first(&facts->first_cut, origin);
	}
}

/* Records that only the hellos could tell apart are named and not read. */
static bool note_unread(struct dtls_conn *conn, uint8_t dir, enum dtls_kind kind)
{
	struct session_tls *tls = &conn->session->tls;
	if (kind == DTLS_UNIFIED && tls->version == TLS_1_3)
		tls->dtls_13 = true;
	else if (kind == DTLS_CID)
		tls->dtls_cid = true;
	else
		return false;
	tls->records[dir]++;
	return true;
}

bool dtls_conn_push(struct dtls_conn *conn, uint8_t dir, const struct packet *packet,
                    const struct origin *origin, size_t *held_all)
{
	struct rd r = rd_of(packet->payload);
	struct dtls_record record;
	enum dtls_kind kind;
	bool copies = false, fresh = false;
	if (conn->ended) {
		count(conn, dir, packet, origin);
		return true;
	}
	conn->packets++;
	conn->side[dir].repeated = false;
	while ((kind = dtls_next(&r, packet->cut, &record)) == DTLS_RECORD)
		*(push_record(conn, dir, &record, origin) ? &fresh : &copies) = true;
	fresh = note_unread(conn, dir, kind) || fresh;
	publish(conn, held_all);
	bool limited = conn->held > LIMIT_HELD_FLOW || *held_all > LIMIT_HELD_ALL;
	conn->forced += limited;
	force_due(conn, origin, limited);
	publish(conn, held_all);
	if (copies && !fresh) {
		conn->session->tcp.duplicates++;
		return false;
	}
	count(conn, dir, packet, origin);
	return true;
}
