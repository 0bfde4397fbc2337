/*
 * The list of all sessions: a row each, sorted by any column. Made of the digests, so that no session need be
 * opened. A new column is one row and one getter.
 */
#define _GNU_SOURCE /* strverscmp, qsort_r */
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "ui/screen_parts.h"
#include "ui/text_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#define GUTTER     2 /* columns left of the list, for the cursor and the mark */
#define MILESTONES 6
#define LAST_RANK  18 /* columns of this rank stay, and are cut */

struct list_column {
	const char *label;
	struct value (*get)(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME]);
	size_t widest;
	unsigned rank; /* the lowest go first where the screen is narrow */
	bool right, bar;
};

static struct value id(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	(void)ui;
	(void)text;
	return view_count(digest->session->id);
}

static struct value state(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	int64_t now = session_now(ui->view->model, digest->session);
	(void)text;
	return view_text(session_state_name(session_state(digest->session, now)));
}

static struct value address(const struct view_digest *digest, uint8_t dir)
{
	const struct addr *addr = &digest->session->addr[dir];
	if (addr->version == 0)
		return view_null();
	return (struct value){
	    .kind = VALUE_ADDR, .addr = addr, .inferred = !digest->session->controller_known};
}

static struct value controller(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	(void)ui;
	(void)text;
	return address(digest, digest->session->controller);
}

static struct value engine(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	(void)ui;
	(void)text;
	return address(digest, session_engine(digest->session));
}

static struct value moment(const struct ui *ui, const struct origin *at, char text[UI_TIME])
{
	struct value value = view_time(at);
	return value.kind == VALUE_NULL ? value : view_text(ui_time(ui, value.ns, text));
}

static struct value opened(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	return moment(ui, &digest->session->opened, text);
}

static struct value last(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	return moment(ui, &digest->session->last, text);
}

static struct value tls(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	(void)ui;
	(void)text;
	return view_text(view_tls_version(digest->session));
}

/* TCP, both hellos, the engine's certificate, both ends of the handshake. */
static struct value handshake(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	const struct session *s = digest->session;
	uint8_t client = session_tls_client(s), engine_dir = session_engine(s);
	(void)ui;
	(void)text;
	if (session_handshake(s) == HANDSHAKE_NOT_CAPTURED)
		return view_null();
	if (session_handshake(s) == HANDSHAKE_COMPLETE)
		return view_count(MILESTONES);
	uint64_t n = s->tcp.syn_ack.packet != 0 || s->tls.seen;
	n += session_step(s, STEP_CLIENT_HELLO, client) != NULL;
	n += session_step(s, STEP_SERVER_HELLO, client ^ 1) != NULL;
	n += session_step(s, STEP_CERTIFICATE, engine_dir) != NULL;
	n += session_step(s, STEP_FINISHED, client) != NULL;
	return view_count(n);
}

static struct value authlist(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	(void)ui;
	(void)text;
	if (!digest->known)
		return view_text("?");
	struct value value = view_text(session_observed_name(digest->observed));
	value.inferred = digest->observed != AUTH_OBSERVED_NONE && digest->observed_inferred;
	return value;
}

/* "27/26": sent and answered; marked when inferred, nothing while no echo is known. */
static struct value echoes(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	const struct session_nmsp *nmsp = digest->session->nmsp;
	struct infer_rhythm inferred;
	(void)ui;
	if (nmsp != NULL && nmsp->messages[0] + nmsp->messages[1] > 0) {
		snprintf(text, UI_TIME, "%" PRIu64 "/%" PRIu64, nmsp->echo.requests, nmsp->echo.responses);
		return view_text(text);
	}
	if (!infer_echo(digest->session->infer, &inferred))
		return view_null();
	snprintf(text, UI_TIME, "%" PRIu64 "/%" PRIu64, inferred.requests, inferred.responses);
	struct value value = view_text(text);
	value.inferred = true;
	return value;
}

static struct value messages(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	const struct session_nmsp *nmsp = digest->session->nmsp;
	(void)ui;
	(void)text;
	return nmsp == NULL ? view_null() : view_count(nmsp->messages[0] + nmsp->messages[1]);
}

static struct value bytes(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	const struct session *s = digest->session;
	(void)ui;
	(void)text;
	return s->trace != NULL ? view_null() : view_count(s->tcp.bytes[0] + s->tcp.bytes[1]);
}

/* Of a live capture: heights between nothing and the most of these seconds. */
static struct value rate(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	struct grid signs = {.mode = ui->mode};
	uint32_t most = 1;
	size_t n = 0;
	for (size_t i = 0; i < VIEW_RATES; i++)
		most = digest->rates[i] > most ? digest->rates[i] : most;
	for (size_t i = 0; i < VIEW_RATES; i++) {
		uint64_t height = ((uint64_t)digest->rates[i] * (GRID_LEVELS - 1) + most - 1) / most;
		n += (size_t)snprintf(&text[n], UI_TIME - n, "%s", grid_level(&signs, (unsigned)height));
	}
	return view_text(text);
}

static struct value gravest(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	static const char marks[] = {[SEVERITY_INFO] = 'i', [SEVERITY_WARNING] = 'W', [SEVERITY_ERROR] = 'E'};
	(void)ui;
	if (!digest->known)
		return view_text("?");
	if (digest->gravest == NULL)
		return view_null();
	snprintf(text, UI_TIME, "%c %s", marks[digest->severity], digest->gravest);
	struct value value = view_text(text);
	value.inferred = digest->session->infer != NULL && strncmp(digest->gravest, "echo-", strlen("echo-")) == 0;
	return value;
}

static const struct list_column columns[] = {
    {"No.", id, 6, 20, true, false},
    {"State", state, 11, 19, false, false},
    {"Controller", controller, 39, 14, false, false},
    {"Engine", engine, 39, 18, false, false},
    {"Opened", opened, 14, 5, true, false},
    {"TLS", tls, 7, 9, false, false},
    {"Steps", handshake, MILESTONES, 13, false, true},
    {"AuthList", authlist, 9, 17, false, false},
    {"Echo", echoes, 9, 12, true, false},
    {"Messages", messages, 9, 7, true, false},
    {"Bytes", bytes, 10, 6, true, false},
    {"Bytes/s", rate, VIEW_RATES, 10, false, false},
    {"Last", last, 14, 8, true, false},
    {"Gravest finding", gravest, 30, 18, false, false},
};

#define COLUMNS (sizeof columns / sizeof columns[0])

/* ---- order ---- */

void screen_sessions_sort(struct ui *ui, bool right)
{
	do
		ui->sort = (ui->sort + (right ? 1 : COLUMNS - 1)) % COLUMNS;
	while (columns[ui->sort].get == rate && !ui->reading.live);
	ui->turned = false;
	snprintf(ui->note, sizeof ui->note, "sorted by %s; r turns the order", columns[ui->sort].label);
}

static int compare_counts(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_values(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return compare_counts(a->kind, b->kind);
	switch (a->kind) {
	case VALUE_COUNT:
		return compare_counts(a->count, b->count);
	case VALUE_TIME:
		return (a->ns > b->ns) - (a->ns < b->ns);
	case VALUE_TEXT:
		return strverscmp(a->text, b->text);
	case VALUE_ADDR:
		return a->addr->version != b->addr->version
		           ? compare_counts(a->addr->version, b->addr->version)
		           : memcmp(a->addr->bytes, b->addr->bytes, sizeof a->addr->bytes);
	default:
		return 0;
	}
}

/* Severities, times and rates by what they are and not by how they are shown. */
static struct value sort_value(const struct ui *ui, const struct view_digest *digest, char text[UI_TIME])
{
	const struct list_column *by = &columns[ui->sort];
	if (by->get == gravest)
		return view_count(digest->gravest == NULL ? SEVERITY_ERROR + 1
		                                          : SEVERITY_ERROR - digest->severity);
	if (by->get == opened)
		return (struct value){.kind = VALUE_TIME, .ns = digest->session->opened.time};
	if (by->get == last)
		return (struct value){.kind = VALUE_TIME, .ns = digest->session->last.time};
	if (by->get == rate)
		return view_count(UINT32_MAX - digest->rates[VIEW_RATES - 1]);
	return by->get(ui, digest, text);
}

/* What a session is sorted by: found once, and compared a dozen times. */
struct sort_key {
	struct value value;
	char text[UI_TIME]; /* may hold the value's text */
};

struct sort_keys {
	struct sort_key *of; /* by the index of the digest */
	bool turned;
};

/* Equal ones stay in the order of their numbers. */
static int compare(const void *left, const void *right, void *of)
{
	const struct sort_keys *ranks = of;
	const size_t *a = left, *b = right;
	int order = compare_values(&ranks->of[*a].value, &ranks->of[*b].value);
	if (order == 0)
		return compare_counts(*a, *b);
	return ranks->turned ? -order : order;
}

static void sort(struct ui *ui)
{
	const struct view *view = ui->view;
	struct sort_keys ranks = {.of = xcalloc(view->n_digests, sizeof *ranks.of), .turned = ui->turned};
	for (size_t i = 0; i < ui->n_order; i++) {
		struct sort_key *rank = &ranks.of[ui->order[i]];
		rank->value = sort_value(ui, &view->digests[ui->order[i]], rank->text);
	}
	qsort_r(ui->order, ui->n_order, sizeof *ui->order, compare, &ranks);
	free(ranks.of);
}

void ui_order(struct ui *ui)
{
	struct view *view = ui->view;
	screen_marks_follow(ui);
	screen_filter_sessions(ui);
	if (ui->n_order == 0)
		return;
	if (ui->sort != 0 || ui->turned)
		sort(ui);
	if ((ui->follows >> SCREEN_SESSIONS & 1) != 0 && ui->screen == SCREEN_SESSIONS)
		ui->session = view->digests[ui->order[ui->n_order - 1]].session->id;
	if (ui_digest(ui) == NULL)
		ui->session = view->digests[ui->order[0]].session->id;
	ui_choose(ui, ui->session);
}

/* ---- drawing ---- */

/* What is not measured has a star; the help explains it. */
static char *cell(const struct ui *ui, const struct list_column *column, const struct view_digest *digest)
{
	char text[UI_TIME];
	struct format format = ui_format(ui);
	struct value value = column->get(ui, digest, text);
	char *shown = format_value(&value, &format);
	if (!value.inferred)
		return shown;
	size_t n = strlen(shown);
	shown = xrealloc(shown, n + 2);
	memcpy(&shown[n], "*", 2);
	return shown;
}

/* As wide as what is seen needs. */
static void measure(struct ui *ui, const struct grid *grid, size_t first, size_t rows)
{
	for (size_t c = 0; c < COLUMNS; c++) {
		size_t width = strlen(columns[c].label) + (c == ui->sort), most = columns[c].widest;
		most = width > most ? width : most;
		for (size_t i = first; i < first + rows && i < ui->n_order && !columns[c].bar; i++) {
			char *text = cell(ui, &columns[c], &ui->view->digests[ui->order[i]]);
			size_t w = grid_width(grid, text);
			width = w > width ? w : width;
			free(text);
		}
		ui->widths[c] = columns[c].bar || width > most ? most : width;
	}
}

/* The best column that is left out and would fit, the one that sorts first of all; COLUMNS when there is
 * none. */
static size_t best_left_out(const size_t widths[COLUMNS], const struct ui *ui, size_t room)
{
	size_t best = COLUMNS;
	for (size_t c = 0; c < COLUMNS; c++) {
		if (ui->widths[c] > 0 || widths[c] == 0 || widths[c] + 1 > room)
			continue;
		if (best == COLUMNS || c == ui->sort ||
		    (best != ui->sort && columns[c].rank > columns[best].rank))
			best = c;
	}
	return best;
}

/* The columns of the highest ranks that fit; those of LAST_RANK stand in any case. */
static void lay_out(struct ui *ui, const struct grid *grid, size_t first, size_t rows)
{
	size_t widths[COLUMNS], used = GUTTER, c;
	measure(ui, grid, first, rows);
	for (c = 0; c < COLUMNS; c++) {
		widths[c] = columns[c].get == rate && !ui->reading.live ? 0 : ui->widths[c];
		if (columns[c].rank < LAST_RANK)
			ui->widths[c] = 0;
		else
			used += widths[c] + 1;
	}
	while (used <= grid->cols && (c = best_left_out(widths, ui, grid->cols + 1 - used)) < COLUMNS) {
		ui->widths[c] = widths[c];
		used += widths[c] + 1;
	}
}

static void labels(struct ui *ui, struct grid *grid, size_t row, size_t first, size_t rows)
{
	struct pen pen = {.tone = TONE_HEADING};
	lay_out(ui, grid, first, rows);
	for (size_t c = 0, col = GUTTER; c < COLUMNS; c++) {
		char text[40];
		if (ui->widths[c] == 0)
			continue;
		snprintf(text, sizeof text, "%s%s", columns[c].label,
		         c != ui->sort ? ""
		         : ui->turned  ? "^"
		                       : "v");
		if (columns[c].right)
			grid_right(grid, row, col, ui->widths[c], pen, text);
		else
			grid_text(grid, row, col, ui->widths[c], pen, text);
		col += ui->widths[c] + 1;
	}
}

/* What was reached, and where it failed. */
static void draw_bar(struct grid *grid, size_t row, size_t col, const struct session *session, bool is_failed,
                     const char *text)
{
	struct pen plain = {0};
	size_t done = strcmp(text, "-") == 0 ? 0 : (size_t)(text[0] - '0');
	if (strcmp(text, "-") == 0) {
		grid_text(grid, row, col, 1, plain, text);
		return;
	}
	grid_glyph(grid, row, col, done, plain, GLYPH_DONE);
	grid_glyph(grid, row, col + done, MILESTONES - done, plain, GLYPH_OPEN);
	enum handshake_state handshake = session_handshake(session);
	bool failed = handshake == HANDSHAKE_FAILED || (handshake == HANDSHAKE_NONE && is_failed);
	if (failed && done < MILESTONES)
		grid_glyph(grid, row, col + done, 1, (struct pen){.tone = TONE_ERROR}, GLYPH_FAILED);
}

static void line(struct ui *ui, struct grid *grid, size_t row, size_t index)
{
	const struct view_digest *digest = &ui->view->digests[ui->order[index]];
	int64_t now = session_now(ui->view->model, digest->session);
	bool is_failed = session_state(digest->session, now) == SESSION_FAILED;
	enum tone tone = digest->gravest == NULL ? TONE_PLAIN : text_parts_tone(digest->severity);
	if (ui_marked(ui, digest->session->id))
		grid_text(grid, row, 1, 1, (struct pen){.look = LOOK_BOLD}, "+");
	for (size_t c = 0, col = GUTTER; c < COLUMNS; c++) {
		struct pen pen = {.tone = columns[c].get == gravest || columns[c].get == state ? tone
		                                                                               : TONE_PLAIN};
		if (ui->widths[c] == 0)
			continue;
		char *text = cell(ui, &columns[c], digest);
		if (columns[c].bar)
			draw_bar(grid, row, col, digest->session, is_failed, text);
		else if (columns[c].right)
			grid_right(grid, row, col, ui->widths[c], pen, text);
		else
			grid_text(grid, row, col, ui->widths[c], pen, text);
		free(text);
		col += ui->widths[c] + 1;
	}
}

static size_t count(struct ui *ui)
{
	return ui->n_order;
}

static void open_session(struct ui *ui)
{
	ui_go(ui, SCREEN_STATUS);
}

/* The chosen session in short: what it is, and what to do. */
static void write(struct ui *ui, const struct page *page)
{
	const struct view_digest *digest = ui_digest(ui);
	if (digest == NULL) {
		page_line(page, 0, TONE_PLAIN, screen_nothing(ui));
		return;
	}
	view_session_open(ui->view, digest->session);
	struct row row = ui_row(ui);
	const struct findings *findings = &row.session->findings;
	bool failed = findings->n > 0 && findings->list[0].severity == SEVERITY_ERROR;
	page_wrap(page, 0, "", TONE_PLAIN, row.session->verdict);
	text_parts_findings(page, "What to do", &row, failed ? SEVERITY_ERROR : SEVERITY_WARNING,
	                    SEVERITY_ERROR);
}

const struct screen screen_sessions = {
    .count = count, .labels = labels, .line = line, .write = write, .open = open_session, .share = 60};
