/* Two texts beside each other; see columns.h. */
#include "ui/columns.h"

#include "ui/grid.h"

#include <stdlib.h>
#include <string.h>

#define SIGN    2 /* columns */
#define LABEL   11
#define BEFORE  (SIGN + LABEL + 1)
#define BETWEEN 2
#define LEAST   8   /* on a narrower page the right side is looked at with a shift */
#define MOST    100 /* columns of one text, */
#define PART    800 /* and bytes, also where combining characters take no column */
#define LINE    2400

size_t columns_room(const struct page *page)
{
	size_t width = page->width > 0 ? page->width : PAGE_WIDTH;
	size_t room = width > BEFORE + BETWEEN ? (width - BEFORE - BETWEEN) / 2 : 0;
	return room < LEAST ? LEAST : room > MOST ? MOST : room;
}

static size_t character(const char *text)
{
	size_t n = 1;
	while (((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t width_of(const char *text, size_t n, enum escape_mode mode)
{
	struct grid grid = {.mode = mode};
	char one[LINE];
	n = n < sizeof one ? n : sizeof one - 1;
	memcpy(one, text, n);
	one[n] = '\0';
	return grid_width(&grid, one);
}

/* The bytes that fit, up to a blank where there is one; one character at least. */
static size_t fitting(const char *text, size_t room, enum escape_mode mode)
{
	size_t n = 0, blank = 0, width = 0;
	while (text[n] != '\0') {
		size_t bytes = character(&text[n]);
		width += width_of(&text[n], bytes, mode);
		if (width > room || n + bytes > PART)
			break;
		blank = text[n] == ' ' ? n : blank;
		n += bytes;
	}
	if (text[n] == '\0' || text[n] == ' ')
		return n;
	return blank > 0 ? blank : n > 0 ? n : character(text);
}

struct line {
	char text[LINE];
	size_t n;
	enum escape_mode mode;
};

static void put(struct line *line, const char *text, size_t n, size_t columns)
{
	size_t width = width_of(text, n, line->mode);
	size_t blanks = width < columns ? columns - width : 0;
	if (line->n + n + blanks >= LINE)
		return;
	memcpy(&line->text[line->n], text, n);
	memset(&line->text[line->n + n], ' ', blanks);
	line->n += n + blanks;
	line->text[line->n] = '\0';
}

/* The next part of the text, which goes on behind it. */
static void put_part(struct line *line, const char **text, size_t columns, size_t after)
{
	size_t n = fitting(*text, columns, line->mode);
	put(line, *text, n, columns + after);
	*text += n;
	while (n > 0 && **text == ' ')
		(*text)++;
}

static void end_line(const struct page *page, enum tone tone, struct line *line)
{
	while (line->n > 0 && line->text[line->n - 1] == ' ')
		line->text[--line->n] = '\0';
	page_line(page, 0, tone, line->text);
	line->n = 0;
	line->text[0] = '\0';
}

void columns_write(const struct page *page, enum tone tone, const struct columns_row *row)
{
	struct line line = {.mode = page->format.escape};
	size_t room = columns_room(page);
	char *left = escape_text(row->text[0], line.mode), *right = escape_text(row->text[1], line.mode);
	const char *label = row->label, *sides[2] = {left, right};
	char sign = row->sign;
	do {
		put(&line, &sign, 1, SIGN);
		put_part(&line, &label, LABEL, 1);
		put_part(&line, &sides[0], room, BETWEEN);
		put_part(&line, &sides[1], room, 0);
		end_line(page, tone, &line);
		sign = ' ';
	} while (*label != '\0' || *sides[0] != '\0' || *sides[1] != '\0');
	free(left);
	free(right);
}

/* ---- digits ---- */

static void put_carets(struct line *line, const struct columns_row *row, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(line, row->text[0][at + i] == row->text[1][at + i] ? " " : "^", 1, 1);
}

int columns_write_digits(const struct page *page, enum tone tone, const struct columns_row *row)
{
	size_t n = strlen(row->text[0]), room = columns_room(page), differing = 0;
	if (n != strlen(row->text[1])) {
		columns_write(page, tone, row);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		differing += row->text[0][i] != row->text[1][i];
	bool marked = differing > 0 && differing <= n / 2;
	room = room >= 16 ? room / 16 * 16 : room;
	for (size_t at = 0; at < n; at += room) {
		size_t part = n - at < room ? n - at : room, gap = columns_room(page) - part + BETWEEN;
		struct line line = {.mode = page->format.escape};
		put(&line, at == 0 ? &row->sign : " ", 1, SIGN);
		put(&line, at == 0 ? row->label : "", at == 0 ? strlen(row->label) : 0, LABEL + 1);
		put(&line, &row->text[0][at], part, part + gap);
		put(&line, &row->text[1][at], part, 0);
		end_line(page, tone, &line);
		if (!marked)
			continue;
		put(&line, "", 0, BEFORE);
		put_carets(&line, row, at, part);
		put(&line, "", 0, gap);
		put_carets(&line, row, at, part);
		end_line(page, tone, &line);
	}
	return (int)differing;
}
