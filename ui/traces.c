/* Traces into the model; see traces.h. */
#include "ui/traces.h"

#include "analyzer/trace_session.h"
#include "analyzer/xmalloc.h"
#include "ui/loop.h"
#include "ui/signals.h"

#include <inttypes.h>
#include <stdlib.h>

#define SLICE_TIME (10 * NS_PER_MS) /* of reading between two looks at the keys */
#define LINES      256              /* between two looks at the clock */

struct traces {
	struct run *run;
	struct trace_file *files[LIMIT_INPUTS]; /* in the order of reading */
	uint32_t n;
	struct trace_sessions *sessions;
	bool stopped; /* by a signal or by the user */
	uint64_t lines;
};

static void refuse(struct run *run, uint32_t index, const struct err *err)
{
	struct capture_input *input = &run->model->capture.inputs[index];
	free(input->error);
	input->error = xstrdup(err->text);
	run_complain(run, err->text);
	run->trouble = true;
}

/* Turns of the screen, until there is something to read. */
static void await(struct traces *traces, int fd, const struct trace_file *file)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int percent = -1;
	if (file != NULL && trace_file_size(file) > 0)
		percent = (int)(trace_file_bytes(file) * 100 / trace_file_size(file));
	do
		traces->stopped = !loop_turn(traces->run, fd, percent);
	while (!traces->stopped && fd >= 0 && poll(&ready, 1, 0) == 0);
}

/* Those that can be read, in the order of their first lines: then an overlap is at the later one's start. */
static void begin(struct traces *traces, struct source *sources, struct err *errs)
{
	struct run *run = traces->run;
	for (uint32_t i = 0; i < run->options->n_trace && !traces->stopped; i++) {
		struct trace_file *file = NULL;
		if (sources[i].fd >= 0) {
			await(traces, sources[i].fd, NULL);
			if (traces->stopped)
				return;
			file = trace_file_open(&sources[i], &errs[i]);
		}
		if (file == NULL) {
			refuse(run, model_add_input(run->model, run->options->trace[i]), &errs[i]);
			continue;
		}
		trace_file_set_patient(file);
		uint32_t at = traces->n++;
		for (; at > 0 && trace_file_earlier(file, traces->files[at - 1]); at--)
			traces->files[at] = traces->files[at - 1];
		traces->files[at] = file;
	}
}

/* False when nothing more comes, at least at the moment. */
static bool read_slice(struct traces *traces, struct trace_file *file)
{
	const struct trace_item *item;
	int64_t start = feeds_clock();
	do {
		for (int i = 0; i < LINES; i++) {
			if ((item = trace_file_next(file)) == NULL)
				return false;
			trace_session_line(traces->sessions, item);
		}
	} while (feeds_clock() - start < SLICE_TIME);
	return true;
}

/* -1 and a sentence when it is none. */
static int read_one(struct traces *traces, uint32_t index, struct trace_file *file, struct err *err)
{
	trace_session_begin(traces->sessions, index);
	while (!traces->stopped && (read_slice(traces, file) || trace_file_awaits(file) >= 0))
		await(traces, trace_file_awaits(file), file);
	traces->lines += trace_file_lines(file);
	int done = trace_session_finish(traces->sessions, index, file, err);
	return traces->stopped ? 0 : done; /* what proves it may stand in the rest */
}

static void say_stopped(const struct traces *traces)
{
	struct err err;
	if (!signals_end() || traces->run->screens != NULL)
		return;
	err_set(&err, "stopped by a signal: the report is of the first %" PRIu64 " lines", traces->lines);
	run_complain(traces->run, err.text);
}

uint32_t traces_read(struct run *run, struct source *sources, struct err *errs)
{
	struct err err;
	struct traces traces = {.run = run};
	uint32_t understood = 0;
	if (run->options->n_trace == 0)
		return 0;
	begin(&traces, sources, errs);
	traces.sessions = trace_session_new(run->model);
	for (uint32_t i = 0; i < traces.n; i++) {
		uint32_t index = model_add_input(run->model, trace_file_name(traces.files[i]));
		if (read_one(&traces, index, traces.files[i], &err) == 0)
			understood++;
		else
			refuse(run, index, &err);
		trace_file_close(traces.files[i]);
	}
	trace_session_end(traces.sessions);
	if (traces.stopped)
		say_stopped(&traces);
	return understood;
}
