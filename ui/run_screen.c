/* The screen's part of a run; see run_screen.h. */
#include "ui/run_screen.h"

#include "ui/term.h"
#include "ui/used.h"

/* Where nobody asked for it by name, a report does as well. */
int run_screen_open(struct run *run, struct err *err)
{
	const struct options *options = run->options;
	struct screens_wishes wishes = {.mode = run->escape,
	                                .utc = options->utc,
	                                .only = options->session,
	                                .live = options->n_interface > 0,
	                                .filter = &options->chosen,
	                                .filter_text = options->choose};
	bool reads = options->n_interface + options->n_read + options->n_trace > 0;
	bool text = options->explain || options->as_trace || options->learn || !reads;
	if (options->output != OUTPUT_UI && (options->output != OUTPUT_AUTO || text || !term_usable()))
		return 0;
	if (!reads)
		return err_set(
		    err,
		    "-o ui shows sessions: add a capture with -r FILE, or -i IFACE; -o text compares lists");
	if (!term_usable())
		return err_set(err,
		               "-o ui needs a terminal that can place a cursor: -o text prints a report");
	run->screens = screens_open(run->model, &wishes, err);
	if (run->screens != NULL || options->output == OUTPUT_UI)
		return run->screens != NULL ? 0 : -1;
	run_complain(run, err->text);
	err->text[0] = '\0';
	return 0;
}

/* Where it cannot be made the screen works all the same. */
void run_screen_spool(struct run *run)
{
	const struct spool_plan plan = {.heads = LIMIT_SPOOL_HEADS, .part = LIMIT_SPOOL_PART};
	struct err err;
	if (run->screens == NULL || !feeds_go_on(&run->feeds))
		return;
	run->spool = spool_open(run->model, &plan, &err);
	if (run->spool == NULL)
		run_complain(run, err.text);
	else
		analyze_set_spool(run->analyze, run->spool);
}

void run_screen_prepare(struct run *run)
{
	const struct options *options = run->options;
	const struct screens_saving saving = {
	    .source = {.model = run->model,
	               .feeds = &run->feeds,
	               .spool = run->spool,
	               .filter = analyze_filter(run->analyze),
	               .privileges = &run->privileges,
	               .format = {.escape = run->escape, .utc = options->utc},
	               .verbose = options->verbose,
	               .messages = options->messages},
	    .is_used = used_by_run,
	    .of = run};
	screens_privileges(run->screens, &run->privileges);
	screens_allow_saving(run->screens, &saving);
}
