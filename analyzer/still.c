/* The copy of the model; see still.h. Each part of a session that it owns is copied by a function of its own.
 */
#include "analyzer/still.h"

#include "analyzer/infer.h"
#include "analyzer/memory.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/session_trace.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

/* NULL stays NULL. */
static void *copy_of(const void *list, size_t n, size_t size)
{
	return list == NULL ? NULL : xmemdup(list, n * size);
}

static char *text_of(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

/* ---- NMSP ---- */

static size_t nmsp_size(const struct session_nmsp *nmsp)
{
	if (nmsp == NULL)
		return 0;
	return sizeof *nmsp + nmsp->kept_bytes + nmsp->n_counts * sizeof *nmsp->counts +
	       nmsp->n_notes * sizeof *nmsp->notes + nmsp->n_capabilities * sizeof *nmsp->capabilities +
	       nmsp->n_subscriptions * sizeof *nmsp->subscriptions +
	       (nmsp->echo.round_trips.room + nmsp->echo.spacings.room) * sizeof(uint32_t) +
	       nmsp->echo.line_room * sizeof(struct echo_moment) +
	       nmsp->echo.room_pending * sizeof(struct echo_pending);
}

static void copy_messages(struct session_nmsp *copy, const struct session_nmsp *nmsp)
{
	copy->oldest = copy->newest = NULL;
	for (const struct nmsp_kept *kept = nmsp->oldest; kept != NULL; kept = kept->next) {
		struct nmsp_kept *to = xmemdup(kept, sizeof *kept + kept->n);
		to->owner = copy;
		to->next = to->older = to->newer = NULL;
		*(copy->newest != NULL ? &copy->newest->next : &copy->oldest) = to;
		copy->newest = to;
	}
}

static struct session_nmsp *copy_nmsp(struct session *session, const struct session_nmsp *nmsp)
{
	if (nmsp == NULL)
		return NULL;
	struct session_nmsp *copy = xmemdup(nmsp, sizeof *nmsp);
	struct echo_samples *trips = &copy->echo.round_trips, *spacings = &copy->echo.spacings;
	copy->session = session;
	copy->counts = copy_of(nmsp->counts, nmsp->n_counts, sizeof *nmsp->counts);
	copy->notes = copy_of(nmsp->notes, nmsp->n_notes, sizeof *nmsp->notes);
	copy->capabilities = copy_of(nmsp->capabilities, nmsp->n_capabilities, sizeof *nmsp->capabilities);
	copy->subscriptions =
	    copy_of(nmsp->subscriptions, nmsp->n_subscriptions, sizeof *nmsp->subscriptions);
	trips->list = copy_of(trips->list, trips->room, sizeof *trips->list);
	spacings->list = copy_of(spacings->list, spacings->room, sizeof *spacings->list);
	copy->echo.line = copy_of(nmsp->echo.line, nmsp->echo.line_room, sizeof *nmsp->echo.line);
	copy->echo.pending = copy_of(nmsp->echo.pending, nmsp->echo.room_pending, sizeof *nmsp->echo.pending);
	copy_messages(copy, nmsp);
	return copy;
}

static void free_nmsp(struct session_nmsp *nmsp)
{
	if (nmsp == NULL)
		return;
	for (struct nmsp_kept *kept = nmsp->oldest, *next; kept != NULL; kept = next) {
		next = kept->next;
		free(kept);
	}
	free(nmsp->counts);
	free(nmsp->notes);
	free(nmsp->capabilities);
	free(nmsp->subscriptions);
	echo_free(&nmsp->echo);
	free(nmsp);
}

/* ---- traces ---- */

static size_t trace_size(const struct session_trace *trace)
{
	return trace == NULL ? 0
	                     : sizeof *trace + trace->n_events * sizeof *trace->events +
	                           trace->n_messages * sizeof *trace->messages;
}

static struct session_trace *copy_trace(const struct session_trace *trace)
{
	if (trace == NULL)
		return NULL;
	struct session_trace *copy = xmemdup(trace, sizeof *trace);
	copy->events = copy_of(trace->events, trace->n_events, sizeof *trace->events);
	copy->messages = copy_of(trace->messages, trace->n_messages, sizeof *trace->messages);
	return copy;
}

static void free_trace(struct session_trace *trace)
{
	if (trace == NULL)
		return;
	free(trace->events);
	free(trace->messages);
	free(trace);
}

/* ---- sessions ---- */

static size_t session_size(const struct session *s)
{
	size_t traced = s->traced == NULL ? 0 : session_size(s->traced); /* which has none itself */
	return sizeof *s + s->n_steps * sizeof *s->steps + s->n_alerts * sizeof *s->alerts +
	       s->n_certs * sizeof *s->certs + s->n_icmp * sizeof *s->icmp + nmsp_size(s->nmsp) +
	       infer_bytes(s->infer) + trace_size(s->trace) + traced;
}

static struct session *copy_session(const struct model *model, const struct session *s)
{
	struct session *copy = xmemdup(s, sizeof *s);
	copy->steps = copy_of(s->steps, s->n_steps, sizeof *s->steps);
	copy->alerts = copy_of(s->alerts, s->n_alerts, sizeof *s->alerts);
	copy->certs = copy_of(s->certs, s->n_certs, sizeof *s->certs);
	copy->icmp = copy_of(s->icmp, s->n_icmp, sizeof *s->icmp);
	for (uint32_t i = 0; i < s->n_certs; i++)
		certs_share(model->certs, s->certs[i].cert);
	copy->nmsp = copy_nmsp(copy, s->nmsp);
	copy->infer = infer_copy(s->infer);
	copy->trace = copy_trace(s->trace);
	copy->traced = s->traced == NULL ? NULL : copy_session(model, s->traced);
	copy->prev = copy->next = copy->pair_prev = copy->pair_next = copy->older = copy->newer = NULL;
	copy->pair = NULL;
	copy->conn = NULL;
	return copy;
}

static void free_session(struct model *still, struct session *session)
{
	if (session->traced != NULL)
		free_session(still, session->traced);
	for (uint32_t i = 0; i < session->n_certs; i++)
		certs_give_back(still->certs, session->certs[i].cert);
	free_nmsp(session->nmsp);
	infer_free(session->infer);
	free_trace(session->trace);
	free(session->steps);
	free(session->alerts);
	free(session->certs);
	free(session->icmp);
	free(session);
}

/* ---- inputs ---- */

static struct trace_reading *copy_reading(const struct trace_reading *reading)
{
	if (reading == NULL)
		return NULL;
	struct trace_reading *copy = xmemdup(reading, sizeof *reading);
	copy->notes = copy_of(reading->notes, reading->n_notes, sizeof *reading->notes);
	return copy;
}

static void copy_inputs(struct capture *copy, const struct capture *capture)
{
	copy->inputs = copy_of(capture->inputs, capture->n_inputs, sizeof *capture->inputs);
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		copy->inputs[i].name = text_of(capture->inputs[i].name);
		copy->inputs[i].kind = text_of(capture->inputs[i].kind);
		copy->inputs[i].error = text_of(capture->inputs[i].error);
		copy->inputs[i].trace = copy_reading(capture->inputs[i].trace);
	}
}

static void free_inputs(struct capture *capture)
{
	for (uint32_t i = 0; i < capture->n_inputs; i++) {
		free(capture->inputs[i].name);
		free(capture->inputs[i].kind);
		free(capture->inputs[i].error);
		if (capture->inputs[i].trace != NULL)
			free(capture->inputs[i].trace->notes);
		free(capture->inputs[i].trace);
	}
	free(capture->inputs);
}

/* ---- the whole ---- */

size_t still_size(const struct model *model)
{
	size_t size = 0;
	for (const struct session *s = model->first; s != NULL; s = s->next)
		size += session_size(s);
	return size;
}

struct model *still_take(const struct model *model)
{
	if (model->memory > 0 && memory_used() + still_size(model) > model->memory)
		return NULL;
	struct model *still = xmemdup(model, sizeof *model);
	copy_inputs(&still->capture, &model->capture);
	still->first = still->last = NULL;
	still->pairs = NULL;
	memset(still->ranks, 0, sizeof still->ranks);
	still->messages.oldest = still->messages.newest = NULL;
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		struct session *copy = copy_session(model, s);
		copy->prev = still->last;
		*(still->last != NULL ? &still->last->next : &still->first) = copy;
		still->last = copy;
	}
	return still;
}

void still_free(struct model *still)
{
	if (still == NULL)
		return;
	for (struct session *s = still->first, *next; s != NULL; s = next) {
		next = s->next;
		free_session(still, s);
	}
	free_inputs(&still->capture);
	free(still);
}
