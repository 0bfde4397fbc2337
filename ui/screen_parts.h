/* What screen.c and screen_keys.c share; for nobody else. */
#ifndef UI_SCREEN_PARTS_H
#define UI_SCREEN_PARTS_H

#include "ui/screen.h"

/* The one that is shown. */
const struct screen *screen_of(const struct ui *ui);

/* The document that is shown, or the help. Free with sheet_free. */
void screen_write(struct ui *ui, struct sheet *sheet, size_t width);

/* The keys of this screen and what they do: screen_keys.c. */
void screen_help(const struct ui *ui, const struct page *page);

/* `s`; what its dialog, or the writing of a file, does with a key: false when it is not theirs: screen_save.c. */
void screen_save_open(struct ui *ui);
bool screen_save_key(struct ui *ui, int key);

/* In place of the footer; false when there is nothing of it to be shown. */
bool screen_save_draw(const struct ui *ui, struct grid *grid);

/* By the next column to the right or left: screen_sessions.c. */
void screen_sessions_sort(struct ui *ui, bool right);

/* Of a session that was not looked at before, the cursor stands at what its gravest finding rests on. */
void screen_handshake_begin(struct ui *ui);

#endif
