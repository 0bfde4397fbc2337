/*
 * Findings of the capture and of all sessions, gravest first; below, the one that is chosen in full with its
 * evidence and the vendor's checklist. A session is opened only where its finding is seen.
 */
#include "ui/screen_parts.h"
#include "ui/text_parts.h"

#include <inttypes.h>

/* One row: of a digest, or of the capture (digest NULL). */
struct found {
	const struct view_digest *digest;
	size_t index; /* in the digest's or the capture's list */
};

static size_t kept(const struct view_digest *digest)
{
	return digest->n_findings < VIEW_DIGEST_FINDINGS ? digest->n_findings : VIEW_DIGEST_FINDINGS;
}

/* Finding `at` of those of this severity, the capture's first; false when there are fewer: *at is less by
 * them. */
static bool find_of(const struct ui *ui, enum severity severity, size_t *at, struct found *found)
{
	const struct view *view = ui->view;
	for (uint32_t i = 0; i < view->capture.n; i++) {
		*found = (struct found){.index = i};
		if (view->capture.list[i].severity == severity && (*at)-- == 0)
			return true;
	}
	for (size_t k = 0; k < ui->n_order; k++) {
		const struct view_digest *digest = &view->digests[ui->order[k]];
		for (size_t i = 0; i < kept(digest); i++) {
			*found = (struct found){.digest = digest, .index = i};
			if (digest->found[i].severity == severity && (*at)-- == 0)
				return true;
		}
	}
	return false;
}

static bool find(const struct ui *ui, size_t at, struct found *found)
{
	return find_of(ui, SEVERITY_ERROR, &at, found) || find_of(ui, SEVERITY_WARNING, &at, found) ||
	       find_of(ui, SEVERITY_INFO, &at, found);
}

static size_t count(struct ui *ui)
{
	size_t n = ui->view->capture.n;
	for (size_t i = 0; i < ui->n_order; i++)
		n += kept(&ui->view->digests[ui->order[i]]);
	return n;
}

/* The finding itself; opens its session. NULL when the session has changed since. */
static const struct finding *finding_of(struct ui *ui, const struct found *found)
{
	if (found->digest == NULL)
		return &ui->view->capture.list[found->index];
	if (ui->view->open.session != found->digest->session)
		view_session_open(ui->view, found->digest->session);
	const struct findings *findings = &ui->view->open.findings;
	for (uint32_t i = 0; i < findings->n; i++)
		if (findings->list[i].id == found->digest->found[found->index].id)
			return &findings->list[i];
	return NULL;
}

static void labels(struct ui *ui, struct grid *grid, size_t row, size_t first, size_t rows)
{
	struct pen pen = {.tone = TONE_HEADING};
	(void)ui;
	(void)first;
	(void)rows;
	grid_text(grid, row, 2, 7, pen, "Grade");
	grid_text(grid, row, 10, 7, pen, "Session");
	grid_text(grid, row, 18, grid->cols, pen, "Finding");
}

static void line(struct ui *ui, struct grid *grid, size_t row, size_t index)
{
	struct found found;
	char text[400];
	if (!find(ui, index, &found))
		return;
	const struct finding *finding = finding_of(ui, &found);
	if (finding == NULL)
		return;
	struct pen plain = {0}, pen = {.tone = text_parts_tone(finding->severity)};
	grid_text(grid, row, 2, 7, pen, findings_severity_name(finding->severity));
	if (found.digest != NULL)
		snprintf(text, sizeof text, "%" PRIu32, found.digest->session->id);
	else
		snprintf(text, sizeof text, "all");
	grid_right(grid, row, 10, 7, plain, text);
	size_t col = 18 + grid_text(grid, row, 18, 26, pen, finding->id);
	grid_text(grid, row, col + 1, grid->cols, plain, finding->summary);
}

/* Where it was seen: input, packet or line, time. */
static void write_evidence(struct ui *ui, const struct page *page, const struct finding *finding)
{
	const struct capture *capture = &ui->view->model->capture;
	char text[320], time[UI_TIME];
	for (uint32_t i = 0; i < finding->n_evidence; i++) {
		const struct origin *at = &finding->evidence[i];
		if (at->packet == 0)
			continue;
		int n = snprintf(text, sizeof text, "%s %" PRIu64, at->line ? "line" : "packet", (uint64_t)at->packet);
		if (at->time != ORIGIN_NO_TIME)
			n += snprintf(&text[n], sizeof text - (size_t)n, " at %s",
			              ui_time(ui, at->time, time));
		if (capture->n_inputs > 1 && at->input < capture->n_inputs)
			snprintf(&text[n], sizeof text - (size_t)n, " in %.200s",
			         capture->inputs[at->input].name);
		page_line(page, 5, TONE_PLAIN, text);
	}
}

static void write(struct ui *ui, const struct page *page)
{
	struct found found;
	if (!find(ui, ui->place[SCREEN_FINDINGS].cursor, &found)) {
		page_line(page, 0, TONE_GOOD, "Nothing was found.");
		return;
	}
	const struct finding *finding = finding_of(ui, &found);
	if (finding == NULL)
		return;
	struct row row = found.digest == NULL ? view_root(ui->view) : ui_row(ui);
	if (row.session != NULL)
		page_wrap(page, 0, "", TONE_PLAIN, row.session->verdict);
	text_parts_finding(page, finding, &row);
	write_evidence(ui, page, finding);
	if (row.session != NULL)
		text_parts_checklist(page, &row);
}

/* The latest of the evidence that is a step, else a message. */
static void point(struct ui *ui, const struct finding *finding)
{
	ui_go(ui, SCREEN_HANDSHAKE);
	ui->pointed = ui->session;
	for (uint32_t i = finding->n_evidence; i-- > 0;)
		if (ui_point_at(ui, &finding->evidence[i]))
			return;
	ui_go(ui, SCREEN_MESSAGES);
	screen_open(ui);
	for (uint32_t i = finding->n_evidence; i-- > 0;)
		if (ui_point_at_message(ui, &finding->evidence[i]))
			return;
	ui_go(ui, SCREEN_HANDSHAKE);
	snprintf(ui->note, sizeof ui->note,
	         "what it rests on is neither a step nor a message that is listed");
}

static void open_finding(struct ui *ui)
{
	struct found found;
	if (!find(ui, ui->place[SCREEN_FINDINGS].cursor, &found) || found.digest == NULL) {
		snprintf(ui->note, sizeof ui->note, "this finding is of the capture as a whole");
		return;
	}
	const struct finding *finding = finding_of(ui, &found);
	ui_choose(ui, found.digest->session->id);
	if (finding != NULL && finding->n_evidence > 0)
		point(ui, finding);
	else
		ui_go(ui, SCREEN_HANDSHAKE);
	ui->before = SCREEN_FINDINGS;
}

const struct screen screen_findings = {
    .count = count, .labels = labels, .line = line, .write = write, .open = open_finding, .share = 40};
