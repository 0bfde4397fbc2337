/* What screen.c and screen_keys.c share; for nobody else. */
#ifndef UI_SCREEN_PARTS_H
#define UI_SCREEN_PARTS_H

#include "ui/screen.h"

/* The one that is shown. */
const struct screen *screen_of(const struct ui *ui);

/* Opens the chosen session in the view, where the screen is about it; false when it is not, or there is none.
 */
bool screen_open(struct ui *ui);

/* The document that is shown, or the help. Free with sheet_free. */
void screen_write(struct ui *ui, struct sheet *sheet, size_t width);

/* Why a list of sessions has none. */
const char *screen_nothing(const struct ui *ui);

/* The keys of this screen and what they do: screen_keys.c. */
void screen_help(const struct ui *ui, const struct page *page);

/* `s`; what its dialog, or the writing of a file, does with a key: false when it is not theirs: screen_save.c. */
void screen_save_open(struct ui *ui);
bool screen_save_key(struct ui *ui, int key);

/* In place of the footer; false when there is nothing of it to be shown. */
bool screen_save_draw(const struct ui *ui, struct grid *grid);

/* The sessions and the messages that the filter lists: screen_filter.c. A session must be open for messages.
 */
void screen_filter_sessions(struct ui *ui);
void screen_filter_messages(struct ui *ui);
void screen_filter_set_messages(struct ui *ui, const struct filter *filter, const char *text);

/* Makes ui->aside ready, for filter_session. */
void screen_filter_aside(struct ui *ui);

/* The message on this line of the list of messages: screen_messages.c. */
const struct nmsp_kept *screen_message(struct ui *ui, size_t index);

/* Something is typed from now on, a key of that, and the next hit of what was searched for: screen_ask.c. */
void screen_ask(struct ui *ui, enum ask what);
void screen_answer(struct ui *ui, int key);
void screen_search(struct ui *ui, bool back);

/* Marks the chosen session or takes its mark away, all marks, and those of sessions that are gone:
 * screen_marks.c. */
void screen_mark(struct ui *ui);
void screen_unmark(struct ui *ui);
void screen_marks_follow(struct ui *ui);

/* Where one stands in what is shown. */
struct place *screen_place(struct ui *ui);

/* A screen of a session, and there is none; what is shown has a list; its line, or that of the document, is
 * chosen. */
bool screen_is_empty(const struct ui *ui);
bool screen_has_list(const struct ui *ui);
void screen_move_to(struct ui *ui, size_t at);

/* By the next column to the right or left: screen_sessions.c. */
void screen_sessions_sort(struct ui *ui, bool right);

/* Of a session that was not looked at before, the cursor stands at what its gravest finding rests on. */
void screen_handshake_begin(struct ui *ui);

#endif
