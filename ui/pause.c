/* The pause; see pause.h. */
#include "ui/pause.h"

#include "analyzer/still.h"

/* From the model to its copy or back: the same numbers, other pointers. */
static void look_at(struct ui *ui, struct digests *digests, const struct model *model)
{
	ui->view->model = model;
	ui->view->open.session = NULL;
	digests_hold(digests);
	ui_moved(ui);
}

static void forget(struct ui *ui, struct digests *digests)
{
	digests_forget(digests);
	ui_renumbered(ui);
}

void pause_follow(struct pause *pause, struct ui *ui, struct digests *digests)
{
	if (ui->paused == (pause->still != NULL))
		return;
	if (ui->paused) {
		pause->still = still_take(pause->model);
		ui->paused = pause->still != NULL;
		if (pause->still == NULL)
			snprintf(ui->note, sizeof ui->note,
			         "no pause: a copy of all sessions does not fit into --memory");
		else
			look_at(ui, digests, pause->still);
		return;
	}
	look_at(ui, digests, pause->model);
	if (pause->forgotten) {
		ui->n_marks = 0; /* whose they are is not known any more */
		forget(ui, digests);
	}
	pause->forgotten = false;
	still_free(pause->still);
	pause->still = NULL;
}

void pause_forget(struct pause *pause, struct ui *ui, struct digests *digests)
{
	if (pause->still != NULL)
		pause->forgotten = true;
	else
		forget(ui, digests);
}
