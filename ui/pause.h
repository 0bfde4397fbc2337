/*
 * The screen that is held still: as long as the user has it paused, it looks at a copy of the model.
 *
 * Called by screens.c whenever a key may have changed ui->paused. Keeps the view, the digests and what the
 * user chose and marked at the same sessions, in the copy and back in the model.
 */
#ifndef UI_PAUSE_H
#define UI_PAUSE_H

#include "ui/digests.h"
#include "ui/screen.h"

/* A zeroed one with `model` set holds nothing. */
struct pause {
	const struct model *model; /* the live one, borrowed */
	struct model *still;       /* NULL: not paused */
	bool forgotten;            /* meanwhile the sessions have got other numbers */
};

/* Begins or ends what ui->paused asks for. Where there is no memory for a copy, ui->paused ends with a note.
 */
void pause_follow(struct pause *pause, struct ui *ui, struct digests *digests);

/* The model's sessions have other numbers: at once, or when the pause ends. */
void pause_forget(struct pause *pause, struct ui *ui, struct digests *digests);

#endif
