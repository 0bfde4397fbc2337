/*
 * The kept messages of one session one by one; below, the chosen one's fields, and its bytes with those of
 * the chosen field marked. place.scroll says which field that is: 0 none, 1 the first; beyond the last one it
 * rolls the bytes.
 */
#include "analyzer/session_nmsp.h"
#include "ui/screen_parts.h"
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

const struct nmsp_kept *screen_message(struct ui *ui, size_t index)
{
	struct row item = open_line(ui, index);
	return item.item;
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

/* ---- the chosen message ---- */

#define HEX_COL   4
#define HEX_BYTES 16 /* in a line */
#define FIXED     2  /* lines that do not roll: the message, and the labels of its fields */

/* The room below the list: fields and bytes, and from which of their lines on they are shown. */
struct room {
	size_t fields, hex;
	size_t first_field, first_hex;
};

static size_t hex_lines(struct span bytes)
{
	return (bytes.n + HEX_BYTES - 1) / HEX_BYTES;
}

/* What fits is shown whole; else the bytes have a third, or what the fields leave. */
static void share(struct room *room, size_t rows, size_t fields, size_t lines)
{
	size_t left = rows > FIXED ? rows - FIXED : 0, third = (left + 2) / 3;
	room->hex = fields + third < left ? left - fields : third;
	room->hex = room->hex < lines ? room->hex : lines;
	room->fields = left - room->hex;
}

/* Where the place points to, after it was put back into what there is. */
static void choose(struct place *place, struct room *room, const struct fields *fields, struct span bytes)
{
	size_t lines = hex_lines(bytes), roll = lines - room->hex;
	if (place->scroll > fields->n + roll)
		place->scroll = fields->n + roll;
	room->first_field = place->scroll > room->fields ? place->scroll - room->fields : 0;
	if (place->scroll > fields->n) {
		room->first_field = fields->n > room->fields ? fields->n - room->fields : 0;
		room->first_hex = place->scroll - fields->n;
	} else if (place->scroll > 0) {
		const struct field *field = &fields->list[place->scroll - 1];
		size_t first = field->off / HEX_BYTES, behind = field->off + field->bytes.n;
		room->first_hex = behind <= room->hex * HEX_BYTES ? 0 : first < roll ? first : roll;
	}
}

/* " 00[08 00]01": the brackets take no room of their own, since marks may be seen in no other way. */
static void draw_hex(struct grid *grid, size_t row, struct span bytes, size_t line,
                     const struct field *marked)
{
	char text[8];
	size_t from = line * HEX_BYTES, col = HEX_COL;
	size_t begin = marked == NULL ? SIZE_MAX : marked->off,
	       end = marked == NULL ? 0 : begin + marked->bytes.n;
	snprintf(text, sizeof text, "%04zx", from);
	col += grid_text(grid, row, col, grid->cols, (struct pen){0}, text) + 1;
	struct rd r = rd_of(span_cut(bytes, from, HEX_BYTES));
	for (size_t at = from; rd_more(&r); at++, col += 3) {
		bool in = at >= begin && at<end, was_in = at> from && at > begin && at <= end;
		unsigned byte = rd_u8(&r);
		snprintf(text, sizeof text, "%c%02x%s",
		         in && !was_in   ? '['
		         : was_in && !in ? ']'
		                         : ' ',
		         byte, in && !rd_more(&r) ? "]" : "");
		grid_text(grid, row, col, grid->cols, (struct pen){0}, text);
		if (in)
			grid_look(grid, row, col + 1, 2, LOOK_REVERSE);
	}
}

/* "field 3 of 11", where it covers nothing. */
static void draw_position(struct grid *grid, size_t row, const struct place *place, uint32_t n)
{
	char text[64];
	if (place->scroll == 0 || place->scroll > n)
		snprintf(text, sizeof text, "%u field%s", (unsigned)n, view_plural(n));
	else
		snprintf(text, sizeof text, "field %zu of %u", place->scroll, (unsigned)n);
	if (grid->cols >= 72)
		grid_right(grid, row, 0, grid->cols, (struct pen){.look = LOOK_DIM}, text);
}

static void draw_fields(struct ui *ui, struct grid *grid, size_t row, const struct room *room,
                        struct row *item)
{
	const struct place *place = &ui->place[SCREEN_MESSAGES];
	struct format format = ui_format(ui);
	struct sheet sheet;
	sheet_open(&sheet, grid->cols, &format, 0);
	text_messages_fields(&sheet.page, item);
	sheet_close(&sheet);
	struct window fixed = {.row = row, .rows = FIXED};
	struct window rolls = {.row = row + FIXED, .rows = room->fields, .top = FIXED + room->first_field};
	sheet_draw(&sheet, grid, &fixed);
	sheet_draw(&sheet, grid, &rolls);
	sheet_free(&sheet);
	if (place->scroll == 0 || place->scroll > ui->view->fields.n || room->fields == 0)
		return;
	size_t at = row + FIXED + place->scroll - 1 - room->first_field;
	grid_text(grid, at, 0, 1, (struct pen){0}, ">");
	grid_look(grid, at, 0, grid->cols, LOOK_BOLD);
}

static bool draw(struct ui *ui, struct grid *grid, size_t row, size_t rows)
{
	struct place *place = &ui->place[SCREEN_MESSAGES];
	if (count(ui) == 0 || rows < FIXED)
		return false;
	struct row item = open_line(ui, place->cursor);
	const struct fields *fields = &ui->view->fields;
	struct span bytes = session_nmsp_bytes(item.item);
	struct room room = {0};
	share(&room, rows, fields->n, hex_lines(bytes));
	choose(place, &room, fields, bytes);
	draw_fields(ui, grid, row, &room, &item);
	draw_position(grid, row + 1, place, fields->n);
	bool one = place->scroll > 0 && place->scroll <= fields->n;
	size_t below = row + FIXED + (fields->n < room.fields ? fields->n : room.fields);
	for (size_t i = 0; i < room.hex; i++)
		draw_hex(grid, below + i, bytes, room.first_hex + i,
		         one ? &fields->list[place->scroll - 1] : NULL);
	return true;
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

/* The line of the kept message with this index; what the filter hides has none: that is behind the last one.
 */
static size_t line_of(struct ui *ui, size_t index)
{
	size_t line = 0, n = count(ui);
	if (filter_is_empty(&ui->message_filter))
		return index;
	while (line < n && ui->messages[line] != index)
		line++;
	return line;
}

bool ui_point_at_message(struct ui *ui, const struct origin *at)
{
	const struct session_nmsp *nmsp = ui->view->open.session->nmsp;
	const struct nmsp_kept *kept = nmsp == NULL ? NULL : nmsp->oldest;
	size_t index = 0;
	for (; kept != NULL && kept->at.packet != at->packet; kept = kept->next)
		index++;
	size_t line = kept == NULL ? count(ui) : line_of(ui, index);
	if (line >= count(ui))
		return false;
	ui->place[SCREEN_MESSAGES] = (struct place){.cursor = line};
	ui->follows &= ~(1u << SCREEN_MESSAGES);
	return true;
}

const struct screen screen_messages = {.of_session = true,
                                       .count = count,
                                       .labels = labels,
                                       .line = line,
                                       .write = write,
                                       .draw = draw,
                                       .share = 50};
