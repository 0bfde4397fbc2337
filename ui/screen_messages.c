/* The kept messages of one session one by one; below, the chosen one's fields and bytes. */
#include "analyzer/session_nmsp.h"
#include "ui/screen.h"
#include "ui/text_messages.h"
#include "ui/text_parts.h"

#include <stdlib.h>

#define COLUMNS 6

/* Of view_message_list, by label; the last one has the room that is left. */
static const struct {
	const char *label;
	size_t width;
	bool right;
} columns[COLUMNS] = {{"Time", 12, true},  {"Packet", 7, true}, {"In/Out", 6, false},
                      {"Type", 30, false}, {"Bytes", 5, true},  {"Summary", 400, false}};

static const struct column *column_of(const char *label)
{
	for (size_t i = 0; i < view_message_list.n_columns; i++)
		if (view_message_list.columns[i].label != NULL &&
		    strcmp(view_message_list.columns[i].label, label) == 0)
			return &view_message_list.columns[i];
	return NULL;
}

static size_t kept(struct ui *ui)
{
	struct row row = ui_row(ui);
	return view_rows(&view_message_list, &row);
}

static size_t count(struct ui *ui)
{
	return filter_is_empty(&ui->message_filter) ? kept(ui) : ui->n_messages;
}

/* The message on this line, with its fields. */
static struct row open_line(struct ui *ui, size_t index)
{
	struct row session = ui_row(ui);
	return view_row(&view_message_list, &session,
	                filter_is_empty(&ui->message_filter) ? index : ui->messages[index]);
}

static void put(struct grid *grid, size_t row, size_t col, size_t i, struct pen pen, const char *text)
{
	if (columns[i].right)
		grid_right(grid, row, col, columns[i].width, pen, text);
	else
		grid_text(grid, row, col, columns[i].width, pen, text);
}

static void labels(struct ui *ui, struct grid *grid, size_t row, size_t first, size_t rows)
{
	(void)ui;
	(void)first;
	(void)rows;
	for (size_t i = 0, col = 2; i < COLUMNS; col += columns[i++].width + 1)
		put(grid, row, col, i, (struct pen){.tone = TONE_HEADING}, columns[i].label);
}

static void line(struct ui *ui, struct grid *grid, size_t row, size_t index)
{
	struct row item = open_line(ui, index);
	const struct nmsp_kept *kept = item.item;
	struct pen pen = {.tone = kept->malformed || kept->damaged ? TONE_WARNING : TONE_PLAIN};
	struct format format = ui_format(ui);
	for (size_t i = 0, col = 2; i < COLUMNS; col += columns[i++].width + 1) {
		struct value value = column_of(columns[i].label)->get(&item);
		char *text = format_value(&value, &format);
		put(grid, row, col, i, pen, text);
		free(text);
	}
}

static void write(struct ui *ui, const struct page *page)
{
	struct row session = ui_row(ui);
	if (kept(ui) > 0 && count(ui) == 0) {
		page_line(page, 0, TONE_PLAIN, "The filter lists no message: f changes it.");
		return;
	}
	if (count(ui) == 0) {
		page_line(page, 0, TONE_PLAIN, "No NMSP message was read in this session.");
		text_parts_messages(page, &session);
		return;
	}
	struct row item = open_line(ui, ui->place[SCREEN_MESSAGES].cursor);
	text_messages_one(page, &item);
}

const struct screen screen_messages = {
    .of_session = true, .count = count, .labels = labels, .line = line, .write = write, .share = 50};
