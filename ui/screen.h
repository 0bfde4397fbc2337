/*
 * The screens: what is seen of a view, and what a key changes about it.
 *
 * Pure: from the view, the state below and a size to a grid of cells, and from a key to another state. No
 * terminal, no clock. Called by screens.c and by tests. A screen is a file (screen_*.c) and a row of the
 * table in screen.c: a list, a document, or a list with a document of its chosen row below.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/grid.h"
#include "ui/keys.h"
#include "ui/prompt.h"
#include "ui/save_dialog.h"
#include "ui/sheet.h"
#include "ui/view.h"

#define SCREEN_ROWS    5 /* below these a screen says only that it is too small */
#define SCREEN_COLS    20
#define SCREEN_COLUMNS 16

/* Where one stands on a screen. */
struct place {
	size_t cursor, top; /* of the list */
	size_t scroll;      /* first line of the document; of a message: see screen_messages.c */
	size_t left;        /* its first column */
	size_t hit;         /* its line that was found last, or the first one where it was moved since */
};

/* What is typed in the last row. */
enum ask { ASK_NOTHING, ASK_SEARCH, ASK_FILTER, ASK_MESSAGES, ASKS };

/* How the reading goes, for the head of each screen. */
struct screen_reading {
	bool goes_on, live;
	uint64_t packets; /* so far, also while the screen is held still */
	int percent; /* of the file that is read; -1: not known */
};

/* A session that the user marked. */
struct mark {
	uint32_t session;         /* its id */
	const struct session *of; /* only compared: it may be gone */
};

struct ui {
	struct view *view; /* borrowed; its digests are filled in */
	enum escape_mode mode;
	bool utc;
	enum screen_id screen, before; /* before: where Esc goes to */
	uint32_t session;              /* the chosen one's id; 0: the first in the list */
	const struct session *chosen;  /* the same, only compared */
	struct mark *marks;            /* in order of id */
	size_t n_marks, room_marks;
	struct place place[SCREENS], help_place;
	size_t sort; /* column of the list of sessions */
	bool turned;
	bool relative; /* times since the capture began */
	bool paused, help;
	unsigned follows; /* bits of enum screen_id: the list keeps to its end as it grows */
	enum ask asks;
	struct prompt prompts[ASKS]; /* with what was typed last in each */
	char note[160];              /* in place of the footer, until the next key */
	struct filter filter;        /* of sessions: ui_filter */
	char filter_text[PROMPT_TEXT];
	uint32_t filtered;  /* number of this filter */
	size_t unasked;     /* sessions that it was not asked of yet */
	struct view *aside; /* in which it opens them; NULL without one */
	struct filter message_filter;
	char message_filter_text[PROMPT_TEXT];
	size_t *messages; /* indices of the open session's, where that one is not empty */
	size_t n_messages, room_messages;
	struct screen_reading reading;
	size_t *order; /* indices of digests, as they are listed */
	size_t n_order, room_order;
	size_t page, width;            /* rows of the list or document at the last drawing, its columns */
	size_t widths[SCREEN_COLUMNS]; /* of the list of sessions, as it was drawn last; 0: not shown */
	uint32_t pointed;              /* the session whose ladder was looked at last */
	struct save_dialog save;
	bool save_ordered;   /* the dialog has come to its end: for screens.c */
	char saving[64];     /* a file is being written: shown in place of the footer; "" when none is */
	bool stop_saving;    /* it is not wanted any more: for screens.c */
	bool redraw, leave;
};

/* A zeroed struct ui with `view` and `mode` set can be drawn. */
void ui_free(struct ui *ui);

/* Lists sessions that this holds for. `text`: as it was typed. */
void ui_filter(struct ui *ui, const struct filter *filter, const char *text);

/* The sessions in the model have other numbers than before. */
void ui_renumbered(struct ui *ui);

/* The view has another copy of the model than before, with the same numbers. */
void ui_moved(struct ui *ui);

/* Draws everything. Puts cursors back into their lists. */
void ui_draw(struct ui *ui, struct grid *grid);

/* Does what the key asks for; ui->leave is set when the program is to end. */
void ui_key(struct ui *ui, int key);

/* ---- for the screens ---- */

struct screen {
	bool of_session;                /* shows the chosen one, which is open in the view then */
	size_t (*count)(struct ui *ui); /* rows of its list; NULL: it has none */
	void (*labels)(struct ui *ui, struct grid *grid, size_t row, size_t first,
	               size_t rows); /* may be NULL */
	void (*line)(struct ui *ui, struct grid *grid, size_t row, size_t index);
	void (*write)(struct ui *ui, const struct page *page); /* the document; NULL: there is none */
	/* The room of the document below the list, another way; false: the document. May be NULL. */
	bool (*draw)(struct ui *ui, struct grid *grid, size_t row, size_t rows);
	void (*open)(struct ui *ui); /* Enter; may be NULL */
	size_t share; /* percent of the rows that the list takes at most, where there is a document */
};

extern const struct screen screen_sessions, screen_status, screen_handshake, screen_auth, screen_messages,
    screen_findings, screen_capture, screen_compare;

/* How times are shown. */
struct format ui_format(const struct ui *ui);

/* The row of the session that is open. */
struct row ui_row(struct ui *ui);

/* The chosen session's digest, NULL when there is none. */
const struct view_digest *ui_digest(const struct ui *ui);

bool ui_marked(const struct ui *ui, uint32_t session);

/* Sessions in the order of the list, once a picture and before keys that need it: screen_sessions.c. */
void ui_order(struct ui *ui);

/* To another screen; Esc comes back. */
void ui_go(struct ui *ui, enum screen_id screen);

/* Chooses the session and puts the list's cursor on it. */
void ui_choose(struct ui *ui, uint32_t session);

/*
 * "10:00:01", or "+1.000001" since the capture began with ui->relative; the exact one has the part of the
 * second in both. Return `text`.
 */
#define UI_TIME 40
const char *ui_exact_time(const struct ui *ui, int64_t ns, char text[UI_TIME]);
const char *ui_time(const struct ui *ui, int64_t ns, char text[UI_TIME]);

/*
 * The sessions that the dialog of `s` was told to save, in order of id, in memory to be freed with free():
 * screen_save.c.
 */
const struct session **ui_saved_sessions(struct ui *ui, size_t *n);

/*
 * The line with this packet of the timeline, on the screen of the handshake, or of the messages, on theirs:
 * screen_handshake.c, screen_messages.c. False when there is none.
 */
bool ui_point_at(struct ui *ui, const struct origin *at);
bool ui_point_at_message(struct ui *ui, const struct origin *at);

#endif
