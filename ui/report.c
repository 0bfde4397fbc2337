/* Text, JSON, or the handshakes as a trace; see report.h. Called by run.c. */
#include "ui/report.h"

#include "analyzer/framing.h"
#include "ui/as_trace.h"
#include "ui/json.h"
#include "ui/text.h"

#include <stdlib.h>
#include <unistd.h>

static bool has_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
	       strcmp(terminal, "dumb") != 0;
}

struct page report_page(const struct run *run)
{
	return (struct page){
	    .out = stdout,
	    .format = {.escape = run->escape, .utc = run->options->utc},
	    .colour = has_colour(),
	    .verbose = run->options->verbose,
	};
}

/* A trace that lacks states for want of packets reads like one of a handshake that stopped. */
static void warn_of_holes(const struct run *run, const struct session *session)
{
	bool complete = session_handshake(session) == HANDSHAKE_COMPLETE;
	const struct step *last = &session->steps[session->n_steps - 1];
	struct err err;
	if (session_whole(session, complete ? &last->at : NULL))
		return;
	err_set(&err, "session %u: %s", (unsigned)session->id,
	        session_one_sided(session)
	            ? "only one direction was captured; the trace has only its half"
	            : "packets are missing in the capture; the trace may lack states");
	run_complain(run, err.text);
}

static void print_traces(const struct run *run, const struct view *view)
{
	uint32_t sequence = 1;
	struct err err;
	for (size_t i = 0; i < view->n_digests; i++) {
		const struct session *session = view->digests[i].session;
		switch (as_trace_session(stdout, run->model, session, &sequence)) {
		case AS_TRACE_PRINTED:
			warn_of_holes(run, session);
			break;
		case AS_TRACE_TLS13:
			err_set(&err, "session %u is not printed: TLS 1.3 has no such trace",
			        (unsigned)session->id);
			run_complain(run, err.text);
			break;
		case AS_TRACE_IS_TRACE:
			err_set(&err, "session %u is not printed: it was read from a trace",
			        (unsigned)session->id);
			run_complain(run, err.text);
			break;
		case AS_TRACE_NO_STEPS:
			err_set(&err, "session %u is not printed: no step of a TLS handshake was captured",
			        (unsigned)session->id);
			run_complain(run, err.text);
			break;
		}
	}
}

/* A trace has no head that could say it. */
static void tell_hidden(const struct run *run, const struct view *view)
{
	struct err err;
	size_t all = view->n_digests + view->n_hidden;
	if (view->n_hidden == 0)
		return;
	err_set(&err, "%zu of %zu session%s %s not printed: --filter %s", view->n_hidden, all,
	        view_plural(all), view->n_hidden == 1 ? "is" : "are", view->filter);
	run_complain(run, err.text);
}

/* A profile file holds one framing: others that sessions of the same capture have are comments. */
static void print_profile(const struct learned *learned, bool first)
{
	char *text = learn_text(learned);
	if (!first)
		fputs("# Other sessions have another framing:\n# ", stdout);
	for (const char *at = text; *at != '\0'; at++) {
		putchar(*at);
		if (!first && *at == '\n' && at[1] != '\0')
			fputs("# ", stdout);
	}
	free(text);
}

/* False when nothing was learned, which is said. */
static bool print_learned(const struct run *run, struct err *err)
{
	const struct framing *framing = run->model->framing;
	for (uint32_t i = 0; i < framing->n_learned; i++)
		print_profile(framing->learned[i], i == 0);
	if (framing->n_learned > 0)
		return true;
	err_set(err, "no framing was learned: %s",
	        framing->why != NULL ? framing->why : "no plaintext of NMSP was read; keys are given with -k");
	return false;
}

static void print(const struct run *run, struct view *view)
{
	struct page page = report_page(run);
	if (run->options->as_trace) {
		print_traces(run, view);
		tell_hidden(run, view);
	} else if (run->options->output == OUTPUT_JSON) {
		json_report(stdout, view);
	} else {
		text_report(&page, view);
	}
}

/* What was told of counts, also where the filter holds no longer. */
static enum status end_lines(const struct run *run)
{
	bool error = jsonl_finish(run->jsonl, model_now(run->model));
	enum status status = error ? STATUS_FINDINGS : STATUS_CLEAN;
	jsonl_end(run->jsonl, run->trouble ? STATUS_TROUBLE : status);
	return status;
}

enum status report_print(const struct run *run, struct err *err)
{
	enum status status = STATUS_TROUBLE;
	if (run->options->learn)
		return print_learned(run, err) ? STATUS_CLEAN : STATUS_TROUBLE;
	struct view *view = view_new(run->model, run->options->session, &run->options->chosen);
	view->list_messages = run->options->messages;
	view->verbose = run->options->verbose > 0;
	view->privileges = &run->privileges;
	if (run->options->session != 0 && view->n_digests + view->n_hidden == 0) {
		err_set(err, "there is no session %u; without --session all are listed",
		        (unsigned)run->options->session);
	} else if (run->jsonl != NULL) {
		status = end_lines(run);
	} else {
		status = view_has_error(view) ? STATUS_FINDINGS : STATUS_CLEAN;
		print(run, view);
	}
	view_free(view);
	return status;
}

void report_version(const struct run *run)
{
	const struct page page = report_page(run);
	page_line(&page, 0, TONE_PLAIN, "nmspscope " VIEW_VERSION);
}

void report_privileges(const struct run *run)
{
	const struct page page = report_page(run);
	struct view *view = view_new(run->model, 0, NULL);
	struct row root = view_root(view);
	view->privileges = &run->privileges;
	page_blank(&page);
	page_line(&page, 0, TONE_PLAIN, "While anything is read:");
	page_pairs(&page, 2, &view_privileges, &root);
	view_free(view);
}
