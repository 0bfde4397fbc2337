/*
 * Writing of a manual page in the macros of man(7). All text goes through one function that escapes it, so
 * that no word of a table can become a request of roff.
 *
 * Called by manual.c. Knows nothing of what the page says.
 */
#ifndef UI_ROFF_H
#define UI_ROFF_H

#include <stdio.h>

/* Begins the page: .TH. `date` may be empty. */
void roff_title(FILE *out, const char *name, const char *section, const char *date, const char *source);

/* A heading, and one below it. */
void roff_section(FILE *out, const char *title);
void roff_subsection(FILE *out, const char *title);

/* A paragraph. What stands between ` and ` is bold, in all of these. */
void roff_paragraph(FILE *out, const char *text);

/* A word, and what is said of it, indented. roff_tag begins one whose text the caller writes with roff_text.
 */
void roff_item(FILE *out, const char *word, const char *text);
void roff_tag(FILE *out, const char *word);

/* Filled text; line breaks in it are spaces. */
void roff_text(FILE *out, const char *text);

/* Lines as they are, indented. */
void roff_example(FILE *out, const char *lines);

#endif
