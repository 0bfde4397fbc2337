/*
 * The digests of all sessions, kept from picture to picture: what follows from a session takes a tenth of a
 * millisecond, so it is computed anew only when the session has changed, and of ten thousand at most some at
 * a time.
 *
 * Called by screens.c before it draws. Writes view->digests and view->capture; never changes the model.
 */
#ifndef UI_DIGESTS_H
#define UI_DIGESTS_H

#include "ui/view.h"

struct digests;

/* For a view of view_bare. `only`: the one session to show, 0 for all. Free with digests_free, before the
 * view. */
struct digests *digests_new(struct view *view, uint32_t only);
void digests_free(struct digests *digests); /* NULL is allowed */

/*
 * Sessions that the model gave up leave, new ones come, and for about so many ns those that changed are
 * computed. `now`: monotonic time. A budget of 0 computes nothing. False when some are left. Digests must not
 * be looked at between a change of the model and this.
 */
bool digests_update(struct digests *digests, int64_t now, int64_t budget);

/* The same without new sessions and without computing. The view may have another copy of the model than before. */
void digests_hold(struct digests *digests);

/* What is known of all may be different: the reading has ended, sessions have got other numbers. */
void digests_forget(struct digests *digests);

#endif
