/*
 * Cuts a connection's plaintext into messages; see messages.h. Called through two sinks. Until
 * messages_decide.c has decided the framing a copy of the plaintext is held, bounded, and tried; then it runs
 * through the same frames again. Never keeps a message: session_nmsp.c does.
 */
#include "analyzer/messages_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

/* ---- the cutter of both users ---- */

bool messages_named(const struct profile *profile, struct span bytes)
{
	struct nmsp_message message;
	nmsp_decode(profile, bytes, &message);
	return message.known != NULL || profile->n_messages == 0;
}

/*
 * Many bytes look like a length: a place that was lost is only found again where a message has a type that
 * the profile names, and elements that fit as far as it is there.
 */
static bool is_likely(const struct profile *profile, struct span bytes, size_t total)
{
	struct fields fields;
	return messages_named(profile, bytes) &&
	       (total > bytes.n || nmsp_fields(profile, span_cut(bytes, 0, total), &fields));
}

static struct lie_reading reading_of(const struct message_side *side)
{
	return messages_votes_reading(&side->messages->votes, side->messages->profile, side->dir);
}

static enum cut cut(void *ctx, struct span bytes, struct frame_head *out)
{
	const struct message_side *side = ctx;
	const struct profile *profile = side->messages->profile;
	size_t total = 0;
	enum cut result = nmsp_cut(profile, bytes, &total);
	if (result == CUT_OK && side->frame.astray && !is_likely(profile, bytes, total))
		return CUT_BAD;
	struct lie_reading reading = reading_of(side);
	if (result == CUT_OK && side->suspect && !lie_expects(&reading, bytes))
		return CUT_BAD;
	out->head = profile->header;
	out->total = total;
	out->mode = total <= LIMIT_MESSAGES_BYTES ? FRAME_WHOLE : FRAME_SKIP;
	return result;
}

static void no_piece(void *ctx, struct span bytes, const struct origin *origin)
{
	(void)ctx;
	(void)bytes;
	(void)origin;
}

static void no_hole(void *ctx, uint64_t n, const struct origin *origin)
{
	(void)ctx;
	(void)n;
	(void)origin;
}

/* ---- trying a profile ---- */

bool messages_settled(const struct messages *messages)
{
	return messages->nmsp->tried >= MESSAGES_TO_DECIDE;
}

static enum cut try_cut(void *ctx, struct span bytes, struct frame_head *out)
{
	struct message_side *side = ctx;
	enum cut result = cut(ctx, bytes, out);
	if (result == CUT_BAD && !side->frame.astray && !side->doubtful && !side->suspect &&
	    !messages_settled(side->messages))
		side->messages->nmsp->misfits++;
	return result;
}

static void try_message(void *ctx, const struct frame_message *whole)
{
	struct message_side *side = ctx;
	struct messages *messages = side->messages;
	struct nmsp_message message;
	struct fields fields;
	bool fits = nmsp_dissect(messages->profile, whole->bytes, &message, &fields);
	side->suspect = !fits && !whole->damaged;
	side->unproven = false;
	if (whole->damaged || messages_settled(messages))
		return;
	messages->nmsp->tried++;
	messages->nmsp->named += message.known != NULL;
	messages->published += message.known != NULL && !message.known->assumed;
	messages->nmsp->fitted += fits;
	messages_votes_add(&messages->votes, message.known, side->dir);
}

static const struct frame_user try_user = {.trusts_start = true,
                                           .cut = try_cut,
                                           .message = try_message,
                                           .piece = no_piece,
                                           .hole = no_hole,
                                           .lost = no_hole};

/* ---- messages by the profile that holds ---- */

static void note_lie(struct message_side *side, uint64_t swallowed)
{
	const struct frame *frame = &side->frame;
	bool all = side->messages->model->redact == NULL; /* what a body holds is not told of a message that lies */
	struct span head = span_cut(span_of(frame->kept, frame->n), 0,
	                            all ? NMSP_NOTE_HEAD : side->messages->profile->header);
	head = span_cut(head, 0, NMSP_NOTE_HEAD);
	struct nmsp_message message;
	struct nmsp_note note = {.at = frame->first,
	                         .dir = side->dir,
	                         .has_type = frame->open,
	                         .what = "messages begin again inside of it",
	                         .swallowed = swallowed,
	                         .length = frame->open ? frame->head.total : 0,
	                         .n_head = (uint8_t)head.n};
	nmsp_decode(side->messages->profile, span_of(frame->kept, frame->n), &message);
	note.type = message.type;
	memcpy(note.head, head.p, head.n);
	session_nmsp_malformed(side->messages->nmsp, &note);
}

/* What stands where a header should may be anything: with --redact none of it is told. */
static void note_impossible(struct message_side *side, struct span bytes)
{
	bool all = side->messages->model->redact == NULL;
	struct span head = span_cut(bytes, 0, all ? NMSP_NOTE_HEAD : 0);
	struct nmsp_note note = {.at = side->now,
	                         .dir = side->dir,
	                         .what = "its length is not possible",
	                         .n_head = (uint8_t)head.n};
	if (head.n > 0)
		memcpy(note.head, head.p, head.n);
	session_nmsp_malformed(side->messages->nmsp, &note);
}

static enum cut take_cut(void *ctx, struct span bytes, struct frame_head *out)
{
	struct message_side *side = ctx;
	enum cut result = cut(ctx, bytes, out);
	if (result == CUT_BAD && !side->frame.astray && !side->suspect)
		note_impossible(side, bytes);
	return result;
}

/* Bare messages have no holes: where no packet was cut, one without an end says that it is longer than its packet. */
static void note_long(struct message_side *side, const struct frame_message *whole)
{
	const struct session *session = side->messages->session;
	struct nmsp_note note = {.at = whole->last,
	                         .dir = side->dir,
	                         .has_type = true,
	                         .what = "its length goes beyond the end of its packet"};
	struct nmsp_message message;
	if (!session->bare || session->tcp.cut_packets > 0)
		return;
	nmsp_decode(side->messages->profile, whole->bytes, &message);
	note.type = message.type;
	session_nmsp_malformed(side->messages->nmsp, &note);
}

static void take_message(void *ctx, const struct frame_message *whole)
{
	struct message_side *side = ctx;
	struct session_nmsp *nmsp = side->messages->nmsp;
	if (whole->damaged && side->finishing) {
		nmsp->cut_off[side->dir]++;
		return;
	}
	struct nmsp_seen seen = {.bytes = whole->bytes,
	                         .total = whole->total,
	                         .dir = side->dir,
	                         .damaged = whole->damaged,
	                         .at = whole->last};
	side->unproven = false;
	if (whole->damaged)
		note_long(side, whole);
	side->suspect = session_nmsp_add(side->messages->model, nmsp, &seen);
}

static void take_lost(void *ctx, uint64_t n, const struct origin *origin)
{
	(void)origin;
	struct message_side *side = ctx;
	side->messages->nmsp->lost[side->dir] += n;
}

static const struct frame_user take_user = {.trusts_start = true,
                                            .cut = take_cut,
                                            .message = take_message,
                                            .piece = no_piece,
                                            .hole = no_hole,
                                            .lost = take_lost};

static const struct frame_user *user_of(const struct messages *messages)
{
	return messages->nmsp->decided ? &take_user : &try_user;
}

/* ---- feeding a frame ---- */

static void start(struct message_side *side, const struct origin *origin)
{
	if (side->started)
		return;
	side->started = true;
	side->now = *origin;
	if (!side->messages->session->midstream)
		return;
	side->doubtful = true;
	frame_gap(&side->frame, user_of(side->messages), side, 0, origin);
}

/* What is left over and the front of the new piece: the frame gets the message that starts there, or a byte.
 */
static struct span feed_scrap(struct message_side *side, struct span bytes)
{
	struct frame_head head;
	size_t borrowed = scrap_fill(&side->scrap, bytes, side->messages->profile->header);
	struct span scrap = span_of(side->scrap.bytes, side->scrap.n);
	bool starts = scrap_at_front(&side->scrap) && cut(side, scrap, &head) == CUT_OK;
	frame_data(&side->frame, user_of(side->messages), side, span_cut(scrap, 0, starts ? scrap.n : 1),
	           &side->now);
	if (starts) {
		side->scrap = (struct scrap){0};
		return span_cut(bytes, borrowed, SIZE_MAX);
	}
	scrap_shorten(&side->scrap, borrowed);
	scrap_drop(&side->scrap, 1);
	return bytes;
}

/* The open message lies about its length: it is told, and the bytes behind its end are read as usual. */
static void break_lie(struct message_side *side)
{
	struct session_nmsp *nmsp = side->messages->nmsp;
	struct lie lie = side->lie;
	struct rd r = rd_of(span_of(lie.later.bytes, lie.later.n));
	side->lie = (struct lie){0};
	bool known = side->suspect || side->unproven; /* a false start is no lie, and a liar is told once */
	if (!known && nmsp->decided)
		note_lie(side, lie.own);
	else if (!known && !messages_settled(side->messages))
		nmsp->misfits++;
	frame_drop(&side->frame);
	side->suspect = false;
	user_of(side->messages)->lost(side, lie.own, &lie.since);
	for (size_t i = 0; i < lie.later.n_pieces; i++) {
		const struct messages_piece *piece = &lie.later.pieces[i];
		side->now = piece->origin;
		frame_data(&side->frame, user_of(side->messages), side, rd_span(&r, (size_t)piece->n),
		           &piece->origin);
	}
	lie_stop(&lie);
}

/* Before a piece: whether it proves that the open message lies. Then nothing of it is left to read. */
static bool take_lie(struct message_side *side, struct span bytes, const struct origin *origin)
{
	struct lie_reading reading = reading_of(side);
	bool told = lie_told(&side->lie, &reading, &side->frame, bytes, origin);
	if (told)
		break_lie(side);
	else if (side->lie.unsure)
		side->messages->nmsp->unsure[side->dir] = true;
	return told;
}

/* The place can only be found where a whole header lies in one piece, so small pieces are put together. */
static void feed_frame(struct message_side *side, struct span bytes, const struct origin *origin)
{
	size_t header = side->messages->profile->header;
	while (side->scrap.n > 0 && side->scrap.n + bytes.n >= header)
		bytes = feed_scrap(side, bytes);
	if (side->frame.astray && bytes.n < header)
		scrap_fill(&side->scrap, bytes, header);
	else
		frame_data(&side->frame, user_of(side->messages), side, bytes, origin);
}

static void feed(struct message_side *side, struct span bytes, const struct origin *origin)
{
	const struct frame *frame = &side->frame;
	start(side, origin);
	side->now = *origin;
	if (take_lie(side, bytes, origin))
		return;
	bool goes_on = frame->open && bytes.n < frame->head.total - frame->seen;
	if (frame_idle(frame))
		side->suspect = false;
	if (frame->astray)
		side->unproven = true;
	feed_frame(side, bytes, origin);
	struct lie_reading reading = reading_of(side);
	if (!goes_on)
		lie_stop(&side->lie);
	lie_watch(&side->lie, &reading, frame, side->suspect, origin);
}

/* No more bytes join what is left over. */
static void flush_scrap(struct message_side *side)
{
	struct scrap scrap = side->scrap;
	side->scrap = (struct scrap){0};
	frame_data(&side->frame, user_of(side->messages), side, span_of(scrap.bytes, scrap.n), &side->now);
}

static void feed_gap(struct message_side *side, uint64_t n, const struct origin *origin)
{
	start(side, origin);
	side->now = *origin;
	side->doubtful = true;
	side->suspect = false;
	lie_stop(&side->lie);
	flush_scrap(side);
	if (n == 0)
		frame_break(&side->frame, user_of(side->messages), side, origin);
	frame_gap(&side->frame, user_of(side->messages), side, n, origin);
}

static void finish(struct message_side *side)
{
	side->finishing = true;
	flush_scrap(side);
	if (lie_told_at_end(&side->lie))
		break_lie(side);
	frame_break(&side->frame, user_of(side->messages), side, &side->now);
	side->messages->nmsp->open[side->dir] = false;
}

void messages_finish(struct messages *messages, uint8_t dir)
{
	finish(&messages->side[dir]);
}

void messages_pass(struct messages *messages, uint8_t dir, uint64_t n, const struct origin *at)
{
	messages->nmsp->gaps[dir]++;
	feed_gap(&messages->side[dir], n, at);
}

void messages_reset(struct messages *messages)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct message_side *side = &messages->side[dir];
		frame_free(&side->frame);
		lie_stop(&side->lie);
		side->scrap = (struct scrap){0};
		side->suspect = side->doubtful = side->unproven = false;
		side->started = false;
	}
}

void messages_replay(struct messages *messages)
{
	struct rd r = rd_of(span_of(messages->hold.bytes, messages->hold.n));
	for (size_t i = 0; i < messages->hold.n_pieces; i++) {
		const struct messages_piece *piece = &messages->hold.pieces[i];
		struct message_side *side = &messages->side[piece->dir];
		if (piece->is_gap)
			feed_gap(side, piece->n, &piece->origin);
		else
			feed(side, rd_span(&r, (size_t)piece->n), &piece->origin);
	}
}

/* ---- the sinks ---- */

/* The latest message has no end so far: nobody knows yet what is missing. */
static void tell_open(struct messages *messages)
{
	for (uint8_t dir = 0; dir < 2; dir++)
		messages->nmsp->open[dir] = !frame_idle(&messages->side[dir].frame);
}

static void take(struct message_side *side, const struct messages_piece *piece, struct span bytes)
{
	struct messages *messages = side->messages;
	struct session_nmsp *nmsp = messages->nmsp;
	if (nmsp->decided && nmsp->profile == NULL) {
		nmsp->passed[side->dir] += piece->is_gap ? 0 : piece->n;
		nmsp->passed_gap[side->dir] = nmsp->passed_gap[side->dir] || piece->is_gap;
		return;
	}
	if (!nmsp->decided)
		messages_hold_add(&messages->hold, piece, bytes);
	if (piece->is_gap && messages->profile != NULL)
		feed_gap(side, piece->n, &piece->origin);
	else if (messages->profile != NULL)
		feed(side, bytes, &piece->origin);
	if (!nmsp->decided)
		messages_consider(messages, false);
	tell_open(messages);
}

static struct session_nmsp *nmsp_of(struct messages *messages)
{
	messages->nmsp = session_nmsp_of(messages->session);
	messages->nmsp->live = messages;
	return messages->nmsp;
}

static void take_data(void *ctx, struct span bytes, const struct origin *origin)
{
	struct message_side *side = ctx;
	struct messages *messages = side->messages;
	struct session_nmsp *nmsp = nmsp_of(messages);
	nmsp->pieces[side->dir]++;
	nmsp->bytes[side->dir] += bytes.n;
	if (bytes.n == 0)
		return;
	if (nmsp->first.packet == 0)
		nmsp->first = *origin;
	if (origin->packet >= nmsp->last.packet) /* plaintext of a late key may be older */
		nmsp->last = *origin;
	struct messages_piece piece = {.dir = side->dir, .n = bytes.n, .origin = *origin};
	take(side, &piece, bytes);
}

static void take_gap(void *ctx, uint64_t n, const struct origin *origin)
{
	struct message_side *side = ctx;
	struct messages *messages = side->messages;
	struct session_nmsp *nmsp = nmsp_of(messages);
	nmsp->gaps[side->dir]++;
	struct messages_piece piece = {.dir = side->dir, .is_gap = true, .n = n, .origin = *origin};
	take(side, &piece, span_of(NULL, 0));
}

static void take_end(void *ctx, const struct origin *origin)
{
	struct message_side *side = ctx;
	struct messages *messages = side->messages;
	const struct session_nmsp *nmsp = messages->nmsp;
	side->ended = true;
	side->now = *origin;
	if (nmsp == NULL)
		return;
	if (!nmsp->decided && messages->side[side->dir ^ 1].ended)
		messages_consider(messages, true);
	for (uint8_t dir = 0; dir < 2; dir++)
		if (nmsp->profile != NULL && messages->side[dir].ended)
			finish(&messages->side[dir]);
}

struct messages *messages_new(struct model *model, struct session *session)
{
	struct messages *messages = xcalloc(1, sizeof *messages);
	messages->model = model;
	messages->session = session;
	messages->nmsp = session->nmsp;
	messages->profile = model->profile != NULL ? model->profile : model->learns ? NULL : model->builtin;
	if (session->nmsp != NULL && session->nmsp->decided) /* plaintext comes behind the end of both directions */
		messages->profile = session->nmsp->profile;
	for (uint8_t dir = 0; dir < 2; dir++) {
		messages->side[dir].messages = messages;
		messages->side[dir].dir = dir;
	}
	return messages;
}

void messages_free(struct messages *messages)
{
	if (messages == NULL)
		return;
	for (size_t dir = 0; dir < 2; dir++) {
		frame_free(&messages->side[dir].frame);
		lie_stop(&messages->side[dir].lie);
	}
	messages_hold_free(&messages->hold);
	if (messages->nmsp != NULL && messages->nmsp->live == messages)
		messages->nmsp->live = NULL;
	free(messages);
}

struct sink messages_sink(struct messages *messages, uint8_t dir)
{
	return (struct sink){
	    .ctx = &messages->side[dir], .data = take_data, .gap = take_gap, .end = take_end};
}
