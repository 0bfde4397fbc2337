/*
 * Any bytes as a debug trace: lines, order, sessions, findings and both reports. What holds of every trace is
 * asserted: counts fit together, no session is left with a connection, times stay unknown without a stamp.
 */
#include "analyzer/trace_session.h"
#include "analyzer/session_trace.h"
#include "tests/opened.h"
#include "ui/json.h"
#include "ui/text.h"

#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIPE_BYTES 60000 /* fit into a pipe at once */

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct model *read_trace(const uint8_t *data, size_t size)
{
	int ends[2];
	char path[32];
	struct err err;
	if (pipe(ends) != 0 || write(ends[1], data, size) != (ssize_t)size)
		abort();
	close(ends[1]);
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
	struct trace_file *file = opened_trace(path, &err);
	close(ends[0]);
	if (file == NULL)
		return NULL;
	struct model *model = model_new();
	uint32_t input = model_add_input(model, "trace");
	struct trace_sessions *sessions = trace_session_new(model);
	trace_session_read(sessions, input, file, &err);
	trace_session_end(sessions);
	trace_file_close(file);
	return model;
}

static void check(const struct model *model)
{
	const struct trace_reading *reading = model->capture.inputs[0].trace;
	require(reading->understood + reading->strange + reading->repeated <= reading->lines + 1);
	require(reading->repaired <= reading->understood);
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		require(s->conn == NULL && s->trace != NULL && s->opened.line);
		require(s->trace->n_events <= LIMIT_TRACE_EVENTS && s->n_steps <= LIMIT_STEPS);
		for (uint32_t i = 0; i < s->n_steps; i++)
			require(s->steps[i].at.packet >= 1 && s->steps[i].at.packet <= reading->lines);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	struct model *model = read_trace(data, size < PIPE_BYTES ? size : PIPE_BYTES);
	if (model == NULL)
		return 0;
	check(model);
	model_number_by_time(model);
	struct page page = {.out = nowhere, .format = {.escape = ESCAPE_ASCII, .utc = true}, .verbose = 1};
	struct view *view = view_new(model, 0, NULL);
	text_report(&page, view);
	json_report(nowhere, view);
	view_free(view);
	model_free(model);
	return 0;
}
