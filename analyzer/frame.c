/*
 * Cuts messages from ordered bytes. Called by tls_conn.c for records and for handshake messages; knows
 * neither. Keeps at most one message, and nothing when messages come whole.
 */
#include "analyzer/frame.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define KEEP_ROOM   4096 /* a buffer up to this size stays for the next message */
#define CHAIN_LINKS 16   /* so many messages in a row are believed, whatever follows them */

void frame_free(struct frame *frame)
{
	free(frame->kept);
	*frame = (struct frame){0};
}

bool frame_idle(const struct frame *frame)
{
	return !frame->open && frame->n == 0;
}

static void keep(struct frame *frame, struct span bytes)
{
	size_t need = frame->n + bytes.n;
	if (need > frame->room) {
		frame->room = need > 2 * frame->room ? need : 2 * frame->room;
		frame->kept = xrealloc(frame->kept, frame->room);
	}
	if (bytes.n > 0)
		memcpy(frame->kept + frame->n, bytes.p, bytes.n);
	frame->n += bytes.n;
}

void frame_drop(struct frame *frame)
{
	if (frame->room > KEEP_ROOM) {
		free(frame->kept);
		frame->kept = NULL;
		frame->room = 0;
	}
	frame->n = 0;
	frame->open = false;
	frame->seen = 0;
	frame->damaged = false;
}

/* Ends the current message and hands it up. */
static void end_message(struct frame *frame, const struct frame_user *user, void *ctx, const struct origin *origin)
{
	struct frame_message message = {
	    .bytes = span_of(frame->kept, frame->n), .total = frame->head.total, .damaged = frame->damaged,
	    .first = frame->first, .last = *origin};
	user->message(ctx, &message);
	frame_drop(frame);
}

/* A whole message that lies in one piece: no copy. */
static void pass_message(const struct frame_user *user, void *ctx, struct span bytes, const struct frame_head *head,
    const struct origin *origin)
{
	struct frame_message message = {
	    .bytes = head->mode == FRAME_WHOLE ? bytes : span_cut(bytes, 0, head->head), .total = head->total,
	    .damaged = false, .first = *origin, .last = *origin};
	if (head->mode == FRAME_STREAM && bytes.n > head->head)
		user->piece(ctx, span_cut(bytes, head->head, SIZE_MAX), origin);
	user->message(ctx, &message);
}

/* What may be a message waits for the one behind it, which does not come: one that is there whole is believed. */
static void end_waiting(struct frame *frame, const struct frame_user *user, void *ctx, const struct origin *origin)
{
	struct span bytes = span_of(frame->kept, frame->n);
	struct frame_head head;
	if (!user->patient || user->cut(ctx, bytes, &head) != CUT_OK || head.total > bytes.n)
		return;
	uint8_t *waited = frame->kept;
	frame->kept = NULL;
	frame->n = frame->room = 0;
	pass_message(user, ctx, span_cut(bytes, 0, head.total), &head, origin);
	keep(frame, span_cut(bytes, head.total, SIZE_MAX));
	free(waited);
}

void frame_break(struct frame *frame, const struct frame_user *user, void *ctx, const struct origin *origin)
{
	if (frame->astray && frame->n > 0)
		end_waiting(frame, user, ctx, origin);
	if (frame->open) {
		frame->damaged = true;
		end_message(frame, user, ctx, origin);
	} else if (frame->n > 0) {
		user->lost(ctx, frame->n, origin);
	}
	frame_drop(frame);
}

/* Takes what `bytes` holds of the body of the open message; returns how much. */
static size_t take_body(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin)
{
	size_t left = frame->head.total - frame->seen;
	struct span body = span_cut(bytes, 0, left);
	if (frame->head.mode == FRAME_STREAM && body.n > 0)
		user->piece(ctx, body, origin);
	else if (frame->head.mode == FRAME_WHOLE && !frame->damaged)
		keep(frame, body);
	frame->seen += body.n;
	if (frame->seen == frame->head.total)
		end_message(frame, user, ctx, origin);
	return body.n;
}

/* The header of the message at the start of the kept bytes is known now. */
static void open_message(struct frame *frame, const struct frame_head *head)
{
	frame->open = true;
	frame->head = *head;
	frame->seen = frame->n;
	frame->damaged = false;
}

/*
 * Whether messages follow each other from the front of `bytes` to their end, or CHAIN_LINKS of them do: CUT_OK.
 * The last one may go on behind the end when two whole ones stand in front of it, to a patient user one, or when
 * the user trusts a header at the start of a packet. CUT_MORE: more bytes tell.
 */
static enum cut is_chain(const struct frame_user *user, void *ctx, struct span bytes, bool at_start)
{
	unsigned whole = 0;
	while (bytes.n > 0 && whole < CHAIN_LINKS) {
		struct frame_head head;
		enum cut cut = user->cut(ctx, bytes, &head);
		if (cut == CUT_BAD)
			return CUT_BAD;
		if (cut == CUT_MORE)
			return whole >= 2 ? CUT_OK : CUT_MORE;
		if (head.total > bytes.n) {
			bool proven = whole >= 2 || (whole == 1 && user->patient) || (at_start && user->trusts_start);
			return proven ? CUT_OK : CUT_MORE;
		}
		whole++;
		bytes = span_cut(bytes, head.total, SIZE_MAX);
	}
	return whole > 0 ? CUT_OK : CUT_MORE;
}

/*
 * Where a message plausibly starts, or to a patient user may start: then *sure is false. bytes.n when nowhere.
 * A packet starts at `start`.
 */
static size_t find_start(const struct frame_user *user, void *ctx, struct span bytes, size_t start, bool *sure)
{
	for (size_t at = 0; at < bytes.n; at++) {
		enum cut chain = is_chain(user, ctx, span_cut(bytes, at, SIZE_MAX), at == start);
		*sure = chain == CUT_OK;
		if (*sure || (chain == CUT_MORE && user->patient))
			return at;
	}
	*sure = false;
	return bytes.n;
}

/* Starts a message at the front of `bytes`; returns how many bytes were used, 0 when the place is lost. */
static size_t start_message(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin)
{
	struct frame_head head;
	enum cut cut = user->cut(ctx, bytes, &head);
	if (cut == CUT_BAD) {
		frame->astray = true;
		return 0;
	}
	if (cut == CUT_OK && head.total <= bytes.n) {
		pass_message(user, ctx, span_cut(bytes, 0, head.total), &head, origin);
		return head.total;
	}
	frame->first = *origin;
	if (cut == CUT_MORE) {
		keep(frame, span_cut(bytes, 0, FRAME_HEAD));
		return frame->n;
	}
	keep(frame, span_cut(bytes, 0, head.head));
	open_message(frame, &head);
	return head.head;
}

/* Adds to a header that came in pieces; returns how many bytes were used. */
static size_t grow_header(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin)
{
	keep(frame, span_cut(bytes, 0, 1));
	struct frame_head head;
	enum cut cut = user->cut(ctx, span_of(frame->kept, frame->n), &head);
	if (cut == CUT_BAD || (cut == CUT_MORE && frame->n >= FRAME_HEAD)) {
		frame->astray = true;
		user->lost(ctx, frame->n, origin);
		frame_drop(frame);
	} else if (cut == CUT_OK) {
		open_message(frame, &head);
		if (frame->seen == head.total)
			end_message(frame, user, ctx, origin);
	}
	return 1;
}

/* The place is lost, and is looked for in what waits and in `bytes`, all of which are used. */
static void seek(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin)
{
	bool sure;
	size_t start = frame->n;
	if (start > 0) {
		keep(frame, bytes);
		bytes = span_of(frame->kept, frame->n);
	}
	size_t at = find_start(user, ctx, bytes, start, &sure);
	if (at == 0 && !sure && start > 0)
		return;
	uint8_t *waited = frame->kept;
	frame->kept = NULL;
	frame->n = frame->room = 0;
	if (at > 0)
		user->lost(ctx, at, origin);
	frame->astray = !sure;
	bytes = span_cut(bytes, at, SIZE_MAX);
	if (sure)
		frame_data(frame, user, ctx, bytes, origin);
	else
		keep(frame, bytes);
	free(waited);
}

void frame_data(struct frame *frame, const struct frame_user *user, void *ctx, struct span bytes,
    const struct origin *origin)
{
	while (bytes.n > 0) {
		size_t used;
		if (frame->astray) {
			used = bytes.n;
			seek(frame, user, ctx, bytes, origin);
		} else if (frame->open) {
			used = take_body(frame, user, ctx, bytes, origin);
		} else if (frame->n > 0) {
			used = grow_header(frame, user, ctx, bytes, origin);
		} else {
			used = start_message(frame, user, ctx, bytes, origin);
		}
		bytes = span_cut(bytes, used, SIZE_MAX);
	}
}

void frame_gap(struct frame *frame, const struct frame_user *user, void *ctx, uint64_t n,
    const struct origin *origin)
{
	size_t left = frame->open ? frame->head.total - frame->seen : 0;
	if (frame->open && n <= left) {
		frame->damaged = true;
		if (frame->head.mode == FRAME_STREAM)
			user->hole(ctx, n, origin);
		frame->seen += (size_t)n;
		if (frame->seen == frame->head.total)
			end_message(frame, user, ctx, origin);
		return;
	}
	if (left > 0 && frame->head.mode == FRAME_STREAM)
		user->hole(ctx, left, origin);
	frame_break(frame, user, ctx, origin);
	frame->astray = true;
	user->lost(ctx, n - left, origin);
}
