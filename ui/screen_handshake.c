/*
 * The ladder of one session: what either side sent, with the time since the line before, and the controller's
 * own state. A long silence is drawn as empty rungs, one for each power of ten of seconds. Below, what is
 * known of the chosen line.
 */
#include "ui/screen_parts.h"
#include "ui/text_parts.h"

#include <inttypes.h>

#define RUNGS       5 /* of a silence at most */
#define ARROW_COL   23
#define ARROW       31
#define WHOLE_NAMES 100 /* columns from which on names of states stand as the trace has them */

/* A line: an event, or the silence before it. */
struct rung {
	const struct view_event *event;
	int64_t since; /* ns since the event before, -1 unknown */
	unsigned gap;  /* 0: the event itself; else which of the empty lines in front of it, the first is 1 */
};

/* By the clock of the capture, where a trace stands beside it; ORIGIN_NO_TIME: not known. */
static int64_t moment_of(const struct view_session *open, const struct origin *at)
{
	bool known = at->line && at->time != ORIGIN_NO_TIME;
	return known ? origin_elapsed(open->clock, at->time) : at->time;
}

/* A line of a trace may lie in front of the packet before it: its clock is coarser. */
static int64_t since_before(const struct view_session *open, size_t i)
{
	if (i == 0)
		return -1;
	int64_t at = moment_of(open, &open->events[i].at), before = moment_of(open, &open->events[i - 1].at);
	if (at == ORIGIN_NO_TIME || before == ORIGIN_NO_TIME || at < before)
		return -1;
	return origin_elapsed(before, at);
}

/* Empty lines for a silence: 1 from one second on, 2 from ten, ... */
static unsigned gaps_of(int64_t ns)
{
	unsigned n = 0;
	for (int64_t step = NS_PER_S; n < RUNGS && ns >= step; step *= 10)
		n++;
	return n;
}

static size_t count(struct ui *ui)
{
	const struct view_session *open = &ui->view->open;
	size_t n = 0;
	for (size_t i = 0; i < open->n_events; i++)
		n += 1 + gaps_of(since_before(open, i));
	return n;
}

static bool rung_at(const struct view_session *open, size_t index, struct rung *rung)
{
	for (size_t i = 0; i < open->n_events; i++) {
		int64_t since = since_before(open, i);
		unsigned gaps = gaps_of(since);
		*rung = (struct rung){.event = &open->events[i], .since = since};
		if (index < gaps)
			rung->gap = (unsigned)index + 1;
		if (index <= gaps)
			return true;
		index -= gaps + 1;
	}
	return false;
}

/* ---- drawing ---- */

/* Half of the width that is left goes to the arrows, so that long names fit. */
static size_t arrow_room(const struct grid *grid)
{
	size_t more = grid->cols > 80 ? (grid->cols - 80) / 2 : 0;
	return grid->cols < ARROW_COL + ARROW ? (grid->cols > ARROW_COL ? grid->cols - ARROW_COL : 0)
	                                      : ARROW + (more > 20 ? 20 : more);
}

static void labels(struct ui *ui, struct grid *grid, size_t row, size_t first, size_t rows)
{
	struct pen pen = {.tone = TONE_HEADING};
	size_t room = arrow_room(grid);
	(void)ui;
	(void)first;
	(void)rows;
	grid_right(grid, row, 1, 10, pen, "Seconds");
	grid_right(grid, row, 12, 10, pen, "Since");
	grid_text(grid, row, ARROW_COL, room, pen, "Engine");
	grid_right(grid, row, ARROW_COL, room, pen, "Controller");
	grid_text(grid, row, ARROW_COL + room + 1, grid->cols, pen, "Controller's state");
}

/* What a line of the trace says stands at the controller's side; a long one uses the column of the states. */
static void draw_line(const struct ui *ui, struct grid *grid, size_t row, const struct view_event *event)
{
	char text[160];
	size_t room = arrow_room(grid);
	bool beside = ui->view->open.session->traced != NULL;
	snprintf(text, sizeof text, "%s", event->text);
	if (beside)
		snprintf(text, sizeof text, "%s, line %" PRIu64, event->text, (uint64_t)event->at.packet);
	size_t width = grid_width(grid, text), most = room - 4;
	grid_text(grid, row, ARROW_COL + 2 + (width < most ? most - width : 0), grid->cols, (struct pen){0},
	          text);
}

/* An alert that is longer than its arrow uses the column of the states. */
static void draw_long(struct grid *grid, size_t row, const struct view_event *event, struct pen pen)
{
	size_t room = arrow_room(grid), word = strlen("ALERT ");
	if (!event->alert) {
		grid_text(grid, row, ARROW_COL + 2, grid->cols, pen, event->text);
		return;
	}
	grid_text(grid, row, ARROW_COL + room / 2 - 3, word - 1, pen, "ALERT");
	grid_text(grid, row, ARROW_COL + room + 1, grid->cols, pen, &event->text[word]);
}

static void draw_arrow(const struct ui *ui, struct grid *grid, size_t row, const struct view_event *event)
{
	const struct session *session = ui->view->open.session;
	size_t room = arrow_room(grid), width = grid_width(grid, event->text);
	struct pen pen = {.tone = event->alert ? TONE_ERROR : TONE_PLAIN};
	bool to_controller = event->dir != session->controller;
	if (room < 6)
		return;
	grid_glyph(grid, row, ARROW_COL, 1, (struct pen){0}, GLYPH_VERTICAL);
	grid_glyph(grid, row, ARROW_COL + room - 1, 1, (struct pen){0}, GLYPH_VERTICAL);
	if (event->has_dir) {
		grid_glyph(grid, row, ARROW_COL + 1, room - 2, pen, GLYPH_HORIZONTAL);
		grid_glyph(grid, row, to_controller ? ARROW_COL + room - 2 : ARROW_COL + 1, 1, pen,
		           to_controller ? GLYPH_RIGHT : GLYPH_LEFT);
	}
	if (event->at.line && !event->has_dir) {
		draw_line(ui, grid, row, event);
		return;
	}
	size_t most = room - 4, at = ARROW_COL + 2 + (width < most ? (most - width) / 2 : 0);
	if (width <= most || event->step != NULL)
		grid_text(grid, row, at, most, pen, event->text);
	else
		draw_long(grid, row, event, pen);
}

static void draw_gap(const struct ui *ui, struct grid *grid, size_t row, const struct rung *rung)
{
	char duration[FORMAT_DURATION], text[64];
	size_t room = arrow_room(grid);
	(void)ui;
	grid_glyph(grid, row, ARROW_COL, 1, (struct pen){0}, GLYPH_GAP);
	grid_glyph(grid, row, ARROW_COL + room - 1, 1, (struct pen){0}, GLYPH_GAP);
	if (rung->gap != 1)
		return;
	snprintf(text, sizeof text, "%s of silence", format_duration(rung->since, duration));
	size_t width = strlen(text);
	grid_text(grid, row, ARROW_COL + (width < room ? (room - width) / 2 : 1), room,
	          (struct pen){.tone = TONE_WARNING}, text);
}

static void draw_state(const struct ui *ui, struct grid *grid, size_t row, const struct view_event *event)
{
	char text[120];
	if (event->step == NULL)
		return;
	struct step_state state = session_step_state(ui->view->open.session, event->step);
	if (state.number == 0)
		return;
	const char *name = state.name;
	if (grid->cols < WHOLE_NAMES && strncmp(name, "SSLv3 ", 6) == 0)
		name = &name[6]; /* of all of them; the details have the whole name */
	snprintf(text, sizeof text, "%04x %s", (unsigned)state.number, name);
	grid_text(grid, row, ARROW_COL + arrow_room(grid) + 1, grid->cols, (struct pen){0}, text);
}

static void draw_times(const struct ui *ui, struct grid *grid, size_t row, const struct rung *rung)
{
	const struct origin *at = &rung->event->at;
	char text[FORMAT_DURATION + UI_TIME], duration[FORMAT_DURATION];
	const struct view_session *open = &ui->view->open;
	int64_t opened = open->session->opened.time, moment = moment_of(open, at);
	if (at->line && (open->session->traced == NULL || moment == ORIGIN_NO_TIME))
		snprintf(text, sizeof text, "line %" PRIu64, (uint64_t)at->packet);
	else
		snprintf(text, sizeof text, "%.6f",
		         (double)origin_elapsed(opened, moment) / (double)NS_PER_S);
	grid_right(grid, row, 1, 10, (struct pen){0}, text);
	if (rung->since < 0)
		return;
	grid_right(grid, row, 12, 10,
	           (struct pen){.tone = rung->since >= NS_PER_S ? TONE_WARNING : TONE_PLAIN},
	           format_duration(rung->since, duration));
}

static void line(struct ui *ui, struct grid *grid, size_t row, size_t index)
{
	struct rung rung;
	if (!rung_at(&ui->view->open, index, &rung))
		return;
	if (rung.gap > 0) {
		draw_gap(ui, grid, row, &rung);
		return;
	}
	draw_times(ui, grid, row, &rung);
	draw_arrow(ui, grid, row, rung.event);
	draw_state(ui, grid, row, rung.event);
}

bool ui_point_at(struct ui *ui, const struct origin *at)
{
	bool found = false;
	const struct view_digest *digest = ui_digest(ui);
	struct rung rung;
	if (digest == NULL)
		return false;
	view_session_open(ui->view, digest->session);
	for (size_t i = 0; rung_at(&ui->view->open, i, &rung); i++)
		if (rung.gap == 0 && rung.event->at.packet == at->packet && rung.event->at.line == at->line) {
			ui->place[SCREEN_HANDSHAKE].cursor = i;
			found = true;
		}
	return found;
}

/* ---- the chosen line ---- */

static void write_step(const struct row *row, const struct page *page, const struct step *step)
{
	if (step->kind == STEP_CLIENT_HELLO)
		text_parts_offered(page, row);
	if (step->kind == STEP_SERVER_HELLO || step->kind == STEP_ENCRYPTED_EXTENSIONS)
		text_parts_chosen(page, row);
	if (step->kind == STEP_CERTIFICATE_REQUEST && !step->encrypted)
		text_parts_request(page, row);
	if (step->kind == STEP_CERTIFICATE && step->certificates == 0 && !step->encrypted)
		page_line(page, 2, TONE_WARNING, "The message holds no certificate.");
	if (step->kind == STEP_ENCRYPTED_HANDSHAKE)
		text_parts_sizes(page, row);
	if (step->kind == STEP_CERTIFICATE)
		text_parts_certificates(page, row, step->dir);
}

static bool cites(const struct finding *finding, const struct origin *at)
{
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		if (finding->evidence[i].packet == at->packet && finding->evidence[i].line == at->line)
			return true;
	return false;
}

/* The findings that cite this packet; what cures comes first. */
static void write_findings(const struct row *row, const struct page *page, const struct origin *at)
{
	const struct findings *findings = &row->session->findings;
	for (uint32_t i = 0; i < 2 * findings->n; i++) {
		const struct finding *finding = &findings->list[i % findings->n];
		if (finding->cure != (i < findings->n) || !cites(finding, at))
			continue;
		page_blank(page);
		text_parts_finding(page, finding, row);
	}
}

/* "certificate, packet 6 at 09:15:00.004636, controller's state 0x2180 SSLv3 read client certificate B" */
static void write_head(const struct ui *ui, const struct page *page, const struct rung *rung)
{
	const struct view_event *event = rung->event;
	char text[400], time[UI_TIME];
	size_t n =
	    (size_t)snprintf(text, sizeof text, "%s%s, %s %" PRIu64, rung->gap > 0 ? "silence before " : "",
	                     event->text, event->at.line ? "line" : "packet", (uint64_t)event->at.packet);
	if (event->at.time != ORIGIN_NO_TIME)
		n += (size_t)snprintf(&text[n], sizeof text - n, " at %s",
		                      ui_exact_time(ui, event->at.time, time));
	struct step_state state = {0};
	if (event->step != NULL)
		state = session_step_state(ui->view->open.session, event->step);
	if (state.number != 0)
		snprintf(&text[n], sizeof text - n, ", controller's state 0x%04x %s", (unsigned)state.number,
		         state.name);
	page_wrap(page, 0, "", TONE_PLAIN, text);
}

void screen_handshake_begin(struct ui *ui)
{
	const struct findings *findings = &ui->view->open.findings;
	if (ui->pointed == ui->session)
		return;
	ui->pointed = ui->session;
	if (ui->place[SCREEN_HANDSHAKE].cursor == 0 && findings->n > 0 && findings->list[0].n_evidence > 0)
		ui_point_at(ui, &findings->list[0].evidence[findings->list[0].n_evidence - 1]);
}

static void write(struct ui *ui, const struct page *page)
{
	struct row row = ui_row(ui);
	struct rung rung;
	if (!rung_at(&ui->view->open, ui->place[SCREEN_HANDSHAKE].cursor, &rung)) {
		page_line(page, 0, TONE_PLAIN, "Nothing of a handshake was seen.");
		return;
	}
	const struct view_event *event = rung.event;
	write_head(ui, page, &rung);
	if (event->step != NULL)
		write_step(&row, page, event->step);
	write_findings(&row, page, &event->at);
}

const struct screen screen_handshake = {
    .of_session = true, .count = count, .labels = labels, .line = line, .write = write, .share = 65};
