/*
 * The page. Widths are counted in characters, so that escaped UTF-8 lines up. Lines are put together in a
 * buffer and written at once.
 */
#include "ui/page.h"

#include <assert.h>

static const char *const colours[] = {
    [TONE_PLAIN] = NULL,         [TONE_HEADING] = "\033[1m",  [TONE_GOOD] = "\033[32m",
    [TONE_WARNING] = "\033[33m", [TONE_ERROR] = "\033[1;31m",
};

static void tone_on(const struct page *page, enum tone tone, struct buffer *out)
{
	if (page->marked)
		buffer_fill(out, (char)(PAGE_MARK + (int)tone), 1);
	else if (page->colour && colours[tone] != NULL)
		buffer_add_text(out, colours[tone]);
}

static void tone_off(const struct page *page, enum tone tone, struct buffer *out)
{
	if (page->marked)
		buffer_fill(out, PAGE_MARK, 1);
	else if (page->colour && colours[tone] != NULL)
		buffer_add_text(out, "\033[0m");
}

static size_t full_width(const struct page *page)
{
	return page->width == 0 ? PAGE_WIDTH : page->width;
}

static void write_out(const struct page *page, struct buffer *out)
{
	if (out->n > 0)
		fwrite(out->p, 1, out->n, page->out);
	buffer_clear(out);
}

/* Characters of escaped text, up to `n` bytes. */
static size_t width_of(const char *text, size_t n)
{
	size_t width = 0;
	for (size_t i = 0; i < n; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

void page_blank(const struct page *page)
{
	putc('\n', page->out);
}

static void add_escaped(const struct page *page, struct buffer *out, const char *text)
{
	escape_add(out, span_of(text, strlen(text)), page->format.escape);
}

void page_line(const struct page *page, size_t indent, enum tone tone, const char *text)
{
	struct buffer out = {.p = NULL};
	buffer_fill(&out, ' ', indent);
	tone_on(page, tone, &out);
	add_escaped(page, &out, text);
	tone_off(page, tone, &out);
	buffer_fill(&out, '\n', 1);
	write_out(page, &out);
	buffer_free(&out);
}

void page_rule(const struct page *page, char c)
{
	struct buffer out = {.p = NULL};
	buffer_fill(&out, c, full_width(page));
	buffer_fill(&out, '\n', 1);
	write_out(page, &out);
	buffer_free(&out);
}

/* Words of escaped text from column `left` on, where further lines begin, too. */
static void words(const struct page *page, struct buffer *out, size_t left, const struct buffer *text)
{
	bool empty = true; /* no word stands in this line yet */
	size_t at = left;
	for (size_t i = 0; i < text->n;) {
		size_t start = i, wide = 0;
		for (; i < text->n && text->p[i] != ' '; i++)
			wide += width_of(&text->p[i], 1);
		size_t n = i - start;
		if (!empty && at + 1 + wide > full_width(page)) {
			buffer_fill(out, '\n', 1);
			buffer_fill(out, ' ', left);
			at = left;
			empty = true;
		}
		if (!empty && n > 0) {
			buffer_fill(out, ' ', 1);
			at++;
		}
		if (n > 0)
			buffer_add(out, &text->p[start], n);
		at += wide;
		empty = empty && n == 0;
		while (i < text->n && text->p[i] == ' ')
			i++;
	}
	buffer_fill(out, '\n', 1);
}

void page_wrap(const struct page *page, size_t indent, const char *first, enum tone tone, const char *text)
{
	struct buffer out = {.p = NULL}, shown = {.p = NULL};
	add_escaped(page, &shown, text);
	buffer_fill(&out, ' ', indent);
	tone_on(page, tone, &out);
	buffer_add_text(&out, first);
	tone_off(page, tone, &out);
	words(page, &out, indent + width_of(first, strlen(first)), &shown);
	write_out(page, &out);
	buffer_free(&out);
	buffer_free(&shown);
}

/* ---- pairs ---- */

static bool is_shown(const struct page *page, const struct column *column)
{
	return column->label != NULL && column->verbose <= page->verbose;
}

static size_t widest_label(const struct page *page, const struct table *table)
{
	size_t widest = 0;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		if (!is_shown(page, column))
			continue;
		size_t w = column->shape == COLUMN_OBJECT ? widest_label(page, column->table)
		                                          : strlen(column->label);
		widest = w > widest ? w : widest;
	}
	return widest;
}

/* Adds the value with its mark; false when it is null. */
static bool add_value(const struct page *page, const struct value *value, struct buffer *out)
{
	if (value->kind == VALUE_NULL)
		return false;
	format_add(out, value, &page->format);
	if (value->inferred)
		buffer_add_text(out, " (inferred)");
	return true;
}

/* Adds the values of a list of strings, joined; false when there are none. */
static bool add_joined(const struct page *page, const struct table *table, const struct row *row,
                       struct buffer *out)
{
	size_t n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		struct value value = table->columns[0].get(&item);
		if (i > 0)
			buffer_add_text(out, ", ");
		format_add(out, &value, &page->format);
	}
	return n > 0;
}

static bool is_zero(const struct column *column, const struct value *value)
{
	return column->hide_zero && value->kind == VALUE_COUNT && value->count == 0;
}

static bool add_pair_text(const struct page *page, const struct column *column, const struct row *row,
                          struct buffer *out)
{
	if (column->shape == COLUMN_STRINGS)
		return add_joined(page, column->table, row, out);
	struct value value = column->get(row);
	return !is_zero(column, &value) && add_value(page, &value, out);
}

/* What page_pairs writes, and the text of the value at hand. */
struct pairs {
	const struct page *page;
	size_t indent, labels; /* columns; labels: of the widest one */
	struct buffer out, text;
};

static void add_pairs(struct pairs *pairs, const struct table *table, const struct row *row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		if (!is_shown(pairs->page, column) || column->shape == COLUMN_LIST)
			continue;
		if (column->shape == COLUMN_OBJECT) {
			add_pairs(pairs, column->table, row);
			continue;
		}
		buffer_clear(&pairs->text);
		if (!add_pair_text(pairs->page, column, row, &pairs->text))
			continue;
		size_t n = strlen(column->label), wide = pairs->labels + 2;
		buffer_fill(&pairs->out, ' ', pairs->indent);
		buffer_add(&pairs->out, column->label, n);
		buffer_fill(&pairs->out, ' ', wide > n ? wide - n : 0);
		words(pairs->page, &pairs->out, pairs->indent + wide, &pairs->text);
	}
}

void page_pairs(const struct page *page, size_t indent, const struct table *table, const struct row *row)
{
	struct pairs pairs = {.page = page, .indent = indent, .labels = widest_label(page, table)};
	add_pairs(&pairs, table, row);
	write_out(page, &pairs.out);
	buffer_free(&pairs.out);
	buffer_free(&pairs.text);
}

/* ---- grids ---- */

#define GRID_COLUMNS 20
#define GRID_ROWS    64 /* so many are read once; a longer grid's further rows are read again to be written */

/* Its text stands in the grid's buffer. */
struct cell {
	bool there; /* else it is null */
	size_t at, n, width;
};

struct cells {
	struct cell cell[GRID_COLUMNS];
	size_t filled; /* up to the last that is not null */
};

struct grid {
	const struct page *page;
	const struct table *table;
	size_t indent;
	size_t width[GRID_COLUMNS];
	size_t last[GRID_COLUMNS]; /* the widest cell that ends a row */
	size_t gap;                /* spaces between columns */
	bool right[GRID_COLUMNS];  /* numbers stand to the right */
	bool used[GRID_COLUMNS];   /* some row has a value */
	struct buffer texts, out;
};

/* The shown texts of a row. */
static void read_cells(struct grid *grid, const struct row *row, struct cells *cells)
{
	cells->filled = 0;
	for (size_t i = 0; i < grid->table->n_columns; i++) {
		const struct column *column = &grid->table->columns[i];
		struct cell *cell = &cells->cell[i];
		*cell = (struct cell){.at = grid->texts.n};
		if (!is_shown(grid->page, column))
			continue;
		if (column->shape == COLUMN_VALUE) {
			struct value value = column->get(row);
			cell->there = add_value(grid->page, &value, &grid->texts);
			grid->right[i] =
			    grid->right[i] || value.kind == VALUE_COUNT || value.kind == VALUE_OFFSET;
		} else if (column->shape == COLUMN_STRINGS) {
			cell->there = add_joined(grid->page, column->table, row, &grid->texts);
		}
		cell->n = grid->texts.n - cell->at;
		cell->width = cell->there ? width_of(&grid->texts.p[cell->at], cell->n) : 1;
		if (cell->there)
			cells->filled = i + 1;
	}
}

/* A row's last cell may be as long as it likes: it does not push the columns behind it. */
static void measure(struct grid *grid, const struct cells *cells)
{
	for (size_t i = 0; i < cells->filled; i++) {
		size_t w = cells->cell[i].width;
		if (i + 1 == cells->filled && w > grid->last[i])
			grid->last[i] = w;
		grid->used[i] = grid->used[i] || cells->cell[i].there;
		if ((i + 1 < cells->filled || grid->right[i]) && w > grid->width[i])
			grid->width[i] = w;
	}
}

/* Columns of the longest line. */
static size_t longest(const struct grid *grid)
{
	size_t at = grid->indent, most = 0;
	for (size_t i = 0; i < GRID_COLUMNS; i++) {
		if (!grid->used[i])
			continue;
		size_t last = grid->last[i] > grid->width[i] ? grid->last[i] : grid->width[i];
		most = at + last > most ? at + last : most;
		at += grid->width[i] + grid->gap;
	}
	return most;
}

/* Two spaces between the columns; one where only that fits the page. */
static void set_gap(struct grid *grid)
{
	size_t all = full_width(grid->page);
	grid->gap = 2;
	if (longest(grid) <= all)
		return;
	grid->gap = 1;
	if (longest(grid) > all)
		grid->gap = 2;
}

/* A cell from column `at` on; the end of it where the page is too narrow. */
static void add_path(struct grid *grid, size_t at, const struct cell *cell)
{
	static const char cut[] = "...";
	const char *text = &grid->texts.p[cell->at];
	size_t all = full_width(grid->page), skipped = 0;
	size_t room = all > at + strlen(cut) ? all - at - strlen(cut) : 0;
	if (at + cell->width > all && room > 0) {
		buffer_add_text(&grid->out, cut);
		for (size_t w = cell->width; w > room; w--)
			for (skipped++; width_of(&text[skipped], 1) == 0;)
				skipped++;
	}
	buffer_add(&grid->out, &text[skipped], cell->n - skipped);
}

static void add_cells(struct grid *grid, const struct cells *cells)
{
	size_t owed = grid->indent; /* spaces before the next cell */
	size_t at = 0;
	for (size_t i = 0; i < cells->filled; i++) {
		const struct cell *cell = &cells->cell[i];
		if (!grid->used[i])
			continue;
		size_t pad = grid->width[i] > cell->width ? grid->width[i] - cell->width : 0;
		size_t before = owed + (grid->right[i] ? pad : 0);
		buffer_fill(&grid->out, ' ', before);
		at += before;
		if (!cell->there)
			buffer_fill(&grid->out, '-', 1);
		else if (grid->table->columns[i].path)
			add_path(grid, at, cell);
		else if (cell->n > 0)
			buffer_add(&grid->out, &grid->texts.p[cell->at], cell->n);
		at += cell->width;
		owed = grid->gap + (grid->right[i] ? 0 : pad);
	}
	buffer_fill(&grid->out, '\n', 1);
}

static void add_labels(struct grid *grid)
{
	struct cells cells = {.filled = 0};
	for (size_t i = 0; i < grid->table->n_columns; i++) {
		const char *label = grid->table->columns[i].label;
		size_t n = label == NULL ? 0 : strlen(label);
		cells.cell[i] = (struct cell){label != NULL, grid->texts.n, n, n};
		if (n > 0)
			buffer_add(&grid->texts, label, n);
		if (grid->used[i])
			cells.filled = i + 1;
	}
	tone_on(grid->page, TONE_HEADING, &grid->out);
	add_cells(grid, &cells);
	tone_off(grid->page, TONE_HEADING, &grid->out);
}

static void read_row(struct grid *grid, const struct row *parent, size_t r, struct cells *cells)
{
	struct row row = view_row(grid->table, parent, r);
	read_cells(grid, &row, cells);
}

void page_grid(const struct page *page, size_t indent, const struct table *table, const struct row *parent)
{
	struct grid grid = {.page = page, .table = table, .indent = indent};
	struct cells kept[GRID_ROWS + 1]; /* the last one for the row at hand */
	size_t rows = view_rows(table, parent), texts = 0;
	assert(table->n_columns <= GRID_COLUMNS);
	for (size_t i = 0; i < table->n_columns; i++)
		grid.width[i] = is_shown(page, &table->columns[i]) ? strlen(table->columns[i].label) : 0;
	for (size_t r = 0; r < rows; r++) {
		struct cells *cells = &kept[r < GRID_ROWS ? r : GRID_ROWS];
		read_row(&grid, parent, r, cells);
		measure(&grid, cells);
		texts = r < GRID_ROWS ? grid.texts.n : texts;
		grid.texts.n = texts;
	}
	set_gap(&grid);
	add_labels(&grid);
	for (size_t r = 0; r < rows; r++) {
		struct cells *cells = &kept[r < GRID_ROWS ? r : GRID_ROWS];
		grid.texts.n = texts;
		if (r >= GRID_ROWS)
			read_row(&grid, parent, r, cells);
		add_cells(&grid, cells);
		write_out(page, &grid.out);
	}
	buffer_free(&grid.out);
	buffer_free(&grid.texts);
}
