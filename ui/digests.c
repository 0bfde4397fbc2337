/* Digests with what they rest on; see digests.h. */
#include "ui/digests.h"

#include "analyzer/xmalloc.h"
#include "ui/feeds.h"

#include <stdlib.h>

#define GLANCES 64       /* sessions that are glanced at between two looks at the clock */
#define CALM    NS_PER_S /* how often a session that merely goes on is computed, and the capture as a whole */

/* What a session was like when its digest was computed. */
struct look {
	uint32_t id;
	enum session_state state;
	uint32_t steps, alerts, certs;
	uint64_t closed, last, opened; /* packets; records */
	int64_t at;                    /* monotonic; 0 = never */
};

struct digests {
	struct view *view;
	uint32_t only;
	struct look *looks; /* beside view->digests */
	size_t room, next;  /* next: whose turn it is */
	struct findings *findings;
	int64_t captured; /* when the capture's findings were computed */
	int64_t rated;    /* when bytes were counted */
};

struct digests *digests_new(struct view *view, uint32_t only)
{
	struct digests *digests = xcalloc(1, sizeof *digests);
	digests->view = view;
	digests->only = only;
	digests->findings = xcalloc(1, sizeof *digests->findings);
	return digests;
}

void digests_free(struct digests *digests)
{
	if (digests == NULL)
		return;
	free(digests->looks);
	free(digests->findings);
	free(digests);
}

void digests_forget(struct digests *digests)
{
	digests->view->n_digests = 0;
	digests->captured = 0;
}

/* ---- which sessions there are ---- */

static void make_room(struct digests *digests)
{
	struct view *view = digests->view;
	size_t need = view->n_digests + view->model->n_sessions;
	if (digests->room >= need && view->digests != NULL)
		return;
	digests->room = 2 * need + 1;
	view->digests = xrealloc(view->digests, digests->room * sizeof *view->digests);
	digests->looks = xrealloc(digests->looks, digests->room * sizeof *digests->looks);
}

/*
 * Both lists are in order of numbers. Those that are kept move up in place; new ones, which have the highest
 * numbers, follow. The first loop never reads a session that is gone: only numbers are compared.
 */
static void follow_model(struct digests *digests, bool take_new)
{
	struct view *view = digests->view;
	size_t kept = 0, i = 0;
	make_room(digests);
	for (const struct session *s = view->model->first; s != NULL; s = s->next) {
		if (digests->only != 0 && s->id != digests->only)
			continue;
		while (i < view->n_digests && digests->looks[i].id < s->id)
			i++;
		if (i < view->n_digests && digests->looks[i].id == s->id) {
			digests->looks[kept] = digests->looks[i];
			view->digests[kept] = view->digests[i++];
			view->digests[kept++].session =
			    s; /* in another copy of the model it is another one */
		} else if (take_new && i == view->n_digests) {
			digests->looks[kept] = (struct look){.id = s->id};
			view->digests[kept++] = (struct view_digest){.session = s};
			view->n_digests = i = kept > view->n_digests ? kept : view->n_digests;
		}
	}
	view->n_digests = kept;
}

/* ---- what follows from them ---- */

static struct look look_at(const struct view *view, const struct session *session)
{
	return (struct look){.id = session->id,
	                     .state = session_state(session, session_now(view->model, session)),
	                     .steps = session->n_steps,
	                     .alerts = session->n_alerts,
	                     .certs = session->n_certs,
	                     .closed = session->closed.packet,
	                     .last = session->last.packet,
	                     .opened = session->tls.opened[0] + session->tls.opened[1]};
}

static bool has_moved(const struct look *before, const struct look *now)
{
	return before->at == 0 || before->state != now->state || before->steps != now->steps ||
	       before->alerts != now->alerts || before->certs != now->certs || before->closed != now->closed;
}

static bool is_due(const struct look *before, const struct look *now, int64_t clock)
{
	bool goes_on = before->last != now->last || before->opened != now->opened;
	return has_moved(before, now) || (goes_on && clock - before->at >= CALM);
}

/* Of the same severity what cures comes first. */
static void note_gravest(const struct findings *findings, struct view_digest *out)
{
	uint32_t n = 0;
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO; severity--)
		for (uint32_t i = 0; i < 2 * findings->n && n < VIEW_DIGEST_FINDINGS; i++) {
			const struct finding *finding = &findings->list[i % findings->n];
			if ((int)finding->severity != severity || finding->cure != (i < findings->n))
				continue;
			out->found[n].id = finding->id;
			out->found[n++].severity = finding->severity;
		}
}

static void compute(struct digests *digests, struct view_digest *out)
{
	const struct view *view = digests->view;
	struct findings *findings = digests->findings;
	struct session_auth auth;
	findings_of_session(view->model, out->session, findings);
	session_auth(view->model, out->session, &auth);
	out->known = true;
	out->stale = true;
	out->findings = findings_set_of(findings);
	out->n_findings = findings->n;
	out->observed = auth.observed;
	out->observed_inferred = auth.inferred;
	out->predicted = auth.decision.prediction;
	const struct finding *leading = findings_leading(findings);
	out->gravest = leading != NULL ? leading->id : NULL;
	out->severity = leading != NULL ? leading->severity : SEVERITY_INFO;
	note_gravest(findings, out);
}

/* What came in the second that has gone by. */
static void count_bytes(struct view *view)
{
	for (size_t i = 0; i < view->n_digests; i++) {
		struct view_digest *digest = &view->digests[i];
		uint64_t bytes = digest->session->tcp.bytes[0] + digest->session->tcp.bytes[1];
		uint64_t more = bytes > digest->counted ? bytes - digest->counted : 0;
		memmove(digest->rates, &digest->rates[1], (VIEW_RATES - 1) * sizeof digest->rates[0]);
		digest->rates[VIEW_RATES - 1] = more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
		digest->counted = bytes;
	}
}

/* Each has its turn, also where some change all the time. */
static bool compute_some(struct digests *digests, int64_t clock, int64_t budget)
{
	struct view *view = digests->view;
	for (size_t i = 0; i < view->n_digests; i++) {
		size_t at = (digests->next + i) % view->n_digests;
		struct view_digest *digest = &view->digests[at];
		struct look now = look_at(view, digest->session);
		bool due = is_due(&digests->looks[at], &now, clock);
		if ((due || i % GLANCES == 0) && feeds_clock() - clock >= budget) {
			digests->next = at;
			return false;
		}
		if (!due)
			continue;
		compute(digests, digest);
		digests->looks[at] = now;
		digests->looks[at].at = clock;
	}
	return true;
}

bool digests_update(struct digests *digests, int64_t now, int64_t budget)
{
	follow_model(digests, true);
	if (budget == 0)
		return true;
	if (digests->captured == 0 || now - digests->captured >= CALM) {
		findings_of_capture(digests->view->model, &digests->view->capture);
		digests->captured = now;
	}
	if (now - digests->rated >= NS_PER_S) {
		count_bytes(digests->view);
		digests->rated = now;
	}
	return compute_some(digests, now, budget);
}

void digests_hold(struct digests *digests)
{
	follow_model(digests, false);
}
