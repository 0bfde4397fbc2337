/* Reports of chosen sessions; see save_report.h. Sessions may leave the model between two steps. */
#include "ui/save_report.h"

#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "ui/csv.h"
#include "ui/json.h"
#include "ui/pem.h"
#include "ui/text.h"

#include <inttypes.h>
#include <stdlib.h>

struct save_report {
	const struct save_source *source;
	enum save_what what;
	FILE *out;
	struct view *view; /* its digests are the sessions */
	uint32_t *ids;     /* beside them, ascending */
	size_t judged;     /* of the digests */
	size_t at;         /* sessions that are written */
	size_t all;        /* of the sessions that were asked for */
	bool begun, only_errors;
	struct page page;
	struct json_report *json;
	struct pem pem;
	uint64_t messages, older; /* older: messages that were not kept */
	uint64_t evicted;         /* of the model, when it was looked at last */
	size_t left;              /* sessions that left it before they were written */
};

static bool is_judged(enum save_what what)
{
	return what == SAVE_TEXT || what == SAVE_JSON;
}

/* There is something in one of them. */
static bool has_any(const struct save_order *order)
{
	for (size_t i = 0; i < order->n; i++) {
		const struct session *session = order->sessions[i];
		if (order->what == SAVE_CERTIFICATES ? session->n_certs > 0
		                                     : session->nmsp != NULL && session->nmsp->n_kept > 0)
			return true;
	}
	return false;
}

struct save_report *save_report_begin(const struct save_source *source, const struct save_order *order,
                                      struct err *err)
{
	if (!is_judged(order->what) && !has_any(order)) {
		err_set(err, order->what == SAVE_CERTIFICATES
		                 ? "no certificate was seen"
		                 : "no NMSP message was read: the status screen tells why");
		return NULL;
	}
	struct save_report *report = xcalloc(1, sizeof *report);
	struct view *view = view_bare(source->model);
	*report = (struct save_report){.source = source, .what = order->what, .view = view, .all = order->n};
	report->evicted = source->model->capture.evicted_sessions;
	report->ids = xcalloc(order->n + 1, sizeof report->ids[0]);
	view->digests = xcalloc(order->n + 1, sizeof view->digests[0]);
	view->n_digests = order->n;
	view->n_hidden = source->model->n_sessions - order->n;
	view->list_messages = source->messages;
	view->verbose = source->verbose > 0;
	view->privileges = source->privileges;
	if (source->capture != NULL)
		view->capture = *source->capture;
	for (size_t i = 0; i < order->n; i++) {
		report->ids[i] = order->sessions[i]->id;
		view->digests[i].session = order->sessions[i];
	}
	return report;
}

void save_report_free(struct save_report *report)
{
	if (report == NULL)
		return;
	json_report_end(report->json);
	pem_free(&report->pem);
	view_free(report->view);
	free(report->ids);
	free(report);
}

void save_report_open(struct save_report *report, FILE *out)
{
	report->out = out;
}

/* ---- sessions that leave ---- */

/* Of those that are still to be written; only numbers are compared. */
static void follow_model(struct save_report *report)
{
	const struct model *model = report->source->model;
	struct view *view = report->view;
	size_t from = report->json != NULL ? json_report_sessions(report->json) : report->at;
	size_t i = from, kept = from, judged = report->judged;
	if (model->capture.evicted_sessions == report->evicted)
		return;
	report->evicted = model->capture.evicted_sessions;
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		for (; i < view->n_digests && report->ids[i] < s->id; i++)
			judged -= i < report->judged;
		if (i == view->n_digests || report->ids[i] != s->id)
			continue;
		report->ids[kept] = report->ids[i];
		view->digests[kept++] = view->digests[i++];
	}
	for (; i < view->n_digests; i++)
		judged -= i < report->judged;
	report->judged = judged;
	report->left += view->n_digests - kept;
	view->n_digests = kept;
}

/* ---- steps ---- */

static void judge(struct save_report *report)
{
	struct view *view = report->view;
	struct view_digest *digest = &view->digests[report->judged++];
	findings_of_session(view->model, digest->session, &view->open.findings);
	*digest = view_digest_of(digest->session, &view->open.findings);
}

static void begin(struct save_report *report)
{
	struct view *view = report->view;
	char text[96];
	report->begun = true;
	if (is_judged(report->what) && report->source->capture == NULL)
		findings_of_capture(view->model, &view->capture);
	switch (report->what) {
	case SAVE_JSON:
		report->json = json_report_begin(report->out, view);
		break;
	case SAVE_TEXT:
		report->page = (struct page){
		    .out = report->out, .format = report->source->format, .verbose = report->source->verbose};
		report->only_errors = text_only_errors(&report->page, view);
		text_begin(&report->page, view);
		if (view->n_hidden == 0)
			break;
		snprintf(text, sizeof text, "%zu of %zu sessions, chosen on the screen.", view->n_digests,
		         view->n_digests + view->n_hidden);
		page_blank(&report->page);
		page_wrap(&report->page, 0, "", TONE_PLAIN, text);
		break;
	case SAVE_MESSAGES:
		csv_head(report->out);
		break;
	default:
		break;
	}
}

static void write_messages(struct save_report *report, const struct session *session)
{
	if (session->nmsp == NULL)
		return;
	view_session_open(report->view, session);
	report->messages += csv_messages(report->out, report->view, report->source->format.escape);
	report->older += session->nmsp->not_kept;
}

static void write_session(struct save_report *report)
{
	struct view *view = report->view;
	const struct session *session = view->digests[report->at].session;
	if (report->what == SAVE_TEXT)
		text_session(&report->page, view, report->at, report->only_errors);
	else if (report->what == SAVE_CERTIFICATES)
		pem_session(&report->pem, report->out, view->model->certs, session);
	else
		write_messages(report, session);
	report->at++;
}

bool save_report_step(struct save_report *report)
{
	follow_model(report);
	if (is_judged(report->what) && report->judged < report->view->n_digests) {
		judge(report);
		return true;
	}
	if (!report->begun) {
		begin(report);
		return true;
	}
	if (report->json != NULL)
		return json_report_step(report->json);
	if (report->at < report->view->n_digests)
		write_session(report);
	return report->at < report->view->n_digests;
}

/* ---- how it went ---- */

int save_report_percent(const struct save_report *report)
{
	size_t written = report->json != NULL ? json_report_sessions(report->json) : report->at;
	size_t steps = is_judged(report->what) ? 2 : 1, all = report->all * steps;
	size_t done = written + (steps == 2 ? report->judged : 0) + steps * report->left;
	return all == 0 || done >= all ? 100 : (int)(done * 100 / all);
}

uint64_t save_report_written(const struct save_report *report)
{
	return report->what == SAVE_CERTIFICATES ? report->pem.n : report->messages;
}

void save_report_lack(const struct save_report *report, char text[200])
{
	text[0] = '\0';
	if (report->left > 0)
		snprintf(text, 200, "%zu session%s made room for others meanwhile", report->left,
		         view_plural(report->left));
	else if (report->pem.missing > 0)
		snprintf(text, 200, "the bytes of %u certificate%s are not kept",
		         (unsigned)report->pem.missing, view_plural(report->pem.missing));
	else if (report->older > 0)
		snprintf(text, 200, "%" PRIu64 " older message%s made room for newer ones", report->older,
		         view_plural(report->older));
}
