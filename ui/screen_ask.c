/* What is asked for in the last row, and what is done with the answer: the search, the filter. */
#define _GNU_SOURCE /* strcasestr */
#include "ui/screen_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define WIDE 400 /* columns of a line that is searched */

/* ---- search ---- */

/* What is searched for: sessions or messages that an expression of the filter language holds for, else a
 * text. */
struct search {
	const char *text;
	bool by_filter;
	struct filter filter;
};

static void read_search(struct ui *ui, const char *text, struct search *search)
{
	struct filter_error err;
	*search = (struct search){.text = text};
	if (ui->screen == SCREEN_SESSIONS || ui->screen == SCREEN_MESSAGES)
		search->by_filter =
		    filter_parse(text, ui->utc, &search->filter, &err) && !filter_is_empty(&search->filter);
	if (search->by_filter && ui->screen == SCREEN_SESSIONS)
		screen_filter_aside(ui);
}

static bool text_holds(struct ui *ui, size_t index, const char *text)
{
	struct grid line;
	char *shown = NULL;
	size_t n = 0;
	grid_init(&line, 1, WIDE, ui->mode);
	screen_of(ui)->line(ui, &line, 0, index);
	FILE *out = open_memstream(&shown, &n);
	grid_dump(&line, out);
	fclose(out);
	grid_free(&line);
	bool found = strcasestr(shown, text) != NULL;
	free(shown);
	return found;
}

static bool line_holds(struct ui *ui, size_t index, const struct search *search)
{
	if (!search->by_filter)
		return text_holds(ui, index, search->text);
	if (ui->screen == SCREEN_SESSIONS)
		return filter_session(&search->filter, ui->aside, &ui->view->digests[ui->order[index]]);
	return filter_message(&search->filter, ui->view, screen_message(ui, index));
}

/* The next one from the cursor on, round the end; the list's length when there is none. */
static size_t find_line(struct ui *ui, bool back, const struct search *search)
{
	size_t n = screen_of(ui)->count(ui), at = ui->place[ui->screen].cursor;
	for (size_t i = 1; i <= n; i++) {
		size_t next = back ? (at + n - i) % n : (at + i) % n;
		if (line_holds(ui, next, search))
			return next;
	}
	return n;
}

/* The same in the lines of the document as it was drawn last, from the last hit on. */
static size_t find_in_document(struct ui *ui, bool back, const char *text, size_t *lines)
{
	struct sheet sheet;
	size_t at = screen_place(ui)->hit;
	screen_write(ui, &sheet, ui->width > 0 ? ui->width : PAGE_WIDTH);
	size_t found = sheet_find(&sheet, back ? at : at + 1, back, text);
	if (found == sheet.lines)
		found = sheet_find(&sheet, back ? sheet.lines : 0, back, text);
	*lines = sheet.lines;
	sheet_free(&sheet);
	return found;
}

void screen_search(struct ui *ui, bool back)
{
	const char *text = ui->prompts[ASK_SEARCH].last;
	size_t found, end, from = screen_has_list(ui) ? screen_place(ui)->cursor : screen_place(ui)->hit;
	if (text[0] == '\0')
		snprintf(ui->note, sizeof ui->note, "nothing was searched for yet: / asks what");
	if (text[0] == '\0' || screen_is_empty(ui))
		return;
	if (screen_has_list(ui)) {
		end = screen_of(ui)->count(ui);
		struct search search;
		read_search(ui, text, &search);
		found = find_line(ui, back, &search);
	} else {
		found = find_in_document(ui, back, text, &end);
	}
	if (found < end)
		screen_move_to(ui, found);
	if (found < end && (back ? found >= from : found <= from))
		snprintf(ui->note, sizeof ui->note, "round the end: %.100s", text);
	else if (found == end)
		snprintf(ui->note, sizeof ui->note, "not found: %.100s", text);
}

/* ---- filter ---- */

static void take_filter(struct ui *ui)
{
	struct prompt *prompt = &ui->prompts[ui->asks];
	struct filter filter;
	struct filter_error err;
	if (!filter_parse(prompt->text, ui->utc, &filter, &err)) {
		prompt_refuse(prompt, err.text, err.column > 0 ? err.at : PROMPT_NOWHERE);
		return;
	}
	bool messages = ui->asks == ASK_MESSAGES;
	if (messages)
		screen_filter_set_messages(ui, &filter, prompt->text);
	else
		ui_filter(ui, &filter, prompt->text);
	if (filter_is_empty(&filter))
		snprintf(ui->note, sizeof ui->note, "all %s are listed", messages ? "messages" : "sessions");
	ui->asks = ASK_NOTHING;
}

/* ---- the prompt ---- */

void screen_ask(struct ui *ui, enum ask what)
{
	switch (what) {
	case ASK_SEARCH:
		prompt_open(&ui->prompts[what], "Search: ", NULL);
		break;
	case ASK_FILTER:
		prompt_open(&ui->prompts[what], "Filter of sessions: ", ui->filter_text);
		break;
	case ASK_MESSAGES:
		prompt_open(&ui->prompts[what], "Filter of messages: ", ui->message_filter_text);
		break;
	default:
		break;
	}
	ui->asks = what;
}

void screen_answer(struct ui *ui, int key)
{
	enum prompt_answer answer = prompt_key(&ui->prompts[ui->asks], key);
	if (answer == PROMPT_CANCELLED) {
		ui->asks = ASK_NOTHING;
	} else if (answer == PROMPT_ACCEPTED && ui->asks == ASK_SEARCH) {
		ui->asks = ASK_NOTHING;
		screen_search(ui, false);
	} else if (answer == PROMPT_ACCEPTED) {
		take_filter(ui);
	}
}
