/* The ranks of sessions and their lists; see rank.h. */
#include "analyzer/rank.h"

#include "analyzer/pairs.h"
#include "analyzer/session_trace.h"

#include <string.h>

/* ---- the rank of a session ---- */

/* Strangers that come once are many in a flood; hosts that come again are those that are looked for. */
static bool came_once(const struct session *session)
{
	const struct pair *pair = session->pair;
	return pair != NULL && pair->first == pair->last && pair->evicted.sessions == 0;
}

static enum session_rank rank_of_facts(const struct session *session)
{
	for (uint32_t i = 0; i < session->n_alerts; i++)
		if (!session->alerts[i].encrypted && session->alerts[i].level == TLS_ALERT_FATAL)
			return RANK_FAILED;
	if (session->trace != NULL)
		return session_trace_rank(session);
	if (session->tcp.first_data[0].packet == 0 && session->tcp.first_data[1].packet == 0)
		return RANK_NO_DATA;
	if (!session->tls.seen)
		return RANK_FAILED;
	const uint64_t *records = session->tls.protected_records;
	if (session->closed.packet == 0)
		return records[0] + records[1] > 0 ? RANK_OPEN : RANK_BEGUN;
	return records[0] == 0 ? RANK_FAILED : RANK_CLOSED;
}

static enum session_rank rank_of(const struct session *session)
{
	enum session_rank rank = rank_of_facts(session);
	if (rank != RANK_FAILED)
		return rank;
	if (session->outdone)
		return RANK_REPEATED;
	return came_once(session) ? RANK_FAILED_ONCE : RANK_FAILED;
}

static bool is_failed(enum session_rank rank)
{
	return rank == RANK_FAILED || rank == RANK_FAILED_ONCE;
}

/* ---- lists ---- */

static void unlink_rank(struct model *model, struct session *session)
{
	struct rank *rank = &model->ranks[session->rank];
	*(session->older != NULL ? &session->older->newer : &rank->first) = session->newer;
	*(session->newer != NULL ? &session->newer->older : &rank->last) = session->older;
	rank->n--;
}

static void link_rank(struct model *model, struct session *session, enum session_rank to)
{
	struct rank *rank = &model->ranks[to];
	session->rank = to;
	session->ranked = session->last.packet;
	session->newer = NULL;
	session->older = rank->last;
	*(rank->last != NULL ? &rank->last->newer : &rank->first) = session;
	rank->last = session;
	rank->n++;
}

/* ---- the failed sessions of a pair ---- */

static void forget_failure(struct session *session)
{
	struct pair *pair = session->pair;
	for (uint32_t i = 0; pair != NULL && i < pair->n_failures; i++) {
		if (pair->failures[i] != session)
			continue;
		pair->n_failures--;
		memmove(&pair->failures[i], &pair->failures[i + 1],
		        (pair->n_failures - i) * sizeof(struct session *));
		return;
	}
}

static void note_failure(struct model *model, struct session *session)
{
	struct pair *pair = session->pair;
	if (pair == NULL)
		return;
	if (pair->n_failures == LIMIT_FAILURES) {
		struct session *oldest = pair->failures[0];
		forget_failure(oldest);
		oldest->outdone = true;
		unlink_rank(model, oldest);
		link_rank(model, oldest, RANK_REPEATED);
	}
	pair->failures[pair->n_failures++] = session;
}

/* ---- from outside ---- */

void rank_join(struct model *model, struct session *session)
{
	link_rank(model, session, rank_of(session));
}

void rank_leave(struct model *model, struct session *session)
{
	forget_failure(session);
	unlink_rank(model, session);
}

void rank_update(struct model *model, struct session *session)
{
	enum session_rank rank = rank_of(session), before = session->rank;
	if (rank == before)
		return;
	unlink_rank(model, session);
	link_rank(model, session, rank);
	if (is_failed(before) && !is_failed(rank))
		forget_failure(session);
	if (is_failed(rank) && !is_failed(before))
		note_failure(model, session);
}

static enum session_rank leaves_first(const struct model *model)
{
	const struct rank *ranks = model->ranks;
	uint32_t young = model->n_sessions / LIMIT_YOUNG_PART, room = model->n_sessions / LIMIT_FAILED_PART;
	bool many_failed = ranks[RANK_FAILED].n + ranks[RANK_FAILED_ONCE].n > room;
	const struct {
		enum session_rank rank;
		bool leaves;
	} order[] = {
	    {RANK_CLOSED, true},
	    {RANK_REPEATED, true},
	    {RANK_NO_DATA, ranks[RANK_NO_DATA].n > young},
	    {RANK_BEGUN, ranks[RANK_BEGUN].n > young},
	    {RANK_FAILED_ONCE, many_failed},
	    {RANK_FAILED, many_failed},
	    {RANK_OPEN, true},
	    {RANK_NO_DATA, true},
	    {RANK_BEGUN, true},
	    {RANK_FAILED_ONCE, true},
	    {RANK_FAILED, true},
	};
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (order[i].leaves && ranks[order[i].rank].first != NULL)
			return order[i].rank;
	return RANKS;
}

/* Each step is paid for by a packet of the session that moves, so a flood does not make the walk longer. */
struct session *rank_victim(struct model *model)
{
	enum session_rank rank = leaves_first(model);
	if (rank == RANKS)
		return NULL;
	struct session *session = model->ranks[rank].first;
	while (session->last.packet > session->ranked) {
		unlink_rank(model, session);
		link_rank(model, session, rank);
		session = model->ranks[rank].first;
	}
	return session;
}
