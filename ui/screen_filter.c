/*
 * What the filter lists: sessions, and the messages of the one that is open. An answer is kept until its
 * session was judged anew, and of many only some are asked at a time, so that a key never waits for all of
 * them.
 */
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "ui/screen_parts.h"

#include <stdlib.h>

#define AT_ONCE      20000 /* sessions that are asked between two keys: a microsecond each, */
#define AT_ONCE_DEEP 100   /* or a tenth of a millisecond, where more than a look is needed */

void ui_filter(struct ui *ui, const struct filter *filter, const char *text)
{
	char printed[FILTER_TEXT];
	ui->filter = *filter;
	ui->filtered++;
	if (strlen(text) >= sizeof ui->filter_text)
		text = filter_print(filter, printed);
	snprintf(ui->filter_text, sizeof ui->filter_text, "%s", filter_is_empty(filter) ? "" : text);
	screen_filter_aside(ui);
}

void screen_filter_aside(struct ui *ui)
{
	if (ui->aside == NULL)
		ui->aside = view_bare(ui->view->model);
	ui->aside->model = ui->view->model;
}

/* Asks when the answer is of another filter or of another time, as long as there are questions left. */
static bool is_listed(struct ui *ui, struct view_digest *digest, size_t *questions)
{
	bool asked = digest->asked == ui->filtered;
	if ((!asked || digest->stale) && *questions > 0) {
		digest->listed = filter_session(&ui->filter, ui->aside, digest);
		digest->asked = ui->filtered;
		digest->stale = false;
		(*questions)--;
		return digest->listed;
	}
	ui->unasked += !asked;
	return asked && digest->listed;
}

void screen_filter_sessions(struct ui *ui)
{
	struct view *view = ui->view;
	size_t questions = ui->filter.needs == 0 ? AT_ONCE : AT_ONCE_DEEP;
	if (ui->room_order < view->n_digests) {
		ui->room_order = 2 * view->n_digests;
		ui->order = xrealloc(ui->order, ui->room_order * sizeof *ui->order);
	}
	ui->n_order = 0;
	ui->unasked = 0;
	if (ui->aside != NULL)
		ui->aside->model = view->model;
	for (size_t i = 0; i < view->n_digests; i++)
		if (filter_is_empty(&ui->filter) || is_listed(ui, &view->digests[i], &questions))
			ui->order[ui->n_order++] = i;
}

/* ---- messages ---- */

void screen_filter_set_messages(struct ui *ui, const struct filter *filter, const char *text)
{
	ui->message_filter = *filter;
	snprintf(ui->message_filter_text, sizeof ui->message_filter_text, "%s",
	         filter_is_empty(filter) ? "" : text);
	ui->place[SCREEN_MESSAGES] = (struct place){0};
}

void screen_filter_messages(struct ui *ui)
{
	const struct session_nmsp *nmsp = ui->view->open.session->nmsp;
	size_t i = 0;
	ui->n_messages = 0;
	if (nmsp == NULL || filter_is_empty(&ui->message_filter))
		return;
	if (ui->room_messages < nmsp->n_kept) {
		ui->room_messages = 2 * (size_t)nmsp->n_kept;
		ui->messages = xrealloc(ui->messages, ui->room_messages * sizeof *ui->messages);
	}
	for (const struct nmsp_kept *kept = nmsp->oldest; kept != NULL; kept = kept->next, i++)
		if (filter_message(&ui->message_filter, ui->view, kept))
			ui->messages[ui->n_messages++] = i;
}
