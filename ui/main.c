/*
 * The program: options, inputs, the loops over packets and traces, the report, the exit status. Everything
 * that can be wrong with the environment is said here, in one line on standard error.
 */
#include "analyzer/analyze.h"
#include "analyzer/input.h"
#include "analyzer/profile_file.h"
#include "analyzer/trace_match.h"
#include "analyzer/trace_session.h"
#include "analyzer/xmalloc.h"
#include "ui/explain.h"
#include "ui/as_trace.h"
#include "ui/json.h"
#include "ui/options.h"
#include "ui/progress.h"
#include "ui/text.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum status { STATUS_CLEAN = 0, STATUS_FINDINGS = 1, STATUS_TROUBLE = 2 };

struct run {
	int argc;
	char **argv;
	struct options options;
	enum escape_mode escape;
	struct model *model;
	struct analyze *analyze;
	struct save *save; /* NULL without -w */
	struct input *inputs[LIMIT_INPUTS]; /* the ones that could be opened, in reading order */
	uint32_t n_inputs;
	uint32_t n_traces; /* that were understood */
	bool trouble; /* an input could not be read: status 2 */
};

static void complain(const struct run *run, const char *text)
{
	char *shown = escape_text(text, run->escape);
	fprintf(stderr, "nmspscope: %s\n", shown);
	free(shown);
}

/* ---- inputs ---- */

static void note_input(struct model *model, uint32_t index, const struct input *input)
{
	static const char *const kinds[] = {
	    [CAPFILE_UNKNOWN] = "-", [CAPFILE_PCAP] = "pcap", [CAPFILE_PCAPNG] = "pcapng"};
	struct capture_input *note = &model->capture.inputs[index];
	free(note->kind);
	note->kind = xstrdup(kinds[input_kind(input)]);
	note->packets = input_packets(input);
	note->bytes = input_bytes(input);
	note->dropped = input_dropped(input);
	note->snaplen = input_snaplen(input);
	if (note->error != NULL || input_problem(input)[0] == '\0')
		return;
	note->error = xstrdup(input_problem(input));
	note->truncated = true;
}

static void refuse_input(struct run *run, uint32_t index, const struct err *err)
{
	struct capture_input *input = &run->model->capture.inputs[index];
	free(input->error);
	input->error = xstrdup(err->text);
	input->truncated = false;
	complain(run, err->text);
	run->trouble = true;
}

static void bad_input(struct run *run, const char *path, const struct err *err)
{
	refuse_input(run, model_add_input(run->model, path), err);
}

/* Keeps the inputs in the order of their first packets; equal ones as they were given. */
static void place_input(struct run *run, struct input *input)
{
	uint32_t at = run->n_inputs++;
	for (; at > 0 && input_first_time(run->inputs[at - 1]) > input_first_time(input); at--)
		run->inputs[at] = run->inputs[at - 1];
	run->inputs[at] = input;
}

/* Good inputs first, so that packet numbers and the list of inputs have the same order. */
static void open_inputs(struct run *run)
{
	struct err errors[LIMIT_INPUTS];
	const char *bad[LIMIT_INPUTS];
	uint32_t n_bad = 0;
	for (uint32_t i = 0; i < run->options.n_read; i++) {
		struct input *input = input_open(run->options.read[i], &errors[n_bad]);
		if (input == NULL)
			bad[n_bad++] = run->options.read[i];
		else
			place_input(run, input);
	}
	for (uint32_t i = 0; i < run->n_inputs; i++) {
		model_add_input(run->model, input_name(run->inputs[i]));
		if (input_kind(run->inputs[i]) == CAPFILE_PCAPNG)
			run->model->keys_may_come = true; /* in a decryption secrets block */
	}
	for (uint32_t i = 0; i < n_bad; i++)
		bad_input(run, bad[i], &errors[i]);
}

/* ---- traces ---- */

/* Those that can be opened, in the order of their first lines: then an overlap is at the later one's start.
 */
static uint32_t open_traces(struct run *run, struct trace_file *files[LIMIT_INPUTS])
{
	struct err err;
	uint32_t n = 0;
	for (uint32_t i = 0; i < run->options.n_trace; i++) {
		struct trace_file *file = trace_file_open(run->options.trace[i], &err);
		if (file == NULL) {
			bad_input(run, run->options.trace[i], &err);
			continue;
		}
		uint32_t at = n++;
		for (; at > 0 && trace_file_earlier(file, files[at - 1]); at--)
			files[at] = files[at - 1];
		files[at] = file;
	}
	return n;
}

/* Before the captures: eviction then finds no connection of theirs. */
static void read_traces(struct run *run)
{
	struct err err;
	struct trace_file *files[LIMIT_INPUTS];
	uint32_t n = open_traces(run, files);
	struct trace_sessions *sessions = n > 0 ? trace_session_new(run->model) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = model_add_input(run->model, trace_file_name(files[i]));
		if (trace_session_read(sessions, index, files[i], &err) == 0)
			run->n_traces++;
		else
			refuse_input(run, index, &err);
		trace_file_close(files[i]);
	}
	if (n > 0)
		trace_session_end(sessions);
}

/* ---- the loop ---- */

static void read_input(struct run *run, uint32_t index, uint64_t *packets, struct progress *progress)
{
	struct input *input = run->inputs[index];
	struct capfile_packet packet;
	struct origin last = {0};
	uint64_t most = run->options.count;
	while (most == 0 || *packets < most) {
		enum input_result result = input_next(input, &packet);
		if (result == INPUT_SECRETS) {
			analyze_secrets(run->analyze, packet.data);
			continue;
		}
		if (result != INPUT_PACKET)
			break;
		analyze_packet(run->analyze, index, &packet);
		++*packets;
		last = (struct origin){.time = packet.time, .packet = *packets, .input = index};
		progress_step(progress, input);
	}
	note_input(run->model, index, input);
	run->model->capture.inputs[index].last = last;
	if (input_until(input) > run->model->capture.until)
		run->model->capture.until = input_until(input);
}

static void read_all(struct run *run)
{
	uint64_t packets = 0;
	struct progress progress;
	progress_start(&progress, !run->options.quiet && isatty(STDERR_FILENO));
	for (uint32_t i = 0; i < run->n_inputs; i++)
		read_input(run, i, &packets, &progress);
	analyze_end(run->analyze);
	progress_end(&progress);
}

/* ---- set-up ---- */

/* The file that TLS libraries write their secrets to; who did not ask for it is told of no trouble. */
static void choose_keylog(struct options *options)
{
	const char *path = getenv("SSLKEYLOGFILE");
	struct stat file;
	if (options->n_keylog == 0 && path != NULL && stat(path, &file) == 0 && S_ISREG(file.st_mode) &&
	    access(path, R_OK) == 0)
		options->keylog[options->n_keylog++] = path;
}

static int set_up(struct run *run, struct err *err)
{
	const struct options *options = &run->options;
	run->model->controller = options->controller;
	for (uint32_t i = 0; i < options->n_ports; i++)
		run->model->ports[i] = options->ports[i];
	if (options->n_ports > 0)
		run->model->n_ports = options->n_ports;
	for (uint32_t i = 0; i < options->n_authlist; i++)
		if (authlist_read(&run->model->authlist, options->authlist[i], err) != 0)
			return -1;
	for (uint32_t i = 0; i < options->n_keylog; i++)
		if (keylog_read(run->model->keylog, options->keylog[i], err) != 0)
			return -1;
	if (options->profile != NULL &&
	    (run->model->profile = profile_file_read(options->profile, err)) == NULL)
		return -1;
	if (options->filter != NULL)
		return analyze_set_filter(run->analyze, options->filter, err);
	return 0;
}

static bool has_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
	       strcmp(terminal, "dumb") != 0;
}

/* ---- -w ---- */

/* One of the files is the one to be written. */
static bool is_read(const struct save *save, const char *const *files, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (save_is(save, files[i]))
			return true;
	return false;
}

static int open_save(struct run *run, struct err *err)
{
	const struct options *options = &run->options;
	if (options->write == NULL)
		return 0;
	run->save = save_open(options->write, options->with_secrets, err);
	if (run->save == NULL)
		return -1;
	if (is_read(run->save, options->read, options->n_read) ||
	    is_read(run->save, options->keylog, options->n_keylog) ||
	    is_read(run->save, options->authlist, options->n_authlist) ||
	    (options->profile != NULL && save_is(run->save, options->profile)))
		return err_set(err, "-w %s would overwrite a file that is read; name another file", options->write);
	save_start(run->save);
	analyze_set_save(run->analyze, run->save);
	return 0;
}

static void close_save(struct run *run)
{
	struct err err;
	if (save_close(run->save, &err) != 0) {
		complain(run, err.text);
		run->trouble = true;
	}
	run->save = NULL;
}

/* ---- the report ---- */

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
	complain(run, err.text);
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
			complain(run, err.text);
			break;
		case AS_TRACE_IS_TRACE:
			err_set(&err, "session %u is not printed: it was read from a trace",
			        (unsigned)session->id);
			complain(run, err.text);
			break;
		case AS_TRACE_NO_STEPS:
			err_set(&err, "session %u is not printed: no step of a TLS handshake was captured",
			        (unsigned)session->id);
			complain(run, err.text);
			break;
		}
	}
}

static struct page page_of(const struct run *run)
{
	return (struct page){
	    .out = stdout,
	    .format = {.escape = run->escape, .utc = run->options.utc},
	    .colour = has_colour(),
	    .verbose = run->options.verbose,
	};
}

static void report(const struct run *run, struct view *view)
{
	struct page page = page_of(run);
	if (run->options.as_trace)
		print_traces(run, view);
	else if (run->options.output == OUTPUT_JSON)
		json_report(stdout, view);
	else
		text_report(&page, view);
}

static enum status finish(struct run *run, struct err *err)
{
	enum status status = STATUS_TROUBLE;
	struct view *view = view_new(run->model, run->options.session);
	view->list_messages = run->options.messages;
	if (run->options.session != 0 && view->n_digests == 0) {
		err_set(err, "there is no session %u; without --session all are listed",
		        (unsigned)run->options.session);
	} else {
		report(run, view);
		status = view_has_error(view) ? STATUS_FINDINGS : STATUS_CLEAN;
	}
	view_free(view);
	return status;
}

/* A text that holds no entry; NULL when each has one. */
static const struct authlist_file *empty_list(const struct authlist *list)
{
	for (size_t i = 0; i < list->n_files; i++)
		if (list->files[i].entries == 0)
			return &list->files[i];
	return NULL;
}

/* Without a capture: what one side's texts say is compared with the other's. */
static enum status compare_lists(struct run *run, struct err *err)
{
	const struct authlist *list = &run->model->authlist;
	const struct authlist_file *empty = empty_list(list);
	if (list->n_engines > 0 && list->n_allowing > 0)
		return finish(run, err);
	if (run->options.explain)
		return STATUS_CLEAN;
	if (empty != NULL)
		err_set(err, "%.100s: no AuthList entry was found; --explain-lists shows how it was read",
		        empty->name);
	else if (list->n_allowing > 0)
		err_set(err, "only what is allowed was given: add the engine's own hashes with -a (show "
		             "server-auth-info, cmxctl config controllers show), or a capture with -r FILE");
	else
		err_set(err, "only the engine's own hashes were given: add the controller's AuthList with -a (show "
		             "running-config, show auth-list), or a capture with -r FILE");
	return STATUS_TROUBLE;
}

static enum status analyse(struct run *run, struct err *err)
{
	struct page page = page_of(run);
	struct explain explain;
	if (run->options.explain)
		explain_start(&explain, &page, &run->model->authlist);
	if (set_up(run, err) != 0)
		return STATUS_TROUBLE;
	run->model->authlist.listener = NULL;
	if (run->options.n_read + run->options.n_trace == 0)
		return compare_lists(run, err);
	open_inputs(run);
	read_traces(run);
	if (run->n_inputs + run->n_traces == 0 || open_save(run, err) != 0)
		return STATUS_TROUBLE;
	read_all(run);
	if (run->n_traces > 0 && run->n_inputs + run->n_traces > 1) {
		trace_match(run->model);
		model_number_by_time(run->model);
	}
	close_save(run);
	enum status status = finish(run, err);
	return run->trouble ? STATUS_TROUBLE : status;
}

static enum status run_all(struct run *run)
{
	struct err err = {.text = ""};
	run->model = model_new();
	run->model->keylog = keylog_new();
	run->analyze = analyze_new(run->model);
	enum status status = analyse(run, &err);
	if (err.text[0] != '\0')
		complain(run, err.text);
	for (uint32_t i = 0; i < run->n_inputs; i++)
		input_close(run->inputs[i]);
	close_save(run);
	analyze_free(run->analyze);
	model_free(run->model);
	return status;
}

static enum status act(struct run *run)
{
	struct err err;
	if (options_parse(&run->options, run->argc, run->argv, &err) != 0) {
		complain(run, err.text);
		return STATUS_TROUBLE;
	}
	switch (run->options.action) {
	case ACTION_HELP:
		options_help(stdout);
		return STATUS_CLEAN;
	case ACTION_VERSION:
		printf("nmspscope %s\n", VIEW_VERSION);
		return STATUS_CLEAN;
	case ACTION_RUN:
		choose_keylog(&run->options);
		break;
	}
	return run_all(run);
}

/* What was printed is worth nothing when it did not arrive. */
static bool output_failed(const struct run *run)
{
	struct err err;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return false;
	err_set(&err, "standard output could not be written: %s", strerror(errno));
	complain(run, err.text);
	return true;
}

int main(int argc, char **argv)
{
	struct run run = {.argc = argc, .argv = argv};
	setlocale(LC_CTYPE, "");
	run.escape = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? ESCAPE_UTF8 : ESCAPE_ASCII;
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of writing, said in a line */
	enum status status = act(&run);
	if (output_failed(&run))
		status = STATUS_TROUBLE;
	options_free(&run.options);
	return (int)status;
}
