/*
 * By which profile a connection's plaintext is cut: the user's, else assumed-1 if it tiles the first
 * messages, else one that was learned, else none (design.md section 5). Called by messages.c. A session
 * without one waits: when a profile is learned from another, what is held of it is cut again.
 */
#include "analyzer/messages_parts.h"

#include "analyzer/framing.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define MISFITS_FORGIVEN 3  /* so many named messages outweigh a place where none can start */
#define FEW              4  /* messages that prove something, though an incomplete one follows */
#define FIRST_TRY        16 /* pieces; then twice as many, and so on */

/* ---- trying ---- */

/* A long message that has only begun speaks, too, when its type is published: its end may be anywhere. */
static void count_begun(const struct messages *messages, uint32_t *tried, uint32_t *named)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		const struct frame *frame = &messages->side[dir].frame;
		if (!frame->open || frame->damaged)
			continue;
		struct nmsp_message message;
		nmsp_decode(messages->profile, span_of(frame->kept, frame->n), &message);
		++*tried;
		*named += messages->profile->n_messages == 0 || (message.known != NULL && !message.known->assumed);
	}
}

/* Lengths alone may tile by chance, and one message that lies must not hide all others. */
static bool is_believed(const struct messages *messages)
{
	const struct session_nmsp *nmsp = messages->nmsp;
	uint32_t tried = nmsp->tried, named = nmsp->named, published = messages->published;
	if (messages->profile == NULL || 2 * nmsp->fitted < nmsp->tried)
		return false;
	count_begun(messages, &tried, &named);
	published += named - nmsp->named;
	return named > 0 && 2 * published >= named && 2 * named >= tried && named >= MISFITS_FORGIVEN * nmsp->misfits;
}

/*
 * Every byte belongs to messages of this side, most of them named: one whole message when nothing is left over,
 * else a few.
 */
static bool is_exact(const struct messages *messages)
{
	const struct session_nmsp *nmsp = messages->nmsp;
	const uint64_t *engine = messages->votes.engine;
	uint32_t tried = nmsp->tried, named = nmsp->named;
	if (messages->profile == NULL || nmsp->misfits > 0 || (engine[0] > 0 && engine[1] > 0))
		return false;
	if (2 * messages->published < named || nmsp->fitted < nmsp->tried)
		return false;
	bool idle = frame_idle(&messages->side[0].frame) && frame_idle(&messages->side[1].frame);
	count_begun(messages, &tried, &named);
	return nmsp->tried >= (idle ? 1 : FEW) && 4 * named >= 3 * tried && named > 0;
}

/* No other framing needs to be looked for: a few that fit outweigh one that lies. */
static bool is_sure(const struct messages *messages)
{
	return is_exact(messages) || (is_believed(messages) && messages->nmsp->named >= FEW);
}

static void try_profile(struct messages *messages, const struct profile *profile)
{
	struct session_nmsp *nmsp = messages->nmsp;
	nmsp->tried = nmsp->named = nmsp->fitted = nmsp->misfits = 0;
	messages->votes = (struct messages_votes){{0, 0}};
	messages->published = 0;
	messages->profile = profile;
	messages_reset(messages);
	if (profile != NULL)
		messages_replay(messages);
}

/* The first of those that were learned which fits; NULL when none does, and nothing is changed then. */
static const struct learned *find_learned(struct messages *messages)
{
	const struct framing *framing = messages->model->framing;
	const struct profile *before = messages->profile;
	for (uint32_t i = 0; i < framing->n_learned; i++) {
		try_profile(messages, &framing->learned[i]->profile);
		if (is_exact(messages))
			return framing->learned[i];
	}
	if (framing->n_learned > 0)
		try_profile(messages, before);
	return NULL;
}

/* ---- deciding ---- */

static void adopt(struct messages *messages, const struct learned *learned)
{
	struct session_nmsp *nmsp = messages->nmsp;
	count_begun(messages, &nmsp->tried, &nmsp->named);
	nmsp->decided = true;
	nmsp->profile = messages->profile;
	nmsp->learned = learned;
	free(nmsp->unlearned);
	nmsp->unlearned = NULL;
	messages_reset(messages);
	nmsp->roles_told = messages_votes_tell(&messages->votes, messages->model, messages->session);
	messages_replay(messages);
	messages_hold_free(&messages->hold);
}

/* What came after the hold is lost; what comes is cut. */
static void go_on(struct messages *messages)
{
	struct session_nmsp *nmsp = messages->nmsp;
	for (uint8_t dir = 0; dir < 2; dir++) {
		if (nmsp->passed[dir] > 0 || nmsp->passed_gap[dir])
			messages_pass(messages, dir, nmsp->passed_gap[dir] ? 0 : nmsp->passed[dir],
			              &nmsp->last);
		if (messages->side[dir].ended)
			messages_finish(messages, dir);
	}
}

static void cut_again(struct model *model, struct session_nmsp *nmsp)
{
	bool live = nmsp->live != NULL;
	struct messages *messages = live ? nmsp->live : messages_new(model, nmsp->session);
	messages->nmsp = nmsp;
	messages->side[0].ended = messages->side[0].ended || !live;
	messages->side[1].ended = messages->side[1].ended || !live;
	messages->hold = framing_release(model, nmsp);
	nmsp->decided = false;
	const struct learned *learned = find_learned(messages);
	if (learned != NULL) {
		adopt(messages, learned);
		go_on(messages);
	} else {
		nmsp->decided = true;
		framing_wait(model, nmsp, &messages->hold);
	}
	if (!live)
		messages_free(messages);
}

/* A profile was learned: each session that waits is tried once. */
static void cut_waiting(struct model *model)
{
	for (uint32_t left = model->framing->n_waiting; left > 0 && model->framing->oldest != NULL; left--)
		cut_again(model, model->framing->oldest);
}

static void give_up(struct messages *messages)
{
	struct session_nmsp *nmsp = messages->nmsp;
	nmsp->decided = true;
	messages_reset(messages);
	framing_wait(messages->model, nmsp, &messages->hold);
}

/* True when a profile was learned; it need not be the one of this session. */
static bool ask_learner(struct messages *messages, bool last)
{
	struct framing_question question = {.nmsp = messages->nmsp,
	                                    .hold = &messages->hold,
	                                    .midstream = messages->session->midstream,
	                                    .last = last};
	messages->next_try = 2 * messages->hold.n_pieces;
	return framing_learn(messages->model, &question);
}

static void decide(struct messages *messages, bool last)
{
	bool given = messages->model->profile != NULL;
	const struct learned *learned = NULL;
	bool fits = given || is_sure(messages), fresh = false;
	if (!fits)
		learned = find_learned(messages);
	if (!fits && learned == NULL) {
		fresh = ask_learner(messages, last);
		learned = fresh ? find_learned(messages) : NULL;
	}
	messages->learned = messages->model->framing->n_learned;
	bool early = !last && !messages_settled(messages);
	if (fits || learned != NULL || (is_believed(messages) && !early))
		adopt(messages, learned);
	else if (last)
		give_up(messages);
	if (fresh)
		cut_waiting(messages->model);
}

/* Without --learn the sooner the better; with it, the more is held the better. */
static bool is_time(struct messages *messages)
{
	const struct model *model = messages->model;
	bool settled = messages_settled(messages);
	if (model->profile != NULL)
		return settled;
	if (model->learns)
		return false;
	if (settled && !messages->heard) {
		messages->heard = true;
		return true;
	}
	if (model->framing->n_learned > messages->learned)
		return true;
	size_t next = messages->next_try > 0 ? messages->next_try : FIRST_TRY;
	return messages->hold.n_pieces >= next && !is_sure(messages);
}

void messages_consider(struct messages *messages, bool over)
{
	bool last = over || messages_hold_full(&messages->hold);
	if (last || is_time(messages))
		decide(messages, last);
}
