/*
 * Learned framings of a run and the sessions that wait for one; see framing.h. Called by messages_decide.c
 * and when a session is freed.
 */
#include "analyzer/framing.h"

#include "analyzer/xmalloc.h"

#include <stdio.h>
#include <stdlib.h>

struct framing *framing_new(void)
{
	return xcalloc(1, sizeof(struct framing));
}

void framing_free(struct framing *framing)
{
	if (framing == NULL)
		return;
	for (uint32_t i = 0; i < framing->n_learned; i++)
		free(framing->learned[i]);
	free(framing->why);
	free(framing);
}

/* ---- waiting ---- */

static size_t cost(const struct messages_hold *hold)
{
	return hold->room + hold->room_pieces * sizeof hold->pieces[0];
}

struct messages_hold framing_release(struct model *model, struct session_nmsp *nmsp)
{
	struct framing *framing = model->framing;
	struct messages_hold hold = nmsp->waiting.hold;
	if (!nmsp->waiting.waits)
		return (struct messages_hold){0};
	struct session_nmsp *prev = nmsp->waiting.prev, *next = nmsp->waiting.next;
	*(prev != NULL ? &prev->waiting.next : &framing->oldest) = next;
	*(next != NULL ? &next->waiting.prev : &framing->newest) = prev;
	framing->waiting_bytes -= cost(&hold);
	framing->n_waiting--;
	memset(&nmsp->waiting, 0, sizeof nmsp->waiting);
	return hold;
}

void framing_wait(struct model *model, struct session_nmsp *nmsp, struct messages_hold *hold)
{
	struct framing *framing = model->framing;
	nmsp->waiting.hold = *hold;
	nmsp->waiting.waits = true;
	*hold = (struct messages_hold){0};
	nmsp->waiting.prev = framing->newest;
	*(framing->newest != NULL ? &framing->newest->waiting.next : &framing->oldest) = nmsp;
	framing->newest = nmsp;
	framing->waiting_bytes += cost(&nmsp->waiting.hold);
	framing->n_waiting++;
	while (framing->waiting_bytes > LIMIT_FRAMING_WAITING) {
		struct messages_hold dropped = framing_release(model, framing->oldest);
		messages_hold_free(&dropped);
	}
}

/* ---- learning ---- */

static void keep(struct framing *framing, struct learned *learned)
{
	framing->learned[framing->n_learned++] = learned;
	snprintf(learned->profile.name, sizeof learned->profile.name, "learned-%u",
	         (unsigned)framing->n_learned);
}

static void tell_why(struct framing *framing, struct session_nmsp *nmsp, const char *why)
{
	free(framing->why);
	framing->why = xstrdup(why);
	free(nmsp->unlearned);
	nmsp->unlearned = xstrdup(why);
}

/* The question's session, then the latest ones that wait. */
static size_t all_inputs(const struct framing *framing, const struct framing_question *question,
                         struct learn_input inputs[LIMIT_LEARN_INPUTS])
{
	size_t n = 0;
	inputs[n++] = (struct learn_input){.hold = question->hold, .midstream = question->midstream};
	for (const struct session_nmsp *of = framing->newest; of != NULL && n < LIMIT_LEARN_INPUTS;
	     of = of->waiting.prev)
		inputs[n++] =
		    (struct learn_input){.hold = &of->waiting.hold, .midstream = of->session->midstream};
	return n;
}

/* All together are asked now and then only: many sessions that are no NMSP must not cost so much. */
static bool is_power_of_two(uint32_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

bool framing_learn(struct model *model, const struct framing_question *question)
{
	struct framing *framing = model->framing;
	struct learn_input inputs[LIMIT_LEARN_INPUTS];
	if (framing->n_learned == LIMIT_LEARNED_PROFILES || framing->tries >= LIMIT_LEARN_TRIES)
		return false;
	struct learned *learned = xmalloc(sizeof *learned);
	size_t n = all_inputs(framing, question, inputs);
	framing->tries++;
	bool found = learn(inputs, 1, learned);
	if (!found)
		tell_why(framing, question->nmsp, learned->why);
	if (!found && question->last && n > 1 && is_power_of_two(framing->n_waiting))
		found = learn(inputs, n, learned);
	if (found)
		keep(framing, learned);
	else
		free(learned);
	return found;
}
