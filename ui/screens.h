/*
 * The screens on a terminal while the loop reads: keys in, pictures out, a little work at a time.
 *
 * Opened by run.c before the sandbox, turned by the loop between slices. Never changes the model.
 */
#ifndef UI_SCREENS_H
#define UI_SCREENS_H

#include "ui/save_job.h"
#include "ui/screen.h"

struct screens;

struct screens_wishes {
	enum escape_mode mode;
	bool utc;
	uint32_t only;               /* the one session to show, 0 for all */
	bool live;                   /* interfaces are read: lists keep to their end from the start */
	const struct filter *filter; /* borrowed: which sessions are listed; an empty one lists all */
	const char *filter_text;     /* as it was given, borrowed; NULL without one */
};

/* Takes nothing of the screen yet. NULL and a sentence when the terminal cannot be used. Free with
 * screens_close. */
struct screens *screens_open(const struct model *model, const struct screens_wishes *wishes, struct err *err);

/* Gives the terminal back, and prints what was complained about meanwhile. NULL is allowed. */
void screens_close(struct screens *screens);

/* What the program gave up; borrowed. */
void screens_privileges(struct screens *screens, const struct sandbox_state *privileges);

/* What `s` needs; `source` is copied, what it names is borrowed. */
struct screens_saving {
	struct save_source source;
	bool (*is_used)(const void *of, const char *path); /* a file of this run: it is never overwritten */
	const void *of;
};
void screens_allow_saving(struct screens *screens, const struct screens_saving *saving);

/* A file is being written: not to be waited for. */
bool screens_saves(const struct screens *screens);

/* A picture is due: the model's inputs should be up to date. */
bool screens_due(const struct screens *screens);

/*
 * Takes the keys that wait, and draws when one came or a picture is due. Takes 30 ms at most, more on a slow
 * terminal. False when the user leaves, or the terminal is gone.
 */
bool screens_turn(struct screens *screens, const struct screen_reading *reading);

/* Something that has begun goes on at the next turn: not to be waited for. */
bool screens_busy(const struct screens *screens);

/* Where keys come from, for poll; -1: nowhere. */
int screens_fd(const struct screens *screens);

/* A sentence that would go to standard error: it is kept until screens_close. False when there is no picture
 * yet. */
bool screens_complain(struct screens *screens, const char *text);

/* Sessions may be others, or have other numbers: the reading has ended. `joins`: they have. */
void screens_forget(struct screens *screens, bool joins);

/* As view_has_error, after all sessions were looked at. */
bool screens_have_error(struct screens *screens);

#endif
