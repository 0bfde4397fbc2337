/*
 * The text report: for the person who stands at the console and asks what is wrong and what to type.
 * A loop over the view's tables in the order of design.md section 7; the layout is page.c's.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include "ui/page.h"

/* Writes the report. The caller checks the stream for errors. */
void text_report(const struct page *page, struct view *view);

/*
 * The same in parts: the beginning with the list of sessions, and each session. Of many only those with errors are
 * told in full, which is to be asked before the first part.
 */
bool text_only_errors(const struct page *page, const struct view *view);
void text_begin(const struct page *page, struct view *view);
void text_session(const struct page *page, struct view *view, size_t i, bool only_errors);

/* Its beginning: what was read, how far that can be trusted, what was found of the capture as a whole. */
void text_head(const struct page *page, struct view *view);

#endif
