/*
 * Parts of the text report that a screen shows, too: findings with what to type, the timeline, what the hellos and the
 * certificate request say, certificates, the AuthList decision, the checklist, messages. Each writes to a page, most of them with a heading. Called by text.c
 * and the screens.
 */
#ifndef UI_TEXT_PARTS_H
#define UI_TEXT_PARTS_H

#include "ui/page.h"

enum tone text_parts_tone(enum severity severity);

/* An empty line, and the title. */
void text_parts_heading(const struct page *page, const char *title);

/* `row`: of the session, or outside of sessions for a finding of the capture. */
void text_parts_finding(const struct page *page, const struct finding *finding, const struct row *row);

/*
 * The findings of these severities under a title; nothing when there are none. What cures comes before what
 * it cures.
 */
void text_parts_findings(const struct page *page, const char *title, const struct row *row, enum severity lowest,
                         enum severity highest);

/* A paragraph each, for the one column of a table of strings. */
void text_parts_strings(const struct page *page, const char *first, const struct table *table,
                        const struct row *row);

/* Of a session. */
void text_parts_timeline(const struct page *page, const struct row *row);
void text_parts_offered(const struct page *page, const struct row *row);
void text_parts_chosen(const struct page *page, const struct row *row);
void text_parts_request(const struct page *page, const struct row *row);
void text_parts_sizes(const struct page *page, const struct row *row); /* nothing where they tell nothing */
void text_parts_certificates(const struct page *page, const struct row *row, uint8_t dir);
void text_parts_auth(const struct page *page, const struct row *row);
void text_parts_checklist(const struct page *page, const struct row *row);
void text_parts_echo(const struct page *page, const struct row *row);
void text_parts_messages(const struct page *page, const struct row *row);

/* The lines to paste. */
void text_parts_fix(const struct page *page, size_t indent, const struct auth_fix *fix);

#endif
