/*
 * Intervals, and who went quiet first: by the echoes that were read, or else by those that sizes and times
 * show. Called on demand through session.h. Pure.
 */
#include "analyzer/infer.h"
#include "analyzer/session.h"
#include "analyzer/session_nmsp.h"

#define SILENT_INTERVALS 3 /* design.md section 4 */
#define WAITED_INTERVALS 2 /* facts.md section 5: 30 s without an answer */

static bool has_echoes(const struct session *session)
{
	return session->nmsp != NULL && session->nmsp->echo.requests > 0;
}

int64_t session_intervals(const struct session *session, int64_t n)
{
	struct infer_rhythm echo;
	if (!has_echoes(session) && infer_echo(session->infer, &echo))
		return n * echo.interval;
	return echo_intervals(session->nmsp != NULL ? &session->nmsp->echo : NULL, n);
}

bool session_infer_whole(const struct session *session)
{
	return session->infer != NULL && !session_one_sided(session) && session->tls.resyncs == 0 &&
	       session->tcp.gaps[0] + session->tcp.gaps[1] == 0 && session->tcp.cut_packets == 0;
}

static void say(struct session_quiet *out, const struct session *session, bool controller,
                const struct origin *last)
{
	out->known = true;
	out->dir = controller ? session->controller : session_engine(session);
	out->last = *last;
}

/* The engine has asked for nothing any more, and all that it asked for was answered. */
static bool engine_owes(const struct session *session, const struct origin *last, int64_t now)
{
	return session->closed.packet == 0 && last->packet != 0 &&
	       origin_elapsed(last->time, now) >= session_intervals(session, SILENT_INTERVALS);
}

static void by_echoes(const struct session *session, int64_t now, struct session_quiet *out)
{
	const struct echo *echo = &session->nmsp->echo;
	const struct echo_pending *first = echo_unanswered(echo);
	if (!session_nmsp_whole(session) || echo->strays > 0 || echo_interval(echo) < 0)
		return;
	if (first == NULL) {
		if (engine_owes(session, &echo->last_request, now))
			say(out, session, false, &echo->last_request);
		return;
	}
	bool left = session->closed.packet != 0 && session->closed_by == session->controller;
	int64_t waited = origin_elapsed(first->at.time, session_nmsp_until(session, now));
	if (!left && waited >= ECHO_PATIENCE && waited >= echo_intervals(echo, WAITED_INTERVALS))
		say(out, session, true, echo->responses > 0 ? &echo->last_response : &first->at);
}

static void by_sizes(const struct session *session, int64_t now, struct session_quiet *out)
{
	struct infer_rhythm echo;
	out->inferred = true;
	if (!session_infer_whole(session) || !infer_echo(session->infer, &echo))
		return;
	bool left = session->closed.packet != 0 && session->closed_by == session->controller;
	if (!left && infer_silence(&echo, session_nmsp_until(session, now)) != NULL)
		say(out, session, true, &echo.pair->last_answer);
	else if (echo.pair->lonely == 0 && engine_owes(session, &echo.pair->last_request, now))
		say(out, session, false, &echo.pair->last_request);
}

void session_quiet(const struct session *session, int64_t now, struct session_quiet *out)
{
	*out = (struct session_quiet){0};
	if (has_echoes(session))
		by_echoes(session, now, out);
	else if (session->infer != NULL)
		by_sizes(session, now, out);
}
