/*
 * Weighs whether an open message is longer than it can be; see lie.h. Called by messages.c around each piece
 * of plaintext. Keeps at most LIMIT_WATCHED bytes, and nothing as soon as the bytes are no messages.
 */
#include "analyzer/lie.h"

#include "dissect/limits.h"

#define LEAST_PROOF  4        /* bytes of type and length: fewer fit by chance */
#define OPAQUE_FITS  2        /* pieces in a row */
#define OPAQUE_PAUSE NS_PER_S /* a sender has a message at hand before it writes the length */

bool lie_expects(const struct lie_reading *reading, struct span bytes)
{
	struct nmsp_message message;
	nmsp_decode(reading->profile, bytes, &message);
	const struct profile_message *known = message.known;
	if (known == NULL) /* a profile may name none: then the published ids are left */
		return reading->profile->n_messages == 0 && nmsp_documented(message.type);
	return known->sender == PROFILE_BOTH || !reading->knows_side ||
	       (known->sender == PROFILE_ENGINE) == reading->is_engine;
}

/* An expected message begins here, as far as its header tells. `total` is 0 when the header is not whole. */
static bool may_begin(const struct lie_reading *reading, struct span bytes, size_t *total)
{
	*total = 0;
	enum cut cut = nmsp_cut(reading->profile, bytes, total);
	return cut == CUT_MORE || (cut == CUT_OK && lie_expects(reading, bytes));
}

static bool is_good(const struct lie_reading *reading, struct span message)
{
	struct fields fields;
	return nmsp_fields(reading->profile, message, &fields);
}

void lie_stop(struct lie *lie)
{
	messages_hold_free(&lie->later);
	*lie = (struct lie){0};
}

/* Not here; perhaps behind the next element. */
static void give_up(struct lie *lie)
{
	size_t tried = lie->own > lie->tried ? lie->own : lie->tried, walked = lie->walked;
	lie_stop(lie);
	lie->walked = walked;
	lie->tried = tried;
}

static struct span later_bytes(const struct lie *lie)
{
	return span_of(lie->later.bytes, lie->later.n);
}

/* Goes on over whole messages; false when the bytes are none. */
static bool tile(struct lie *lie, const struct lie_reading *reading)
{
	struct span all = later_bytes(lie);
	while (lie->tiled < all.n) {
		struct span rest = span_cut(all, lie->tiled, SIZE_MAX);
		size_t total;
		if (!may_begin(reading, rest, &total))
			return false;
		if (total == 0 || total > rest.n)
			return true;
		if (!is_good(reading, span_cut(rest, 0, total)))
			return false;
		lie->tiled += total;
	}
	return true;
}

static bool add(struct lie *lie, const struct lie_reading *reading, struct span bytes,
                const struct origin *at)
{
	if (bytes.n > LIMIT_WATCHED - lie->later.n)
		return false;
	if (bytes.n > 0)
		messages_hold_add(&lie->later, &(struct messages_piece){.n = bytes.n, .origin = *at}, bytes);
	return tile(lie, reading);
}

/* ---- the open message's own words ---- */

/* The element at the front fits, and the profile names it: it need not be the front of a message. */
static bool is_element(const struct lie_reading *reading, struct span bytes, size_t left)
{
	struct rd r = rd_of(bytes);
	uint32_t id;
	if (!reading->profile->has_elements || nmsp_element(reading->profile, &r, left, &id) == CUT_BAD)
		return false;
	return profile_find_element(reading->profile, id) != NULL;
}

/* Walks the elements up to where a message may begin; CUT_MORE: one of them goes on behind the piece. */
static enum cut find_end(struct lie *lie, const struct lie_reading *reading, const struct frame *frame)
{
	struct rd r = rd_of(span_of(frame->kept, frame->n));
	rd_skip(&r, lie->walked > reading->profile->header ? lie->walked : reading->profile->header);
	while (rd_more(&r)) {
		struct span rest = span_cut(r.all, rd_at(&r), SIZE_MAX);
		size_t total, left = frame->head.total - rd_at(&r);
		uint32_t id;
		if (rd_at(&r) > lie->tried && may_begin(reading, rest, &total) &&
		    !is_element(reading, rest, left))
			break;
		enum cut cut = nmsp_element(reading->profile, &r, left, &id);
		if (cut != CUT_OK)
			return cut;
		lie->walked = rd_at(&r);
	}
	lie->own = rd_at(&r);
	return CUT_OK;
}

static bool is_expected_head(const struct lie_reading *reading, const struct frame *frame)
{
	size_t total;
	return may_begin(reading, span_of(frame->kept, frame->n), &total);
}

/* False: the message says of itself that it goes on, and is believed. */
static bool weigh(struct lie *lie, const struct lie_reading *reading, const struct frame *frame, bool doubted)
{
	lie->own = frame->open ? frame->seen : frame->n;
	lie->credit = LIE_OPAQUE;
	if (!frame->open)
		lie->credit = LIE_HEADER;
	else if (doubted)
		lie->credit = LIE_ENDS;
	else if (reading->profile->has_elements && reading->profile->n_elements > 0 &&
	         frame->head.mode == FRAME_WHOLE) {
		enum cut cut = find_end(lie, reading, frame);
		if (cut == CUT_MORE)
			return !is_expected_head(reading, frame);
		lie->credit = LIE_ENDS;
	}
	return true;
}

void lie_watch(struct lie *lie, const struct lie_reading *reading, const struct frame *frame, bool doubted,
               const struct origin *at)
{
	const struct profile *profile = reading->profile;
	if (lie->watching)
		return;
	if (frame_idle(frame) || frame->damaged || profile->type.size + profile->length.size < LEAST_PROOF ||
	    !weigh(lie, reading, frame, doubted))
		return;
	lie->watching = true;
	lie->since = *at;
	if (frame->open && lie->own < frame->n &&
	    !add(lie, reading, span_cut(span_of(frame->kept, frame->n), lie->own, SIZE_MAX), at))
		give_up(lie);
}

/* ---- the proof ---- */

/* The whole message, up to its end inside the piece, is as good as any, or the next one follows it. */
static bool ends_well(const struct lie *lie, const struct lie_reading *reading, const struct frame *frame,
                      struct span bytes, size_t left)
{
	struct span next = span_cut(bytes, left, SIZE_MAX);
	size_t total;
	if (next.n > 0 && !may_begin(reading, next, &total))
		return false;
	if (lie->credit != LIE_ENDS || frame->head.mode != FRAME_WHOLE)
		return true;
	uint8_t whole[LIMIT_MESSAGES_BYTES];
	memcpy(whole, frame->kept, frame->n);
	memcpy(&whole[frame->n], bytes.p, left);
	return is_good(reading, span_of(whole, frame->head.total));
}

static bool is_header_good(const struct lie_reading *reading, const struct frame *frame, struct span bytes)
{
	uint8_t header[FRAME_HEAD];
	size_t total;
	struct span rest = span_cut(bytes, 0, reading->profile->header - frame->n);
	memcpy(header, frame->kept, frame->n);
	if (rest.n > 0)
		memcpy(&header[frame->n], rest.p, rest.n);
	return may_begin(reading, span_of(header, frame->n + rest.n), &total);
}

/* Messages ended where the piece ended. */
static bool is_proved(const struct lie *lie, const struct lie_reading *reading, const struct frame *frame,
                      struct span bytes, const struct origin *at)
{
	if (lie->credit == LIE_HEADER)
		return true;
	size_t left = frame->head.total - frame->seen;
	if (left <= bytes.n)
		return !ends_well(lie, reading, frame, bytes, left);
	if (lie->credit == LIE_ENDS)
		return !is_element(reading, later_bytes(lie), left + lie->later.n - bytes.n);
	return lie->fits >= OPAQUE_FITS && origin_elapsed(lie->since.time, at->time) >= OPAQUE_PAUSE;
}

bool lie_told(struct lie *lie, const struct lie_reading *reading, const struct frame *frame,
              struct span bytes, const struct origin *at)
{
	if (!lie->watching || bytes.n == 0)
		return false;
	if ((lie->credit == LIE_HEADER && is_header_good(reading, frame, bytes)) ||
	    !add(lie, reading, bytes, at)) {
		give_up(lie);
		return false;
	}
	if (lie->tiled < lie->later.n)
		return false;
	lie->fits++;
	bool proved = is_proved(lie, reading, frame, bytes, at);
	lie->unsure = !proved && frame->head.total - frame->seen <= bytes.n;
	return proved;
}

bool lie_told_at_end(const struct lie *lie)
{
	return lie->watching && lie->tiled > 0 && lie->tiled == lie->later.n &&
	       (lie->credit == LIE_ENDS || lie->fits >= OPAQUE_FITS);
}
