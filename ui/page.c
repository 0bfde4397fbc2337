/* The page. Widths are counted in characters, so that escaped UTF-8 lines up. */
#include "ui/page.h"

#include "analyzer/xmalloc.h"

#include <assert.h>
#include <stdlib.h>

static const char *const colours[] = {
    [TONE_PLAIN] = NULL,         [TONE_HEADING] = "\033[1m",  [TONE_GOOD] = "\033[32m",
    [TONE_WARNING] = "\033[33m", [TONE_ERROR] = "\033[1;31m",
};

static void tone_on(const struct page *page, enum tone tone)
{
	if (page->marked)
		putc(PAGE_MARK + (int)tone, page->out);
	else if (page->colour && colours[tone] != NULL)
		fputs(colours[tone], page->out);
}

static void tone_off(const struct page *page, enum tone tone)
{
	if (page->marked)
		putc(PAGE_MARK, page->out);
	else if (page->colour && colours[tone] != NULL)
		fputs("\033[0m", page->out);
}

static size_t full_width(const struct page *page)
{
	return page->width == 0 ? PAGE_WIDTH : page->width;
}

static void spaces(const struct page *page, size_t n)
{
	for (size_t i = 0; i < n; i++)
		putc(' ', page->out);
}

/* Characters of escaped text, up to `n` bytes. */
static size_t width_of(const char *text, size_t n)
{
	size_t width = 0;
	for (size_t i = 0; i < n; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static const char *next_character(const char *text)
{
	do
		text++;
	while (width_of(text, 1) == 0);
	return text;
}

static size_t width(const char *text)
{
	return width_of(text, strlen(text));
}

void page_blank(const struct page *page)
{
	putc('\n', page->out);
}

void page_line(const struct page *page, size_t indent, enum tone tone, const char *text)
{
	char *shown = escape_text(text, page->format.escape);
	spaces(page, indent);
	tone_on(page, tone);
	fputs(shown, page->out);
	tone_off(page, tone);
	putc('\n', page->out);
	free(shown);
}

void page_rule(const struct page *page, char c)
{
	for (size_t i = 0; i < full_width(page); i++)
		putc(c, page->out);
	putc('\n', page->out);
}

/* Words of escaped text from column `at` on; further lines begin at column `left`. */
static void words(const struct page *page, size_t left, size_t at, const char *text)
{
	bool empty = true; /* no word stands in this line yet */
	for (const char *word = text; *word != '\0';) {
		size_t n = strcspn(word, " ");
		size_t wide = width_of(word, n);
		if (!empty && at + 1 + wide > full_width(page)) {
			putc('\n', page->out);
			spaces(page, left);
			at = left;
			empty = true;
		}
		if (!empty && n > 0) {
			putc(' ', page->out);
			at++;
		}
		fwrite(word, 1, n, page->out);
		at += wide;
		empty = empty && n == 0;
		word += n + strspn(word + n, " ");
	}
	putc('\n', page->out);
}

void page_wrap(const struct page *page, size_t indent, const char *first, enum tone tone, const char *text)
{
	char *shown = escape_text(text, page->format.escape);
	spaces(page, indent);
	tone_on(page, tone);
	fputs(first, page->out);
	tone_off(page, tone);
	size_t left = indent + width(first);
	words(page, left, left, shown);
	free(shown);
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

/* The value with its mark; NULL when it is null. */
static char *cell_text(const struct page *page, const struct value *value)
{
	static const char mark[] = " (inferred)";
	if (value->kind == VALUE_NULL)
		return NULL;
	char *text = format_value(value, &page->format);
	if (!value->inferred)
		return text;
	size_t n = strlen(text);
	text = xrealloc(text, n + sizeof mark);
	memcpy(text + n, mark, sizeof mark);
	return text;
}

/* The values of a list of strings, joined; NULL when there are none. */
static char *joined(const struct page *page, const struct table *table, const struct row *row)
{
	char *all = NULL;
	size_t used = 0, n = view_rows(table, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(table, row, i);
		struct value value = table->columns[0].get(&item);
		char *text = format_value(&value, &page->format);
		size_t more = strlen(text);
		all = xrealloc(all, used + more + sizeof ", ");
		used += (size_t)sprintf(all + used, "%s%s", i > 0 ? ", " : "", text);
		free(text);
	}
	return all;
}

static bool is_zero(const struct column *column, const struct value *value)
{
	return column->hide_zero && value->kind == VALUE_COUNT && value->count == 0;
}

static char *pair_text(const struct page *page, const struct column *column, const struct row *row)
{
	if (column->shape == COLUMN_STRINGS)
		return joined(page, column->table, row);
	struct value value = column->get(row);
	return is_zero(column, &value) ? NULL : cell_text(page, &value);
}

static void pairs(const struct page *page, size_t indent, size_t labels, const struct table *table,
                  const struct row *row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		if (!is_shown(page, column) || column->shape == COLUMN_LIST)
			continue;
		if (column->shape == COLUMN_OBJECT) {
			pairs(page, indent, labels, column->table, row);
			continue;
		}
		char *text = pair_text(page, column, row);
		if (text == NULL)
			continue;
		size_t left = indent + labels + 2;
		spaces(page, indent);
		fprintf(page->out, "%-*s", (int)labels + 2, column->label);
		words(page, left, left, text);
		free(text);
	}
}

void page_pairs(const struct page *page, size_t indent, const struct table *table, const struct row *row)
{
	pairs(page, indent, widest_label(page, table), table, row);
}

/* ---- grids ---- */

#define GRID_COLUMNS 20

struct grid {
	size_t width[GRID_COLUMNS];
	size_t last[GRID_COLUMNS]; /* the widest cell that ends a row */
	size_t gap;                /* spaces between columns */
	bool right[GRID_COLUMNS]; /* numbers stand to the right */
	bool path[GRID_COLUMNS];  /* cut at its start to fit the page */
	bool used[GRID_COLUMNS];  /* some row has a value */
};

/* The texts of a row's shown cells; returns the number up to the last that is not null. */
static size_t grid_cells(const struct page *page, const struct table *table, const struct row *row,
                         char *cells[GRID_COLUMNS], struct grid *grid)
{
	size_t filled = 0;
	for (size_t i = 0; i < table->n_columns && i < GRID_COLUMNS; i++) {
		const struct column *column = &table->columns[i];
		cells[i] = NULL;
		grid->path[i] = column->path;
		if (!is_shown(page, column))
			continue;
		if (column->shape == COLUMN_VALUE) {
			struct value value = column->get(row);
			cells[i] = cell_text(page, &value);
			grid->right[i] =
			    grid->right[i] || value.kind == VALUE_COUNT || value.kind == VALUE_OFFSET;
		} else if (column->shape == COLUMN_STRINGS) {
			cells[i] = joined(page, column->table, row);
		}
		if (cells[i] != NULL)
			filled = i + 1;
	}
	return filled;
}

static void free_cells(const struct table *table, char *cells[GRID_COLUMNS])
{
	for (size_t i = 0; i < table->n_columns && i < GRID_COLUMNS; i++)
		free(cells[i]);
}

/* A row's last cell may be as long as it likes: it does not push the columns behind it. */
static void measure(const struct page *page, const struct table *table, const struct row *parent,
                    struct grid *grid)
{
	char *cells[GRID_COLUMNS];
	for (size_t i = 0; i < table->n_columns && i < GRID_COLUMNS; i++)
		grid->width[i] = is_shown(page, &table->columns[i]) ? strlen(table->columns[i].label) : 0;
	size_t rows = view_rows(table, parent);
	for (size_t r = 0; r < rows; r++) {
		struct row row = view_row(table, parent, r);
		size_t filled = grid_cells(page, table, &row, cells, grid);
		for (size_t i = 0; i < filled; i++) {
			size_t w = cells[i] == NULL ? 1 : width(cells[i]);
			if (i + 1 == filled && w > grid->last[i])
				grid->last[i] = w;
			grid->used[i] = grid->used[i] || cells[i] != NULL;
			if ((i + 1 < filled || grid->right[i]) && w > grid->width[i])
				grid->width[i] = w;
		}
		free_cells(table, cells);
	}
}

/* Columns of the longest line. */
static size_t longest(const struct grid *grid, size_t indent)
{
	size_t at = indent, most = 0;
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
static void set_gap(const struct page *page, size_t indent, struct grid *grid)
{
	size_t all = full_width(page);
	grid->gap = 2;
	if (longest(grid, indent) <= all)
		return;
	grid->gap = 1;
	if (longest(grid, indent) > all)
		grid->gap = 2;
}

/* An escaped text from column `at` on; the end of it where the page is too narrow. */
static void print_path(const struct page *page, size_t at, const char *text)
{
	static const char cut[] = "...";
	size_t w = width(text);
	size_t all = full_width(page);
	size_t room = all > at + strlen(cut) ? all - at - strlen(cut) : 0;
	if (at + w > all && room > 0) {
		fputs(cut, page->out);
		for (; w > room; w--)
			text = next_character(text);
	}
	fputs(text, page->out);
}

static void print_cells(const struct page *page, size_t indent, const struct grid *grid, size_t filled,
                        char *const cells[GRID_COLUMNS])
{
	size_t owed = indent; /* spaces before the next cell */
	size_t at = 0;
	for (size_t i = 0; i < filled; i++) {
		if (!grid->used[i])
			continue;
		const char *text = cells[i] != NULL ? cells[i] : "-";
		size_t w = width(text);
		size_t pad = grid->width[i] > w ? grid->width[i] - w : 0;
		size_t before = owed + (grid->right[i] ? pad : 0);
		spaces(page, before);
		at += before;
		if (grid->path[i])
			print_path(page, at, text);
		else
			fputs(text, page->out);
		at += w;
		owed = grid->gap + (grid->right[i] ? 0 : pad);
	}
	putc('\n', page->out);
}

static void print_labels(const struct page *page, size_t indent, const struct grid *grid,
                         const struct table *table)
{
	char *labels[GRID_COLUMNS];
	size_t filled = 0;
	for (size_t i = 0; i < table->n_columns && i < GRID_COLUMNS; i++) {
		labels[i] = table->columns[i].label == NULL ? NULL : xstrdup(table->columns[i].label);
		if (grid->used[i])
			filled = i + 1;
	}
	tone_on(page, TONE_HEADING);
	print_cells(page, indent, grid, filled, labels);
	tone_off(page, TONE_HEADING);
	free_cells(table, labels);
}

void page_grid(const struct page *page, size_t indent, const struct table *table, const struct row *parent)
{
	struct grid grid = {0};
	char *cells[GRID_COLUMNS];
	assert(table->n_columns <= GRID_COLUMNS);
	measure(page, table, parent, &grid);
	set_gap(page, indent, &grid);
	print_labels(page, indent, &grid, table);
	size_t rows = view_rows(table, parent);
	for (size_t r = 0; r < rows; r++) {
		struct row row = view_row(table, parent, r);
		size_t filled = grid_cells(page, table, &row, cells, &grid);
		print_cells(page, indent, &grid, filled, cells);
		free_cells(table, cells);
	}
}
