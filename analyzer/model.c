/*
 * The model's storage: the list of sessions and their growing arrays, each with its cap. Called by the
 * analysis; decides nothing about what the facts mean.
 */
#include "analyzer/rsa_key.h"
#include "analyzer/model.h"

#include "analyzer/clocks.h"
#include "analyzer/framing.h"
#include "analyzer/infer.h"
#include "analyzer/pairs.h"
#include "analyzer/rank.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/session_trace.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define NMSP_PORT 16113

struct model *model_new(void)
{
	struct model *model = xcalloc(1, sizeof *model);
	model->capture.first = INT64_MIN;
	model->capture.last = INT64_MIN;
	model->capture.until = INT64_MIN;
	model->next_id = 1;
	model->ports[0] = NMSP_PORT;
	model->n_ports = 1;
	model->certs = certs_new();
	model->clocks = clocks_new();
	model->pairs = pairs_new();
	tls_holds_init(&model->waiting);
	model->gap_work = LIMIT_GAP_WORK_ALL;
	model->learned = keylog_new();
	keylog_set_limit(model->learned, LIMIT_FOLLOWED_SECRETS);
	authlist_init(&model->authlist, model->certs);
	model->builtin = xmalloc(sizeof *model->builtin);
	profile_builtin(model->builtin);
	model->framing = framing_new();
	return model;
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	model->leaving.tell = NULL;
	while (model->first != NULL)
		model_drop_session(model, model->first);
	for (uint32_t i = 0; i < model->capture.n_inputs; i++) {
		free(model->capture.inputs[i].name);
		free(model->capture.inputs[i].kind);
		free(model->capture.inputs[i].error);
		if (model->capture.inputs[i].trace != NULL)
			free(model->capture.inputs[i].trace->notes);
		free(model->capture.inputs[i].trace);
	}
	free(model->capture.inputs);
	authlist_free(&model->authlist);
	certs_free(model->certs);
	clocks_free(model->clocks);
	pairs_free(model->pairs);
	free(model->profile);
	free(model->builtin);
	framing_free(model->framing);
	keylog_free(model->keylog);
	keylog_free(model->learned);
	rsa_keys_free(model->rsa_keys);
	free(model);
}

int64_t model_now(const struct model *model)
{
	const struct capture *capture = &model->capture;
	return capture->until > capture->last ? capture->until : capture->last;
}

bool model_is_port(const struct model *model, uint16_t port)
{
	for (uint32_t i = 0; i < model->n_ports; i++)
		if (model->ports[i] == port)
			return true;
	return false;
}

uint32_t model_add_input(struct model *model, const char *name)
{
	struct capture *capture = &model->capture;
	capture->inputs = xrealloc(capture->inputs, (capture->n_inputs + 1) * sizeof *capture->inputs);
	capture->inputs[capture->n_inputs] =
	    (struct capture_input){.name = xstrdup(name), .dropped = -1, .missed = -1, .rate = -1};
	if (model->redact != NULL)
		redact_text(model->redact, (uint8_t *)capture->inputs[capture->n_inputs].name, strlen(name));
	return capture->n_inputs++;
}

void model_is_redacted(struct model *model)
{
	model->capture.redacted = true;
	certs_are_redacted(model->certs);
}

void model_note_unknown_link(struct model *model, uint32_t linktype)
{
	struct capture *capture = &model->capture;
	for (uint32_t i = 0; i < capture->n_unknown_links; i++) {
		if (capture->unknown_links[i].linktype == linktype) {
			capture->unknown_links[i].packets++;
			return;
		}
	}
	size_t room = sizeof capture->unknown_links / sizeof capture->unknown_links[0];
	if (capture->n_unknown_links < room)
		capture->unknown_links[capture->n_unknown_links++] = (struct unknown_link){linktype, 1};
}

/* ---- sessions ---- */

struct session *model_add_session(struct model *model, const struct origin *opened)
{
	struct session *session = xcalloc(1, sizeof *session);
	session->id = model->next_id++;
	session->opened = *opened;
	session->last = *opened;
	session->prev = model->last;
	if (model->last != NULL)
		model->last->next = session;
	else
		model->first = session;
	model->last = session;
	model->n_sessions++;
	rank_join(model, session);
	return session;
}

static void unlink_session(struct model *model, struct session *session)
{
	rank_leave(model, session);
	if (session->prev != NULL)
		session->prev->next = session->next;
	else
		model->first = session->next;
	if (session->next != NULL)
		session->next->prev = session->prev;
	else
		model->last = session->prev;
	model->n_sessions--;
}

void model_join(struct model *model, struct session *wire, struct session *trace)
{
	unlink_session(model, trace);
	wire->traced = trace;
}

static void free_session(struct model *model, struct session *session)
{
	if (session->traced != NULL)
		free_session(model, session->traced);
	for (uint32_t i = 0; i < session->n_certs; i++)
		certs_give_back(model->certs, session->certs[i].cert);
	session_nmsp_free(model, session->nmsp);
	infer_free(session->infer);
	session_trace_free(model, session->trace);
	for (size_t i = 0; i < TOLD_MESSAGES; i++)
		free(session->tls.told[i]);
	free(session->steps);
	free(session->alerts);
	free(session->certs);
	free(session->icmp);
	free(session);
}

void model_drop_session(struct model *model, struct session *session)
{
	struct capture *capture = &model->capture;
	if (model->leaving.tell != NULL)
		model->leaving.tell(model->leaving.ctx, session);
	capture->evicted_sessions++;
	capture->evicted_packets += session->tcp.packets[0] + session->tcp.packets[1];
	unlink_session(model, session);
	pairs_drop(model->pairs, session);
	free_session(model, session);
}

void *model_grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room += *room / 4 + 1;
	return xrealloc(array, *room * size);
}

struct step *model_add_step(struct model *model, struct session *session, const struct step *step)
{
	if (session->n_steps >= LIMIT_STEPS) {
		session->steps_dropped++;
		model_hit(model, HIT_STEPS, &step->at);
		return NULL;
	}
	session->steps = model_grow(session->steps, session->n_steps, &session->room_steps, sizeof *step);
	session->steps[session->n_steps] = *step;
	session->steps[session->n_steps].place = session->tls.place;
	return &session->steps[session->n_steps++];
}

void model_add_alert(struct model *model, struct session *session, const struct alert_seen *alert)
{
	if (session->n_alerts >= LIMIT_ALERTS) {
		session->alerts_dropped++;
		model_hit(model, HIT_ALERTS, &alert->at);
		return;
	}
	session->alerts =
	    model_grow(session->alerts, session->n_alerts, &session->room_alerts, sizeof *alert);
	session->alerts[session->n_alerts] = *alert;
	session->alerts[session->n_alerts++].place = session->tls.place;
}

void model_add_cert(struct model *model, struct session *session, const struct cert_seen *seen)
{
	if (session->n_certs >= LIMIT_CHAINS) {
		model_hit(model, HIT_CHAINS, &seen->at);
		certs_give_back(model->certs, seen->cert);
		return;
	}
	session->certs = model_grow(session->certs, session->n_certs, &session->room_certs, sizeof *seen);
	session->certs[session->n_certs++] = *seen;
}

void model_add_icmp(struct session *session, const struct icmp_seen *seen)
{
	if (session->n_icmp >= LIMIT_ICMP)
		return;
	session->icmp = model_grow(session->icmp, session->n_icmp, &session->room_icmp, sizeof *seen);
	session->icmp[session->n_icmp++] = *seen;
}

void model_hit(struct model *model, enum limit limit, const struct origin *at)
{
	if (model->capture.hits[limit]++ == 0)
		model->capture.first_hit[limit] = *at;
}

void model_forget_encrypted(struct session *session)
{
	uint64_t place = session->tls.place;
	uint32_t n = 0;
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (!session->steps[i].encrypted || session->steps[i].place != place)
			session->steps[n++] = session->steps[i];
	session->n_steps = n;
	n = 0;
	for (uint32_t i = 0; i < session->n_alerts; i++)
		if (!session->alerts[i].encrypted || session->alerts[i].place != place)
			session->alerts[n++] = session->alerts[i];
	session->n_alerts = n;
}

void model_sort_events(struct session *session)
{
	for (uint32_t i = 1; i < session->n_steps; i++) {
		struct step step = session->steps[i];
		uint32_t at = i;
		for (; at > 0 && session->steps[at - 1].place > step.place; at--)
			session->steps[at] = session->steps[at - 1];
		session->steps[at] = step;
	}
	for (uint32_t i = 1; i < session->n_alerts; i++) {
		struct alert_seen alert = session->alerts[i];
		uint32_t at = i;
		for (; at > 0 && session->alerts[at - 1].place > alert.place; at--)
			session->alerts[at] = session->alerts[at - 1];
		session->alerts[at] = alert;
	}
}

/* A time that is not known comes last. */
static bool opened_later(const struct session *session, const struct session *other)
{
	int64_t time = session->opened.time, others = other->opened.time;
	if (others == ORIGIN_NO_TIME)
		return false;
	return time == ORIGIN_NO_TIME || time > others;
}

static int by_time(const void *left, const void *right)
{
	const struct session *a = *(struct session *const *)left, *b = *(struct session *const *)right;
	if (opened_later(a, b) || opened_later(b, a))
		return opened_later(a, b) ? 1 : -1;
	return a->id < b->id ? -1 : 1;
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return a < b ? -1 : a > b;
}

void model_number_by_time(struct model *model)
{
	uint32_t n = model->n_sessions, n_ids = 0, i = 0;
	struct session **sessions = xcalloc((size_t)n + 1, sizeof(struct session *));
	uint32_t *ids = xcalloc(2 * (size_t)n + 1, sizeof *ids);
	for (struct session *s = model->first; s != NULL; s = s->next, i++) {
		sessions[i] = s;
		ids[n_ids++] = s->id;
		if (s->traced != NULL)
			ids[n_ids++] = s->traced->id; /* free since it was joined */
	}
	qsort(sessions, n, sizeof(struct session *), by_time);
	qsort(ids, n_ids, sizeof *ids, by_number);
	for (i = 0; i < n; i++) {
		sessions[i]->id = ids[i];
		sessions[i]->prev = i > 0 ? sessions[i - 1] : NULL;
		sessions[i]->next = i + 1 < n ? sessions[i + 1] : NULL;
	}
	model->first = n > 0 ? sessions[0] : NULL;
	model->last = n > 0 ? sessions[n - 1] : NULL;
	free(sessions);
	free(ids);
}
