/*
 * How the echoes of a session go, as text: counts, interval, the latest ones as a time line, who went quiet
 * first. As read, or else as inferred, and then it says so. Called by the text report and the status screen.
 */
#ifndef UI_TEXT_ECHO_H
#define UI_TEXT_ECHO_H

#include "ui/page.h"

/* `row` is an opened row of view_sessions. False, and nothing is written, when there are no echoes. */
bool text_echo_head(const struct page *page, const struct row *row);
void text_echo_line(const struct page *page, const struct row *row);
void text_echo_quiet(const struct page *page, const struct row *row);

/* In place of the messages of a session that nobody can read: its records by direction and size. */
void text_echo_sizes(const struct page *page, const struct row *row);

#endif
