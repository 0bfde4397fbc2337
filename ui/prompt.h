/*
 * A line that is typed at the foot of the screen: a search, a filter, a path.
 *
 * Pure: from a key to another text, and onto a grid. Knows not what the text means: who asks reads it when it
 * is accepted, and may refuse it with a sentence. A zeroed one can be opened.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "ui/grid.h"

#include <stdbool.h>

#define PROMPT_TEXT 4096 /* bytes with the NUL; what goes beyond is not taken */

struct prompt {
	const char *label;      /* "Search: ", borrowed */
	char text[PROMPT_TEXT]; /* UTF-8, as it was typed: escape it wherever it is shown elsewhere */
	char last[PROMPT_TEXT]; /* what was accepted before; the arrow up brings it back */
	char typed[PROMPT_TEXT];
	bool recalled; /* `text` is `last`, and the arrow down brings back `typed` */
	size_t cursor; /* byte of the text that it stands on */
	char problem[400];
	size_t at; /* byte of the text that the problem is about */
};

enum prompt_answer {
	PROMPT_GOES_ON,
	PROMPT_ACCEPTED, /* Enter: prompt->text holds until it is opened again */
	PROMPT_CANCELLED /* Escape */
};

#define PROMPT_NOWHERE SIZE_MAX

/* Begins with this text, NULL for none, and the cursor behind it. One that is too long is cut. */
void prompt_open(struct prompt *prompt, const char *label, const char *text);

/* Does what the key asks for. A problem that was shown goes away. */
enum prompt_answer prompt_key(struct prompt *prompt, int key);

/*
 * What was accepted cannot be taken: a sentence below the text, and a caret below the byte `at`,
 * PROMPT_NOWHERE for none. The sentence may hold what was typed.
 */
void prompt_refuse(struct prompt *prompt, const char *problem, size_t at);

/* On the last rows of the grid, which has three at least, with the terminal's cursor in the text. */
void prompt_draw(const struct prompt *prompt, struct grid *grid);

#endif
