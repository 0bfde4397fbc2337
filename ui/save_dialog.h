/*
 * What the key `s` asks: what is saved, of which sessions, and where to.
 *
 * Pure: from a key to another state, and onto the last row of a grid. Whoever holds it writes the file when
 * an order is complete, and says here what is wrong with the path. A zeroed one is closed.
 */
#ifndef UI_SAVE_DIALOG_H
#define UI_SAVE_DIALOG_H

#include "ui/prompt.h"

enum save_what { SAVE_PACKETS, SAVE_TEXT, SAVE_JSON, SAVE_CERTIFICATES, SAVE_MESSAGES, SAVE_WHATS };

enum save_whose { SAVE_CHOSEN, SAVE_MARKED, SAVE_LISTED, SAVE_WHOSES };

enum save_step { SAVE_CLOSED, SAVE_ASKS_WHAT, SAVE_ASKS_WHOSE, SAVE_ASKS_PATH, SAVE_ASKS_REPLACE };

#define SAVE_NAME 96

struct save_dialog {
	enum save_step step;
	enum save_what what;
	enum save_whose whose;
	size_t n[SAVE_WHOSES];              /* sessions that each would save; 0: it is not asked for */
	char names[SAVE_WHOSES][SAVE_NAME]; /* of the files, without what tells their kind */
	bool replace;                       /* what stands there may be overwritten */
	struct prompt prompt;               /* of the path */
	char label[64];                     /* ... in front of it */
};

enum save_answer {
	SAVE_GOES_ON,
	SAVE_ORDERED, /* what, whose, prompt.text and replace say what is to be done */
	SAVE_CANCELLED
};

/* Asks, with `n` and `names` filled in; they are kept. */
void save_dialog_open(struct save_dialog *dialog);
void save_dialog_close(struct save_dialog *dialog);

enum save_answer save_dialog_key(struct save_dialog *dialog, int key);

/* The path of the order cannot be used: why. It is asked for again. */
void save_dialog_refuse(struct save_dialog *dialog, const char *problem);

/* A file has this name: whether it may be overwritten. */
void save_dialog_exists(struct save_dialog *dialog);

/* As prompt_draw. */
void save_dialog_draw(const struct save_dialog *dialog, struct grid *grid);

/* ".pcapng" */
const char *save_dialog_ending(enum save_what what);

#endif
