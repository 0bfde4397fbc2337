/* Lines of a page on a grid; see sheet.h. */
#include "ui/sheet.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <strings.h>

#define IS_MARK(c) ((unsigned char)(c) >= PAGE_MARK && (unsigned char)(c) < PAGE_MARK + TONES)

void sheet_open(struct sheet *sheet, size_t width, const struct format *format, unsigned verbose)
{
	*sheet =
	    (struct sheet){.page = {.format = *format, .width = width, .marked = true, .verbose = verbose}};
	sheet->page.out = open_memstream(&sheet->text, &sheet->n);
	if (sheet->page.out == NULL)
		abort();
}

void sheet_close(struct sheet *sheet)
{
	fclose(sheet->page.out);
	sheet->page.out = NULL;
	size_t blank = strspn(sheet->text, "\n");
	memmove(sheet->text, &sheet->text[blank], sheet->n - blank + 1);
	size_t width = 0;
	for (const char *c = sheet->text; *c != '\0'; c++) {
		sheet->lines += *c == '\n';
		width = *c == '\n' ? 0 : width + (!IS_MARK(*c) && ((unsigned char)*c & 0xc0) != 0x80);
		sheet->widest = width > sheet->widest ? width : sheet->widest;
	}
}

void sheet_free(struct sheet *sheet)
{
	free(sheet->text);
	sheet->text = NULL;
}

static size_t bytes_of_character(const char *text)
{
	size_t n = 1;
	while (((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t columns_of(const struct grid *grid, const char *text, size_t n)
{
	char one[8] = "";
	if (*text == '\n' || IS_MARK(*text) || n >= sizeof one)
		return 0;
	memcpy(one, text, n);
	return grid_width(grid, one);
}

void sheet_fold(struct sheet *sheet, size_t columns)
{
	struct grid grid = {.mode = sheet->page.format.escape};
	char *folded = NULL, mark = PAGE_MARK;
	size_t size = 0, col = 0, n;
	FILE *out = open_memstream(&folded, &size);
	if (out == NULL)
		abort();
	for (const char *c = sheet->text; *c != '\0'; c += n) {
		n = bytes_of_character(c);
		size_t width = columns_of(&grid, c, n);
		if (col > 0 && col + width > columns) {
			fprintf(out, "\n%c", mark);
			sheet->lines++;
			col = 0;
		}
		fwrite(c, 1, n, out);
		col = *c == '\n' ? 0 : col + width;
		mark = IS_MARK(*c) ? *c : *c == '\n' ? PAGE_MARK : mark;
	}
	fclose(out);
	free(sheet->text);
	sheet->text = folded;
	sheet->n = size;
	sheet->widest = sheet->widest < columns ? sheet->widest : columns;
}

/* A line with marks, on a grid of one row. */
static void draw_line(struct grid *line, const char *text, size_t n)
{
	struct pen pen = {0};
	for (size_t i = 0, col = 0; i < n;) {
		if (IS_MARK(text[i])) {
			pen.tone = (enum tone)(text[i++] - PAGE_MARK);
			continue;
		}
		size_t length = 0;
		while (i + length < n && !IS_MARK(text[i + length]))
			length++;
		char *piece = xcalloc(length + 1, 1);
		memcpy(piece, &text[i], length);
		col += grid_text(line, 0, col, line->cols, pen, piece);
		free(piece);
		i += length;
	}
}

static const char *line_at(const struct sheet *sheet, size_t index)
{
	const char *at = sheet->text;
	while (index-- > 0 && at != NULL)
		at = strchr(at, '\n') == NULL ? NULL : strchr(at, '\n') + 1;
	return at == NULL ? "" : at;
}

void sheet_draw(const struct sheet *sheet, struct grid *grid, const struct window *window)
{
	const char *at = line_at(sheet, window->top);
	for (size_t i = 0; i < window->rows && window->top + i < sheet->lines; i++) {
		size_t n = strcspn(at, "\n");
		struct grid line;
		grid_init(&line, 1, window->left + grid->cols, grid->mode);
		draw_line(&line, at, n);
		if (line.cells[window->left].text[0] == '\0') /* half of a wide character */
			line.cells[window->left].text[0] = ' ';
		if (window->row + i < grid->rows)
			memcpy(&grid->cells[(window->row + i) * grid->cols], &line.cells[window->left],
			       grid->cols * sizeof *grid->cells);
		grid_free(&line);
		at = &at[n + (at[n] == '\n')];
	}
}

static bool holds(const char *line, size_t n, const char *text)
{
	size_t wanted = strlen(text);
	for (size_t i = 0; i + wanted <= n; i++)
		if (strncasecmp(&line[i], text, wanted) == 0)
			return true;
	return false;
}

size_t sheet_find(const struct sheet *sheet, size_t from, bool back, const char *text)
{
	size_t found = sheet->lines;
	const char *at = sheet->text;
	for (size_t i = 0; i < sheet->lines; i++) {
		size_t n = strcspn(at, "\n");
		if (holds(at, n, text)) {
			if (!back && i >= from)
				return i;
			if (back && i < from)
				found = i;
		}
		at = &at[n + (at[n] == '\n')];
	}
	return found;
}
