/* The marks on sessions: kept by number, so that they stay with a session whatever the list's order and
 * filter are. */
#include "analyzer/xmalloc.h"
#include "ui/screen_parts.h"

#include <stdlib.h>

/* Where the mark of this session is, or would be: they are in order of numbers. */
static size_t place_of(const struct ui *ui, uint32_t session)
{
	size_t at = 0;
	while (at < ui->n_marks && ui->marks[at].session < session)
		at++;
	return at;
}

bool ui_marked(const struct ui *ui, uint32_t session)
{
	size_t at = place_of(ui, session);
	return at < ui->n_marks && ui->marks[at].session == session;
}

static void add(struct ui *ui, size_t at, const struct view_digest *digest)
{
	if (ui->n_marks == ui->room_marks) {
		ui->room_marks = 2 * ui->room_marks + 8;
		ui->marks = xrealloc(ui->marks, ui->room_marks * sizeof *ui->marks);
	}
	memmove(&ui->marks[at + 1], &ui->marks[at], (ui->n_marks - at) * sizeof *ui->marks);
	ui->marks[at] = (struct mark){digest->session->id, digest->session};
	ui->n_marks++;
}

void screen_mark(struct ui *ui)
{
	const struct view_digest *digest = ui_digest(ui);
	if (digest == NULL)
		return;
	size_t at = place_of(ui, digest->session->id);
	if (!ui_marked(ui, digest->session->id)) {
		add(ui, at, digest);
		return;
	}
	ui->n_marks--;
	memmove(&ui->marks[at], &ui->marks[at + 1], (ui->n_marks - at) * sizeof *ui->marks);
}

void screen_unmark(struct ui *ui)
{
	snprintf(ui->note, sizeof ui->note,
	         ui->n_marks == 0 ? "no session is marked" : "%zu mark%s taken away", ui->n_marks,
	         view_plural(ui->n_marks));
	ui->n_marks = 0;
}

static int by_number(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;
	return (a->session > b->session) - (a->session < b->session);
}

void screen_marks_follow(struct ui *ui)
{
	const struct view *view = ui->view;
	size_t kept = 0, i = 0;
	if (view->n_digests == 0)
		return; /* they are being counted anew */
	for (size_t m = 0; m < ui->n_marks; m++) {
		while (i < view->n_digests && view->digests[i].session->id < ui->marks[m].session)
			i++;
		if (i < view->n_digests && view->digests[i].session == ui->marks[m].of)
			ui->marks[kept++] = ui->marks[m];
	}
	ui->n_marks = kept;
}

void ui_moved(struct ui *ui)
{
	const struct view *view = ui->view;
	for (size_t i = 0; i < view->n_digests; i++) {
		const struct session *session = view->digests[i].session;
		if (session->id == ui->session)
			ui->chosen = session;
		if (ui_marked(ui, session->id))
			ui->marks[place_of(ui, session->id)].of = session;
	}
}

void ui_renumbered(struct ui *ui)
{
	size_t kept = 0;
	for (const struct session *s = ui->view->model->first; s != NULL; s = s->next)
		if (s == ui->chosen)
			ui->session = s->id;
	for (size_t m = 0; m < ui->n_marks; m++)
		for (const struct session *s = ui->view->model->first; s != NULL; s = s->next)
			if (s == ui->marks[m].of)
				ui->marks[kept++] = (struct mark){s->id, s};
	ui->n_marks = kept;
	if (kept > 0)
		qsort(ui->marks, kept, sizeof *ui->marks, by_number);
}
