/* Debug traces in memory -> a model, for tests: a pipe stands in for the file. */
#ifndef TESTS_TRACERUN_H
#define TESTS_TRACERUN_H

#include "analyzer/session_trace.h"
#include "analyzer/trace_session.h"
#include "tests/opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct traced {
	struct model *model;
	struct trace_sessions *sessions; /* with trace_next; NULL when they are ended */
	struct err err;
	bool understood;
};

/* Reads the text as one more trace of the model, both made when NULL; more may follow until trace_ends. */
static inline void trace_next(struct traced *out, const char *text, size_t n)
{
	char path[] = "/tmp/trace.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(write(fd, text, n) == (ssize_t)n);
	close(fd);
	if (out->model == NULL)
		out->model = model_new();
	struct trace_file *file = opened_trace(path, &out->err);
	assert_non_null(file);
	uint32_t input = model_add_input(out->model, "trace.txt");
	if (out->sessions == NULL)
		out->sessions = trace_session_new(out->model);
	out->understood = trace_session_read(out->sessions, input, file, &out->err) == 0;
	trace_file_close(file);
	unlink(path);
}

static inline void trace_ends(struct traced *out)
{
	trace_session_end(out->sessions);
	out->sessions = NULL;
}

/* One more trace, which has nothing to do with those before it. */
static inline void trace_more(struct traced *out, const char *text, size_t n)
{
	trace_next(out, text, n);
	trace_ends(out);
}

static inline struct traced trace_text(const char *text)
{
	struct traced out = {.model = NULL};
	trace_more(&out, text, strlen(text));
	return out;
}

/* A whole file in memory, NULL when it is not there; free with free(). */
static inline char *trace_slurp(const char *path, size_t *n)
{
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		return NULL;
	char *text = calloc(1, 1 << 20);
	*n = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	return text;
}

static inline struct traced trace_sample(const char *path)
{
	size_t n = 0;
	char *text = trace_slurp(path, &n);
	assert_non_null(text);
	struct traced out = {.model = NULL};
	trace_more(&out, text, n);
	free(text);
	return out;
}

static inline const struct session *trace_nth(const struct traced *traced, uint32_t n)
{
	const struct session *session = traced->model->first;
	for (; session != NULL && n > 1; n--)
		session = session->next;
	assert_non_null(session);
	return session;
}

/* "accepted", "rejected", "none" */
static inline const char *trace_observed(const struct traced *traced, const struct session *session)
{
	struct session_auth auth;
	session_auth(traced->model, session, &auth);
	return session_observed_name(auth.observed);
}

/* The states of the steps, "2111 2130 ..."; "-" where there is none. */
static inline const char *trace_states(const struct session *session)
{
	static char text[1024];
	size_t used = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < session->n_steps; i++) {
		struct step_state state = session_step_state(session, &session->steps[i]);
		used += (size_t)snprintf(&text[used], sizeof text - used, state.number != 0 ? "%s%x" : "%s-",
		                         i > 0 ? " " : "", state.number);
	}
	return text;
}

#endif
