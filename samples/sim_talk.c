/*
 * The NMSP of the simulators; see sim_talk.h. Called by sim_run.c. The engine follows the script, the
 * controller answers what it is asked in the script's order.
 */
#include "samples/sim_talk.h"

#include "analyzer/origin.h"

enum { ENGINE = 0, CONTROLLER = 1, NOTIFICATION = 298 /* bytes */ };


static bool script_over(const struct sim_talk *talk)
{
	return talk->at >= messages_start.n;
}

/* When the engine speaks next of its own accord. */
static void engine_plans(struct sim_talk *talk, int64_t now)
{
	talk->due = INT64_MAX;
	if (script_over(talk)) {
		if (talk->plan->interval > 0 &&
		    (talk->plan->count == 0 || talk->requests < talk->plan->count))
			talk->due = now + talk->plan->interval;
	} else if (messages_start.items[talk->at].dir == ENGINE) {
		talk->due = now + messages_start.items[talk->at].wait_ms * NS_PER_MS;
	}
}

struct sim_talk sim_talk_new(const struct sim_talk_plan *plan, int64_t now)
{
	struct sim_talk talk = {.plan = plan, .due = INT64_MAX};
	if (plan->dir == ENGINE)
		engine_plans(&talk, now);
	return talk;
}

void sim_talk_free(struct sim_talk *talk)
{
	bytes_free(&talk->in);
	bytes_free(&talk->out);
}

static void engine_hears(struct sim_talk *talk, const struct messages_head *head, int64_t now)
{
	talk->responses += head->type == MESSAGES_ECHO_RESPONSE;
	if (script_over(talk) || messages_start.items[talk->at].type != head->type)
		return;
	talk->at++;
	engine_plans(talk, now);
}

static void answer(struct sim_talk *talk, const struct messages_item *item, uint32_t transaction)
{
	messages_add(&talk->out, item, transaction, false);
	talk->sent++;
}

/* The answer stands behind the next message of this type; what is not in the script has none. */
static void controller_hears(struct sim_talk *talk, const struct messages_head *head, int64_t now)
{
	if (head->type == MESSAGES_ECHO_REQUEST) {
		talk->requests++;
		talk->responses++;
		answer(talk, &messages_echo.items[1], head->transaction);
		return;
	}
	for (size_t i = talk->at; i + 1 < messages_start.n; i++) {
		const struct messages_item *item = &messages_start.items[i];
		if (item->dir != ENGINE || item->type != head->type)
			continue;
		answer(talk, item + 1, head->transaction);
		talk->at = i + 2;
		if (talk->due == INT64_MAX && talk->plan->interval > 0 &&
		    head->type == MESSAGES_SERVICE_SUBSCRIBE_REQUEST)
			talk->due = now + talk->plan->interval;
		return;
	}
}

void sim_talk_read(struct sim_talk *talk, struct span bytes, int64_t now)
{
	bytes_add(&talk->in, bytes);
	struct span left = bytes_span(&talk->in);
	struct messages_head head;
	while (!talk->bad && messages_head(left, &head)) {
		talk->bad = head.length == 0;
		if (talk->bad || head.length > left.n)
			break;
		talk->received++;
		if (talk->plan->dir == ENGINE)
			engine_hears(talk, &head, now);
		else
			controller_hears(talk, &head, now);
		left = span_cut(left, head.length, left.n);
	}
	struct bytes rest = {.p = NULL};
	bytes_add(&rest, left);
	bytes_free(&talk->in);
	talk->in = rest;
}

static void engine_says(struct sim_talk *talk, int64_t now, struct bytes *out)
{
	const struct messages_item *item = &messages_echo.items[0];
	if (script_over(talk))
		talk->requests++;
	else
		item = &messages_start.items[talk->at++];
	messages_add(out, item, ++talk->transaction, false);
	engine_plans(talk, now);
}

static void controller_says(struct sim_talk *talk, int64_t now, struct bytes *out)
{
	messages_add_bulk(out, CONTROLLER, NOTIFICATION, NOTIFICATION - MESSAGES_BULK_HEAD, talk->transaction, false);
	talk->notifications++;
	talk->due = now + talk->plan->interval;
	if (talk->plan->count != 0 && talk->notifications >= talk->plan->count)
		talk->due = INT64_MAX;
}

bool sim_talk_next(struct sim_talk *talk, int64_t now, struct bytes *out)
{
	if (talk->out.n > 0) {
		bytes_add(out, bytes_span(&talk->out));
		bytes_clear(&talk->out);
		return true;
	}
	if (now < talk->due)
		return false;
	talk->sent++;
	if (talk->plan->dir == ENGINE)
		engine_says(talk, now, out);
	else
		controller_says(talk, now, out);
	return true;
}

bool sim_talk_over(const struct sim_talk *talk)
{
	if (talk->plan->count == 0)
		return false;
	if (talk->plan->dir == CONTROLLER)
		return talk->notifications >= talk->plan->count;
	return talk->requests >= talk->plan->count && talk->responses >= talk->requests;
}
